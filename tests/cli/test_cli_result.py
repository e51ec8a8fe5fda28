"""``mock-tingwu result``: what a task came to is printed, written and kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.cli import main
from tests.cli.commands import objects, run
from tests.cli.conftest import LINES
from tests.conftest import RECORDING, SCRIPT

Start = Callable[..., MockTingwu]
Captured = pytest.CaptureFixture[str]
Result = Callable[..., tuple[int, str, str]]


@pytest.fixture
def task_id(mock: MockTingwu, capsys: Captured, impatient: None) -> str:
    """The demo meeting as an offline task that is completed, with all that there can be."""
    url = mock.host_file(RECORDING)
    mock.script(SCRIPT, file_url=url)
    media = {"Transcoding": {"TargetAudioFormat": "mp3", "SpectrumEnabled": True}}
    options = ("--results", "all", "--translate", "en", "--speakers", "2")
    about = ("--target", mock.url, "--parameters", json.dumps(media))
    assert main(["offline", url, *options, *about]) == 0
    return capsys.readouterr().out.splitlines()[-1].split()[0]


@pytest.fixture
def result(mock: MockTingwu, task_id: str, capsys: Captured) -> Result:
    """Run the command about the task; its exit code, stdout and stderr."""

    def ask(*options: object) -> tuple[int, str, str]:
        code = main(["result", task_id, "--target", mock.url, *map(str, options)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return ask


def test_text_is_what_is_printed_unless_something_else_is_asked_for(
    mock: MockTingwu, task_id: str
) -> None:
    printed = run("result", task_id, "--target", mock.url)
    assert (printed.returncode, printed.stderr) == (0, "")
    assert printed.stdout.startswith(f"发言人1: {LINES[0]}\n发言人2: {LINES[1]}")


@pytest.mark.parametrize(
    ("form", "beginning"),
    [
        ("text", f"发言人1: {LINES[0]}"),
        ("md", "# 产品组周会\n"),
        ("srt", "1\n00:00:00,"),
        ("vtt", "WEBVTT\n\n00:00:00."),
        ("json", "{\n"),
    ],
)
def test_every_format(result: Result, form: str, beginning: str) -> None:
    code, out, errors = result("--format", form)
    assert (code, errors) == (0, "")
    assert out.startswith(beginning) and out.endswith("\n") and not out.endswith("\n\n")


def test_a_translation_is_printed_instead_and_speakers_are_named(result: Result) -> None:
    _, out, _ = result("--translation", "en", "--speakers", "1=Anna, 2=Ben")
    assert out.startswith("Anna: Good morning") and "\nBen: " in out
    _, out, _ = result("--translation", "en", "--format", "srt")
    assert "Good morning" in out
    _, out, _ = result("--speakers", "2=Ben", "--format", "vtt")
    assert "<v 发言人1>" in out and "<v Ben>" in out


def test_only_the_kinds_asked_for_are_downloaded(mock: MockTingwu, result: Result) -> None:
    before = len(mock.journal)
    _, out, _ = result("--kinds", "AutoChapters, Transcription", "--format", "json")
    assert set(json.loads(out)) == {"task_id", "transcript", "chapters"}
    files = [
        entry["target"] for entry in mock.journal[before:] if "/oss/" in entry.get("target", "")
    ]
    assert len({target.partition("?")[0] for target in files}) == 2


def test_where_nothing_was_said_nothing_is_printed(result: Result) -> None:
    assert result("--kinds", "AutoChapters") == (0, "", "")


def test_what_is_written_to_a_file_is_not_printed(result: Result, tmp_path: Path) -> None:
    path = tmp_path / "minutes.md"
    assert result("--format", "md", "--out", path) == (0, "", "")
    assert path.read_text("utf-8").startswith("# 产品组周会\n")


def test_all_files_are_kept_and_named(result: Result, task_id: str, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    code, out, errors = result("--files", folder)
    assert (code, errors) == (0, "")
    names = {path.name for path in folder.iterdir()}
    kinds = ("Transcription", "Translation", "AutoChapters", "MeetingAssistance")
    assert {f"{kind}.json" for kind in kinds} <= names
    assert {"audio.mp3", "spectrum", "Summarization.json", "TextPolish.json"} <= names
    assert set(out.splitlines()) == {str(folder / name) for name in names}
    chapters: dict[str, Any] = json.loads((folder / "AutoChapters.json").read_text("utf-8"))
    assert list(chapters) == ["TaskId", "AutoChapters"] and chapters["TaskId"] == task_id
    assert json.loads((folder / "spectrum").read_text("utf-8"))["SampleRate"] == 16_000


def test_files_can_be_kept_beside_what_is_printed(result: Result, tmp_path: Path) -> None:
    _, out, _ = result("--files", tmp_path, "--format", "srt")
    assert out.startswith("1\n") and str(tmp_path) not in out
    assert (tmp_path / "audio.mp3").is_file()


def test_as_json_everything_is_an_object_a_line(
    result: Result, task_id: str, tmp_path: Path
) -> None:
    _, out, _ = result("--json", "--format", "text", "--files", tmp_path)
    first, *kept, last = objects(out)
    assert first["event"] == "Result" and first["text"].startswith(f"发言人1: {LINES[0]}")
    assert {Path(one["path"]).name for one in kept} == {path.name for path in tmp_path.iterdir()}
    assert last == {"task_id": task_id, "status": "COMPLETED"}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--speakers", "3=Cy"), "--speakers has '3', expected of 1, 2"),
        (
            ("--translation", "ja", "--kinds", "Transcription"),
            "language is 'ja', expected that of a translation: there is none",
        ),
        (
            ("--kinds", "Minutes"),
            "--kinds has 'Minutes', expected of Transcription, Translation, AutoChapters, "
            "MeetingAssistance, Summarization, TextPolish",
        ),
        (("--out", "{tmp}"), "--out {tmp} is a folder, expected a file to write"),
        (
            ("--translation", "en", "--format", "json"),
            "--translation needs --format text, md, srt or vtt",
        ),
        (("--speakers", "1=A", "--format", "srt"), "--speakers needs --format text, md or vtt"),
        (("--speakers", "1=A", "--files", "{tmp}"), "--speakers needs --format text, md or vtt"),
    ],
)
def test_what_there_is_not_is_told(
    result: Result, tmp_path: Path, options: tuple[str, ...], sentence: str
) -> None:
    given = [option.format(tmp=tmp_path) for option in options]
    told = f"mock-tingwu result: {sentence.format(tmp=tmp_path)}\n"
    assert result(*given) == (2, "", told)


def test_speakers_have_to_be_ids_with_names(capsys: Captured) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["result", "t", "--speakers", "Anna"])
    assert "'Anna' is not ID=NAME, such as 1=Anna" in capsys.readouterr().err


@pytest.mark.parametrize("as_json", [False, True])
def test_a_task_without_results_says_what_to_do(
    start_mock: Start, capsys: Captured, as_json: bool
) -> None:
    mock = start_mock(clock="virtual")
    about = ("--target", mock.url)
    assert main(["task", "create", *about]) == 0
    task_id = capsys.readouterr().out.split()[0]
    assert main(["result", task_id, *about, *(["--json"] if as_json else [])]) == 1
    captured = capsys.readouterr()
    assert captured.err == (
        f"mock-tingwu result: The task {task_id} is NEW and has no results yet: "
        "`mock-tingwu task wait` waits for them.\n"
    )
    last = {"task_id": task_id, "status": "NEW", "results": {}}
    assert objects(captured.out) == ([last] if as_json else [])


def test_why_a_task_has_no_results_is_told(mock: MockTingwu, capsys: Captured) -> None:
    mock.faults.add({"type": "task_failed", "error_code": "TSC.FileError"})
    about = ("--target", mock.url)
    assert main(["task", "create", "--file-url", "https://a.example/b.mp3", *about]) == 0
    task_id = capsys.readouterr().out.split()[0]
    assert main(["result", task_id, *about]) == 1
    errors = capsys.readouterr().err
    assert errors.startswith(f"mock-tingwu result: The task {task_id} is FAILED (TSC.FileError: ")
    assert errors.endswith(") and has no results.\n")
    assert main(["result", "none", *about]) == 1
    assert "The task none is INVALID and has no results." in capsys.readouterr().err


@pytest.mark.usefixtures("impatient")
def test_a_task_that_has_failed_later_is_printed_and_not_a_success(
    mock: MockTingwu, capsys: Captured
) -> None:
    failure = {"type": "task_failed", "error_code": "TSC.FileError", "stage": "AutoChapters"}
    mock.faults.add(failure)
    about = ("--target", mock.url)
    options = ("--results", "AutoChapters")
    assert main(["offline", "https://a.example/b.mp3", *options, *about]) == 1
    task_id = capsys.readouterr().out.splitlines()[-1].split()[0]
    assert main(["result", task_id, *about]) == 1
    captured = capsys.readouterr()
    assert len(captured.out) > 20
    assert captured.err.startswith(f"mock-tingwu result: The task {task_id} is FAILED (TSC.File")
    assert captured.err.endswith("); these results were made before.\n")


def test_a_file_that_is_gone_is_a_refusal(mock: MockTingwu, result: Result) -> None:
    mock.faults.add({"type": "result_missing"}, match={"kind": "AutoChapters"})
    code, out, errors = result()
    assert (code, out) == (3, "")
    assert errors.startswith("mock-tingwu result: The file AutoChapters cannot be downloaded: ")
    assert "NoSuchKey" in errors and " (RequestId " in errors and errors.count("\n") == 1
    assert "Signature" not in errors
