"""Requests of the mock's own, kept out of other people's logs.

httpx logs the URL of every request, and a callback's or a recording's URL may have secrets in it.
What the mock fetches and sends is in its journal, masked.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_QUIET: Final = ContextVar("mock_tingwu_quiet", default=False)


class _NotOurs(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return not _QUIET.get()


_FILTER: Final = _NotOurs()
for _name in ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy"):
    logging.getLogger(_name).addFilter(_FILTER)


@contextmanager
def unlogged() -> Iterator[None]:
    """Requests made in here are logged by nobody."""
    token = _QUIET.set(True)
    try:
        yield
    finally:
        _QUIET.reset(token)
