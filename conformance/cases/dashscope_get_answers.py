"""DashScope getTask: links, request ids, and what is refused."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, Need, case
from mock_tingwu.conformance.dashscope import DONE, FAILED, MEETING, TEXT
from mock_tingwu.conformance.sources import ASSUMED, DS_GET
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

GET = ("getTask",)
PLAIN = {"transcription": {"model": "cn"}, "analysis": {"keyInformationEnabled": False}}
SUMMARY = {"transcription": {"model": "cn"}, "analysis": {"fullSummaryEnabled": True}}
UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
UNKNOWN = "zzzzzzzzzzzz"


@case(
    "DS-GET-011",
    "a recording can be played",
    sends="createTask with a recording, getTask until it is done; GET of playbackUrl",
    expects="HTTP 200 with more than 1000 bytes",
    level=MUST,
    source=DS_GET("output.playbackUrl"),
    operations=GET,
    needs=(Need.OUTSIDE,),
    time_limit=WITH_RESULTS_S,
)
async def playback(cloud: Cloud) -> None:
    output = await cloud.dashscope.wait(await cloud.dashscope.transcribe(cloud.recording(), PLAIN))
    cloud.check.has(output, "playbackUrl", what="output")
    answer = await cloud.download(output["playbackUrl"])
    cloud.check.equal(answer.status, 200, "HTTP status of playbackUrl")
    cloud.check.that(len(answer.content) > 1000, "the sound of it", len(answer.content))


@case(
    "DS-GET-012",
    "a link to play lives for 24 hours",
    sends="GET of playbackUrl after 23 hours and after 25",
    expects="HTTP 200, then 403",
    level=MUST,
    source=DS_GET("output.playbackUrl: valid for 24 h"),
    operations=GET,
    needs=(Need.OUTSIDE, Need.CLOCK),
)
async def playback_for_a_day(cloud: Cloud) -> None:
    output = await cloud.dashscope.wait(await cloud.dashscope.transcribe(cloud.recording(), PLAIN))
    cloud.check.has(output, "playbackUrl", what="output")
    await cloud.pause(23 * 3600)
    answer = await cloud.download(output["playbackUrl"])
    cloud.check.equal(answer.status, 200, "HTTP status after 23 hours")
    await cloud.pause(2 * 3600)
    answer = await cloud.download(output["playbackUrl"])
    cloud.check.equal(answer.status, 403, "HTTP status after 25 hours")


@case(
    "DS-GET-013",
    "links to results live for 24 hours as well",
    sends="GET of transcriptionPath after 23 hours and after 25",
    expects="HTTP 200, then 403",
    level=INFO,
    source=ASSUMED("how long links to results live"),
    operations=GET,
    needs=(Need.CLOCK,),
)
async def results_for_a_day(cloud: Cloud) -> None:
    _, output = await cloud.dashscope.converse(PLAIN)
    cloud.check.has(output, "transcriptionPath", what="output")
    await cloud.pause(23 * 3600)
    answer = await cloud.download(output["transcriptionPath"])
    cloud.check.equal(answer.status, 200, "HTTP status after 23 hours")
    await cloud.pause(2 * 3600)
    answer = await cloud.download(output["transcriptionPath"])
    cloud.check.equal(answer.status, 403, "HTTP status after 25 hours")


@case(
    "DS-GET-014",
    "a link is signed as OSS signs",
    sends="GET of transcriptionPath as it is, and with another Signature",
    expects="Expires, OSSAccessKeyId and Signature in it; HTTP 200, then 403",
    level=SHOULD,
    source=DS_GET("output.transcriptionPath: its example"),
    operations=GET,
    time_limit=WITH_RESULTS_S,
)
async def signed(cloud: Cloud) -> None:
    _, output = await cloud.dashscope.converse(PLAIN)
    cloud.check.has(output, "transcriptionPath", what="output")
    link = output["transcriptionPath"]
    query = parse_qs(urlsplit(link).query)
    cloud.check.has(query, "Expires", "OSSAccessKeyId", "Signature", what="the query")
    await cloud.dashscope.result(link, "transcription")
    other = re.sub("Signature=[^&]+", "Signature=AAAAAAAAAAAAAAAAAAAAAAAAAAA%3D", link)
    answer = await cloud.download(other)
    cloud.check.equal(answer.status, 403, "HTTP status with another Signature")


@case(
    "DS-GET-015",
    "usage is empty",
    sends="createTask with text, getTask",
    expects="usage {}",
    level=MUST,
    source=DS_GET("usage"),
    operations=GET,
)
async def usage(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create({"type": "offline", "text": TEXT}, PLAIN)
    answer = await cloud.dashscope.get(answer.output["dataId"])
    cloud.check.equal(answer.body.get("usage"), {}, "usage")


@case(
    "DS-GET-016",
    "every answer has a request_id of its own, a UUID in small letters",
    sends="getTask twice",
    expects="two different ones",
    level=MUST,
    source=DS_GET("request_id"),
    operations=GET,
)
async def request_ids(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create({"type": "offline", "text": TEXT}, PLAIN)
    data_id = answer.output["dataId"]
    seen = [(await cloud.dashscope.get(data_id)).body.get("request_id") for _ in range(2)]
    for request_id in seen:
        cloud.check.matches(request_id, UUID, "request_id")
    cloud.check.that(seen[0] != seen[1], "another request_id each time", seen)


@case(
    "DS-GET-017",
    "an unknown dataId is refused",
    sends="getTask with a dataId that nobody has made",
    expects="a fault with an HTTP status of 4xx",
    level=SHOULD,
    source=DS_GET("input.dataId: the one of createTask"),
    operations=GET,
    negative=True,
)
async def unknown_task(cloud: Cloud) -> None:
    cloud.dashscope.refused(await cloud.dashscope.get(UNKNOWN))


@case(
    "DS-GET-018",
    "an unknown dataId is refused with the code of the WebSocket",
    sends="getTask with a dataId that nobody has made",
    expects="HTTP 400 Agent.InputInvalidDataId",
    level=INFO,
    source=ASSUMED("HTTP status and code of an unknown dataId"),
    operations=GET,
    negative=True,
)
async def code_of_unknown_task(cloud: Cloud) -> None:
    answer = await cloud.dashscope.get(UNKNOWN)
    cloud.dashscope.refused(answer, "Agent.InputInvalidDataId", status=400)


@case(
    "DS-GET-019",
    "getTask without dataId is refused",
    sends="getTask without dataId",
    expects="HTTP 400 InvalidParameter",
    level=MUST,
    source=DS_GET("input.dataId: required"),
    operations=GET,
    negative=True,
)
async def no_data_id(cloud: Cloud) -> None:
    body = {"model": MEETING, "input": {"task": "getTask"}}
    answer = await cloud.dashscope.call(body, operation="getTask")
    cloud.dashscope.refused(answer, "InvalidParameter", status=400)


@case(
    "DS-GET-020",
    "a task says the same however often it is asked for",
    sends="createTask with text, getTask until it is done and once more",
    expects="the same status and the same results",
    level=INFO,
    source=ASSUMED("how long a task can be asked for after its end"),
    operations=GET,
    time_limit=WITH_RESULTS_S,
)
async def asked_again(cloud: Cloud) -> None:
    data_id, before = await cloud.dashscope.converse(SUMMARY)
    after = (await cloud.dashscope.get(data_id)).output
    cloud.check.equal(sorted(after), sorted(before), "members of output")
    cloud.check.equal(after["status"], DONE, "status")


@case(
    "DS-GET-021",
    "a file whose server does not say how long it is fails as such",
    sends="createTask with the URL of a recording without Content-Length, getTask until it ends",
    expects="status 2 with errorCode TSC.ContentLengthCheckFailed",
    level=INFO,
    source=ASSUMED("whether Tingwu's codes of recordings are DashScope's as well"),
    operations=GET,
    needs=(Need.OUTSIDE,),
    time_limit=WITH_RESULTS_S,
)
async def no_length(cloud: Cloud) -> None:
    url = cloud.recording(says_length=False)
    output = await cloud.dashscope.wait(await cloud.dashscope.transcribe(url, PLAIN), DONE, FAILED)
    cloud.check.equal(output.get("errorCode"), "TSC.ContentLengthCheckFailed", "errorCode")
