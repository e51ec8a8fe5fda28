"""What mutants of shapes are made of: one answer, file or event, and one field of it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from mock_tingwu.conformance.mutants import Body, ChangeAnswer, events, mutant

Apply = Callable[[], AbstractContextManager[None]]


def shape_mutant(
    system: str, number: int, name: str, breaks: str, apply: Apply, also: Collection[str] = ()
) -> None:
    """Register a mutant that one case of the system's area SHAPE notices, and ``also`` others."""

    def applied() -> AbstractContextManager[None]:
        return apply()

    applied.__name__ = name
    area = f"{system}-SHAPE"
    mutant(breaks, area=area, caught_by=[f"{area}-{number:03}", *also])(applied)


def lacking(name: str) -> Callable[[Any], Any]:
    """A value in which no object has this field."""
    return partial(_lacking, name)


def _lacking(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lacking(name, item) for key, item in value.items() if key != name}
    return [_lacking(name, item) for item in value] if isinstance(value, list) else value


def emptied(*lists: str) -> Callable[[Any], Any]:
    """A value in which these lists are empty; without any: an empty value of the same type."""
    return partial(_emptied, lists)


def _emptied(lists: Collection[str], value: Any) -> Any:
    if not lists:
        return type(value)()
    return {name: [] if name in lists else item for name, item in value.items()}


def where(is_meant: Callable[[Body], object], change: ChangeAnswer) -> ChangeAnswer:
    """Change only the answers whose body is meant."""
    return lambda status, body: change(status, body) if is_meant(body) else (status, body)


def events_lacking(name: str, is_meant: Callable[[Body], object]) -> AbstractContextManager[None]:
    """The events that are meant have no field of this name."""
    return events(lambda event: [_lacking(name, event) if is_meant(event) else event])
