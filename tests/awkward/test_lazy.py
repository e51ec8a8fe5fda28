"""No habit is dead: for each there is a client that trips over it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.core.awkward.habits import NAMES
from tests.awkward.lazy import LAZY, VIRTUAL, Place
from tests.awkward.recorded import writes  # noqa: F401

#: What a client trips over.
TRIPS = (AssertionError, LookupError, ValueError, TypeError, OSError, httpx.HTTPStatusError)


def test_there_is_a_lazy_client_for_every_habit() -> None:
    assert set(LAZY) == set(NAMES)


@pytest.mark.parametrize("habit", NAMES)
def test_a_lazy_client_fails_where_a_scope_has_the_habit_and_nowhere_else(
    habit: str,
    start_mock: Callable[..., MockTingwu],
    writes: list[bytes],  # noqa: F811
) -> None:
    settings: dict[str, Any] = {"clock": "virtual"} if habit in VIRTUAL else {}
    LAZY[habit](Place(start_mock(**settings), writes))
    writes.clear()
    place = Place(start_mock(profile=f"plain,+{habit}", **settings), writes)
    with pytest.raises(TRIPS):
        LAZY[habit](place)
