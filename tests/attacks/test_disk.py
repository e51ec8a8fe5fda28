"""A disk that is full, a data directory that goes away, and links in it that lead out."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.replay.log import Log
from mock_tingwu.store.sqlite import NAME
from tests.cli.test_cli_serve import serving
from tests.conftest import RECORDING
from tests.offline import tasks
from tests.offline.helpers import Origin, Page
from tests.realtime.helpers import TASKS, create, info, pusher, until
from tests.store.helpers import Lives

Start = Callable[..., Lives]
Json = dict[str, Any]
#: A recording of two seconds that is imagined.
SHORT = f"{tasks.IMAGINED}?mock.duration_ms=2000"
MEDIA: Json = {"Transcoding": {"TargetAudioFormat": "mp3", "SpectrumEnabled": True}}
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="limits of others are Linux's")


@pytest.fixture
def lives(start_mock: Callable[..., MockTingwu], tmp_path: Path) -> Start:
    """A mock with a data directory."""
    return lambda **settings: Lives(start_mock, tmp_path, **settings)


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder that is none of the mock's business, with all files that it could write."""
    folder = tmp_path / "outside"
    (folder / "files").mkdir(parents=True)
    for name in ("audio.mp3", "audio.spectrum", "audio.spectrum.part", "source", "files/upload-1"):
        (folder / name).write_bytes(b"precious")
    return folder


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def media_folder(mock: MockTingwu) -> Path:
    return mock.call(lambda: mock._server.world.default.media_folder())


def notes(mock: MockTingwu) -> list[str]:
    return [entry["text"] for entry in mock.journal if entry["kind"] == "note"]


def meeting(mock: MockTingwu, pcm: bytes, during: Callable[[], Any] = lambda: None) -> Json:
    """A meeting with media files, from its beginning to its end; GetTaskInfo's Data."""
    task = create(mock, MEDIA)
    with pusher(task) as connection:
        connection.start()
        connection.push(pcm[:160_000])
        during()
        connection.push(pcm[160_000:320_000])
        connection.stop()
    assert connection.sentences()
    stopped = httpx.put(
        f"{mock.url}{TASKS}?type=realtime&operation=stop",
        json={"Input": {"TaskId": task["TaskId"]}},
    )
    assert stopped.status_code == 200
    until(lambda: info(mock, task["TaskId"])["TaskStatus"] == "COMPLETED", "COMPLETED")
    return info(mock, task["TaskId"])


# A full disk


@linux_only
def test_a_server_whose_disk_is_full_goes_on_and_loses_nothing(
    tmp_path: Path, recording: bytes
) -> None:
    import resource

    data = tmp_path / "data"
    flags = ("--data-dir", str(data))
    server, url = serving(tmp_path, *flags)
    with server, httpx.Client(base_url=url, timeout=20) as client:
        room = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)

        def limit(size: int) -> None:
            # Not a byte more in any file: as when the disk is full, but only for this process.
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, room[1]))

        def called(method: str, path: str, **what: Any) -> httpx.Response:
            answer = client.request(method, path, **what)
            assert answer.status_code < 500 or answer.status_code == 507, answer.text
            return answer

        def ended(task_id: str) -> Json:
            def data_of() -> Json:
                found: Json = called("GET", f"{TASKS}/{task_id}").json()["Data"]
                return found

            until(lambda: data_of()["TaskStatus"] in ("COMPLETED", "FAILED"), "the end")
            return data_of()

        limit(0)
        body = tasks.body_of(SHORT, MEDIA)
        imagined = called("PUT", f"{TASKS}?type=offline", json=body).json()["Data"]["TaskId"]
        body = {
            "AppKey": "app",
            "Input": {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16000},
            "Parameters": MEDIA,
        }
        task = called("PUT", f"{TASKS}?type=realtime", json=body).json()["Data"]
        with pusher(task) as connection:
            connection.start()
            connection.push(recording[:320_000])
            connection.stop()
        assert connection.sentences()
        stop = {"Input": {"TaskId": task["TaskId"]}}
        called("PUT", f"{TASKS}?type=realtime&operation=stop", json=stop)
        met = ended(task["TaskId"])
        assert met["TaskStatus"] == "COMPLETED" and "OutputMp3Path" not in met
        assert called("POST", "/_mock/files?name=a.wav", content=b"x" * 10**6).status_code == 507
        links = ended(imagined)
        mp3 = links["OutputMp3Path"].removeprefix(url)
        assert called("GET", mp3).status_code == 404
        assert called("GET", links["Result"]["Transcription"].removeprefix(url)).status_code == 200
        with Origin() as origin:
            body = tasks.body_of(origin.add("/a.wav", Page(RECORDING.read_bytes()[:100_000])))
            fetched = called("PUT", f"{TASKS}?type=offline", json=body).json()["Data"]["TaskId"]
            assert ended(fetched)["ErrorCode"] == "TSC.AudioFileLink"
        told = [
            entry.get("text", "") for entry in called("GET", "/_mock/journal").json()["entries"]
        ]
        for what in ("audio.mp3 cannot be written", "audio.spectrum cannot", "nothing outlives"):
            assert any(what in text for text in told), what

        limit(room[0])
        assert called("GET", mp3).status_code == 200
        assert called("POST", "/_mock/files?name=a.wav", content=b"x" * 10**6).status_code == 201
        until(lambda: "is kept again" in called("GET", "/_mock/journal").text, "the next attempt")
        before = called("GET", "/_mock/journal").json()["entries"]
        server.end(signal.SIGKILL)
    server, url = serving(tmp_path, *flags)
    with server:
        again = httpx.get(f"{url}/_mock/journal").json()["entries"]
        assert again[: len(before)] == before
        found = httpx.get(f"{url}/_mock/tasks/{task['TaskId']}").json()
        assert [sentence["text"] for sentence in found["sentences"]] == connection.sentences()
        assert len(httpx.get(f"{url}/_mock/files").json()["files"]) == 1


