"""Mutants that stop meetings otherwise."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from mock_tingwu.conformance.mutants import Body, mutant, patched, with_value
from mock_tingwu.core.tasks import NEW, TaskEvent
from mock_tingwu.services.api_errors import failure, invalid
from mock_tingwu.services.tingwu import TingwuService

from ._calls import stops

STOP = "TW-STOP"


def _before_stop(check: Callable[[Any, Body], None]) -> AbstractContextManager[None]:
    """Stop looks at the request first: ``check(scope, body)`` may refuse it."""
    stop = TingwuService._stop

    def mutated(self: Any, request: Any, scope: Any, body: Body) -> Any:
        check(scope, body)
        return stop(self, request, scope, body)

    return patched(TingwuService, "_stop", mutated)


@mutant(
    "stop always answers COMPLETED",
    area=STOP,
    caught_by=["TW-STOP-002", "TW-STOP-013"],
)
def stop_always_completes() -> AbstractContextManager[None]:
    return stops(with_value("COMPLETED", "Data", "TaskStatus"))


@mutant(
    "stop always answers ONGOING",
    area=STOP,
    caught_by=["TW-STOP-001", "TW-STOP-010", "TW-STOP-012"],
)
def stop_never_completes() -> AbstractContextManager[None]:
    return stops(with_value("ONGOING", "Data", "TaskStatus"))


@mutant("stop answers with a TaskId of its own", area=STOP, caught_by=["TW-STOP-003"])
def stop_names_another_task() -> AbstractContextManager[None]:
    return stops(with_value("e" * 32, "Data", "TaskId"))


@mutant("stop needs an AppKey", area=STOP, caught_by=["TW-STOP-004"])
def stop_wants_an_app_key() -> AbstractContextManager[None]:
    def check(scope: Any, body: Body) -> None:
        if "AppKey" not in body:
            raise failure("BRK.InvalidAppKey")

    return _before_stop(check)


@mutant("stop takes nothing beside Input", area=STOP, caught_by=["TW-STOP-005"])
def stop_takes_input_alone() -> AbstractContextManager[None]:
    def check(scope: Any, body: Body) -> None:
        if set(body) != {"Input"}:
            raise invalid("AppKey")

    return _before_stop(check)


@mutant("stop takes nothing beside TaskId", area=STOP, caught_by=["TW-STOP-007"])
def stop_takes_task_id_alone() -> AbstractContextManager[None]:
    def check(scope: Any, body: Body) -> None:
        if set(body.get("Input", {})) - {"TaskId"}:
            raise invalid("Input")

    return _before_stop(check)


@mutant("a meeting without audio cannot be stopped", area=STOP, caught_by=["TW-STOP-009"])
def stop_wants_audio() -> AbstractContextManager[None]:
    def check(scope: Any, body: Body) -> None:
        task = scope.tasks.get(body.get("Input", {}).get("TaskId"))
        if task is not None and task.status is NEW:
            raise invalid("Input.TaskId")

    return _before_stop(check)


@mutant(
    "a meeting cannot be stopped while audio is pushed",
    area=STOP,
    caught_by=["TW-STOP-010", "TW-LIFE-010"],
)
def stop_wants_silence() -> AbstractContextManager[None]:
    def check(scope: Any, body: Body) -> None:
        task = scope.tasks.get(body.get("Input", {}).get("TaskId"))
        if task is not None and any(pusher.streaming for pusher in task.pushers):
            raise invalid("Input.TaskId")

    return _before_stop(check)


@mutant("stop without TaskId is of a task that is not there", area=STOP, caught_by=["TW-STOP-011"])
def stop_of_nothing() -> AbstractContextManager[None]:
    def check(scope: Any, body: Body) -> None:
        if isinstance(body.get("Input"), dict):
            body["Input"].setdefault("TaskId", "0" * 32)

    return _before_stop(check)


@mutant("a second stop is refused", area=STOP, caught_by=["TW-STOP-012", "TW-STOP-013"])
def stop_is_done_once() -> AbstractContextManager[None]:
    def check(scope: Any, body: Body) -> None:
        task = scope.tasks.get(body.get("Input", {}).get("TaskId"))
        if task is not None and not task.can(TaskEvent.STOP):
            raise invalid("Input.TaskId")

    return _before_stop(check)
