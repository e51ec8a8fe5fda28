"""What all services of one server share: its settings and its scopes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Final, TypeVar
from weakref import WeakSet

from mock_tingwu.core.awkward.habits import Profile
from mock_tingwu.core.clock import Clock, VirtualClock
from mock_tingwu.core.journal import Entry
from mock_tingwu.core.phrases import PhraseList
from mock_tingwu.core.recognizer import Playlist, Recognizer, scripted
from mock_tingwu.core.scope import Stored, Task
from mock_tingwu.services.hosting import HostedFile
from mock_tingwu.services.metrics import Metrics
from mock_tingwu.services.outside import Outside
from mock_tingwu.services.readiness import Readiness
from mock_tingwu.services.realm import Realm
from mock_tingwu.settings import Settings, SettingsError

if TYPE_CHECKING:
    from mock_tingwu.services.coverage import Coverage
    from mock_tingwu.store.keeper import Store

T = TypeVar("T")

#: Recordings that are read, and files that are made up, at the same time. asyncio has four threads
#: more than there are processors, so at least one is left for short work.
MOST_LONG_JOBS = 4
#: Scopes at the same time, the default one among them.
MOST_SCOPES: Final = 1_000
#: A name or key of a scope has at most so many characters.
LONGEST_NAME: Final = 128
#: The bucket that result links name (tingwu-openapi 2.2).
BUCKET = "prod-tingwu-paas-common-beijing"
#: The key pair that result links are signed with; it opens nothing but these links.
LINK_KEY, LINK_SECRET = "MOCK.links", "mock-tingwu-result-links"


class ScopeError(ValueError):
    """A scope that cannot be; the message names the field, its value and what was expected."""


@dataclass(frozen=True, slots=True)
class TemporaryKey:
    """A temporary key: the name of the scope that made it, and whether its time is over."""

    scope: str
    is_expired: bool


class World:
    """The scopes of one server.

    A scope has a name and keys: AppKeys, access keys, DashScope's appIds and API keys, Live's
    SDKAppIDs. Whatever comes with one of its keys happens there; all else in the default scope. The
    name of a scope is one of its keys unless it was made with others.
    """

    DEFAULT: Final = "default"

    def __init__(
        self,
        settings: Settings,
        make_clock: Callable[[str], Clock],
        real_now: Callable[[], int],
        outside: Outside | None = None,
        *,
        real_steady: Callable[[], int] | None = None,
    ) -> None:
        self.settings = settings
        #: What the mock does not decide itself.
        self.outside = outside or Outside()
        #: The machine's own time in ms: signatures are dated with the client's (design, Time).
        self.real_now = real_now
        #: The same to measure with: it does not jump when somebody sets the machine's time.
        self.real_steady = real_steady or real_now
        self._make_clock = make_clock
        #: Counts what happens, in all scopes.
        self.metrics = Metrics(self.real_steady())
        #: Whether the server can be used.
        self.readiness = Readiness()
        self.make_recognizer = load_recognizer(settings.recognizer)
        #: Taken by whatever occupies a thread for long. Short work always finds a thread left.
        self.long_jobs = asyncio.Semaphore(MOST_LONG_JOBS)
        #: See every journal entry of every scope, unmasked: for checks inside the process.
        self.taps: list[Callable[[Entry], None]] = []
        #: What clients have met; see the setting ``fault_coverage``.
        self.coverage: Coverage | None = None
        if settings.fault_coverage:
            from mock_tingwu.services.coverage import Coverage

            self.coverage = Coverage()
            self.taps.append(self.coverage)
        #: Called when a scope has been reset or dropped.
        self.on_scope_ended: Callable[[], None] = lambda: None
        #: Threads of their own that read live streams.
        self.workers: WeakSet[Thread] = WeakSet()
        self._store: Store | None = None
        self._owner: dict[str, str] = {}
        self._made: dict[str, tuple[str, int, Profile]] = {}
        self._realms: dict[str, Realm] = {}
        #: How scopes behave that nothing else was said of.
        self.profile = Profile.parse(settings.profile)
        if settings.scenario:
            from mock_tingwu.services.scenarios import check_at_start

            check_at_start(settings.scenario)
        if self.has(self.DEFAULT):
            self._new(self.DEFAULT, settings.clock, settings.seed, self.profile)

    @property
    def default(self) -> Realm:
        """The scope of whatever comes with no key of another one."""
        return self._realms[self.DEFAULT]

    def has(self, name: str) -> bool:
        """Whether the scope of this name, if there is one, is in this process."""
        return True

    # What outlives the process

    def open(self) -> None:
        """Bring back what the data directory holds, and keep there what happens from now on.

        Raises:
            SettingsError: it cannot be used.
        """
        if self.settings.data_dir is None:
            return
        store = self._open_store()
        try:
            for name in (self.DEFAULT, *(name for name in store.names if name != self.DEFAULT)):
                if self.has(name):
                    self._bring_back(store, name)
        except BaseException:
            store.close()
            raise
        self._store = store

    def _open_store(self) -> Store:
        from mock_tingwu.store.keeper import Store

        return Store(self.settings)

    def _bring_back(self, store: Store, name: str) -> None:
        from mock_tingwu.store.keeper import clock_of

        record = store.scope(name)
        if record is not None:
            mode, now = clock_of(record, self.settings)
            folder = store.folder / record.folder
            self._owner |= dict.fromkeys(record.keys, name)
            clock = None if now is None else VirtualClock(now)
            profile = self.profile
            if name != self.DEFAULT:
                profile = Profile.parse(record.profile)
            realm = self._new(name, mode, record.own_seed, profile, clock=clock, folder=folder)
            own = Settings.of(record.own_settings)
            given = {key: getattr(own, key) for key in record.own_settings}
            realm.configure(replace(realm.settings, **given))
            realm.applied = record.applied
        store.keep(self._realms[name].kept())

    @property
    def keeps(self) -> bool:
        """Whether anything outlives the process."""
        return self._store is not None

    def resume(self) -> None:
        """Let what was brought back go on. Call it when the event loop runs."""
        if self._store is None:
            return
        for realm in self:
            realm.go_on()
        self._store.begin()
        self.commit()

    def commit(self) -> None:
        """See that what has happened so far outlives the process, where that was asked for.

        Whatever tells somebody outside of it calls this first.
        """
        if self._store is not None:
            self._store.commit()

    def __iter__(self) -> Iterator[Realm]:
        """The scopes, the default one first."""
        return iter(list(self._realms.values()))

    def tapped(self, entry: Entry) -> None:
        """Count an entry, and show it to `taps`."""
        self.metrics.note(entry)
        for tap in self.taps:
            tap(dict(entry))  # it may keep it, and what the journal keeps is going to be masked

    # Scopes

    def get(self, name: str) -> Realm | None:
        """The scope of this name, if there is one."""
        return self._realms.get(name)

    def scope(self, name: str) -> Realm:
        """The scope of this name; a new one has its name as its only key.

        Raises:
            ScopeError: there cannot be one of this name.
        """
        return self._realms.get(name) or self.add(name, (name,))

    def add(
        self,
        name: str,
        keys: Collection[str] = (),
        *,
        clock: str | None = None,
        seed: int | None = None,
        profile: str | None = None,
    ) -> Realm:
        """Make a scope of what comes with one of ``keys``; without any its name is its key.

        Without ``clock`` (system or virtual), ``seed`` and ``profile`` it has the server's.

        Raises:
            ScopeError: there is one of this name, or a key is another's, or there are too many, or
                the profile makes no sense.
        """
        keys = tuple(keys) or (name,)
        for field, value in (("name", name), *(("keys", key) for key in keys)):
            if not value or len(value) > LONGEST_NAME or not value.isprintable():
                raise ScopeError(f"{field} is {value!r}, expected 1 to {LONGEST_NAME} characters")
        if name in self._realms:
            raise ScopeError(f"name is {name!r}, but there is such a scope already")
        for key in keys:
            if key in self._owner:
                raise ScopeError(f"keys has {key!r}, which is a key of scope {self._owner[key]!r}")
        try:
            manners = self.profile if profile is None else Profile.parse(profile)
        except ValueError as error:
            raise ScopeError(f"profile is {profile!r}, expected {error}") from None
        if len(self._realms) >= MOST_SCOPES:
            raise ScopeError(f"name is {name!r}, but there are {MOST_SCOPES} scopes; drop some")
        self._owner |= dict.fromkeys(keys, name)
        realm = self._new(
            name,
            self.settings.clock if clock is None else clock,
            self.settings.seed if seed is None else seed,
            manners,
        )
        if self._store is not None:
            self._store.keep_anew(realm.kept())
        return realm

    def keys_of(self, name: str) -> list[str]:
        """The keys of a scope, in the order given."""
        return [key for key, owner in self._owner.items() if owner == name]

    def drop(self, name: str) -> None:
        """Forget a scope and its keys. The default scope stays, but is reset."""
        if name == self.DEFAULT:
            self.reset(name)
            return
        if self._store is not None:
            self._store.forget(name)
        self._end(self._realms.pop(name))
        self._owner = {key: owner for key, owner in self._owner.items() if owner != name}
        del self._made[name]

    def reset(
        self, name: str = DEFAULT, *, clock: str | None = None, seed: int | None = None
    ) -> Realm:
        """Forget everything that a scope has: tasks, journal, time, files. Its keys stay.

        With ``clock`` it starts over with another kind of clock, with ``seed`` with another seed.
        """
        mode, old_seed, profile = self._made[name]
        self._end(self._realms[name])
        realm = self._new(name, clock or mode, old_seed if seed is None else seed, profile)
        if self._store is not None:
            self._store.keep_anew(realm.kept())
        return realm

    def reset_all(self) -> None:
        """Forget everything and all scopes but the default one."""
        for name in list(self._realms):
            self.drop(name)

    def _new(
        self,
        name: str,
        mode: str,
        seed: int,
        profile: Profile,
        *,
        clock: Clock | None = None,
        folder: Path | None = None,
    ) -> Realm:
        self._made[name] = (mode, seed, profile)
        realm = Realm(self, name, clock or self._make_clock(mode), seed, profile, folder)
        self._realms[name] = realm
        # If it has a folder, they are in force there already.
        if name == self.DEFAULT and self.settings.scenario and folder is None:
            from mock_tingwu.services.scenarios import begin_with

            begin_with(realm, self.settings)
        return realm

    def _end(self, realm: Realm) -> None:
        for connection in list(realm.connections):
            connection.world_ended()
        self.metrics.dropped += realm.journal.dropped
        realm.close()
        self.on_scope_ended()

    def stop_following(self) -> None:
        """Send away who follows a journal or waits for an entry of one."""
        for realm in self:
            realm.stop_following()

    def close(self) -> None:
        """Send nothing more, and remove the media files unless all is kept."""
        if self._store is not None:
            self._store.close()
        for realm in self:
            realm.close()

    # What belongs where

    def scope_of(self, *keys: str | None) -> Realm | None:
        """The scope that the first of ``keys`` with one leads to, None when none does."""
        if not self._owner:
            return None
        for key in keys:
            if key and key in self._owner:
                return self.named(self._owner[key])
        return None

    def named(self, name: str) -> Realm:
        """The scope of this name, which there is."""
        return self._realms[name]

    def scope_for(self, *keys: str | None, task_id: str | None = None) -> Realm:
        """The scope of a call: that of its keys, or else of the task that it is about."""
        if not self._owner:
            return self.default
        found = self.scope_of(*keys)
        if found is None and task_id is not None:
            about = self.find_task(task_id)
            found = about[0] if about is not None else None
        return found or self.default

    def find_task(self, task_id: str) -> tuple[Realm, Task] | None:
        """A task of any scope, with its scope."""
        return self._find(lambda realm: realm.tasks.get(task_id))

    def find_by_token(self, join_token: str) -> tuple[Realm, Task] | None:
        """The task that a MeetingJoinUrl's token opens, with its scope."""
        return self._find(lambda realm: realm.task_of_token(join_token))

    def find_stored(self, key: str) -> tuple[Realm, Stored] | None:
        """The file at a key of the bucket, with its scope."""
        return self._find(lambda realm: realm.objects.get(key))

    def find_temporary_key(self, key: str) -> TemporaryKey | None:
        """What is known of a temporary key that some scope has made."""
        found = self._find(lambda realm: realm.temporary_keys.get(key))
        if found is None:
            return None
        realm, expires = found
        return TemporaryKey(realm.name, is_expired=expires <= realm.clock.now())

    def common_phrases(self, phrase_id: str) -> PhraseList | None:
        """A list of hot words that is everybody's: one of the default scope."""
        return self.default.phrases.get(phrase_id)

    def find_hosted(self, file_id: str) -> HostedFile | None:
        """A file that some scope serves."""
        found = self._find(lambda realm: realm.hosted.find(file_id))
        return None if found is None else found[1]

    def _find(self, look: Callable[[Realm], T | None]) -> tuple[Realm, T] | None:
        for realm in self._realms.values():
            found = look(realm)
            if found is not None:
                return realm, found
        return None


def load_recognizer(name: str) -> Callable[[Playlist, int, int], Recognizer]:
    """The recognizer called ``name``: ``scripted`` or an installed plug-in.

    A plug-in is a callable ``(playlist, sample_rate, speakers) -> Recognizer``, registered in the
    entry-point group ``mock_tingwu.recognizers``.

    Raises:
        SettingsError: no such recognizer is installed.
    """
    if name == "scripted":
        return scripted
    from importlib.metadata import entry_points

    points = {point.name: point for point in entry_points(group="mock_tingwu.recognizers")}
    if name not in points:
        known = ", ".join(["scripted", *points])
        raise SettingsError(f"recognizer is {name!r}, expected one that is installed: {known}")
    loaded: Callable[[Playlist, int, int], Recognizer] = points[name].load()
    return loaded
