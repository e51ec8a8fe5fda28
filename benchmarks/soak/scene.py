"""One scope from its making to its end: its clients, what goes wrong in it, and who follows it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any, Final

import httpx

from benchmarks.soak.checks import Json, Ledger
from benchmarks.soak.counting import Tally
from benchmarks.soak.faults import RULES
from benchmarks.soak.receiver import AGAIN, Receiver
from mock_tingwu.client import DashScopeClient, LiveAsrClient, Retries, TingwuClient

#: What is under way when the actors have gone may take so long, in seconds.
DRAIN_S: Final = 30.0
#: How far a virtual clock is moved on, in ms of it and seconds of ours: eight times real time.
STEP_MS, STEP_S = 400, 0.05
#: How far it is moved on at the end: longer than all pauses between attempts together.
REST_MS: Final = 1_000_000


class Scene:
    """What actors use: clients with keys of this scope, audio, a receiver.

    ``wanted`` and ``told`` are what `Ledger.finish` is told of the tasks that actors have made.
    """

    def __init__(
        self,
        url: str,
        number: int,
        random: Random,
        tally: Tally,
        receiver: Receiver,
        audio: bytes,
    ) -> None:
        self.url = url
        self.name = f"soak-{number}"
        self.random = random
        self.tally = tally
        self.receiver = receiver
        self.audio = audio
        self.virtual = number % 2 == 1
        self.awkward = number % 4 == 2
        self.wanted: dict[str, set[str]] = {}
        self.told: set[str] = set()
        self.ledger = Ledger(self.name, strict=not self.awkward)
        self.keys = {what: f"{self.name}-{what}" for what in ("app", "agent", "sdk", "id", "api")}
        self.control = tally.watch(httpx.AsyncClient(base_url=url, trust_env=False, timeout=90))
        retries = Retries(budget=5)
        self.tingwu = TingwuClient(
            url,
            access_key_id=self.keys["id"],
            access_key_secret="any",
            app_key=self.keys["app"],
            retries=retries,
        )
        self.dashscope = DashScopeClient(
            url, api_key=self.keys["api"], app_id=self.keys["agent"], retries=retries
        )
        self.live = LiveAsrClient(
            url, access_key_id=self.keys["id"], access_key_secret="any", retries=retries
        )
        for client in (self.tingwu, self.dashscope, self.live):
            tally.watch(client._http)

    async def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Call the control API in this scope; its answer."""
        answer = await self.control.request(
            method, f"/_mock/{path}", json=body, params={"scope": self.name, **query}
        )
        answer.raise_for_status()
        return answer.json()

    def address(self, service: str) -> str:
        """Where callbacks go; the receiver refuses some where nobody has to wait for the next."""
        again = AGAIN if self.virtual or service == "live" else "once"
        return f"{self.receiver.url}/{self.name}/{service}/{again}"

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Make the scope, and end it with everything in it."""
        await self._make()
        jobs = [asyncio.ensure_future(self._follow())]
        if self.virtual:
            jobs.append(asyncio.ensure_future(self._drive()))
        try:
            yield
            await self._drain()
            await self._judge()
        finally:
            for job in jobs:
                job.cancel()
            for outcome in await asyncio.gather(*jobs, return_exceptions=True):
                if isinstance(outcome, Exception):
                    self.ledger.find(f"whoever follows or drives it met {outcome!r}")
            with contextlib.suppress(httpx.HTTPError):
                await self.control.delete(f"/_mock/scopes/{self.name}")
            for client in (self.tingwu, self.dashscope, self.live):
                await client.close()
            await self.control.aclose()

    async def _make(self) -> None:
        made: Json = {"name": self.name, "keys": list(self.keys.values())}
        made |= {"clock": "virtual" if self.virtual else "system"}
        made |= {"profile": "awkward" if self.awkward else "plain"}
        answer = await self.control.post("/_mock/scopes", json=made)
        answer.raise_for_status()
        await self.ask(
            "POST", "callbacks", {"app_key": self.keys["app"], "url": self.address("tingwu")}
        )
        await self.ask(
            "POST", "apps", {"app_id": self.keys["agent"], "callback": self.address("dashscope")}
        )
        for rule in RULES:
            await self.ask("POST", "faults", rule)

    async def _follow(self) -> None:
        while True:
            await self._read(wait_ms=1_000)

    async def _read(self, *, wait_ms: int) -> None:
        found = await self.ask("GET", "journal", since=self.ledger.last_seq, wait_ms=wait_ms)
        for entry in found["entries"]:
            if entry["seq"] > self.ledger.last_seq:
                self.ledger.take(entry)

    async def _drive(self) -> None:
        while True:
            await self.ask("POST", "clock", {"advance_ms": STEP_MS})
            await asyncio.sleep(STEP_S)

    async def _drain(self) -> None:
        """Wait until nothing goes on any more."""
        await self.ask("DELETE", "faults")
        for task in await self.live.tasks():
            await self.live.stop(task.task_id)
        deadline = time.monotonic() + DRAIN_S
        while busy := await self._busy():
            if time.monotonic() > deadline:
                self.ledger.find(f"after {DRAIN_S:g} s without traffic there still is {busy}")
                return
            if self.virtual:
                await self.ask("POST", "clock", {"advance_ms": REST_MS})
            await asyncio.sleep(0.1)

    async def _busy(self) -> str:
        tasks = (await self.ask("GET", "tasks"))["tasks"]
        for task in tasks:
            if task["state"] == "FINISHING" or (task["type"] == "offline" and _runs(task)):
                return f"the task {task['task_id']} in {task['state']}"
        for told in (await self.ask("GET", "callbacks"))["callbacks"]:
            if told["waiting"]:
                return f"{told['waiting']} callbacks of Tingwu that wait"
        for told in (await self.ask("GET", "apps"))["apps"]:
            if told.get("waiting"):
                return f"{told['waiting']} callbacks of DashScope that wait"
        sessions = (await self.ask("GET", "sessions"))["sessions"]
        return f"{len(sessions)} sessions" if sessions else ""

    async def _fall_silent(self) -> None:
        """Wait until nothing more is written down: nobody counts copies, nor captions."""
        silent, seen = 0, -1
        while silent < 3:
            if self.virtual:
                await self.ask("POST", "clock", {"advance_ms": REST_MS})
            await asyncio.sleep(0.2)
            last = (await self.ask("GET", "journal", limit=1, kind="note"))["last_seq"]
            silent = silent + 1 if last == seen else 0
            seen = last

    async def _judge(self) -> None:
        await self._fall_silent()
        tasks = (await self.ask("GET", "tasks"))["tasks"]
        whole = [await self.ask("GET", f"tasks/{task['task_id']}") for task in tasks]
        await self._read(wait_ms=0)
        self.ledger.finish(whole, self.wanted, self.told)
        for service in ("tingwu", "dashscope", "live"):
            path = self.address(service).removeprefix(self.receiver.url)
            # The trial of an address is no callback.
            trial = service != "live"
            for body in self.receiver.bodies.pop(path, ()):
                self.ledger.posted(service, body)
            taken, delivered = self.receiver.taken[path], self.ledger.delivered[service]
            most = delivered + self.ledger.unanswered[service] + trial
            if not delivered <= taken <= most:
                self.ledger.find(
                    f"the journal has {delivered} callbacks of {service} as delivered, "
                    f"the receiver took {taken}"
                )


def _runs(task: Json) -> bool:
    return task["state"] not in ("COMPLETED", "FAILED")
