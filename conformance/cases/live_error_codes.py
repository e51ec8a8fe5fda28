"""Errors of Live's calls: their codes and wordings, and flow control."""

from __future__ import annotations

from typing import Final

from mock_tingwu.conformance import INFO, MUST, Cloud, Need, case
from mock_tingwu.conformance import live_signing as rpc
from mock_tingwu.conformance.sources import (
    ASSUMED,
    COMMON_ERRORS,
    LIVE_CREATE,
    LIVE_QUERY,
    RPC_SIGNATURE,
)

from ._live_tasks import CREATE, LISTENS, NOBODY, NOWHERE, QUERY, STOP
from .live_error import unknown_action

#: What the documents allow an account per second, of each call.
_PER_SECOND: Final = 20


async def _times(cloud: Cloud, count: int) -> list[str]:
    """The Codes of so many Queries in a row, empty for those that go well."""
    answers = [await cloud.live.query(NOBODY) for _ in range(count)]
    return [str(answer.body.get("Code", "")) for answer in answers]


# Codes and wordings


@case(
    "LV-ERROR-010",
    "an Action that does not exist is not found",
    sends="a signed call with Action=CreateRtcAsrTasks",
    expects="HTTP 404 InvalidApi.NotFound, and to check url and method",
    level=MUST,
    source=COMMON_ERRORS("InvalidApi.NotFound"),
    operations=CREATE,
    negative=True,
)
async def action_is_not_found(cloud: Cloud) -> None:
    answer = await unknown_action(cloud)
    cloud.live.refused(answer, "InvalidApi.NotFound", status=404)
    message = "Specified api is not found, please check your url and method."
    cloud.check.equal(answer.body.get("Message"), message, "Message")


@case(
    "LV-ERROR-011",
    "a call without Action is refused",
    sends="a signed call without Action",
    expects="an HTTP error with a Code",
    level=MUST,
    source=RPC_SIGNATURE("Action, required"),
    operations=QUERY,
    negative=True,
)
async def without_action(cloud: Cloud) -> None:
    key = cloud.site.access_key
    sent = rpc.parameters("", key)
    del sent["Action"]
    query = rpc.encoded(rpc.signed("GET", sent, key.secret))
    cloud.live.refused(await cloud.live.send("none", "GET", query=query), status=None)


@case(
    "LV-ERROR-012",
    "a mandatory parameter that is missing is named",
    sends="a StopRtcAsrTask that has no TaskId",
    expects="HTTP 400 MissingTaskId: TaskId is mandatory for this action.",
    level=INFO,
    source=ASSUMED("whether the gateway or the service looks at TaskId"),
    operations=STOP,
    negative=True,
)
async def missing_task_id(cloud: Cloud) -> None:
    answer = await cloud.live.call(STOP[0], {})
    cloud.live.refused(answer, "MissingTaskId")
    message = "TaskId is mandatory for this action."
    cloud.check.equal(answer.body.get("Message"), message, "Message")


@case(
    "LV-ERROR-013",
    "another API's Version is refused",
    sends="a Query with Version=2023-09-30",
    expects="an HTTP error with a Code",
    level=INFO,
    source=ASSUMED("the code for a Version that does not exist"),
    operations=QUERY,
    negative=True,
)
async def another_version(cloud: Cloud) -> None:
    key = cloud.site.access_key
    sent = rpc.signed("GET", rpc.parameters(QUERY[0], key, Version="2023-09-30"), key.secret)
    answer = await cloud.live.send(QUERY[0], "GET", query=rpc.encoded(sent))
    cloud.live.refused(answer, status=None)


@case(
    "LV-ERROR-014",
    "another method than GET and POST is not supported",
    sends="a Query as DELETE",
    expects="HTTP 4xx UnsupportedHTTPMethod",
    level=MUST,
    source=COMMON_ERRORS("UnsupportedHTTPMethod"),
    operations=QUERY,
    negative=True,
)
async def unsupported_method(cloud: Cloud) -> None:
    answer = await cloud.live.query(method="DELETE")
    cloud.live.refused(answer, "UnsupportedHTTPMethod", status=None)


# Flow control


