"""Which worker has a scope, and how the workers tell each other that something has changed."""

from __future__ import annotations

import mmap
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from mock_tingwu.services.world import World

_BYTES: Final = 8


class Board:
    """A number of each worker, in memory that all of them see.

    Each writes its own alone, and reads all.
    """

    def __init__(self, workers: int) -> None:
        self._memory = mmap.mmap(-1, _BYTES * workers)

    @property
    def state(self) -> bytes:
        """All numbers: another value whenever one of them was raised."""
        return self._memory[:]

    def raise_number(self, worker: int) -> None:
        """Let all others know that this worker has changed something."""
        place = slice(worker * _BYTES, (worker + 1) * _BYTES)
        number = int.from_bytes(self._memory[place], "little") + 1
        self._memory[place] = number.to_bytes(_BYTES, "little")


@dataclass(frozen=True, slots=True)
class Share:
    """The scopes of worker ``number`` of ``count``."""

    number: int
    count: int
    board: Board = field(repr=False)

    def owner(self, scope: str) -> int:
        """The worker that has a scope: the first one has the default scope, however many there are.

        Of each name the workers draw a number, and the highest wins: with one worker more, only
        those scopes move that go to the new one.
        """
        if scope == World.DEFAULT:
            return 0

        def drawn(worker: int) -> bytes:
            return blake2b(f"{worker}/{scope}".encode(), digest_size=8).digest()

        return max(range(self.count), key=drawn)

    def has(self, scope: str) -> bool:
        """Whether a scope is this worker's."""
        return self.owner(scope) == self.number
