"""StopRtcAsrTask and DeleteRtcAsrTask: a task ends."""

from __future__ import annotations

from mock_tingwu.conformance import INFO, MUST, Cloud, case
from mock_tingwu.conformance.sources import ASSUMED, LIVE_DELETE, LIVE_STOP

from ._live_tasks import DELETE, LISTENS, NOBODY, QUERY, STOP, TWO_STREAMS

_UNKNOWN_ENDS = r".+, please check and try again later\."


@case(
    "LV-STOP-001",
    "a task that runs is stopped",
    sends="StopRtcAsrTask of a new task",
    expects='RetCode 2000, Description "success", RequestId',
    level=MUST,
    source=LIVE_STOP("response parameters"),
    operations=STOP,
    needs=LISTENS,
)
async def stop_succeeds(cloud: Cloud) -> None:
    task_id = await cloud.live.start(cloud.outside.mailbox().url)
    answer = await cloud.live.stop(task_id)
    cloud.check.equal(answer.done["RetCode"], 2000, "RetCode")
    cloud.check.equal(answer.body.get("Description"), "success", "Description")
    cloud.check.has(answer.body, "RequestId")


@case(
    "LV-STOP-002",
    "Stop ends no other task",
    sends="CreateRtcAsrTask of two streams, StopRtcAsrTask of the first, QueryRtcAsrTasks",
    expects="the second is still in Tasks",
    level=MUST,
    source=LIVE_STOP("TaskId"),
    operations=STOP + QUERY,
    needs=TWO_STREAMS,
)
async def stop_ends_one(cloud: Cloud) -> None:
    url = cloud.outside.mailbox().url
    first = await cloud.live.start(url)
    second = await cloud.live.start(url, StreamURL=cloud.site.second_stream_url)
    await cloud.live.stop(first)
    cloud.check.has(await cloud.live.tasks(), second, what="Tasks")


@case(
    "LV-STOP-003",
    "Stop has to have a TaskId",
    sends="StopRtcAsrTask without TaskId",
    expects="an HTTP error with a Code, or another RetCode than 2000",
    level=MUST,
    source=LIVE_STOP("TaskId, required"),
    operations=STOP,
    negative=True,
)
async def stop_needs_a_task(cloud: Cloud) -> None:
    cloud.live.rejected(await cloud.live.call("StopRtcAsrTask", {}))


@case(
    "LV-STOP-004",
    "Stop of a task that is not known is ConfigNotFound",
    sends="StopRtcAsrTask with a TaskId of nobody",
    expects="HTTP 400 ConfigNotFound, and a Message to try again later",
    level=MUST,
    source=LIVE_STOP("error codes"),
    operations=STOP,
    negative=True,
)
async def stop_of_nobody(cloud: Cloud) -> None:
    answer = await cloud.live.stop(NOBODY)
    cloud.live.refused(answer, "ConfigNotFound")
    cloud.check.matches(answer.body.get("Message"), _UNKNOWN_ENDS, "Message")


@case(
    "LV-STOP-005",
    "a second Stop succeeds and changes nothing",
    sends="StopRtcAsrTask twice",
    expects="RetCode 2000 both times",
    level=INFO,
    source=ASSUMED("a second Stop"),
    operations=STOP,
    needs=LISTENS,
)
async def stop_twice(cloud: Cloud) -> None:
    task_id = await cloud.live.start(cloud.outside.mailbox().url)
    await cloud.live.stop(task_id)
    cloud.check.equal((await cloud.live.stop(task_id)).done["RetCode"], 2000, "RetCode")


@case(
    "LV-DELETE-001",
    "a task that runs is deleted",
    sends="DeleteRtcAsrTask of a new task",
    expects='RetCode 2000, Description "success", RequestId',
    level=MUST,
    source=LIVE_DELETE("response parameters"),
    operations=DELETE,
    needs=LISTENS,
)
async def delete_succeeds(cloud: Cloud) -> None:
    task_id = await cloud.live.start(cloud.outside.mailbox().url)
    answer = await cloud.live.delete(task_id)
    cloud.check.equal(answer.done["RetCode"], 2000, "RetCode")
    cloud.check.equal(answer.body.get("Description"), "success", "Description")
    cloud.check.has(answer.body, "RequestId")


