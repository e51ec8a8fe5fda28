"""A cassette against a service or a private mock: what is the same, and what has drifted."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from mock_tingwu.cassettes.cassette import Cassette
from mock_tingwu.cassettes.compare import compare
from mock_tingwu.cassettes.drift import drift
from mock_tingwu.cassettes.findings import Finding, merged
from mock_tingwu.cassettes.playing import Player
from mock_tingwu.cassettes.writer import CassetteWriter
from mock_tingwu.client.targets import Target


@dataclass(slots=True)
class Outcome:
    """What came of a replay.

    ``played`` are the calls and streams that were played, ``compared`` the answers and shapes that
    were held against each other. ``ruled_out`` counts differences that the rules take for none.
    ``left_out`` are parts that this target cannot be tried with, by the reason.
    """

    findings: list[Finding] = field(default_factory=list)
    played: int = 0
    compared: int = 0
    ruled_out: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, list[str]] = field(default_factory=dict)


async def replay(
    cassette: Cassette,
    target: Target,
    later: Callable[[], Awaitable[None]] | None = None,
    on_played: Callable[[int], None] = lambda number: None,
) -> Outcome:
    """Play ``cassette`` against ``target`` and compare; ``later`` lets time pass there.

    ``on_played`` is told how many records have been played.

    Raises:
        ValueError: the target needs a key that there is not.
        OSError: what comes of it cannot be written down.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "replayed.jsonl"
        with CassetteWriter(file) as writer:
            player = Player(cassette, target, writer, later, on_played)
            await player.play()
        writer.raise_problem()
        replayed = Cassette.read(file)
    made = compare(cassette, replayed, player.played)
    streams = sum("open" in record for record in replayed.records)
    return Outcome(
        merged([*drift(cassette), *player.findings, *made.findings]),
        len(player.played) + streams,
        made.compared,
        made.ruled_out,
    )


async def replay_privately(
    cassette: Cassette, on_played: Callable[[int], None] = lambda number: None
) -> Outcome:
    """The same against a mock that runs for this alone, on a clock that goes as fast as needed."""
    from mock_tingwu import MockTingwu
    from mock_tingwu.client.targets import find_target

    with MockTingwu(clock="virtual") as mock:

        async def later() -> None:
            await asyncio.to_thread(mock.advance, 2_000)

        return await replay(cassette, find_target("mock", mock.environ), later, on_played)
