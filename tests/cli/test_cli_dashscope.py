from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.cli import main
from tests.cli.commands import environment, objects, on_a_terminal, plain, run

URL = "https://files.example.com/weekly/sync.mp3?mock.duration_ms=20000"
FAILING = "https://files.example.com/a.mp3?mock.task_failed=TSC.FileError"
KEY = "sk-hush-api-key"
ANALYSIS = {
    "transcription": {"model": "cn", "diarizationEnabled": True},
    "analysis": {"autoChaptersEnabled": True},
}
PARAMETERS = ("--parameters", json.dumps(ANALYSIS))
SAID = "Anna: Hello, a warm welcome to our shop.\nBen: I am looking for a bicycle.\n"

Capture = pytest.CaptureFixture[str]


def dashscope(mock: MockTingwu, *arguments: str) -> int:
    """Run a subcommand in this process against a mock."""
    return main(["dashscope", *arguments, "--target", mock.url])


def create(mock: MockTingwu, capsys: Capture, *arguments: str) -> str:
    """The dataId of a new task."""
    assert dashscope(mock, "create", *(arguments or ("--file-url", URL, *PARAMETERS))) == 0
    out, errors = capsys.readouterr()
    found = re.fullmatch(r"(\w{12}) (RUNNING|TRANSCRIBING)\n", out)
    assert found and errors == ""
    return found[1]


def finished(mock: MockTingwu, capsys: Capture, *arguments: str) -> str:
    """The dataId of a task that has been waited for."""
    data_id = create(mock, capsys, *arguments)
    dashscope(mock, "wait", data_id)
    capsys.readouterr()
    return data_id


def asked(mock: MockTingwu) -> dict[str, Any]:
    """The body of the last createTask."""
    bodies = [e["body"] for e in mock.journal if e["kind"] == "request" and "body" in e]
    (*_, last) = [body for body in bodies if body["input"]["task"] == "createTask"]
    body: dict[str, Any] = last
    return body


@pytest.fixture(autouse=True)
def _impatient(impatient: None) -> None:
    """Tasks are asked about at once again."""


# Tasks


def test_a_recording_from_create_to_its_results(mock: MockTingwu, capsys: Capture) -> None:
    data_id = create(mock, capsys)
    assert dashscope(mock, "wait", data_id) == 0
    out, errors = capsys.readouterr()
    lines = out.splitlines()
    assert errors == "" and lines[0] == "Waiting for results."
    assert "transcriptionPath is ready" in lines and "autoChaptersPath is ready" in lines
    assert lines[-1] == f"{data_id} DONE"

    assert dashscope(mock, "info", data_id) == 0
    state, *links = capsys.readouterr().out.splitlines()
    assert state == f"{data_id} DONE"
    assert [link.split()[0] for link in links] == [
        *("autoChaptersPath", "transcriptionPath", "playback"),
    ]
    assert all(link.split()[1].startswith(f"{mock.url}/oss/") for link in links)

    assert dashscope(mock, "result", data_id) == 0
    text = capsys.readouterr().out
    assert re.match(r"发言人1: \S+\n", text)


def test_a_task_is_made_results_included_by_one_command(
    mock: MockTingwu, capsys: Capture, tmp_path: Path
) -> None:
    file = tmp_path / "said.txt"
    file.write_text(SAID, "utf-8")
    assert dashscope(mock, "create", "--text", str(file), "--result", "text") == 0
    out, errors = capsys.readouterr()
    assert out == "Speaker 1: Hello, a warm welcome to our shop.\n" + (
        "Speaker 2: I am looking for a bicycle.\n"
    )
    assert re.match(r"Task \w+\nWaiting for results\.\n", errors) and errors.endswith(" DONE\n")
    assert asked(mock)["input"]["text"] == SAID

    target = tmp_path / "out.srt"
    arguments = ("--file-url", URL, "--result", "srt", "--out", str(target), "--json")
    assert dashscope(mock, "create", *arguments) == 0
    told = objects(capsys.readouterr().out)
    assert told[0]["event"] == "Created" and told[-1]["status"] == "DONE"
    assert target.read_text("utf-8").startswith("1\n00:00:")


def test_a_finished_task_is_worked_on_again(mock: MockTingwu, capsys: Capture) -> None:
    data_id = finished(mock, capsys)
    more = json.dumps({"analysis": {"textPolishEnabled": True}})
    assert create(mock, capsys, "--data-id", data_id, "--parameters", more) == data_id
    assert dashscope(mock, "wait", data_id, "--json") == 0
    last = objects(capsys.readouterr().out)[-1]
    assert "textPolishPath" in last["results"]


