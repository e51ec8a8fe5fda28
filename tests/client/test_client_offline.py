from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.client import MeetingStream, Task, TaskInfo, TingwuClient, TingwuError, Unreachable
from tests.client.test_client_phrases import run
from tests.client.test_client_tingwu import answering, client_of

URL = "https://files.example.com/weekly/sync.mp3"
#: Between two questions whether a task is finished, in seconds.
POLL = 0.01


def test_a_recording_from_create_to_its_files(start_mock: Callable[..., MockTingwu]) -> None:
    mock = start_mock(auth="verify")
    seen: list[TaskInfo] = []

    async def transcribe(client: TingwuClient) -> tuple[TaskInfo, Any]:
        task = await client.create_offline(
            URL, language="en", task_key="weekly", parameters={"AutoChaptersEnabled": True}
        )
        assert task == Task(task.task_id, "ONGOING", "weekly")
        info = await client.wait(task.task_id, poll_interval=POLL, on_change=seen.append)
        return info, await client.download(info.results["Transcription"])

    info, transcription = run(client_of(mock.url), transcribe)
    assert (info.status, info.key, info.error) == ("COMPLETED", "weekly", None)
    assert list(info.results) == ["Transcription", "AutoChapters"]
    assert seen[0].status == "ONGOING" and seen[-1] == info
    assert transcription["Transcription"]["AudioInfo"]["Language"] == "en"
    assert {entry["signature"] for entry in mock.journal if "signature" in entry} == {"ok"}
    mock.assert_no_violations("advice", but=["polling-too-fast"])  # POLL spares the test minutes


def test_media_files_of_a_video_are_downloaded_as_bytes(mock: MockTingwu) -> None:
    transcoding = {
        "TargetAudioFormat": "mp3",
        "TargetVideoFormat": "mp4",
        "VideoThumbnailEnabled": True,
        "SpectrumEnabled": True,
    }

    async def transcode(client: TingwuClient) -> list[bytes]:
        task = await client.create_offline(
            "https://files.example.com/weekly.mp4?mock.duration_ms=5000",
            parameters={"Transcoding": transcoding},
        )
        info = await client.wait(task.task_id, poll_interval=POLL)
        links = (info.mp3_url, info.mp4_url, info.thumbnail_url, info.spectrum_url)
        return [await client.download(link) for link in links if link]

    mp3, mp4, thumbnail, spectrum = run(client_of(mock.url), transcode)
    assert mp3[:2] in (b"\xff\xfb", b"\xff\xf3", b"ID")
    assert mp4[4:8] == b"ftyp"
    assert thumbnail.startswith(b"\x89PNG")
    assert json.loads(spectrum)["SampleRate"] == 16_000


def test_a_recording_that_cannot_be_read_fails_with_code_and_message(mock: MockTingwu) -> None:
    async def transcribe(client: TingwuClient) -> TaskInfo:
        task = await client.create_offline("https://files.example.com/minutes.pdf")
        return await client.wait(task.task_id, poll_interval=POLL)

    info = run(client_of(mock.url), transcribe)
    assert (info.status, info.finished, info.results) == ("FAILED", True, {})
    assert info.error == ("TSC.FileType", "File type invalid.")


def test_every_argument_is_sent_where_the_service_expects_it() -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"Code": "0", "Data": {"TaskId": "t"}})

    client = client_of("http://127.0.0.1:1")
    client._http = httpx.AsyncClient(transport=httpx.MockTransport(answer))

    async def create(client: TingwuClient) -> list[Task]:
        plain = await client.create_offline(URL)
        full = await client.create_offline(
            URL,
            language="multilingual",
            task_key="k",
            language_hints=["en", "ja"],
            callbacks=True,
            output_path="minutes/2026",
            parameters={"TextPolishEnabled": True},
        )
        return [plain, full, await client.rerun("t", {"TextPolishEnabled": True})]

    assert run(client, create) == [Task("t", "ONGOING")] * 3
    assert {(r.method, r.url.query) for r in sent} == {("PUT", b"type=offline")}
    plain, full, rerun = (json.loads(request.content) for request in sent)
    assert plain == {
        "AppKey": "app",
        "Input": {"SourceLanguage": "cn", "FileUrl": URL},
        "Parameters": {},
    }
    assert full["Input"] == {
        "SourceLanguage": "multilingual",
        "FileUrl": URL,
        "TaskKey": "k",
        "LanguageHints": ["en", "ja"],
        "ProgressiveCallbacksEnabled": True,
        "OutputPath": "minutes/2026",
    }
    assert full["Parameters"] == rerun["Parameters"] == {"TextPolishEnabled": True}
    assert rerun["Input"] == {"TaskId": "t"}


def test_a_task_runs_again_be_it_a_recording_or_a_meeting(
    mock: MockTingwu, recording: bytes
) -> None:
    async def again(client: TingwuClient, task: Task) -> list[str]:
        await client.wait(task.task_id, poll_interval=POLL)
        second = await client.rerun(task.task_id, {"AutoChaptersEnabled": True})
        assert second == Task(task.task_id, "ONGOING", task.key)
        return list((await client.wait(task.task_id, poll_interval=POLL)).results)

    async def both(client: TingwuClient) -> None:
        kinds = ["Transcription", "AutoChapters"]
        assert await again(client, await client.create_offline(URL, task_key="k")) == kinds
        meeting = await client.create_realtime()
        async with MeetingStream(meeting.join_url) as stream:
            await stream.send(recording)
            await stream.stop()
        await client.stop(meeting.task_id)
        assert await again(client, meeting) == kinds

    run(client_of(mock.url), both)


def test_what_the_service_refuses_is_told_with_its_code(mock: MockTingwu) -> None:
    for use, code in (
        (lambda client: client.create_offline(""), "InvalidFileUrl"),
        (lambda client: client.create_offline(URL, language="tlh"), "BRK.InvalidLanguage"),
        (lambda client: client.create_offline(URL, output_path="/x"), "BRK.InvalidOssPath"),
        (lambda client: client.rerun("0" * 32, {"TextPolishEnabled": True}), "InvalidTaskId"),
    ):
        with pytest.raises(TingwuError) as refused:
            run(client_of(mock.url), use)
        assert refused.value.code == code


def test_a_task_without_an_id_is_told() -> None:
    with pytest.raises(Unreachable, match="created a task without TaskId"):
        run(answering(200, b'{"Code":"0","Data":{}}'), lambda client: client.create_offline(URL))
