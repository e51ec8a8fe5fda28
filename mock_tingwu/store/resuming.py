"""Lets the tasks of a scope that was brought back go on."""

from __future__ import annotations

import logging

from mock_tingwu.core.scope import Scope, Task
from mock_tingwu.core.tasks import REALTIME_TASK, TaskEvent
from mock_tingwu.protocols import inference

log = logging.getLogger("mock_tingwu")


def resume(scope: Scope) -> None:
    """Let every task go on with what it was at. Needs the event loop."""
    for task in list(scope.tasks.values()):
        try:
            scope.resume(task)
            if _is_orphan(task):
                scope.stop(task)
        except Exception:  # of a recognizer, mostly
            log.exception("a defect of the mock or its recognizer keeps a task from going on")


def _is_orphan(task: Task) -> bool:
    """Whether it lived as long as a connection: nobody can go on with an instruction."""
    return (
        task.lifecycle is REALTIME_TASK
        and task.order.model == inference.INSTRUCTION
        and task.can(TaskEvent.STOP)
    )
