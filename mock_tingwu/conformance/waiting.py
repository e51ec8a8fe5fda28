"""Waiting until a task has a certain status: how long, and how often it is asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import TYPE_CHECKING, Any, Final

from mock_tingwu.conformance.checks import Deviation, shown

if TYPE_CHECKING:
    from mock_tingwu.conformance.cloud import Cloud

#: How long results may take, in seconds of the target's clock.
RESULTS_LIMIT_S: Final = 600.0
#: The time limit of a case that waits for results, in seconds.
WITH_RESULTS_S: Final = RESULTS_LIMIT_S + 60
#: Pauses between questions, in seconds of the target's clock.
_LOOK_S: Final = 1.0


async def wait_for_status(
    cloud: Cloud,
    ask: Callable[[], Awaitable[dict[str, Any]]],
    field: str,
    error: str,
    *,
    wanted: Collection[Any],
    passing: Collection[Any],
) -> dict[str, Any]:
    """Ask until ``field`` of the answer is one of ``wanted``; return that answer.

    ``passing`` are the statuses that another one follows, by the document: a task with any other,
    whether the document has it or not, is not waited for. ``error`` is the field that says why a
    task has ended.

    Raises:
        Deviation: the task ends otherwise, or not within `RESULTS_LIMIT_S`.
    """
    waited = 0.0
    while True:
        answer = await ask()
        status = answer.get(field)
        if status in wanted:
            return answer
        if status not in passing or waited >= RESULTS_LIMIT_S:
            why = f" ({error} {shown(answer[error])})" if answer.get(error) else ""
            expected = " or ".join(map(str, wanted))
            raise Deviation(
                f"{field} is {shown(status)}{why} after {waited:g} s, expected {expected}"
            )
        await cloud.pause(_LOOK_S)
        waited += _LOOK_S
