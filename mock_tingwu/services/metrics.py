"""What has happened in numbers, for Prometheus: ``GET /_mock/metrics``.

What the journals are told of is counted as it happens, so that a reset takes nothing away; what is
there now is looked at when somebody asks. Labels are words of our own tables: no ids, no keys, no
names of scopes.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mock_tingwu import __version__
from mock_tingwu.core.clock import VirtualClock
from mock_tingwu.core.journal import Entry
from mock_tingwu.protocols import nls

if TYPE_CHECKING:
    from mock_tingwu.services.pushing import PushingConnection
    from mock_tingwu.services.world import World

PATH: Final = "/_mock/metrics"
#: The text format 0.0.4 (prometheus.io, exposition formats).
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
#: A family has at most so many series; what is new then is counted as `OTHER`.
MOST_SERIES: Final = 200
#: The label of what has no name of ours.
OTHER: Final = "other"

_PREFIX: Final = "mock_tingwu_"


_REALTIME_EVENTS: Final = frozenset(nls.EVENTS)


def event_sent(entry: Entry) -> str | None:
    """Which event a ``ws_out`` is: header.name, or DashScope's action; None for none of ours."""
    message = entry["message"]
    if entry["service"] == "realtime":
        name = _text_at(b'"name":"', message)
        return name if name in _REALTIME_EVENTS else None
    # Loaded by the connection.
    from mock_tingwu.protocols.inference import ACTIONS, EVENTS

    event = _text_at(b'"event":"', message)
    if event == "result-generated":
        action = _text_at(b'"action":"', message)
        return action if action in ACTIONS else None
    return event if event in EVENTS else None


def _text_at(name: bytes, message: bytes) -> str:
    """The text behind the first ``name`` in a message: what is looked for is ours and in front.

    Decoding would take the longer the more words a sentence has.
    """
    begin = message.find(name) + len(name)
    return message[begin : message.find(b'"', begin)].decode("utf-8", "replace")


class _Counted(Struct, frozen=True):
    """A family of counters by ``labels``, which are fields of the entries of its kind."""

    name: str
    help: str
    labels: tuple[str, ...]


#: What is counted, by the kind of journal entry.
_COUNTED: Final = {
    "response": _Counted(
        "requests_total",
        "HTTP requests answered, by the API's operation and the HTTP status.",
        ("service", "operation", "status"),
    ),
    "transition": _Counted(
        "transitions_total", "Changes of the status of tasks.", ("event", "before", "after")
    ),
    "ws_close": _Counted(
        "sessions_closed_total",
        "WebSocket sessions that ended, by who ended them.",
        ("service", "by"),
    ),
    "ws_out": _Counted(
        "events_sent_total", "Events sent to WebSocket clients.", ("service", "event")
    ),
    "callback": _Counted(
        "callbacks_total", "Attempts to deliver a callback.", ("service", "outcome")
    ),
    "fault": _Counted("faults_fired_total", "Faults that went off.", ("service", "action")),
    "violation": _Counted(
        "violations_total", "What clients did against the rules.", ("service", "rule")
    ),
}


#: Numbers by the values of their labels; None is `OTHER`.
Series = Iterable[tuple[tuple[Any, ...], float]]


class Family(Struct, frozen=True):
    """Numbers of one name."""

    name: str
    type: str
    help: str
    series: Series
    labels: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """It in the text format."""
        yield f"# HELP {self.name} {_escaped(self.help)}\n# TYPE {self.name} {self.type}\n"
        for values, number in self.series:
            pairs = ",".join(
                f'{label}="{_escaped(OTHER if value is None else str(value), quotes=True)}"'
                for label, value in zip(self.labels, values, strict=True)
            )
            yield f"{self.name}{'{' + pairs + '}' if pairs else ''} {number}\n"


