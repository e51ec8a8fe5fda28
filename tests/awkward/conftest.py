"""A server that is awkward on purpose has no errors of its own."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def no_error_is_logged(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> Iterator[None]:
    """Fail tests during which the server logged an error or printed a traceback."""
    yield
    records = [*caplog.get_records("call"), *caplog.records]
    # SDKs have logs of their own.
    ours = [r for r in records if r.name.partition(".")[0] in ("mock_tingwu", "uvicorn", "asyncio")]
    assert [r.getMessage() for r in ours if r.levelno >= logging.ERROR or r.exc_info] == []
    assert "Traceback" not in capfd.readouterr().err
