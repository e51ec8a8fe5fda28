"""The calls of the three services: how each is told from its request, and what describes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mock_tingwu import contract

#: Paths of the services (tingwu-openapi 1, dashscope-tingwu 1, realtime-ws 8.1).
TASKS: Final = "/openapi/tingwu/v2/tasks"
PHRASES: Final = "/openapi/tingwu/v2/resources/phrases"
GENERATION: Final = "/api/v1/services/aigc/multimodal-generation/generation"
TOKENS: Final = "/api/v1/tokens"
INFERENCE: Final = "/api-ws/v1/inference"


@dataclass(frozen=True, slots=True)
class Call:
    """One kind of exchange.

    ``request``, ``answer`` and ``error`` name schemas, empty where there is none. ``model`` is the
    class of the official SDK that a good answer is read into. ``query`` are the parameters that may
    be written down.
    """

    name: str
    service: str
    request: tuple[str, ...] = ()
    answer: str = ""
    error: str = ""
    model: str = ""
    query: tuple[str, ...] = ()


_CREATE: Final = tuple(
    f"tingwu/create-task-request{part}" for part in ("", "#offline", "#stop", "#query")
)
_AGENT: Final = tuple(
    f"dashscope/create-task-request{part}"
    for part in ("", "#realtime", "#end", "#insights", "#profile", "#get")
)


def _tingwu(
    name: str, request: tuple[str, ...], answer: str, model: str, query: tuple[str, ...] = ()
) -> Call:
    error = "tingwu/error-response"
    return Call(name, "tingwu", request, f"tingwu/{answer}", error, f"{model}ResponseBody", query)


def _phrases(name: str, definition: str, *, body: bool = False) -> Call:
    name = f"{name}TranscriptionPhrases"
    request = ("tingwu/phrases-request",) if body else ()
    return _tingwu(name, request, f"phrases-response#{definition}", name)


def _agent(name: str, answer: str) -> Call:
    return Call(name, "dashscope", _AGENT, f"dashscope/{answer}", "dashscope/error-response")


_SIGNED: Final = ("Action", "Version", "Format")


def _live(name: str, request: str, answer: str) -> Call:
    model = f"{name}ResponseBody"
    return Call(
        name, "live", (f"live/{request}",), f"live/{answer}", "live/error-response", model, _SIGNED
    )


CALLS: Final[Mapping[str, Call]] = {
    call.name: call
    for call in (
        _tingwu("CreateTask", _CREATE, "create-task-response", "CreateTask", ("type", "operation")),
        _tingwu("StopTask", _CREATE, "stop-task-response", "CreateTask", ("type", "operation")),
        _tingwu("GetTaskInfo", (), "get-task-info-response", "GetTaskInfo"),
        _phrases("Create", "create", body=True),
        _phrases("List", "list"),
        _phrases("Get", "get"),
        _phrases("Update", "update", body=True),
        _phrases("Delete", "delete"),
        _agent("createTask", "create-task-response"),
        _agent("getTask", "get-task-response"),
        Call(
            "createToken",
            "dashscope",
            (),
            "dashscope/token-response",
            "dashscope/error-response",
            query=("expire_in_seconds",),
        ),
        _live("CreateRtcAsrTask", "create-request", "create-response"),
        _live("QueryRtcAsrTasks", "query-request", "query-response"),
        _live("StopRtcAsrTask", "task-request", "task-response"),
        _live("DeleteRtcAsrTask", "task-request", "task-response"),
    )
}
#: What is none of these.
OTHER: Final = Call("other", "")

#: Schemas of what goes over each WebSocket: the client's, the server's.
SESSIONS: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {
    "realtime": (
        ("realtime/start-transcription", "realtime/stop-transcription", "realtime/control"),
        "realtime/event",
    ),
    "inference": (("inference/run-task", "inference/finish-task"), "inference/event"),
}

_PHRASES_BY_METHOD: Final = {
    ("GET", False): "List",
    ("POST", False): "Create",
    ("GET", True): "Get",
    ("PUT", True): "Update",
    ("DELETE", True): "Delete",
}


def call_of(method: str, path: str, query: Mapping[str, str], body: Any) -> Call:
    """The kind of a request; `OTHER` when it is none that is known.

    ``body`` is its decoded JSON, or the parameters of a form.
    """
    if path == TASKS and method == "PUT":
        return CALLS["StopTask" if query.get("operation") == "stop" else "CreateTask"]
    if re.fullmatch(rf"{TASKS}/[^/]+", path) and method == "GET":
        return CALLS["GetTaskInfo"]
    if found := re.fullmatch(rf"{PHRASES}(/[^/]+)?", path):
        verb = _PHRASES_BY_METHOD.get((method, found[1] is not None))
        return CALLS[f"{verb}TranscriptionPhrases"] if verb else OTHER
    if path == GENERATION:
        asked = body.get("input") if isinstance(body, dict) else None
        task = asked.get("task") if isinstance(asked, dict) else None
        return CALLS[task] if task in ("createTask", "getTask") else OTHER
    if path == TOKENS:
        return CALLS["createToken"]
    if path == "/":
        form = body if isinstance(body, dict) else {}
        action = CALLS.get(str(form.get("Action") or query.get("Action")))
        return action if action is not None and action.service == "live" else OTHER
    return OTHER


def service_of(path: str) -> str:
    """The service whose host a path is at; empty when none has it."""
    if path.startswith("/openapi/"):
        return "tingwu"
    if path.startswith(("/api/", "/api-ws/")):
        return "dashscope"
    return "live" if path == "/" else ""


def file_schema(kind: str) -> str:
    """The schema of the file behind a link that stood under the key ``kind``; empty: none."""
    names = (f"tingwu/results/{kind}", f"dashscope/results/{kind.removesuffix('Path')}")
    return next((name for name in names if name in contract.names()), "")


def is_refusal(call: str, status: int, answer: Any) -> bool:
    """Whether an answer says that a call was not done.

    Live may say so within a 200: its RetCode is another than 2000 then (live-rtc-asr 1.2).
    """
    known = CALLS.get(call, OTHER)
    if status < 400 and known.service == "live" and isinstance(answer, dict):
        return bool(answer.get("RetCode", 2000) != 2000)
    return status >= 400


def schema_of_answer(call: str, status: int, answer: Any) -> str:
    """The schema of an answer, by the ``call`` of its record; empty: there is none."""
    is_refused = is_refusal(call, status, answer)
    if call.startswith("file "):
        return "" if is_refused else file_schema(call.removeprefix("file "))
    known = CALLS.get(call, OTHER)
    if is_refused and status < 400:
        return "live/task-response"
    return known.error if is_refused else known.answer


def session_of(path: str) -> str:
    """Which of `SESSIONS` a WebSocket is, by its path."""
    return "inference" if path.rstrip("/") == INFERENCE else "realtime"
