"""What a run came to, as files have it: read and written as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from mock_tingwu.conformance.catalogue import REQUIREMENTS, SYSTEMS
from mock_tingwu.conformance.exchange import Exchange, Frame
from mock_tingwu.conformance.runner import FAIL, NOTED, PASS, SKIP, Outcome, fails_run
from mock_tingwu.counting import counted

#: Whose schemas are in each folder.
_SYSTEMS: Final = {
    "tingwu": "TW",
    "realtime": "RT",
    "dashscope": "DS",
    "inference": "DS",
    "live": "LV",
}
VERDICTS: Final = (PASS, FAIL, NOTED, SKIP)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One case and what came of it.

    ``facets`` are the verdicts of a session: events, close, timing. ``misfits`` are the fields that
    are otherwise than a schema says, with what is wrong; they alone fail no case. ``schemas`` are
    those that something was held against, ``left_behind`` is what could not be undone.
    ``last_live_pass`` is the date of the last run against the live cloud in which it passed, if
    there was one.
    """

    id: str
    verdict: str
    level: str
    source: str
    seconds: float
    detail: str
    title: str
    sends: str
    expects: str
    source_url: str
    source_level: str
    operations: tuple[str, ...]
    needs: tuple[str, ...]
    negative: bool
    cause: str = ""
    facets: dict[str, str] = {}
    misfits: dict[str, str] = {}
    schemas: dict[str, int] = {}
    left_behind: tuple[str, ...] = ()
    last_live_pass: str = ""
    exchanges: tuple[Exchange, ...] = ()
    frames: tuple[Frame, ...] = ()
    dropped: int = 0

    @property
    def area(self) -> str:
        """``TW-CREATE`` of ``TW-CREATE-002``."""
        return self.id.rpartition("-")[0]

    @property
    def system(self) -> str:
        """TW, RT, DS or LV."""
        return self.id.partition("-")[0]

    @property
    def is_failure(self) -> bool:
        """Whether the run fails by it."""
        return fails_run(self.verdict, self.level, self.cause)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A run: ``began`` in ISO 8601, ``version`` that of the target where it is known."""

    target: str
    version: str
    kit: str
    began: str
    seconds: float
    selection: str = ""
    cases: tuple[Entry, ...]

    @property
    def passed(self) -> bool:
        """Whether at least one case was tried, and none failed that is binding."""
        tried = any(entry.verdict in (PASS, FAIL, NOTED) for entry in self.cases)
        return tried and not any(entry.is_failure for entry in self.cases)

    @property
    def failures(self) -> list[Entry]:
        """The cases by which the run fails."""
        return [entry for entry in self.cases if entry.is_failure]

    def totals(self) -> dict[str, Any]:
        """Numbers of cases by verdict, and of each level by verdict."""
        verdicts = Counter(entry.verdict for entry in self.cases)
        levels = {
            level: _counted(entry.verdict for entry in self.cases if entry.level == level)
            for level in REQUIREMENTS
        }
        return {
            **{verdict: verdicts[verdict] for verdict in VERDICTS},
            "cases": len(self.cases),
            "failures": len(self.failures),
            "levels": levels,
        }


def otherwise(report: Report) -> str:
    """How much is otherwise than the schemas, as a sentence; empty if nothing is."""
    having = [entry for entry in report.cases if entry.misfits]
    fields = {field for entry in having for field in entry.misfits}
    if not fields:
        return ""
    systems = {_SYSTEMS.get(field.partition("/")[0]) for field in fields}
    areas = [f"{system}-SHAPE" for system in SYSTEMS if system in systems]
    ran = {entry.area for entry in report.cases}
    told = f"see {', '.join(areas)} in the report"
    if not ran.issuperset(areas):
        told = f"each has its case in {', '.join(areas)}"
    are = f"{counted(len(fields), 'field')} {'is' if len(fields) == 1 else 'are'}"
    cases = counted(len(having), "case")
    return f"{are} otherwise than the schemas, in {cases}: {told}"


def entry_of(outcome: Outcome, last_live_pass: str = "") -> Entry:
    """The entry of an outcome."""
    case = outcome.case
    return Entry(
        id=case.id,
        verdict=outcome.verdict,
        level=case.level,
        source=str(case.source),
        seconds=round(outcome.seconds, 3),
        detail=outcome.detail,
        title=case.title,
        sends=case.sends,
        expects=case.expects,
        source_url=case.source.url,
        source_level=case.source.level,
        operations=case.operations,
        needs=tuple(need.label for need in case.needs),
        negative=case.negative,
        cause=outcome.cause,
        facets=outcome.facets,
        misfits=outcome.misfits,
        schemas=outcome.schemas,
        left_behind=outcome.left_behind,
        last_live_pass=last_live_pass,
        exchanges=tuple(outcome.wire.exchanges),
        frames=tuple(outcome.wire.frames),
        dropped=outcome.wire.dropped,
    )


def encode(report: Report) -> bytes:
    """The report as JSON, with its totals."""
    fields: Mapping[str, Any] = msgspec.to_builtins(report)
    return msgspec.json.format(msgspec.json.encode({**fields, "totals": report.totals()}), indent=1)


def read(path: Path) -> Report:
    """A report that was written as JSON.

    Raises:
        ValueError: it cannot be read.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Report)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(
            f"{path} is no report of mock-tingwu conformance --json: {error}"
        ) from None


def now() -> str:
    """The time in ISO 8601, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _counted(verdicts: Iterable[str]) -> dict[str, int]:
    counted = Counter(verdicts)
    return {verdict: counted[verdict] for verdict in VERDICTS}
