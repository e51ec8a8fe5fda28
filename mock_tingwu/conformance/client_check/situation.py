"""What a situation is: what the mock does to a program, and what a good one makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

#: In a rule's ``nth``: the last one that the baseline had.
LAST: Final = "last"
#: What can be compared with the baseline: what the program fetched, showed, pushed, and whether it
#: has seen its task to its end.
RESULTS, CAPTIONS, AUDIO, STATUS = COMPARED = ("results", "captions", "audio", "status")


class Kind(StrEnum):
    """What a program has to use for a situation to concern it."""

    REALTIME = "realtime"
    TASKS = "tasks"
    FILES = "files"
    CALLBACKS = "callbacks"
    DASHSCOPE = "dashscope"
    DASHSCOPE_STREAM = "dashscope-stream"
    LIVE = "live"


class Expectation(StrEnum):
    """What is asked of a program; `mock_tingwu.conformance.client_check.judging` has the grades."""

    CARRY_ON = "carry on"
    """It loses nothing, or else says so."""
    TELL = "tell"
    """What was asked for cannot be had: it ends with another exit code than 0, and says why."""
    EITHER = "either"
    """Both are right: to lose nothing, or to give up and say why."""
    LESS = "less"
    """It carries on with what there is, and says what is missing."""
    GIVE_UP = "give up"
    """What never comes is waited for with a limit, and not asked for all the time."""


@dataclass(frozen=True, slots=True)
class Push:
    """A message that the mock sends by hand, behind the ``nth`` event of this name."""

    event: str
    text: str
    nth: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One situation.

    ``id`` is never used for another one. ``rules`` are faults, ``pushes`` messages by hand,
    ``profile`` and ``settings`` those of the mock; ``silent`` takes the speech out of the audio.
    ``needs`` is a kind of result that the baseline must have fetched. ``compared`` is what must
    be as in the baseline. ``named`` are words of which a program that tells must say one; without
    any, those that the mock has answered count. ``excused`` are rules (docs/violations.md) that
    the mock itself leads a client to break here.
    """

    id: str
    title: str
    kind: Kind
    does: str
    good: str
    fault: str
    advice: str
    source: str
    expects: Expectation
    rules: tuple[Mapping[str, Any], ...] = ()
    pushes: tuple[Push, ...] = ()
    profile: str = "plain"
    settings: Mapping[str, Any] = field(default_factory=dict)
    silent: bool = False
    needs: str = ""
    compared: tuple[str, ...] = COMPARED
    named: tuple[str, ...] = ()
    excused: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.id


def rule(
    type: str, match: Mapping[str, Any] | None = None, times: int | None = None, **given: Any
) -> Mapping[str, Any]:
    """A fault's rule as JSON (docs/faults.md)."""
    return {"match": dict(match or {}), "action": {"type": type, **given}, "times": times}
