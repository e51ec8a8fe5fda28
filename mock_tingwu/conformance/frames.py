"""A WebSocket of which a case writes the handshake itself and sees every frame.

`streams` is for what is said. This is for how: the order, spelling and repetition of the headers
that SDKs send, fragments, PING and PONG.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN, Protocol, Side

from mock_tingwu.client.trust import trusted
from mock_tingwu.conformance import exchange
from mock_tingwu.conformance.checks import CLOSE, EVENTS, Deviation

if TYPE_CHECKING:
    from mock_tingwu.conformance.cloud import Cloud

#: How long a handshake and a frame may take, in seconds: as long as the vendor's SDKs wait.
PATIENCE_S: Final = 10.0
#: How long a PONG may take, in seconds: it is due as soon as is practical (RFC 6455 5.5.2).
PONG_PATIENCE_S: Final = 3.0
_LOOK_S: Final = 0.005
_LONGEST_HEAD: Final = 64 * 1024

_LOG = logging.getLogger(__name__)
_LOG.setLevel(logging.INFO)


@dataclass(frozen=True, slots=True)
class Handshake:
    """The answer to a handshake. Names of ``headers`` are in small letters, in their order."""

    status: int
    headers: tuple[tuple[str, str], ...]

    def values(self, name: str) -> list[str]:
        """All values of a header."""
        return [value for given, value in self.headers if given == name]


class FrameStream:
    """An open WebSocket, frame by frame. ``frames`` are those of the service, control frames too.

    PING and CLOSE of the service are answered as by every client.
    """

    def __init__(
        self,
        handshake: Handshake,
        writer: asyncio.StreamWriter,
        keep: Callable[[bool, Frame], None],
    ) -> None:
        self.handshake = handshake
        self.frames: list[Frame] = []
        self.is_closed = handshake.status != 101
        self._core = Protocol(Side.CLIENT, state=OPEN, max_size=None, logger=_LOG)
        self._writer = writer
        self._keep = keep

    async def send(self, opcode: Opcode, data: bytes, *, fin: bool = True) -> None:
        """Send a frame; more of the message follows unless ``fin``."""
        frame = Frame(opcode, data, fin)
        self._keep(True, frame)
        self._core.send_frame(frame)
        await self._write()

    async def command(self, name: str, payload: Mapping[str, Any] | None = None) -> None:
        """Send a command as a browser does, without any id."""
        message: dict[str, Any] = {"header": {"namespace": "SpeechTranscriber", "name": name}}
        if payload is not None:
            message["payload"] = dict(payload)
        await self.send(Opcode.TEXT, json.dumps(message).encode())

    async def event(self, name: str) -> dict[str, Any]:
        """The first event called ``name``, waited for.

        Raises:
            Deviation: it does not come within 10 s.
        """

        def find() -> list[dict[str, Any]]:
            return [event for event in self.events if event.get("header", {}).get("name") == name]

        await self.until(lambda: bool(find()), name)
        return find()[0]

    async def until(
        self, arrived: Callable[[], bool], what: str, *, within: float = PATIENCE_S
    ) -> None:
        """Wait for ``arrived``. ``within`` is in seconds of real time.

        Raises:
            Deviation: it does not come, or the connection is gone before.
        """
        deadline = time.monotonic() + within
        while not arrived():
            if self.is_closed or time.monotonic() >= deadline:
                how = "but the connection is gone" if self.is_closed else f"within {within:g} s"
                raise Deviation(f"expected {what}, {how}", EVENTS)
            await asyncio.sleep(_LOOK_S)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events so far that came in one frame each."""
        found = []
        for frame in self.frames:
            if frame.opcode is Opcode.TEXT and frame.fin:
                with contextlib.suppress(ValueError):
                    decoded = json.loads(bytes(frame.data))
                    if isinstance(decoded, dict):
                        found.append(decoded)
        return found

    def of(self, *opcodes: Opcode) -> list[Frame]:
        """The frames so far with these opcodes."""
        return [frame for frame in self.frames if frame.opcode in opcodes]

    async def pong(self) -> Frame:
        """The first PONG, waited for.

        Raises:
            Deviation: it does not come within 3 s.
        """
        await self.until(lambda: bool(self.of(Opcode.PONG)), "a PONG", within=PONG_PATIENCE_S)
        return self.of(Opcode.PONG)[0]

    async def leave(self, data: bytes = b"\x03\xe8") -> Frame:
        """Send a CLOSE with ``data`` (code 1000); return the service's CLOSE.

        Raises:
            Deviation: there is none within 10 s.
        """
        await self.send(Opcode.CLOSE, data)
        deadline = time.monotonic() + PATIENCE_S
        while not self.of(Opcode.CLOSE):
            if self.is_closed or time.monotonic() >= deadline:
                raise Deviation("expected our CLOSE to be answered with one", CLOSE)
            await asyncio.sleep(_LOOK_S)
        return self.of(Opcode.CLOSE)[0]

    async def read(self, reader: asyncio.StreamReader) -> None:
        """Take what comes until the connection is gone."""
        try:
            while data := await reader.read(_LONGEST_HEAD):
                self._core.receive_data(data)
                for event in self._core.events_received():
                    if isinstance(event, Frame):
                        self._keep(False, event)
                        self.frames.append(event)
                with contextlib.suppress(Deviation):
                    await self._write()
        except ConnectionError:
            pass
        finally:
            self.is_closed = True

    # Inside

    async def _write(self) -> None:
        for data in self._core.data_to_send():
            if data:
                self._writer.write(data)
        try:
            await self._writer.drain()
        except ConnectionError:
            raise Deviation("the service closed the stream", CLOSE) from None


