"""A world in this process without sockets, threads of its own or real time: every step is cheap.

HTTP calls go through the ASGI application, WebSocket messages straight into the endpoint that the
application's router finds. Time is a virtual clock, and so are the small real delays that spare
SDKs a race: `Stage.wait` lets them pass.
"""

from __future__ import annotations

import asyncio
import heapq
import json
import logging
import os
import random
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from typing import Any, Final, TypeVar

from hypothesis import HealthCheck, note, settings

from mock_tingwu.core.clock import VirtualClock
from mock_tingwu.core.delivery import Delivery, Outcome
from mock_tingwu.core.journal import Entry
from mock_tingwu.server.app import Application
from mock_tingwu.services.connection import Endpoint, Rejection
from mock_tingwu.services.outside import Outside
from mock_tingwu.services.world import World
from mock_tingwu.settings import Settings
from tests.conftest import Watch

#: Where the clocks of a stage begin, in ms.
START_MS: Final = 1_800_000_000_000
DAY_MS: Final = 24 * 60 * 60 * 1000
#: A step that takes longer hangs, in seconds of real time.
LONGEST_S: Final = 30
#: A larger run: so many examples of each machine and fuzzer, other ones every time.
EXAMPLES: Final = int(os.environ.get("ATTACK_EXAMPLES", "0"))
Json = dict[str, Any]
T = TypeVar("T")


