"""GetTaskInfo: what it says of a task, and what it leaves out."""

from __future__ import annotations

from typing import Final

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, Need, case
from mock_tingwu.conformance.sources import (
    ASSUMED,
    GET_TASK_INFO,
    OFFLINE,
    READERS,
    REALTIME,
    RECORDED,
)
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

from .tingwu_asking import MEDIA

GET = ("GetTaskInfo",)
OUTSIDE = (Need.OUTSIDE,)
#: An id as the service makes them, and of no task.
NOBODY: Final = "0" * 32

# The envelope, and who the task is


@case(
    "TW-GET-001",
    "the answer is an envelope around Data",
    sends="GetTaskInfo of a new meeting",
    expects="Code the string 0, Message success, a RequestId, and Data",
    level=MUST,
    source=GET_TASK_INFO("response"),
    operations=GET,
)
async def envelope(cloud: Cloud) -> None:
    task = await cloud.tingwu.start()
    body = (await cloud.tingwu.info(task["TaskId"])).body
    cloud.check.has(body, "Code", "Message", "RequestId", "Data")
    cloud.check.equal(body["Code"], "0", "Code")
    cloud.check.equal(str(body["Message"]).lower().rstrip("."), "success", "Message")


@case(
    "TW-GET-002",
    "Data tells the TaskId that was asked for and its TaskStatus",
    sends="GetTaskInfo of a new meeting",
    expects="that TaskId, and TaskStatus NEW",
    level=MUST,
    source=REALTIME("TaskStatus"),
    operations=GET,
)
async def id_and_status(cloud: Cloud) -> None:
    task = await cloud.tingwu.start()
    data = (await cloud.tingwu.info(task["TaskId"])).data
    cloud.check.equal(data.get("TaskId"), task["TaskId"], "TaskId")
    cloud.check.equal(data.get("TaskStatus"), "NEW", "TaskStatus")


@case(
    "TW-GET-003",
    "TaskKey is the one that the task was created with",
    sends="CreateTask with TaskKey, then GetTaskInfo",
    expects="Data.TaskKey as it was sent",
    level=MUST,
    source=GET_TASK_INFO("Data.TaskKey"),
    operations=GET,
)
async def task_key(cloud: Cloud) -> None:
    task = await cloud.tingwu.start(TaskKey="weekly-0412")
    data = (await cloud.tingwu.info(task["TaskId"])).data
    cloud.check.equal(data.get("TaskKey"), "weekly-0412", "TaskKey")


@case(
    "TW-GET-004",
    "there is no TaskKey where none was given",
    sends="CreateTask without TaskKey, then GetTaskInfo",
    expects="Data without TaskKey",
    level=SHOULD,
    source=RECORDED("GetTaskInfo"),
    operations=GET,
)
async def no_task_key(cloud: Cloud) -> None:
    task = await cloud.tingwu.start()
    cloud.check.lacks((await cloud.tingwu.info(task["TaskId"])).data, "TaskKey", what="Data")


@case(
    "TW-GET-005",
    "what there is not yet is absent, not null",
    sends="GetTaskInfo of a task that has just begun",
    expects="Data without Result, ErrorCode, ErrorMessage and media, and nothing null",
    level=MUST,
    source=OFFLINE("answers of GetTaskInfo"),
    operations=GET,
)
async def absent_not_null(cloud: Cloud) -> None:
    task = await cloud.tingwu.start({"AutoChaptersEnabled": True})
    data = (await cloud.tingwu.info(task["TaskId"])).data
    cloud.check.lacks(data, "Result", "ErrorCode", "ErrorMessage", *MEDIA, what="Data")
    cloud.check.that(None not in data.values(), "no field that is null", data)


@case(
    "TW-GET-006",
    "MeetingJoinUrl is in the answer of CreateTask alone",
    sends="GetTaskInfo of a new meeting",
    expects="Data without MeetingJoinUrl",
    level=MUST,
    source=GET_TASK_INFO("Data"),
    operations=GET,
)
async def no_join_url(cloud: Cloud) -> None:
    task = await cloud.tingwu.start()
    cloud.check.lacks((await cloud.tingwu.info(task["TaskId"])).data, "MeetingJoinUrl", what="Data")


