"""Two recordings of one program beside each other: which exchange of one is which of the other.

A program that does the same again asks the same things; how often it asks for a task is a matter of
time. Requests are told by what they are without their identifiers.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mock_tingwu.cassettes.cassette import REFERENCE, Cassette, Record
from mock_tingwu.cassettes.findings import Finding, Kind, finding
from mock_tingwu.cassettes.order import AWAITED, name_of
from mock_tingwu.cassettes.standing import standing

_COMES, _NOT = "comes", "does not come"


@dataclass(slots=True)
class Pairing:
    """What belongs together: ``played`` has places of answers, recorded and replayed.

    ``streams`` counts the connections. ``findings`` are what has no counterpart, or another one.
    """

    played: dict[int, int] = field(default_factory=dict)
    streams: int = 0
    findings: list[Finding] = field(default_factory=list)


@dataclass(slots=True)
class _Stream:
    """One connection: its status, the events that a client waits for, and its end.

    ``codes`` are those of the events that tell of a failure.
    """

    kind: str
    status: int
    awaited: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    close: dict[str, Any] | None = None


def paired(recorded: Cassette, replayed: Cassette) -> Pairing:
    """Find what belongs together in two recordings of one program."""
    made = Pairing()
    _pair_calls(recorded, replayed, made)
    made.findings += _differing_identities(recorded, replayed, made.played)
    _pair_streams(_streams(recorded), _streams(replayed), made)
    return made


# Calls


def _pair_calls(recorded: Cassette, replayed: Cassette, made: Pairing) -> None:
    then, now = _by_request(recorded), _by_request(replayed)
    missed: list[int] = []
    for key, places in then.items():
        others = now.pop(key, [])
        if standing(recorded.records[places[0]].get("answer")) is not None and others:
            made.played |= _same_standing(places, others, recorded, replayed)
            continue
        made.played |= zip(places, others, strict=False)
        missed += places[len(others) :]
        now[key] = others[len(places) :]
    extra: dict[str, list[int]] = defaultdict(list)
    for place in sorted(place for places in now.values() for place in places):
        extra[str(replayed.records[place]["call"])].append(place)
    for place in sorted(missed):
        call = str(recorded.records[place]["call"])
        is_otherwise = bool(extra[call])
        if is_otherwise:
            extra[call].pop(0)
        said = "the program asks otherwise now" if is_otherwise else "it is not asked"
        made.findings.append(finding(Kind.UNTESTABLE, call, recording=_COMES, replay=said))
    for call, places in extra.items():
        if places:
            made.findings.append(
                finding(Kind.UNTESTABLE, call, recording="it was not asked", replay=_COMES)
            )


def _by_request(cassette: Cassette) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, record in enumerate(cassette.records):
        if "call" in record:
            found.setdefault(_request(record), []).append(place)
    return found


def _request(record: Record) -> str:
    """What a call asks for, without whose it is."""
    names = ("call", "method", "path", "url", "query", "signed", "headers", "body", "bytes", "form")
    asked = json.dumps([record.get(name) for name in names], ensure_ascii=False, sort_keys=True)
    return REFERENCE.sub(r"<\1>", re.sub(r"<text:\w+:[0-9]+>", "<text>", asked))


def _same_standing(
    places: list[int], others: list[int], recorded: Cassette, replayed: Cassette
) -> dict[int, int]:
    """Answers about tasks that are equally far; and the last of both, whatever they say."""
    left = list(others)
    found = {places[-1]: left.pop()}
    for place in places[:-1]:
        how_far = standing(recorded.records[place].get("answer"))
        same = (n for n in left if standing(replayed.records[n].get("answer")) == how_far)
        if (other := next(same, None)) is not None:
            left.remove(other)
            found[place] = other
    return found


def _differing_identities(
    recorded: Cassette, replayed: Cassette, played: dict[int, int]
) -> Iterator[Finding]:
    """Identifiers that were one in the recording and are several now."""
    known: dict[str, str] = {}

    def held(then: Any, now: Any, where: str, path: str) -> Iterator[Finding]:
        if isinstance(then, dict) and isinstance(now, dict):
            for key, inner in then.items():
                # Numbers of references are those of one cassette.
                name = known.get(key) if REFERENCE.fullmatch(key) else key
                if name in now:
                    yield from held(inner, now[name], where, f"{path}.{key}".lstrip("."))
        elif isinstance(then, list) and isinstance(now, list):
            for one, other in zip(then, now, strict=False):
                yield from held(one, other, where, f"{path}[]")
        elif isinstance(then, str) and isinstance(now, str) and REFERENCE.fullmatch(then):
            before = known.setdefault(then, now)
            if before != now and "://" not in recorded.forms.get(then[1:-1], ""):
                said = {
                    "recording": f"{then}, as before",
                    "replay": "another one than before",
                }
                yield finding(Kind.IDENTITY, where, path, **said)

    for place, other in sorted(played.items()):
        one, another = recorded.records[place], replayed.records[other]
        yield from held(one.get("answer"), another.get("answer"), str(one["call"]), "")


# Streams


def _streams(cassette: Cassette) -> list[_Stream]:
    found: dict[int, _Stream] = {}
    for record in cassette.records:
        if "open" in record:
            found[record["session"]] = _Stream(record["open"], record["status"])
        elif "received" in record:
            stream = found[record["session"]]
            if (name := name_of(stream.kind, record["received"])) in AWAITED:
                stream.awaited.append(name)
                stream.codes += _failure(name, record["received"])
        elif "close" in record:
            found[record["session"]].close = record["close"]
    return list(found.values())


def _pair_streams(then: list[_Stream], now: list[_Stream], made: Pairing) -> None:
    made.streams = min(len(then), len(now))
    for one, other in zip(then, now, strict=False):
        made.findings += _stream_differences(one, other)
    for streams, said in (
        (then[len(now) :], {"recording": _COMES, "replay": "it is not opened"}),
        (now[len(then) :], {"recording": "it was not opened", "replay": _COMES}),
    ):
        for stream in streams:
            made.findings.append(finding(Kind.UNTESTABLE, f"{stream.kind} handshake", **said))


def _stream_differences(then: _Stream, now: _Stream) -> Iterator[Finding]:
    if then.status != now.status:
        said = {"recording": str(then.status), "replay": str(now.status)}
        yield finding(Kind.STATUS, f"{then.kind} handshake", **said)
    for name in dict.fromkeys(then.awaited + now.awaited):
        counts = then.awaited.count(name), now.awaited.count(name)
        if counts[0] != counts[1]:
            said = {"recording": _times(counts[0]), "replay": _times(counts[1])}
            yield finding(Kind.ORDER, f"{then.kind} {name}", **said)
    if then.awaited == now.awaited and then.codes != now.codes:
        said = {"recording": ", ".join(then.codes), "replay": ", ".join(now.codes)}
        yield finding(Kind.WORD, f"{then.kind} failure", "code", **said)
    yield from _close_differences(then, now)


def _failure(name: str, message: dict[str, Any]) -> list[str]:
    """Why a stream failed, by the event that tells of it (realtime-ws 4, 8.4)."""
    header, payload = message["header"], message.get("payload")
    if name == "TaskFailed":
        return [str(header.get("status"))]
    if name != "task-failed":
        return []
    # The platform has the code in the header, an agent in the output.
    output = payload.get("output") if isinstance(payload, dict) else None
    inner = output.get("errorCode") if isinstance(output, dict) else None
    return [str(header.get("error_code") or inner)]


def _close_differences(then: _Stream, now: _Stream) -> Iterator[Finding]:
    """What differs in how a connection ended: who closed it, and the code of the service's CLOSE.

    Of two that close when all is said, either may be the first: that counts where the client waits.
    """
    one, other = then.close, now.close
    if one is None or other is None:
        return
    if one["by"] != other["by"]:
        if one.get("awaited") or other.get("awaited"):
            said = {"recording": f"by the {one['by']}", "replay": f"by the {other['by']}"}
            yield finding(Kind.ORDER, f"{then.kind} close", **said)
    elif one["by"] == "service" and one["code"] != other["code"]:
        said = {"recording": str(one["code"]), "replay": str(other["code"])}
        yield finding(Kind.STATUS, f"{then.kind} close", **said)


def _times(count: int) -> str:
    return _NOT if not count else f"{_COMES}{f' {count} times' if count > 1 else ''}"
