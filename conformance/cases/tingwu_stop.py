"""Stop: CreateTask with operation=stop."""

from __future__ import annotations

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, Need, case
from mock_tingwu.conformance.sources import AI_MEETING, ASSUMED, CREATE_TASK, REALTIME
from mock_tingwu.conformance.tingwu import TASKS

STOP = ("CreateTask",)
_STOPPED = ("ONGOING", "COMPLETED", "FAILED")
#: No task has this TaskId.
_NOBODY = "0" * 32


@case(
    "TW-STOP-001",
    "stop of a meeting with recognition alone answers COMPLETED",
    sends="seven seconds of speech, StopTranscription, CreateTask type=realtime&operation=stop",
    expects="TaskStatus COMPLETED",
    level=MUST,
    source=REALTIME("stop"),
    operations=STOP,
)
async def stop_completes_recognition(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting()
    async with session:
        await session.hear(cloud.speech)
    data = (await cloud.tingwu.stop(task_id)).data
    cloud.check.equal(data.get("TaskStatus"), "COMPLETED", "TaskStatus")


@case(
    "TW-STOP-002",
    "stop of a meeting with more to be made answers ONGOING",
    sends="the same for a meeting with AutoChaptersEnabled",
    expects="TaskStatus ONGOING",
    level=MUST,
    source=REALTIME("stop"),
    operations=STOP,
)
async def stop_begins_what_is_to_be_made(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting({"AutoChaptersEnabled": True})
    async with session:
        await session.hear(cloud.speech)
    data = (await cloud.tingwu.stop(task_id)).data
    cloud.check.equal(data.get("TaskStatus"), "ONGOING", "TaskStatus")


@case(
    "TW-STOP-003",
    "stop answers with the TaskId that was stopped",
    sends="CreateTask type=realtime&operation=stop",
    expects="Code 0, Data with TaskId and TaskStatus",
    level=MUST,
    source=REALTIME("answer of stop"),
    operations=STOP,
)
async def stop_names_its_task(cloud: Cloud) -> None:
    task_id = (await cloud.tingwu.start())["TaskId"]
    data = (await cloud.tingwu.stop(task_id)).data
    cloud.check.has(data, "TaskId", "TaskStatus", what="Data")
    cloud.check.equal(data["TaskId"], task_id, "TaskId")


@case(
    "TW-STOP-004",
    "stop needs no AppKey, as the Python, Java and C++ samples send none",
    sends="CreateTask type=realtime&operation=stop with Input.TaskId alone",
    expects="Code 0",
    level=MUST,
    source=REALTIME("samples of stop"),
    operations=STOP,
)
async def stop_needs_no_app_key(cloud: Cloud) -> None:
    task_id = (await cloud.tingwu.start())["TaskId"]
    answer = await cloud.tingwu.stop(task_id, app_key=None)
    cloud.check.one_of(answer.data.get("TaskStatus"), _STOPPED, "TaskStatus")


@case(
    "TW-STOP-005",
    "stop may have an AppKey, as the Go sample sends it",
    sends="CreateTask type=realtime&operation=stop with AppKey and Input.TaskId",
    expects="Code 0",
    level=MUST,
    source=REALTIME("Go sample of stop"),
    operations=STOP,
)
async def stop_may_have_an_app_key(cloud: Cloud) -> None:
    task_id = (await cloud.tingwu.start())["TaskId"]
    answer = await cloud.tingwu.stop(task_id, app_key=cloud.site.app_key)
    cloud.check.one_of(answer.data.get("TaskStatus"), _STOPPED, "TaskStatus")


@case(
    "TW-STOP-006",
    "stop with the AppKey of nobody is carried out: the TaskId counts",
    sends="CreateTask type=realtime&operation=stop with an AppKey that does not exist",
    expects="Code 0",
    level=INFO,
    source=ASSUMED("whether stop looks at an AppKey"),
    operations=STOP,
)
async def stop_does_not_check_the_app_key(cloud: Cloud) -> None:
    task_id = (await cloud.tingwu.start())["TaskId"]
    answer = await cloud.tingwu.stop(task_id, app_key="conformanceNobody")
    cloud.check.one_of(answer.data.get("TaskStatus"), _STOPPED, "TaskStatus")


@case(
    "TW-STOP-007",
    "stop may repeat what the meeting is, as one client does",
    sends="CreateTask type=realtime&operation=stop with Input.TaskId and SourceLanguage",
    expects="Code 0",
    level=SHOULD,
    source=AI_MEETING("stop"),
    operations=STOP,
)
async def stop_may_repeat_the_language(cloud: Cloud) -> None:
    task_id = (await cloud.tingwu.start())["TaskId"]
    asked = {"TaskId": task_id, "SourceLanguage": "cn"}
    data = (await cloud.tingwu.create(asked, operation="stop")).data
    cloud.check.one_of(data.get("TaskStatus"), _STOPPED, "TaskStatus")


@case(
    "TW-STOP-008",
    "stop with the TaskId outside of Input is carried out, as one client sends it",
    sends="CreateTask type=realtime&operation=stop with TaskId at the top",
    expects="Code 0",
    level=INFO,
    source=ASSUMED("whether a TaskId outside of Input counts: the client ignores the answer"),
    operations=STOP,
)
async def stop_finds_the_task_id_at_the_top(cloud: Cloud) -> None:
    task_id = (await cloud.tingwu.start())["TaskId"]
    query = {"type": "realtime", "operation": "stop"}
    answer = await cloud.tingwu.call(
        "PUT", TASKS, {"TaskId": task_id}, action="CreateTask", query=query
    )
    cloud.check.one_of(answer.data.get("TaskStatus"), _STOPPED, "TaskStatus")


@case(
    "TW-STOP-009",
    "a meeting that nobody joined can be stopped",
    sends="CreateTask type=realtime, then operation=stop",
    expects="Code 0; within a minute TaskStatus is ONGOING, COMPLETED or FAILED",
    level=SHOULD,
    source=AI_MEETING("stop without audio"),
    operations=("CreateTask", "GetTaskInfo"),
)
async def stop_without_audio(cloud: Cloud) -> None:
    task_id = (await cloud.tingwu.start())["TaskId"]
    cloud.check.equal((await cloud.tingwu.stop(task_id)).body.get("Code"), "0", "Code")
    data = await cloud.tingwu.wait(task_id, *_STOPPED)
    cloud.check.one_of(data["TaskStatus"], _STOPPED, "TaskStatus")


@case(
    "TW-STOP-010",
    "a meeting can be stopped while audio is pushed",
    sends="speech, and CreateTask operation=stop without StopTranscription",
    expects="TaskStatus COMPLETED",
    level=MUST,
    source=REALTIME("stop"),
    operations=STOP,
)
async def stop_while_audio_is_pushed(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting()
    async with session:
        await session.start()
        await session.push(cloud.speech)
        data = (await cloud.tingwu.stop(task_id)).data
        cloud.check.equal(data.get("TaskStatus"), "COMPLETED", "TaskStatus")
        # How the stream learns of it is another matter.
        session.judged_by_case()


@case(
    "TW-STOP-011",
    "stop without TaskId is refused",
    sends="CreateTask type=realtime&operation=stop with an empty Input",
    expects="an error with Code, Message and RequestId",
    level=MUST,
    source=CREATE_TASK("Input.TaskId"),
    operations=STOP,
    negative=True,
)
async def stop_needs_a_task_id(cloud: Cloud) -> None:
    cloud.tingwu.refused(await cloud.tingwu.create({}, operation="stop"), status=None)


@case(
    "TW-STOP-012",
    "a second stop answers the status that there is",
    sends="CreateTask operation=stop twice",
    expects="Code 0 and COMPLETED both times",
    level=INFO,
    source=ASSUMED("what a second stop answers"),
    operations=STOP,
)
async def second_stop_is_no_error(cloud: Cloud) -> None:
    task_id = (await cloud.tingwu.start())["TaskId"]
    for time in ("first", "second"):
        data = (await cloud.tingwu.stop(task_id)).data
        cloud.check.equal(data.get("TaskStatus"), "COMPLETED", f"TaskStatus of the {time} stop")


@case(
    "TW-STOP-013",
    "a second stop does not begin anew what is being made",
    sends="CreateTask operation=stop twice for a meeting with chapters",
    expects="ONGOING both times, COMPLETED in the end",
    level=INFO,
    source=ASSUMED("what a second stop does"),
    operations=("CreateTask", "GetTaskInfo"),
)
async def second_stop_changes_nothing(cloud: Cloud) -> None:
    task_id = (await cloud.tingwu.start({"AutoChaptersEnabled": True}))["TaskId"]
    for time in ("first", "second"):
        data = (await cloud.tingwu.stop(task_id)).data
        cloud.check.equal(data.get("TaskStatus"), "ONGOING", f"TaskStatus of the {time} stop")
    await cloud.tingwu.wait(task_id)
    data = (await cloud.tingwu.stop(task_id)).data
    cloud.check.equal(data.get("TaskStatus"), "COMPLETED", "TaskStatus of the last stop")


@case(
    "TW-STOP-014",
    "stop of a TaskId that does not exist answers INVALID",
    sends="CreateTask operation=stop with 32 zeros",
    expects="Code 0 and TaskStatus INVALID",
    level=INFO,
    source=ASSUMED("what stop of an unknown task answers"),
    operations=STOP,
    negative=True,
)
async def stop_of_nothing_is_invalid(cloud: Cloud) -> None:
    data = (await cloud.tingwu.stop(_NOBODY)).data
    cloud.check.equal(data.get("TaskStatus"), "INVALID", "TaskStatus")


@case(
    "TW-STOP-015",
    "stop is for meetings: with type=offline it is refused",
    sends="CreateTask type=offline&operation=stop with the TaskId of a meeting",
    expects="HTTP 400, and the meeting is NEW as before",
    level=INFO,
    source=ASSUMED("what stop of a recording answers"),
    operations=("CreateTask", "GetTaskInfo"),
    negative=True,
)
async def stop_is_for_meetings(cloud: Cloud) -> None:
    task_id = (await cloud.tingwu.start())["TaskId"]
    asked = {"TaskId": task_id}
    answer = await cloud.tingwu.create(asked, type="offline", operation="stop")
    cloud.tingwu.refused(answer)
    data = (await cloud.tingwu.info(task_id)).data
    cloud.check.equal(data.get("TaskStatus"), "NEW", "TaskStatus")


@case(
    "TW-STOP-016",
    "stop of a recording's task changes nothing",
    sends="CreateTask type=realtime&operation=stop with the TaskId of an offline task",
    expects="Code 0, and the task completes",
    level=INFO,
    source=ASSUMED("what stop of a recording answers"),
    operations=("CreateTask", "GetTaskInfo"),
    needs=[Need.OUTSIDE],
)
async def stop_leaves_recordings_alone(cloud: Cloud) -> None:
    task_id = (await cloud.tingwu.transcribe(cloud.recording()))["TaskId"]
    cloud.check.equal((await cloud.tingwu.stop(task_id)).body.get("Code"), "0", "Code")
    data = await cloud.tingwu.wait(task_id)
    cloud.check.has(data.get("Result"), "Transcription", what="Result")
