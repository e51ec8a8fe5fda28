from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
from contextlib import suppress
from random import randrange
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.cli import main
from mock_tingwu.settings import LIVE_AUTH_KEY
from tests.cli.commands import COMMAND, Running, environment, on_a_terminal, plain, run

#: Nobody is contacted there: the stream is imagined.
STREAM = "rtmp://pull.example.com/app/lesson"
NOWHERE = "http://127.0.0.1:1/captions"
KEY = "hush-live-auth-key"
USER = ("--sdk-app-id", "app", "--channel-id", "channel", "--user-id", "user")
UNKNOWN = "asr-00000000-0000-4000-8000-000000000000"

Capture = pytest.CaptureFixture[str]


def live(mock: MockTingwu, *arguments: str) -> int:
    """Run a subcommand in this process against a mock."""
    return main(["live", *arguments, "--target", mock.url])


def create(mock: MockTingwu, capsys: Capture, *arguments: str) -> str:
    """The id of a new task, which is all that is printed."""
    given = arguments or ("--stream-url", STREAM)
    assert live(mock, "create", *given, "--callback-url", NOWHERE) == 0
    out, errors = capsys.readouterr()
    assert re.fullmatch(r"asr-[0-9a-f-]{36}\n", out) and errors == ""
    return out.strip()


def shown(mock: MockTingwu, capsys: Capture, task_id: str) -> dict[str, Any]:
    """What ``live query --json`` tells of a task."""
    assert live(mock, "query", task_id, "--json") == 0
    (line,) = capsys.readouterr().out.splitlines()
    task: dict[str, Any] = json.loads(line)
    return task


def tasks_of(mock: MockTingwu) -> dict[str, Any]:
    """The tasks that run, as the service tells them."""
    call = {"Action": "QueryRtcAsrTasks", "Version": "2016-11-01", "Format": "JSON"}
    tasks: dict[str, Any] = httpx.get(mock.url, params=call).json()["Tasks"]
    return tasks


def test_a_task_from_create_to_delete(virtual_mock: MockTingwu, capsys: Capture) -> None:
    mock = virtual_mock
    task_id = create(mock, capsys)
    assert shown(mock, capsys, task_id)["status"] == 1
    assert live(mock, "stop", task_id) == 0
    assert capsys.readouterr() == (f"{task_id} stopped\n", "")
    assert shown(mock, capsys, task_id)["status"] == 2
    assert live(mock, "delete", task_id) == 0
    assert capsys.readouterr() == (f"{task_id} deleted\n", "")
    assert live(mock, "query", task_id) == 1
    assert capsys.readouterr() == ("", f"mock-tingwu live query: No task {task_id} is known.\n")


def test_a_command_is_one_object_with_json(virtual_mock: MockTingwu, capsys: Capture) -> None:
    given = ("--stream-url", STREAM, "--callback-url", NOWHERE, "--json")
    assert live(virtual_mock, "create", *given) == 0
    created = json.loads(capsys.readouterr().out)
    task_id = created["task_id"]
    assert created == {"event": "Created", "task_id": task_id}
    for command, event in (("stop", "Stopped"), ("delete", "Deleted")):
        assert live(virtual_mock, command, task_id, "--json") == 0
        assert json.loads(capsys.readouterr().out) == {"event": event, "task_id": task_id}


def test_every_option_gets_to_the_task(virtual_mock: MockTingwu, capsys: Capture) -> None:
    given = ("--language", "en", "--translate", "cn", "--report-interval", "250")
    more = ("--auto-terminate", "3", "--auth-key", KEY)
    task_id = create(virtual_mock, capsys, "--stream-url", STREAM, *given, *more)
    task = shown(virtual_mock, capsys, task_id)
    expected = {
        "task_id": task_id,
        "mode": "live",
        "stream_url": STREAM,
        "callback_url": NOWHERE,
        "language": "en",
        "report_interval_ms": 250,
        "auto_terminate_delay_s": 3,
    }
    assert expected.items() <= task.items()
    asked = [e["target"] for e in virtual_mock.journal if "StreamURL" in str(e.get("target"))]
    assert "TargetLanguages=cn" in asked[0] and "AuthKey=" in asked[0]


