from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len

from mock_tingwu import MockTingwu
from mock_tingwu.cli import main
from mock_tingwu.core.scripts import load_script
from tests.cli.commands import COMMAND, Running, environment, objects, on_a_terminal, plain
from tests.conftest import RECORDING, SCRIPT

#: The application of a mock.
APP = "tw_mock_app"
LINES = load_script(SCRIPT).lines
PARAMETERS = {
    "transcription": {
        "model": "cn",
        "diarizationEnabled": True,
        "translationEnabled": True,
        "translationTargetLang": ["en"],
    },
    "analysis": {"autoChaptersEnabled": True},
}
TRANSLATED = ("--parameters", json.dumps(PARAMETERS))
FAST = ("--speed", "40")

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def hearing(mock: MockTingwu) -> MockTingwu:
    """A mock whose meetings hear the demo's words."""
    mock.script(SCRIPT, app_key=APP)
    return mock


def stream(mock: MockTingwu, *arguments: str) -> int:
    """Push in this process into a mock."""
    return main(["dashscope", "stream", *arguments, "--target", mock.url])


def actions(mock: MockTingwu) -> list[str]:
    """What was done about the meeting, in order."""
    found = []
    for entry in mock.journal:
        if entry["kind"] == "request" and entry["body"]["input"]["task"] == "createTask":
            found.append("end" if "dataId" in entry["body"]["input"] else "create")
        elif "finish-task" in str(entry.get("text")) and entry["kind"] == "ws_in":
            found.append("finish-task")
        elif entry["kind"] == "ws_close":
            found.append("close")
    return found


WHOLE = ["create", "finish-task", "close", "end"]


def test_a_recording_is_pushed_and_told_line_by_line(hearing: MockTingwu, capsys: Capture) -> None:
    assert stream(hearing, str(RECORDING), *FAST, *TRANSLATED) == 0
    out, errors = capsys.readouterr()
    first, *captions, last = out.splitlines()
    data_id = first.removeprefix("Task ")
    assert re.fullmatch(r"\w{12}", data_id) and errors == ""
    assert last == f"{data_id} RUNNING"
    said, translated = captions[::2], captions[1::2]
    assert [line[10:] for line in said] == [line.text for line in LINES]
    assert all(re.match(r"\[\d\d:\d\d\.\d\] ", line) for line in said)
    assert [line.strip() for line in translated] == [line.translations["en"] for line in LINES]
    assert actions(hearing) == WHOLE


def test_json_is_an_object_for_each_event(
    hearing: MockTingwu, capsys: Capture, beginning: Path
) -> None:
    arguments = (str(beginning), *FAST, *TRANSLATED, "--json", "--wait")
    assert stream(hearing, *arguments) == 0
    out, errors = capsys.readouterr()
    created, *told, last = objects(out)
    assert errors == "" and created == {"event": "Created", "task_id": last["task_id"]}
    finals = [one["text"] for one in told if one["event"] == "SentenceEnd"]
    assert finals == [line.text for line in LINES[:2]]
    events = {one["event"] for one in told}
    assert {"SentenceBegin", "ResultChanged", "ResultTranslated", "Completed"} <= events
    assert "Progress" in events and last["status"] == "DONE"
    assert {"transcriptionPath", "translationsPath", "autoChaptersPath"} == set(last["results"])


@pytest.mark.usefixtures("impatient")
def test_results_are_alone_on_stdout(
    hearing: MockTingwu, capsys: Capture, beginning: Path, tmp_path: Path
) -> None:
    assert stream(hearing, str(beginning), *FAST, *TRANSLATED, "--result", "text") == 0
    out, errors = capsys.readouterr()
    assert [line.partition(": ")[2] for line in out.splitlines()] == [
        line.text for line in LINES[:2]
    ]
    assert f"[00:00.9] {LINES[0].text}" in errors and errors.endswith(" DONE\n")
    target = tmp_path / "captions.vtt"
    arguments = ("--result", "vtt", "--out", str(target))
    assert stream(hearing, str(beginning), *FAST, *arguments) == 0
    assert target.read_text("utf-8").startswith("WEBVTT")
    assert "WEBVTT" not in capsys.readouterr().out


