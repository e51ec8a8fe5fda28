"""What GetTaskInfo and callbacks say of a task: the Data of their answers (tingwu-openapi 1.3)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from mock_tingwu.core.options import RESULT_KINDS
from mock_tingwu.core.scope import Scope, Task
from mock_tingwu.services.storage import Linker


def task_data(
    scope: Scope, task: Task, base: str, *, kinds: Collection[str] | None = None
) -> dict[str, Any]:
    """The task as the API shows it, without what there is not; the key order is the schema's.

    ``base`` is the address that links lead to, such as ``http://127.0.0.1:8900``; they are signed
    anew. ``kinds``: name no results but these; None names all that are ready.
    """
    link = Linker(scope, base)
    ready = [kind for kind in RESULT_KINDS if kind in task.results]
    results = {kind: link.result(task, kind) for kind in ready if kinds is None or kind in kinds}
    data = {
        "TaskId": task.id,
        "TaskKey": task.key,
        "TaskStatus": task.status.wire,
        "OutputMp3Path": link.file(task, "mp3"),
        "OutputMp4Path": link.file(task, "mp4"),
        "OutputThumbnailPath": link.file(task, "png"),
        "OutputSpectrumPath": link.file(task, "spectrum"),
        "ErrorCode": task.error_code,
        "ErrorMessage": task.error_message,
        "Result": results or None,
    }
    return {key: value for key, value in data.items() if value is not None}
