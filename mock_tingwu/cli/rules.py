"""``mock-tingwu rules``: what clients owe the cloud, each rule with its source."""

from __future__ import annotations

import argparse

from mock_tingwu.cli.listing import print_by_area
from mock_tingwu.core.violations import LEVELS, RULES
from mock_tingwu.counting import counted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which of them."""
    parser.add_argument("--level", choices=LEVELS, help="only those of this level")


def run(args: argparse.Namespace) -> int:
    """Print them by area."""
    rules = [rule for rule in RULES.values() if args.level in (None, rule.level)]
    print_by_area(
        (rule.area, rule.id, (rule.expected, f"{rule.level}: {rule.source}")) for rule in rules
    )
    print(counted(len(rules), "rule"))
    return 0
