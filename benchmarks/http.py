"""GetTaskInfo and CreateTask through everything, beside a bare route."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Iterator
from typing import Final

from benchmarks import calls
from benchmarks.calls import CREATE, TASKS, Load, drive
from benchmarks.measures import ROUNDS, Measure
from benchmarks.processes import Process, bare, mock, running

#: How long each load lasts in a round, in seconds.
SECONDS: Final = 1.0
_STARLETTE: Final = "bare Starlette route"


def measure() -> list[Measure]:
    """Answers per second and the slowest, in `open` and in `verify`."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running(
            starlette=bare("web", "starlette"),
            asgi=bare("web", "asgi"),
            open=mock(),
            verify=mock("--auth", "verify"),
            kept=mock("--data-dir", folder),
        ) as servers,
    ):
        loads = _loads(servers)
        taken: dict[str, list[Load]] = {name: [] for name in loads}
        for _ in range(ROUNDS):
            for name, (port, requests) in loads.items():
                taken[name].append(drive(port, requests(), SECONDS))
    rate = {name: statistics.median(one.per_second for one in all_) for name, all_ in taken.items()}
    slowest = {name: statistics.median(one.p99_ms for one in all_) for name, all_ in taken.items()}

    def beside(what: str, name: str, base: str, against: str, goal: float | None) -> Measure:
        return Measure(f"{what}, answers/s", rate[name], rate[base], against, goal, True)

    def p99(what: str, name: str, goal: float | None) -> Measure:
        about = f"{what}, p99 ms at {calls.CONNECTIONS} connections"
        return Measure(about, slowest[name], None, "", goal)

    return [
        beside("GetTaskInfo, open", "get open", "get starlette", _STARLETTE, 0.9),
        beside("GetTaskInfo, verify", "get verify", "get starlette", _STARLETTE, 0.65),
        beside("CreateTask, open", "create open", "create starlette", _STARLETTE, 0.65),
        beside("CreateTask, verify", "create verify", "create starlette", _STARLETTE, None),
        beside("GetTaskInfo with a result", "finished", "get starlette", _STARLETTE, None),
        beside("GetTaskInfo, open", "get open", "get asgi", "raw ASGI callable", None),
        beside("GetTaskInfo with a data_dir", "get kept", "get open", "without", None),
        beside("CreateTask with a data_dir", "create kept", "create open", "without", None),
        p99("GetTaskInfo, open", "get open", 3.0),
        p99("CreateTask, open", "create open", 3.0),
        p99("bare Starlette, GET", "get starlette", None),
        p99("bare Starlette, PUT", "create starlette", None),
    ]


def _loads(servers: dict[str, Process]) -> dict[str, tuple[int, Callable[[], Iterator[bytes]]]]:
    """Where each load goes, and what it is made of."""
    open_, verify = servers["open"].port, servers["verify"].port
    plain = servers["starlette"].port
    running_task = calls.one(open_, CREATE)["Data"]["TaskId"]
    finished = _finished(open_)
    kept = calls.one(servers["kept"].port, CREATE)["Data"]["TaskId"]
    verified = calls.one(verify, next(_signed_create()))["Data"]["TaskId"]
    get = calls.get(running_task)
    return {
        "get starlette": (plain, lambda: calls.unsigned(get)),
        "get open": (open_, lambda: calls.unsigned(get)),
        "get asgi": (servers["asgi"].port, lambda: calls.unsigned(get)),
        "get verify": (
            verify,
            lambda: calls.prepared(calls.signed("GET", f"{TASKS}/{verified}", {}), SECONDS),
        ),
        "finished": (open_, lambda: calls.unsigned(calls.get(finished))),
        "get kept": (servers["kept"].port, lambda: calls.unsigned(calls.get(kept))),
        "create kept": (servers["kept"].port, lambda: calls.unsigned(CREATE)),
        "create starlette": (plain, lambda: calls.unsigned(CREATE)),
        "create open": (open_, lambda: calls.unsigned(CREATE)),
        "create verify": (verify, lambda: calls.prepared(_signed_create(), SECONDS)),
    }


def _signed_create() -> Iterator[bytes]:
    return calls.signed("PUT", TASKS, {"type": "realtime"}, calls.BODY)


def _finished(port: int) -> str:
    """A meeting that was stopped: recognition alone was asked for, so its result is there."""
    task_id: str = calls.one(port, CREATE)["Data"]["TaskId"]
    body = f'{{"AppKey":"benchmark","Input":{{"TaskId":"{task_id}"}}}}'.encode()
    stop = calls.request("PUT", f"{TASKS}?type=realtime&operation=stop", body)
    assert calls.one(port, stop)["Data"]["TaskStatus"] == "COMPLETED"
    return task_id
