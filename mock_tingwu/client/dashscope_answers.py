"""What DashScope answers, as dataclasses (dashscope-tingwu 2 to 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

Data = Mapping[str, Any]


class AgentStatus(IntEnum):
    """``output.status``. A realtime meeting is TRANSCRIBING until it is ended."""

    DONE = 0
    RUNNING = 1
    FAILED = 2
    TRANSCRIBING = 3

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class AgentTask:
    """A task that was created, is worked on again, or a meeting that was ended.

    ``status`` is an AgentStatus, or the number of one that is not known here.
    """

    data_id: str
    status: int = AgentStatus.RUNNING


@dataclass(frozen=True, slots=True)
class AgentInfo:
    """How a task stands.

    ``results`` maps the members of ``output`` that are ready, such as ``transcriptionPath``, to
    their links; ``failed_results`` names those that could not be made. ``error`` is the code and
    message of a failed task.
    """

    data_id: str
    status: int
    results: Mapping[str, str] = field(default_factory=dict)
    failed_results: tuple[str, ...] = ()
    playback_url: str | None = None
    error: tuple[str, str] | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing will change any more, unless the task is worked on again."""
        return self.status in (AgentStatus.DONE, AgentStatus.FAILED)

    @property
    def succeeded(self) -> bool:
        """Whether it has come to its end as it should."""
        return self.status == AgentStatus.DONE


@dataclass(frozen=True, slots=True)
class TemporaryKey:
    """Goes where the API key went, until ``expires_at``, in seconds since 1970."""

    key: str = field(repr=False)
    expires_at: int


def status_of(output: Data, usual: int | None = None) -> int:
    """The status that an output tells, ``usual`` when it tells none.

    Raises:
        TypeError, ValueError: it is no number.
    """
    # Some pages of the vendor say that it is a text (dashscope-tingwu 4).
    number = int(output.get("status", usual))
    return AgentStatus(number) if number in set(AgentStatus) else number


def agent_info(data_id: str, output: Data) -> AgentInfo:
    """Read the output of getTask.

    Raises:
        TypeError, ValueError: it has no status.
    """
    paths = {name: link for name, link in output.items() if name.endswith("Path")}
    # Null, or the word for it: the pages allow of both (dashscope-tingwu 4).
    failed = tuple(name for name, link in paths.items() if link in (None, "null"))
    status = status_of(output)
    error = output.get("errorCode"), output.get("errorMessage")
    return AgentInfo(
        data_id,
        status,
        {name: link for name, link in paths.items() if link and name not in failed},
        failed,
        output.get("playbackUrl"),
        (error[0] or "", error[1] or "") if status == AgentStatus.FAILED else None,
    )
