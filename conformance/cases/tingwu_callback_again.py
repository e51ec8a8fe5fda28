"""Callbacks that are not accepted: when they come again."""

from __future__ import annotations

from collections import Counter
from uuid import uuid4

from mock_tingwu.conformance import INFO, MUST, Cloud, Need, case
from mock_tingwu.conformance.sources import ASSUMED
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

from .tingwu_callback import GUIDE, NEEDS, TOLD, told

CLOCK = (*NEEDS, Need.CLOCK)


async def refusing(cloud: Cloud, *statuses: int) -> str:
    """The TaskKey of a task, finished, of which callbacks are answered so."""
    key = f"conformance-{uuid4().hex}"
    cloud.outside.answer_about(key, *statuses)
    await told(cloud, TaskKey=key)
    return key


def attempts(cloud: Cloud, key: str) -> list[int]:
    """How often each callback about the task came."""
    about = [a.body for a in cloud.outside.project.arrived if key.encode() in a.content]
    return list(Counter(str(body.get("RequestId")) for body in about).values())


@case(
    "TW-CALLBACK-014",
    "a callback that is refused comes again after five seconds",
    sends="HTTP 500 in answer to each callback",
    expects="one attempt in the first two seconds, a second within seven",
    level=MUST,
    source=GUIDE,
    operations=TOLD,
    needs=NEEDS,
    time_limit=WITH_RESULTS_S,
)
async def again_after_5_s(cloud: Cloud) -> None:
    key = await refusing(cloud, 500)
    await cloud.pause(2)
    cloud.check.equal(attempts(cloud, key), [1, 1], "attempts after two seconds")
    await cloud.pause(5)
    cloud.check.equal(attempts(cloud, key), [2, 2], "attempts after seven seconds")


@case(
    "TW-CALLBACK-015",
    "after that the callback comes again every five minutes",
    sends="HTTP 500 in answer to each callback",
    expects="a third attempt five minutes after the second, not before",
    level=MUST,
    source=GUIDE,
    operations=TOLD,
    needs=CLOCK,
    time_limit=WITH_RESULTS_S,
)
async def every_5_min(cloud: Cloud) -> None:
    key = await refusing(cloud, 500)
    await cloud.pause(8)
    await cloud.pause(280)
    cloud.check.equal(attempts(cloud, key), [2, 2], "attempts after 288 seconds")
    await cloud.pause(30)
    cloud.check.equal(attempts(cloud, key), [3, 3], "attempts after 318 seconds")


@case(
    "TW-CALLBACK-016",
    "a callback comes again three times at most",
    sends="HTTP 500 in answer to each callback, for an hour",
    expects="four attempts, or five if the one after five seconds does not count",
    level=MUST,
    source=GUIDE,
    operations=TOLD,
    needs=CLOCK,
    time_limit=WITH_RESULTS_S,
)
async def three_times(cloud: Cloud) -> None:
    key = await refusing(cloud, 500)
    for _ in range(12):
        await cloud.pause(300)
    for number in attempts(cloud, key):
        cloud.check.one_of(number, (4, 5), "the number of attempts")


@case(
    "TW-CALLBACK-017",
    "the attempt after five seconds counts as one of the three",
    sends="HTTP 500 in answer to each callback, for an hour",
    expects="four attempts",
    level=INFO,
    source=ASSUMED("whether the attempt after five seconds is one of the three"),
    operations=TOLD,
    needs=CLOCK,
    time_limit=WITH_RESULTS_S,
)
async def four_attempts(cloud: Cloud) -> None:
    key = await refusing(cloud, 500)
    for _ in range(12):
        await cloud.pause(300)
    cloud.check.equal(attempts(cloud, key), [4, 4], "the number of attempts")


@case(
    "TW-CALLBACK-018",
    "a callback that is accepted does not come again",
    sends="HTTP 200 in answer to each callback, and ten minutes",
    expects="each callback once",
    level=MUST,
    source=GUIDE,
    operations=TOLD,
    needs=CLOCK,
    time_limit=WITH_RESULTS_S,
)
async def once_if_accepted(cloud: Cloud) -> None:
    key = await refusing(cloud, 200)
    await cloud.pause(10)
    await cloud.pause(600)
    cloud.check.equal(attempts(cloud, key), [1, 1], "the number of attempts")


@case(
    "TW-CALLBACK-019",
    "a callback that is accepted at last does not come again",
    sends="HTTP 500 in answer to the first two callbacks, then 200",
    expects="each callback twice",
    level=MUST,
    source=GUIDE,
    operations=TOLD,
    needs=CLOCK,
    time_limit=WITH_RESULTS_S,
)
async def until_accepted(cloud: Cloud) -> None:
    key = await refusing(cloud, 500, 500, 200)
    await cloud.pause(10)
    await cloud.pause(600)
    cloud.check.equal(attempts(cloud, key), [2, 2], "the number of attempts")


@case(
    "TW-CALLBACK-020",
    "any status of success accepts a callback",
    sends="HTTP 204 in answer to each callback, and ten seconds",
    expects="each callback once",
    level=INFO,
    source=ASSUMED("which statuses are success: the sample has 200"),
    operations=TOLD,
    needs=NEEDS,
    time_limit=WITH_RESULTS_S,
)
async def no_content(cloud: Cloud) -> None:
    key = await refusing(cloud, 204)
    await cloud.pause(10)
    cloud.check.equal(attempts(cloud, key), [1, 1], "the number of attempts")


@case(
    "TW-CALLBACK-021",
    "a callback that comes again says the same",
    sends="HTTP 500 in answer to each callback",
    expects="the same bytes five seconds later",
    level=INFO,
    source=ASSUMED("whether links are signed anew for each attempt"),
    operations=TOLD,
    needs=NEEDS,
    time_limit=WITH_RESULTS_S,
)
async def same_bytes(cloud: Cloud) -> None:
    key = await refusing(cloud, 500)
    await cloud.pause(7)
    about = [one.content for one in cloud.outside.project.arrived if key.encode() in one.content]
    cloud.check.equal(len(about), 4, "the number of attempts")
    cloud.check.equal(len(set(about)), 2, "the number of different bodies")
