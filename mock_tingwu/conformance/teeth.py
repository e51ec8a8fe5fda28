"""How sharp the cases are: all of an area against every mutant of it.

    python -m mock_tingwu.conformance.teeth [AREA ...]

Prints how many mutants were caught, by which cases, and which MUST cases have caught none. Exit
status 1 unless every mutant is caught by a case of its area and every MUST case catches one.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
import time
from collections.abc import Collection, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from mock_tingwu.conformance.benches import PrivateBench
from mock_tingwu.conformance.catalogue import MUST, load
from mock_tingwu.conformance.mutants import Mutant, load_mutants
from mock_tingwu.conformance.outside import Outside
from mock_tingwu.conformance.runner import FAIL, TARGET, run


@dataclass(frozen=True, slots=True)
class Kills:
    """The cases that noticed a mutant; ``harness`` are those that broke down instead."""

    mutant: str
    area: str
    cases: frozenset[str]
    harness: frozenset[str]

    @property
    def is_caught(self) -> bool:
        """Whether a case of the mutant's own area noticed it."""
        return any(id.rpartition("-")[0] == self.area for id in self.cases)


def kills(mutant: Mutant) -> Kills:
    """Run all cases of the mutant's area, and those that it names, against it."""
    cases = load().only(lambda case: case.area == mutant.area or case.id in mutant.caught_by)
    with mutant.apply(), Outside() as outside:
        outcomes = asyncio.run(run(cases, PrivateBench(), outside))
    noticed, broken = set(), set()
    for outcome in outcomes:
        deviates = outcome.verdict == FAIL and outcome.cause == TARGET
        if deviates or outcome.detail.startswith("otherwise"):
            noticed.add(outcome.case.id)
        elif outcome.verdict == FAIL:
            broken.add(outcome.case.id)
    return Kills(mutant.name, mutant.area, frozenset(noticed), frozenset(broken))


def toothless(found: Collection[Kills], areas: Collection[str]) -> list[str]:
    """The MUST cases of ``areas`` that have caught nothing."""
    sharp = {id for kill in found for id in kill.cases}
    return [
        case.id
        for case in load()
        if case.level == MUST and case.area in areas and case.id not in sharp
    ]


def main(arguments: Sequence[str]) -> int:
    """Run the mutants of the areas that are named, of all if none is."""
    areas = set(arguments) or {case.area for case in load()}
    mutants = [mutant for mutant in load_mutants() if mutant.area in areas]
    began = time.monotonic()
    # Mutants change the process that they run in.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), context) as pool:
        found = list(pool.map(_by_name, [mutant.name for mutant in mutants]))
    for kill in found:
        verdict = "caught" if kill.is_caught else "SURVIVED"
        broken = f", kit broke in {' '.join(sorted(kill.harness))}" if kill.harness else ""
        print(f"{kill.area:14} {kill.mutant:50} {verdict} by {len(kill.cases)}{broken}")
    blunt = toothless(found, areas)
    caught = sum(kill.is_caught for kill in found)
    print(
        f"{caught} of {len(found)} mutants caught ({100 * caught / max(1, len(found)):.0f} %) in "
        f"{time.monotonic() - began:.0f} s; MUST cases that caught none: "
        f"{' '.join(blunt) or 'none'}"
    )
    is_broken = any(kill.harness for kill in found)
    return 0 if found and caught == len(found) and not blunt and not is_broken else 1


def _by_name(name: str) -> Kills:
    return kills(next(mutant for mutant in load_mutants() if mutant.name == name))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
