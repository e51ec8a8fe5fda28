"""``mock-tingwu states``: the lifecycles that the server runs on."""

from __future__ import annotations

import argparse
from typing import Any, Final

from mock_tingwu.core.delivery import DELIVERY
from mock_tingwu.core.lifecycle import Lifecycle
from mock_tingwu.core.tasks import OFFLINE_TASK, REALTIME_TASK
from mock_tingwu.protocols.nls_table import SESSION

LIFECYCLES: Final[tuple[Lifecycle[Any, Any], ...]] = (
    REALTIME_TASK,
    OFFLINE_TASK,
    SESSION,
    DELIVERY,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """In which form."""
    parser.add_argument(
        "--format",
        choices=("mermaid", "text"),
        default="mermaid",
        help="diagrams in Markdown, or tables (default mermaid)",
    )


def run(args: argparse.Namespace) -> int:
    """Print every lifecycle."""
    form = as_mermaid if args.format == "mermaid" else as_text
    print("\n\n".join(form(lifecycle) for lifecycle in LIFECYCLES))
    return 0


def as_mermaid(lifecycle: Lifecycle[Any, Any]) -> str:
    """A heading and a diagram, ready for a Markdown file."""
    return f"## {lifecycle.name}\n\n```mermaid\n{lifecycle.mermaid()}\n```"


def as_text(lifecycle: Lifecycle[Any, Any]) -> str:
    """One line for every pair of state and event that is possible."""
    rows = [("STATE", "EVENT", "NEXT")]
    rows += [
        (state.name, event.name, following.name)
        for (state, event), following in lifecycle.table.items()
    ]
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    lines = [f"{a:<{first}}  {b:<{second}}  {c}" for a, b, c in rows]
    return "\n".join([f"{lifecycle.name}, from {lifecycle.initial.name}", "", *lines])
