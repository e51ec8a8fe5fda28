"""HTTP/1.1 as uvicorn speaks it, with a bound, and answers in JSON to what cannot be read."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable
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
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from mock_tingwu.server.resetting import reset as reset_connection
from mock_tingwu.services.address import TLS
from mock_tingwu.services.awkwardly import REWRITE_HEAD
from mock_tingwu.services.travelling import HANG_UP

#: Request line and headers together, in bytes. More is refused before anybody looks at them.
#: Trailers may be as long.
MAX_HEAD: Final = 64 * 1024
_TOO_LONG: Final = f"request line and headers are longer than {MAX_HEAD} bytes"
_TRAILERS_TOO_LONG: Final = f"trailers are longer than {MAX_HEAD} bytes"
#: So much is shown of the first line of what cannot be read, and of its first word if it is no
#: request line.
_SHOWN: Final = 200
_SHOWN_OF_WORD: Final = 16
#: How long the closing alert of TLS may take to leave, in seconds.
CLOSING_ALERT_S: Final = 0.1
_REQUEST_LINE: Final = re.compile("[A-Z]{1,16} .*")
#: Bytes of a body of unknown length.
_ANY_LENGTH: Final = 1 << 64
#: A URL that is nothing but scheme and authority, up to its query.
_WITHOUT_PATH: Final = re.compile(rb"^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]+(?![^?#])")

#: ``(first line, what is wrong, code)``: answers what is no HTTP request. The line is empty or
#: begins with a method in capital letters.
Refuse = Callable[[str, str, str], Response]


class TooLong(Exception):
    """Request line and headers, or trailers, are longer than `MAX_HEAD`."""


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

    def connection_lost(self, exc: Exception | None) -> None:
        self._disconnect_all()
        super().connection_lost(exc)

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

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        at = 0
        while at < len(data) and self._problem is None and not self.transport.is_closing():
            try:
                at = self._feed(data, at)
            except (HttpParserError, TooLong) as error:
                self._give_up(error)

    def _feed(self, data: bytes, at: int) -> int:
        """Let the parser read on at ``at``; return up to where it has."""
        end = self._end(data, at)
        piece = memoryview(data)[at:end]
        if self._in_head:
            self._start += piece[: _SHOWN - len(self._start)]
        elif not self._body_left:
            self._start = bytes(piece[:_SHOWN])
        self._pending += len(piece)
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

    # Callbacks of the parser

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True

    def on_header(self, name: bytes, value: bytes) -> None:
        # Trailers are no headers of the request.
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self.parser.get_method() == b"CONNECT":
            raise HttpParserInvalidMethodError("CONNECT is for proxies")
        # A header has a colon, a space and a line end besides.
        lengths = (len(name) + len(value) + 4 for name, value in self.headers)
        if len(self.url) + sum(lengths) > MAX_HEAD:
            raise TooLong(_TOO_LONG)
        self._in_head = False
        self._pending = 0
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
        super().on_headers_complete()
        self.scope["extensions"] = {
            HANG_UP: self._break_off,  # type: ignore[dict-item]
            REWRITE_HEAD: partial(_rewrite_head, self.cycle),  # type: ignore[dict-item]
        }
        if self._offers_tls:
            self.scope["extensions"][TLS] = {}
        self._owed.append(self.cycle)
        length = dict(self.headers).get(b"content-length")
        self._body_left = _ANY_LENGTH if length is None else int(length)

    def on_body(self, body: bytes) -> None:
        self._body_left -= len(body)
        self._pending = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._offer is not None:
            return
        self._body_left = 0
        self._pending = 0
        self._start = b""
        super().on_message_complete()

    # Answering

    def on_response_complete(self) -> None:
        self._owed.popleft()
        super().on_response_complete()
        if self._problem is not None and not self._owed and not self.transport.is_closing():
            self._answer_problem(self._problem)

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
