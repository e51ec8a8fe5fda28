"""``mock-tingwu scenarios``, and servers that begin with one."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import httpx
import pytest

from mock_tingwu.cli import main
from mock_tingwu.core.failures import catalogue
from mock_tingwu.core.scenarios import starter, starter_text, starters
from tests.cli.commands import run
from tests.cli.test_cli_serve import serving


def test_the_starters_are_listed_with_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenarios"]) == 0
    listed, _, failures = capsys.readouterr().out.partition("\n\n")
    head, *lines = listed.splitlines()
    assert head == "to begin with (serve --scenario NAME):"
    assert [line.split()[0] for line in lines] == starters()
    assert [line.split(maxsplit=1)[1] for line in lines] == [
        starter(name).description for name in starters()
    ]
    assert [line.split()[0] for line in failures.splitlines()[1:]] == list(catalogue())


def test_a_failure_is_printed_as_the_rule_that_provokes_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["scenarios", "stream.lost"]) == 0
    rule = json.loads(capsys.readouterr().out)
    assert rule == {"match": {"event": "SentenceEnd"}, "action": {"type": "ws_drop"}}
    assert main(["scenarios", "callback.refused"]) == 0
    assert capsys.readouterr().out == "answer a callback with 500, or not at all\n"


def test_a_starter_is_printed_as_it_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenarios", "socket-lost"]) == 0
    assert capsys.readouterr().out == starter_text("socket-lost")


def test_one_that_does_not_exist_is_told_in_one_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["scenarios", "nothing"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "no scenario 'nothing'" in captured.err and len(captured.err.splitlines()) == 1


def test_a_file_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "my.yaml"
    path.write_text("name: mine\nfaults: [{action: {type: throttle}}]\nsettings: {auth: verify}\n")
    assert main(["scenarios", "--check", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: mine makes sense; faults 1, settings 1\n"
    path.write_text("name: mine\nfaults:\n  - 7\napps: {a: {parameters: {transcription: 7}}, b: 1}")
    assert main(["scenarios", "--check", str(path)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        f"{path}:3: faults[0] is 7, expected a rule with match, action and times\n"
        f"{path}:4: apps.b is 1, expected an object with what is configured of the app\n"
    )
    path.write_text("name: mine\napps: {a: {parameters: {transcription: 7}}}")
    assert main(["scenarios", "--check", str(path)]) == 1
    assert f"{path}:2: apps.a.parameters.transcription: 7" in capsys.readouterr().err
    assert main(["scenarios", "--check", str(tmp_path / "nowhere.yaml")]) == 2
    assert "cannot be read: No such file" in capsys.readouterr().err


def test_a_server_begins_with_those_of_its_flags(tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_text("name: mine\nsettings: {clock: virtual, seed: 7}\n")
    server, url = serving(tmp_path, "--scenario", "socket-lost", "--scenario", "my.yaml")
    with server:
        applied = httpx.get(f"{url}/_mock/scenarios").json()["applied"]
        (scope,) = httpx.get(f"{url}/_mock/scopes").json()["scopes"]
        _, rest, errors = server.end(signal.SIGINT)
    assert [entry["name"] for entry in applied] == ["socket-lost", "mine"]
    assert (scope["clock"], scope["seed"]) == ("virtual", 7)
    assert f"\nScenario socket-lost: {starter('socket-lost').description}\n" in rest
    assert "\nScenario mine\n" in rest and errors == ""


def test_a_server_begins_with_those_of_the_environment_or_the_file(tmp_path: Path) -> None:
    (tmp_path / "mock-tingwu.toml").write_text('scenario = ["subtask-null"]\n')
    for environ, expected in (
        ({}, ["subtask-null"]),
        (
            {"MOCK_TINGWU_SCENARIO": "socket-lost, throttled-polling"},
            ["socket-lost", "throttled-polling"],
        ),
        ({"MOCK_TINGWU_SCENARIO": ""}, []),
    ):
        server, url = serving(tmp_path, environ=environ)
        with server:
            applied = httpx.get(f"{url}/_mock/scenarios").json()["applied"]
        assert [entry["name"] for entry in applied] == expected


def test_a_scenario_that_makes_no_sense_is_told_and_nothing_serves(tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_text("name: mine\nfaults: [7]\nsettings: {port: 1}\n")
    result = run("serve", "--port", "0", "--scenario", "my.yaml", folder=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    first, second = result.stderr.splitlines()
    assert first == (
        "mock-tingwu serve: --scenario is 'my.yaml', expected a scenario: my.yaml:2: faults[0] is "
        "7, expected a rule with match, action and times"
    )
    assert re.match(r"my\.yaml:3: settings\.port is none of a scenario; expected seed", second)
    result = run("serve", "--port", "0", "--scenario", "nothing", folder=tmp_path)
    (line,) = result.stderr.splitlines()
    assert "--scenario is 'nothing', expected a scenario: there is no scenario 'nothing'" in line
