"""Requirement sets: which cases a version of an API asks for, frozen when the kit is released.

A case that came later runs and is reported, and is in no set until the next one is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from mock_tingwu.conformance.catalogue import Catalogue
from mock_tingwu.conformance.results import Report
from mock_tingwu.conformance.runner import FAIL, NOTED, PASS
from mock_tingwu.resources import catalogue_folder

FOLDER: Final = "requirements"


@dataclass(frozen=True, slots=True)
class RequirementSet:
    """The cases of one version of an API with their levels, and ids that are used no more."""

    name: str
    api: str
    version: str
    frozen: str
    cases: dict[str, str]
    retired: dict[str, str]


@dataclass(frozen=True, slots=True)
class Score:
    """How a run did on a requirement set: of ``total`` cases so many passed and failed.

    ``other`` ran and are in no set of their system.
    """

    set: RequirementSet
    total: int
    passed: int
    failed: int
    not_run: int


@cache
def requirement_sets() -> list[RequirementSet]:
    """The sets that ship with the kit, by name.

    Raises:
        ValueError: one makes no sense.
    """
    folder = catalogue_folder() / FOLDER
    return [_read(path) for path in sorted(folder.glob("*.yaml"))]


def scores(report: Report) -> list[Score]:
    """The score of each set, by what the run tried."""
    verdicts = {entry.id: entry.verdict for entry in report.cases}
    found = []
    for requirements in requirement_sets():
        tried = [verdicts.get(id) for id in requirements.cases]
        passed = sum(verdict in (PASS, NOTED) for verdict in tried)
        failed = sum(verdict == FAIL for verdict in tried)
        total = len(tried)
        found.append(Score(requirements, total, passed, failed, total - passed - failed))
    return found


def problems(catalogue: Catalogue) -> list[str]:
    """What is wrong between the sets and the catalogue: a frozen case is gone, or has changed."""
    found = []
    for requirements in requirement_sets():
        for id, level in requirements.cases.items():
            if id not in catalogue:
                found.append(f"{id} of {requirements.name} is not in the catalogue")
            elif catalogue[id].level != level:
                now = catalogue[id].level
                found.append(f"{id} of {requirements.name} was frozen as {level}, and is {now}")
        found += [
            f"{id} was retired from {requirements.name}: an id is used once"
            for id in requirements.retired
            if id in catalogue
        ]
    return found


def written(name: str, api: str, version: str, frozen: str, catalogue: Catalogue) -> str:
    """The file of a new set: all cases of ``name``'s systems, as they are now."""
    cases = "".join(f"  {case.id}: {case.level}\n" for case in catalogue)
    return (
        f"# The cases that {api} {version} is held to. Never edited: a case that changes gets a\n"
        "# new id, one that was wrong is retired with the reason.\n"
        f"api: {api}\nversion: {version!r}\nfrozen: {frozen}\ncases:\n{cases}retired: {{}}\n"
    )


def _read(path: Path) -> RequirementSet:
    data: Any = yaml.safe_load(path.read_text("utf-8"))
    try:
        cases, retired = dict(data["cases"]), dict(data["retired"])
        version, frozen = str(data["version"]), str(data["frozen"])
        return RequirementSet(path.stem, str(data["api"]), version, frozen, cases, retired)
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"{path} is no requirement set: {error!r}") from None
