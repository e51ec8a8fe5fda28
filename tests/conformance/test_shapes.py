"""One field that a service leaves out fails the case about that shape, and not all that meet it."""

from __future__ import annotations

import asyncio

from mock_tingwu import MockTingwu
from mock_tingwu.conformance import load
from mock_tingwu.conformance.benches import PrivateBench, SharedBench
from mock_tingwu.conformance.mutants import ChangeAnswer, answers, load_mutants, with_value, without
from mock_tingwu.conformance.outside import Outside
from mock_tingwu.conformance.runner import FAIL, HARNESS, PASS, TARGET, Outcome, run
from mock_tingwu.conformance.selecting import selection

MUTANTS = {mutant.name: mutant for mutant in load_mutants()}
MISSING = "realtime/event /header/status_text"


def outcomes(mutant: str, cases: str) -> dict[str, Outcome]:
    """What comes of these cases against a mutant, by their ids."""
    selected = load().only(selection(cases))
    with Outside() as outside, MUTANTS[mutant].apply():
        found = asyncio.run(run(selected, PrivateBench(), outside))
    return {outcome.case.id: outcome for outcome in found}


def test_a_field_that_is_left_out_fails_the_case_about_it_and_is_noted_by_the_others() -> None:
    found = outcomes("rt-shape-transcriptionstarted-without-status-text", "RT-SHAPE, RT-STOP")
    failed = [id for id, outcome in found.items() if outcome.verdict == FAIL]
    assert failed == ["RT-SHAPE-001"]
    assert "status_text" in found["RT-SHAPE-001"].detail
    others = [outcome for id, outcome in found.items() if id.startswith("RT-STOP")]
    assert len(others) > 10
    for outcome in others:
        started = any('"TranscriptionStarted"' in frame.text for frame in outcome.wire.frames)
        assert outcome.misfits == ({MISSING: "is missing"} if started else {}), outcome.case.id


def test_a_case_that_needs_the_field_fails_as_well() -> None:
    found = outcomes("rt-shape-transcriptionstarted-without-status-text", "RT-EVENT-002")
    assert found["RT-EVENT-002"].verdict == FAIL
    assert found["RT-EVENT-002"].cause == TARGET


def test_no_case_breaks_down_for_want_of_a_field() -> None:
    """Cases that index into a file whose wrapper is not there."""
    found = outcomes("tw-result-files-without-wrapper", "TW-RESULT-00?")
    failed = [outcome for outcome in found.values() if outcome.verdict == FAIL]
    assert failed
    assert [outcome.detail for outcome in failed if outcome.cause == HARNESS] == []


def test_a_documented_field_has_to_be_there_at_a_url_as_well() -> None:
    """Its form is tolerated there, since it is in records alone."""
    selected = load().only(selection("TW-SHAPE-001"))

    def verdict(change: ChangeAnswer) -> str:
        with MockTingwu() as mock, Outside() as outside, answers("CreateTask", change):
            environ = {"TINGWU_APP_KEY": "any"} | dict(mock.environ)
            bench = SharedBench(mock.url, environ=environ)
            [outcome] = asyncio.run(run(selected, bench, outside))
        return outcome.verdict

    assert verdict(with_value("b2f1c0de-0000-4000-8000-000000000000", "RequestId")) == PASS
    assert verdict(without("RequestId")) == FAIL
