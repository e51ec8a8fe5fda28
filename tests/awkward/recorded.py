"""What the server writes, write by write: what a client reads when the network adds nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from mock_tingwu.server.websocket import WebSocketProtocol


class _Recorder:
    """A transport that notes what is written to it."""

    def __init__(self, transport: Any, writes: list[bytes]) -> None:
        self._transport = transport
        self._writes = writes

    def write(self, data: bytes) -> None:
        self._writes.append(bytes(data))
        self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """All that is written to WebSockets from now on, the 101 first."""
    seen: list[bytes] = []
    usual = WebSocketProtocol.connection_made

    def connection_made(self: WebSocketProtocol, transport: asyncio.BaseTransport) -> None:
        usual(self, _Recorder(transport, seen))  # type: ignore[arg-type]

    monkeypatch.setattr(WebSocketProtocol, "connection_made", connection_made)
    return seen


def frames(data: bytes) -> Iterator[tuple[bool, int, bytes]]:
    """The frames that ``data`` begins with, as (FIN, opcode, payload); unmasked ones.

    Raises:
        ValueError: the last one is not there to its end.
    """
    while data:
        length, at = data[1] if len(data) > 1 else 0, 2
        if length >= 126:
            at = 4 if length == 126 else 10
            length = int.from_bytes(data[2:at])
        if len(data) < at + length or len(data) < 2:
            raise ValueError("half a frame")
        yield bool(data[0] & 0x80), data[0] & 0x0F, data[at : at + length]
        data = data[at + length :]
