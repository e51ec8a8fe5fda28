"""What the OpenAPI answers, as dataclasses (tingwu-openapi 1)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

FINISHED: Final = frozenset({"COMPLETED", "FAILED", "INVALID"})

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Task:
    """A task that was created, or is run again."""

    task_id: str
    status: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class RealtimeTask(Task):
    """A realtime meeting. ``join_url`` is where its audio goes, and its only credential."""

    join_url: str = field(kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class TaskInfo:
    """How a task stands.

    ``results`` maps the kinds of result that are ready to their links, the other links are those
    of media files that were asked for; ``error`` is the code and message of a failed task.
    """

    task_id: str
    status: str
    key: str | None = None
    results: Mapping[str, str] = field(default_factory=dict)
    mp3_url: str | None = None
    mp4_url: str | None = None
    thumbnail_url: str | None = None
    spectrum_url: str | None = None
    error: tuple[str, str] | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing will change any more, unless the task is run again."""
        return self.status in FINISHED

    @property
    def succeeded(self) -> bool:
        """Whether it has come to its end as it should."""
        return self.status == "COMPLETED"


@dataclass(frozen=True, slots=True)
class Phrases:
    """A list of hot words. ``words`` maps each to its weight; it is None where lists are listed."""

    phrase_id: str
    name: str
    description: str | None = None
    words: Mapping[str, int] | None = None


def task_info(task_id: str, data: Data) -> TaskInfo:
    """Read the Data of GetTaskInfo."""
    code = data.get("ErrorCode")
    return TaskInfo(
        data.get("TaskId", task_id),
        data.get("TaskStatus", ""),
        data.get("TaskKey"),
        # Some kinds may stand there empty before they are ready.
        {kind: url for kind, url in (data.get("Result") or {}).items() if url},
        mp3_url=data.get("OutputMp3Path"),
        mp4_url=data.get("OutputMp4Path"),
        thumbnail_url=data.get("OutputThumbnailPath"),
        spectrum_url=data.get("OutputSpectrumPath"),
        error=(code, data.get("ErrorMessage", "")) if code else None,
    )


def phrases(data: Data) -> tuple[Phrases, ...]:
    """Read the lists in the Data of a call about hot words.

    Raises:
        AttributeError, TypeError, ValueError: they are not in the shape expected.
    """
    return tuple(map(_phrases, data.get("Phrases") or ()))


def _phrases(item: Data) -> Phrases:
    weights = item.get("WordWeights")
    return Phrases(
        item.get("PhraseId", ""),
        item.get("Name", ""),
        item.get("Description"),
        # JSON as a text within the JSON (tingwu-openapi 1.4).
        None if weights is None else json.loads(weights),
    )
