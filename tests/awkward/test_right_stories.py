"""Whole stories of all our clients with an awkward mock, with and without an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.client import (
    AgentEvent,
    AgentStream,
    Completed,
    Event,
    LiveTask,
    MeetingStream,
    SentenceEnd,
    SyncDashScopeClient,
    SyncLiveAsrClient,
    SyncMeetingStream,
    SyncTingwuClient,
    Target,
    TaskFailed,
    find_target,
)
from mock_tingwu.client.live_callbacks import Arrival, LiveCallbackReceiver
from mock_tingwu.core.scripts import load_script
from tests.conftest import SCRIPT
from tests.dashscope.helpers import SHORT
from tests.dashscope.test_http_agents import GENERAL, SALE

SEEDS = pytest.mark.parametrize("seed", [3, 11, 42, 2026])
SENTENCES = [line.text for line in load_script(SCRIPT).lines]
#: The time after the first four sentences, in bytes of the recording.
HALF = 14_000 * 32
POLL = 0.02
AUTH_KEY = "auth-key-of-the-callbacks"

Start = Callable[..., MockTingwu]


@pytest.fixture
def mock(seed: int, start_mock: Start) -> MockTingwu:
    mock = start_mock(profile="awkward", seed=seed, auth="verify")
    mock.script(SCRIPT, task_key="k")
    return mock


def target_of(mock: MockTingwu) -> Target:
    return find_target("mock", mock.environ)


def check_captions(events: list[Any], sentences: int = len(SENTENCES)) -> None:
    assert events[-1] == Completed() and events.count(Completed()) == 1
    ends = [event for event in events if isinstance(event, SentenceEnd)]
    assert [end.text for end in ends] == SENTENCES[:sentences]
    assert [end.index for end in ends] == list(range(sentences))
    assert all(end.begin < end.end for end in ends)


@SEEDS
def test_a_meeting_with_a_pause(mock: MockTingwu, recording: bytes) -> None:
    events: list[Event] = []

    async def listen(stream: MeetingStream) -> None:
        events.extend([event async for event in stream])

    async def meet() -> None:
        async with target_of(mock).tingwu() as client:
            phrase_id = await client.create_phrases("weekly", {"周会": 3})
            task = await client.create_realtime(
                task_key="k",
                parameters={
                    "Transcription": {"OutputLevel": 2, "PhraseId": phrase_id},
                    "AutoChaptersEnabled": True,
                },
            )
            async with MeetingStream(task.join_url) as stream:
                listener = asyncio.create_task(listen(stream))
                await stream.push(recording[:HALF])
                await stream.pause()
                await stream.resume()
                await stream.push(recording[HALF:])
                await stream.stop()
                await listener
            await client.stop(task.task_id)
            results = await client.results(await client.wait(task.task_id, poll_interval=POLL))
            assert results.transcript is not None and results.chapters
            said = [sentence.text for sentence in results.transcript.sentences]
            assert said == [event.text for event in events if isinstance(event, SentenceEnd)]
            await client.rerun(task.task_id, {"SummarizationEnabled": True})
            info = await client.wait(task.task_id, poll_interval=POLL, check=True)
            assert (await client.results(info)).to_markdown()
            await client.delete_phrases(phrase_id)

    asyncio.run(meet())
    assert events[-1] == Completed()
    # A pause in mid-sentence makes two of it.
    ends = [event for event in events if isinstance(event, SentenceEnd)]
    assert "".join(end.text for end in ends).startswith(SENTENCES[0])
    assert [end.index for end in ends] == list(range(len(ends)))


@SEEDS
def test_a_meeting_without_an_event_loop(mock: MockTingwu, recording: bytes) -> None:
    with SyncTingwuClient.of(target_of(mock).tingwu()) as client:
        task = client.create_realtime(task_key="k")
        with SyncMeetingStream(task.join_url) as stream:
            stream.push(recording)
            stream.stop()
            check_captions(list(stream))
        client.stop(task.task_id)
        info = client.wait(task.task_id, poll_interval=POLL, check=True)
        assert client.results(info).to_srt().count(" --> ") >= len(SENTENCES)
        failed = client.create_offline(f"{SHORT}&mock.task_failed=TSC.FileError")
        with pytest.raises(TaskFailed, match=r"TSC\.FileError"):
            client.wait(failed.task_id, poll_interval=POLL, check=True)


@SEEDS
def test_an_agent_s_meeting_with_a_pause(mock: MockTingwu, recording: bytes) -> None:
    events: list[AgentEvent] = []

    async def listen(stream: AgentStream) -> None:
        events.extend([event async for event in stream])

    async def meet() -> None:
        async with target_of(mock).dashscope() as client:
            task = await client.create_realtime()
            async with client.stream(task.data_id) as stream:
                listener = asyncio.create_task(listen(stream))
                await stream.push(recording[:HALF])
                await stream.pause()
                await stream.resume()
                await stream.push(recording[HALF:])
                await stream.stop()
                await listener
            await client.end_realtime(task.data_id)
            results = await client.results(await client.wait(task.data_id, poll_interval=POLL))
            assert results.transcript is not None
            said = [sentence.text for sentence in results.transcript.sentences]
            assert said == [event.text for event in events if isinstance(event, SentenceEnd)]
            async with client.instruct() as instructed:
                await instructed.push(recording[:HALF])
                await instructed.stop()
                assert [event async for event in instructed][-1] == Completed()

    asyncio.run(meet())
    assert events[-1] == Completed()


@SEEDS
def test_agents_without_an_event_loop(mock: MockTingwu, recording: bytes) -> None:
    with SyncDashScopeClient.of(target_of(mock).dashscope()) as client:
        task = client.create_realtime()
        with client.stream(task.data_id) as stream:
            stream.push(recording)
            stream.stop()
            assert list(stream)[-1] == Completed()
        client.end_realtime(task.data_id)
        assert client.results(client.wait(task.data_id, poll_interval=POLL)).transcript
        sold = client.create_offline(text=SALE, model=GENERAL)
        info = client.wait(sold.data_id, model=GENERAL, poll_interval=POLL, check=True)
        assert client.results(info).service_insights
        assert client.create_token(30).key


@SEEDS
def test_a_caption_task_from_create_to_delete(seed: int, start_mock: Start) -> None:
    mock = start_mock(profile="awkward", seed=seed, clock="virtual", auth="verify")
    arrivals: list[Arrival] = []
    with (
        LiveCallbackReceiver(auth_key=AUTH_KEY, on_callback=arrivals.append) as receiver,
        SyncLiveAsrClient.of(target_of(mock).live()) as client,
    ):
        task_id = client.caption_stream(
            "rtmp://pull.example.com/a", receiver.url, translate_into="en", auth_key=AUTH_KEY
        )
        mock.advance(20_000)
        found = client.find(task_id)
        assert isinstance(found, LiveTask) and found.running and found.language == "cn"
        client.stop(task_id)
        client.delete(task_id)
        assert client.find(task_id) is None
    assert [arrival.problem for arrival in arrivals if arrival.problem] == []
    assert {arrival.signature.verdict for arrival in arrivals if arrival.signature} == {"ok"}
    told = [arrival.callback for arrival in arrivals if arrival.callback]
    assert sum(callback.name == "SentenceEnd" for callback in told) >= 3
    assert any(callback.target_language == "en" and callback.text for callback in told)
