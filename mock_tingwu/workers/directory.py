"""Finds the scope that something belongs to, whichever worker has it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

from mock_tingwu.store.batch import StoreError
from mock_tingwu.store.redis import RedisDatabase
from mock_tingwu.workers.share import Share

T = TypeVar("T")
#: What is looked for by its id: tokens are those of MeetingJoinUrls, keys are temporary ones.
Kind = Literal["task", "token", "object", "hosted", "key"]

log = logging.getLogger("mock_tingwu")


class Directory:
    """What all workers have written, to be read by one of them.

    When the server does not answer, nothing is found: that is logged.
    """

    def __init__(self, database: RedisDatabase, share: Share) -> None:
        self._database = database
        self._share = share
        self._keys: dict[str, str] = {}
        self._read_at = b""

    def keys(self) -> dict[str, str] | None:
        """The scope of each key, if that has changed since it was asked for last."""
        state = self._share.board.state
        if state == self._read_at:
            return None
        found = self._asked(self._database.keys, None)
        if found is not None:
            # Whatever changed while they were read is read again.
            self._read_at = state
        return found

    def reserve(self, scope: str, keys: Sequence[str]) -> list[str]:
        """Have ``keys`` lead to a scope; returns those that another one has, if there are any."""
        return self._asked(lambda: self._database.reserve(scope, keys), [])

    def release(self, keys: Sequence[str]) -> None:
        """Have ``keys`` lead to no scope any more."""
        if keys:
            self._asked(lambda: self._database.release(keys), None)

    def changed(self) -> None:
        """Let the other workers read the keys anew."""
        self._share.board.raise_number(self._share.number)

    def where(self, kind: Kind, key: str) -> str | None:
        """The name of the scope that has something; None if there is no such thing."""
        return self._asked(lambda: self._database.where(kind, key), None)

    def names(self) -> list[str]:
        """The scopes that there are, oldest first."""
        return self._asked(lambda: self._database.names, [])

    def item(self, scope: str, kind: str, key: str) -> bytes | None:
        """What is written of an item."""
        return self._asked(lambda: self._database.item(scope, kind, key), None)

    def data(self, scope: str) -> bytes | None:
        """What is written of a scope itself."""
        return self._asked(lambda: self._database.data(scope), None)

    def _asked(self, question: Callable[[], T], otherwise: T) -> T:
        try:
            return question()
        except StoreError as error:
            log.error("what other workers have cannot be looked up: --store %s", error)
            return otherwise