def test_a_meeting_is_gone_on_with_and_left_open(
    hearing: MockTingwu, capsys: Capture, beginning: Path
) -> None:
    assert main(["dashscope", "create", "--json", "--target", hearing.url]) == 0
    (created,) = objects(capsys.readouterr().out)
    data_id = created["task_id"]
    texts = []
    for _ in range(2):
        assert stream(hearing, str(beginning), *FAST, "--data-id", data_id) == 0
        texts += [line[10:] for line in capsys.readouterr().out.splitlines()]
    assert texts == [line.text for line in LINES[:4]]
    assert actions(hearing) == ["create", "finish-task", "close", "finish-task", "close"]


def test_every_option_gets_to_the_service(
    mock: MockTingwu, capsys: Capture, beginning: Path
) -> None:
    given = ("--app-id", "tw_own", "--phrase-id", "words", *TRANSLATED, "--rate", "8000")
    assert stream(mock, str(beginning), *FAST, *given) == 0
    body = next(e["body"] for e in mock.journal if e["kind"] == "request")
    expected = {"appId": "tw_own", "phraseId": "words", "format": "pcm", "sampleRate": 8000}
    assert expected.items() <= body["input"].items() and body["parameters"] == PARAMETERS


def test_samples_come_from_stdin(hearing: MockTingwu, recording: bytes) -> None:
    command = [*COMMAND, "dashscope", "stream", "-", *FAST, "--target", hearing.url]
    result = subprocess.run(
        command, input=recording[: 8 * 32_000], capture_output=True, env=environment(), check=False
    )
    out = result.stdout.decode()
    assert (result.returncode, result.stderr) == (0, b"")
    assert LINES[0].text in out and LINES[1].text in out


# The industrial agent


@pytest.fixture
def factory(start_mock: Callable[..., MockTingwu]) -> MockTingwu:
    """A mock whose industrial agent knows an instruction."""
    mock = start_mock(apps={APP: {"terminologies": {"valves": ["打开一号阀门"]}}})
    sentences = [{"speaker": 0, "text": "请/打开/一号/阀门。"}]
    speakers = [{"name": "工人", "role": "工人"}]
    mock.script({"language": "cn", "speakers": speakers, "sentences": sentences}, app_key=APP)
    return mock


INSTRUCT = (*FAST, "--instruct", "--terminology", "valves", "--end-silence", "800")


def test_an_instruction_is_told_with_what_it_is_taken_for(
    factory: MockTingwu, capsys: Capture, beginning: Path
) -> None:
    assert stream(factory, str(beginning), *INSTRUCT) == 0
    out, errors = capsys.readouterr()
    lines = out.splitlines()
    assert errors == "" and lines[0].endswith("] 请打开一号阀门。")
    assert lines[-1].startswith("corrected 打开一号阀门。")
    assert stream(factory, str(beginning), *INSTRUCT, "--json") == 0
    *_, corrected, completed = objects(capsys.readouterr().out)
    assert corrected["event"] == "AiResult" and completed == {"event": "Completed"}


def test_a_terminal_sees_what_an_instruction_is_taken_for(
    factory: MockTingwu, beginning: Path
) -> None:
    arguments = (str(beginning), *INSTRUCT, "--target", factory.url)
    code, text = on_a_terminal(80, "dashscope", "stream", *arguments)
    assert code == 0 and "corrected 打开一号阀门。" in plain(text)


# On a terminal


def test_a_terminal_sees_captions_grow_without_a_column_for_speakers(hearing: MockTingwu) -> None:
    arguments = (str(RECORDING), "--speed", "20", *TRANSLATED, "--target", hearing.url)
    code, text = on_a_terminal(80, "dashscope", "stream", *arguments)
    assert code == 0
    assert "▌" in text and "●" in text and "\x1b[2K" in text, "the live part is redrawn"
    seen = plain(text)
    assert f"[00:00.9] {LINES[0].text}" in seen
    assert f"          {LINES[0].translations['en']}" in seen
    finals = [line for line in seen.splitlines() if re.match(r"\r*\[\d\d:", line)]
    assert finals and all(cell_len(line.strip("\r")) <= 80 for line in finals)


def test_ctrl_c_ends_the_stream_then_the_meeting(hearing: MockTingwu) -> None:
    arguments = ["dashscope", "stream", str(RECORDING), "--speed", "8", "--target", hearing.url]
    with Running(arguments) as running:
        running.line_with(LINES[0].text)
        code, out, errors = running.end(signal.SIGINT)
    data_id, status = out.splitlines()[-1].split()
    assert (code, status) == (130, "RUNNING")
    assert re.fullmatch(
        r"mock-tingwu dashscope stream: interrupted after 00:\d\d; \d sentences? heard, and the "
        rf"task {data_id} is stopped\.\n",
        errors,
    )
    assert actions(hearing) == WHOLE


