"""The real client: it knows the wire and nothing of the mock behind it.

Point it at the mock or at the cloud. `TingwuClient` speaks Tingwu's OpenAPI, `MeetingStream` the
WebSocket behind a MeetingJoinUrl; `DashScopeClient` speaks with DashScope's Tingwu agents,
`AgentStream` is their WebSocket; `LiveAsrClient` has the caption tasks of ApsaraVideo Live. Those
whose names begin with Sync need no event loop. `find_target` knows the addresses and the keys.
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
    LiveError,
    Mishap,
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
from .live import LiveAsrClient, LiveTask
from .meeting import MeetingStream
from .results import ResultError, Results, read_results
from .retries import Retries
from .stream_table import State as StreamState
from .sync import (
    SyncAgentStream,
    SyncDashScopeClient,
    SyncLiveAsrClient,
    SyncMeetingStream,
    SyncTingwuClient,
)
from .targets import Target, find_target
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
    "LiveAsrClient",
    "LiveError",
    "LiveTask",
    "MeetingStream",
    "Mishap",
    "Phrases",
    "Ping",
    "RealtimeTask",
    "Reconnected",
    "Reconnecting",
    "ResultChanged",
    "ResultError",
    "ResultTranslated",
    "Results",
    "Retries",
    "SentenceBegin",
    "SentenceEnd",
    "ServiceError",
    "StreamError",
    "StreamState",
    "SyncAgentStream",
    "SyncDashScopeClient",
    "SyncLiveAsrClient",
    "SyncMeetingStream",
    "SyncTingwuClient",
    "Target",
    "Task",
    "TaskFailed",
    "TaskInfo",
    "TemporaryKey",
    "TingwuClient",
    "TingwuError",
    "TranslatedText",
    "Unreachable",
    "find_target",
    "read_results",
]
