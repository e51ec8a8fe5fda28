"""``mock-tingwu conformance``."""

from __future__ import annotations

import json
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.cli import main
from mock_tingwu.conformance.benches import SharedBench
from mock_tingwu.conformance.http import Http, Unreachable
from mock_tingwu.conformance.mutants import answers, patched, with_value, without
from mock_tingwu.conformance.results import read
from tests.cli.commands import Running

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def conformance(capsys: pytest.CaptureFixture[str]) -> Iterator[Command]:
    """Runs the command; gives exit code, stdout and stderr."""

    def command(*arguments: str | Path) -> tuple[int, str, str]:
        code = main(["conformance", *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, out, err

    yield command


def test_a_run_says_what_came_of_it_and_writes_reports(
    conformance: Command, tmp_path: Path
) -> None:
    paths = {name: tmp_path / f"run.{name}" for name in ("json", "html", "junit", "md")}
    flags = [part for name, path in paths.items() for part in (f"--{name}", path)]
    code, out, err = conformance("--select", "TW-CREATE-001, RT-ORDER-001", *flags)
    assert (code, err) == (0, "")
    assert "passed: 2 cases against mock in" in out
    report = read(paths["json"])
    assert [entry.verdict for entry in report.cases] == ["pass", "pass"]
    assert report.cases[0].facets == {"events": "pass", "close": "pass", "timing": "pass"}
    assert report.cases[0].frames and report.cases[1].exchanges
    assert "TW-CREATE-001" in paths["html"].read_text("utf-8")
    assert "testsuites" in paths["junit"].read_text("utf-8")
    assert paths["md"].read_text("utf-8").startswith("# Conformance of mock")


def test_a_deviation_is_told_at_once_and_fails_the_run(conformance: Command) -> None:
    with answers("CreateTask", with_value("PAUSED", "Data", "TaskStatus")):
        code, out, err = conformance("--select", "TW-CREATE-001")
    assert code == 1
    assert "fail TW-CREATE-001 MUST" in err and "'PAUSED'" in err
    assert "failed: 1 cases" in out


def test_what_is_otherwise_than_the_schemas_is_one_line_of_the_summary(
    conformance: Command,
) -> None:
    sentence = "1 field is otherwise than the schemas, in 1 case: see TW-SHAPE in the report"
    with answers("CreateTask", without("RequestId")):
        code, out, _ = conformance("--select", "TW-CREATE-001")
    assert code == 0
    assert sentence in out
    assert "otherwise" not in conformance("--select", "TW-CREATE-001")[1]


def test_a_known_deviation_fails_nothing_until_it_vanishes(
    conformance: Command, tmp_path: Path
) -> None:
    known = tmp_path / "known.yaml"
    known.write_text(
        "- {case: TW-CREATE-001, target: mock, reason: we begin late, since: 2026-11-29}\n"
    )
    flags = ("--select", "TW-CREATE-001", "--deviations", known)
    with answers("CreateTask", with_value("ONGOING", "Data", "TaskStatus")):
        assert conformance(*flags)[0] == 0
    code, _, err = conformance(*flags)
    assert code == 1
    assert "take it off the list" in err


def test_no_secret_is_in_any_report(conformance: Command, tmp_path: Path) -> None:
    secrets = {
        "access_keys": {"LTAIplantedplanted": "planted-secret-key"},
        "app_keys": ["planted-app-key"],
        "api_keys": ["sk-planted-api-key"],
        "apps": ["tw_planted_app"],
    }
    paths = {name: tmp_path / f"run.{name}" for name in ("json", "html", "junit", "md", "record")}
    flags = [part for name, path in paths.items() for part in (f"--{name}", path)]
    with MockTingwu(auth="verify", **secrets) as mock, pytest.MonkeyPatch.context() as patch:
        for name, value in mock.environ.items():
            patch.setenv(name, value)
        patch.setenv("TINGWU_APP_KEY", "planted-app-key")
        patch.setenv("DASHSCOPE_APP_ID", "tw_planted_app")
        tokens: list[str] = []
        mock.tap(lambda entry: tokens.extend(re.findall(r"mc=([\w-]+)", repr(entry))))
        code, out, err = conformance(
            "--target", mock.url, "--select", "TW-CREATE-001, RT-ORDER-001", *flags
        )
    assert code == 0, err
    shown = out + err + "".join(path.read_text("utf-8") for path in paths.values())
    for secret in ("LTAIplanted", "planted-secret", "planted-app", "sk-planted", "tw_planted"):
        assert secret not in shown
    assert tokens and not any(token in shown for token in tokens)


def test_what_is_recorded_can_be_replayed(
    conformance: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.jsonl"
    assert conformance("--select", "TW-CREATE-001, RT-ORDER-001", "--record", path)[0] == 0
    assert main(["replay", str(path)]) == 0
    assert "0 critical, 0 warning" in capsys.readouterr().out


def test_a_plan_touches_nothing(conformance: Command) -> None:
    with MockTingwu() as mock:
        code, out, _ = conformance("--target", mock.url, "--select", "RT-ORDER-001", "--plan")
        assert not mock.journal
    assert code == 0
    assert "CreateTask" in out and "minutes of audio" in out


def test_live_needs_a_yes(conformance: Command) -> None:
    code, _, err = conformance("--target", "live", "--select", "TW-CREATE-001")
    assert code == 2
    assert "costs money" in err and "--yes" in err


def test_what_a_target_lacks_is_a_failure_and_no_silent_skip(
    conformance: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/nowhere")
    code, _, err = conformance("--target", "live", "--yes", "--select", "TW-CREATE-001")
    assert code == 1
    assert "Not testable: missing: an access key and an AppKey" in err


def test_a_target_that_does_not_answer_is_told_once(conformance: Command) -> None:
    code, out, err = conformance("--target", "http://127.0.0.1:9", "--select", "INFO")
    assert (code, out) == (1, "")
    assert err.startswith("mock-tingwu conformance: nothing answers at http://127.0.0.1:9: ")
    assert err.count("\n") == 1


def test_a_target_that_goes_away_fails_the_run_whatever_the_level(conformance: Command) -> None:
    @contextmanager
    def gone() -> Iterator[None]:
        async def unanswered(self: Http, *_: object, **__: object) -> None:
            raise Unreachable("CreateTask: no answer came: it is gone")

        with patched(Http, "send", unanswered):
            yield

    with gone():
        code, _, err = conformance("--select", "INFO and TW-STOP")
    assert code == 1
    assert "no answer came: it is gone" in err


def test_on_a_clock_that_all_share_one_case_runs_at_a_time() -> None:
    with MockTingwu(clock="virtual") as mock:
        assert SharedBench(mock.url).at_once == 1
    with MockTingwu() as mock:
        assert SharedBench(mock.url).at_once > 1


def test_an_interrupted_run_says_how_to_go_on(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with Running(["conformance", "--select", "TW", "--resume", str(path)]) as running:
        for _ in range(3000):
            if path.exists() and len(path.read_bytes().splitlines()) > 2:
                break
            time.sleep(0.01)
        code, _, err = running.end(signal.SIGINT)
    assert code == 130
    assert re.search(
        r"interrupted: \d+ of \d+ cases are done and kept; the same command goes on", err
    )


def test_cases_are_listed(conformance: Command) -> None:
    code, out, _ = conformance("--list", "--select", "TW-CREATE-001")
    assert (code, out) == (0, "TW-CREATE-001  MUST    a realtime meeting begins as NEW\n")


def test_an_interrupted_run_goes_on(conformance: Command, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    flags = ("--select", "TW-CREATE-001, TW-CREATE-002", "--resume", path)
    with answers("CreateTask", with_value("ONGOING", "Data", "TaskStatus")):
        assert conformance(*flags)[0] == 1
    before = path.read_text("utf-8").splitlines()
    assert conformance(*flags)[0] == 0
    after = path.read_text("utf-8").splitlines()
    kept = next(line for line in before if '"TW-CREATE-002"' in line)
    assert kept in after
    assert json.loads(after[-1])["id"] == "TW-CREATE-001"


def test_two_runs_are_compared(conformance: Command, tmp_path: Path) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    conformance("--select", "TW-CREATE-001", "--json", one)
    with answers("CreateTask", with_value(1, "Data", "TaskStatus")):
        conformance("--select", "TW-CREATE-001", "--json", other)
    assert conformance("--compare", one, one)[0] == 0
    code, out, _ = conformance("--compare", one, other)
    assert code == 1
    assert "**TW-CREATE-001** verdict" in out
    assert "only at mock /Data/TaskStatus number" in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--select", "TW-NOTHING"], "the selection 'TW-NOTHING' has no case"),
        (["--select", "TW and"], "where a case, an area, a level"),
        (["--target", "nonsense"], "the target is 'nonsense', expected mock, live or an address"),
        (["--json", "/nowhere/at/all.json"], "there is no folder /nowhere/at"),
        (["--deviations", "/nowhere.yaml"], "/nowhere.yaml cannot be read"),
        (["--resume", "/dev/full"], "/dev/full is no file that a run could be kept in"),
        (["--plan", "--json", "plan.json"], "--json is given with --plan"),
        (["--compare", "/nowhere.json", "/nowhere.json"], "/nowhere.json cannot be read"),
    ],
)
def test_what_makes_no_sense_is_told_in_a_sentence(
    conformance: Command, arguments: list[str], sentence: str
) -> None:
    code, _, err = conformance(*arguments)
    assert code == 2
    assert err.startswith("mock-tingwu conformance: ") and sentence in err
