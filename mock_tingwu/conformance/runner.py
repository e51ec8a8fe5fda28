"""The runner: cases in, outcomes out."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Final

from mock_tingwu.cassettes.parts import PartWriter
from mock_tingwu.cassettes.writer import CassetteWriter
from mock_tingwu.conformance.benches import Bench
from mock_tingwu.conformance.catalogue import INFO, Case, Catalogue
from mock_tingwu.conformance.checks import CLOSE, EVENTS, TIMING, Deviation
from mock_tingwu.conformance.cloud import Cloud
from mock_tingwu.conformance.deviations import KnownDeviation
from mock_tingwu.conformance.exchange import Wire
from mock_tingwu.conformance.http import Unreachable
from mock_tingwu.conformance.needs import Need, lacking
from mock_tingwu.conformance.outside import Outside
from mock_tingwu.conformance.streams import Refused

log = logging.getLogger("mock_tingwu")

PASS: Final = "pass"
FAIL: Final = "fail"
SKIP: Final = "skip"
NOTED: Final = "info"

#: Why a case failed: what the target does, that it gave no answer, that the case could not be
#: tried, or a defect of the kit.
TARGET: Final = "target"
UNREACHABLE: Final = "unreachable"
NOT_TESTABLE: Final = "not testable"
HARNESS: Final = "harness"
#: Why one failed that does not deviate any more, although a list says so.
STALE: Final = "stale"

#: How Python meets an answer that has not the shape which a case relies on.
_SHAPELESS: Final = (LookupError, TypeError, AttributeError, ValueError)
#: So many misfits are named in a detail.
_MOST_NAMED: Final = 3

#: What a session is judged for.
SESSION: Final[tuple[str, ...]] = (EVENTS, CLOSE, TIMING)
#: Levels on which a run depends, and causes that fail it whatever the level is.
BINDING: Final = ("MUST", "SHOULD")
GRAVE: Final = (UNREACHABLE, HARNESS, STALE)


def fails_run(verdict: str, level: str, cause: str) -> bool:
    """Whether a run fails by a case with this outcome."""
    return verdict == FAIL and (level in BINDING or cause in GRAVE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case. ``facets`` has the verdict of each part that was looked at.

    ``misfits`` are those of `Checks`.
    """

    case: Case
    verdict: str
    detail: str = ""
    cause: str = ""
    seconds: float = 0.0
    facets: dict[str, str] = field(default_factory=dict)
    misfits: dict[str, str] = field(default_factory=dict)
    schemas: dict[str, int] = field(default_factory=dict)
    left_behind: tuple[str, ...] = ()
    wire: Wire = field(default_factory=Wire)

    @property
    def is_failure(self) -> bool:
        """Whether a run fails by it."""
        return fails_run(self.verdict, self.case.level, self.cause)


async def run(
    catalogue: Catalogue,
    bench: Bench,
    outside: Outside,
    *,
    known: Collection[KnownDeviation] = (),
    cassette: CassetteWriter | None = None,
    on_start: Callable[[Case], None] = lambda case: None,
    on_outcome: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Outcome]:
    """Run all cases, `Bench.at_once` at a time; return the outcomes in the catalogue's order.

    Those that listen to the one live stream of a shared target take turns.

    ``known`` are those deviations that are about this target. What goes over the wire is recorded
    on the ``cassette``, each case as a part of it. What ``on_start`` and ``on_outcome`` raise ends
    the run.
    """
    reasons = {deviation.case: deviation for deviation in known}
    turns = asyncio.Semaphore(bench.at_once)
    # One stream is on, and whether two tasks may listen to it is not known.
    stream = asyncio.Lock()
    is_private = Need.SETTINGS in bench.offers()

    async def run_one(case: Case) -> Outcome:
        listens = Need.STREAM in case.needs and not is_private
        async with stream if listens else nullcontext(), turns:
            on_start(case)
            outcome = _judged(await _outcome(case, bench, outside, cassette), reasons.get(case.id))
            on_outcome(outcome)
            return outcome

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(run_one(case)) for case in catalogue]
    except ExceptionGroup as failed:
        # What a case raises is its outcome: this is of the functions that were given.
        raise failed.exceptions[0] from None
    return [task.result() for task in tasks]


