"""A meeting that pauses: what a stream does to its task, and how it goes on."""

from __future__ import annotations

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, case
from mock_tingwu.conformance.checks import EVENTS
from mock_tingwu.conformance.sources import ASSUMED, LIVE_TRACES, NLS_CPP_SDK, REALTIME

from .realtime_heard import PAUSED_LIMIT_S, two_streams

STATUS = ("GetTaskInfo",)
AGAIN = ("StartTranscription", "TranscriptionStarted")


async def status_of(cloud: Cloud, task_id: str) -> object:
    """TaskStatus of now."""
    return (await cloud.tingwu.info(task_id)).data.get("TaskStatus")


@case(
    "RT-PAUSE-001",
    "a meeting that was joined is NEW as long as no audio came",
    sends="StartTranscription; GetTaskInfo",
    expects="TaskStatus NEW",
    level=MUST,
    source=REALTIME("TaskStatus NEW: nothing was pushed yet"),
    operations=STATUS,
)
async def new_until_audio(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting()
    async with session:
        await session.start()
        cloud.check.equal(await status_of(cloud, task_id), "NEW", "TaskStatus")


@case(
    "RT-PAUSE-002",
    "a stream without audio leaves the meeting NEW",
    sends="StartTranscription, StopTranscription; GetTaskInfo",
    expects="TaskStatus NEW",
    level=INFO,
    source=ASSUMED("PAUSED is said to be what had audio; this had none"),
    operations=STATUS,
)
async def new_without_audio(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting()
    async with session:
        await session.hear(b"")
    cloud.check.equal(await status_of(cloud, task_id), "NEW", "TaskStatus")


@case(
    "RT-PAUSE-003",
    "a meeting is ONGOING while audio is pushed",
    sends="three seconds of speech; GetTaskInfo with the stream on",
    expects="TaskStatus ONGOING",
    level=MUST,
    source=REALTIME("TaskStatus ONGOING"),
    operations=STATUS,
)
async def ongoing_with_audio(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting()
    async with session:
        await session.start()
        await session.push(cloud.speech[: 2 * 16000 * 3])
        data = await cloud.tingwu.wait(task_id, "ONGOING")
        await session.stop()
    cloud.check.equal(data.get("TaskStatus"), "ONGOING", "TaskStatus")


@case(
    "RT-PAUSE-004",
    "a meeting is PAUSED, and not over, when its stream was stopped",
    sends="speech, StopTranscription, CLOSE; GetTaskInfo",
    expects="TaskStatus PAUSED",
    level=MUST,
    source=REALTIME("TaskStatus PAUSED: audio was pushed and then stopped"),
    operations=STATUS,
    time_limit=PAUSED_LIMIT_S,
)
async def paused_by_stop(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting()
    async with session:
        await session.hear(cloud.speech)
    data = await cloud.tingwu.wait(task_id, "PAUSED")
    cloud.check.equal(data.get("TaskStatus"), "PAUSED", "TaskStatus")


@case(
    "RT-PAUSE-005",
    "a meeting is PAUSED when its stream was closed without StopTranscription",
    sends="speech, CLOSE; GetTaskInfo",
    expects="TaskStatus PAUSED",
    level=MUST,
    source=REALTIME("TaskStatus PAUSED: audio was pushed and then stopped"),
    operations=STATUS,
    time_limit=PAUSED_LIMIT_S,
)
async def paused_by_close(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting()
    async with session:
        await session.start()
        await session.push(cloud.speech)
        await session.leave()
    data = await cloud.tingwu.wait(task_id, "PAUSED")
    cloud.check.equal(data.get("TaskStatus"), "PAUSED", "TaskStatus")


@case(
    "RT-PAUSE-006",
    "a meeting is PAUSED when its connection was lost",
    sends="speech; the connection is cut without CLOSE; GetTaskInfo",
    expects="TaskStatus PAUSED",
    level=SHOULD,
    source=REALTIME("TaskStatus PAUSED: audio was pushed and then stopped"),
    operations=STATUS,
    time_limit=PAUSED_LIMIT_S,
)
async def paused_by_cut(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting()
    async with session:
        await session.start()
        await session.push(cloud.speech)
        await session.event("SentenceEnd")
        await session.cut()
    data = await cloud.tingwu.wait(task_id, "PAUSED")
    cloud.check.equal(data.get("TaskStatus"), "PAUSED", "TaskStatus")


@case(
    "RT-PAUSE-007",
    "the URL of a meeting that is PAUSED can be joined again",
    sends="a complete stream; the handshake with the same URL, StartTranscription, speech",
    expects="TranscriptionStarted, and sentences again",
    level=MUST,
    source=NLS_CPP_SDK("connectNode.cpp, ENABLE_CONTINUED"),
    operations=AGAIN,
)
async def joined_again(cloud: Cloud) -> None:
    _, sentences, first = await two_streams(cloud)
    cloud.check.that(len(sentences) > first, "sentences of the second stream", facet=EVENTS)


@case(
    "RT-PAUSE-008",
    "a connection that was lost can be replaced at once",
    sends="speech; the connection is cut; within a second the handshake again, StartTranscription",
    expects="TranscriptionStarted: the C++ SDK tries after 100 ms, four times at most",
    level=MUST,
    source=NLS_CPP_SDK("connectNode.cpp, ENABLE_CONTINUED"),
    operations=AGAIN,
)
async def replaced_after_cut(cloud: Cloud) -> None:
    data = await cloud.tingwu.start()
    async with cloud.join(data["MeetingJoinUrl"]) as session:
        await session.start()
        await session.push(cloud.speech[:64000])
        await session.cut()
    await cloud.pause(0.4)
    async with cloud.join(data["MeetingJoinUrl"]) as session:
        started = await session.start(tw_time_offset=2000, tw_index_offset=0)
    cloud.check.equal(started.header.get("status"), 20000000, "status", facet=EVENTS)


@case(
    "RT-PAUSE-009",
    "a meeting that goes on is ONGOING again",
    sends="a complete stream; the same URL again, speech; GetTaskInfo with the stream on",
    expects="TaskStatus ONGOING",
    level=SHOULD,
    source=LIVE_TRACES("a client's pause and continue"),
    operations=STATUS,
    time_limit=PAUSED_LIMIT_S,
)
async def ongoing_again(cloud: Cloud) -> None:
    data = await cloud.tingwu.start()
    async with cloud.join(data["MeetingJoinUrl"]) as session:
        await session.hear(cloud.speech)
    await cloud.tingwu.wait(data["TaskId"], "PAUSED")
    async with cloud.join(data["MeetingJoinUrl"]) as session:
        await session.start()
        await session.push(cloud.speech[:64000])
        info = await cloud.tingwu.wait(data["TaskId"], "ONGOING")
        await session.stop()
    cloud.check.equal(info.get("TaskStatus"), "ONGOING", "TaskStatus")


@case(
    "RT-PAUSE-010",
    "pause and continue work on one socket as well",
    sends="StartTranscription, speech, StopTranscription; the same again with the same task_id",
    expects="sentences in both streams",
    level=SHOULD,
    source=LIVE_TRACES("a client's pause and continue"),
    operations=AGAIN,
)
async def again_on_one_socket(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    counts = []
    async with session:
        for _ in range(2):
            before = len(session.sentences)
            await session.start()
            await session.push(cloud.speech)
            await session.stop()
            counts.append(len(session.sentences) - before)
    cloud.check.that(all(counts), "sentences in both streams", counts, facet=EVENTS)
