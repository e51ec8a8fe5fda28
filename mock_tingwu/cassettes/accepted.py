"""Divergences that somebody has accepted, each with a reason.

::

    - where: GetTaskInfo
      path: Data.Progress
      kind: unknown
      reason: announced for the next version of the API
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from mock_tingwu.cassettes.findings import Finding, Kind, Severity

_NAMES: Final = ("where", "path", "kind", "reason")


@dataclass(frozen=True, slots=True)
class Accepted:
    """One divergence that is accepted, and why."""

    where: str
    path: str
    kind: Kind
    reason: str

    def covers(self, one: Finding) -> bool:
        """Whether it is this one."""
        return (self.kind, self.where, self.path) == one.key


def read_accepted(path: Path) -> list[Accepted]:
    """The entries of a file.

    Raises:
        ValueError: it is no such file; the message names the entry and the field.
        OSError: it cannot be read.
    """
    try:
        entries = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        raise ValueError(f"{path} is no YAML") from None
    if not isinstance(entries, list):
        raise ValueError(f"{path} has no list in it, expected one of {', '.join(_NAMES)}")
    return [_read(path, number, entry) for number, entry in enumerate(entries, 1)]


def _read(path: Path, number: int, entry: object) -> Accepted:
    where = f"entry {number} of {path}"
    if not isinstance(entry, dict):
        raise ValueError(f"{where} is {entry!r}, expected {', '.join(_NAMES)}")
    for name in entry:
        if name not in _NAMES:
            raise ValueError(f"{where} has {name!r}, expected {', '.join(_NAMES)}")
    for name in ("where", "kind", "reason"):
        value = entry.get(name)
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"{name} of {where} is {value!r}, expected a text")
    kinds = [str(kind) for kind in Kind]
    if entry["kind"] not in kinds:
        known = ", ".join(kinds)
        raise ValueError(f"kind of {where} is {entry['kind']!r}, expected one of {known}")
    return Accepted(
        entry["where"], str(entry.get("path") or ""), Kind(entry["kind"]), entry["reason"]
    )


def sift(
    findings: list[Finding], accepted: list[Accepted]
) -> tuple[list[Finding], list[tuple[Finding, Accepted]], list[Accepted]]:
    """Findings that nobody has accepted, those that are accepted, and entries that excuse nothing.

    A finding that is only an information needs nobody's excuse, so an entry for it excuses nothing.
    """
    open_ones: list[Finding] = []
    excused: list[tuple[Finding, Accepted]] = []
    for one in findings:
        entry = next((entry for entry in accepted if entry.covers(one)), None)
        if entry is None or one.severity is Severity.INFO:
            open_ones.append(one)
        else:
            excused.append((one, entry))
    used = {entry for _, entry in excused}
    return open_ones, excused, [entry for entry in accepted if entry not in used]
