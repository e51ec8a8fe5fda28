"""Commands that the realtime WebSocket refuses, and what outlives a failure."""

from __future__ import annotations

import contextlib

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, case
from mock_tingwu.conformance.checks import CLOSE, EVENTS, Deviation
from mock_tingwu.conformance.sources import (
    ASSUMED,
    NLS_CPP_SDK,
    NLS_ERRORS,
    NLS_TRANSCRIBER,
)

from .realtime_error import FAILED, failure_of

STOPPED = ("CreateTask",)


@case(
    "RT-ERROR-016",
    "an unknown command fails with 40010002, which names it",
    sends="a command PauseTranscription",
    expects="TaskFailed with status 40010002 and PauseTranscription in status_text",
    level=SHOULD,
    source=NLS_ERRORS("40010002, among the codes of another interface"),
    operations=FAILED,
    negative=True,
)
async def unknown_command(cloud: Cloud) -> None:
    sent = {"namespace": "SpeechTranscriber", "name": "PauseTranscription"}
    header = await failure_of(cloud, {"header": sent})
    cloud.check.equal(header.get("status"), 40010002, "status", facet=EVENTS)
    pattern = r"Gateway:DIRECTIVE_NOT_SUPPORTED:.*PauseTranscription.*"
    cloud.check.matches(header.get("status_text"), pattern, "status_text", facet=EVENTS)


@case(
    "RT-ERROR-017",
    "a namespace that is not SpeechTranscriber fails with 40010001",
    sends="StartTranscription in the namespace Conformance",
    expects="TaskFailed with status 40010001",
    level=MUST,
    source=NLS_TRANSCRIBER("40010001"),
    operations=FAILED,
    negative=True,
)
async def other_namespace(cloud: Cloud) -> None:
    sent = {"namespace": "Conformance", "name": "StartTranscription"}
    header = await failure_of(cloud, {"header": sent, "payload": {}})
    cloud.check.equal(header.get("status"), 40010001, "status", facet=EVENTS)


@case(
    "RT-ERROR-018",
    "a message without a header fails with 40000002",
    sends="{} as the first message",
    expects="TaskFailed with status 40000002",
    level=MUST,
    source=NLS_TRANSCRIBER("40000002"),
    operations=FAILED,
    negative=True,
)
async def no_header(cloud: Cloud) -> None:
    header = await failure_of(cloud, {})
    cloud.check.equal(header.get("status"), 40000002, "status", facet=EVENTS)


@case(
    "RT-ERROR-019",
    "the text of 40000002 names MESSAGE_INVALID",
    sends="{} as the first message",
    expects="Gateway:MESSAGE_INVALID: and a sentence in status_text",
    level=MUST,
    source=NLS_TRANSCRIBER("40000002"),
    operations=FAILED,
    negative=True,
)
async def text_of_no_header(cloud: Cloud) -> None:
    text = (await failure_of(cloud, {})).get("status_text")
    cloud.check.matches(text, r"Gateway:MESSAGE_INVALID:.+", "status_text", facet=EVENTS)


@case(
    "RT-ERROR-020",
    "a header without name fails with 40000002",
    sends="a header with namespace alone",
    expects="TaskFailed with status 40000002",
    level=INFO,
    source=ASSUMED("a message without a header is documented to fail so, one without name is not"),
    operations=FAILED,
    negative=True,
)
async def no_name(cloud: Cloud) -> None:
    header = await failure_of(cloud, {"header": {"namespace": "SpeechTranscriber"}})
    cloud.check.equal(header.get("status"), 40000002, "status", facet=EVENTS)