@case(
    "TW-GET-007",
    "a query that is not known does no harm",
    sends="GetTaskInfo with ?type=realtime",
    expects="the task as without it",
    level=SHOULD,
    source=READERS("GetTaskInfo with type"),
    operations=GET,
)
async def unknown_query(cloud: Cloud) -> None:
    task = await cloud.tingwu.start()
    answer = await cloud.tingwu.info(task["TaskId"], query={"type": "realtime"})
    cloud.check.equal(answer.data.get("TaskStatus"), "NEW", "TaskStatus")


# Tasks that there are not


@case(
    "TW-GET-008",
    "a TaskId that nobody has is INVALID, or refused",
    sends="GetTaskInfo of 32 zeros",
    expects="TaskStatus INVALID, or HTTP 400 with a Code",
    level=MUST,
    source=REALTIME("TaskStatus INVALID"),
    operations=GET,
    negative=True,
)
async def unknown_is_invalid(cloud: Cloud) -> None:
    answer = await cloud.tingwu.info(NOBODY)
    if answer.status == 200:
        cloud.check.equal(answer.data.get("TaskStatus"), "INVALID", "TaskStatus")
    else:
        cloud.check.equal(answer.status, 400, "HTTP status")
        cloud.check.has(answer.body, "Code", "Message")


@case(
    "TW-GET-009",
    "INVALID is an answer like any other",
    sends="GetTaskInfo of 32 zeros",
    expects="HTTP 200, Code 0, and Data with TaskId and TaskStatus alone",
    level=INFO,
    source=ASSUMED("in which envelope INVALID comes"),
    operations=GET,
    negative=True,
)
async def invalid_in_the_envelope(cloud: Cloud) -> None:
    data = (await cloud.tingwu.info(NOBODY)).data
    cloud.check.equal(data, {"TaskId": NOBODY, "TaskStatus": "INVALID"}, "Data")


@case(
    "TW-GET-010",
    "what is no TaskId at all is INVALID, too",
    sends="GetTaskInfo of the word nobody",
    expects="TaskStatus INVALID",
    level=INFO,
    source=ASSUMED("whether the form of a TaskId is looked at"),
    operations=GET,
    negative=True,
)
async def no_id_is_invalid(cloud: Cloud) -> None:
    data = (await cloud.tingwu.info("nobody")).data
    cloud.check.equal(data.get("TaskStatus"), "INVALID", "TaskStatus")


# Tasks that failed


@case(
    "TW-GET-011",
    "a failed task is a successful answer",
    sends="GetTaskInfo of a task whose FileUrl leads nowhere",
    expects="HTTP 200, Code 0, TaskStatus FAILED",
    level=MUST,
    source=OFFLINE("a failed task"),
    operations=GET,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def failure_is_an_answer(cloud: Cloud) -> None:
    begun = await cloud.tingwu.transcribe(cloud.recording(status=404))
    await cloud.tingwu.wait(begun["TaskId"], "FAILED")
    answer = await cloud.tingwu.info(begun["TaskId"])
    cloud.check.equal(answer.status, 200, "HTTP status")
    cloud.check.equal(answer.body.get("Code"), "0", "Code")
    cloud.check.equal(answer.data.get("TaskStatus"), "FAILED", "TaskStatus")


@case(
    "TW-GET-012",
    "a failed task has no results",
    sends="GetTaskInfo of a task whose FileUrl leads nowhere",
    expects="Data without Result and media",
    level=SHOULD,
    source=OFFLINE("a failed task"),
    operations=GET,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def failure_has_no_results(cloud: Cloud) -> None:
    begun = await cloud.tingwu.transcribe(
        cloud.recording(status=404), {"Transcoding": {"TargetAudioFormat": "mp3"}}
    )
    data = await cloud.tingwu.wait(begun["TaskId"], "FAILED")
    cloud.check.lacks(data, "Result", *MEDIA, what="Data")


@case(
    "TW-GET-013",
    "a task that succeeded has no ErrorCode",
    sends="GetTaskInfo of a COMPLETED task",
    expects="Data without ErrorCode and ErrorMessage",
    level=MUST,
    source=OFFLINE("answers of GetTaskInfo"),
    operations=GET,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def success_has_no_error(cloud: Cloud) -> None:
    data = await cloud.tingwu.finished(cloud.recording())
    cloud.check.lacks(data, "ErrorCode", "ErrorMessage", what="Data")
