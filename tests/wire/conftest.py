"""Fixtures of the tests on the wire: one server for many tests, whose log stays clean."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from mock_tingwu import MockTingwu
from tests.conftest import Watch
from tests.protocols.signing.mis_signed import NOW
from tests.wire.helpers.signed import SETTINGS, at


@pytest.fixture(autouse=True)
def no_error_is_logged(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> Iterator[None]:
    """Fail tests during which the server logged an error or printed a traceback."""
    yield
    records = [*caplog.get_records("call"), *caplog.records]
    assert [r.getMessage() for r in records if r.levelno >= logging.ERROR or r.exc_info] == []
    assert "Traceback" not in capfd.readouterr().err


@pytest.fixture(scope="session")
def watched() -> Iterator[tuple[MockTingwu, Watch]]:
    """A mock for all tests of a worker, and what has watched its answers since its start."""
    watch = Watch()
    with MockTingwu(result_interval_ms=5) as mock:
        mock.tap(watch)
        yield mock, watch


@pytest.fixture
def mock(watched: tuple[MockTingwu, Watch]) -> Iterator[MockTingwu]:
    """A mock that knows of nothing. There are too many tests here to start a server for each."""
    mock, watch = watched
    mock.reset()
    watch.breaches.clear()
    yield mock
    assert watch.breaches == []


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[str, tuple[MockTingwu, Watch]]]:
    """A mock in open mode and one in verify mode, with the same credentials."""
    started = {}
    for auth in ("open", "verify"):
        watch = Watch()
        mock = MockTingwu(auth=auth, **SETTINGS).start()
        mock.tap(watch)
        started[auth] = mock, watch
    yield started
    for mock, _ in started.values():
        mock.close()


@pytest.fixture(params=["open", "verify"])
def either(
    request: pytest.FixtureRequest, servers: dict[str, tuple[MockTingwu, Watch]]
) -> Iterator[MockTingwu]:
    """Either of them, which knows of nothing and dates signatures as the signed tests do."""
    yield from _fresh(*servers[request.param])


@pytest.fixture
def strict(servers: dict[str, tuple[MockTingwu, Watch]]) -> Iterator[MockTingwu]:
    """The mock that enforces signatures."""
    yield from _fresh(*servers["verify"])


@pytest.fixture
def lenient(servers: dict[str, tuple[MockTingwu, Watch]]) -> Iterator[MockTingwu]:
    """The mock that takes any credentials."""
    yield from _fresh(*servers["open"])


def _fresh(mock: MockTingwu, watch: Watch) -> Iterator[MockTingwu]:
    mock.reset()
    at(mock, NOW)
    watch.breaches.clear()
    yield mock
    assert watch.breaches == []
