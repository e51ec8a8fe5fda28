"""Writes what has changed since the last time, all of it in one transaction.

Nothing tells the keeper of a change. It looks: at the journal, which has an entry of whatever
happens to a task, at the versions of the books, at what the couriers have touched. That costs
little, and nobody can forget it.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from mock_tingwu.core.apps import AppBook
from mock_tingwu.core.clock import VirtualClock
from mock_tingwu.core.scope import Scope, Task
from mock_tingwu.core.tasks import FAILED, ONGOING
from mock_tingwu.own_files import remove
from mock_tingwu.redis_address import StoreAddress
from mock_tingwu.services.callbacks import CallbackBook
from mock_tingwu.services.courier import Courier, Parcel, Waybill
from mock_tingwu.services.dashscope.task_data import Shown
from mock_tingwu.services.hosting import HostedFiles
from mock_tingwu.settings import Settings, SettingsError
from mock_tingwu.store.batch import Batch, Database, Fenced, Gone, StoreError
from mock_tingwu.store.snapshot import (
    Damaged,
    DeliveryRecord,
    FaultRecord,
    HostedRecord,
    LiveRecord,
    MediaRecord,
    RegistrationRecord,
    ScopeRecord,
    Scripts,
    StoredRecord,
    decode,
    encode,
    sentence_data,
    state_record,
    task_record,
)

if TYPE_CHECKING:
    from mock_tingwu.services.imagined_media import ImaginedMedia
    from mock_tingwu.services.live.book import LiveBook
    from mock_tingwu.services.media_files import MediaFiles

log = logging.getLogger("mock_tingwu")

#: What folders of media files are called: see `World.media_folder`.
_FOLDER: Final = re.compile(r"[0-9TZ]{16}-\w+")
#: Audio that nobody was told of is written this often, in s of real time.
TICK_S: Final = 1.0
#: After a failure nothing is written for so long, in s.
RETRY_S: Final = 1.0
#: Journal entries that were dropped from memory go in lots of at least so many.
_TRIM: Final = 500


@dataclass(slots=True)
class Kept:
    """A scope and its books. ``live`` gives the live book if there is one, ``make_live`` makes it.

    ``folder`` is the one of its media files and uploads; ``media`` and ``imagined`` are those files
    by their task.
    """

    scope: Scope
    apps: AppBook
    callbacks: CallbackBook
    agent_callbacks: CallbackBook
    hosted: HostedFiles
    folder: Path
    media: dict[Task, MediaFiles]
    imagined: dict[Task, ImaginedMedia]
    keys: tuple[str, ...]
    seed: int
    profile: str
    own_settings: Callable[[], dict[str, Any]]
    applied: Callable[[], list[dict[str, Any]]]
    live: Callable[[], LiveBook | None]
    make_live: Callable[[], LiveBook]
    long_jobs: asyncio.Semaphore


@dataclass(slots=True)
class _Mark:
    """What was written of a task last."""

    token: str = ""
    order: object = None
    options: object = None
    state: bytes = b""
    live: bytes = b""
    heard: bool = False
    sentences: int = 0


@dataclass(slots=True)
class _Marks:
    """What was written of a scope last."""

    seq: int = 0
    first_seq: int = 1
    data: bytes = b""
    tasks: dict[str, _Mark] = field(default_factory=dict)
    versions: dict[str, Any] = field(default_factory=dict)
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    couriers: set[str] = field(default_factory=set)


class Keeper:
    """Finds what has changed of one scope."""

    def __init__(self, kept: Kept, settings: Settings) -> None:
        self.kept = kept
        self.scripts = Scripts()
        self._settings = {
            "clock": settings.clock,
            "callbacks": dict(settings.callbacks),
            "apps": msgspec.to_builtins(settings.apps),
        }
        self._seed = settings.seed
        self._anew = True
        self._marks = _Marks()

    def start_over(self) -> None:
        """Whatever was to be written was not: the next batch has everything."""
        self._anew = True
        self._marks = _Marks()
        self.scripts.start_over()

    def take_as_written(self) -> None:
        """What there is now has been read from where it is written."""
        self._anew = False
        self.collect()
        self._marks.data = b""  # but for the settings, and for what is counted anew

    def collect(self, *, streams: bool = False) -> Batch:
        """What has changed since the last time. ``streams``: look at what is being pushed, too."""
        batch = Batch(self.kept.scope.name, anew=self._anew)
        if self._anew:
            batch.keys = self.kept.keys
        self._anew = False
        dirty = self._journal(batch)
        if streams:
            tasks = self.kept.scope.tasks.values()
            dirty |= dict.fromkeys(task.id for task in tasks if task.pushers)
        self._tasks(batch, dirty)
        self._books(batch)
        for service, courier in self._couriers():
            self._deliveries(batch, service, courier)
        for key, data in self.scripts.new.items():
            batch.items["script", key] = data
        self.scripts.new.clear()
        data = encode(self._scope())
        if data != self._marks.data:
            batch.data = self._marks.data = data
        return batch

    def _scope(self) -> ScopeRecord:
        scope, kept = self.kept.scope, self.kept
        virtual = isinstance(scope.clock, VirtualClock)
        day, used = scope.offline_day
        return ScopeRecord(
            seed=self._seed,
            clock="virtual" if virtual else "system",
            now=scope.clock.now() if virtual else 0,
            folder=kept.folder.name,
            keys=kept.keys,
            own_seed=kept.seed,
            profile=kept.profile,
            own_settings=kept.own_settings(),
            applied=kept.applied(),
            settings=self._settings,
            ids=scope.ids.counts,
            seq=scope.journal.seq,
            dropped=scope.journal.dropped,
            faults_added=scope.faults.added,
            day=day,
            used=used,
        )

    # The journal

    def _journal(self, batch: Batch) -> dict[str, None]:
        """Take the new entries; return the tasks that they are about."""
        journal, marks = self.kept.scope.journal, self._marks
        dirty: dict[str, None] = {}
        if journal.assigned:
            for entry in journal.assigned:
                if journal.first_seq <= entry["seq"] <= marks.seq:
                    batch.entries.append((entry["seq"], encode(entry)))
            journal.assigned.clear()
        if journal.seq == marks.seq:
            return dirty
        entries = journal.newest(marks.seq)
        if not entries or entries[0]["seq"] > marks.seq + 1:
            dirty |= dict.fromkeys(self.kept.scope.tasks)  # some entries have gone already
        for entry in entries:
            batch.entries.append((entry["seq"], encode(entry)))
            if entry["task_id"] is not None:
                dirty[entry["task_id"]] = None
        marks.seq = journal.seq
        if journal.first_seq >= marks.first_seq + _TRIM:
            batch.first_seq = marks.first_seq = journal.first_seq
        return dirty

    # Tasks

    def _tasks(self, batch: Batch, dirty: dict[str, None]) -> None:
        tasks, marks = self.kept.scope.tasks, self._marks.tasks
        new = []
        for task_id in reversed(tasks):  # the newest are the last
            if task_id in marks:
                break
            new.append(task_id)
            marks[task_id] = _Mark()
        if len(marks) > len(tasks):
            for task_id in marks.keys() - tasks.keys():
                if (token := marks.pop(task_id).token) != "":
                    batch.tokens[token] = False
                batch.sentences.append((task_id, 0, []))
                for kind in ("task", "state", "live"):
                    batch.items[kind, task_id] = None
        for task_id in dict.fromkeys([*reversed(new), *dirty]):
            task = tasks.get(task_id)
            if task is not None:
                self._task(batch, task, marks[task_id])

    def _task(self, batch: Batch, task: Task, mark: _Mark) -> None:
        if mark.order is not task.order or mark.options is not task.options:
            batch.items["task", task.id] = encode(task_record(task, self.scripts))
            mark.order, mark.options = task.order, task.options
            if task.join_token != mark.token:
                batch.tokens[task.join_token] = True
                mark.token = task.join_token
        # A recording is read in a thread; only what was read to its end is looked at.
        reading = task.offline and task.file_url is not None and task.status in (ONGOING, FAILED)
        mark.heard = mark.heard or not reading
        book = self._book_of(task)
        record = state_record(
            task,
            self.scripts,
            media=self._media(task),
            told=None if book is None else book.sent.get(task.id),
            heard=mark.heard,
        )
        state = encode(record)
        if state != mark.state:
            batch.items["state", task.id] = mark.state = state
        if record.sentences != mark.sentences:
            start = min(record.sentences, mark.sentences)
            heard = task.meeting.sentences[start : record.sentences]
            passages = task.meeting.scripts
            lines = [sentence_data(sentence, passages) for sentence in heard]
            batch.sentences.append((task.id, start, lines))
            mark.sentences = record.sentences
        if task.order.service == "live":
            self._live(batch, task, mark)

    def _book_of(self, task: Task) -> CallbackBook | None:
        books = {"tingwu": self.kept.callbacks, "dashscope": self.kept.agent_callbacks}
        return books.get(task.order.service)

    def _media(self, task: Task) -> MediaRecord | None:
        if (imagined := self.kept.imagined.get(task)) is not None:
            return MediaRecord(tuple(imagined.suffixes), imagined=True, title=imagined.title)
        media = self.kept.media.get(task)
        return None if media is None else MediaRecord(media.finished)

    def _live(self, batch: Batch, task: Task, mark: _Mark) -> None:
        live = self.kept.live()
        captioning = None if live is None else live.captioning(task.id)
        if captioning is None:
            return
        record = LiveRecord(
            msgspec.to_builtins(captioning.request), captioning.engine, captioning.gives_up_at
        )
        data = encode(record)
        if data != mark.live:
            batch.items["live", task.id] = mark.live = data

    # Books

    def _books(self, batch: Batch) -> None:
        kept, scope = self.kept, self.kept.scope
        keys = scope.temporary_keys
        self._book(
            batch,
            "fault",
            scope.faults.version,
            lambda: (
                (
                    rule.id,
                    (rule.seen, rule.fired),
                    lambda r=rule: FaultRecord(dict(r.data), r.seen, r.fired),
                )
                for rule in scope.faults.rules
            ),
        )
        self._book(
            batch,
            "marker",
            scope.faults.version,
            lambda: (
                (
                    f"marker {task_id} {number}",
                    (rule.seen, rule.fired),
                    lambda r=rule: FaultRecord(dict(r.data), r.seen, r.fired),
                )
                for task_id, rules in scope.faults.marked.items()
                for number, rule in enumerate(rules)
            ),
        )
        self._book(
            batch,
            "phrases",
            scope.phrases.version,
            lambda: ((one.id, one, lambda o=one: o) for one in scope.phrases.all()),
        )
        self._book(
            batch,
            "registered",
            scope.scripts.version,
            lambda: (
                (f"{kind} {key}", script, lambda s=script: self.scripts.key(s))
                for kind, key, script in scope.scripts.entries
            ),
        )
        self._book(
            batch,
            "key",
            (len(keys), next(reversed(keys), None)),
            lambda: ((key, (at,), lambda at=at: at) for key, at in keys.items()),
        )
        self._book(
            batch,
            "object",
            scope.objects_version,
            lambda: (
                (key, stored, lambda s=stored: _stored(s)) for key, stored in scope.objects.items()
            ),
        )
        self._book(
            batch,
            "app",
            kept.apps.version,
            lambda: ((app_id, app, lambda a=app: a) for app_id, app in kept.apps),
        )
        self._book(
            batch,
            "hosted",
            kept.hosted.version,
            lambda: (
                (
                    file.id,
                    file,
                    lambda f=file: HostedRecord(f.name, f.size, None if f.kept else str(f.path)),
                )
                for file in kept.hosted
            ),
        )
        for book in (kept.callbacks, kept.agent_callbacks):
            self._registrations(batch, book)

    def _registrations(self, batch: Batch, book: CallbackBook) -> None:
        self._book(
            batch,
            f"callback {book.service}",
            book.version,
            lambda: (
                (
                    app_key,
                    (one.url, one.number, one.delivered, one.lost),
                    lambda o=one: RegistrationRecord(o.url, o.number, o.delivered, o.lost),
                )
                for app_key, one in book.registrations.items()
            ),
        )

    def _book(
        self,
        batch: Batch,
        kind: str,
        version: Any,
        items: Callable[[], Iterable[tuple[str, Any, Callable[..., Any]]]],
    ) -> None:
        """Write what has changed of a book.

        ``items`` are the keys, something that changes with the item, and what makes its record.
        What changes is a tuple of values, or an object that is replaced by another one.
        """
        if self._marks.versions.get(kind) == version:
            return
        self._marks.versions[kind] = version
        written = self._marks.items.setdefault(kind, {})
        gone = set(written)
        for key, stamp, record in items():
            gone.discard(key)
            before = written.get(key)
            if before is stamp or (isinstance(stamp, tuple) and before == stamp):
                continue
            written[key] = stamp
            batch.items[kind, key] = encode(record())
        for key in gone:
            del written[key]
            batch.items[kind, key] = None

    # Deliveries

    def _couriers(self) -> Iterable[tuple[str, Courier]]:
        yield "tingwu", self.kept.callbacks.courier
        yield "dashscope", self.kept.agent_callbacks.courier
        if (live := self.kept.live()) is not None:
            yield "live", live.courier

    def _deliveries(self, batch: Batch, service: str, courier: Courier) -> None:
        if service not in self._marks.couriers:
            self._marks.couriers.add(service)
            courier.touched = {way.number: parcel for parcel, way in courier.waybills.items()}
        if not courier.touched:
            return
        kind = f"delivery {service}"
        for number, parcel in courier.touched.items():
            waybill = courier.waybills.get(parcel)
            batch.items[kind, str(number)] = (
                None if waybill is None else encode(_delivery(parcel, waybill))
            )
        courier.touched.clear()


def _stored(stored: Any) -> StoredRecord:
    show = stored.show
    root = show.root if isinstance(show, Shown) else ""
    return StoredRecord(
        stored.task.id, stored.kind, stored.made, stored.options, root, stored.link_seconds
    )


def _delivery(parcel: Parcel, waybill: Waybill) -> DeliveryRecord:
    delivery = parcel.delivery
    url, key = getattr(delivery.sign, "url", None), getattr(delivery.sign, "key", None)
    return DeliveryRecord(
        number=waybill.number,
        lane=waybill.lane,
        event=parcel.event,
        task_id=parcel.task_id or "",
        url=delivery.url,
        body=delivery.body,
        headers=dict(delivery.headers),
        plan=delivery.plan,
        attempts=tuple(delivery.attempts),
        why=delivery.why,
        left=waybill.left,
        due=waybill.due,
        app_key=parcel.app_key,
        registration=parcel.registration,
        signed=None if url is None or key is None else (url, key),
    )


class Store:
    """What one data directory holds, or one store with such a folder beside it, and holds alone.

    With ``share`` it is a share of the scopes, that of the worker of this number.

    Raises:
        SettingsError: it cannot be used; the message is one sentence.
    """

    def __init__(self, settings: Settings, share: int | None = None) -> None:
        folder = settings.data_dir
        assert folder is not None
        self._share = share
        #: Called when another process has taken the place of this one.
        self.on_fenced: Callable[[], None] = lambda: None
        self._settings = settings
        self._folder = folder
        self._gone = False
        self._keepers: dict[str, Keeper] = {}
        self._failed = False
        self._retry_at = 0.0
        self._tick: asyncio.TimerHandle | None = None
        self._flag, self._place = "--data-dir", str(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._folder = folder.resolve()
            self._database = self._open()
        except OSError as error:
            raise self._refusal(f"cannot be used: {error.strerror or error}") from None
        except StoreError as error:
            raise self._refusal(str(error)) from None

    def _open(self) -> Database:
        # One needs no library, the other one is not needed by most.
        if self._settings.store is None:
            from mock_tingwu.store.sqlite import SqliteDatabase

            return SqliteDatabase(self._folder)
        from mock_tingwu.store.redis import RedisDatabase

        address = StoreAddress.parse(self._settings.store)
        self._flag, self._place = "--store", address.shown
        return (
            RedisDatabase(address) if self._share is None else RedisDatabase(address, self._share)
        )

    def _refusal(self, why: str) -> SettingsError:
        return SettingsError(f"{self._flag} is {self._place!r}, which {why}")

    @property
    def database(self) -> Database:
        """What everything is written to."""
        return self._database

    @property
    def folder(self) -> Path:
        """The data directory, with the links resolved by which the user says where it is."""
        return self._folder

    @property
    def names(self) -> list[str]:
        """The scopes that there are, oldest first.

        Raises:
            SettingsError: that cannot be read.
        """
        with self._reading():
            return self._database.names

    def scope(self, name: str) -> ScopeRecord | None:
        """What is known of a scope before it is brought back; None if there is none.

        Raises:
            SettingsError: it is damaged, or cannot go on with these settings.
        """
        with self._reading():
            data = self._database.data(name)
            record = None if data is None else decode(data, ScopeRecord)
        if record is None:
            return None
        if record.seed != self._settings.seed:
            raise self._refusal(
                f"was begun with seed {record.seed}, expected that and not {self._settings.seed}"
            )
        if not _FOLDER.fullmatch(record.folder):  # whatever is there would be removed by a reset
            raise self._refusal("holds what is damaged: it has lost its folder")
        if (self._folder / record.folder).is_symlink():
            raise self._refusal(f"holds a folder {record.folder!r} that is a symbolic link")
        return record

    def keep_anew(self, kept: Kept) -> None:
        """Keep a scope in the place of an earlier one of its name, which goes with its folder."""
        before = self._keepers.get(kept.scope.name)
        self._keepers[kept.scope.name] = Keeper(kept, self._settings)
        self.commit()
        if before is not None:
            remove(before.kept.folder)

    def forget(self, name: str) -> None:
        """Keep a scope no longer, nor what there is of it."""
        keeper = self._keepers.pop(name, None)
        if keeper is None:
            return
        try:
            self._database.write([Batch(name, anew=True)])
        except StoreError as error:
            self._not_written(error)
        remove(keeper.kept.folder)

    def keep(self, kept: Kept) -> None:
        """Bring back what there is of a scope, and keep it from now on.

        Raises:
            SettingsError: what there is is damaged.
        """
        from mock_tingwu.store.revival import apply_settings, revive

        name = kept.scope.name
        keeper = self._keepers[name] = Keeper(kept, self._settings)
        record = self.scope(name)
        if record is not None:
            with self._reading():
                revive(self._database, record, keeper)
            keeper.take_as_written()
            apply_settings(record.settings, kept, self._settings)
        with self._reading():
            self._database.write([keeper.collect()])

    def _reading(self) -> _Reading:
        return _Reading(self)

    def begin(self) -> None:
        """From now on write, from time to time, what nobody was told of. Needs the event loop."""

        def tick() -> None:
            self.commit(streams=True)
            self._tick = loop.call_later(TICK_S, tick)

        loop = asyncio.get_running_loop()
        self._tick = loop.call_later(TICK_S, tick)

    def commit(self, *, streams: bool = False) -> None:
        """Write what has changed. It never raises: a mock that cannot write goes on without.

        The journal and the log tell of it, and it is tried again.
        """
        if self._failed and time.monotonic() < self._retry_at:
            return
        try:
            if self._gone:
                self._begin_anew()
            batches = [keeper.collect(streams=streams) for keeper in self._keepers.values()]
            batches = [batch for batch in batches if batch]
            if not batches:
                return
            self._database.write(batches)
        except StoreError as error:
            self._not_written(error)
        except OSError as error:
            self._fail(f"{self._flag} cannot be used: {error.strerror or error}")
        except Exception:
            log.exception("a defect of the mock keeps it from writing down what happens")
            self._fail("a defect of the mock")
        else:
            if self._failed:
                self._failed = False
                self._note("what happens is kept again, also what has happened meanwhile")

    def _begin_anew(self) -> None:
        """Make the database again that was removed. One that somebody has put there is his."""
        if not self._database.is_missing:
            raise Gone("holds another database than before")
        self._folder.mkdir(parents=True, exist_ok=True)
        made = self._open()
        self._database.close()
        self._database, self._gone = made, False

    def _not_written(self, error: StoreError) -> None:
        if isinstance(error, Fenced):
            self.on_fenced()
        self._gone = self._gone or isinstance(error, Gone)
        self._fail(f"{self._flag} {error!s}")

    def _fail(self, why: str) -> None:
        self._retry_at = time.monotonic() + RETRY_S
        for keeper in self._keepers.values():
            keeper.start_over()
        if not self._failed:
            self._failed = True
            text = f"from now on nothing outlives the process: {why}"
            log.error("%s", text)
            self._note(text)

    def _note(self, text: str) -> None:
        for keeper in self._keepers.values():
            keeper.kept.scope.journal.record("note", "store", text=text)

    def close(self) -> None:
        """Write what is left, and let others use the folder. Again: nothing."""
        self.detach()
        self._database.close()

    def detach(self) -> None:
        """Write what has changed so far, and nothing of what comes."""
        self.commit()
        self._keepers.clear()
        if self._tick is not None:
            self._tick.cancel()
            self._tick = None


class _Reading:
    """Turns what can go wrong while reading into one sentence, and lets go of the folder."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Damaged | StoreError | ValueError | OSError | KeyError):
            self._store._keepers.clear()
            self._store._database.close()
            if isinstance(error, StoreError):
                raise self._store._refusal(str(error)) from None
            raise self._store._refusal(f"holds what is damaged: {error}") from None


def clock_of(record: ScopeRecord, settings: Settings) -> tuple[str, int | None]:
    """The kind of clock that goes on, and where a virtual one stands; None: at the present time.

    A setting that has changed since counts for more than what the control API made of the clock.
    """
    changed = record.settings.get("clock") != settings.clock
    mode = settings.clock if changed else record.clock
    return mode, record.now if mode == record.clock == "virtual" else None
