"""Reading JSON leniently: what is not as expected is kept and told of, and never an error.

Tingwu's OpenAPI writes ``SentenceId``, DashScope ``sentenceId``, and its pages are not of one mind
about ``Size`` (dashscope-tingwu 4.1): names are the same whatever their first letter's case.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

#: Reads a value of a file: what it comes to, None if it does not fit, and whether that is all.
Reader = Callable[[object], tuple[Any, bool]]


def pascal(name: str) -> str:
    """A name of a file as Tingwu's OpenAPI writes it."""
    return name[:1].upper() + name[1:]


def text(value: object) -> tuple[str | None, bool]:
    """A text."""
    return (value, True) if isinstance(value, str) else (None, False)


def flag(value: object) -> tuple[bool | None, bool]:
    """True or false."""
    return (value, True) if isinstance(value, bool) else (None, False)


def integer(value: object) -> tuple[int | None, bool]:
    """A whole number, which JSON may also write as ``1.0``."""
    if isinstance(value, float) and value.is_integer():
        return int(value), True
    return (
        (value, True) if isinstance(value, int) and not isinstance(value, bool) else (None, False)
    )


def number(value: object) -> tuple[float | None, bool]:
    """A finite number."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None, False
    try:
        found = float(value)
    except OverflowError:  # an integer beyond all floats
        return None, False
    return (found, True) if math.isfinite(found) else (None, False)


def many(read: Reader) -> Reader:
    """An array, as a tuple of the items that fit."""

    def read_array(value: object) -> tuple[tuple[Any, ...] | None, bool]:
        if not isinstance(value, list):
            return None, False
        found = [read(item) for item in value]
        items = tuple(item for item, _ in found if item is not None)
        return items, len(items) == len(value) and all(whole for _, whole in found)

    return read_array


def record(build: Callable[..., Any], **fields: tuple[str, Reader]) -> Reader:
    """An object, as what ``build`` makes of it; ``fields`` are by their names in files.

    What has no field, or does not fit, is ``extra``. A null is as good as nothing.
    """

    def read_object(value: object) -> tuple[Any, bool]:
        if not isinstance(value, dict):
            return None, False
        known: dict[str, Any] = {}
        extra: dict[str, Any] = {}
        for name, content in value.items():
            field = fields.get(pascal(name))
            if field is None or field[0] in known:
                extra[name] = content
            elif content is not None:
                found, whole = field[1](content)
                if found is not None:
                    known[field[0]] = found
                if not whole:
                    extra[name] = content
        return build(**known, extra=extra), True

    return read_object


def within(name: str, read: Reader) -> Reader:
    """An array that stands alone, or under ``name`` in an object."""

    def read_either(value: object) -> tuple[Any, bool]:
        if not isinstance(value, dict):
            return read(value)
        found: object = next((value[key] for key in value if pascal(key) == name), None)
        if found is None:
            return (None, False) if value else ((), True)
        items, whole = read(found)
        return (() if items is None else items), whole and len(value) == 1

    return read_either
