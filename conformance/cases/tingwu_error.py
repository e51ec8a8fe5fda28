"""Errors: their shape, and what is wrong with a request as a whole."""

from __future__ import annotations

from mock_tingwu.client.credentials import AccessKey
from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, case
from mock_tingwu.conformance import sdk_signing as sdk
from mock_tingwu.conformance.answers import Answer
from mock_tingwu.conformance.signing import Unsigned
from mock_tingwu.conformance.sources import (
    ASSUMED,
    ERRORS,
    GATEWAY,
    POP_SDK,
    PUBLIC_CLIENTS,
    RECORDED,
    ROA_SIGNATURE,
    TEA_SDK,
)
from mock_tingwu.conformance.tingwu import TASKS

CREATE = ("CreateTask",)
_UUID = "[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}"
_NO_API = ("InvalidApi.NotFound", "InvalidAction.NotFound")


async def _nowhere(cloud: Cloud) -> Answer:
    """Call an API that there is not."""
    return await cloud.tingwu.call("GET", "/openapi/tingwu/v2/nothing", action="Nothing")


async def _put(cloud: Cloud, body: bytes) -> Answer:
    """CreateTask of a meeting with this body."""
    return await cloud.tingwu.call(
        "PUT", TASKS, body, action="CreateTask", query={"type": "realtime"}
    )


def _without_accept(headers: dict[str, str]) -> None:
    del headers["accept"]


# The shape


@case(
    "TW-ERROR-001",
    "an error of the gateway has RequestId, HostId, Code and Message",
    sends="a GET of a path that no API has",
    expects="a JSON object with these four texts",
    level=MUST,
    source=ROA_SIGNATURE("answers"),
    operations=CREATE,
    negative=True,
)
async def gateway_error_has_four_fields(cloud: Cloud) -> None:
    body = (await _nowhere(cloud)).body
    for name in ("RequestId", "HostId", "Code", "Message"):
        cloud.check.matches(body.get(name), r"\S.*", name)


@case(
    "TW-ERROR-002",
    "an error links to what can be done about it",
    sends="a GET of a path that no API has, in search of Recommend",
    expects="Recommend with an https address",
    level=SHOULD,
    source=PUBLIC_CLIENTS("bodies of errors"),
    operations=CREATE,
    negative=True,
)
async def error_has_a_recommendation(cloud: Cloud) -> None:
    body = (await _nowhere(cloud)).body
    cloud.check.matches(body.get("Recommend"), r"https://\S+", "Recommend")


@case(
    "TW-ERROR-003",
    "an error's Content-Type begins with application/json: pop-core parses no other",
    sends="a GET of a path that no API has, in search of its Content-Type",
    expects="Content-Type application/json...",
    level=MUST,
    source=POP_SDK("lib/roa.js"),
    operations=CREATE,
    negative=True,
)
async def error_says_that_it_is_json(cloud: Cloud) -> None:
    answer = await _nowhere(cloud)
    cloud.check.matches(answer.headers.get("content-type"), "application/json.*", "Content-Type")


@case(
    "TW-ERROR-004",
    "an answer's Content-Type begins with application/json: pop-core parses no other",
    sends="CreateTask type=realtime, in search of its Content-Type",
    expects="Content-Type application/json...",
    level=MUST,
    source=POP_SDK("lib/roa.js"),
    operations=CREATE,
)
async def answer_says_that_it_is_json(cloud: Cloud) -> None:
    answer = await cloud.tingwu.create(cloud.tingwu.meeting())
    cloud.check.matches(answer.headers.get("content-type"), "application/json.*", "Content-Type")


@case(
    "TW-ERROR-005",
    "a RequestId is a UUID in capitals",
    sends="CreateTask type=realtime, in search of its RequestId",
    expects="RequestId such as 5D5368CE-93CA-5761-B71D-3A57AA1FDB6D",
    level=SHOULD,
    source=RECORDED("RequestId"),
    operations=CREATE,
)
async def request_id_is_a_uuid(cloud: Cloud) -> None:
    answer = await cloud.tingwu.create(cloud.tingwu.meeting())
    cloud.check.matches(answer.body.get("RequestId"), _UUID, "RequestId")


