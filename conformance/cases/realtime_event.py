"""Events of the realtime WebSocket: the header of all, SentenceBegin and interim results."""

from __future__ import annotations

import json

from mock_tingwu.conformance import MUST, SHOULD, Cloud, case
from mock_tingwu.conformance.checks import EVENTS
from mock_tingwu.conformance.sources import (
    LIVE_TRACES,
    NLS_CPP_SDK,
    NLS_GO_SDK,
    NLS_JAVA_SDK,
    NLS_SDK,
    NLS_TRANSCRIBER,
    NLS_WEBSOCKET,
    STREAM_PUSH,
)

from .realtime_heard import (
    INTERIM,
    SPEECH,
    SPEECH_2,
    check_confidence,
    check_words,
    heard,
    integers,
    some,
    strings,
)

ALL = ("TranscriptionStarted", "SentenceBegin", "TranscriptionResultChanged", "SentenceEnd")
CHANGED = ("TranscriptionResultChanged",)


@case(
    "RT-EVENT-001",
    "every event names itself in header.name, and is one that the SDKs know",
    sends=SPEECH_2,
    expects="the seven names of the Python SDK; it dies of an event without one",
    level=MUST,
    source=NLS_SDK("realtime_meeting.py"),
    operations=ALL,
)
async def events_are_known(cloud: Cloud) -> None:
    session = await heard(cloud, INTERIM)
    known = {*ALL, "ResultTranslated", "TranscriptionCompleted", "TaskFailed"}
    unknown = [name for name in session.names if name not in known]
    cloud.check.equal(unknown, [], "names that no SDK knows", facet=EVENTS)


@case(
    "RT-EVENT-002",
    "every header has namespace, name, status, message_id, task_id and status_text",
    sends=SPEECH_2,
    expects="all six",
    level=MUST,
    source=STREAM_PUSH("header"),
    operations=ALL,
)
async def header_is_complete(cloud: Cloud) -> None:
    for event in (await heard(cloud, INTERIM)).events:
        what = f"the header of {event.name}"
        strings(
            cloud,
            event.header,
            "namespace",
            "name",
            "message_id",
            "task_id",
            "status_text",
            what=what,
        )
        cloud.check.has(event.header, "status", what=what, facet=EVENTS)


@case(
    "RT-EVENT-003",
    "status of every event of success is the integer 20000000",
    sends=SPEECH_2,
    expects="no string: the C++ SDK refuses that",
    level=MUST,
    source=NLS_CPP_SDK("nlsEventInner.cpp"),
    operations=ALL,
)
async def status_is_an_integer(cloud: Cloud) -> None:
    for event in (await heard(cloud, INTERIM)).events:
        status = event.header.get("status")
        cloud.check.equal(status, 20000000, f"status of {event.name}", facet=EVENTS)


@case(
    "RT-EVENT-004",
    "status_text of every event of success is Gateway:SUCCESS:Success.",
    sends=SPEECH_2,
    expects="that text",
    level=MUST,
    source=STREAM_PUSH("header.status_text"),
    operations=ALL,
)
async def status_text_of_success(cloud: Cloud) -> None:
    for event in (await heard(cloud, INTERIM)).events:
        text = event.header.get("status_text")
        what = f"status_text of {event.name}"
        cloud.check.equal(text, "Gateway:SUCCESS:Success.", what, facet=EVENTS)


@case(
    "RT-EVENT-005",
    "namespace of every event of success is SpeechTranscriber",
    sends=SPEECH_2,
    expects="that namespace: the Go SDK ends the program at another",
    level=MUST,
    source=NLS_GO_SDK("st.go"),
    operations=ALL,
)
async def namespace_of_success(cloud: Cloud) -> None:
    for event in (await heard(cloud, INTERIM)).events:
        what = f"namespace of {event.name}"
        cloud.check.equal(event.header.get("namespace"), "SpeechTranscriber", what, facet=EVENTS)


@case(
    "RT-EVENT-006",
    "message_id is 32 hexadecimal digits",
    sends=SPEECH_2,
    expects="such an id in every event",
    level=MUST,
    source=NLS_WEBSOCKET("message_id"),
    operations=ALL,
)
async def message_id_is_hex(cloud: Cloud) -> None:
    for event in (await heard(cloud, INTERIM)).events:
        what = f"message_id of {event.name}"
        cloud.check.matches(event.header.get("message_id"), r"[0-9a-f]{32}", what, facet=EVENTS)


