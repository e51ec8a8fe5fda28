"""Reports on a program: JSON, a table in Markdown, and a page in HTML that needs nothing else."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any, Final

from mock_tingwu import __version__
from mock_tingwu.conformance.client_check.battery import Report
from mock_tingwu.conformance.client_check.verdict import Grade, Verdict

_COLOURS: Final[Mapping[Grade, str]] = {
    Grade.GOOD: "#1a7f37",
    Grade.ACCEPTABLE: "#0969da",
    Grade.POOR: "#9a6700",
    Grade.FAULT: "#cf222e",
    Grade.NOT_REACHED: "#6e7781",
    Grade.NOT_JUDGED: "#6e7781",
}
_STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
td, th { border-bottom: 1px solid #d0d7de; padding: .4rem .6rem; text-align: left;
  vertical-align: top }
code, pre { font: 13px/1.4 ui-monospace, monospace }
pre { background: #f6f8fa; overflow: auto; padding: .6rem; white-space: pre-wrap }
.grade { color: #fff; border-radius: .3rem; padding: .1rem .5rem; white-space: nowrap }
.dim { color: #57606a }
"""


def json_report(report: Report, command: str) -> dict[str, Any]:
    """The report as JSON."""
    return {
        "mock_tingwu": __version__,
        "command": command,
        "kinds": [str(kind) for kind in report.kinds],
        "baseline_seconds": round(report.baseline_seconds, 2),
        "counts": {str(grade): count for grade, count in report.counts.items()},
        "passed": report.passed,
        "verdicts": [verdict.shown() for verdict in report.verdicts],
    }


def markdown_report(report: Report, command: str) -> str:
    """A table of what was reached, in Markdown."""
    lines = [
        f"`{command}`: {summary(report)}.",
        "",
        "| situation | | grade | what it did | advice |",
        "|---|---|---|---|---|",
        *(
            f"| {verdict.situation.id} | {_cell(verdict.situation.title)} | {verdict.grade} "
            f"| {_cell(verdict.reason)} | {_cell(verdict.advice)} |"
            for verdict in reached(report)
        ),
    ]
    if ids := _not_reached(report):
        lines += ["", f"Not reached: {ids}"]
    return "\n".join(lines) + "\n"


def html_report(report: Report, command: str) -> str:
    """A page that needs nothing else."""
    rows = "\n".join(_row(verdict) for verdict in reached(report))
    kinds = ", ".join(report.kinds)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>client-check</title>
<style>{_STYLE}</style></head><body>
<h1>client-check</h1>
<p><code>{html.escape(command)}</code></p>
<p>{html.escape(summary(report))}. It uses: {html.escape(kinds)}.
<span class="dim">mock-tingwu {html.escape(__version__)}</span></p>
<table><thead><tr><th>situation</th><th>grade</th><th>what happened</th></tr></thead>
<tbody>
{rows}
</tbody></table>
{_paragraph(_not_reached(report))}
</body></html>
"""


def reached(report: Report) -> list[Verdict]:
    """The verdicts on what the program has come to."""
    return [verdict for verdict in report.verdicts if verdict.grade is not Grade.NOT_REACHED]


def _not_reached(report: Report) -> str:
    """The ids of what the program has not come to."""
    ids = (v.situation.id for v in report.verdicts if v.grade is Grade.NOT_REACHED)
    return ", ".join(ids)


def _paragraph(ids: str) -> str:
    return f'<p class="dim">Not reached: {html.escape(ids)}</p>' if ids else ""


def summary(report: Report) -> str:
    """The counts in words."""
    return ", ".join(f"{count} {grade}" for grade, count in report.counts.items() if count)


def _row(verdict: Verdict) -> str:
    situation, escape = verdict.situation, html.escape
    advice = f"<p><b>{escape(verdict.advice)}</b></p>" if verdict.advice else ""
    return (
        f'<tr id="{situation.id}"><td><code>{situation.id}</code><br>{escape(situation.title)}</td>'
        f'<td><span class="grade" style="background:{_COLOURS[verdict.grade]}">'
        f"{verdict.grade}</span></td>"
        f"<td>{escape(verdict.reason)}{advice}<details><summary>more</summary>"
        f"<p>The mock: {escape(situation.does)}.<br>A good client {escape(situation.good)}."
        f"<br>A fault: it {escape(situation.fault)}."
        f'<br><span class="dim">{escape(situation.source)}; {verdict.seconds:.1f} s</span></p>'
        f"<pre>{escape(verdict.output)}</pre></details></td></tr>"
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
