"""``mock-tingwu conformance``."""

from __future__ import annotations

import errno
import io
import json
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.cli import main
from mock_tingwu.cli.conformance import _write
from mock_tingwu.cli.writing import write_reports
from mock_tingwu.client.targets import API_KEY, APP_ID
from mock_tingwu.conformance import load
from mock_tingwu.conformance.benches import SharedBench
from mock_tingwu.conformance.http import Http, Unreachable
from mock_tingwu.conformance.mutants import answers, patched, with_value, without
from mock_tingwu.conformance.needs import lacking
from mock_tingwu.conformance.progress import Keeper
from mock_tingwu.conformance.results import Entry, Report, read
from tests.cli.commands import Running
from tests.conformance.entries import entry, report

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
    assert "failed: 1 case against" in out


def test_what_is_otherwise_than_the_schemas_is_one_line_of_the_summary(
    conformance: Command,
) -> None:
    sentence = "1 field is otherwise than the schemas, in 1 case: each has its case in TW-SHAPE"
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


def test_files_are_there_when_nobody_reads_stdout_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr("sys.stdout", Gone())
    page = tmp_path / "run.html"
    with pytest.raises(BrokenPipeError):
        write_reports({"--json": Path("-"), "--html": page}, {"--json": str, "--html": str})
    assert page.exists()


def test_what_passed_in_the_cloud_is_kept_whatever_comes_of_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[Report] = []
    monkeypatch.setattr("mock_tingwu.conformance.freshness.note", noted.append)
    of_a_run = report(entry(), target="live")
    with pytest.raises(OSError, match=r"--json .* cannot be written"):
        _write({"--json": tmp_path / "none" / "run.json"}, of_a_run)
    assert noted == [of_a_run]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk here")
@pytest.mark.parametrize("option", ["--json", "--record"])
def test_a_full_disk_is_told_with_the_file(
    conformance: Command, tmp_path: Path, option: str
) -> None:
    summary = tmp_path / "run.md"
    code, _, err = conformance("--select", "TW-CREATE-001", option, "/dev/full", "--md", summary)
    assert code == 1
    reason = "cannot be written: No space left on device"
    assert err == f"mock-tingwu conformance: {option} /dev/full {reason}\n"
    # The other reports are there, if there was a run.
    assert summary.exists() is (option == "--json")


def test_a_run_that_cannot_be_kept_any_more_ends_with_a_sentence(
    conformance: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Keeper, item: Any) -> None:
        if isinstance(item, Entry):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Keeper, "write", full)
    kept = tmp_path / "run.jsonl"
    code, _, err = conformance("--select", "TW-CREATE-001, TW-CREATE-002", "--resume", kept)
    assert code == 1
    assert err == (
        f"mock-tingwu conformance: --resume {kept} cannot be written: No space left on device\n"
    )


