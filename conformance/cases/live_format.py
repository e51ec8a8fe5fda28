"""In which format Live's calls are answered."""

from __future__ import annotations

from mock_tingwu.conformance import INFO, MUST, Cloud, case
from mock_tingwu.conformance import live_signing as signing
from mock_tingwu.conformance import sdk_signing as sdk
from mock_tingwu.conformance.answers import Answer
from mock_tingwu.conformance.sources import (
    ASSUMED,
    LIVE_RESPONSES,
    LIVE_SDK,
    POP_SDK,
    RPC_SIGNATURE,
)
from mock_tingwu.conformance.xml import children, parsed

from ._live_tasks import CREATE, LISTENS, QUERY

_ROOT = "QueryRtcAsrTasksResponse"


async def _without_format(cloud: Cloud) -> Answer:
    key = cloud.site.access_key
    sent = signing.parameters(QUERY[0], key)
    del sent["Format"]
    query = signing.encoded(signing.signed("GET", sent, key.secret))
    return await cloud.live.send(QUERY[0], "GET", query=query)


@case(
    "LV-FORMAT-001",
    "Format=JSON is answered in JSON",
    sends="a Query with Format=JSON",
    expects="Content-Type application/json, and an object",
    level=MUST,
    source=POP_SDK("bodies are parsed as JSON"),
    operations=QUERY,
)
async def json(cloud: Cloud) -> None:
    answer = await cloud.live.query(format="JSON")
    cloud.check.matches(answer.headers.get("content-type"), r"application/json\b.*", "Content-Type")
    cloud.check.equal(answer.body.get("RetCode"), 2000, "RetCode")


@case(
    "LV-FORMAT-002",
    "Format=json in small letters is answered in JSON",
    sends="a Query with Format=json",
    expects="Content-Type application/json",
    level=MUST,
    source=LIVE_SDK("Format of the older algorithm"),
    operations=QUERY,
)
async def json_in_small_letters(cloud: Cloud) -> None:
    answer = await cloud.live.query(format="json")
    cloud.check.matches(answer.headers.get("content-type"), r"application/json\b.*", "Content-Type")


@case(
    "LV-FORMAT-003",
    "Format=XML is answered in XML around the name of the call",
    sends="a Query with Format=XML",
    expects="<QueryRtcAsrTasksResponse> with RequestId, RetCode, Description, Tasks",
    level=MUST,
    source=LIVE_RESPONSES("XML"),
    operations=QUERY,
)
async def xml(cloud: Cloud) -> None:
    root = parsed(await cloud.live.query(format="XML"))
    cloud.check.equal(root.tag, _ROOT, "the root")
    fields = children(root)
    cloud.check.has(fields, "RequestId", "RetCode", "Description", "Tasks", what=_ROOT)
    cloud.check.equal(fields["RetCode"], "2000", "RetCode")


@case(
    "LV-FORMAT-004",
    "without Format the answer is XML",
    sends="a Query without Format",
    expects="<QueryRtcAsrTasksResponse>",
    level=MUST,
    source=RPC_SIGNATURE("Format, XML by default"),
    operations=QUERY,
)
async def xml_by_default(cloud: Cloud) -> None:
    cloud.check.equal(parsed(await _without_format(cloud)).tag, _ROOT, "the root")


@case(
    "LV-FORMAT-005",
    "CreateRtcAsrTask in XML is a CreateRtcAsrTaskResponse with the TaskId",
    sends="CreateRtcAsrTask with Format=XML",
    expects="<CreateRtcAsrTaskResponse> with TaskId",
    level=MUST,
    source=LIVE_RESPONSES("XML"),
    operations=CREATE,
    needs=LISTENS,
)
async def create_in_xml(cloud: Cloud) -> None:
    parameters = cloud.live.stream(cloud.outside.mailbox().url)
    root = parsed(await cloud.live.create(parameters, format="XML"))
    cloud.check.equal(root.tag, "CreateRtcAsrTaskResponse", "the root")
    task_id = children(root).get("TaskId", "")
    cloud.later(lambda: cloud.live.delete(task_id))
    cloud.check.matches(task_id, "asr-.+", "TaskId")


