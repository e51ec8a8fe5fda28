"""Numbers of things in sentences."""

from __future__ import annotations


def counted(number: int, noun: str, plural: str = "") -> str:
    """``1 case``, ``2 cases``; ``plural`` is for a noun that needs more than an s."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
