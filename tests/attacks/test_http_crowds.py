"""Many connections and endless requests: others are served meanwhile, and memory is bounded."""

from __future__ import annotations

import gzip
import resource
import select
import socket
import sys
import zlib
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.attacks.child import MIB, PATIENCE_S, Child, most_connections, reset
from tests.wire.helpers.raw import http
from tests.wire.test_http import START, TASKS, UNKNOWN

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is told by Linux alone")

GET = http("GET", f"{TASKS}/{UNKNOWN}")
HEALTH = http("GET", "/_mock/health")
GIB = 1 << 30
CHUNKED = "Transfer-Encoding: chunked\r\n"
FILES = "/_mock/files?name=a.mp3"


@pytest.fixture(scope="module")
def child(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    most_connections(10_000)  # a child has what its parent may have
    with Child(tmp_path_factory.mktemp("child")) as child:
        child.serves()
        yield child


def status_of(connection: socket.socket) -> bytes:
    """The status of the first answer; empty where there is none."""
    received = b""
    while b"\r\n" not in received and (data := connection.recv(1 << 16)):
        received += data
    return received.partition(b"\r\n")[0][9:12]


def test_connections_that_say_nothing(child: Child, record_property: pytest.FixtureRequest) -> None:
    count = most_connections(10_000)
    before = child.memory
    with child.crowd(count):
        child.serves()
        per_connection = (child.memory - before) / count
    child.serves()
    print(f"{count} idle connections, {per_connection:.0f} bytes for each")
    assert per_connection < 64 * 1024
    assert child.memory - before < 64 * count * 1024


@pytest.mark.parametrize(
    ("begun", "drop"),
    [
        (b"", b"\r\n"),
        (b"GET /x HTTP/1.1\r\nHost: x\r\nx: ", b"a"),
        (http("PUT", START, extra="Content-Length: 8000000\r\n"), b" "),
        (http("PUT", START, extra=CHUNKED), b"1\r\n \r\n"),
        (http("POST", FILES, extra=f"Content-Length: {GIB}\r\n"), b"a"),
        (http("GET", "/api/ws/v1?mc=x", extra="Upgrade: websocket\r\n")[:-2], b"a"),
    ],
    ids=["silent", "head", "body", "chunks", "upload", "handshake"],
)
def test_connections_that_dribble(child: Child, begun: bytes, drop: bytes) -> None:
    before = child.memory
    with child.crowd(100) as crowd:
        for connection in crowd:
            connection.sendall(begun)
        for _ in range(2):
            for connection in crowd:
                connection.sendall(drop)
            child.serves()
        assert child.memory - before < 32 * MIB
    child.serves()


def test_connections_that_are_reset_at_once(child: Child) -> None:
    before = child.memory
    for begun in (b"", GET, GET[:-2], http("PUT", START, extra=CHUNKED)):
        for _ in range(100):
            connection = child.connect()
            connection.sendall(begun)
            reset(connection)
        child.serves()
    assert child.memory - before < 64 * MIB


def test_more_connections_than_there_are_files(child: Child) -> None:
    usual = resource.prlimit(child.pid, resource.RLIMIT_NOFILE)
    room = 64
    resource.prlimit(child.pid, resource.RLIMIT_NOFILE, (room, usual[1]))
    try:
        with child.crowd(3 * room) as crowd:
            for connection in crowd:
                connection.sendall(GET)
            assert [status_of(connection) for connection in crowd[: room // 2]] == [b"200"] * 32
        child.serves()
    finally:
        resource.prlimit(child.pid, resource.RLIMIT_NOFILE, usual)


# Without end


@pytest.mark.parametrize("expect", ["", "Expect: 100-continue\r\n"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", START),
        ("POST", "/api/v1/services/aigc/multimodal-generation/generation"),
        ("POST", "/?Action=CreateRtcAsrTask"),
        ("POST", "/_mock/faults"),
        ("POST", "/_mock/reset"),
    ],
)
def test_a_gibibyte_that_is_announced_is_refused_before_it_comes(
    child: Child, method: str, path: str, expect: str
) -> None:
    with child.connect() as connection:
        connection.sendall(http(method, path, extra=f"Content-Length: {GIB}\r\n{expect}"))
        assert status_of(connection) in (b"400", b"413")


@pytest.mark.parametrize(
    "head",
    [
        http("PUT", START, extra=CHUNKED) + b"40000000\r\n",
        http("POST", "/_mock/faults", extra=CHUNKED) + b"40000000\r\n",
        http("PUT", "/nowhere", extra=CHUNKED) + b"40000000\r\n",
        http("GET", "/oss/b/k", extra=f"Content-Length: {GIB}\r\n"),
        http("GET", "/_mock/health", extra=f"Content-Length: {GIB}\r\n"),
    ],
    ids=["call", "control", "unknown", "download", "health"],
)
def test_a_gibibyte_that_comes_is_not_kept(child: Child, head: bytes) -> None:
    before = child.memory
    piece = bytes(MIB)
    with child.connect() as connection:
        connection.sendall(head)
        with suppress(ConnectionError):  # it may hang up on whoever goes on
            for _ in range(48):
                connection.sendall(piece)
        child.serves()
        assert child.memory - before < 24 * MIB


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_compressed_body_is_not_unpacked(child: Child, encoding: str) -> None:
    before = child.memory
    plain = b'{"a": "' + bytes(b" " * (48 * MIB)) + b'"}'
    body = (gzip.compress if encoding == "gzip" else zlib.compress)(plain, 1)
    for method, path in (("PUT", START), ("POST", "/_mock/faults"), ("POST", "/")):
        with child.connect() as connection:
            connection.sendall(http(method, path, body, extra=f"Content-Encoding: {encoding}\r\n"))
            assert status_of(connection) == b"400"
    assert child.memory - before < 32 * MIB


def test_ten_thousand_requests_at_once_are_answered_in_turn(child: Child) -> None:
    count, answers, tail = 10_000, 0, b""
    before = child.memory
    with child.connect() as connection:
        connection.setblocking(False)
        left = memoryview(HEALTH * count)
        while answers < count:
            wanted = [connection] if left else []
            readable, writable, _ = select.select([connection], wanted, [], PATIENCE_S)
            assert readable or writable, f"nothing goes on after {answers} answers"
            if writable:
                left = left[connection.send(left[:MIB]) :]
            if readable:
                received = connection.recv(MIB)
                assert received, f"it hung up after {answers} answers"
                answers += (tail + received).count(b"HTTP/1.1 200 OK\r\n")
                tail = (tail + received)[-16:]
    child.serves()
    # All that is waiting at a time is what was read at once, and nothing is left of the others.
    assert child.memory - before < 20 * MIB


def test_whoever_reads_no_answer_is_not_read_either(child: Child) -> None:
    before = child.memory
    with child.connect() as connection:
        connection.settimeout(0.3)
        sent = 0
        with suppress(TimeoutError):
            while sent < 64 * MIB:
                sent += connection.send(HEALTH * 1_000)
        assert sent < 64 * MIB
        child.serves()
        assert child.memory - before < 32 * MIB
