"""``mock-tingwu task`` and ``offline``: tasks are made, looked at, waited for and run again."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.cli import main
from tests.cli.commands import Running, objects, on_a_terminal, plain, run
from tests.conftest import RECORDING
from tests.media_site import Site

Start = Callable[..., MockTingwu]
Captured = pytest.CaptureFixture[str]

#: A recording that the mock imagines.
URL = "https://files.example.com/weekly/sync.mp3"
TASK_ID = re.compile("[0-9a-f]{32}")


def sent(mock: MockTingwu) -> list[Any]:
    """The bodies of the calls that a mock has seen."""
    return [entry.get("body", {}) for entry in mock.journal if entry["kind"] == "request"]


def started(mock: MockTingwu, capsys: Captured, *options: str) -> str:
    """The id of an offline task that was just created."""
    assert main(["task", "create", "--target", mock.url, "--file-url", URL, *options]) == 0
    return capsys.readouterr().out.split()[0]


# task create


def test_a_realtime_task_is_created_with_all_that_is_asked_for(mock: MockTingwu) -> None:
    options = (
        *("--language", "en", "--task-key", "weekly", "--format", "opus", "--rate", "8000"),
        *("--results", "all", "--translate", "cn,ja", "--speakers", "2"),
        *("--parameters", '{"Summarization": {"Types": ["MindMap"]}, "TextPolishEnabled": false}'),
        *("--app-key", "our-project"),
    )
    result = run("task", "create", "--target", mock.url, *options)
    assert (result.returncode, result.stderr) == (0, "")
    head, url = result.stdout.splitlines()
    assert re.fullmatch("[0-9a-f]{32} NEW", head)
    assert url.startswith(mock.ws_url) and "mc=" in url
    (body,) = sent(mock)
    assert body["AppKey"] == "our-project"
    assert body["Input"] == {
        "SourceLanguage": "en",
        "Format": "opus",
        "SampleRate": 8000,
        "TaskKey": "weekly",
    }
    parameters = body["Parameters"]
    assert parameters["Transcription"] == {
        "OutputLevel": 2,
        "DiarizationEnabled": True,
        "Diarization": {"SpeakerCount": 2},
        "RealtimeDiarizationEnabled": True,
    }
    assert parameters["Translation"] == {"TargetLanguages": ["cn", "ja"], "OutputLevel": 2}
    assert parameters["Summarization"] == {"Types": ["MindMap"]}
    assert parameters["TextPolishEnabled"] is False
    assert parameters["AutoChaptersEnabled"] is parameters["MeetingAssistanceEnabled"] is True


def test_a_created_task_as_json_has_its_url(mock: MockTingwu, capsys: Captured) -> None:
    assert main(["task", "create", "--target", mock.url, "--json"]) == 0
    (told,) = objects(capsys.readouterr().out)
    assert set(told) == {"task_id", "status", "join_url"}
    assert told["status"] == "NEW" and told["join_url"].startswith(mock.ws_url)


def test_an_offline_task_is_created_of_a_url(mock: MockTingwu, capsys: Captured) -> None:
    options = ("--callbacks", "--output-path", "minutes", "--speakers", "0", "--translate", "en")
    task_id = started(mock, capsys, *options)
    assert TASK_ID.fullmatch(task_id)
    (body,) = sent(mock)
    assert body["Input"] == {
        "SourceLanguage": "cn",
        "FileUrl": URL,
        "ProgressiveCallbacksEnabled": True,
        "OutputPath": "minutes",
    }
    # What only a stream has is not asked for.
    assert body["Parameters"] == {
        "Transcription": {"DiarizationEnabled": True, "Diarization": {"SpeakerCount": 0}},
        "TranslationEnabled": True,
        "Translation": {"TargetLanguages": ["en"]},
    }


@pytest.mark.parametrize("option", [("--callbacks",), ("--output-path", "minutes")])
def test_what_only_offline_tasks_have_needs_a_file_url(
    mock: MockTingwu, capsys: Captured, option: tuple[str, ...]
) -> None:
    assert main(["task", "create", "--target", mock.url, *option]) == 2
    assert f"{option[0]} needs --file-url" in capsys.readouterr().err
    assert mock.journal == []


# task stop, info, wait, rerun


def test_a_task_from_create_to_rerun(mock: MockTingwu) -> None:
    def task(*arguments: str) -> str:
        result = run("task", *arguments, "--target", mock.url)
        assert (result.returncode, result.stderr) == (0, "")
        return result.stdout

    task_id = task("create", "--file-url", URL, "--task-key", "weekly").split()[0]
    lines = task("wait", task_id).splitlines()
    assert lines[0] == "Waiting for results."
    assert lines[1] == "Transcription is ready"
    assert lines[2].startswith(f"Transcription  {mock.url}/oss/")
    assert lines[3:] == [f"{task_id} COMPLETED"]
    assert task("rerun", task_id, "--results", "AutoChapters") == f"{task_id} ONGOING\n"
    task("wait", task_id)
    info = task("info", task_id).splitlines()
    assert info[:2] == [f"{task_id} COMPLETED", "key weekly"]
    assert [line.split()[0] for line in info[2:]] == ["Transcription", "AutoChapters"]


def test_a_realtime_task_is_stopped(mock: MockTingwu, capsys: Captured) -> None:
    about = ("--target", mock.url, "--json")
    assert main(["task", "create", *about]) == 0
    task_id = objects(capsys.readouterr().out)[0]["task_id"]
    assert main(["task", "stop", task_id, *about]) == 0
    assert objects(capsys.readouterr().out) == [{"task_id": task_id, "status": "COMPLETED"}]


@pytest.mark.usefixtures("impatient")
def test_media_files_are_told_of_too(mock: MockTingwu, capsys: Captured) -> None:
    transcoding = '{"Transcoding": {"TargetAudioFormat": "mp3", "SpectrumEnabled": true}}'
    task_id = started(mock, capsys, "--parameters", transcoding)
    assert main(["task", "wait", task_id, "--target", mock.url]) == 0
    capsys.readouterr()
    assert main(["task", "info", task_id, "--target", mock.url, "--json"]) == 0
    (told,) = objects(capsys.readouterr().out)
    assert (told["task_id"], told["status"]) == (task_id, "COMPLETED")
    assert set(told["results"]) == {"Transcription"}
    assert set(told["media"]) == {"audio", "spectrum"}
    assert main(["task", "info", task_id, "--target", mock.url]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]]
    assert names == ["Transcription", "audio", "spectrum"]


@pytest.mark.usefixtures("impatient")
def test_waiting_tells_of_each_result_once_it_is_ready(start_mock: Start, capsys: Captured) -> None:
    mock = start_mock(result_interval_ms=50)
    task_id = started(mock, capsys, "--results", "AutoChapters,TextPolish")
    assert main(["task", "wait", task_id, "--target", mock.url, "--json"]) == 0
    *told, last = objects(capsys.readouterr().out)
    counts = [len(one["results"]) for one in told]
    assert {one["event"] for one in told} == {"Progress"}
    assert counts == sorted(counts) and counts[-1] == 3
    assert (last["task_id"], last["status"]) == (task_id, "COMPLETED")
    assert set(last["results"]) == {"Transcription", "AutoChapters", "TextPolish"}


@pytest.mark.usefixtures("impatient")
def test_waiting_ends_after_the_time_given(start_mock: Start, capsys: Captured) -> None:
    mock = start_mock(clock="virtual")
    task_id = started(mock, capsys)
    assert main(["task", "wait", task_id, "--target", mock.url, "--timeout", "0.1"]) == 4
    captured = capsys.readouterr()
    assert captured.out.endswith(f"{task_id} ONGOING\n")
    assert captured.err == (
        f"mock-tingwu task wait: The task {task_id} is still ONGOING after 0.1 s.\n"
    )


def test_ctrl_c_ends_the_waiting_and_not_the_task(start_mock: Start, capsys: Captured) -> None:
    mock = start_mock(clock="virtual")
    task_id = started(mock, capsys)
    with Running(["task", "wait", task_id, "--target", mock.url, "--json"]) as waiting:
        waiting.line_with("Progress")
        code, rest, errors = waiting.end(signal.SIGINT)
    assert (code, errors) == (130, "mock-tingwu task wait: interrupted; the task goes on.\n")
    assert objects(rest) == [{"task_id": task_id, "status": "ONGOING"}]


@pytest.mark.parametrize("subcommand", ["wait", "stop"])
def test_a_task_that_nobody_knows_has_failed(
    mock: MockTingwu, capsys: Captured, subcommand: str
) -> None:
    assert main(["task", subcommand, "none", "--target", mock.url]) == 1
    assert capsys.readouterr().out.endswith("none INVALID\n")


@pytest.mark.usefixtures("impatient")
def test_why_a_task_has_failed_is_told(mock: MockTingwu, capsys: Captured) -> None:
    mock.faults.add({"type": "task_failed", "error_code": "TSC.FileError"})
    task_id = started(mock, capsys)
    assert main(["task", "wait", task_id, "--target", mock.url]) == 1
    why = capsys.readouterr().out.splitlines()[-1]
    assert why.startswith(f"{task_id} FAILED (TSC.FileError: ")
    assert main(["task", "info", task_id, "--target", mock.url]) == 0
    assert capsys.readouterr().out.splitlines() == [why]
    assert main(["task", "wait", task_id, "--target", mock.url, "--json"]) == 1
    assert objects(capsys.readouterr().out)[-1]["error"]["code"] == "TSC.FileError"


def test_a_rerun_has_to_ask_for_something(mock: MockTingwu, capsys: Captured) -> None:
    assert main(["task", "rerun", "t", "--target", mock.url]) == 2
    assert "nothing is asked for" in capsys.readouterr().err
    assert mock.journal == []


def test_a_refusal_is_told_in_one_line_with_its_request_id(
    mock: MockTingwu, capsys: Captured
) -> None:
    about = ("--target", mock.url, "--json")
    assert main(["task", "create", "--language", "klingon", *about]) == 3
    captured = capsys.readouterr()
    request_id = mock.journal[-1]["request_id"]
    assert re.fullmatch(
        rf"mock-tingwu task create: BRK\.InvalidLanguage: .+ \(RequestId {request_id}\)\n",
        captured.err,
    )
    assert objects(captured.out)[0]["error"]["request_id"] == request_id


def test_no_mock_is_started_where_its_task_would_be_gone_at_once() -> None:
    result = run("task", "create")
    assert (result.returncode, result.stdout) == (4, "")
    assert result.stderr.startswith("mock-tingwu task create: No mock answers at ")


@pytest.mark.parametrize("arguments", [(), ("dance",), ("info",), ("create", "--format", "wav")])
def test_bad_usage_exits_with_2(capsys: Captured, arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["task", *arguments])
    assert "usage: mock-tingwu task" in capsys.readouterr().err


def test_a_terminal_sees_names_instead_of_links(mock: MockTingwu, capsys: Captured) -> None:
    task_id = started(mock, capsys, "--results", "all")
    code, text = on_a_terminal(80, "task", "wait", task_id, "--target", mock.url)
    assert code == 0
    assert "✓ Transcription" in plain(text)
    shown = plain(text).splitlines()
    assert f"{task_id} COMPLETED" in shown
    assert all(len(line.rpartition("\r")[2]) <= 80 for line in shown)
    assert f";{mock.url}/oss/" in text


# offline


def test_a_local_file_is_put_on_the_mock_and_transcribed(mock: MockTingwu) -> None:
    options = ("--result", "text", "--speakers", "2", "--results", "AutoChapters")
    result = run("offline", str(RECORDING), "--target", mock.url, *options)
    assert result.returncode == 0
    assert "发言人1: " in result.stdout and "发言人2: " in result.stdout
    lines = result.stderr.splitlines()
    assert TASK_ID.fullmatch(lines[0].removeprefix("Task "))
    assert lines[1] == "Waiting for 2 results."
    assert lines[-1] == f"{lines[0][5:]} COMPLETED"
    created = next(body for body in sent(mock) if "AppKey" in body)
    assert created["Input"]["FileUrl"].startswith(f"{mock.url}/_mock/files/")


@pytest.mark.usefixtures("impatient")
def test_a_url_is_handed_on_and_links_are_told(mock: MockTingwu, capsys: Captured) -> None:
    assert main(["offline", URL, "--target", mock.url, "--json"]) == 0
    told = objects(capsys.readouterr().out)
    assert told[0]["event"] == "Created"
    assert (told[-1]["task_id"], told[-1]["status"]) == (told[0]["task_id"], "COMPLETED")
    assert set(told[-1]["results"]) == {"Transcription"}
    assert sent(mock)[0]["Input"]["FileUrl"] == URL


def test_without_waiting_the_task_goes_on_alone(start_mock: Start, capsys: Captured) -> None:
    mock = start_mock(clock="virtual")
    assert main(["offline", URL, "--target", mock.url, "--no-wait"]) == 0
    created, last = capsys.readouterr().out.splitlines()
    assert last == f"{created.removeprefix('Task ')} ONGOING"


@pytest.mark.usefixtures("impatient")
def test_a_result_is_written_to_a_file(mock: MockTingwu, tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "minutes.srt"
    options = ("--result", "srt", "--out", str(out))
    assert main(["offline", URL, "--target", mock.url, *options]) == 0
    assert out.read_text("utf-8").startswith("1\n00:00:0")
    assert capsys.readouterr().out.endswith(" COMPLETED\n")


@pytest.mark.usefixtures("impatient")
def test_a_file_that_is_no_recording_fails_with_the_services_reason(
    mock: MockTingwu, tmp_path: Path, capsys: Captured
) -> None:
    path = tmp_path / "minutes.pdf"
    path.write_text("no audio")
    assert main(["offline", str(path), "--target", mock.url]) == 1
    assert capsys.readouterr().out.endswith(" FAILED (TSC.FileType: File type invalid.)\n")


def test_the_cloud_is_given_no_local_file(capsys: Captured) -> None:
    assert main(["offline", str(RECORDING), "--target", "live"]) == 2
    assert capsys.readouterr().err == (
        f"mock-tingwu offline: {RECORDING} is a local file, expected a URL from which the cloud "
        "can fetch it\n"
    )


def test_what_is_no_mock_is_given_no_local_file(site: Site, capsys: Captured) -> None:
    url = site.url("")
    assert main(["offline", str(RECORDING), "--target", url]) == 2
    assert capsys.readouterr().err.endswith(
        f"is a local file, and {url} is no mock: it takes a URL\n"
    )
    assert site.asked == ["/_mock/health"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [("none.wav", "none.wav is neither a file nor a URL"), ("/", "/ is no file")],
)
def test_what_cannot_be_transcribed_is_told(
    mock: MockTingwu, capsys: Captured, source: str, expected: str
) -> None:
    assert main(["offline", source, "--target", mock.url]) == 2
    assert capsys.readouterr().err == f"mock-tingwu offline: {expected}\n"
    assert mock.journal == []


def test_nobody_who_takes_a_file_is_no_answer(capsys: Captured) -> None:
    assert main(["offline", str(RECORDING), "--target", "http://127.0.0.1:1"]) == 4
    assert "http://127.0.0.1:1 does not answer" in capsys.readouterr().err


def test_ctrl_c_leaves_an_offline_task_alone(start_mock: Start) -> None:
    mock = start_mock(clock="virtual")
    with Running(["offline", URL, "--target", mock.url]) as offline:
        task_id = offline.line().removeprefix("Task ")
        offline.line_with("Waiting")
        code, _, errors = offline.end(signal.SIGINT)
    assert code == 130
    assert errors == f"mock-tingwu offline: interrupted; the task {task_id} is not stopped.\n"
