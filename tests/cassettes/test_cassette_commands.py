"""The commands record and replay, with programs, files and exit codes."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mock_tingwu import MockTingwu, cassettes
from mock_tingwu.cassettes import Cassette, CassetteError, CassetteWriter, HttpAnswer, HttpRequest
from mock_tingwu.cli import main
from tests.cassettes.deviant import Answer, deviating
from tests.client.test_client_package import imported
from tests.realtime.helpers import PATIENCE

#: A program that knows of nothing but its environment and its arguments.
PROGRAM = """
import os, sys, urllib.request
print(sys.argv[1])
path = "/openapi/tingwu/v2/tasks/0123456789abcdef0123456789abcdef"
assert os.environ["MOCK_TINGWU_URL"] == sys.argv[1]
assert "ALIBABA_CLOUD_SECURITY_TOKEN" not in os.environ
call = urllib.request.Request(sys.argv[1] + path, headers={"Accept": sys.argv[3]})
print(urllib.request.urlopen(call).read().decode())
sys.exit(int(sys.argv[2]))
"""


@pytest.fixture
def here(mock: MockTingwu, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder, with a mock that commands find."""
    monkeypatch.setenv("MOCK_TINGWU_URL", mock.url)
    monkeypatch.setenv("ALIBABA_CLOUD_SECURITY_TOKEN", "a-token-of-the-cloud")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def recorded(code: int = 0, accepts: str = "application/json") -> int:
    return main(["record", "--", sys.executable, "-c", PROGRAM, "{url}", str(code), accepts])


def told(capfd: pytest.CaptureFixture[str]) -> str:
    """What stderr was told, without the name of the command."""
    return capfd.readouterr().err.strip().partition(": ")[2]


