"""Which requests were explained lately: who polls with a wrong key is told now and then."""

from __future__ import annotations

import hashlib
from collections import deque
from datetime import datetime, timedelta
from typing import Final

from . import rpc_v1
from .request import SignedRequest, Verdict

#: Of requests of one kind, so many are explained within `WINDOW`.
MOST: Final = 8
WINDOW: Final = timedelta(seconds=10)
#: Kinds of requests that are remembered at a time; the oldest goes first.
MAX_KINDS: Final = 256


class Explained:
    """Remembers where requests were explained, by their kind.

    Two are of a kind when key, scheme, problem, method, target and the names of the headers are
    the same: it is mostly the same mistake. Bodies and values of headers do not count, since polls
    differ in them; nor do, in RPC style, values of parameters.
    """

    def __init__(self) -> None:
        self._kinds: dict[bytes, deque[tuple[int, datetime]]] = {}

    def lately(self, request: SignedRequest, verdict: Verdict, now: datetime) -> int | None:
        """Where the latest of the same kind was explained, if there were `MOST` of them lately."""
        told = self._kinds.get(_kind(request, verdict), deque())
        if len(told) < MOST or not told[0][1] <= now < told[0][1] + WINDOW:
            return None
        return told[-1][0]

    def note(self, request: SignedRequest, verdict: Verdict, seq: int, now: datetime) -> None:
        """Remember that the journal entry ``seq`` explains a request."""
        kind = _kind(request, verdict)
        told = self._kinds.pop(kind, deque(maxlen=MOST))
        if len(self._kinds) >= MAX_KINDS:
            del self._kinds[next(iter(self._kinds))]
        told.append((seq, now))
        self._kinds[kind] = told

    def __len__(self) -> int:
        return len(self._kinds)


def _kind(request: SignedRequest, verdict: Verdict) -> bytes:
    names = sorted(request.header_names())
    target = request.target
    if verdict.scheme == "rpc":  # time stamp and nonce are among the parameters
        target = request.path
        names += sorted(name for name, _ in rpc_v1.parameters(request))
    what = (verdict.access_key, verdict.scheme, verdict.problem, request.method, target)
    return hashlib.sha256(repr((what, names)).encode("utf-8", "replace")).digest()
