"""What the streams of both services share: a WebSocket with audio going up and events coming down.

`stream_core` decides what happens when; this does it. A subclass says how the stream is begun and
finished, and what each message tells.
"""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, ClassVar, Final, Generic, Self, TypeVar

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from mock_tingwu.client.errors import StreamError
from mock_tingwu.client.inbox import Inbox
from mock_tingwu.client.joining import closed, join
from mock_tingwu.client.stream_core import CONNECTED, Loss, Offsets, Policy, State, StreamCore, Told

#: What `AudioStream.push` cuts audio into: 100 ms of PCM with 16 kHz.
FRAME_BYTES: Final = 3200
#: How often the vendor's C++ SDK tries to go on, and after how many seconds (realtime-ws 1.5).
ATTEMPTS: Final = 4
ATTEMPT_DELAY_S: Final = 0.1
#: So many times as fast as it was spoken is audio pushed that is late: the vendor's demo does so,
#: and bursts are not wanted (realtime-ws 2.5).
CATCH_UP: Final = 2.0
Bytes = bytes | bytearray | memoryview
Audio = Bytes | Iterable[bytes] | AsyncIterable[bytes]
E = TypeVar("E")


class AudioStream(ABC, Generic[E]):
    """One stream of audio, as an async context manager and an async iterator of its events.

    Entering starts the stream; leaving closes the connection, whatever happened. Iterate at the
    same time as you send to see captions live; whoever reads late misses nothing but interim
    results that others have replaced. No wait for the service is unbounded: each step has
    ``patience`` seconds, and a connection that has died is found out by pings.

    A connection that is lost in mid-stream is made again up to ``reconnect`` times in a row, each
    time after ``reconnect_delay`` seconds. Meanwhile `send` waits, and the events tell of it.
    """

    #: Who is at the other end, as messages call it.
    peer: ClassVar[str] = "The service"

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
            ValueError: a number is out of range.
        """
        _check("patience", patience, patience > 0, "seconds above 0")
        _check("reconnect", reconnect, reconnect >= 0, "a number of attempts from 0")
        _check("reconnect_delay", reconnect_delay, reconnect_delay >= 0, "seconds from 0")
        _check("replay", replay, replay >= 0, "seconds from 0")
        rates = (None, 8000, 16000)
        _check("sample_rate", sample_rate, sample_rate in rates, "8000, 16000 or None")
        bytes_per_ms = None if sample_rate is None else sample_rate * 2 // 1000
        self._url = url
        self._headers = headers
        self._patience = patience
        self._core = StreamCore(
            self.peer,
            Policy(
                step=_ms(patience),
                silence=None if silence is None else _ms(silence),
                attempts=reconnect,
                delay=_ms(reconnect_delay),
                bytes_per_ms=bytes_per_ms,
                replay=_ms(replay) * (bytes_per_ms or 0),
            ),
        )
        self._bytes_per_s = 1000 * (bytes_per_ms or 0)
        self._inbox = Inbox()
        self._connection: ClientConnection | None = None
        self._life: asyncio.Task[None] | None = None
        # Set and replaced whenever something has happened.
        self._news = asyncio.Event()
        self._timer: asyncio.Timeout | None = None

    async def __aenter__(self) -> Self:
        self._life = asyncio.create_task(self._live())
        try:
            await self._until(lambda: self._core.begun or self.ended)
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

    async def send(self, audio: bytes) -> None:
        """Push audio in the task's format; about 100 ms at a time is what the service expects.

        Waits while the service takes no more, and while a lost connection is made again.

        Raises:
            StreamError: the stream has ended, is being stopped or is paused.
        """
        assert self._life is not None, f"use `async with {type(self).__name__}(...)`"
        await self._until_it_takes_audio()
        connection = self._connection
        self._core.push(audio)
        try:
            if not await self._write(audio):
                # It is sent again as soon as there is another connection.
                await self._until(lambda: self._is_gone(connection))
                await self._until_it_takes_audio()
        finally:
            self._core.pushed()

    async def push(self, audio: Audio, *, pace: float = 0) -> None:
        """Push one frame after another, ``pace`` seconds apart, as a microphone would.

        Bytes are cut into frames of `FRAME_BYTES`, anything else gives the frames itself. What has
        become late is caught up with at `CATCH_UP` times the pace.

        Raises:
            StreamError: the stream has ended, is being stopped or is paused.
        """
        now = asyncio.get_running_loop().time
        due = now()

        async def send(frame: bytes) -> None:
            nonlocal due
            await self.send(frame)
            due += pace
            # Without a pace, too: who listens gets a turn.
            await asyncio.sleep(max(due - now(), pace / CATCH_UP))

        if isinstance(audio, AsyncIterable):
            async for frame in audio:
                await send(frame)
        else:
            for frame in _cut(audio) if isinstance(audio, Bytes) else audio:
                await send(frame)

    async def stop(self) -> None:
        """Say that the audio is over and wait until everything heard has become final.

        After this the events end with Completed. Does nothing when the stream has ended already.

        Raises:
            StreamError: the stream failed, or the service did not complete it in time.
        """
        await self._finishing(self._core.stop)
        await self._until(lambda: self.ended)
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
        await self._finishing(self._core.pause)
        await self._until(lambda: self._core.state in (State.PAUSED, State.ENDED))
        self._raise_if_ended()

    async def resume(self) -> None:
        """Go on after `pause`, with a new connection, where the stream stood.

        Raises:
            StreamError: the stream is not paused, or cannot be gone on with.
        """
        self._raise_if_ended()
        if self._core.state is not State.PAUSED:
            raise StreamError("The stream is not paused.")
        self._core.resume()
        self._settle()
        await self._until(lambda: self._core.state in (State.RUNNING, State.ENDED))
        self._raise_if_ended()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> E:
        """The next event; the last one says that the stream is complete or has failed.

        Raises:
            StopAsyncIteration: there is none any more, however often it is asked for.
            StreamError: the connection broke before the last one came.
        """
        await self._until(lambda: bool(self._inbox) or self.ended)
        if self._inbox:
            event: E = self._inbox.take()
            return event
        if self._core.failure is not None and self._core.broken:
            raise self._core.failure
        raise StopAsyncIteration

    async def close(self) -> None:
        """Close the connection. Safe to call at any time, more than once.

        Cancelled, it does not wait for the service any more, and leaves nothing behind either.
        """
        self._core.close()
        self._settle()
        shutting = asyncio.create_task(self._shut())
        cancelled: asyncio.CancelledError | None = None
        while not shutting.done():
            try:
                await asyncio.wait([shutting])
            except asyncio.CancelledError as error:
                cancelled = error
                self._abort()
        if cancelled is not None:
            raise cancelled
        shutting.result()

    # What the protocol says

    @abstractmethod
    def _begin(self, offsets: Offsets) -> str:
        """The command that starts the stream, or goes on with it."""

    @abstractmethod
    def _finish(self) -> str:
        """The command that says that the audio is over."""

    @abstractmethod
    def _told(self, message: str | bytes) -> Told[E]:
        """What a message tells. It must not raise: what makes no sense tells nothing."""

    def _refusal(self, status: int, body: str) -> StreamError:
        """The error of a handshake that was refused."""
        reason = f": {body}" if body else ""
        return StreamError(f"{self.peer} refused with HTTP {status}{reason}", status)

    def _check_resumable(self) -> None:
        """Raise StreamError when another connection cannot go on with the stream."""

    # The life of a stream, as a task of its own

    async def _live(self) -> None:
        """Do what each state wants until the stream has ended."""
        core = self._core
        try:
            while not self.ended:
                if core.state is State.PAUSED:
                    await self._leave()
                    await self._until(lambda: core.state is not State.PAUSED)
                elif core.state is State.BROKEN:
                    await self._leave()
                    await asyncio.sleep((core.retry_at - self._now()) / 1000)
                    core.retry()
                elif core.state is State.CONNECTING:
                    await self._join()
                else:
                    await self._listen()
                self._settle()
        finally:
            core.close()  # nobody is to wait for a life that a defect has ended
            self._settle()

    async def _join(self) -> None:
        joined = await join(
            self._url,
            headers=self._headers,
            patience=self._patience,
            peer=self.peer,
            refusal=self._refusal,
        )
        if isinstance(joined, Loss):
            self._core.lost(joined, self._now())
        else:
            self._connection = joined
            await self._write(self._begin(self._core.connected(self._now())))

    async def _listen(self) -> None:
        """Take messages until the state wants something else."""
        connection, core = self._connection, self._core
        assert connection is not None
        catching_up: asyncio.Task[None] | None = None
        try:
            async with asyncio.timeout_at(self._when()) as timer:
                self._timer = timer
                try:
                    while core.state in CONNECTED:
                        core.told(self._told(await connection.recv()), self._now())
                        if core.state is State.CATCHING_UP and catching_up is None:
                            catching_up = asyncio.create_task(self._catch_up())
                        self._settle()
                finally:
                    self._timer = None
        except TimeoutError:
            core.timed_out(self._now())
        except ConnectionClosed as error:
            core.lost(closed(error, self.peer), self._now())
        finally:
            if catching_up is not None:
                catching_up.cancel()
                await asyncio.wait([catching_up])

    async def _catch_up(self) -> None:
        """Send again what was lost, faster than it was spoken, and do what the caller waits for."""
        for frame in self._core.backlog:
            if not await self._write(frame):
                return
            if self._bytes_per_s:
                await asyncio.sleep(len(frame) / self._bytes_per_s / CATCH_UP)
        if self._core.caught_up(self._now()):
            await self._write(self._finish())
        self._settle()

    async def _leave(self) -> None:
        """Close a connection that is of no use any more."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _shut(self) -> None:
        if self._connection is not None:
            await self._connection.close()
        if self._life is not None:
            self._life.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._life

    # Inside

    def _settle(self) -> None:
        """Something has happened: tell whoever waits for it."""
        for event in self._core.take_events():
            self._inbox.put(event)
        if self._timer is not None and not self._timer.expired():
            self._timer.reschedule(self._when())
        news, self._news = self._news, asyncio.Event()
        news.set()

    def _now(self) -> int:
        return _ms(asyncio.get_running_loop().time())

    def _when(self) -> float | None:
        """The deadline, on the loop's clock."""
        deadline = self._core.deadline
        return None if deadline is None else deadline / 1000

    async def _until(self, happened: Callable[[], bool]) -> None:
        """Wait for something that the deadlines of the core bound."""
        while not happened():
            await self._news.wait()

    async def _until_it_takes_audio(self) -> None:
        while self._core.state is not State.RUNNING:
            if (refusal := self._core.refusal()) is not None:
                raise refusal
            await self._news.wait()

    def _raise_if_ended(self) -> None:
        if self.ended:
            raise self._core.failure or StreamError("The stream is over.")

    def _is_gone(self, connection: ClientConnection | None) -> bool:
        """Whether it is known that this connection is gone."""
        return self._connection is not connection or self._core.state not in CONNECTED

    async def _finishing(self, want: Callable[[int], bool]) -> None:
        """Say that the audio is over, now or as soon as that can be said."""
        if want(self._now()):
            self._settle()
            await self._write(self._finish())
        self._settle()

    async def _write(self, message: str | bytes) -> bool:
        """Send a message. False: the connection is gone; whoever reads knows better why."""
        connection = self._connection
        assert connection is not None
        try:
            async with asyncio.timeout(self._patience):
                await connection.send(message)
        except TimeoutError:
            if not self._is_gone(connection):
                error = StreamError(f"{self.peer} took no data for {self._patience:g} s.")
                self._core.lost(Loss(error, transient=True), self._now())
                self._settle()
            connection.transport.abort()
            return False
        except ConnectionClosed:
            return False
        return True

    def _abort(self) -> None:
        if self._connection is not None:
            self._connection.transport.abort()
        if self._life is not None:
            self._life.cancel()


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _check(field: str, value: Any, good: bool, expected: str) -> None:
    if not good:
        raise ValueError(f"{field} is {value!r}, expected {expected}")


def _cut(audio: Bytes) -> Iterator[bytes]:
    for start in range(0, len(audio), FRAME_BYTES):
        yield bytes(audio[start : start + FRAME_BYTES])
