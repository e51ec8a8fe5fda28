"""How a task came to be where it is: its transitions, each with its reason and its cause."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Final

#: So many steps are kept of a task, the newest. Only one that is paused without end has more.
MOST_STEPS: Final = 1_000

#: What moved a task, as far as it is known: ``request_id`` of the call, ``control`` call or
#: ``session`` that did it or began it, ``fault`` rule that wanted it, ``tick``: the time (ms) at
#: which a timer fell due.
Cause = Mapping[str, Any]
#: A transition: at (ms), event, before, after, why, cause. ``before`` is None for the beginning.
Step = dict[str, Any]


class History:
    """The steps of one task, oldest first."""

    def __init__(self, steps: Iterable[Step] = ()) -> None:
        self._steps: deque[Step] = deque(steps, maxlen=MOST_STEPS)
        self._gone = 0
        self._last_gone: Step = {}

    def add(self, step: Step) -> None:
        """Write down what has happened."""
        if len(self._steps) == MOST_STEPS:
            self._gone += 1
            self._last_gone = self._steps[0]
        self._steps.append(step)

    def shown(self) -> list[Step]:
        """The steps; in place of those that are gone one that says so."""
        if not self._gone:
            return list(self._steps)
        mark = dict.fromkeys(self._last_gone) | {
            "at": self._last_gone["at"],
            "after": self._last_gone["after"],
            "why": f"steps that are gone: {self._gone}; a task keeps the newest {MOST_STEPS}",
        }
        return [mark, *self._steps]
