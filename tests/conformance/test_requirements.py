"""Requirement sets, evidence, and how sharp cases are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date
from pathlib import Path

import pytest

from mock_tingwu.conformance import load, requirements
from mock_tingwu.conformance.evidence import (
    BEHAVIOUR,
    CONTRACT,
    KNOWN,
    LIVE,
    NEGATIVE,
    RECORDED,
    evidence,
)
from mock_tingwu.conformance.mutants import Mutant, answers, with_value
from mock_tingwu.conformance.outside import Outside
from mock_tingwu.conformance.teeth import kills, toothless
from tests.conformance.entries import entry, report


@pytest.fixture
def sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of requirement sets of one's own."""
    monkeypatch.setattr(requirements, "catalogue_folder", lambda: tmp_path)
    requirements.requirement_sets.cache_clear()
    folder = tmp_path / requirements.FOLDER
    folder.mkdir()
    yield folder
    requirements.requirement_sets.cache_clear()


def test_a_set_is_what_the_catalogue_was(sets: Path) -> None:
    catalogue = load().only(lambda case: case.id in ("TW-CREATE-001", "TW-CREATE-002"))
    text = requirements.written("tingwu-2023-09-30", catalogue, date(2026, 11, 29))
    (sets / "tingwu-2023-09-30.yaml").write_text(text)
    assert requirements.problems(load()) == []
    [score] = requirements.scores(
        report(entry(), entry("TW-CREATE-002", "fail"), entry("RT-ORDER-001"))
    )
    assert (score.set.api, score.total) == ("Tingwu OpenAPI", 2)
    assert (score.passed, score.failed, score.not_run) == (1, 1, 0)


def test_every_api_has_a_frozen_set_that_the_catalogue_keeps() -> None:
    found = {found.name: found for found in requirements.requirement_sets()}
    assert set(requirements.APIS) <= set(found)
    assert requirements.problems(load()) == []
    for name, (_, version, system) in requirements.APIS.items():
        assert found[name].version == version and len(found[name].cases) > 100
        assert {id[:2] for id in found[name].cases} == {system}


def test_a_set_is_frozen_once(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert requirements.main(["live-2016-11-01"]) == 0
    path = sets / "live-2016-11-01.yaml"
    frozen = path.read_text()
    assert capsys.readouterr().out == f"{path}\n" and "LV-CREATE-001: MUST\n" in frozen
    assert requirements.main(["live-2016-11-01"]) == 1
    assert "live-2016-11-01 is not frozen: " in capsys.readouterr().err
    assert path.read_text() == frozen
    assert requirements.main(["live"]) == 1
    assert "NAME is 'live', expected one of tingwu-2023-09-30, " in capsys.readouterr().err
    assert requirements.main([]) == 2


def test_a_frozen_case_neither_goes_nor_changes_nor_comes_back(sets: Path) -> None:
    (sets / "tingwu-1.yaml").write_text(
        "api: Tingwu\nversion: '1'\nfrozen: 2026-11-29\n"
        "cases: {TW-CREATE-001: MAY, TW-GONE-001: MUST}\nretired: {TW-CREATE-002: it was wrong}\n"
    )
    assert requirements.problems(load()) == [
        "TW-CREATE-001 of tingwu-1 was frozen as MAY, and is MUST",
        "TW-GONE-001 of tingwu-1 is not in the catalogue",
        "TW-CREATE-002 was retired from tingwu-1: an id is used once",
    ]


def test_a_set_that_makes_no_sense_is_told(sets: Path) -> None:
    (sets / "tingwu-1.yaml").write_text("api: Tingwu\n")
    with pytest.raises(ValueError, match=r"tingwu-1\.yaml is no requirement set"):
        requirements.requirement_sets()


def test_evidence_has_its_axes_apart() -> None:
    cases = [
        entry(schemas={"tingwu/create-task-response": 2}),
        entry("TW-CREATE-002", "fail", negative=True),
        entry("TW-CREATE-003", source_level="observed", last_live_pass="2026-11-29"),
        entry("TW-CREATE-004", "info", level="INFO", source_level="assumed"),
        entry("TW-CREATE-005", "skip", source_level="sdk"),
    ]
    rows = {row.name: row.axes for row in evidence(report(*cases))}
    create = rows["CreateTask"]
    assert create[CONTRACT] == "1 case"
    assert create[NEGATIVE] == "0 of 1"
    assert create[BEHAVIOUR] == "2 of 2"
    assert create[RECORDED] == "1 of 1"
    assert create[LIVE] == "1 case"
    assert create[KNOWN] == "2 documented, 1 sdk, 1 observed, 1 assumed"
    assert rows["SentenceEnd"][BEHAVIOUR] == rows["SentenceEnd"][NEGATIVE] == "none"
    assert rows["StartTranscription"][CONTRACT] == "has no schema"


def test_a_mutant_that_nobody_notices_is_told_from_one_that_is_caught() -> None:
    area, named = "TW-THROTTLE", ("TW-CREATE-001",)
    with Outside() as outside:
        blind = Mutant("blind", "nothing", "TW-CREATE", named, lambda: nullcontext())
        found = kills(blind, outside)
        assert (found.is_caught, sorted(found.missed), not found.harness) == (False, [*named], True)
        assert "TW-CREATE-001" in toothless([found], ["TW-CREATE"])
        seen = Mutant("seen", "begins late", "TW-CREATE", named, _begins_late)
        found = kills(seen, outside)
        assert (found.is_caught, sorted(found.cases)) == (True, [*named])
        assert "TW-CREATE-001" not in toothless([found], ["TW-CREATE"])
        # Caught, but by no case of its area.
        elsewhere = Mutant("elsewhere", "begins late", area, named, _begins_late)
        assert not kills(elsewhere, outside).is_caught


@contextmanager
def _begins_late() -> Iterator[None]:
    with answers("CreateTask", with_value("ONGOING", "Data", "TaskStatus")):
        yield
