"""The clients that come with the mock do everything right, down to the advice."""

from __future__ import annotations

import asyncio
from typing import Any

from mock_tingwu import MockTingwu
from mock_tingwu.client import DashScopeClient, MeetingStream, Results, TingwuClient
from tests.core.test_segmentation import silence, speech
from tests.violations.cases import gone

#: Pushed as a microphone would.
SECOND = speech(700) + silence(300)
PACE = 0.1


def test_a_meeting_of_tingwu_breaks_no_rule(mock: MockTingwu) -> None:
    async def meet() -> dict[str, Any]:
        credentials: dict[str, Any] = {"access_key_id": "mock", "access_key_secret": "mock"}
        async with TingwuClient(mock.url, app_key="app", **credentials) as client:
            task = await client.create_realtime(task_key="weekly")
            for _ in range(2):
                async with MeetingStream(task.join_url) as stream:
                    await stream.push(SECOND, pace=PACE)
                    await stream.stop()
            await client.stop(task.task_id)
            info = await client.wait(task.task_id, poll_interval=0.05)
            return {kind: await client.download(url) for kind, url in info.results.items()}

    assert asyncio.run(meet())
    gone(mock, 2)
    mock.assert_no_violations("advice")


def test_a_meeting_of_dashscope_breaks_no_rule(mock: MockTingwu) -> None:
    async def meet() -> Results:
        async with DashScopeClient(mock.url, api_key="sk-any", app_id="tw_app") as client:
            task = await client.create_realtime()
            async with client.stream(task.data_id) as stream:
                await stream.push(SECOND, pace=PACE)
                await stream.stop()
            await client.end_realtime(task.data_id)
            info = await client.wait(task.data_id, poll_interval=0.05)
            return await client.results(info)

    assert asyncio.run(meet()).transcript is not None
    gone(mock)
    mock.assert_no_violations("advice")
