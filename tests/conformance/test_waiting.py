"""Waiting for a task: as long as it may still change, and no longer."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from mock_tingwu.conformance import Cloud, load
from mock_tingwu.conformance.benches import PrivateBench
from mock_tingwu.conformance.checks import Deviation
from mock_tingwu.conformance.mutants import ChangeAnswer, answers, with_value, without
from mock_tingwu.conformance.outside import Outside
from mock_tingwu.conformance.runner import FAIL, TARGET, Outcome, run
from mock_tingwu.conformance.selecting import selection
from mock_tingwu.conformance.waiting import wait_for_status


def outcome(case: str, operation: str, change: ChangeAnswer) -> Outcome:
    """What comes of a case if all answers of an operation are changed."""
    with Outside() as outside, answers(operation, change):
        [found] = asyncio.run(run(load().only(selection(case)), PrivateBench(), outside))
    return found


@pytest.mark.parametrize(
    ("case", "operation", "change", "sentence"),
    [
        (
            "TW-SHAPE-006",
            "GetTaskInfo",
            with_value("Running", "Data", "TaskStatus"),
            "TaskStatus is 'Running' after 0 s, expected FAILED",
        ),
        (
            "TW-SHAPE-006",
            "GetTaskInfo",
            without("Data", "TaskStatus"),
            "TaskStatus is None after 0 s, expected FAILED",
        ),
        (
            "DS-SHAPE-005",
            "getTask",
            with_value("1", "output", "status"),
            "status is '1' after 0 s, expected 2",
        ),
    ],
)
def test_a_status_that_no_document_has_is_not_waited_for(
    case: str, operation: str, change: ChangeAnswer, sentence: str
) -> None:
    found = outcome(case, operation, change)
    assert (found.verdict, found.cause, found.detail) == (FAIL, TARGET, sentence)


class Clock:
    """The part of a cloud that waiting is about."""

    def __init__(self) -> None:
        self.waited_s = 0.0

    async def pause(self, seconds: float) -> None:
        self.waited_s += seconds


def waited(*answers: dict[str, Any]) -> tuple[dict[str, Any] | str, float]:
    """What comes of waiting for status 0, or why nothing does, and how long it took."""
    clock, coming = Clock(), iter(answers)

    async def ask() -> dict[str, Any]:
        return next(coming, answers[-1])

    waiting = wait_for_status(
        cast(Cloud, clock), ask, "status", "errorCode", wanted=(0,), passing=(1, 3)
    )
    try:
        return asyncio.run(waiting), clock.waited_s
    except Deviation as deviation:
        return str(deviation), clock.waited_s


def test_a_task_is_waited_for_as_long_as_it_may_take() -> None:
    assert waited({"status": 3}, {"status": 1}, {"status": 0}) == ({"status": 0}, 2)
    assert waited({"status": 1}) == ("status is 1 after 600 s, expected 0", 600)


def test_an_end_of_another_kind_is_told_with_its_reason() -> None:
    failed = {"status": 2, "errorCode": "TSC.FileError"}
    sentence = "status is 2 (errorCode 'TSC.FileError') after 1 s, expected 0"
    assert waited({"status": 1}, failed) == (sentence, 1)
