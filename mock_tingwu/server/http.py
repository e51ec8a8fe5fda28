"""HTTP/1.1 as uvicorn speaks it, with a bound, and answers in JSON to what cannot be read."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

from httptools import HttpParserCallbackError, HttpParserInvalidMethodError
from starlette.responses import Response
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

#: Request line and headers together, in bytes. More is refused before anybody looks at them.
MAX_HEAD: Final = 64 * 1024
_TOO_LONG: Final = f"request line and headers are longer than {MAX_HEAD} bytes"
_SHOWN: Final = 200

#: ``(first line, what is wrong, code)``: answers what is no HTTP request.
Refuse = Callable[[str, str, str], Response]


class HeadTooLong(Exception):
    """Request line and headers are longer than `MAX_HEAD`."""


class HttpProtocol(HttpToolsProtocol):
    """One connection. SDKs expect JSON of every error, so also of uvicorn's own."""

    def __init__(self, *args: Any, refuse: Refuse, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._refuse = refuse
        self._start = b""
        self._in_head = False
        # Bytes of an unfinished head, besides those of the latest read.
        self._pending = 0

    def data_received(self, data: bytes) -> None:
        if not self._in_head:
            self._start = data[:_SHOWN]
        super().data_received(data)
        if self._in_head:
            self._pending += len(data)
            # The parser itself would collect a header without end.
            if self._pending > MAX_HEAD and not self.transport.is_closing():
                self.send_400_response(_TOO_LONG)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._pending = 0

    def on_headers_complete(self) -> None:
        self._in_head = False
        # A header has a colon, a space and a line end besides.
        lengths = (len(name) + len(value) + 4 for name, value in self.headers)
        if len(self.url) + sum(lengths) > MAX_HEAD:
            raise HeadTooLong(_TOO_LONG)
        super().on_headers_complete()
        if not self.parser.should_upgrade():
            # What still comes are trailers, which are no headers of the request.
            self.headers = []

    def send_400_response(self, msg: str) -> None:
        """Answer what the parser does not understand, and hang up."""
        error = sys.exception()
        if isinstance(error, HttpParserCallbackError):
            error = error.__context__ or error
        start = self._start.partition(b"\r\n")[0].decode("latin-1")
        wrong_method = isinstance(error, HttpParserInvalidMethodError)
        # Its target is no URL, which is what uvicorn stumbles over.
        wrong_method = wrong_method or start.startswith("CONNECT ")
        code = "UnsupportedHTTPMethod" if wrong_method else "InvalidParameter.Format"
        response = self._refuse(start, str(error or msg), code)
        headers = [*self.server_state.default_headers, *response.raw_headers]
        head = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
        status = STATUS_LINE[response.status_code]
        self.transport.write(status + head + b"connection: close\r\n\r\n" + bytes(response.body))
        self.transport.close()
