"""Examples for the schemas of the control API."""

from __future__ import annotations

from typing import Any, Final

from tests.contract_values import GONE, HEX, REQUEST_ID, TASK_ID, Change

ENTRY: Final = {
    "seq": 8,
    "at": 1795166502553,
    "scope": "default",
    "kind": "ws_in",
    "service": "realtime",
    "task_id": TASK_ID,
    "session": f"{TASK_ID}/1",
    "text": "{}",
}
SUMMARY: Final[dict[str, Any]] = {
    "task_id": TASK_ID,
    "task_key": None,
    "app_key": "my-app",
    "type": "realtime",
    "status": "NEW",
    "state": "NEW",
    "created": 1795175253005,
    "language": "cn",
    "file_url": None,
    "format": "pcm",
    "sample_rate": 16000,
    "audio_ms": 0,
    "sentence_count": 0,
    "results": [],
    "connections": 0,
}
STEP: Final = {
    "at": 1795175253005,
    "event": "CREATE",
    "before": None,
    "after": "NEW",
    "why": "it was asked for",
    "cause": {"request_id": REQUEST_ID},
}
SESSION: Final = {
    "id": f"{TASK_ID}/1",
    "service": "realtime",
    "scope": "default",
    "task_id": TASK_ID,
    "client_task_id": HEX,
    "state": "WORKING",
    "open": True,
    "streaming": True,
    "opened": 1795175253100,
    "target": "/api/ws/v1?mc=…",
    "frames": 0,
    "bytes": 0,
    "audio_ms": 0,
    "reading_paused": False,
    "unsent_bytes": 0,
    "early_audio_bytes": 0,
}
RULE: Final = {
    "id": "fault-1",
    "match": {"operation": "GetTaskInfo"},
    "action": {"type": "api_error", "code": "ServerError"},
    "times": 1,
    "fired": 0,
}
APPLIED: Final = {
    "name": "one stream",
    "description": "A second meeting is refused.",
    "scripts": 0,
    "faults": ["fault-1"],
    "callbacks": [],
    "apps": [],
    "settings": {"max_streams": 1},
}
VIOLATION: Final = {
    "seq": 5,
    "at": 1795921970575,
    "scope": "default",
    "kind": "violation",
    "service": "tingwu",
    "task_id": None,
    "rule": "request-schema",
    "level": "documented",
    "source": "tingwu-openapi 1.1",
    "text": "CreateTask: InvalidType",
    "offending": 3,
    "count": 1,
    "request_id": REQUEST_ID,
    "expected": "A request has the fields that its call requires.",
    "entry": None,
}
APP: Final = {
    "app_id": "tw_1",
    "parameters": None,
    "published": False,
    "callback": "",
    "callback_form": "http",
    "terminologies": {"t1": ["open the door"]},
}
PROBE: Final = {"delivered": False, "error": "no connection: Connection refused"}
URL: Final = "http://127.0.0.1:8001/callback"
FILE: Final = {
    "id": HEX,
    "name": "a.mp3",
    "size": 1,
    "url": f"http://127.0.0.1:8900/_mock/files/{HEX}/a.mp3",
}
SCOPE: Final = {
    "name": "team-b",
    "keys": ["app-b"],
    "clock": "virtual",
    "seed": 7,
    "profile": "plain",
    "now_ms": 1795175253049,
    "tasks": 0,
    "connections": 0,
}

