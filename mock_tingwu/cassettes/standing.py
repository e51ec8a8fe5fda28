"""How far a task is, by what it is asked for."""

from __future__ import annotations

from typing import Any, Final

#: How far a task is by its status: a realtime one is NEW first, DashScope's begin with 3
#: (tingwu-openapi 2.3, dashscope-tingwu 3).
_PROGRESS: Final = {"NEW": 0, "ONGOING": 1, "PAUSED": 2, "COMPLETED": 3, "FAILED": 3, "INVALID": 3}
_AGENT_PROGRESS: Final = {3: 0, 1: 1, 0: 3, 2: 3}


def standing(answer: Any) -> tuple[int, int] | None:
    """How far the task is that an answer tells of, and how many links it has; None if of none."""
    if not isinstance(answer, dict):
        return None
    if isinstance(data := answer.get("Data"), dict) and "TaskStatus" in data:
        links = data.get("Result")
        progress = _PROGRESS.get(str(data["TaskStatus"]).upper())
        return None if progress is None else (progress, len(links) if links else 0)
    if isinstance(output := answer.get("output"), dict) and "status" in output:
        progress = _AGENT_PROGRESS.get(output["status"])
        return None if progress is None else (progress, 0)
    return None


def is_behind(came: Any, recorded: Any) -> bool:
    """Whether a task is not yet as far as in a recording."""
    now, then = standing(came), standing(recorded)
    if now is None or then is None or now[0] == then[0] == 3:
        return False
    return now[0] < then[0] or (now[0] == then[0] and now[1] < then[1])


def is_ahead(came: Any, recorded: Any) -> bool:
    """Whether a task is further than in a recording."""
    now, then = standing(came), standing(recorded)
    return now is not None and then is not None and now[0] > then[0]
