"""Waiting for a task: how it stands is asked for again and again, ever less often."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator
from random import Random
from typing import Final, Protocol, TypeVar

from mock_tingwu.client.checks import check_seconds
from mock_tingwu.client.errors import ServiceError, Unreachable
from mock_tingwu.client.retries import Retries

#: How long a task may take until its results are ready, in seconds: the cloud promises them within
#: three hours (tingwu-openapi 2.1).
RESULTS_TIMEOUT_S: Final = 3 * 60 * 60.0
#: The first pause, in seconds, and how much longer each is than the one before.
FIRST_PAUSE_S: Final = 1.0
GROWTH: Final = 1.5
#: Pauses differ by up to this part of themselves, so that many tasks are not asked about at once.
JITTER: Final = 0.1


class State(Protocol):
    """How a task stands, as far as waiting for it goes."""

    @property
    def status(self) -> object: ...

    @property
    def results(self) -> Collection[str]: ...

    @property
    def finished(self) -> bool: ...


S = TypeVar("S", bound=State)


async def finished(
    task_id: str,
    ask: Callable[[], Awaitable[S]],
    *,
    poll_interval: float | None,
    advised: float,
    on_change: Callable[[S], None] | None,
    timeout: float,
    retries: Retries,
) -> S:
    """Ask until the task is finished; return how it ended.

    With a ``poll_interval`` it is asked every so many seconds, else in pauses that grow to
    ``advised``. A service that still throttles when ``ask`` has given up is asked again later.
    ``on_change`` is told the first state and every later one with another status or more results.

    Raises:
        Unreachable: ``timeout`` seconds were not enough.
        ValueError: ``poll_interval`` or ``timeout`` is no time.
    """
    check_seconds("timeout", timeout)
    if poll_interval is not None:
        check_seconds("poll_interval", poll_interval)
    seen: tuple[object, frozenset[str]] | None = None
    status: object = "unknown"
    try:
        async with asyncio.timeout(timeout) as limit:
            for pause in pauses(poll_interval, advised, retries.random):
                try:
                    info = await ask()
                except ServiceError as error:
                    if not error.throttled:
                        raise
                    await retries.sleep(max(pause, error.retry_after or 0))
                    continue
                status = info.status
                state = (status, frozenset(info.results))
                if on_change is not None and state != seen:
                    seen = state
                    on_change(info)
                if info.finished:
                    return info
                await retries.sleep(pause)
    except TimeoutError:
        if not limit.expired():
            raise
    message = f"The task {task_id} is still {status!s} after {timeout:g} s."
    raise Unreachable(message) from None


def pauses(given: float | None, advised: float, random: Random) -> Iterator[float]:
    """The pauses between two questions in seconds, without end: all as given, or growing."""
    pause = FIRST_PAUSE_S
    while True:
        if given is not None:
            yield given
        else:
            yield pause * random.uniform(1 - JITTER, 1 + JITTER)
            pause = min(advised, pause * GROWTH)
