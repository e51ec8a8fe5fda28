"""What speaks for each operation and event, one kind of evidence beside the other.

The kinds are never added up: a call that every SDK has made can still answer nonsense, and a case
that passes says nothing of what the live service does.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Final

from mock_tingwu.conformance.results import Entry, Report
from mock_tingwu.conformance.runner import FAIL, NOTED, PASS
from mock_tingwu.conformance.sources import LEVELS
from mock_tingwu.counting import counted
from mock_tingwu.resources import catalogue_folder

#: Who drove what: written by the run of all clients.
DRIVEN: Final = "driven.json"

SDKS, CONTRACT, RECORDED, LIVE, BEHAVIOUR, NEGATIVE, KNOWN = (
    "official SDKs",
    "checked against the contract",
    "published records",
    "passed live",
    "behaviour",
    "refusals",
    "known from",
)
#: The kinds of evidence, in the order of the table.
AXES: Final = (SDKS, CONTRACT, RECORDED, LIVE, BEHAVIOUR, NEGATIVE, KNOWN)

_FILES: Final = (
    "Transcription",
    "AutoChapters",
    "MeetingAssistance",
    "Summarization",
    "Translation",
    "PptExtraction",
    "TextPolish",
    "CustomPrompt",
    "ServiceInspection",
    "IdentityRecognition",
    "ContentExtraction",
)
_DASHSCOPE_FILES: Final = (
    "transcription",
    "translations",
    "autoChapters",
    "summarization",
    "meetingAssistance",
    "pptExtraction",
    "textPolish",
    "customPrompt",
    "serviceInsights",
    "generalServiceInsights",
    "saleInsights",
    "generalSaleInsights",
    "customerProfile",
    "contentExtractions",
    "identityRecognition",
)
#: Everything there is to be evidence for, with the schemas of what is answered, sent or stored.
OPERATIONS: Final[dict[str, tuple[str, ...]]] = {
    "CreateTask": ("tingwu/create-task-response", "tingwu/stop-task-response"),
    "GetTaskInfo": ("tingwu/get-task-info-response",),
    "CreateTranscriptionPhrases": ("tingwu/phrases-response#create",),
    "ListTranscriptionPhrases": ("tingwu/phrases-response#list",),
    "GetTranscriptionPhrases": ("tingwu/phrases-response#get",),
    "UpdateTranscriptionPhrases": ("tingwu/phrases-response#update",),
    "DeleteTranscriptionPhrases": ("tingwu/phrases-response#delete",),
    "download": (),
    **{f"{kind} file": (f"tingwu/results/{kind}",) for kind in _FILES},
    "Tingwu callback": ("tingwu/callback",),
    "StartTranscription": (),
    "StopTranscription": (),
    "TranscriptionStarted": ("realtime/event",),
    "SentenceBegin": ("realtime/event",),
    "TranscriptionResultChanged": ("realtime/event",),
    "SentenceEnd": ("realtime/event",),
    "ResultTranslated": ("realtime/event",),
    "TranscriptionCompleted": ("realtime/event",),
    "TaskFailed": ("realtime/event",),
    "createTask": ("dashscope/create-task-response",),
    "getTask": ("dashscope/get-task-response",),
    "createToken": ("dashscope/token-response",),
    **{f"{kind} file": (f"dashscope/results/{kind}",) for kind in _DASHSCOPE_FILES},
    "DashScope callback": ("dashscope/callback",),
    "run-task": (),
    "finish-task": (),
    "task-started": ("inference/event",),
    "speech-listen": ("inference/event",),
    "recognize-result": ("inference/event",),
    "ping": ("inference/event",),
    "ai-result": ("inference/event",),
    "speech-end": ("inference/event",),
    "task-failed": ("inference/event",),
    "task-finished": ("inference/event",),
    "CreateRtcAsrTask": ("live/create-response",),
    "QueryRtcAsrTasks": ("live/query-response",),
    "StopRtcAsrTask": ("live/task-response",),
    "DeleteRtcAsrTask": ("live/task-response",),
    "Live callback": ("live/callback",),
}


@dataclass(frozen=True, slots=True)
class Row:
    """The evidence for one operation or event, by axis, in words."""

    name: str
    axes: dict[str, str]


def evidence(report: Report) -> list[Row]:
    """The table of a run."""
    return [_row(name, report) for name in OPERATIONS]


def _row(name: str, report: Report) -> Row:
    about = [entry for entry in report.cases if name in entry.operations]
    tried = [entry for entry in about if entry.verdict in (PASS, FAIL, NOTED)]
    binding = [entry for entry in tried if entry.source_level != "assumed"]
    checked = [
        entry for entry in tried if any(entry.schemas.get(schema) for schema in OPERATIONS[name])
    ]
    levels = Counter(entry.source_level for entry in about)
    live = [entry for entry in about if entry.last_live_pass]
    axes = {
        SDKS: str(len(driven().get(name, []))),
        CONTRACT: _cases(len(checked)) if OPERATIONS[name] else "has no schema",
        RECORDED: _ratio([e for e in binding if e.source_level == "observed"]) or "none",
        LIVE: _cases(len(live)),
        BEHAVIOUR: _ratio([entry for entry in binding if not entry.negative]) or "none",
        NEGATIVE: _ratio([entry for entry in binding if entry.negative]) or "none",
        KNOWN: ", ".join(f"{levels[level]} {level}" for level in LEVELS if levels[level]) or "-",
    }
    return Row(name, axes)


@cache
def driven() -> dict[str, list[str]]:
    """The official SDKs that drove each operation and event against the mock."""
    path = catalogue_folder() / DRIVEN
    found: dict[str, list[str]] = json.loads(path.read_text("utf-8"))
    return found


def _cases(count: int) -> str:
    return counted(count, "case") if count else "never"


def _ratio(entries: list[Entry]) -> str:
    """How many of the cases passed."""
    passed = sum(entry.verdict == PASS for entry in entries)
    return f"{passed} of {len(entries)}" if entries else ""
