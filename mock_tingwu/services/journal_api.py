"""The control API's part for the journal: read it, wait for more, follow it live, export it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec
from msgspec import Struct
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from mock_tingwu.core.journal import KINDS, MAX_ENTRIES, SERVICES, Entry, Filter, Journal, shown
from mock_tingwu.services.address import Address
from mock_tingwu.services.json_api import ControlError, json_endpoint, realm_of
from mock_tingwu.services.world import World

#: The longest that a call waits for an entry, in ms of real time.
LONGEST_WAIT_MS: Final = 60_000
#: A stream without news says after so many seconds that it is still there: proxies and clients
#: give up what is silent for long.
HEARTBEAT_S: Final = 15.0
#: So many bytes of a stream are made at once, of at most so many entries. What a reader has not
#: taken yet stays in the journal and nowhere else.
_BATCH_BYTES: Final = 64 * 1024
_BATCH_ENTRIES: Final = 500
_FILTERS: Final = (
    *("task_id", "service", "kind", "session", "request_id", "contains", "since", "limit"),
)


class Asked(Struct, frozen=True):
    """Which entries a call asks for.

    Those that are ``wanted`` and come after the seq ``since``, of these the newest ``limit``; a
    call that finds none waits ``wait_ms`` of real time for one.
    """

    wanted: Filter
    since: int = 0
    limit: int | None = None
    wait_ms: int = 0

    @classmethod
    def of(cls, query: QueryParams, *more: str) -> Asked:
        """Read a query; ``more`` names what the call knows beside the filters.

        Raises:
            ControlError: it makes no sense.
        """
        known = (*_FILTERS, *more)
        unknown = set(query) - {*known, "scope"}
        if unknown:
            raise ControlError(f"{min(unknown)} is unknown; expected {', '.join(known)}")
        for name in known:
            if name != "kind" and len(values := query.getlist(name)) > 1:
                raise ControlError(f"{name} is there {len(values)} times, expected once")
        kinds = [kind for value in query.getlist("kind") for kind in value.split(",")]
        for kind in kinds:
            if kind not in KINDS:
                raise ControlError(f"kind is {kind!r}, expected {' or '.join(KINDS)}")
        service = query.get("service")
        if service is not None and service not in SERVICES:
            raise ControlError(f"service is {service!r}, expected {' or '.join(SERVICES)}")
        return cls(
            Filter(
                task_id=query.get("task_id"),
                service=service,
                kinds=frozenset(kinds),
                session=query.get("session"),
                request_id=query.get("request_id"),
                contains=query.get("contains", ""),
            ),
            since=_seq("since", query.get("since", "0")),
            limit=_number("limit", query["limit"], MAX_ENTRIES) if "limit" in query else None,
            wait_ms=_number("wait_ms", query.get("wait_ms", "0"), LONGEST_WAIT_MS),
        )


def _seq(name: str, value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= 18):
        raise ControlError(f"{name} is {value!r}, expected the seq of an entry")
    return int(value)


def _number(name: str, value: str, most: int) -> int:
    digits = value.isascii() and value.isdigit() and len(value) <= 18
    if not digits or int(value) > most:
        raise ControlError(f"{name} is {value!r}, expected a whole number from 0 to {most}")
    return int(value)


class JournalControl:
    """The calls on one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        return [
            Route("/_mock/journal", json_endpoint(self.entries)),
            Route("/_mock/journal/har", json_endpoint(self.har)),
            Route("/_mock/journal/stream", json_endpoint(self.stream)),
        ]

    def _journal(self, request: Request) -> Journal:
        """The journal that a call is about."""
        return realm_of(self._world, request).journal

    async def entries(self, request: Request) -> Any:
        """Entries, newest last; with wait_ms it waits for one where there is none."""
        asked = Asked.of(request.query_params, "wait_ms")
        journal = self._journal(request)
        since = _still_known(journal, asked.since)
        found = found_in(journal, asked, since)
        if not found and asked.wait_ms:
            await _arrival(journal, asked)
            found = found_in(journal, asked, since)
        return {
            "entries": [shown(entry) for entry in found],
            "last_seq": journal.seq,
            "dropped": journal.dropped,
        }

    async def har(self, request: Request) -> Any:
        """What went over HTTP and WebSockets as an archive for browsers' developer tools."""
        # Loaded with the first archive.
        from mock_tingwu.core.har import archive

        asked = Asked.of(request.query_params)
        journal = self._journal(request)
        since = _still_known(journal, asked.since)
        cut = journal.cut(since)
        return await asyncio.to_thread(
            archive,
            list(journal.after(0)),
            asked.wanted,
            since=since,
            limit=asked.limit,
            origin=Address.of(request).http,
            comment="" if cut is None else cut["text"],
        )

    async def stream(self, request: Request) -> Response:
        """Entries as server-sent events: those that there are, then each that comes."""
        asked = Asked.of(request.query_params)
        journal = self._journal(request)
        last = request.headers.get("last-event-id")
        since = asked.since if last is None else _seq("Last-Event-ID", last)
        since = _still_known(journal, since)
        if last is None and asked.limit is not None:
            since = _before_newest(journal, asked, since)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        kind = "text/event-stream"
        if request.method == "HEAD":
            return Response(headers=headers, media_type=kind)
        return StreamingResponse(
            _events(journal, asked.wanted, since), headers=headers, media_type=kind
        )


