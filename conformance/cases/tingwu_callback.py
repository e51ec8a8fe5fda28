"""Callbacks: what a project is told of its tasks."""

from __future__ import annotations

from typing import Any, Final

from mock_tingwu.conformance import MUST, SHOULD, Cloud, Need, case
from mock_tingwu.conformance.outside import Arrived
from mock_tingwu.conformance.sources import CALLBACKS, OFFLINE, REALTIME
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

from .tingwu_asking import file_of

TOLD = ("Tingwu callback",)
NEEDS = (Need.OUTSIDE, Need.CALLBACK)
#: How long callbacks may take after the end of their task, in seconds.
ARRIVE_S: Final = 10.0
GUIDE = OFFLINE("callbacks")
#: Two results beside the Transcription.
ASKED: Final = {"AutoChaptersEnabled": True, "TextPolishEnabled": True}
KINDS: Final = ("Transcription", "AutoChapters", "TextPolish")


async def told(
    cloud: Cloud, parameters: dict[str, Any] | None = None, **fields: Any
) -> tuple[dict[str, Any], list[Arrived]]:
    """The Data of a finished task, and all callbacks about it: one for each result, and one."""
    wanted = {"ProgressiveCallbacksEnabled": True} | fields
    data = await cloud.tingwu.finished(cloud.recording(), parameters, **wanted)
    count = len(data.get("Result", {})) + 1
    return data, await cloud.callbacks(data["TaskId"], count, within=ARRIVE_S)


def data_of(cloud: Cloud, arrived: Arrived) -> dict[str, Any]:
    """The Data of a callback."""
    cloud.check.observe("tingwu/callback", arrived.body)
    cloud.check.has(arrived.body, "Data", what="a callback")
    data: dict[str, Any] = arrived.body["Data"]
    return data


@case(
    "TW-CALLBACK-001",
    "there is a callback for every result as it is made, and one for the end",
    sends="CreateTask with ProgressiveCallbacksEnabled and three results",
    expects="three callbacks with TaskStatus ONGOING, then one with COMPLETED",
    level=MUST,
    source=GUIDE,
    operations=TOLD,
    needs=NEEDS,
    time_limit=WITH_RESULTS_S,
)
async def each_and_the_end(cloud: Cloud) -> None:
    _, callbacks = await told(cloud, ASKED)
    statuses = [data_of(cloud, one).get("TaskStatus") for one in callbacks]
    cloud.check.equal(statuses, ["ONGOING"] * 3 + ["COMPLETED"], "the statuses that were told")


@case(
    "TW-CALLBACK-002",
    "the callback of a result has the link to it",
    sends="CreateTask with ProgressiveCallbacksEnabled and three results",
    expects="Transcription, AutoChapters and TextPolish each in a Result while ONGOING",
    level=MUST,
    source=GUIDE,
    operations=TOLD,
    needs=NEEDS,
    time_limit=WITH_RESULTS_S,
)
async def links_to_each(cloud: Cloud) -> None:
    _, callbacks = await told(cloud, ASKED)
    seen = [data_of(cloud, one) for one in callbacks]
    early = {
        kind for data in seen if data["TaskStatus"] == "ONGOING" for kind in data.get("Result", {})
    }
    cloud.check.equal(early, set(KINDS), "the results that were told while ONGOING")


@case(
    "TW-CALLBACK-003",
    "the callback of a result has no other",
    sends="CreateTask with ProgressiveCallbacksEnabled and three results",
    expects="one key in Result while ONGOING, each time another",
    level=SHOULD,
    source=GUIDE,
    operations=TOLD,
    needs=NEEDS,
    time_limit=WITH_RESULTS_S,
)
async def one_link_each(cloud: Cloud) -> None:
    _, callbacks = await told(cloud, ASKED)
    results = [sorted(data_of(cloud, one).get("Result", {})) for one in callbacks[:-1]]
    cloud.check.equal(sorted(results), sorted([kind] for kind in KINDS), "what was told")


