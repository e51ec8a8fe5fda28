"""What differs, between whom, and how bad that is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Final


class Severity(StrEnum):
    """How bad a difference is: whether clients break, may notice, or do not."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class Kind(StrEnum):
    """What differs."""

    TYPE = "type"
    WORD = "word"  # a text that is none of the words that may stand there
    STATUS = "status"
    ORDER = "order"
    IDENTITY = "identity"  # two identifiers that are one elsewhere
    MISSING = "missing"
    UNKNOWN = "unknown"
    FORM = "form"  # a pattern, a length, a number out of its range
    HEADER = "header"
    UNTESTABLE = "not testable"


SEVERITIES: Final = {
    Kind.TYPE: Severity.CRITICAL,
    Kind.WORD: Severity.CRITICAL,
    Kind.STATUS: Severity.CRITICAL,
    Kind.ORDER: Severity.CRITICAL,
    Kind.IDENTITY: Severity.CRITICAL,
    Kind.MISSING: Severity.CRITICAL,
    Kind.UNTESTABLE: Severity.CRITICAL,
    Kind.UNKNOWN: Severity.WARNING,
    Kind.FORM: Severity.WARNING,
    Kind.HEADER: Severity.WARNING,
}
#: So many different values are told of one field.
_MOST: Final = 4
_RANK: Final = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference.

    ``where`` is the call, the event or the file, ``path`` the field (``Data.Phrases[].Name``).
    ``document``, ``sdk``, ``recording`` and ``replay`` are what each says, empty where it says
    nothing. ``odd`` is who disagrees with the others; empty when there is no majority. ``times``
    counts how often. ``parts`` are those of the cassette that it was found in.
    """

    kind: Kind
    where: str
    path: str = ""
    document: str = ""
    sdk: str = ""
    recording: str = ""
    replay: str = ""
    odd: str = ""
    severity: Severity = Severity.CRITICAL
    times: int = 1
    parts: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two findings the same."""
        return self.kind, self.where, self.path

    def as_json(self) -> dict[str, Any]:
        """All of it, for a program."""
        return asdict(self)


def finding(kind: Kind, where: str, path: str = "", **said: Any) -> Finding:
    """A finding with the severity of its kind, unless ``severity`` is given."""
    return Finding(kind, where, path, **{"severity": SEVERITIES[kind], **said})


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """The findings with those that are the same made one, the worst first."""
    found: dict[tuple[str, str, str], Finding] = {}
    for one in findings:
        known = found.get(one.key)
        if known is None:
            found[one.key] = one
            continue
        found[one.key] = replace(
            known,
            document=known.document or one.document,
            sdk=known.sdk or one.sdk,
            recording=_both(known.recording, one.recording),
            replay=known.replay or one.replay,
            odd=known.odd or one.odd,
            severity=min(known.severity, one.severity, key=_RANK.__getitem__),
            times=max(known.times, one.times) if one.replay else known.times + one.times,
            parts=tuple(dict.fromkeys((*known.parts, *one.parts))),
        )
    return sorted(found.values(), key=lambda one: (_RANK[one.severity], one.where, one.path))


def _both(one: str, other: str) -> str:
    """What was recorded here and there: up to `_MOST` values."""
    if not other or other in one.split(", ") or one.count(", ") >= _MOST - 1:
        return one
    return f"{one}, {other}" if one else other
