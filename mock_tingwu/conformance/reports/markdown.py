"""A summary in Markdown, short enough for the page of a CI run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mock_tingwu.conformance.catalogue import SYSTEMS
from mock_tingwu.conformance.results import Entry, Report, otherwise
from mock_tingwu.conformance.runner import FAIL, NOT_TESTABLE, NOTED, PASS, SKIP
from mock_tingwu.counting import counted

#: Failures that are listed with their details.
_MOST_LISTED: Final = 50


def markdown(report: Report) -> str:
    """The totals, a table of the areas, and what failed."""
    verdict = "passed" if report.passed else "failed"
    totals = report.totals()
    version = f" {report.version}" if report.version else ""
    lines = [
        f"# Conformance of {report.target}{version}: {verdict}",
        "",
        f"{counted(totals['cases'], 'case')} in {report.seconds:.0f} s: {totals[PASS]} passed, "
        f"{totals[FAIL]} failed, {totals[NOTED]} noted, {totals[SKIP]} left out. "
        f"Began {report.began}, kit {report.kit}"
        + (f", selection `{report.selection}`." if report.selection else "."),
        *_otherwise(report),
        "",
        *_areas(report.cases),
        *_listed("Failures", report.failures),
        *_listed(
            "Failures that bind nobody",
            [e for e in report.cases if e.verdict == FAIL and not e.is_failure],
        ),
        *_left_out(report.cases),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _otherwise(report: Report) -> list[str]:
    sentence = otherwise(report)
    return ["", f"{sentence}."] if sentence else []


def _areas(entries: Iterable[Entry]) -> list[str]:
    rows: dict[str, dict[str, int]] = {}
    for entry in entries:
        row = rows.setdefault(entry.area, dict.fromkeys((PASS, FAIL, NOTED, SKIP), 0))
        row[entry.verdict] += 1
    lines = ["| area | | passed | failed | noted | left out |", "|---|---|---|---|---|---|"]
    for area, row in sorted(rows.items()):
        numbers = " | ".join(str(row[verdict] or "") for verdict in (PASS, FAIL, NOTED, SKIP))
        lines.append(f"| {area} | {SYSTEMS[area.partition('-')[0]]} | {numbers} |")
    return [*lines, ""]


def _listed(title: str, entries: list[Entry]) -> list[str]:
    if not entries:
        return []
    lines = [f"## {title}", ""]
    for entry in entries[:_MOST_LISTED]:
        source = f"[{entry.source}]({entry.source_url})" if entry.source_url else entry.source
        lines.append(f"- **{entry.id}** ({entry.level}) {_inline(entry.title)}: ")
        lines[-1] += f"{_inline(entry.detail)} Source: {source}"
    if len(entries) > _MOST_LISTED:
        lines.append(f"- and {len(entries) - _MOST_LISTED} more")
    return [*lines, ""]


def _left_out(entries: Iterable[Entry]) -> list[str]:
    left_out = [e for e in entries if e.verdict == SKIP and e.cause == NOT_TESTABLE]
    if not left_out:
        return []
    ids = ", ".join(entry.id for entry in left_out)
    return ["## Left out", "", f"Only a mock can be tried so: {ids}", ""]


def _inline(text: str) -> str:
    """Text that Markdown leaves as it is, on one line and cut short."""
    line = " ".join(text.split())
    line = line if len(line) <= 300 else f"{line[:300]}..."
    for character in "\\`*_[]<>|":
        line = line.replace(character, f"\\{character}")
    return line
