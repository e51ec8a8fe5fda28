"""A run as a table to be read, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Final

from benchmarks.soak.server import ROOT
from benchmarks.soak.soaking import BOUND_MIB_A_MINUTE, Outcome

OUTPUT: Final = ROOT / "benchmarks" / "out" / "soak.json"
#: So many findings are shown; the rest is in the JSON.
SHOWN: Final = 20


def table(outcome: Outcome) -> str:
    """What happened, and what was found."""
    before, after = outcome.before, outcome.after
    assert before is not None and after is not None
    sent, counted = outcome.requests
    joined, opened = outcome.sessions
    peak = max((one.memory for one in outcome.samples), default=after.memory)
    rows = [
        ("traffic, s", f"{outcome.seconds:g}"),
        ("the server's share of a processor", f"{outcome.cpu:.0%}"),
        ("scopes made and dropped", outcome.scopes),
        ("acts", outcome.acts.total()),
        ("errors that clients met", outcome.errors.total()),
        ("requests: sent / counted", f"{sent} / {counted}"),
        ("WebSockets: opened / counted", f"{joined} / {opened}"),
        ("journal entries followed", outcome.entries.total()),
        ("transitions", outcome.entries["transition"]),
        ("callbacks tried", outcome.entries["callback"]),
        ("faults that acted", outcome.faults.total()),
        ("messages and files checked", outcome.checked),
        (
            "memory: begin / peak / end, MiB",
            f"{before.memory:.0f} / {peak:.0f} / {after.memory:.0f}",
        ),
        ("memory, MiB a minute", f"{outcome.growth:+.2f} (at most {BOUND_MIB_A_MINUTE:g})"),
        ("descriptors: before / after", f"{before.descriptors} / {after.descriptors}"),
        ("threads: before / after", f"{before.threads} / {after.threads}"),
        ("jobs: before / after", f"{before.jobs} / {after.jobs}"),
    ]
    lines = [f"soak, {outcome.store}"]
    lines += [f"  {name:<36} {value}" for name, value in rows]
    findings = outcome.findings
    lines.append(f"  {len(findings)} findings" if findings else "  nothing was found")
    lines += [f"  - {text}" for text in findings[:SHOWN]]
    return "\n".join(lines)


def write(outcomes: Iterable[Outcome]) -> None:
    """Keep all figures."""
    OUTPUT.parent.mkdir(exist_ok=True)
    runs = [{one.name: getattr(run, one.name) for one in fields(run)} for run in outcomes]
    OUTPUT.write_text(json.dumps(runs, indent=2, default=asdict) + "\n", "utf-8")