def test_every_option_gets_to_the_service(
    mock: MockTingwu, capsys: Capture, tmp_path: Path
) -> None:
    file = tmp_path / "parameters.json"
    file.write_text(json.dumps(ANALYSIS), "utf-8")
    given = ("--app-id", "tw_own", "--phrase-id", "words", "--parameters", f"@{file}")
    create(mock, capsys, "--file-url", URL, *given)
    body = asked(mock)
    assert (body["model"], body["parameters"]) == ("tingwu-meeting", ANALYSIS)
    expected = {"type": "offline", "appId": "tw_own", "phraseId": "words", "fileUrl": URL}
    assert expected.items() <= body["input"].items()

    create(mock, capsys, *given, "--format", "opus", "--rate", "8000")
    realtime = {"type": "realtime", "appId": "tw_own", "format": "opus", "sampleRate": 8000}
    assert realtime.items() <= asked(mock)["input"].items()


def test_a_sister_agent_is_asked_by_its_model(mock: MockTingwu, capsys: Capture) -> None:
    model = ("--model", "tingwu-service-insights")
    arguments = ("--file-url", URL, *model, "--parameters", '{"serviceInsights": {}}')
    data_id = create(mock, capsys, *arguments)
    assert dashscope(mock, "wait", data_id, *model) == 0
    assert dashscope(mock, "info", data_id, *model, "--json") == 0
    told = objects(capsys.readouterr().out.splitlines()[-1])
    assert "generalServiceInsightsPath" in told[0]["results"]
    assert dashscope(mock, "result", data_id, *model, "--format", "json") == 0
    models = {e["body"]["model"] for e in mock.journal if e["kind"] == "request" and "body" in e}
    assert models == {"tingwu-service-insights"}


def test_a_meeting_is_created_and_ended(mock: MockTingwu, capsys: Capture) -> None:
    data_id = create(mock, capsys, "--rate", "16000")
    assert dashscope(mock, "info", data_id) == 0
    assert capsys.readouterr().out == f"{data_id} TRANSCRIBING\n"
    assert dashscope(mock, "end", data_id, *PARAMETERS, "--json") == 0
    (told,) = objects(capsys.readouterr().out)
    assert told == {"task_id": data_id, "status": "RUNNING"}
    assert asked(mock)["parameters"] == ANALYSIS


def test_a_task_is_told_as_json(mock: MockTingwu, capsys: Capture) -> None:
    assert dashscope(mock, "create", "--file-url", URL, *PARAMETERS, "--json") == 0
    (created,) = objects(capsys.readouterr().out)
    data_id = created["task_id"]
    assert created == {"task_id": data_id, "status": "RUNNING"}
    assert dashscope(mock, "wait", data_id, "--json") == 0
    *progress, last = objects(capsys.readouterr().out)
    assert {one["event"] for one in progress} == {"Progress"}
    assert (last["task_id"], last["status"]) == (data_id, "DONE")
    assert sorted(last["results"]) == ["autoChaptersPath", "transcriptionPath"]
    assert dashscope(mock, "info", data_id, "--json") == 0
    (info,) = objects(capsys.readouterr().out)
    assert list(info) == ["task_id", "status", "results", "media"]
    assert list(info["media"]) == ["playback"]


# Results


@pytest.mark.parametrize(
    ("form", "begin"),
    [("text", "发言人1: "), ("md", "# "), ("srt", "1\n00:"), ("vtt", "WEBVTT"), ("json", "{")],
)
def test_results_in_every_form(mock: MockTingwu, capsys: Capture, form: str, begin: str) -> None:
    data_id = finished(mock, capsys)
    assert dashscope(mock, "result", data_id, "--format", form) == 0
    out, errors = capsys.readouterr()
    assert out.startswith(begin) and out.endswith("\n") and errors == ""


def test_results_are_kept_in_a_folder(mock: MockTingwu, capsys: Capture, tmp_path: Path) -> None:
    data_id = finished(mock, capsys)
    folder = tmp_path / "kept"
    assert dashscope(mock, "result", data_id, "--files", str(folder), "--json") == 0
    *kept, last = objects(capsys.readouterr().out)
    names = {"autoChaptersPath.json", "transcriptionPath.json", "playback"}
    assert (
        {Path(one["path"]).name for one in kept}
        == names
        == {path.name for path in folder.iterdir()}
    )
    assert json.loads((folder / "transcriptionPath.json").read_text("utf-8"))["paragraphs"]
    assert (last["task_id"], last["status"]) == (data_id, "DONE")


