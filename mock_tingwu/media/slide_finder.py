"""Where one slide ends and the next begins, from small grey pictures of a video."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

WIDTH: Final = 64
HEIGHT: Final = 36
"""Pixels of the pictures that are compared. A mouse pointer is about one of them."""

STAY_MS: Final = 1000
"""A picture that stays so long is a slide. One shown for two seconds does, at any sampling."""

_NOTICEABLE: Final = 24
"""Steps of grey, of 256; compression makes fewer."""

_CHANGED_SHARE: Final = 0.02
"""Of the pixels; a pointer or a blinking cursor changes fewer, a headline more."""


class SlideFinder:
    """Tell when a new slide has appeared. A fade or a moving picture is none while it lasts."""

    def __init__(self) -> None:
        self._slide: bytes | None = None
        self._candidate: bytes | None = None
        self._since = 0

    def feed(self, picture: bytes, at: int) -> int | None:
        """Take the next picture, shown from ``at`` ms on.

        Returns the time at which a new slide began, in ms, once that is certain; else None. The
        picture is one of that slide then.
        """
        if self._slide is not None and not differs(picture, self._slide):
            self._candidate = None
            return None
        if self._candidate is None or differs(picture, self._candidate):
            self._candidate, self._since = picture, at
            return None
        if at - self._since < STAY_MS:
            return None
        self._slide, self._candidate = picture, None
        return self._since


def differs(one: bytes, other: bytes) -> bool:
    """Whether two grey pictures of the same size show something else, noise and pointer aside."""
    if one == other:
        return False
    changed = sum(1 for a, b in zip(one, other, strict=True) if abs(a - b) > _NOTICEABLE)
    return changed >= _CHANGED_SHARE * len(one)


def shortest(starts: Sequence[int]) -> int:
    """Return the number of the slide that was shown for the shortest time.

    ``starts`` are in ms, in order. The first slide is never it, nor the last, whose end is not
    known yet; so there must be three at least.
    """
    return min(range(1, len(starts) - 1), key=lambda number: starts[number + 1] - starts[number])
