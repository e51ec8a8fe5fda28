"""What is in a bundle and what is not, what is found in it, and what is no bundle."""

from __future__ import annotations

import hashlib
import json
import signal
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.cli import main
from mock_tingwu.replay import player, write_bundle
from mock_tingwu.replay.bundle import ABOUT, LOG, Bundle, BundleError
from mock_tingwu.replay.disguise import Disguise
from mock_tingwu.replay.log import Log
from mock_tingwu.replay.player import replay
from mock_tingwu.settings import Settings, SettingsError
from tests.cli.commands import Running, run
from tests.realtime.helpers import TASKS, create, pusher, stop
from tests.replay.conftest import Replayed
from tests.wire import test_secrets as secrets
from tests.wire.helpers.signed import acs3, roa, send, signed

Start = Callable[..., MockTingwu]
Records = list[dict[str, Any]]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has not come soon does not come: nothing is read from files here."""
    monkeypatch.setattr(player, "_PATIENCE_S", 0.5)


@pytest.fixture
def path(start_mock: Start, recording: bytes, tmp_path: Path) -> Path:
    """A bundle of a short meeting."""
    mock = start_mock(record=True, clock="virtual", seed=3)
    task = create(mock)
    with pusher(task) as client:
        client.start()
        client.push(recording[: 16_000 * 10])
        client.stop()
    stop(mock, task["TaskId"])
    mock.advance(1_000)
    path = tmp_path / "meeting.zip"
    mock.bundle(path)
    return path


def edited(
    path: Path,
    records: Callable[[Records], Records] | None = None,
    about: dict[str, Any] | None = None,
    contents: dict[str, bytes] | None = None,
    *,
    sums: bool = True,
) -> Path:
    """The bundle, changed, with right ``sums`` unless told otherwise."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    if records is not None:
        lines = records([json.loads(line) for line in files[LOG].splitlines()])
        files[LOG] = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    files |= contents or {}
    told = json.loads(files[ABOUT]) | (about or {})
    if sums:
        told["sums"] = {
            name: hashlib.sha256(content).hexdigest()
            for name, content in files.items()
            if name != ABOUT
        }
    files[ABOUT] = json.dumps(told).encode()
    changed = path.with_name("changed.zip")
    with zipfile.ZipFile(changed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return changed


# What is found


def test_another_seed_is_found_at_the_first_id(path: Path) -> None:
    settings = dict(Bundle.read(path).settings)
    changed = edited(path, about={"settings": settings | {"seed": 4}})
    found = replay(Bundle.read(changed)).difference
    assert found is not None
    assert "request_id" in found.what
    assert found.recorded is not None
    assert found.replayed is not None
    assert found.recorded["entry"]["request_id"] != found.replayed["entry"]["request_id"]


@pytest.mark.usefixtures("impatient")
def test_a_frame_that_is_missing_is_found(path: Path) -> None:
    def without(records: Records) -> Records:
        frames = [record for record in records if record.get("in") == "frame"]
        return [record for record in records if record is not frames[20]]

    found = replay(Bundle.read(edited(path, without))).difference
    assert found is not None
    assert found.after is not None


@pytest.mark.usefixtures("impatient")
def test_a_request_that_is_missing_is_found(path: Path) -> None:
    def without(records: Records) -> Records:
        gone = next(r["seq"] for r in records if "operation=stop" in r.get("target", ""))
        return [r for r in records if r["seq"] != gone and r.get("of") != gone]

    found = replay(Bundle.read(edited(path, without))).difference
    assert found is not None
    assert found.seq > 1


def test_an_answer_that_was_changed_is_found(path: Path) -> None:
    def other(records: Records) -> Records:
        event = next(record for record in records if record.get("out") == "event")
        event["sum"] = "0" * 64
        return records

    found = replay(Bundle.read(edited(path, other))).difference
    assert found is not None
    assert "differs in sum" in found.what


def test_a_later_time_is_found(path: Path) -> None:
    started = Bundle.read(path).started
    found = replay(Bundle.read(edited(path, about={"started": started + 1}))).difference
    assert found is not None
    assert "at" in found.what


def test_a_replay_may_end_before_the_recording_does(path: Path) -> None:
    records = Bundle.read(path).records
    outcomes = replay(Bundle.read(path), until=records[10]["seq"])
    assert outcomes.records == 11
    assert outcomes.difference is None


# What is no bundle


def test_what_was_changed_without_its_sum_is_no_bundle(path: Path) -> None:
    frames = next(name for name in Bundle.read(path)._contents if name.startswith("frames/"))
    changed = edited(path, contents={frames: b"x" * 3_200}, sums=False)
    with pytest.raises(BundleError, match=f"{frames} is not what was recorded"):
        Bundle.read(changed)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no file"),
        (b"", "is no bundle: it is no zip"),
        (b"hello, this is a text", "is no bundle: it is no zip"),
        (b"PK\x03\x04 and no more", "is truncated"),
    ],
)
def test_other_files_are_told_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, said: str
) -> None:
    path = tmp_path / "bundle.zip"
    if content is not None:
        path.write_bytes(content)
    assert main(["replay", str(path)]) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert told.err.count("\n") == 1
    assert not told.out


