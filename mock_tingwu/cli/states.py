"""``mock-tingwu states``: the lifecycles that the server runs on."""

from __future__ import annotations

import argparse
from enum import Enum
from typing import Any, Final

from mock_tingwu.core.delivery import DELIVERY
from mock_tingwu.core.lifecycle import Lifecycle
from mock_tingwu.core.tasks import LIVE_TASK, OFFLINE_TASK, REALTIME_TASK, Status, TaskEvent
from mock_tingwu.protocols import inference_table, nls_table
from mock_tingwu.services.dashscope import task_data


class MeetingStatus(Enum):
    """``output.status`` of a DashScope meeting, each number with what it says."""

    TRANSCRIBING_3 = task_data.TRANSCRIBING
    MAKING_MINUTES_1 = task_data.RUNNING
    DONE_0 = task_data.DONE
    FAILED_2 = task_data.BROKEN


def _seen(status: Status) -> MeetingStatus:
    return MeetingStatus(task_data.STATUS[status])


def _meeting() -> Lifecycle[MeetingStatus, TaskEvent]:
    """A realtime task as DashScope shows it."""
    table = {
        (_seen(status), event): _seen(following)
        for (status, event), following in REALTIME_TASK.table.items()
    }
    documented = {
        (_seen(status), event)
        for status, event in REALTIME_TASK.table
        if (status, event) not in REALTIME_TASK.assumed
    }
    assumed = {
        (_seen(status), event): reason for (status, event), reason in REALTIME_TASK.assumed.items()
    }
    return Lifecycle(
        "DashScope meeting",
        _seen(REALTIME_TASK.initial),
        table,
        source="dashscope-tingwu 3 and 4",
        assumed={pair: reason for pair, reason in assumed.items() if pair not in documented},
        ends=frozenset(map(_seen, REALTIME_TASK.ends)),
    )


#: What `REALTIME_TASK` looks like from outside.
MEETING: Final = _meeting()
LIFECYCLES: Final[tuple[Lifecycle[Any, Any], ...]] = (
    REALTIME_TASK,
    MEETING,
    OFFLINE_TASK,
    LIVE_TASK,
    nls_table.SESSION,
    inference_table.SESSION,
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
