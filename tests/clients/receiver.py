"""A web server for callbacks. It has no files: what is asked of it is answered with 404.

Live's callbacks come to addresses below ``LIVE_PATH``. Whoever GETs such an address is told how
many of them have come there, so that a program can wait for them.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

LIVE_PATH = "/live/"


@dataclass(frozen=True)
class LiveCallback:
    """A callback of Live as it came: headers by their names in upper case."""

    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def name(self) -> str:
        """That of the event."""
        header: dict[str, Any] = json.loads(self.body["content"])["header"]
        return str(header["name"])


class Receiver:
    """Collects the callbacks of each task. Use it as a context manager."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._told: dict[str, list[str]] = {}
        self._live: dict[str, list[LiveCallback]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def clear(self) -> None:
        """Forget what has been told so far."""
        with self._changed:
            self._told.clear()

    def wait(self, callbacks: int, seconds: float) -> list[list[str]]:
        """What was told of each task, in order, once that many callbacks are there, or too late.

        Each callback is its TaskStatus and the results that it names, or its ErrorCode.
        """
        until = time.monotonic() + seconds
        with self._changed:
            while sum(map(len, self._told.values())) < callbacks:
                if not self._changed.wait(until - time.monotonic()):
                    break
            return [list(told) for told in self._told.values()]

    def live(self, target: str) -> list[LiveCallback]:
        """Live's callbacks that came to a path with its query."""
        with self._changed:
            return list(self._live.get(target, ()))

    def take(self, target: str, headers: Mapping[str, str], body: dict[str, Any]) -> None:
        """A callback has come."""
        if target.startswith(LIVE_PATH):
            upper = {name.upper(): value for name, value in headers.items()}
            with self._changed:
                self._live.setdefault(target, []).append(LiveCallback(upper, body))
            return
        data = body["Data"]
        if "TaskId" not in data:
            return  # the trial when an address is registered
        about = data.get("ErrorCode") or ", ".join(sorted(data.get("Result", {})))
        with self._changed:
            self._told.setdefault(data["TaskId"], []).append(f"{data['TaskStatus']}: {about}")
            self._changed.notify_all()


def handler_of(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    """A handler that hands on the JSON of each POST."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            receiver.take(self.path, dict(self.headers), body)
            self._answer(200)

        def do_GET(self) -> None:
            if self.path.startswith(LIVE_PATH):
                count = {"callbacks": len(receiver.live(self.path))}
                self._answer(200, json.dumps(count).encode())
            else:
                self._answer(404)

        do_HEAD = do_GET

        def _answer(self, status: int, body: bytes = b"") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler
