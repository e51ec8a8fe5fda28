"""One mock for all tests of a file, where there are too many to start one for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mock_tingwu import MockTingwu
from tests.conftest import Watch


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[tuple[MockTingwu, Watch]]:
    """A mock whose clock stands still; a file may have SETTINGS of its own."""
    watch = Watch()
    settings = getattr(request.module, "SETTINGS", {})
    with MockTingwu(clock="virtual", result_interval_ms=5, **settings) as mock:
        mock.tap(watch)
        yield mock, watch


@pytest.fixture
def reused(server: tuple[MockTingwu, Watch]) -> Iterator[MockTingwu]:
    """That mock as if it were new."""
    mock, watch = server
    mock.reset()
    watch.breaches.clear()
    yield mock
    assert watch.breaches == []
