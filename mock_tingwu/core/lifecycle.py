"""Lifecycles as tables: ``(state, event) -> state``, and nothing else.

The server runs on the tables, ``mock-tingwu states`` prints them, and the tests walk them together
with their complement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

S = TypeVar("S", bound=Enum)
E = TypeVar("E", bound=Enum)


class InvalidTransition(Exception):
    """The event is not possible in the state. Nothing has changed."""

    def __init__(self, state: Enum, event: Enum) -> None:
        super().__init__(f"{event.name} is not possible in state {state.name}")
        self.state = state
        self.event = event


@dataclass(frozen=True)
class Lifecycle(Generic[S, E]):
    """A named transition table with the state that everything starts in.

    ``source`` says where the table comes from; ``assumed`` names the rows that no source has, each
    with the reason for it. ``ends`` are states that are an end although something may follow.
    """

    name: str
    initial: S
    table: Mapping[tuple[S, E], S]
    source: str
    assumed: Mapping[tuple[S, E], str]
    ends: frozenset[S] = frozenset()

    def after(self, state: S, event: E) -> S:
        """The state that follows.

        Raises:
            InvalidTransition: the pair is not in the table.
        """
        try:
            return self.table[state, event]
        except KeyError:
            raise InvalidTransition(state, event) from None

    def mermaid(self) -> str:
        """The table as a Mermaid state diagram, one arrow for each pair of states."""
        arrows: dict[tuple[str, str], list[str]] = {}
        for (state, event), following in self.table.items():
            arrows.setdefault((state.name, following.name), []).append(event.name.lower())
        lines = ["stateDiagram-v2", f"    [*] --> {self.initial.name}"]
        lines += [f"    {a} --> {b}: {', '.join(events)}" for (a, b), events in arrows.items()]
        leaving = {state for (state, _), following in self.table.items() if following != state}
        states = dict.fromkeys(self.table.values())
        ends = [state for state in states if state not in leaving or state in self.ends]
        lines += [f"    {state.name} --> [*]" for state in ends]
        return "\n".join(lines)
