"""Registering scripts in a scope: for tasks to come by their keys, for one task by its id."""

from __future__ import annotations

from mock_tingwu.core.scope import Scope, Task, TooLate
from mock_tingwu.core.script import Script
from mock_tingwu.core.script_book import TASK_KINDS
from mock_tingwu.core.shown import shown


class UnknownTask(ValueError):
    """There is no task of this id; the message names it."""


def register(
    scope: Scope,
    script: Script,
    *,
    task_key: str | None = None,
    app_key: str | None = None,
    file_url: str | None = None,
    data_id: str | None = None,
    task_id: str | None = None,
) -> None:
    """Let tasks to come with a TaskKey, FileUrl or AppKey hear ``script``, or the one of an id.

    ``data_id`` is what DashScope calls its tasks, ``task_id`` may be any. When it is refused
    nothing has happened.

    Raises:
        ValueError: no key is given.
        UnknownTask: there is no task of this id.
        TooLate: that task has heard something already.
    """
    ids = {"data_id": data_id, "task_id": task_id}
    tasks = {kind: _task(scope, kind, key) for kind, key in ids.items() if key}
    if len(tasks) == 2 and tasks["data_id"] is not tasks["task_id"]:
        raise ValueError(f"data_id is {shown(data_id)}, expected the task of task_id, or only one")
    for kind, task in tasks.items():
        try:
            scope.rescript(task, script)
        except TooLate as error:
            raise TooLate(f"{kind} is {shown(task.id)}, but {error}") from None
    scope.scripts.register(
        script,
        task_key=task_key,
        app_key=app_key,
        file_url=file_url,
        data_id=data_id,
        task_id=task_id,
    )


def forget(scope: Scope, kind: str, key: str) -> None:
    """Drop what is registered for a key. A task that has heard nothing of it will not hear it."""
    scope.scripts.forget(kind, key)
    if kind in TASK_KINDS and (task := scope.tasks.get(key)) is not None:
        try:
            scope.rescript(task, None)
        except TooLate:
            return


def _task(scope: Scope, kind: str, key: str) -> Task:
    task = scope.find(key, "dashscope") if kind == "data_id" else scope.tasks.get(key)
    if task is None:
        known = "one that createTask answered" if kind == "data_id" else "one of /_mock/tasks"
        raise UnknownTask(f"{kind} is {shown(key)}, expected {known}")
    return task
