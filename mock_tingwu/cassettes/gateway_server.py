"""The server of a recording gateway: uvicorn, with what real clients need."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from typing import Any, Final

import httpx
import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from mock_tingwu.client.address import is_local
from mock_tingwu.client.http import REQUEST_TIMEOUT_S, connections

#: How long what is under way may take when the gateway is closed, in seconds.
_GRACE_S: Final = 0.5
#: uvicorn tells its log the address of every WebSocket, which is a secret.
_QUIET: Final = logging.getLogger(__name__)
_QUIET.setLevel(logging.WARNING)


class _OneOfEach(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, which takes handshakes as the official Python SDK writes them: with two
    keys and two versions, of which the first count (realtime-ws 1.2)."""

    _is_read = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = self.conn.logger = _QUIET

    def data_received(self, data: bytes) -> None:
        if not self._is_read:
            self._is_read = True
            head, end, rest = data.partition(b"\r\n\r\n")
            seen: set[bytes] = set()
            lines = []
            for line in head.split(b"\r\n"):
                name = line.partition(b":")[0].strip().lower()
                if name in (b"sec-websocket-key", b"sec-websocket-version"):
                    if name in seen:
                        continue
                    seen.add(name)
                lines.append(line)
            data = b"\r\n".join(lines) + end + rest
        super().data_received(data)


class GatewayServer(uvicorn.Server):
    """uvicorn with the gateway as its app. ``ready`` is set when it answers."""

    def __init__(self, app: Any) -> None:
        self.ready = threading.Event()
        self._clients: dict[bool, httpx.AsyncClient] = {}
        config = uvicorn.Config(
            app,
            interface="asgi3",
            http="httptools",
            ws=_OneOfEach,
            ws_per_message_deflate=False,
            ws_ping_interval=None,
            loop="asyncio",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
        )
        super().__init__(config)

    def client(self, url: str) -> httpx.AsyncClient:
        """What speaks HTTP with an address: by the proxies of the environment unless it is here."""
        near = is_local(url)
        if near not in self._clients:
            self._clients[near] = connections(REQUEST_TIMEOUT_S, use_proxies=not near)
        return self._clients[near]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        impatience = asyncio.get_running_loop().call_later(_GRACE_S, self._hang_up)
        await super().shutdown(sockets)
        impatience.cancel()
        for client in self._clients.values():
            await client.aclose()

    def _hang_up(self) -> None:
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()
