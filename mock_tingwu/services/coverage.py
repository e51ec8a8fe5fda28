"""Which failures the clients of a server have met, and which not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from mock_tingwu.core.failures import Failure, catalogue, met
from mock_tingwu.core.journal import Entry


class Coverage:
    """Counts what was met, in all scopes; a reset forgets nothing of it."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def __call__(self, entry: Entry) -> None:
        """See a journal entry."""
        self.counts.update(name for name in met(entry) if name in catalogue())

    def add(self, counts: Mapping[str, int]) -> None:
        """Take what another server has counted."""
        self.counts.update(counts)

    def lines(self) -> Iterator[str]:
        """A table to be read by people."""
        failures = catalogue().values()
        seen = sum(self.counts[failure.name] > 0 for failure in failures)
        yield f"failures met: {seen} of {len(failures)}"
        areas: dict[str, list[Failure]] = {}
        for failure in failures:
            areas.setdefault(failure.area, []).append(failure)
        for area, members in areas.items():
            mine = [failure for failure in members if self.counts[failure.name]]
            yield f"  {area:13} {len(mine):3} of {len(members):3}"
            for failure in mine:
                yield f"      {self.counts[failure.name]:5} x {failure.name}"
            missing = [failure.name.partition(".")[2] for failure in members if failure not in mine]
            if missing and mine:
                yield f"      not met: {', '.join(missing)}"

    def shown(self) -> dict[str, Any]:
        """The same as JSON."""
        failures = catalogue().values()
        return {
            "met": sum(self.counts[failure.name] > 0 for failure in failures),
            "of": len(failures),
            "failures": [
                {
                    "name": failure.name,
                    "met": self.counts[failure.name],
                    "seen_as": failure.seen_as,
                    "level": failure.level,
                    "source": failure.source,
                    "rule": failure.rule,
                }
                for failure in failures
            ],
        }
