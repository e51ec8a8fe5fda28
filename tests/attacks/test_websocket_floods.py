"""Clients that send without end, open without end, or have gone without a word.

The server is a process of its own: what it takes is measured there, and bounded. Meanwhile others
are served.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, Final, cast

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.server import websocket
from mock_tingwu.server.frames import MAX_MESSAGE_BYTES
from tests.attacks.stage import EXAMPLES
from tests.cli.commands import Running
from tests.cli.test_cli_serve import serving
from tests.core.test_segmentation import silence, speech
from tests.realtime.helpers import until
from tests.wire.helpers import frames
from tests.wire.helpers.frames import BINARY, CONT, PING, PONG, TEXT, frame
from tests.wire.helpers.raw import Wire, exchange, handshake, http, session, target_of, wire
from tests.wire.helpers.tasks import create, info, status

#: Frames of a flood, and connections of a crowd.
FLOOD: Final = 100_000 if EXAMPLES else 10_000
CROWD: Final = 1_000 if EXAMPLES else 250
#: What a flood may cost in memory, in MiB. Journal and receive buffers have bounds of their own.
MOST_MIB: Final = 96
#: A flood that takes longer is a hang, in seconds: a hundred times as long as it takes.
PATIENCE_S: Final = 120
SENTENCE: Final = speech(2_000) + silence(1_200)


class Server:
    """A mock in a process of its own, with a virtual clock."""

    def __init__(self, running: Running, url: str) -> None:
        self._pid = running.process.pid
        self.host = url.removeprefix("http://")
        self.port = int(url.rpartition(":")[2])
        #: For helpers that want to know where a mock listens, and no more.
        self.mock = cast(MockTingwu, self)

    def resident(self) -> int:
        """What the process has in memory now, in MiB."""
        for line in Path(f"/proc/{self._pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) // 1024
        raise AssertionError("the server has ended")

    def call(self, method: str, target: str, body: bytes | None = None) -> Any:
        answer = exchange(self.mock, http(method, target, body, host=self.host))
        assert answer.status == 200, answer.body
        return answer.json()

    @contextmanager
    def within_bounds(self) -> Iterator[None]:
        """What is done here costs no more memory than is allowed, and others are served."""
        before = self.resident()
        yield
        assert self.resident() - before < MOST_MIB
        self.serves()

    def serves(self) -> None:
        """Somebody else's meeting goes from its beginning to its end."""
        task = create(self.mock)
        with session(self.mock, task) as connection:
            connection.start()
            connection.send(frame(BINARY, SENTENCE))
            connection.command("StopTranscription")
            connection.until("TranscriptionCompleted")
        assert "sentences" in self.call("GET", f"/_mock/tasks/{task['TaskId']}")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if not sys.platform.startswith("linux"):
        pytest.skip("memory is read from /proc")
    running, url = serving(tmp_path_factory.mktemp("floods"), "--clock", "virtual")
    with running:
        server = Server(running, url)
        server.serves()  # what is loaded with the first session
        yield server


def pour(connection: Wire, data: bytes) -> Thread:
    """Send all of this from another thread, so that answers can be read meanwhile."""
    connection.socket.settimeout(PATIENCE_S)
    thread = Thread(target=connection.send, args=(data,), daemon=True)
    thread.start()
    return thread


def drained(connection: Wire, count: int) -> list[int]:
    """The opcodes of the next ``count`` frames."""
    return [connection.read_frame().opcode for _ in range(count)]


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(frame(BINARY), id="empty binary frames"),
        pytest.param(frame(BINARY, b"\0"), id="single bytes of audio"),
        pytest.param(frame(TEXT, b"x"), id="texts of one byte"),
        pytest.param(frame(PONG), id="pongs"),
        pytest.param(frame(TEXT, b"{", fin=False) + frame(CONT, b"}x"), id="fragments"),
    ],
)
def test_a_flood_of_tiny_frames_is_taken_and_the_stream_goes_on(server: Server, one: bytes) -> None:
    task = create(server.mock)
    with server.within_bounds(), session(server.mock, task) as connection:
        connection.start()
        thread = pour(connection, one * FLOOD + frame(TEXT, b"") + frame(PING, b"end"))
        server.serves()
        assert connection.read_frame().payload == b"end"
        thread.join(PATIENCE_S)
        connection.send(frame(BINARY, SENTENCE))
        connection.until("SentenceEnd")


def test_a_flood_of_pings_is_answered_one_by_one(server: Server) -> None:
    with server.within_bounds(), session(server.mock, create(server.mock)) as connection:
        thread = pour(connection, frame(PING, b"x" * 8) * FLOOD)
        assert drained(connection, FLOOD) == [PONG] * FLOOD
        thread.join(PATIENCE_S)
        connection.start()