def found_in(journal: Journal, asked: Asked, since: int) -> list[Entry]:
    """What is asked for, newest last; first the note that entries are gone, if any are.

    Where ``limit`` leaves out older entries the note would say nothing new.
    """
    found = list(journal.select(asked.wanted, since=since))
    if asked.limit is not None and len(found) >= asked.limit:
        return found[len(found) - asked.limit :]
    cut = journal.cut(since)
    return found if cut is None else [cut, *found]


def _still_known(journal: Journal, since: int) -> int:
    """``since``; 0 where it is of a journal that was forgotten: then everything here is new."""
    return since if since <= journal.seq else 0


def _before_newest(journal: Journal, asked: Asked, since: int) -> int:
    """The seq behind which the newest ``limit`` of what is asked for begin."""
    found = found_in(journal, asked, since)
    if not found:
        return journal.seq
    return since if found[0]["service"] == "journal" else int(found[0]["seq"]) - 1


async def _arrival(journal: Journal, asked: Asked) -> None:
    """Wait for a new entry that is wanted, as long as is asked for."""
    seen = journal.seq
    try:
        async with asyncio.timeout(asked.wait_ms / 1000):
            while not journal.closed:
                await _change(journal, seen)
                if any(journal.select(asked.wanted, since=seen)):
                    return
                seen = journal.seq
    except TimeoutError:
        return


async def _change(journal: Journal, seen: int) -> None:
    """Wait until there is an entry after the seq ``seen``, or until the journal is closed."""
    changed = asyncio.Event()
    journal.watchers.add(changed.set)
    try:
        while journal.seq <= seen and not journal.closed:
            changed.clear()
            await changed.wait()
    finally:
        journal.watchers.discard(changed.set)


async def _events(journal: Journal, wanted: Filter, seen: int) -> AsyncIterator[bytes]:
    """The entries after ``seen`` as server-sent events, until the journal is closed."""
    while True:
        while seen < journal.seq:
            batch, seen = _batch(journal, wanted, seen)
            if batch:
                yield batch
            else:
                await asyncio.sleep(0)
        if journal.closed:
            if journal.replaced:
                # Who comes back has seen nothing of the journal that is there then.
                yield b"id:\n\n"
            return
        try:
            async with asyncio.timeout(HEARTBEAT_S):
                await _change(journal, seen)
        except TimeoutError:
            yield b": still here\n\n"


def _batch(journal: Journal, wanted: Filter, seen: int) -> tuple[bytes, int]:
    """The next events, maybe none, and the seq up to which entries have been looked at."""
    events: list[bytes] = []
    cut = journal.cut(seen)
    if cut is not None:
        events.append(_event(cut))
        seen = cut["seq"]
    size = 0
    for looked_at, entry in enumerate(journal.after(seen), 1):
        seen = entry["seq"]
        if wanted.fits(entry):
            events.append(_event(entry))
            size += len(events[-1])
        if size >= _BATCH_BYTES or looked_at >= _BATCH_ENTRIES:
            break
    return b"".join(events), seen


def _event(entry: Entry) -> bytes:
    # JSON has no line ends, so it is one line of data.
    data = msgspec.json.encode(shown(entry))
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (entry["seq"], entry["kind"].encode(), data)
