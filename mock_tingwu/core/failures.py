"""Every failure that a client can meet, by name: what it sees, and the rule that provokes it.

The names are made of the error tables: ``tingwu.BRK.OverdueTenant``, ``task.TSC.AudioFormat``,
``stream.40000004``. Rows that are assumptions of ours are left out. `met` tells from a journal
entry which of them a client has just met, whatever has caused it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import msgspec

from mock_tingwu.core.dashscope_errors import AGENT_ERRORS, CALL_ERRORS
from mock_tingwu.core.errors import (
    API_ERRORS,
    LIVE_ERRORS,
    PHRASE_ERRORS,
    SESSION_ERRORS,
    TASK_ERRORS,
)
from mock_tingwu.core.journal import Entry
from mock_tingwu.core.options import RESULT_KINDS

#: How a failure is provoked that no rule provokes.
NO_RULE: Final = {
    "phrases.PHS.Exceed": "make an eleventh list of hot words, or one of 501 words",
    "callback.refused": "answer a callback with 500, or not at all",
}
_TABLES: Final = {"tingwu": API_ERRORS, "dashscope": CALL_ERRORS, "live": LIVE_ERRORS}
_PATTERNS: Final = {"Missing": "AppKey", "Invalid": "AppKey"}
#: Failures that a fault alone brings about: by the type of its action.
_OF_ACTIONS: Final = {
    "drop_connection": "network.no-answer",
    "truncate_body": "network.cut-off",
    "malformed_json": "network.no-json",
    "http_error": "network.proxy",
    "latency": "network.late",
    "ws_drop": "stream.lost",
    "ws_stall": "stream.stalled",
    "ws_duplicate_event": "stream.event-twice",
    "ws_event_order": "stream.event-order",
    "callback_lost": "callback.lost",
    "callback_duplicate": "callback.twice",
    "callback_slow": "callback.late",
}
_XML_CODE: Final = re.compile(r"<Code>([^<]+)</Code>")


@dataclass(frozen=True, slots=True)
class Failure:
    """One failure. ``rule`` is JSON, None for those of `NO_RULE`; ``level`` is the source's."""

    name: str
    seen_as: str
    level: str
    source: str
    rule: Mapping[str, Any] | None

    @property
    def area(self) -> str:
        """What the name begins with: tingwu, dashscope, live, task, result, stream …"""
        return self.name.partition(".")[0]


@cache
def catalogue() -> Mapping[str, Failure]:
    """All of them by name, those of calls first."""
    found = [*_of_calls(), *_of_tasks(), *_of_streams(), *_of_files(), *_of_networks()]
    return {failure.name: failure for failure in found}


def _rule(action: str, match: Mapping[str, Any] | None = None, **given: Any) -> dict[str, Any]:
    rule: dict[str, Any] = {"action": {"type": action, **given}}
    return {"match": dict(match), **rule} if match else rule


def _of_calls() -> Iterator[Failure]:
    for service, table in _TABLES.items():
        for error in table.values():
            if error.level == "assumed" or (service == "dashscope" and error.code == "ServerError"):
                continue
            parameter = _PATTERNS.get(error.code)
            given = {"code": error.code} | ({"parameter": parameter} if parameter else {})
            code = f"{error.code}{parameter or ''}"
            seen = f"HTTP {error.http_status}, code {code}"
            rule = _rule("api_error", {"service": service}, **given)
            yield Failure(f"{service}.{error.code}", seen, error.level, error.source, rule)
    yield Failure(
        "live.RetCode",
        "HTTP 200 and another RetCode than 2000",
        "documented",
        "live-rtc-asr 1.2",
        _rule("ret_code", {"service": "live"}, code=4001),
    )
    exceed = PHRASE_ERRORS["PHS.Exceed"]
    yield Failure(
        "phrases.PHS.Exceed",
        "HTTP 200, Data.Status FAILED, Data.ErrorCode PHS.Exceed",
        exceed.level,
        exceed.source,
        None,
    )


def _of_tasks() -> Iterator[Failure]:
    for error in TASK_ERRORS.values():
        rule = _rule("task_failed", error_code=error.code)
        yield Failure(
            f"task.{error.code}", f"FAILED, {error.code}", error.level, error.source, rule
        )
    yield Failure(
        "task.INVALID",
        "TaskStatus INVALID",
        "documented",
        "tingwu-openapi 2.1",
        _rule("task_invalid"),
    )
    for kind in RESULT_KINDS[1:]:
        yield Failure(
            f"result.{kind}",
            f"COMPLETED without {kind}; null in DashScope",
            "documented",
            "dashscope-tingwu 4 (sub-tasks that fail)",
            _rule("subtask_failed", kind=kind),
        )


