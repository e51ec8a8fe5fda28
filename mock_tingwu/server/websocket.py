"""WebSocket connections: the `websockets` sans-I/O core on an asyncio transport.

uvicorn hands over every upgraded connection to `WebSocketProtocol`. There is no ASGI in between: a
frame of audio costs a few microseconds, and the handshake is read as real clients write it.
"""

from __future__ import annotations

import asyncio
import http
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState
from websockets.datastructures import Headers
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import OPEN, Event

from mock_tingwu.core.awkward.draws import pieces
from mock_tingwu.server.frames import Core
from mock_tingwu.server.resetting import reset
from mock_tingwu.server.segments import Segments
from mock_tingwu.services.connection import Endpoint, Rejection

log = logging.getLogger("mock_tingwu")

#: The largest text message that a client may send, in bytes: it is a command. To read 16 MiB of
#: JSON takes seconds, in which nobody else is served, and a gigabyte of memory.
MAX_TEXT_BYTES = 1024 * 1024
#: How long the client may take to answer our CLOSE, in seconds of real time.
CLOSE_TIMEOUT_S = 5.0
#: The same where it gets no CLOSE, as the line seems to be broken.
BREAK_TIMEOUT_S = 1.0
#: How long the 101 is held back, in seconds of real time. The Java SDK looks after what it sends
#: only once it has sent the handshake (Netty's encoder is added by a listener that is registered
#: after the write). A 101 that is there first, as happens on loopback about once in a hundred
#: connections, leaves it unable to send a frame: start() hangs without StartTranscription.
HANDSHAKE_DELAY_S = 0.01


#: How much the client may leave unread before nothing more is read from it, in bytes.
UNREAD_BYTES = 4 * 1024 * 1024

#: Finds the endpoint for a handshake by its request target and headers.
Router = Callable[[str, Mapping[str, str]], Endpoint | Rejection]


def _first_of_each(headers: Headers) -> Headers:
    """``headers`` with the handshake's own fields once only: the first one counts.

    The official Python SDK sends Sec-WebSocket-Key and Sec-WebSocket-Version twice and checks our
    Accept against its first key (realtime-ws 1.2); RFC 6455 section 4.2.1 has no word for that.
    """
    once = {"sec-websocket-key", "sec-websocket-version"}
    result = Headers()
    for name, value in headers.raw_items():
        lower = name.lower()
        if lower not in once or lower not in result:
            result[name] = value
    return result