@case(
    "RT-EVENT-007",
    "message_id is new for every event",
    sends=SPEECH_2,
    expects="no id twice",
    level=MUST,
    source=STREAM_PUSH("source_message_id names one event"),
    operations=ALL,
)
async def message_ids_differ(cloud: Cloud) -> None:
    session = await heard(cloud, INTERIM)
    ids = [event.header.get("message_id") for event in session.events]
    cloud.check.equal(len(set(ids)), len(ids), "the number of different ids", facet=EVENTS)


@case(
    "RT-EVENT-008",
    "no event is 64 KiB or longer",
    sends=SPEECH_2,
    expects="shorter ones: the Java SDK closes the connection at 65536 bytes",
    level=MUST,
    source=NLS_JAVA_SDK("long texts, as measured"),
    operations=ALL,
)
async def events_are_short(cloud: Cloud) -> None:
    _, session = await cloud.meeting(INTERIM)
    async with session:
        await session.start()
        await session.push(cloud.speech)
        await session.command("StopTranscription")
        await session.event("TranscriptionCompleted")
    for event in session.events:
        size = len(json.dumps(event.message, ensure_ascii=False).encode())
        cloud.check.that(size < 65536, f"{event.name} below 64 KiB", size, facet=EVENTS)


@case(
    "RT-EVENT-009",
    "TranscriptionCompleted is a header and nothing else",
    sends=SPEECH,
    expects="no payload",
    level=SHOULD,
    source=LIVE_TRACES("TranscriptionCompleted"),
    operations=("TranscriptionCompleted",),
)
async def completed_is_header_only(cloud: Cloud) -> None:
    session = await heard(cloud)
    completed = some(cloud, session, "TranscriptionCompleted")[0]
    cloud.check.equal(sorted(completed.message), ["header"], "what the event has", facet=EVENTS)


@case(
    "RT-EVENT-010",
    "SentenceBegin has index and time, both integers",
    sends=SPEECH_2,
    expects="payload.index and payload.time",
    level=MUST,
    source=STREAM_PUSH("SentenceBegin"),
    operations=("SentenceBegin",),
)
async def begin_has_index_and_time(cloud: Cloud) -> None:
    for event in some(cloud, await heard(cloud, INTERIM), "SentenceBegin"):
        integers(cloud, event.payload, "index", "time", what="SentenceBegin")


# Interim results


@case(
    "RT-EVENT-011",
    "TranscriptionResultChanged has index, time, result and words",
    sends=SPEECH_2,
    expects="integers, a text and an array",
    level=MUST,
    source=STREAM_PUSH("TranscriptionResultChanged"),
    operations=CHANGED,
)
async def changed_has_its_fields(cloud: Cloud) -> None:
    for event in some(cloud, await heard(cloud, INTERIM), "TranscriptionResultChanged"):
        integers(cloud, event.payload, "index", "time", what=event.name)
        strings(cloud, event.payload, "result", what=event.name)
        words = event.payload.get("words")
        cloud.check.that(isinstance(words, list), "words to be an array", words, facet=EVENTS)


@case(
    "RT-EVENT-012",
    "words of interim results have text, and startTime and endTime as integers",
    sends=SPEECH_2,
    expects="milliseconds since the first byte of audio",
    level=MUST,
    source=STREAM_PUSH("TranscriptionResultChanged.words"),
    operations=CHANGED,
)
async def interim_words(cloud: Cloud) -> None:
    events = some(cloud, await heard(cloud, INTERIM), "TranscriptionResultChanged")
    check_words(cloud, [word for event in events for word in event.payload.get("words", ())])


@case(
    "RT-EVENT-013",
    "interim results have a confidence from 0 to 1",
    sends=SPEECH_2,
    expects="a number",
    level=SHOULD,
    source=NLS_TRANSCRIBER("confidence"),
    operations=CHANGED,
)
async def interim_confidence(cloud: Cloud) -> None:
    for event in some(cloud, await heard(cloud, INTERIM), "TranscriptionResultChanged"):
        check_confidence(cloud, event.payload)


@case(
    "RT-EVENT-014",
    "interim results have status 0, fixed_result and unfixed_result",
    sends=SPEECH_2,
    expects="0 and two empty texts",
    level=SHOULD,
    source=LIVE_TRACES("TranscriptionResultChanged"),
    operations=CHANGED,
)
async def interim_status(cloud: Cloud) -> None:
    expected = {"status": 0, "fixed_result": "", "unfixed_result": ""}
    for event in some(cloud, await heard(cloud, INTERIM), "TranscriptionResultChanged"):
        got = {name: event.payload.get(name) for name in expected}
        cloud.check.equal(got, expected, "these fields", facet=EVENTS)
