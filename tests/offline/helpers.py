"""A web server with the faults of web servers, for recordings that are fetched."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

#: How long a server that hangs does so at most, in seconds: a test that works ends it earlier.
_PATIENCE_S = 10.0


@dataclass
class Page:
    """What the server answers for a path. It is right unless told otherwise.

    ``length`` is the Content-Length instead of the body's own (0 or more), or False for none.
    ``cut``: so many bytes of the body are sent, then the connection ends; with ``reset`` hard.
    ``hang``: after so many bytes of the body nothing comes any more (-1: not even a head).
    ``raw``: these bytes instead of any HTTP.
    """

    body: bytes = b""
    status: int = 200
    ranges: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | bool = True
    chunked: bool = False
    cut: int | None = None
    reset: bool = False
    hang: int | None = None
    raw: bytes | None = None


@dataclass(frozen=True)
class Seen:
    """A request as it arrived. ``status`` is what it was answered with, 0 for no answer in HTTP."""

    target: str
    headers: tuple[tuple[str, str], ...]
    status: int = 0

    def header(self, name: str) -> str | None:
        return dict(self.headers).get(name)


class Origin:
    """The server, as a context manager: ``origin.pages["/a.mp3"] = Page(b"...")``."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.pages: dict[str, Page] = {}
        self.seen: list[Seen] = []
        self.closing = threading.Event()
        self._server = _Server(self)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.scheme = "https" if tls is not None else "http"
        self.port = self._server.server_port
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, target: str, host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{target}"

    def add(self, target: str, page: Page) -> str:
        """Answer ``target`` with ``page``; return its URL."""
        self.pages[target.partition("?")[0]] = page
        return self.url(target)

    @property
    def asked(self) -> list[tuple[str | None, int]]:
        """Range and status of every request so far."""
        return [(seen.header("Range"), seen.status) for seen in self.seen]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, origin: Origin) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.origin = origin
        #: Connections that end without a word.
        self.cut: set[Any] = set()

    def shutdown_request(self, request: Any) -> None:
        if request not in self.cut:
            super().shutdown_request(request)
            return
        self.cut.remove(request)
        linger = struct.pack("ii", 1, 0)
        request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.do_GET()

    def do_GET(self) -> None:
        origin = self.server.origin
        page = origin.pages.get(self.path.partition("?")[0], Page(b"nothing here", 404))
        status, body, headers = self._content(page)
        in_http = page.raw is None and page.hang != -1
        seen = Seen(self.path, tuple(self.headers.items()), status if in_http else 0)
        origin.seen.append(seen)
        self.close_connection = True
        if page.raw is not None:
            self.wfile.write(page.raw)
        elif in_http:
            self._answer(page, status, body, headers)
        if page.reset:
            self.server.cut.add(self.connection)
        if page.hang is not None:
            origin.closing.wait(_PATIENCE_S)

    def _content(self, page: Page) -> tuple[int, bytes, dict[str, str]]:
        """The status, body and headers, by the request's range."""
        size, headers = len(page.body), dict(page.headers)
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if page.status != 200 or not page.ranges or asked is None:
            return page.status, page.body, headers
        first = int(asked[1])
        if first >= size:
            return 416, b"", headers | {"Content-Range": f"bytes */{size}"}
        headers["Content-Range"] = f"bytes {first}-{size - 1}/{size}"
        return 206, page.body[first:], headers

    def _answer(self, page: Page, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        if page.length is not False:
            length = len(body) if page.length is True else page.length
            self.send_header("Content-Length", str(length))
        if page.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        until = page.cut if page.cut is not None else page.hang
        sent = body[:until]
        with contextlib.suppress(OSError):  # the client may have seen enough
            if page.chunked:
                sent = b"%x\r\n%s\r\n0\r\n\r\n" % (len(sent), sent)
            self.wfile.write(sent)
