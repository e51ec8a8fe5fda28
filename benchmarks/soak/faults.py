"""What goes wrong in every scope, each with a small probability."""

from __future__ import annotations

from typing import Any, Final

#: Kinds of result that tasks ask for beside the transcript.
KINDS: Final = ("AutoChapters", "Summarization", "MeetingAssistance", "Translation", "TextPolish")


def _rule(probability: float, action: dict[str, Any], **match: Any) -> dict[str, Any]:
    return {"match": {**match, "probability": probability}, "action": action}


RULES: Final = (
    _rule(0.05, {"type": "latency", "ms": 40}),
    _rule(0.01, {"type": "drop_connection", "stage": "before"}),
    _rule(0.01, {"type": "drop_connection", "stage": "after", "reset": True}),
    _rule(0.01, {"type": "truncate_body"}),
    _rule(0.01, {"type": "malformed_json"}),
    _rule(0.01, {"type": "patch_json", "patch": {"RequestId": None, "New": {"field": 1}}}),
    _rule(0.01, {"type": "http_error", "status": 502}),
    _rule(0.02, {"type": "throttle", "retry_after": 30}, operation="GetTaskInfo"),
    _rule(0.01, {"type": "api_error", "code": "ServerError"}, service="tingwu"),
    _rule(0.02, {"type": "ret_code", "code": 4001}),
    _rule(0.03, {"type": "task_failed", "error_code": "TSC.AudioFormat", "stage": "audio"}),
    _rule(0.03, {"type": "task_failed", "error_code": "TSC.FileError", "stage": "processing"}),
    _rule(0.02, {"type": "task_invalid", "after_ms": 200}),
    *(_rule(0.05, {"type": "subtask_failed", "kind": kind}) for kind in KINDS),
    _rule(0.02, {"type": "ws_task_failed", "status": 40000004}, event="SentenceEnd"),
    _rule(0.02, {"type": "ws_close", "code": 1011}, event="SentenceEnd"),
    _rule(0.05, {"type": "ws_drop"}, event="SentenceEnd"),
    _rule(0.03, {"type": "ws_stall", "ms": 100}, event="SentenceBegin"),
    _rule(0.05, {"type": "ws_duplicate_event"}, event="SentenceEnd"),
    _rule(0.03, {"type": "ws_event_order"}, event="SentenceBegin"),
    _rule(0.05, {"type": "ws_drop"}, event="speech-listen"),
    _rule(0.02, {"type": "ws_refused", "status": 503}),
    _rule(0.01, {"type": "result_expired"}),
    _rule(0.01, {"type": "result_missing"}),
    _rule(0.03, {"type": "callback_lost"}),
    _rule(0.05, {"type": "callback_duplicate"}),
    _rule(0.05, {"type": "callback_slow", "ms": 150}),
    _rule(0.5, {"type": "clock_skew", "ms": 1_200_000}),
)
