"""Known deviations: cases that a target does not pass, each with the reason.

A run fails on a deviation that is not listed, and on a listed one that is none any more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from mock_tingwu.conformance.catalogue import Catalogue
from mock_tingwu.resources import catalogue_folder

FILE: Final = "deviations.yaml"
_FIELDS: Final = ("case", "target", "reason", "since")
_EXPECTED: Final = f"a list of deviations in YAML, each with {', '.join(_FIELDS)}"


@dataclass(frozen=True, slots=True)
class KnownDeviation:
    """``case`` is the id of one, ``target`` is mock, live or an address, ``since`` a date."""

    case: str
    target: str
    reason: str
    since: str


def shipped() -> list[KnownDeviation]:
    """Those that ship with the kit."""
    return read(catalogue_folder() / FILE)


def read(path: Path) -> list[KnownDeviation]:
    """The deviations of a file: a list of ``case``, ``target``, ``reason`` and ``since``.

    Raises:
        ValueError: it cannot be read, or an entry makes no sense.
    """
    try:
        entries: Any = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is no text in UTF-8, expected {_EXPECTED}") from None
    except (yaml.YAMLError, ValueError) as error:  # such as a date that is none
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        raise ValueError(f"{path}{where} is no YAML, expected {_EXPECTED}") from None
    if entries is None:
        return []
    if not isinstance(entries, list):
        raise ValueError(f"{path} has no list, expected {_EXPECTED}")
    return [_read_one(path, number, entry) for number, entry in enumerate(entries, 1)]


def check(known: Collection[KnownDeviation], catalogue: Catalogue) -> None:
    """Make sure that each is about a case that there is, and none is there twice.

    Raises:
        ValueError: one is not.
    """
    seen: set[tuple[str, str]] = set()
    for deviation in known:
        if deviation.case not in catalogue:
            raise ValueError(f"a known deviation is of {deviation.case!r}, expected a case's id")
        if (pair := (deviation.case, deviation.target)) in seen:
            raise ValueError(
                f"the deviation of {deviation.case} at {deviation.target} is listed twice"
            )
        seen.add(pair)


def _read_one(path: Path, number: int, entry: Any) -> KnownDeviation:
    where = f"{path}, entry {number}"
    if not isinstance(entry, Mapping):
        raise ValueError(f"{where} is no object, expected {', '.join(_FIELDS)}")
    for name in entry:
        if name not in _FIELDS:
            raise ValueError(f"{where}: {name} is unknown, expected {', '.join(_FIELDS)}")
    for name in _FIELDS:
        if not str(entry.get(name, "")).strip():
            raise ValueError(f"{where} has no {name}")
    return KnownDeviation(**{name: str(entry[name]).strip() for name in _FIELDS})
