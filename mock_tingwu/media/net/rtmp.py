"""RTMP: plays a stream, and gives out the audio in it. After Adobe's specification, 1.0."""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

from . import amf
from .bodies import host_of
from .lines import Line, Patience, PullError

PORTS: Final = {"rtmp": 1935, "rtmps": 443}

# Types of messages (5.4, 7.1).
CHUNK_SIZE, ABORT, ACKNOWLEDGEMENT, USER_CONTROL, WINDOW_SIZE, BANDWIDTH = range(1, 7)
AUDIO, VIDEO, COMMAND_AMF3, COMMAND, AGGREGATE = 8, 9, 17, 20, 22
_STREAM_EOF, _SET_BUFFER, _PING, _PONG = 1, 3, 6, 7  # user control (7.1.7)

HANDSHAKE: Final = 1536
"""Bytes of C1, S1, C2 and S2 (5.2.3)."""

_VERSION: Final = 3
_LONG: Final = 0xFFFFFF
"""A timestamp that does not fit, or a length that is as great as any."""

_MOST_STREAMS: Final = 64
"""Chunk streams at a time; players and servers use half a dozen."""

_LARGEST: Final = 2 * 1024 * 1024
"""Bytes of a message that is looked at. Of others nothing is kept."""

_LOOKED_AT: Final = frozenset(
    {*range(CHUNK_SIZE, BANDWIDTH + 1), AUDIO, COMMAND_AMF3, COMMAND, AGGREGATE}
)
_BLOCK: Final = 32 * 1024
_BUFFER_MS: Final = 1000
_LIVE_OR_RECORDED: Final = -2000.0  # play's "start" (7.2.2.1), as ffmpeg sends it

_OVER: Final = frozenset(
    {"NetStream.Play.Stop", "NetStream.Play.Complete", "NetStream.Play.UnpublishNotify"}
)


@dataclass(slots=True)
class Message:
    """A message, or as much of it as has come."""

    kind: int = 0
    length: int = 0
    stream: int = 0
    payload: bytearray = field(default_factory=bytearray)
    came: int = 0
    """Bytes of it so far, kept or not."""
    extended: bool = False
    """Whether every chunk of it repeats its timestamp."""