def test_half_a_bundle_another_zip_and_another_version_are_told(path: Path, tmp_path: Path) -> None:
    half = tmp_path / "half.zip"
    half.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(BundleError, match="is truncated"):
        Bundle.read(half)
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("a.txt", "a")
    with pytest.raises(BundleError, match=r"there is no bundle\.json in it"):
        Bundle.read(other)
    with pytest.raises(BundleError, match="of version 99; this mock-tingwu reads version 1"):
        Bundle.read(edited(path, about={"version": 99}))
    with pytest.raises(BundleError, match=r"damaged: log\.jsonl is no JSON"):
        Bundle.read(edited(path, contents={LOG: b"{\n"}))
    with pytest.raises(BundleError, match="settings that cannot be: clock"):
        replay(Bundle.read(edited(path, about={"settings": {"clock": "sun"}})))
    with pytest.raises(BundleError, match="of a kind that is not known: dream"):
        replay(Bundle.read(edited(path, lambda records: [{"seq": 1, "in": "dream"}])))


# Secrets


@pytest.mark.parametrize("auth", ["open", "verify"])
def test_no_secret_that_was_configured_or_sent_is_in_a_bundle(
    start_mock: Start, replayed: Replayed, tmp_path: Path, auth: str
) -> None:
    planted = "http://127.0.0.1:1/hook?access_token=PLANTEDcallback0123456789"
    mock = start_mock(
        record=True, auth=auth, fetch="never", callbacks={"app": planted}, **secrets.SETTINGS
    )
    key, secret, token, bearer = secrets.KEY, secrets.SECRET, secrets.TOKEN, secrets.BEARER
    send(mock, signed(roa(), secret, key))
    send(mock, signed(acs3(), secret, key))
    send(mock, signed(acs3(x_acs_security_token=token), secret + "2", "STS.mine"))
    send(mock, signed(acs3(x_acs_security_token=secret), secret, "wrong"))
    send(mock, signed(roa(x_acs_accesskey_id=secret), "PLANTEDwrong", key))
    headers = {"x-acs-signature-type": "BEARERTOKEN", "x-acs-bearer-token": bearer}
    right = {**headers, "x-acs-version": "2023-09-30"}
    body: dict[str, Any] = {
        "AppKey": "a",
        "Input": {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000},
    }
    answer = httpx.put(f"{mock.url}{TASKS}?type=realtime", json=body, headers=right)
    task = answer.json()["Data"]
    for link in secrets.LINKS:
        source = {"SourceLanguage": "cn", "FileUrl": link, "TaskKey": f"x {secret}"}
        body = {"AppKey": "a", "Input": source}
        httpx.put(f"{mock.url}{TASKS}?type=offline", json=body, headers=right)
    for name in (bearer, "sk-PLANTED0123456789abcdef0123", "PLANTEDkey"):
        given = {"Authorization": f"Bearer {name}", "Cookie": "session=PLANTEDcookie"}
        httpx.post(f"{mock.url}/api/v1/tokens", headers=given)
    with pusher(task) as client:
        client.start({"token": "PLANTEDpayload", "note": secret})
        client.stop()
    stop_body = {"Input": {"TaskId": task["TaskId"]}}
    stop_url = f"{mock.url}{TASKS}?type=realtime&operation=stop"
    assert httpx.put(stop_url, json=stop_body, headers=right).status_code == 200
    mock.wait_for(task_id=task["TaskId"], status="COMPLETED")
    link = httpx.get(f"{mock.url}{TASKS}/{task['TaskId']}", headers=right).json()["Data"]["Result"]
    assert httpx.get(link["Transcription"]).status_code == 200

    outcomes = replayed(mock)
    assert any(entry["kind"] == "signature" for entry in outcomes.journal)
    with zipfile.ZipFile(tmp_path / "bundle.zip") as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    # The first four characters of a long one may stay.
    assert b"PLANTE" not in everything
    token_of_task = httpx.URL(task["MeetingJoinUrl"]).params["mc"]
    assert token_of_task[:8].encode() not in everything
    signature = httpx.URL(link["Transcription"]).params["Signature"]
    assert signature[:8].encode() not in everything


def test_the_same_secret_has_the_same_alias_wherever_it_stands() -> None:
    disguise = Disguise(["secret-of-mine/1"])
    alias = disguise.secret("secret-of-mine/1")
    assert len(alias) == len("secret-of-mine/1")
    texts = ["secret-of-mine/1", "secret-of-mine%2F1", r"secret-of-mine\/1"]
    assert {disguise.hidden(text) for text in texts} == {alias}
    assert disguise.hidden(f"?token={alias}") == f"?token={alias}"
    one = disguise.hidden("?Signature=abcdefghijklmnop&x=1")
    assert one.startswith("?Signature=abcd")
    assert one.endswith("&x=1")
    assert len(one) == len("?Signature=abcdefghijklmnop&x=1")
    assert disguise.hidden("?Signature=abcdefghijklmnop&x=1") == one
    assert disguise.hidden("?Signature=abcdefghijklmnoq&x=1") != one


