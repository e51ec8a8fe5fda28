"""What a run came to: totals, whether it passed, and files that are read again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mock_tingwu.conformance import freshness, progress
from mock_tingwu.conformance.exchange import Exchange, Frame
from mock_tingwu.conformance.results import encode, otherwise, read
from tests.conformance.entries import entry, report


@pytest.mark.parametrize(
    ("fields", "passed"),
    [
        ({"verdict": "pass"}, True),
        ({"verdict": "fail"}, False),
        ({"verdict": "fail", "level": "SHOULD"}, False),
        ({"verdict": "fail", "level": "MAY"}, True),
        ({"verdict": "fail", "level": "MAY", "cause": "harness"}, False),
        ({"verdict": "fail", "level": "INFO", "cause": "stale"}, False),
        ({"verdict": "info", "level": "INFO"}, True),
        ({"verdict": "skip"}, False),
    ],
)
def test_a_run_passes_when_something_ran_and_nothing_binding_failed(
    fields: dict[str, Any], passed: bool
) -> None:
    assert report(entry(**fields)).passed is passed


def test_a_run_without_cases_has_not_passed() -> None:
    assert not report().passed


def test_what_is_otherwise_than_the_schemas_is_counted_by_field_and_by_case() -> None:
    text, code = (
        {"realtime/event /header/status_text": "missing"},
        {"tingwu/error-response /Code": "not text"},
    )
    cases = [
        entry(misfits=code),
        entry("TW-STOP-001", misfits=text),
        entry("RT-STOP-002", misfits=text),
        entry("RT-STOP-003"),
    ]
    run = [*cases, entry("TW-SHAPE-001"), entry("RT-SHAPE-001")]
    assert otherwise(report(*run)) == (
        "2 fields are otherwise than the schemas, in 3 cases: see TW-SHAPE, RT-SHAPE in the report"
    )
    assert otherwise(report(*cases)) == (
        "2 fields are otherwise than the schemas, in 3 cases: "
        "each has its case in TW-SHAPE, RT-SHAPE"
    )
    assert otherwise(report(entry())) == ""


def test_json_has_what_scripts_rely_on(tmp_path: Path) -> None:
    cases = [entry(), entry("TW-CREATE-002", "fail", level="MAY", detail="it is otherwise")]
    written = json.loads(encode(report(*cases, selection="TW")))
    assert written["target"] == "mock"
    assert written["totals"]["pass"] == written["totals"]["fail"] == 1
    assert written["totals"]["failures"] == 0
    assert written["totals"]["levels"]["MAY"] == {"pass": 0, "fail": 1, "info": 0, "skip": 0}
    second = written["cases"][1]
    assert {name: second[name] for name in ("id", "verdict", "level", "source", "detail")} == {
        "id": "TW-CREATE-002",
        "verdict": "fail",
        "level": "MAY",
        "source": "Tingwu CreateTask, Input",
        "detail": "it is otherwise",
    }
    assert second["seconds"] == 0.5


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    exchange = Exchange(0.1, "PUT", "http://host/tasks", {"a": "b"}, "{}", 200, {}, "{}")
    frames = (Frame(0.2, True, '{"header":{}}'), Frame(0.3, True, audio=3200, count=2))
    written = report(entry(exchanges=(exchange,), frames=frames, facets={"events": "pass"}))
    path = tmp_path / "run.json"
    path.write_bytes(encode(written))
    assert read(path) == written


@pytest.mark.parametrize("content", [b"", b"{}", b'{"target": 3}', b"\xff", b'{"cases": [1]}'])
def test_what_is_no_report_is_refused_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"run\.json is no report"):
        read(path)
    with pytest.raises(ValueError, match="cannot be read"):
        read(tmp_path / "none.json")


class TestProgress:
    def test_what_passed_is_not_run_again(self, tmp_path: Path) -> None:
        path = tmp_path / "run.jsonl"
        passed, failed = entry(), entry("TW-CREATE-002", "fail")
        with progress.kept(path, "live", "0.1.0", {}) as keeper:
            keeper.write(passed)
            keeper.write(failed)
        assert progress.earlier(path, "live", "0.1.0") == {passed.id: passed}

    def test_what_passed_is_not_lost_on_a_full_disk(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "run.jsonl"
        with progress.kept(path, "live", "0.1.0", {}) as keeper:
            keeper.write(entry())
        before = path.read_bytes()

        def full(self: progress.Keeper, item: object) -> None:
            raise OSError("No space left on device")

        monkeypatch.setattr(progress.Keeper, "write", full)
        done = progress.earlier(path, "live", "0.1.0")
        with pytest.raises(OSError, match="No space"), progress.kept(path, "live", "0.1.0", done):
            pass
        assert [file.read_bytes() for file in tmp_path.iterdir()] == [before]

    def test_a_run_that_was_killed_may_end_in_half_a_line(self, tmp_path: Path) -> None:
        path = tmp_path / "run.jsonl"
        with progress.kept(path, "live", "0.1.0", {}) as keeper:
            keeper.write(entry())
            keeper.write(entry("TW-CREATE-002"))
        path.write_bytes(path.read_bytes()[:-20])
        assert list(progress.earlier(path, "live", "0.1.0")) == ["TW-CREATE-001"]

    def test_half_a_line_in_the_middle_is_damage(self, tmp_path: Path) -> None:
        path = tmp_path / "run.jsonl"
        with progress.kept(path, "live", "0.1.0", {}) as keeper:
            keeper.write(entry())
            keeper.write(entry("TW-CREATE-002"))
        lines = path.read_bytes().splitlines()
        path.write_bytes(b"\n".join([lines[0], lines[1][:-20], lines[2]]))
        with pytest.raises(ValueError, match="no run to go on with"):
            progress.earlier(path, "live", "0.1.0")

    def test_another_target_or_kit_begins_anew(self, tmp_path: Path) -> None:
        path = tmp_path / "run.jsonl"
        with progress.kept(path, "live", "0.1.0", {}):
            pass
        with pytest.raises(ValueError, match=r"against live by version 0\.1\.0, expected one"):
            progress.earlier(path, "mock", "0.1.0")
        with pytest.raises(ValueError, match=r"expected one against live by 0\.2\.0"):
            progress.earlier(path, "live", "0.2.0")

    def test_there_is_nothing_to_go_on_with(self, tmp_path: Path) -> None:
        assert progress.earlier(tmp_path / "none", "live", "0.1.0") == {}
        (tmp_path / "empty").touch()
        assert progress.earlier(tmp_path / "empty", "live", "0.1.0") == {}


class TestFreshness:
    def test_a_live_run_that_passed_leaves_dates(self, tmp_path: Path) -> None:
        path = tmp_path / "passes.json"
        path.write_text('{"RT-ORDER-001": "2026-01-01", "TW-CREATE-001": "2026-01-01"}')
        passed = report(entry(), entry("TW-CREATE-002", "info", level="INFO"), target="live")
        assert freshness.note(passed, path) == 1
        assert freshness.last_live_passes(path) == {
            "RT-ORDER-001": "2026-01-01",
            "TW-CREATE-001": "2026-11-29",
        }

    @pytest.mark.parametrize("fields", [{"target": "mock"}, {"target": "http://127.0.0.1:8900"}])
    def test_other_targets_leave_none(self, tmp_path: Path, fields: dict[str, str]) -> None:
        path = tmp_path / "passes.json"
        assert freshness.note(report(entry(), **fields), path) == 0
        assert not path.exists()

    def test_a_live_run_that_failed_leaves_none(self, tmp_path: Path) -> None:
        failed = report(entry(), entry("TW-CREATE-002", "fail"), target="live")
        assert freshness.note(failed, tmp_path / "passes.json") == 0

    def test_damage_is_told(self, tmp_path: Path) -> None:
        path = tmp_path / "passes.json"
        for content in ("[]", "{", '{"TW-CREATE-001": 3}'):
            path.write_text(content)
            with pytest.raises(ValueError, match=r"passes\.json"):
                freshness.last_live_passes(path)

    def test_the_shipped_file_is_about_cases_that_there_are(self) -> None:
        from mock_tingwu.conformance import load

        assert set(freshness.last_live_passes()) <= {case.id for case in load()}
