"""Two runs compared: the same verdicts, and answers of the same shape?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from mock_tingwu.conformance.results import Entry, Report
from mock_tingwu.conformance.runner import SKIP
from mock_tingwu.counting import counted

#: Parts of a path that are names of somebody's things.
_ID: Final = re.compile(r"^(asr-)?[0-9A-Za-z_-]{16,}$")


@dataclass(frozen=True, slots=True)
class Difference:
    """One case in which two runs differ: in ``verdict``, or in the ``shape`` of what was answered.

    ``texts`` say how, one sentence each.
    """

    id: str
    kind: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """``compared`` cases were in both runs; those that were not are listed by id.

    ``names`` are what the texts call the two runs.
    """

    first: Report
    second: Report
    names: tuple[str, str]
    compared: int
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]
    differences: tuple[Difference, ...]

    @property
    def same(self) -> bool:
        """Whether something was compared and nothing differs."""
        return self.compared > 0 and not self.differences


def compare(
    first: Report, second: Report, files: tuple[str, str] = ("first run", "second run")
) -> Comparison:
    """Compare what was tried in both runs.

    They are called by their targets, by the ``files`` that they are in where that is the same.
    """
    names = (first.target, second.target) if first.target != second.target else files
    one = {entry.id: entry for entry in first.cases if entry.verdict != SKIP}
    two = {entry.id: entry for entry in second.cases if entry.verdict != SKIP}
    both = [id for id in one if id in two]
    found: list[Difference] = []
    for id in both:
        found += _differences(one[id], two[id], *names)
    return Comparison(
        first,
        second,
        names,
        len(both),
        tuple(id for id in one if id not in two),
        tuple(id for id in two if id not in one),
        tuple(found),
    )


def as_markdown(comparison: Comparison) -> str:
    """The comparison for a person."""
    (first, second), (one, two) = comparison.names, (comparison.first, comparison.second)
    cases = counted(comparison.compared, "case")
    differences = counted(len(comparison.differences), "difference")
    lines = [
        f"# {first} ({one.began}) and {second} ({two.began})",
        "",
        f"{cases} tried in both, {differences}. {len(comparison.only_first)} only at {first}, "
        f"{len(comparison.only_second)} only at {second}.",
        "",
    ]
    for difference in comparison.differences:
        lines.append(f"- **{difference.id}** {difference.kind}:")
        lines += [f"  - {text}" for text in difference.texts]
    return "\n".join(lines).rstrip() + "\n"


def shapes(entry: Entry) -> dict[str, set[str]]:
    """The shape of what a case was answered: for each kind of answer its fields with their types.

    A kind is method, path without ids and status, or the name of an event. A field is its JSON
    pointer, with a star for the items of a list.
    """
    found: dict[str, set[str]] = {}
    for exchange in entry.exchanges:
        path = "/".join("*" if _ID.match(part) else part for part in _path(exchange.url).split("/"))
        kind = f"{exchange.method} {path} {exchange.status}"
        found.setdefault(kind, set()).update(_fields(exchange.body))
    for frame in entry.frames:
        if not frame.sent and frame.text.startswith("{"):
            found.setdefault(f"event {_event(frame.text)}", set()).update(_fields(frame.text))
    return found


def _differences(one: Entry, two: Entry, first: str, second: str) -> Iterator[Difference]:
    if one.verdict != two.verdict:
        texts = [f"{first}: {one.verdict} {one.detail}", f"{second}: {two.verdict} {two.detail}"]
        yield Difference(one.id, "verdict", tuple(text.strip() for text in texts))
    ours, theirs = shapes(one), shapes(two)
    texts = []
    for kind in ours | theirs:
        if kind not in ours or kind not in theirs:
            texts.append(f"only at {first if kind in ours else second}: {kind}")
            continue
        surplus = ((ours[kind] - theirs[kind], first), (theirs[kind] - ours[kind], second))
        for fields, there in surplus:
            if fields:
                texts.append(f"{kind}: only at {there} {', '.join(sorted(fields))}")
    if texts:
        yield Difference(one.id, "shape", tuple(texts))


def _fields(text: str) -> set[str]:
    try:
        return set(_walk(json.loads(text), ""))
    except ValueError:
        return {"no JSON"} if text else {"nothing"}


def _walk(value: Any, pointer: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            # Live's Tasks, DashScope's translations: the names are data.
            yield from _walk(item, f"{pointer}/{'*' if _ID.match(name) else name}")
    elif isinstance(value, list):
        for item in value:
            yield from _walk(item, f"{pointer}/*")
    if not isinstance(value, dict | list) or not value:
        yield f"{pointer or '/'} {_type(value)}"


def _type(value: Any) -> str:
    names = {dict: "object", list: "list", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")


def _event(text: str) -> str:
    """The name of an event; ``no JSON`` where it is none, as one that a report has cut short."""
    try:
        message = json.loads(text)
    except ValueError:
        return "no JSON"
    header, payload = _object(message, "header"), _object(message, "payload")
    action = _object(payload, "output").get("action")
    return str(action or header.get("name") or header.get("event"))


def _object(value: dict[str, Any], key: str) -> dict[str, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _path(url: str) -> str:
    return urlsplit(url).path
