"""Links to result files: how long they live, what they cover, and how they are refused."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import Any, Final
from urllib.parse import quote

from mock_tingwu.conformance import MUST, SHOULD, Cloud, Need, case
from mock_tingwu.conformance.answers import Answer
from mock_tingwu.conformance.checks import Deviation
from mock_tingwu.conformance.sources import (
    OFFLINE,
    OSS_ERRORS,
    OSS_EXPIRED,
    OSS_LINKS,
    OSS_MISMATCH,
    RECORDED,
)
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

from .tingwu_asking import expires, file_of, link_to

FILE = ("download", "Transcription file")
BOTH = ("GetTaskInfo", "download", "Transcription file")
OUTSIDE = (Need.OUTSIDE,)
CLOCK = (Need.OUTSIDE, Need.CLOCK)
DAY_S: Final = 24 * 60 * 60


async def linked(cloud: Cloud, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
    """The Data of a finished task."""
    return await cloud.tingwu.finished(cloud.recording(), parameters)


def refused(cloud: Cloud, answer: Answer, code: str) -> ElementTree.Element:
    """The answer is 403 with an error of OSS; return that."""
    cloud.check.equal(answer.status, 403, "HTTP status")
    error = error_in(answer)
    cloud.check.equal(error.findtext("Code"), code, "Code")
    return error


def error_in(answer: Answer) -> ElementTree.Element:
    """The XML of an answer. Raises Deviation if it is none."""
    try:
        return ElementTree.fromstring(answer.content)
    except ElementTree.ParseError:
        raise Deviation(f"the file's server answered {answer.text[:200]!r}, not XML") from None


@case(
    "TW-LINK-001",
    "a link is all that it takes to download a file",
    sends="GET of a result's link with no header but Host",
    expects="HTTP 200 and the file",
    level=MUST,
    source=OFFLINE("Result"),
    operations=FILE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def plain_get(cloud: Cloud) -> None:
    answer = await cloud.download(link_to(cloud, await linked(cloud)))
    cloud.check.equal(answer.status, 200, "HTTP status")
    cloud.check.has(answer.json, "TaskId", "Transcription", what="the file")


@case(
    "TW-LINK-002",
    "a link is signed as OSS signs URLs",
    sends="GetTaskInfo of a finished task",
    expects="links with Expires, OSSAccessKeyId and Signature in their query",
    level=SHOULD,
    source=RECORDED("links"),
    operations=BOTH,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def signed_by_oss(cloud: Cloud) -> None:
    query = link_to(cloud, await linked(cloud)).partition("?")[2]
    pattern = r"Expires=\d+&OSSAccessKeyId=[^&]+&Signature=[^&]+"
    cloud.check.matches(query, pattern, "the query of a link")


@case(
    "TW-LINK-003",
    "a link works on its last day",
    sends="GET of a link 29 days after the query",
    expects="HTTP 200",
    level=MUST,
    source=OFFLINE("how long links live"),
    operations=FILE,
    needs=CLOCK,
    time_limit=WITH_RESULTS_S,
)
async def works_for_29_days(cloud: Cloud) -> None:
    link = link_to(cloud, await linked(cloud))
    await cloud.pause(29 * DAY_S)
    cloud.check.equal((await cloud.download(link)).status, 200, "HTTP status")


@case(
    "TW-LINK-004",
    "a link has expired after 30 days",
    sends="GET of a link 30 days and a minute after the query",
    expects="HTTP 403, AccessDenied, Request has expired.",
    level=MUST,
    source=OSS_EXPIRED,
    operations=FILE,
    needs=CLOCK,
    negative=True,
    time_limit=WITH_RESULTS_S,
)
async def expires_after_30_days(cloud: Cloud) -> None:
    link = link_to(cloud, await linked(cloud))
    await cloud.pause(30 * DAY_S + 60)
    error = refused(cloud, await cloud.download(link), "AccessDenied")
    cloud.check.equal(error.findtext("Message"), "Request has expired.", "Message")


@case(
    "TW-LINK-005",
    "an expired link is renewed by asking again",
    sends="GetTaskInfo after the links have expired, and GET of the new one",
    expects="HTTP 200 and the file",
    level=MUST,
    source=OFFLINE("links that have expired"),
    operations=BOTH,
    needs=CLOCK,
    time_limit=WITH_RESULTS_S,
)
async def renewed_by_asking(cloud: Cloud) -> None:
    data = await linked(cloud)
    await cloud.pause(31 * DAY_S)
    renewed = link_to(cloud, (await cloud.tingwu.info(data["TaskId"])).data)
    cloud.check.equal((await cloud.download(renewed)).status, 200, "HTTP status")


@case(
    "TW-LINK-006",
    "a link leads to the same file as the one before",
    sends="GET of the links of two queries",
    expects="the same bytes",
    level=SHOULD,
    source=OFFLINE("links that have expired"),
    operations=BOTH,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def same_file(cloud: Cloud) -> None:
    data = await linked(cloud)
    first = await cloud.download(link_to(cloud, data))
    await cloud.pause(2)
    again = (await cloud.tingwu.info(data["TaskId"])).data
    second = await cloud.download(link_to(cloud, again))
    cloud.check.that(first.content == second.content, "the same bytes")


# What is refused


@case(
    "TW-LINK-007",
    "a link with another Signature is refused",
    sends="GET of a link whose Signature was replaced",
    expects="HTTP 403, SignatureDoesNotMatch",
    level=MUST,
    source=OSS_MISMATCH,
    operations=FILE,
    needs=OUTSIDE,
    negative=True,
    time_limit=WITH_RESULTS_S,
)
async def another_signature(cloud: Cloud) -> None:
    link = link_to(cloud, await linked(cloud))
    signed = link.rpartition("Signature=")[0] + "Signature=" + quote("A" * 27 + "=", safe="")
    refused(cloud, await cloud.download(signed), "SignatureDoesNotMatch")


@case(
    "TW-LINK-008",
    "the life of a link cannot be prolonged",
    sends="GET of a link whose Expires is a day later",
    expects="HTTP 403, SignatureDoesNotMatch",
    level=MUST,
    source=OSS_LINKS("what is signed: Expires"),
    operations=FILE,
    needs=OUTSIDE,
    negative=True,
    time_limit=WITH_RESULTS_S,
)
async def cannot_be_prolonged(cloud: Cloud) -> None:
    link = link_to(cloud, await linked(cloud))
    later = link.replace(f"Expires={expires(link)}", f"Expires={expires(link) + DAY_S}")
    cloud.check.that(later != link, "a link with Expires", link)
    refused(cloud, await cloud.download(later), "SignatureDoesNotMatch")


@case(
    "TW-LINK-009",
    "the signature of one file is none for another",
    sends="GET of a file with the query of another file of the same task",
    expects="HTTP 403, SignatureDoesNotMatch",
    level=MUST,
    source=OSS_LINKS("what is signed: the resource"),
    operations=FILE,
    needs=OUTSIDE,
    negative=True,
    time_limit=WITH_RESULTS_S,
)
async def good_for_one_file(cloud: Cloud) -> None:
    data = await linked(cloud, {"TextPolishEnabled": True})
    query = link_to(cloud, data).partition("?")[2]
    other = f"{file_of(link_to(cloud, data, 'TextPolish'))}?{query}"
    refused(cloud, await cloud.download(other), "SignatureDoesNotMatch")


@case(
    "TW-LINK-010",
    "a file cannot be had without its signature",
    sends="GET of a link without its query",
    expects="HTTP 403, AccessDenied",
    level=MUST,
    source=OSS_ERRORS("AccessDenied"),
    operations=FILE,
    needs=OUTSIDE,
    negative=True,
    time_limit=WITH_RESULTS_S,
)
async def no_signature(cloud: Cloud) -> None:
    link = link_to(cloud, await linked(cloud))
    refused(cloud, await cloud.download(file_of(link)), "AccessDenied")


@case(
    "TW-LINK-011",
    "a link with the OSSAccessKeyId of nobody is refused",
    sends="GET of a link whose OSSAccessKeyId was replaced",
    expects="HTTP 403, InvalidAccessKeyId",
    level=MUST,
    source=OSS_ERRORS("InvalidAccessKeyId"),
    operations=FILE,
    needs=OUTSIDE,
    negative=True,
    time_limit=WITH_RESULTS_S,
)
async def unknown_key(cloud: Cloud) -> None:
    link = link_to(cloud, await linked(cloud))
    other = link.replace("OSSAccessKeyId=", "OSSAccessKeyId=LTAI0000000000000000")
    refused(cloud, await cloud.download(other), "InvalidAccessKeyId")


@case(
    "TW-LINK-012",
    "a refusal is XML with four fields",
    sends="GET of a link without its query",
    expects="<Error> with Code, Message, RequestId and HostId",
    level=MUST,
    source=OSS_ERRORS("the form"),
    operations=FILE,
    needs=OUTSIDE,
    negative=True,
    time_limit=WITH_RESULTS_S,
)
async def form_of_refusals(cloud: Cloud) -> None:
    link = link_to(cloud, await linked(cloud))
    answer = await cloud.download(file_of(link))
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    cloud.check.equal(media_type, "application/xml", "Content-Type")
    error = error_in(answer)
    cloud.check.equal(error.tag, "Error", "the root of the XML")
    for name in ("Code", "Message", "RequestId", "HostId"):
        cloud.check.matches(error.findtext(name), ".+", name)