def test_a_recording_that_cannot_be_written_ends_and_nothing_else_does(
    monkeypatch: pytest.MonkeyPatch, start_mock: Callable[..., MockTingwu], recording: bytes
) -> None:
    def full() -> IO[bytes]:
        return Path("/dev/full").open("r+b", buffering=0)

    monkeypatch.setattr(Log, "_new_spool", staticmethod(full))
    mock = start_mock(record="on")
    task = create(mock)
    with pusher(task) as connection:
        connection.start()
        connection.push(recording[:320_000])
        connection.stop()
    assert connection.sentences()
    log = mock.call(lambda: mock._server.recorder.log if mock._server.recorder else None)
    assert log is not None and log.cut is not None
    assert log.cut.startswith("the recording cannot be written (No space left on device)")


# A folder that goes away


def test_a_data_directory_that_was_removed_is_made_again(lives: Start, recording: bytes) -> None:
    life = lives()
    first = tasks.done(life.mock, SHORT, MEDIA)
    httpx.post(f"{life.mock.url}/_mock/files?name=a.wav", content=b"abc")
    shutil.rmtree(life.data)
    met = meeting(life.mock, recording)
    until(lambda: "is kept again" in "".join(notes(life.mock)), "the next attempt")
    assert any(f"no longer holds the {NAME} that was there" in note for note in notes(life.mock))
    assert httpx.get(met["OutputMp3Path"]).status_code == 200
    mock = life.kill()
    assert info(mock, first["TaskId"])["TaskStatus"] == "COMPLETED"
    assert httpx.get(info(mock, met["TaskId"])["OutputMp3Path"]).status_code == 200


def test_another_database_in_its_place_is_left_alone(lives: Start) -> None:
    life = lives()
    path = life.data / NAME
    for name in (NAME, f"{NAME}-wal"):
        (life.data / name).unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE mine (a)")
    connection.commit()
    for _ in "123":
        tasks.done(life.mock, SHORT)
        life.mock.call(lambda: setattr(life.mock._server.world._store, "_retry_at", 0.0))
    life.mock.close()
    assert [*connection.execute("SELECT name FROM sqlite_master")] == [("mine",)]
    assert (life.data / f"{NAME}-wal").exists()
    connection.close()


