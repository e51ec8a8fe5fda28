"""Whoever stops in the midst of a request, or vanishes, does not keep its connection for ever."""

from __future__ import annotations

import gc
import json
import socket
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from mock_tingwu import MockTingwu
from mock_tingwu.server import http as server_http
from mock_tingwu.services.hosting import Fingerprint
from tests.realtime.helpers import until
from tests.wire.helpers.raw import PATIENCE, Wire, http, wire
from tests.wire.test_http import BODY, START, TASKS, UNKNOWN

RAW = json.dumps(BODY).encode()
GET = http("GET", f"{TASKS}/{UNKNOWN}")
HALF = GET[:-2]
LENGTH = http("PUT", START, extra=f"Content-Length: {len(RAW)}\r\n")
CHUNKED = http("PUT", START, extra="Transfer-Encoding: chunked\r\n")
SOON_S = 0.05


@pytest.fixture
def hasty(mock: MockTingwu, monkeypatch: pytest.MonkeyPatch) -> MockTingwu:
    """A mock that waits for nobody for long."""
    monkeypatch.setattr(server_http, "LONGEST_HEAD_S", SOON_S)
    monkeypatch.setattr(server_http, "LONGEST_PAUSE_S", SOON_S)
    return mock


def connections(mock: MockTingwu) -> set[object]:
    found: set[object] = mock.call(lambda: set(mock._server.server_state.connections))
    return found


def assert_told(connection: Wire, words: str) -> None:
    answer = connection.read_answer()
    assert (answer.status, answer.json()["Code"]) == (400, "InvalidParameter.Format")
    assert connection.at_end()
    notes = [entry["text"] for entry in connection.mock.journal if entry["kind"] == "note"]
    assert any(words in note for note in notes), notes


def test_a_connection_that_says_nothing_is_closed(hasty: MockTingwu) -> None:
    with wire(hasty) as connection:
        assert connection.at_end()
    with wire(hasty) as connection:
        connection.send(b"\r\n")
        assert connection.at_end()
    assert hasty.journal == []


@pytest.mark.parametrize("first", [b"", GET, http("PUT", START, RAW)])
def test_a_head_that_does_not_end_is_refused(hasty: MockTingwu, first: bytes) -> None:
    with wire(hasty) as connection:
        connection.send(first + HALF)
        if first:
            assert connection.read_answer().status == 200
        assert_told(connection, "request line and headers did not come within 0.05 s: GET ")
    until(lambda: not connections(hasty), "no connection")


def test_a_head_that_dribbles_has_no_more_time(mock: MockTingwu) -> None:
    with wire(mock) as connection:
        connection.send(HALF)
        until(lambda: any(getattr(one, "_limit", None) for one in connections(mock)), "a limit")
        (protocol,) = connections(mock)
        limit = mock.call(lambda: protocol._limit)  # type: ignore[attr-defined]
        for byte in b"x: aaaa":
            connection.send(bytes([byte]))
        connection.send(b"\r\n\r\n")
        assert connection.read_answer().status == 200
        assert limit.cancelled()
        assert mock.call(lambda: protocol._limit) is None  # type: ignore[attr-defined]


@pytest.mark.parametrize("begun", [LENGTH + RAW[:9], CHUNKED + b"1\r\n{", CHUNKED, LENGTH])
def test_a_body_that_does_not_go_on_is_refused(hasty: MockTingwu, begun: bytes) -> None:
    with wire(hasty) as connection:
        connection.send(begun)
        assert_told(connection, "nothing more of its body came for 0.05 s: PUT ")
    assert hasty.call(lambda: len(hasty._realm.tasks)) == 0


