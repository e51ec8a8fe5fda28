"""What clients owe the cloud: one table of rules, each with its source.

A rule is *documented* when a vendor's page demands it and every official SDK keeps it; *advice*
when a page or an SDK only recommends it, or an official SDK or sample breaks it and still works.
Who breaks a rule leaves a violation in the journal, once for each task or caller; see
`mock_tingwu.core.findings`. Sources are the dossiers' chapters, as everywhere in the code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

Level = Literal["documented", "advice"]
LEVELS: Final[tuple[Level, ...]] = ("documented", "advice")


class Rule(Struct, frozen=True):
    """``id`` is stable and can be quoted; ``expected`` says in a sentence what a client is to do.

    ``area`` groups what belongs together.
    """

    id: str
    area: str
    level: Level
    source: str
    expected: str


class Offence(Struct, frozen=True):
    """One thing that a client did against the rule of this id; ``text`` says what."""

    rule: str
    text: str

    @property
    def source(self) -> str:
        """Where the rule comes from."""
        return RULES[self.rule].source


def _rules(area: str, *rows: tuple[str, Level, str, str]) -> dict[str, Rule]:
    return {row[0]: Rule(row[0], area, *row[1:]) for row in rows}


#: Every rule by its id.
RULES: Final[Mapping[str, Rule]] = {
    **_rules(
        "requests",
        (
            "request-schema",
            "documented",
            "tingwu-openapi 1.1 and 1.4; dashscope-tingwu 2 to 4 and 9; live-rtc-asr 1.1",
            "A request has the fields that its call requires, with types and values of the "
            "reference.",
        ),
        (
            "unknown-field",
            "advice",
            "tingwu-openapi 1.1; dashscope-tingwu 2 and 3; live-rtc-asr 1.1; realtime-ws 2.2",
            "A request or command has no fields that no reference and no SDK knows: they are "
            "ignored, and may be misspelt.",
        ),
        (
            "loose-writing",
            "advice",
            "tingwu-openapi 1.1 and 1.4; dashscope-tingwu 1.1",
            "Names are spelt and values typed as in the reference, numbers and booleans without "
            "quotation marks.",
        ),
        (
            "unknown-api",
            "documented",
            "tingwu-openapi 1; dashscope-tingwu 1; live-rtc-asr 1",
            "A call has a method and path, or an Action, that the reference knows.",
        ),
        (
            "app-key",
            "documented",
            "tingwu-openapi 1.1 and 3.2",
            "Whoever begins a task names an AppKey that exists and is the caller's.",
        ),
        (
            "app-id",
            "documented",
            "dashscope-tingwu 2, 3 and 5; realtime-ws 8.2",
            "createTask and run-task name an appId that exists.",
        ),
        (
            "data-id",
            "documented",
            "dashscope-tingwu 3, 4 and 5; realtime-ws 8.5",
            "A dataId is one that createTask answered, of the same app, not older than 24 h and in "
            "a state for the call.",
        ),
        (
            "rerun-unfinished",
            "documented",
            "tingwu-openapi 2.1",
            "Only a COMPLETED task is run again.",
        ),
        (
            "file-url",
            "documented",
            "tingwu-openapi 2.1",
            "A FileUrl is a public http or https address with a domain name and without spaces; "
            "only this machine may be an IP address here.",
        ),
        (
            "hot-words",
            "documented",
            "tingwu-openapi 1.4 and the vendor's guide to hot words",
            "A list of hot words keeps the limits: 10 lists, 300 words of 10 characters, weights "
            "from -6 to 5.",
        ),
    ),
    **_rules(
        "credentials",
        (
            "signature",
            "documented",
            "tingwu-openapi 3.2, 3.4 and 5; live-rtc-asr 3 and 4",
            "A call is signed with the secret of its key, as it is sent, now and once.",
        ),
        (
            "signed-headers",
            "advice",
            "tingwu-openapi 5.2",
            "host, content-type and every x-acs-* header that is sent are among SignedHeaders. The "
            "asynchronous Tea SDKs leave content-type (Python) or host (Java) out.",
        ),
        (
            "api-key",
            "documented",
            "dashscope-tingwu 1 and 5; realtime-ws 8.1",
            "A call to DashScope bears an API key that exists.",
        ),
        (
            "temporary-key-expired",
            "documented",
            "dashscope-tingwu 5.2",
            "A temporary key is used before it expires.",
        ),
    ),
    **_rules(
        "pace of calls",
        (
            "qps-exceeded",
            "documented",
            "tingwu-openapi 3.5; dashscope-tingwu 4.2; live-rtc-asr 1",
            "A caller makes at most 20 CreateTask and 100 GetTaskInfo (DashScope: 100 getTask; "
            "Live: 20 of each call) in a second.",
        ),
        (
            "polling-too-fast",
            "advice",
            "tingwu-openapi 2.1",
            "An unfinished offline task is looked at every 1 to 5 minutes.",
        ),
        (
            "no-back-off",
            "advice",
            "tingwu-openapi 3.5; dashscope-tingwu 8.3",
            "Whoever was throttled waits as long as x-acs-retry-after or retry-after-ms says "
            "before the same call.",
        ),
    ),
    **_rules(
        "life of a meeting",
        (
            "stop-missing",
            "documented",
            "tingwu-openapi 2.3; dashscope-tingwu 3",
            "A realtime task is ended by CreateTask with operation=stop, a meeting of DashScope by "
            "a second createTask: nothing else ends it.",
        ),
        (
            "stop-while-streaming",
            "documented",
            "tingwu-openapi 2.3; dashscope-tingwu 3",
            "The stream ends first, by StopTranscription or finish-task, then the task by the API.",
        ),
        (
            "new-task-for-reconnect",
            "advice",
            "realtime-ws 1.5",
            "A stream that broke off goes on with the same MeetingJoinUrl, not with a new task of "
            "the same TaskKey.",
        ),
        (
            "join-url",
            "documented",
            "realtime-ws 1.1; tingwu-openapi 2.3",
            "A MeetingJoinUrl is used as CreateTask answered it, until its task has ended.",
        ),
    ),
    **_rules(
        "Tingwu's WebSocket",
        (
            "audio-before-started",
            "documented",
            "realtime-ws 2.2",
            "Audio waits for TranscriptionStarted.",
        ),
        (
            "audio-after-stop",
            "advice",
            "realtime-ws 2.3",
            "After StopTranscription no audio comes until the next StartTranscription.",
        ),
        (
            "start-out-of-order",
            "documented",
            "realtime-ws 2.2 and 4",
            "StartTranscription comes once for each stream.",
        ),
        (
            "stop-out-of-order",
            "documented",
            "realtime-ws 2.3",
            "StopTranscription comes once for each stream, after TranscriptionStarted.",
        ),
        (
            "stop-without-ids",
            "advice",
            "realtime-ws 2.1",
            "StopTranscription has task_id and appkey: without them a client of the cloud got no "
            "TranscriptionCompleted.",
        ),
        (
            "close-without-stop",
            "documented",
            "realtime-ws 2.3 and 4",
            "A connection with a stream is closed after StopTranscription.",
        ),
        (
            "command-after-failure",
            "documented",
            "realtime-ws 2.3",
            "After TaskFailed no command comes.",
        ),
    ),
    **_rules(
        "DashScope's WebSocket",
        (
            "audio-before-listen",
            "advice",
            "realtime-ws 8.3",
            "Audio waits for speech-listen. The sample of dashscope's v2 does not.",
        ),
        (
            "frame-sequence",
            "documented",
            "realtime-ws 8.5",
            "run-task comes first, then audio, then one finish-task with the same task_id.",
        ),
        (
            "task-id-length",
            "advice",
            "realtime-ws 8.2",
            "header.task_id has 16 characters. SDKs send 32.",
        ),
        (
            "constants",
            "advice",
            "realtime-ws 8.2",
            "run-task has task_group aigc, task multimodal-generation and function generation. "
            "One constructor of the Java SDK sends others.",
        ),
        (
            "close-without-finish",
            "documented",
            "realtime-ws 8.5",
            "A connection with a running task is closed after finish-task.",
        ),
    ),
    **_rules(
        "both WebSockets",
        (
            "message-schema",
            "documented",
            "realtime-ws 2.1, 2.2 and 8.2",
            "A text frame is a command in JSON with header and payload as documented.",
        ),
        (
            "unknown-command",
            "documented",
            "realtime-ws 2.1, 4 and 8.2",
            "Namespace and name of a command, or its action, are documented ones.",
        ),
        (
            "close-before-completed",
            "advice",
            "realtime-ws 2.3 and 8.5",
            "Whoever has ended a stream waits for TranscriptionCompleted or speech-end before "
            "closing: the last sentences come before it.",
        ),
        (
            "second-stream",
            "advice",
            "realtime-ws 4 (43040001) and 8.5",
            "One connection at a time streams into a task.",
        ),
        (
            "idle-timeout",
            "documented",
            "realtime-ws 1.4 and 8.5",
            "A connection is never without text and audio for 10 s; silence is sent as audio.",
        ),
        (
            "audio-burst",
            "advice",
            "realtime-ws 2.5",
            "Audio comes as fast as it is spoken; twice as fast works, and 6 s may be caught up.",
        ),
        (
            "audio-stall",
            "advice",
            "realtime-ws 2.5",
            "Between two frames of audio are less than 5 s.",
        ),
        (
            "audio-frame-size",
            "advice",
            "realtime-ws 2.5",
            "A frame has about 100 ms of audio and at most 16 KiB.",
        ),
        (
            "audio-format",
            "documented",
            "realtime-ws 5; dashscope-tingwu 3",
            "Audio has the format that CreateTask or run-task said.",
        ),
        (
            "format-announced",
            "advice",
            "realtime-ws 5",
            "Where StartTranscription or run-task names format and rate, they are those of the "
            "task.",
        ),
    ),
    **_rules(
        "results",
        (
            "results-after-expiry",
            "documented",
            "tingwu-openapi 2.2; dashscope-tingwu 4",
            "A link is used before it expires; the query of the task gives a new one.",
        ),
        (
            "result-link",
            "documented",
            "tingwu-openapi 2.2",
            "A link is fetched as it was answered, with its whole query.",
        ),
    ),
    **_rules(
        "callbacks",
        (
            "callback-refused",
            "documented",
            "tingwu-openapi 6; dashscope-tingwu 6",
            "A callback is answered with 2xx, one of DashScope with 200.",
        ),
        (
            "callback-late",
            "documented",
            "tingwu-openapi 6",
            "A callback is answered within 5 s.",
        ),
    ),
}