@pytest.mark.parametrize(
    ("option", "begins"), [("--json", "{"), ("--junit", "<?xml"), ("--md", "#"), ("--html", "<!")]
)
def test_a_report_goes_to_stdout_and_all_else_to_stderr(
    conformance: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str, begins: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = conformance("--select", "TW-CREATE-001", option, "-")
    assert code == 0
    assert out.lower().startswith(begins) and "TW-CREATE" in out
    assert "passed: 1 case" in err and "passed: 1 case " not in out
    assert not list(tmp_path.iterdir())


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
    assert "CreateTask" in out
    assert re.search(rf"^1 case against {mock.url}: (about \d+ s|less than a second), ", out, re.M)
    assert out.endswith(" of audio\n") and "CNY" not in out


def test_a_plan_for_the_cloud_has_a_price(
    conformance: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (API_KEY, APP_ID):
        monkeypatch.setenv(name, "any")
    code, out, _ = conformance("--target", "live", "--select", "DS-MEET-001", "--plan")
    assert code == 0
    assert "1 case against live: less than a second, no audio, about 0.00 CNY" in out


def test_a_plan_gives_each_piece_of_advice_once(
    conformance: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (API_KEY, APP_ID, "TINGWU_APP_KEY"):
        monkeypatch.delenv(name, raising=False)
    selected = "TW-CREATE-001, TW-OFFLINE-001, LV-CREATE-001, DS-MEET-001"
    code, out, _ = conformance("--target", "live", "--select", selected, "--plan")
    assert code == 0
    assert "not testable yet: 4 cases, for want of\n" in out
    assert out.count("--public-url") == 1
    assert re.search(r"this machine: --public-url \(2 cases\)\n    LV-\S+ TW-OFFLINE-001\n", out)
    assert out.count("TINGWU_APP_KEY") == out.count("DASHSCOPE_APP_ID") == 1


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


def test_what_the_cloud_needs_for_other_agents_and_for_two_streams() -> None:
    environ = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAIany",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "any",
        "DASHSCOPE_API_KEY": "sk-any",
        "DASHSCOPE_APP_ID": "tw_meeting",
        "DASHSCOPE_APP_ID_SERVICE_INSIGHTS": "tw_insights",
    }
    one = SharedBench("live", environ=environ, is_public=True, stream_url="rtmp://a/b")
    cases = load()
    for id, setting in (
        ("DS-MEET-001", ""),
        ("DS-AGENT-001", ""),
        ("DS-AGENT-006", "DASHSCOPE_APP_ID_AUTOMOTIVE_SERVICE_INSPECTION"),
        ("DS-WS-055", "DASHSCOPE_APP_ID_INDUSTRIAL_INSTRUCTION"),
        ("LV-CREATE-001", ""),
        ("LV-QUERY-003", "--second-stream-url"),
    ):
        only_on_mock, advice = lacking(cases[id].needs, one.offers())
        assert not only_on_mock, id
        assert advice.endswith(setting) and bool(advice) is bool(setting), id
    two = SharedBench(
        "live",
        environ=environ,
        is_public=True,
        stream_url="rtmp://a/b",
        second_stream_url="rtmp://a/c",
    )
    assert lacking(cases["LV-QUERY-003"].needs, two.offers()) == (False, "")
    for site in (one._site, two._site):
        assert site.app_of("tingwu-service-insights") == "tw_insights"
        assert site.app_of("tingwu-meeting") == site.app_of(None) == "tw_meeting"
        assert {"tw_insights", "tw_meeting", "rtmp://a/b"} <= set(site.secrets)
    assert "rtmp://a/c" in two._site.secrets


def test_a_mock_that_is_there_has_streams_and_takes_one_application_for_all_agents(
    conformance: Command,
) -> None:
    with MockTingwu(apps=["mock-app"]) as mock, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DASHSCOPE_APP_ID", "mock-app")
        selected = "DS-AGENT-006, DS-AGENT-007, DS-WS-055, LV-QUERY-003, LV-QUERY-004"
        code, out, err = conformance("--target", mock.url, "--select", selected)
    assert code == 0, err
    assert "5 passed, 0 failed, 0 noted, 0 left out" in out


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
    assert re.search(r"interrupted: \d+ of \d+ cases done and kept; the same command goes on", err)


def test_cases_are_listed(conformance: Command) -> None:
    code, out, err = conformance("--list", "--select", "TW-CREATE-001")
    assert (code, out) == (0, "TW-CREATE-001  MUST    a realtime meeting begins as NEW\n")
    assert err == "1 case\n"


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
    assert "1 case tried in both, 2 differences. 0 only at one.json, 0 only at other.json." in out
    assert "  - one.json: pass\n  - other.json: fail " in out
    assert "only at other.json /Data/TaskStatus number" in out
    again = tmp_path / "again" / one.name
    again.parent.mkdir()
    again.write_bytes(other.read_bytes())
    assert f"  - {one}: pass\n  - {again}: fail " in conformance("--compare", one, again)[1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--select", "TW-NOTHING"], "the selection 'TW-NOTHING' has no case"),
        (["--select", "TW and"], "where a case, an area, a level"),
        (["--target", "nonsense"], "the target is 'nonsense', expected mock, live or an address"),
        (
            ["--json", "/nowhere/at/all.json"],
            "--json /nowhere/at/all.json cannot be written: there is no folder /nowhere/at",
        ),
        (
            ["--md", f"{__file__}/run.md"],
            f"--md {__file__}/run.md cannot be written: {__file__} is no folder",
        ),
        (["--html", "/"], "--html / is a folder, expected a file to write"),
        (["--html", "-", "--md", "-"], "--html and --md are -, expected one report at most"),
        (["--md", "x", "--html", "x"], "--html and --md are both x, expected a file for each"),
        (["--resume", "./x", "--record", "x"], "--resume and --record are both x, expected a"),
        (["--record", "-"], "--record is -, expected a file: only reports go to stdout"),
        (
            ["--target", "http://127.0.0.1:99999"],
            "the target is 'http://127.0.0.1:99999' with the port 99999, expected one from 1 to",
        ),
        (
            ["--public-url", "https://tunnel.example.com:0/"],
            "--public-url is 'https://tunnel.example.com:0/' with the port 0, expected one from 1",
        ),
        (["--public-url", "tunnel"], "--public-url is 'tunnel', expected an address such as https"),
        (
            ["--target", "live", "--stream-url", "rtmp://pull:70000/app/x?auth_key=y"],
            "--stream-url is 'rtmp://pull:70000/app/x' with the port 70000, expected one from 1",
        ),
        (["--deviations", "/nowhere.yaml"], "/nowhere.yaml cannot be read"),
        (["--resume", "/dev/full"], "/dev/full is no file that a run could be kept in"),
        (["--plan", "--json", "plan.json"], "--json is given with --plan"),
        (["--list", "--md", "-"], "--md is given with --list, which runs nothing to report"),
        (["--list", "--resume", "run.jsonl"], "--resume is given with --list"),
        (["--compare", "a", "b", "--html", "c"], "--html is given with --compare"),
        (["--compare", "/nowhere.json", "/nowhere.json"], "/nowhere.json cannot be read"),
    ],
)
def test_what_makes_no_sense_is_told_in_a_sentence(
    conformance: Command, arguments: list[str], sentence: str
) -> None:
    code, _, err = conformance(*arguments)
    assert code == 2
    assert err.startswith("mock-tingwu conformance: ") and sentence in err
