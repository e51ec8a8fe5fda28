"""Mutants of which one realtime event has not its shape."""

from __future__ import annotations

from functools import partial

from mock_tingwu.conformance.mutants import Body, events

from ._shapes import events_lacking, shape_mutant

_shape = partial(shape_mutant, "RT")


def _lacks(number: int, event: str, field: str, *also: str) -> None:
    _shape(
        number,
        f"{event.lower()}_without_{field}",
        f"{event} has no {field}",
        lambda: events_lacking(field, lambda message: message["header"].get("name") == event),
        also,
    )


_lacks(1, "TranscriptionStarted", "status_text", "RT-EVENT-002", "RT-EVENT-004")
_lacks(2, "SentenceBegin", "time", "RT-EVENT-010")
_lacks(3, "TranscriptionResultChanged", "endTime")
_lacks(4, "SentenceEnd", "startTime")
_lacks(5, "ResultTranslated", "target_lang")
_lacks(7, "TaskFailed", "message_id")


def _with_text_as_id(message: Body) -> list[Body]:
    header = message["header"]
    if header.get("name") == "TranscriptionCompleted":
        header["message_id"] = "the last message"
    return [message]


_shape(
    6,
    "completed_with_text_as_id",
    "message_id of TranscriptionCompleted is no id",
    lambda: events(_with_text_as_id),
)
