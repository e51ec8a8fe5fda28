"""The client's side of one recorded WebSocket, played."""

from __future__ import annotations

import asyncio
import contextlib
import json
import wave
from typing import Any, Final

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from mock_tingwu.cassettes.order import name_of
from mock_tingwu.cassettes.writer import Session
from mock_tingwu.resources import folder

#: How long an event may take that the recording has, in seconds.
EVENT_S: Final = 10.0
#: What is pushed: no cassette has audio in it.
_RECORDING: Final = "audio/cn-weekly-sync.wav"


class PlayedStream:
    """One WebSocket of a replay."""

    def __init__(self, kind: str, connection: ClientConnection, written: Session) -> None:
        self.kind = kind
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
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(EVENT_S):
                while self._heard.count(name) < self._awaited[name]:
                    if self._listener.done():
                        break
                    self._news.clear()
                    await self._news.wait()
        return self._heard.count(name) >= self._awaited[name]

    async def close(self, code: int) -> None:
        """Hang up, once."""
        if self._is_closed:
            return
        self._is_closed = True
        await self._connection.close(code)
        await self._listener
        self._written.closed(self._connection.close_code or 1006, by="client")

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
            self._news.set()

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