@case(
    "LV-DELETE-002",
    "Delete ends no other task",
    sends="CreateRtcAsrTask of two streams, DeleteRtcAsrTask of the first, QueryRtcAsrTasks",
    expects="the second is still in Tasks",
    level=MUST,
    source=LIVE_DELETE("TaskId"),
    operations=DELETE + QUERY,
    needs=TWO_STREAMS,
)
async def delete_ends_one(cloud: Cloud) -> None:
    url = cloud.outside.mailbox().url
    first = await cloud.live.start(url)
    second = await cloud.live.start(url, StreamURL=cloud.site.second_stream_url)
    await cloud.live.delete(first)
    cloud.check.has(await cloud.live.tasks(), second, what="Tasks")


@case(
    "LV-DELETE-003",
    "Delete has to have a TaskId",
    sends="DeleteRtcAsrTask without TaskId",
    expects="an HTTP error with a Code, or another RetCode than 2000",
    level=MUST,
    source=LIVE_DELETE("TaskId, required"),
    operations=DELETE,
    negative=True,
)
async def delete_needs_a_task(cloud: Cloud) -> None:
    cloud.live.rejected(await cloud.live.call("DeleteRtcAsrTask", {}))


@case(
    "LV-DELETE-004",
    "Delete of a task that is not known is ConfigNotFound",
    sends="DeleteRtcAsrTask with a TaskId of nobody",
    expects="HTTP 400 ConfigNotFound, and a Message to try again later",
    level=MUST,
    source=LIVE_DELETE("error codes"),
    operations=DELETE,
    negative=True,
)
async def delete_of_nobody(cloud: Cloud) -> None:
    answer = await cloud.live.delete(NOBODY)
    cloud.live.refused(answer, "ConfigNotFound")
    cloud.check.matches(answer.body.get("Message"), _UNKNOWN_ENDS, "Message")


@case(
    "LV-DELETE-005",
    "a task that was stopped is deleted",
    sends="StopRtcAsrTask, DeleteRtcAsrTask",
    expects="RetCode 2000",
    level=INFO,
    source=ASSUMED("what Delete is beside Stop"),
    operations=DELETE + STOP,
    needs=LISTENS,
)
async def delete_after_stop(cloud: Cloud) -> None:
    task_id = await cloud.live.start(cloud.outside.mailbox().url)
    await cloud.live.stop(task_id)
    cloud.check.equal((await cloud.live.delete(task_id)).done["RetCode"], 2000, "RetCode")


@case(
    "LV-DELETE-006",
    "a task that was deleted is known no more",
    sends="DeleteRtcAsrTask twice",
    expects="the second is ConfigNotFound",
    level=INFO,
    source=ASSUMED("what Delete leaves of a task"),
    operations=DELETE,
    needs=LISTENS,
    negative=True,
)
async def delete_twice(cloud: Cloud) -> None:
    task_id = await cloud.live.start(cloud.outside.mailbox().url)
    await cloud.live.delete(task_id)
    cloud.live.refused(await cloud.live.delete(task_id), "ConfigNotFound")


@case(
    "LV-DELETE-007",
    "a task that was deleted cannot be stopped",
    sends="DeleteRtcAsrTask, StopRtcAsrTask",
    expects="ConfigNotFound",
    level=INFO,
    source=ASSUMED("what Delete leaves of a task"),
    operations=DELETE + STOP,
    needs=LISTENS,
    negative=True,
)
async def stop_after_delete(cloud: Cloud) -> None:
    task_id = await cloud.live.start(cloud.outside.mailbox().url)
    await cloud.live.delete(task_id)
    cloud.live.refused(await cloud.live.stop(task_id), "ConfigNotFound")
