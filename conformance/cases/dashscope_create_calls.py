"""DashScope createTask: how the call may be written."""

from __future__ import annotations

import json

from mock_tingwu.conformance import INFO, MUST, Cloud, case
from mock_tingwu.conformance.dashscope import GENERATION, TEXT
from mock_tingwu.conformance.sources import ASSUMED, DASHSCOPE_SDK

CREATE = ("createTask",)
KEYWORDS = {"transcription": {"model": "cn"}, "analysis": {"keyInformationEnabled": True}}


@case(
    "DS-CREATE-017",
    "the URL may end with a slash",
    sends="createTask to .../generation/, as the 1.x SDK posts it",
    expects="HTTP 200 with a dataId",
    level=MUST,
    source=DASHSCOPE_SDK("dashscope.multimodal.tingwu.TingWu"),
    operations=CREATE,
)
async def trailing_slash(cloud: Cloud) -> None:
    source = {"type": "offline", "text": TEXT}
    answer = await cloud.dashscope.create(source, path=f"{GENERATION}/")
    cloud.check.has(answer.output, "dataId")


@case(
    "DS-CREATE-018",
    "the URL may be the base alone",
    sends="createTask to /api/v1/, as the 1.x SDK posts it when nobody tells it the whole URL",
    expects="HTTP 200 with a dataId",
    level=INFO,
    source=ASSUMED("what the service makes of /api/v1/"),
    operations=CREATE,
)
async def base_alone(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create({"type": "offline", "text": TEXT}, path="/api/v1/")
    cloud.check.has(answer.output, "dataId")


@case(
    "DS-CREATE-019",
    "the headers of the SDKs are taken",
    sends="createTask with the headers of dashscope 2.0.2, 1.x style",
    expects="HTTP 200 with a dataId",
    level=MUST,
    source=DASHSCOPE_SDK("dashscope.common.utils"),
    operations=CREATE,
)
async def headers_of_sdks(cloud: Cloud) -> None:
    headers = {
        "content-type": "application/json; charset=utf-8",
        "accept": "application/json; charset=utf-8",
        "user-agent": "dashscope/2.0.2; python/3.11.7; platform/linux; processor/x86_64",
        "x-dashscope-sdk-client": "python-sdk/2.0.2/multimodal",
        "x-dashscope-sdk-session-id": "3f2a9c5e6d1b4c0f8a7e5d3c1b9f8e7d",
        "x-dashscope-datainspection": "disable",
    }
    answer = await cloud.dashscope.create({"type": "offline", "text": TEXT}, headers=headers)
    cloud.check.has(answer.output, "dataId")


@case(
    "DS-CREATE-020",
    "fields that no document knows are ignored, whatever place they have",
    sends="createTask with phraseId inside parameters.transcription, as a real client sends it",
    expects="HTTP 200 with a dataId",
    level=INFO,
    source=ASSUMED("what becomes of fields in places where no document has them"),
    operations=CREATE,
)
async def unknown_places(cloud: Cloud) -> None:
    parameters = {"transcription": {"model": "cn", "phraseId": ""}, "colour": "red"}
    answer = await cloud.dashscope.create({"type": "offline", "text": TEXT}, parameters)
    cloud.check.has(answer.output, "dataId")


@case(
    "DS-CREATE-021",
    "the order of fields means nothing",
    sends="createTask with parameters before input and the fields of input the other way round",
    expects="HTTP 200 with a dataId",
    level=MUST,
    source=DASHSCOPE_SDK("model, parameters, input in 1.x; model, input, parameters in v2"),
    operations=CREATE,
)
async def any_order(cloud: Cloud) -> None:
    input = {"text": TEXT, "type": "offline", "appId": cloud.site.app_id, "task": "createTask"}
    body = {"parameters": KEYWORDS, "input": input, "model": "tingwu-meeting"}
    content = json.dumps(body).encode()
    answer = await cloud.dashscope.call(content, operation="createTask")
    cloud.check.has(answer.output, "dataId")


@case(
    "DS-CREATE-022",
    "a task that is neither createTask nor getTask is refused",
    sends="input.task stopTask",
    expects="HTTP 400 InvalidParameter",
    level=INFO,
    source=ASSUMED("HTTP status and code of an unknown task"),
    operations=CREATE,
    negative=True,
)
async def unknown_call(cloud: Cloud) -> None:
    source = {"task": "stopTask", "type": "offline", "text": TEXT}
    answer = await cloud.dashscope.create(source)
    cloud.dashscope.refused(answer, "InvalidParameter", status=400)
