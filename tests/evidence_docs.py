"""What is proven and what is not: the box of README.md and docs/evidence.md, from a run.

    mock-tingwu conformance --json run.json
    python -m tests.evidence_docs run.json [--check]

Without ``--check`` the pages are written anew, with it the exit status is 1 if they would change.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import Final

from mock_tingwu.cli.assumptions import everything
from mock_tingwu.conformance.catalogue import MUST, SHOULD, SYSTEMS
from mock_tingwu.conformance.evidence import AXES, OPERATIONS, driven, evidence
from mock_tingwu.conformance.mutants import load_mutants
from mock_tingwu.conformance.results import Report, read
from mock_tingwu.conformance.runner import NOTED, PASS
from tests.docs_markdown import table

ROOT: Final = Path(__file__).parent.parent
README, PAGE = ROOT / "README.md", ROOT / "docs" / "evidence.md"
_PART: Final = re.compile(r"(<!-- evidence: (\w+) -->\n)(.*?)(<!-- end of evidence -->)", re.DOTALL)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("run", type=Path, help="the --json of a run of all cases against the mock")
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    arguments = parser.parse_args()
    report = read(arguments.run)
    if not report.passed or report.selection or report.target != "mock":
        print("the evidence is of a run of all cases against the mock that has passed")
        return 1
    parts = {"box": box(report), "areas": areas(report), "table": evidence_table(report)}
    stale = []
    for path in (README, PAGE):
        text = path.read_text("utf-8")
        new = _PART.sub(lambda part: f"{part[1]}{parts[part[2]]}\n{part[4]}", text)
        if new != text:
            stale.append(str(path.relative_to(ROOT)))
            if not arguments.check:
                path.write_text(new, "utf-8")
    if arguments.check and stale:
        print(f"{', '.join(stale)} say something else than the run: python -m tests.evidence_docs")
        return 1
    return 0


def box(report: Report) -> str:
    """Proven, not proven, unknown: in numbers."""
    passed = [entry for entry in report.cases if entry.verdict == PASS]
    levels = {level: sum(e.level == level for e in passed) for level in (MUST, SHOULD)}
    noted = sum(entry.verdict == NOTED for entry in report.cases)
    driven_here = [name for name in OPERATIONS if driven().get(name)]
    sdks = {sdk for names in driven().values() for sdk in names}
    live = sum(bool(entry.last_live_pass) for entry in report.cases)
    observed = sum(entry.source_level == "observed" for entry in passed)
    rows = [
        (
            "Proven",
            f"{len(passed)} conformance cases pass against the mock, {levels[MUST]} of them what "
            f"documents or SDKs demand (MUST), {levels[SHOULD]} what they advise or records show "
            f"(SHOULD). {len(load_mutants())} mutants, each a mock with one rule broken, are all "
            f"caught; every MUST case catches one. {len(driven_here)} of {len(OPERATIONS)} calls, "
            f"events, files and callbacks were driven by {len(sdks)} of the vendor's SDKs.",
        ),
        (
            "Not proven",
            f"Against the live cloud {live or 'none'} of the cases have passed so far: nobody here "
            f"has an account. Published records of real answers speak for {observed} of them.",
        ),
        (
            "Unknown",
            f"{len(everything())} choices of the mock have no source (`mock-tingwu assumptions`); "
            f"{noted} cases only look at such choices and report them.",
        ),
    ]
    return table(("", ""), rows)


def areas(report: Report) -> str:
    """The areas of the catalogue with their numbers of cases and mutants."""
    rows = []
    for area in sorted({entry.area for entry in report.cases}):
        entries = [entry for entry in report.cases if entry.area == area]
        mutants = sum(mutant.area == area for mutant in load_mutants())
        binding = sum(entry.level == MUST for entry in entries)
        system = SYSTEMS[area.partition("-")[0]]
        rows.append((f"`{area}`", system, len(entries), binding, mutants))
    return table(("area", "system", "cases", "MUST", "mutants"), rows)


def evidence_table(report: Report) -> str:
    """A row for each operation, event, file and callback."""
    rows = [(f"`{row.name}`", *(row.axes[axis] for axis in AXES)) for row in evidence(report)]
    return table(("", *AXES), rows)


if __name__ == "__main__":
    sys.exit(main())
