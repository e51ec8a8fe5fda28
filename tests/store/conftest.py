"""Fixtures of restarts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mock_tingwu import MockTingwu
from tests.store.helpers import Lives


@pytest.fixture
def lives(start_mock: Callable[..., MockTingwu], tmp_path: Path) -> Callable[..., Lives]:
    """Begin the first of several lives, with settings of one's own."""
    return lambda **settings: Lives(start_mock, tmp_path, **settings)


@pytest.fixture(params=["sqlite", "redis"])
def any_lives(
    request: pytest.FixtureRequest, start_mock: Callable[..., MockTingwu], tmp_path: Path
) -> Callable[..., Lives]:
    """The same in a folder alone, and with a store beside it."""
    server = request.getfixturevalue("redis") if request.param == "redis" else None
    return lambda **settings: Lives(start_mock, tmp_path, server, **settings)
