"""The core of `websockets` on uvloop, which says something after every tenth frame.

python -m benchmarks.bare.echo: prints its address and serves until it is stopped.
"""

from __future__ import annotations

import asyncio
import signal
import socket
from typing import Any, Final

import uvloop
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

from mock_tingwu.server.garbage import calm

#: What it says.
EVENT: Final = b'{"header":{"name":"TranscriptionResultChanged"},"payload":{"result":"..."}}'


class Echo(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._core = ServerProtocol()
        self._frames = 0

    def data_received(self, data: bytes) -> None:
        core = self._core
        core.receive_data(data)
        for event in core.events_received():
            if isinstance(event, Frame):
                if event.opcode is Opcode.BINARY:
                    self._frames += 1
                    if self._frames % 10 == 0:
                        core.send_text(EVENT)
            elif isinstance(event, Request):
                response = core.accept(event)
                assert isinstance(response, Response)
                core.send_response(response)
        for piece in core.data_to_send():
            if piece:
                self._transport.write(piece)
            else:
                self._transport.close()


async def _serve_echo(sock: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    await loop.create_server(Echo, sock=sock, backlog=2048)
    await ended.wait()


def main() -> None:
    sock = socket.create_server(("127.0.0.1", 0), backlog=2048)
    print(f"listening on http://127.0.0.1:{sock.getsockname()[1]}", flush=True)
    calm()
    uvloop.run(_serve_echo(sock))


if __name__ == "__main__":
    main()
