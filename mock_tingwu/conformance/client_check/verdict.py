"""Verdicts: a grade with its reason and advice."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from mock_tingwu.conformance.client_check.situation import Situation


class Grade(StrEnum):
    """From best to worst; the last two say nothing of the program."""

    GOOD = "good"
    ACCEPTABLE = "acceptable"
    POOR = "poor"
    FAULT = "fault"
    NOT_REACHED = "not reached"
    NOT_JUDGED = "not judged"

    @property
    def rank(self) -> int:
        """How bad it is, from 0 for good; -1 where nothing is said of the program."""
        unknown = self in (Grade.NOT_REACHED, Grade.NOT_JUDGED)
        return -1 if unknown else list(Grade).index(self)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a program makes of a situation. ``output`` is the beginning and end of what it wrote."""

    situation: Situation
    grade: Grade
    reason: str
    seconds: float = 0.0
    code: int | None = None
    output: str = field(default="", repr=False)

    @property
    def advice(self) -> str:
        """What to do about it, in one sentence; none where it is good or not known."""
        wanting = (Grade.ACCEPTABLE, Grade.POOR, Grade.FAULT)
        return self.situation.advice if self.grade in wanting else ""

    @property
    def passed(self) -> bool:
        """Whether it is no fault."""
        return self.grade is not Grade.FAULT

    def __str__(self) -> str:
        told = f"{self.situation.id} ({self.situation.title}): {self.grade}. {self.reason}"
        return f"{told} {self.advice}".rstrip()

    def shown(self) -> dict[str, Any]:
        """The verdict as JSON."""
        situation = self.situation
        return {
            "id": situation.id,
            "title": situation.title,
            "kind": str(situation.kind),
            "grade": str(self.grade),
            "reason": self.reason,
            "advice": self.advice,
            "does": situation.does,
            "good": situation.good,
            "fault": situation.fault,
            "source": situation.source,
            "exit_code": self.code,
            "seconds": round(self.seconds, 2),
            "output": self.output,
        }
