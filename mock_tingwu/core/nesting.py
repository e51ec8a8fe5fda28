"""How deep JSON is nested: what is deeper than the stack must not be walked through."""

from __future__ import annotations


def deeper_than(levels: int, value: object) -> bool:
    """Whether objects and arrays stand in each other more than ``levels`` deep."""
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return False
    return levels == 0 or any(deeper_than(levels - 1, item) for item in value)
