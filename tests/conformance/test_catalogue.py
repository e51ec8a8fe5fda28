"""The catalogue: its cards make sense, and the mock passes it.

Here every sixth case of an area; CI runs all of them before a change lands.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections import Counter

import pytest

from mock_tingwu.conformance import INFO, MUST, Catalogue, Cloud, Need, case, load
from mock_tingwu.conformance.benches import PrivateBench
from mock_tingwu.conformance.deviations import check, shipped
from mock_tingwu.conformance.evidence import DRIVEN, OPERATIONS, driven
from mock_tingwu.conformance.mutants import load_mutants
from mock_tingwu.conformance.needs import SISTERS
from mock_tingwu.conformance.outside import Outside
from mock_tingwu.conformance.requirements import problems, requirement_sets
from mock_tingwu.conformance.runner import run
from mock_tingwu.conformance.sources import ASSUMED, CREATE_TASK, STREAM_PUSH

CATALOGUE = load()
AREAS = sorted({case.area for case in CATALOGUE})


def test_there_are_at_least_three_hundred_cases_over_all_four_systems() -> None:
    assert len(CATALOGUE) >= 300
    assert {case.system for case in CATALOGUE} == {"TW", "RT", "DS", "LV"}


def test_numbers_of_an_area_have_no_gaps_but_for_retired_ones() -> None:
    retired = {id for requirements in requirement_sets() for id in requirements.retired}
    ids = [case.id for case in CATALOGUE] + sorted(retired)
    for area in AREAS:
        numbers = sorted(int(id[-3:]) for id in ids if id.rpartition("-")[0] == area)
        assert numbers == list(range(1, len(numbers) + 1)), area


def test_no_two_cases_say_the_same() -> None:
    said = Counter((case.sends, case.expects) for case in CATALOGUE)
    assert [words for words, count in said.items() if count > 1] == []
    titles = Counter((case.area, case.title) for case in CATALOGUE)
    assert [title for title, count in titles.items() if count > 1] == []


def test_a_case_of_a_sister_agent_needs_an_application_of_that_agent() -> None:
    found = {
        case.id: (SISTERS[model], case.needs)
        for case in CATALOGUE
        for model in re.findall(r"model=(tingwu-[\w-]+)", case.sends)
        if model in SISTERS and Need.SETTINGS not in case.needs
    }
    assert len(found) > 30 and {need for need, _ in found.values()} == set(SISTERS.values())
    assert [id for id, (need, needs) in found.items() if need not in needs] == []


def test_a_case_of_two_streams_needs_a_second_one() -> None:
    two = [one for one in CATALOGUE if "two streams" in one.sends and one.system == "LV"]
    assert len(two) == 5
    for one in two:
        assert {Need.STREAM, Need.SECOND_STREAM} <= set(one.needs), one.id
        assert Need.SETTINGS not in one.needs, one.id


def test_what_is_documented_of_the_engine_binds_no_callback_of_live() -> None:
    """Live's page shows TranscriptionResultChanged; the others are on the page of its engine."""
    live = [one for one in CATALOGUE if one.system == "LV"]
    assert [one.id for one in live if one.source.title == STREAM_PUSH.title] == []
    engines = ("SentenceBegin", "SentenceEnd", "ResultTranslated")
    shapes = [one for one in live if any(f"content of {name} " in one.title for name in engines)]
    assert [(one.level, one.source.level) for one in shapes] == [(INFO, "assumed")] * 3


def test_no_assumption_is_a_requirement() -> None:
    assert {case.level for case in CATALOGUE if case.source.level == "assumed"} <= {INFO}
    with pytest.raises(ValueError, match="expected INFO where no source says"):
        _card("TW-TRIAL-001", source=ASSUMED)


@pytest.mark.parametrize(
    ("id", "fields", "sentence"),
    [
        ("TW-CREATE-1", {}, "expected one such as TW-CREATE-012"),
        ("XX-CREATE-001", {}, "expected one such as TW-CREATE-012"),
        ("TW-TRIAL-001", {"level": "WILL"}, "TW-TRIAL-001: level is 'WILL', expected MUST"),
        ("TW-TRIAL-001", {"title": " "}, "TW-TRIAL-001: title is empty"),
        ("TW-TRIAL-001", {"operations": ()}, "TW-TRIAL-001: operations are empty"),
        ("TW-CREATE-001", {}, "there are two cases TW-CREATE-001"),
    ],
)
def test_a_card_that_makes_no_sense_is_refused(
    id: str, fields: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        _card(id, **fields)


def _card(id: str, **fields: object) -> None:
    card = {
        "title": "a title",
        "sends": "something",
        "expects": "something",
        "level": MUST,
        "source": CREATE_TASK,
        "operations": ("CreateTask",),
    }
    title = str((card | fields).pop("title"))
    rest = {name: value for name, value in (card | fields).items() if name != "title"}

    @case(id, title, **rest)  # type: ignore[arg-type]
    async def trial(cloud: Cloud) -> None:
        raise AssertionError("it is not run")


def test_every_case_is_evidence_for_something_known() -> None:
    named = {name for case in CATALOGUE for name in case.operations}
    assert named <= OPERATIONS.keys()
    # What has no case at all would be an empty row of the evidence.
    assert OPERATIONS.keys() - named == set()


def test_what_sdks_drove_is_known() -> None:
    assert driven(), DRIVEN
    assert {name for name in driven() if name.endswith("file")} <= OPERATIONS.keys()


def test_frozen_sets_and_deviations_are_about_cases_that_there_are() -> None:
    assert problems(CATALOGUE) == []
    check(shipped(), CATALOGUE)


@pytest.mark.parametrize("area", AREAS)
def test_the_mock_passes(area: str) -> None:
    known = [deviation for deviation in shipped() if deviation.target == "mock"]
    every_sixth = [case for case in CATALOGUE if case.area == area][::6]
    cases = Catalogue(every_sixth)
    with Outside() as outside:
        outcomes = asyncio.run(run(cases, PrivateBench(), outside, known=known))
    assert [
        f"{o.case.id} {o.verdict}: {o.detail} {o.left_behind or ''}"
        for o in outcomes
        if o.verdict in ("fail", "skip") or o.left_behind or o.detail.startswith("otherwise")
    ] == []


def test_every_must_has_a_mutant_that_it_is_to_notice() -> None:
    noticed = {id for mutant in load_mutants() for id in mutant.caught_by}
    assert [c.id for c in CATALOGUE if c.level == MUST and c.id not in noticed] == []


def test_a_target_that_does_not_answer_ends_a_session_of_pytest() -> None:
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0")
    target = ("--conformance-target", "http://127.0.0.1:9", "--conformance-select", "TW-STOP")
    found = subprocess.run(
        [*command, "--pyargs", "mock_tingwu.conformance", *target],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert found.returncode == 1
    assert found.stdout.count("nothing answers at http://127.0.0.1:9") == 1
    assert "error" not in found.stdout
