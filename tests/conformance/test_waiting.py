"""Waiting for a task: as long as it may still change, and no longer."""

from __future__ import annotations

import asyncio

import pytest

from mock_tingwu.conformance import load
from mock_tingwu.conformance.benches import PrivateBench
from mock_tingwu.conformance.mutants import ChangeAnswer, answers, with_value, without
from mock_tingwu.conformance.outside import Outside
from mock_tingwu.conformance.runner import FAIL, TARGET, Outcome, run
from mock_tingwu.conformance.selecting import selection


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
