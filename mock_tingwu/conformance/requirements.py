"""Requirement sets: which cases a version of an API asks for, frozen when the kit is released.

What is only assumed (INFO) is required of nobody. A case that came later runs and is reported, and
is in no set until the next one is made, by ``python -m mock_tingwu.conformance.requirements NAME``
for a name of `APIS`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from mock_tingwu.conformance.catalogue import INFO, Catalogue, load
from mock_tingwu.conformance.results import Report
from mock_tingwu.conformance.runner import FAIL, NOTED, PASS
from mock_tingwu.resources import catalogue_folder

FOLDER: Final = "requirements"
#: The versions of APIs that sets can be made of: title, version, and the system of the cases.
APIS: Final[Mapping[str, tuple[str, str, str]]] = {
    "tingwu-2023-09-30": ("Tingwu OpenAPI", "2023-09-30", "TW"),
    "realtime-v1": ("the WebSocket behind MeetingJoinUrl", "v1", "RT"),
    "dashscope-v1": ("DashScope's Tingwu agents", "v1", "DS"),
    "live-2016-11-01": ("ApsaraVideo Live", "2016-11-01", "LV"),
}


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
    """How a run did on a requirement set of ``total`` cases.

    ``noted`` deviate where they may, or are known deviations.
    """

    set: RequirementSet
    total: int
    passed: int
    failed: int
    noted: int
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
        passed, failed, noted = (tried.count(verdict) for verdict in (PASS, FAIL, NOTED))
        not_run = len(tried) - passed - failed - noted
        found.append(Score(requirements, len(tried), passed, failed, noted, not_run))
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


def written(name: str, catalogue: Catalogue, today: date) -> str:
    """The file of a new set: the cases of that API as they are now.

    Raises:
        ValueError: there is no such API.
    """
    if name not in APIS:
        raise ValueError(f"NAME is {name!r}, expected one of {', '.join(APIS)}")
    api, version, system = APIS[name]
    required = [case for case in catalogue if case.system == system and case.level != INFO]
    cases = "".join(f"  {case.id}: {case.level}\n" for case in required)
    return (
        f"# The cases that {api} {version} is held to. Never edited: a case that changes gets a\n"
        "# new id, one that was wrong is retired with the reason.\n"
        f"api: {api}\nversion: {version!r}\nfrozen: {today}\ncases:\n{cases}retired: {{}}\n"
    )


def main(arguments: Sequence[str]) -> int:
    """Freeze the sets that are named; one that is frozen stays. Return the exit status."""
    if not arguments:
        print(f"expected one or more of {', '.join(APIS)}", file=sys.stderr)
        return 2
    for name in arguments:
        path = catalogue_folder() / FOLDER / f"{name}.yaml"
        try:
            text = written(name, load(), date.today())
            path.parent.mkdir(exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except (ValueError, OSError) as error:
            print(f"{name} is not frozen: {error}", file=sys.stderr)
            return 1
        print(path)
    return 0


def _read(path: Path) -> RequirementSet:
    data: Any = yaml.safe_load(path.read_text("utf-8"))
    try:
        cases, retired = dict(data["cases"]), dict(data["retired"])
        version, frozen = str(data["version"]), str(data["frozen"])
        return RequirementSet(path.stem, str(data["api"]), version, frozen, cases, retired)
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"{path} is no requirement set: {error!r}") from None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
