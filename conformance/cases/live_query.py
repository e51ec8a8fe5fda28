"""QueryRtcAsrTasks: which tasks it has, and what of them."""

from __future__ import annotations

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, case
from mock_tingwu.conformance.sources import ASSUMED, LIVE_QUERY

from ._live_tasks import (
    CHANNEL,
    DELETE,
    IN_CHANNEL,
    LISTENS,
    NOBODY,
    QUERY,
    STOP,
    TWO_STREAMS,
)

_MOMENT = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00"


@case(
    "LV-QUERY-001",
    "Tasks is an object of tasks by their ids",
    sends="QueryRtcAsrTasks with a TaskId",
    expects="Tasks {TaskId: {taskId: the same, ...}}",
    level=MUST,
    source=LIVE_QUERY("Tasks"),
    operations=QUERY,
    needs=LISTENS,
)
async def tasks_by_id(cloud: Cloud) -> None:
    task_id = await cloud.live.start(cloud.outside.mailbox().url)
    tasks = (await cloud.live.query(task_id)).done.get("Tasks")
    cloud.check.has(tasks, task_id, what="Tasks")
    assert isinstance(tasks, dict)
    cloud.check.equal(tasks[task_id].get("taskId"), task_id, "taskId")


@case(
    "LV-QUERY-002",
    "a Query is answered in the envelope of all calls",
    sends="QueryRtcAsrTasks",
    expects='RetCode 2000, Description "success", RequestId',
    level=MUST,
    source=LIVE_QUERY("response parameters"),
    operations=QUERY,
)
async def envelope(cloud: Cloud) -> None:
    answer = await cloud.live.query()
    cloud.check.equal(answer.body.get("RetCode"), 2000, "RetCode")
    cloud.check.equal(answer.body.get("Description"), "success", "Description")
    cloud.check.has(answer.body, "RequestId", "Tasks")


@case(
    "LV-QUERY-003",
    "without a TaskId it has all tasks that run",
    sends="CreateRtcAsrTask of two streams, QueryRtcAsrTasks without TaskId",
    expects="both tasks are in Tasks",
    level=MUST,
    source=LIVE_QUERY("TaskId, optional"),
    operations=QUERY,
    needs=TWO_STREAMS,
)
async def all_that_run(cloud: Cloud) -> None:
    url = cloud.outside.mailbox().url
    first = await cloud.live.start(url)
    second = await cloud.live.start(url, StreamURL=cloud.site.second_stream_url)
    cloud.check.has(await cloud.live.tasks(), first, second, what="Tasks")


@case(
    "LV-QUERY-004",
    "with a TaskId it has that task alone",
    sends="CreateRtcAsrTask of two streams, QueryRtcAsrTasks with the first TaskId",
    expects="the first task is in Tasks, the second is not",
    level=MUST,
    source=LIVE_QUERY("TaskId"),
    operations=QUERY,
    needs=TWO_STREAMS,
)
async def one_alone(cloud: Cloud) -> None:
    url = cloud.outside.mailbox().url
    first = await cloud.live.start(url)
    await cloud.live.start(url, StreamURL=cloud.site.second_stream_url)
    cloud.check.equal(list(await cloud.live.tasks(first)), [first], "the ids in Tasks")


@case(
    "LV-QUERY-005",
    "a task shows what it was created with",
    sends="CreateRtcAsrTask Language=ja for a stream, QueryRtcAsrTasks",
    expects="mode, language and streamUrl are those of CreateRtcAsrTask",
    level=MUST,
    source=LIVE_QUERY("Tasks, example"),
    operations=QUERY,
    needs=LISTENS,
)
async def as_created(cloud: Cloud) -> None:
    task_id = await cloud.live.start(cloud.outside.mailbox().url, Language="ja")
    task = (await cloud.live.tasks(task_id))[task_id]
    expected = {"mode": "live", "language": "ja", "streamUrl": cloud.site.stream_url}
    for name, value in expected.items():
        cloud.check.equal(task.get(name), value, name)


@case(
    "LV-QUERY-006",
    "createdAt and updatedAt are moments in Beijing time",
    sends="QueryRtcAsrTasks of a new task",
    expects="both such as 2026-11-29T11:45:45+08:00, updatedAt not before createdAt",
    level=MUST,
    source=LIVE_QUERY("Tasks, example"),
    operations=QUERY,
    needs=LISTENS,
)
async def moments(cloud: Cloud) -> None:
    task_id = await cloud.live.start(cloud.outside.mailbox().url)
    task = (await cloud.live.tasks(task_id))[task_id]
    cloud.check.matches(task.get("createdAt"), _MOMENT, "createdAt")
    cloud.check.matches(task.get("updatedAt"), _MOMENT, "updatedAt")
    in_order = task["createdAt"] <= task["updatedAt"]
    cloud.check.that(in_order, "updatedAt not before createdAt", task["updatedAt"])