async def _outcome(
    case: Case, bench: Bench, outside: Outside, cassette: CassetteWriter | None
) -> Outcome:
    only_on_mock, advice = lacking(case.needs, bench.offers())
    if only_on_mock:
        return Outcome(case, SKIP, f"only a mock can be tried so: {advice}", NOT_TESTABLE)
    if advice:
        return Outcome(case, FAIL, f"Not testable: missing: {advice}", NOT_TESTABLE)
    began = time.monotonic()
    try:
        async with bench.site(case, outside) as site:
            part = None if cassette is None else PartWriter(cassette, case.id)
            cloud = Cloud(site, outside, bench.pacing, part)
            try:
                outcome = await _tried(case, cloud)
            except BaseException:
                # The run breaks off. A task that goes on in the cloud costs money.
                for problem in await _undone(cloud):
                    log.warning("%s left something behind: %s", case.id, problem)
                raise
            left_behind = await _undone(cloud)
    except Exception as error:
        # Whatever goes wrong here is not the target's doing.
        return Outcome(case, FAIL, f"Harness error: {_where(error)}", HARNESS)
    return replace(outcome, seconds=time.monotonic() - began, left_behind=left_behind)


async def _undone(cloud: Cloud) -> tuple[str, ...]:
    """Undo what a case did; what could not be is returned, without secrets."""
    return tuple(map(cloud.http.redactor.text, await cloud.close()))


async def _tried(case: Case, cloud: Cloud) -> Outcome:
    check = cloud.check
    verdict, detail, cause = PASS, "", ""
    failed_facet = ""
    try:
        async with asyncio.timeout(case.time_limit) as timer:
            cloud.deadline = timer
            await case.run(cloud)
    except Deviation as error:
        verdict, detail, cause, failed_facet = FAIL, str(error), TARGET, error.facet
    except Unreachable as error:
        verdict, detail, cause = FAIL, str(error), UNREACHABLE
    except Refused as error:
        verdict, detail, cause = FAIL, str(error), TARGET
    except TimeoutError as error:
        verdict, cause = FAIL, TARGET
        detail = f"it took longer than {case.time_limit:g} s"
        if not timer.expired():
            detail, cause = f"Harness error: {_where(error)}", HARNESS
    except Exception as error:
        verdict, detail, cause = FAIL, f"Harness error: {_where(error)}", HARNESS
        if check.misfits and isinstance(error, _SHAPELESS):
            detail, cause = f"{_misfitting(check.misfits)}; so {_where(error)}", TARGET
    facets: dict[str, str] = {
        facet: FAIL if problems else PASS for facet, problems in check.facets.items()
    }
    if failed_facet:
        facets[failed_facet] = FAIL
    if verdict == PASS:
        problems = [problem for found in check.facets.values() for problem in found]
        if problems:
            verdict, detail, cause = FAIL, "; ".join(problems), TARGET
        elif check.count == 0:
            verdict, detail, cause = FAIL, "Harness error: the case looks at nothing", HARNESS
    redact = cloud.http.redactor.text
    session = {facet: facets[facet] for facet in SESSION if facet in facets}
    return Outcome(
        case,
        verdict,
        redact(detail),
        cause,
        facets=session if len(session) > 1 else {},
        misfits={redact(name): redact(message) for name, message in sorted(check.misfits.items())},
        schemas=dict(check.schemas),
        wire=cloud.http.wire,
    )


def _judged(outcome: Outcome, known: KnownDeviation | None) -> Outcome:
    """The outcome by the level of the case, and by whether it is known to deviate."""
    if outcome.verdict == SKIP or outcome.cause in (UNREACHABLE, HARNESS, NOT_TESTABLE):
        return outcome
    deviates = outcome.verdict == FAIL
    if known is not None:
        if deviates:
            detail = f"known deviation since {known.since}: {known.reason} ({outcome.detail})"
            return replace(outcome, verdict=NOTED, detail=detail)
        detail = "it is listed as a known deviation and is none any more: take it off the list"
        return replace(outcome, verdict=FAIL, cause=STALE, detail=detail)
    if outcome.case.level == INFO:
        detail = f"otherwise: {outcome.detail}" if deviates else "as assumed"
        return replace(outcome, verdict=NOTED, detail=detail)
    return outcome


def _misfitting(misfits: Mapping[str, str]) -> str:
    named = [f"{field} ({message})" for field, message in sorted(misfits.items())[:_MOST_NAMED]]
    if len(misfits) > _MOST_NAMED:
        named.append(f"{len(misfits) - _MOST_NAMED} more")
    return f"the case cannot go on, as the schemas do not fit: {', '.join(named)}"


def _where(error: BaseException) -> str:
    """An error and the place in our own code where it came up, without its values."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}: {error}{place}"