def test_a_file_in_the_place_of_the_data_directory_stops_nothing(
    lives: Start, recording: bytes
) -> None:
    life = lives()
    shutil.rmtree(life.data)
    life.data.write_bytes(b"")
    met = meeting(life.mock, recording)
    assert "OutputMp3Path" not in met
    for _ in "12":
        answer = httpx.post(f"{life.mock.url}/_mock/files?name=a.wav", content=b"abc")
        assert answer.status_code == 507
        tasks.done(life.mock, SHORT)
        assert httpx.post(f"{life.mock.url}/_mock/reset").status_code == 200
        assert httpx.post(f"{life.mock.url}/_mock/scopes", json={"name": "x"}).is_success
        assert httpx.delete(f"{life.mock.url}/_mock/scopes/x").is_success
    life.data.unlink()
    task = tasks.done(life.mock, SHORT)
    until(lambda: "is kept again" in "".join(notes(life.mock)), "the next attempt")
    assert info(life.kill(), task["TaskId"])["TaskStatus"] == "COMPLETED"


# Links


def test_links_that_wait_for_an_upload_are_not_followed(lives: Start, outside: Path) -> None:
    life = lives()
    before = content(outside)
    files = media_folder(life.mock) / "files"
    files.mkdir()
    for number in range(1, 5):
        (files / f"upload-{number}").symlink_to(outside / "files" / "upload-1")
    url = httpx.post(f"{life.mock.url}/_mock/files?name=a.wav", content=b"abc").json()["url"]
    assert httpx.get(url).content == b"abc"
    assert content(outside) == before


def test_links_that_wait_for_a_task_are_not_followed(
    lives: Start, start_mock: Callable[..., MockTingwu], outside: Path, recording: bytes
) -> None:
    with Origin() as origin:
        url = origin.add("/a.wav", Page(RECORDING.read_bytes()[:100_000]))
        # The same seed and requests make the same ids.
        other = start_mock()
        ids = [tasks.create(other, url, MEDIA)["TaskId"], create(other, MEDIA)["TaskId"]]
        life = lives()
        for task_id in ids:
            folder = media_folder(life.mock) / task_id
            folder.mkdir()
            for name in ("audio.mp3", "audio.spectrum", "audio.spectrum.part", "source"):
                (folder / name).symlink_to(outside / name)
        before = content(outside)
        done = tasks.done(life.mock, url, MEDIA)
        met = meeting(life.mock, recording)
    assert [done["TaskId"], met["TaskId"]] == ids
    assert httpx.get(done["OutputMp3Path"]).status_code == 200
    life.restart()
    life.mock.close()
    assert content(outside) == before


@pytest.mark.parametrize("where", ["scope", "task", "files"])
def test_links_put_there_while_a_meeting_goes_on_are_not_followed(
    lives: Start, outside: Path, recording: bytes, where: str
) -> None:
    life = lives()
    before = content(outside)
    moved = outside.parent / "moved"

    def put() -> None:
        scope = media_folder(life.mock)
        (folder,) = (path for path in scope.iterdir() if path.is_dir())
        if where == "files":
            for name in ("audio.mp3", "audio.spectrum"):
                (folder / name).unlink(missing_ok=True)
                (folder / name).symlink_to(outside / name)
            return
        if where == "scope":
            (outside / folder.name).mkdir()
            for name in ("audio.mp3", "audio.spectrum"):
                (outside / folder.name / name).write_bytes(b"precious")
            before.update(content(outside))
        place = scope if where == "scope" else folder
        place.rename(moved)
        place.symlink_to(outside)

    met = meeting(life.mock, recording, put)
    for path in ("OutputMp3Path", "OutputSpectrumPath"):
        if path in met:
            answer = httpx.get(met[path])
            assert answer.status_code == 404 or answer.content != b"precious"
    answer = httpx.post(f"{life.mock.url}/_mock/files?name=a.wav", content=b"abc")
    assert answer.status_code == (507 if where == "scope" else 201)
    done = tasks.done(life.mock, SHORT, MEDIA)
    assert httpx.get(done["OutputSpectrumPath"]).status_code == (404 if where == "scope" else 200)
    assert httpx.post(f"{life.mock.url}/_mock/reset").status_code == 200
    assert content(outside) == before


def test_a_link_in_the_place_of_what_is_half_made_is_not_followed(
    lives: Start, outside: Path
) -> None:
    life = lives()
    before = content(outside)
    done = tasks.done(life.mock, SHORT, MEDIA)
    folder = media_folder(life.mock) / done["TaskId"]
    folder.mkdir(exist_ok=True)
    for suffix in ("mp3", "spectrum"):
        (folder / f"draft.{suffix}").symlink_to(outside / f"audio.{suffix}")
    for path in ("OutputMp3Path", "OutputSpectrumPath"):
        assert httpx.get(done[path]).status_code == 200
    assert content(outside) == before
