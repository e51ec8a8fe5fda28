"""Meetings pushed by one process into a server: closed loop, and paced in real time."""

from __future__ import annotations

import contextlib
import gc
import re
import select
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from websockets.frames import Frame, Opcode

from benchmarks.bare.echo import EVENT
from benchmarks.calls import CREATE, HOST, one

#: 100 ms of 16 kHz mono, in bytes.
FRAME_BYTES: Final = 3_200
FRAME_S: Final = 0.1
#: Frames that are pushed over and over: 40 s.
_FRAMES: Final = 400
#: Frames that are sent at once in a closed loop.
_BATCH: Final = 10
_CHANGED: Final = re.compile(rb'"name":"TranscriptionResultChanged".*?"time":(\d+)')
_START: Final = (
    b'{"header":{"namespace":"SpeechTranscriber","name":"StartTranscription","message_id":"%b",'
    b'"task_id":"%b","appkey":"benchmark"},"payload":{"format":"pcm","sample_rate":16000}}'
)


def frames(recording: bytes) -> list[bytes]:
    """Binary frames of 100 ms as a client sends them, with silence at the end."""
    size = FRAME_BYTES * _FRAMES
    padded = recording[:size].ljust(size, b"\0")
    pieces = [padded[i : i + FRAME_BYTES] for i in range(0, size, FRAME_BYTES)]
    return [Frame(Opcode.BINARY, piece).serialize(mask=True) for piece in pieces]


@dataclass(slots=True, eq=False)
class Meeting:
    """One connection that pushes: which frame is the next, and when the latest ones were sent."""

    sock: socket.socket
    sent: int = 0
    sent_at: list[float] = field(default_factory=lambda: [0.0] * _FRAMES)
    unread: bytes = b""
    rest: bytes = b""
    events: int = 0

    def write(self, data: bytes) -> None:
        """Send it, or as much as there is room for and the rest later."""
        if not self.rest:
            with contextlib.suppress(BlockingIOError):
                data = data[self.sock.send(data) :]
        self.rest += data

    def messages(self) -> Iterator[tuple[int, bytes]]:
        """Opcode and payload of what has come completely."""
        with contextlib.suppress(BlockingIOError):
            data = self.sock.recv(1 << 20)
            if not data:
                raise RuntimeError("the server has hung up")
            self.unread += data
        at, data = 0, self.unread
        while len(data) - at >= 2:
            length, head = data[at + 1], 2
            if length == 126:
                length, head = int.from_bytes(data[at + 2 : at + 4]), 4
            elif length == 127:
                length, head = int.from_bytes(data[at + 2 : at + 10]), 10
            if len(data) - at < head + length:
                break
            yield data[at] & 0x0F, data[at + head : at + head + length]
            at += head + length
        self.unread = data[at:]