class Chunks:
    """Puts messages together that come in chunks (5.3)."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._ready = b""
        self._size = 128
        self._streams: dict[int, Message] = {}
        self._window = 0
        self._received = self._acknowledged = 0

    def read(self, size: int, deadline: float | None = None) -> bytes:
        """Return exactly so many bytes.

        Raises:
            PullError: ``timeout``, or ``broken``: there are not as many.
            Stopped: ``stop`` said so.

        """
        pieces = []
        while size:
            if not self._ready:
                self._ready = self._line.receive(_BLOCK, deadline)
                self._received += len(self._ready)
                if not self._ready:
                    raise PullError("broken", "the server closed the connection")
            piece, self._ready = self._ready[:size], self._ready[size:]
            size -= len(piece)
            pieces.append(piece)
        return b"".join(pieces)

    def send(self, kind: int, payload: bytes, stream: int = 0) -> None:
        """Send a message that fits into a chunk, or continue it in more of them.

        Raises:
            PullError: ``timeout`` or ``broken``.
            Stopped: ``stop`` said so.

        """
        channel = 3 if kind == COMMAND else 2
        head = bytes([channel]) + bytes(3) + struct.pack(">I", len(payload))[1:] + bytes([kind])
        head += struct.pack("<I", stream)
        rest = [payload[at : at + 128] for at in range(0, len(payload), 128)]
        self._line.send(head + bytes([0xC0 | channel]).join(rest))

    def next(self, deadline: float | None = None) -> Message:
        """Return the next message that is not about the connection itself.

        Raises:
            PullError: ``timeout``, ``broken``, or ``protocol``.
            Stopped: ``stop`` said so.

        """
        while True:
            message = self._chunk(deadline)
            if self._window and self._received - self._acknowledged >= self._window:
                self._acknowledge()
            if message is not None and not self._own(message):
                return message

    def _acknowledge(self) -> None:
        self._acknowledged = self._received
        # A server that has gone may have left something that is still to be read.
        with suppress(PullError):
            self.send(ACKNOWLEDGEMENT, struct.pack(">I", self._received & 0xFFFFFFFF))

    def _chunk(self, deadline: float | None) -> Message | None:
        """Read a chunk, and return the message that it completes."""
        first = self.read(1, deadline)[0]
        channel = first & 0x3F
        if channel < 2:
            channel = 64 + int.from_bytes(self.read(channel + 1, deadline), "little")
        message = self._begin(first >> 6, channel, deadline)
        piece = self.read(min(self._size, message.length - message.came), deadline)
        message.came += len(piece)
        if message.kind in _LOOKED_AT:
            message.payload += piece
        if message.came < message.length:
            return None
        self._streams[channel] = Message(message.kind, message.length, message.stream)
        self._streams[channel].extended = message.extended
        return message

    def _begin(self, form: int, channel: int, deadline: float | None) -> Message:
        """Read the header of a chunk (5.3.1.2)."""
        message = self._streams.get(channel)
        if message is None:
            if form == 3 or len(self._streams) >= _MOST_STREAMS:
                raise PullError("protocol", "the server sends chunks that belong to nothing")
            message = self._streams[channel] = Message()
        if form < 3:
            if message.came:
                raise PullError("protocol", "the server begins a message inside of another")
            head = self.read((11, 7, 3)[form], deadline)
            message.extended = int.from_bytes(head[:3], "big") == _LONG
            if form < 2:
                message.length, message.kind = int.from_bytes(head[3:6], "big"), head[6]
            if form < 1:
                message.stream = int.from_bytes(head[7:], "little")
            if message.kind in _LOOKED_AT and message.length > _LARGEST:
                detail = f"the server sends a message of {message.length} bytes"
                raise PullError("protocol", detail)
        if message.extended:
            self.read(4, deadline)
        return message

    def _own(self, message: Message) -> bool:
        """Do what a message about the connection says; False if it is about something else."""
        payload = bytes(message.payload)
        if message.kind not in range(CHUNK_SIZE, BANDWIDTH + 1):
            return False
        number = int.from_bytes(payload[:4], "big")
        if message.kind == CHUNK_SIZE:
            self._size = min(max(number & 0x7FFFFFFF, 1), _LONG)
        elif message.kind == ABORT:
            self._streams.pop(number, None)
        elif message.kind == WINDOW_SIZE:
            self._window = number
        elif message.kind == BANDWIDTH:
            self.send(WINDOW_SIZE, payload[:4])
        elif message.kind == USER_CONTROL:
            if payload[:2] == struct.pack(">H", _PING):
                self.send(USER_CONTROL, struct.pack(">H", _PONG) + payload[2:6])
            return payload[:2] != struct.pack(">H", _STREAM_EOF)
        return True


class RtmpStream:
    """A stream that is played."""

    def __init__(self, address: str, patience: Patience) -> None:
        """Connect, and ask for the stream.

        Raises:
            PullError: it cannot be had.
            Stopped: ``stop`` said so.

        """
        try:
            parts = urlsplit(address)
            port = parts.port or PORTS[parts.scheme]
        except ValueError as error:
            raise PullError("host", f"the URL {address!r} cannot be read: {error}") from None
        if not parts.hostname:
            raise PullError("host", f"the URL {address!r} names no host")
        self._name = host_of(parts)
        self._app, self._path = split_path(parts)
        tls = parts.scheme == "rtmps"
        self._line = Line(parts.hostname, port, self._name, patience, tls=tls)
        self._chunks = Chunks(self._line)
        try:
            deadline = time.monotonic() + patience.read_s
            self._shake_hands(deadline)
            self._play(f"{parts.scheme}://{self._name}/{self._app}", deadline)
        except BaseException:
            self.close()
            raise

    def audio(self) -> Iterator[bytes]:
        """Return the payload of the audio messages, until the server says that this is all.

        Raises:
            PullError: it broke off, or the server does not give it away after all.
            Stopped: ``stop`` said so.

        """
        while True:
            message = self._chunks.next()
            if message.kind == AUDIO:
                yield bytes(message.payload)
            elif message.kind == AGGREGATE:
                yield from _parts_of(bytes(message.payload))
            elif message.kind == USER_CONTROL or self._is_over(_command(message)):
                return

    def close(self) -> None:
        """Close the connection."""
        self._line.close()

    def _shake_hands(self, deadline: float) -> None:
        self._line.send(bytes([_VERSION]) + bytes(8) + os.urandom(HANDSHAKE - 8))
        try:
            version = self._chunks.read(1, deadline)[0]
            if version != _VERSION:
                raise PullError("protocol", f"{self._name} does not speak RTMP")
            answer = self._chunks.read(HANDSHAKE, deadline)
            self._line.send(answer)
            self._chunks.read(HANDSHAKE, deadline)
        except PullError as error:
            if error.problem == "broken":
                detail = f"{self._name} closed the connection during RTMP's handshake"
                raise PullError("protocol", detail) from None
            raise

    def _play(self, url: str, deadline: float) -> None:
        details = {
            "app": self._app,
            "flashVer": "LNX 9,0,124,2",
            "tcUrl": url,
            "fpad": False,
            "capabilities": 15.0,
            "audioCodecs": 4071.0,
            "videoCodecs": 252.0,
            "videoFunction": 1.0,
        }
        self._call(deadline, "connect", 1.0, details)
        answer = self._call(deadline, "createStream", 2.0, None)
        number = answer[3] if len(answer) > 3 else None
        if not isinstance(number, float) or not 0 <= number <= 0xFFFFFFFF:
            raise PullError("protocol", f"{self._name} created no stream")
        stream = int(number)
        play = amf.encode("play", 3.0, None, self._path, _LIVE_OR_RECORDED)
        self._chunks.send(COMMAND, play, stream)
        buffer = struct.pack(">HII", _SET_BUFFER, stream, _BUFFER_MS)
        self._chunks.send(USER_CONTROL, buffer)

    def _call(self, deadline: float, name: str, number: float, *values: Any) -> list[Any]:
        """Call something at the server and return its answer."""
        self._chunks.send(COMMAND, amf.encode(name, number, *values))
        while True:
            try:
                answer = _command(self._chunks.next(deadline))
            except PullError as error:
                if error.problem == "broken":  # some servers say no by hanging up
                    detail = f"{self._name} closed the connection instead of answering to {name}"
                    raise PullError("status", detail) from None
                raise
            if time.monotonic() > deadline:  # there is always something else that comes
                raise PullError("timeout", f"{self._name} does not answer to {name}")
            if answer[:2] == ["_result", number]:
                return answer
            if answer[:2] == ["_error", number] or answer[:1] == ["close"]:
                raise PullError("status", f"{self._name} refused {name}{_why(answer)}")

    def _is_over(self, command: list[Any]) -> bool:
        """Whether the server says that the stream has ended.

        Raises:
            PullError: ``status``: the server does not play it.

        """
        if command[:1] not in (["onStatus"], ["_error"]):
            return False
        details = command[3] if len(command) > 3 and isinstance(command[3], dict) else {}
        if details.get("code") in _OVER:
            return True
        if command[0] == "_error" or details.get("level") == "error":
            raise PullError("status", f"{self._name} does not play the stream{_why(command)}")
        return False


def split_path(parts: SplitResult) -> tuple[str, str]:
    """Return the application and the stream that a URL names, as ffmpeg understands it.

    The last of three segments and more belong to the stream, the first two to the application.
    """
    segments = unquote(parts.path).lstrip("/").split("/")
    count = 2 if len(segments) > 2 else len(segments) - 1
    app, path = "/".join(segments[:count]), "/".join(segments[count:])
    return app, f"{path}?{parts.query}" if parts.query else path


def _command(message: Message) -> list[Any]:
    """Return the values of a command, nothing for other messages."""
    if message.kind not in (COMMAND, COMMAND_AMF3):
        return []
    payload = bytes(message.payload)
    try:
        return amf.decode(payload[1:] if message.kind == COMMAND_AMF3 else payload)
    except ValueError as error:
        raise PullError(
            "protocol", f"the server sends a command that is no AMF0: {error}"
        ) from None


def _parts_of(payload: bytes) -> Iterator[bytes]:
    """The audio in an aggregate message, which is made of FLV tags (7.1.6)."""
    at = 0
    while at + 11 <= len(payload):
        kind, length = payload[at], int.from_bytes(payload[at + 1 : at + 4], "big")
        if kind == AUDIO:
            yield payload[at + 11 : at + 11 + length]
        at += 11 + length + 4


def _why(command: list[Any]) -> str:
    """What a server says about an error, as the end of a sentence."""
    details = command[3] if len(command) > 3 and isinstance(command[3], dict) else {}
    said = [str(details[key]) for key in ("code", "description") if details.get(key)]
    return f": {', '.join(said)}"[:300] if said else ""
