"""How long it takes until something is there, and what a server takes that has nothing to do."""

from __future__ import annotations

import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from typing import Final

import httpx
import uvicorn

from benchmarks import calls
from benchmarks.bare.web import starlette
from benchmarks.calls import CREATE, drive
from benchmarks.measures import ROUNDS, Measure, interleaved
from benchmarks.processes import ROOT, Process, bare, environment, mock
from mock_tingwu import MockTingwu

_BARE: Final = "bare uvicorn and Starlette"
_IN_THREAD: Final = f"{_BARE} in a thread"
#: How long calls are made before memory is looked at again, in seconds.
_LOAD_S: Final = 8.0


def measure() -> list[Measure]:
    """Starts of processes and threads, imports, memory."""
    cold_start(mock)  # whatever has to be compiled is
    serve, plain = interleaved(
        lambda: cold_start(mock), lambda: cold_start(lambda: bare("web", "starlette"))
    )
    pairs = [(in_process(MockTingwu), in_process(BareServer)) for _ in range(ROUNDS)]
    start, close, bare_start, bare_close = (
        statistics.median(pair[side][what] for pair in pairs) for side in (0, 1) for what in (0, 1)
    )
    with MockTingwu() as running:
        forgetting, answering = interleaved(lambda: reset(running), lambda: health(running))
    plugin, pytest = interleaved(
        lambda: imported("mock_tingwu.testing.plugin", after="pytest"), lambda: imported("pytest")
    )
    return [
        Measure("cold start of serve to the first 200, ms", serve * 1e3, plain * 1e3, _BARE, 1.5),
        *memory(),
        Measure("MockTingwu, made and started, ms", start * 1e3, bare_start * 1e3, _IN_THREAD, 5.0),
        Measure("MockTingwu.close, ms", close * 1e3, bare_close * 1e3, _IN_THREAD, 0.2),
        Measure(
            "MockTingwu.reset after a task, ms",
            forgetting * 1e3,
            answering * 1e3,
            "GET /_mock/health",
            2.0,
        ),
        Measure("import of the pytest plugin, ms", plugin * 1e3, pytest * 1e3, "pytest", 0.1),
    ]


def memory() -> list[Measure]:
    """MiB of a server that is idle, and how much more after twice as many calls.

    Finished tasks are kept, so the calls make none: GetTaskInfo fills journal and counters.
    """
    with mock() as server:
        idle = server.mebibytes
        task_id = calls.one(server.port, CREATE)["Data"]["TaskId"]
        sizes = []
        for _ in range(2):
            drive(server.port, calls.unsigned(calls.get(task_id)), _LOAD_S)
            sizes.append(server.mebibytes)
    return [
        Measure("memory of an idle server, MiB", idle, None, "", 40.0),
        Measure("memory after calls, MiB", sizes[1], sizes[0], "after half of them", 1.02),
    ]


def cold_start(start: Callable[[], Process]) -> float:
    """Seconds from starting a process to its first 200."""
    begun = time.perf_counter()
    process = start()
    try:
        while True:
            try:
                with urllib.request.urlopen(
                    f"http://127.0.0.1:{process.port}/_mock/health"
                ) as answer:
                    assert answer.status == 200
                return time.perf_counter() - begun
            except OSError:
                time.sleep(0.001)
    finally:
        process.stop()


class BareServer:
    """uvicorn and Starlette in a thread: what anybody would write."""

    def __init__(self) -> None:
        self._sock = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(
            starlette, loop="uvloop", http="httptools", lifespan="off", log_config=None
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._sock],))

    def start(self) -> BareServer:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.0001)
        return self

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join()


def in_process(make: Callable[[], MockTingwu | BareServer]) -> tuple[float, float]:
    """Seconds to start a server in this process, and to stop it."""
    begun = time.perf_counter()
    server = make().start()
    started = time.perf_counter()
    server.close()
    return started - begun, time.perf_counter() - started


def reset(running: MockTingwu) -> float:
    """Seconds for a reset after a task was made."""
    with httpx.Client(base_url=running.url) as client:
        source = {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000}
        body = {"AppKey": "a", "Input": source}
        client.put("/openapi/tingwu/v2/tasks?type=realtime", json=body).raise_for_status()
    begun = time.perf_counter()
    running.reset()
    return time.perf_counter() - begun


def health(running: MockTingwu) -> float:
    """Seconds for the least call on a connection that is open."""
    with httpx.Client(base_url=running.url) as client:
        client.get("/_mock/health")
        begun = time.perf_counter()
        client.get("/_mock/health")
        return time.perf_counter() - begun


def imported(module: str, after: str = "sys") -> float:
    """Seconds to import a module in a new process that has another one."""
    program = (
        f"import time, {after}; begun = time.perf_counter(); import {module}; "
        "print(time.perf_counter() - begun)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=ROOT,
        env=environment(),
    )
    return float(done.stdout)