def test_a_user_of_a_channel_is_captioned(virtual_mock: MockTingwu, capsys: Capture) -> None:
    task = shown(virtual_mock, capsys, create(virtual_mock, capsys, *USER))
    assert (task["mode"], task["stream_url"]) == ("rtc", "")
    assert (task["raw"]["sdkAppId"], task["raw"]["rtcUserId"]) == ("app", "user")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        USER[:4],
        (*USER, "--stream-url", STREAM),
        ("--stream-url", STREAM, "--user-id", "user"),
    ],
)
def test_a_task_hears_a_stream_or_a_user(
    mock: MockTingwu, capsys: Capture, arguments: tuple[str, ...]
) -> None:
    assert live(mock, "create", *arguments, "--callback-url", NOWHERE) == 2
    out, errors = capsys.readouterr()
    assert out == "" and errors.count("\n") == 1
    assert "expected either --stream-url, or all of --sdk-app-id" in errors
    assert tasks_of(mock) == {}


def test_the_tasks_are_a_table(virtual_mock: MockTingwu, capsys: Capture) -> None:
    assert live(virtual_mock, "tasks") == 0
    assert capsys.readouterr() == ("", "")
    long = f"{STREAM}?{'a' * 100}"
    first = create(virtual_mock, capsys, "--stream-url", long)
    second = create(virtual_mock, capsys, *USER, "--language", "yue")
    ended = create(virtual_mock, capsys)
    assert live(virtual_mock, "stop", ended) == 0
    capsys.readouterr()

    assert live(virtual_mock, "tasks") == 0
    cells = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [(row[0], row[1], row[3]) for row in cells] == [
        (first, "cn", long),
        (second, "yue", "a user of an RTC channel"),
    ]
    assert cells[0][2].endswith("+08:00")

    assert live(virtual_mock, "tasks", "--json") == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [task["task_id"] for task in told] == [first, second]

    code, text = on_a_terminal(80, "live", "tasks", "--target", virtual_mock.url)
    lines = plain(text).splitlines()
    assert code == 0 and all(len(line) <= 80 for line in lines)
    assert first in text and second in text, "an id that is cut is none"
    assert "".join(line[2:46].strip() for line in lines).count("a" * 100) == 1


def test_no_task_is_told_on_a_terminal(mock: MockTingwu) -> None:
    code, text = on_a_terminal(80, "live", "tasks", "--target", mock.url)
    assert (code, plain(text)) == (0, "No task runs.\n")


def test_a_task_is_described(virtual_mock: MockTingwu, capsys: Capture) -> None:
    task_id = create(virtual_mock, capsys, "--stream-url", STREAM, "--report-interval", "-1")
    assert live(virtual_mock, "query", task_id) == 0
    told = dict(re.split(r"  +", line) for line in capsys.readouterr().out.splitlines())
    assert told["Task"] == task_id and told["Status"] == "running"
    assert told["Stream"] == STREAM and told["Interim results"] == "whole sentences alone"
    live(virtual_mock, "stop", task_id)
    capsys.readouterr()
    live(virtual_mock, "query", task_id)
    assert "not running (status 2)" in capsys.readouterr().out


def test_what_a_terminal_would_obey_is_escaped(virtual_mock: MockTingwu, capsys: Capture) -> None:
    task_id = create(virtual_mock, capsys, "--stream-url", f"{STREAM}?\u202e\u009b2J")
    for command in (("tasks",), ("query", task_id)):
        assert live(virtual_mock, *command) == 0
        out = capsys.readouterr().out
        assert "\\u202e\\x9b2J" in out and not {"\u202e", "\u009b"} & set(out)


# Exit codes


@pytest.mark.parametrize("command", ["stop", "delete"])
def test_what_the_service_refuses_exits_with_3(
    mock: MockTingwu, capsys: Capture, command: str
) -> None:
    assert live(mock, command, UNKNOWN) == 3
    out, errors = capsys.readouterr()
    assert out == "" and errors.count("\n") == 1
    assert errors.startswith(f"mock-tingwu live {command}: ConfigNotFound: ")
    assert live(mock, command, UNKNOWN, "--json") == 3
    (line,) = capsys.readouterr().out.splitlines()
    error = json.loads(line)["error"]
    assert (error["code"], error["http_status"]) == ("ConfigNotFound", 400)
    assert error["request_id"]


