"""The garbage collector of a process that only serves."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from typing import Final

#: After a scope has ended so much time passes before its garbage is collected, in seconds: others
#: may end with it, and whoever was connected is told goodbye.
SOON_S: Final = 0.5
#: Between two such passes there is so much more time than the last one has taken.
REST: Final = 100


def calm() -> None:
    """Keep what is alive at start out of the collector's way, and let it come rarely.

    Its passes are what makes the slowest answers slow: one over 10,000 new objects takes a
    millisecond, one over 50,000 eight. A program that a mock merely runs in keeps its own settings.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 250, 1_000)


class Sweeper:
    """Collects what scopes leave that have ended. They are full of cycles, and after `calm` nobody
    else would come by in hours.

    Call `sweep_soon` on the event loop's thread. However much there is to look through, passes
    take a hundredth of the time.
    """

    def __init__(self, collect: Callable[[], object] = gc.collect) -> None:
        self._collect = collect
        self._waiting = False
        self._not_before = 0.0

    def sweep_soon(self) -> None:
        """A scope has ended."""
        if self._waiting:
            return
        self._waiting = True
        loop = asyncio.get_running_loop()
        wait = max(SOON_S, self._not_before - time.monotonic())
        loop.call_later(wait, self._sweep)

    def _sweep(self) -> None:
        self._waiting = False
        began = time.monotonic()
        self._collect()
        ended = time.monotonic()
        self._not_before = ended + REST * (ended - began)
