"""All situations, and how some of them are chosen."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Final

from mock_tingwu.conformance.client_check import (
    agents,
    callbacks,
    files,
    live,
    streams,
    tasks,
)
from mock_tingwu.conformance.client_check.situation import Kind, Situation

ALL: Final[tuple[Situation, ...]] = (
    *streams.SITUATIONS,
    *tasks.SITUATIONS,
    *callbacks.SITUATIONS,
    *files.SITUATIONS,
    *agents.SITUATIONS,
    *live.SITUATIONS,
)


def situations(kind: str | None = None, *, select: str = "") -> list[Situation]:
    """The situations, in the order of the table; see `chosen` for ``select``.

    ``kind`` is one of `Kind`: realtime, tasks, files, callbacks, dashscope, dashscope-stream, live.

    Raises:
        ValueError: there is no such kind, or nothing is chosen.
    """
    if kind is not None and kind not in list(Kind):
        raise ValueError(f"kind is {kind!r}, expected {', '.join(Kind)}")
    found = [situation for situation in ALL if kind in (None, situation.kind)]
    return chosen(found, select)


def chosen(found: Iterable[Situation], select: str) -> list[Situation]:
    """Those that ``select`` names: ids with ``*``, kinds, with commas between; ``!`` leaves out.

    Nothing, or only what is left out, begins with all.

    Raises:
        ValueError: a part of it names nothing.
    """
    there = list(found)
    parts = [part.strip() for part in select.split(",") if part.strip()]
    wanted = [part for part in parts if not part.startswith("!")]
    unwanted = [part[1:].strip() for part in parts if part.startswith("!")]
    for part in (*wanted, *unwanted):
        if not any(_fits(situation, part) for situation in ALL):
            kinds = ", ".join(Kind)
            raise ValueError(
                f"select has {part!r}, expected an id such as CC-START-001 or CC-START-*, or one "
                f"of {kinds}"
            )
    return [
        situation
        for situation in there
        if (not wanted or any(_fits(situation, part) for part in wanted))
        and not any(_fits(situation, part) for part in unwanted)
    ]


def _fits(situation: Situation, part: str) -> bool:
    return part == situation.kind or fnmatchcase(situation.id, part.upper())
