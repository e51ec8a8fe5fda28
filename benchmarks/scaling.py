"""One worker beside two, with a real Redis server: two scopes, half of the calls to each."""

from __future__ import annotations

import contextlib
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks import calls
from benchmarks.calls import BODY, TASKS, drive
from benchmarks.measures import ROUNDS, Measure
from benchmarks.processes import Process, mock, pin

SECONDS: Final = 2.0
_ONE: Final = "one worker"
#: AppKeys of scopes that different ones of two workers have.
_SCOPES: Final = ("a", "b")
_REDIS_S: Final = 10.0


def measure() -> list[Measure]:
    """Answers per second of both, on all cores of the machine; whoever asks needs one of them."""
    if shutil.which("redis-server") is None:
        print("  there is no redis-server on this machine: nothing is measured")
        return []
    pin(None)
    found = []
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        servers = [
            stack.enter_context(
                mock(
                    *("--workers", str(count), "--data-dir", str(folder / str(count))),
                    *("--store", stack.enter_context(_redis(folder / f"redis-{count}"))),
                    core=None,
                )
            )
            for count in (1, 2)
        ]
        for what, make in (("GetTaskInfo", _gets), ("CreateTask", _creates)):
            requests = [make(server) for server in servers]
            rates: list[list[float]] = [[], []]
            for _ in range(ROUNDS):
                for server, sent, taken in zip(servers, requests, rates, strict=True):
                    kinds = [calls.unsigned(one) for one in sent]
                    taken.append(drive(server.port, kinds, SECONDS).per_second)
            one, two = map(statistics.median, rates)
            name = f"{what} in two scopes with 2 workers, answers/s"
            found.append(Measure(name, two, one, _ONE, None, more_is_better=True))
    return found


@contextlib.contextmanager
def _redis(folder: Path) -> Iterator[str]:
    """A Redis server that writes nothing to the disk; its address."""
    folder.mkdir()
    path = folder / "redis.sock"
    server = subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", folder],
        stdout=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + _REDIS_S
        while not path.exists():
            if time.monotonic() > deadline:
                raise RuntimeError("redis-server does not come up")
            time.sleep(0.01)
        yield f"unix://{path}"
    finally:
        server.terminate()
        server.wait()


def _creates(server: Process) -> list[bytes]:
    """A CreateTask for each scope."""
    bodies = [BODY.replace(b"benchmark", name.encode(), 1) for name in _SCOPES]
    return [calls.request("PUT", f"{TASKS}?type=realtime", body) for body in bodies]


def _gets(server: Process) -> list[bytes]:
    """A GetTaskInfo of a task of each scope, which is made with it."""
    for name in _SCOPES:
        scope = calls.request("POST", "/_mock/scopes", f'{{"name":"{name}"}}'.encode())
        assert calls.one(server.port, scope)["name"] == name
    made = [calls.one(server.port, create)["Data"]["TaskId"] for create in _creates(server)]
    return [calls.get(task_id) for task_id in made]
