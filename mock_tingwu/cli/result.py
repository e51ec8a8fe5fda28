"""``mock-tingwu result``: download what a task came to, and print it or keep it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mock_tingwu.cli import complain
from mock_tingwu.cli.interrupts import INTERRUPTS
from mock_tingwu.cli.results import Found, add_result_forms, check_forms, give
from mock_tingwu.cli.using import add_target, run_with

if TYPE_CHECKING:
    from mock_tingwu.client.targets import Target


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Of which task, in which form, to where."""
    parser.add_argument("task_id", metavar="TASK_ID", help="the id of the task")
    add_result_forms(parser)
    add_target(parser)


def run(args: argparse.Namespace) -> int:
    """Download; return the exit code."""
    return run_with("result", args, lambda target: _result(args, target), check=check_forms)


async def _result(args: argparse.Namespace, target: Target) -> None:
    from mock_tingwu.cli.keeping import media_links

    try:
        async with target.tingwu() as client:
            info = await client.info(args.task_id)
            found = Found(info.task_id, info, media_links(info), "task wait")
            await give(args, client, found)
    except INTERRUPTS:
        complain("result", "interrupted; nothing is kept.")
        raise
