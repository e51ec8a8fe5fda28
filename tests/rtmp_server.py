"""An RTMP server on this machine that plays one FLV file, as live as it is told to."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator
from typing import Any, Literal

from tests import amf

# Types of messages (Adobe's RTMP specification 1.0, 5.4 and 7.1).
CHUNK_SIZE, USER_CONTROL, WINDOW_SIZE, BANDWIDTH, COMMAND = 1, 4, 5, 6, 20
#: Bytes of C1, S1, C2 and S2 (5.2.3).
HANDSHAKE = 1536

Ending = Literal["stop", "unpublish", "eof", "cut", "wait"]
"""What comes after the last tag: one of three ways to say so, a closed connection, or nothing."""

_CHUNK = 1000  # bytes; less than a picture has, so that messages come in several


class RtmpServer:
    """Plays ``flv`` as ``/live/meeting``, and nothing else.

    ``speed`` is how many times faster than real time, 0 for at once. ``mute`` keeps it from ever
    answering. It runs from its creation to `close`; ``url`` is the stream's.
    """

    def __init__(
        self, flv: bytes, *, ending: Ending = "stop", speed: float = 0, mute: bool = False
    ) -> None:
        self._tags = list(tags_of(flv))
        self._ending = ending
        self._speed = speed
        self.mute = mute
        self._closing = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"rtmp://127.0.0.1:{self._socket.getsockname()[1]}/live/meeting"
        self.calls: list[list[Any]] = []
        """The commands that came."""
        self.others: list[int] = []
        """The types of the other messages that came, since a stream is played."""
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def __enter__(self) -> RtmpServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Cut all connections, and wait until nothing runs any more."""
        self._closing.set()
        for thread in self._threads:
            thread.join()
        self._socket.close()

    def _accept(self) -> None:
        self._socket.settimeout(0.05)
        while not self._closing.is_set():
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            self._threads.append(threading.Thread(target=self._serve, args=[connection]))
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        # Until the client has gone, or the server is being closed.
        with connection, contextlib.suppress(OSError):
            _Player(self, _Line(connection, self._closing)).run()

    def play(self, player: _Player) -> None:
        """Send the tags, and what ends them."""
        began = time.monotonic()
        for kind, at, payload in self._tags:
            if self._speed:
                self._closing.wait(max(0, began + at / 1000 / self._speed - time.monotonic()))
            player.send(kind, payload, at)
        if self._ending == "stop":
            player.status("NetStream.Play.Stop")
        elif self._ending == "unpublish":
            player.status("NetStream.Play.UnpublishNotify")
        elif self._ending == "eof":
            player.send(USER_CONTROL, struct.pack(">HI", 1, 1))
        if self._ending == "cut":
            player.hang_up()
        player.listen()


class _Line:
    """A connection that notices when the server is closed."""

    def __init__(self, connection: socket.socket, closing: threading.Event) -> None:
        self._connection = connection
        self._closing = closing
        connection.settimeout(0.05)

    def receive(self, size: int) -> bytes:
        while not self._closing.is_set():
            try:
                data = self._connection.recv(size)
            except TimeoutError:
                continue
            if data:
                return data
            break
        raise ConnectionError

    def send(self, data: bytes) -> None:
        self._connection.settimeout(5)
        self._connection.sendall(data)
        self._connection.settimeout(0.05)

    def finish(self) -> None:
        self._connection.shutdown(socket.SHUT_WR)


class _Chunks:
    """Puts the messages of a client together, which come in chunks (5.3)."""

    def __init__(self, line: _Line) -> None:
        self._line = line
        self._ready = b""
        self._size = 128
        # By chunk stream: the type and length of its message, and what has come of it.
        self._streams: dict[int, tuple[int, int, bytes]] = {}

    def read(self, size: int) -> bytes:
        """Return exactly so many bytes."""
        while len(self._ready) < size:
            self._ready += self._line.receive(32 * 1024)
        data, self._ready = self._ready[:size], self._ready[size:]
        return data

    def next(self) -> tuple[int, bytes]:
        """Return the type and the payload of the next message."""
        while True:
            first = self.read(1)[0]
            channel = first & 0x3F
            kind, length, came = self._streams.get(channel, (0, 0, b""))
            head = self.read((11, 7, 3, 0)[first >> 6])
            if len(head) >= 7:
                length, kind = int.from_bytes(head[3:6], "big"), head[6]
            came += self.read(min(self._size, length - len(came)))
            whole = len(came) == length
            self._streams[channel] = (kind, length, b"" if whole else came)
            if whole and kind == CHUNK_SIZE:
                self._size = int.from_bytes(came[:4], "big")
            elif whole:
                return kind, came


