"""A recording beside its replay: statuses and headers answer by answer, shapes by what they are of.

What a document looks like is compared for all answers of a call together, and for all events of a
name: which types a field has anywhere, and whether it is ever there. `RULES` say what of it is not
compared, and why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from mock_tingwu.cassettes.cassette import REFERENCE, Cassette
from mock_tingwu.cassettes.drift import place_of, type_of
from mock_tingwu.cassettes.findings import Finding, Kind, Severity, finding
from mock_tingwu.cassettes.masking import JSON_TEXT
from mock_tingwu.cassettes.standing import standing


@dataclass(frozen=True, slots=True)
class Rule:
    """Differences that are none: of these kinds, at a place and a field that match."""

    name: str
    kinds: tuple[Kind, ...]
    where: str
    path: str
    reason: str

    def covers(self, one: Finding) -> bool:
        """Whether a finding is no difference."""
        return (
            one.kind in self.kinds
            and re.fullmatch(self.where, one.where) is not None
            and re.fullmatch(self.path, one.path) is not None
        )


_PRESENCE: Final = (Kind.MISSING, Kind.UNKNOWN)
RULES: Final = (
    Rule(
        "links",
        _PRESENCE,
        "GetTaskInfo",
        r"Data\.(Result|Result\..*|Output.*)",
        "links come one by one; which are there hangs on the moment and on what was recorded",
    ),
    Rule(
        "agent links",
        _PRESENCE,
        "getTask",
        r"output\.\w*(Path|Url)",
        "the same for DashScope's agents",
    ),
    Rule(
        "content",
        _PRESENCE,
        "file .*",
        ".*",
        "what a file has in it hangs on what was said, and other audio is pushed",
    ),
    Rule(
        "speech",
        _PRESENCE,
        "realtime .*|inference .*",
        r"payload\..*",
        "what an event has beside what it has to have hangs on what was said",
    ),
    Rule(
        "what others left",
        _PRESENCE,
        "(List|Get)TranscriptionPhrases|QueryRtcAsrTasks",
        ".*",
        "a list has in it what the account has",
    ),
)

#: Codes of refused calls, and those of failed tasks (tingwu-openapi 2.3, dashscope-tingwu 3).
_CODES: Final = ("Code", "code", "RetCode", "Data.ErrorCode", "output.errorCode")


@dataclass(slots=True)
class Comparison:
    """What differs, what was compared, and how many differences each rule has taken away."""

    findings: list[Finding] = field(default_factory=list)
    compared: int = 0
    ruled_out: dict[str, int] = field(default_factory=dict)


def compare(recorded: Cassette, replayed: Cassette, played: dict[int, int]) -> Comparison:
    """Compare. ``played`` maps places of answers in ``recorded`` to those in ``replayed``."""
    made = Comparison()
    findings = [*_answers(recorded, replayed, played, made)]
    shapes = _shapes(recorded, set(played)), _shapes(replayed, None)
    for where in shapes[0].keys() & shapes[1].keys():
        made.compared += 1
        findings += _shape_differences(where, shapes[0][where], shapes[1][where])
    for where in shapes[0].keys() - shapes[1].keys():
        # What hangs on the audio need not come; what a client waits for has been missed before.
        said = {"recording": "comes", "replay": "does not come, so it was not compared"}
        findings.append(finding(Kind.UNTESTABLE, where, severity=Severity.INFO, **said))
    for one in findings:
        rule = next((rule for rule in RULES if rule.covers(one)), None)
        if rule is None:
            made.findings.append(one)
        else:
            made.ruled_out[rule.name] = made.ruled_out.get(rule.name, 0) + 1
    return made


def _answers(
    recorded: Cassette, replayed: Cassette, played: dict[int, int], made: Comparison
) -> Iterator[Finding]:
    for place, other in played.items():
        then, now = recorded.records[place], replayed.records[other]
        where = str(then["call"])
        made.compared += 1
        if then["status"] != now["status"]:
            said = {"recording": str(then["status"]), "replay": str(now["status"])}
            yield finding(Kind.STATUS, place_of(then, {}), **said)
            continue
        yield from _differing_codes(where, then.get("answer"), now.get("answer"))
        for name in then["answer_headers"].keys() | now["answer_headers"].keys():
            one, another = (_header(record, name) for record in (then, now))
            if one != another:
                yield finding(
                    Kind.HEADER, where, name, recording=one or "absent", replay=another or "absent"
                )


def _differing_codes(where: str, then: Any, now: Any) -> Iterator[Finding]:
    """Codes that say why a call was refused or a task failed, "0" and nothing being the same."""
    for path in _CODES[:3]:
        code, code_now = _at(then, path), _at(now, path)
        if code != code_now:
            yield finding(Kind.WORD, f"{where} refused", path, recording=code, replay=code_now)
    if standing(then) != standing(now):
        return
    for path in _CODES[3:]:
        code, code_now = _at(then, path), _at(now, path)
        if code != code_now:
            yield finding(Kind.WORD, where, path, recording=code, replay=code_now)


def _at(answer: Any, path: str) -> str:
    for key in path.split("."):
        answer = answer.get(key) if isinstance(answer, dict) else None
    return "" if answer in (None, "0") else str(answer)


def _header(record: dict[str, Any], name: str) -> str:
    value = str(record["answer_headers"].get(name, ""))
    return re.sub(r"<(\w+):\d+>", r"<\1>", value)


@dataclass(slots=True)
class _Shape:
    """What documents look like: ``types`` of each field, of how many it is in."""

    count: int = 0
    types: dict[str, set[str]] = field(default_factory=dict)
    present: dict[str, int] = field(default_factory=dict)

    def add(self, value: Any) -> None:
        self.count += 1
        seen: set[str] = set()
        self._walk(value, "", seen)
        for path in seen:
            self.present[path] = self.present.get(path, 0) + 1

    def _walk(self, value: Any, path: str, seen: set[str]) -> None:
        is_text = isinstance(value, dict) and set(value) == {JSON_TEXT}
        self.types.setdefault(path, set()).add("string" if is_text else type_of(value))
        seen.add(path)
        if is_text:
            return
        if isinstance(value, dict):
            for key, inner in value.items():
                # Numbers of references are those of one cassette.
                name = REFERENCE.sub(r"<\1>", key)
                self._walk(inner, f"{path}.{name}".lstrip("."), seen)
        elif isinstance(value, list):
            for inner in value:
                self._walk(inner, f"{path}[]", seen)


def _shapes(cassette: Cassette, places: set[int] | None) -> dict[str, _Shape]:
    """The shape of each kind of answer, of those at the ``places``, and of each event."""
    sessions: dict[int, str] = {}
    found: dict[str, _Shape] = {}
    for place, record in enumerate(cassette.records):
        if "open" in record:
            sessions[record["session"]] = record["open"]
        elif "received" in record:
            found.setdefault(place_of(record, sessions), _Shape()).add(record["received"])
        elif "answer" in record and (places is None or place in places):
            found.setdefault(place_of(record, {}), _Shape()).add(record["answer"])
    return found


def _shape_differences(where: str, then: _Shape, now: _Shape) -> Iterator[Finding]:
    for path in sorted(then.types.keys() | now.types.keys()):
        before, after = then.types.get(path, set()), now.types.get(path, set())
        if not after and not _is_below_another(path, then, now):
            said = {"recording": " or ".join(sorted(before)), "replay": "absent"}
            yield finding(Kind.UNKNOWN, where, path, **said)
        elif not before and not _is_below_another(path, now, then):
            said = {"recording": "absent", "replay": " or ".join(sorted(after))}
            yield finding(Kind.MISSING, where, path, **said)
        elif before and after and not _may_be_the_same(before, after):
            said = {"recording": " or ".join(sorted(before)), "replay": " or ".join(sorted(after))}
            yield finding(Kind.TYPE, where, path, **said)


def _is_below_another(path: str, one: _Shape, other: _Shape) -> bool:
    """Whether what ``path`` stands in is told of already, or is an empty list over there."""
    parent = path[:-2] if path.endswith("[]") else path.rpartition(".")[0]
    return bool(parent) and (parent not in other.types or path.endswith("[]"))


def _may_be_the_same(before: set[str], after: set[str]) -> bool:
    """Whether one of the types is on both sides; whole numbers are numbers."""
    loose = [
        {"number" if kind == "integer" else kind for kind in kinds} for kinds in (before, after)
    ]
    return bool(loose[0] & loose[1]) or {"null"} in loose
