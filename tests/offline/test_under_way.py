"""What is being made, downloaded or uploaded while something else happens to the mock."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu, media
from mock_tingwu.core import capabilities
from tests.media_samples import write_wav
from tests.offline import tasks
from tests.realtime.helpers import info, until

VIDEO = "https://files.example.com/talk.mp4?mock.duration_ms=65000"
MEDIA = {
    "Transcoding": {
        "TargetAudioFormat": "mp3",
        "TargetVideoFormat": "mp4",
        "SpectrumEnabled": True,
        "VideoThumbnailEnabled": True,
    }
}
FILES = ["OutputMp3Path", "OutputMp4Path", "OutputSpectrumPath", "OutputThumbnailPath"]
SECONDS = 30


class Gate:
    """Holds up whoever comes, until it is opened."""

    def __init__(self) -> None:
        self.reached, self.opened = Event(), Event()

    def wait(self) -> None:
        self.reached.set()
        assert self.opened.wait(SECONDS)


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.opened.set()


@pytest.fixture
def client() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the mock makes its folders."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def hold_up_results(monkeypatch: pytest.MonkeyPatch, gate: Gate) -> None:
    build = capabilities.build

    def slowly(*arguments: Any) -> Any:
        gate.wait()
        return build(*arguments)

    monkeypatch.setattr(capabilities, "build", slowly)


def hold_up_media(monkeypatch: pytest.MonkeyPatch, gate: Gate) -> None:
    draw, tones = media.draw_slide, media.tones

    def slow_slide(*arguments: Any) -> bytes:
        gate.wait()
        return draw(*arguments)

    def slow_tones(*arguments: Any) -> Iterator[bytes]:
        for pcm in tones(*arguments):
            gate.wait()
            yield pcm

    monkeypatch.setattr(media, "draw_slide", slow_slide)
    monkeypatch.setattr(media, "tones", slow_tones)


def test_a_result_that_takes_long_keeps_nobody_waiting(
    mock: MockTingwu, monkeypatch: pytest.MonkeyPatch, gate: Gate, client: ThreadPoolExecutor
) -> None:
    data = tasks.done(mock)
    hold_up_results(monkeypatch, gate)
    download = client.submit(httpx.get, data["Result"]["Transcription"], timeout=SECONDS)
    assert gate.reached.wait(SECONDS)
    assert httpx.get(f"{mock.url}/_mock/health", timeout=SECONDS).status_code == 200
    assert not download.done()
    gate.opened.set()
    assert download.result(SECONDS).json()["Transcription"]["Paragraphs"]


def test_a_result_arrives_although_it_is_about_to_be_made_again(
    virtual_mock: MockTingwu,
    monkeypatch: pytest.MonkeyPatch,
    gate: Gate,
    client: ThreadPoolExecutor,
) -> None:
    parameters = {"SummarizationEnabled": True, "Summarization": {"Types": ["Paragraph"]}}
    task_id = tasks.create(virtual_mock, parameters=parameters)["TaskId"]
    virtual_mock.advance(60_000)
    data = tasks.finished(virtual_mock, task_id)
    hold_up_results(monkeypatch, gate)
    download = client.submit(httpx.get, data["Result"]["Summarization"], timeout=SECONDS)
    assert gate.reached.wait(SECONDS)
    other = {"SummarizationEnabled": True, "Summarization": {"Types": ["QuestionsAnswering"]}}
    assert tasks.rerun(virtual_mock, task_id, other).status_code == 200
    gate.opened.set()
    assert list(download.result(SECONDS).json()["Summarization"]) == [
        "ParagraphTitle",
        "ParagraphSummary",
    ]


@pytest.mark.parametrize("file", FILES)
def test_a_reset_while_a_file_is_imagined_leaves_no_key_and_no_folder(
    mock: MockTingwu,
    monkeypatch: pytest.MonkeyPatch,
    gate: Gate,
    client: ThreadPoolExecutor,
    temporary: Path,
    file: str,
) -> None:
    data = tasks.done(mock, VIDEO, MEDIA)
    assert httpx.get(data["OutputSpectrumPath" if "Mp3" in file else "OutputMp3Path"]).content
    hold_up_media(monkeypatch, gate)
    downloads = [client.submit(httpx.get, data[file], timeout=SECONDS) for _ in range(2)]
    assert gate.reached.wait(SECONDS)
    assert list(temporary.glob("mock-tingwu-*"))
    mock.reset()
    gate.opened.set()
    for download in downloads:
        answer = download.result(SECONDS)
        assert (answer.status_code, "<Code>NoSuchKey</Code>" in answer.text) == (404, True)
    assert list(temporary.iterdir()) == []


def test_a_reset_leaves_neither_files_nor_a_draft_in_a_folder_of_the_user_s(
    start_mock: Callable[..., MockTingwu],
    monkeypatch: pytest.MonkeyPatch,
    gate: Gate,
    client: ThreadPoolExecutor,
    tmp_path: Path,
) -> None:
    mock = start_mock(data_dir=tmp_path)
    data = tasks.done(mock, VIDEO, MEDIA)
    assert httpx.get(data["OutputSpectrumPath"]).status_code == 200
    hold_up_media(monkeypatch, gate)
    download = client.submit(httpx.get, data["OutputMp3Path"], timeout=SECONDS)
    assert gate.reached.wait(SECONDS)
    mock.reset()
    gate.opened.set()
    assert download.result(SECONDS).status_code == 404
    assert [*tmp_path.glob("*/*")] == []


def test_an_imagined_file_is_missed_when_the_folder_was_taken_away(
    mock: MockTingwu, temporary: Path
) -> None:
    data = tasks.done(mock, VIDEO, MEDIA)
    shutil.rmtree(mock._server.world.default.media_folder())
    for file in FILES:
        answer = httpx.get(data[file])
        assert (answer.status_code, "<Code>NoSuchKey</Code>" in answer.text) == (404, True)
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("own_folder", [True, False])
def test_an_upload_that_meets_a_reset_is_told_so(
    start_mock: Callable[..., MockTingwu], tmp_path: Path, own_folder: bool
) -> None:
    mock = start_mock() if own_folder else start_mock(data_dir=tmp_path)
    # Before the upload: the mock makes the folder in its own thread when it is first asked.
    folder = mock._server.world.default.media_folder() / "files"

    def body() -> Iterator[bytes]:
        yield bytes(2 << 20)
        until(lambda: any(folder.glob("upload-*")), "the beginning of the upload")
        mock.reset()
        yield bytes(2 << 20)

    answer = httpx.post(f"{mock.url}/_mock/files?name=a.mp3", content=body(), timeout=SECONDS)
    assert answer.status_code == 409
    assert answer.json() == {"error": "the mock was reset while the file came in"}
    assert httpx.get(f"{mock.url}/_mock/files").json() == {"files": []}
    assert not [path for path in tmp_path.glob("*/files/*") if path.is_file()]


@pytest.mark.parametrize("kind", ["system", "virtual"])
def test_what_was_to_happen_before_a_reset_does_not_happen_to_the_tasks_after_it(
    start_mock: Callable[..., MockTingwu], kind: str
) -> None:
    mock = start_mock(clock=kind)
    doomed = tasks.create(mock, VIDEO, TaskKey="x--mock.task_failed=TSC.FileError@300")["TaskId"]
    mock.reset()
    data = tasks.create(mock, VIDEO, MEDIA)
    assert data["TaskId"] == doomed  # ids begin anew
    if kind == "virtual":
        mock.advance(10_000)
    else:
        time.sleep(0.5)
    data = tasks.finished(mock, doomed)
    assert data["TaskStatus"] == "COMPLETED"
    assert {httpx.get(data[file]).status_code for file in FILES} == {200}


def test_a_task_that_fails_has_no_files_any_more(virtual_mock: MockTingwu, tmp_path: Path) -> None:
    recording = virtual_mock.host_file(write_wav(tmp_path / "a.wav", bytes(64_000), 16_000))
    for url in (VIDEO, recording):
        task_id = tasks.create(virtual_mock, url, MEDIA | {"SummarizationEnabled": True})["TaskId"]
        virtual_mock.advance(5)  # recognised, and no result made yet
        link = info(virtual_mock, task_id)["OutputMp3Path"]
        httpx.post(
            f"{virtual_mock.url}/_mock/tasks/{task_id}/transition",
            json={"to": "FAILED", "error_code": "TSC.FileError"},
        )
        data = info(virtual_mock, task_id)
        assert data["TaskStatus"] == "FAILED"
        assert not [name for name in data if name.startswith("Output")]
        assert httpx.get(link).status_code == 404
