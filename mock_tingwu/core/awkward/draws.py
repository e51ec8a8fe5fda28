"""Seeded draws: the same seed and the same occasion give the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """Numbers drawn for one occasion, one after the other."""

    def __init__(self, seed: int) -> None:
        # Of its methods random() alone is promised to give the same in every Python.
        self._random = Random(seed).random

    def below(self, bound: int) -> int:
        """A whole number from 0 to ``bound`` - 1."""
        return int(self._random() * bound)

    def one_in(self, count: int) -> bool:
        """True once in ``count`` times."""
        return self.below(count) == 0

    def pick(self, choices: Sequence[T]) -> T:
        """One of ``choices``."""
        return choices[self.below(len(choices))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in another order, if they can have one."""
        result = list(items)
        for last in range(len(result) - 1, 0, -1):
            other = self.below(last + 1)
            result[last], result[other] = result[other], result[last]
        if len(result) > 1 and result == list(items):
            result.append(result.pop(0))
        return result

    def cuts(self, size: int, most: int) -> list[int]:
        """Where to cut ``size`` bytes: one to ``most`` places, none at the ends."""
        if size < 2:
            return []
        places = {1 + self.below(size - 1) for _ in range(1 + self.below(most))}
        return sorted(places)


def pieces(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    """``data`` cut at these places."""
    edges = [0, *cuts, len(data)]
    return [data[a:b] for a, b in pairwise(edges)]