#: Name of a schema -> instances that fit it.
ACCEPTED: Final[dict[str, list[Any]]] = {
    "control/error": [{"error": "since is 'yesterday', expected the seq of an entry"}],
    "control/done": [{"status": "ok"}],
    "control/ready": [{"status": "ready"}],
    "control/clock": [{"mode": "virtual", "now_ms": 1795175263049}],
    "control/clock-request": [{"mode": "virtual", "advance_ms": 10000}, {}],
    "control/task-summary": [SUMMARY],
    "control/tasks": [{"tasks": [SUMMARY]}],
    "control/task": [
        {
            **SUMMARY,
            "sentences": [{"begin": 0, "end": 510, "speaker": 0, "text": "早。"}],
            "history": [STEP, {**STEP, "event": None, "cause": None}],
        }
    ],
    "control/transition-request": [{"to": "FAILED", "error_code": "TSC.AudioFormat"}],
    "control/wait-request": [
        {"task_id": TASK_ID, "status": "FAILED", "timeout_ms": 5000},
        {"status": "COMPLETED", "count": 2},
        {"event": "SentenceEnd"},
        {"callback": "COMPLETED"},
        {"sessions": 0},
        {"kind": "response", "operation": "CreateTask", "status": 200, "since": 7},
    ],
    "control/waited": [{"met": True}],
    "control/session": [SESSION],
    "control/sessions": [{"sessions": [SESSION]}],
    "control/session-messages": [{**SESSION, "commands": [ENTRY], "events": []}],
    "control/send-request": [
        {"name": "SentenceEnd", "payload": {"index": 0}},
        {"event": "not JSON"},
        {"action": "speech-end", "anything": 1},
    ],
    "control/close-request": [{"code": 4000, "reason": "on purpose"}, {"cut": True}, {}],
    "control/closed-sessions": [{"closed": [f"{TASK_ID}/1"]}],
    "control/fault-request": [
        {"match": {}, "action": {"type": "throttle"}, "times": 1},
        {"scenario": "task.TSC.AudioFormat"},
    ],
    "control/fault": [RULE, {"id": "fault-2", "scenario": "task.TSC.AudioFormat", "fired": 1}],
    "control/faults": [{"faults": [RULE]}],
    "control/coverage": [
        {
            "met": 1,
            "of": 1,
            "failures": [
                {
                    "name": "task.TSC.AudioFormat",
                    "met": 2,
                    "seen_as": "a FAILED task",
                    "level": "documented",
                    "source": "tingwu-openapi 3.3",
                    "rule": None,
                }
            ],
        }
    ],
    "control/applied-scenario": [APPLIED],
    "control/scenarios": [
        {"scenarios": [{"name": "socket-lost", "description": "It breaks."}], "applied": [APPLIED]}
    ],
    "control/journal": [{"entries": [ENTRY], "last_seq": 8, "dropped": 0}],
    "control/har": [
        {
            "log": {
                "version": "1.2",
                "creator": {"name": "mock-tingwu", "version": "0.1.0"},
                "pages": [],
                "entries": [],
                "comment": "more",
            }
        }
    ],
    "control/violations": [{"violations": [VIOLATION], "last_seq": 9}],
    "control/violation-rules": [
        {
            "rules": [
                {
                    "id": "app-key",
                    "area": "requests",
                    "level": "documented",
                    "source": "tingwu-openapi 1.1",
                    "expected": "It exists.",
                }
            ]
        }
    ],
    "control/app": [APP, {**APP, "delivered": 0, "waiting": 0, "lost": 0, "probe": PROBE}],
    "control/apps": [{"apps": [APP]}],
    "control/app-request": [{"app_id": "tw_1", "published": None, "callback": URL}],
    "control/scripts": [
        {
            "scripts": [
                {"kind": "task_key", "key": "a", "id": "script", "lines": 2, "language": "en"}
            ]
        }
    ],
    "control/registered-script": [{"id": "script", "lines": 2}],
    "control/script-request": [{"task_key": "planning", "script": {"sentences": ["Again?"]}}],
    "control/callbacks": [
        {"callbacks": [{"app_key": "a", "url": URL, "delivered": 0, "waiting": 0, "lost": 0}]}
    ],
    "control/registered-callback": [
        {"app_key": "a", "url": URL, "probe": PROBE},
        {"app_key": "a", "url": URL, "probe": {"delivered": True, "status": 200}},
    ],
    "control/removed-callback": [{"app_key": "a", "url": URL}],
    "control/callback-request": [{"app_key": "a", "url": URL}],
    "control/file": [FILE],
    "control/files": [{"files": [FILE]}],
    "control/scope": [SCOPE],
    "control/scopes": [{"scopes": [SCOPE]}],
    "control/scope-request": [{"name": "team-b", "keys": ["app-b"], "seed": 7}, {"name": "x"}],
}

