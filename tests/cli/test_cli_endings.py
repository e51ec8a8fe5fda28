"""How the commands that use a service end, and what they print, in whatever surroundings."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mock_tingwu import MockTingwu
from tests.cli.commands import COMMAND, Running, environment, objects, run
from tests.conftest import RECORDING

#: A program that uses a service at all.
ASKS = (
    "import sys, urllib.request as u; "
    "u.urlopen(u.Request(sys.argv[1] + '/openapi/tingwu/v2/tasks/x', method='GET'))"
)
STREAM = ("stream", str(RECORDING), "--speed", "4")


def statuses(mock: MockTingwu) -> list[str]:
    """The statuses of all tasks, oldest first."""
    return mock.call(lambda: [task.status.name for task in mock._realm.tasks.values()])


def started(*words: str) -> subprocess.CompletedProcess[str]:
    """Run any command to its end."""
    surroundings = environment()
    return subprocess.run(
        words, capture_output=True, text=True, env=surroundings, timeout=60, check=False
    )


def shell(redirection: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of ours with a redirection of the shell's."""
    return started("sh", "-c", f"exec {shlex.join([*COMMAND, *arguments])} {redirection}")


@pytest.mark.parametrize(
    "arguments",
    [("task", "create"), ("offline", str(RECORDING)), ("phrases", "list")],
    ids=lambda words: words[0],
)
def test_who_has_closed_its_output_gets_none(mock: MockTingwu, arguments: tuple[str, ...]) -> None:
    done = shell(">&-", *arguments, "--target", mock.url)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "arguments",
    [
        ("conformance", "--list"),
        ("client-check", "--", sys.executable, "-c", ASKS, "{url}"),
    ],
    ids=lambda words: words[0],
)
def test_when_the_reader_has_seen_enough_it_ends_quietly(arguments: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*COMMAND, *arguments],
        stdout=writer,
        stderr=subprocess.PIPE,
        env=environment(),
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("service", ["stream", "dashscope"])
def test_a_command_that_is_told_to_end_stops_its_task(
    mock: MockTingwu, number: signal.Signals, service: str
) -> None:
    command = ["stream"] if service == "stream" else ["dashscope", "stream"]
    with Running([*command, *STREAM[1:], "--target", mock.url]) as running:
        running.line_with("[00:")
        code, _, errors = running.end(number)
    assert code == 128 + number
    assert "interrupted after" in errors and errors.endswith("is stopped.\n")
    mock.wait_for(sessions=0)
    assert statuses(mock)[0] in ("COMPLETED", "FINISHING")


def test_what_the_shell_has_ignored_stays_ignored(mock: MockTingwu) -> None:
    with Running([*STREAM, "--target", mock.url], prefix=("nohup",)) as running:
        running.line_with("[00:")
        running.process.send_signal(signal.SIGHUP)
        assert running.wait()[0] == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk here")
def test_a_task_is_stopped_when_nothing_can_be_written(mock: MockTingwu) -> None:
    done = shell("> /dev/full", *STREAM, "--target", mock.url)
    assert done.returncode == 2 and "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert statuses(mock) == ["COMPLETED"]


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_what_goes_into_a_pipe_is_utf_8(mock: MockTingwu, encoding: str) -> None:
    arguments = ["offline", str(RECORDING), "--result", "text", "--target", mock.url, "--json"]
    done = run(*arguments, environ={"PYTHONIOENCODING": encoding})
    assert done.returncode == 0
    (text,) = [entry["text"] for entry in objects(done.stdout) if entry.get("event") == "Result"]
    assert "。" in text and "?" not in text


def test_results_as_json_are_no_text_in_the_json(mock: MockTingwu) -> None:
    arguments = ["offline", str(RECORDING), "--result", "json", "--target", mock.url, "--json"]
    offline = objects(run(*arguments).stdout)
    again = ["result", offline[-1]["task_id"], "--format", "json", "--target", mock.url, "--json"]
    for printed in (offline, objects(run(*again).stdout)):
        (found,) = [entry["results"] for entry in printed if entry.get("event") == "Result"]
        assert found["transcript"]["paragraphs"]


def test_a_mock_for_one_command_is_set_as_serve_would_be(tmp_path: Path) -> None:
    done = run("offline", str(RECORDING), folder=tmp_path, environ={"MOCK_TINGWU_AUTH": "nonsense"})
    assert done.returncode == 2
    assert "MOCK_TINGWU_AUTH is 'nonsense', expected " in done.stderr
    done = run(
        *("offline", str(RECORDING), "--json"),
        folder=tmp_path,
        environ={"MOCK_TINGWU_AUTH": "verify", "MOCK_TINGWU_ACCESS_KEYS": "someone:whose-secret"},
    )
    assert (done.returncode, objects(done.stdout)[-1]["status"]) == (0, "COMPLETED")


def test_nothing_warns_that_python_has_moved_on(mock: MockTingwu) -> None:
    line = [sys.executable, "-W", "error::DeprecationWarning", *COMMAND[1:]]
    done = started(*line, "offline", str(RECORDING), "--result", "text")
    assert done.returncode == 0, done.stderr


def test_a_whole_file_on_stdin_is_not_taken_for_samples(mock: MockTingwu) -> None:
    done = shell(f"< {shlex.quote(str(RECORDING))}", "stream", "-", "--target", mock.url)
    assert done.returncode == 2
    assert "stdin is a whole file, expected bare 16-bit mono samples" in done.stderr
    assert statuses(mock) == ["COMPLETED"]