class Metrics:
    """The counters of one server, from its start."""

    def __init__(self, now: int) -> None:
        #: When it began to count, in ms.
        self.began = now
        #: Connections that are open, whatever has become of their scopes.
        self.open: dict[PushingConnection, None] = {}
        #: Entries that were dropped from journals which are gone.
        self.dropped = 0
        self._entries: dict[str, int] = {}
        self._counts: dict[str, dict[tuple[Any, ...], int]] = {kind: {} for kind in _COUNTED}
        self._opened: Counter[str] = Counter()
        self._frames: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()

    def note(self, entry: Entry) -> None:
        """Count what a journal is told of."""
        kind = entry["kind"]
        self._entries[kind] = self._entries.get(kind, 0) + 1
        counted = _COUNTED.get(kind)
        if counted is not None:
            counts = self._counts[kind]
            if kind == "ws_out":
                labels: tuple[Any, ...] = (entry["service"], event_sent(entry))
            else:
                labels = tuple(map(entry.get, counted.labels))
            if labels not in counts and len(counts) >= MOST_SERIES:
                labels = (None,) * len(labels)
            counts[labels] = counts.get(labels, 0) + 1

    def opened(self, connection: PushingConnection) -> None:
        """A client has connected."""
        self.open[connection] = None
        self._opened[connection.service] += 1

    def closed(self, connection: PushingConnection) -> None:
        """A client has gone; what it has brought stays counted."""
        if connection in self.open:
            del self.open[connection]
            frames, size = connection.received
            self._frames[connection.service] += frames
            self._bytes[connection.service] += size

    def text(self, world: World) -> str:
        """`families` in the text format 0.0.4."""
        return "".join(line for family in self.families(world) for line in family.lines())

    def families(self, world: World) -> Iterator[Family]:
        """All of it, as it is now."""
        uptime = (world.real_steady() - self.began) / 1000
        yield _gauge("info", "Version.", [((__version__,), 1)], "version")
        yield _gauge("uptime_seconds", "Since the server was made.", _one(uptime))
        for kind, counted in _COUNTED.items():
            series = self._counts[kind].items()
            yield _counter(counted.name, counted.help, series, *counted.labels)
        yield from self._of_sessions()
        yield from self._of_scopes(world)
        yield from _of_process()

    def _of_sessions(self) -> Iterator[Family]:
        frames, size = self._frames.copy(), self._bytes.copy()
        states: Counter[tuple[str, ...]] = Counter()
        for connection in self.open:
            states[connection.service, connection.state] += 1
            received = connection.received
            frames[connection.service] += received[0]
            size[connection.service] += received[1]
        text = "WebSocket sessions that are open, by the state of their protocol."
        yield _gauge("sessions", text, states.items(), "service", "state")
        for name, text, counts in (
            ("sessions_opened_total", "WebSocket sessions that were opened.", self._opened),
            ("audio_frames_total", "Binary WebSocket messages received.", frames),
            ("audio_bytes_total", "Bytes in them.", size),
        ):
            series = [((service,), count) for service, count in counts.items()]
            yield _counter(name, text, series, "service")

    def _of_scopes(self, world: World) -> Iterator[Family]:
        tasks: Counter[tuple[str, ...]] = Counter()
        clocks: Counter[tuple[str, ...]] = Counter({("system",): 0, ("virtual",): 0})
        entries = size = 0
        dropped = self.dropped
        for realm in world:
            tasks.update((task.order.service, task.status.wire) for task in realm.tasks.values())
            clocks[("virtual" if isinstance(realm.clock, VirtualClock) else "system",)] += 1
            entries += realm.journal.kept
            size += realm.journal.kept_bytes
            dropped += realm.journal.dropped
        by_kind = [((kind,), count) for kind, count in self._entries.items()]
        yield _gauge("tasks", "Tasks that there are.", tasks.items(), "service", "status")
        yield _gauge("scopes", "Scopes, by their clock.", clocks.items(), "clock")
        if world.has(world.DEFAULT):
            now = world.default.clock.now() / 1000
            yield _gauge("clock_seconds", "Time of the default scope, since 1970.", _one(now))
        yield _counter("journal_recorded_total", "Entries ever made.", by_kind, "kind")
        yield _counter("journal_dropped_total", "Entries dropped for room.", _one(dropped))
        yield _gauge("journal_entries", "Entries in all journals.", _one(entries))
        yield _gauge("journal_bytes", "Memory that they take, about.", _one(size))


def _gauge(name: str, help: str, series: Series, *labels: str) -> Family:
    return Family(_PREFIX + name, "gauge", help, series, labels)


def _counter(name: str, help: str, series: Series, *labels: str) -> Family:
    return Family(_PREFIX + name, "counter", help, series, labels)


def _one(value: float) -> Series:
    """A number without labels."""
    return [((), value)]


def _of_process() -> Iterator[Family]:
    """What is at work, and what client libraries of Prometheus tell, where Linux tells it."""
    text = "Tasks of the event loop, the one that asks among them."
    yield _gauge("jobs", text, _one(_jobs()))
    yield _gauge("threads", "Threads of the process.", _one(threading.active_count()))
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        descriptors = sum(1 for _ in Path("/proc/self/fd").iterdir())
    except (OSError, ValueError, IndexError):
        return
    size = pages * os.sysconf("SC_PAGE_SIZE")
    yield Family("process_resident_memory_bytes", "gauge", "Memory in use.", _one(size))
    # The folder was open while it was counted.
    text = "Open files and sockets."
    yield Family("process_open_fds", "gauge", text, _one(descriptors - 1))


def _jobs() -> int:
    try:
        return len(asyncio.all_tasks())
    except RuntimeError:  # no event loop asks
        return 0


def _escaped(text: str, *, quotes: bool = False) -> str:
    text = text.replace("\\", r"\\").replace("\n", r"\n")
    return text.replace('"', r"\"") if quotes else text


class MetricsControl:
    """The control API's part."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        return [Route(PATH, self.metrics)]

    async def metrics(self, request: Request) -> Response:
        """What has happened on this server, in all scopes."""
        text = self._world.metrics.text(self._world)
        return Response(text, headers={"Content-Type": CONTENT_TYPE})