#: Name of a schema -> changes to its first example, each of which breaks it.
REJECTED: Final[dict[str, list[Change]]] = {
    "control/error": [("error", ""), ("error", GONE), ("code", 1)],
    "control/done": [("status", "ready"), ("status", GONE)],
    "control/ready": [("status", "ok"), ("status", GONE)],
    "control/clock": [("mode", "sundial"), ("now_ms", -1)],
    "control/clock-request": [("mode", "sundial"), ("advance_ms", -1), ("advance", 1)],
    "control/task-summary": [("status", "FINISHING"), ("type", "video"), ("results", None)],
    "control/tasks": [("tasks", None), ("tasks/0/status", "RUNNING")],
    "control/task": [("history", GONE), ("history/0/cause/why", "x"), ("sentences/0/end", None)],
    "control/transition-request": [("to", "PAUSED"), ("error_code", ""), ("error_code", GONE)],
    "control/wait-request": [("status", 7), ("timeout_ms", 600001), ("event", "x"), ("count", 1)],
    "control/waited": [("met", False), ("met", GONE)],
    "control/session": [("service", "live"), ("open", 1), ("frames", -1)],
    "control/sessions": [("sessions", {}), ("sessions/0/state", "")],
    "control/session-messages": [("commands", GONE), ("commands/0/seq", 0), ("commands", [1])],
    "control/send-request": [("event", {}), ("name", ""), ("colour", "red")],
    "control/close-request": [("code", 1005), ("code", "4000"), ("cut", True), ("reason", 7)],
    "control/closed-sessions": [("closed", None), ("closed", [7])],
    "control/fault-request": [("times", 0), ("action", GONE), ("action", {})],
    "control/fault": [("id", ""), ("fired", -1), ("match", [])],
    "control/faults": [("faults", GONE), ("faults/0/fired", None)],
    "control/coverage": [("met", "1"), ("failures/0/level", "sure")],
    "control/applied-scenario": [("scripts", -1), ("settings", [])],
    "control/scenarios": [("applied", GONE), ("scenarios/0/name", None)],
    "control/journal": [("entries/0/kind", ""), ("last_seq", GONE)],
    "control/har": [("log/version", "1.1"), ("log/entries", GONE), ("log", [])],
    "control/violations": [("violations/0/level", "rumour"), ("violations/0/count", 0)],
    "control/violation-rules": [("rules", {}), ("rules/0/expected", GONE)],
    "control/app": [("published", None), ("callback_form", "fax"), ("terminologies", {"a": "b"})],
    "control/apps": [("apps", None), ("apps/0/app_id", "")],
    "control/app-request": [("app_id", GONE), ("callback", 7), ("colour", "red")],
    "control/scripts": [("scripts/0/kind", "name"), ("scripts", GONE)],
    "control/registered-script": [("lines", 0), ("id", GONE)],
    "control/script-request": [("script", GONE), ("script", "text"), ("task_key", 7)],
    "control/callbacks": [("callbacks", {}), ("callbacks/0/lost", -1)],
    "control/registered-callback": [("probe", GONE), ("probe/delivered", "no")],
    "control/removed-callback": [("url", GONE), ("probe", {})],
    "control/callback-request": [("url", "ftp://x"), ("app_key", ""), ("url", GONE)],
    "control/file": [("id", "x"), ("size", -1), ("url", "file:///a")],
    "control/files": [("files", None), ("files/0/id", "x")],
    "control/scope": [("clock", "sundial"), ("keys", None), ("seed", "7")],
    "control/scopes": [("scopes", GONE), ("scopes/0/tasks", -1)],
    "control/scope-request": [("name", ""), ("keys", "app-b"), ("colour", "red")],
}