def examples(number: int, steps: int = 25) -> settings:
    """So many examples, the same every time, unless ``ATTACK_EXAMPLES`` asks for a larger run."""
    return settings(
        max_examples=EXAMPLES or number,
        stateful_step_count=2 * steps if EXAMPLES else steps,
        derandomize=not EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


def wander(machine: Any, seed: int, moves: Sequence[tuple[str, Json]], steps: int = 25) -> None:
    """Let a state machine make steps at random, from a table of its rules and their arguments.

    Hypothesis prefers simple runs, in which streams seldom get far; this makes up for it. A choice
    of arguments may be a function of the machine.
    """
    source = random.Random(seed)
    for _ in range(steps):
        name, choices = source.choice(moves)
        given = {
            argument: source.choice(values(machine) if callable(values) else values)
            for argument, values in choices.items()
        }
        note(f"{name}({given})"[:200])
        getattr(machine, name)(**given)
        machine.all_is_as_it_should_be()


class Delay:
    """A call that is due after a small real delay."""

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Delays(Outside):
    """Small real delays that pass when a test says so. What is sent arrives at once."""

    def __init__(self) -> None:
        self.now = 0
        self.sent_bodies: list[Json] = []
        self._number = count()
        self._waiting: list[tuple[int, int, Delay]] = []

    def after(self, delay: int, callback: Callable[[], None]) -> Delay:
        handle = Delay(callback)
        heapq.heappush(self._waiting, (self.now + delay, next(self._number), handle))
        return handle

    def wait(self, milliseconds: int) -> None:
        """Let so much real time pass."""
        until = self.now + milliseconds
        while self._waiting and self._waiting[0][0] <= until:
            self.now, _, handle = heapq.heappop(self._waiting)
            if not handle.cancelled:
                handle.callback()
        self.now = until

    async def sent(
        self, delivery: Delivery, send: Callable[[Delivery], Awaitable[tuple[Outcome, str]]]
    ) -> tuple[Outcome, str]:
        self.sent_bodies.append(json.loads(delivery.body))
        return Outcome(200), ""


class Defects(logging.Handler):
    """What the mock logs of its own defects: an exception that came out of somewhere."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(self.format(record))


class Line:
    """What an endpoint may do with its connection; it keeps what was sent."""

    stalled = False
    unsent = 0

    def __init__(self) -> None:
        self.is_open = True
        self.code: int | None = None
        self.events: list[Json] = []

    def send_text(self, data: bytes, cuts: Sequence[int] = ()) -> None:
        assert self.is_open, f"sent behind the end: {data!r}"
        self.events.append(json.loads(data))

    def send_in_segments(self, cut: Callable[[bytes], Sequence[bytes]], *, together: bool) -> None:
        raise AssertionError("nobody has asked for an awkward line")

    def close(self, code: int, reason: str = "") -> None:
        if self.is_open:
            self.is_open, self.code = False, code

    def break_off(self) -> None:
        self.is_open = False

    def cut(self) -> None:
        self.is_open = False


class Client:
    """A WebSocket client of a stage: ``endpoint`` gets what it sends, ``line`` has the answers."""

    def __init__(self, stage: Stage, endpoint: Endpoint) -> None:
        self.line = Line()
        self._stage = stage
        self._endpoint = endpoint
        self.gone = False
        stage.do(lambda: endpoint.opened(self.line))

    def text(self, message: Json | str | bytes) -> None:
        data = json.dumps(message).encode() if isinstance(message, dict) else message
        raw = data.encode() if isinstance(data, str) else data
        self._stage.do(lambda: self._endpoint.text(raw))

    def binary(self, data: bytes) -> None:
        self._stage.do(lambda: self._endpoint.binary(data))

    def leave(self, code: int = 1000) -> None:
        """The connection is over: by the client unless the server has closed it before."""
        by_client = self.line.code is None
        self.gone, self.line.is_open = True, False
        self._stage.do(
            lambda: self._endpoint.closed(self.line.code or code, by_client),
        )


class Stage:
    """One world. Call `close` at the end."""

    def __init__(self, **given: Any) -> None:
        self.delays = Delays()
        self.watch = Watch()
        self.defects = Defects()
        logging.getLogger("mock_tingwu").addHandler(self.defects)
        self._loop = asyncio.new_event_loop()
        self.request_ids: list[str] = []
        self._seen = 0
        self._journal: Any = None

        async def build() -> tuple[World, Application]:
            world = World(
                Settings(**{"clock": "virtual", **given}),
                lambda mode: VirtualClock(START_MS),
                lambda: START_MS,
                self.delays,
            )
            return world, Application(world)

        self.world, self.app = self._run(build())
        self.world.taps.append(self.watch)

    def close(self) -> None:
        logging.getLogger("mock_tingwu").removeHandler(self.defects)
        self.do(self.world.close)
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    # HTTP

    def call(
        self, method: str, target: str, body: Json | None = None, **headers: str
    ) -> tuple[int, Json]:
        """Status and JSON of the answer to a request."""
        raw = b"" if body is None else json.dumps(body).encode()
        path, _, query = target.partition("?")
        sent: list[Any] = []
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [
                (b"host", b"127.0.0.1:8900"),
                (b"accept", b"application/json"),
                *((name.encode(), value.encode()) for name, value in headers.items()),
            ],
            "server": ("127.0.0.1", 8900),
            "client": ("127.0.0.1", 40_000),
            "extensions": {},
        }

        async def receive() -> Json:
            return {"type": "http.request", "body": raw, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        self._run(self.app(scope, receive, send))
        answer = json.loads(b"".join(part.get("body", b"") for part in sent[1:]))
        if request_id := answer.get("RequestId") or answer.get("request_id"):
            self.request_ids.append(request_id)
        return sent[0]["status"], answer

    def reset(self) -> None:
        """Forget everything; ids start over."""
        assert self.call("POST", "/_mock/reset")[0] == 200
        self.request_ids.clear()

    # WebSocket

    def open(self, target: str, **headers: str) -> Client | int:
        """A client of an endpoint, or the status that the handshake was refused with."""
        found = self.do(lambda: self.app.websocket(target, headers))
        return found.status if isinstance(found, Rejection) else Client(self, found)

    # Time

    @property
    def now(self) -> int:
        return self.world.default.clock.now()

    def advance(self, milliseconds: int) -> None:
        """Move the virtual clock on."""
        self._run(self.world.default.advance(milliseconds))

    def settle(self) -> None:
        """Wait until nothing is being read or sent."""
        self._run(self.world.default.settled())

    def turn(self) -> None:
        """Let the event loop go round: what is due on it at once happens."""
        self._run(asyncio.sleep(0.001))

    def wait(self, milliseconds: int) -> None:
        """Let real time pass."""
        self.do(lambda: self.delays.wait(milliseconds))

    # What always holds

    def check(self) -> None:
        """Nothing sent breaks the contract, no RequestId comes twice, no entry is left out.

        And no defect was met.
        """
        assert self.watch.breaches == []
        assert self.defects.found == []
        assert len(set(self.request_ids)) == len(self.request_ids)
        journal = self.world.default.journal
        if journal is not self._journal:
            self._journal, self._seen = journal, 0
        new = journal.newest(self._seen)
        assert [entry["seq"] for entry in new] == [*range(self._seen + 1, journal.seq + 1)]
        times = [entry["at"] for entry in new]
        assert times == sorted(times)
        self._seen = journal.seq

    def moves(self, task_id: str) -> list[tuple[str, str]]:
        """The transitions of a task that are in the journal."""
        found = self.world.default.journal.entries(task_id=task_id, kind="transition")
        return [(entry["before"], entry["after"]) for entry in found]

    def entries(self, kind: str) -> list[Entry]:
        return list(self.world.default.journal.entries(kind=kind))

    # Inside

    def do(self, step: Callable[[], T]) -> T:
        """Something on the event loop."""

        async def done() -> T:
            return step()

        return self._run(done())

    def _run(self, awaitable: Awaitable[T]) -> T:
        async def bounded() -> T:
            async with asyncio.timeout(LONGEST_S):
                return await awaitable

        return self._loop.run_until_complete(bounded())
