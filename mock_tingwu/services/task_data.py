"""What GetTaskInfo and callbacks say of a task: the Data of their answers (tingwu-openapi 1.3)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from mock_tingwu.core.options import RESULT_KINDS
from mock_tingwu.core.scope import Scope, Task
from mock_tingwu.services.storage import Linker

#: Where the links to media files stand, by their suffixes.
_FILES: Final = (
    ("OutputMp3Path", "mp3"),
    ("OutputMp4Path", "mp4"),
    ("OutputThumbnailPath", "png"),
    ("OutputSpectrumPath", "spectrum"),
)


def task_data(
    scope: Scope, task: Task, base: str, *, kinds: Collection[str] | None = None
) -> dict[str, Any]:
    """The task as the API shows it, without what there is not; the key order is the schema's.

    ``base`` is the address that links lead to, such as ``http://127.0.0.1:8900``; they are signed
    anew. ``kinds``: name no results but these; None names all that are ready.
    """
    link = Linker(scope, base)
    data: dict[str, Any] = {"TaskId": task.id}
    if task.key is not None:
        data["TaskKey"] = task.key
    data["TaskStatus"] = task.status.wire
    for name, suffix in _FILES:
        if suffix in task.files:
            data[name] = link.file(task, suffix)
    if task.error_code is not None:
        data["ErrorCode"] = task.error_code
    if task.error_message is not None:
        data["ErrorMessage"] = task.error_message
    ready = [kind for kind in RESULT_KINDS if kind in task.results] if task.results else ()
    results = {kind: link.result(task, kind) for kind in ready if kinds is None or kind in kinds}
    if results:
        data["Result"] = results
    return data
