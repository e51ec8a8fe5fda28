"""DashScope's faults: codes, HTTP statuses and the one body that they all have."""

from __future__ import annotations

from mock_tingwu.conformance import INFO, MAY, MUST, SHOULD, Cloud, case
from mock_tingwu.conformance.dashscope import GENERATION, MEETING, TEXT
from mock_tingwu.conformance.sources import (
    ASSUMED,
    ASYNC_REFUSED,
    DASHSCOPE_SDK,
    DS_ERRORS,
    DS_LIMITS,
)

CALL = ("createTask",)
SOURCE = {"type": "offline", "text": TEXT}
WRONG_KEY = "sk-00000000000000000000000000000000"


@case(
    "DS-ERROR-001",
    "a fault is told in JSON with code, message and request_id",
    sends="createTask with an unknown model",
    expects="Content-Type application/json, and just these three members",
    level=MUST,
    source=DS_ERRORS("body of a fault"),
    operations=CALL,
    negative=True,
)
async def fault_body(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create(SOURCE, model="tingwu-none")
    fault = cloud.dashscope.refused(answer)
    cloud.check.equal(sorted(fault), ["code", "message", "request_id"], "members of the fault")
    content_type = answer.headers.get("content-type")
    cloud.check.matches(content_type, "application/json.*", "Content-Type")


@case(
    "DS-ERROR-002",
    "an unknown API key is refused",
    sends="createTask with an Authorization that nobody has made",
    expects="HTTP 401 InvalidApiKey, Invalid API-key provided.",
    level=MUST,
    source=DS_ERRORS("InvalidApiKey"),
    operations=CALL,
    negative=True,
)
async def wrong_key(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create(SOURCE, api_key=WRONG_KEY)
    fault = cloud.dashscope.refused(answer, "InvalidApiKey", status=401)
    cloud.check.equal(fault["message"], "Invalid API-key provided.", "message")


@case(
    "DS-ERROR-003",
    "a call without a key is refused",
    sends="createTask without Authorization",
    expects="HTTP 401 with a fault",
    level=MUST,
    source=DS_ERRORS("InvalidApiKey"),
    operations=CALL,
    negative=True,
)
async def no_key(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create(SOURCE, api_key=None)
    cloud.dashscope.refused(answer, status=401)


@case(
    "DS-ERROR-004",
    "the word None is no key",
    sends="createTask with Authorization: Bearer None, which TingWu.call sends without api_key",
    expects="HTTP 401 InvalidApiKey",
    level=MUST,
    source=DASHSCOPE_SDK("dashscope.multimodal.tingwu.TingWu.call without api_key"),
    operations=CALL,
    negative=True,
)
async def none_is_no_key(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create(SOURCE, api_key="None")
    cloud.dashscope.refused(answer, "InvalidApiKey", status=401)


@case(
    "DS-ERROR-005",
    "getTask wants a valid key, too",
    sends="getTask with an Authorization that nobody has made",
    expects="HTTP 401 InvalidApiKey",
    level=MUST,
    source=DS_ERRORS("InvalidApiKey"),
    operations=("getTask",),
    negative=True,
)
async def get_without_key(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create(SOURCE)
    answer = await cloud.dashscope.get(answer.output["dataId"], api_key=WRONG_KEY)
    cloud.dashscope.refused(answer, "InvalidApiKey", status=401)


@case(
    "DS-ERROR-006",
    "a call without model is refused as such",
    sends="createTask without model",
    expects='HTTP 400 BadRequest.EmptyModel, Required parameter "model" missing from request.',
    level=MUST,
    source=DS_ERRORS("BadRequest.EmptyModel"),
    operations=CALL,
    negative=True,
)
async def no_model(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create(SOURCE, model=None)
    fault = cloud.dashscope.refused(answer, "BadRequest.EmptyModel", status=400)
    expected = 'Required parameter "model" missing from request.'
    cloud.check.equal(fault["message"], expected, "message")


@case(
    "DS-ERROR-007",
    "a call without input is refused as such",
    sends="a body with model alone",
    expects="HTTP 400 BadRequest.EmptyInput",
    level=MUST,
    source=DS_ERRORS("BadRequest.EmptyInput"),
    operations=CALL,
    negative=True,
)
async def no_input(cloud: Cloud) -> None:
    answer = await cloud.dashscope.call({"model": MEETING}, operation="createTask")
    cloud.dashscope.refused(answer, "BadRequest.EmptyInput", status=400)


@case(
    "DS-ERROR-008",
    "an unknown model is not found",
    sends="createTask with a model that nobody has made",
    expects="HTTP 404 ModelNotFound, Model can not be found.",
    level=MUST,
    source=DS_ERRORS("ModelNotFound"),
    operations=CALL,
    negative=True,
)
async def no_such_model(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create(SOURCE, model="tingwu-none")
    fault = cloud.dashscope.refused(answer, "ModelNotFound", status=404)
    cloud.check.equal(fault["message"], "Model can not be found.", "message")


@case(
    "DS-ERROR-009",
    "a body that is no JSON is refused",
    sends="createTask with half an object",
    expects="HTTP 400 InvalidParameter",
    level=SHOULD,
    source=DS_ERRORS("InvalidParameter"),
    operations=CALL,
    negative=True,
)
async def no_json(cloud: Cloud) -> None:
    answer = await cloud.dashscope.call(b'{"model": "tingwu-mee', operation="createTask")
    cloud.dashscope.refused(answer, "InvalidParameter", status=400)


@case(
    "DS-ERROR-010",
    "a body that is no object is refused",
    sends="createTask with a list",
    expects="HTTP 400 InvalidParameter",
    level=INFO,
    source=ASSUMED("what a body that is a list is answered with"),
    operations=CALL,
    negative=True,
)
async def no_object(cloud: Cloud) -> None:
    answer = await cloud.dashscope.call([], operation="createTask")
    cloud.dashscope.refused(answer, "InvalidParameter", status=400)


@case(
    "DS-ERROR-011",
    "an unknown path is refused as such",
    sends="createTask to another path below /api/v1/services/",
    expects="HTTP 400 InvalidURL",
    level=SHOULD,
    source=DS_ERRORS("InvalidURL"),
    operations=CALL,
    negative=True,
)
async def no_such_url(cloud: Cloud) -> None:
    path = "/api/v1/services/aigc/conformance/generation"
    answer = await cloud.dashscope.create(SOURCE, path=path)
    cloud.dashscope.refused(answer, "InvalidURL", status=400)


@case(
    "DS-ERROR-012",
    "calls are posted",
    sends="GET of the URL of all calls",
    expects="HTTP 400 InvalidURL",
    level=INFO,
    source=ASSUMED("what another method than POST is answered with"),
    operations=CALL,
    negative=True,
)
async def other_method(cloud: Cloud) -> None:
    answer = await cloud.dashscope.call(None, operation="createTask", method="GET", path=GENERATION)
    cloud.dashscope.refused(answer, "InvalidURL", status=400)


@case(
    "DS-ERROR-013",
    "the agents are not called asynchronously",
    sends="createTask with X-DashScope-Async: enable",
    expects="HTTP 403 AccessDenied: does not support asynchronous calls",
    level=SHOULD,
    source=ASYNC_REFUSED("answer with 403"),
    operations=CALL,
    negative=True,
)
async def not_asynchronous(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create(SOURCE, headers={"x-dashscope-async": "enable"})
    fault = cloud.dashscope.refused(answer, "AccessDenied", status=403)
    what = ".*does not support asynchronous calls.*"
    cloud.check.matches(fault["message"], what, "message")


@case(
    "DS-ERROR-014",
    "a body that is too long is refused as such",
    sends="createTask with a text that is longer than the service takes",
    expects="HTTP 413 BadRequest.TooLarge",
    level=MUST,
    source=DS_ERRORS("BadRequest.TooLarge"),
    operations=CALL,
    negative=True,
    settings={"max_body_bytes": 10_000},
)
async def too_long(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create({"type": "offline", "text": TEXT * 50})
    cloud.dashscope.refused(answer, "BadRequest.TooLarge", status=413)


@case(
    "DS-ERROR-015",
    "whoever asks too often is told to wait",
    sends="getTask three times within a second where two are allowed",
    expects="HTTP 429 with one of the codes for that",
    level=MUST,
    source=DS_ERRORS("Throttling"),
    operations=("getTask",),
    negative=True,
    settings={"throttle": "2/2"},
)
async def too_often(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create(SOURCE)
    data_id = answer.output["dataId"]
    answers = [await cloud.dashscope.get(data_id) for _ in range(3)]
    statuses = [answer.status for answer in answers]
    cloud.check.equal(statuses, [200, 200, 429], "HTTP statuses")
    codes = ("Throttling", "Throttling.RateQuota", "Throttling.AllocationQuota")
    cloud.dashscope.refused(answers[-1], *codes, status=429)


@case(
    "DS-ERROR-016",
    "the limit counts calls of one second",
    sends="getTask as often as is allowed, and once more two seconds later",
    expects="HTTP 200 each time",
    level=MUST,
    source=DS_LIMITS("calls of getTask per second"),
    operations=("getTask",),
    settings={"throttle": "2/2"},
)
async def a_second_later(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create(SOURCE)
    data_id = answer.output["dataId"]
    for _ in range(2):
        await cloud.dashscope.get(data_id)
    await cloud.pause(2)
    answer = await cloud.dashscope.get(data_id)
    cloud.check.equal(answer.status, 200, "HTTP status two seconds later")


@case(
    "DS-ERROR-017",
    "an answer has its request_id in a header as well",
    sends="createTask that succeeds, and one that does not",
    expects="X-Request-Id the same as request_id",
    level=SHOULD,
    source=DASHSCOPE_SDK("dashscope.v2: request id of an answer"),
    operations=CALL,
)
async def request_id_header(cloud: Cloud) -> None:
    for model in (MEETING, "tingwu-none"):
        answer = await cloud.dashscope.create(SOURCE, model=model)
        header = answer.headers.get("x-request-id")
        cloud.check.equal(header, answer.body.get("request_id"), "X-Request-Id")


@case(
    "DS-ERROR-018",
    "an application that is not published takes no tasks",
    sends="createTask with the appId of an application that is a draft",
    expects="HTTP 400 Agent.AppNotPublished",
    level=INFO,
    source=ASSUMED("HTTP status of the agents' codes"),
    operations=CALL,
    negative=True,
    settings={"apps": {"tw_draft": {"published": False}}},
)
async def not_published(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create(SOURCE, app_id="tw_draft")
    cloud.dashscope.refused(answer, "Agent.AppNotPublished", status=400)


@case(
    "DS-ERROR-019",
    "whoever asks too often is told for how long to wait",
    sends="getTask three times within a second where two are allowed",
    expects="retry-after-ms or retry-after in the answer with HTTP 429, which the v2 class reads",
    level=MAY,
    source=DASHSCOPE_SDK("dashscope.v2: retries"),
    operations=("getTask",),
    negative=True,
    settings={"throttle": "2/2"},
)
async def how_long(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create(SOURCE)
    data_id = answer.output["dataId"]
    answers = [await cloud.dashscope.get(data_id) for _ in range(3)]
    cloud.check.equal(answers[-1].status, 429, "HTTP status of the third")
    headers = answers[-1].headers
    waits = headers.get("retry-after-ms", headers.get("retry-after"))
    cloud.check.matches(waits, r"\d+", "the time to wait")
