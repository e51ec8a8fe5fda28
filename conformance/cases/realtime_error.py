"""Failures of the realtime WebSocket: TaskFailed, and what comes after it."""

from __future__ import annotations

import json
from typing import Any

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, case
from mock_tingwu.conformance.checks import CLOSE, EVENTS
from mock_tingwu.conformance.sources import (
    ASSUMED,
    LIVE_TRACES,
    NLS_CPP_SDK,
    NLS_ERRORS,
    NLS_TRANSCRIBER,
)
from mock_tingwu.conformance.streams import Event, MeetingSession

from .realtime_heard import check_code

FAILED = ("TaskFailed",)
#: More than the ten seconds after which a session without data ends.
TOO_LONG_S = 11


async def idle(cloud: Cloud) -> tuple[MeetingSession, Event]:
    """A session that started and then said nothing, until it failed; and its TaskFailed."""
    _, session = await cloud.meeting()
    async with session:
        await session.start()
        await cloud.pause(TOO_LONG_S)
        failed = await session.event("TaskFailed")
        await session.closed()
    return session, failed


async def failure_of(cloud: Cloud, message: Any) -> dict[str, Any]:
    """Send a message as the first one; return the header of the TaskFailed that it brings."""
    _, session = await cloud.meeting()
    async with session:
        await session.send(json.dumps(message))
        return (await session.event("TaskFailed")).header


# Nothing comes


