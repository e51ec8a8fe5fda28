"""Mutants of which one answer, file or callback of Tingwu has not its shape."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from mock_tingwu.conformance.mutants import Body, answers, with_value, without

from ._calls import starts
from ._shapes import emptied, lacking, shape_mutant, where
from .tingwu_callback import said_otherwise
from .tingwu_result import file

_shape = partial(shape_mutant, "TW")


def _status(status: str) -> Callable[[Body], bool]:
    """Whether an answer is about a task of this status, and not about the begin of a meeting."""
    return lambda body: body.get("Data", {}).get("TaskStatus") == status


# Tasks

_shape(
    1,
    "meeting_without_request_id",
    "the answer to a new meeting has no RequestId",
    lambda: starts(without("RequestId")),
)
_shape(
    2,
    "offline_without_request_id",
    "the answer to a new offline task has no RequestId",
    lambda: answers("CreateTask", where(_status("ONGOING"), without("RequestId"))),
)
_shape(
    3,
    "stop_without_message",
    "the answer to stop has no Message",
    lambda: answers("CreateTask", where(_status("COMPLETED"), without("Message"))),
)
_shape(
    4,
    "running_without_message",
    "GetTaskInfo has no Message while the task runs",
    lambda: answers("GetTaskInfo", where(_status("ONGOING"), without("Message"))),
)
_shape(
    5,
    "link_is_a_list",
    "OutputSpectrumPath is a list of links",
    lambda: answers("GetTaskInfo", with_value(lambda link: [link], "Data", "OutputSpectrumPath")),
)
_shape(
    6,
    "failed_without_message",
    "a task that has failed has no ErrorMessage",
    lambda: answers("GetTaskInfo", where(_status("FAILED"), without("Data", "ErrorMessage"))),
)

# Result files


def _file(number: int, kind: str, field: str) -> None:
    _shape(
        number,
        f"{kind.lower()}_without_{field.lower()}",
        f"the {kind} file has no {field}",
        lambda: file(kind, lacking(field)),
    )


_file(7, "Transcription", "ParagraphId")
_file(8, "AutoChapters", "Summary")
_file(9, "MeetingAssistance", "SentenceId")
_file(10, "Summarization", "SpeakerName")
_file(11, "TextPolish", "SentenceIds")
_file(12, "CustomPrompt", "Truncated")
_file(13, "IdentityRecognition", "Identity")
_file(14, "Translation", "SentenceId")
_file(15, "ServiceInspection", "InspectionResults")
_file(16, "ContentExtraction", "ExtractionResults")
_file(17, "PptExtraction", "AvailableForSummary")


def _empty(number: int, kind: str, *lists: str) -> None:
    _shape(
        number,
        f"{kind.lower()}_empty",
        f"there is nothing in the {kind} file",
        lambda: file(kind, emptied(*lists)),
    )


_empty(7, "Transcription", "Paragraphs")
_empty(9, "MeetingAssistance")
_empty(10, "Summarization")
_empty(11, "TextPolish")
_empty(12, "CustomPrompt")
_empty(13, "IdentityRecognition", "IdentityResults")
_empty(14, "Translation", "Paragraphs")
_empty(15, "ServiceInspection", "InspectionResults")
_empty(16, "ContentExtraction", "ExtractionResults")
_empty(17, "PptExtraction", "KeyFrameList")

# Hot words


def _phrases(number: int, verb: str, field: str) -> None:
    _shape(
        number,
        f"{verb.lower()}_without_{field.lower()}",
        f"the answer to {verb}TranscriptionPhrases has no {field}",
        lambda: answers(f"{verb}TranscriptionPhrases", lambda s, b: (s, lacking(field)(b))),
    )


_phrases(18, "Create", "RequestId")
_phrases(19, "Get", "WordWeights")
_phrases(20, "List", "Name")
_phrases(21, "Update", "Message")
_phrases(22, "Delete", "RequestId")

# Errors and callbacks

_shape(
    23,
    "refusal_of_a_meeting_without_host_id",
    "an error of CreateTask has no HostId",
    lambda: answers("CreateTask", without("HostId")),
)
_shape(
    24,
    "refusal_of_a_question_without_host_id",
    "an error of GetTaskInfo has no HostId",
    lambda: answers("GetTaskInfo", without("HostId")),
)
_shape(
    25,
    "callback_without_request_id",
    "a callback has no RequestId",
    lambda: said_otherwise(lambda _, said: lacking("RequestId")(said)),
)
