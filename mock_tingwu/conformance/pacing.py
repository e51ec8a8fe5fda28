"""How fast a run may call, which is no faster than an account may, and what it has used."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Final

#: Calls per second and account (Tingwu guides: CreateTask 20, GetTaskInfo 100; Live: 20 each;
#: DashScope says 100 for getTask). What has no number of its own counts as CreateTask.
DOCUMENTED_QPS: Final = {"GetTaskInfo": 100, "getTask": 100}
USUAL_QPS: Final = 20


class Pacing:
    """Gives each call its turn, and counts what is used.

    ``calls`` are by operation. ``audio_s`` is the audio that was pushed or handed over to be
    fetched, ``waited_s`` what was waited for by the target's clock, both in seconds. A run shares
    one. ``share`` is how much of the documented rate is used, None for no limit: on an account that
    others use too, half is polite.
    """

    def __init__(self, share: float | None = 0.5) -> None:
        self.calls: Counter[str] = Counter()
        self.audio_s = 0.0
        self.waited_s = 0.0
        self._share = share
        self._next: dict[str, float] = {}

    async def turn(self, operation: str) -> None:
        """Wait until one more call of ``operation`` is polite."""
        self.calls[operation] += 1
        if self._share is None:
            return
        interval = 1 / (DOCUMENTED_QPS.get(operation, USUAL_QPS) * self._share)
        now = asyncio.get_running_loop().time()
        due = max(now, self._next.get(operation, 0.0))
        self._next[operation] = due + interval
        await asyncio.sleep(due - now)
