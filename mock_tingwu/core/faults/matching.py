"""What rules are held against, and which rules fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from mock_tingwu.core.faults.actions import SERVICES, FaultError, refuse_unknown, whole
from mock_tingwu.core.options import RESULT_KINDS

#: The calls that a rule can name.
OPERATIONS: Final = (
    "CreateTask",
    "GetTaskInfo",
    "CreateTranscriptionPhrases",
    "ListTranscriptionPhrases",
    "GetTranscriptionPhrases",
    "UpdateTranscriptionPhrases",
    "DeleteTranscriptionPhrases",
    # DashScope's
    "createTask",
    "getTask",
    "createToken",
    # Live's
    "CreateRtcAsrTask",
    "StopRtcAsrTask",
    "DeleteRtcAsrTask",
    "QueryRtcAsrTasks",
)
#: The calls of these services that make a task: what is to become of it is decided there.
CREATING: Final = ("CreateTask", "createTask", "CreateRtcAsrTask")
#: The download of a file.
DOWNLOAD: Final = "GetObject"
#: What streams send: events of MeetingJoinUrls, then events and actions of DashScope's.
NLS_EVENTS: Final = (
    "TranscriptionStarted",
    "SentenceBegin",
    "TranscriptionResultChanged",
    "SentenceEnd",
    "ResultTranslated",
    "TranscriptionCompleted",
    "TaskFailed",
)
DUPLEX_EVENTS: Final = (
    "task-started",
    "result-generated",
    "task-finished",
    "task-failed",
    "speech-listen",
    "recognize-result",
    "ai-result",
    "ping",
    "speech-end",
)
#: What callbacks tell of: Tingwu's and DashScope's steps, and Live's captions.
CALLBACK_EVENTS: Final = (*RESULT_KINDS, "COMPLETED", "FAILED", *NLS_EVENTS[1:5])
#: Media files, as links to them end.
FILES: Final = ("mp3", "mp4", "png", "jpg", "spectrum")
_ALL_SERVICES: Final = (*SERVICES, "realtime", "storage")


class Subject(Struct, frozen=True):
    """What rules are held against: a call, a task that is being made, an event, a file.

    ``texts`` are those that the caller has chosen in this very call; they may hold markers.
    ``events`` are the names that an event or callback has, ``kind`` is that of a file; ``heard``
    says from where to where (ms of audio) a stream has just got.
    """

    service: str = ""
    operation: str = ""
    task_key: str | None = None
    app_key: str | None = None
    task_id: str | None = None
    texts: Sequence[str] = ()
    events: Sequence[str] = ()
    kind: str | None = None
    heard: tuple[int, int] | None = None


class Match(Struct, frozen=True):
    """Which calls, tasks, events or files a rule is about. What is None fits everything.

    ``audio_ms`` is the moment of a stream at which so much audio has been heard, no event. ``nth``
    is the one, from 1, of those that fit otherwise and that no earlier rule has taken;
    ``probability`` is from 0 to 1.
    """

    service: str | None = None
    operation: str | None = None
    task_key: str | None = None
    app_key: str | None = None
    task_id: str | None = None
    event: str | None = None
    audio_ms: int | None = None
    kind: str | None = None
    nth: int | None = None
    probability: float | None = None

    def fits(self, subject: Subject) -> bool:
        """Whether all but ``nth`` and ``probability`` fit."""
        if (self.audio_ms is None) != (subject.heard is None):
            return False
        if self.audio_ms is not None and subject.heard is not None:
            before, after = subject.heard
            if not before < self.audio_ms <= after:
                return False
        if self.event is not None and self.event not in subject.events:
            return False
        pairs = [(getattr(self, name), getattr(subject, name)) for name in _EQUAL]
        return all(wanted is None or wanted == given for wanted, given in pairs)


_EQUAL: Final = ("service", "operation", "task_key", "app_key", "task_id", "kind")
_TEXTS: Final = (*_EQUAL, "event")
_KNOWN: Final[Mapping[str, Sequence[str]]] = {
    "service": _ALL_SERVICES,
    "operation": (*OPERATIONS, DOWNLOAD),
    "event": tuple(dict.fromkeys((*NLS_EVENTS, *DUPLEX_EVENTS, *CALLBACK_EVENTS))),
    "kind": (*RESULT_KINDS, *FILES),
}


def parse_match(data: Any) -> Match:
    """Read what stands in ``match``.

    Raises:
        FaultError: it makes no sense.
    """
    if not isinstance(data, Mapping):
        raise FaultError(f"match is {data!r}, expected an object")
    refuse_unknown("match", data, Match.__struct_fields__)
    found = {name: value for name, value in data.items() if value is not None}
    for name in _TEXTS:
        if name in found and not (isinstance(found[name], str) and found[name]):
            raise FaultError(f"match.{name} is {found[name]!r}, expected a text")
    for name, known in _KNOWN.items():
        if name in found and found[name] not in known:
            raise FaultError(f"match.{name} is {found[name]!r}, expected {' or '.join(known)}")
    if "nth" in found:
        whole("match.nth", found["nth"], 1, 10**9)
    if "audio_ms" in found:
        whole("match.audio_ms", found["audio_ms"], 1, 10**10)
    share = found.get("probability", 0)
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        raise FaultError(f"match.probability is {share!r}, expected a number from 0 to 1")
    return Match(**found)


def new_task(
    *,
    service: str = "tingwu",
    task_key: str | None = None,
    app_key: str | None = None,
    file_url: str | None = None,
    task_id: str | None = None,
) -> Subject:
    """A task that is being made."""
    operation = CREATING[SERVICES.index(service)]
    texts = [text for text in (task_key, file_url) if text]
    return Subject(service, operation, task_key, app_key, task_id, texts)
