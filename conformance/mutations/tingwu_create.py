"""Mutants whose CreateTask is not as documented."""

from __future__ import annotations

from contextlib import AbstractContextManager

from mock_tingwu.conformance.mutants import answers, mutant, with_value


@mutant("a meeting begins as ONGOING", area="TW-CREATE", caught_by=["TW-CREATE-001"])
def meeting_begins_as_ongoing() -> AbstractContextManager[None]:
    return answers("CreateTask", with_value("ONGOING", "Data", "TaskStatus"))


@mutant(
    "a request that makes no sense is answered with HTTP 500",
    area="TW-CREATE",
    caught_by=["TW-CREATE-002"],
)
def create_answers_500() -> AbstractContextManager[None]:
    return answers("CreateTask", lambda status, body: (500 if status == 400 else status, body))
