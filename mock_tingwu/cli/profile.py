"""``mock-tingwu profile``: what an awkward scope does, and why it may."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from textwrap import fill
from typing import Final

from mock_tingwu.cli import BAD_USAGE, complain
from mock_tingwu.core.awkward.habits import HABITS, Habit, Profile

_WIDTH: Final = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Of which profile."""
    parser.add_argument(
        "profile",
        nargs="?",
        default="awkward",
        metavar="PROFILE",
        help="list the habits of this profile, such as awkward,-server-errors (default awkward)",
    )


def run(args: argparse.Namespace) -> int:
    """Print the habits. Exit code 2 if there is no such profile."""
    try:
        profile = Profile.parse(args.profile)
    except ValueError as error:
        complain("profile", f"PROFILE is {args.profile!r}, expected {error}")
        return BAD_USAGE
    chosen = [habit for habit in HABITS if habit.name in profile.habits]
    print("\n\n".join([str(profile), *("\n".join(_shown(habit)) for habit in chosen)]))
    return 0


def _shown(habit: Habit) -> Iterator[str]:
    yield habit.name
    for title, text in (
        ("does", habit.does),
        ("allowed", habit.allowed),
        ("lazy", habit.lazy),
        ("limits", habit.limits),
    ):
        if text:
            head = f"  {title:<8}"
            yield fill(text, _WIDTH, initial_indent=head, subsequent_indent=" " * len(head))
