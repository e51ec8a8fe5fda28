"""Flow control: how many calls a caller may make in a second (tingwu-openapi 3.5)."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Final, Self

WINDOW_MS: Final = 1000
#: Callers that are remembered at a time; whoever has been quiet longest goes first.
MAX_CALLERS: Final = 1024
_HIGHEST: Final = 100_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Calls per second and caller: CreateTask, and GetTaskInfo. 0 is without limit.

    Each of Live's calls has the limit of CreateTask, as documented (live-rtc-asr 1). No source
    tells the limits of the calls for hot words; they have none here.
    """

    create: int = 0
    query: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """``off``, ``documented`` (20 and 100), or two numbers with a slash: ``2/5``.

        Raises:
            ValueError: it is none of these; the message says what was expected.
        """
        if text == "off":
            return cls()
        if text == "documented":
            return cls(20, 100)
        numbers = text.split("/")
        if len(numbers) == 2 and all(n.isascii() and n.isdigit() and len(n) < 7 for n in numbers):
            create, query = map(int, numbers)
            if max(create, query) <= _HIGHEST:
                return cls(create, query)
        raise ValueError("off, documented, or calls per second such as 20/100")

    def of(self, operation: str) -> int:
        """The limit of an operation, 0 without."""
        if operation == "GetTaskInfo":
            return self.query
        return self.create if operation == "CreateTask" or "RtcAsrTask" in operation else 0


class Throttle:
    """Counts calls in a sliding window of one second. Calls that were refused do not count."""

    def __init__(self) -> None:
        self._calls: OrderedDict[tuple[str, str], deque[int]] = OrderedDict()

    def admit(self, caller: str, operation: str, limit: int, now: int) -> int:
        """Count a call at ``now`` (ms); 0, or how many ms to wait when the limit is reached."""
        if not limit:
            return 0
        key = caller, operation
        times = self._calls.setdefault(key, deque())
        self._calls.move_to_end(key)
        if len(self._calls) > MAX_CALLERS:
            self._calls.popitem(last=False)
        while times and times[0] <= now - WINDOW_MS:
            times.popleft()
        if len(times) >= limit:
            return times[0] + WINDOW_MS - now
        times.append(now)
        return 0