@case(
    "LV-FORMAT-006",
    "XML begins with its declaration and is UTF-8",
    sends="a Query in XML",
    expects="<?xml with version 1.0 and encoding UTF-8",
    level=MUST,
    source=LIVE_RESPONSES("XML, example"),
    operations=QUERY,
)
async def declaration(cloud: Cloud) -> None:
    answer = await cloud.live.query(format="XML")
    pattern = r"""(?s)<\?xml version=["']1\.0["'] encoding=["']UTF-8["']\s*\?>.+"""
    cloud.check.matches(answer.text, pattern, "the body")


@case(
    "LV-FORMAT-007",
    "a task in XML has the same values as in JSON",
    sends="CreateRtcAsrTask with & in CallbackURL; a Query in XML and one in JSON",
    expects="callbackUrl and streamUrl are the same in both",
    level=MUST,
    source=LIVE_RESPONSES("XML, JSON"),
    operations=QUERY,
    needs=LISTENS,
)
async def same_in_both(cloud: Cloud) -> None:
    task_id = await cloud.live.start(f"{cloud.outside.mailbox().url}?room=1&floor=2")
    in_json = (await cloud.live.tasks(task_id))[task_id]
    root = parsed(await cloud.live.query(task_id, format="XML"))
    for name in ("callbackUrl", "streamUrl"):
        found = [element.text for element in root.iter(name)]
        cloud.check.equal(found, [in_json[name]], f"{name} in XML")


@case(
    "LV-FORMAT-008",
    "Format=xml in small letters is answered in XML",
    sends="a Query with Format=xml",
    expects="XML",
    level=INFO,
    source=ASSUMED("whether the case of XML matters"),
    operations=QUERY,
)
async def xml_in_small_letters(cloud: Cloud) -> None:
    cloud.check.equal(parsed(await cloud.live.query(format="xml")).tag, _ROOT, "the root")


@case(
    "LV-FORMAT-009",
    "Format=None is answered in XML",
    sends="a Query with Format=None, as aliyun-python-sdk-core has it without a format",
    expects="XML all the same",
    level=INFO,
    source=ASSUMED("a Format that does not exist"),
    operations=QUERY,
)
async def no_format_of_python(cloud: Cloud) -> None:
    cloud.check.equal(parsed(await cloud.live.query(format="None")).tag, _ROOT, "the root")


@case(
    "LV-FORMAT-010",
    "with Signature V3 the Accept header asks for JSON",
    sends="a Query signed by V3 with Accept: application/json",
    expects="Content-Type application/json, and RetCode 2000",
    level=MUST,
    source=LIVE_SDK("accept"),
    operations=QUERY,
)
async def accepts_json(cloud: Cloud) -> None:
    answer = await cloud.live.query(scheme=sdk.tea_python)
    cloud.check.matches(answer.headers.get("content-type"), r"application/json\b.*", "Content-Type")
    cloud.check.equal(answer.body.get("RetCode"), 2000, "RetCode")


@case(
    "LV-FORMAT-011",
    "with Signature V3 and no Accept the answer is XML",
    sends="a Query signed by V3 without Accept",
    expects="<QueryRtcAsrTasksResponse> all the same",
    level=INFO,
    source=ASSUMED("the format without Format and Accept"),
    operations=QUERY,
)
async def accepts_nothing(cloud: Cloud) -> None:
    answer = await cloud.live.query(
        scheme=sdk.documented, tamper=lambda headers: headers.__delitem__("accept")
    )
    cloud.check.equal(parsed(answer).tag, _ROOT, "the root")


@case(
    "LV-FORMAT-012",
    "success in XML has the content type of errors in XML",
    sends="a Query, and Format=XML",
    expects="Content-Type text/xml;charset=utf-8",
    level=INFO,
    source=ASSUMED("the content type of success in XML"),
    operations=QUERY,
)
async def content_type_of_success(cloud: Cloud) -> None:
    answer = await cloud.live.query(format="XML")
    cloud.check.equal(answer.headers.get("content-type"), "text/xml;charset=utf-8", "Content-Type")
