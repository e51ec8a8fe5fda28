"""What was driven: the operations and events that entries of a journal are evidence of."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

#: A file in which tests leave a line for each file of tests: the operations that it drove.
VARIABLE: Final = "DRIVEN_BY_TESTS"
_CALLBACKS: Final = {
    "tingwu": "Tingwu callback",
    "dashscope": "DashScope callback",
    "live": "Live callback",
}
#: Files of DashScope's agents that are not called like their kind of result.
_FILES: Final = {"Translation": "translations", "CustomerConcerns": "contentExtractions"}
#: The commands and events of the realtime WebSocket, which only SDKs of NLS speak.
STREAM: Final = frozenset(
    {
        "StartTranscription",
        "StopTranscription",
        "ControlTranscriber",
        "TranscriptionStarted",
        "SentenceBegin",
        "TranscriptionResultChanged",
        "SentenceEnd",
        "ResultTranslated",
        "TranscriptionCompleted",
        "TaskFailed",
    }
)


def operations(entries: Iterable[Mapping[str, Any]]) -> set[str]:
    """The calls that went well, the commands and events of streams, and the callbacks."""
    return {name for entry in entries if (name := operation(entry)) is not None}


def operation(entry: Mapping[str, Any]) -> str | None:
    """What one entry is evidence of."""
    kind = entry["kind"]
    if kind == "response":
        return entry.get("operation") if entry.get("status") == 200 else None
    if kind == "callback":
        return _CALLBACKS.get(entry["service"])
    if kind in ("ws_in", "ws_out"):
        return _message(entry.get("text") or entry.get("message"))
    if kind == "result":
        return _file(entry)
    return None


def leave(tests: Path, found: set[str]) -> None:
    """Write down what a file of tests has driven, if somebody wants to know."""
    path = os.environ.get(VARIABLE)
    if path and found:
        line = json.dumps([tests.name, sorted(found)]) + "\n"
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(line)


def left(path: Path) -> dict[str, set[str]]:
    """What was written down, by the name of the file of tests."""
    found: dict[str, set[str]] = {}
    for line in path.read_text("utf-8").splitlines():
        name, names = json.loads(line)
        found.setdefault(name, set()).update(names)
    return found


def _message(message: Any) -> str | None:
    """The name of a command or event."""
    if isinstance(message, str | bytes):
        try:
            message = json.loads(message)
        except (ValueError, RecursionError):
            return None
    header = _part(message, "header")
    output = _part(_part(message, "payload"), "output")
    name = output.get("action") or header.get("name") or header.get("event") or header.get("action")
    return name if isinstance(name, str) else None


def _part(message: Any, name: str) -> dict[str, Any]:
    """An object in a message; tests also send what makes no sense."""
    part = message.get(name) if isinstance(message, dict) else None
    return part if isinstance(part, dict) else {}


def _file(entry: Mapping[str, Any]) -> str:
    """A result file, as its system calls it."""
    name = str(entry["name"])
    if entry.get("form") == "dashscope":
        name = _FILES.get(name, name[0].lower() + name[1:])
    return f"{name} file"
