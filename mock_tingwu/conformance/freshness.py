"""When a case last passed against the live cloud: written by successful live runs alone."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from mock_tingwu.conformance.results import Report
from mock_tingwu.conformance.runner import PASS
from mock_tingwu.resources import catalogue_folder

FILE: Final = "last_live_pass.json"


def last_live_passes(path: Path | None = None) -> dict[str, str]:
    """The date of each case's last pass against the live cloud.

    Raises:
        ValueError: the file makes no sense.
    """
    path = path or catalogue_folder() / FILE
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
    if not isinstance(found, dict) or not all(isinstance(date, str) for date in found.values()):
        raise ValueError(f"{path} has no object with a date for each case")
    return found


def note(report: Report, path: Path | None = None) -> int:
    """Keep what passed in a run against the live cloud; return how many cases that are.

    A run that failed, and one against anything else, leaves no trace.

    Raises:
        OSError: the file cannot be written.
    """
    if report.target != "live" or not report.passed:
        return 0
    passed = [entry.id for entry in report.cases if entry.verdict == PASS]
    _write(path or catalogue_folder() / FILE, passed, report.began[:10])
    return len(passed)


def _write(path: Path, ids: Iterable[str], date: str) -> None:
    known = last_live_passes(path) | dict.fromkeys(ids, date)
    path.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n", "utf-8")
