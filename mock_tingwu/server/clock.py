"""The system clock: real time, timers on the running event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from mock_tingwu.core.clock import Clock, Timer, VirtualClock, nothing


def real_now() -> int:
    """The machine's time in ms since the epoch."""
    return time.time_ns() // 1_000_000


def steady() -> int:
    """The time in ms since some moment, whatever is made of the machine's time."""
    return time.monotonic_ns() // 1_000_000


class SystemClock:
    """Tells the machine's time. Must be used on the event loop's thread."""

    def __init__(self) -> None:
        self._closed = False
        self._timers: set[_LoopTimer] = set()

    def now(self) -> int:
        return real_now()

    def steady(self) -> int:
        return steady()

    def call_later(self, delay: int, callback: Callable[[], None]) -> Timer:
        timer = _LoopTimer(real_now() + delay, 0, callback)
        timer.waiting = self._timers
        timer.handle = asyncio.get_running_loop().call_later(max(0, delay) / 1000, timer.run)
        self._timers.add(timer)
        if self._closed:
            timer.cancel()
        return timer

    def close(self) -> None:
        self._closed = True
        # The loop would keep them, and all that they are about, for up to a day.
        for timer in list(self._timers):
            timer.cancel()


class _LoopTimer(Timer):
    __slots__ = ("handle", "waiting")
    #: The loop's own, which knows this one: None when it is over, or both would be garbage that
    #: only a collector finds, with all that the callback is about.
    handle: asyncio.TimerHandle | None
    #: Those of the same clock that are not due yet.
    waiting: set[_LoopTimer]

    def cancel(self) -> None:
        super().cancel()
        self.waiting.discard(self)
        handle, self.handle = self.handle, None
        if handle is not None:
            handle.cancel()

    def run(self) -> None:
        self.waiting.discard(self)
        self.handle = None
        callback, self.callback = self.callback, nothing
        callback()


def make_clock(mode: str) -> Clock:
    """A new clock: ``system``, or ``virtual`` standing at the real now."""
    return VirtualClock(real_now()) if mode == "virtual" else SystemClock()
