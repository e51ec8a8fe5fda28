"""What everything that happens now is due to: the call that is being answered, or a session.

It is a variable of the context, so jobs and timers that a call starts are due to it as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Final

from mock_tingwu.core.history import Cause

_NONE: Final[Cause] = MappingProxyType({})
_CURRENT: Final[ContextVar[Cause]] = ContextVar("mock_tingwu_cause", default=_NONE)


def current() -> Cause:
    """The cause of what happens now; empty where none is known."""
    return _CURRENT.get()


def begin(**cause: str) -> None:
    """Whatever happens from now on in this context is due to ``cause``.

    For calls: each is answered in a context of its own.
    """
    _CURRENT.set(cause)


@contextmanager
def caused(**cause: str) -> Iterator[None]:
    """Whatever happens in here is due to ``cause``."""
    token = _CURRENT.set(cause)
    try:
        yield
    finally:
        _CURRENT.reset(token)