def test_an_upload_that_does_not_go_on_leaves_nothing(
    start_mock: Callable[..., MockTingwu], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mock = start_mock(data_dir=tmp_path)
    monkeypatch.setattr(server_http, "LONGEST_PAUSE_S", SOON_S)
    with wire(mock) as connection:
        connection.send(http("POST", "/_mock/files?name=a.mp3", extra="Content-Length: 100\r\n"))
        connection.send(b"abc")
        assert connection.read_answer().status == 400
    until(lambda: not [*tmp_path.rglob("upload-*")], "no draft")


def test_what_was_refused_already_is_hung_up_on(
    start_mock: Callable[..., MockTingwu], monkeypatch: pytest.MonkeyPatch
) -> None:
    mock = start_mock(max_body_bytes=10)
    monkeypatch.setattr(server_http, "LONGEST_PAUSE_S", SOON_S)
    with wire(mock) as connection:
        connection.send(CHUNKED + b"b\r\n12345678901\r\n")
        assert connection.read_answer().status == 413
        connection.send(b"1\r\nx\r\n")
        assert connection.at_end()


# Who is waited for rightly


def test_whoever_waits_for_an_answer_is_not_hurried(hasty: MockTingwu) -> None:
    body = json.dumps({"status": "NEW", "timeout_ms": 10_000}).encode()
    with wire(hasty) as connection:
        connection.send(http("POST", "/_mock/wait", body))
        # Longer than it may be silent: others come and are hung up on meanwhile.
        for _ in range(4):
            with wire(hasty) as other:
                assert other.at_end()
        httpx.put(f"{hasty.url}{START}", json=BODY)
        assert connection.read_answer().json() == {"met": True}


def test_whoever_is_not_read_is_not_hurried(
    hasty: MockTingwu, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    update = Fingerprint.update

    def slow(self: Fingerprint, block: bytes) -> None:
        assert go_on.wait(PATIENCE)
        update(self, block)

    monkeypatch.setattr(Fingerprint, "update", slow)
    body = bytes(3 << 20)
    with wire(hasty) as connection:
        head = http("POST", "/_mock/files?name=a.mp3", extra=f"Content-Length: {len(body)}\r\n")
        connection.send(head + body[: 3 << 19])
        for _ in range(4):
            with wire(hasty) as other:
                assert other.at_end()
        monkeypatch.setattr(server_http, "LONGEST_PAUSE_S", 60.0)
        go_on.set()
        connection.send(body[3 << 19 :])
        assert connection.read_answer().json()["size"] == len(body)


def test_a_stream_lives_longer_than_a_head(hasty: MockTingwu) -> None:
    task = data_of(hasty)
    with wire(hasty) as connection:
        target = task.removeprefix(hasty.ws_url)
        assert connection.handshake(target).status == 101
        for _ in range(4):
            with wire(hasty) as other:
                assert other.at_end()
        connection.start()


def data_of(mock: MockTingwu) -> str:
    answer = httpx.put(f"{mock.url}{START}", json=BODY).json()
    url: str = answer["Data"]["MeetingJoinUrl"]
    return url


def test_the_kernel_is_asked_about_peers_that_vanish(mock: MockTingwu) -> None:
    # Nothing comes from a machine that is gone, not even an end.
    with wire(mock):
        until(lambda: len(connections(mock)) == 1, "the connection")
        (protocol,) = connections(mock)
        sock = mock.call(
            lambda: protocol.transport.get_extra_info("socket")  # type: ignore[attr-defined]
        )
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        if sys.platform == "linux":
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60


# What is over


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Memory comes back by itself or not at all."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def cycles() -> int:
    return sum(isinstance(one, RequestResponseCycle) for one in gc.get_objects())


@pytest.mark.usefixtures("no_collector")
def test_nothing_is_left_of_a_connection_or_of_requests_that_waited(mock: MockTingwu) -> None:
    before = cycles()
    with wire(mock) as connection:
        connection.send(GET * 20)
        for _ in range(20):
            assert connection.read_answer().status == 200
        until(lambda: cycles() <= before + 1, "the latest request alone")
        left = [weakref.ref(one) for one in connections(mock)]
    until(lambda: [one() for one in left] == [None], "nothing left of the connection")
    assert cycles() == before


def kept_alive(mock: MockTingwu, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr(mock._server.config, "timeout_keep_alive", seconds)


def test_an_idle_connection_is_closed_after_an_answer(
    mock: MockTingwu, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_alive(mock, monkeypatch, SOON_S)
    with wire(mock) as connection:
        connection.send(GET)
        assert connection.read_answer().status == 200
        assert connection.at_end()


def test_a_connection_is_kept_as_long_as_it_is_used(
    mock: MockTingwu, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[float] = []
    look = server_http.HttpProtocol._look_whether_idle

    def counted(self: server_http.HttpProtocol) -> None:
        looks.append(self.loop.time())
        look(self)

    monkeypatch.setattr(server_http.HttpProtocol, "_look_whether_idle", counted)
    kept_alive(mock, monkeypatch, 0.2)
    with wire(mock) as connection:
        while len(looks) < 3:  # each of them finds that something has come
            connection.send(GET)
            assert connection.read_answer().status == 200
        assert connection.at_end()


def test_an_answer_that_takes_long_is_waited_for_behind_one_that_does_not(
    mock: MockTingwu, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_alive(mock, monkeypatch, SOON_S)
    waiting = http("GET", f"/_mock/journal?since=2&wait_ms={round(4000 * SOON_S)}")
    with wire(mock) as connection:
        connection.send(GET + waiting)
        assert [connection.read_answer().status for _ in "12"] == [200, 200]
        assert connection.at_end()
