"""A command with several workers, and bare connections to it."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import httpx

from mock_tingwu import MockTingwu
from tests.cli.commands import Running
from tests.cli.test_cli_serve import serving
from tests.realtime.helpers import PATIENCE, TASKS, Json, until

#: A scope of each of two workers, by their number.
SCOPES = ("a", "b")
#: The Input of a realtime task that is told of.
SOURCE: Json = {
    "SourceLanguage": "cn",
    "Format": "pcm",
    "SampleRate": 16_000,
    "ProgressiveCallbacksEnabled": True,
}


def client() -> httpx.Client:
    """One that connects anew for every request."""
    return httpx.Client(
        verify=False, timeout=PATIENCE, limits=httpx.Limits(max_keepalive_connections=0)
    )


class Served:
    """A running server of two workers, as far as the helpers of other tests need one."""

    def __init__(self, server: Running, url: str) -> None:
        self.server = server
        self.url = url
        #: A client with a new connection for every request.
        self.http = client()

    @property
    def ws_url(self) -> str:
        return self.url.replace("http", "ws", 1)

    @property
    def as_mock(self) -> MockTingwu:
        """The same for helpers that need no more of a mock than its URLs."""
        return cast(MockTingwu, self)

    def workers(self) -> list[Json]:
        """What each worker says of itself."""
        found: list[Json] = self.http.get(f"{self.url}/_mock/workers").json()["workers"]
        return found

    def given(self) -> int:
        """How many connections of clients the workers have passed on to each other."""
        return sum(worker["connections_given"] for worker in self.workers())

    def pid(self, worker: int) -> int:
        """The process of a worker."""
        return int(self.workers()[worker]["pid"])

    def kill(self, worker: int) -> None:
        """Kill a worker; return when that is done, which is before there is another one."""
        os.kill(self.pid(worker), signal.SIGKILL)

    def create(self, app_key: str, parameters: Json | None = None) -> Json:
        """Create a realtime task; return its Data."""
        body = {"AppKey": app_key, "Input": SOURCE, "Parameters": parameters or {}}
        return self.data("PUT", f"{TASKS}?type=realtime", body)

    def stop(self, task_id: str) -> str:
        """Stop a realtime task; return its status."""
        body = {"Input": {"TaskId": task_id}}
        return str(self.data("PUT", f"{TASKS}?type=realtime&operation=stop", body)["TaskStatus"])

    def data(self, method: str, target: str, body: Json | None = None) -> Json:
        """The Data of an answer that is a success."""
        answer = self.http.request(method, self.url + target, json=body)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()["Data"]
        return found

    def control(self, method: str, target: str, **given: Any) -> Any:
        """The answer of a call of the control API that succeeds."""
        answer = self.http.request(method, f"{self.url}/_mock/{target}", **given)
        assert answer.is_success, answer.text
        return answer.json()

    def connection(self, worker: int) -> socket.socket:
        """A connection that a worker has at this moment."""
        host, _, port = self.url.removeprefix("http://").partition(":")
        sock = socket.create_connection((host, int(port)), PATIENCE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        target = f"/_mock/tasks?scope={SCOPES[worker]}"
        ask(sock, f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        return sock

    def until_it_serves(self) -> None:
        """Wait until all workers answer."""
        until(lambda: len(self.workers()) == len(SCOPES), "all workers")


def ask(sock: socket.socket, request: bytes) -> tuple[int, bytes]:
    """Send a request as it is; return status and body of the answer."""
    sock.sendall(request)
    return answer(sock)


def answer(sock: socket.socket, rest: bytes = b"") -> tuple[int, bytes]:
    """Read one answer: its status and its body."""
    (found,) = answers(sock, 1)
    return found


def answers(sock: socket.socket, count: int) -> list[tuple[int, bytes]]:
    """Read so many answers; those of 1xx do not count."""
    found: list[tuple[int, bytes]] = []
    data = b""
    while len(found) < count:
        head, end, rest = data.partition(b"\r\n\r\n")
        if end and head.startswith(b"HTTP/1.1 1"):
            data = rest
            continue
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        length = int(fields.get(b"content-length", 0))
        if end and len(rest) >= length:
            found.append((int(head.split()[1]), rest[:length]))
            data = rest[length:]
            continue
        piece = sock.recv(65536)
        assert piece, f"the connection has ended behind {data!r}"
        data += piece
    return found


@contextmanager
def two_workers(
    folder: Path, store: str, *flags: str, interval_ms: int = 5, fetch: str = "auto"
) -> Iterator[Served]:
    """A running command with two workers and a scope in each."""
    server, url = serving(
        folder,
        *("--data-dir", str(folder / "data"), "--store", store, "--workers", "2", *flags),
        environ={"MOCK_TINGWU_RESULT_INTERVAL_MS": str(interval_ms), "MOCK_TINGWU_FETCH": fetch},
    )
    with server:
        served = Served(server, url)
        for name in SCOPES:
            served.control("POST", "scopes", json={"name": name, "keys": [f"app-{name}"]})
        yield served
        code, _, err = server.end(signal.SIGTERM)
        assert code == 0, err
