"""``mock-tingwu rules``: what clients owe the cloud, each rule with its source."""

from __future__ import annotations

import argparse
import shutil
import textwrap
from itertools import groupby

from mock_tingwu.core.violations import LEVELS, RULES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which of them."""
    parser.add_argument("--level", choices=LEVELS, help="only those of this level")


def run(args: argparse.Namespace) -> int:
    """Print them by area."""
    rules = [rule for rule in RULES.values() if args.level in (None, rule.level)]
    width = max(60, min(shutil.get_terminal_size().columns, 100))
    for area, group in groupby(rules, key=lambda rule: rule.area):
        print(f"{area}\n{'-' * len(area)}")
        for rule in group:
            print(rule.id)
            for text in (rule.expected, f"{rule.level}: {rule.source}"):
                print(textwrap.fill(text, width, initial_indent="  ", subsequent_indent="  "))
        print()
    print(f"{len(rules)} rules")
    return 0