@case(
    "LV-ERROR-015",
    "20 calls in a second are let through",
    sends="QueryRtcAsrTasks 20 times at one moment",
    expects="none is refused",
    level=MUST,
    source=LIVE_QUERY("QPS: 20"),
    operations=QUERY,
    needs=[Need.SETTINGS],
)
async def twenty_calls(cloud: Cloud) -> None:
    cloud.check.equal(set(await _times(cloud, _PER_SECOND)), {""}, "the Codes")


@case(
    "LV-ERROR-016",
    "the 21st call in a second is throttled",
    sends="QueryRtcAsrTasks 21 times at one moment",
    expects="the last is HTTP 400 Throttling.User or Throttling.Api: ... due to user flow control.",
    level=MUST,
    source=LIVE_QUERY("QPS: 20"),
    operations=QUERY,
    needs=[Need.SETTINGS],
    negative=True,
)
async def one_too_many(cloud: Cloud) -> None:
    await _times(cloud, _PER_SECOND)
    answer = await cloud.live.query(NOBODY)
    cloud.live.refused(answer, "Throttling.User", "Throttling.Api")
    message = "Request was denied due to user flow control."
    cloud.check.equal(answer.body.get("Message"), message, "Message")


@case(
    "LV-ERROR-017",
    "a second later calls are let through again",
    sends="QueryRtcAsrTasks too often, and once more a second later",
    expects="the last is let through",
    level=MUST,
    source=LIVE_QUERY("QPS: calls per second"),
    operations=QUERY,
    settings={"throttle": "2/5"},
)
async def a_second_later(cloud: Cloud) -> None:
    codes = await _times(cloud, 3)
    cloud.check.that(codes[2].startswith("Throttling."), "the third to be throttled", codes)
    await cloud.pause(1.1)
    cloud.check.equal(await _times(cloud, 1), [""], "the Codes a second later")


@case(
    "LV-ERROR-018",
    "each of the calls is counted by itself",
    sends="QueryRtcAsrTasks too often, then StopRtcAsrTask",
    expects="the Stop is not throttled",
    level=MUST,
    source=LIVE_CREATE("QPS of this call: 20"),
    operations=QUERY + STOP,
    settings={"throttle": "2/5"},
)
async def counted_by_call(cloud: Cloud) -> None:
    codes = await _times(cloud, 3)
    cloud.check.that(codes[2].startswith("Throttling."), "the third to be throttled", codes)
    cloud.live.refused(await cloud.live.stop(NOBODY), "ConfigNotFound")


# What no request leads to: a mock is set up for it


def _on_demand(id: str, status: int, code: str, title: str) -> None:
    """Register a case: a target that is set up to answer with this row does so."""
    fault = {
        "match": {"operation": "QueryRtcAsrTasks"},
        "action": {"type": "api_error", "code": code},
    }

    @case(
        id,
        title,
        sends="a Query, to a target that is set up so",
        expects=f"HTTP {status} {code}",
        level=MUST,
        source=COMMON_ERRORS(code),
        operations=QUERY,
        negative=True,
        settings={"scenario": {"name": code, "faults": [fault]}},
    )
    async def answers_with_the_row(cloud: Cloud) -> None:
        cloud.live.refused(await cloud.live.query(), code, status=status)


_on_demand("LV-ERROR-019", 403, "Forbidden.RAM", "who may not call by RAM is forbidden to")
_on_demand("LV-ERROR-020", 500, "InternalError", "a breakdown is HTTP 500")
_on_demand("LV-ERROR-021", 503, "ServiceUnavailable", "a service that is away is HTTP 503")


@case(
    "LV-ERROR-022",
    "another RetCode than 2000 comes with HTTP 200 and without a TaskId",
    sends="CreateRtcAsrTask, to a target that is set up to refuse the stream",
    expects="HTTP 200; RetCode, Description and RequestId alone",
    level=INFO,
    source=ASSUMED("which other values RetCode has, and when"),
    operations=CREATE,
    needs=[*LISTENS, Need.SETTINGS],
    negative=True,
)
async def another_ret_code(cloud: Cloud) -> None:
    stream = f"{cloud.site.stream_url}?mock.ret_code=4001"
    answer = await cloud.live.create(cloud.live.stream(NOWHERE, StreamURL=stream))
    cloud.check.equal(answer.status, 200, "HTTP status")
    cloud.live.rejected(answer)
