"""The database file: tables of plain bytes, one transaction at a time.

Whoever uses it holds it alone: SQLite's exclusive lock is kept until `SqliteDatabase.close`, or
until the process ends, however it ends. ``synchronous`` is NORMAL: in WAL mode a commit is in the
hands of the operating system when it returns, so no end of the process loses it. A power cut may
lose the last seconds, but never damages the file. FULL would survive that as well, at the price of
a wait for the disk before every answer.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from mock_tingwu.store.batch import FORMAT, IN_USE, PATIENCE_S, Batch, Gone, StoreError

#: The name of the file in the data directory.
NAME: Final = "mock-tingwu.sqlite"
#: "mtwu": says to other programs whose file this is.
_APPLICATION: Final = 0x6D747775
#: Pages of the WAL, of 4 KiB, after which it is written back: an occasional wait for the disk.
_CHECKPOINT_PAGES: Final = 1_000

_TABLES: Final = """
CREATE TABLE scope (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, data BLOB NOT NULL);
CREATE TABLE item (
    number INTEGER PRIMARY KEY,
    scope TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (scope, kind, key)
);
CREATE TABLE sentence (
    scope TEXT NOT NULL,
    task TEXT NOT NULL,
    number INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (scope, task, number)
) WITHOUT ROWID;
CREATE TABLE journal (place INTEGER PRIMARY KEY, entry BLOB NOT NULL);
"""
#: ``place`` of an entry: the number of its scope and, below it, its ``seq``. The newest entries are
#: next to each other then, and a transaction touches few pages.
_SEQ_BITS: Final = 40


class SqliteDatabase:
    """The file in ``folder``, which must exist.

    Raises:
        StoreError: somebody else uses it, it is none of ours or damaged, or it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._path = path = folder / NAME
        for name in (NAME, *(NAME + suffix for suffix in ("-wal", "-shm", "-journal"))):
            if (folder / name).is_symlink():
                raise StoreError(f"holds a {name} that is a symbolic link")
        try:
            # Keys and tokens are in it: nobody else is to read them. One that is there is not
            # touched: closing it would release the lock of a server in this very process.
            with contextlib.suppress(FileExistsError):
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            self._connection = sqlite3.connect(
                path,
                timeout=PATIENCE_S,
                isolation_level=None,
                # Opened by whoever makes the server, used by the thread that runs it.
                check_same_thread=False,
            )
        except OSError as error:
            raise StoreError(f"cannot be written: {error.strerror or error}") from None
        except sqlite3.Error as error:
            raise StoreError(_why(error)) from None
        try:
            self._identity = self._seen()
            self._prepare()
            self._read_numbers()
        except StoreError:
            self._connection.close()
            raise
        except sqlite3.Error as error:
            self._connection.close()
            raise StoreError(_why(error)) from None

    def _prepare(self) -> None:
        execute = self._connection.execute
        execute("PRAGMA locking_mode = EXCLUSIVE")
        (application,) = execute("PRAGMA application_id").fetchone()
        (version,) = execute("PRAGMA user_version").fetchone()
        is_new = not execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if not is_new and application != _APPLICATION:
            raise StoreError(f"holds a {NAME} that another program has made")
        if not is_new and version != FORMAT:
            raise StoreError(
                f"was written by another version of mock-tingwu: its format is {version}, "
                f"expected {FORMAT}; take another folder, or remove {NAME}"
            )
        execute("PRAGMA journal_mode = WAL")
        execute("PRAGMA synchronous = NORMAL")
        execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        execute("BEGIN IMMEDIATE")
        if is_new:
            for statement in _TABLES.split(";"):
                execute(statement)
            execute(f"PRAGMA application_id = {_APPLICATION}")
        # Written every time: a file that cannot be written is found out now.
        execute(f"PRAGMA user_version = {FORMAT}")
        execute("COMMIT")

    def _seen(self) -> tuple[int, int] | None:
        """What tells the file at our path from another one; None if there is none."""
        try:
            found = self._path.lstat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    @property
    def is_missing(self) -> bool:
        """Whether there is nothing at all where the file was."""
        return self._seen() is None

    def _read_numbers(self) -> None:
        rows = self._connection.execute("SELECT name, number FROM scope")
        self._numbers: dict[str, int] = dict(rows)

    def close(self) -> None:
        """Write everything back into one file and let others use it."""
        self._connection.close()

    @property
    def names(self) -> list[str]:
        """The scopes that there are."""
        return list(self._numbers)

    def data(self, name: str) -> bytes | None:
        """The row of a scope; None if there is no such scope."""
        for (data,) in self._rows("SELECT data FROM scope WHERE name = ?", name):
            found: bytes = data
            return found
        return None

    def items(self, name: str, kind: str) -> Iterator[tuple[str, bytes]]:
        """Keys and data of one kind, in the order in which they first came."""
        yield from self._rows(
            "SELECT key, data FROM item WHERE scope = ? AND kind = ? ORDER BY number", name, kind
        )

    def sentences(self, name: str, task: str) -> Iterator[bytes]:
        """The sentences of a task, in order."""
        for (data,) in self._rows(
            "SELECT data FROM sentence WHERE scope = ? AND task = ? ORDER BY number", name, task
        ):
            yield data

    def entries(self, name: str) -> Iterator[bytes]:
        """The journal of a scope, oldest first."""
        for (entry,) in self._rows(
            "SELECT entry FROM journal WHERE place BETWEEN ? AND ? ORDER BY place",
            self._place(name, 0),
            self._place(name, (1 << _SEQ_BITS) - 1),
        ):
            yield entry

    def _rows(self, query: str, *values: str | int) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._connection.execute(query, values)
        except sqlite3.Error as error:
            raise StoreError(f"holds a database that is damaged: {error}") from None

    def write(self, batches: Iterable[Batch]) -> None:
        """Write all or nothing.

        Raises:
            StoreError: nothing was written.
        """
        execute = self._connection.execute
        if self._seen() != self._identity:
            raise Gone(f"no longer holds the {NAME} that was there")
        try:
            execute("BEGIN IMMEDIATE")
            for batch in batches:
                self._write(batch)
            execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            with contextlib.suppress(sqlite3.Error):
                if self._connection.in_transaction:
                    execute("ROLLBACK")
                self._read_numbers()
            raise StoreError(_why(error)) from None

    def _write(self, batch: Batch) -> None:
        execute, many, name = self._connection.execute, self._connection.executemany, batch.name
        if batch.anew:
            self._forget(name)
        if batch.data is not None:
            execute(
                "INSERT INTO scope (name, data) VALUES (?, ?) "
                "ON CONFLICT (name) DO UPDATE SET data = excluded.data",
                (name, batch.data),
            )
            if name not in self._numbers:
                self._read_numbers()
        for (kind, key), data in batch.items.items():
            if data is None:
                execute(
                    "DELETE FROM item WHERE scope = ? AND kind = ? AND key = ?", (name, kind, key)
                )
                continue
            execute(
                "INSERT INTO item (scope, kind, key, data) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (scope, kind, key) DO UPDATE SET data = excluded.data",
                (name, kind, key, data),
            )
        for task, start, sentences in batch.sentences:
            execute(
                "DELETE FROM sentence WHERE scope = ? AND task = ? AND number >= ?",
                (name, task, start),
            )
            many(
                "INSERT INTO sentence VALUES (?, ?, ?, ?)",
                [(name, task, number, data) for number, data in enumerate(sentences, start)],
            )
        if batch.entries:
            base = self._place(name, 0)
            many(
                "INSERT OR REPLACE INTO journal VALUES (?, ?)",
                [(base + seq, entry) for seq, entry in batch.entries],
            )
        if batch.first_seq is not None:
            execute(
                "DELETE FROM journal WHERE place >= ? AND place < ?",
                (self._place(name, 0), self._place(name, batch.first_seq)),
            )

    def _forget(self, name: str) -> None:
        execute = self._connection.execute
        if name in self._numbers:
            places = self._place(name, 0), self._place(name, (1 << _SEQ_BITS) - 1)
            execute("DELETE FROM journal WHERE place BETWEEN ? AND ?", places)
        for table in ("item", "sentence"):
            execute(f"DELETE FROM {table} WHERE scope = ?", (name,))
        execute("DELETE FROM scope WHERE name = ?", (name,))
        self._numbers.pop(name, None)

    def _place(self, name: str, seq: int) -> int:
        return (self._numbers.get(name, 0) << _SEQ_BITS) + seq


def _why(error: Exception) -> str:
    """What is wrong, in words that go behind the name of a folder."""
    if isinstance(error, OSError):
        return f"cannot be written: {error.strerror or error}"
    code = getattr(error, "sqlite_errorcode", None)
    kind = None if code is None else code & 0xFF
    if kind in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return IN_USE
    if kind in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return f"holds a {NAME} that is damaged: {error}"
    return f"cannot be written: {error}"
