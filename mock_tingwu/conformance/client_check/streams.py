"""Situations of realtime streams, the WebSockets behind MeetingJoinUrls."""

from __future__ import annotations

import json
from typing import Any, Final

from mock_tingwu.conformance.client_check.situation import (
    LAST,
    RESULTS,
    STATUS,
    Expectation,
    Kind,
    Push,
    Situation,
    rule,
)

_STARTED: Final = {"service": "realtime", "event": "TranscriptionStarted"}
_COMPLETED: Final = {"service": "realtime", "event": "TranscriptionCompleted"}
#: Ten minutes: no program is waited for so long.
_NEVER: Final = 600_000
_WAITING: Final = ("idle-timeout",)


def _sentence(nth: int | str) -> dict[str, Any]:
    return {"service": "realtime", "event": "SentenceEnd", "nth": nth}


def _event(header: Any, payload: Any = None) -> str:
    given = {"header": header} | ({} if payload is None else {"payload": payload})
    return json.dumps(given)


_HEADER: Final = {
    "namespace": "SpeechTranscriber",
    "status": 20000000,
    "message_id": "0" * 32,
    "task_id": "0" * 32,
    "status_text": "Gateway:SUCCESS:Success.",
}


def _odd(id: str, title: str, text: str, does: str, advice: str) -> Situation:
    """A message that no client expects, in the midst of a stream."""
    return Situation(
        id=f"CC-EVENT-{id}",
        title=title,
        kind=Kind.REALTIME,
        does=f"{does} comes behind the first SentenceEnd",
        good="goes on as if it had not come, and keeps what comes later",
        fault="hangs, crashes, or loses the rest of the meeting without a word",
        advice=advice,
        source="realtime-ws 9",
        expects=Expectation.CARRY_ON,
        pushes=(Push("SentenceEnd", text),),
    )


STARTING: Final = (
    Situation(
        id="CC-START-001",
        title="a slow start",
        kind=Kind.REALTIME,
        does="TranscriptionStarted comes 3 s late",
        good="waits, then pushes all of its audio",
        fault="loses the audio of these seconds, or hangs",
        advice="Hold audio back until TranscriptionStarted, and wait ten seconds for it.",
        source="realtime-ws 2.2 and 9",
        expects=Expectation.CARRY_ON,
        rules=(rule("ws_stall", _STARTED, 1, ms=3_000),),
    ),
    Situation(
        id="CC-START-002",
        title="no TranscriptionStarted",
        kind=Kind.REALTIME,
        does="TranscriptionStarted never comes, nor anything else",
        good="gives up after a time-out and says so",
        fault="waits for ever, or ends as if all were well",
        advice="Put a limit of about ten seconds on the start of a stream.",
        source="realtime-ws 9 (some SDKs never settle)",
        expects=Expectation.TELL,
        rules=(rule("ws_stall", _STARTED, ms=_NEVER),),
        excused=(*_WAITING, "audio-before-started", "close-without-stop"),
    ),
    Situation(
        id="CC-START-003",
        title="TaskFailed at the start",
        kind=Kind.REALTIME,
        does="StartTranscription is answered with TaskFailed 40000010",
        good="ends with an error that names the status or its text",
        fault="pushes into nothing, waits for ever, or ends as if all were well",
        advice="Treat TaskFailed before TranscriptionStarted as the failure of the start.",
        source="realtime-ws 4 and 9 (start() of two SDKs returns as if it had begun)",
        expects=Expectation.TELL,
        rules=(rule("ws_task_failed", _STARTED, status=40000010),),
    ),
    Situation(
        id="CC-START-004",
        title="CLOSE at the start",
        kind=Kind.REALTIME,
        does="the first StartTranscription is answered with CLOSE 1000 and no TaskFailed",
        good="connects again to the same URL, or ends with an error",
        fault="pushes into nothing, waits for ever, or ends as if all were well",
        advice="A CLOSE before TranscriptionStarted is a failed start, whatever its code.",
        source="realtime-ws 9",
        expects=Expectation.EITHER,
        rules=(rule("ws_close", _STARTED, 1, code=1000),),
    ),
    Situation(
        id="CC-START-005",
        title="a handshake refused once",
        kind=Kind.REALTIME,
        does="the first handshake is answered with HTTP 503",
        good="tries again after a moment, or ends with an error",
        fault="hangs, or ends as if all were well",
        advice="Try a handshake that is answered with 5xx again, a few times.",
        source="realtime-ws 1.3",
        expects=Expectation.EITHER,
        rules=(rule("ws_refused", None, 1, status=503),),
    ),
    Situation(
        id="CC-START-006",
        title="a handshake refused for good",
        kind=Kind.REALTIME,
        does="every handshake is answered with HTTP 403",
        good="ends with an error",
        fault="hangs, or ends as if all were well",
        advice="Do not repeat a handshake that is answered with 4xx; say so and end.",
        source="realtime-ws 1.3",
        expects=Expectation.TELL,
        rules=(rule("ws_refused", {"service": "realtime"}, status=403),),
        named=("403",),
    ),
)