@case(
    "RT-ERROR-001",
    "a connection on which nothing comes for 10 s fails with 40000004",
    sends="the handshake; nothing for 11 s",
    expects="TaskFailed with status 40000004",
    level=MUST,
    source=NLS_TRANSCRIBER("40000004"),
    operations=FAILED,
    negative=True,
)
async def idle_after_handshake(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await cloud.pause(TOO_LONG_S)
        failed = await session.event("TaskFailed")
    cloud.check.equal(failed.header.get("status"), 40000004, "status", facet=EVENTS)


@case(
    "RT-ERROR-002",
    "a stream without audio for 10 s fails with 40000004",
    sends="StartTranscription; nothing for 11 s",
    expects="TaskFailed with status 40000004",
    level=MUST,
    source=NLS_TRANSCRIBER("40000004"),
    operations=FAILED,
    negative=True,
)
async def idle_after_start(cloud: Cloud) -> None:
    _, failed = await idle(cloud)
    cloud.check.equal(failed.header.get("status"), 40000004, "status", facet=EVENTS)


@case(
    "RT-ERROR-003",
    "a stream whose audio stalls fails with 40000004 or 41040201",
    sends="two seconds of speech; nothing for 11 s",
    expects="TaskFailed with one of these",
    level=MUST,
    source=NLS_TRANSCRIBER("40000004 and 41040201"),
    operations=FAILED,
    negative=True,
)
async def stalled(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.start()
        await session.push(cloud.speech[:64000])
        await cloud.pause(TOO_LONG_S)
        failed = await session.event("TaskFailed")
    allowed = (40000004, 41040201)
    cloud.check.one_of(failed.header.get("status"), allowed, "status", facet=EVENTS)


@case(
    "RT-ERROR-004",
    "audio, silent or not, keeps a stream alive",
    sends="100 ms of silence every 8 s, three times; StopTranscription",
    expects="TranscriptionCompleted and no TaskFailed",
    level=MUST,
    source=NLS_TRANSCRIBER("40000004: no data for more than 10 s"),
    operations=("TranscriptionCompleted",),
    time_limit=90,
)
async def silence_is_data(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.start()
        for _ in range(3):
            await cloud.pause(8)
            await session.send(cloud.silence(0.1))
        await session.stop()
    expected = ["TranscriptionStarted", "TranscriptionCompleted"]
    cloud.check.equal(session.names, expected, "the events", facet=EVENTS)


@case(
    "RT-ERROR-005",
    "a PING is no data",
    sends="StartTranscription; a PING after 6 s; nothing for 6 s more",
    expects="TaskFailed with status 40000004",
    level=INFO,
    source=ASSUMED("SDKs send a PING every 8 s; whether it counts no document says"),
    operations=FAILED,
    negative=True,
)
async def ping_is_no_data(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.start()
        await cloud.pause(6)
        await session.ping()
        await cloud.pause(6)
        failed = await session.event("TaskFailed")
    cloud.check.equal(failed.header.get("status"), 40000004, "status", facet=EVENTS)


@case(
    "RT-ERROR-006",
    "the text of 40000004 names IDLE_TIMEOUT",
    sends="StartTranscription; nothing for 11 s",
    expects="Gateway:IDLE_TIMEOUT:Websocket session is idle for too long time",
    level=MUST,
    source=NLS_TRANSCRIBER("40000004"),
    operations=FAILED,
    negative=True,
)
async def text_of_idle(cloud: Cloud) -> None:
    _, failed = await idle(cloud)
    pattern = r"Gateway:IDLE_TIMEOUT:Websocket session is idle for too long time.*"
    cloud.check.matches(failed.header.get("status_text"), pattern, "status_text", facet=EVENTS)


@case(
    "RT-ERROR-007",
    "the text of 40000004 names the last command",
    sends="StartTranscription; nothing for 11 s",
    expects=", the last directive is 'StartTranscription'! at the end of status_text",
    level=SHOULD,
    source=LIVE_TRACES("40000004"),
    operations=FAILED,
    negative=True,
)
async def last_directive(cloud: Cloud) -> None:
    _, failed = await idle(cloud)
    pattern = r".+, the last directive is 'StartTranscription'!"
    cloud.check.matches(failed.header.get("status_text"), pattern, "status_text", facet=EVENTS)


@case(
    "RT-ERROR-008",
    "the service disconnects after 40000004, with a code",
    sends="StartTranscription; nothing for 11 s",
    expects="a CLOSE: without a code the C++ SDK could not read it",
    level=MUST,
    source=NLS_TRANSCRIBER("40000004"),
    operations=FAILED,
    negative=True,
)
async def idle_is_closed(cloud: Cloud) -> None:
    session, _ = await idle(cloud)
    check_code(cloud, session)


@case(
    "RT-ERROR-009",
    "the code of that CLOSE is 1000",
    sends="StartTranscription; nothing for 11 s",
    expects="CLOSE 1000",
    level=INFO,
    source=ASSUMED("which code it is no document says"),
    operations=FAILED,
    negative=True,
)
async def idle_is_closed_with_1000(cloud: Cloud) -> None:
    session, _ = await idle(cloud)
    cloud.check.equal(session.close_code, 1000, "the code of the CLOSE", facet=CLOSE)


# TaskFailed itself


@case(
    "RT-ERROR-010",
    "status of TaskFailed is an integer",
    sends="StartTranscription; nothing for 11 s",
    expects="no string: the C++ SDK refuses that",
    level=MUST,
    source=NLS_CPP_SDK("nlsEventInner.cpp"),
    operations=FAILED,
    negative=True,
)
async def status_is_an_integer(cloud: Cloud) -> None:
    _, failed = await idle(cloud)
    status = failed.header.get("status")
    is_whole = isinstance(status, int) and not isinstance(status, bool)
    cloud.check.that(is_whole, "an integer", status, facet=EVENTS)


@case(
    "RT-ERROR-011",
    "status_text of TaskFailed has a layer, a symbol and a sentence",
    sends="StopTranscription as the first message",
    expects="three parts with colons between them",
    level=MUST,
    source=NLS_ERRORS("status_text"),
    operations=FAILED,
    negative=True,
)
async def three_parts(cloud: Cloud) -> None:
    header = {"namespace": "SpeechTranscriber", "name": "StopTranscription"}
    text = (await failure_of(cloud, {"header": header})).get("status_text")
    cloud.check.matches(text, r"[A-Z][A-Za-z]*:[A-Z_]+:.+", "status_text", facet=EVENTS)


@case(
    "RT-ERROR-012",
    "namespace of TaskFailed is Default",
    sends="StartTranscription; nothing for 11 s",
    expects="Default, where that of all other events is SpeechTranscriber",
    level=SHOULD,
    source=LIVE_TRACES("TaskFailed"),
    operations=FAILED,
    negative=True,
)
async def namespace_of_failure(cloud: Cloud) -> None:
    _, failed = await idle(cloud)
    cloud.check.equal(failed.header.get("namespace"), "Default", "namespace", facet=EVENTS)


@case(
    "RT-ERROR-013",
    "TaskFailed is a header and nothing else",
    sends="StartTranscription; nothing for 11 s",
    expects="no payload",
    level=SHOULD,
    source=LIVE_TRACES("TaskFailed"),
    operations=FAILED,
    negative=True,
)
async def failure_is_header_only(cloud: Cloud) -> None:
    _, failed = await idle(cloud)
    cloud.check.equal(sorted(failed.message), ["header"], "what the event has", facet=EVENTS)


@case(
    "RT-ERROR-014",
    "task_id of TaskFailed is that of the client's stream",
    sends="StartTranscription with a task_id; nothing for 11 s",
    expects="that task_id",
    level=SHOULD,
    source=LIVE_TRACES("TaskFailed"),
    operations=FAILED,
    negative=True,
)
async def task_id_of_failure(cloud: Cloud) -> None:
    session, failed = await idle(cloud)
    cloud.check.equal(failed.header.get("task_id"), session.task_id, "task_id", facet=EVENTS)


@case(
    "RT-ERROR-015",
    "TaskFailed is the last event of its stream",
    sends="two seconds of speech; nothing for 11 s",
    expects="TaskFailed, and neither SentenceEnd nor TranscriptionCompleted after it",
    level=MUST,
    source=NLS_TRANSCRIBER("TaskFailed: the task is over"),
    operations=FAILED,
    negative=True,
)
async def failure_is_last(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.start()
        await session.push(cloud.speech[:64000])
        await cloud.pause(TOO_LONG_S)
        await session.event("TaskFailed")
        await session.closed()
    cloud.check.equal(session.names[-1], "TaskFailed", "the last event", facet=EVENTS)
    cloud.check.equal(session.names.count("TaskFailed"), 1, "their number", facet=EVENTS)
