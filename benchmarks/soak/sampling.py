"""What the server's process holds, once a second, and whether that grows."""

from __future__ import annotations

import asyncio
import re
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

#: Seconds between two samples.
INTERVAL_S: Final = 1.0
_NUMBER: Final = re.compile(r"^(\w+)(?:\{(.*)\})? ([0-9.e+-]+)$", re.MULTILINE)

#: Numbers of a scrape by their name, with their labels in braces where they have some.
Numbers = dict[str, float]


@dataclass(frozen=True, slots=True)
class Sample:
    """One look: ``at`` seconds from the beginning, resident memory in MiB."""

    at: float
    memory: float
    descriptors: int
    threads: int
    jobs: int
    tasks: int
    sessions: int
    scopes: int


@dataclass(slots=True)
class Sampler:
    """Looks at a server's process and asks it for its numbers."""

    url: str
    pid: int
    began: float = field(default_factory=time.monotonic)
    samples: list[Sample] = field(default_factory=list)

    async def run(self) -> None:
        """Look once a second until cancelled."""
        async with httpx.AsyncClient(trust_env=False) as client:
            while True:
                self.samples.append(await self.look(client))
                await asyncio.sleep(INTERVAL_S)

    async def look(self, client: httpx.AsyncClient) -> Sample:
        """Look once. The connection that asks is one of the descriptors."""
        numbers = await self.numbers(client)
        process = Path(f"/proc/{self.pid}")
        pages = int((process / "statm").read_text("ascii").split()[1])
        return Sample(
            at=time.monotonic() - self.began,
            memory=pages * 4096 / 2**20,
            descriptors=sum(1 for _ in (process / "fd").iterdir()),
            threads=sum(1 for _ in (process / "task").iterdir()),
            jobs=int(numbers["jobs"]),
            tasks=int(total(numbers, "tasks")),
            sessions=int(total(numbers, "sessions")),
            scopes=int(total(numbers, "scopes")),
        )

    async def numbers(self, client: httpx.AsyncClient) -> Numbers:
        """What GET /_mock/metrics says, without the prefix of the names."""
        answer = await client.get(f"{self.url}/_mock/metrics", timeout=30)
        return {
            name.removeprefix("mock_tingwu_") + (f"{{{labels}}}" if labels else ""): float(value)
            for name, labels, value in _NUMBER.findall(answer.text)
        }


def total(numbers: Numbers, name: str, **labels: str) -> float:
    """The sum over all series of a name that have these labels."""
    wanted = [f'{label}="{value}"' for label, value in labels.items()]
    return sum(
        value
        for key, value in numbers.items()
        if key.partition("{")[0] == name and all(pair in key for pair in wanted)
    )


def slope(points: Sequence[tuple[float, float]]) -> float:
    """How fast ``y`` grows with ``x``: the median slope of all pairs (Theil and Sen).

    A third of the points may be anything without changing much. 0 without two points.
    """
    slopes = [
        (y2 - y1) / (x2 - x1)
        for i, (x1, y1) in enumerate(points)
        for x2, y2 in points[i + 1 :]
        if x2 > x1
    ]
    return statistics.median(slopes) if slopes else 0.0