INTERRUPTED: Final = (
    Situation(
        id="CC-STREAM-001",
        title="the socket is lost",
        kind=Kind.REALTIME,
        does="the connection is cut without a CLOSE before the first SentenceEnd",
        good="connects again to the same MeetingJoinUrl and pushes on",
        fault="hangs, pushes into nothing, or ends as if all were well",
        advice="Connect again to the same URL: the task is PAUSED and goes on.",
        source="realtime-ws 1.5; tingwu-openapi 2.3",
        expects=Expectation.CARRY_ON,
        rules=(rule("ws_drop", _sentence(1), 1),),
    ),
    Situation(
        id="CC-STREAM-002",
        title="CLOSE 1011 in the middle",
        kind=Kind.REALTIME,
        does="CLOSE 1011 comes in place of the first SentenceEnd",
        good="connects again to the same MeetingJoinUrl and pushes on",
        fault="hangs, pushes into nothing, or ends as if all were well",
        advice="A CLOSE that nobody asked for is a lost connection, whatever its code.",
        source="realtime-ws 1.5 and 9",
        expects=Expectation.CARRY_ON,
        rules=(rule("ws_close", _sentence(1), 1, code=1011),),
    ),
    Situation(
        id="CC-STREAM-003",
        title="events are held up",
        kind=Kind.REALTIME,
        does="from the first SentenceEnd on nothing comes for 4 s, then all at once",
        good="pushes on meanwhile and takes what comes late",
        fault="loses sentences, or takes the silence for the end",
        advice="Let no time-out run while audio is pushed: silence of the server means nothing.",
        source="realtime-ws 1.4",
        expects=Expectation.CARRY_ON,
        rules=(rule("ws_stall", _sentence(1), 1, ms=4_000),),
    ),
    Situation(
        id="CC-STREAM-004",
        title="a sentence comes twice",
        kind=Kind.REALTIME,
        does="the first SentenceEnd is sent twice",
        good="shows the sentence once",
        fault="hangs or crashes",
        advice="Keep sentences by their index: a second one takes the place of the first.",
        source="realtime-ws 3.5",
        expects=Expectation.CARRY_ON,
        rules=(rule("ws_duplicate_event", _sentence(1), 1),),
    ),
    Situation(
        id="CC-STREAM-005",
        title="events out of order",
        kind=Kind.REALTIME,
        does="the first SentenceEnd comes behind the event that follows it",
        good="shows every sentence, in order",
        fault="loses a sentence, hangs or crashes",
        advice="Order sentences by index, and let no event rely on the one before.",
        source="realtime-ws 3.5",
        expects=Expectation.CARRY_ON,
        rules=(rule("ws_event_order", _sentence(1), 1),),
    ),
    Situation(
        id="CC-STREAM-006",
        title="TaskFailed in the middle, for good",
        kind=Kind.REALTIME,
        does="TaskFailed 40000010 comes in place of the first SentenceEnd, every time",
        good="stops pushing, ends the task and says what the status is",
        fault="pushes into nothing, hangs, or ends as if all were well",
        advice="Stop at TaskFailed, end the task by CreateTask with operation=stop, and say why.",
        source="realtime-ws 2.3, 3.8 and 4",
        expects=Expectation.TELL,
        rules=(rule("ws_task_failed", _sentence(1), status=40000010),),
    ),
    Situation(
        id="CC-STREAM-007",
        title="TaskFailed 50000000 once",
        kind=Kind.REALTIME,
        does="TaskFailed 50000000 comes in place of the first SentenceEnd, once",
        good="connects again to the same URL, or ends with an error that names the status",
        fault="pushes into nothing, hangs, or ends as if all were well",
        advice="Failures from 50000000 on are the server's: connect again to the same URL.",
        source="realtime-ws 1.5 (what the C++ SDK repeats) and 4",
        expects=Expectation.EITHER,
        rules=(rule("ws_task_failed", _sentence(1), 1, status=50000000),),
    ),
)

