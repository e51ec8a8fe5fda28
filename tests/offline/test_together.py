"""Several recordings, clocks and downloads at the same time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Lock
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu, media
from mock_tingwu.media.errors import Stop
from mock_tingwu.media.recording import Recording
from tests.media_samples import write_wav
from tests.offline import tasks
from tests.realtime.helpers import until

SECONDS = 30
AT_ONCE = 4
PROBE = media.probe


class Held:
    """A stand-in for `media.probe` that waits until it is let go or told to stop."""

    def __init__(self) -> None:
        self.inside: list[str] = []
        self.most = 0
        self.stopped = Event()
        self.go = Event()
        self._lock = Lock()

    def __call__(self, path: Path, name: str = "", *, stop: Stop) -> Recording:
        with self._lock:
            self.inside.append(name)
            self.most = max(self.most, len(self.inside))
        try:
            deadline = time.monotonic() + SECONDS
            while not self.go.wait(0.005):
                if stop():
                    self.stopped.set()
                    raise media.Stopped
                assert time.monotonic() < deadline
            return PROBE(path, name, stop=stop)
        finally:
            with self._lock:
                self.inside.remove(name)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    held = Held()
    monkeypatch.setattr(media, "probe", held)
    yield held
    held.go.set()


@pytest.fixture
def recordings(tmp_path: Path) -> list[Path]:
    """Six recordings, each another length."""
    return [
        write_wav(tmp_path / f"{number}.wav", bytes(16_000 * 2 * number), 16_000)
        for number in range(1, 7)
    ]


def test_a_thread_that_reads_for_a_task_that_has_ended_is_told_to_stop(
    mock: MockTingwu, held: Held, recordings: list[Path]
) -> None:
    task_id = tasks.create(mock, mock.host_file(recordings[0]))["TaskId"]
    until(lambda: held.inside != [], "the reader")
    answer = httpx.post(
        f"{mock.url}/_mock/tasks/{task_id}/transition",
        json={"to": "FAILED", "error_code": "TSC.AudioFormat"},
    )
    assert answer.status_code == 200
    assert held.stopped.wait(SECONDS)


def test_four_recordings_are_decoded_at_once_and_the_others_wait(
    mock: MockTingwu, held: Held, recordings: list[Path]
) -> None:
    ids = [tasks.create(mock, mock.host_file(path))["TaskId"] for path in recordings]
    until(lambda: len(held.inside) == AT_ONCE, "as many readers as there may be")
    # Whoever is let through too early is inside by the time that all tasks have begun.
    assert mock.call(lambda: len(mock._server.world.default.recordings.pending)) == len(recordings)
    held.go.set()
    assert {tasks.finished(mock, task_id)["TaskStatus"] for task_id in ids} == {"COMPLETED"}
    assert held.most == AT_ONCE


def test_on_a_virtual_clock_recordings_are_read_in_the_order_of_their_tasks(
    virtual_mock: MockTingwu, monkeypatch: pytest.MonkeyPatch, recordings: list[Path]
) -> None:
    def the_first_takes_longest(path: Path, name: str = "", *, stop: Stop) -> Recording:
        time.sleep(0.2 if name == "1.wav" else 0)
        return PROBE(path, name, stop=stop)

    monkeypatch.setattr(media, "probe", the_first_takes_longest)
    ids = [
        tasks.create(virtual_mock, virtual_mock.host_file(path))["TaskId"]
        for path in recordings[:3]
    ]
    virtual_mock.advance(10_000)
    entries = [entry for entry in virtual_mock.journal if entry["service"] == "offline"]
    order = list(dict.fromkeys(entry["task_id"] for entry in entries))
    assert order == ids
    assert [entry["task_id"] for entry in entries] == sorted(
        (entry["task_id"] for entry in entries), key=ids.index
    )


def test_two_who_move_the_clock_at_once_move_it_by_both_their_times(
    virtual_mock: MockTingwu, held: Held, recordings: list[Path]
) -> None:
    world, start = virtual_mock._server.world, virtual_mock.now()

    async def both() -> None:
        moves = asyncio.gather(world.default.advance(1_000), world.default.advance(500))
        await asyncio.sleep(0.05)
        held.go.set()
        await moves

    tasks.create(virtual_mock, virtual_mock.host_file(recordings[0]))
    until(lambda: held.inside != [], "the reader")
    virtual_mock._run(both())
    assert virtual_mock.now() - start == 1_500


def test_two_downloads_of_an_imagined_file_make_it_once_and_see_all_of_it(
    start_mock: Callable[..., MockTingwu], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mock = start_mock(data_dir=tmp_path)
    made, reached, go = 0, Event(), Event()
    tones = media.tones

    def slow_tones(*arguments: Any) -> Iterator[bytes]:
        nonlocal made
        made += 1
        for pcm in tones(*arguments):
            yield pcm
            reached.set()
            assert go.wait(SECONDS)

    monkeypatch.setattr(media, "tones", slow_tones)
    url = "https://files.example.com/a.mp3?mock.duration_ms=30000"
    data = tasks.done(mock, url, {"Transcoding": {"TargetAudioFormat": "mp3"}})
    with ThreadPoolExecutor(2) as pool:
        downloads = [pool.submit(httpx.get, data["OutputMp3Path"], timeout=SECONDS) for _ in "12"]
        assert reached.wait(SECONDS)
        (half,) = tmp_path.glob("*/*/*")
        go.set()
        bodies = [download.result(SECONDS).content for download in downloads]
    (whole,) = tmp_path.glob("*/*/*")
    assert made == 1
    assert whole != half and bodies == [whole.read_bytes()] * 2


def test_many_who_download_what_is_imagined_keep_nobody_else_waiting(
    mock: MockTingwu, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, begun = Event(), 0
    tones = media.tones

    def slow_tones(*arguments: Any) -> Iterator[bytes]:
        nonlocal begun
        begun += 1
        assert go.wait(SECONDS)
        yield from tones(*arguments)

    monkeypatch.setattr(media, "tones", slow_tones)
    mp3 = {"Transcoding": {"TargetAudioFormat": "mp3"}}
    made = [
        tasks.done(mock, f"https://files.example.com/{n}.mp3?mock.duration_ms=1000", mp3)
        for n in range(4 * AT_ONCE)
    ]
    with ThreadPoolExecutor(len(made)) as pool:
        links = [data["OutputMp3Path"] for data in made]
        downloads = [pool.submit(httpx.get, link, timeout=SECONDS) for link in links]
        until(lambda: begun == AT_ONCE, "as many as are made at once")
        answer = httpx.get(made[0]["Result"]["Transcription"], timeout=SECONDS)
        assert answer.json()["Transcription"]["Paragraphs"]
        upload = httpx.post(f"{mock.url}/_mock/files?name=a.mp3", content=b"abc", timeout=SECONDS)
        assert upload.status_code == 201
        assert begun == AT_ONCE
        go.set()
        assert {download.result(SECONDS).status_code for download in downloads} == {200}
