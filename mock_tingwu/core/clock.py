"""Time. Everything in the core asks a `Clock`; nobody reads the machine's time directly.

Times are whole milliseconds since the Unix epoch.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from contextvars import copy_context
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

#: The last moment that a clock can show, well before dates end: the year 9000.
LAST_MOMENT = 221_845_392_000_000
#: So many timers of a virtual clock are not looked through for those that were cancelled.
_MANY = 1_000


def nothing() -> None:
    """What a timer does that is over."""


class Timer:
    """A call that is due at ``when``. `cancel` it to forget it."""

    __slots__ = ("callback", "cancelled", "order", "when")

    def __init__(self, when: int, order: int, callback: Callable[[], None]) -> None:
        self.when = when
        self.order = order
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True
        # Whatever it would have been done to can go, long before it would have been due.
        self.callback = nothing

    def __lt__(self, other: Timer) -> bool:
        return (self.when, self.order) < (other.when, other.order)


class Clock(Protocol):
    """What tells the time and calls back when it has come."""

    def now(self) -> int:
        """Milliseconds since the epoch."""
        ...

    def steady(self) -> int:
        """Milliseconds since some moment, to measure how long something takes.

        It goes at the pace of timers, and nowhere else when somebody sets the machine's time.
        """
        ...

    def call_later(self, delay: int, callback: Callable[[], None]) -> Timer:
        """Call ``callback`` once, ``delay`` ms from now. It must not raise."""
        ...

    def close(self) -> None:
        """Call nobody back any more."""
        ...


class VirtualClock:
    """Stands still until `advance` is called.

    `advance` runs every timer that falls due, in order of time and then of creation; timers that
    these timers create run too if they fall due within the same advance. During a timer's call the
    clock shows the time the timer was due. Like timers of an event loop they run in the context in
    which they were created.
    """

    def __init__(self, start: int) -> None:
        self._now = start
        self._timers: list[Timer] = []
        # When so many wait, those that were cancelled are taken out.
        self._many = _MANY
        self._created = 0
        self._closed = False

    def now(self) -> int:
        return self._now

    def steady(self) -> int:
        return self._now

    def call_later(self, delay: int, callback: Callable[[], None]) -> Timer:
        self._created += 1
        in_context = partial(copy_context().run, callback)
        timer = Timer(self._now + max(0, delay), self._created, in_context)
        if not self._closed:
            heapq.heappush(self._timers, timer)
            if len(self._timers) > self._many:
                self._tidy()
        return timer

    def _tidy(self) -> None:
        self._timers = [timer for timer in self._timers if not timer.cancelled]
        heapq.heapify(self._timers)
        self._many = max(_MANY, 2 * len(self._timers))

    def close(self) -> None:
        self._closed = True
        self._timers.clear()

    def next_due(self) -> int | None:
        """When the next timer falls due, None when there is none."""
        while self._timers and self._timers[0].cancelled:
            heapq.heappop(self._timers)
        return self._timers[0].when if self._timers else None

    def check(self, milliseconds: int) -> None:
        """See whether the clock can be moved on by so much.

        Raises:
            ValueError: time does not run backwards, nor beyond `LAST_MOMENT`.
        """
        whole = isinstance(milliseconds, int) and not isinstance(milliseconds, bool)
        if not whole or not 0 <= milliseconds <= LAST_MOMENT - self._now:
            longest = LAST_MOMENT - self._now
            raise ValueError(
                f"advance_ms is {milliseconds!r}, expected a whole number from 0 to {longest}"
            )

    def advance(self, milliseconds: int) -> None:
        """Move the clock on.

        Raises:
            ValueError: time does not run backwards, nor beyond `LAST_MOMENT`.
        """
        self.check(milliseconds)
        target = self._now + milliseconds
        while self.step(target):
            pass
        self._now = target

    def step(self, until: int) -> bool:
        """Move on to the next timer that is due by ``until`` (ms) and run it; False if none is."""
        due = self.next_due()
        if due is None or due > until:
            return False
        self._now = due
        heapq.heappop(self._timers).callback()
        return True


def as_datetime(milliseconds: int) -> datetime:
    """The moment as an aware UTC datetime."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
