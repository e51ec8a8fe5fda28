"""Print the measures as a table and write benchmarks/out/latest.json.

python -m benchmarks.run [GROUP ...], where a group is one of `GROUPS`; all of them without any.
It exits with 1 if a goal was missed.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from typing import Final

from benchmarks.measures import Measure
from benchmarks.processes import LOAD_CORE, ROOT, pin

OUTPUT: Final = ROOT / "benchmarks" / "out" / "latest.json"
#: Modules of this package with a function ``measure``, and what each is about.
GROUPS: Final = {
    "http": "Calls of HTTP",
    "streams": "Meetings over WebSocket",
    "starting": "Starts and memory",
    "inside": "Audio, files, long meetings, many tasks",
}


def main(names: list[str]) -> int:
    if unknown := set(names) - set(GROUPS):
        print(f"there is no group {', '.join(unknown)}, expected {', '.join(GROUPS)}")
        return 2
    pin(LOAD_CORE)
    measures: list[Measure] = []
    for name in names or GROUPS:
        begun = time.monotonic()
        print(f"\n{GROUPS[name]}", flush=True)
        found = importlib.import_module(f"benchmarks.{name}").measure()
        for measure in found:
            print("  " + measure.line())
        print(f"  ({time.monotonic() - begun:.0f} s)", flush=True)
        measures += found
    OUTPUT.parent.mkdir(exist_ok=True)
    written = {"measures": [measure.data() for measure in measures]}
    OUTPUT.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    missed = [measure.name for measure in measures if not measure.met]
    with_goals = sum(measure.goal is not None for measure in measures)
    print(f"\n{with_goals - len(missed)} of {with_goals} goals are met")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