ODD_EVENTS: Final = (
    _odd(
        "001",
        "a message that is no JSON",
        '{"header": {"name": "SentenceEnd"',
        "a text that is no JSON",
        "Catch what the parser raises, note it and read on.",
    ),
    _odd("002", "an event without a header", "{}", "{}", "Look for header before you use it."),
    _odd(
        "003",
        "a header without a name",
        _event(_HEADER, {}),
        "an event whose header has no name",
        "Look for header.name before you use it.",
    ),
    _odd(
        "004",
        "an event of an unknown name",
        _event({**_HEADER, "name": "SpeakerChanged"}, {"index": 1}),
        "an event SpeakerChanged, which nobody knows,",
        "Ignore events whose name is not known: there may be new ones.",
    ),
    _odd(
        "005",
        "an event without a payload",
        _event({**_HEADER, "name": "TranscriptionResultChanged"}),
        "a TranscriptionResultChanged without a payload",
        "Look for payload and its members before you use them.",
    ),
    _odd(
        "006",
        "an event of another namespace",
        _event({**_HEADER, "namespace": "Meeting", "name": "Notice"}, {}),
        "an event of the namespace Meeting",
        "Ignore namespaces that are not known.",
    ),
    _odd(
        "007",
        "a partial translation",
        _event(
            {**_HEADER, "name": "ResultTranslated", "source_message_id": "0" * 32},
            {
                "speaker_id": "",
                "source_lang": "cn",
                "target_lang": "en",
                "translate_result": [{"index": 0, "text": "Good", "partial": True}],
            },
        ),
        "a ResultTranslated that is partial, of a message that nobody sent,",
        "Do not rely on the message that a translation belongs to.",
    ),
    Situation(
        id="CC-EVENT-008",
        title="unknown fields, keys in another order",
        kind=Kind.REALTIME,
        does="events and answers have fields that no document names, and keys in any order",
        good="does not notice",
        fault="fails, or loses anything",
        advice="Read the members that you know by their names and ignore the others.",
        source="realtime-ws 3.4 and 3.5; RFC 8259 section 4",
        expects=Expectation.CARRY_ON,
        profile="plain,+key-order,+unknown-fields",
    ),
)

STOPPING: Final = (
    Situation(
        id="CC-STOP-001",
        title="the last sentence comes late",
        kind=Kind.REALTIME,
        does="the last SentenceEnd comes 2 s after StopTranscription",
        good="waits for TranscriptionCompleted and has the last sentence",
        fault="closes at once and loses the last sentence without a word",
        advice="After StopTranscription wait for TranscriptionCompleted before closing.",
        source="realtime-ws 2.3",
        expects=Expectation.CARRY_ON,
        rules=(rule("ws_stall", _sentence(LAST), 1, ms=2_000),),
    ),
    Situation(
        id="CC-STOP-002",
        title="TaskFailed after the stop",
        kind=Kind.REALTIME,
        does="the first StopTranscription is answered with TaskFailed 50000000",
        good="says so, and ends the task all the same",
        fault="hangs, or leaves the task running",
        advice="End the task by the API whatever the stream has come to.",
        source="realtime-ws 9",
        expects=Expectation.EITHER,
        rules=(rule("ws_task_failed", _COMPLETED, 1, status=50000000),),
    ),
    Situation(
        id="CC-STOP-003",
        title="no TranscriptionCompleted",
        kind=Kind.REALTIME,
        does="StopTranscription is never answered",
        good="gives up after a time-out and ends the task",
        fault="waits for ever, or leaves the task running",
        advice="Put a limit of about ten seconds on the wait for TranscriptionCompleted.",
        source="realtime-ws 2.1 and 9 (met in production)",
        expects=Expectation.EITHER,
        rules=(rule("ws_stall", _COMPLETED, ms=_NEVER),),
        excused=(*_WAITING, "close-before-completed"),
    ),
    Situation(
        id="CC-STOP-004",
        title="CLOSE in place of TranscriptionCompleted",
        kind=Kind.REALTIME,
        does="StopTranscription is answered with CLOSE 1000",
        good="takes it for the end of the stream and ends the task",
        fault="waits for ever, or leaves the task running",
        advice="A CLOSE ends the wait for TranscriptionCompleted.",
        source="realtime-ws 9",
        expects=Expectation.EITHER,
        rules=(rule("ws_close", _COMPLETED, code=1000),),
    ),
    Situation(
        id="CC-SILENCE-001",
        title="nothing is said",
        kind=Kind.REALTIME,
        does="the audio is silent: no sentence comes, and texts of results are empty",
        good="ends as usual, without a caption",
        fault="hangs or fails for want of a sentence",
        advice="A meeting without a sentence is no failure: expect empty texts.",
        source="tingwu-openapi 2.3",
        expects=Expectation.CARRY_ON,
        silent=True,
        # It is shorter than the other audio.
        compared=(RESULTS, STATUS),
    ),
)

SITUATIONS: Final = (*STARTING, *INTERRUPTED, *ODD_EVENTS, *STOPPING)
