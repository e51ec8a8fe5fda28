"""Connections that can be passed on to another worker before anything of a request was done."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from typing import Any, Final

from websockets.http11 import Request, Response
from websockets.protocol import OPEN

from mock_tingwu.server.frames import MAX_MESSAGE_BYTES, Core
from mock_tingwu.server.http import MAX_HEAD, HttpProtocol
from mock_tingwu.server.websocket import WebSocketProtocol
from mock_tingwu.services.connection import Endpoint
from mock_tingwu.services.elsewhere import HAND_OVER, STAYS, Elsewhere
from mock_tingwu.services.json_api import MAX_BODY
from mock_tingwu.workers.handing import Letter, Opened, Switch

#: So much is kept of a request that is being read, in bytes. Whoever reads more has found its scope
#: before: an upload.
_KEPT: Final = MAX_BODY + 2 * MAX_HEAD + 1024 * 1024
#: How long what was sent before may take to leave, and the pauses between looks, in s.
_LEAVING_S: Final = 20.0
_LOOK_S: Final = 0.002


def _part(transport: asyncio.Transport, give: Callable[[int], None]) -> None:
    """Let go of a connection: ``give`` is called with a descriptor when all has left."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _LEAVING_S
    with contextlib.suppress(RuntimeError):  # it is paused already
        transport.pause_reading()

    def look() -> None:
        if transport.is_closing():
            return
        if transport.get_write_buffer_size() and loop.time() < deadline:
            loop.call_later(_LOOK_S, look)
            return
        if not transport.get_write_buffer_size():
            give(os.dup(transport.get_extra_info("socket").fileno()))
        transport.abort()

    look()