class _Player:
    """One connection."""

    def __init__(self, server: RtmpServer, line: _Line) -> None:
        self._server = server
        self._line = line
        self._chunks = _Chunks(line)

    def run(self) -> None:
        """Shake hands, and do as the client says."""
        version = self._chunks.read(1)
        if self._server.mute:
            self._chunks.read(1 << 30)
        hello = self._chunks.read(HANDSHAKE)
        self._line.send(version + bytes(HANDSHAKE) + hello)
        self._chunks.read(HANDSHAKE)
        while True:
            kind, payload = self._chunks.next()
            if kind != COMMAND:
                continue
            command = amf.decode(payload)
            self._server.calls.append(command)
            self._answer(command)

    def hang_up(self) -> None:
        """Send nothing any more. What was sent arrives: nothing is reset."""
        self._line.finish()

    def listen(self) -> None:
        """Note what comes, until the client closes."""
        while True:
            self._server.others.append(self._chunks.next()[0])

    def _answer(self, command: list[Any]) -> None:
        name, number = command[:2]
        if name == "connect":
            # A small window, so that even a short stream has to be acknowledged.
            self.send(WINDOW_SIZE, struct.pack(">I", 5000))
            self.send(BANDWIDTH, struct.pack(">IB", 5000, 2))
            self.send(CHUNK_SIZE, struct.pack(">I", _CHUNK))
            self.send(USER_CONTROL, struct.pack(">HI", 6, 4711))  # a ping
            details = {"code": "NetConnection.Connect.Success", "level": "status"}
            self.call("_result", number, {"fmsVer": "FMS/3,0,1,123"}, details)
        elif name == "createStream":
            self.call("_result", number, None, 1.0)
        elif name == "play" and command[3].partition("?")[0] == "meeting":
            self.send(USER_CONTROL, struct.pack(">HI", 0, 1))
            self.status("NetStream.Play.Reset")
            self.status("NetStream.Play.Start")
            self._server.play(self)
        elif name == "play":
            self.status("NetStream.Play.StreamNotFound", level="error")

    def call(self, *values: Any) -> None:
        """Send a command."""
        self.send(COMMAND, amf.encode(*values))

    def status(self, code: str, level: str = "status") -> None:
        """Say what becomes of the stream."""
        self.call("onStatus", 0.0, None, {"level": level, "code": code, "description": "Tested."})

    def send(self, kind: int, payload: bytes, at: int = 0) -> None:
        """Send a message of time ``at`` (ms). Only short ones come before the size of chunks."""
        stamp = min(at, 0xFFFFFF)
        extended = struct.pack(">I", at) if stamp == 0xFFFFFF else b""
        head = bytes([5]) + struct.pack(">I", stamp)[1:] + struct.pack(">I", len(payload))[1:]
        head += bytes([kind]) + struct.pack("<I", 1 if kind in (8, 9, 18) else 0) + extended
        pieces = [payload[start : start + _CHUNK] for start in range(0, len(payload), _CHUNK)]
        self._line.send(head + (bytes([0xC5]) + extended).join(pieces))


def tags_of(flv: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The tags of an FLV file: type, time in ms, payload."""
    at = 9 + 4
    while at < len(flv):
        length = int.from_bytes(flv[at + 1 : at + 4], "big")
        time_ms = int.from_bytes(flv[at + 7 : at + 8] + flv[at + 4 : at + 7], "big")
        yield flv[at], time_ms, flv[at + 11 : at + 11 + length]
        at += 11 + length + 4
