"""In what order events come, by the documents of both WebSockets (realtime-ws 3, 8.4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from mock_tingwu.cassettes.findings import Finding, Kind, finding

#: What a break is attributed to: no SDK says anything of the order.
_ORDER: Final = Kind.ORDER
#: The name of a message that was never sent: it tells that the task was stopped by a call.
STOP_TASK: Final = "StopTask"

#: Events that a client waits for before it goes on: they come whatever was said.
AWAITED: Final = frozenset(
    [
        "TranscriptionStarted",
        "TranscriptionCompleted",
        "TaskFailed",
        "task-started",
        "speech-listen",
        "speech-end",
        "task-finished",
        "task-failed",
    ]
)


def name_of(session: str, message: Any) -> str:
    """The name of an event or command; empty for what has none."""
    if not isinstance(message, dict):
        return ""
    header, payload = message.get("header"), message.get("payload")
    if not isinstance(header, dict):
        return ""
    if session == "realtime":
        return str(header.get("name", ""))
    output = payload.get("output") if isinstance(payload, dict) else None
    if header.get("event") == "result-generated" and isinstance(output, dict):
        return str(output.get("action", "result-generated"))
    return str(header.get("event") or header.get("action") or "")


def disorder(session: str, messages: list[tuple[str, Any]]) -> Iterator[Finding]:
    """What of a session comes in another order than documented.

    ``messages`` are those of one connection, each with ``sent`` or ``received``.
    """
    check = _realtime if session == "realtime" else _inference
    for name, rule, came in check(messages):
        yield finding(_ORDER, f"{session} {name}", document=rule, recording=came, odd="recording")


def _realtime(messages: list[tuple[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """The documented order of a transcription (realtime-ws 3): event, rule, what came instead."""
    is_on = is_stopping = is_over = is_stopped = was_told = False
    begun: set[Any] = set()
    ended: set[Any] = set()
    seen: set[Any] = set()
    for direction, message in messages:
        name = name_of("realtime", message)
        if direction == "sent":
            is_stopping = is_stopping or name == "StopTranscription"
            is_stopped = is_stopped or name == STOP_TASK
            was_told = is_over
            if name == "StartTranscription":
                is_on = is_stopping = is_over = False
                begun, ended = set(), set()
            continue
        payload = message.get("payload") if isinstance(message, dict) else None
        payload = payload if isinstance(payload, dict) else {}
        header = message.get("header", {}) if isinstance(message, dict) else {}
        index = payload.get("index")
        if is_over and name == "TaskFailed" and was_told:
            was_told = False  # it answers a command that came too late (realtime-ws 4)
        elif is_over:
            yield name, "after the end of the stream nothing comes", "comes after it"
        elif name == "TranscriptionStarted":
            is_on = True
        elif name in _IN_A_STREAM and not is_on:
            yield name, "TranscriptionStarted is first", "comes before it"
        elif name == "SentenceBegin":
            if index in begun:
                yield name, "a sentence begins once", "comes again for the same index"
            begun.add(index)
        elif name == "TranscriptionResultChanged" and index in ended:
            yield name, "interim results end with SentenceEnd", "comes after it"
        elif name in ("TranscriptionResultChanged", "SentenceEnd") and index not in begun:
            yield name, "SentenceBegin of the same index is before it", "comes without or before it"
        elif name == "SentenceEnd" and index in ended:
            yield name, "a sentence ends once", "comes again for the same index"
        elif name == "ResultTranslated" and header.get("source_message_id") not in seen:
            yield name, "it comes after the event that it translates", "comes without or before it"
        elif name == "TranscriptionCompleted" and not (is_stopping or is_stopped):
            yield name, "it answers StopTranscription", "comes unasked"
        if name == "SentenceEnd":
            ended.add(index)
        if name in ("TranscriptionCompleted", "TaskFailed"):
            is_over = True
        seen.add(header.get("message_id") if isinstance(header, dict) else None)


_IN_A_STREAM: Final = frozenset(
    {
        "SentenceBegin",
        "TranscriptionResultChanged",
        "SentenceEnd",
        "ResultTranslated",
        "TranscriptionCompleted",
    }
)
#: Events of an agent's stream, each with what has to be there before (realtime-ws 8.4 and 8.5).
_AFTER: Final = {
    "speech-listen": "task-started",
    "recognize-result": "speech-listen",
    "ai-result": "speech-listen",
    "speech-end": "speech-listen",
    "task-finished": "task-started",
}


def _inference(messages: list[tuple[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """The documented order of an agent's stream (realtime-ws 8.4)."""
    seen: set[str] = set()
    for direction, message in messages:
        name = name_of("inference", message)
        if direction == "sent":
            if name == "run-task":
                seen = set()
            continue
        before = _AFTER.get(name)
        if before is not None and before not in seen:
            yield name, f"{before} is before it", "comes without or before it"
        if name in ("recognize-result", "ai-result") and "speech-end" in seen:
            yield name, "nothing is heard after speech-end", "comes after it"
        if "task-finished" in seen:
            yield name, "task-finished is last", "comes after it"
        seen.add(name)
