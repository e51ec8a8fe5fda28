"""How fast calls and audio come, told from the times at which they do.

Nothing here reads a clock: every method is given the time in ms.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from mock_tingwu.core.throttle import Throttle
from mock_tingwu.core.violations import Offence
from mock_tingwu.counting import counted

#: Callers that are remembered at a time; whoever has been quiet longest goes first.
MAX_CALLERS: Final = 1024
#: How often an offline task is looked at, at most (tingwu-openapi 2.1): every 1 to 5 min.
POLL_MS: Final = 60_000
#: The official sample pushes twice as fast as is spoken (realtime-ws 2.5, T2).
FASTEST: Final = 2
#: So much audio may be ahead of that: what the C++ SDK holds back (realtime-ws 2.5).
AHEAD_MS: Final = 6_000
#: After so long without audio the Java SDK warns (realtime-ws 2.5).
STALL_MS: Final = 5_000
#: What the C++ SDK sends in one piece, at most (realtime-ws 2.5).
FRAME_BYTES: Final = 16 * 1024


class TimePassed:
    """The time that has passed by whichever of two clocks shows more, in ms.

    A client waits in real time, a test moves a virtual clock on: either lets time pass. On the
    system's clock both are the same: without ``now`` there is but one.
    """

    def __init__(self, real_now: Callable[[], int], now: Callable[[], int] | None = None) -> None:
        self._real_now = real_now
        self._now = now
        self._real_before = real_now()
        self._before = 0 if now is None else now()
        self._passed = 0

    def __call__(self) -> int:
        """ms since the beginning; it never runs backwards."""
        real = self._real_now()
        passed = real - self._real_before
        self._real_before = real
        if self._now is not None:
            shown = self._now()
            passed = max(passed, shown - self._before)
            self._before = shown
        if passed > 0:
            self._passed += passed
        return self._passed


class CallPace:
    """The calls of one scope: how many there are in a second, and how soon after a refusal."""

    def __init__(self) -> None:
        self._throttle = Throttle()
        self._until: OrderedDict[tuple[str, str], tuple[int, int]] = OrderedDict()

    def call(self, caller: str, operation: str, limit: int, now: int) -> list[Offence]:
        """Take a call; ``limit`` is how many there may be in a second, 0 where nothing says so."""
        offences = []
        if self._throttle.admit(caller, operation, limit, now):
            offences.append(_too_many(operation, limit))
        told = self._until.get((caller, operation)) if self._until else None
        if told is not None and now >= told[0]:
            del self._until[caller, operation]
        elif told is not None:
            until, wait = told
            since = wait - (until - now)
            text = f"{operation} came {since} ms after it was throttled, told were {wait} ms"
            offences.append(Offence("no-back-off", text))
        return offences

    def throttled(self, caller: str, operation: str, wait: int, now: int) -> None:
        """The call was refused: the caller was told to wait so many ms."""
        self._until[caller, operation] = (now + wait, wait)
        if len(self._until) > MAX_CALLERS:
            self._until.popitem(last=False)


@lru_cache(maxsize=64)
def _too_many(operation: str, limit: int) -> Offence:
    text = f"more than {counted(limit, 'call')} of {operation} came within a second"
    return Offence("qps-exceeded", text)


class PollPace:
    """How often the unfinished tasks of one scope are looked at."""

    def __init__(self) -> None:
        self._last: OrderedDict[str, int] = OrderedDict()

    def poll(self, task_id: str, now: int, *, unfinished: bool) -> Offence | None:
        """Take a query; ``unfinished`` is what it was answered."""
        before = self._last.pop(task_id, None)
        if unfinished:
            self._last[task_id] = now
            if len(self._last) > MAX_CALLERS:
                self._last.popitem(last=False)
        if before is None or now - before >= POLL_MS:
            return None
        text = f"the task was looked at again after {now - before} ms, advised are {POLL_MS}"
        return Offence("polling-too-fast", text)


class AudioPace:
    """The frames of one stream that begins now, at ``position`` (ms of audio)."""

    def __init__(self, now: int, position: int) -> None:
        self._began = now
        self._position = position
        self._last: int | None = None
        self._burst = False

    def frame(self, now: int, position: int) -> Offence | None:
        """Take a frame; with it the stream stands at ``position``."""
        last, self._last = self._last, now
        if last is not None and now - last > STALL_MS:
            return Offence("audio-stall", f"no audio came for {now - last} ms")
        pushed, passed = position - self._position, now - self._began
        if self._burst or pushed - FASTEST * passed <= AHEAD_MS:
            return None
        self._burst = True  # one burst for each stream
        return Offence("audio-burst", f"{pushed} ms of audio came within {passed} ms")


def frame_too_long(size: int) -> Offence:
    """A frame of ``size`` bytes is longer than `FRAME_BYTES`."""
    return Offence("audio-frame-size", f"a frame has {size} bytes, at most are {FRAME_BYTES}")
