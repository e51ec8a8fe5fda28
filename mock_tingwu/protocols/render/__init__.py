"""Rendering neutral results in the casing and envelope of each service."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

_SCALARS = (str, int, float)


@cache
def _pascal_key(key: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in key.split("_"))


@cache
def _camel_key(key: str) -> str:
    pascal = _pascal_key(key)
    return pascal[:1].lower() + pascal[1:]


def _recased(value: Any, recase: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        # Most values are scalars; a call for each would double the time of a day's transcription.
        return {
            recase(key): item if isinstance(item, _SCALARS) else _recased(item, recase)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_recased(item, recase) for item in value]
    return value


def pascal(value: Any) -> Any:
    """``value`` with the snake_case keys of all dicts in PascalCase, as Tingwu writes them."""
    return _recased(value, _pascal_key)


def camel(value: Any) -> Any:
    """``value`` with the snake_case keys of all dicts in camelCase, as DashScope writes them."""
    return _recased(value, _camel_key)


def wrapped(task_id: str, kind: str, result: Any) -> dict[str, Any]:
    """A Tingwu result file: ``{"TaskId": …, "<kind>": …}`` (tingwu-openapi 4)."""
    return {"TaskId": task_id, kind: pascal(result)}