@case(
    "LV-QUERY-007",
    "the status of a task that runs is the number 1",
    sends="QueryRtcAsrTasks of a new task",
    expects="status 1",
    level=MUST,
    source=LIVE_QUERY("Tasks, example"),
    operations=QUERY,
    needs=LISTENS,
)
async def status_is_one(cloud: Cloud) -> None:
    task_id = await cloud.live.start(cloud.outside.mailbox().url)
    cloud.check.equal((await cloud.live.tasks(task_id))[task_id].get("status"), 1, "status")


@case(
    "LV-QUERY-008",
    "reportInterval and autoTerminateDelay are text",
    sends="CreateRtcAsrTask ReportInterval=200, AutoTerminateDelay=7; QueryRtcAsrTasks",
    expects='reportInterval "200", autoTerminateDelay "7"',
    level=MUST,
    source=LIVE_QUERY("Tasks, example"),
    operations=QUERY,
    needs=LISTENS,
)
async def numbers_are_text(cloud: Cloud) -> None:
    task_id = await cloud.live.start(
        cloud.outside.mailbox().url,
        ReportInterval="200",
        AutoTerminateEnabled="true",
        AutoTerminateDelay="7",
    )
    task = (await cloud.live.tasks(task_id))[task_id]
    cloud.check.equal(task.get("reportInterval"), "200", "reportInterval")
    cloud.check.equal(task.get("autoTerminateDelay"), "7", "autoTerminateDelay")


@case(
    "LV-QUERY-009",
    "aliUid is text, and tag is empty",
    sends="QueryRtcAsrTasks of a new task",
    expects='aliUid of digits, tag ""',
    level=SHOULD,
    source=LIVE_QUERY("Tasks, example"),
    operations=QUERY,
    needs=LISTENS,
)
async def account_and_tag(cloud: Cloud) -> None:
    task_id = await cloud.live.start(cloud.outside.mailbox().url)
    task = (await cloud.live.tasks(task_id))[task_id]
    cloud.check.matches(task.get("aliUid"), r"\d+", "aliUid")
    cloud.check.equal(task.get("tag"), "", "tag")


@case(
    "LV-QUERY-010",
    "a task that was stopped is not among those that run",
    sends="CreateRtcAsrTask, StopRtcAsrTask, QueryRtcAsrTasks without TaskId",
    expects="the task is not in Tasks",
    level=MUST,
    source=LIVE_QUERY("TaskId: without, the tasks that run"),
    operations=QUERY + STOP,
    needs=LISTENS,
)
async def stopped_does_not_run(cloud: Cloud) -> None:
    task_id = await cloud.live.start(cloud.outside.mailbox().url)
    cloud.check.equal((await cloud.live.stop(task_id)).done["RetCode"], 2000, "RetCode")
    cloud.check.lacks(await cloud.live.tasks(), task_id, what="Tasks")


@case(
    "LV-QUERY-011",
    "a task that was deleted is not among those that run",
    sends="CreateRtcAsrTask, DeleteRtcAsrTask, QueryRtcAsrTasks without TaskId",
    expects="the task is not in Tasks",
    level=MUST,
    source=LIVE_QUERY("TaskId: without, the tasks that run"),
    operations=QUERY + DELETE,
    needs=LISTENS,
)
async def deleted_does_not_run(cloud: Cloud) -> None:
    task_id = await cloud.live.start(cloud.outside.mailbox().url)
    cloud.check.equal((await cloud.live.delete(task_id)).done["RetCode"], 2000, "RetCode")
    cloud.check.lacks(await cloud.live.tasks(), task_id, what="Tasks")


@case(
    "LV-QUERY-012",
    "the AuthKey is not shown",
    sends="CreateRtcAsrTask with AuthKey, QueryRtcAsrTasks",
    expects="the key is nowhere in the answer",
    level=SHOULD,
    source=LIVE_QUERY("Tasks, example"),
    operations=QUERY,
    needs=LISTENS,
)
async def auth_key_stays_secret(cloud: Cloud) -> None:
    auth_key = "conformance-of-callbacks"
    task_id = await cloud.live.start(cloud.outside.mailbox().url, AuthKey=auth_key)
    answer = await cloud.live.query(task_id)
    cloud.check.that(auth_key not in answer.text, "an answer without the AuthKey")


