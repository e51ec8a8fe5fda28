"""What is written at once, and what a database has to be able to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

#: The format of what is in a database.
FORMAT: Final = 1
#: How long a server that is just ending is waited for, in s.
PATIENCE_S: Final = 0.5
#: Behind the name of a database that is somebody else's.
IN_USE: Final = "is used by another mock-tingwu"


class StoreError(Exception):
    """The database cannot be used; the message is a part of a sentence that says why."""


class Gone(StoreError):
    """The file was removed or replaced under our hands: what is written would be lost."""


class Fenced(StoreError):
    """Somebody else writes what this process has written so far: it must not go on."""

    def __init__(self) -> None:
        super().__init__(IN_USE)


@dataclass(slots=True)
class Batch:
    """What one transaction writes of the scope ``name``.

    ``data`` is the scope's own row. ``items`` maps kind and key to new data, or to None for what is
    gone. ``sentences`` are those of tasks from a number on: they replace what was there.
    ``entries`` are journal entries by ``seq``, ``first_seq`` is the oldest one to be kept.
    ``keys`` are those of the scope, told when it is written anew. ``tokens`` are those of the
    MeetingJoinUrls that have come, or gone (False). Both are for whoever looks for a scope.
    """

    name: str
    anew: bool = False
    """Whether everything that is there goes before."""
    data: bytes | None = None
    items: dict[tuple[str, str], bytes | None] = field(default_factory=dict)
    sentences: list[tuple[str, int, list[bytes]]] = field(default_factory=list)
    entries: list[tuple[int, bytes]] = field(default_factory=list)
    first_seq: int | None = None
    keys: tuple[str, ...] = ()
    tokens: dict[str, bool] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(
            self.anew
            or self.data is not None
            or self.items
            or self.sentences
            or self.entries
            or self.first_seq is not None
        )


class Database(Protocol):
    """Scopes in plain bytes, written one transaction at a time. Whoever uses it holds it alone.

    Everything that reads or writes raises `StoreError` when it cannot be done.
    """

    @property
    def names(self) -> list[str]:
        """The scopes that there are, oldest first."""

    def data(self, name: str) -> bytes | None:
        """The row of a scope; None if there is no such scope."""

    def items(self, name: str, kind: str) -> Iterator[tuple[str, bytes]]:
        """Keys and data of one kind, in the order in which they first came."""

    def sentences(self, name: str, task: str) -> Iterator[bytes]:
        """The sentences of a task, in order."""

    def entries(self, name: str) -> Iterator[bytes]:
        """The journal of a scope, oldest first."""

    @property
    def is_missing(self) -> bool:
        """Whether it was taken away, and nothing stands in its place."""

    def write(self, batches: Iterable[Batch]) -> None:
        """Write all or nothing."""

    def close(self) -> None:
        """Let others use it. Again: nothing."""
