"""The system clock: real time, timers on the running event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from mock_tingwu.core.clock import Clock, Timer, VirtualClock


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

    def now(self) -> int:
        return real_now()

    def steady(self) -> int:
        return steady()

    def call_later(self, delay: int, callback: Callable[[], None]) -> Timer:
        timer = _LoopTimer(real_now() + delay, 0, lambda: None if self._closed else callback())
        timer.handle = asyncio.get_running_loop().call_later(max(0, delay) / 1000, timer.run)
        return timer

    def close(self) -> None:
        self._closed = True


class _LoopTimer(Timer):
    __slots__ = ("handle",)
    handle: asyncio.TimerHandle

    def cancel(self) -> None:
        super().cancel()
        self.handle.cancel()

    def run(self) -> None:
        if not self.cancelled:
            self.callback()


def make_clock(mode: str) -> Clock:
    """A new clock: ``system``, or ``virtual`` standing at the real now."""
    return VirtualClock(real_now()) if mode == "virtual" else SystemClock()
