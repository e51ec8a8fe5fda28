"""``mock-tingwu client-check`` as its users run it."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path

import pytest

from mock_tingwu.conformance.client_check import situations
from tests.cli.commands import Running, is_gone, run

#: A program that makes a task of a recording, and does not look at the answer.
CARELESS = """
import json, os, sys, urllib.request
body = {"AppKey": "app", "Input": {"SourceLanguage": "cn", "FileUrl": sys.argv[2]}}
url = sys.argv[1] + "/openapi/tingwu/v2/tasks?type=offline"
request = urllib.request.Request(url, json.dumps(body).encode(), method="PUT")
try:
    urllib.request.urlopen(request)
except OSError:
    pass
"""
PROGRAM = (sys.executable, "-c", CARELESS, "{url}", "{file_url}")


def test_the_situations_are_listed() -> None:
    done = run("client-check", "--list", "--select", "live")
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [one.id for one in situations("live")]
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((), "expected a command behind --, such as -- python app.py {url}"),
        (("--select", "CC-X", "--", "true"), "select has 'CC-X', expected an id such as CC-START"),
        (("--select", "live,!live", "--", "true"), "--select 'live,!live' leaves no situation"),
        (
            ("--json", "no/such/file", "--", "true"),
            "--json no/such/file cannot be written: there is no folder no/such",
        ),
        (("--json", "-", "--md", "-", "--", "true"), "--json and --md are -, expected one report"),
        (("--jobs", "0", "--", "true"), "'0' is not a whole number from 1 to 64"),
    ],
)
def test_bad_usage_is_told_in_one_line(arguments: tuple[str, ...], problem: str) -> None:
    done = run("client-check", *arguments)
    assert done.returncode == 2
    assert problem in done.stderr.splitlines()[-1]


def test_verdicts_reports_and_exit_codes(tmp_path: Path) -> None:
    files = {form: tmp_path / f"report.{form}" for form in ("json", "md", "html")}
    options = [word for form, path in files.items() for word in (f"--{form}", str(path))]
    done = run("client-check", *options, "--select", "CC-CALL-00[37],live", "--", *PROGRAM)
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].endswith("It uses: tasks.")
    assert any(line.startswith("CC-CALL-003      fault ") for line in lines)
    assert lines[-1] == "1 good, 1 fault, 10 not reached."
    report = json.loads(files["json"].read_text("utf-8"))
    assert report["counts"]["fault"] == 1 and not report["passed"]
    assert report["command"].endswith("'{url}' '{file_url}'")
    assert "| CC-CALL-003 |" in files["md"].read_text("utf-8")
    assert "<table>" in files["html"].read_text("utf-8")

    alone = run("client-check", "--json", "-", "--select", "CC-CALL-007", "--", *PROGRAM)
    assert alone.returncode == 0
    assert json.loads(alone.stdout)["counts"]["good"] == 1
    assert "CC-CALL-007" in alone.stderr


def test_a_program_that_fails_by_itself_is_not_graded() -> None:
    failing = run("client-check", "--", sys.executable, "-c", "raise SystemExit('no licence')")
    assert failing.returncode == 3
    first, second = failing.stderr.splitlines()
    assert first.endswith(
        "the baseline failed: it ended with exit code 1 although nothing went wrong"
    )
    assert second == "no licence"
    missing = run("client-check", "--", "no-such-program")
    assert missing.returncode == 3
    assert missing.stderr.endswith("no-such-program cannot be run: No such file or directory\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_when_it_is_interrupted(number: signal.Signals, tmp_path: Path) -> None:
    program = (
        "import os, pathlib, subprocess, sys, time\n"
        "child = subprocess.Popen(['sleep', '60'])\n"
        "part = pathlib.Path(sys.argv[1] + '.part')\n"
        "part.write_text(f'{os.getpid()} {child.pid}')\n"
        "part.rename(sys.argv[1])\n"
        "time.sleep(60)"
    )
    told = tmp_path / "pids"
    arguments = ("client-check", "--", sys.executable, "-c", program, str(told))
    with Running(arguments) as running:
        deadline = time.monotonic() + 20
        while not told.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        code, _, errors = running.end(number)
    assert code == (130 if number is signal.SIGINT else 143)
    assert "Traceback" not in errors
    for process in told.read_text().split():
        assert is_gone(int(process))
