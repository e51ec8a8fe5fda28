"""What the streams of both services share: a WebSocket with audio going up and events coming down.

A subclass says how the stream is begun and finished, and what each message tells.
"""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import ClassVar, Final, Generic, Self, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    ConnectionClosedOK,
    InvalidHandshake,
    InvalidStatus,
    InvalidURI,
)

from mock_tingwu.client.address import is_local
from mock_tingwu.client.errors import StreamError

#: How long the service may take to answer our CLOSE, in seconds.
CLOSE_PATIENCE_S: Final = 3.0
#: As the official Python SDK does (realtime-ws 1.4); an unanswered ping ends the stream.
PING_S: Final = 8.0
#: What `AudioStream.push` cuts audio into: 100 ms of PCM with 16 kHz.
FRAME_BYTES: Final = 3200

Bytes = bytes | bytearray | memoryview
Audio = Bytes | Iterable[bytes] | AsyncIterable[bytes]
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Told(Generic[E]):
    """What one message tells: events, that the stream has started, that it is over, and, when it
    has failed, why.
    """

    events: Sequence[E] = ()
    started: bool = False
    over: bool = False
    failure: StreamError | None = None


class AudioStream(ABC, Generic[E]):
    """One stream of audio, as an async context manager.

    Entering starts the stream; leaving closes the connection, whatever happened. Iterate at the
    same time as you send to see captions live. No wait for the service is unbounded: each step has
    ``patience`` seconds, and a connection that has died is found out by pings.
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
    ) -> None:
        """``silence``: so many seconds may pass without a message; None where any number may."""
        self._url = url
        self._headers = headers
        self._patience = patience
        self._silence = silence
        self._connection: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._events: asyncio.Queue[E | None] = asyncio.Queue()
        self._started = asyncio.Event()
        self._ended = asyncio.Event()
        self._failure: StreamError | None = None
        self._broken = False
        self._has_begun = False

    async def __aenter__(self) -> Self:
        try:
            await self._open()
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
    def ended(self) -> bool:
        """Whether the stream is complete, has failed or lost its connection."""
        return self._ended.is_set()

    async def send(self, audio: bytes) -> None:
        """Push audio in the task's format; about 100 ms at a time is what the service expects.

        Raises:
            StreamError: the stream has ended.
        """
        self._check()
        if not await self._write(audio):
            self._check()

    async def push(self, audio: Audio, *, pace: float = 0) -> None:
        """Push one frame after another, ``pace`` seconds apart, as a microphone would.

        Bytes are cut into frames of `FRAME_BYTES`, anything else gives the frames itself.

        Raises:
            StreamError: the stream has ended.
        """
        now = asyncio.get_running_loop().time
        due = now()

        async def send(frame: bytes) -> None:
            nonlocal due
            await self.send(frame)
            due += pace
            # Without a pace, too: who listens gets a turn.
            await asyncio.sleep(due - now())

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
        if not self.ended and await self._write(self._finish()):
            await self._until(self._ended, "complete the stream")
        if self._failure is not None:
            raise self._failure

    async def __aiter__(self) -> AsyncIterator[E]:
        """The events until the one that says that the stream is complete or has failed.

        Raises:
            StreamError: the connection broke before it came.
        """
        while (event := await self._events.get()) is not None:
            yield event
        # Whoever iterates again, or a second time at once, sees the end as well.
        self._events.put_nowait(None)
        if self._failure is not None and self._broken:
            raise self._failure

    async def close(self) -> None:
        """Close the connection. Safe to call at any time, more than once."""
        self._end()
        if self._connection is not None:
            with contextlib.suppress(Exception):
                await self._connection.close()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait([self._reader])

    # What the protocol says

    @abstractmethod
    def _begin(self) -> str:
        """The command that starts the stream."""

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

    # Inside

    async def _open(self) -> None:
        try:
            self._connection = await connect(
                self._url,
                additional_headers=self._headers,
                compression=None,
                open_timeout=self._patience,
                close_timeout=CLOSE_PATIENCE_S,
                ping_interval=PING_S,
                max_size=None,
                proxy=None if is_local(self._url) else True,
            )
        except InvalidStatus as error:
            body = (error.response.body or b"").decode("utf-8", "replace").strip()
            raise self._refusal(error.response.status_code, body) from None
        except (OSError, TimeoutError, InvalidHandshake, InvalidURI, ConnectionClosed) as error:
            reason = str(error) or type(error).__name__
            raise StreamError(f"{self.peer} cannot be joined: {reason}.") from None
        self._reader = asyncio.create_task(self._read(self._connection))
        await self._write(self._begin())
        await self._until(self._started, "start the stream")
        # What failed only after the start is told by the events.
        if not self._has_begun:
            raise self._failure or StreamError(f"{self.peer} ended the stream before it began.")

    async def _read(self, connection: ClientConnection) -> None:
        """Turn messages into events until the stream ends. Runs as a task of its own."""
        try:
            while True:
                async with asyncio.timeout(self._silence):
                    message = await connection.recv()
                told = self._told(message)
                if told.started:
                    self._has_begun = True
                    self._started.set()
                if told.failure is not None:
                    self._failure = told.failure
                for event in told.events:
                    self._events.put_nowait(event)
                if told.over:
                    return
        except TimeoutError:
            self._break(f"{self.peer} has said nothing for {self._silence:g} s.")
        except ConnectionClosedOK:
            self._break("The service closed the stream before it was complete.")
        except ConnectionClosed:
            self._break(f"The connection to {self.peer[0].lower()}{self.peer[1:]} broke off.")
        finally:
            self._end()

    def _break(self, why: str) -> None:
        # After our own close() it is no news that the connection is gone.
        if not self.ended:
            self._failure = StreamError(why)
            self._broken = True

    def _end(self) -> None:
        if not self._ended.is_set():
            self._events.put_nowait(None)
            self._ended.set()
            self._started.set()  # nobody needs to wait for it any more

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure
        if self.ended:
            raise StreamError("The stream is over and takes no more audio.")

    async def _write(self, message: str | bytes) -> bool:
        """Send a message. False: the stream has ended before, and it is known how."""
        assert self._connection is not None, f"use `async with {type(self).__name__}(...)`"
        try:
            async with asyncio.timeout(self._patience):
                await self._connection.send(message)
        except TimeoutError:
            raise StreamError(f"{self.peer} took no data for {self._patience:g} s.") from None
        except ConnectionClosed:
            # The reader knows better why: a failure may stand before the CLOSE.
            await self._until(self._ended, "close the stream")
            return False
        return True

    async def _until(self, event: asyncio.Event, what: str) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await event.wait()
        except TimeoutError:
            message = f"{self.peer} did not {what} within {self._patience:g} s."
            raise StreamError(message) from None


def _cut(audio: Bytes) -> Iterator[bytes]:
    for start in range(0, len(audio), FRAME_BYTES):
        yield bytes(audio[start : start + FRAME_BYTES])
