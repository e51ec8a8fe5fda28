"""Teeth: each mutant breaks one rule, and the cases that it names notice.

Here every 32nd mutant; ``python -m mock_tingwu.conformance.teeth`` runs all of them before a
change lands.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mock_tingwu.conformance import load
from mock_tingwu.conformance.mutants import Mutant, load_mutants
from mock_tingwu.conformance.outside import Outside
from mock_tingwu.conformance.teeth import kills

CATALOGUE = load()
MUTANTS = load_mutants()


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    """Where the target finds files and sends callbacks."""
    with Outside() as outside:
        yield outside


def test_there_are_at_least_sixty_over_every_area() -> None:
    assert len(MUTANTS) >= 60
    assert {mutant.area for mutant in MUTANTS} == {case.area for case in CATALOGUE}


def test_every_mutant_names_cases_that_there_are() -> None:
    assert {id for mutant in MUTANTS for id in mutant.caught_by} <= {case.id for case in CATALOGUE}


@pytest.mark.parametrize("mutant", MUTANTS[::32], ids=[mutant.name for mutant in MUTANTS[::32]])
def test_mutant_is_caught(mutant: Mutant, outside: Outside) -> None:
    found = kills(mutant, outside)
    assert (sorted(found.missed), sorted(found.harness)) == ([], [])
    assert found.is_caught
