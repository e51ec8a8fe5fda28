"""A run that can be gone on with: every outcome is on disk as soon as it is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import msgspec

from mock_tingwu.conformance.results import Entry
from mock_tingwu.conformance.runner import NOTED, PASS


class _Head(msgspec.Struct, frozen=True):
    """The first line: what the run was against, and by which kit."""

    target: str
    kit: str


def earlier(path: Path, target: str, kit: str) -> dict[str, Entry]:
    """The cases of an interrupted run that need not be run again: those that passed.

    Raises:
        ValueError: the file is none of such a run, or of one against another target.
    """
    if not path.exists():
        return {}
    if not path.is_file():
        raise ValueError(f"{path} is no file that a run could be kept in")
    try:
        lines = path.read_bytes().splitlines()
        head = msgspec.json.decode(lines[0], type=_Head) if lines else None
        entries = list(_entries(lines[1:]))
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except msgspec.DecodeError as error:
        raise ValueError(f"{path} has no run to go on with: {error}") from None
    if head is not None and (head.target, head.kit) != (target, kit):
        raise ValueError(
            f"{path} has a run against {head.target} by version {head.kit}, "
            f"expected one against {target} by {kit}"
        )
    return {entry.id: entry for entry in entries if entry.verdict in (PASS, NOTED)}


@contextmanager
def kept(path: Path, target: str, kit: str, done: dict[str, Entry]) -> Iterator[Keeper]:
    """Write the outcomes of a run, after those that are ``done``.

    Raises:
        OSError: it cannot be written.
    """
    # What is done stays where it is until all of it stands elsewhere: live runs cost money.
    new = path.with_name(f"{path.name}.new")
    try:
        with new.open("wb") as copy:
            keeper = Keeper(copy)
            keeper.write(_Head(target, kit))
            for entry in done.values():
                keeper.write(entry)
        new.replace(path)
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)
    file = path.open("ab")
    try:
        yield Keeper(file)
    finally:
        # What could not be written has been told: nothing else is left to write.
        with suppress(OSError):
            file.close()


class Keeper:
    """Writes one JSON object per line."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, item: Entry | _Head) -> None:
        """Write a line; it is there when this returns. Raises OSError if it is not."""
        self._file.write(msgspec.json.encode(item) + b"\n")
        self._file.flush()


def _entries(lines: list[bytes]) -> Iterator[Entry]:
    for number, line in enumerate(lines):
        try:
            yield msgspec.json.decode(line, type=Entry)
        except msgspec.DecodeError:
            # The last line of a run that was killed may be half a line.
            if number != len(lines) - 1:
                raise
