"""DashScope getTask: how a task stands, and where its results are."""

from __future__ import annotations

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, Need, case
from mock_tingwu.conformance.dashscope import DONE, FAILED, MEETING, RUNNING, TEXT
from mock_tingwu.conformance.sources import ASSUMED, DS_GET
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

GET = ("getTask",)
PLAIN = {"transcription": {"model": "cn"}, "analysis": {"keyInformationEnabled": False}}
SUMMARY = {"transcription": {"model": "cn"}, "analysis": {"fullSummaryEnabled": True}}
PATHS = (
    "translationsPath",
    "autoChaptersPath",
    "summarizationPath",
    "meetingAssistancePath",
    "pptExtractionPath",
    "textPolishPath",
    "customPromptPath",
)


@case(
    "DS-GET-001",
    "a task is asked for by model and dataId alone",
    sends="getTask as the document's example has it: dataId before task, no appId, no parameters",
    expects="HTTP 200 with output, usage and request_id",
    level=MUST,
    source=DS_GET("request"),
    operations=GET,
)
async def by_data_id(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create({"type": "offline", "text": TEXT}, PLAIN)
    body = {"model": MEETING, "input": {"dataId": answer.output["dataId"], "task": "getTask"}}
    answer = await cloud.dashscope.call(body, operation="getTask")
    cloud.check.has(answer.output, "status", what="output")
    cloud.check.has(answer.body, "usage", "request_id")


@case(
    "DS-GET-002",
    "a recording is under way before it is done",
    sends="createTask with a recording, getTask at once and until it is done",
    expects="status 1 as a number at first, 0 at last",
    level=MUST,
    source=DS_GET("output.status"),
    operations=GET,
    needs=(Need.OUTSIDE,),
    time_limit=WITH_RESULTS_S,
)
async def under_way(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.transcribe(cloud.recording(), PLAIN)
    output = (await cloud.dashscope.get(data_id)).output
    cloud.check.equal(output["status"], RUNNING, "status at first")
    output = await cloud.dashscope.wait(data_id)
    cloud.check.equal(output["status"], DONE, "status at last")


@case(
    "DS-GET-003",
    "a task that is done names its transcript",
    sends="createTask with text, getTask until it is done",
    expects="status 0 with transcriptionPath, a link",
    level=MUST,
    source=DS_GET("output.transcriptionPath"),
    operations=GET,
    time_limit=WITH_RESULTS_S,
)
async def transcript_is_there(cloud: Cloud) -> None:
    _, output = await cloud.dashscope.converse(PLAIN)
    cloud.check.matches(output.get("transcriptionPath"), "https?://.+", "transcriptionPath")


@case(
    "DS-GET-004",
    "there are no links to what was not asked for",
    sends="createTask with fullSummaryEnabled alone, getTask until it is done",
    expects="transcriptionPath and summarizationPath, and no other link to a result",
    level=MUST,
    source=DS_GET("output: by the switches of createTask"),
    operations=GET,
    time_limit=WITH_RESULTS_S,
)
async def only_what_was_asked_for(cloud: Cloud) -> None:
    _, output = await cloud.dashscope.converse(SUMMARY)
    found = [path for path in PATHS if output.get(path)]
    cloud.check.equal(found, ["summarizationPath"], "links beside the transcript's")


@case(
    "DS-GET-005",
    "what was not asked for is left out",
    sends="createTask with fullSummaryEnabled alone, getTask until it is done",
    expects="no members for other results, not even null ones",
    level=INFO,
    source=ASSUMED("whether paths that were not asked for are absent or null"),
    operations=GET,
    time_limit=WITH_RESULTS_S,
)
async def left_out(cloud: Cloud) -> None:
    _, output = await cloud.dashscope.converse(SUMMARY)
    others = [path for path in PATHS if path != "summarizationPath"]
    cloud.check.lacks(output, *others, what="output")


@case(
    "DS-GET-006",
    "a task that has failed is an answer like any other",
    sends="createTask with the URL of a file that is not there, getTask until it has failed",
    expects="HTTP 200 with status 2, errorCode and errorMessage",
    level=MUST,
    source=DS_GET("output.errorCode, output.errorMessage"),
    operations=GET,
    needs=(Need.OUTSIDE,),
    time_limit=WITH_RESULTS_S,
)
async def failed(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.transcribe(cloud.recording(status=404), PLAIN)
    output = await cloud.dashscope.wait(data_id, FAILED)
    cloud.check.has(output, "errorCode", "errorMessage", what="output")
    cloud.check.that(bool(output["errorMessage"]), "an errorMessage", output["errorMessage"])


@case(
    "DS-GET-007",
    "a file that is not there is told by a documented code",
    sends="createTask with the URL of a file that is not there, getTask until it has failed",
    expects="errorCode TSC.FileError or TSC.AudioFileLink",
    level=SHOULD,
    source=DS_GET("output.errorCode: its example"),
    operations=GET,
    needs=(Need.OUTSIDE,),
    time_limit=WITH_RESULTS_S,
)
async def code_of_missing_file(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.transcribe(cloud.recording(status=404), PLAIN)
    output = await cloud.dashscope.wait(data_id, FAILED)
    codes = ("TSC.FileError", "TSC.AudioFileLink")
    cloud.check.one_of(output.get("errorCode"), codes, "errorCode")


@case(
    "DS-GET-008",
    "a file that is no recording fails",
    sends="createTask with the URL of a text, getTask until it has failed",
    expects="status 2 with an errorCode of the engine",
    level=SHOULD,
    source=DS_GET("output.errorCode"),
    operations=GET,
    needs=(Need.OUTSIDE,),
    time_limit=WITH_RESULTS_S,
)
async def no_recording(cloud: Cloud) -> None:
    url = cloud.outside.file(b"This is no recording. " * 2000, "notes.mp3")
    output = await cloud.dashscope.wait(await cloud.dashscope.transcribe(url, PLAIN), FAILED)
    cloud.check.matches(output.get("errorCode"), r"(TSC|PRE|BRK)\.\w+", "errorCode")


@case(
    "DS-GET-009",
    "a task that has not failed has no error",
    sends="createTask with text, getTask until it is done",
    expects="neither errorCode nor errorMessage",
    level=MUST,
    source=DS_GET("output.errorCode: with status 2 only"),
    operations=GET,
    time_limit=WITH_RESULTS_S,
)
async def no_error(cloud: Cloud) -> None:
    _, output = await cloud.dashscope.converse(PLAIN)
    cloud.check.lacks(output, "errorCode", "errorMessage", what="output")


@case(
    "DS-GET-010",
    "a result that could not be made is null, and the task is done all the same",
    sends="createTask whose summary fails, getTask until it is done",
    expects="status 0, summarizationPath null, transcriptionPath a link",
    level=MUST,
    source=DS_GET("output: null where the sub-task failed"),
    operations=GET,
    settings={"scenario": ["subtask-null"]},
)
async def failed_result(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.transcribe(cloud.recording(), SUMMARY)
    output = await cloud.dashscope.wait(data_id)
    cloud.check.has(output, "summarizationPath", what="output")
    cloud.check.one_of(output["summarizationPath"], (None, "null"), "summarizationPath")
    cloud.check.matches(output.get("transcriptionPath"), "https?://.+", "transcriptionPath")
