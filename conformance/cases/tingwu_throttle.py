"""Flow control: how often an account may call, and what happens beyond that.

Who calls too often on purpose is no good guest: those cases are for mocks alone.
"""

from __future__ import annotations

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, Need, case
from mock_tingwu.conformance.answers import Answer
from mock_tingwu.conformance.sources import ASSUMED, OFFLINE, REALTIME, TEA_SDK

_CREATES, _QUERIES = 20, 100
#: No task has this TaskId: asking for it costs nobody anything.
_NOBODY = "0" * 32


async def _burst(cloud: Cloud, calls: int) -> list[Answer]:
    """So many calls of CreateTask, which begin nothing."""
    return [await cloud.tingwu.stop(_NOBODY) for _ in range(calls)]


def _denied(answers: list[Answer]) -> int:
    return sum(answer.body.get("Code") == "Throttling.User" for answer in answers)


@case(
    "TW-THROTTLE-001",
    "ten GetTaskInfo in a row are let through",
    sends="GetTaskInfo ten times, no faster than half of what is documented",
    expects="HTTP 200 every time",
    level=MUST,
    source=OFFLINE("QPS of GetTaskInfo: 100"),
    operations=("GetTaskInfo",),
)
async def polite_polling(cloud: Cloud) -> None:
    task_id = (await cloud.tingwu.start())["TaskId"]
    for _ in range(10):
        cloud.check.equal((await cloud.tingwu.info(task_id)).status, 200, "HTTP status")


@case(
    "TW-THROTTLE-002",
    "20 CreateTask in a second are let through",
    sends="CreateTask 20 times at one moment",
    expects="none is Throttling.User",
    level=MUST,
    source=REALTIME("QPS of CreateTask: 20"),
    operations=("CreateTask",),
    needs=[Need.SETTINGS],
)
async def twenty_creates(cloud: Cloud) -> None:
    cloud.check.equal(_denied(await _burst(cloud, _CREATES)), 0, "the calls that were denied")


@case(
    "TW-THROTTLE-003",
    "the 21st CreateTask in a second is denied",
    sends="CreateTask 21 times at one moment",
    expects="the last is HTTP 400 Throttling.User Request was denied due to user flow control.",
    level=MUST,
    source=OFFLINE("flow control"),
    operations=("CreateTask",),
    needs=[Need.SETTINGS],
    negative=True,
)
async def twenty_first_create(cloud: Cloud) -> None:
    denied = (await _burst(cloud, _CREATES + 1))[-1]
    cloud.tingwu.refused(denied, "Throttling.User")
    expected = "Request was denied due to user flow control."
    cloud.check.equal(denied.body.get("Message"), expected, "Message")


@case(
    "TW-THROTTLE-004",
    "a call that is denied says when to come again",
    sends="CreateTask 21 times at one moment, in search of the headers",
    expects="x-acs-retry-after with a whole number above 0, which makes it a ThrottlingException",
    level=SHOULD,
    source=TEA_SDK("ThrottlingException"),
    operations=("CreateTask",),
    needs=[Need.SETTINGS],
    negative=True,
)
async def denied_with_a_time(cloud: Cloud) -> None:
    denied = (await _burst(cloud, _CREATES + 1))[-1]
    cloud.check.matches(denied.headers.get("x-acs-retry-after"), "[1-9][0-9]*", "retry-after")


@case(
    "TW-THROTTLE-005",
    "a second later the account may call again",
    sends="CreateTask 21 times at one moment, and once a second later",
    expects="the last is let through",
    level=MUST,
    source=REALTIME("QPS of CreateTask: 20"),
    operations=("CreateTask",),
    needs=[Need.SETTINGS, Need.CLOCK],
)
async def second_passes(cloud: Cloud) -> None:
    burst = await _burst(cloud, _CREATES + 1)
    cloud.check.equal(_denied(burst), 1, "the calls that were denied")
    await cloud.pause(1)
    cloud.check.equal(_denied(await _burst(cloud, 1)), 0, "the calls that were denied later")


@case(
    "TW-THROTTLE-006",
    "x-acs-retry-after is in milliseconds: after so many the call is let through",
    sends="CreateTask 21 times at one moment, and once after what the header says",
    expects="at most a second is said, and the last is let through",
    level=INFO,
    source=ASSUMED("the unit of x-acs-retry-after"),
    operations=("CreateTask",),
    needs=[Need.SETTINGS, Need.CLOCK],
)
async def retry_after_is_kept(cloud: Cloud) -> None:
    denied = (await _burst(cloud, _CREATES + 1))[-1]
    wait = int(denied.headers.get("x-acs-retry-after", "0"))
    cloud.check.that(0 < wait <= 1000, "1 to 1000 ms", wait)
    await cloud.pause(wait / 1000)
    cloud.check.equal(_denied(await _burst(cloud, 1)), 0, "the calls that were denied later")


@case(
    "TW-THROTTLE-007",
    "100 GetTaskInfo in a second are let through, and the next is denied",
    sends="GetTaskInfo 101 times at one moment",
    expects="the last alone is Throttling.User",
    level=MUST,
    source=OFFLINE("QPS of GetTaskInfo: 100"),
    operations=("GetTaskInfo",),
    needs=[Need.SETTINGS],
    negative=True,
)
async def hundred_queries(cloud: Cloud) -> None:
    answers = [await cloud.tingwu.info(_NOBODY) for _ in range(_QUERIES + 1)]
    cloud.check.equal(_denied(answers[:-1]), 0, "the calls of the first 100 that were denied")
    cloud.tingwu.refused(answers[-1], "Throttling.User")


@case(
    "TW-THROTTLE-008",
    "every operation has its own rate: who may not create may still ask",
    sends="CreateTask 21 times at one moment, then GetTaskInfo",
    expects="GetTaskInfo is let through",
    level=SHOULD,
    source=REALTIME("QPS of CreateTask and of GetTaskInfo"),
    operations=("CreateTask", "GetTaskInfo"),
    needs=[Need.SETTINGS],
)
async def rates_are_apart(cloud: Cloud) -> None:
    cloud.check.equal(_denied(await _burst(cloud, _CREATES + 1)), 1, "the calls that were denied")
    cloud.check.equal(_denied([await cloud.tingwu.info(_NOBODY)]), 0, "the queries denied")