@pytest.mark.parametrize(
    "command",
    [
        ("create", "--stream-url", STREAM, "--callback-url", NOWHERE, "--auth-key", KEY),
        ("stop", UNKNOWN),
        ("delete", UNKNOWN),
        ("query", UNKNOWN),
        ("tasks",),
        ("watch", STREAM, "--auth-key", KEY),
    ],
)
def test_every_command_exits_with_3_for_a_fault_and_with_4_for_no_answer(
    mock: MockTingwu, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    fault = {"type": "api_error", "code": "Forbidden.RAM", "message": f"Not {KEY}."}
    mock.faults.add(fault, match={"service": "live"})
    assert live(mock, *command) == 3
    refused = capsys.readouterr()
    monkeypatch.setenv("MOCK_TINGWU_URL", "http://127.0.0.1:1")
    assert main(["live", *command]) == 4
    unanswered = capsys.readouterr()
    name = f"mock-tingwu live {command[0]}: "
    assert refused.out == "" and refused.err.startswith(f"{name}Forbidden.RAM: ")
    assert unanswered.out == "" and unanswered.err.startswith(f"{name}No mock answers at ")
    assert (refused.err + unanswered.err).count("\n") == 2
    if KEY in command:
        assert KEY not in refused.err


# Watching


class Watching(Running):
    """``live watch``."""

    def __init__(self, mock: MockTingwu, *flags: str, stream: str = STREAM, **more: str) -> None:
        arguments = ["live", "watch", stream, "--target", mock.url, *flags]
        super().__init__(arguments, None, more)

    def complaint(self) -> str:
        """The next line of stderr."""
        assert self.process.stderr is not None
        return self.process.stderr.readline()

    def begun(self) -> tuple[str, str]:
        """The task and its CallbackURL, as the first line tells them."""
        found = re.fullmatch(r"Task (asr-\S+) posts to (\S+)", self.line())
        assert found
        return found[1], found[2]


def calls(mock: MockTingwu) -> list[str]:
    """The calls that changed something, in order."""
    entries = [e for e in mock.journal if e["kind"] == "request" and e["service"] == "live"]
    names = [str(entry["operation"]) for entry in entries]
    return [name for name in names if name != "QueryRtcAsrTasks"]


WHOLE = ["CreateRtcAsrTask", "StopRtcAsrTask", "DeleteRtcAsrTask"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stream_is_watched_until_a_signal(
    virtual_mock: MockTingwu, number: signal.Signals
) -> None:
    with Watching(virtual_mock, "--translate", "en") as watching:
        task_id, url = watching.begun()
        assert tasks_of(virtual_mock)[task_id]["callbackUrl"] == url
        virtual_mock.advance(4_000)
        assert " sentence  " in watching.line_with(" sentence  ")
        code, out, errors = watching.end(number)
    assert (code, errors) == (0, "")
    *shown, counted, last = out.splitlines()
    assert last == f"Task {task_id} is stopped and deleted."
    assert re.fullmatch(r"\d+ callbacks, \d+ sentences?, 1 task, 0 bad signatures", counted)
    assert shown and {line.split()[2] for line in shown} == {"ok"}
    assert calls(virtual_mock) == WHOLE
    assert tasks_of(virtual_mock) == {}


def test_it_ends_where_signals_are_ignored_at_first(virtual_mock: MockTingwu) -> None:
    words = [*COMMAND, "live", "watch", STREAM, "--target", virtual_mock.url]
    shell = ["sh", "-c", f"{shlex.join(words)} & echo $!; wait"]
    with subprocess.Popen(
        shell, stdout=subprocess.PIPE, encoding="utf-8", env=environment()
    ) as process:
        assert process.stdout is not None
        number = int(process.stdout.readline())
        process.stdout.readline()
        virtual_mock.advance(1_500)
        process.stdout.readline()
        os.kill(number, signal.SIGINT)
        assert process.stdout.read().endswith("is stopped and deleted.\n")
    assert calls(virtual_mock) == WHOLE


def test_what_is_heard_at_the_end_is_still_shown(virtual_mock: MockTingwu) -> None:
    with Watching(virtual_mock) as watching:
        watching.begun()
        virtual_mock.advance(1_500)  # the first sentence is not over
        watching.line_with(" interim  ")
        _, out, _ = watching.end(signal.SIGINT)
    assert len([line for line in out.splitlines() if " sentence  " in line]) == 1


def test_json_has_callbacks_alone_on_stdout(virtual_mock: MockTingwu) -> None:
    flags = ("--json", "--report-interval", "-1", "--auth-key", KEY)
    with Watching(virtual_mock, *flags) as watching:
        begin = watching.complaint()
        virtual_mock.advance(4_000)
        first = watching.line()
        code, out, errors = watching.end(signal.SIGINT)
    told = [json.loads(line) for line in (first, *out.splitlines())]
    assert code == 0 and {one["signature"] for one in told} == {"ok"}
    assert told[0]["content"]["header"]["name"] == "SentenceEnd"
    counted, end = errors.splitlines()
    assert begin.startswith(f"Task {told[0]['task_id']} posts to http://127.0.0.1:")
    assert "bad signature" in counted and end.endswith("is stopped and deleted.")
    assert KEY not in begin + first + out + errors


def test_the_end_of_the_task_ends_it(virtual_mock: MockTingwu) -> None:
    stream = f"{STREAM}?mock.duration_ms=1000"
    with Watching(virtual_mock, "--auto-terminate", "1", stream=stream) as watching:
        task_id, _ = watching.begun()
        virtual_mock.advance(3_000)
        code, out, errors = watching.wait()
    assert (code, errors) == (0, "")
    assert out.endswith(f"Task {task_id} is stopped and deleted.\n")


def test_a_task_that_somebody_else_deletes_ends_it(
    virtual_mock: MockTingwu, capsys: Capture
) -> None:
    with Watching(virtual_mock) as watching:
        task_id, _ = watching.begun()
        assert live(virtual_mock, "delete", task_id) == 0
        code, _, errors = watching.wait()
    assert (code, errors) == (0, "")


def port_of_ones_own() -> int:
    """A free port that no server next to this test is given when it asks for any."""
    while True:
        with (
            suppress(OSError),
            socket.create_server(("127.0.0.1", randrange(20_000, 30_000))) as free,
        ):
            port: int = free.getsockname()[1]
            return port


def test_callbacks_come_by_the_address_that_is_given(virtual_mock: MockTingwu) -> None:
    port = str(port_of_ones_own())
    url = f"http://localhost:{port}/captions?room=1"
    flags = ("--callback-url", url, "--port", port)
    with Watching(virtual_mock, *flags, **{LIVE_AUTH_KEY: KEY}) as watching:
        assert watching.begun()[1] == url
        virtual_mock.advance(1_500)
        assert watching.line_with(" interim ").split()[2] == "ok"
        code, out, errors = watching.end(signal.SIGINT)
    assert code == 0 and KEY not in out + errors
    assert {e["url"] for e in virtual_mock.journal if e["kind"] == "callback"} == {url}


def test_a_task_that_cannot_be_ended_is_told(virtual_mock: MockTingwu) -> None:
    with Watching(virtual_mock) as watching:
        task_id, _ = watching.begun()
        fault = {"type": "api_error", "code": "Forbidden.RAM"}
        virtual_mock.faults.add(fault, match={"operation": "StopRtcAsrTask"})
        code, out, errors = watching.end(signal.SIGINT)
    assert code == 3
    last = out.splitlines()[-1]
    assert last == f"Task {task_id} may still run: mock-tingwu live delete {task_id}"
    assert errors.startswith("mock-tingwu live watch: Forbidden.RAM: ")
    assert errors.count("\n") == 1


def test_a_service_that_does_not_reach_this_machine_is_told_before_anything_is_done() -> None:
    result = run("live", "watch", STREAM, "--target", "http://192.0.2.1:8900")
    assert (result.returncode, result.stdout) == (2, "")
    assert "--callback-url" in result.stderr and result.stderr.count("\n") == 1


def test_a_port_that_is_taken_creates_no_task(virtual_mock: MockTingwu) -> None:
    port = virtual_mock.url.rpartition(":")[2]
    result = run("live", "watch", STREAM, "--target", virtual_mock.url, "--port", port)
    assert (result.returncode, result.stdout) == (2, "")
    assert f"cannot listen on 127.0.0.1, port {port}" in result.stderr
    assert result.stderr.count("\n") == 1 and calls(virtual_mock) == []


def test_a_reader_that_has_seen_enough_leaves_no_task(virtual_mock: MockTingwu) -> None:
    command = [*COMMAND, "live", "watch", STREAM, "--target", virtual_mock.url]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        virtual_mock.advance(1_500)
        assert process.wait(30) == 1
        assert process.stderr.read() == b""
    assert tasks_of(virtual_mock) == {} and calls(virtual_mock) == WHOLE


def test_a_terminal_sees_captions_that_fit(mock: MockTingwu) -> None:
    stream = f"{STREAM}?mock.duration_ms=2000"
    flags = ("--auto-terminate", "1", "--translate", "en", "--target", mock.url)
    code, text = on_a_terminal(80, "live", "watch", stream, *flags)
    assert code == 0 and "listening … Ctrl-C ends" in text
    assert re.search(r" ok +0 sentence", plain(text))
    assert "the signature fits" not in text
