"""What a recording consists of: records in order, and contents beside them, within bounds.

A record is a JSON object. ``seq`` counts from 1, ``at`` is the machine's time in ms. What else it
has, tells its kind (docs/replay.md):

- ``in``: something came from outside: a request, a frame, a call of the Python program, a time
  that was up, an answer of somebody else's server;
- ``out``: something came of it: an answer, an event, a callback, a journal entry. ``by`` is the
  ``seq`` of what it is the consequence of, with numbers behind it for what goes on in the
  background;
- ``told``: what was found out where the replayed mock cannot look: secrets, files, other servers.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
import weakref
from collections.abc import Iterator
from typing import IO, Any, Final

import msgspec

#: A recording and its contents may have so many bytes in all.
MAX_BYTES: Final = 256 * 1024 * 1024
#: So much of each is held in memory before it goes to a temporary file.
_IN_MEMORY: Final = 2 * 1024 * 1024

Record = dict[str, Any]

_encode = msgspec.json.Encoder().encode


class Mark:
    """How far a recording had got."""

    def __init__(self, lines: int, data: int, records: int) -> None:
        self.lines = lines
        self.data = data
        self.records = records


class Log:
    """A recording. It may be written to and read from any thread."""

    def __init__(self, max_bytes: int | None = None) -> None:
        self._max = MAX_BYTES if max_bytes is None else max_bytes
        self._lock = threading.Lock()
        self._lines = self._new_spool()
        self._data = self._new_spool()
        for spool in (self._lines, self._data):
            weakref.finalize(self, spool.close)
        self._size = self._data_size = 0
        self._seq = 0
        self._pieces: dict[str, list[list[int]]] = {}
        #: Why nothing more is recorded; None as long as all is.
        self.cut: str | None = None

    @staticmethod
    def _new_spool() -> IO[bytes]:
        return tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)

    @property
    def next_seq(self) -> int:
        """The number of the next record."""
        return self._seq + 1

    def add(self, record: Record, name: str = "", content: bytes = b"") -> int:
        """Add a record, and ``content`` to the end of what is called ``name``; return its seq.

        When there is no room for it, this and all that follows is left out; see `cut`.
        """
        with self._lock:
            seq = self.next_seq
            if self.cut is None:
                line = _encode({"seq": seq, **record}) + b"\n"
                if self._fits(len(line) + len(content)):
                    with self._writing():
                        self._lines.write(line)
                        self._size += len(line)
                        if content:
                            self._append(name, content)
            self._seq = seq
            return seq

    def keep(self, name: str, content: bytes) -> None:
        """Add ``content`` to the end of what is called ``name``, before the record that tells."""
        with self._lock:
            if self.cut is None and self._fits(len(content)):
                with self._writing():
                    self._append(name, content)

    def has_room(self, size: int) -> bool:
        """Whether a content of so many bytes finds room; without, the recording ends here."""
        with self._lock:
            return self.cut is None and self._fits(size)

    def _fits(self, size: int) -> bool:
        if self._size + self._data_size + size <= self._max:
            return True
        self.cut = (
            f"the recording got longer than {self._max} bytes: nothing is in it from record "
            f"{self.next_seq} on"
        )
        return False

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Cut the recording where it cannot be written: what is recorded goes on."""
        try:
            yield
        except OSError as error:
            self.cut = (
                f"the recording cannot be written ({error.strerror or error}): it ends before "
                f"record {self.next_seq}"
            )

    def _append(self, name: str, content: bytes) -> None:
        self._data.write(content)
        pieces = self._pieces.setdefault(name, [])
        if pieces and sum(pieces[-1]) == self._data_size:
            pieces[-1][1] += len(content)
        else:
            pieces.append([self._data_size, len(content)])
        self._data_size += len(content)

    def mark(self) -> Mark:
        """How far it has got now."""
        with self._lock:
            return Mark(self._size, self._data_size, self._seq)

    def lines(self, mark: Mark) -> bytes:
        """The records up to there, one a line."""
        with self._lock:
            return self._read(self._lines, 0, mark.lines)

    def contents(self, mark: Mark) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Name and pieces of every content up to there."""
        with self._lock:
            names = {name: [*map(tuple, pieces)] for name, pieces in self._pieces.items()}
        for name, pieces in names.items():
            within = [(at, min(size, mark.data - at)) for at, size in pieces if at < mark.data]
            if within:
                yield name, self._piece_by_piece(within)

    def _piece_by_piece(self, pieces: list[tuple[int, int]]) -> Iterator[bytes]:
        for at, size in pieces:
            with self._lock:
                content = self._read(self._data, at, size)
            yield content

    @staticmethod
    def _read(spool: IO[bytes], at: int, size: int) -> bytes:
        spool.seek(at)
        content = spool.read(size)
        spool.seek(0, 2)
        return content
