"""Calls of HTTP as fast as a server answers them, from one process."""

from __future__ import annotations

import gc
import itertools
import json
import select
import socket
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from benchmarks.measures import percentile
from mock_tingwu.protocols.signing import acs3
from mock_tingwu.protocols.signing.request import request_target
from mock_tingwu.settings import DEFAULT_ACCESS_KEYS

HOST: Final = "127.0.0.1"
TASKS: Final = "/openapi/tingwu/v2/tasks"
#: Connections at the same time.
CONNECTIONS: Final = 32
BODY: Final = json.dumps(
    {
        "AppKey": "benchmark",
        "Input": {
            "SourceLanguage": "cn",
            "Format": "pcm",
            "SampleRate": 16_000,
            "TaskKey": "benchmark",
        },
        "Parameters": {"Transcription": {"OutputLevel": 2}},
    }
).encode()
#: Signed calls that are made ready for each second.
_MOST_PER_SECOND: Final = 20_000
#: Headers that `request` writes itself.
_OWN: Final = ("host", "accept", "content-type")


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it: answers per second, and what 99 of 100 answers took at most, in ms."""

    per_second: float
    p99_ms: float


def request(method: str, target: str, body: bytes = b"", headers: str = "") -> bytes:
    """A request as it is sent, head and body at once."""
    length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
    head = f"{method} {target} HTTP/1.1\r\nHost: {HOST}\r\nAccept: application/json\r\n"
    return f"{head}{length}{headers}\r\n".encode() + body


CREATE: Final = request("PUT", f"{TASKS}?type=realtime", BODY)


def get(task_id: str) -> bytes:
    """GetTaskInfo, not signed."""
    return request("GET", f"{TASKS}/{task_id}")


def one(port: int, sent: bytes) -> dict[str, Any]:
    """The answer to a single request."""
    with socket.create_connection((HOST, port)) as sock:
        sock.sendall(sent)
        data = sock.recv(65_536)
        while not _is_whole(data):
            data += sock.recv(65_536)
    answer: dict[str, Any] = json.loads(data.partition(b"\r\n\r\n")[2])
    return answer


def drive(port: int, requests: Iterator[bytes] | Sequence[Iterator[bytes]], seconds: float) -> Load:
    """Send requests on all connections, the next as soon as one is answered.

    Of several kinds of ``requests`` each connection sends one.

    Raises:
        RuntimeError: an answer is not 200, or the server has hung up.
    """
    kinds = requests if isinstance(requests, Sequence) else [requests]
    sent_on: dict[int, Iterator[bytes]] = {}
    poll = select.epoll()
    socks: dict[int, socket.socket] = {}
    for turn in range(CONNECTIONS):
        sock = socket.create_connection((HOST, port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        socks[sock.fileno()] = sock
        poll.register(sock.fileno(), select.EPOLLIN)
        sent_on[sock.fileno()] = kinds[turn % len(kinds)]
    clock = time.perf_counter
    sent_at: dict[int, float] = {}
    parts: dict[int, bytes] = {}
    taken: list[float] = []
    gc.disable()
    try:
        begun = clock()
        end = begun + seconds
        for number, sock in socks.items():
            sent_at[number] = clock()
            sock.sendall(next(sent_on[number]))
        waiting = len(socks)
        while waiting:
            for number, _ in poll.poll():
                sock = socks[number]
                data = parts.pop(number, b"") + sock.recv(262_144)
                if not _is_whole(data):
                    if not data:
                        raise RuntimeError("the server has hung up")
                    parts[number] = data
                    continue
                now = clock()
                taken.append(now - sent_at[number])
                if data[9:12] != b"200":
                    raise RuntimeError(f"a call was answered with {data[:400]!r}")
                following = next(sent_on[number], None) if now < end else None
                if following is None:
                    waiting -= 1
                else:
                    sent_at[number] = now
                    sock.sendall(following)
        lasted = clock() - begun
    finally:
        gc.enable()
        for sock in socks.values():
            sock.close()
    return Load(len(taken) / lasted, percentile(taken, 0.99) * 1000)


def _is_whole(data: bytes) -> bool:
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return False
    at = data.lower().find(b"content-length: ")
    return len(data) >= end + 4 + int(data[at + 16 : data.index(b"\r", at)])


def unsigned(sent: bytes) -> Iterator[bytes]:
    """The same request again and again."""
    return itertools.repeat(sent)


def signed(method: str, path: str, query: dict[str, str], body: bytes = b"") -> Iterator[bytes]:
    """A request by the default key in ACS3-HMAC-SHA256, each with a nonce of its own."""
    (access_key, secret), *_ = DEFAULT_ACCESS_KEYS.items()
    action = "CreateTask" if method == "PUT" else "GetTaskInfo"
    while True:
        headers = acs3.sign(
            method,
            path,
            query,
            {"content-type": "application/json"} if body else {},
            body,
            access_key=access_key,
            secret=secret,
            action=action,
            version="2023-09-30",
            host=HOST,
            nonce=str(uuid.uuid4()),
            date=datetime.now(UTC),
        )
        sent = {name: value for name, value in headers.items() if name not in _OWN}
        lines = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        yield request(method, request_target(path, query), body, lines)


def prepared(requests: Iterator[bytes], seconds: float) -> Iterator[bytes]:
    """More requests than are answered in so many seconds: signing them takes its time."""
    return iter(list(itertools.islice(requests, int(seconds * _MOST_PER_SECOND))))
