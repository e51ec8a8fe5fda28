"""From the files of a task to its `Results` (tingwu-openapi 4, dashscope-tingwu 4.1)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from mock_tingwu.client.errors import ClientError, ServiceError, TaskFailed

from .model import Results
from .reader import Reader, pascal
from .tables import KINDS, is_wrapper, kind_of

#: So many files are downloaded at the same time, each within so many seconds.
_AT_ONCE: Final = 4
_FILE_TIMEOUT_S: Final = 300.0
#: What is nested deeper is no result; mind maps, the deepest, have a dozen levels.
_MAX_DEPTH: Final = 64


class ResultError(ClientError):
    """A result file could not be had, or is none of its kind.

    ``kind`` is the name of its link, such as ``Transcription`` or ``transcriptionPath``. What
    happened to a download is the ``__cause__``.
    """

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(f"The file {kind} {why}")
        self.kind = kind


def read_results(files: Mapping[str, Any], *, task_id: str | None = None) -> Results:
    """Read the files of a task, in the shape of either service.

    ``files`` are by the names of their links: ``Transcription`` and the like, with the task's id
    around what they tell, or ``transcriptionPath`` and the like. A file is decoded JSON, or JSON as
    text or bytes. A kind that is not known is only in ``data`` and ``extra``.

    Raises:
        ResultError: a file is no JSON, or not of its kind.
    """
    data = {name: _decoded(name, file) for name, file in files.items()}
    found: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for name, content in data.items():
        field, read = KINDS.get(kind_of(name), ("", None))
        if read is None or field in found:
            extra[name] = content
            continue
        value, told, beside = _read(name, content, read)
        task_id = task_id or told
        if value is not None:
            found[field] = value
        if beside:
            extra[name] = beside
    return Results(task_id=task_id, **found, extra=extra, data=data)


def is_expired(error: ResultError) -> bool:
    """Whether a link was refused as one that has expired: a query of the task gives a new one
    (tingwu-openapi 2.2)."""
    cause = error.__cause__
    return isinstance(cause, ServiceError) and cause.http_status == 403


async def download(
    fetch: Callable[[str], Awaitable[bytes]],
    task_id: str,
    links: Mapping[str, str],
    error: tuple[str, str] | None,
    failed: tuple[str, ...] = (),
) -> Results:
    """The results behind ``links``, which are by kind; ``fetch`` gets a file or raises.

    ``error`` is the code and message of a task that has failed, ``failed`` names the results that
    could not be made of one that has not.

    Raises:
        ResultError: a file could not be had, or is none of its kind. Others are given up then.
        TaskFailed: the task has failed, and nothing was made before.
    """
    if error is not None and not links:
        raise TaskFailed(task_id, *error)
    turn = asyncio.Semaphore(_AT_ONCE)

    async def one(kind: str, link: str) -> bytes:
        try:
            async with turn, asyncio.timeout(_FILE_TIMEOUT_S):
                return await fetch(link)
        except ClientError as refused:
            raise ResultError(kind, f"cannot be downloaded: {refused}") from refused
        except TimeoutError as late:
            why = f"is still being downloaded after {_FILE_TIMEOUT_S:g} s."
            raise ResultError(kind, why) from late

    try:
        async with asyncio.TaskGroup() as group:
            tasks = {kind: group.create_task(one(kind, link)) for kind, link in links.items()}
    except ExceptionGroup as errors:
        first = errors.exceptions[0]
        raise first from first.__cause__
    files = {kind: task.result() for kind, task in tasks.items()}
    # Hours of speech take a second to read, in which streams are to go on.
    results = await asyncio.to_thread(read_results, files, task_id=task_id)
    return replace(results, failed=failed)


def _read(name: str, content: object, read: Reader) -> tuple[Any, str | None, dict[str, Any]]:
    """What a file comes to, the task that it names, and what there is no place for."""
    kind = kind_of(name)
    rest: dict[str, Any] = dict(content) if isinstance(content, dict) else {}
    ids = [key for key in ("TaskId", "taskId") if isinstance(rest.get(key), str)]
    task_id = rest.pop(ids[0]) if ids else None
    wrapper = next((key for key in rest if is_wrapper(key, kind)), None)
    if wrapper is not None:
        inner = rest.pop(wrapper)
        value, whole = (None, True) if inner is None else read(inner)
        return value, task_id, rest if whole else rest | {wrapper: inner}
    inner = rest if isinstance(content, dict) else content
    value, whole = read(inner)
    # An empty object may tell that too little was said; others have to be recognized.
    if inner != {} and (value is None or getattr(value, "extra", None) == inner):
        raise ResultError(name, f"is {_described(content)}, expected a result of that kind.")
    return value, task_id, {} if whole else {pascal(kind): inner}


def _decoded(name: str, file: Any) -> Any:
    try:
        content = json.loads(file) if isinstance(file, (str, bytes)) else file
    except (ValueError, RecursionError):
        raise ResultError(name, "is no JSON.") from None
    if _is_deeper(content, _MAX_DEPTH):
        raise ResultError(name, f"is nested more than {_MAX_DEPTH} deep.")
    return content


def _is_deeper(value: object, levels: int) -> bool:
    """Whether objects and arrays stand in each other more than ``levels`` deep."""
    level = [value]
    for _ in range(levels):
        level = [
            part
            for whole in level
            if isinstance(whole, (dict, list))
            for part in (whole.values() if isinstance(whole, dict) else whole)
        ]
    return any(isinstance(part, (dict, list)) for part in level)


def _described(value: object) -> str:
    if isinstance(value, list):
        return "an array"
    if isinstance(value, dict):
        return "an object with " + ", ".join(f"{name:.40}" for name in list(value)[:3])
    return "neither an object nor an array"
