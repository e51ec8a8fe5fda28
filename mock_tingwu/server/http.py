"""HTTP/1.1 as uvicorn speaks it, with a bound, and answers in JSON to what cannot be read."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import Any, Final, cast

from httptools import (
    HttpParserCallbackError,
    HttpParserError,
    HttpParserInvalidMethodError,
    HttpParserUpgrade,
    HttpRequestParser,
)
from starlette.responses import Response
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from mock_tingwu.server.resetting import reset as reset_connection
from mock_tingwu.services.address import TLS
from mock_tingwu.services.api_answers import ApiResponse
from mock_tingwu.services.awkwardly import REWRITE_HEAD
from mock_tingwu.services.travelling import HANG_UP

#: Request line and headers together, in bytes. More is refused before anybody looks at them.
#: Trailers may be as long.
MAX_HEAD: Final = 64 * 1024
_TOO_LONG: Final = f"request line and headers are longer than {MAX_HEAD} bytes"
_TRAILERS_TOO_LONG: Final = f"trailers are longer than {MAX_HEAD} bytes"
#: How long request line and headers may take, from the connection or from the first byte of
#: another request on; and how long the next piece of a body. In seconds of real time.
LONGEST_HEAD_S: Final = 60.0
LONGEST_PAUSE_S: Final = 60.0
#: So much is shown of the first line of what cannot be read, and of its first word if it is no
#: request line.
_SHOWN: Final = 200
_SHOWN_OF_WORD: Final = 16
#: How long the closing alert of TLS may take to leave, in seconds.
CLOSING_ALERT_S: Final = 0.1
_REQUEST_LINE: Final = re.compile("[A-Z]{1,16} .*")
#: Bytes of a body of unknown length.
_ANY_LENGTH: Final = 1 << 64
#: A path that needs no decoding, and a query.
_PLAIN_TARGET: Final = re.compile(rb'/[!"$&->@-~]*(?:\?[!"$-~]*)?')
#: A URL that is nothing but scheme and authority, up to its query.
_WITHOUT_PATH: Final = re.compile(rb"^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]+(?![^?#])")

#: ``(first line, what is wrong, code)``: answers what is no HTTP request. The line is empty or
#: begins with a method in capital letters.
Refuse = Callable[[str, str, str], Response]
#: Answers a request that has come as a whole: with an answer as it is sent, with an application
#: that sends one, or with None where that is for the server's own application.
AtOnce = Callable[[Any, bytes], Response | ASGIApp | None]


class TooLong(Exception):
    """Request line and headers, or trailers, are longer than `MAX_HEAD`."""


class TooSlow(Exception):
    """A request is not read to its end, as it does not come."""


class _HeadWriter:
    """The transport of one answer, which changes the first thing written to it."""

    def __init__(self, transport: Any, change: Callable[[bytes], bytes]) -> None:
        self._transport = transport
        self._change = change
        self._wrote = False

    def write(self, data: bytes) -> None:
        self._transport.write(data if self._wrote else self._change(data))
        self._wrote = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def _rewrite_head(cycle: RequestResponseCycle, change: Callable[[bytes], bytes]) -> None:
    """Let the head of an answer go through ``change``: uvicorn writes names in small letters."""
    cycle.transport = _HeadWriter(cycle.transport, change)  # type: ignore[assignment]


class HttpProtocol(HttpToolsProtocol):
    """One connection. SDKs expect JSON of every error, so also of uvicorn's own."""

    def __init__(self, *args: Any, refuse: Refuse, offers_tls: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._refuse = refuse
        # Whoever stands in front of the application sees every request.
        self._at_once: AtOnce | None = getattr(self.app, "at_once", None)
        # How much has come behind the head that the parser reads; whether all of its request has,
        # and what of it is the body.
        self._following = 0
        self._is_whole = False
        self._body = b""
        # When the last answer of this kind was sent, on the loop's clock, None while a request is
        # being read or answered; and what looks whether that is too long ago.
        self._idle_since: float | None = None
        self._idle_timer: asyncio.TimerHandle | None = None
        self._offers_tls = offers_tls
        # Whether the parser is in a head, and what is left of a body. Neither: between requests.
        self._in_head = False
        self._body_left = 0
        # Bytes since the last head, piece of a body or request was over.
        self._pending = 0
        # How the request begins that is being read. Empty where that is not known.
        self._start = b""
        # The headers of a request that is read a second time.
        self._offer: list[tuple[bytes, bytes]] | None = None
        # Requests without a complete answer, oldest first.
        self._owed: deque[RequestResponseCycle] = deque()
        # Why nothing more is read.
        self._problem: BaseException | None = None
        # Until when more of a request has to come.
        self._limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._limit_time()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lift_limit()
        self._disconnect_all()
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        super().connection_lost(exc)
        self._forget()

    def _forget(self) -> None:
        """Drop what refers to this connection: the collector of cycles would take long to come."""
        self._owed.clear()
        self.pipeline.clear()
        self.cycle = self.scope = self.parser = None  # type: ignore[assignment]

    def hang_up(self) -> None:
        """Close the connection at once. What is still answered on it notices that nobody reads."""
        self._disconnect_all()
        self.transport.abort()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection, with TLS as well: event loops wait for the client to close it.

        Java's HttpClient never does; it would write its next request into such a connection, where
        nobody reads any more.
        """
        super().timeout_keep_alive_handler()
        if self.is_secure:
            self.loop.call_later(CLOSING_ALERT_S, self.transport.abort)

    @property
    def is_secure(self) -> bool:
        """Whether it came by TLS."""
        return self.transport.get_extra_info("sslcontext") is not None

    @property
    def is_half_read(self) -> bool:
        """Whether a request is being answered whose body has not come completely."""
        return any(cycle.more_body for cycle in self._owed)

    # Reading

    def _should_upgrade(self) -> bool:
        # Who asks for it behind another request is answered after that one, as if it had not asked.
        return not self._owed and super()._should_upgrade()

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        at = 0
        while at < len(data) and self._problem is None and not self.transport.is_closing():
            try:
                at = self._feed(data, at)
            except (HttpParserError, TooLong) as error:
                self._give_up(error)
        if self._idle_since is None or self._limit is not None:
            self._limit_time()

    def _feed(self, data: bytes, at: int) -> int:
        """Let the parser read on at ``at``; return up to where it has."""
        end = self._end(data, at)
        piece = memoryview(data)[at:end]
        if self._in_head:
            self._start += piece[: _SHOWN - len(self._start)]
        elif not self._body_left:
            self._start = bytes(piece[:_SHOWN])
        self._pending += len(piece)
        self._following = len(data) - end
        try:
            self.parser.feed_data(piece)
        except HttpParserUpgrade as upgrade:
            end = at + upgrade.args[0]
            if self._offer is not None:
                self._read_again(self._offer)
            elif self._should_upgrade():
                self.handle_websocket_upgrade()
                if end < len(data):
                    # A client that does not wait for the answer to its handshake.
                    protocol = cast("asyncio.Protocol", self.transport.get_protocol())
                    protocol.data_received(data[end:])
                self._forget()
                return len(data)
        # The parser itself would collect a header without end.
        if self._pending > MAX_HEAD:
            raise TooLong(_TRAILERS_TOO_LONG if self._body_left else _TOO_LONG)
        return end

    def _end(self, data: bytes, at: int) -> int:
        """Up to where the parser is to read at once: to the end of the head or the body.

        It does not tell where in ``data`` a request begins. It finds the ends by itself, so one
        that is missed here, say an empty line in two pieces, does no harm.
        """
        if self._body_left:
            return min(len(data), at + self._body_left)
        empty_line = data.find(b"\r\n\r\n", at)
        return len(data) if empty_line < 0 else empty_line + 4

    def _read_again(self, headers: list[tuple[bytes, bytes]]) -> None:
        """Read a head once more as if it offered no upgrade (RFC 9110 section 7.8).

        Java's HttpClient offers h2c with every request. The parser takes what comes after such a
        head for the other protocol, not for a body.
        """
        method, version = self.parser.get_method(), self.parser.get_http_version()
        lines = [b"%b %b HTTP/%b" % (method, self.url, version.encode())]
        lines += [b"%b: %b" % header for header in headers if header[0] != b"upgrade"]
        # The other one may have done with the connection.
        self.parser = HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.parser.feed_data(b"\r\n".join(lines) + b"\r\n\r\n")

    # How long it may take

    def _limit_time(self) -> None:
        """Bound the time for what the client has to send next, if it is the client's turn."""
        if self._problem is not None or self not in self.connections:  # such as an upgraded one
            self._lift_limit()
        elif self._in_head or not (self._body_left or self._owed or self._is_kept_alive):
            if self._limit is None:  # a head that dribbles has no more time
                self._limit = self.loop.call_later(LONGEST_HEAD_S, self._too_slow)
        else:
            self._lift_limit()
            if self._body_left:
                self._limit = self.loop.call_later(LONGEST_PAUSE_S, self._too_slow)

    @property
    def _is_kept_alive(self) -> bool:
        """Whether something else sees to it that the connection is closed if nothing comes."""
        return self._idle_since is not None or self.timeout_keep_alive_task is not None

    def _lift_limit(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def _too_slow(self) -> None:
        self._limit = None
        if self._body_left:
            if self.flow.read_paused:
                self._limit_time()  # it is we who do not go on
            else:
                self._give_up(TooSlow(f"nothing more of its body came for {LONGEST_PAUSE_S:g} s"))
        elif self._in_head:
            what = "request line and headers"
            self._give_up(TooSlow(f"{what} did not come within {LONGEST_HEAD_S:g} s"))
        else:
            self.timeout_keep_alive_handler()

    # Callbacks of the parser

    def on_message_begin(self) -> None:
        self._in_head = True
        self._idle_since = None
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            return  # trailers are no headers of the request
        # As uvicorn does it, without a call more: SDKs send a dozen.
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        if self.parser.get_method() == b"CONNECT":
            raise HttpParserInvalidMethodError("CONNECT is for proxies")
        named = dict(self.headers)
        # What has come may be more than the head. A header has a colon, a space and a line end.
        if (
            self._pending > MAX_HEAD
            and len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            > MAX_HEAD
        ):
            raise TooLong(_TOO_LONG)
        self._in_head = False
        self._pending = 0
        self.scope = self._scope()
        self._lift_limit()
        if self.parser.should_upgrade():
            if self._should_upgrade():
                super().on_headers_complete()
            else:
                self._offer = self.headers
            return
        if self._offer is not None:
            self.headers[:] = self._offer
            self._offer = None
        if not self.url.startswith(b"/"):
            self.url = _WITHOUT_PATH.sub(rb"\g<0>/", self.url)
        length = named.get(b"content-length")
        self._body_left = _ANY_LENGTH if length is None else int(length)
        self._is_whole = self._has_come_whole(named)
        if not self._is_whole:
            self._begin_cycle(self.app)

    def _scope(self) -> Any:
        """The scope of ASGI, as far as it does not depend on the request line."""
        return {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": "1.1",
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "root_path": "",
            "headers": self.headers,
            "state": {},
            "extensions": self._extensions(),
        }

    def _extensions(self) -> dict[str, Any]:
        extensions: dict[str, Any] = {HANG_UP: self._break_off}
        if self._offers_tls:
            extensions[TLS] = {}
        return extensions

    def _has_come_whole(self, headers: dict[bytes, bytes]) -> bool:
        """Whether nothing of the request is still to come, nor asked for anything unusual.

        What it holds is known then, and no other answer is in its way.
        """
        if self._at_once is None or self._owed or b"transfer-encoding" in headers:
            return False
        if self.flow.write_paused:  # the client does not read: answers wait until it does
            return False
        if b"content-length" in headers and self._body_left > self._following:
            return False
        return (
            b"expect" not in headers
            and self.parser.get_http_version() == "1.1"
            and self.parser.should_keep_alive()
            and _PLAIN_TARGET.fullmatch(self.url) is not None
        )

    def _begin_cycle(self, app: Any) -> None:
        """Let ``app`` answer the request."""
        usual, self.app = self.app, app
        try:
            super().on_headers_complete()
        finally:
            self.app = usual
        self.scope["extensions"][REWRITE_HEAD] = partial(_rewrite_head, self.cycle)  # type: ignore[assignment]
        self._owed.append(self.cycle)

    def on_body(self, body: bytes) -> None:
        self._body_left -= len(body)
        self._pending = 0
        if self._is_whole:
            self._body += body
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self._offer is not None:
            return
        self._body_left = 0
        self._pending = 0
        self._start = b""
        if self._is_whole:
            self._is_whole = False
            body, self._body = self._body, b""
            self._answer_whole(body)
        else:
            super().on_message_complete()

    def _answer_whole(self, body: bytes) -> None:
        """Answer a request without a task and a cycle of its own, if that can be."""
        assert self._at_once is not None
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]
        path, _, scope["query_string"] = self.url.partition(b"?")
        scope["method"] = self.parser.get_method().decode("ascii")
        scope["path"], scope["raw_path"] = path.decode("ascii"), path
        # What it causes is due to it alone.
        answer = copy_context().run(self._at_once, scope, body)
        if isinstance(answer, ApiResponse):
            self._send(answer)
            return
        self._begin_cycle(self.app if answer is None else answer)
        if body:
            super().on_body(body)
        super().on_message_complete()

    def _send(self, answer: ApiResponse) -> None:
        """Send all of an answer, as uvicorn does in pieces."""
        head = [STATUS_LINE[answer.status_code]]
        for name, value in (*self.server_state.default_headers, *answer.raw_headers):
            head += (name, b": ", value, b"\r\n")
        self.transport.write(b"".join((*head, b"\r\n", answer.body)))
        self.server_state.total_requests += 1
        self._request_over()
        self._idle_since = self.loop.time()
        if self._idle_timer is None:
            self._look_again(self.timeout_keep_alive)

    def _look_again(self, seconds: float) -> None:
        self._idle_timer = self.loop.call_later(seconds, self._look_whether_idle)

    def _look_whether_idle(self) -> None:
        """Close the connection if nothing came for long.

        To look from time to time costs less than a timer for every request.
        """
        self._idle_timer = None
        if self._idle_since is not None:
            left = self._idle_since + self.timeout_keep_alive - self.loop.time()
            if left <= 0:
                self.timeout_keep_alive_handler()
            else:
                self._look_again(left)

    # Answering

    def on_response_complete(self) -> None:
        # It refers to its own request: the collector of cycles would take long to come to it.
        self._owed.popleft().scope["extensions"].pop(REWRITE_HEAD)
        super().on_response_complete()
        self._request_over()
        if self.pipeline:  # uvicorn would read on with every answer, and keep all that comes
            self.flow.pause_reading()
        if self._problem is not None and not self._owed and not self.transport.is_closing():
            self._answer_problem(self._problem)

    def _request_over(self) -> None:
        """A request is answered."""

    def _give_up(self, problem: BaseException) -> None:
        """Read nothing more; say why when all that came before is answered, and hang up."""
        if isinstance(problem, HttpParserCallbackError):
            problem = problem.__context__ or problem
        self._problem = problem
        if self._body_left:
            # It is the latest request that cannot be read to its end.
            if self.cycle.response_complete:
                self.transport.close()
                return
            if self.cycle.response_started:
                self.cycle.keep_alive = False
                return
            self._disconnect(self._owed.pop())
            if self._owed:
                self.pipeline.popleft()
        if not self._owed:
            self._answer_problem(problem)

    def _answer_problem(self, problem: BaseException) -> None:
        """Answer what the parser does not understand, and hang up."""
        why = str(problem)
        line = re.split(b"[\r\n]", self._start.lstrip(b"\r\n"), maxsplit=1)[0].decode("latin-1")
        if not _REQUEST_LINE.fullmatch(line):
            # It may be anything, also a header with a secret in it.
            word = line.partition(" ")[0][:_SHOWN_OF_WORD]
            line, why = "", f"{why}; it begins with {word!r}"
        wrong_method = isinstance(problem, HttpParserInvalidMethodError)
        code = "UnsupportedHTTPMethod" if wrong_method else "InvalidParameter.Format"
        response = self._refuse(line, why, code)
        headers = [*self.server_state.default_headers, *response.raw_headers]
        head = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
        status = STATUS_LINE[response.status_code]
        self.transport.write(status + head + b"connection: close\r\n\r\n" + bytes(response.body))
        self.transport.close()

    def _break_off(self, reset: bool) -> None:
        """Close the connection in the midst of an answer: behind what was sent, or with a RST."""
        self._disconnect_all()
        if not reset:
            self.transport.close()
            return
        reset_connection(self.transport)

    def _disconnect_all(self) -> None:
        # uvicorn itself tells only who answers the latest request.
        for cycle in self._owed:
            self._disconnect(cycle)

    def _disconnect(self, cycle: RequestResponseCycle) -> None:
        """Tell who answers a request that nobody waits for it."""
        cycle.disconnected = True
        cycle.message_event.set()
