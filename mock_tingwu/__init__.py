"""A local cloud for Alibaba's meeting APIs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mock_tingwu.server.thread import MockTingwu

__all__ = ["MockTingwu", "__version__"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # The server's imports take their time: only who asks for it pays.
    if name == "MockTingwu":
        from mock_tingwu.server.thread import MockTingwu

        return MockTingwu
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