@case(
    "TW-CALLBACK-004",
    "the last callback has the links to all results",
    sends="CreateTask with ProgressiveCallbacksEnabled and three results",
    expects="COMPLETED with three keys in Result",
    level=MUST,
    source=GUIDE,
    operations=TOLD,
    needs=NEEDS,
    time_limit=WITH_RESULTS_S,
)
async def all_links_at_the_end(cloud: Cloud) -> None:
    _, callbacks = await told(cloud, ASKED)
    last = data_of(cloud, callbacks[-1])
    cloud.check.equal(set(last.get("Result", {})), set(KINDS), "the keys of Result")


@case(
    "TW-CALLBACK-005",
    "the last callback says what GetTaskInfo says",
    sends="CreateTask with ProgressiveCallbacksEnabled, then GetTaskInfo",
    expects="the same Data, but for the signatures of links",
    level=MUST,
    source=CALLBACKS("the body"),
    operations=("Tingwu callback", "GetTaskInfo"),
    needs=NEEDS,
    time_limit=WITH_RESULTS_S,
)
async def as_get_task_info(cloud: Cloud) -> None:
    data, callbacks = await told(cloud, ASKED, TaskKey="weekly")
    last = data_of(cloud, callbacks[-1])
    cloud.check.equal(_unsigned(last), _unsigned(data), "Data of the callback")


def _unsigned(data: dict[str, Any]) -> dict[str, Any]:
    return data | {"Result": {k: file_of(link) for k, link in data.get("Result", {}).items()}}


@case(
    "TW-CALLBACK-006",
    "there is one callback for a failure, with its reason",
    sends="CreateTask with ProgressiveCallbacksEnabled and a FileUrl that leads nowhere",
    expects="one callback: FAILED with ErrorCode and ErrorMessage",
    level=MUST,
    source=GUIDE,
    operations=TOLD,
    needs=NEEDS,
    time_limit=WITH_RESULTS_S,
)
async def failure(cloud: Cloud) -> None:
    begun = await cloud.tingwu.transcribe(
        cloud.recording(status=404), ProgressiveCallbacksEnabled=True
    )
    await cloud.tingwu.wait(begun["TaskId"], "FAILED")
    callbacks = await cloud.callbacks(begun["TaskId"], 1, within=ARRIVE_S)
    data = data_of(cloud, callbacks[0])
    cloud.check.equal(data.get("TaskStatus"), "FAILED", "TaskStatus")
    cloud.check.equal(data.get("ErrorCode"), "TSC.AudioFileLink", "ErrorCode")
    cloud.check.equal(data.get("ErrorMessage"), "Audio file link invalid.", "ErrorMessage")


@case(
    "TW-CALLBACK-007",
    "a callback is a POST of JSON",
    sends="CreateTask with ProgressiveCallbacksEnabled",
    expects="POST with Content-Type application/json",
    level=MUST,
    source=CALLBACKS("sample"),
    operations=TOLD,
    needs=NEEDS,
    time_limit=WITH_RESULTS_S,
)
async def post_of_json(cloud: Cloud) -> None:
    _, callbacks = await told(cloud)
    for one in callbacks:
        cloud.check.equal(one.method, "POST", "the method")
        media_type = one.headers.get("content-type", "").partition(";")[0]
        cloud.check.equal(media_type, "application/json", "Content-Type")


@case(
    "TW-CALLBACK-008",
    "a callback has the envelope of an answer",
    sends="CreateTask with ProgressiveCallbacksEnabled",
    expects="Code the string 0, Message success, RequestId and Data",
    level=MUST,
    source=GUIDE,
    operations=TOLD,
    needs=NEEDS,
    time_limit=WITH_RESULTS_S,
)
async def envelope(cloud: Cloud) -> None:
    _, callbacks = await told(cloud)
    for one in callbacks:
        cloud.check.has(one.body, "Code", "Data", "Message", "RequestId", what="a callback")
        cloud.check.equal(one.body["Code"], "0", "Code")
        cloud.check.equal(one.body["Message"], "success", "Message")


