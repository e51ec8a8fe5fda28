from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len

from mock_tingwu import MockTingwu
from mock_tingwu.cli.demo import TASK_KEY
from mock_tingwu.core.scripts import load_script
from tests.cli.commands import COMMAND, Running, environment, on_a_terminal, plain, run
from tests.conftest import SCRIPT

LINES = load_script(SCRIPT).lines
SECTIONS = (
    "Transcript",
    "Chapters",
    "Summary",
    "Speakers",
    "Questions and answers",
    "To-dos",
    "Keywords",
    "Mind map",
    "Polished text",
    "Custom prompt",
    "Recording",
)


@pytest.fixture(scope="module")
def piped(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What the demo prints into a pipe, and the folder where it kept its files."""
    folder = tmp_path_factory.mktemp("demo")
    result = run("demo", "--speed", "40", "--save", str(folder))
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout, folder


def test_a_pipe_gets_no_control_sequences(piped: tuple[str, Path]) -> None:
    text, _ = piped
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text)


def test_a_pipe_gets_every_final_with_time_and_speaker_and_its_translation(
    piped: tuple[str, Path],
) -> None:
    captions = piped[0].partition("The meeting is stopped")[0].splitlines()
    said = [line for line in captions if line.startswith("[")]
    assert [line.rpartition(" ")[2] for line in said] == [line.text for line in LINES]
    for caption, line in zip(said, LINES, strict=True):
        pattern = rf"\[\d\d:\d\d\.\d\] Speaker {line.speaker + 1} {re.escape(line.text)}"
        assert re.fullmatch(pattern, caption)
        assert captions[captions.index(caption) + 1].strip() == line.translations["en"]
    assert len(captions) == len(said) * 2 + 3, "interim captions do not belong into a file"


def test_the_summary_has_every_section_in_order(piped: tuple[str, Path]) -> None:
    text = piped[0]
    titles = re.findall(r"^([A-Z][a-z]+[a-z -]*) ─+$", text, re.MULTILINE)
    assert tuple(titles) == SECTIONS
    assert "\n产品组周会\n├── 上周进展与用户反馈\n│   ├── " in text
    assert "☐ 00:27  今天下班前把接口文档发到群里" in text
    assert "Q  支付页面什么时候能测试？" in text


def test_the_recordings_link_stands_whole_on_one_line_with_its_size(
    piped: tuple[str, Path],
) -> None:
    pattern = r"^MP3, (\d+) KiB  http://127\.0\.0\.1:\d+/oss/\S+\.mp3\?Expires=\d+\S+$"
    found = re.search(pattern, piped[0], re.MULTILINE)
    assert found and int(found[1]) == round((piped[1] / "audio.mp3").stat().st_size / 1024)


def test_the_same_seed_keeps_the_same_bytes(piped: tuple[str, Path], tmp_path: Path) -> None:
    first = piped[1]
    assert run("demo", "--speed", "200", "--save", str(tmp_path)).returncode == 0
    names = sorted(path.name for path in first.iterdir())
    assert names == sorted(path.name for path in tmp_path.iterdir()) and len(names) == 8
    for name in names:
        assert (tmp_path / name).read_bytes() == (first / name).read_bytes()


def test_a_terminal_sees_captions_grow_and_a_summary_that_fits() -> None:
    code, text = on_a_terminal(80, "demo", "--speed", "20")
    assert code == 0
    assert "▌" in text and "●" in text and "\x1b[2K" in text, "the live part is redrawn"
    live, _, summary = plain(text).partition("\n产品组周会\n")
    assert len(set(re.findall(r"(\S+)▌", live))) > len(LINES), "interim captions have grown"
    positions = [live.index(f"[{clock}] Speaker") for clock in ("00:00.9", "00:19.8", "00:35.3")]
    assert positions == sorted(positions)
    assert "✓ Transcription" in live
    assert summary.count("─" * 40) >= len(SECTIONS)
    assert all(cell_len(line) <= 80 for line in summary.splitlines())
    assert re.search(r"\x1b\]8;id=\d+;http://127\.0\.0\.1:\d+/oss/\S+\.mp3\?Expires=", text)


def test_no_server_is_told_in_one_sentence() -> None:
    result = run("demo", "--url", "http://127.0.0.1:1")
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert result.stderr.startswith("mock-tingwu demo: 127.0.0.1:1 does not answer")


def test_a_refusal_is_told_in_one_sentence(start_mock: Callable[..., MockTingwu]) -> None:
    mock = start_mock(auth="verify", access_keys={"other": "pair"})
    result = run("demo", "--url", mock.url)
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "InvalidAccessKeyId.NotFound" in result.stderr


def test_a_server_that_dies_in_the_middle_is_told_in_one_sentence(mock: MockTingwu) -> None:
    mock.script(SCRIPT, task_key=TASK_KEY)
    with Running(["demo", "--speed", "8", "--url", mock.url]) as demo:
        demo.line_with("早上好")
        mock.close()
        code, _, errors = demo.wait()
    assert (code, errors.count("\n")) == (1, 1)
    assert "does not answer" in errors


def test_ctrl_c_closes_the_stream_then_stops_the_task(mock: MockTingwu) -> None:
    mock.script(SCRIPT, task_key=TASK_KEY)
    with Running(["demo", "--speed", "8", "--url", mock.url]) as demo:
        demo.line_with("早上好")
        code, _, errors = demo.end(signal.SIGINT)
    assert code == 130
    assert errors == (
        "mock-tingwu demo: interrupted; the stream is closed and the task is stopped.\n"
    )
    seen = [
        "StopTranscription" if "StopTranscription" in str(entry.get("text")) else entry["kind"]
        for entry in mock.journal
        if entry["kind"] == "ws_close"
        or "StopTranscription" in str(entry.get("text"))
        or (entry["kind"] == "request" and "operation=stop" in entry["target"])
    ]
    assert seen == ["StopTranscription", "ws_close", "request"]


@pytest.mark.parametrize("speed", ["0", "-1", "fast", "nan"])
def test_a_speed_that_makes_no_sense_is_refused(speed: str) -> None:
    result = run("demo", "--speed", speed)
    assert result.returncode == 2 and "0.1 to 1000" in result.stderr


def test_a_reader_who_has_seen_enough_gets_no_traceback(mock: MockTingwu) -> None:
    command = [*COMMAND, "demo", "--speed", "40", "--url", mock.url]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(30) == 1
        assert process.stderr.read() == b""
    transitions = [entry["after"] for entry in mock.journal if entry["kind"] == "transition"]
    assert transitions[-1] in ("FINISHING", "COMPLETED"), "the task was stopped all the same"
