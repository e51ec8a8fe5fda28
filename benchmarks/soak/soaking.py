"""The run itself: one server, scope after scope, and the judgement at the end."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from benchmarks.soak import actors, troublemakers
from benchmarks.soak.counting import Tally
from benchmarks.soak.receiver import Receiver
from benchmarks.soak.sampling import Numbers, Sample, Sampler, slope, total
from benchmarks.soak.scene import Scene
from benchmarks.soak.server import ROOT, ServerProcess
from mock_tingwu.client import ClientError

#: Memory may grow by so many MiB a minute after the first third. Runs of four and five minutes had
#: 6 to 12 without a finding that explains it; the leaks that were found had 38 to 53.
BOUND_MIB_A_MINUTE: Final = 20.0
#: The slope is judged when there are so many seconds of samples behind the beginning.
SHORTEST_SLOPE_S: Final = 60.0
#: How long a scope lives, in seconds, and how many there are at the same time.
SCENE_S, SCENES = 15.0, 2
#: Actors in each scope, and how long each rests between two acts, in seconds at most.
ACTORS, REST_S = 6, 0.3
#: No act may take longer, in seconds.
LONGEST_ACT_S: Final = 45.0
#: After the traffic the server may take so long to be as it was, in seconds.
SETTLE_S: Final = 15.0
#: So many scripts are sent at once in the beginning: all threads for short work are there then.
THREADS: Final = 40

Act = Callable[[Scene], Awaitable[None]]
#: What actors do, and how often.
ACTS: Final[tuple[tuple[Act, int], ...]] = (
    (actors.whole_meeting, 8),
    (actors.recording, 8),
    (actors.agent_recording, 4),
    (actors.agent_meeting, 4),
    (actors.live_captions, 3),
    (actors.abandoned_meeting, 2),
    (actors.two_pushers, 2),
    (actors.instructions, 2),
    (actors.hot_words, 2),
    (troublemakers.bad_requests, 2),
    (troublemakers.odd_bytes, 2),
    (troublemakers.wrong_tokens, 2),
    (troublemakers.shaken_scope, 2),
    (troublemakers.knobs, 3),
    (troublemakers.scenario, 1),
)


@dataclass(slots=True)
class Outcome:
    """What a run came to. ``findings`` are sentences; none means that all is well."""

    store: str
    seconds: float
    findings: list[str] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    before: Sample | None = None
    after: Sample | None = None
    growth: float = 0.0
    cpu: float = 0.0
    acts: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    entries: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    checked: int = 0
    scopes: int = 0
    requests: tuple[int, int] = (0, 0)
    sessions: tuple[int, int] = (0, 0)


class Soak:
    """One run against one server."""

    def __init__(self, server: ServerProcess, outcome: Outcome, seed: int) -> None:
        self._server = server
        self._outcome = outcome
        self._random = random.Random(seed)
        self._tally = Tally()
        self._audio = _audio()
        # Several recordings differ in their names only: what is fetched is a few seconds of one.
        self._receiver = Receiver(actors._wave(self._audio[: 32_000 * 4]), self._random)
        self._numbers = 0

    async def run(self) -> None:
        """Warm up, let traffic live for the time given, wait for silence, judge."""
        outcome = self._outcome
        sampler = Sampler(self._server.url, self._server.pid)
        async with AsyncExitStack() as stack:
            await self._receiver.start()
            stack.push_async_callback(self._receiver.close)
            client = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
            stack.enter_context(self._tally.handshakes())
            await self._scene(min(SCENE_S, outcome.seconds / 3), every=True)
            await self._fill_threads()
            outcome.before = await self._quiet(sampler, client, None)
            began, used = time.monotonic(), self._cpu()
            watching = asyncio.ensure_future(sampler.run())
            try:
                lanes = (self._lane(began + outcome.seconds, lane) for lane in range(SCENES))
                await asyncio.gather(*lanes)
            finally:
                outcome.cpu = (self._cpu() - used) / (time.monotonic() - began)
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)
            outcome.after = await self._quiet(sampler, client, outcome.before)
            outcome.samples = sampler.samples
            self._judge(await sampler.numbers(client))

    async def _lane(self, until: float, lane: int) -> None:
        await asyncio.sleep(lane * min(SCENE_S, self._outcome.seconds) / SCENES)
        while (left := until - time.monotonic()) > 0:
            await self._scene(min(SCENE_S, left))

    async def _scene(self, seconds: float, *, every: bool = False) -> None:
        """Let a scope live for so long. ``every``: each act is done once, and then it ends."""
        number = self._numbers
        self._numbers += 1
        scene = Scene(
            self._server.url,
            number,
            random.Random(self._random.random()),
            self._tally,
            self._receiver,
            self._audio,
        )
        outcome = self._outcome
        async with scene.open():
            if every:
                await asyncio.gather(*(self._act(scene, act) for act, _ in ACTS))
            else:
                until = time.monotonic() + seconds
                await asyncio.gather(*(self._acts(scene, until) for _ in range(ACTORS)))
        outcome.findings += scene.ledger.findings
        outcome.entries += scene.ledger.kinds
        outcome.faults += scene.ledger.faults
        outcome.checked += scene.ledger.checked
        outcome.scopes += 1

    async def _acts(self, scene: Scene, until: float) -> None:
        choices, weights = zip(*ACTS, strict=True)
        while time.monotonic() < until:
            (act,) = scene.random.choices(choices, weights)
            await self._act(scene, act)
            await asyncio.sleep(scene.random.uniform(0, REST_S))

    async def _act(self, scene: Scene, act: Act) -> None:
        name = act.__name__
        self._tally.acts[name] += 1
        try:
            async with asyncio.timeout(LONGEST_ACT_S):
                await act(scene)
        except ClientError as error:
            self._tally.errors[type(error).__name__] += 1
        except httpx.HTTPError as error:
            self._tally.errors[type(error).__name__] += 1
        except TimeoutError:
            scene.ledger.find(f"{name} did not end within {LONGEST_ACT_S:g} s")
        except Exception as error:
            scene.ledger.find(f"{name} met {type(error).__name__}: {error}")

    async def _fill_threads(self) -> None:
        """Have the server start all the threads that it keeps for short work."""
        script = {"format": "srt", "text": "1\n00:00:01,000 --> 00:00:02,000\nHello.\n" * 400}
        body = {"task_key": "none", "script": script}
        async with httpx.AsyncClient(trust_env=False, base_url=self._server.url) as client:
            calls = [
                client.post("/_mock/scripts?scope=threads", json=body, timeout=60)
                for _ in range(THREADS)
            ]
            await asyncio.gather(*calls)
            await client.delete("/_mock/scopes/threads")

    async def _quiet(
        self, sampler: Sampler, client: httpx.AsyncClient, before: Sample | None
    ) -> Sample:
        """Wait until the server is as ``before``, or as it stays; how it is then."""
        deadline = time.monotonic() + SETTLE_S
        last = await sampler.look(client)
        while True:
            await asyncio.sleep(0.5)
            now = await sampler.look(client)
            same = _held(now) == _held(last) if before is None else _held(now) == _held(before)
            if same or time.monotonic() > deadline:
                return now
            last = now

    def _judge(self, numbers: Numbers) -> None:
        outcome, tally = self._outcome, self._tally
        find = outcome.findings.append
        assert outcome.before is not None and outcome.after is not None
        for what, before, after in zip(
            ("descriptors", "threads", "jobs", "sessions", "scopes"),
            _held(outcome.before),
            _held(outcome.after),
            strict=True,
        ):
            if after != before:
                find(f"{what}: {before} before the traffic, {after} after it")
        settled = outcome.samples[len(outcome.samples) // 3 :]
        outcome.growth = 60 * slope([(one.at, one.memory) for one in settled])
        long_enough = settled and settled[-1].at - settled[0].at >= SHORTEST_SLOPE_S
        if long_enough and outcome.growth > BOUND_MIB_A_MINUTE:
            find(
                f"memory grows by {outcome.growth:.2f} MiB a minute, "
                f"at most {BOUND_MIB_A_MINUTE:g} are expected"
            )
        counted = int(total(numbers, "journal_recorded_total", kind="request"))
        outcome.requests = (tally.sent + tally.turned_away, counted)
        lost = tally.sent - tally.answered
        if not outcome.requests[0] - lost <= counted <= outcome.requests[0] + tally.odd:
            find(
                f"{outcome.requests[0]} requests were sent, {lost} of them not answered; "
                f"the server counts {counted}"
            )
        opened = int(total(numbers, "sessions_opened_total"))
        closed = int(total(numbers, "sessions_closed_total"))
        outcome.sessions = (tally.joined, opened)
        unknown = tally.joining - tally.joined - tally.turned_away
        if not tally.joined <= opened <= tally.joined + unknown:
            find(f"{tally.joined} WebSockets were opened, the server counts {opened}")
        if opened != closed:
            find(f"{opened} sessions were opened, {closed} were closed")
        if not self._server.alive:
            find("the server has ended by itself")
        outcome.acts, outcome.errors = tally.acts, tally.errors

    def _cpu(self) -> float:
        """The seconds of processor time that the server has used."""
        fields = Path(f"/proc/{self._server.pid}/stat").read_text("ascii").rpartition(") ")[2]
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / 100


def _held(sample: Sample) -> tuple[int, ...]:
    return (sample.descriptors, sample.threads, sample.jobs, sample.sessions, sample.scopes)


def _audio() -> bytes:
    from mock_tingwu.media import read_wav

    return read_wav(ROOT / "fixtures" / "audio" / "cn-weekly-sync.wav")[0]


async def soak(seconds: float, store: str, seed: int) -> Outcome:
    """Drive a server with this ``store`` (memory or data-dir) for so long."""
    outcome = Outcome(store, seconds)
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / "data" if store == "data-dir" else None
        with ServerProcess(Path(folder) / "log", data_dir, seed) as server:
            await Soak(server, outcome, seed).run()
            status = server.stop()
        if status:
            outcome.findings.append(f"the server ended with status {status}")
        outcome.findings += [f"the server's log says: {line}" for line in server.complaints()]
    return outcome