def test_ctrl_c_leaves_a_meeting_of_somebody_else_open(hearing: MockTingwu) -> None:
    created = subprocess.run(
        [*COMMAND, "dashscope", "create", "--json", "--target", hearing.url],
        stdout=subprocess.PIPE,
        env=environment(),
        check=True,
    )
    data_id = json.loads(created.stdout)["task_id"]
    flags = ["--speed", "8", "--data-id", data_id, "--target", hearing.url]
    with Running(["dashscope", "stream", str(RECORDING), *flags]) as running:
        running.line_with(LINES[0].text)
        code, _, errors = running.end(signal.SIGINT)
    assert code == 130 and re.search(r"; \d sentences? heard\.\n", errors)
    assert actions(hearing) == ["create", "finish-task", "close"]


# Exit codes


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_a_stream_that_fails_exits_with_1_and_the_meeting_is_ended(
    mock: MockTingwu, capsys: Capture, flags: tuple[str, ...]
) -> None:
    fault = {"type": "ws_task_failed", "code": "ServerError"}
    mock.faults.add(fault, match={"audio_ms": 2_000})
    assert stream(mock, str(RECORDING), *FAST, *flags) == 1
    out, errors = capsys.readouterr()
    assert errors.startswith("mock-tingwu dashscope stream: The agent's stream failed with ")
    assert errors.count("\n") == 1 and out.count("RUNNING") == 1
    assert actions(mock)[-1] == "end"


def test_a_meeting_that_somebody_else_ends_exits_with_1(hearing: MockTingwu) -> None:
    arguments = [str(RECORDING), "--speed", "8", "--target", hearing.url]
    with Running(["dashscope", "stream", *arguments]) as running:
        data_id = running.line().removeprefix("Task ")
        running.line_with(LINES[0].text)
        assert main(["dashscope", "end", data_id, "--target", hearing.url]) == 0
        code, out, errors = running.wait()
    assert code == 1 and out.splitlines()[-1].startswith(f"{data_id} ")
    why = "The service ended the stream before all audio was pushed."
    assert errors == f"mock-tingwu dashscope stream: {why}\n"


def test_a_meeting_that_is_not_known_exits_with_1(
    mock: MockTingwu, capsys: Capture, beginning: Path
) -> None:
    assert stream(mock, str(beginning), "--data-id", "nothing") == 1
    out, errors = capsys.readouterr()
    assert out == "" and "Agent.InputInvalidDataId" in errors and errors.count("\n") == 1


def test_what_is_refused_exits_with_3_and_no_answer_with_4(
    mock: MockTingwu, capsys: Capture, beginning: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mock.faults.add({"type": "api_error", "code": "Arrearage"})
    assert stream(mock, str(beginning)) == 3
    assert "Arrearage: " in capsys.readouterr().err
    monkeypatch.setenv("MOCK_TINGWU_URL", "http://127.0.0.1:1")
    assert main(["dashscope", "stream", str(beginning)]) == 4
    assert "No mock answers at http://127.0.0.1:1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("nowhere.wav",), "nowhere.wav"),
        (("-", "--instruct", "--data-id", "d"), "--data-id makes no sense with --instruct"),
        (("-", "--instruct", "--wait"), "--wait makes no sense with --instruct"),
        (("-", "--instruct", "--phrase-id", "p"), "--phrase-id makes no sense with --instruct"),
        (("-", "--data-id", "d", "--result", "md"), "--result makes no sense with --data-id"),
        (("-", "--data-id", "d", *TRANSLATED), "--parameters makes no sense with --data-id"),
        (("-", "--end-silence", "0"), "--end-silence needs --instruct"),
        (("-", "--terminology", "t"), "--terminology needs --instruct"),
        (("-", "--out", "x"), "--out needs --result"),
    ],
)
def test_what_makes_no_sense_exits_with_2(
    mock: MockTingwu,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: tuple[str, ...],
    why: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert stream(mock, *arguments) == 2
    out, errors = capsys.readouterr()
    assert out == "" and why in errors and errors.count("\n") == 1
    assert not [entry for entry in mock.journal if entry["kind"] == "request"]