@case(
    "RT-ERROR-021",
    "JSON that is no object does no harm",
    sends="[] and 1; StartTranscription",
    expects="TranscriptionStarted",
    level=INFO,
    source=ASSUMED("what answers JSON that is no object no document says"),
    operations=("StartTranscription",),
)
async def no_object(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.send("[]")
        await session.send("1")
        await session.start()
    cloud.check.equal(session.names, ["TranscriptionStarted"], "the events", facet=EVENTS)


@case(
    "RT-ERROR-022",
    "a command after a failure does not start anything: 40000002, or the connection is closed",
    sends="StopTranscription as the first message; after TaskFailed StartTranscription",
    expects="a second TaskFailed with status 40000002 unless there was a CLOSE before it",
    level=MUST,
    source=NLS_TRANSCRIBER("40000002"),
    operations=FAILED,
    negative=True,
)
async def command_after_failure(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.command("StopTranscription")
        await session.event("TaskFailed")
        with contextlib.suppress(Deviation):  # it may be closed already
            await session.command("StartTranscription", {})
        await session.until(lambda: len(session.events) > 1 or session.is_closed, "an answer")
    names = session.names
    cloud.check.equal(set(names), {"TaskFailed"}, "the events", facet=EVENTS)
    for second in session.events[1:]:
        cloud.check.equal(second.header.get("status"), 40000002, "status", facet=EVENTS)


@case(
    "RT-ERROR-023",
    "the service disconnects after any failure",
    sends="StopTranscription as the first message",
    expects="TaskFailed, and a CLOSE within 10 s",
    level=INFO,
    source=ASSUMED("that it disconnects is documented for 40000004 alone"),
    operations=FAILED,
    negative=True,
)
async def failure_is_closed(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.command("StopTranscription")
        await session.event("TaskFailed")
        code = await session.closed()
    cloud.check.that(code is not None, "a CLOSE", code, facet=CLOSE)


@case(
    "RT-ERROR-024",
    "a failed stream does not fail its meeting: the URL can be joined again",
    sends="a stream that fails with 40000004; the same URL, StartTranscription, speech",
    expects="TranscriptionStarted and a SentenceEnd",
    level=SHOULD,
    source=NLS_CPP_SDK("connectNode.cpp, ENABLE_CONTINUED"),
    operations=("StartTranscription", "SentenceEnd"),
)
async def joined_after_failure(cloud: Cloud) -> None:
    data = await cloud.tingwu.start()
    async with cloud.join(data["MeetingJoinUrl"]) as session:
        await session.start()
        await cloud.pause(11)
        await session.event("TaskFailed")
    async with cloud.join(data["MeetingJoinUrl"]) as session:
        await session.hear(cloud.speech)
    cloud.check.that(bool(session.sentences), "a SentenceEnd", session.names, facet=EVENTS)


# The meeting ends while its stream is on


@case(
    "RT-ERROR-025",
    "whoever streams into a meeting that ends gets TranscriptionCompleted and a CLOSE",
    sends="speech; CreateTask operation=stop without StopTranscription",
    expects="TranscriptionCompleted, then CLOSE 1000",
    level=INFO,
    source=ASSUMED("what becomes of the stream no document says"),
    operations=STOPPED,
)
async def stream_is_told(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting()
    async with session:
        await session.start()
        await session.push(cloud.speech)
        await cloud.tingwu.wait(task_id, "ONGOING")
        await cloud.tingwu.stop(task_id)
        await session.event("TranscriptionCompleted")
        code = await session.closed()
    cloud.check.equal(code, 1000, "the code of the CLOSE", facet=CLOSE)


# Two push at once


@case(
    "RT-ERROR-026",
    "a second stream into a meeting fails with 43040001 while the first is on",
    sends="a stream; from another connection StartTranscription",
    expects="TaskFailed with status 43040001",
    level=INFO,
    source=ASSUMED("the C++ SDK knows the code as ConcurrencyExceed and tries again"),
    operations=FAILED,
    negative=True,
)
async def second_stream(cloud: Cloud) -> None:
    data = await cloud.tingwu.start()
    first, second = (cloud.join(data["MeetingJoinUrl"]) for _ in range(2))
    async with first, second:
        await first.start()
        await first.push(cloud.speech[:64000])
        await second.command("StartTranscription", {})
        failed = await second.event("TaskFailed")
    cloud.check.equal(failed.header.get("status"), 43040001, "status", facet=EVENTS)


@case(
    "RT-ERROR-027",
    "the first stream goes on when a second one is tried",
    sends="a stream; from another connection StartTranscription; the rest of the stream",
    expects="sentences and TranscriptionCompleted in the first",
    level=INFO,
    source=ASSUMED("what two streams into one meeting do to each other no document says"),
    operations=("SentenceEnd", "TranscriptionCompleted"),
)
async def first_stream_goes_on(cloud: Cloud) -> None:
    data = await cloud.tingwu.start()
    first, second = (cloud.join(data["MeetingJoinUrl"]) for _ in range(2))
    async with first, second:
        await first.start()
        await first.push(cloud.speech[:64000])
        await second.command("StartTranscription", {})
        await second.until(lambda: bool(second.events), "an answer")
        await first.push(cloud.speech[64000:])
        await first.stop()
    cloud.check.that(bool(first.sentences), "a SentenceEnd", first.names, facet=EVENTS)