def test_there_are_no_results_before_the_end(mock: MockTingwu, capsys: Capture) -> None:
    data_id = create(mock, capsys, "--rate", "16000")
    assert dashscope(mock, "result", data_id) == 1
    out, errors = capsys.readouterr()
    assert out == "" and errors == (
        f"mock-tingwu dashscope result: The task {data_id} is TRANSCRIBING and has no results yet: "
        "`mock-tingwu dashscope wait` waits for them.\n"
    )


def test_a_result_that_could_not_be_made_is_told(mock: MockTingwu, capsys: Capture) -> None:
    url = f"{URL}&mock.subtask_failed=AutoChapters"
    data_id = create(mock, capsys, "--file-url", url, *PARAMETERS)
    for command in ("wait", "info"):
        assert dashscope(mock, command, data_id) == 0
        assert "autoChaptersPath could not be made\n" in capsys.readouterr().out
        assert dashscope(mock, command, data_id, "--json") == 0
        last = objects(capsys.readouterr().out)[-1]
        assert last["failed_results"] == ["autoChaptersPath"]
    assert dashscope(mock, "result", data_id) == 0
    why = "mock-tingwu dashscope result: autoChaptersPath could not be made\n"
    assert capsys.readouterr().err == why
    assert dashscope(mock, "result", data_id, "--json") == 0
    assert objects(capsys.readouterr().out)[-1]["failed_results"] == ["autoChaptersPath"]


# Keys


def test_a_temporary_key_is_alone_on_stdout_and_lets_in(
    start_mock: Callable[..., MockTingwu], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    mock = start_mock(auth="verify", api_keys=[KEY])
    monkeypatch.setenv("DASHSCOPE_API_KEY", KEY)
    assert dashscope(mock, "token", "--expires-in", "300") == 0
    out, errors = capsys.readouterr()
    assert re.fullmatch(r"st-\w+\n", out) and errors.startswith("good until 20")
    assert KEY not in out + errors
    monkeypatch.setenv("DASHSCOPE_API_KEY", out.strip())
    create(mock, capsys)

    monkeypatch.setenv("DASHSCOPE_API_KEY", KEY)
    assert dashscope(mock, "token", "--json") == 0
    (told,) = objects(capsys.readouterr().out)
    assert told["token"].startswith("st-") and isinstance(told["expires_at"], int)


def test_no_key_is_ever_shown(
    start_mock: Callable[..., MockTingwu], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    mock = start_mock(auth="verify")
    monkeypatch.setenv("DASHSCOPE_API_KEY", KEY)
    commands = (("create", "--file-url", URL), ("info", "d"), ("end", "d"), ("token",))
    for command in commands:
        for flags in ((), ("--json",)):
            assert dashscope(mock, *command, *flags) == 3
    mock.faults.add({"type": "api_error", "code": "InvalidApiKey", "message": f"No {KEY}!"})
    assert dashscope(mock, "token") == 3
    out, errors = capsys.readouterr()
    assert "InvalidApiKey" in out and "InvalidApiKey" in errors
    assert KEY not in out + errors


# Exit codes


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_a_task_that_has_failed_exits_with_1(
    mock: MockTingwu, capsys: Capture, flags: tuple[str, ...]
) -> None:
    data_id = create(mock, capsys, "--file-url", FAILING)
    assert dashscope(mock, "wait", data_id, *flags) == 1
    out, errors = capsys.readouterr()
    last = out.splitlines()[-1]
    assert "FAILED" in last and "TSC.FileError" in last and errors == ""
    assert dashscope(mock, "result", data_id, *flags) == 1
    out, errors = capsys.readouterr()
    assert errors.count("\n") == 1 and "TSC.FileError" in errors
    assert out.count("\n") == len(flags)
    assert dashscope(mock, "info", data_id, *flags) == 0, "asking has not failed"
    assert "TSC.FileError" in capsys.readouterr().out


COMMANDS = (
    ("create",),
    ("create", "--file-url", URL),
    ("create", "--file-url", URL, "--result", "text"),
    ("end", "d"),
    ("info", "d"),
    ("wait", "d"),
    ("result", "d"),
    ("token",),
)


@pytest.mark.parametrize("command", COMMANDS)
def test_what_the_service_refuses_exits_with_3(
    mock: MockTingwu, capsys: Capture, command: tuple[str, ...]
) -> None:
    message = "Workspace access denied.\nAsk your administrator."
    fault = {"type": "api_error", "code": "Workspace.AccessDenied", "message": message}
    mock.faults.add(fault)
    assert dashscope(mock, *command) == 3
    errors = capsys.readouterr().err
    assert re.fullmatch(
        rf"mock-tingwu dashscope {command[0]}: Workspace\.AccessDenied: Workspace access denied\. "
        r"Ask your administrator \(RequestId [0-9a-f-]{36}\)\n",
        errors,
    )
    assert dashscope(mock, *command, "--json") == 3
    error = objects(capsys.readouterr().out)[-1]["error"]
    assert (error["code"], error["message"]) == ("Workspace.AccessDenied", message)
    assert error["http_status"] == 403 and error["request_id"]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_answer_exits_with_4(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("MOCK_TINGWU_URL", "http://127.0.0.1:1")
    assert main(["dashscope", *command]) == 4
    out, errors = capsys.readouterr()
    assert out == "" and errors.count("\n") == 1
    assert f"mock-tingwu dashscope {command[0]}: No mock answers at http://127.0.0.1:1" in errors


def test_results_that_take_too_long_exit_with_4(
    start_mock: Callable[..., MockTingwu], capsys: Capture
) -> None:
    mock = start_mock(clock="virtual")
    data_id = create(mock, capsys)
    assert dashscope(mock, "wait", data_id, "--timeout", "0.1") == 4
    out, errors = capsys.readouterr()
    assert out.endswith(f"{data_id} RUNNING\n")
    assert f"The task {data_id} is still RUNNING after 0.1 s" in errors


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("create", "--wait"), "--wait and --result need --file-url, --text or --data-id"),
        (("create", "--result", "text"), "--wait and --result need --file-url"),
        (("create", "--model", "tingwu-service-insights"), "--model needs --file-url"),
        (("create", "--file-url", URL, "--out", "x"), "--out needs --result"),
        (("create", "--text", "nowhere.txt"), "nowhere.txt: No such file or directory"),
        (("result", "d", "--out", "nowhere/x"), "there is no folder nowhere"),
    ],
)
def test_what_makes_no_sense_is_told_before_anything_is_done(
    mock: MockTingwu,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: tuple[str, ...],
    why: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert dashscope(mock, *arguments) == 2
    out, errors = capsys.readouterr()
    assert out == "" and errors.count("\n") == 1 and why in errors
    assert [entry for entry in mock.journal if entry["kind"] == "request"] == []


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("dance",),
        ("create", "--file-url", URL, "--data-id", "d"),
        ("create", "--parameters", "[1]"),
        ("create", "--parameters", "@nowhere.json"),
        ("info",),
        ("result", "d", "--format", "pdf"),
        ("token", "--expires-in", "soon"),
    ],
)
def test_bad_usage_exits_with_2(capsys: Capture, arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["dashscope", *arguments])
    assert ended.value.code == 2
    out, errors = capsys.readouterr()
    assert out == "" and errors.startswith("usage: mock-tingwu dashscope")