def test_the_key_of_a_scope_leads_to_it_although_it_is_hidden(
    start_mock: Start, replayed: Replayed
) -> None:
    mock = start_mock(record=True)
    key = "sk-0123456789abcdef0123456789abcdef"
    with mock.scope("mine", [key, "short"]) as scope:
        for sent in (key, "short"):
            httpx.post(f"{mock.url}/api/v1/tokens", headers={"Authorization": f"Bearer {sent}"})
        assert len(scope.journal) == 4
        outcomes = replayed(mock)
    assert {entry["scope"] for entry in outcomes.journal} == {"mine"}


# Bounds


def test_a_recording_that_gets_too_long_ends_and_says_so(tmp_path: Path) -> None:
    log = Log(max_bytes=1_000)
    numbers = [log.add({"in": "frame"}, "frames/1.bin", b"x" * 100) for _ in range(20)]
    assert numbers == list(range(1, 21))
    assert log.cut is not None
    mark = log.mark()
    kept = len(log.lines(mark).splitlines())
    assert 5 < kept < 10
    assert f"nothing is in it from record {kept + 1} on" in log.cut
    ((_, pieces),) = log.contents(mark)
    assert b"".join(pieces) == b"x" * 100 * kept


def test_what_is_long_is_kept_in_a_file_and_read_back_in_pieces() -> None:
    log = Log()
    for number in range(40):
        log.add({"in": "frame"}, f"frames/{number % 2}.bin", bytes([number]) * 200_000)
    contents = {name: b"".join(pieces) for name, pieces in log.contents(log.mark())}
    for odd in (0, 1):
        expected = b"".join(bytes([n]) * 200_000 for n in range(odd, 40, 2))
        assert contents[f"frames/{odd}.bin"] == expected


def test_a_bundle_of_a_recording_that_was_cut_replays_what_there_is(
    start_mock: Start,
    recording: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("mock_tingwu.replay.log.MAX_BYTES", 100_000)
    mock = start_mock(record=True)
    with pusher(create(mock)) as client:
        client.start()
        client.push(recording[:300_000])
        client.stop()
    path = tmp_path / "cut.zip"
    mock.bundle(path)
    assert main(["replay", str(path)]) == 0
    assert "the recording got longer than 100000 bytes" in capsys.readouterr().out


# How it is made


def test_nothing_is_recorded_unless_it_is_asked_for(mock: MockTingwu, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="record=True"):
        mock.bundle(tmp_path / "bundle.zip")
    with pytest.raises(SettingsError, match=r"record is .*, expected off, on or a file"):
        Settings.of({"record": tmp_path / "nowhere" / "bundle.zip"})


def test_a_bundle_has_the_same_bytes_every_time_and_can_be_written_after_the_end(
    tmp_path: Path,
) -> None:
    with MockTingwu(record=True) as mock:
        create(mock)
        mock.bundle(tmp_path / "one.zip")
    mock.bundle(tmp_path / "other.zip")
    one, other = Bundle.read(tmp_path / "one.zip"), Bundle.read(tmp_path / "other.zip")
    assert other.records[: len(one.records)] == one.records
    mock.bundle(tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == (tmp_path / "other.zip").read_bytes()


@pytest.mark.usefixtures("impatient")
def test_what_a_program_does_by_itself_is_told(
    start_mock: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mock = start_mock(record=True)
    journal = mock._server.world.default.journal
    mock.call(lambda: journal.record("note", "core", text="by hand"))
    path = tmp_path / "bundle.zip"
    mock.bundle(path)
    assert main(["replay", str(path)]) == 1
    told = capsys.readouterr().out
    assert "a Python program did something to the mock that a bundle cannot hold" in told


def test_the_command_to_replay_is_told(start_mock: Start, tmp_path: Path) -> None:
    mock = start_mock(record=True)
    path = tmp_path / "a b.zip"
    assert write_bundle(mock, path) == f"mock-tingwu replay '{path}'"
    assert path.is_file()


def test_the_command_prints_the_journal_or_all_as_json(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", str(path), "--journal"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert json.loads(lines[0])["kind"] == "request"
    assert lines[-1].startswith("the same: ")
    assert main(["replay", str(path), "--json", "--until", "20"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["same"]
    assert told["records"] == 20
    assert told["remarks"] == [f"20 of {told['of']} records replayed"]
    changed = edited(path, about={"settings": {**Bundle.read(path).settings, "seed": 4}})
    assert main(["replay", str(changed)]) == 1
    told_lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("different at ") for line in told_lines)
    assert [line.split(":")[0].strip() for line in told_lines[-2:]] == ["recorded", "replayed"]


def test_serve_writes_a_bundle_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "served.zip"
    with Running(["serve", "--port", "0", "--record", str(path)]) as server:
        url = server.line().split()[-1]
        body = {
            "AppKey": "a",
            "Input": {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000},
        }
        assert httpx.put(f"{url}{TASKS}?type=realtime", json=body).status_code == 200
        assert server.end(signal.SIGINT)[0] == 0
    told = run("replay", str(path))
    assert told.returncode == 0, told
    assert told.stdout.startswith("the same: ")
