"""StartTranscription: what comes of it, in order and out of order."""

from __future__ import annotations

import time

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, case
from mock_tingwu.conformance.checks import EVENTS, TIMING
from mock_tingwu.conformance.sources import (
    ASSUMED,
    JAVA_PUSH,
    JS_PUSH,
    LIVE_TRACES,
    NLS_JAVA_SDK,
    NLS_SDK,
    NLS_TRANSCRIBER,
)

from .realtime_heard import USUAL

START = ("StartTranscription", "TranscriptionStarted")

#: How long after StartTranscription an answer may be lost by the Java SDK, in seconds.
TOO_SOON_S = 0.02


@case(
    "RT-START-001",
    "StartTranscription is answered with TranscriptionStarted within 10 s",
    sends="StartTranscription with all ids",
    expects="TranscriptionStarted before the SDKs give up",
    level=MUST,
    source=NLS_SDK("start(timeout=10)"),
    operations=START,
)
async def started_follows(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.start()
        await session.leave()
        session.check_events()
    cloud.check.equal(session.names, ["TranscriptionStarted"], "the events", facet=EVENTS)


@case(
    "RT-START-002",
    "TranscriptionStarted does not come at once",
    sends="StartTranscription",
    expects="20 ms before the answer: the Java SDK only then waits for it",
    level=MUST,
    source=NLS_JAVA_SDK("the latch of start(), as measured"),
    operations=START,
)
async def started_is_not_instant(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        sent = time.monotonic()
        await session.command("StartTranscription", {})
        started = await session.event("TranscriptionStarted")
    took = started.at - sent
    cloud.check.that(took >= TOO_SOON_S, "20 ms before TranscriptionStarted", took, facet=TIMING)


@case(
    "RT-START-003",
    "TranscriptionStarted is a header and nothing else",
    sends="StartTranscription",
    expects="no payload",
    level=SHOULD,
    source=LIVE_TRACES("TranscriptionStarted"),
    operations=START,
)
async def started_is_header_only(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        started = await session.start()
    cloud.check.equal(sorted(started.message), ["header"], "what the event has", facet=EVENTS)


@case(
    "RT-START-004",
    "task_id of the events is the one that the client made up for its stream",
    sends="StartTranscription with a task_id, speech, StopTranscription",
    expects="that task_id in every event",
    level=SHOULD,
    source=LIVE_TRACES("header.task_id"),
    operations=("TranscriptionStarted", "SentenceEnd", "TranscriptionCompleted"),
)
async def task_id_is_echoed(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.hear(cloud.speech)
    ids = {event.header.get("task_id") for event in session.events}
    cloud.check.equal(ids, {session.task_id}, "task_id", facet=EVENTS)


@case(
    "RT-START-005",
    "whoever names no task_id gets one, the same in all events of the stream",
    sends="StartTranscription with namespace and name alone, speech, StopTranscription",
    expects="one and the same task_id that is not empty",
    level=INFO,
    source=ASSUMED("the page shows task_id in each event, and clients without one elsewhere"),
    operations=("TranscriptionStarted", "SentenceEnd", "TranscriptionCompleted"),
)
async def task_id_is_made(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.command("StartTranscription", {}, message_id=None, task_id=None, appkey=None)
        await session.event("TranscriptionStarted")
        await session.push(cloud.speech)
        await session.stop()
    ids = {event.header.get("task_id") for event in session.events}
    cloud.check.equal(len(ids), 1, "the number of values of task_id", facet=EVENTS)
    cloud.check.matches(ids.pop(), r".+", "task_id", facet=EVENTS)


@case(
    "RT-START-006",
    "a task_id that the service makes is 32 hexadecimal digits",
    sends="StartTranscription with namespace and name alone",
    expects="a task_id like those of the SDKs",
    level=INFO,
    source=ASSUMED("what task_id a client gets that sends none"),
    operations=START,
)
async def made_task_id_is_hex(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.command("StartTranscription", {}, message_id=None, task_id=None, appkey=None)
        started = await session.event("TranscriptionStarted")
    cloud.check.matches(started.header.get("task_id"), r"[0-9a-f]{32}", "task_id", facet=EVENTS)


@case(
    "RT-START-015",
    "StartTranscription without a payload starts the stream",
    sends="the header alone",
    expects="TranscriptionStarted",
    level=INFO,
    source=ASSUMED("every known client sends a payload, if an empty one"),
    operations=START,
)
async def no_payload(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.command("StartTranscription")
        started = await session.event("TranscriptionStarted")
    cloud.check.equal(started.header.get("status"), 20000000, "status", facet=EVENTS)


@case(
    "RT-START-016",
    "appkey in the header makes no difference",
    sends="StartTranscription with an appkey that nobody has",
    expects="TranscriptionStarted",
    level=INFO,
    source=ASSUMED("SDKs send the word default and browsers none; what others do is not said"),
    operations=START,
)
async def other_appkey(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.command("StartTranscription", {}, appkey="conformance")
        started = await session.event("TranscriptionStarted")
    cloud.check.equal(started.header.get("status"), 20000000, "status", facet=EVENTS)


# CreateTask counts, not the payload


@case(
    "RT-START-017",
    "enable_intermediate_result brings no interim results at OutputLevel 1",
    sends="a meeting without OutputLevel; StartTranscription that asks for interim results, speech",
    expects="SentenceEnd and no TranscriptionResultChanged",
    level=MUST,
    source=JAVA_PUSH("interim results are governed by OutputLevel"),
    operations=("StartTranscription", "SentenceEnd"),
)
async def interim_results_not_by_payload(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.start(enable_intermediate_result=True)
        await session.push(cloud.speech)
        await session.stop()
    names = session.names
    cloud.check.that("SentenceEnd" in names, "a SentenceEnd", names, facet=EVENTS)
    interim = names.count("TranscriptionResultChanged")
    cloud.check.equal(interim, 0, "the number of interim results", facet=EVENTS)


@case(
    "RT-START-018",
    "enable_intermediate_result false does not switch off the interim results of OutputLevel 2",
    sends="a meeting with Transcription.OutputLevel 2; StartTranscription that wants none, speech",
    expects="TranscriptionResultChanged",
    level=MUST,
    source=JAVA_PUSH("interim results are governed by OutputLevel"),
    operations=("StartTranscription", "TranscriptionResultChanged"),
)
async def interim_results_not_off_by_payload(cloud: Cloud) -> None:
    _, session = await cloud.meeting({"Transcription": {"OutputLevel": 2}})
    async with session:
        await session.start(enable_intermediate_result=False)
        await session.push(cloud.speech)
        await session.stop()
    names = session.names
    has = "TranscriptionResultChanged" in names
    cloud.check.that(has, "a TranscriptionResultChanged", names, facet=EVENTS)


@case(
    "RT-START-019",
    "a format in the payload that is not the task's is ignored",
    sends="a meeting in pcm; StartTranscription with opus at 8000 Hz, speech in pcm",
    expects="a SentenceEnd with times of 16 kHz",
    level=INFO,
    source=ASSUMED("clients that leave format out work; what a wrong one does is not said"),
    operations=("StartTranscription", "SentenceEnd"),
)
async def announced_format_is_ignored(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.start(format="opus", sample_rate=8000)
        await session.push(cloud.speech)
        await session.stop()
    times = [sentence["time"] for sentence in session.sentences]
    cloud.check.that(bool(times), "a SentenceEnd", session.names, facet=EVENTS)
    cloud.check.that(max(times) <= 8000, "times within 8 s of audio", times, facet=EVENTS)


# Out of order


@case(
    "RT-START-020",
    "audio that follows StartTranscription at once is heard",
    sends="StartTranscription and speech, without waiting for TranscriptionStarted",
    expects="a SentenceEnd",
    level=SHOULD,
    source=JS_PUSH("audio is sent as soon as it is there"),
    operations=START,
)
async def audio_before_started(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.command("StartTranscription", {})
        await session.push(cloud.speech)
        await session.event("TranscriptionStarted")
        await session.stop()
    cloud.check.equal(session.names[0], "TranscriptionStarted", "the first event", facet=EVENTS)
    cloud.check.that(bool(session.sentences), "a SentenceEnd", session.names, facet=EVENTS)


@case(
    "RT-START-021",
    "a second StartTranscription while the stream is on fails it with 40010005",
    sends="StartTranscription twice",
    expects="TaskFailed with status 40010005",
    level=INFO,
    source=ASSUMED("a second stop is documented to fail so, a second start is not"),
    operations=("StartTranscription", "TaskFailed"),
    negative=True,
)
async def start_twice(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.start()
        await session.command("StartTranscription", {})
        failed = await session.event("TaskFailed")
    cloud.check.equal(failed.header.get("status"), 40010005, "status", facet=EVENTS)


@case(
    "RT-START-022",
    "audio before StartTranscription fails the session with 40000002",
    sends="100 ms of audio without StartTranscription",
    expects="TaskFailed with status 40000002",
    level=INFO,
    source=ASSUMED("StartTranscription has to come first; what comes of audio before it"),
    operations=("StartTranscription", "TaskFailed"),
    negative=True,
)
async def audio_before_start(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.send(cloud.silence(0.1))
        failed = await session.event("TaskFailed")
    cloud.check.equal(failed.header.get("status"), 40000002, "status", facet=EVENTS)


def _control(id: str, name: str, sdks: str) -> None:
    @case(
        id,
        f"{name} changes nothing and is not answered",
        sends=f"{name} while the stream is on; speech",
        expects="a SentenceEnd, and no event about the command",
        level=INFO,
        source=ASSUMED(f"{sdks} can send it; it is not documented for Tingwu"),
        operations=("StartTranscription", "SentenceEnd"),
    )
    async def control(cloud: Cloud) -> None:
        _, session = await cloud.meeting()
        async with session:
            await session.start()
            await session.command(name, {"max_sentence_silence": 800})
            await session.push(cloud.speech)
            await session.stop()
        cloud.check.that(bool(session.sentences), "a SentenceEnd", session.names, facet=EVENTS)
        others = set(session.names) - USUAL
        cloud.check.equal(others, set(), "events that answer it", facet=EVENTS)


_control("RT-START-023", "ControlTranscriber", "the SDKs for Python, C++ and Go")
_control("RT-START-024", "ControlTranscription", "the SDKs for Node and WeChat")


@case(
    "RT-START-025",
    "a stream can be started some seconds after the handshake",
    sends="the handshake; 9 s of nothing; StartTranscription",
    expects="TranscriptionStarted: only 10 s are too long",
    level=MUST,
    source=NLS_TRANSCRIBER("status codes, 40000004"),
    operations=START,
)
async def start_late(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await cloud.pause(9)
        started = await session.start()
    cloud.check.equal(started.header.get("status"), 20000000, "status", facet=EVENTS)
