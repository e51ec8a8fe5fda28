"""``mock-tingwu schema``: the JSON Schemas of everything on the wire."""

from __future__ import annotations

import argparse
import json

from mock_tingwu import contract
from mock_tingwu.cli import BAD_USAGE, complain


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which one."""
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="print this schema; without it, list all"
    )


def run(args: argparse.Namespace) -> int:
    """List the schemas, or print one. Exit code 2 if there is none of that name."""
    if args.name is None:
        names = contract.names()
        width = max(map(len, names))
        for name in names:
            print(f"{name:<{width}}  {json.loads(contract.text(name)).get('title', '')}".rstrip())
        return 0
    try:
        text = contract.text(args.name)
    except LookupError as error:
        complain("schema", error.args[0])
        return BAD_USAGE
    print(text.rstrip("\n"))
    return 0
