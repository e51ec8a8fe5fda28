"""The client's side of one recorded WebSocket, played."""

from __future__ import annotations

import asyncio
import contextlib
import json
import wave
from collections.abc import Awaitable, Callable
from typing import Any, Final

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from mock_tingwu.cassettes.order import name_of
from mock_tingwu.cassettes.writer import Session
from mock_tingwu.resources import folder

#: How long an event may take that the recording has, in seconds.
EVENT_S: Final = 10.0
#: Where time can be let pass: for what comes by itself, and between steps, in real seconds.
_AT_ONCE_S: Final = 0.5
_LOOK_S: Final = 0.05
#: So often time is let pass at most: two minutes, which is longer than any service waits.
_STEPS: Final = 60
#: What is pushed: no cassette has audio in it.
_RECORDING: Final = "audio/cn-weekly-sync.wav"


class PlayedStream:
    """One WebSocket of a replay.

    ``later`` lets time pass there, so that what the service does in time is not waited for.
    """

    def __init__(
        self,
        kind: str,
        connection: ClientConnection,
        written: Session,
        later: Callable[[], Awaitable[None]] | None,
    ) -> None:
        self.kind = kind
        self._later = later
        self._connection = connection
        self._written = written
        self._heard: list[str] = []
        self._awaited: dict[str, int] = {}
        self._news = asyncio.Event()
        self._is_closed = False
        self._samples = _speech()
        self._listener = asyncio.create_task(self._listen())

    async def say(self, message: str) -> None:
        """Send a text."""
        self._written.sent(message)
        with contextlib.suppress(ConnectionClosed):
            await self._connection.send(message)

    async def push(self, frames: int, size: int) -> None:
        """Push so much audio in so many frames: speech of a meeting of ours."""
        with contextlib.suppress(ConnectionClosed):
            for number in range(frames):
                length = size * (number + 1) // frames - size * number // frames
                frame = self._speech(length)
                self._written.sent(frame)
                await self._connection.send(frame)

    async def hear(self, name: str) -> bool:
        """Wait until an event has come as often as it was waited for; whether it has."""
        self._awaited[name] = self._awaited.get(name, 0) + 1
        await self._until(lambda: self._heard.count(name) >= self._awaited[name])
        return self._heard.count(name) >= self._awaited[name]

    async def gone(self) -> int | None:
        """Wait until the service closes; the code, 1006 if there was none. None: it does not."""
        await self._until(self._listener.done)
        return (self._connection.close_code or 1006) if self._listener.done() else None

    async def close(self, code: int) -> None:
        """Hang up, once."""
        if self._is_closed:
            return
        self._is_closed = True
        by = "service" if self._listener.done() else "client"
        await self._connection.close(code)
        await self._listener
        self._written.closed(self._connection.close_code or 1006, by=by)

    async def _until(self, arrived: Callable[[], bool]) -> None:
        """Wait for something that comes, unless the connection ends or it takes too long."""
        steps = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(EVENT_S):
                while not (arrived() or self._listener.done()) and steps < _STEPS:
                    self._news.clear()
                    if self._later is None:
                        await self._news.wait()
                        continue
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._news.wait(), _LOOK_S if steps else _AT_ONCE_S)
                    if not self._news.is_set():
                        await self._later()
                        steps += 1

    async def _listen(self) -> None:
        try:
            async for message in self._connection:
                self._written.received(message)
                if isinstance(message, str):
                    self._heard.append(name_of(self.kind, decoded(message)))
                self._news.set()
        except ConnectionClosed:
            pass
        finally:
            # Whoever waits looks at whether this is over, which it is a moment later.
            asyncio.get_running_loop().call_soon(self._news.set)

    def _speech(self, size: int) -> bytes:
        while len(self._samples) < size:
            self._samples += _speech()
        frame, self._samples = self._samples[:size], self._samples[size:]
        return frame


def _speech() -> bytes:
    """The demo meeting: 16-bit mono PCM of 16 kHz."""
    with wave.open(str(folder("fixtures") / _RECORDING)) as audio:
        pcm: bytes = audio.readframes(audio.getnframes())
        return pcm


def decoded(content: str | bytes) -> Any:
    """The JSON of a text; None if it is none."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
