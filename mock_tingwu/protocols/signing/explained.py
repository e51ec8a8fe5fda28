"""Which requests were explained lately: a client that polls with a wrong key is told once."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Final

from .request import SignedRequest, Verdict

#: For so long a request like one that was explained is not explained again.
AGAIN_AFTER: Final = timedelta(seconds=10)
#: Kinds of requests that are remembered at a time; the oldest goes first.
MAX_KINDS: Final = 256


class Explained:
    """Remembers where requests were explained, by their kind.

    Two are of a kind when key, scheme, problem, method, target and the names of the headers are
    the same: it is nearly always the same mistake. Bodies and values of headers do not count,
    since polls differ in them.
    """

    def __init__(self) -> None:
        self._kinds: dict[bytes, tuple[int, datetime]] = {}

    def lately(self, request: SignedRequest, verdict: Verdict, now: datetime) -> int | None:
        """Where one of the same kind was explained less than `AGAIN_AFTER` ago."""
        seq, at = self._kinds.get(_kind(request, verdict), (0, now))
        return seq if seq and at <= now < at + AGAIN_AFTER else None

    def note(self, request: SignedRequest, verdict: Verdict, seq: int, now: datetime) -> None:
        """Remember that the journal entry ``seq`` explains a request."""
        kind = _kind(request, verdict)
        self._kinds.pop(kind, None)
        if len(self._kinds) >= MAX_KINDS:
            del self._kinds[next(iter(self._kinds))]
        self._kinds[kind] = seq, now

    def __len__(self) -> int:
        return len(self._kinds)


def _kind(request: SignedRequest, verdict: Verdict) -> bytes:
    names = sorted(request.header_names())
    what = (verdict.access_key, verdict.scheme, verdict.problem, request.method, request.target)
    return hashlib.sha256(repr((what, names)).encode("utf-8", "replace")).digest()
