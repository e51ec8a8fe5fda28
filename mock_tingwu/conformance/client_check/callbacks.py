"""Situations of the callbacks about Tingwu's tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mock_tingwu.conformance.client_check.situation import (
    Expectation,
    Kind,
    Situation,
    rule,
)


def _callback(
    id: str, title: str, does: str, advice: str, rules: tuple[Mapping[str, Any], ...], **more: Any
) -> Situation:
    given: dict[str, Any] = {
        "good": "has its results, each once",
        "fault": "hangs, crashes, or ends as if all were well without its results",
        "source": "tingwu-openapi 6",
        "expects": Expectation.CARRY_ON,
    }
    return Situation(
        id=f"CC-CALLBACK-{id}",
        title=title,
        kind=Kind.CALLBACKS,
        does=does,
        advice=advice,
        rules=rules,
        **{**given, **more},
    )


def _done(**fields: Any) -> Mapping[str, Any]:
    return {"service": "tingwu", "event": "COMPLETED", **fields}


SITUATIONS: Final = (
    _callback(
        "001",
        "a callback comes twice",
        "the callback of COMPLETED is sent twice",
        "Handle a callback by TaskId and status: a second one changes nothing.",
        (rule("callback_duplicate", _done()),),
    ),
    _callback(
        "002",
        "a callback comes late",
        "the callback of COMPLETED is sent 3 s late",
        "Wait for callbacks with some patience, or ask GetTaskInfo meanwhile.",
        (rule("callback_slow", _done(), ms=3_000),),
    ),
    _callback(
        "003",
        "a callback is lost",
        "the callback of COMPLETED is never sent",
        "Callbacks may be lost: ask GetTaskInfo after a while.",
        (rule("callback_lost", _done()),),
    ),
    _callback(
        "004",
        "callbacks out of order",
        "the callback of Transcription comes after that of COMPLETED",
        "Take the status of a callback, not the order in which they come.",
        (
            rule(
                "callback_slow",
                {"service": "tingwu", "event": "Transcription"},
                ms=1_500,
            ),
        ),
    ),
    _callback(
        "005",
        "unknown fields in callbacks",
        "callbacks have unknown fields and their keys in another order",
        "Read the members that you know by their names and ignore the others.",
        (),
        profile="plain,+key-order,+unknown-fields",
        source="RFC 8259 section 4",
    ),
    _callback(
        "006",
        "a callback that tells of a failure",
        "the task fails with TSC.AudioFormat, and the callback says so",
        "Look at TaskStatus in callbacks: FAILED comes in the same envelope.",
        (
            rule(
                "task_failed",
                {"service": "tingwu"},
                error_code="TSC.AudioFormat",
                stage="processing",
            ),
        ),
        good="ends with an error that names the ErrorCode or ErrorMessage",
        expects=Expectation.TELL,
        named=("TSC.AudioFormat",),
    ),
)
