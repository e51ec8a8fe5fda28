"""The life of a meeting while audio comes: NEW, ONGOING, PAUSED, as GetTaskInfo tells it."""

from __future__ import annotations

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, Need, case
from mock_tingwu.conformance.sources import (
    ASSUMED,
    GET_TASK_INFO,
    REALTIME,
    RECORDED,
)

INFO_CALL = ("GetTaskInfo",)
#: A day passes on a clock of the case's own alone: others' meetings would be over, too.
_DAY_S = 24 * 60 * 60


@case(
    "TW-LIFE-001",
    "a meeting is NEW before any audio",
    sends="CreateTask type=realtime, GetTaskInfo",
    expects="TaskStatus NEW",
    level=MUST,
    source=REALTIME("TaskStatus"),
    operations=INFO_CALL,
)
async def meeting_is_new(cloud: Cloud) -> None:
    task_id = (await cloud.tingwu.start())["TaskId"]
    data = (await cloud.tingwu.info(task_id)).data
    cloud.check.equal(data.get("TaskStatus"), "NEW", "TaskStatus")


@case(
    "TW-LIFE-002",
    "a NEW meeting has no results, no files and no error",
    sends="CreateTask type=realtime, GetTaskInfo",
    expects="Data without Result, Output... and Error...",
    level=SHOULD,
    source=RECORDED("GetTaskInfo"),
    operations=INFO_CALL,
)
async def new_meeting_has_nothing_yet(cloud: Cloud) -> None:
    task_id = (await cloud.tingwu.start())["TaskId"]
    data = (await cloud.tingwu.info(task_id)).data
    cloud.check.lacks(
        data, "Result", "OutputMp3Path", "OutputMp4Path", "ErrorCode", "ErrorMessage", what="Data"
    )