def connect(port: int, count: int, *, bare: bool) -> list[Meeting]:
    """So many meetings that have begun; with ``bare`` connections to who knows no meetings."""
    meetings = []
    for _ in range(count):
        path = "/api/ws/v1?mc=none"
        if not bare:
            url: str = one(port, CREATE)["Data"]["MeetingJoinUrl"]
            path = "/" + url.partition("://")[2].partition("/")[2]
        sock = socket.create_connection((HOST, port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        meetings.append(Meeting(sock))
    for meeting in meetings:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += meeting.sock.recv(1)
        if not head.startswith(b"HTTP/1.1 101"):
            raise RuntimeError(f"the handshake was answered with {head[:200]!r}")
        if not bare:
            start = Frame(Opcode.TEXT, _START % (b"a" * 32, b"b" * 32)).serialize(mask=True)
            meeting.sock.sendall(start)
    for meeting in meetings:
        while not bare and not any(b"TranscriptionStarted" in m for _, m in meeting.messages()):
            pass
        meeting.sock.setblocking(False)
    return meetings


def close(meetings: Sequence[Meeting]) -> None:
    """Hang up."""
    for meeting in meetings:
        meeting.sock.close()


def closed_loop(meetings: Sequence[Meeting], pushed: Sequence[bytes], seconds: float) -> float:
    """Frames per second that the server takes: each meeting sends ten, and the next ten when the
    PONG behind them has come."""
    ping = Frame(Opcode.PING, b"").serialize(mask=True)
    batches = [b"".join(pushed[i : i + _BATCH]) + ping for i in range(0, len(pushed), _BATCH)]
    poll, of = _poll(meetings)
    gc.disable()
    try:
        begun = time.perf_counter()
        end = begun + seconds
        done, waiting = 0, len(meetings)
        for meeting in meetings:
            _send(poll, meeting, batches[meeting.sent % len(batches)])
        while waiting:
            for number, happened in poll.poll():
                meeting = of[number]
                if happened & select.EPOLLOUT:
                    _send(poll, meeting, b"")
                for opcode, _ in meeting.messages() if happened & select.EPOLLIN else ():
                    if opcode != Opcode.PONG:
                        meeting.events += 1
                        continue
                    meeting.sent += 1
                    done += _BATCH
                    if time.perf_counter() < end:
                        _send(poll, meeting, batches[meeting.sent % len(batches)])
                    else:
                        waiting -= 1
        return done / (time.perf_counter() - begun)
    finally:
        gc.enable()


def paced(meetings: Sequence[Meeting], pushed: Sequence[bytes], seconds: float) -> list[float]:
    """Push a frame into every meeting each 100 ms; return how long each interim result took from
    the sending of the frame that decides it until it came, in s.

    Each meeting is at a place of its own in what is pushed: a thousand people do not speak in
    unison. Where the events tell no time, it is from the latest frame.
    """
    poll, of = _poll(meetings)
    delays: list[float] = []
    gc.disable()
    try:
        begun = time.perf_counter()
        step = FRAME_S / len(meetings)
        turns = int(seconds / step)
        turn = 0
        while turn < turns:
            now = time.perf_counter()
            while turn < turns and begun + turn * step <= now:
                number = turn % len(meetings)
                meeting = meetings[number]
                meeting.sent_at[meeting.sent % _FRAMES] = time.perf_counter()
                place = number * len(pushed) // len(meetings) + meeting.sent
                _send(poll, meeting, pushed[place % len(pushed)])
                meeting.sent += 1
                turn += 1
            wait = begun + turn * step - time.perf_counter()
            for number, happened in poll.poll(max(0.0, wait)):
                meeting = of[number]
                if happened & select.EPOLLOUT:
                    _send(poll, meeting, b"")
                if happened & select.EPOLLIN:
                    delays += _delays(meeting)
        return delays
    finally:
        gc.enable()


def _delays(meeting: Meeting) -> Iterator[float]:
    now = time.perf_counter()
    for _, message in meeting.messages():
        meeting.events += 1
        found = _CHANGED.search(message)
        if found is not None:
            yield now - meeting.sent_at[(int(found[1]) - 1) // 100 % _FRAMES]
        elif b"TaskFailed" in message:
            raise RuntimeError(f"a meeting has failed: {message.decode()}")
        elif message == EVENT:
            yield now - meeting.sent_at[(meeting.sent - 1) % _FRAMES]


def _poll(meetings: Sequence[Meeting]) -> tuple[select.epoll, dict[int, Meeting]]:
    poll, of = select.epoll(), {}
    for meeting in meetings:
        of[meeting.sock.fileno()] = meeting
        poll.register(meeting.sock.fileno(), select.EPOLLIN)
    return poll, of


def _send(poll: select.epoll, meeting: Meeting, data: bytes) -> None:
    waited = bool(meeting.rest)
    rest, meeting.rest = meeting.rest + data, b""
    meeting.write(rest)
    if waited != bool(meeting.rest):
        wanted = select.EPOLLIN | select.EPOLLOUT if meeting.rest else select.EPOLLIN
        poll.modify(meeting.sock.fileno(), wanted)
