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
