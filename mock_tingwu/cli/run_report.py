"""What a program did that ran against a private mock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

from mock_tingwu.cli.printable import printable
from mock_tingwu.counting import counted
from mock_tingwu.protocols.hosts import is_product
from mock_tingwu.settings import URL

if TYPE_CHECKING:
    from mock_tingwu import MockTingwu

#: So many tasks are named, and so many violations and hosts; the rest is counted.
_NAMED: Final = 10
#: How programs got to the mock: by the proxy, by that and to all other hosts as well, or by names
#: in namespaces.
Way = Literal["proxy", "network", "names"]
#: Where some programs take an address of the cloud from, or of a mock.
_ADDRESSES: Final = (
    URL,
    "DASHSCOPE_HTTP_BASE_URL",
    "DASHSCOPE_BASE_URL",
    "DASHSCOPE_WEBSOCKET_BASE_URL",
)


def elsewhere(environ: Mapping[str, str]) -> Iterator[str]:
    """What to say of variables that lead programs to other hosts than the cloud's."""
    names = [name for name in _ADDRESSES if environ.get(name) and not _is_of_cloud(environ[name])]
    if names:
        yield f"whoever reads {' or '.join(names)} is led elsewhere, not to this mock"


def lines(
    mock: MockTingwu,
    refused: Mapping[str, int],
    way: Way = "proxy",
    *,
    whole: bool,
    proxy_asked: bool = False,
) -> Iterator[str]:
    """Calls, tasks, violations and what was refused; ``whole`` is with every step before.

    ``proxy_asked``: a program has come to the proxy, for whatever it was.
    """
    from mock_tingwu.testing.report import told, violations

    journals = [scope.journal for scope in (mock, *mock.scopes)]
    journal = sorted((entry for one in journals for entry in one), key=itemgetter("at"))
    yield "mock-tingwu:"
    if whole:
        yield from (f"  {told(entry, journal[0]['at'])}" for entry in journal)
    calls = Counter(filter(None, map(_call, journal)))
    listed = ", ".join(f"{printable(name)} {count}" for name, count in calls.most_common())
    if not calls and not proxy_asked and way != "names":
        listed = "a program that knows no proxy needs --hosts"
    yield f"  {_counted(sum(calls.values()), 'call')}{': ' if listed else ''}{listed}"
    tasks = mock.call(lambda: _tasks(mock))
    yield f"  {_counted(len(tasks), 'task')}"
    yield from (f"    {line}" for line in tasks[:_NAMED])
    yield from _more(len(tasks))
    broken = violations(mock)
    yield f"  {_counted(len(broken), 'violation')} of what clients owe the cloud"
    yield from (f"    {line}" for line in broken[:_NAMED])
    yield from _more(len(broken))
    if refused:
        yield from _refused(refused, way)


def _refused(refused: Mapping[str, int], way: Way) -> Iterator[str]:
    for host, times in sorted(refused.items())[:_NAMED]:
        if way == "names":
            yield f"  refused the name {printable(host)}, asked for {counted(times, 'time')}"
        else:
            yield f"  refused {counted(times, 'connection')} to {printable(host)}"
    yield from _more(len(refused), indent="  ")
    if way == "proxy":
        yield "  (--allow-network lets them through)"


def _is_of_cloud(address: str) -> bool:
    try:
        return is_product(urlsplit(address).hostname or "")
    except ValueError:
        return False


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


def _more(count: int, indent: str = "    ") -> Iterator[str]:
    if count > _NAMED:
        yield f"{indent}and {count - _NAMED} more"
