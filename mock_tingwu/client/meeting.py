"""The stream of a realtime meeting: audio up, captions down (realtime-ws 1 to 4)."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Any, Final, Self
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidStatus,
    InvalidURI,
)

from mock_tingwu.client.address import is_local
from mock_tingwu.client.errors import StreamError
from mock_tingwu.client.events import Completed, Event, Failed, parse

NAMESPACE: Final = "SpeechTranscriber"
#: How long each step may take, in seconds: the official SDKs' patience (realtime-ws 9).
PATIENCE_S: Final = 10.0
#: How long the service may take to answer our CLOSE, in seconds.
CLOSE_PATIENCE_S: Final = 3.0
#: As the official Python SDK does (realtime-ws 1.4); an unanswered ping ends the stream.
PING_S: Final = 8.0


class MeetingStream:
    """One stream into a meeting, as an async context manager.

    ::

        async with MeetingStream(task.join_url) as stream:
            await stream.send(pcm)
            await stream.stop()
            async for event in stream:
                ...

    Entering starts the stream; leaving closes the connection, whatever happened. Iterate at the
    same time as you send to see captions live. No wait is unbounded: each step has ``patience``
    seconds, and a connection that has died is found out by pings.
    """

    def __init__(
        self,
        join_url: str,
        *,
        payload: Mapping[str, Any] | None = None,
        patience: float = PATIENCE_S,
    ) -> None:
        self.join_url = join_url
        self._payload = dict(payload or {})
        self._patience = patience
        self._task_id = uuid4().hex
        self._connection: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()
        self._started = asyncio.Event()
        self._ended = asyncio.Event()
        self._failure: StreamError | None = None

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
        await self._write(audio)

    async def stop(self) -> None:
        """Say that the audio is over and wait until everything heard has become final.

        After this the events end with Completed. Does nothing when the stream has ended already.

        Raises:
            StreamError: the stream failed, or the service did not complete it in time.
        """
        if not self.ended:
            await self._command("StopTranscription")
            await self._until(self._ended, "complete the stream")
        if self._failure is not None:
            raise self._failure

    async def __aiter__(self) -> AsyncIterator[Event]:
        """The events until Completed or Failed, which comes last.

        Raises:
            StreamError: the connection broke before either.
        """
        while (event := await self._events.get()) is not None:
            yield event
        # Whoever iterates again, or a second time at once, sees the end as well.
        self._events.put_nowait(None)
        if self._failure is not None and self._failure.status is None:
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

    # Inside

    async def _open(self) -> None:
        try:
            self._connection = await connect(
                self.join_url,
                compression=None,
                open_timeout=self._patience,
                close_timeout=CLOSE_PATIENCE_S,
                ping_interval=PING_S,
                max_size=None,
                proxy=None if is_local(self.join_url) else True,
            )
        except InvalidStatus as error:
            status, body = error.response.status_code, error.response.body
            reason = f": {body.decode('utf-8', 'replace').strip()}" if body else ""
            raise StreamError(f"The meeting refused with HTTP {status}{reason}", status) from None
        except (OSError, TimeoutError, InvalidHandshake, InvalidURI, ConnectionClosed) as error:
            reason = str(error) or type(error).__name__
            raise StreamError(f"The meeting cannot be joined: {reason}.") from None
        self._reader = asyncio.create_task(self._read(self._connection))
        await self._command("StartTranscription", self._payload)
        await self._until(self._started, "start the stream")
        if self._failure is not None:
            raise self._failure

    async def _read(self, connection: ClientConnection) -> None:
        """Turn messages into events until the stream ends. Runs as a task of its own."""
        try:
            async for message in connection:
                name, event = parse(message)
                if name == "TranscriptionStarted":
                    self._started.set()
                if isinstance(event, Failed):
                    self._failure = StreamError(
                        f"The meeting's stream failed with {event.status}: {event.text}",
                        event.status,
                    )
                if event is not None:
                    self._events.put_nowait(event)
                if isinstance(event, Completed | Failed):
                    return
            self._break("The service closed the stream before it was complete.")
        except ConnectionClosed:
            self._break("The connection to the meeting broke off.")
        finally:
            self._end()

    def _break(self, why: str) -> None:
        # After our own close() it is no news that the connection is gone.
        if not self.ended:
            self._failure = StreamError(why)

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

    async def _command(self, name: str, payload: Mapping[str, Any] | None = None) -> None:
        header = {
            "message_id": uuid4().hex,
            "task_id": self._task_id,
            "namespace": NAMESPACE,
            "name": name,
            # A constant here: the join URL is the credential (realtime-ws 1.2).
            "appkey": "default",
        }
        await self._write(json.dumps({"header": header, "payload": payload or {}}))

    async def _write(self, message: str | bytes) -> None:
        assert self._connection is not None, "use `async with MeetingStream(...)`"
        try:
            async with asyncio.timeout(self._patience):
                await self._connection.send(message)
        except TimeoutError:
            raise StreamError(f"The meeting took no data for {self._patience:g} s.") from None
        except ConnectionClosed:
            # The reader knows better why: a TaskFailed may stand before the CLOSE.
            await self._until(self._ended, "close the stream")
            self._check()

    async def _until(self, event: asyncio.Event, what: str) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await event.wait()
        except TimeoutError:
            raise StreamError(f"The meeting did not {what} within {self._patience:g} s.") from None