def _of_streams() -> Iterator[Failure]:
    known: set[int] = set()
    for error in SESSION_ERRORS:
        if error.level == "assumed" or error.status in known:
            continue
        known.add(error.status)
        yield Failure(
            f"stream.{error.status}",
            f"TaskFailed {error.status}",
            error.level,
            error.source,
            _rule("ws_task_failed", {"event": "SentenceEnd"}, status=error.status),
        )
    for agent in AGENT_ERRORS.values():
        yield Failure(
            f"agent-stream.{agent.code}",
            f"task-failed {agent.code}",
            agent.level,
            agent.source,
            _rule("ws_task_failed", {"event": "speech-listen"}, code=agent.code),
        )
    sentence = {"event": "SentenceEnd"}
    ours = ("assumed", "what networks do")
    yield Failure("stream.lost", "1006, no CLOSE", *ours, _rule("ws_drop", sentence))
    yield Failure(
        "stream.closed", "CLOSE 1011 in mid-stream", *ours, _rule("ws_close", sentence, code=1011)
    )
    yield Failure("stream.refused", "no 101 but 503", *ours, _rule("ws_refused", status=503))
    yield Failure(
        "stream.stalled", "no event for 30 s", *ours, _rule("ws_stall", sentence, ms=30_000)
    )
    yield Failure(
        "stream.event-twice", "SentenceEnd twice", *ours, _rule("ws_duplicate_event", sentence)
    )
    yield Failure(
        "stream.event-order", "SentenceEnd too late", *ours, _rule("ws_event_order", sentence)
    )


def _of_files() -> Iterator[Failure]:
    yield Failure(
        "link.expired",
        "HTTP 403, AccessDenied",
        "documented",
        "tingwu-openapi 0.13 and 2.2",
        _rule("result_expired"),
    )
    yield Failure(
        "link.missing", "HTTP 404, NoSuchKey", "assumed", "what OSS does", _rule("result_missing")
    )


def _of_networks() -> Iterator[Failure]:
    ours = ("assumed", "what networks do")
    yield Failure(
        "callback.refused",
        "the callback comes again, as documented",
        "documented",
        "tingwu-openapi 6",
        None,
    )
    yield Failure("callback.lost", "no callback", *ours, _rule("callback_lost"))
    yield Failure("callback.twice", "the callback comes twice", *ours, _rule("callback_duplicate"))
    yield Failure("callback.late", "the callback is late", *ours, _rule("callback_slow", ms=60_000))
    yield Failure("network.no-answer", "no answer", *ours, _rule("drop_connection", stage="after"))
    yield Failure("network.cut-off", "half a body", *ours, _rule("truncate_body"))
    yield Failure("network.no-json", "a body that is no JSON", *ours, _rule("malformed_json"))
    yield Failure("network.proxy", "HTTP 502 and HTML", *ours, _rule("http_error", status=502))
    yield Failure("network.late", "no answer for 30 s", *ours, _rule("latency", ms=30_000))


# What was met


def met(entry: Entry) -> Iterator[str]:
    """The names of the failures that a client meets with what this journal entry tells of."""
    match entry["kind"]:
        case "response":
            yield from _in_response(entry)
        case "ws_out":
            yield from _in_event(entry)
        case "ws_close":
            if entry["by"] == "server" and entry["code"] not in (1000, 1001, 1006):
                yield "stream.closed"
        case "callback":
            if entry["outcome"] == "delivered":
                yield from _in_body(entry["service"], _decoded(entry["body"]))
            elif entry["outcome"] == "refused":
                yield "callback.refused"
        case "fault":
            if entry["action"] in _OF_ACTIONS:
                yield _OF_ACTIONS[entry["action"]]
        case "note":
            if found := re.fullmatch(r"the result (\w+) has failed", entry["text"]):
                yield f"result.{found[1]}"
            elif entry["text"].startswith("the handshake is answered with"):
                yield "stream.refused"


def _in_response(entry: Entry) -> Iterator[str]:
    service, status, body = entry["service"], entry["status"], entry.get("body")
    if service == "storage":
        yield from {403: ("link.expired",), 404: ("link.missing",)}.get(status, ())
    elif service == "realtime":
        yield "stream.refused"
    elif isinstance(body, str):
        if found := _XML_CODE.search(body):
            yield from _of_code(service, found[1], status)
    else:
        yield from _in_body(service, _decoded(body))


def _in_body(service: str, body: Any) -> Iterator[str]:
    if not isinstance(body, Mapping):
        return
    code = body.get("Code") or body.get("code")
    if isinstance(code, str) and code != "0":
        yield from _of_code(service, code, 400)
    if body.get("RetCode") not in (None, 2000):
        yield "live.RetCode"
    data = body.get("Data") or body.get("output") or {}
    if isinstance(data, Mapping):
        if data.get("TaskStatus") == "INVALID":
            yield "task.INVALID"
        failed = data.get("ErrorCode") or data.get("errorCode")
        for name in (f"task.{failed}", f"phrases.{failed}"):
            if name in catalogue():
                yield name


def _of_code(service: str, code: str, status: int) -> Iterator[str]:
    for name in (code, *(pattern for pattern in _PATTERNS if code.startswith(pattern))):
        if f"{service}.{name}" in catalogue():
            yield f"{service}.{name}"
            return


def _in_event(entry: Entry) -> Iterator[str]:
    message = _decoded(entry["message"])
    header = message["header"]
    if header.get("name") == "TaskFailed":
        yield f"stream.{header['status']}"
    output = (message.get("payload") or {}).get("output") or {}
    for code in (header.get("error_code"), output.get("errorCode")):
        if f"agent-stream.{code}" in catalogue():
            yield f"agent-stream.{code}"


def _decoded(body: Any) -> Any:
    try:
        return msgspec.json.decode(body) if body else None
    except (msgspec.DecodeError, TypeError):
        return None