@case(
    "LV-QUERY-013",
    "without a ReportInterval a task shows 0",
    sends="CreateRtcAsrTask without ReportInterval, QueryRtcAsrTasks",
    expects='reportInterval "0"',
    level=INFO,
    source=ASSUMED("what is shown of a ReportInterval that was not given"),
    operations=QUERY,
    needs=LISTENS,
)
async def usual_interval(cloud: Cloud) -> None:
    task_id = await cloud.live.start(cloud.outside.mailbox().url)
    interval = (await cloud.live.tasks(task_id))[task_id].get("reportInterval")
    cloud.check.equal(interval, "0", "reportInterval")


@case(
    "LV-QUERY-014",
    "without an AutoTerminateDelay a task shows 10",
    sends="CreateRtcAsrTask without AutoTerminateDelay, QueryRtcAsrTasks",
    expects='autoTerminateDelay "10"',
    level=INFO,
    source=ASSUMED("the usual AutoTerminateDelay"),
    operations=QUERY,
    needs=LISTENS,
)
async def usual_delay(cloud: Cloud) -> None:
    task_id = await cloud.live.start(cloud.outside.mailbox().url)
    delay = (await cloud.live.tasks(task_id))[task_id].get("autoTerminateDelay")
    cloud.check.equal(delay, "10", "autoTerminateDelay")


@case(
    "LV-QUERY-015",
    "a task of a channel shows the channel",
    sends="CreateRtcAsrTask Mode=rtc, QueryRtcAsrTasks",
    expects="sdkAppId, channelId and rtcUserId; no streamUrl",
    level=INFO,
    source=ASSUMED("the names of these fields"),
    operations=QUERY,
    needs=CHANNEL,
)
async def channel_is_shown(cloud: Cloud) -> None:
    task_id = await cloud.live.start(cloud.outside.mailbox().url, **IN_CHANNEL)
    task = (await cloud.live.tasks(task_id))[task_id]
    named = {"sdkAppId": "SDKAppID", "channelId": "ChannelID", "rtcUserId": "RtcUserId"}
    for shown, sent in named.items():
        cloud.check.equal(task.get(shown), IN_CHANNEL[sent], shown)
    cloud.check.lacks(task, "streamUrl", what="the task")


@case(
    "LV-QUERY-016",
    "a TaskId that is not known gives no task",
    sends="QueryRtcAsrTasks with a TaskId of nobody",
    expects="RetCode 2000, Tasks {}",
    level=INFO,
    source=ASSUMED("a Query with a TaskId that is not known"),
    operations=QUERY,
)
async def nobody_is_known(cloud: Cloud) -> None:
    cloud.check.equal(await cloud.live.tasks(NOBODY), {}, "Tasks")


@case(
    "LV-QUERY-017",
    "a task that was stopped is shown by its TaskId with status 2",
    sends="CreateRtcAsrTask, StopRtcAsrTask, QueryRtcAsrTasks with the TaskId",
    expects="status 2",
    level=INFO,
    source=ASSUMED("statuses beside 1, and whether such a task is shown"),
    operations=QUERY + STOP,
    needs=LISTENS,
)
async def stopped_is_two(cloud: Cloud) -> None:
    task_id = await cloud.live.start(cloud.outside.mailbox().url)
    await cloud.live.stop(task_id)
    tasks = await cloud.live.tasks(task_id)
    cloud.check.has(tasks, task_id, what="Tasks")
    cloud.check.equal(tasks[task_id].get("status"), 2, "status")


@case(
    "LV-QUERY-018",
    "callbackUrl is the CallbackURL, with its query",
    sends="CreateRtcAsrTask with a query behind CallbackURL, QueryRtcAsrTasks",
    expects="callbackUrl is the same, character by character",
    level=INFO,
    source=ASSUMED('what callbackUrl shows: the example has the word "default"'),
    operations=QUERY,
    needs=LISTENS,
)
async def callback_url_is_shown(cloud: Cloud) -> None:
    url = f"{cloud.outside.mailbox().url}?room=1&floor=2"
    task_id = await cloud.live.start(url)
    cloud.check.equal(
        (await cloud.live.tasks(task_id))[task_id].get("callbackUrl"), url, "callbackUrl"
    )
