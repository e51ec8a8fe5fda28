"""The life of a stream of audio: what `stream_core` decides, done with `websockets`."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar, Final, Generic, TypeVar

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from mock_tingwu.client.errors import StreamError
from mock_tingwu.client.inbox import Inbox
from mock_tingwu.client.joining import closed, join
from mock_tingwu.client.replay import cut
from mock_tingwu.client.stream_core import Loss, Offsets, Patience, StreamCore, Told
from mock_tingwu.client.stream_table import CONNECTED, State

#: So many times as fast as it was spoken is audio pushed that is late: the vendor's demo does so,
#: and bursts are not wanted (realtime-ws 2.5).
CATCH_UP: Final = 2.0
#: So many characters of what a server says about its refusal are shown.
_SHOWN: Final = 300

E = TypeVar("E")


class Dialect(ABC, Generic[E]):
    """What a service wants to be told, and what it tells."""

    #: Who is at the other end, as messages call it.
    peer: ClassVar[str] = "The service"

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
        """The error of a handshake that was refused, with what was said about it in one line."""
        said = "" if body.startswith("<") else " ".join(body.split())  # no page for browsers
        reason = f": {said[:_SHOWN]}" if said else ""
        return StreamError(f"{self.peer} refused with HTTP {status}{reason}", status)


class Life(Generic[E]):
    """One stream over all its connections, as a task that `start` begins and `close` ends.

    ``core`` says where it stands, ``inbox`` has what nobody has read yet. `settle` is to be called
    after whatever is done with the core.
    """

    def __init__(
        self, dialect: Dialect[E], policy: Patience, url: str, headers: Mapping[str, str] | None
    ) -> None:
        self.core = StreamCore(dialect.peer, policy)
        self.inbox = Inbox()
        self.connection: ClientConnection | None = None
        self._dialect = dialect
        self._url = url
        self._headers = headers
        self._patience = policy.step / 1000
        self._bytes_per_s = 1000 * (policy.bytes_per_ms or 0)
        self._task: asyncio.Task[None] | None = None
        # Set and replaced whenever something has happened.
        self._news = asyncio.Event()
        self._timer: asyncio.Timeout | None = None

    # For the stream

    def start(self) -> None:
        """Begin to live. Raises RuntimeError when it has begun before."""
        if self._task is not None:
            raise RuntimeError("a stream can be entered once: make another one")
        self._task = asyncio.create_task(self._live())

    def check_started(self) -> None:
        """Raise RuntimeError when `start` was not called."""
        if self._task is None:
            raise RuntimeError(f"use `async with {type(self._dialect).__name__}(...)`")

    @property
    def now(self) -> int:
        """The loop's time in ms."""
        return round(asyncio.get_running_loop().time() * 1000)

    async def until(self, happened: Callable[[], bool]) -> None:
        """Wait for something that the deadlines of the core bound.

        Raises:
            RuntimeError: `start` was not called, so that nothing will happen.
        """
        self.check_started()
        while not happened():
            await self._news.wait()

    def settle(self) -> None:
        """Something has happened: tell whoever waits for it."""
        for event in self.core.take_events():
            self.inbox.put(event)
        if self._timer is not None and not self._timer.expired():
            self._timer.reschedule(self._when())
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def write(self, message: str | bytes) -> bool:
        """Send a message. False: the connection is gone; whoever reads knows better why."""
        connection = self.connection
        assert connection is not None
        try:
            async with asyncio.timeout(self._patience):
                await connection.send(message)
        except TimeoutError:
            if not self.has_lost(connection):
                error = StreamError(f"{self._dialect.peer} took no data for {self._patience:g} s.")
                self.core.lost(Loss(error, transient=True), self.now)
                self.settle()
            connection.transport.abort()
            return False
        except ConnectionClosed:
            return False
        return True

    def has_lost(self, connection: ClientConnection | None) -> bool:
        """Whether it is known that this connection is gone."""
        return self.connection is not connection or self.core.state not in CONNECTED

    async def finish(self, want: Callable[[int], bool]) -> None:
        """Say that the audio is over, now or as soon as that can be said."""
        self.check_started()
        if want(self.now):
            self.settle()
            await self.write(self._dialect._finish())
        self.settle()

    async def close(self) -> None:
        """End it. Cancelled, wait for nobody any more, and leave nothing behind either."""
        self.core.close()
        self.settle()
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

    # The task

    async def _live(self) -> None:
        """Do what each state wants until the stream has ended."""
        core = self.core
        try:
            while core.state is not State.ENDED:
                if core.state is State.PAUSED:
                    await self._leave()
                    await self.until(lambda: core.state is not State.PAUSED)
                elif core.state is State.BROKEN:
                    await self._leave()
                    await asyncio.sleep((core.retry_at - self.now) / 1000)
                    core.retry()
                elif core.state is State.CONNECTING:
                    await self._join()
                else:
                    await self._listen()
                self.settle()
        finally:
            core.close()  # nobody is to wait for a life that a defect has ended
            self.settle()

    async def _join(self) -> None:
        joined = await join(
            self._url,
            headers=self._headers,
            patience=self._patience,
            peer=self._dialect.peer,
            refusal=self._dialect._refusal,
        )
        if isinstance(joined, Loss):
            self.core.lost(joined, self.now)
        else:
            self.connection = joined
            await self.write(self._dialect._begin(self.core.connected(self.now)))

    async def _listen(self) -> None:
        """Take messages until the state wants something else."""
        connection, core = self.connection, self.core
        assert connection is not None
        catching_up: asyncio.Task[None] | None = None
        try:
            async with asyncio.timeout_at(self._when()) as timer:
                self._timer = timer
                try:
                    while core.state in CONNECTED:
                        core.told(self._dialect._told(await connection.recv()), self.now)
                        if core.state is State.CATCHING_UP and catching_up is None:
                            catching_up = asyncio.create_task(self._catch_up())
                        self.settle()
                finally:
                    self._timer = None
        except TimeoutError:
            core.timed_out(self.now)
        except ConnectionClosed as error:
            core.lost(closed(error, self._dialect.peer), self.now)
        finally:
            if catching_up is not None:
                catching_up.cancel()
                await asyncio.wait([catching_up])

    async def _catch_up(self) -> None:
        """Send again what was lost, faster than it was spoken, and do what the caller waits for."""
        for frame in self.core.backlog:
            # Only PCM may be cut; what is pushed in one piece might be too long a silence else.
            for piece in cut(frame) if self._bytes_per_s else (frame,):
                if not await self.write(piece):
                    return
                if self._bytes_per_s:
                    await asyncio.sleep(len(piece) / self._bytes_per_s / CATCH_UP)
        await self.finish(self.core.caught_up)

    async def _leave(self) -> None:
        """Close a connection that is of no use any more."""
        if self.connection is not None:
            await self.connection.close()
            self.connection = None

    async def _shut(self) -> None:
        if self.connection is not None:
            await self.connection.close()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def _abort(self) -> None:
        if self.connection is not None:
            self.connection.transport.abort()
        if self._task is not None:
            self._task.cancel()

    def _when(self) -> float | None:
        """The core's deadline, on the loop's clock."""
        deadline = self.core.deadline
        return None if deadline is None else deadline / 1000
