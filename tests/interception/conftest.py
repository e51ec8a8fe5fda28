"""Fixtures: an authority of these tests' own, a mock with TLS, and a log that stays clean."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Iterator

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.interception.authority import FOLDER_VARIABLE, Authority


@pytest.fixture(scope="session", autouse=True)
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    """What vouches for the mocks here; nothing is kept in the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(tmp_path_factory.mktemp("authority")))
        yield Authority.of_user()


@pytest.fixture
def trusting(authority: Authority) -> ssl.SSLContext:
    """What a client needs that trusts the authority, and nobody else."""
    return ssl.create_default_context(cadata=authority.pem.decode())


@pytest.fixture
def tls_mock(start_mock: Callable[..., MockTingwu]) -> MockTingwu:
    """A mock that speaks TLS as well."""
    return start_mock(tls_port=0)


@pytest.fixture(autouse=True)
def no_error_is_logged(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> Iterator[None]:
    """Fail tests during which an error was logged or a traceback printed."""
    yield
    records = [*caplog.get_records("call"), *caplog.records]
    assert [r.getMessage() for r in records if r.levelno >= logging.ERROR or r.exc_info] == []
    assert "Traceback" not in capfd.readouterr().err
