"""What a run would do to a target: found out on mocks, so that nothing is touched and paid yet."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mock_tingwu.conformance.benches import Bench, PrivateBench
from mock_tingwu.conformance.catalogue import Case, Catalogue
from mock_tingwu.conformance.needs import Need, missing
from mock_tingwu.conformance.outside import Outside
from mock_tingwu.conformance.runner import run

#: The price of transcription, in CNY for an hour of audio (DashScope tingwu-meeting limits).
PRICE_PER_HOUR: Final = 0.6
#: How long a call takes in the cloud, in seconds: a guess.
CALL_S: Final = 0.2
#: Cases that are tried at the same time.
_AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True)
class Step:
    """What one case would use: calls by operation, audio and waiting in seconds."""

    case: Case
    calls: Counter[str]
    audio_s: float
    waited_s: float

    @property
    def seconds(self) -> float:
        """How long it takes in the cloud, about: audio is pushed as it is spoken."""
        return self.waited_s + self.audio_s + CALL_S * self.calls.total()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do, once everything is there that cases need.

    ``not_testable`` are those cases that something is still missing for, with what they need;
    ``left_out`` are for mocks alone. ``seconds`` is how long it takes, about.
    """

    steps: tuple[Step, ...]
    not_testable: tuple[tuple[Case, tuple[Need, ...]], ...]
    left_out: tuple[Case, ...]
    seconds: float

    @property
    def calls(self) -> Counter[str]:
        """Calls by operation."""
        total: Counter[str] = Counter()
        for step in self.steps:
            total.update(step.calls)
        return total

    @property
    def audio_s(self) -> float:
        """Audio that is transcribed, in seconds."""
        return sum(step.audio_s for step in self.steps)

    @property
    def cost(self) -> float:
        """What transcription costs, in CNY; results of language models are not in it."""
        return self.audio_s / 3600 * PRICE_PER_HOUR


async def plan(catalogue: Catalogue, bench: Bench) -> Plan:
    """Find out what a run on ``bench`` would do, without touching it."""
    tried, not_testable, left_out = [], [], []
    offers = bench.offers()
    for case in catalogue:
        needs = missing(case.needs, offers)
        if any(need.only_on_mock for need in needs):
            left_out.append(case)
            continue
        tried.append(case)
        if needs:
            not_testable.append((case, needs))
    turns = asyncio.Semaphore(_AT_ONCE)

    async def try_one(case: Case) -> Step:
        async with turns:
            mock = PrivateBench()
            await run(Catalogue([case]), mock, outside)
            used = mock.pacing
            return Step(case, used.calls, used.audio_s, used.waited_s)

    began = time.monotonic()
    with Outside() as outside:
        steps = await asyncio.gather(*(try_one(case) for case in tried))
    took_s = time.monotonic() - began
    return Plan(tuple(steps), tuple(not_testable), tuple(left_out), _seconds(bench, steps, took_s))


def _seconds(bench: Bench, steps: Sequence[Step], took_s: float) -> float:
    """How long a run takes, about, which has taken ``took_s`` on mocks."""
    if bench.is_mock:
        # Audio is pushed as fast as it goes, and a clock that can be advanced is not waited for.
        waited_s = 0.0 if Need.CLOCK in bench.offers() else sum(step.waited_s for step in steps)
        return took_s + waited_s / bench.at_once
    longest = max((step.seconds for step in steps), default=0.0)
    return max(longest, sum(step.seconds for step in steps) / bench.at_once)