def test_a_text_that_is_not_utf_8_is_told(
    mock: MockTingwu, capsys: Capture, tmp_path: Path
) -> None:
    file = tmp_path / "said.txt"
    file.write_bytes("Anna: 你好".encode("gb18030"))
    assert dashscope(mock, "create", "--text", str(file)) == 2
    why = f"mock-tingwu dashscope create: --text is {file}, expected a file in UTF-8\n"
    assert capsys.readouterr().err == why


# As users see it


def test_a_terminal_sees_results_get_ready(mock: MockTingwu) -> None:
    arguments = ("--file-url", URL, *PARAMETERS, "--wait", "--target", mock.url)
    code, text = on_a_terminal(80, "dashscope", "create", *arguments)
    assert code == 0 and "waiting for results" in text
    lines = plain(text).splitlines()
    assert re.fullmatch(r"Task \w{12}", lines[0])
    assert any(re.fullmatch(r"transcriptionPath  [0-9a-f]{32}", line) for line in lines)
    assert re.search(r"\b\w{12} DONE\n", plain(text))
    assert all(len(line) <= 80 for line in lines)


def test_a_pipe_gets_no_control_sequences(mock: MockTingwu) -> None:
    arguments = ("--file-url", URL, "--wait", "--target", mock.url)
    result = run("dashscope", "create", *arguments)
    assert (result.returncode, result.stderr) == (0, "")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", result.stdout)


def test_help_loads_no_client() -> None:
    program = (
        "import sys\n"
        "from mock_tingwu.cli import main\n"
        "try:\n"
        "    main(['dashscope', 'create', '--help'])\n"
        "finally:\n"
        "    print('LOADED', *(name.partition('.')[0] for name in sys.modules))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        encoding="utf-8",
        env=environment(),
        check=False,
    )
    text, _, loaded = result.stdout.partition("LOADED")
    assert "--phrase-id" in text
    heavy = {"uvicorn", "starlette", "websockets", "rich", "httpx", "av"}
    assert heavy & set(loaded.split()) == set()
