"""Where the audio of a live task comes from: a stream that is pulled, or one that is imagined.

What is imagined, and recordings, go by the scope's clock: in a test on a virtual one, an hour of
stream takes moments. A stream that is really live is heard as it comes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from mock_tingwu import media
from mock_tingwu.core.clock import Clock, Timer
from mock_tingwu.core.reach import Reach
from mock_tingwu.core.scope import DECODED_RATE
from mock_tingwu.media import PullError
from mock_tingwu.services.outside import Outside

if TYPE_CHECKING:
    from mock_tingwu.media.pulled import Pulled

log = logging.getLogger("mock_tingwu")

#: The pace of streams that go by the clock: a step in ms, and the bytes of PCM in it.
STEP_MS: Final = 100
_STEP_BYTES: Final = DECODED_RATE * 2 * STEP_MS // 1000
#: So much of a recording is read ahead, in bytes of PCM: 2 s.
_AHEAD_BYTES: Final = 20 * _STEP_BYTES
#: An imagined stream that does not say how long it is ends after so much: as meetings do.
LONGEST_MS: Final = 24 * 60 * 60 * 1000
#: Waits between attempts to pull a stream that is not there, in ms; the last one repeats.
_WAITS_MS: Final = (1_000, 2_000, 5_000, 10_000, 30_000)

T = TypeVar("T")


class Listener(Protocol):
    """Who hears a source."""

    def hear_audio(self, pcm: bytes) -> None:
        """16-bit mono PCM at `DECODED_RATE` has come."""
        ...

    def hear_speech(self, milliseconds: int) -> None:
        """Audio of which the length alone is known counts as speech."""
        ...

    def interrupted(self, why: str) -> None:
        """Nothing comes any more, for now or for good. It may be told again."""
        ...

    def note(self, text: str) -> None:
        """Something is worth a line in the journal."""
        ...


class Source(Protocol):
    """Audio, from `begin` to `close`."""

    def begin(self, listener: Listener) -> None: ...

    def close(self) -> None: ...

    @property
    def pending(self) -> Collection[asyncio.Task[Any]]:
        """The jobs on real time that a virtual clock has to wait for."""
        ...


class ImaginedSource:
    """Speech for ``length`` ms by the clock."""

    def __init__(self, clock: Clock, length: int = LONGEST_MS) -> None:
        self._clock = clock
        self._left = length
        self._timer: Timer | None = None
        self._listener: Listener | None = None

    @property
    def pending(self) -> Collection[asyncio.Task[Any]]:
        return ()

    def begin(self, listener: Listener) -> None:
        if not self._left:
            return  # it was over before the mock was restarted
        self._listener = listener
        self._timer = self._clock.call_later(STEP_MS, self._step)

    def close(self) -> None:
        self._listener = None
        if self._timer is not None:
            self._timer.cancel()

    def _step(self) -> None:
        listener = self._listener
        assert listener is not None
        step = min(STEP_MS, self._left)
        self._left -= step
        self._timer = self._clock.call_later(STEP_MS, self._step)
        listener.hear_speech(step)
        if not self._left:
            listener.interrupted("the imagined stream is over")
            self.close()


class PulledSource:
    """The stream at ``url``, pulled again and again until it is closed.

    ``allowed`` tells the address that is contacted for a URL, None when it must not be, and
    ``reach`` is asked for every address that is connected to. A recording is heard once, at the
    pace of the clock, but for the ``heard`` ms at its beginning.
    """

    def __init__(
        self,
        clock: Clock,
        url: str,
        allowed: Callable[[str], str | None],
        heard: int = 0,
        outside: Outside | None = None,
        reach: Reach | None = None,
    ) -> None:
        self._outside = outside or Outside()
        self._reach = reach
        self._clock = clock
        self._url = url
        self._allowed = allowed
        self._listener: Listener | None = None
        self._stop = Event()
        self._worker = _Worker()
        self._timer: Timer | None = None
        self._job: asyncio.Task[None] | None = None
        self._follower: asyncio.Task[None] | None = None
        self._failures = 0
        # What was opened last. It lives on the worker's thread, where it is read and closed.
        self._pulled: Pulled | None = None
        # PCM of a recording that was read, but not heard yet; why there will be no more.
        self._ahead = bytearray()
        self._no_more = ""
        self._skip = heard * DECODED_RATE // 1000 * 2

    @property
    def thread(self) -> Thread:
        """The one that it is pulled in. After `close` it ends as soon as its server allows."""
        return self._worker.thread

    @property
    def pending(self) -> Collection[asyncio.Task[Any]]:
        return () if self._job is None or self._job.done() else (self._job,)

    def begin(self, listener: Listener) -> None:
        self._listener = listener
        self._spawn(self._open)

    def close(self) -> None:
        if self._stop.is_set():
            return
        self._listener = None
        self._stop.set()
        if self._timer is not None:
            self._timer.cancel()
        for job in (self._job, self._follower):
            if job is not None and job is not asyncio.current_task():
                job.cancel()
        self._worker.do(self._close_pulled)
        self._worker.finish()

    async def _open(self) -> None:
        try:
            pulled = await self._in_thread(self._pull)
        except PullError as error:
            self._missed(error.detail)
            return
        if self._listener is None:
            return
        self._listener.note(f"the stream: {pulled.described}")
        if pulled.recorded:
            await self._read_ahead(pulled)
            self._later(STEP_MS, lambda: self._step(pulled))
        else:
            self._follower = asyncio.create_task(self._guarded(partial(self._follow, pulled)))

    def _pull(self) -> Pulled:
        self._pulled = media.pull(
            self._url,
            DECODED_RATE,
            stop=self._stop.is_set,
            allowed=self._allowed,
            make_socket=self._outside.make_socket,
            reach=self._reach,
        )
        return self._pulled

    def _close_pulled(self) -> None:
        if self._pulled is not None:
            self._pulled.close()

    # A live stream

    async def _follow(self, pulled: Pulled) -> None:
        why = await self._hear(pulled)
        await self._in_thread(self._close_pulled)
        if pulled.note and self._listener is not None:
            self._listener.note(pulled.note)
        self._missed(why)

    async def _hear(self, pulled: Pulled) -> str:
        """Hear it to its end; return how it ended."""
        try:
            while pcm := await self._in_thread(partial(next, pulled, b"")):
                self._failures = 0
                if self._listener is not None:
                    self._listener.hear_audio(pcm)
        except PullError as error:
            return error.detail
        return "the stream has ended"

    def _missed(self, why: str) -> None:
        """The stream is away. Whoever sends it may come back."""
        wait = _WAITS_MS[min(self._failures, len(_WAITS_MS) - 1)]
        self._failures += 1
        if self._listener is not None:
            self._listener.interrupted(why)
        self._later(wait, lambda: self._spawn(self._open))

    # A recording

    async def _read_ahead(self, pulled: Pulled) -> None:
        try:
            while not self._no_more and len(self._ahead) < _AHEAD_BYTES:
                pcm = await self._in_thread(partial(next, pulled, b""))
                skipped = min(self._skip, len(pcm))
                self._skip -= skipped
                self._ahead += pcm[skipped:]
                if not pcm:
                    self._no_more = "the stream has ended"
        except PullError as error:
            self._no_more = error.detail
        if self._no_more:
            await self._in_thread(self._close_pulled)

    def _step(self, pulled: Pulled) -> None:
        listener = self._listener
        assert listener is not None
        pcm = bytes(self._ahead[:_STEP_BYTES])
        del self._ahead[:_STEP_BYTES]
        if pcm:
            listener.hear_audio(pcm)
        if self._ahead or not self._no_more:
            self._go_on(pulled)
        else:
            listener.interrupted(self._no_more)

    def _go_on(self, pulled: Pulled) -> None:
        if self._no_more or len(self._ahead) >= _AHEAD_BYTES // 2:
            self._later(STEP_MS, lambda: self._step(pulled))
        else:
            self._spawn(partial(self._refill, pulled))

    async def _refill(self, pulled: Pulled) -> None:
        await self._read_ahead(pulled)
        self._later(STEP_MS, lambda: self._step(pulled))

    # Both

    def _later(self, wait: int, callback: Callable[[], None]) -> None:
        if self._listener is not None:
            self._timer = self._clock.call_later(wait, callback)

    def _spawn(self, job: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._job = asyncio.get_running_loop().create_task(self._guarded(job))

    async def _guarded(self, job: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await job()  # made here: what is cancelled at once has begun nothing
        except media.Stopped:
            pass
        except Exception:
            log.exception("a defect of the mock interrupts a live stream")
            self._missed("a defect of the mock")

    async def _in_thread(self, call: Callable[[], T]) -> T:
        if self._stop.is_set():
            raise media.Stopped  # whoever listened has closed this, and the thread has ended
        return await self._outside.pulled(lambda: asyncio.wrap_future(self._worker.do(call)))


class _Worker:
    """A thread of its own: a live stream occupies one for as long as it lasts.

    It keeps no program from ending: libav may wait for a silent server for some seconds.
    """

    def __init__(self) -> None:
        self._jobs: SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = SimpleQueue()
        self.thread = Thread(target=self._run, name="mock-tingwu-pull", daemon=True)
        self.thread.start()

    def do(self, call: Callable[[], T]) -> Future[T]:
        """Call in the thread, after what was to be done before."""
        future: Future[T] = Future()
        self._jobs.put((call, future))
        return future

    def finish(self) -> None:
        """End the thread, after what was to be done before."""
        self._jobs.put(None)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            call, future = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(call())
            except BaseException as error:
                future.set_exception(error)