@case(
    "TW-CALLBACK-009",
    "the RequestId of a callback has no dashes",
    sends="CreateTask with ProgressiveCallbacksEnabled",
    expects="32 hexadecimal digits, others for each callback",
    level=MUST,
    source=GUIDE,
    operations=TOLD,
    needs=NEEDS,
    time_limit=WITH_RESULTS_S,
)
async def request_ids(cloud: Cloud) -> None:
    _, callbacks = await told(cloud)
    ids = [one.body.get("RequestId") for one in callbacks]
    for id in ids:
        cloud.check.matches(id, "(?i)[0-9a-f]{32}", "RequestId")
    cloud.check.equal(len(set(ids)), len(ids), "the number of different RequestIds")


@case(
    "TW-CALLBACK-010",
    "a callback has the TaskKey of its task",
    sends="CreateTask with ProgressiveCallbacksEnabled and TaskKey",
    expects="TaskKey in the Data of each callback",
    level=MUST,
    source=GUIDE,
    operations=TOLD,
    needs=NEEDS,
    time_limit=WITH_RESULTS_S,
)
async def task_key(cloud: Cloud) -> None:
    _, callbacks = await told(cloud, TaskKey="weekly-0412")
    for one in callbacks:
        cloud.check.equal(data_of(cloud, one).get("TaskKey"), "weekly-0412", "TaskKey")


@case(
    "TW-CALLBACK-011",
    "the links of a callback lead to the files",
    sends="GET of the link in the callback of a result",
    expects="HTTP 200 and the file",
    level=MUST,
    source=GUIDE,
    operations=("Tingwu callback", "Transcription file"),
    needs=NEEDS,
    time_limit=WITH_RESULTS_S,
)
async def links_lead_there(cloud: Cloud) -> None:
    _, callbacks = await told(cloud)
    await cloud.tingwu.content(data_of(cloud, callbacks[0]), "Transcription")


@case(
    "TW-CALLBACK-012",
    "without ProgressiveCallbacksEnabled there are no callbacks",
    sends="CreateTask without ProgressiveCallbacksEnabled, and ten seconds after its end",
    expects="no callback",
    level=MUST,
    source=GUIDE,
    operations=TOLD,
    needs=NEEDS,
    time_limit=WITH_RESULTS_S,
)
async def not_asked_for(cloud: Cloud) -> None:
    data = await cloud.tingwu.finished(cloud.recording())
    await cloud.pause(10)
    cloud.check.equal(_about(cloud, data["TaskId"]), 0, "the number of callbacks")


def _about(cloud: Cloud, task_id: str) -> int:
    return sum(task_id.encode() in one.content for one in cloud.outside.project.arrived)


@case(
    "TW-CALLBACK-013",
    "meetings have callbacks as recordings have",
    sends="a meeting with ProgressiveCallbacksEnabled, stopped by the API",
    expects="callbacks for Transcription and for COMPLETED",
    level=MUST,
    source=REALTIME("Input.ProgressiveCallbacksEnabled"),
    operations=TOLD,
    needs=NEEDS,
    time_limit=WITH_RESULTS_S,
)
async def meetings(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting(ProgressiveCallbacksEnabled=True)
    async with session:
        await session.hear(cloud.speech)
    await cloud.tingwu.stop(task_id)
    await cloud.tingwu.wait(task_id)
    callbacks = await cloud.callbacks(task_id, 2, within=ARRIVE_S)
    first, last = data_of(cloud, callbacks[0]), data_of(cloud, callbacks[-1])
    cloud.check.has(first.get("Result"), "Transcription", what="Result")
    cloud.check.equal(last.get("TaskStatus"), "COMPLETED", "TaskStatus of the last")