@asynccontextmanager
async def open_frames(
    cloud: Cloud, url: str, headers: Sequence[tuple[str, str]]
) -> AsyncIterator[FrameStream]:
    """Shake hands with just these headers, in their order; no proxy is used.

    The headers are sent as they are but for ``HOST``, which becomes the address in the URL. Where
    the status is not 101 the stream is closed already.

    Raises:
        Deviation: there is no HTTP answer within 10 s.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "wss"
    host, port = parts.hostname or "", parts.port or (443 if secure else 80)
    await cloud.pacing.turn("join")
    try:
        async with asyncio.timeout(PATIENCE_S):
            reader, writer = await asyncio.open_connection(
                host, port, ssl=trusted() if secure else None, limit=_LONGEST_HEAD
            )
    except (OSError, TimeoutError) as error:
        raise Deviation(f"the stream cannot be joined: {type(error).__name__}", EVENTS) from None
    tasks: list[asyncio.Task[None]] = []
    try:
        lines = [f"GET {parts.path}?{parts.query} HTTP/1.1"]
        lines += [f"{name}: {value.replace('HOST', parts.netloc)}" for name, value in headers]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        stream = FrameStream(await _answer(reader), writer, _keeper(cloud))
        if not stream.is_closed:
            tasks.append(asyncio.create_task(stream.read(reader)))
        yield stream
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        writer.close()
        with contextlib.suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader) -> Handshake:
    try:
        async with asyncio.timeout(PATIENCE_S):
            head = await reader.readuntil(b"\r\n\r\n")
    except (TimeoutError, ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        raise Deviation("expected an answer to the handshake, got none", EVENTS) from None
    first, *rest = head.decode("latin-1").strip().split("\r\n")
    status = first.split(" ")[1] if first.startswith("HTTP/1.1 ") else ""
    if not status.isdecimal():
        raise Deviation("expected the handshake to be answered with HTTP/1.1", EVENTS)
    headers = (line.partition(":") for line in rest)
    return Handshake(
        int(status), tuple((name.lower(), value.strip()) for name, _, value in headers)
    )


def _keeper(cloud: Cloud) -> Callable[[bool, Frame], None]:
    http = cloud.http

    def keep(sent: bool, frame: Frame) -> None:
        seconds = time.monotonic() - cloud.began
        if frame.opcode is Opcode.BINARY:
            http.wire.add_frame(exchange.Frame(seconds, sent, audio=len(frame.data)))
            return
        text = http.redactor.message(bytes(frame.data).decode("utf-8", "replace"))
        shown = text if frame.opcode is Opcode.TEXT else f"{frame.opcode.name} {text}".rstrip()
        http.wire.add_frame(exchange.Frame(seconds, sent, shown))

    return keep
