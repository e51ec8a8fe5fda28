"""The WebSocket transport of the mock on a pipe in memory: bytes in, bytes out, nothing in between.

`Pipe` is the server's end of a TCP connection, as asyncio would hand it over; a test decides in
which pieces the client's bytes arrive.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from mock_tingwu.server.websocket import Router, WebSocketProtocol
from tests.wire.helpers.frames import Received
from tests.wire.helpers.raw import KEY


class Pipe(asyncio.Transport):
    """Keeps what is written; `closed` once either side has hung up."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.ended = self.closed = self.reads_paused = False

    def write(self, data: Any) -> None:
        assert not self.ended, "written behind the end"
        self.written += data

    def write_eof(self) -> None:
        self.ended = True

    def can_write_eof(self) -> bool:
        return True

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def pause_reading(self) -> None:
        self.reads_paused = True

    def resume_reading(self) -> None:
        self.reads_paused = False


class _State:
    def __init__(self) -> None:
        self.connections: set[object] = set()


class Socket:
    """A connection over a `Pipe`. ``head`` is what the server answered the handshake with."""

    def __init__(self, do: Callable[[Callable[[], Any]], Any], router: Router) -> None:
        self.pipe = Pipe()
        self._do = do
        self._protocol = WebSocketProtocol(
            None,  # type: ignore[arg-type]
            _State(),  # type: ignore[arg-type]
            {},
            router=router,
        )
        do(lambda: self._protocol.connection_made(self.pipe))

    def arrive(self, data: bytes) -> None:
        """Bytes of the client are there. Behind the end nobody reads them."""
        if not self.pipe.closed:
            self._do(lambda: self._protocol.data_received(data))

    def lost(self) -> None:
        """The TCP connection is gone."""
        self.pipe.closed = True
        self._do(lambda: self._protocol.connection_lost(None))

    @property
    def head(self) -> bytes:
        return bytes(self.pipe.written).partition(b"\r\n\r\n")[0]

    def frames(self) -> list[Received]:
        """What the server has sent so far behind its head."""
        data, found = bytes(self.pipe.written).partition(b"\r\n\r\n")[2], []
        while data:
            length, at = data[1] & 0x7F, 2
            if length >= 126:
                at = 4 if length == 126 else 10
                length = int.from_bytes(data[2:at], "big")
            found.append(Received(data[0], data[1], data[at : at + length]))
            data = data[at + length :]
        return found


def handshake(target: str, extra: str = "") -> bytes:
    """The bytes of a handshake."""
    return (
        f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:8900\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n"
        f"{extra}\r\n"
    ).encode()
