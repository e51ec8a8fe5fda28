"""A cassette as it is read: its records, and what stands for what in them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from mock_tingwu.cassettes import shapes
from mock_tingwu.cassettes.masking import JSON_TEXT

FORMAT: Final = "mock-tingwu-cassette"
VERSION: Final = 1
#: Names of things that were recorded from, as `find_target` has them; any other address is other.
TARGETS: Final = ("mock", "live", "other")

#: A reference, as `masking` writes it, and a text.
REFERENCE: Final = re.compile(r"<([A-Za-z_][A-Za-z0-9_]*):([0-9]+)>")
_TEXT: Final = re.compile("<text:(cjk|latin):([0-9]+)>")

Record = dict[str, Any]

#: Records of a WebSocket that is open.
_OF_A_SESSION: Final = ("sent", "audio", "received", "close")
#: What each record has to have beside what its reader can do without.
_NEEDED: Final = {
    "call": ("method", "headers", "status", "answer_headers"),
    "open": ("session", "url", "status"),
    "audio": ("session", "audio"),
    "close": ("session", "close"),
}
_ASKED: Final = ("path", "query")
_TYPES: Final[dict[str, type]] = {
    **dict.fromkeys(("headers", "answer_headers", "query", "audio", "close"), dict),
    **dict.fromkeys(("status", "session"), int),
}


class CassetteError(ValueError):
    """A file is no cassette that can be read; the message is a sentence."""


@dataclass(slots=True)
class Cassette:
    """What was recorded. ``records`` come in their order, ``forms`` are those of identifiers.

    ``target`` is what was recorded from, ``recorded`` the day (UTC), ``writer`` the version of
    mock-tingwu.
    """

    target: str
    recorded: str
    writer: str
    records: list[Record] = field(default_factory=list)
    forms: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Cassette:
        """Read a file.

        Raises:
            CassetteError: it is no cassette, one of another version, or damaged.
            OSError: it cannot be read.
        """
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            raise CassetteError(f"{path} is no cassette: it is not UTF-8") from None
        lines = text.splitlines()
        header = _object(path, 1, lines[0] if lines else "")
        if header.get("format") != FORMAT:
            raise CassetteError(f"{path} is no cassette: its first line does not say {FORMAT}")
        if header.get("version") != VERSION:
            raise CassetteError(
                f"{path} is a cassette of version {header.get('version')!r}, expected {VERSION}"
            )
        target, recorded, writer = (
            str(header.get(name, "")) for name in ("target", "recorded", "writer")
        )
        made = cls(target, recorded, writer)
        sessions: set[Any] = set()
        for number, line in enumerate(lines[1:], 2):
            if number == len(lines) and not text.endswith("\n") and not _is_object(line):
                raise CassetteError(f"{path} is truncated: line {number}, its last, has no end")
            record = _object(path, number, line)
            if not {"call", *_OF_A_SESSION, "open"} & set(record):
                raise CassetteError(f"line {number} of {path} is no record of a cassette")
            _check(path, number, record, sessions)
            made.forms.update(record.get("forms", {}))
            made.records.append(record)
        return made

    def example(self, name: str) -> str:
        """A text of the form that a reference such as ``TaskId:1`` has."""
        number = int(name.rpartition(":")[2])
        return shapes.example(self.forms.get(name, "<h32>"), number)

    def expanded(self, value: Any, known: dict[str, str] | None = None) -> Any:
        """A document with texts in place of what stands for them: those that are ``known`` by
        their references, else such of the same form."""
        known = known or {}
        if isinstance(value, str):
            if "<" not in value:
                return value
            text = _TEXT.sub(lambda found: shapes.text_example(found[1], int(found[2])), value)

            def refer(found: re.Match[str]) -> str:
                name = found[0][1:-1]
                return known[name] if name in known else self.example(name)

            return REFERENCE.sub(refer, text)
        if isinstance(value, list):
            return [self.expanded(item, known) for item in value]
        if isinstance(value, dict):
            if set(value) == {JSON_TEXT}:
                return json.dumps(self.expanded(value[JSON_TEXT], known), ensure_ascii=False)
            return {
                self.expanded(key, known): self.expanded(inner, known)
                for key, inner in value.items()
            }
        return value


def is_cassette(path: Path) -> bool:
    """Whether a file's own header says that it is a cassette; False for what cannot be read."""
    try:
        with path.open("rb") as file:
            beginning = file.readline(4096)
        header = json.loads(beginning)
    except (OSError, ValueError):
        return False
    return isinstance(header, dict) and header.get("format") == FORMAT


def _check(path: Path, number: int, record: Record, sessions: set[Any]) -> None:
    """Make sure that a record has what every reader needs of it. Raises CassetteError."""
    kind = next(name for name in ("call", "open", *_OF_A_SESSION) if name in record)
    wanted = _NEEDED.get(kind, ("session",))
    if kind == "call":
        wanted = (*wanted, *(("url",) if str(record["call"]).startswith("file ") else _ASKED))
    where = f"line {number} of {path} is damaged"
    for name in wanted:
        if not isinstance(record.get(name), _TYPES.get(name, str)):
            found = repr(record[name]) if name in record else "absent"
            expected = _TYPES.get(name, str).__name__
            raise CassetteError(f"{where}: {name} of its {kind} is {found}, expected {expected}")
    if kind == "open":
        sessions.add(record["session"])
    elif kind != "call" and record["session"] not in sessions:
        raise CassetteError(f"{where}: session {record['session']} was not opened before")


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _object(path: Path, number: int, line: str) -> Record:
    if not _is_object(line):
        raise CassetteError(f"line {number} of {path} is no JSON object")
    found: Record = json.loads(line)
    return found
