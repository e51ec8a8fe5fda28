"""How sharp the cases are: every mutant against the cases that it names.

    python -m mock_tingwu.conformance.teeth [--whole] [AREA ...]

With ``--whole`` against all cases of its area, which takes ten times as long. Prints how many
mutants of each area were caught, those that were not, and which MUST cases have caught none. Exit
status 1 unless every mutant is caught by a case of its area, and by all that it names, and every
MUST case catches one.
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
from functools import cache

from mock_tingwu.conformance.benches import PrivateBench
from mock_tingwu.conformance.catalogue import MUST, load
from mock_tingwu.conformance.mutants import Mutant, load_mutants
from mock_tingwu.conformance.outside import Outside
from mock_tingwu.conformance.runner import FAIL, TARGET, UNREACHABLE, run
from mock_tingwu.counting import counted


@dataclass(frozen=True, slots=True)
class Kills:
    """The cases that noticed a mutant.

    ``missed`` are those that should have, ``harness`` those that broke down instead.
    """

    mutant: str
    area: str
    cases: frozenset[str]
    missed: frozenset[str]
    harness: frozenset[str]

    @property
    def is_caught(self) -> bool:
        """Whether a case of the mutant's own area noticed it, and all that it names."""
        return not self.missed and any(id.rpartition("-")[0] == self.area for id in self.cases)


def kills(mutant: Mutant, outside: Outside, *, whole: bool = False) -> Kills:
    """Run the cases that a mutant names against it, or with ``whole`` all of its area as well."""
    cases = load().only(
        lambda case: case.id in mutant.caught_by or (whole and case.area == mutant.area)
    )
    outside.project.answers_about.clear()
    with mutant.apply():
        outcomes = asyncio.run(run(cases, PrivateBench(), outside))
    noticed, broken = set(), set()
    for outcome in outcomes:
        # Also what is only noted, as no source says it.
        if outcome.cause in (TARGET, UNREACHABLE):
            noticed.add(outcome.case.id)
        elif outcome.verdict == FAIL:
            broken.add(outcome.case.id)
    missed = set(mutant.caught_by) - noticed
    return Kills(mutant.name, mutant.area, frozenset(noticed), frozenset(missed), frozenset(broken))


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
    whole = "--whole" in arguments
    areas = set(arguments) - {"--whole"} or {case.area for case in load()}
    mutants = [mutant for mutant in load_mutants() if mutant.area in areas]
    began = time.monotonic()
    # Mutants change the process that they run in.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), context) as pool:
        names = [mutant.name for mutant in mutants]
        found = list(pool.map(_by_name, names, [whole] * len(names), chunksize=8))
    for area in sorted(areas):
        here = [kill for kill in found if kill.area == area]
        print(f"{area:14} {sum(kill.is_caught for kill in here)} of {len(here)} caught")
    for kill in found:
        if not kill.is_caught or kill.harness:
            missed, broken = " ".join(sorted(kill.missed)), " ".join(sorted(kill.harness))
            print(
                f"{kill.mutant}: missed by {missed or 'its area'}, kit broke in {broken or 'none'}"
            )
    blunt = toothless(found, areas)
    caught, all_of_them = sum(kill.is_caught for kill in found), counted(len(found), "mutant")
    print(
        f"{caught} of {all_of_them} caught ({100 * caught / max(1, len(found)):.0f} %) in "
        f"{time.monotonic() - began:.0f} s; MUST cases that caught none: "
        f"{' '.join(blunt) or 'none'}"
    )
    is_broken = any(kill.harness for kill in found)
    return 0 if found and caught == len(found) and not blunt and not is_broken else 1


def _by_name(name: str, whole: bool) -> Kills:
    mutant = next(mutant for mutant in load_mutants() if mutant.name == name)
    return kills(mutant, _outside(), whole=whole)


@cache
def _outside() -> Outside:
    """One for all mutants of a process; it ends with that."""
    return Outside().__enter__()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
