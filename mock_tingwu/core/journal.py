"""The journal: everything that happened, in order, within bounds, without secrets."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

#: Bounds of one journal. What is oldest goes first.
MAX_ENTRIES = 10_000
MAX_BYTES = 32 * 1024 * 1024
#: A longer body or message is left out of its entry, and the entry says so.
MAX_BODY_BYTES = 64 * 1024

Entry = dict[str, Any]

_SECRET_PARAMETERS = re.compile(
    r"((?:^|[?&])(?:mc|Signature|SecurityToken|token)=)([^&#\s\"]{4})[^&#\s\"]*"
)
_SECRET_KEYS = frozenset({"token", "securitytoken", "accesskeysecret", "apikey", "authkey"})


def masked(value: Any) -> Any:
    """``value`` without join tokens, URL signatures, keys and tokens, at any depth."""
    if isinstance(value, str):
        return _SECRET_PARAMETERS.sub(r"\1\2…", value) if "=" in value else value
    if isinstance(value, dict):
        return {
            key: "…" if isinstance(item, str) and _is_secret(key) else masked(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [masked(item) for item in value]
    return value


def _is_secret(key: object) -> bool:
    return isinstance(key, str) and key.replace("_", "").replace("-", "").lower() in _SECRET_KEYS


class Journal:
    """A bounded list of entries, newest last.

    Every entry has ``seq`` (from 1, never used again), ``at`` (ms since the epoch on the scope's
    clock), ``kind``, ``service``, ``task_id`` (or None) and fields of its kind:

    ========== ==================================================================
    request    method, target, body, signature
    response   method, target, status, body
    ws_open    target, session
    ws_in      session, message (JSON) or text
    ws_out     session, message
    ws_close   session, code, by
    audio      session, frames, bytes, position (ms)
    transition event, before, after, why
    note       text
    ========== ==================================================================
    """

    def __init__(self, now: Callable[[], int], scope: str = "") -> None:
        self._now = now
        self._scope = scope
        self._entries: deque[tuple[int, Entry]] = deque()
        self._bytes = 0
        self._taps: list[Callable[[Entry], None]] = []
        self.seq = 0
        #: How many entries were dropped to stay within bounds.
        self.dropped = 0

    def record(
        self, kind: str, service: str, task_id: str | None = None, *, size: int = 0, **fields: Any
    ) -> None:
        """Add an entry. ``size`` is the length of its body or message in bytes."""
        self.seq += 1
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
        if size > MAX_BODY_BYTES:
            for name in ("body", "message", "text"):
                if name in fields:
                    fields[name] = f"({size} bytes left out)"
            size = 0
        for name, value in fields.items():
            entry[name] = masked(value)
        weight = size + 400
        self._entries.append((weight, entry))
        self._bytes += weight
        while len(self._entries) > MAX_ENTRIES or self._bytes > MAX_BYTES:
            self._bytes -= self._entries.popleft()[0]
            self.dropped += 1

    def tap(self, tap: Callable[[Entry], None]) -> None:
        """Call ``tap`` with every entry from now on, unmasked: for checks inside the process."""
        self._taps.append(tap)

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
