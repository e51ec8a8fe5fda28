"""What this side has done, to be compared with what the server has counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from mock_tingwu.client import joining


class Tally:
    """Counts requests of the APIs, handshakes and what actors met.

    A request counts as ``sent`` when it was begun and as ``answered`` when the head of an answer
    came. What the control API is asked is not counted: the server does not either.
    """

    def __init__(self) -> None:
        self.sent = 0
        self.answered = 0
        #: Handshakes that were begun, those that were agreed to, and those that were refused.
        self.joining = 0
        self.joined = 0
        self.turned_away = 0
        #: Bytes that are no request, or only the beginning of one: the server may count them.
        self.odd = 0
        #: How often each actor did what it does, and what errors were met.
        self.acts: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()

    def watch(self, client: httpx.AsyncClient) -> httpx.AsyncClient:
        """Count the requests of a client; return it."""
        client.event_hooks = {"request": [self._request], "response": [self._response]}
        return client

    async def _request(self, request: httpx.Request) -> None:
        if not request.url.path.startswith("/_mock/"):
            self.sent += 1

    async def _response(self, response: httpx.Response) -> None:
        if not response.request.url.path.startswith("/_mock/"):
            self.answered += 1

    async def connect(self, *given: Any, **named: Any) -> ClientConnection:
        """Open a WebSocket, as `websockets` does it, and count that."""
        self.joining += 1
        try:
            connection = await connect(*given, **named)
        except InvalidStatus:
            self.turned_away += 1
            raise
        self.joined += 1
        return connection

    @contextmanager
    def handshakes(self) -> Iterator[None]:
        """Count the WebSockets that our client opens meanwhile."""
        with patch.object(joining, "connect", self.connect):
            yield