@case(
    "TW-ERROR-006",
    "every answer has a RequestId of its own, errors as well",
    sends="GetTaskInfo twice, and a GET of a path that no API has",
    expects="three RequestIds",
    level=MUST,
    source=ROA_SIGNATURE("answers: RequestId"),
    operations=("GetTaskInfo",),
)
async def request_ids_differ(cloud: Cloud) -> None:
    task_id = (await cloud.tingwu.start())["TaskId"]
    answers = [
        await cloud.tingwu.info(task_id),
        await cloud.tingwu.info(task_id),
        await _nowhere(cloud),
    ]
    ids = {answer.body.get("RequestId") for answer in answers}
    cloud.check.equal(len(ids), 3, "the number of RequestIds")


@case(
    "TW-ERROR-007",
    "the header x-acs-request-id repeats the RequestId",
    sends="CreateTask type=realtime, in search of x-acs-request-id",
    expects="the same id in both",
    level=INFO,
    source=ASSUMED("the headers of this product: recorded of others behind the same gateway"),
    operations=CREATE,
)
async def header_has_the_request_id(cloud: Cloud) -> None:
    answer = await cloud.tingwu.create(cloud.tingwu.meeting())
    told = answer.headers.get("x-acs-request-id")
    cloud.check.equal(told, answer.body.get("RequestId"), "x-acs-request-id")


@case(
    "TW-ERROR-008",
    "without Accept the gateway answers in XML",
    sends="a GET of a path that no API has, without Accept",
    expects="<Error> with Code, Message and RequestId",
    level=MUST,
    source=ROA_SIGNATURE("Accept"),
    operations=CREATE,
    negative=True,
)
async def without_accept_it_is_xml(cloud: Cloud) -> None:
    answer = await cloud.tingwu.call(
        "GET",
        "/openapi/tingwu/v2/nothing",
        action="Nothing",
        tamper=_without_accept,
    )
    cloud.check.that("<Error>" in answer.text, "an <Error>", answer.text)
    for name in ("Code", "Message", "RequestId"):
        cloud.check.that(f"<{name}>" in answer.text, f"<{name}> in it", answer.text)


# The call as a whole


@case(
    "TW-ERROR-009",
    "a path that no API has is answered with 404, in JSON",
    sends="a GET of a path that no API has, signed right",
    expects="HTTP 404 InvalidApi.NotFound (or InvalidAction.NotFound) and its sentence",
    level=MUST,
    source=GATEWAY("InvalidApi.NotFound"),
    operations=CREATE,
    negative=True,
)
async def unknown_path(cloud: Cloud) -> None:
    answer = await _nowhere(cloud)
    cloud.tingwu.refused(answer, *_NO_API, status=404)
    cloud.check.equal(
        answer.body["Message"],
        "Specified api is not found, please check your url and method.",
        "Message",
    )


@case(
    "TW-ERROR-010",
    "a method that a path does not have is answered as a path that does not exist",
    sends="a POST in place of a PUT to /openapi/tingwu/v2/tasks",
    expects="HTTP 404 InvalidApi.NotFound (or InvalidAction.NotFound)",
    level=SHOULD,
    source=GATEWAY("InvalidApi.NotFound: check your url and method"),
    operations=CREATE,
    negative=True,
)
async def wrong_method(cloud: Cloud) -> None:
    body = {"AppKey": cloud.site.app_key, "Input": cloud.tingwu.meeting()}
    answer = await cloud.tingwu.call(
        "POST", TASKS, body, action="CreateTask", query={"type": "realtime"}
    )
    cloud.tingwu.refused(answer, *_NO_API, status=404)


@case(
    "TW-ERROR-011",
    "a task cannot be deleted: that error is JSON as any other",
    sends="a DELETE of a task",
    expects="an error in JSON, and the task is NEW as before",
    level=MUST,
    source=TEA_SDK("every error is parsed as JSON"),
    operations=("GetTaskInfo",),
    negative=True,
)
async def tasks_cannot_be_deleted(cloud: Cloud) -> None:
    task_id = (await cloud.tingwu.start())["TaskId"]
    answer = await cloud.tingwu.call("DELETE", f"{TASKS}/{task_id}", action="DeleteTask")
    cloud.tingwu.refused(answer, status=None)
    data = (await cloud.tingwu.info(task_id)).data
    cloud.check.equal(data.get("TaskStatus"), "NEW", "TaskStatus")


