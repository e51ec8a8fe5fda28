"""One thing that the mock does although no source says so."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Assumption:
    """``id`` is stable and can be quoted; ``area`` groups what belongs together.

    ``why`` says what speaks for the choice.
    """

    id: str
    area: str
    text: str
    why: str


def within(area: str, *rows: tuple[str, str, str]) -> tuple[Assumption, ...]:
    """The assumptions of an area, from their names, texts and reasons."""
    return tuple(Assumption(f"{area}.{name}", area, text, why) for name, text, why in rows)
