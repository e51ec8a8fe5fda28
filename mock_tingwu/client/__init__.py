"""The real client: it knows the wire and nothing of the mock behind it.

Point it at the mock or at the cloud. `TingwuClient` speaks Tingwu's OpenAPI, `MeetingStream` the
WebSocket behind a MeetingJoinUrl; `DashScopeClient` speaks with DashScope's Tingwu agents,
`AgentStream` is their WebSocket.
"""

from __future__ import annotations

from .answers import Phrases, RealtimeTask, Task, TaskInfo
from .dashscope import DashScopeClient
from .dashscope_answers import AgentInfo, AgentStatus, AgentTask, TemporaryKey
from .dashscope_events import AgentEvent, AgentFailed, AiResult, Ping
from .dashscope_stream import AgentStream
from .errors import (
    ClientError,
    DashScopeError,
    ServiceError,
    StreamError,
    TaskFailed,
    TingwuError,
    Unreachable,
)
from .events import (
    Completed,
    Event,
    Failed,
    Reconnected,
    Reconnecting,
    ResultChanged,
    ResultTranslated,
    SentenceBegin,
    SentenceEnd,
    TranslatedText,
)
from .meeting import MeetingStream
from .stream_table import State as StreamState
from .tingwu import TingwuClient

__all__ = [
    "AgentEvent",
    "AgentFailed",
    "AgentInfo",
    "AgentStatus",
    "AgentStream",
    "AgentTask",
    "AiResult",
    "ClientError",
    "Completed",
    "DashScopeClient",
    "DashScopeError",
    "Event",
    "Failed",
    "MeetingStream",
    "Phrases",
    "Ping",
    "RealtimeTask",
    "Reconnected",
    "Reconnecting",
    "ResultChanged",
    "ResultTranslated",
    "SentenceBegin",
    "SentenceEnd",
    "ServiceError",
    "StreamError",
    "StreamState",
    "Task",
    "TaskFailed",
    "TaskInfo",
    "TemporaryKey",
    "TingwuClient",
    "TingwuError",
    "TranslatedText",
    "Unreachable",
]
