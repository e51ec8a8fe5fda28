"""The report as one HTML file: it needs no network, and no JavaScript to be read.

JavaScript adds search, filters, and the exchanges of a case when it is opened.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any, Final

import msgspec

from mock_tingwu.conformance.catalogue import REQUIREMENTS, SYSTEMS
from mock_tingwu.conformance.evidence import AXES, evidence
from mock_tingwu.conformance.requirements import scores
from mock_tingwu.conformance.results import VERDICTS, Entry, Report

_TEMPLATE: Final = Path(__file__).with_name("report.html")
_LABELS: Final = {"pass": "passed", "fail": "failed", "info": "noted", "skip": "left out"}


def html(report: Report) -> str:
    """The report as a page."""
    verdict = "passed" if report.passed else "failed"
    parts = {
        "title": escape(f"Conformance of {report.target}"),
        "verdict": verdict,
        "facts": _facts(report),
        "tiles": _tiles(report),
        "scores": _scores(report),
        "areas": _areas(report.cases),
        "levels": "".join(f"<option>{level}</option>" for level in REQUIREMENTS),
        "cases": "".join(_case(entry) for entry in report.cases),
        "evidence": _evidence(report),
        "wire": _wire(report.cases),
    }
    page = _TEMPLATE.read_text("utf-8")
    for name, part in parts.items():
        page = page.replace(f"<!--{name}-->", part)
    return page


def _facts(report: Report) -> str:
    facts = [
        ("Target", f"{report.target} {report.version}".strip()),
        ("Began", report.began),
        ("Took", f"{report.seconds:.1f} s"),
        ("Kit", f"mock-tingwu {report.kit}"),
        ("Selection", report.selection or "all cases"),
    ]
    return "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)


def _tiles(report: Report) -> str:
    totals = report.totals()
    return "".join(
        f'<button class="tile {verdict}" data-verdict="{verdict}"><b>{totals[verdict]}</b>'
        f"{_LABELS[verdict]}</button>"
        for verdict in VERDICTS
    )


def _scores(report: Report) -> str:
    rows = "".join(
        f"<tr><td>{escape(score.set.api)} {escape(score.set.version)}</td>"
        f"<td>{escape(score.set.frozen)}</td><td>{score.total}</td><td>{score.passed}</td>"
        f"<td>{score.failed}</td><td>{score.noted}</td><td>{score.not_run}</td></tr>"
        for score in scores(report)
    )
    if not rows:
        return ""
    head = "<th>Requirement set</th><th>frozen</th><th>cases</th><th>passed</th><th>failed</th>"
    return (
        f'<div class="wide"><table><thead><tr>{head}<th>noted</th><th>not run</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _areas(entries: Iterable[Entry]) -> str:
    counted: dict[str, dict[str, int]] = {}
    for entry in entries:
        counted.setdefault(entry.area, dict.fromkeys(VERDICTS, 0))[entry.verdict] += 1
    rows = []
    for area, row in sorted(counted.items()):
        total = sum(row.values())
        bar = "".join(
            f'<i class="{verdict}" style="width:{100 * row[verdict] / total:.2f}%"></i>'
            for verdict in VERDICTS
            if row[verdict]
        )
        numbers = "".join(f"<td>{row[verdict] or ''}</td>" for verdict in VERDICTS)
        rows.append(
            f'<tr><td><button class="link" data-area="{area}">{area}</button></td>'
            f"<td>{SYSTEMS[area.partition('-')[0]]}</td>"
            f'<td class="bar">{bar}</td>{numbers}</tr>'
        )
    head = "".join(f"<th>{_LABELS[verdict]}</th>" for verdict in VERDICTS)
    return (
        '<div class="wide"><table><thead><tr><th>Area</th><th>System</th><th></th>'
        f"{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _case(entry: Entry) -> str:
    facets = "".join(
        f'<span class="facet {verdict}">{escape(facet)}: {verdict}</span>'
        for facet, verdict in entry.facets.items()
    )
    source = escape(entry.source)
    if entry.source_url:
        source = f'<a href="{escape(entry.source_url)}">{source}</a>'
    known = [
        ("Sends", escape(entry.sends)),
        ("Expects", escape(entry.expects)),
        ("Outcome", escape(entry.detail)),
        ("Source", f"{source} ({entry.source_level})"),
        ("Evidence for", escape(", ".join(entry.operations))),
        ("Needs", escape(", ".join(entry.needs))),
        ("Otherwise than the schemas", escape("; ".join(map(" ".join, entry.misfits.items())))),
        ("Left behind", escape("; ".join(entry.left_behind))),
        ("Last passed live", escape(entry.last_live_pass or "never")),
        ("Took", f"{entry.seconds:.2f} s"),
    ]
    facts = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in known if value)
    words = f"{entry.id} {entry.title} {entry.detail} {' '.join(entry.operations)}".lower()
    return (
        f'<details class="case" id="{entry.id}" data-verdict="{entry.verdict}" '
        f'data-level="{entry.level}" data-area="{entry.area}" data-words="{escape(words)}">'
        f'<summary><span class="verdict {entry.verdict}">{_LABELS[entry.verdict]}</span>'
        f"<code>{entry.id}</code><span>{escape(entry.title)}</span>{facets}"
        f'<span class="level">{entry.level}</span></summary>'
        f'<dl>{facts}</dl><div class="wire"></div></details>'
    )


def _evidence(report: Report) -> str:
    head = "".join(f"<th>{escape(axis)}</th>" for axis in AXES)
    rows = "".join(
        f"<tr><td><code>{escape(row.name)}</code></td>"
        + "".join(f"<td>{escape(row.axes[axis])}</td>" for axis in AXES)
        + "</tr>"
        for row in evidence(report)
    )
    return (
        f'<div class="wide"><table><thead><tr><th>Operation or event</th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _wire(entries: Iterable[Entry]) -> str:
    """What went over the wire, as JSON that can stand in a script element."""
    wire: dict[str, Any] = {
        entry.id: msgspec.to_builtins(
            {"exchanges": entry.exchanges, "frames": entry.frames, "dropped": entry.dropped}
        )
        for entry in entries
        if entry.exchanges or entry.frames
    }
    return json.dumps(wire, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
