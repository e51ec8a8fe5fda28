"""Teeth: each mutant breaks one rule, and the cases that it names notice."""

from __future__ import annotations

import asyncio

import pytest

from mock_tingwu.conformance import load
from mock_tingwu.conformance.benches import PrivateBench
from mock_tingwu.conformance.mutants import Mutant, load_mutants
from mock_tingwu.conformance.outside import Outside
from mock_tingwu.conformance.runner import FAIL, TARGET, run

CATALOGUE = load()
MUTANTS = load_mutants()


def test_there_are_at_least_sixty_over_every_area() -> None:
    assert len(MUTANTS) >= 60
    assert {mutant.area for mutant in MUTANTS} == {case.area for case in CATALOGUE}


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_mutant_is_caught(mutant: Mutant) -> None:
    assert set(mutant.caught_by) <= {case.id for case in CATALOGUE}
    cases = CATALOGUE.only(lambda case: case.id in mutant.caught_by)
    with mutant.apply(), Outside() as outside:
        outcomes = asyncio.run(run(cases, PrivateBench(), outside))
    missed = [
        f"{o.case.id} {o.verdict} ({o.cause}) {o.detail}"
        for o in outcomes
        if not (o.verdict == FAIL and o.cause == TARGET) and not o.detail.startswith("otherwise")
    ]
    assert missed == []
