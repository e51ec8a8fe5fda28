"""A web server on this machine with live streams and files on it, and speech to put there."""

from __future__ import annotations

import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mock_tingwu.media import read_wav
from tests.conftest import RECORDING
from tests.media_samples import Kind, make_file
from tests.rtmp_server import tags_of

RATE = 16_000
SECONDS = 6
"""So much of the project's recording is streamed."""

PATIENCE_S = 20.0
"""Nothing here takes as long; it is against tests that hang."""

Page = Callable[["Handler"], None]


class Site:
    """An HTTP server on this machine, with ``pages`` by path. ``asked`` are the paths that were."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[str] = []
        self.agents: set[str | None] = set()
        self.closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.site = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.02])
        self._thread.start()

    def add(self, path: str, page: Page | bytes) -> str:
        """Answer ``path`` with a page or a file; return its URL."""
        self.pages[path] = page if callable(page) else file(page)
        return self.url(path)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self._server.server_address[1]}{path}"

    def secure(self, certificate: Path) -> str:
        """Speak TLS from now on; return the URL of the site."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        return self.url("", "localhost").replace("http", "https")

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    site: Site

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    @property
    def site(self) -> Site:
        return self.server.site

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.close_connection = True
        path = urlsplit(self.path).path
        self.site.asked.append(path)
        self.site.agents.add(self.headers["User-Agent"])
        page = self.site.pages.get(path)
        if page is None:
            self.start(404, {"Content-Length": "0"})
        else:
            page(self)

    def start(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))


def file(content: bytes, *, ranges: bool = True, cut: int = 0) -> Page:
    """A file; ``cut`` bytes of what was promised do not come."""

    def page(handler: Handler) -> None:
        first, _, last = (handler.headers["Range"] or "").removeprefix("bytes=").partition("-")
        part, status = content, 200
        if ranges and first:
            part, status = content[int(first) : int(last) + 1 if last else None], 206
        handler.start(status, {"Content-Length": str(len(part))})
        handler.wfile.write(part[: len(part) - cut])

    return page


def live(pieces: Callable[[], Iterator[bytes]], *, ends: bool = True) -> Page:
    """A stream in chunks, that breaks off at its end or comes to it."""

    def page(handler: Handler) -> None:
        handler.start(200, {"Transfer-Encoding": "chunked"})
        for piece in pieces():
            handler.chunk(piece)
        if ends:
            handler.chunk(b"")

    return page


def redirect(target: str) -> Page:
    return lambda handler: handler.start(302, {"Location": target, "Content-Length": "0"})


def silent(handler: Handler) -> None:
    handler.site.closing.wait(PATIENCE_S)


@cache
def speech() -> bytes:
    pcm, rate = read_wav(RECORDING)
    assert rate == RATE
    return pcm[: SECONDS * RATE * 2]


@cache
def speech_as(muxer: str, codec: str, rate: int = RATE) -> bytes:
    return make_file(Kind("talk", muxer, codec, "", "", rate), speech(), "mono", [])


def flv_pieces(content: bytes, speed: float = 0) -> Iterator[bytes]:
    """FLV tag by tag, so many times faster than real time; 0 is at once."""
    yield content[:13]
    began = time.monotonic()
    for kind, at, payload in tags_of(content):
        if speed:
            time.sleep(max(0.0, began + at / 1000 / speed - time.monotonic()))
        yield flv_tag(kind, at, payload)


def flv_tag(kind: int, at: int, payload: bytes) -> bytes:
    stamp = struct.pack(">I", at)
    head = bytes([kind]) + struct.pack(">I", len(payload))[1:] + stamp[1:] + stamp[:1] + bytes(3)
    return head + payload + struct.pack(">I", len(head + payload))
