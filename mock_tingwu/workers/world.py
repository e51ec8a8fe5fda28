"""The scopes of one worker, which knows of those of the others."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import NoReturn

from mock_tingwu.core.clock import Clock
from mock_tingwu.core.phrases import PhraseList
from mock_tingwu.core.scope import Stored, Task
from mock_tingwu.services.dashscope.keys import PREFIX
from mock_tingwu.services.elsewhere import Elsewhere
from mock_tingwu.services.hosting import FOLDER, HostedFile
from mock_tingwu.services.realm import Realm
from mock_tingwu.services.world import ScopeError, TemporaryKey, World
from mock_tingwu.settings import Settings
from mock_tingwu.store.keeper import Store
from mock_tingwu.store.redis import RedisDatabase
from mock_tingwu.store.snapshot import HostedRecord, ScopeRecord, decode
from mock_tingwu.workers.directory import Directory, Kind
from mock_tingwu.workers.share import Share

log = logging.getLogger("mock_tingwu")

#: The exit code of a worker that another one has taken the place of.
FENCED = 3


class SharedWorld(World):
    """A `World` with those scopes alone that are in ``share``.

    Whatever leads to another one raises `Elsewhere`.
    """

    def __init__(
        self,
        settings: Settings,
        make_clock: Callable[[str], Clock],
        real_now: Callable[[], int],
        share: Share,
        *,
        real_steady: Callable[[], int],
    ) -> None:
        self.share = share
        self._directory: Directory | None = None
        super().__init__(settings, make_clock, real_now, real_steady=real_steady)

    def has(self, name: str) -> bool:
        return self.share.has(name)

    def _open_store(self) -> Store:
        store = Store(self.settings, self.share.number)
        database = store.database
        assert isinstance(database, RedisDatabase)
        self._directory = Directory(database, self.share)
        store.on_fenced = self._fenced
        return store

    def _fenced(self) -> NoReturn:
        # At once: nobody may be told of what is not written any more.
        log.error("somebody else has the scopes of worker %d now: it ends", self.share.number)
        os._exit(FENCED)

    def open(self) -> None:
        super().open()
        # Of what was being changed when this worker's predecessor ended.
        keys = self.directory.keys() or {}
        lost = [key for key, name in keys.items() if self.has(name) and name not in self._realms]
        self.directory.release(lost)
        self.directory.changed()

    @property
    def directory(self) -> Directory:
        """Finds what others have. There is one as soon as the store is open."""
        assert self._directory is not None
        return self._directory

    def here(self, name: str) -> None:
        """See that a scope is this worker's.

        Raises:
            Elsewhere: it is another's.
        """
        owner = self.share.owner(name)
        if owner != self.share.number:
            raise Elsewhere(owner, name)

    # Scopes

    @property
    def default(self) -> Realm:
        self.here(self.DEFAULT)
        return super().default

    def get(self, name: str) -> Realm | None:
        self.here(name)
        return super().get(name)

    def named(self, name: str) -> Realm:
        self.here(name)
        return super().named(name)

    def add(
        self,
        name: str,
        keys: Collection[str] = (),
        *,
        clock: str | None = None,
        seed: int | None = None,
        profile: str | None = None,
    ) -> Realm:
        self.here(name)
        self._read_keys()
        wanted = tuple(keys) or (name,)
        taken = [] if name in self._realms else self.directory.reserve(name, wanted)
        if taken:  # by somebody who makes a scope at this moment
            self._read_keys()
            owner = self._owner.get(taken[0], "another")
            raise ScopeError(f"keys has {taken[0]!r}, which is a key of scope {owner!r}")
        try:
            return super().add(name, keys, clock=clock, seed=seed, profile=profile)
        except ScopeError:
            if name not in self._realms:
                self.directory.release(wanted)
            raise
        finally:
            self.directory.changed()

    def drop(self, name: str) -> None:
        super().drop(name)
        self.directory.changed()

    def _read_keys(self) -> None:
        keys = self.directory.keys()
        if keys is not None:
            own = {key: name for key, name in self._owner.items() if name in self._realms}
            others = {key: name for key, name in keys.items() if not self.has(name)}
            self._owner = own | others

    # What belongs where

    def scope_of(self, *keys: str | None) -> Realm | None:
        self._read_keys()
        return super().scope_of(*keys)

    def scope_for(self, *keys: str | None, task_id: str | None = None) -> Realm:
        self._read_keys()
        return super().scope_for(*keys, task_id=task_id)

    def find_task(self, task_id: str) -> tuple[Realm, Task] | None:
        found = super().find_task(task_id)
        if found is None:
            self._see_others("task", task_id)
        return found

    def find_by_token(self, join_token: str) -> tuple[Realm, Task] | None:
        found = super().find_by_token(join_token)
        if found is None:
            self._see_others("token", join_token)
        return found

    def find_stored(self, key: str) -> tuple[Realm, Stored] | None:
        found = super().find_stored(key)
        if found is None:
            self._see_others("object", key)
        return found

    def _see_others(self, kind: Kind, key: str) -> None:
        """See that nobody else has it."""
        name = self.directory.where(kind, key)
        if name is not None:
            self.here(name)

    def find_temporary_key(self, key: str) -> TemporaryKey | None:
        """As in one process; of a virtual clock that another one has, what was written last."""
        found = super().find_temporary_key(key)
        if found is not None or not key.startswith(PREFIX):
            return found
        name = self.directory.where("key", key)
        data = None if name is None or self.has(name) else self.directory.data(name)
        if name is None or data is None:
            return None
        expires = self.directory.item(name, "key", key)
        scope = decode(data, ScopeRecord)
        now = scope.now if scope.clock == "virtual" else self.real_now()
        return TemporaryKey(name, is_expired=expires is None or decode(expires, int) <= now)

    def find_hosted(self, file_id: str) -> HostedFile | None:
        """As in one process: all workers see all files."""
        found = super().find_hosted(file_id)
        name = None if found is not None else self.directory.where("hosted", file_id)
        if name is None or self.has(name) or self.settings.data_dir is None:
            return found
        written, scope = self.directory.item(name, "hosted", file_id), self.directory.data(name)
        if written is None or scope is None:
            return None
        record = decode(written, HostedRecord)
        folder = self.settings.data_dir / decode(scope, ScopeRecord).folder / FOLDER
        path = folder / file_id if record.path is None else Path(record.path)
        file = HostedFile(file_id, record.name, record.size, path, kept=record.path is None)
        return None if file.kept and path.is_symlink() else file

    def common_phrases(self, phrase_id: str) -> PhraseList | None:
        if self.has(self.DEFAULT):
            return super().common_phrases(phrase_id)
        data = self.directory.item(self.DEFAULT, "phrases", phrase_id)
        return None if data is None else decode(data, PhraseList)
