"""Brings a scope back as it was written.

Pure but for the files that it looks for. What was going on is let go on by `World.resume`, when the
event loop runs.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from mock_tingwu.core.apps import App
from mock_tingwu.core.imagination import Imagined
from mock_tingwu.core.journal import Entry
from mock_tingwu.core.phrases import PhraseList
from mock_tingwu.core.scope import Stored, Task
from mock_tingwu.core.tasks import COMPLETED, FAILED, FINISHING, ONGOING
from mock_tingwu.services.callbacks import CallbackBook, Registration
from mock_tingwu.services.courier import Waybill
from mock_tingwu.services.dashscope.task_data import Shown
from mock_tingwu.services.hosting import FOLDER, HostedFile
from mock_tingwu.services.imagined_media import ImaginedMedia
from mock_tingwu.services.live.request import CaptionRequest
from mock_tingwu.services.media_files import MediaFiles
from mock_tingwu.settings import Settings
from mock_tingwu.store.batch import Database
from mock_tingwu.store.keeper import Keeper, Kept
from mock_tingwu.store.snapshot import (
    Damaged,
    DeliveryRecord,
    FaultRecord,
    HostedRecord,
    LiveRecord,
    MediaRecord,
    RegistrationRecord,
    ScopeRecord,
    StateRecord,
    StoredRecord,
    TaskRecord,
    decode,
    delivery_from,
    task_from,
)

T = TypeVar("T")


def revive(database: Database, record: ScopeRecord, keeper: Keeper) -> None:
    """Put everything that is written of the scope into the scope and the books of ``keeper``.

    Raises:
        Damaged: it cannot be read.
        StoreError: the database cannot be read.
    """
    _revive(_Source(database, keeper.kept.scope.name), record, keeper)


class _Source:
    """The items of one scope."""

    def __init__(self, database: Database, name: str) -> None:
        self.database = database
        self.name = name

    def items(self, kind: str, type_: type[T]) -> Iterator[tuple[str, T]]:
        for key, data in self.database.items(self.name, kind):
            yield key, decode(data, type_)


def _revive(source: _Source, record: ScopeRecord, keeper: Keeper) -> None:
    kept, scripts = keeper.kept, keeper.scripts
    scope = kept.scope
    for key, data in source.database.items(source.name, "script"):
        scripts.add(key, data)
    scope.ids.counts.update(record.ids)
    entries: Iterator[Entry] = (
        decode(entry, dict) for entry in source.database.entries(source.name)
    )
    scope.journal.restore(entries, record.seq, record.dropped)
    scope.offline_day = record.day, record.used
    scope.faults.restore(
        [
            (key, one.data, one.seen, one.fired)
            for kind in ("fault", "marker")
            for key, one in source.items(kind, FaultRecord)
        ],
        record.faults_added,
    )
    scope.phrases.restore([phrases for _, phrases in source.items("phrases", PhraseList)])
    for key, script in source.items("registered", str):
        name, _, value = key.partition(" ")
        scope.scripts.register(scripts[script], **{name: value})
    scope.temporary_keys.update(source.items("key", int))
    _tasks(source, keeper)
    for key, stored in source.items("object", StoredRecord):
        if (task := scope.tasks.get(stored.task_id)) is not None:
            shown = Shown(stored.kind, stored.root)
            scope.keep_object(
                key,
                Stored(task, stored.kind, stored.made, stored.options, shown, stored.link_seconds),
            )
    kept.apps.restore(dict(source.items("app", App)))
    _hosted(source, kept)
    for book in (kept.callbacks, kept.agent_callbacks):
        _callbacks(source, book)
    _live(source, kept)


def _tasks(source: _Source, keeper: Keeper) -> None:
    kept, scope = keeper.kept, keeper.kept.scope
    states = dict(source.items("state", StateRecord))
    for task_id, record in source.items("task", TaskRecord):
        state = states.get(task_id)
        if state is None:
            raise Damaged(f"the task {task_id} has no state")
        sentences = source.database.sentences(source.name, task_id)
        task = task_from(task_id, record, state, sentences, keeper.scripts, scope.new_recognizer)
        scope.restore(task)
        if state.media is not None:
            try:
                _media(kept, task, state.media)
            except OSError as error:
                text = f"the media files are gone: {error.strerror or error}"
                scope.journal.record("note", "media", task_id, text=text)
        if state.told:
            dashscope = task.order.service == "dashscope"
            book = kept.agent_callbacks if dashscope else kept.callbacks
            book.sent[task_id] = Counter(state.told)


def _media(kept: Kept, task: Task, record: MediaRecord) -> None:
    """Serve what is finished, and go on with what was being written."""
    folder = kept.folder / task.id
    if record.imagined:
        kept.imagined[task] = ImaginedMedia(
            folder, task.meeting, Imagined(record.title), record.suffixes, kept.long_jobs
        )
        return
    if task.offline and task.status is ONGOING:
        return  # it is read again from the beginning
    writing = not task.offline and task.status not in (FINISHING, COMPLETED, FAILED)
    kept.media[task] = MediaFiles(
        folder,
        task.sample_rate,
        mp3=writing and task.options.mp3,
        spectrum=writing and task.options.spectrum,
        heard=task.stream.position,
        finished=record.suffixes,
    )


def _hosted(source: _Source, kept: Kept) -> None:
    folder = kept.folder / FOLDER
    files = []
    for file_id, record in source.items("hosted", HostedRecord):
        copy = record.path is None
        path = folder / file_id if record.path is None else Path(record.path)
        files.append(HostedFile(file_id, record.name, record.size, path, kept=copy))
    kept.hosted.restore(files)
    if folder.is_symlink():
        return
    # Uploads that were cut off, and what nobody was told of.
    with contextlib.suppress(OSError):
        for path in list(folder.iterdir()):
            if kept.hosted.find(path.name) is None:
                path.unlink()


def _callbacks(source: _Source, book: CallbackBook) -> None:
    registrations = source.items(f"callback {book.service}", RegistrationRecord)
    book.restore(
        {
            app_key: Registration(one.url, one.number, one.delivered, lost=one.lost)
            for app_key, one in registrations
        }
    )
    parcels = []
    for waybill, record in _deliveries(source, book.service):
        parcel = book.parcel(
            delivery_from(record),
            record.event,
            record.task_id,
            record.app_key,
            record.registration,
        )
        if parcel.wanted():
            book.registrations[record.app_key].waiting += 1
        parcels.append((parcel, waybill))
    book.courier.restore(parcels)


def _deliveries(source: _Source, service: str) -> list[tuple[Waybill, DeliveryRecord]]:
    """What is still to be delivered, in the order in which it was posted."""
    records = [record for _, record in source.items(f"delivery {service}", DeliveryRecord)]
    records.sort(key=lambda record: record.number)
    return [(Waybill(one.number, one.lane, one.left, one.due), one) for one in records]


def _live(source: _Source, kept: Kept) -> None:
    records = list(source.items("live", LiveRecord))
    deliveries = _deliveries(source, "live")
    if not records and not deliveries:
        return
    live = kept.make_live()
    for task_id, record in records:
        task = kept.scope.tasks.get(task_id)
        if task is not None:
            request = msgspec.convert(record.request, CaptionRequest)
            live.restore(task, request, record.engine, record.gives_up_at)
    parcels = []
    for waybill, delivery in deliveries:
        sign = None if delivery.signed is None else live.signer(*delivery.signed)
        parcel = live.parcel(delivery_from(delivery, sign), delivery.event, delivery.task_id)
        parcels.append((parcel, waybill))
    live.courier.restore(parcels)


def apply_settings(before: Mapping[str, Any], kept: Kept, settings: Settings) -> None:
    """Do what settings say that have changed since the scope was written.

    What has not changed is left as the control API may have made it.
    """
    earlier = before.get("callbacks", {})
    book = kept.callbacks
    for app_key in {*earlier, *settings.callbacks}:
        url = settings.callbacks.get(app_key)
        if url != earlier.get(app_key):
            _register(book, app_key, url, earlier.get(app_key))
    earlier = before.get("apps", {})
    for app_id in {*earlier, *settings.apps}:
        app = settings.apps.get(app_id)
        old = earlier.get(app_id)
        if (None if app is None else msgspec.to_builtins(app)) == old:
            continue
        if app is None:
            kept.apps.remove(app_id)
        else:
            kept.apps.put(app_id, app)
        _register(
            kept.agent_callbacks,
            app_id,
            (app.callback or None) if app else None,
            old.get("callback") if old else None,
        )


def _register(book: CallbackBook, app_key: str, url: str | None, earlier: str | None) -> None:
    present = book.registrations.get(app_key)
    if url is not None:
        if present is None or present.url != url:
            book.restore({**book.registrations, app_key: Registration(url)})
    elif present is not None and present.url == earlier:
        book.remove(app_key)
