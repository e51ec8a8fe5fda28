"""Meetings over WebSocket beside a bare echo."""

from __future__ import annotations

import statistics
import time
from typing import Final

from benchmarks import meetings
from benchmarks.measures import ROUNDS, Measure, percentile
from benchmarks.processes import ROOT, Process, bare, mock, running
from mock_tingwu.media import read_wav

COUNTS: Final = (100, 500, 1_000)
#: How long a closed loop lasts, and how long frames are pushed in real time, in seconds.
CLOSED_S: Final = 1.5
PACED_S: Final = 4.0
_ECHO: Final = "echo of websockets' core"
SHARE: Final = "paced meetings, share of a core"


def measure() -> list[Measure]:
    """Frames per second, processor and memory that meetings take, and how late events are."""
    pushed = meetings.frames(read_wav(ROOT / "fixtures" / "audio" / "cn-weekly-sync.wav")[0])
    found = []
    with running(mock=mock(), echo=bare("echo")) as servers:
        for count in COUNTS:
            rates: dict[str, list[float]] = {"mock": [], "echo": []}
            for _ in range(ROUNDS):
                for name, server in servers.items():
                    rates[name].append(_closed(server, count, pushed, echo=name == "echo"))
            ours, theirs = (statistics.median(rates[name]) for name in ("mock", "echo"))
            what = f"{count} meetings, closed loop, frames/s"
            found.append(Measure(what, ours, theirs, _ECHO, 0.6, more_is_better=True))
    with running(mock=mock(), echo=bare("echo")) as servers:
        ours_paced = [
            _paced(servers["mock"], COUNTS[-1], pushed, echo=False) for _ in range(ROUNDS)
        ]
        echo_paced = [_paced(servers["echo"], COUNTS[-1], pushed, echo=True) for _ in range(ROUNDS)]
    share, late, memory = (statistics.median(column) for column in zip(*ours_paced, strict=True))
    bare_share, bare_late, _ = (
        statistics.median(column) for column in zip(*echo_paced, strict=True)
    )
    count = COUNTS[-1]
    return [
        *found,
        Measure(f"{count} {SHARE}", share, None, "", 0.2),
        Measure("the same beside the echo", share, bare_share, _ECHO, None),
        Measure(f"{count} paced meetings, p99 delay of events, ms", late, None, "", 10.0),
        Measure("the same beside the echo", late, bare_late, _ECHO, None),
        Measure("memory of a meeting that is on, KiB", memory, None, "", 48.0),
    ]


def _closed(server: Process, count: int, pushed: list[bytes], *, echo: bool) -> float:
    connected = meetings.connect(server.port, count, bare=echo)
    try:
        return meetings.closed_loop(connected, pushed, CLOSED_S)
    finally:
        meetings.close(connected)


def _paced(
    server: Process, count: int, pushed: list[bytes], *, echo: bool
) -> tuple[float, float, float]:
    """Share of a core, p99 delay in ms, and KiB for each meeting."""
    before = server.mebibytes
    connected = meetings.connect(server.port, count, bare=echo)
    try:
        used, begun = server.cpu_seconds, time.perf_counter()
        delays = meetings.paced(connected, pushed, PACED_S)
        share = (server.cpu_seconds - used) / (time.perf_counter() - begun)
        memory = (server.mebibytes - before) * 1024 / count
    finally:
        meetings.close(connected)
    return share, percentile(delays, 0.99) * 1000, memory
