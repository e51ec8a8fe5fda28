"""Which calls are made again, after what, and how much later.

| | `SAFE` | `MAKING` |
|---|---|---|
| not sent, as nobody took the connection | again | again |
| throttled | again | again |
| the service itself says 5xx | again | once more |
| the connection broke, no answer came in time, or a proxy's | again | never |

A call that makes something is repeated where it is certain that nothing was made. The exception is
an error with 5xx in the service's own words: it says that it has failed, and the one SDK of the
vendor that repeats calls at all repeats these, createTask included (dashscope-tingwu 8.3). That SDK
also repeats what broke off; here nobody has a second task that was not asked for.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random
from typing import Final, TypeVar

from mock_tingwu.client.errors import ClientError, Mishap, ServiceError, Unreachable

#: The longest pause before the first repetition when the service names none, in seconds; it
#: doubles from one to the next.
FIRST_S: Final = 0.2
#: No pause that the service does not ask for is longer, in seconds.
LONGEST_S: Final = 10.0
#: No repetition begins so many seconds after the first attempt, or later.
BUDGET_S: Final = 60.0

#: How often a call is repeated after each mishap.
Policy = Mapping[Mishap, int]
#: For calls that can be made twice without harm: they read, end, replace or delete.
SAFE: Final[Policy] = {
    Mishap.UNSENT: 3,
    Mishap.THROTTLED: 5,
    Mishap.FAILED: 3,
    Mishap.UNKNOWN: 3,
}
#: For calls that make something, or have a task worked on again.
MAKING: Final[Policy] = {
    Mishap.UNSENT: 3,
    Mishap.THROTTLED: 5,
    Mishap.FAILED: 1,
    Mishap.UNKNOWN: 0,
}

#: Headers that say how long to wait, and how many of their units are a second. The first is what
#: Tea SDKs read, in ms like all their pauses (tingwu-openapi 3.5); the others are read by
#: DashScope's (dashscope-tingwu 8.3).
_UNITS: Final = (("x-acs-retry-after", 1000), ("retry-after-ms", 1000), ("retry-after", 1))
_NUMBER: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Retries:
    """Makes calls again as the table says, with pauses that grow and are drawn at random.

    ``budget`` is the time in seconds after which no repetition begins; 0 is for none at all. A
    service that asks for more time than is left has its error raised at once. ``random`` and
    ``sleep`` are for tests.
    """

    budget: float = BUDGET_S
    random: Random = field(default_factory=Random)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def __post_init__(self) -> None:
        if not 0 <= self.budget < math.inf:
            raise ValueError(f"budget is {self.budget!r}, expected a number of seconds from 0")

    async def run(self, call: Callable[[], Awaitable[A]], policy: Policy) -> A:
        """What ``call`` answers in the end. Raises the error of the last attempt."""
        now = asyncio.get_running_loop().time
        end = now() + self.budget
        repeated: Counter[Mishap] = Counter()
        while True:
            try:
                return await call()
            except ClientError as error:
                mishap = error.mishap
                if mishap is Mishap.UNKNOWN and not policy[mishap]:
                    doubt = "It may have been done all the same: look before you ask again."
                    raise Unreachable(f"{error} {doubt}", mishap) from None
                if mishap is None or repeated[mishap] >= policy[mishap]:
                    raise
                pause = self._pause(error, repeated.total())
                if now() + pause >= end:
                    raise
            repeated[mishap] += 1
            await self.sleep(pause)

    def _pause(self, error: ClientError, repeated: int) -> float:
        if isinstance(error, ServiceError) and error.retry_after is not None:
            # Never earlier, and not all at the same moment.
            return error.retry_after + self.random.uniform(0, FIRST_S)
        return self.random.uniform(0, min(LONGEST_S, FIRST_S * 2**repeated))


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """How many seconds an answer asks to wait; None when it does not, or in no way that is known.

    ``headers`` are found by lower-case names. Nothing and less than nothing are no time to wait, as
    for the Tea SDKs (tingwu-openapi 3.5).
    """
    for name, unit in _UNITS:
        if _NUMBER.fullmatch(headers.get(name, "")) and float(headers[name]) > 0:
            return float(headers[name]) / unit
    try:
        moment = parsedate_to_datetime(headers.get("retry-after", ""))
    except (ValueError, TypeError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    left = (moment - now).total_seconds()
    return left if left > 0 else None
