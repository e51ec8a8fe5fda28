"""Errors of Live's calls: their shape in JSON and XML."""

from __future__ import annotations

from typing import Any, Final

from mock_tingwu.conformance import MUST, SHOULD, Cloud, case
from mock_tingwu.conformance import live_signing as rpc
from mock_tingwu.conformance.answers import Answer
from mock_tingwu.conformance.sources import (
    ERROR_ISSUE,
    LIVE_RESPONSES,
    LIVE_SDK,
    POP_SDK,
    RPC_SIGNATURE,
)
from mock_tingwu.conformance.xml import children, parsed

from ._live_tasks import CREATE, QUERY

_UUID: Final = r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}"


async def unknown_action(cloud: Cloud, **changes: Any) -> Answer:
    return await cloud.live.call("CreateRtcAsrTasks", {}, **changes)


@case(
    "LV-ERROR-001",
    "an error has RequestId, HostId, Code and Message",
    sends="a call with Action=CreateRtcAsrTasks",
    expects="these four as text, in JSON",
    level=MUST,
    source=LIVE_RESPONSES("failed calls"),
    operations=CREATE,
    negative=True,
)
async def fields_of_an_error(cloud: Cloud) -> None:
    body = (await unknown_action(cloud)).body
    cloud.check.has(body, "RequestId", "HostId", "Code", "Message")
    for name in ("RequestId", "HostId", "Code", "Message"):
        cloud.check.matches(body[name], r"(?s)\S.*", name)


@case(
    "LV-ERROR-002",
    "HostId is live.aliyuncs.com",
    sends="a call of an Action that does not exist",
    expects="HostId live.aliyuncs.com",
    level=MUST,
    source=LIVE_RESPONSES("failed calls, example"),
    operations=CREATE,
    negative=True,
)
async def host_id(cloud: Cloud) -> None:
    answer = await unknown_action(cloud)
    cloud.check.equal(answer.body.get("HostId"), "live.aliyuncs.com", "HostId")


@case(
    "LV-ERROR-003",
    "every error has a RequestId of its own",
    sends="a call of an Action that does not exist, twice",
    expects="two upper-case UUIDs",
    level=MUST,
    source=LIVE_RESPONSES("RequestId"),
    operations=CREATE,
    negative=True,
)
async def request_ids(cloud: Cloud) -> None:
    ids = [(await unknown_action(cloud)).body.get("RequestId") for _ in range(2)]
    for request_id in ids:
        cloud.check.matches(request_id, _UUID, "RequestId")
    cloud.check.that(ids[0] != ids[1], "another RequestId", ids[1])


@case(
    "LV-ERROR-004",
    "Recommend links to where the error is explained",
    sends="one call of an Action that does not exist",
    expects="Recommend begins with https:// and has the Code in it",
    level=SHOULD,
    source=ERROR_ISSUE("Recommend"),
    operations=CREATE,
    negative=True,
)
async def recommend(cloud: Cloud) -> None:
    body = (await unknown_action(cloud)).body
    cloud.check.has(body, "Code")
    cloud.check.matches(body.get("Recommend"), r"https://\S+", "Recommend")
    cloud.check.that(body["Code"] in body["Recommend"], "a link with the Code", body["Recommend"])


@case(
    "LV-ERROR-005",
    "an error in JSON has the content type of JSON",
    sends="a call of an Action that does not exist, with Format=JSON",
    expects="Content-Type application/json",
    level=MUST,
    source=POP_SDK("bodies are parsed as JSON"),
    operations=CREATE,
    negative=True,
)
async def error_in_json(cloud: Cloud) -> None:
    answer = await unknown_action(cloud)
    cloud.check.matches(answer.headers.get("content-type"), r"application/json\b.*", "Content-Type")


@case(
    "LV-ERROR-006",
    "an error in XML is an Error with the same fields",
    sends="a call of an Action that does not exist, with Format=XML",
    expects="<Error> with RequestId, HostId, Code and Message",
    level=MUST,
    source=LIVE_RESPONSES("failed calls, XML"),
    operations=CREATE,
    negative=True,
)
async def error_in_xml(cloud: Cloud) -> None:
    root = parsed(await unknown_action(cloud, format="XML"))
    cloud.check.equal(root.tag, "Error", "the root")
    fields = children(root)
    cloud.check.has(fields, "RequestId", "HostId", "Code", "Message", what="Error")
    cloud.check.equal(fields["Code"], "InvalidApi.NotFound", "Code")


@case(
    "LV-ERROR-007",
    "the content type of an error in XML is text/xml;charset=utf-8 to the letter",
    sends="a call of an Action that does not exist, and Format=XML",
    expects="Content-Type text/xml;charset=utf-8",
    level=MUST,
    source=LIVE_SDK("Tea reads XML of this content type alone"),
    operations=CREATE,
    negative=True,
)
async def content_type_of_xml(cloud: Cloud) -> None:
    answer = await unknown_action(cloud, format="XML")
    cloud.check.equal(answer.headers.get("content-type"), "text/xml;charset=utf-8", "Content-Type")


@case(
    "LV-ERROR-008",
    "an error is in XML if no Format is given",
    sends="a call of an Action that does not exist, without Format",
    expects="<Error> in XML",
    level=MUST,
    source=RPC_SIGNATURE("Format, XML by default"),
    operations=CREATE,
    negative=True,
)
async def error_is_xml_by_default(cloud: Cloud) -> None:
    key = cloud.site.access_key
    sent = rpc.parameters("CreateRtcAsrTasks", key)
    del sent["Format"]
    query = rpc.encoded(rpc.signed("GET", sent, key.secret))
    answer = await cloud.live.send("CreateRtcAsrTasks", "GET", query=query)
    cloud.check.equal(parsed(answer).tag, "Error", "the root")


@case(
    "LV-ERROR-009",
    "what XML cannot have bare is escaped in it",
    sends="a Query signed with another secret, with Format=XML",
    expects="a Message that ends in the string to sign, with its &",
    level=MUST,
    source=LIVE_RESPONSES("XML"),
    operations=QUERY,
    negative=True,
)
async def escapes(cloud: Cloud) -> None:
    sent = rpc.parameters(QUERY[0], cloud.site.access_key, Format="XML")
    query = rpc.encoded(rpc.signed("GET", sent, "a" * 30))
    answer = await cloud.live.send(QUERY[0], "GET", query=query)
    message = children(parsed(answer)).get("Message", "")
    expected = rpc.string_to_sign("GET", sent)
    cloud.check.that(message.endswith(expected), "the string to sign at its end", len(message))
