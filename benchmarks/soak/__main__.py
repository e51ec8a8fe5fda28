"""Drive a server for a while, judge what came of it, and say so.

python -m benchmarks.soak [--seconds 600] [--store memory|data-dir|both] [--seed 0]
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from benchmarks.soak.report import OUTPUT, table, write
from benchmarks.soak.soaking import Outcome, soak


def main(arguments: list[str] | None = None) -> int:
    """Soak as the arguments say; 1 when something was found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="of traffic in all")
    parser.add_argument("--store", choices=("memory", "data-dir", "both"), default="both")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    stores = ("memory", "data-dir") if given.store == "both" else (given.store,)
    outcomes: list[Outcome] = []
    for store in stores:
        seconds = given.seconds / len(stores)
        outcomes.append(asyncio.run(soak(seconds, store, given.seed)))
        print(table(outcomes[-1]), flush=True)
    write(outcomes)
    print(f"all figures: {OUTPUT}")
    return 1 if any(outcome.findings for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
