"""The runner: which verdict comes of what a case does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import pytest

from mock_tingwu.conformance import cloud as clouds
from mock_tingwu.conformance.catalogue import Case, Catalogue
from mock_tingwu.conformance.checks import CLOSE, EVENTS, TIMING, Deviation
from mock_tingwu.conformance.cloud import Cloud
from mock_tingwu.conformance.deviations import KnownDeviation
from mock_tingwu.conformance.http import Unreachable
from mock_tingwu.conformance.needs import Need
from mock_tingwu.conformance.outside import Outside
from mock_tingwu.conformance.runner import (
    FAIL,
    HARNESS,
    NOT_TESTABLE,
    NOTED,
    PASS,
    SKIP,
    STALE,
    TARGET,
    UNREACHABLE,
    Outcome,
    run,
)
from mock_tingwu.conformance.site import Site
from mock_tingwu.conformance.streams import Refused
from tests.conformance.cards import SECRET, Target, card

KNOWN = KnownDeviation("TW-TRIAL-001", "mock", "it is late", "2026-11-29")


async def deviates(cloud: Cloud) -> None:
    cloud.check.equal(1, 2, "it")


async def breaks_down(cloud: Cloud) -> None:
    cloud.check.that(True, "it")
    raise ZeroDivisionError("by zero")


async def passes(cloud: Cloud) -> None:
    cloud.check.that(True, "it")


def outcome_of(
    case: Case, target: Target | None = None, known: Collection[KnownDeviation] = ()
) -> Outcome:
    """Run one case; nothing is called, so that nobody has to be there."""
    outcomes = asyncio.run(run(Catalogue([case]), target or Target(), Outside(), known=known))
    return outcomes[0]


# Verdicts


def test_a_case_that_checks_and_finds_nothing_passes() -> None:
    outcome = outcome_of(card(run=passes))
    assert (outcome.verdict, outcome.detail, outcome.is_failure) == (PASS, "", False)


@pytest.mark.parametrize(
    ("level", "verdict", "is_failure"),
    [("MUST", FAIL, True), ("SHOULD", FAIL, True), ("MAY", FAIL, False), ("INFO", NOTED, False)],
)
def test_the_level_decides_what_a_deviation_is(level: str, verdict: str, is_failure: bool) -> None:
    outcome = outcome_of(card(run=deviates, level=level))
    assert (outcome.verdict, outcome.cause, outcome.is_failure) == (verdict, TARGET, is_failure)
    assert outcome.detail.endswith("it is 1, expected 2")


def test_an_assumption_that_holds_is_noted_as_such() -> None:
    outcome = outcome_of(card(run=passes, level="INFO"))
    assert (outcome.verdict, outcome.detail) == (NOTED, "as assumed")
    assert outcome_of(card(run=deviates, level="INFO")).detail.startswith("otherwise: ")


@pytest.mark.parametrize("level", ["MUST", "INFO"])
def test_a_target_that_does_not_answer_fails_the_run(level: str) -> None:
    async def meets(cloud: Cloud) -> None:
        raise Unreachable("it is away")

    outcome = outcome_of(card(run=meets, level=level))
    assert (outcome.verdict, outcome.cause, outcome.is_failure) == (FAIL, UNREACHABLE, True)


@pytest.mark.parametrize("error", [Deviation("it is otherwise"), Refused(403, {}, "no")])
def test_what_the_target_does_is_its_own_fault(error: Exception) -> None:
    async def meets(cloud: Cloud) -> None:
        raise error

    outcome = outcome_of(card(run=meets))
    assert (outcome.verdict, outcome.cause) == (FAIL, TARGET)
    assert str(error) in outcome.detail


@pytest.mark.parametrize("level", ["MUST", "INFO"])
def test_a_defect_of_the_kit_is_told_apart_and_fails_at_every_level(level: str) -> None:
    outcome = outcome_of(card(run=breaks_down, level=level))
    assert (outcome.verdict, outcome.cause, outcome.is_failure) == (FAIL, HARNESS, True)
    assert outcome.detail.startswith("Harness error: ZeroDivisionError: by zero at breaks_down:")


async def relies_on_a_task_id(cloud: Cloud) -> None:
    data: dict[str, str] = {}
    cloud.check.observe("tingwu/create-task-response", {"Data": data})
    data["TaskId"]


@pytest.mark.parametrize(
    ("level", "verdict", "is_failure"), [("MUST", FAIL, True), ("INFO", NOTED, False)]
)
def test_a_case_that_cannot_go_on_without_a_field_deviates(
    level: str, verdict: str, is_failure: bool
) -> None:
    outcome = outcome_of(card(run=relies_on_a_task_id, level=level))
    assert (outcome.verdict, outcome.cause, outcome.is_failure) == (verdict, TARGET, is_failure)
    assert "tingwu/create-task-response /Data/TaskId (" in outcome.detail
    assert "KeyError: 'TaskId' at relies_on_a_task_id:" in outcome.detail
    assert "tingwu/create-task-response /Data/TaskId" in outcome.misfits


def test_a_misfit_excuses_no_other_breakdown_of_the_kit() -> None:
    async def breaks_down_besides(cloud: Cloud) -> None:
        cloud.check.observe("tingwu/create-task-response", {})
        raise ZeroDivisionError

    assert outcome_of(card(run=breaks_down_besides)).cause == HARNESS


def test_misfits_alone_fail_no_case_and_have_no_secrets() -> None:
    async def observes(cloud: Cloud) -> None:
        cloud.check.observe("live/task-response", {SECRET: 1})
        await passes(cloud)

    outcome = outcome_of(card(run=observes))
    assert outcome.verdict == PASS
    assert "live/task-response /***" in outcome.misfits
    assert SECRET not in str(outcome.misfits)


def test_a_case_that_looks_at_nothing_proves_nothing() -> None:
    async def looks_at_nothing(cloud: Cloud) -> None:
        pass

    outcome = outcome_of(card(run=looks_at_nothing, level="INFO"))
    assert (outcome.verdict, outcome.cause, outcome.is_failure) == (FAIL, HARNESS, True)
    assert outcome.detail == "Harness error: the case looks at nothing"


def test_a_target_that_cannot_be_had_ready_is_no_deviation() -> None:
    class Broken(Target):
        @asynccontextmanager
        async def site(self, case: Case, outside: Outside) -> AsyncIterator[Site]:
            raise OSError("no port is free")
            yield

    outcome = outcome_of(card(run=passes), Broken())
    assert (outcome.verdict, outcome.cause) == (FAIL, HARNESS)
    assert "no port is free" in outcome.detail


# Time


def test_a_case_has_its_time() -> None:
    async def waits(cloud: Cloud) -> None:
        cloud.check.that(True, "it")
        await asyncio.Event().wait()

    outcome = outcome_of(card(run=waits, time_limit=0.01))
    assert (outcome.verdict, outcome.cause) == (FAIL, TARGET)
    assert outcome.detail == "it took longer than 0.01 s"


def test_a_time_limit_of_the_kit_is_not_the_cases() -> None:
    async def times_out(cloud: Cloud) -> None:
        raise TimeoutError("somewhere else")

    outcome = outcome_of(card(run=times_out))
    assert outcome.cause == HARNESS
    assert "TimeoutError: somewhere else" in outcome.detail


# Needs


@pytest.mark.parametrize("level", ["MUST", "INFO"])
def test_what_cannot_be_tried_is_red_and_says_what_is_missing(level: str) -> None:
    case = card(run=passes, needs=(Need.TINGWU, Need.OUTSIDE, Need.STREAM), level=level)
    outcome = outcome_of(case, Target([Need.TINGWU]))
    assert (outcome.verdict, outcome.cause) == (FAIL, NOT_TESTABLE)
    assert outcome.detail.startswith("Not testable: missing: an address at which")
    assert "--public-url" in outcome.detail and "--stream-url" in outcome.detail
    assert outcome.is_failure is (level == "MUST")


def test_what_only_a_mock_offers_is_left_out_elsewhere() -> None:
    case = card(run=passes, needs=(Need.CLOCK, Need.OUTSIDE))
    outcome = outcome_of(case, Target([]))
    assert (outcome.verdict, outcome.is_failure) == (SKIP, False)
    assert "only a mock can be tried so: a clock that can be advanced" in outcome.detail


# Known deviations


def test_a_known_deviation_is_noted_with_its_reason() -> None:
    outcome = outcome_of(card(run=deviates), known=[KNOWN])
    assert (outcome.verdict, outcome.is_failure) == (NOTED, False)
    assert outcome.detail == ("known deviation since 2026-11-29: it is late (it is 1, expected 2)")


@pytest.mark.parametrize("level", ["MUST", "INFO"])
def test_a_known_deviation_that_is_none_any_more_fails(level: str) -> None:
    outcome = outcome_of(card(run=passes, level=level), known=[KNOWN])
    assert (outcome.verdict, outcome.cause, outcome.is_failure) == (FAIL, STALE, True)
    assert "take it off the list" in outcome.detail


def test_a_known_deviation_excuses_no_defect_of_the_kit() -> None:
    assert outcome_of(card(run=breaks_down), known=[KNOWN]).cause == HARNESS
    untried = outcome_of(card(needs=(Need.OUTSIDE,)), Target([]), known=[KNOWN])
    assert (untried.verdict, untried.cause) == (FAIL, NOT_TESTABLE)


# Facets


def test_a_session_is_judged_for_each_facet() -> None:
    async def session(cloud: Cloud) -> None:
        cloud.check.note(EVENTS, None)
        cloud.check.note(CLOSE, "it closed with 1006")
        cloud.check.note(CLOSE, "nobody said why")
        cloud.check.note(TIMING, None)

    outcome = outcome_of(card(run=session))
    assert outcome.facets == {EVENTS: PASS, CLOSE: FAIL, TIMING: PASS}
    assert (outcome.verdict, outcome.cause) == (FAIL, TARGET)
    assert outcome.detail == "it closed with 1006; nobody said why"


def test_a_deviation_is_of_its_facet() -> None:
    async def session(cloud: Cloud) -> None:
        cloud.check.note(CLOSE, None)
        cloud.check.rising([2, 1], "times", facet=TIMING)

    assert outcome_of(card(run=session)).facets == {CLOSE: PASS, TIMING: FAIL}


def test_what_is_about_answers_has_no_facets() -> None:
    assert outcome_of(card(run=deviates)).facets == {}


# Afterwards


def test_what_was_done_is_undone_the_last_first_whatever_came_of_the_case() -> None:
    undone: list[str] = []

    async def begins(cloud: Cloud) -> None:
        async def undo(name: str) -> None:
            undone.append(name)

        cloud.later(lambda: undo("first"))
        cloud.later(lambda: undo("second"))
        raise ZeroDivisionError

    outcome = outcome_of(card(run=begins))
    assert undone == ["second", "first"]
    assert outcome.cause == HARNESS
    assert outcome.left_behind == ()


def test_what_cannot_be_undone_is_told_without_secrets_and_stops_nothing() -> None:
    undone: list[str] = []

    async def begins(cloud: Cloud) -> None:
        async def undo() -> None:
            undone.append("it")

        async def fail() -> None:
            raise Deviation(f"the task of {SECRET} cannot be stopped")

        cloud.later(undo)
        cloud.later(fail)
        cloud.check.that(True, "it")

    outcome = outcome_of(card(run=begins))
    assert undone == ["it"]
    assert outcome.verdict == PASS
    assert outcome.left_behind == ("the task of *** cannot be stopped",)


def test_undoing_has_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clouds, "CLEANUP_LIMIT_S", 0.01)

    async def begins(cloud: Cloud) -> None:
        cloud.later(asyncio.Event().wait)
        cloud.check.that(True, "it")

    outcome = outcome_of(card(run=begins))
    assert outcome.verdict == PASS
    assert outcome.left_behind == ("cleaning up took longer than 0.01 s",)


def test_checks_of_undoing_are_no_part_of_the_case() -> None:
    async def begins(cloud: Cloud) -> None:
        async def undo() -> None:
            cloud.check.note(EVENTS, "it is late")

        cloud.check.that(True, "it")
        cloud.later(undo)

    assert outcome_of(card(run=begins)).verdict == PASS


def test_a_run_that_breaks_off_undoes_what_it_did_and_tells_what_it_could_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    undone: list[str] = []

    async def goes_on(cloud: Cloud) -> None:
        async def undo() -> None:
            await asyncio.sleep(0)
            undone.append("it")

        async def fail() -> None:
            raise KeyError(SECRET)

        cloud.later(undo)
        cloud.later(fail)
        await asyncio.Event().wait()

    def full(outcome: Outcome) -> None:
        raise OSError("no space left")

    cases = Catalogue([card("TW-TRIAL-001", goes_on), card("TW-TRIAL-002", passes)])
    with pytest.raises(OSError, match="no space left"):
        asyncio.run(run(cases, Target(), Outside(), on_outcome=full))
    assert undone == ["it"]
    assert caplog.messages == ["TW-TRIAL-001 left something behind: KeyError: '***'"]


# The whole run


def test_no_secret_is_in_a_detail() -> None:
    async def tells(cloud: Cloud) -> None:
        cloud.check.equal(SECRET, "another", "the secret")

    assert outcome_of(card(run=tells)).detail == "the secret is '***', expected 'another'"


def test_outcomes_come_in_the_order_of_the_catalogue_whenever_cases_end() -> None:
    second_is_over = asyncio.Event()
    told: list[str] = []

    async def first(cloud: Cloud) -> None:
        await second_is_over.wait()
        await passes(cloud)

    async def second(cloud: Cloud) -> None:
        await passes(cloud)
        second_is_over.set()

    cases = Catalogue([card("TW-TRIAL-002", second), card("TW-TRIAL-001", first)])
    outcomes = asyncio.run(
        run(
            cases,
            Target(),
            Outside(),
            on_start=lambda case: told.append(f"{case.id} starts"),
            on_outcome=lambda outcome: told.append(f"{outcome.case.id} {outcome.verdict}"),
        )
    )
    assert [outcome.case.id for outcome in outcomes] == ["TW-TRIAL-001", "TW-TRIAL-002"]
    assert told[:2] == ["TW-TRIAL-001 starts", "TW-TRIAL-002 starts"]
    assert told[2:] == ["TW-TRIAL-002 pass", "TW-TRIAL-001 pass"]


def test_no_more_cases_run_at_a_time_than_the_bench_allows() -> None:
    running, most = 0, 0

    async def counts(cloud: Cloud) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        await passes(cloud)

    cases = Catalogue([card(f"TW-TRIAL-{n:03}", counts) for n in range(1, 8)])
    asyncio.run(run(cases, Target(at_once=2), Outside()))
    assert most == 2


def test_cases_that_listen_to_the_one_stream_of_a_target_take_turns() -> None:
    now = most = 0

    async def listens(cloud: Cloud) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        await passes(cloud)

    cases = Catalogue([card(f"LV-TRIAL-{n:03}", listens, needs=(Need.STREAM,)) for n in (1, 2, 3)])
    asyncio.run(run(cases, Target(offers=(Need.STREAM,), at_once=2), Outside()))
    assert most == 1
    asyncio.run(run(cases, Target(at_once=2), Outside()))
    assert most == 2


def test_what_a_case_waits_for_is_not_its_own_time() -> None:
    async def waits(cloud: Cloud) -> None:
        await cloud.pause(0.3)
        cloud.check.equal(1, 1, "one")

    assert outcome_of(card(run=waits, time_limit=0.1)).verdict == PASS
