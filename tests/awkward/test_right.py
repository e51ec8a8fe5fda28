"""Our own client is right: it does its job in an awkward scope, whatever the seed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.client import (
    AgentStream,
    Completed,
    DashScopeClient,
    MeetingStream,
    Results,
    SentenceEnd,
    TingwuClient,
)
from mock_tingwu.core.scripts import load_script
from tests.awkward.lazy import EVERYTHING
from tests.callbacks.receiver import receiver
from tests.conftest import SCRIPT
from tests.core.test_segmentation import silence, speech
from tests.dashscope.helpers import SHORT

SEEDS = pytest.mark.parametrize("seed", range(3))
SENTENCES = [line.text for line in load_script(SCRIPT).lines]
CAPTIONS: dict[str, Any] = {
    "Transcription": {"OutputLevel": 2, "DiarizationEnabled": True},
    "TranslationEnabled": True,
    "Translation": {"TargetLanguages": ["en"], "OutputLevel": 2},
    **EVERYTHING,
}
KINDS = {
    "Transcription",
    "Translation",
    "AutoChapters",
    "MeetingAssistance",
    "Summarization",
    "TextPolish",
}

Start = Callable[..., MockTingwu]


def tingwu(mock: MockTingwu) -> TingwuClient:
    return TingwuClient(mock.url, access_key_id="k", access_key_secret="s", app_key="a")


@SEEDS
def test_a_whole_meeting_and_its_results(seed: int, start_mock: Start, recording: bytes) -> None:
    mock = start_mock(profile="awkward", seed=seed)
    mock.script(SCRIPT, task_key="k")

    async def meet() -> tuple[list[str], dict[str, Any]]:
        async with tingwu(mock) as client:
            task = await client.create_realtime(task_key="k", parameters=CAPTIONS)
            async with MeetingStream(task.join_url) as stream:
                await stream.push(recording)
                await stream.stop()
                events = [event async for event in stream]
            assert events[-1] == Completed()
            await client.stop(task.task_id)
            info = await client.wait(task.task_id, poll_interval=0.02, timeout=20)
            assert (info.status, set(info.results)) == ("COMPLETED", KINDS)
            files = {kind: await client.download(url) for kind, url in info.results.items()}
            return [event.text for event in events if isinstance(event, SentenceEnd)], files

    said, files = asyncio.run(meet())
    assert said == SENTENCES
    paragraphs = files["Transcription"]["Transcription"]["Paragraphs"]
    words = [word for paragraph in paragraphs for word in paragraph["Words"]]
    assert "".join(word["Text"] for word in words) == "".join(SENTENCES)
    assert [word["Id"] for word in words] == [10 * n for n in range(1, len(words) + 1)]
    assert files["Translation"]["Translation"]["Paragraphs"]


@SEEDS
def test_an_agent_s_meeting_and_its_results(seed: int, start_mock: Start) -> None:
    mock = start_mock(profile="awkward", seed=seed)

    async def meet() -> tuple[list[str], Results]:
        async with DashScopeClient(mock.url, api_key="sk-any", app_id="tw") as client:
            task = await client.create_realtime(
                parameters={"analysis": {"autoChaptersEnabled": True}}
            )
            stream: AgentStream
            async with client.stream(task.data_id) as stream:
                await stream.push(b"".join(speech(2_500) + silence(1_200) for _ in range(4)))
                await stream.stop()
                events = [event async for event in stream]
            assert events[-1] == Completed()
            await client.end_realtime(task.data_id)
            info = await client.wait(task.data_id, poll_interval=0.02, timeout=20)
            results = await client.results(info)
            return [event.text for event in events if isinstance(event, SentenceEnd)], results

    said, results = asyncio.run(meet())
    assert len(said) == 4
    assert results.transcript is not None
    assert [sentence.text for sentence in results.transcript.sentences] == said


@SEEDS
def test_recordings_lists_of_words_and_keys(seed: int, start_mock: Start) -> None:
    mock = start_mock(profile="awkward", seed=seed)

    async def work() -> None:
        async with tingwu(mock) as client:
            made = {name: await client.create_phrases(name, {"周会": 3}) for name in "abc"}
            listed = await client.list_phrases()
            assert {phrases.name: phrases.phrase_id for phrases in listed} == made
            task = await client.create_offline(SHORT, parameters=EVERYTHING)
            info = await client.wait(task.task_id, poll_interval=0.02, timeout=20)
            assert {"Transcription", "AutoChapters"} <= set(info.results)
            await client.rerun(task.task_id, {"AutoChaptersEnabled": True})
            info = await client.wait(task.task_id, poll_interval=0.02, timeout=20)
            assert await client.download(info.results["AutoChapters"])
        async with DashScopeClient(mock.url, api_key="sk-any", app_id="tw") as client:
            assert (await client.create_token()).key.startswith("st-")

    asyncio.run(work())


@SEEDS
def test_callbacks_tell_every_step_however_they_are_written(seed: int, start_mock: Start) -> None:
    mock = start_mock(profile="awkward", seed=seed, clock="virtual")

    async def work() -> str:
        async with tingwu(mock) as client:
            return (await client.create_offline(SHORT, callbacks=True)).task_id

    with receiver() as listener:
        mock.callback("a", listener.url)
        task_id = asyncio.run(work())
        mock.advance(60_000)
        probe, *told = listener.requests
        assert probe.body["Data"]["Test"].startswith("CheckSyncConf")
        assert {request.body["Data"]["TaskId"] for request in told} == {task_id}
        assert [request.told for request in told] == ["Transcription", "COMPLETED"]


@SEEDS
def test_captions_of_a_live_stream_are_heard_to_the_end(seed: int, start_mock: Start) -> None:
    mock = start_mock(profile="awkward", seed=seed, clock="virtual")
    with receiver() as listener:
        query = {
            "Action": "CreateRtcAsrTask",
            "Version": "2016-11-01",
            "Format": "JSON",
            "Mode": "live",
            "StreamURL": "rtmp://pull.example.com/app/lesson",
            "Language": "cn",
            "CallbackURL": listener.url,
        }
        for attempt in range(2):
            answer = httpx.get(mock.url, params=query | {"SignatureNonce": str(attempt)})
            if answer.is_success:
                break
        assert answer.json()["RetCode"] == 2000
        mock.advance(20_000)
        contents = [json.loads(request.body["content"]) for request in listener.requests]
    names = [content["header"]["name"] for content in contents]
    assert names.count("SentenceEnd") >= 3
    assert names.count("SentenceBegin") >= names.count("SentenceEnd")
    assert "TranscriptionResultChanged" in names
