"""The journal: everything that happened, in order, within bounds, without secrets."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice
from sys import getsizeof
from typing import Any

import msgspec
from msgspec import Struct

from mock_tingwu.core.masking import Masker
from mock_tingwu.counting import counted

#: Bounds of one journal. What is oldest goes first.
MAX_ENTRIES = 10_000
MAX_BYTES = 32 * 1024 * 1024
#: A longer body or message is left out of its entry, and the entry says so.
MAX_BODY_BYTES = 64 * 1024
#: Clients may call a task what they like; a longer id is cut.
MAX_ID = 64
#: Entries that got their task later are remembered for whoever keeps the journal, so many of them.
_ASSIGNED = 1_000

Entry = dict[str, Any]

_TEXTS = (str, bytes)
#: What an entry weighs beside its texts, in bytes.
_WEIGHT = 400

#: What comes in numbers, and is kept by nobody but the journal: masked when somebody looks.
_MASKED_LATER = frozenset({"request", "response", "ws_in", "ws_out"})
#: Fields whose values the mock chooses itself.
_NO_SECRETS = frozenset(
    {"scope", "kind", "service", "method", "operation", "request_id", "event", "before", "after"}
)

KINDS = (
    "request",
    "response",
    "result",
    "ws_open",
    "ws_in",
    "ws_out",
    "ws_close",
    "audio",
    "transition",
    "callback",
    "signature",
    "violation",
    "fault",
    "note",
)

#: Who writes into it. ``journal`` tells of itself, ``control`` of calls below /_mock.
SERVICES = (
    "tingwu",
    "realtime",
    "dashscope",
    "live",
    "offline",
    "storage",
    "core",
    "media",
    "control",
    "journal",
    "store",
)


def shown(entry: Entry) -> Entry:
    """``entry`` with what is kept as JSON shown as what it says."""
    return {
        name: _decoded(value) if isinstance(value, bytes) else value
        for name, value in entry.items()
    }


def _decoded(value: bytes) -> Any:
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return value.decode("utf-8", "replace")  # masking may have cut a value that was no text


class Filter(Struct, frozen=True):
    """Which entries are wanted: those that have everything that is given.

    ``kinds`` is empty for all. ``session`` is a session's id, or that of its connection.
    ``contains`` is a text that stands in a field of the entry, or in the entry as JSON.
    """

    task_id: str | None = None
    service: str | None = None
    kinds: Collection[str] = ()
    session: str | None = None
    request_id: str | None = None
    contains: str = ""

    def fits(self, entry: Entry) -> bool:
        """Whether ``entry`` is wanted."""
        return (
            (self.task_id is None or entry["task_id"] == self.task_id)
            and (self.service is None or entry["service"] == self.service)
            and (not self.kinds or entry["kind"] in self.kinds)
            and (self.request_id is None or entry.get("request_id") == self.request_id)
            and (
                self.session is None
                or self.session in (entry.get("session"), entry.get("connection"))
            )
            and (not self.contains or _contains(entry, self.contains))
        )


def _contains(entry: Entry, text: str) -> bool:
    as_shown = shown(entry)
    if any(text in value for value in as_shown.values() if isinstance(value, str)):
        return True  # in JSON a quotation mark inside of a text is another one
    return text.encode("utf-8", "surrogatepass") in msgspec.json.encode(as_shown)


class Journal:
    """A bounded list of entries, newest last.

    Every entry has ``seq`` (from 1, never used again), ``at`` (ms since the epoch on the scope's
    clock), ``scope``, ``kind``, ``service``, ``task_id`` (or None) and fields of its kind. JSON is
    kept as bytes, other text as str; see `shown`.

    ========== ==================================================================
    request    method, target, body, signature
    response   method, target, status, body
    result     name, body: a result file that was downloaded
    ws_open    target, session
    ws_in      session, text
    ws_out     session, message; by, where the control API sent it
    ws_close   session, code, by
    audio      session, frames, bytes, position (ms)
    transition event, before, after, why, cause
    callback   url, event, attempt, outcome, status, error, again_ms, answer, body
    signature  problem, scheme, server, client, differs_at, causes
    violation  rule, level, source, text, offending (a seq), count
    fault      rule, action, operation, text
    note       text
    ========== ==================================================================
    """

    def __init__(
        self,
        now: Callable[[], int],
        scope: str = "",
        taps: Sequence[Callable[[Entry], None]] = (),
        secrets: Collection[str] = (),
    ) -> None:
        self._now = now
        self._scope = scope
        self._entries: deque[tuple[int, Entry]] = deque()
        self._bytes = 0
        # Shared with whoever made the journal: it may add taps later.
        self._taps = taps
        # What is not masked yet, as nobody has looked, and whether all of each entry is to be.
        # Masking costs several times what recording does, and most entries nobody ever sees.
        self._unseen: deque[tuple[Entry, bool]] = deque()
        #: Takes out what no entry shows; configured ``secrets`` wherever they stand.
        self.masked = Masker(secrets)
        self.seq = 0
        #: How many entries were dropped to stay within bounds: all up to this seq.
        self.dropped = 0
        self._dropped_at = 0
        #: Called whenever there is a new entry, and at the end. It must not raise.
        self.watchers: set[Callable[[], None]] = set()
        #: Whether whoever follows it should leave, and whether there is another one then; see
        #: `close`.
        self.closed = self.replaced = False
        #: Entries that were given a task after they were recorded. Whoever keeps them clears it.
        self.assigned: deque[Entry] = deque(maxlen=_ASSIGNED)

    def record(
        self,
        kind: str,
        service: str,
        task_id: str | None = None,
        *,
        masking: bool = True,
        **fields: Any,
    ) -> Entry:
        """Add an entry; return it, so that a ``task_id`` found out later can be put in: `assign`.

        ``masking=False`` is for what the mock wrote itself: only configured secrets are masked.
        What is returned may still show secrets: they are out when the journal hands it to anybody.
        """
        self.seq += 1
        if task_id is not None and len(task_id) > MAX_ID:
            task_id = self._short(task_id)
        entry: Entry = {
            "seq": self.seq,
            "at": self._now(),
            "scope": self._scope,
            "kind": kind,
            "service": service,
            "task_id": task_id,
            **fields,
        }
        for tap in self._taps:
            tap(entry)
        weight = _WEIGHT
        for name, value in fields.items():
            if isinstance(value, _TEXTS):
                size = getsizeof(value)
                if size > MAX_BODY_BYTES and len(value) > MAX_BODY_BYTES:
                    unit = "bytes" if isinstance(value, bytes) else "characters"
                    entry[name] = f"({len(value)} {unit} left out)"
                    size = getsizeof(entry[name])
                weight += size
        if kind in _MASKED_LATER:
            self._unseen.append((entry, masking))
        else:
            self._take_out(entry, masking)
        self._append(weight, entry)
        return entry

    def _short(self, task_id: str) -> str:
        # Masked first: a secret that is cut is not known any more.
        task_id = self.masked(task_id[: 16 * MAX_ID])
        return task_id if len(task_id) <= MAX_ID else task_id[:MAX_ID] + "…"

    def _mask(self) -> None:
        while self._unseen:
            self._take_out(*self._unseen.popleft())

    def _take_out(self, entry: Entry, masking: bool) -> None:
        """Take out the secrets of an entry."""
        for name, value in entry.items():
            if name in _NO_SECRETS:
                continue
            if isinstance(value, str):
                if masking:
                    entry[name] = self.masked(value)
            elif isinstance(value, bytes):
                entry[name] = self.masked(value) if masking else self.masked.known(value)

    def assign(self, entry: Entry, task_id: str) -> None:
        """Say now which task an entry is about."""
        if entry["task_id"] != task_id:
            entry["task_id"] = task_id
            self.assigned.append(entry)

    def restore(self, entries: Iterable[Entry], seq: int, dropped: int) -> None:
        """Put back what an earlier journal of the scope had recorded; its ``seq`` goes on."""
        for entry in entries:
            texts = (value for value in entry.values() if isinstance(value, _TEXTS))
            self._append(_WEIGHT + sum(map(getsizeof, texts)), entry)
        # It may have recorded some that it had dropped already. No seq is left out.
        self.seq, self.dropped = seq, max(dropped, seq - len(self._entries))

    def _append(self, weight: int, entry: Entry) -> None:
        self._entries.append((weight, entry))
        self._bytes += weight
        while len(self._entries) > MAX_ENTRIES or self._bytes > MAX_BYTES:
            gone, oldest = self._entries.popleft()
            if self._unseen and self._unseen[0][0] is oldest:
                self._unseen.popleft()
            self._bytes -= gone
            self.dropped += 1
            self._dropped_at = oldest["at"]
        if self.watchers:
            self._tell_watchers()

    def newest(self, since: int) -> list[Entry]:
        """The entries behind ``seq`` ``since``, oldest first. Costs no more than there are."""
        self._mask()
        found = []
        for _, entry in reversed(self._entries):
            if entry["seq"] <= since:
                break
            found.append(entry)
        return found[::-1]

    @property
    def first_seq(self) -> int:
        """The ``seq`` of the oldest entry that there is; of the next one if there is none."""
        return self._entries[0][1]["seq"] if self._entries else self.seq + 1

    def close(self, *, replaced: bool) -> None:
        """Nobody should wait for more: the scope begins anew (``replaced``) or the server stops."""
        self.closed, self.replaced = True, replaced
        self._tell_watchers()

    def _tell_watchers(self) -> None:
        for watcher in tuple(self.watchers):
            watcher()

    def entries(
        self,
        *,
        task_id: str | None = None,
        service: str | None = None,
        kind: str | None = None,
        since: int = 0,
    ) -> Iterator[Entry]:
        """The entries that match every filter given; ``since`` is the last ``seq`` already seen."""
        kinds = () if kind is None else (kind,)
        return self.select(Filter(task_id=task_id, service=service, kinds=kinds), since=since)

    def select(self, wanted: Filter, *, since: int = 0) -> Iterator[Entry]:
        """The entries after the ``seq`` that was seen last, as far as they are wanted.

        To be read before anything else is recorded.
        """
        return (entry for entry in self.after(since) if wanted.fits(entry))

    def after(self, seq: int) -> Iterator[Entry]:
        """The entries after ``seq``, to be read before anything else is recorded."""
        self._mask()
        # No seq is left out, so it is known where they begin.
        return (entry for _, entry in islice(self._entries, max(0, seq - self.dropped), None))

    def cut(self, since: int) -> Entry | None:
        """A note in place of the entries after ``since`` that are gone, None if none is.

        It has the ``seq`` and the time of the last one that is gone, and their number.
        """
        if since >= self.dropped:
            return None
        number = self.dropped - since
        what = counted(number, "entry", "entries")
        keeps = f"the newest {MAX_ENTRIES} entries or {MAX_BYTES // 2**20} MiB"
        return {
            "seq": self.dropped,
            "at": self._dropped_at,
            "scope": self._scope,
            "kind": "note",
            "service": "journal",
            "task_id": None,
            "gone": number,
            "text": f"{what} up to seq {self.dropped} {'is' if number == 1 else 'are'} gone: "
            f"the journal keeps {keeps}",
        }

    @property
    def kept(self) -> int:
        """How many entries there are."""
        return len(self._entries)

    @property
    def kept_bytes(self) -> int:
        """How much room they take, about: what `MAX_BYTES` bounds."""
        return self._bytes

    def latest(self) -> Iterator[Entry]:
        """All entries, newest first."""
        self._mask()
        return (entry for _, entry in reversed(self._entries))
