"""Mutants of which one answer or callback of Live has not its shape."""

from __future__ import annotations

from functools import partial

from mock_tingwu.conformance.mutants import answers, without

from ._live import error_answers, event, posted, tasks_shown
from ._shapes import shape_mutant

_shape = partial(shape_mutant, "LV")


def _answer(number: int, action: str, field: str) -> None:
    _shape(
        number,
        f"live_{action.lower()}_without_{field.lower()}",
        f"the answer of {action} has no {field}",
        lambda: answers(action, without(field)),
    )


_answer(1, "CreateRtcAsrTask", "Description")
_answer(3, "StopRtcAsrTask", "Description")
_answer(4, "DeleteRtcAsrTask", "RequestId")
_shape(
    2,
    "live_task_without_a_tag",
    "a task of a Query has no tag",
    lambda: tasks_shown(lambda task: task.pop("tag")),
)


def _without_host_id(status: int, body: dict[str, object]) -> int:
    body.pop("HostId")
    return status


_shape(
    5,
    "live_error_without_host_id",
    "an error has no HostId",
    lambda: error_answers(_without_host_id),
)
_shape(
    6,
    "live_stream_without_language",
    "what is posted of a stream has no language",
    lambda: posted(lambda body: None if body["channel_id"] else body.pop("language")),
)
_shape(
    7,
    "live_channel_without_language",
    "what is posted of a channel has no language",
    lambda: posted(lambda body: body.pop("language") if body["channel_id"] else None),
)


def _content(number: int, name: str, field: str) -> None:
    _shape(
        number,
        f"live_{name.lower()}_without_{field}",
        f"the content of {name} has no {field}",
        lambda: event(lambda body: body["payload"].pop(field), name),
    )


_content(8, "SentenceBegin", "time")
_content(9, "TranscriptionResultChanged", "unfixed_result")
_content(10, "SentenceEnd", "stash_result")
_content(11, "ResultTranslated", "speaker_id")
