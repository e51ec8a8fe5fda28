"""The soak for a moment, so that it cannot rot, and what it is made of: see `benchmarks.soak`."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from benchmarks.soak.checks import Ledger
from benchmarks.soak.sampling import slope
from benchmarks.soak.soaking import ACTS, Outcome, soak


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """What some seconds of it come to; it runs once."""
    return asyncio.run(soak(3, "memory", seed=5))


def test_a_short_soak_finds_nothing(outcome: Outcome) -> None:
    assert outcome.findings == []


def test_a_short_soak_does_everything_once(outcome: Outcome) -> None:
    assert set(outcome.acts) == {act.__name__ for act, _ in ACTS}
    assert outcome.entries["transition"] and outcome.entries["callback"]
    assert outcome.faults.total() and outcome.checked and outcome.sessions[0]
    assert outcome.samples


def test_the_slope_heeds_no_single_samples() -> None:
    points = [(float(x), 3.0 * x + 100) for x in range(30)]
    assert slope(points) == 3
    assert slope([*points, (15.5, 9000.0), (16.5, 8000.0)]) == 3
    assert slope([(0.0, 1.0)]) == 0


def entry(seq: int, kind: str, **fields: Any) -> dict[str, Any]:
    return {"seq": seq, "kind": kind, "task_id": "t", "service": "core", **fields}


def moved(seq: int, event: str, before: str, after: str) -> dict[str, Any]:
    return entry(seq, "transition", event=event, before=before, after=after)


def task(state: str, *steps: tuple[str, str, str], results: tuple[str, ...] = ()) -> dict[str, Any]:
    history = [{"event": "CREATE", "before": None, "after": "ONGOING"}]
    history += [{"event": e, "before": b, "after": a} for e, b, a in steps]
    shown = {"task_id": "t", "type": "offline", "state": state, "results": list(results)}
    return {**shown, "history": history}


HEARD = ("HEARD", "ONGOING", "FINISHING")
READY = ("RESULTS_READY", "FINISHING", "COMPLETED")


def a_whole_task(ledger: Ledger) -> None:
    ledger.take(moved(1, *HEARD))
    ledger.take(entry(2, "note", text="the result Transcription is ready"))
    ledger.take(moved(3, *READY))


def told(ledger: Ledger, *steps: str) -> None:
    for number, step in enumerate(steps, 4):
        ledger.take(entry(number, "callback", event=step, outcome="delivered"))


def test_a_task_that_did_all_it_should_is_no_finding() -> None:
    ledger = Ledger("s", strict=True)
    a_whole_task(ledger)
    told(ledger, "Transcription", "COMPLETED")
    whole = task("COMPLETED", HEARD, READY, results=("Transcription",))
    ledger.finish([whole], {"t": {"Transcription"}}, ["t"])
    assert ledger.findings == []


@pytest.mark.parametrize(
    ("shown", "finding"),
    [
        (task("COMPLETED", HEARD, READY), "is COMPLETED without ['Transcription']"),
        (task("COMPLETED", READY), "goes from ONGOING by RESULTS_READY, which is not possible"),
        (task("FAILED", HEARD, READY), "is FAILED, but its history ends with COMPLETED"),
        (task("FINISHING", HEARD), "is FINISHING when everything is over"),
        (task("FINISHING", HEARD), "has another history than the journal shows"),
    ],
)
def test_a_task_that_cannot_be_is_found(shown: dict[str, Any], finding: str) -> None:
    ledger = Ledger("s", strict=True)
    a_whole_task(ledger)
    ledger.finish([shown], {"t": {"Transcription"}}, [])
    assert any(finding in text for text in ledger.findings), ledger.findings


@pytest.mark.parametrize(
    ("steps", "finding"),
    [
        (("Transcription",), "nobody was told of COMPLETED, nor was it given up"),
        (("Transcription", "COMPLETED", "COMPLETED"), "1 callbacks more than steps"),
    ],
)
def test_callbacks_that_are_missing_or_doubled_are_found(
    steps: tuple[str, ...], finding: str
) -> None:
    ledger = Ledger("s", strict=True)
    a_whole_task(ledger)
    told(ledger, *steps)
    ledger.finish([], {}, ["t"])
    assert any(finding in text for text in ledger.findings), ledger.findings


def test_a_gap_in_the_journal_and_a_broken_file_are_found() -> None:
    ledger = Ledger("s", strict=True)
    ledger.take(entry(2, "note", text=""))
    broken = {"TaskId": 5}
    ledger.take(entry(3, "result", name="Transcription", form="tingwu", body=broken))
    gap, contract = ledger.findings
    assert "seq 2 of the journal follows 0" in gap
    assert "seq 3 of the journal breaks the contract" in contract