class WebSocketProtocol(asyncio.Protocol):
    """One upgraded connection. Constructed by uvicorn; the last two are bound beforehand.

    ``router`` finds its endpoint, ``commit`` is called before anything is said.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        *,
        router: Router,
        commit: Callable[[], None] = lambda: None,
    ) -> None:
        self._router = router
        self._commit = commit
        self._connections = server_state.connections
        # No extensions: compression is never negotiated on these endpoints (realtime-ws 1.2).
        self._core = Core()
        self._endpoint: Endpoint | None = None
        self._transport: asyncio.Transport = None  # type: ignore[assignment]
        # What has come of a message. A list of pieces would be many times as large as they are.
        self._fragments = bytearray()
        self._fragmented: Opcode | None = None
        # Whether a text was longer than is taken: what comes with it is not looked at.
        self._too_long = False
        self._handshake_timer: asyncio.TimerHandle | None = None
        # What the client has sent along with its handshake, None unless that is being held back.
        self._ahead: bytearray | None = None
        self._close_timer: asyncio.TimerHandle | None = None
        self._closed_by_us = False
        # Whether what came is being read: what is said meanwhile is sent behind it.
        self._is_reading = False
        # Whether the connection was broken off: what a stall held back may come to nobody then.
        self._broken_off = False
        self._segments: Segments | None = None
        self.stalled = False

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self._transport.set_write_buffer_limits(UNREAD_BYTES)
        self._connections.add(self)  # type: ignore[arg-type]

    def data_received(self, data: bytes) -> None:
        if self._ahead is not None:
            self._ahead += data
            return
        core = self._core
        self._is_reading = True
        try:
            for event in core.received(data):
                self._take(event)
        finally:
            self._is_reading = False
        self._flush()
        if core.state is not OPEN and core.close_expected():
            self._expect_close()

    def eof_received(self) -> None:
        self._core.receive_eof()
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        if self._segments is not None:
            self._segments.cancel()
        for timer in (self._handshake_timer, self._close_timer):
            if timer is not None:
                timer.cancel()
        endpoint, self._endpoint = self._endpoint, None
        if endpoint is not None:
            received = self._core.close_rcvd
            if received is None:
                code = self._core.close_sent.code if self._core.close_sent else 1006
            else:
                code = received.code
            endpoint.closed(code, not self._closed_by_us)

    def pause_writing(self) -> None:
        # A client that does not read its events must not make us hold them: stop reading from it.
        self.stalled = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self.stalled = False
        self._transport.resume_reading()

    def shutdown(self) -> None:
        """The server is going down (called by uvicorn)."""
        if self._core.state is OPEN:
            self.close(1001, "server shutdown")
        self._close_transport()

    def hang_up(self) -> None:
        """Close the connection at once."""
        self._transport.abort()

    @property
    def is_secure(self) -> bool:
        """Whether it came by TLS."""
        return self._transport.get_extra_info("sslcontext") is not None

    # Connection

    @property
    def is_open(self) -> bool:
        return self._core.state is OPEN

    @property
    def unsent(self) -> int:
        return self._transport.get_write_buffer_size()

    def cut(self) -> None:
        self._closed_by_us = True
        self._write_what_was_said()
        reset(self._transport)

    def send_text(self, data: bytes, cuts: Sequence[int] = ()) -> None:
        if self._core.state is OPEN:
            first, *rest = pieces(data, cuts) if cuts else (data,)
            self._core.send_text(first, fin=not rest)
            for number, piece in enumerate(rest, start=1):
                self._core.send_continuation(piece, fin=number == len(rest))
            self._flush()

    def send_in_segments(self, cut: Callable[[bytes], Sequence[bytes]], *, together: bool) -> None:
        self._write()
        if self._segments is not None:
            self._segments.finish()
        self._segments = Segments(self._transport, cut, together=together)

    def close(self, code: int, reason: str = "") -> None:
        if self._core.state is OPEN:
            self._closed_by_us = True
            self._core.send_close(code, reason)
            self._flush()
            self._expect_close()

    def break_off(self) -> None:
        self._write_what_was_said()
        self._closed_by_us = self._broken_off = True
        if self._segments is not None:
            self._segments.finish()
        if self._transport.can_write_eof():
            # Closing it with something unread would be a RST, and lose what was sent.
            self._transport.write_eof()
            loop = asyncio.get_running_loop()
            self._close_timer = loop.call_later(BREAK_TIMEOUT_S, self._transport.abort)
        else:
            self._transport.close()

    # Inside

    def _take(self, event: Event | bytes) -> None:
        try:
            if isinstance(event, bytes):
                if self._endpoint is not None:
                    self._endpoint.binary(event)
            elif isinstance(event, Frame):
                self._frame(event)
            elif isinstance(event, Request):
                self._handshake(event)
        except Exception:
            # A defect of ours must not leave the client waiting.
            log.exception("an endpoint failed; closing its connection with 1011")
            self.close(1011, "internal error")

    def _handshake(self, request: Request) -> None:
        request.headers = _first_of_each(request.headers)
        response = self._core.accept(request)
        if response.status_code == http.HTTPStatus.SWITCHING_PROTOCOLS:
            self._transport.pause_reading()
            self._ahead = bytearray()
            loop = asyncio.get_running_loop()
            self._handshake_timer = loop.call_later(
                HANDSHAKE_DELAY_S, self._open, request, response
            )
        else:
            self._respond(response)

    def _open(self, request: Request, response: Response) -> None:
        if self._transport.is_closing():
            return
        self._transport.resume_reading()
        ahead, self._ahead = self._ahead, None
        try:
            # Only now: whatever happened during the delay counts.
            # A header that is there twice counts as it stands first.
            headers = {
                name.lower(): value for name, value in reversed([*request.headers.raw_items()])
            }
            found = self._router(request.path, headers)
            if isinstance(found, Rejection):
                refusal = self._core.reject(http.HTTPStatus(found.status), found.body)
                del refusal.headers["Content-Type"]
                refusal.headers["Content-Type"] = found.content_type
                self._respond(refusal)
            else:
                self._respond(response)
                self._endpoint = found
                found.opened(self)
        except Exception:
            log.exception("a connection could not be opened")
            self._transport.abort()
            return
        if ahead:
            self.data_received(bytes(ahead))

    def _respond(self, response: Response) -> None:
        # What the vendor's gateway calls itself; the C++ SDK shows it (realtime-ws 1.2).
        response.headers["Server"] = "Tengine"
        self._core.send_response(response)
        self._flush()
        if self._core.close_expected():
            self._expect_close()

    def _frame(self, frame: Frame) -> None:
        endpoint = self._endpoint
        if endpoint is None or self._too_long:
            return
        opcode, data = frame.opcode, bytes(frame.data)
        if opcode is Opcode.CONT and self._fragmented is not None:
            opcode = self._fragmented
            self._fragments += data
            if frame.fin:
                data, self._fragmented = bytes(self._fragments), None
                self._fragments.clear()
        elif opcode is not Opcode.TEXT and opcode is not Opcode.BINARY:
            return  # PING and CLOSE are answered by the core; a PONG needs nothing.
        elif not frame.fin:
            self._fragmented = opcode
            self._fragments += data
        if opcode is Opcode.TEXT and max(len(data), len(self._fragments)) > MAX_TEXT_BYTES:
            self._too_long = True
            self._core.fail(1009, f"a text message has at most {MAX_TEXT_BYTES} bytes")
        elif not frame.fin:
            return
        elif opcode is Opcode.BINARY:
            endpoint.binary(data)
        else:
            endpoint.text(data)

    def _flush(self) -> None:
        if not self._is_reading:
            self._write()

    def _write(self) -> None:
        """Write what is to be sent, a message at a time."""
        pieces = self._core.data_to_send()
        if not pieces or self._broken_off:
            return
        self._commit()
        transport, segments = self._transport, self._segments
        for data in pieces:
            if data and segments is not None:
                segments.add(data)
            elif data:
                transport.write(data)
            elif transport.can_write_eof():
                if segments is not None:
                    segments.finish()
                transport.write_eof()
            else:  # TLS knows no end of one direction
                self._close_transport()

    def _write_what_was_said(self) -> None:
        """Before the connection breaks off: a goodbye that waits to be sent does not go out."""
        if self._core.state is OPEN:
            self._write()

    def _close_transport(self) -> None:
        """Close the connection behind what was sent."""
        self._write()
        if self._segments is not None and not self._transport.is_closing():
            self._segments.finish()
        self._transport.close()

    def _expect_close(self) -> None:
        """Both sides have said CLOSE, or one has, or the core gave up on the client."""
        if self._core.close_rcvd is not None:
            self._close_transport()
        elif self._close_timer is None:
            loop = asyncio.get_running_loop()
            self._close_timer = loop.call_later(CLOSE_TIMEOUT_S, self._transport.abort)
