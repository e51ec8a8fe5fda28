"""A data directory that cannot be used is refused in one sentence; one that fails is lived with."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import msgspec
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.settings import SettingsError
from mock_tingwu.store.batch import StoreError
from mock_tingwu.store.sqlite import NAME, SqliteDatabase
from tests.cli.commands import run
from tests.cli.test_cli_serve import serving
from tests.offline import tasks
from tests.realtime.helpers import create, pusher, until
from tests.store.helpers import Lives

Start = Callable[..., Lives]


def refusal(folder: Path) -> str:
    """What `serve` says of a data directory that it does not take."""
    result = run("serve", "--port", "0", "--data-dir", str(folder), folder=folder.parent)
    assert (result.returncode, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"mock-tingwu serve: --data-dir is {str(folder)!r}, which ")
    return line.partition(", which ")[2]


def test_a_second_server_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    server, url = serving(tmp_path, "--data-dir", str(folder))
    with server:
        assert refusal(folder) == "is used by another mock-tingwu"
        assert httpx.get(f"{url}/_mock/health").is_success
        server.end(signal.SIGKILL)
    again, url = serving(tmp_path, "--data-dir", str(folder))
    with again:
        assert httpx.get(f"{url}/_mock/health").is_success


def test_a_second_mock_in_the_same_process_is_refused_and_takes_nothing_away(
    lives: Start, tmp_path: Path
) -> None:
    life = lives()
    for _ in "12":
        with pytest.raises(SettingsError, match="is used by another mock-tingwu"):
            MockTingwu(data_dir=life.data).start()
    assert refusal(life.data) == "is used by another mock-tingwu"
    life.restart()


def _made(folder: Path) -> Path:
    """A folder that a mock has used, and its database."""
    with MockTingwu(data_dir=folder) as mock:
        tasks.done(mock)
    return folder / NAME


def test_another_format_is_refused(tmp_path: Path) -> None:
    path = _made(tmp_path / "data")
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 7")
    connection.close()
    said = refusal(path.parent)
    assert said.startswith("was written by another version of mock-tingwu: its format is 7")


def test_the_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / NAME
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE mine (a)")
    connection.close()
    before = path.read_bytes()
    assert refusal(path.parent) == f"holds a {NAME} that another program has made"
    assert path.read_bytes() == before


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data" / NAME
    path.parent.mkdir()
    path.write_bytes(b"nothing like it" * 1_000)
    assert refusal(path.parent).startswith(f"holds a {NAME} that is damaged")


@pytest.mark.parametrize("where", ["pages", "record", "sentence", "scripts"])
def test_what_is_damaged_is_refused_and_left_alone(tmp_path: Path, where: str) -> None:
    path = _made(tmp_path / "data")
    if where == "pages":
        content = bytearray(path.read_bytes())
        content[8_192:] = os.urandom(len(content) - 8_192)
        path.write_bytes(content)
    else:
        statements = {
            "record": "UPDATE item SET data = x'c1' WHERE kind = 'state'",
            "sentence": "DELETE FROM sentence WHERE number = 0",
            "scripts": "DELETE FROM item WHERE kind = 'script'",
        }
        with sqlite3.connect(path) as connection:
            assert connection.execute(statements[where]).rowcount
        connection.close()
    before = path.read_bytes()
    assert "damaged" in refusal(path.parent)
    header = 100  # counts transactions
    assert path.read_bytes()[header:] == before[header:]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_database_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    path = _made(tmp_path / "data")
    path.chmod(0o400)
    assert refusal(path.parent).startswith("cannot be written: ")


def test_a_folder_in_the_place_of_the_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data" / NAME).mkdir(parents=True)
    assert refusal(tmp_path / "data").startswith("cannot be written: ")


def test_another_seed_is_refused(tmp_path: Path) -> None:
    _made(tmp_path / "data")
    with pytest.raises(SettingsError, match=r"was begun with seed 0, expected that and not 7"):
        MockTingwu(data_dir=tmp_path / "data", seed=7).start()


def test_nobody_else_can_read_the_database(tmp_path: Path) -> None:
    assert _made(tmp_path / "data").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["", ".", "..", "/", "x/../.."])
def test_a_folder_that_a_reset_must_not_remove_is_none(tmp_path: Path, name: str) -> None:
    path = _made(tmp_path / "data")
    with sqlite3.connect(path) as connection:
        (data,) = connection.execute("SELECT data FROM scope").fetchone()
        record = msgspec.msgpack.decode(data) | {"folder": name}
        connection.execute("UPDATE scope SET data = ?", (msgspec.msgpack.encode(record),))
    connection.close()
    assert "damaged" in refusal(path.parent)


# Symbolic links


@pytest.mark.parametrize("name", [NAME, f"{NAME}-wal"])
def test_a_link_in_the_place_of_the_database_is_refused(tmp_path: Path, name: str) -> None:
    folder, outside = tmp_path / "data", tmp_path / "outside"
    folder.mkdir()
    outside.write_bytes(b"")
    (folder / name).symlink_to(outside)
    assert refusal(folder) == f"holds a {name} that is a symbolic link"
    assert outside.read_bytes() == b""


def test_a_link_in_the_place_of_the_media_folder_is_refused(tmp_path: Path) -> None:
    folder = _made(tmp_path / "data").parent
    (media,) = (path for path in folder.iterdir() if path.is_dir())
    media.rename(tmp_path / "elsewhere")
    media.symlink_to(tmp_path / "elsewhere")
    assert "symbolic link" in refusal(folder)


def test_links_within_the_folder_lead_nowhere(lives: Start, tmp_path: Path) -> None:
    life = lives()
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    url = httpx.post(f"{life.mock.url}/_mock/files?name=a.wav", content=b"abc").json()["url"]
    data = tasks.done(life.mock, parameters={"Transcoding": {"SpectrumEnabled": True}})
    httpx.get(data["OutputSpectrumPath"])
    for path in (*life.data.glob("*/files/*"), *life.data.glob("*/*/audio.spectrum")):
        path.unlink()
        path.symlink_to(secret)
    for _ in "12":
        for link in (url, data["OutputSpectrumPath"]):
            assert httpx.get(link).status_code == 404
        life.restart()
    assert secret.read_bytes() == b"secret"
    (folder,) = life.data.glob("*/files")
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    folder.symlink_to(tmp_path)
    answer = httpx.post(f"{life.mock.url}/_mock/files?name=b.wav", content=b"abc")
    assert answer.status_code == 507 and "symbolic link" in answer.json()["error"]


# While it runs


def test_a_full_disk_stops_nothing_and_what_happened_is_kept_when_there_is_room_again(
    lives: Start, recording: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    life = lives()
    store = life.mock._server.world._store
    assert store is not None
    database = store._database
    assert isinstance(database, SqliteDatabase)
    execute = database._connection.execute

    def limit(pages: int) -> None:
        life.mock.call(lambda: execute(f"PRAGMA max_page_count = {pages}").fetchall())

    limit(1)
    task = create(life.mock)
    with pusher(task) as connection:
        connection.start()
        connection.push(recording[:320_000])
        connection.stop()
    assert connection.sentences()

    def notes() -> list[str]:
        return [e["text"] for e in life.mock.journal if e["service"] == "store"]

    (note,) = notes()
    assert note.startswith("from now on nothing outlives the process: --data-dir cannot be written")
    assert "full" in note
    limit(10**6)
    until(lambda: "kept again" in notes()[-1], "the next attempt")
    mock = life.kill()
    found = httpx.get(f"{mock.url}/_mock/tasks/{task['TaskId']}").json()
    assert [sentence["text"] for sentence in found["sentences"]] == connection.sentences()
    assert len(mock.journal) == mock.journal[-1]["seq"]
    assert sum("outlives the process" in message for message in caplog.messages) == 1


def test_a_reset_on_a_full_disk_brings_nothing_back(
    lives: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = lives()
    tasks.done(life.mock)

    def full(*arguments: object) -> None:
        raise StoreError("cannot be written: database or disk is full")

    monkeypatch.setattr(SqliteDatabase, "write", full)
    for _ in "12":
        httpx.post(f"{life.mock.url}/_mock/reset")
        assert httpx.get(f"{life.mock.url}/_mock/tasks").json() == {"tasks": []}
    monkeypatch.undo()
    task = tasks.done(life.mock)
    until(lambda: "kept again" in str(life.mock.journal), "the next attempt")
    found = httpx.get(f"{life.kill().url}/_mock/tasks").json()["tasks"]
    assert [one["task_id"] for one in found] == [task["TaskId"]]


def test_audio_in_which_nothing_is_said_counts_after_a_kill(lives: Start) -> None:
    life = lives()
    task = create(life.mock)
    url = f"{life.mock.url}/_mock/tasks/{task['TaskId']}"
    with pusher(task) as connection:
        connection.start()
        connection.push(bytes(320_000))
        until(lambda: httpx.get(url).json()["audio_ms"] == 10_000, "the audio")
        mock = life.kill()
    assert httpx.get(f"{mock.url}/_mock/tasks/{task['TaskId']}").json()["audio_ms"] == 10_000


def test_the_journal_on_the_disk_is_bounded_like_the_one_in_memory(
    lives: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mock_tingwu.core import journal

    monkeypatch.setattr(journal, "MAX_ENTRIES", 50)
    life = lives()
    with httpx.Client(base_url=life.mock.url) as client:
        for _ in range(400):
            client.get("/openapi/tingwu/v2/tasks/x")
    mock = life.kill()
    entries = mock.journal
    assert len(entries) == 50
    last = entries[-1]["seq"]
    assert last >= 800
    answer = httpx.get(f"{mock.url}/_mock/journal").json()
    assert (answer["last_seq"], answer["dropped"]) == (last, last - 50)
    connection = sqlite3.connect(life.data / NAME)
    life.mock.close()
    (count,) = connection.execute("SELECT count(*) FROM journal").fetchone()
    connection.close()
    assert count < 600


def test_nothing_is_left_running_or_locked_by_a_mock_that_could_not_start(tmp_path: Path) -> None:
    path = _made(tmp_path / "data")
    before = threading.active_count()
    with pytest.raises(SettingsError):
        MockTingwu(data_dir=path.parent, seed=1).start()
    with MockTingwu(data_dir=path.parent) as mock:
        assert len(httpx.get(f"{mock.url}/_mock/tasks").json()["tasks"]) == 1
    assert threading.active_count() == before
