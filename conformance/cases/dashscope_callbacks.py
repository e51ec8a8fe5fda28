"""What DashScope tells the callback address of an application."""

from __future__ import annotations

from typing import Any

from mock_tingwu.conformance import MUST, SHOULD, Cloud, Need, case
from mock_tingwu.conformance.dashscope import DONE, FAILED, RUNNING, TEXT
from mock_tingwu.conformance.outside import Arrived
from mock_tingwu.conformance.sources import DS_CALLBACKS
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

CALLBACK = ("DashScope callback",)
SUMMARY = {"transcription": {"model": "cn"}, "analysis": {"fullSummaryEnabled": True}}
RETRIES_S = (1, 2, 5, 10, 30, 60)
#: Until the target has read our answer, in seconds: only then it counts the time to the next try.
SETTLED_S = 0.01
#: A callback that is due comes within so many seconds of real time.
SOON_S = 5.0


def paths(arrived: Arrived) -> list[str]:
    """The results that a callback names."""
    return sorted(name for name in arrived.body["output"] if name.endswith("Path"))


async def told(cloud: Cloud, data_id: str, count: int, *, within: float = 30.0) -> list[Arrived]:
    """The first callbacks about a task."""
    arrived = await cloud.dashscope.told(data_id, count, within=within)
    for one in arrived:
        cloud.check.observe("dashscope/callback", one.body)
    return arrived


@case(
    "DS-CALLBACK-001",
    "the transcript is told of first, and alone",
    sends="createTask with text and fullSummaryEnabled; the callbacks",
    expects="the first has status 1 and transcriptionPath, and no other path",
    level=MUST,
    source=DS_CALLBACKS("when a callback comes"),
    operations=CALLBACK,
    needs=(Need.CALLBACK,),
    time_limit=WITH_RESULTS_S,
)
async def transcript_first(cloud: Cloud) -> None:
    data_id, _ = await cloud.dashscope.converse(SUMMARY)
    first = (await told(cloud, data_id, 1))[0]
    cloud.check.equal(first.body["output"].get("status"), RUNNING, "status of the first")
    cloud.check.equal(paths(first), ["transcriptionPath"], "paths of the first")


@case(
    "DS-CALLBACK-002",
    "the end is told of with all results",
    sends="createTask with text and fullSummaryEnabled; the callbacks; the links of the last",
    expects="the last has status 0, the paths that getTask has, and files behind them",
    level=MUST,
    source=DS_CALLBACKS("when a callback comes"),
    operations=CALLBACK,
    needs=(Need.CALLBACK,),
    time_limit=WITH_RESULTS_S,
)
async def end_with_all(cloud: Cloud) -> None:
    data_id, output = await cloud.dashscope.converse(SUMMARY)
    arrived = await last_of(cloud, data_id, DONE)
    expected = sorted(name for name in output if name.endswith("Path"))
    cloud.check.equal(paths(arrived), expected, "paths of the last")
    links = arrived.body["output"]
    await cloud.dashscope.file(links, "transcription")
    await cloud.dashscope.file(links, "summarization")


async def last_of(cloud: Cloud, data_id: str, status: int) -> Arrived:
    """The callback about the end of a task; after two, or three if results are told of singly."""
    count = 1
    while True:
        last = (await told(cloud, data_id, count))[-1]
        if last.body["output"]["status"] != RUNNING:
            cloud.check.equal(last.body["output"]["status"], status, "status of the last")
            return last
        count += 1


@case(
    "DS-CALLBACK-003",
    "a callback is a POST of JSON that says whose task it is",
    sends="createTask with text; the first callback",
    expects="POST, application/json; requestId; taskInfo with appId, dataId, model and user",
    level=MUST,
    source=DS_CALLBACKS("body"),
    operations=CALLBACK,
    needs=(Need.CALLBACK,),
    time_limit=WITH_RESULTS_S,
)
async def body(cloud: Cloud) -> None:
    data_id, _ = await cloud.dashscope.converse(SUMMARY)
    first = (await told(cloud, data_id, 1))[0]
    check = cloud.check
    check.equal(first.method, "POST", "method")
    check.matches(first.headers.get("content-type"), "application/json.*", "Content-Type")
    check.matches(first.body.get("requestId"), "[0-9a-f]{32}", "requestId")
    info: dict[str, Any] = first.body["output"].get("taskInfo", {})
    check.has(info, "appId", "dataId", "model", "userId", "userSpaceId", what="taskInfo")
    check.equal(info["dataId"], data_id, "dataId")
    check.equal(info["model"], "tingwu-meeting", "model")
    check.that(info["appId"] == cloud.site.app_id, "the appId of createTask")