def test_a_program_is_recorded_and_replayed(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert recorded() == 0
    out, err = capfd.readouterr()
    assert '"TaskStatus":"INVALID"' in out
    assert err == "mock-tingwu record: 1 record in cassette.jsonl\n"
    cassette = Cassette.read(here / "cassette.jsonl")
    assert (cassette.target, cassette.records[0]["call"]) == ("mock", "GetTaskInfo")
    assert main(["replay", "cassette.jsonl"]) == 0
    assert "1 played, 2 compared: 0 critical, 0 warning, 0 info" in capfd.readouterr().out


def test_what_a_program_accepts_is_its_own_affair(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert recorded(accepts="application/xml") == 0
    assert "<TaskStatus>INVALID</TaskStatus>" in capfd.readouterr().out


def test_its_exit_code_is_the_program_s(here: Path) -> None:
    assert recorded(7) == 7
    assert len(Cassette.read(here / "cassette.jsonl").records) == 1


def test_a_program_that_calls_nobody_is_red(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["record", "--out", "c.jsonl", "--", sys.executable, "-c", ""]) == 1
    assert told(capfd).startswith("nothing was recorded: the program made no call to http://")
    assert not (here / "c.jsonl").exists()


def test_a_target_that_does_not_answer_is_named(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    calls = "import urllib.request; urllib.request.urlopen('{url}/openapi/tingwu/v2/tasks/x')"
    target = ("--target", "http://127.0.0.1:9")
    assert main(["record", *target, "--", sys.executable, "-c", calls]) == 1
    assert "nothing was recorded: 127.0.0.1:9 does not answer: " in capfd.readouterr().err


def test_a_cassette_that_replays_nothing_is_red(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert recorded() == 0
    head = (here / "cassette.jsonl").read_text("utf-8").splitlines()[0]
    (here / "empty.jsonl").write_text(head + "\n", "utf-8")
    assert main(["replay", "empty.jsonl"]) == 1
    assert "nothing was played" in capfd.readouterr().out


@pytest.mark.usefixtures("here")
def test_when_the_disk_is_full_the_program_goes_on_and_record_says_so(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_line = CassetteWriter._line

    def full_after_the_first(self: CassetteWriter, record: Mapping[str, Any]) -> None:
        if self.records:
            raise OSError(errno.ENOSPC, "No space left on device")
        write_line(self, record)

    monkeypatch.setattr(CassetteWriter, "_line", full_after_the_first)
    program = PROGRAM.replace("print(urllib", "for _ in range(3): print(urllib")
    command = ["record", "--", sys.executable, "-c", program, "{url}", "0", "application/json"]
    assert main(command) == 2
    captured = capfd.readouterr()
    assert captured.out.count('"TaskId"') == 3
    assert captured.err == (
        "mock-tingwu record: --out cassette.jsonl cannot be written: No space left on device\n"
    )


def test_whoever_ends_it_ends_the_program(here: Path) -> None:
    program = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    command = [sys.executable, "-m", "mock_tingwu", "record", "--", sys.executable, "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        process.terminate()
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "there is no program, expected one behind --"),
        (
            ["--target", "live", "--", "true"],
            "recording with --target live creates real tasks, which cost money: add --yes to do it",
        ),
        (["--target", "nowhere", "--", "true"], "the target is 'nowhere', expected mock, live"),
        (
            ["--out", "no/c.jsonl", "--", "true"],
            "--out no/c.jsonl cannot be written: there is no folder no",
        ),
        (["--", "./no-program"], "./no-program cannot be run: No such file or directory"),
    ],
)
@pytest.mark.usefixtures("here")
def test_what_record_cannot_do_is_told_in_a_sentence(
    arguments: list[str], sentence: str, capfd: pytest.CaptureFixture[str]
) -> None:
    older = Path("cassette.jsonl")
    older.write_text("an older one")
    assert main(["record", *arguments]) == 2
    assert told(capfd).startswith(sentence)
    assert older.read_text() == "an older one"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--until", "3"], "--until is for bundles, and cassette.jsonl is a cassette"),
        (["--target", "live"], "a replay with --target live creates real tasks"),
        (["--accept", "none.yaml"], "[Errno 2] No such file"),
        (
            ["--stream-url", "rtmp://a/b"],
            "--stream-url is for cassettes of the kit, and cassette.j",
        ),
        (["--accept", "cassette.jsonl"], "cassette.jsonl has no list in it"),
    ],
)
@pytest.mark.usefixtures("here")
def test_what_replay_cannot_do_is_told_in_a_sentence(
    arguments: list[str], sentence: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with CassetteWriter(Path("cassette.jsonl")):
        pass
    assert main(["replay", "cassette.jsonl", *arguments]) == 2
    assert told(capfd).startswith(sentence)


def test_what_is_for_cassettes_is_not_for_bundles(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (here / "bundle.zip").write_bytes(b"PK")
    assert main(["replay", "bundle.zip", "--yes"]) == 2
    assert told(capfd) == "--yes is for cassettes, and bundle.zip is none"
    assert main(["replay", "bundle.zip", "--callbacks-set"]) == 2
    assert told(capfd) == "--callbacks-set is for cassettes, and bundle.zip is none"


@pytest.mark.usefixtures("here")
def test_a_target_that_is_not_there_is_no_bad_usage(capfd: pytest.CaptureFixture[str]) -> None:
    assert recorded() == 0
    capfd.readouterr()
    assert main(["replay", "cassette.jsonl", "--target", "http://127.0.0.1:9"]) == 1
    assert "recording an answer\n          replay    " in capfd.readouterr().out
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOCK_TINGWU_URL", "http://127.0.0.1:9")
        assert main(["replay", "cassette.jsonl", "--target", "mock"]) == 1
    assert "127.0.0.1:9" in told(capfd)


# What has drifted, and what is accepted


def _progress(answer: Answer) -> None:
    if "Data" in answer.body:
        answer.body["Data"]["Progress"] = 40


@pytest.fixture
def drifted(here: Path, capfd: pytest.CaptureFixture[str]) -> str:
    """A cassette with an unknown field."""
    with deviating(_progress):
        assert recorded() == 0
    capfd.readouterr()
    return "cassette.jsonl"


def test_drift_is_told_to_people(drifted: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", drifted]) == 1
    lines = capfd.readouterr().out.splitlines()
    assert lines[1:6] == [
        "warning   unknown   GetTaskInfo: Data.Progress",
        "          document  absent (documented: tingwu-openapi 1.3)",
        "          sdk       absent",
        "          recording integer   <- alone",
        "          replay    absent",
    ]
    assert lines[6] == "1 played, 2 compared: 0 critical, 1 warning, 0 info"


def test_drift_is_told_to_programs(drifted: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", drifted, "--json"]) == 1
    (found,) = json.loads(capfd.readouterr().out)["findings"]
    assert (found["kind"], found["odd"], found["severity"]) == ("unknown", "recording", "warning")


ENTRY = "- {where: GetTaskInfo, path: Data.Progress, kind: unknown, reason: announced}\n"


def test_what_is_accepted_is_no_drift(drifted: str, capfd: pytest.CaptureFixture[str]) -> None:
    Path("accept.yaml").write_text(ENTRY)
    assert main(["replay", drifted, "--accept", "accept.yaml"]) == 0
    assert "accepted  unknown   GetTaskInfo: Data.Progress  (announced)" in capfd.readouterr().out


def test_an_entry_that_excuses_nothing_fails(
    drifted: str, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("accept.yaml").write_text(ENTRY + ENTRY.replace("Progress", "Speed"))
    assert main(["replay", drifted, "--accept", "accept.yaml"]) == 1
    assert "stale     unknown   GetTaskInfo: Data.Speed" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[1]", "entry 1 of accept.yaml is 1, expected where, path, kind, reason"),
        (ENTRY.replace("path", "Path"), "entry 1 of accept.yaml has 'Path', expected where"),
        (ENTRY.replace("announced", "''"), "reason of entry 1 of accept.yaml is '', expected"),
        (ENTRY.replace("unknown", "new"), "kind of entry 1 of accept.yaml is 'new', expected"),
        ("{", "accept.yaml is no YAML"),
    ],
)
def test_a_file_of_accepted_divergences_has_to_make_sense(
    text: str, sentence: str, drifted: str, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("accept.yaml").write_text(text)
    assert main(["replay", drifted, "--accept", "accept.yaml"]) == 2
    assert told(capfd).startswith(sentence)


# Files

HEAD = '{"format": "mock-tingwu-cassette", "version": 1}'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "line 1 of F is no JSON object"),
        ("{}", "F is no cassette: its first line does not say mock-tingwu-cassette"),
        (
            '{"format": "mock-tingwu-cassette", "version": 2}',
            "F is a cassette of version 2, expected 1",
        ),
        (
            '{"format": "mock-tingwu-cassette", "version": 1}\n{"x": 1}',
            "line 2 of F is no record of a cassette",
        ),
        (HEAD + '\n{"call": "GetTaskInfo"', "F is truncated: line 2, its last, has no end"),
        (HEAD + "\n[]\n", "line 2 of F is no JSON object"),
        (
            HEAD + '\n{"call": "other", "method": "GET", "headers": {}, "status": "200"}',
            "line 2 of F is damaged: status of its call is '200', expected int",
        ),
        (
            HEAD + '\n{"received": {}, "session": 3}',
            "line 2 of F is damaged: session 3 was not opened before",
        ),
    ],
)
def test_a_file_that_is_no_cassette_is_refused(text: str, sentence: str, tmp_path: Path) -> None:
    file = tmp_path / "c.jsonl"
    file.write_text(text)
    with pytest.raises(CassetteError) as caught:
        Cassette.read(file)
    assert str(caught.value).replace(str(file), "F") == sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (HEAD + '\n{"call": "Get', "c.jsonl is truncated: line 2, its last, has no end"),
        (
            HEAD[1:],
            "line 1 of c.jsonl is no JSON object. It is no bundle either, which would be a zip",
        ),
        ("", "line 1 of c.jsonl is no JSON object. It is no bundle either, which would be a zip"),
    ],
)
@pytest.mark.usefixtures("here")
def test_what_is_wrong_with_a_damaged_cassette_is_told(
    text: str, sentence: str, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("c.jsonl").write_text(text)
    assert main(["replay", "c.jsonl"]) == 2
    assert told(capfd) == sentence


def test_replay_s_help_tells_of_both_kinds(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["replay", "--help"])
    out = " ".join(capfd.readouterr().out.split())
    assert "?." not in out
    assert "recording a bundle (a zip, by serve --record), or a cassette" in out


def test_a_writer_knows_what_it_may_record_from(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="target is 'cloud', expected one of mock, live, other"):
        CassetteWriter(tmp_path / "c.jsonl", target="cloud")


def test_an_end_is_the_client_s_or_the_service_s(tmp_path: Path) -> None:
    with CassetteWriter(tmp_path / "c.jsonl") as writer:
        session = writer.websocket("wss://host/api/ws/v1?mc=abcdefgh", {})
        with pytest.raises(ValueError, match="by is 'nobody', expected client or service"):
            session.closed(1000, by="nobody")


def test_audio_is_counted_where_no_other_thread_writes(tmp_path: Path) -> None:
    class Watched(dict[str, int]):
        def __setitem__(self, name: str, value: int) -> None:
            # An RLock that is not held by this thread cannot be released by it.
            writer._lock.release()
            writer._lock.acquire()
            super().__setitem__(name, value)

    file = tmp_path / "c.jsonl"
    with CassetteWriter(file) as writer:
        session = writer.websocket("wss://a/api/ws/v1?mc=any", {})
        session._audio = Watched(frames=0, bytes=0)
        session.sent(b"12")
        session.sent(b"345")
        session.closed(1000, by="client")
    assert json.loads(file.read_text("utf-8").splitlines()[2])["audio"] == {"frames": 2, "bytes": 5}


def test_an_exchange_shows_no_secret_when_it_is_printed() -> None:
    request = HttpRequest("GET", "https://h/f?Signature=s3cr3t", {"x-a": "s3cr3t"}, b"s3cr3t")
    assert "s3cr3t" not in f"{request} {HttpAnswer(200, {'x-a': 's3cr3t'}, b's3cr3t')}"


def test_any_client_can_feed_a_writer(tmp_path: Path) -> None:
    file = tmp_path / "c.jsonl"
    answer: dict[str, Any] = {"Code": "0", "Data": {}, "Message": "success", "RequestId": "x"}
    with CassetteWriter(file, target="live") as writer:
        writer.http(
            HttpRequest("GET", "https://host/openapi/tingwu/v2/tasks/abc"),
            HttpAnswer(200, {"Content-Type": "application/json"}, json.dumps(answer).encode()),
        )
        session = writer.websocket("wss://host/api/ws/v1?mc=abcdefgh", {})
        session.sent('{"header": {"name": "StartTranscription"}}')
        session.received("no JSON at all")
        session.closed(1000, by="client")
    kinds = [next(iter(record)) for record in Cassette.read(file).records]
    assert kinds == ["call", "open", "sent", "received", "close"]


Events = list[tuple[str, Any]]


def event(name: str, index: int | None = None, **header: Any) -> tuple[str, Any]:
    payload = {} if index is None else {"index": index}
    return "received", {"header": {"name": name, **header}, "payload": payload}


def command(name: str) -> tuple[str, Any]:
    return "sent", {"header": {"name": name}}


GOOD: Events = [
    command("StartTranscription"),
    event("TranscriptionStarted"),
    event("SentenceBegin", 0),
    event("TranscriptionResultChanged", 0),
    event("SentenceEnd", 0, message_id="m"),
    event("ResultTranslated", 0, source_message_id="m"),
    command("StopTranscription"),
    event("TranscriptionCompleted"),
]


def _moved(start: int, to: int) -> Events:
    events = list(GOOD)
    events.insert(to, events.pop(start))
    return events


@pytest.mark.parametrize(
    ("events", "name"),
    [
        (_moved(1, 2), "SentenceBegin"),
        (_moved(2, 3), "TranscriptionResultChanged"),
        (_moved(3, 4), "TranscriptionResultChanged"),
        (_moved(2, 4), "SentenceEnd"),
        (_moved(5, 4), "ResultTranslated"),
        (_moved(7, 6), "TranscriptionCompleted"),
        ([*GOOD, event("SentenceBegin", 1)], "SentenceBegin"),
        ([*GOOD[:5], event("SentenceEnd", 0), *GOOD[5:]], "SentenceEnd"),
        ([*GOOD[:3], event("SentenceBegin", 0), *GOOD[3:]], "SentenceBegin"),
    ],
)
def test_events_in_another_order_are_told(events: Events, name: str) -> None:
    from mock_tingwu.cassettes.order import disorder

    assert list(disorder("realtime", GOOD)) == []
    assert f"realtime {name}" in {one.where for one in disorder("realtime", events)}


def happening(action: str) -> tuple[str, Any]:
    if action in ("task-started", "task-finished"):
        return "received", {"header": {"event": action}}
    output = {"action": action}
    return "received", {"header": {"event": "result-generated"}, "payload": {"output": output}}


AGENT = ["task-started", "speech-listen", "recognize-result", "speech-end", "task-finished"]


@pytest.mark.parametrize("place", range(4))
def test_an_agent_s_events_in_another_order_are_told(place: int) -> None:
    from mock_tingwu.cassettes.order import disorder

    assert list(disorder("inference", [happening(name) for name in AGENT])) == []
    names = list(AGENT)
    names[place], names[place + 1] = names[place + 1], names[place]
    assert list(disorder("inference", [happening(name) for name in names])) != []


FILES = sorted(Path(cassettes.__file__).parent.glob("*.py"))
#: Definitions of the wire, and the client. A private mock is started where a replay needs one.
SHARED = ("mock_tingwu.cassettes", "mock_tingwu.client", "mock_tingwu.protocols")
SINGLE = {"mock_tingwu", "mock_tingwu.contract", "mock_tingwu.resources"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_cassettes_know_nothing_of_the_mock(file: Path) -> None:
    ours = {name for name in imported(file) if name.split(".")[0] == "mock_tingwu"}
    assert {name for name in ours - SINGLE if not name.startswith(SHARED)} == set()
