"""The journal: everything that happened, in order, within bounds, without secrets."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from sys import getsizeof
from typing import Any

import msgspec

from mock_tingwu.core.masking import Masker

#: Bounds of one journal. What is oldest goes first.
MAX_ENTRIES = 10_000
MAX_BYTES = 32 * 1024 * 1024
#: A longer body or message is left out of its entry, and the entry says so.
MAX_BODY_BYTES = 64 * 1024
#: Clients may call a task what they like; a longer id is cut.
MAX_ID = 64

Entry = dict[str, Any]

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
    ws_out     session, message
    ws_close   session, code, by
    audio      session, frames, bytes, position (ms)
    transition event, before, after, why
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
        #: Takes out what no entry shows; configured ``secrets`` wherever they stand.
        self.masked = Masker(secrets)
        self.seq = 0
        #: How many entries were dropped to stay within bounds.
        self.dropped = 0

    def record(
        self,
        kind: str,
        service: str,
        task_id: str | None = None,
        *,
        masking: bool = True,
        **fields: Any,
    ) -> Entry:
        """Add an entry; return it, so that a ``task_id`` found out later can be put in.

        ``masking=False`` is for what the mock wrote itself: only configured secrets are masked.
        """
        self.seq += 1
        if task_id is not None:
            task_id = self.masked(task_id[: 16 * MAX_ID])
            task_id = task_id if len(task_id) <= MAX_ID else task_id[:MAX_ID] + "…"
        entry: Entry = {
            "seq": self.seq,
            "at": self._now(),
            "scope": self._scope,
            "kind": kind,
            "service": service,
            "task_id": task_id,
        }
        for tap in self._taps:
            tap({**entry, **fields})
        weight = 400
        for name, value in fields.items():
            if isinstance(value, str | bytes):
                if len(value) > MAX_BODY_BYTES:
                    unit = "bytes" if isinstance(value, bytes) else "characters"
                    value = f"({len(value)} {unit} left out)"
                elif masking:
                    value = self.masked(value)
                elif isinstance(value, bytes):
                    value = self.masked.known(value)
                weight += getsizeof(value)
            entry[name] = value
        self._entries.append((weight, entry))
        self._bytes += weight
        while len(self._entries) > MAX_ENTRIES or self._bytes > MAX_BYTES:
            self._bytes -= self._entries.popleft()[0]
            self.dropped += 1
        return entry

    def entries(
        self,
        *,
        task_id: str | None = None,
        service: str | None = None,
        kind: str | None = None,
        since: int = 0,
    ) -> Iterator[Entry]:
        """The entries that match every filter given; ``since`` is the last ``seq`` already seen."""
        wanted: Mapping[str, str | None] = {"task_id": task_id, "service": service, "kind": kind}
        filters = [(name, value) for name, value in wanted.items() if value is not None]
        for _, entry in self._entries:
            if entry["seq"] > since and all(entry[name] == value for name, value in filters):
                yield entry
