"""Three opinions of every field: the documents', the official SDK's, and what was recorded.

Of each thing in a recording the schemas say what it should be, with the level of their source; the
SDK's models have a type for it or do not have it. Who stands alone against the others is *odd*. For
files there is no model in any SDK, and of events an SDK knows only the names: there, two opinions
are all there is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from mock_tingwu import contract
from mock_tingwu.cassettes import sdk
from mock_tingwu.cassettes.calls import CALLS, SESSIONS, is_refusal, schema_of_answer
from mock_tingwu.cassettes.cassette import Cassette, Record
from mock_tingwu.cassettes.facts import ITEM, Fact, facts
from mock_tingwu.cassettes.findings import Finding, Kind, Severity, finding, merged
from mock_tingwu.cassettes.order import STOP_TASK, disorder, name_of

Path = tuple[str, ...]
#: What stands for a StopTask among the messages of a stream.
_STOP: Final = ("sent", {"header": {"name": STOP_TASK}})
#: How the schema's keywords break, by their names in a violation; anything else is its form.
_KINDS: Final = {
    "required": Kind.MISSING,
    "additionalProperties": Kind.UNKNOWN,
    "falseSchema": Kind.FORM,  # a known key where, by what else is there, none may be
    "type": Kind.TYPE,
    "enum": Kind.WORD,
    "const": Kind.WORD,
}
_TYPES: Final = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    dict: "object",
    list: "array",
    type(None): "null",
}


def drift(cassette: Cassette) -> list[Finding]:
    """What in a recording differs from the documents or from the SDK, the worst first."""
    return merged(_drift(cassette))


def place_of(record: Record, sessions: dict[int, str]) -> str:
    """Where a record's answer or event belongs: what of its kind has one shape."""
    if "call" in record:
        call = str(record["call"])
        refused = is_refusal(call, record["status"], record.get("answer"))
        return f"{call} refused" if refused else call
    kind = sessions[record["session"]]
    return f"{kind} {name_of(kind, record['received'])}".rstrip()


def type_of(value: Any) -> str:
    """The type of a JSON value, as schemas call it."""
    return _TYPES[type(value)]


def _drift(cassette: Cassette) -> Iterator[Finding]:
    sessions: dict[int, str] = {}
    said: dict[int, list[tuple[str, Any]]] = {}
    stopped = _stopped(cassette)
    for record in cassette.records:
        if "call" in record:
            yield from _answer(cassette, record)
        elif "open" in record:
            sessions[record["session"]] = record["open"]
            # What ends by StopTask ends unasked on the stream.
            said[record["session"]] = [_STOP] if record["url"] in stopped else []
        for direction in ("sent", "received"):
            if direction in record:
                said[record["session"]].append((direction, record[direction]))
        if "received" in record:
            kind = sessions[record["session"]]
            where = place_of(record, sessions)
            yield from _document(cassette, record["received"], SESSIONS[kind][1], where, kind)
            yield from _unknown_to_sdk(kind, record["received"], where)
    for number, messages in said.items():
        yield from disorder(sessions[number], messages)


def _stopped(cassette: Cassette) -> set[str]:
    """The references to the MeetingJoinUrls of meetings that a StopTask has ended anywhere."""
    links: dict[str, str] = {}
    stopped: set[str] = set()
    for record in cassette.records:
        answer, body = record.get("answer"), record.get("body")
        data = answer.get("Data") if isinstance(answer, dict) else None
        if record.get("call") == "CreateTask" and isinstance(data, dict):
            links[str(data.get("TaskId"))] = str(data.get("MeetingJoinUrl"))
        asked = body.get("Input") if isinstance(body, dict) else None
        if record.get("call") == "StopTask" and record["status"] == 200 and isinstance(asked, dict):
            stopped.add(str(asked.get("TaskId")))
    return {link for task, link in links.items() if task in stopped}


def _answer(cassette: Cassette, record: Record) -> Iterator[Finding]:
    call, status = str(record["call"]), int(record["status"])
    where = place_of(record, {})
    # Every success of the three services is a 200 (tingwu-openapi 0.10, dashscope-tingwu 2,
    # live-rtc-asr 1); a range of a file is a 206.
    is_file = call.startswith("file ")
    if status < 400 and status != 200 and not (is_file and status == 206):
        yield finding(Kind.STATUS, where, document="200", recording=str(status), odd="recording")
    name = schema_of_answer(call, status, record.get("answer"))
    if "answer" in record and name:
        model = CALLS[call].model if call in CALLS and where == call else ""
        yield from _document(cassette, record["answer"], name, where, "", model)


