"""DashScope createTask: what an offline task is made of."""

from __future__ import annotations

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, Need, case
from mock_tingwu.conformance.dashscope import TEXT
from mock_tingwu.conformance.sources import ASSUMED, DS_OFFLINE
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

CREATE = ("createTask",)
KEYWORDS = {"transcription": {"model": "cn"}, "analysis": {"keyInformationEnabled": True}}
SUMMARY = {"transcription": {"model": "cn"}, "analysis": {"fullSummaryEnabled": True}}


@case(
    "DS-CREATE-001",
    "a conversation in text begins a task",
    sends="createTask type=offline with text",
    expects="HTTP 200: output.dataId, usage {} and a request_id",
    level=MUST,
    source=DS_OFFLINE("response"),
    operations=CREATE,
)
async def text_begins_a_task(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create({"type": "offline", "text": TEXT})
    cloud.check.that(bool(answer.output.get("dataId")), "a dataId", answer.output)
    cloud.check.equal(answer.body.get("usage"), {}, "usage")
    cloud.check.has(answer.body, "request_id")


@case(
    "DS-CREATE-002",
    "a recording is fetched and transcribed",
    sends="createTask type=offline with fileUrl, getTask until it is done",
    expects="the file is requested, and the task has a transcript with words",
    level=MUST,
    source=DS_OFFLINE("input.fileUrl"),
    operations=("createTask", "getTask"),
    needs=(Need.OUTSIDE,),
    time_limit=WITH_RESULTS_S,
)
async def recording_is_fetched(cloud: Cloud) -> None:
    url = cloud.recording()
    output = await cloud.dashscope.wait(await cloud.dashscope.transcribe(url, KEYWORDS))
    path = url.rpartition("/files/")[2]
    fetched = [request.method for request in cloud.outside.fetched if path in request.url]
    cloud.check.that("GET" in fetched, "a GET of the file", fetched)
    made = await cloud.dashscope.file(output, "transcription")
    words = [word for paragraph in made["paragraphs"] for word in paragraph["words"]]
    cloud.check.that(len(words) > 3, "words of what is said in the recording", len(words))


@case(
    "DS-CREATE-003",
    "a task that is done is worked on again by its dataId",
    sends="createTask with text and fullSummaryEnabled, then with dataId and keyInformationEnabled",
    expects="the second is done, too, and has keywords",
    level=MUST,
    source=DS_OFFLINE("input.dataId"),
    operations=("createTask", "getTask"),
    time_limit=2 * WITH_RESULTS_S,
)
async def worked_on_again(cloud: Cloud) -> None:
    data_id, _ = await cloud.dashscope.converse(SUMMARY)
    answer = await cloud.dashscope.create({"type": "offline", "dataId": data_id}, KEYWORDS)
    output = await cloud.dashscope.wait(answer.output["dataId"])
    cloud.check.has(output, "meetingAssistancePath", what="output")


@case(
    "DS-CREATE-004",
    "a task that is worked on again keeps its dataId",
    sends="createTask with the dataId of a task that is done",
    expects="the same dataId",
    level=INFO,
    source=ASSUMED("whether working again on a task makes a new one"),
    operations=CREATE,
    time_limit=WITH_RESULTS_S,
)
async def same_data_id(cloud: Cloud) -> None:
    data_id, _ = await cloud.dashscope.converse(SUMMARY)
    answer = await cloud.dashscope.create({"type": "offline", "dataId": data_id}, KEYWORDS)
    cloud.check.equal(answer.output["dataId"], data_id, "dataId")


@case(
    "DS-CREATE-005",
    "a task without fileUrl, text and dataId is refused",
    sends="createTask type=offline with appId alone",
    expects="HTTP 400 InvalidParameter",
    level=MUST,
    source=DS_OFFLINE("input: one of fileUrl, text and dataId"),
    operations=CREATE,
    negative=True,
)
async def nothing_to_work_on(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create({"type": "offline"})
    cloud.dashscope.refused(answer, "InvalidParameter", status=400)


@case(
    "DS-CREATE-006",
    "a task with both text and fileUrl is refused",
    sends="createTask type=offline with text and fileUrl",
    expects="HTTP 400 InvalidParameter",
    level=INFO,
    source=ASSUMED("which of two sources counts, if any"),
    operations=CREATE,
    negative=True,
)
async def two_sources(cloud: Cloud) -> None:
    source = {"type": "offline", "text": TEXT, "fileUrl": "https://example.com/a.mp3"}
    answer = await cloud.dashscope.create(source)
    cloud.dashscope.refused(answer, "InvalidParameter", status=400)


@case(
    "DS-CREATE-007",
    "a meeting task without type is refused",
    sends="createTask with text and without type",
    expects="HTTP 400 InvalidParameter",
    level=MUST,
    source=DS_OFFLINE("input.type: required"),
    operations=CREATE,
    negative=True,
)
async def no_type(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create({"text": TEXT})
    cloud.dashscope.refused(answer, "InvalidParameter", status=400)


@case(
    "DS-CREATE-008",
    "a type that is neither offline nor realtime is refused",
    sends="createTask type=batch with text",
    expects="HTTP 400 InvalidParameter",
    level=MUST,
    source=DS_OFFLINE("input.type: offline"),
    operations=CREATE,
    negative=True,
)
async def unknown_type(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create({"type": "batch", "text": TEXT})
    cloud.dashscope.refused(answer, "InvalidParameter", status=400)


@case(
    "DS-CREATE-009",
    "a task without appId is refused",
    sends="createTask with text and without appId",
    expects="a fault with an HTTP status of 4xx",
    level=MUST,
    source=DS_OFFLINE("input.appId: required"),
    operations=CREATE,
    negative=True,
)
async def no_app(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create({"type": "offline", "text": TEXT}, app_id=None)
    cloud.dashscope.refused(answer)


@case(
    "DS-CREATE-010",
    "an unknown appId is refused over HTTP as on the WebSocket",
    sends="createTask with text and an appId that nobody has made",
    expects="HTTP 400 Agent.InputAppIdIllegal",
    level=INFO,
    source=ASSUMED("HTTP status and code of an unknown appId"),
    operations=CREATE,
    negative=True,
)
async def code_of_unknown_app(cloud: Cloud) -> None:
    source = {"type": "offline", "text": TEXT}
    answer = await cloud.dashscope.create(source, app_id="tw_conformanceNone")
    cloud.dashscope.refused(answer, "Agent.InputAppIdIllegal", status=400)


@case(
    "DS-CREATE-011",
    "an unknown appId begins no task",
    sends="createTask with text and an appId that nobody has made",
    expects="a fault with an HTTP status of 4xx",
    level=SHOULD,
    source=DS_OFFLINE("input.appId: the id of an application"),
    operations=CREATE,
    negative=True,
)
async def unknown_app(cloud: Cloud) -> None:
    source = {"type": "offline", "text": TEXT}
    answer = await cloud.dashscope.create(source, app_id="tw_conformanceNone")
    cloud.dashscope.refused(answer)


@case(
    "DS-CREATE-012",
    "a text whose lines have no speaker is refused as such",
    sends="createTask with a text without a colon",
    expects="HTTP 400 InvalidParameter, Agent Input text format error.",
    level=MUST,
    source=DS_OFFLINE("example of a fault"),
    operations=CREATE,
    negative=True,
)
async def text_without_speakers(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create({"type": "offline", "text": "今天天气很好"})
    fault = cloud.dashscope.refused(answer, "InvalidParameter", status=400)
    cloud.check.equal(fault["message"], "Agent Input text format error.", "message")


@case(
    "DS-CREATE-013",
    "phraseId may be empty, as real clients send it",
    sends="createTask with text and phraseId ''",
    expects="HTTP 200 with a dataId",
    level=SHOULD,
    source=DS_OFFLINE("input.phraseId: its note, against its table"),
    operations=CREATE,
)
async def no_hot_words(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create({"type": "offline", "text": TEXT, "phraseId": ""})
    cloud.check.has(answer.output, "dataId")


@case(
    "DS-CREATE-014",
    "parameters may be empty",
    sends="createTask with text and parameters {}, as the 1.x SDK sends it when there are none",
    expects="HTTP 200 with a dataId",
    level=MUST,
    source=DS_OFFLINE("parameters"),
    operations=CREATE,
)
async def empty_parameters(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create({"type": "offline", "text": TEXT}, {})
    cloud.check.has(answer.output, "dataId")


_CONSOLE = {
    "tw_conformance": {
        "parameters": {
            "transcription": {"model": "cn"},
            "analysis": {"keyInformationEnabled": True, "autoChaptersEnabled": True},
        }
    }
}


@case(
    "DS-CREATE-015",
    "without parameters those of the application count",
    sends="createTask without parameters for an app whose console says keywords and chapters",
    expects="keywords and chapters",
    level=MUST,
    source=DS_OFFLINE("parameters: the published configuration of the application"),
    operations=("createTask", "getTask"),
    settings={"apps": _CONSOLE},
)
async def console_counts(cloud: Cloud) -> None:
    source = {"type": "offline", "text": TEXT}
    answer = await cloud.dashscope.create(source, app_id="tw_conformance")
    output = await cloud.dashscope.wait(answer.output["dataId"])
    cloud.check.has(output, "meetingAssistancePath", "autoChaptersPath", what="output")


@case(
    "DS-CREATE-016",
    "what a request says counts more than what the application says",
    sends="createTask with autoChaptersEnabled false for an app whose console says true",
    expects="no chapters",
    level=MUST,
    source=DS_OFFLINE("parameters: a given value wins"),
    operations=("createTask", "getTask"),
    settings={"apps": _CONSOLE},
)
async def request_wins(cloud: Cloud) -> None:
    source = {"type": "offline", "text": TEXT}
    parameters = {"analysis": {"autoChaptersEnabled": False}}
    answer = await cloud.dashscope.create(source, parameters, app_id="tw_conformance")
    output = await cloud.dashscope.wait(answer.output["dataId"])
    cloud.check.lacks(output, "autoChaptersPath", what="output")
