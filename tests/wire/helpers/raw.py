"""A TCP connection to the mock on which the test writes every byte itself."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from mock_tingwu import MockTingwu
from tests.wire.helpers import frames
from tests.wire.helpers.frames import Received

PATIENCE = 10.0
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
Json = dict[str, Any]


def accept_for(key: str) -> str:
    """The Sec-WebSocket-Accept that belongs to a Sec-WebSocket-Key (RFC 6455, section 4.2.2)."""
    digest = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
    return base64.b64encode(digest).decode()


@dataclass(frozen=True)
class Answer:
    """An HTTP answer. Names of headers are in lower case."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """The value of a header that may appear once at most."""
        values = [value for key, value in self.headers if key == name]
        assert len(values) <= 1, f"{name} appears {len(values)} times"
        return values[0] if values else None

    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """One connection."""

    def __init__(self, mock: MockTingwu) -> None:
        self.mock = mock
        self.socket = socket.create_connection(("127.0.0.1", mock.port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray()
        #: Every frame that has been read.
        self.received: list[Received] = []

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def send_bytewise(self, data: bytes) -> None:
        """Every byte as a packet of its own, as far as the system lets us."""
        for index in range(len(data)):
            self.socket.sendall(data[index : index + 1])

    # Reading

    def more(self) -> bool:
        """Read on; False when the server has hung up."""
        data = self.socket.recv(1 << 16)
        self._buffer += data
        return bool(data)

    def _take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            assert self.more(), f"the server hung up; left over: {bytes(self._buffer)!r}"
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def read_head(self) -> Answer:
        """The next HTTP answer's status and headers."""
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            assert self.more(), f"the server hung up; left over: {bytes(self._buffer)!r}"
        lines = self._take(end + 4).decode("latin-1").split("\r\n")[:-2]
        version, status, _ = lines[0].split(" ", 2)
        assert version == "HTTP/1.1"
        pairs = [line.split(":", 1) for line in lines[1:]]
        return Answer(int(status), [(k.strip().lower(), v.strip()) for k, v in pairs], b"")

    def read_answer(self, *, body: bool = True) -> Answer:
        """The next HTTP answer with its body, which must have a Content-Length."""
        head = self.read_head()
        length = head.header("content-length")
        assert length is not None
        return Answer(head.status, head.headers, self._take(int(length)) if body else b"")

    def read_frame(self) -> Received:
        first, second = self._take(2)
        length = second & 0x7F
        if length == 126:
            length = int.from_bytes(self._take(2), "big")
            assert length >= 126
        elif length == 127:
            length = int.from_bytes(self._take(8), "big")
            assert length >= 1 << 16
        frame = Received(first, second, self._take(length))
        self.received.append(frame)
        return frame

    def at_end(self) -> bool:
        """Whether the server has hung up; anything it still says is an error."""
        try:
            more = self.more()
        except ConnectionResetError:
            return not self._buffer
        return not more and not self._buffer

    # WebSocket

    def handshake(self, target: str, *, key: str = KEY, extra: str = "") -> Answer:
        """Send a plain handshake; return the head of the answer."""
        self.send(handshake(self.mock, target, key=key, extra=extra))
        return self.read_head()

    def command(self, name: str, payload: Json | None = None) -> None:
        self.send(command(name, payload))

    def event(self) -> Json:
        """The next frame, which must be an event."""
        frame = self.read_frame()
        assert frame.opcode == frames.TEXT, frame
        event: Json = json.loads(frame.payload)
        return event

    def until(self, name: str) -> Json:
        """Read events up to the one called ``name``."""
        while (event := self.event())["header"]["name"] != name:
            assert event["header"]["name"] != "TaskFailed", event
        return event

    def until_close(self) -> int:
        """Read up to the server's CLOSE; return its code."""
        while (frame := self.read_frame()).opcode != frames.CLOSE:
            pass
        return frame.close_code

    def start(self) -> None:
        self.command("StartTranscription")
        self.until("TranscriptionStarted")


def handshake(mock: MockTingwu, target: str, *, key: str = KEY, extra: str = "") -> bytes:
    return (
        f"GET {target} HTTP/1.1\r\nHost: {mock.host}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        f"{extra}\r\n"
    ).encode()


def message(name: str, payload: Json | None = None) -> bytes:
    """The JSON of a command."""
    body: Json = {"header": {"namespace": "SpeechTranscriber", "name": name}}
    if payload is not None:
        body["payload"] = payload
    return json.dumps(body, ensure_ascii=False).encode()


def command(name: str, payload: Json | None = None) -> bytes:
    """The frame of a command."""
    return frames.frame(frames.TEXT, message(name, payload))


def target_of(task: Json) -> str:
    """Path and query of a task's MeetingJoinUrl."""
    parts = urlsplit(task["MeetingJoinUrl"])
    return f"{parts.path}?{parts.query}"


@contextmanager
def wire(mock: MockTingwu) -> Iterator[Wire]:
    """A connection that is closed at the end, whatever has become of it."""
    connection = Wire(mock)
    try:
        yield connection
    finally:
        connection.socket.close()


@contextmanager
def session(mock: MockTingwu, task: Json) -> Iterator[Wire]:
    """A WebSocket connection to a task."""
    with wire(mock) as connection:
        assert connection.handshake(target_of(task)).status == 101
        yield connection


def exchange(mock: MockTingwu, request: bytes, *, body: bool = True) -> Answer:
    """One HTTP request, byte for byte, and its answer."""
    with wire(mock) as connection:
        connection.send(request)
        return connection.read_answer(body=body)


def http(
    method: str, target: str, body: bytes | None = None, *, host: str = "127.0.0.1", extra: str = ""
) -> bytes:
    """The bytes of a plain HTTP request, which asks for JSON unless ``extra`` has an Accept."""
    length = "" if body is None else f"Content-Length: {len(body)}\r\n"
    accept = "" if "accept:" in extra.lower() else "Accept: application/json\r\n"
    head = f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n{accept}{length}{extra}\r\n"
    return head.encode() + (body or b"")
