"""What was found against the rules: each kind of offence once, with a count that goes on."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, Final

from mock_tingwu.core.journal import Entry, Journal
from mock_tingwu.core.violations import RULES

#: Findings that are kept; of more, the one that was last added to longest ago goes first.
MAX_FINDINGS: Final = 10_000


class Findings:
    """The violations of one scope.

    The first offence against a rule by a task or caller becomes a journal entry of the kind
    ``violation``; each further one only counts there: a loop does not flood the journal. What is
    kept here outlives the entry's place in the journal.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._found: OrderedDict[tuple[object, ...], Entry] = OrderedDict()

    def __iter__(self) -> Iterator[Entry]:
        """The entries, oldest first."""
        return iter(sorted(self._found.values(), key=lambda entry: int(entry["seq"])))

    def add(
        self,
        rule: str,
        key: object,
        text: str,
        *,
        service: str,
        offending: int | None,
        task_id: str | None = None,
        **fields: Any,
    ) -> Entry:
        """Note an offence of ``key``, a task or caller; return the entry that tells of it.

        ``offending`` is the seq of the journal entry that shows it, ``fields`` are further ones of
        the entry.
        """
        known = self._found.get((rule, key))
        if known is not None:
            known["count"] += 1
            self._found.move_to_end((rule, key))
            return known
        about = RULES[rule]
        entry = self._journal.record(
            "violation",
            service,
            task_id,
            rule=rule,
            level=about.level,
            source=about.source,
            text=text,
            offending=offending,
            count=1,
            **fields,
        )
        self._found[rule, key] = entry
        if len(self._found) > MAX_FINDINGS:
            self._found.popitem(last=False)
        return entry

    def clear(self) -> None:
        """Forget them: what happens again is noted again. The journal keeps its entries."""
        self._found.clear()
