"""``mock-tingwu journal``: entries as lines, live, as JSON and as an archive."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.cli.journal import line
from mock_tingwu.core.journal import KINDS
from tests import har_schema
from tests.cli.commands import Running, run
from tests.media_site import Handler, Page, Site
from tests.realtime.helpers import create, pusher, stop


def meeting(mock: MockTingwu) -> str:
    """Hold one without a word; return its TaskId."""
    task = create(mock)
    with pusher(task) as connection:
        connection.start()
        connection.stop()
    stop(mock, task["TaskId"])
    task_id: str = task["TaskId"]
    return task_id


def test_each_entry_is_one_line(mock: MockTingwu) -> None:
    task_id = meeting(mock)
    result = run("journal", "--url", mock.url)
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert len(lines) == len(mock.journal)
    form = r"\d\d:\d\d:\d\d\.\d{3} \w+ +\w+ +(\w{8})? .+"
    assert all(re.fullmatch(form, text) for text in lines), lines
    put = f"tingwu    request    {task_id[:8]} PUT /openapi/tingwu/v2/tasks?type=realtime"
    assert lines[0].endswith(put)
    assert f"realtime  ws_in      {task_id[:8]} StartTranscription" in result.stdout
    assert f"core      transition {task_id[:8]} NEW -> COMPLETED: stop was called" in result.stdout


def test_a_task_and_kinds_can_be_chosen(mock: MockTingwu) -> None:
    meeting(mock)
    task_id = meeting(mock)
    flags = ("--task", task_id, "--kind", "ws_open,ws_close", "--kind", "transition", "--json")
    result = run("journal", "--url", mock.url, *flags)
    entries = [json.loads(text) for text in result.stdout.splitlines()]
    assert [entry["kind"] for entry in entries] == ["ws_open", "ws_close", "transition"]
    assert {entry["task_id"] for entry in entries} == {task_id}
    assert entries == [entry for entry in mock.journal if entry in entries]


def test_an_archive_is_written(mock: MockTingwu, tmp_path: Path) -> None:
    task_id = meeting(mock)
    file = tmp_path / "mock.har"
    result = run("journal", "--url", mock.url, "--har", str(file), "--task", task_id)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    archive = json.loads(file.read_bytes())
    har_schema.check(archive)
    assert archive == mock.har(task_id=task_id)


def test_following_goes_on_over_a_reset_until_the_mock_stops(
    mock: MockTingwu, tmp_path: Path
) -> None:
    first = create(mock)["TaskId"]
    flags = ["journal", "--url", mock.url, "--follow", "--kind", "request", "--json"]
    with Running(flags, tmp_path) as command:
        assert json.loads(command.line())["task_id"] == first
        second = create(mock)["TaskId"]
        assert json.loads(command.line())["task_id"] == second
        mock.reset()
        create(mock)
        entry = json.loads(command.line())
        assert (entry["seq"], entry["task_id"]) == (1, first), "the seed begins anew, too"
        mock.close()
        assert command.wait() == (0, "", "mock-tingwu journal: the mock has stopped\n")


def test_ctrl_c_ends_following(mock: MockTingwu, tmp_path: Path) -> None:
    create(mock)
    with Running(["journal", "--url", mock.url, "-f"], tmp_path) as command:
        command.line_with("response")
        assert command.end(signal.SIGINT) == (0, "", "")


@pytest.mark.parametrize(
    ("flags", "code", "why"),
    [
        (("--url", "nowhere"), 2, "--url is 'nowhere', expected an address such as http"),
        (("--url", "http://h:0"), 2, "--url is 'http://h:0' with the port 0, expected one from 1"),
        (("--url", "http://127.0.0.1:1"), 1, "no mock answers at http://127.0.0.1:1: "),
        (("--url", "http://127.0.0.1:1", "-f"), 1, "no mock answers at http://127.0.0.1:1: "),
        (("--kind", "bogus"), 2, "kind is 'bogus', expected request or "),
        (("--kind", "bogus", "-f"), 2, "kind is 'bogus', expected request or "),
        (
            ("--har", "nowhere/mock.har"),
            1,
            "--har nowhere/mock.har cannot be written: No such file",
        ),
        (("--har", "mock.har", "--follow"), 2, "--har is written once: it does not go with"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(
    mock: MockTingwu, tmp_path: Path, flags: tuple[str, ...], code: int, why: str
) -> None:
    result = run("journal", "--url", mock.url, *flags, folder=tmp_path)
    assert (result.returncode, result.stdout) == (code, "")
    assert result.stderr.startswith("mock-tingwu journal: ") and why in result.stderr
    assert result.stderr.count("\n") == 1


def answering(status: int, body: bytes) -> Page:
    def page(handler: Handler) -> None:
        handler.start(status, {"Content-Length": str(len(body))})
        handler.wfile.write(body)

    return page


@pytest.mark.parametrize("flags", [(), ("--follow",), ("--har", "x.har")])
@pytest.mark.parametrize(("status", "body"), [(200, b"hello"), (404, b"<html>"), (500, b"{}")])
def test_another_server_is_no_mock(
    site: Site, tmp_path: Path, flags: tuple[str, ...], status: int, body: bytes
) -> None:
    for path in ("/_mock/journal", "/_mock/journal/stream", "/_mock/journal/har"):
        site.add(path, answering(status, body))
    result = run("journal", "--url", site.url(""), *flags, folder=tmp_path)
    assert result.returncode == 1
    assert re.search("is no (journal|archive|answer of mock-tingwu)", result.stderr)


# Lines


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (
            {"kind": "request", "method": "GET", "target": "/x", "signature": "mismatch"},
            "GET /x  signature: mismatch",
        ),
        (
            {
                "kind": "response",
                "status": 404,
                "method": "GET",
                "target": "/x",
                "body": {"Code": "A.B"},
            },
            "404 A.B  GET /x",
        ),
        ({"kind": "ws_out", "message": {"header": {"event": "task-started"}}}, "task-started"),
        (
            {
                "kind": "ws_out",
                "message": {"header": {"name": "SentenceEnd"}, "payload": {"result": "好"}},
            },
            "SentenceEnd: 好",
        ),
        ({"kind": "ws_in", "text": '{"header":{"action":"run-task"}}'}, "run-task"),
        ({"kind": "ws_in", "text": "hello\x1b[2J"}, "hello\\x1b[2J"),
        ({"kind": "ws_close", "code": 1000, "by": "client"}, "1000 by the client"),
        (
            {"kind": "audio", "frames": 2, "bytes": 6, "position": 4},
            "2 frames, 6 bytes, up to 4 ms",
        ),
        (
            {"kind": "transition", "before": "A", "after": "B", "why": "x", "cause": {"tick": 5}},
            "A -> B: x (tick 5)",
        ),
        (
            {"kind": "callback", "event": "FAILED", "url": "u", "outcome": "lost", "error": "no"},
            "FAILED to u: lost, no",
        ),
        (
            {"kind": "signature", "problem": "mismatch", "causes": ["Because."]},
            "mismatch: Because.",
        ),
        ({"kind": "violation", "rule": "r", "text": "t"}, "r: t"),
        ({"kind": "fault", "rule": "fault-1", "text": "t"}, "fault-1: t"),
        ({"kind": "note", "text": "t"}, "t"),
        ({"kind": "result", "name": "Transcription"}, "Transcription"),
        ({"kind": "of-the-future", "x": 1}, '{"x":1}'),
    ],
)
def test_a_line_says_what_an_entry_is_about(entry: dict[str, Any], text: str) -> None:
    shown = line({"at": 0, "service": "tingwu", "task_id": "asr-12345678abc", **entry})
    assert f" {entry['kind']:<10} 12345678 " in shown
    assert shown.endswith(f" {text}")


@pytest.mark.parametrize("kind", [*KINDS, "", 5, None])
def test_nothing_that_comes_instead_of_an_entry_does_harm(kind: object) -> None:
    values: list[object] = [None, [], {}, "x" * 5_000, 10**40, {"header": 5, "payload": []}]
    for value in values:
        names = ("at", "service", "task_id", "body", "message", "text", "cause", "causes", "status")
        assert "\n" not in line({"kind": kind, **dict.fromkeys(names, value)})


def test_long_texts_are_cut(start_mock: Callable[..., MockTingwu]) -> None:
    text = line({"at": 0, "kind": "ws_in", "service": "x", "text": "y" * 5_000})
    assert text.endswith("y…") and len(text) < 250
