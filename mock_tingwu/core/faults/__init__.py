"""Faults on demand: rules that make a call, a task, a stream, a file or a callback go wrong.

A rule is JSON (design, Faults)::

    {"match": {"task_key": "b"}, "action": {"type": "task_failed", "error_code": "TSC.FileError"},
     "times": 1}

All that stands in ``match`` must fit; an empty one fits everything. Of several rules that fit, the
first one that was added acts. Who can reach nothing but the API writes the action into a TaskKey or
the query of a FileUrl instead: ``weekly--mock.task_failed=TSC.FileError``. Its value ends at the
next ``--``, white space, ``&`` or ``#``.
"""

from __future__ import annotations

from mock_tingwu.core.faults.actions import (
    KINDS,
    PATTERNS,
    SERVICES,
    SUCCESS_CODE,
    AnswerFault,
    ApiFault,
    CallbackDuplicate,
    CallbackFault,
    CallbackLost,
    CallbackSlow,
    ClockSkew,
    DropConnection,
    DuplicateEvent,
    EventOrder,
    FaultError,
    HttpError,
    Latency,
    MalformedJson,
    PatchJson,
    ResultExpired,
    ResultFault,
    ResultMissing,
    ReturnCode,
    StreamClose,
    StreamDrop,
    StreamFailure,
    StreamFault,
    StreamRefusal,
    StreamStall,
    SubtaskFailure,
    TaskFailure,
    TaskFault,
    TaskLoss,
    ThrottleFault,
    TruncateBody,
)
from mock_tingwu.core.faults.book import Faults
from mock_tingwu.core.faults.markers import parse_marker
from mock_tingwu.core.faults.matching import (
    CALLBACK_EVENTS,
    CREATING,
    DOWNLOAD,
    DUPLEX_EVENTS,
    NLS_EVENTS,
    OPERATIONS,
    Match,
    Subject,
    new_task,
)
from mock_tingwu.core.faults.rules import Rule, parse_rule

__all__ = [
    "CALLBACK_EVENTS",
    "CREATING",
    "DOWNLOAD",
    "DUPLEX_EVENTS",
    "KINDS",
    "NLS_EVENTS",
    "OPERATIONS",
    "PATTERNS",
    "SERVICES",
    "SUCCESS_CODE",
    "AnswerFault",
    "ApiFault",
    "CallbackDuplicate",
    "CallbackFault",
    "CallbackLost",
    "CallbackSlow",
    "ClockSkew",
    "DropConnection",
    "DuplicateEvent",
    "EventOrder",
    "FaultError",
    "Faults",
    "HttpError",
    "Latency",
    "MalformedJson",
    "Match",
    "PatchJson",
    "ResultExpired",
    "ResultFault",
    "ResultMissing",
    "ReturnCode",
    "Rule",
    "StreamClose",
    "StreamDrop",
    "StreamFailure",
    "StreamFault",
    "StreamRefusal",
    "StreamStall",
    "Subject",
    "SubtaskFailure",
    "TaskFailure",
    "TaskFault",
    "TaskLoss",
    "ThrottleFault",
    "TruncateBody",
    "new_task",
    "parse_marker",
    "parse_rule",
]