@case(
    "TW-ERROR-012",
    "a version of the API that there never was is refused",
    sends="a GET with x-acs-version 2001-01-01, signed",
    expects="HTTP 400 InvalidVersion",
    level=INFO,
    source=ASSUMED("the code for another version"),
    operations=("ListTranscriptionPhrases",),
    negative=True,
)
async def unknown_version(cloud: Cloud) -> None:
    headers = {"x-acs-version": "2001-01-01"}
    answer = await cloud.tingwu.phrases("List", scheme=sdk.documented, headers=headers)
    cloud.tingwu.refused(answer, "InvalidVersion")


@case(
    "TW-ERROR-013",
    "the version of the API has to be named",
    sends="a GET without x-acs-version, signed",
    expects="HTTP 400 MissingVersion",
    level=INFO,
    source=ASSUMED("the code for no version"),
    operations=("ListTranscriptionPhrases",),
    negative=True,
)
async def no_version(cloud: Cloud) -> None:
    def unversioned(request: Unsigned) -> dict[str, str]:
        headers = sdk.acs3_headers(request)
        del headers["x-acs-version"]
        return sdk.acs3_signed(request, headers, sdk.must_be_signed(headers))

    cloud.tingwu.refused(await cloud.tingwu.phrases("List", scheme=unversioned), "MissingVersion")


@case(
    "TW-ERROR-014",
    "a method that HTTP does not know is refused in JSON",
    sends="a BREW of the tasks, signed",
    expects="HTTP 400 UnsupportedHTTPMethod",
    level=INFO,
    source=ASSUMED("what leads to UnsupportedHTTPMethod, and its wording"),
    operations=CREATE,
    negative=True,
)
async def unknown_method(cloud: Cloud) -> None:
    answer = await cloud.tingwu.call("BREW", TASKS, action="CreateTask")
    cloud.tingwu.refused(answer, "UnsupportedHTTPMethod")


@case(
    "TW-ERROR-015",
    "a body that is no JSON is refused, in JSON",
    sends='CreateTask type=realtime with the body {"AppKey":',
    expects="an error with Code, Message and RequestId",
    level=MUST,
    source=TEA_SDK("every error is parsed as JSON"),
    operations=CREATE,
    negative=True,
)
async def malformed_body(cloud: Cloud) -> None:
    cloud.tingwu.refused(await _put(cloud, b'{"AppKey":'), status=None)


@case(
    "TW-ERROR-016",
    "a body that is no JSON answers InvalidParameter.Format",
    sends="CreateTask type=realtime with the body no JSON",
    expects="HTTP 400 InvalidParameter.Format",
    level=INFO,
    source=ASSUMED("the code for malformed JSON"),
    operations=CREATE,
    negative=True,
)
async def malformed_body_has_a_code(cloud: Cloud) -> None:
    cloud.tingwu.refused(await _put(cloud, b"no JSON"), "InvalidParameter.Format")


@case(
    "TW-ERROR-017",
    "a body that is a list is refused like one that is no JSON",
    sends="CreateTask type=realtime with the body []",
    expects="HTTP 400 InvalidParameter.Format",
    level=INFO,
    source=ASSUMED("the code for JSON that is no object"),
    operations=CREATE,
    negative=True,
)
async def body_is_no_object(cloud: Cloud) -> None:
    cloud.tingwu.refused(await _put(cloud, b"[]"), "InvalidParameter.Format")


@case(
    "TW-ERROR-018",
    "CreateTask without a body is refused",
    sends="CreateTask type=realtime with nothing in it",
    expects="an error with Code, Message and RequestId",
    level=MUST,
    source=ERRORS("BRK.InvalidAppKey"),
    operations=CREATE,
    negative=True,
)
async def empty_body(cloud: Cloud) -> None:
    cloud.tingwu.refused(await _put(cloud, b""), status=None)


@case(
    "TW-ERROR-019",
    "who may not call learns nothing of what is wrong with the call",
    sends="CreateTask type=realtime with a body that is no JSON, signed with another secret",
    expects="HTTP 400 SignatureDoesNotMatch",
    level=INFO,
    source=ASSUMED("which of several problems is told"),
    operations=CREATE,
    negative=True,
)
async def signature_comes_first(cloud: Cloud) -> None:
    answer = await cloud.tingwu.call(
        "PUT",
        TASKS,
        b"no JSON",
        action="CreateTask",
        query={"type": "realtime"},
        key=AccessKey(cloud.site.access_key.id, "a" * 30),
    )
    cloud.tingwu.refused(answer, "SignatureDoesNotMatch")
