"""The tables of docs/clients.md, written from what the programs report of themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from programs import Agents, Live, Meeting, Tasks

ROOT = Path(__file__).resolve().parent.parent.parent
DRIVEN = ROOT / "conformance" / "driven.json"
DOCS = ROOT / "docs" / "clients.md"
BEGIN = "<!-- clients: begin (written by tests/clients/run.py --write-docs) -->"
END = "<!-- clients: end -->"

Verdict = Mapping[str, Any]


def table(verdicts: Mapping[Meeting | Tasks | Agents | Live, Verdict], tests: Sequence[str]) -> str:
    """Everything between the two marks, the marks included."""
    meetings = [meeting_row(p, v) for p, v in verdicts.items() if isinstance(p, Meeting)]
    tasks = [tasks_row(p, v) for p, v in verdicts.items() if isinstance(p, Tasks)]
    errors = [errors_row(v) for p, v in verdicts.items() if isinstance(p, Tasks)]
    agents = [(p, v) for p, v in verdicts.items() if isinstance(p, Agents)]
    live = [(p, v) for p, v in verdicts.items() if isinstance(p, Live)]
    lines = [
        BEGIN,
        "",
        "Realtime meetings:",
        "",
        "| client | SDKs | sentences | translated | task after stop | results read |",
        "| --- | --- | --- | --- | --- | --- |",
        *meetings,
        "",
        "Recordings, hot words and callbacks:",
        "",
        "| client | SDK | recording | run again | no such file | hot words | callbacks |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *tasks,
        "",
        "Calls that are refused, in the words of each SDK:",
        "",
        "| SDK | wrong secret | unknown key | unknown language |",
        "| --- | --- | --- | --- |",
        *errors,
        "",
        "DashScope's agents, with `output.status`:",
        "",
        "| client | SDK | pointed at the mock by | recording | run again | no such file "
        "| text | temporary key |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *(agents_row(p, v) for p, v in agents),
        "",
        "| SDK | meeting | translated | after `finish-task`, on its end, then | results read "
        "| short meetings |",
        "| --- | --- | --- | --- | --- | --- |",
        *(agents_meeting_row(p, v) for p, v in agents),
        "",
        "| SDK | wrong key | wrong parameter | unknown dataId | wrong key, realtime "
        "| unknown dataId, realtime |",
        "| --- | --- | --- | --- | --- | --- |",
        *(agents_errors_row(p, v) for p, v in agents),
        "",
        "Captions of live streams, with `status` in the answers of a Query:",
        "",
        "| client | SDK | parameters, signature | running | stopped | signed callbacks |",
        "| --- | --- | --- | --- | --- | --- |",
        *(live_row(p, v) for p, v in live),
        "",
        "| SDK | unknown task | wrong parameter | missing parameter | wrong secret | unknown key "
        "| another RetCode |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *dict.fromkeys(live_errors_row(p, v) for p, v in live),
        "",
        "In Python, by the test suite:",
        "",
        "| client | tests |",
        "| --- | --- |",
        *tests,
        "",
        END,
    ]
    return "\n".join(lines)


def sdks(verdict: Verdict) -> str:
    """The SDKs of a program with their versions."""
    return ", ".join(f"`{name}` {number}" for name, number in sorted(verdict["versions"].items()))


def meeting_row(meeting: Meeting, verdict: Verdict) -> str:
    checks = verdict["checks"]
    translated = checks["translations"]
    notes = f"; {checks['restarts']} more starts and stops" if "restarts" in checks else ""
    return row(
        meeting.title,
        sdks(verdict),
        f"{checks['sentences']}, with interim results{notes}",
        "not handed on by the SDK" if translated is None else translated,
        f"{checks['stopped']}, then {checks['status']}",
        ", ".join(checks["results"]),
    )


def tasks_row(tasks: Tasks, verdict: Verdict) -> str:
    checks = verdict["checks"]
    new = sorted({*checks["results then"]} - {*checks["results"]})
    return row(
        tasks.title,
        sdks(verdict),
        f"{checks['offline']}: {', '.join(checks['results'])}",
        f"{checks['run again']}, with {', '.join(new)}",
        checks["no file"],
        ", ".join(checks["phrases"]),
        verdict["callbacks"],
    )


def errors_row(verdict: Verdict) -> str:
    refused = verdict["checks"]["refused"]
    words = (refused[what] for what in ("wrong secret", "unknown key", "wrong language"))
    return row(sdks(verdict), *(f"`{said}`" for said in words))


def agents_row(agents: Agents, verdict: Verdict) -> str:
    checks = verdict["checks"]
    new = sorted({*checks["results then"]} - {*checks["results"]})
    return row(
        agents.title,
        sdks(verdict),
        ", ".join(f"`{how}`" for how in agents.pointed),
        f"{checks['recording']}: {', '.join(checks['results'])}",
        f"{checks['run again']}, with {', '.join(new)}",
        checks["no file"],
        f"{checks['text']}: {', '.join(checks['insights'])}",
        checks["temporary key"],
    )


def agents_meeting_row(agents: Agents, verdict: Verdict) -> str:
    checks = verdict["checks"]
    return row(
        sdks(verdict),
        f"{checks['sentences']} sentences, with interim results",
        checks["translations"],
        f"{checks['paused']}, {checks['ended']}, {checks['status']}",
        ", ".join(checks["meeting results"]),
        ", ".join(f"{checks[how]} {how}" for how in agents.extra_checks),
    )


def agents_errors_row(agents: Agents, verdict: Verdict) -> str:
    refused = verdict["checks"]["refused"]
    return row(sdks(verdict), *(f"`{refused[what]}`" for what in agents.refused))


def live_row(live: Live, verdict: Verdict) -> str:
    checks = verdict["checks"]
    return row(
        live.title,
        sdks(verdict),
        live.way,
        checks["running"],
        checks["stopped"],
        ", ".join(verdict["events"]),
    )


def live_errors_row(live: Live, verdict: Verdict) -> str:
    checks = verdict["checks"]
    words = (f"`{checks['refused'][what]}`" for what in live.refused)
    return row(sdks(verdict), *words, f"{checks['other RetCode']}, not an error")


def row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def settle(docs: Path, begin: str, end: str, new: str, *, write: bool) -> bool:
    """Write what stands between two marks of a page, or compare it. False: it is out of date."""
    text, name = docs.read_text("utf-8"), docs.relative_to(ROOT)
    start, stop = text.find(begin), text.find(end)
    if start < 0 or stop < start:
        print(f"{docs.name} has no place for the tables between {begin} and {end}")
        return False
    old = text[start : stop + len(end)]
    if write:
        docs.write_text(text.replace(old, new), "utf-8")
        print(f"wrote {name}")
        return True
    if old != new:
        print(f"{name} is out of date: run with --write-docs\n\n{new}")
        return False
    print(f"{name} is up to date")
    return True


# --- who drove what ---


def settle_driven(driven: Mapping[str, set[str]], *, write: bool) -> bool:
    """Write who drove what, or compare it: whether everything that is written there was driven."""
    new: dict[str, list[str]] = {}
    for sdk, names in sorted(driven.items()):
        for name in names:
            new.setdefault(name, []).append(sdk)
    if write:
        DRIVEN.write_text(json.dumps(new, indent=1, sort_keys=True) + "\n", "utf-8")
        return True
    known = json.loads(DRIVEN.read_text("utf-8"))
    lost = {
        name: sorted(set(sdks) - set(new.get(name, ())))
        for name, sdks in known.items()
        if not set(sdks) <= set(new.get(name, ()))
    }
    if lost:
        print(f"{DRIVEN.relative_to(ROOT)} says more than was driven: {lost}")
    return not lost
