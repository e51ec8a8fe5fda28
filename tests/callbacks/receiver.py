"""A server that callbacks are sent to: real, on loopback, answering as a test tells it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.realtime.helpers import PATIENCE, until

#: Answers that are no status.
SILENCE = "silence"  # nothing, until the receiver closes
HANGUP = "hangup"  # the connection is closed without a word
GARBAGE = "garbage"  # not HTTP
STALL = "stall"  # 200, but the body never comes
ENDLESS = "endless"  # 200, and a body without end
HOLD = "hold"  # 200, as soon as the test lets go


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)

    @property
    def told(self) -> str:
        """The kind of result that it tells of, or the task's final status."""
        data = self.body["Data"]
        if data["TaskStatus"] != "ONGOING":
            return str(data["TaskStatus"])
        (kind,) = data["Result"]
        return str(kind)


@dataclass
class Receiver:
    """``script``: how to answer, one after the other; the last goes on."""

    script: list[int | str] = field(default_factory=lambda: [200])
    requests: list[Request] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)
    port: int = 0
    busy: int = 0
    #: The most requests that were being answered at the same time.
    busiest: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    _closed: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/callback"

    @property
    def told(self) -> list[str]:
        return [request.told for request in self.requests]

    def wait(self, count: int) -> None:
        """Wait until ``count`` requests have come."""
        until(lambda: len(self.requests) >= count, f"{count} requests")

    def next_answer(self) -> int | str:
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    def handle(self, http: BaseHTTPRequestHandler) -> None:
        raw = http.rfile.read(int(http.headers["Content-Length"]))
        with self.lock:
            answer = self.next_answer()
            self.requests.append(Request(http.path, dict(http.headers), raw))
            self.busy += 1
            self.busiest = max(self.busy, self.busiest)
        try:
            self._answer(http, answer)
        except OSError:
            pass  # the sender has gone
        finally:
            with self.lock:
                self.busy -= 1

    def _answer(self, http: BaseHTTPRequestHandler, answer: int | str) -> None:
        if answer == SILENCE:
            self._closed.wait(PATIENCE)
        elif answer == GARBAGE:
            http.wfile.write(b"hello\r\n\r\n")
        elif answer == HOLD:
            assert self.release.wait(PATIENCE)
            self._respond(http, 200)
        elif answer in (STALL, ENDLESS):
            http.send_response(200)
            http.end_headers()
            http.wfile.flush()
            if answer == STALL:
                self._closed.wait(PATIENCE)
            while answer == ENDLESS and not self._closed.is_set():
                http.wfile.write(b"x" * 65_536)
        elif isinstance(answer, int):
            self._respond(http, answer)

    def _respond(self, http: BaseHTTPRequestHandler, status: int) -> None:
        http.send_response(status)
        http.send_header("Set-Cookie", "visited=yes")
        if 300 <= status < 400:
            http.send_header("Location", "/elsewhere")
        body = b"" if status == 204 else f"answer {status}".encode()
        http.send_header("Content-Length", str(len(body)))
        http.end_headers()
        http.wfile.write(body)

    def close(self) -> None:
        self.release.set()
        self._closed.set()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@contextmanager
def receiver(*script: int | str) -> Iterator[Receiver]:
    """A receiver that runs for the length of a ``with``."""
    running = Receiver(list(script) or [200])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            running.handle(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = _Server(("127.0.0.1", 0), Handler)
    running.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield running
    finally:
        running.close()
        server.shutdown()
        thread.join(PATIENCE)
        server.server_close()


def nobody() -> str:
    """An address where nothing listens."""
    server = _Server(("127.0.0.1", 0), BaseHTTPRequestHandler)
    port = server.server_port
    server.server_close()
    return f"http://127.0.0.1:{port}/callback"