class HandingHttpProtocol(HttpProtocol):
    """An HTTP connection that keeps what it has read of a request until that is answered.

    One request is read at a time: what is behind it belongs to another one, perhaps of another
    worker. ``letter`` comes with a connection that was passed on.
    """

    def __init__(
        self, *args: Any, switch: Switch, letter: Letter | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._switch = switch
        self._letter = letter
        self._hops = 0 if letter is None else letter.hops
        # The request that is being read or answered, and what is behind it.
        self._read = bytearray()
        self._behind = bytearray()
        # Up to where that was read before the present piece, and whether that is in a body.
        self._before = 0
        self._in_body = False
        # Whether it is not known where in what was read the request begins.
        self._mixed = False
        # Whether the request is known not to be another worker's.
        self._stays = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        letter, self._letter = self._letter, None
        if letter is not None:
            self.data_received(letter.read)

    def _feed(self, data: bytes, at: int) -> int:
        if self._owed and not self.cycle.more_body:
            self._behind += memoryview(data)[at:]
            self.flow.pause_reading()
            return len(data)
        end, before = self._end(data, at), len(self._read)
        self._before, self._in_body = before, bool(self._body_left)
        # Before it is parsed: what cannot be parsed may be another worker's to answer. Of one that
        # stays here, or was answered without its body, nothing is kept.
        is_left = self._stays or not (self._owed or self._is_whole)
        is_wanted = not (self._in_body and is_left)
        if is_wanted and before < _KEPT:
            self._read += memoryview(data)[at:end]
        parsed = super()._feed(data, at)
        if parsed < end:
            del self._read[self._before + parsed - at :]
        return parsed

    def on_message_begin(self) -> None:
        self._mixed, self._stays = self._in_body, False
        if not self._mixed:
            # What came before is the body of a request that was answered without it.
            del self._read[: self._before]
            self._before = 0
        super().on_message_begin()

    def _extensions(self) -> dict[str, Any]:
        return {**super()._extensions(), HAND_OVER: self._give_cycle, STAYS: self._keep}

    def _request_over(self) -> None:
        self._hops = 0
        self._read.clear()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._behind and not self.transport.is_closing():
            self.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        behind, self._behind = bytes(self._behind), bytearray()
        if behind and not self.transport.is_closing():
            self.data_received(behind)

    def _answer_problem(self, problem: BaseException) -> None:
        try:
            super()._answer_problem(problem)
        except Elsewhere as elsewhere:
            self._give(elsewhere.worker)

    def handle_websocket_upgrade(self) -> None:
        super().handle_websocket_upgrade()
        protocol = self.transport.get_protocol()
        if isinstance(protocol, HandingWebSocketProtocol):
            protocol.hops = self._hops

    def _keep(self) -> None:
        self._stays = True
        self._read.clear()

    def _give_cycle(self, worker: int) -> None:
        """Pass the connection on instead of an answer to the request that is being answered."""
        self._owed[0].disconnected = True
        if self._mixed or len(self._read) >= _KEPT:
            # Where the request begins is not known. The client has to ask again.
            self.transport.abort()
            return
        self._give(worker)

    def _give(self, worker: int) -> None:
        self._unset_keepalive_if_required()

        def give(descriptor: int) -> None:
            letter = Letter(bytes(self._read + self._behind), self._hops + 1)
            self._switch.give(worker, descriptor, letter)

        _part(self.transport, give)


class HandingWebSocketProtocol(WebSocketProtocol):
    """A WebSocket connection that is passed on when its handshake is another worker's to answer.

    On DashScope the first message of a task says which scope it is about: there an open connection
    is passed on, with that message. ``letter`` comes with such a one; ``go_on`` makes its endpoint,
    or None when its scope has gone.
    """

    def __init__(
        self,
        *args: Any,
        switch: Switch,
        go_on: Callable[[Opened], Endpoint | None],
        letter: Letter | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._switch = switch
        self._go_on = go_on
        self._letter = letter
        #: How often it has been passed on.
        self.hops = 0
        self._target = ""
        # Of an open connection that may be passed on: frames that are no message yet, and bytes
        # that are no frame yet.
        self._frames = self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        letter = self._letter
        if letter is not None and letter.opened is not None:
            self.hops, self._target = letter.hops, letter.opened.target
            self._core = Core(OPEN)
            endpoint = self._endpoint = self._go_on(letter.opened)
            if endpoint is None:
                self._transport.abort()
                return
            endpoint.opened(self)
            self.data_received(letter.read)

    def _open(self, request: Request, response: Response) -> None:
        self._target = request.path
        try:
            super()._open(request, response)
        except Elsewhere as elsewhere:
            self._give(elsewhere, Letter(request.serialize(), self.hops + 1))

    def data_received(self, data: bytes) -> None:
        if not getattr(self._endpoint, "changes_scope", False):
            super().data_received(data)
            return
        # A frame at a time: what is behind one may be another worker's.
        data = self._unread + data
        while (length := frame_length(data)) is not None:
            frame, data = data[:length], data[length:]
            is_control, is_last = frame[0] & 8, frame[0] & 128
            self._frames += b"" if is_control else frame
            try:
                super().data_received(frame)
            except Elsewhere as elsewhere:
                opened = Opened(self._target, elsewhere.scope)
                self._give(elsewhere, Letter(self._frames + data, self.hops + 1, opened))
                return
            if is_last and not is_control:
                self._frames, self.hops = b"", 0
        self._unread = data

    def _give(self, elsewhere: Elsewhere, letter: Letter) -> None:
        self._closed_by_us = True
        self._write()
        if self._segments is not None:
            self._segments.finish()
        _part(self._transport, lambda d: self._switch.give(elsewhere.worker, d, letter))


def frame_length(data: bytes) -> int | None:
    """The length of the frame of a client that ``data`` begins with (RFC 6455 section 5.2).

    None when it is not complete. One that is too long is never waited for: whoever reads its head
    refuses it.
    """
    if len(data) < 2:
        return None
    length, at = data[1] & 127, 2
    if length > 125:
        at += 2 if length == 126 else 8
        if len(data) < at:
            return None
        length = int.from_bytes(data[2:at], "big")
    at += 4 if data[1] & 128 else 0
    if length > MAX_MESSAGE_BYTES:
        return len(data)
    return at + length if len(data) >= at + length else None
