"""Ending a connection as a broken network does: with a reset, not with an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
from typing import Final

#: SO_LINGER on, for 0 seconds: closing such a socket resets the connection.
_NO_LINGER: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


def reset(transport: asyncio.BaseTransport) -> None:
    """Reset a connection; what was written and has not left is lost."""
    sock = transport.get_extra_info("socket")
    if sock is not None:  # else it is gone already
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()  # type: ignore[attr-defined]  # asyncio has no class for what can