def _document(
    cassette: Cassette, masked: Any, name: str, where: str, session: str, model: str = ""
) -> Iterator[Finding]:
    """What is to be said of one document by the schema ``name`` and the SDK's ``model``."""
    known = facts(name)
    plain = cassette.expanded(masked)
    broken: set[Path] = set()
    violations = contract.violations(name, plain)
    # While anything else is wrong, nothing is known of what a condition asks for.
    plainly = [one for one in violations if one.keyword != "falseSchema"]
    violations = plainly or violations
    for violation in violations:
        path = tuple(ITEM if isinstance(part, int) else part for part in violation.path)
        value, there = _at(plain, violation.path)
        shown, _ = _at(masked, violation.path)
        kind = _KINDS.get(violation.keyword, Kind.FORM)
        fact = known.at(path)
        if kind is Kind.WORD and fact and type_of(value) not in fact.types:
            kind = Kind.TYPE
        broken.add(path)
        yield _attributed(kind, where, path, value, shown, there, fact, violation, session, model)
    if model and sdk.has_model(model):
        yield from _sdk_against_both(plain, (), known, where, model, broken)


def _attributed(
    kind: Kind,
    where: str,
    path: Path,
    value: Any,
    shown: Any,
    there: bool,
    fact: Fact | None,
    violation: contract.Violation,
    session: str,
    model: str,
) -> Finding:
    opinion = _opinion(path, value, session, model)
    source = f" ({violation.source or (fact.source if fact else '')})".replace(" ()", "")
    document, recording, odd = "", _shown(shown), "recording"
    match kind:
        case Kind.UNKNOWN:
            document, recording = "absent", type_of(value)
            odd = "document" if opinion not in ("", sdk.ABSENT) else "recording"
        case Kind.MISSING:
            document, recording = "required", "absent"
            odd = "document" if opinion == sdk.ABSENT else "recording"
        case Kind.TYPE:
            types = sorted(fact.types) if fact else []
            document, recording = " or ".join(types), type_of(value)
            if opinion and opinion == recording:
                odd = "document"
            elif opinion and opinion not in types:
                odd = ""
        case Kind.WORD:
            document = " or ".join(sorted(fact.words)) if fact else violation.message
            if session and opinion not in ("", sdk.ABSENT):
                odd = "document"
        case _:
            document = violation.message if not there else violation.keyword
    return finding(
        kind,
        where,
        ".".join(path).replace(f".{ITEM}", ITEM),
        document=document + source,
        sdk=opinion,
        recording=recording,
        odd=odd,
    )


def _opinion(path: Path, value: Any, session: str, model: str) -> str:
    """What the SDK says of a field; empty: nothing."""
    if model and sdk.has_model(model):
        return sdk.field(model, path)
    if session and path in (
        ("header", "name"),
        ("header", "event"),
        ("payload", "output", "action"),
    ):
        return "known" if value in sdk.events(session) else sdk.ABSENT
    return ""


def _sdk_against_both(
    value: Any, path: Path, known: Fact, where: str, model: str, broken: set[Path]
) -> Iterator[Finding]:
    """Fields that were recorded as documented, and that the SDK has not, or types otherwise."""
    if isinstance(value, dict):
        inside = [((*path, key), inner) for key, inner in value.items()]
    elif isinstance(value, list):
        inside = [((*path, ITEM), inner) for inner in value]
    else:
        inside = []
    for place, inner in inside:
        fact = known.at(place)
        opinion = sdk.field(model, place)
        recorded = type_of(inner)
        if fact is not None and place not in broken and opinion not in ("", recorded):
            is_absent = opinion == sdk.ABSENT
            if inner is not None and not (opinion == "number" and recorded == "integer"):
                yield finding(
                    Kind.UNKNOWN if is_absent else Kind.TYPE,
                    where,
                    ".".join(place).replace(f".{ITEM}", ITEM),
                    document=f"{' or '.join(sorted(fact.types))} ({fact.source})",
                    sdk=opinion,
                    recording=recorded,
                    odd="sdk",
                    severity=Severity.INFO,
                )
            if is_absent:
                continue
        yield from _sdk_against_both(inner, place, known, where, model, broken)


def _unknown_to_sdk(session: str, message: Any, where: str) -> Iterator[Finding]:
    """An event that is documented and recorded, and that the SDKs have no branch for."""
    name = name_of(session, message)
    documented = facts(SESSIONS[session][1])
    path: Path = ("header", "name") if session == "realtime" else ("payload", "output", "action")
    fact = documented.at(path)
    if fact is not None and name in fact.words and name not in sdk.events(session):
        yield finding(
            Kind.UNKNOWN,
            where,
            document=f"documented ({fact.source})",
            sdk=sdk.ABSENT,
            recording="came",
            odd="sdk",
            severity=Severity.INFO,
        )


def _at(value: Any, path: contract.Path) -> tuple[Any, bool]:
    """What stands at a path, and whether anything does. Keys that were masked are not found."""
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None, False
    return value, True


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
