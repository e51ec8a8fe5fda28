"""``mock-tingwu scenarios``: situations that ship with the mock, and a check of one's own.

Also the failures of the catalogue, each of which is a rule by its name.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from mock_tingwu.cli import BAD_USAGE, complain
from mock_tingwu.core.failures import NO_RULE, catalogue
from mock_tingwu.core.scenarios import (
    Scenario,
    ScenarioError,
    UnknownScenario,
    scenario_of_file,
    starter,
    starter_text,
    starters,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which one."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "name",
        nargs="?",
        metavar="NAME",
        help="print the file or the rule of this one; without it, list all",
    )
    what.add_argument("--check", metavar="FILE", help="say what is wrong with a file of your own")


def run(args: argparse.Namespace) -> int:
    """List the starters, print one, or check a file.

    Exit code 1 if the file is no scenario, 2 if there is none of that name.
    """
    if args.check is not None:
        return _check(Path(args.check))
    if args.name is None:
        print("to begin with (serve --scenario NAME):", listed(starter_rows()), sep="\n")
        print('\nfailures, as a rule ({"scenario": NAME}):', listed(failure_rows()), sep="\n")
        return 0
    if (failure := catalogue().get(args.name)) is not None:
        print(NO_RULE[args.name] if failure.rule is None else json.dumps(failure.rule))
        return 0
    try:
        print(starter_text(args.name).rstrip("\n"))
    except UnknownScenario as error:
        complain("scenarios", error)
        return BAD_USAGE
    return 0


def starter_rows() -> list[tuple[str, str]]:
    """Name and description of each starter, sorted by name."""
    return [(name, starter(name).description) for name in starters()]


def failure_rows() -> list[tuple[str, str]]:
    """Name of each failure, and what a client sees of it."""
    return [(name, failure.seen_as) for name, failure in catalogue().items()]


def listed(rows: list[tuple[str, str]]) -> str:
    """A line for each name with what it is about."""
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {about}" for name, about in rows)


def _check(path: Path) -> int:
    # Brings the services: only for this.
    from mock_tingwu.services.scenarios import check

    try:
        scenario = scenario_of_file(path)
        check(scenario, at_start=True)
    except UnknownScenario as error:
        complain("scenarios", error)
        return BAD_USAGE
    except ScenarioError as error:
        # As compilers do, so that editors find the lines.
        print(error, file=sys.stderr)
        return 1
    print(f"{path}: {scenario.name} makes sense; {_brings(scenario)}")
    return 0


def _brings(scenario: Scenario) -> str:
    counts = {
        "scripts": len(scenario.scripts),
        "faults": len(scenario.faults),
        "callbacks": len(scenario.callbacks),
        "apps": len(scenario.apps),
        "settings": len(scenario.settings),
    }
    return ", ".join(f"{what} {count}" for what, count in counts.items() if count) or "nothing"
