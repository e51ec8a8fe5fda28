from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import islice
from random import Random
from typing import Any

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.client import (
    AgentInfo,
    DashScopeClient,
    Retries,
    TaskFailed,
    TaskInfo,
    TingwuClient,
    TingwuError,
)
from mock_tingwu.client.polling import pauses

KEYS: dict[str, Any] = {"access_key_id": "any", "access_key_secret": "any", "app_key": "app"}
URL = "https://files.example.com/weekly/sync.mp3"


def test_pauses_grow_to_what_is_advised_and_differ_a_little() -> None:
    taken = list(islice(pauses(None, 60, Random(1)), 20))
    usual = [min(60, 1.5**n) for n in range(20)]
    assert all(0.9 * u <= pause <= 1.1 * u for u, pause in zip(usual, taken, strict=True))
    assert len({pause / u for u, pause in zip(usual, taken, strict=True)}) == 20


def test_pauses_are_those_that_are_given() -> None:
    assert list(islice(pauses(0.25, 60, Random(1)), 3)) == [0.25] * 3


def sleeper(taken: list[float], then: Callable[[], None], after: int) -> Retries:
    """Retries that do not wait; with the pause of this number something happens."""

    async def sleep(seconds: float) -> None:
        taken.append(seconds)
        if len(taken) == after:
            await asyncio.to_thread(then)

    return Retries(budget=0, random=Random(5), sleep=sleep)


def test_a_recording_is_asked_about_as_often_as_advised(virtual_mock: MockTingwu) -> None:
    taken: list[float] = []
    retries = sleeper(taken, lambda: virtual_mock.advance(60_000), after=14)

    async def wait() -> TaskInfo:
        async with TingwuClient(virtual_mock.url, **KEYS, retries=retries) as client:
            task = await client.create_offline(URL)
            return await client.wait(task.task_id)

    assert asyncio.run(wait()).status == "COMPLETED"
    assert len(taken) == 14 and taken[0] < 1.2 and 54 <= taken[-1] <= 66


def test_an_agent_is_asked_more_often(virtual_mock: MockTingwu) -> None:
    taken: list[float] = []
    retries = sleeper(taken, lambda: virtual_mock.advance(60_000), after=9)

    async def wait() -> AgentInfo:
        url = virtual_mock.url
        async with DashScopeClient(url, api_key="sk", app_id="tw", retries=retries) as client:
            task = await client.create_offline(URL)
            return await client.wait(task.data_id, check=True)

    assert asyncio.run(wait()).finished
    assert len(taken) == 9 and 9 <= taken[-1] <= 11


def test_waiting_outlasts_throttling(virtual_mock: MockTingwu) -> None:
    taken: list[float] = []
    retries = sleeper(taken, lambda: virtual_mock.advance(60_000), after=2)
    throttle = {"type": "throttle", "retry_after": 90_000}
    virtual_mock.faults.add(throttle, match={"operation": "GetTaskInfo"}, times=2)
    seen: list[str] = []

    async def wait() -> TaskInfo:
        async with TingwuClient(virtual_mock.url, **KEYS, retries=retries) as client:
            task = await client.create_offline(URL)
            return await client.wait(task.task_id, on_change=lambda info: seen.append(info.status))

    assert asyncio.run(wait()).status == "COMPLETED"
    # Longer than any repetition of a single call would have waited.
    assert taken == [90, 90] and seen == ["COMPLETED"]


def test_any_other_error_ends_the_wait(virtual_mock: MockTingwu) -> None:
    overdue = {"type": "api_error", "code": "BRK.OverdueTenant"}
    virtual_mock.faults.add(overdue, match={"operation": "GetTaskInfo"}, times=1)

    async def wait() -> None:
        async with TingwuClient(virtual_mock.url, **KEYS) as client:
            await client.wait((await client.create_offline(URL)).task_id)

    with pytest.raises(TingwuError, match=r"BRK\.OverdueTenant"):
        asyncio.run(wait())


def test_a_failed_task_is_an_exception_for_who_asks_for_one(mock: MockTingwu) -> None:
    async def wait() -> None:
        async with TingwuClient(mock.url, **KEYS) as client:
            task = await client.create_offline("https://files.example.com/minutes.pdf")
            info = await client.wait(task.task_id, poll_interval=0.01)
            assert info.status == "FAILED"
            with pytest.raises(TaskFailed, match=r"failed with TSC\.FileType") as failed:
                await client.wait(task.task_id, check=True)
            assert (failed.value.task_id, failed.value.code) == (task.task_id, "TSC.FileType")
            with pytest.raises(TaskFailed) as unknown:
                await client.wait("0" * 32, check=True)
            assert unknown.value.code == "INVALID"
            fine = await client.create_realtime()
            await client.stop(fine.task_id)
            info = await client.wait(fine.task_id, poll_interval=0.01, check=True)
            assert info.status == "COMPLETED"

    asyncio.run(wait())


@pytest.mark.parametrize("interval", [0, -1, float("nan")])
def test_an_interval_that_is_none_is_refused(mock: MockTingwu, interval: float) -> None:
    async def wait() -> None:
        async with TingwuClient(mock.url, **KEYS) as client:
            await client.wait("0" * 32, poll_interval=interval)

    with pytest.raises(ValueError, match=f"poll_interval is {interval}, expected a number"):
        asyncio.run(wait())
