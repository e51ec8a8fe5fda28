"""What can be seen of a run from outside: how it ended, what it wrote, and the mock's journal."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, Final

from mock_tingwu.conformance.client_check.programs import End
from mock_tingwu.conformance.client_check.situation import Kind

Entry = Mapping[str, Any]

#: The calls that ask how a task stands.
_POLLS: Final = ("GetTaskInfo", "getTask", "QueryRtcAsrTasks")
#: The services that tasks belong to; `service` of their calls.
_SERVICES: Final = ("tingwu", "dashscope", "live")
#: A line with one of these says that something is not as it should be.
_TROUBLE: Final = re.compile(
    r"error|fail|exception|refus|denied|time[sd]?[ -]?out|time limit|\blost\b|clos(?:ed|ing)"
    r"|invalid|expired|missing|not found|no such|unavailable|disconnect|g[ia]ve[sn]? up|warn"
    r"|could not|cannot|can't|unable|no answer|not answer|still ongoing|did not|does not|incomplete"
    r"|abort|broke|cut off|\bno json|not json|malformed|unexpected|expecting|could be made|too long"
    r"|still .{1,20} after|within \d|失败|错误|异常|超时|断开|过期|无法",
    re.IGNORECASE,
)
_TRACEBACK: Final = re.compile(
    r"Traceback \(most recent call last\)|^\s+at .+\(?.+:\d+:\d+\)?$|Exception in thread"
    r"|^panic: |UnhandledPromiseRejection",
    re.MULTILINE,
)
_NUMBERS: Final = re.compile(r"[0-9a-fA-F]{6,}|\d+")


@dataclass(frozen=True)
class Evidence:
    """One run of a program. ``entries`` are the journal, ``violations`` rules by their levels.

    ``reached``: what the mock was to do was done.
    """

    end: End
    entries: Sequence[Entry]
    violations: Mapping[str, str] = field(default_factory=dict)
    reached: bool = True

    # What it did

    @cached_property
    def kinds(self) -> frozenset[Kind]:
        """What the program has used."""
        found = set()
        for entry in self.entries:
            match entry["kind"], entry["service"]:
                case "request", "tingwu":
                    found.add(Kind.TASKS)
                case "request", "dashscope":
                    found.add(Kind.DASHSCOPE)
                case "request", "live":
                    found.add(Kind.LIVE)
                case "ws_open", "realtime":
                    found.add(Kind.REALTIME)
                case "ws_open", "dashscope":
                    found.add(Kind.DASHSCOPE_STREAM)
                case "result", _:
                    found.add(Kind.FILES)
                case "callback", "tingwu":
                    if entry["event"] != "probe" and entry["outcome"] == "delivered":
                        found.add(Kind.CALLBACKS)
        return frozenset(found)

    @cached_property
    def results(self) -> Counter[str]:
        """The kinds of result files that were fetched, and how often."""
        return Counter(entry["name"] for entry in self._of("result"))

    @cached_property
    def finals(self) -> tuple[str, ...]:
        """The texts of all sentences that were sent as final, in order."""
        return tuple(text for entry in self._of("ws_out") for text in _finals(entry))

    @cached_property
    def heard(self) -> tuple[str, ...]:
        """These sentences, each once, without those that are empty."""
        return tuple(dict.fromkeys(text for text in self.finals if text))

    @cached_property
    def shown(self) -> int:
        """How many of these sentences stand in the output."""
        return sum(text in self._output for text in self.heard)

    def times_shown(self, text: str) -> int:
        """How often a text stands in the output."""
        return self._output.count(text)

    @cached_property
    def _output(self) -> str:
        """The output with what JSON escapes, so that texts are found in it."""
        return re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), self.end.output)

    @cached_property
    def audio_bytes(self) -> int:
        """How much audio has arrived."""
        return sum(entry["bytes"] for entry in self._of("audio"))

    @cached_property
    def finished(self) -> bool:
        """Whether the program was told that a task is complete."""
        return any(_says_complete(entry) for entry in self.entries)

    @cached_property
    def streams(self) -> int:
        """How many WebSockets were opened."""
        return sum(1 for _ in self._of("ws_open"))

    @cached_property
    def tasks(self) -> int:
        """How many tasks were made, also those that nobody was told of."""
        return len(
            {
                entry["task_id"]
                for entry in self._of("request")
                if entry["service"] in _SERVICES
                and str(entry.get("operation", "")).lower().startswith("create")
                and entry["task_id"]
            }
        )

    @cached_property
    def polls(self) -> tuple[int, ...]:
        """When it was asked how a task stands, in ms."""
        return tuple(
            entry["at"] for entry in self._of("request") if entry.get("operation") in _POLLS
        )

    @property
    def fastest_second(self) -> int:
        """The most such questions in a second."""
        polls = self.polls
        return max((bisect_left(polls, at + 1000) - n for n, at in enumerate(polls)), default=0)

    @property
    def usual_pause_s(self) -> float:
        """The median of the pauses between them, in seconds; 0 when there is none."""
        pauses = sorted(later - earlier for earlier, later in pairwise(self.polls))
        return pauses[len(pauses) // 2] / 1000 if pauses else 0.0

    # What it said

    def news(self, baseline: Evidence) -> list[str]:
        """The lines of the output that the baseline has not, apart from numbers."""
        known = {_plain(line) for line in baseline.end.output.splitlines()}
        return [
            line for line in self._output.splitlines() if line.strip() and _plain(line) not in known
        ]

    @property
    def has_traceback(self) -> bool:
        """Whether it ended with what nobody has caught."""
        return _TRACEBACK.search(self.end.output) is not None

    @cached_property
    def told(self) -> frozenset[str]:
        """Codes and messages of errors that the mock has sent."""
        found: set[str] = set()
        for entry in self.entries:
            body = _json(entry.get("body", entry.get("message")))
            if entry["kind"] in ("response", "ws_out", "callback") and isinstance(body, Mapping):
                found.update(_errors(body))
        return frozenset(word for word in found if len(word) > 3)

    def _of(self, kind: str) -> Iterator[Entry]:
        return (entry for entry in self.entries if entry["kind"] == kind)


def has_trouble(line: str) -> bool:
    """Whether a line says that something is not as it should be."""
    return _TROUBLE.search(line) is not None


def _plain(line: str) -> str:
    return _NUMBERS.sub("0", line.strip())


def _json(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return None
    return value


def _part(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _finals(entry: Entry) -> Iterator[str]:
    """The texts of sentences that an event ends."""
    message = _json(entry["message"])
    if entry.get("by") == "control":
        return
    if _part(message, "header", "name") == "SentenceEnd":
        yield str(_part(message, "payload", "result") or "")
    transcription = _part(message, "payload", "output", "transcription")
    if _part(transcription, "sentenceEnd"):
        yield str(_part(transcription, "text") or "")


def _says_complete(entry: Entry) -> bool:
    body = _json(entry.get("body"))
    if entry["kind"] == "callback":
        return (entry["outcome"], entry["event"]) == ("delivered", "COMPLETED")
    if entry["kind"] != "response":
        return False
    if _part(body, "Data", "TaskStatus") == "COMPLETED":
        return True
    return entry.get("operation") == "getTask" and _part(body, "output", "status") == 0


def _errors(body: Mapping[str, Any]) -> Iterator[str]:
    """The codes and messages of an answer, a callback or an event that tells of an error."""
    for code, text in (("Code", "Message"), ("code", "message"), ("RetCode", "Description")):
        if body.get(code) not in (None, "0", 0, 2000, "200"):
            yield from (str(body[name]) for name in (code, text) if body.get(name))
    for place in (body.get("Data"), _part(body, "output"), _part(body, "payload", "output")):
        for code, text in (("ErrorCode", "ErrorMessage"), ("errorCode", "errorMessage")):
            if _part(place, code):
                yield from (str(_part(place, name)) for name in (code, text) if _part(place, name))
    header = body.get("header")
    if _part(header, "name") == "TaskFailed" or _part(header, "event") == "task-failed":
        for name in ("status", "status_text", "error_code", "error_message"):
            if _part(header, name):
                yield str(_part(header, name))
