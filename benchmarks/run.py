"""Print the measures as a table and write benchmarks/out/latest.json.

python -m benchmarks.run [GROUP ...], where a group is one of `GROUPS`; all of them without any.
``--docs`` instead of groups puts the tables into docs/performance.md and docs/workers.md. It exits
with 1 if a goal was missed.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
import time
from typing import Final

from benchmarks.measures import Measure
from benchmarks.processes import LOAD_CORE, ROOT, pin

#: Between these stand the tables in the docs.
BEGIN, END = "<!-- measured -->", "<!-- end of what was measured -->"
OUTPUT: Final = ROOT / "benchmarks" / "out" / "latest.json"
#: Modules of this package with a function ``measure``, and what each is about.
GROUPS: Final = {
    "http": "Calls of HTTP",
    "streams": "Meetings over WebSocket",
    "starting": "Starts and memory",
    "inside": "Audio, files, long meetings, many tasks",
    "scaling": "Several workers",
}
#: Groups whose tables stand on another page than the others'.
PAGES: Final = {"scaling": "workers.md"}


def main(arguments: list[str]) -> int:
    names = [name for name in arguments if name != "--docs"]
    if unknown := set(names) - set(GROUPS):
        print(f"there is no group {', '.join(unknown)}, expected {', '.join(GROUPS)}")
        return 2
    if names and "--docs" in arguments:
        print("--docs is for all groups: a page has the tables of several")
        return 2
    pin(LOAD_CORE)
    measures: list[Measure] = []
    tables: dict[str, list[str]] = {}
    for name in names or GROUPS:
        begun = time.monotonic()
        print(f"\n{GROUPS[name]}", flush=True)
        found = importlib.import_module(f"benchmarks.{name}").measure()
        for measure in found:
            print("  " + measure.line())
        print(f"  ({time.monotonic() - begun:.0f} s)", flush=True)
        measures += found
        page = PAGES.get(name, "performance.md")
        tables.setdefault(page, []).append(_table(GROUPS[name], found))
    OUTPUT.parent.mkdir(exist_ok=True)
    written = {"measures": [measure.data() for measure in measures]}
    OUTPUT.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    if "--docs" in arguments:
        for page, texts in tables.items():
            _write_docs(page, texts)
    missed = [measure.name for measure in measures if not measure.met]
    with_goals = sum(measure.goal is not None for measure in measures)
    print(f"\n{with_goals - len(missed)} of {with_goals} goals are met")
    return 1 if missed else 0


def _table(title: str, measures: list[Measure]) -> str:
    """The measures of a group in Markdown."""
    rows = [measure.row() for measure in measures]
    return "\n".join(
        [f"| {title} | here | beside it | ratio | goal |", "|---|---|---|---|---|", *rows]
    )


def _write_docs(page: str, tables: list[str]) -> None:
    """Put the tables between the marks of a page."""
    path = ROOT / "docs" / page
    before, _, rest = path.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    about = (
        f"{time.strftime('%Y-%m-%d')}, CPython {platform.python_version()}, "
        f"{platform.system()}, {os.cpu_count()} cores:"
    )
    text = "\n\n".join([before + BEGIN + "\n" + about, *tables])
    path.write_text(f"{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
