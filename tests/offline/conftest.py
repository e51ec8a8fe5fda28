"""Fixtures of offline tasks: a web server with faults, and a place for what comes from it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.offline.helpers import Origin


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as origin:
        yield origin


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "source"
