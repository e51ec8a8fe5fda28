"""What a program did that ran against a private mock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from mock_tingwu.counting import counted

if TYPE_CHECKING:
    from mock_tingwu import MockTingwu

#: So many tasks are named, and so many violations; the rest is counted.
_NAMED: Final = 10


def lines(mock: MockTingwu, refused: Mapping[str, int], *, whole: bool) -> Iterator[str]:
    """Calls, tasks, violations and refused hosts; ``whole`` is with every step."""
    from mock_tingwu.testing.report import told, violations

    journals = [scope.journal for scope in (mock, *mock.scopes)]
    journal = sorted((entry for one in journals for entry in one), key=itemgetter("at"))
    yield "mock-tingwu:"
    if whole:
        yield from (f"  {told(entry, journal[0]['at'])}" for entry in journal)
    calls = Counter(filter(None, map(_call, journal)))
    listed = ", ".join(f"{name} {count}" for name, count in calls.most_common())
    yield f"  {_counted(sum(calls.values()), 'call')}{': ' if listed else ''}{listed}"
    tasks = mock.call(lambda: _tasks(mock))
    yield f"  {_counted(len(tasks), 'task')}"
    yield from (f"    {line}" for line in tasks[:_NAMED])
    yield from _more(len(tasks))
    broken = violations(mock)
    yield f"  {_counted(len(broken), 'violation')} of what clients owe the cloud"
    yield from (f"    {line}" for line in broken[:_NAMED])
    yield from _more(len(broken))
    for host, times in sorted(refused.items()):
        yield f"  refused {counted(times, 'connection')} to {host}"
    if refused:
        yield "  (--allow-network lets them through, without --hosts)"


def _call(entry: Mapping[str, Any]) -> str | None:
    """How a journal entry counts as a call, None if it is none."""
    if entry["kind"] == "request":
        return str(
            entry.get("operation") or f"{entry['service']} {entry.get('method', '')}".strip()
        )
    return "WebSocket" if entry["kind"] == "ws_open" else None


def _tasks(mock: MockTingwu) -> list[str]:
    """A line for each task, oldest first."""
    realms = mock._server.world
    return [f"{task.id} {task.status.wire}" for realm in realms for task in realm.tasks.values()]


def _counted(count: int, what: str) -> str:
    return counted(count, what) if count else f"no {what}s"


def _more(count: int) -> Iterator[str]:
    if count > _NAMED:
        yield f"    and {count - _NAMED} more"
