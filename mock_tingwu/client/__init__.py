"""The real client: it knows the wire and nothing of the mock behind it.

Point it at the mock or at the cloud; `TingwuClient` speaks the OpenAPI, `MeetingStream` the
WebSocket behind a MeetingJoinUrl.
"""

from __future__ import annotations

from .answers import Phrases, RealtimeTask, Task, TaskInfo
from .errors import ClientError, StreamError, TingwuError, Unreachable
from .events import (
    Completed,
    Event,
    Failed,
    ResultChanged,
    ResultTranslated,
    SentenceBegin,
    SentenceEnd,
    TranslatedText,
)
from .meeting import MeetingStream
from .tingwu import TingwuClient

__all__ = [
    "ClientError",
    "Completed",
    "Event",
    "Failed",
    "MeetingStream",
    "Phrases",
    "RealtimeTask",
    "ResultChanged",
    "ResultTranslated",
    "SentenceBegin",
    "SentenceEnd",
    "StreamError",
    "Task",
    "TaskInfo",
    "TingwuClient",
    "TingwuError",
    "TranslatedText",
    "Unreachable",
]
