"""The life of a meeting while audio comes: NEW, ONGOING, PAUSED, as GetTaskInfo tells it."""

from __future__ import annotations

from mock_tingwu.conformance import INFO, MUST, Cloud, Need, case
from mock_tingwu.conformance.sources import (
    ASSUMED,
    GET_TASK_INFO,
    REALTIME,
)

INFO_CALL = ("GetTaskInfo",)
#: A day passes on a clock of the case's own alone: others' meetings would be over, too.
_DAY_S = 24 * 60 * 60


@case(
    "TW-LIFE-001",
    "silence is audio, too: it makes a meeting ONGOING",
    sends="two seconds of silence over the WebSocket; GetTaskInfo",
    expects="TaskStatus ONGOING",
    level=MUST,
    source=REALTIME("TaskStatus NEW: no audio was pushed yet"),
    operations=INFO_CALL,
)
async def silence_begins_a_meeting(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting()
    async with session:
        await session.start()
        await session.push(cloud.silence(2))
        data = await cloud.tingwu.wait(task_id, "ONGOING")
        cloud.check.equal(data["TaskStatus"], "ONGOING", "TaskStatus")


@case(
    "TW-LIFE-002",
    "a PAUSED meeting has no Transcription yet",
    sends="speech, StopTranscription; GetTaskInfo without the API's stop",
    expects="Data without Result",
    level=INFO,
    source=ASSUMED("whether a paused meeting has results"),
    operations=INFO_CALL,
)
async def paused_meeting_has_no_result(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting()
    async with session:
        await session.hear(cloud.speech)
    cloud.check.lacks(await cloud.tingwu.wait(task_id, "PAUSED"), "Result", what="Data")


@case(
    "TW-LIFE-003",
    "two meetings have a status each",
    sends="speech to one of two meetings; GetTaskInfo of the other",
    expects="TaskStatus NEW",
    level=MUST,
    source=GET_TASK_INFO("TaskId"),
    operations=INFO_CALL,
)
async def meetings_live_apart(cloud: Cloud) -> None:
    other = (await cloud.tingwu.start())["TaskId"]
    _, session = await cloud.meeting()
    async with session:
        await session.hear(cloud.speech)
    data = (await cloud.tingwu.info(other)).data
    cloud.check.equal(data.get("TaskStatus"), "NEW", "TaskStatus")
    cloud.check.equal(data.get("TaskId"), other, "TaskId")


@case(
    "TW-LIFE-004",
    "a meeting may last for hours: it is not ended before 24 of them are over",
    sends="a meeting that is PAUSED, GetTaskInfo 23 hours after its creation",
    expects="TaskStatus PAUSED",
    level=INFO,
    source=ASSUMED("how long a meeting may be paused"),
    operations=INFO_CALL,
    needs=[Need.SETTINGS, Need.CLOCK],
)
async def meeting_lasts_for_hours(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting()
    async with session:
        await session.hear(cloud.speech)
    await cloud.pause(_DAY_S - 60 * 60)
    data = (await cloud.tingwu.info(task_id)).data
    cloud.check.equal(data.get("TaskStatus"), "PAUSED", "TaskStatus")


@case(
    "TW-LIFE-005",
    "after 24 hours a meeting is over, and has its results",
    sends="a meeting that is PAUSED, GetTaskInfo 24 hours and a minute after its creation",
    expects="TaskStatus COMPLETED with a Transcription",
    level=INFO,
    source=ASSUMED("what becomes of a meeting at the documented limit of 24 hours"),
    operations=INFO_CALL,
    needs=[Need.SETTINGS, Need.CLOCK],
)
async def meeting_lasts_a_day(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting()
    async with session:
        await session.hear(cloud.speech)
    await cloud.pause(_DAY_S + 60)
    data = (await cloud.tingwu.info(task_id)).data
    cloud.check.equal(data.get("TaskStatus"), "COMPLETED", "TaskStatus")
    cloud.check.has(data.get("Result"), "Transcription", what="Result")
