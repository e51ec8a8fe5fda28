"""Mutants of which one answer, file, event or callback of DashScope has not its shape."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from mock_tingwu.conformance.agent_mutants import showing
from mock_tingwu.conformance.mutants import Body, ChangeAnswer, answers, with_value, without

from ._shapes import emptied, events_lacking, lacking, shape_mutant, where
from .dashscope_callbacks import telling

_shape = partial(shape_mutant, "DS")

# Tasks


def _status(status: int) -> Callable[[Body], bool]:
    return lambda body: body.get("output", {}).get("status") == status


def _answer(number: int, name: str, breaks: str, operation: str, change: ChangeAnswer) -> None:
    _shape(number, name, breaks, lambda: answers(operation, change))


_answer(
    1,
    "task_without_usage",
    "the answer to a new task has no usage",
    "createTask",
    where(lambda body: not _status(3)(body), without("usage")),
)
_answer(
    2,
    "meeting_without_usage",
    "the answer to a new meeting has no usage",
    "createTask",
    where(_status(3), without("usage")),
)
_answer(
    3,
    "link_is_a_list",
    "autoChaptersPath is a list of links",
    "getTask",
    with_value(lambda link: [link], "output", "autoChaptersPath"),
)
_answer(
    3,
    "done_without_a_link",
    "getTask of a task that is done has no autoChaptersPath",
    "getTask",
    where(_status(0), without("output", "autoChaptersPath")),
)
_answer(
    4,
    "running_without_usage",
    "getTask has no usage while the task runs",
    "getTask",
    where(_status(1), without("usage")),
)
_answer(
    5,
    "failed_without_message",
    "a task that has failed has no errorMessage",
    "getTask",
    where(_status(2), without("output", "errorMessage")),
)
_answer(
    6,
    "meeting_asked_without_usage",
    "getTask has no usage while the meeting is transcribed",
    "getTask",
    where(_status(3), without("usage")),
)

_answer(
    4,
    "running_as_done",
    "getTask says that a task is done while it runs",
    "getTask",
    where(_status(1), with_value(0, "output", "status")),
)
_answer(
    6,
    "meeting_as_done",
    "getTask says that a meeting is done while it is transcribed",
    "getTask",
    where(_status(3), with_value(0, "output", "status")),
)

# Result files


def _file(kind: str, field: str, *numbers: int) -> None:
    """The files that the mock makes of its results of this kind: of both agents alike."""
    first, *others = numbers
    _shape(
        first,
        f"{kind.lower()}_without_{field.lower()}",
        f"files of {kind} have no {field}",
        lambda: showing(kind, lacking(field)),
        [f"DS-SHAPE-{number:03}" for number in others],
    )


_file("Transcription", "audioSegments", 7)
_file("Translation", "sentenceId", 8)
_file("AutoChapters", "headline", 9)
_file("Summarization", "question", 10)
_file("MeetingAssistance", "sentenceId", 11)
_file("TextPolish", "sentenceIds", 12)
_file("CustomPrompt", "truncated", 13)
_file("ServiceInsights", "remarks", 14, 16)
_file("SaleInsights", "missedSum", 15, 17)
_file("IdentityRecognition", "identity", 18)
_file("CustomerConcerns", "remarks", 19)
_file("CustomerProfile", "oneSentenceSumUp", 20)
_file("PptExtraction", "availableForSummary", 21)


def _empty(kind: str, numbers: Collection[int], *lists: str) -> None:
    """Those of which the schema does not ask for all that there is."""
    first, *others = numbers
    _shape(
        first,
        f"{kind.lower()}_empty",
        f"there is nothing in files of {kind}",
        lambda: showing(kind, emptied(*lists)),
        [f"DS-SHAPE-{number:03}" for number in others],
    )


_empty("Transcription", [7], "paragraphs")
_empty("Translation", [8], "paragraphs")
_empty("AutoChapters", [9])
_empty("Summarization", [10])
_empty("MeetingAssistance", [11])
_empty("TextPolish", [12])
_empty("CustomPrompt", [13])
_empty("ServiceInsights", [14, 16], "generalServiceInsights", "serviceInsights")
_empty("IdentityRecognition", [18], "identityResults")
_empty("CustomerConcerns", [19])
_empty("PptExtraction", [21], "keyFrameList")

# Faults, temporary keys, callbacks

_answer(
    22,
    "fault_without_request_id",
    "a fault has no request_id",
    "createTask",
    where(lambda body: "code" in body, without("request_id")),
)
_answer(
    23,
    "token_expires_at_text",
    "expires_at is text",
    "createToken",
    with_value(str, "expires_at"),
)
_shape(
    24,
    "callback_without_request_id",
    "a callback has no requestId",
    lambda: telling(lambda body: lacking("requestId")(body)),
)

# Events


def _event(number: int, name: str, field: str, is_meant: Callable[[Body], object]) -> None:
    _shape(
        number,
        f"{name.replace('-', '_')}_without_{field.lower()}",
        f"{name.replace('-', ' ')} has no {field}",
        lambda: events_lacking(field, is_meant),
    )


def _called(name: str) -> Callable[[Body], bool]:
    return lambda message: message["header"].get("event") == name


def _saying(action: str, *parts: str) -> Callable[[Body], bool]:
    def is_meant(message: Body) -> bool:
        output = message.get("payload", {}).get("output", {})
        return output.get("action") == action and all(part in output for part in parts)

    return is_meant


def _of_an_instruction(message: Body) -> bool:
    output = message.get("payload", {}).get("output", {})
    return "beginTime" in output.get("transcription", {})


_event(25, "task-started", "task_id", _called("task-started"))
_event(26, "speech-listen", "task_id", _saying("speech-listen"))
_event(27, "transcription", "endTime", _saying("recognize-result", "transcription"))
_event(28, "translations", "sourceLang", _saying("recognize-result", "translations"))
_event(29, "instruction", "beginTime", _of_an_instruction)
_event(30, "ai-result", "correction", _saying("ai-result"))
_event(31, "speech-end", "task_id", _saying("speech-end"))
_event(32, "task-finished", "task_id", _called("task-finished"))
_event(33, "failure-of-an-agent", "errorMessage", _saying("task-failed"))
_event(34, "failure-of-the-platform", "error_message", _called("task-failed"))
_event(35, "ping", "task_id", _saying("ping"))