@case(
    "TW-LIFE-003",
    "joining alone leaves a meeting NEW",
    sends="a WebSocket, StartTranscription, and no audio; GetTaskInfo",
    expects="TaskStatus NEW",
    level=MUST,
    source=REALTIME("TaskStatus NEW: no audio was pushed yet"),
    operations=INFO_CALL,
)
async def joined_meeting_is_new(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting()
    async with session:
        await session.start()
        data = (await cloud.tingwu.info(task_id)).data
        cloud.check.equal(data.get("TaskStatus"), "NEW", "TaskStatus")


@case(
    "TW-LIFE-004",
    "a meeting that was left without audio is still NEW",
    sends="StartTranscription and StopTranscription without audio; GetTaskInfo",
    expects="TaskStatus NEW",
    level=INFO,
    source=ASSUMED("the status after a stream without audio"),
    operations=INFO_CALL,
)
async def silent_visit_leaves_it_new(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting()
    async with session:
        await session.start()
        await session.stop()
    data = (await cloud.tingwu.info(task_id)).data
    cloud.check.equal(data.get("TaskStatus"), "NEW", "TaskStatus")


@case(
    "TW-LIFE-005",
    "a meeting is ONGOING while audio is pushed",
    sends="speech over the WebSocket; GetTaskInfo",
    expects="TaskStatus ONGOING",
    level=MUST,
    source=REALTIME("TaskStatus"),
    operations=INFO_CALL,
)
async def meeting_is_ongoing(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting()
    async with session:
        await session.start()
        await session.push(cloud.speech)
        await session.event("SentenceBegin")
        data = (await cloud.tingwu.info(task_id)).data
        cloud.check.equal(data.get("TaskStatus"), "ONGOING", "TaskStatus")


@case(
    "TW-LIFE-006",
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
    "TW-LIFE-007",
    "a meeting is PAUSED after StopTranscription",
    sends="speech, StopTranscription; GetTaskInfo without the API's stop",
    expects="TaskStatus PAUSED",
    level=MUST,
    source=REALTIME("TaskStatus PAUSED: audio was pushed and then stopped"),
    operations=INFO_CALL,
)
async def meeting_is_paused(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting()
    async with session:
        await session.hear(cloud.speech)
    data = await cloud.tingwu.wait(task_id, "PAUSED")
    cloud.check.equal(data["TaskStatus"], "PAUSED", "TaskStatus")


@case(
    "TW-LIFE-008",
    "a meeting is PAUSED when its WebSocket is closed without StopTranscription",
    sends="speech, CLOSE; GetTaskInfo",
    expects="TaskStatus PAUSED",
    level=MUST,
    source=REALTIME("TaskStatus PAUSED: audio was pushed and then stopped"),
    operations=INFO_CALL,
)
async def left_meeting_is_paused(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting()
    async with session:
        await session.start()
        await session.push(cloud.speech)
    data = await cloud.tingwu.wait(task_id, "PAUSED")
    cloud.check.equal(data["TaskStatus"], "PAUSED", "TaskStatus")


@case(
    "TW-LIFE-009",
    "a meeting is PAUSED when its connection is cut",
    sends="speech, then the connection is cut without a CLOSE; GetTaskInfo",
    expects="TaskStatus PAUSED",
    level=SHOULD,
    source=REALTIME("TaskStatus PAUSED: audio was pushed and then stopped"),
    operations=INFO_CALL,
)
async def lost_meeting_is_paused(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting()
    async with session:
        await session.start()
        await session.push(cloud.speech)
        await session.cut()
    data = await cloud.tingwu.wait(task_id, "PAUSED")
    cloud.check.equal(data["TaskStatus"], "PAUSED", "TaskStatus")


@case(
    "TW-LIFE-010",
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
    "TW-LIFE-011",
    "a PAUSED meeting is ONGOING again when audio comes over the same MeetingJoinUrl",
    sends="speech, StopTranscription; another WebSocket to the same address, speech; GetTaskInfo",
    expects="TaskStatus ONGOING",
    level=INFO,
    source=ASSUMED("whether a meeting can be gone on with: clients rely on it"),
    operations=INFO_CALL,
)
async def paused_meeting_goes_on(cloud: Cloud) -> None:
    made = await cloud.tingwu.start()
    async with cloud.join(made["MeetingJoinUrl"]) as session:
        await session.hear(cloud.speech)
    await cloud.tingwu.wait(made["TaskId"], "PAUSED")
    async with cloud.join(made["MeetingJoinUrl"]) as session:
        await session.start()
        await session.push(cloud.speech)
        data = await cloud.tingwu.wait(made["TaskId"], "ONGOING")
        cloud.check.equal(data["TaskStatus"], "ONGOING", "TaskStatus")


@case(
    "TW-LIFE-012",
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
    "TW-LIFE-013",
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
    "TW-LIFE-014",
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


@case(
    "TW-LIFE-015",
    "the TaskId of no task is INVALID",
    sends="GetTaskInfo of 32 zeros",
    expects="TaskStatus INVALID",
    level=SHOULD,
    source=REALTIME("TaskStatus INVALID: the TaskId may not exist"),
    operations=INFO_CALL,
    negative=True,
)
async def unknown_task_is_invalid(cloud: Cloud) -> None:
    body = (await cloud.tingwu.info("0" * 32)).body
    data = body.get("Data")
    cloud.check.has(data, "TaskStatus", what="Data")
    cloud.check.equal(body["Data"]["TaskStatus"], "INVALID", "TaskStatus")


@case(
    "TW-LIFE-016",
    "an INVALID task is an answer with HTTP 200, Code 0 and the TaskId that was asked for",
    sends="GetTaskInfo of 32 zeros",
    expects="Code 0, Data with TaskId and TaskStatus alone",
    level=INFO,
    source=ASSUMED("the form in which INVALID is answered"),
    operations=INFO_CALL,
    negative=True,
)
async def invalid_is_an_answer(cloud: Cloud) -> None:
    data = (await cloud.tingwu.info("0" * 32)).data
    cloud.check.equal(data, {"TaskId": "0" * 32, "TaskStatus": "INVALID"}, "Data")


@case(
    "TW-LIFE-017",
    "what cannot be a TaskId is INVALID like any other that does not exist",
    sends="GetTaskInfo of no-such-task",
    expects="TaskStatus INVALID",
    level=INFO,
    source=ASSUMED("what a TaskId of another form answers"),
    operations=INFO_CALL,
    negative=True,
)
async def odd_task_id_is_invalid(cloud: Cloud) -> None:
    data = (await cloud.tingwu.info("no-such-task")).data
    cloud.check.equal(data.get("TaskStatus"), "INVALID", "TaskStatus")