def test_who_never_reads_is_not_read_either(server: Server) -> None:
    with server.within_bounds(), session(server.mock, create(server.mock)) as connection:
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.socket.settimeout(1)
        # Every PING wants a PONG of 125 bytes; nobody takes them.
        with pytest.raises(TimeoutError):
            for _ in range(400):
                connection.send(frame(PING, b"x" * 125) * 1_000)
        server.serves()


def test_a_message_that_never_ends_is_bounded_however_small_its_pieces(server: Server) -> None:
    with server.within_bounds(), session(server.mock, create(server.mock)) as connection:
        connection.start()
        tiny = frame(CONT, b"ab", fin=False) * (8 * FLOOD) + frame(CONT, fin=False) * (8 * FLOOD)
        thread = pour(connection, frame(BINARY, b"", fin=False) + tiny + frame(PING))
        assert drained(connection, 1) == [PONG]
        thread.join(PATIENCE_S)
        assert server.call("GET", "/_mock/health")["status"] == "ok"
        connection.send(frame(CONT, bytes(MAX_MESSAGE_BYTES - 16 * FLOOD), fin=False))
        connection.send(frame(CONT, b"one more"))
        assert connection.until_close() == 1009


def test_handshakes_that_come_byte_by_byte_or_never_end_keep_nobody_waiting(
    server: Server,
) -> None:
    task = create(server.mock)
    whole = handshake(server.mock, target_of(task))
    with server.within_bounds(), ExitStack() as stack:
        slow = [stack.enter_context(wire(server.mock)) for _ in range(CROWD // 4)]
        for number, connection in enumerate(slow):
            connection.send(whole[: number % (len(whole) - 1) + 1])
        server.serves()
        for at in range(4):
            for number, connection in enumerate(slow):
                begin = number % (len(whole) - 1) + 1 + at
                connection.send(whole[begin : begin + 1])
        server.serves()
        # Those who get there are served.
        for number, connection in enumerate(slow[:20]):
            connection.send(whole[number % (len(whole) - 1) + 5 :])
            assert connection.read_head().status == 101
        # Who sends a head without end is sent away.
        with wire(server.mock) as connection:
            connection.send(whole[:-2] + b"X-Filler: " + b"x" * 70_000)
            assert connection.read_answer().status == 400


def test_a_crowd_that_opens_and_says_nothing_is_sent_away(server: Server) -> None:
    task = create(server.mock)
    whole = handshake(server.mock, target_of(task))
    with server.within_bounds(), ExitStack() as stack:
        crowd = [stack.enter_context(wire(server.mock)) for _ in range(CROWD)]
        for connection in crowd:
            connection.send(whole)
        for connection in crowd:
            assert connection.read_head().status == 101
        assert len(server.call("GET", "/_mock/sessions")["sessions"]) == CROWD
        server.call("POST", "/_mock/clock", b'{"advance_ms": 10000}')
        for connection in crowd:
            assert connection.event()["header"]["status"] == 40000004
            assert connection.read_frame().close_code == 1000
            connection.send(frames.close(1000))
            assert connection.at_end()
        until(lambda: not server.call("GET", "/_mock/sessions")["sessions"], "their end")
        assert status(server.mock, task["TaskId"]) == "NEW"


# Who has gone without a word


@pytest.mark.parametrize("when", ["before the start", "in a stream", "after a failure"])
def test_who_has_vanished_is_noticed_and_let_go(
    start_mock: Callable[..., MockTingwu], monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """No FIN and no answer ever comes: a socket on which nobody does anything any more."""
    monkeypatch.setattr(websocket, "CLOSE_TIMEOUT_S", 0.05)
    mock = start_mock(clock="virtual")
    task = create(mock)
    with session(mock, task) as connection:
        if when == "in a stream":
            connection.start()
            connection.send(frame(BINARY, SENTENCE))
            connection.until("SentenceEnd")
        elif when == "after a failure":
            connection.command("StopTranscription")
            assert connection.event()["header"]["name"] == "TaskFailed"
        if when != "after a failure":  # that one is closed after a second of real time
            mock.advance(10_000)
        mock.wait_for(task_id=task["TaskId"], sessions=0, timeout=30)
        assert info(mock, task["TaskId"])["TaskStatus"] == (
            "PAUSED" if when == "in a stream" else "NEW"
        )
        # All is there that was said to it; then the connection was cut, as no CLOSE came back.
        assert connection.until_close() == 1000
        assert connection.at_end()
    with session(mock, task) as another:
        another.start()
