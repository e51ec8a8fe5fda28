"""Mutants about one field of CreateTask each."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from mock_tingwu.conformance.mutants import Body, mutant

from ._calls import read_as, refuses

AREA = "TW-CREATE"


def field_mutant(
    name: str, breaks: str, apply: Callable[[], AbstractContextManager[None]], *caught_by: str
) -> None:
    """Register a mutant of this name, as `mutant` does."""

    def applied() -> AbstractContextManager[None]:
        return apply()

    applied.__name__ = name
    mutant(breaks, area=AREA, caught_by=caught_by)(applied)


def default(field: str, value: object) -> AbstractContextManager[None]:
    """``field`` of Input has a value of its own where it is absent."""

    def change(body: Body) -> None:
        if isinstance(body.get("Input"), dict):
            body["Input"].setdefault(field, value)

    return read_as(change)


def mapped(field: str, value: object, *known: object) -> AbstractContextManager[None]:
    """``field`` of Input has this value where it is none of the ``known``."""

    def change(body: Body) -> None:
        given = body.get("Input")
        if isinstance(given, dict) and field in given and given[field] not in known:
            given[field] = value

    return read_as(change)


def unknown(field: str, *values: object) -> AbstractContextManager[None]:
    """A meeting is refused whose Input has one of these values."""
    return refuses(lambda given, _: given.get(field) in values)


def refused(name: str, test: Callable[[Any], object]) -> AbstractContextManager[None]:
    """A meeting is refused for which ``test`` of this field of its Parameters."""
    return refuses(lambda _, parameters: name in parameters and test(parameters[name]))


def filled(name: str, change: Callable[[Body], object]) -> AbstractContextManager[None]:
    """This part of Parameters is changed before it is read."""

    def fill(body: Body) -> None:
        part = body.get("Parameters", {}).get(name)
        if part is not None:
            change(part)

    return read_as(fill)