@case(
    "DS-CALLBACK-004",
    "a failure is told of with its code",
    sends="createTask with the URL of a file that is not there; the callback",
    expects="status 2 with the errorCode and errorMessage of getTask, and no path",
    level=MUST,
    source=DS_CALLBACKS("failure"),
    operations=CALLBACK,
    needs=(Need.CALLBACK, Need.OUTSIDE),
    time_limit=WITH_RESULTS_S,
)
async def failure(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.transcribe(cloud.recording(status=404), SUMMARY)
    output = await cloud.dashscope.wait(data_id, FAILED)
    arrived = await last_of(cloud, data_id, FAILED)
    for name in ("errorCode", "errorMessage"):
        cloud.check.equal(arrived.body["output"].get(name), output[name], name)
    cloud.check.equal(paths(arrived), [], "paths")


@case(
    "DS-CALLBACK-005",
    "a sister agent tells of the transcript and of the end",
    sends="createTask model=tingwu-service-insights with text; the callbacks",
    expects="status 1 with transcriptionPath alone, then status 0 with its insights",
    level=MUST,
    source=DS_CALLBACKS("when a callback comes"),
    operations=CALLBACK,
    needs=(Need.SERVICE_INSIGHTS, Need.CALLBACK),
    time_limit=WITH_RESULTS_S,
)
async def sister(cloud: Cloud) -> None:
    items = [{"title": "发布", "content": "说到发布会", "score": "10"}]
    parameters = {"serviceInsights": {"insightsContents": items}}
    model = "tingwu-service-insights"
    data_id, _ = await cloud.dashscope.converse(parameters, model=model)
    first = (await told(cloud, data_id, 1))[0]
    cloud.check.equal(paths(first), ["transcriptionPath"], "paths of the first")
    last = await last_of(cloud, data_id, DONE)
    cloud.check.has(last.body["output"], "generalServiceInsightsPath", what="output of the last")
    cloud.check.equal(last.body["output"]["taskInfo"]["model"], model, "model")


@case(
    "DS-CALLBACK-006",
    "a realtime meeting is told of after its end",
    sends="a meeting with speech, and its end; the callbacks",
    expects="status 0 with transcriptionPath",
    level=MUST,
    source=DS_CALLBACKS("when a callback comes"),
    operations=CALLBACK,
    needs=(Need.CALLBACK,),
    time_limit=WITH_RESULTS_S,
)
async def realtime(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(SUMMARY)
    async with cloud.infer() as session:
        await session.hear(data_id, cloud.speech)
    await cloud.dashscope.end(data_id)
    await cloud.dashscope.wait(data_id)
    last = await last_of(cloud, data_id, DONE)
    cloud.check.has(last.body["output"], "transcriptionPath", what="output of the last")


@case(
    "DS-CALLBACK-007",
    "whoever does not answer 200 is told again a second later",
    sends="createTask with text; HTTP 500 for the first callback",
    expects="the same callback again",
    level=MUST,
    source=DS_CALLBACKS("retries: after 1, 2, 5, 10, 30 and 60 s"),
    operations=CALLBACK,
    needs=(Need.CALLBACK,),
    time_limit=WITH_RESULTS_S,
)
async def again(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create({"type": "offline", "text": TEXT}, SUMMARY)
    data_id = answer.output["dataId"]
    cloud.outside.answer_about(data_id, 500, 200)
    await cloud.dashscope.wait(data_id)
    await told(cloud, data_id, 1)
    await cloud.pause(SETTLED_S)
    await cloud.pause(1.5)
    arrived = await told(cloud, data_id, 2, within=SOON_S)
    first = arrived[0].body
    same = [one for one in arrived[1:] if one.body["output"] == first["output"]]
    if not same:
        arrived = await told(cloud, data_id, 3)
        same = [one for one in arrived[1:] if one.body["output"] == first["output"]]
    cloud.check.that(bool(same), "the first callback once more", len(arrived))


@case(
    "DS-CALLBACK-008",
    "a callback is tried seven times, at longer and longer intervals",
    sends="createTask that fails; HTTP 500 for each callback; 1, 2, 5, 10, 30 and 60 s pass",
    expects="one more after each of them, and none in the 10 minutes after that",
    level=MUST,
    source=DS_CALLBACKS("retries: after 1, 2, 5, 10, 30 and 60 s"),
    operations=CALLBACK,
    needs=(Need.CALLBACK, Need.OUTSIDE, Need.CLOCK),
)
async def seven_times(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.transcribe(cloud.recording(status=404), SUMMARY)
    cloud.outside.answer_about(data_id, 500)
    await cloud.dashscope.wait(data_id, FAILED)
    # The first may have been tried again already: each look of `wait` lets a second pass.
    tried = len(await told(cloud, data_id, 1))
    for number, seconds in enumerate(RETRIES_S[tried - 1 :], tried + 1):
        await cloud.pause(SETTLED_S)
        if seconds > 2:
            await cloud.pause(seconds / 2)
            count = len(await told(cloud, data_id, 1))
            cloud.check.equal(count, number - 1, f"number of callbacks {seconds / 2:g} s later")
        await cloud.pause(seconds)
        count = len(await told(cloud, data_id, number))
        cloud.check.equal(count, number, f"number of callbacks {seconds} s later")
    await cloud.pause(600)
    count = len(await told(cloud, data_id, 7))
    cloud.check.equal(count, 7, "number of callbacks at last")


@case(
    "DS-CALLBACK-009",
    "nothing but 200 counts",
    sends="createTask that fails; HTTP 204 for its callback",
    expects="the callback again",
    level=SHOULD,
    source=DS_CALLBACKS("an answer of 200"),
    operations=CALLBACK,
    needs=(Need.CALLBACK, Need.OUTSIDE),
    time_limit=WITH_RESULTS_S,
)
async def only_200(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.transcribe(cloud.recording(status=404), SUMMARY)
    cloud.outside.answer_about(data_id, 204, 200)
    await cloud.dashscope.wait(data_id, FAILED)
    await told(cloud, data_id, 1)
    await cloud.pause(SETTLED_S)
    await cloud.pause(1.5)
    arrived = await told(cloud, data_id, 2, within=SOON_S)
    cloud.check.equal(arrived[1].body["output"], arrived[0].body["output"], "the second")
