"""What the streams of both services share: a WebSocket with audio going up and events coming down.

A subclass says how the stream is begun and finished, and what each message tells.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterable, Iterable, Mapping
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from websockets.asyncio.client import ClientConnection

from mock_tingwu.client.address import is_websocket
from mock_tingwu.client.checks import check_seconds
from mock_tingwu.client.errors import StreamError
from mock_tingwu.client.replay import Bytes, cut
from mock_tingwu.client.stream_core import Patience
from mock_tingwu.client.stream_life import CATCH_UP, Dialect, Life
from mock_tingwu.client.stream_table import State

#: How often the vendor's C++ SDK tries to go on, and after how many seconds (realtime-ws 1.5).
ATTEMPTS: Final = 4
ATTEMPT_DELAY_S: Final = 0.1

Audio = Bytes | Iterable[Bytes] | AsyncIterable[Bytes]
E = TypeVar("E")


class AudioStream(Dialect[E]):
    """One stream of audio, as an async context manager and an async iterator of its events.

    Entering starts the stream; leaving closes the connection, whatever happened. Iterate at the
    same time as you send to see captions live; whoever reads late misses nothing but interim
    results that others have replaced. No wait for the service is unbounded: each step has
    ``patience`` seconds, and a connection that has died is found out by pings. A stream that is not
    entered, or is entered a second time, raises RuntimeError.

    A connection that is lost in mid-stream is made again up to ``reconnect`` times in a row, each
    time after ``reconnect_delay`` seconds. Meanwhile `send` waits, and the events tell of it.
    """

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        patience: float,
        silence: float | None = None,
        reconnect: int = ATTEMPTS,
        reconnect_delay: float = ATTEMPT_DELAY_S,
        sample_rate: int | None = None,
        replay: float = 0,
    ) -> None:
        """``silence``: so many seconds may pass without a message; None where any number may.

        ``sample_rate`` is of 16-bit mono PCM, None for other audio; ``replay`` seconds of it are
        kept to be sent again.

        Raises:
            ValueError: a number is out of range, or the address is none of a WebSocket.
        """
        if not is_websocket(url):
            # Not shown: it may be a credential.
            raise ValueError("the address of the stream is none that begins with ws:// or wss://")
        check_seconds("patience", patience)
        if silence is not None:
            check_seconds("silence", silence)
        _check("reconnect", reconnect, reconnect >= 0, "a number of attempts from 0")
        _check_from_0("reconnect_delay", reconnect_delay)
        _check_from_0("replay", replay)
        rates = (None, 8000, 16000)
        _check("sample_rate", sample_rate, sample_rate in rates, "8000, 16000 or None")
        bytes_per_ms = None if sample_rate is None else sample_rate * 2 // 1000
        policy = Patience(
            step=_ms(patience),
            silence=None if silence is None else _ms(silence),
            attempts=reconnect,
            delay=_ms(reconnect_delay),
            bytes_per_ms=bytes_per_ms,
            replay=_ms(replay) * (bytes_per_ms or 0),
        )
        self._life: Life[E] = Life(self, policy, url, headers)
        self._core = self._life.core

    async def __aenter__(self) -> Self:
        self._life.start()
        try:
            await self._life.until(lambda: self._core.begun or self.ended)
            # What failed only after the start is told by the events.
            if not self._core.begun:
                raise self._core.failure or StreamError(
                    f"{self.peer} ended the stream before it began."
                )
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def state(self) -> State:
        """Where the stream stands."""
        return self._core.state

    @property
    def ended(self) -> bool:
        """Whether the stream is complete, has failed, lost its connection for good or is closed."""
        return self._core.state is State.ENDED

    async def send(self, audio: Bytes) -> None:
        """Push audio in the task's format; about 100 ms at a time is what the service expects.

        Waits while the service takes no more, and while a lost connection is made again.

        Raises:
            StreamError: the stream has ended, is being stopped or is paused.
        """
        if not isinstance(audio, Bytes):
            raise TypeError(f"audio is {type(audio).__name__}, expected bytes")
        audio = bytes(audio)
        await self._until_it_takes_audio()
        connection = self._connection
        self._core.push(audio)
        try:
            if not await self._life.write(audio):
                # It is sent again as soon as there is another connection.
                await self._life.until(lambda: self._life.has_lost(connection))
                await self._until_it_takes_audio()
        finally:
            self._core.pushed()

    async def push(self, audio: Audio, *, pace: float = 0) -> None:
        """Push one frame after another, ``pace`` seconds apart, as a microphone would.

        Bytes are cut into frames of `FRAME_BYTES`, anything else gives the frames itself. What has
        become late is caught up with at `CATCH_UP` times the pace.

        Raises:
            StreamError: the stream has ended, is being stopped or is paused.
            ValueError: ``pace`` is no time.
        """
        _check_from_0("pace", pace)
        now = asyncio.get_running_loop().time
        due = now()

        async def send(frame: Bytes) -> None:
            nonlocal due
            await self.send(frame)
            due += pace
            # Without a pace, too: who listens gets a turn.
            await asyncio.sleep(max(due - now(), pace / CATCH_UP))

        if isinstance(audio, AsyncIterable):
            async for frame in audio:
                await send(frame)
        else:
            for frame in cut(audio) if isinstance(audio, Bytes) else audio:
                await send(frame)

    async def stop(self) -> None:
        """Say that the audio is over and wait until everything heard has become final.

        After this the events end with Completed. Does nothing when the stream has ended already.

        Raises:
            StreamError: the stream failed, or the service did not complete it in time.
        """
        await self._life.finish(self._core.stop)
        await self._life.until(lambda: self.ended)
        if self._core.failure is not None:
            raise self._core.failure

    async def pause(self) -> None:
        """Let everything heard become final and give the connection up, until `resume`.

        The service calls the task PAUSED. Events wait meanwhile; they do not end. Does nothing when
        the stream is paused already.

        Raises:
            StreamError: the stream has ended, cannot be paused or was not in time.
        """
        self._check_resumable()
        await self._life.finish(self._core.pause)
        await self._life.until(lambda: self._core.state in (State.PAUSED, State.ENDED))
        self._check_on()

    async def resume(self) -> None:
        """Go on after `pause`, with a new connection, where the stream stood.

        Raises:
            StreamError: the stream is not paused, or cannot be gone on with.
        """
        self._life.check_started()
        self._check_on()
        if self._core.state is not State.PAUSED:
            raise StreamError("The stream is not paused.")
        self._core.resume()
        self._life.settle()
        await self._life.until(lambda: self._core.state in (State.RUNNING, State.ENDED))
        self._check_on()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> E:
        """The next event; the last one says that the stream is complete or has failed.

        Raises:
            StopAsyncIteration: there is none any more, however often it is asked for.
            StreamError: the connection broke before the last one came.
        """
        inbox = self._life.inbox
        await self._life.until(lambda: bool(inbox) or self.ended)
        if inbox:
            event: E = inbox.take()
            return event
        if self._core.failure is not None and self._core.broken:
            raise self._core.failure
        raise StopAsyncIteration

    async def close(self) -> None:
        """Close the connection. Safe to call at any time, more than once.

        Cancelled, it does not wait for the service any more, and leaves nothing behind either.
        """
        await self._life.close()

    # Inside

    def _check_resumable(self) -> None:
        """Raise StreamError when another connection cannot go on with the stream."""

    def _check_on(self) -> None:
        if self.ended:
            raise self._core.failure or StreamError("The stream is over.")

    async def _until_it_takes_audio(self) -> None:
        await self._life.until(
            lambda: self.state is State.RUNNING or self._core.refusal() is not None
        )
        if (refusal := self._core.refusal()) is not None:
            raise refusal

    @property
    def _connection(self) -> ClientConnection | None:
        return self._life.connection


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _check(field: str, value: Any, good: bool, expected: str) -> None:
    if not good:
        raise ValueError(f"{field} is {value!r}, expected {expected}")


def _check_from_0(field: str, seconds: float) -> None:
    _check(field, seconds, 0 <= seconds < math.inf, "a number of seconds from 0")
