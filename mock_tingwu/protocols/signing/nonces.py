"""Nonces that were used: a request must not be sent twice (tingwu-openapi 3.2)."""

from __future__ import annotations

import heapq
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final

from .request import CLOCK_WINDOW

#: Nonces that are remembered at a time; those that expire first go first.
MAX_NONCES: Final = 100_000


class Nonces:
    """Remembers the nonce of every request until its time stamp is too old to be taken anyway."""

    def __init__(self, most: int = MAX_NONCES) -> None:
        self._most = most
        self._used: dict[tuple[str, bytes], datetime] = {}
        self._expiring: list[tuple[datetime, tuple[str, bytes]]] = []

    def use(
        self,
        access_key: str,
        nonce: str,
        sent: datetime,
        now: datetime,
        window: timedelta = CLOCK_WINDOW,
    ) -> bool:
        """Note a nonce of a request whose signature is right; False if it was used before.

        ``sent`` is the request's time stamp, ``now`` the server's time. ``window`` is how far the
        one may be from the other: `clock_window` of the request's scheme.
        """
        while self._expiring and self._expiring[0][0] < now:
            self._forget_one()
        # As long as it may be, it is remembered in few bytes.
        key = access_key, blake2b(nonce.encode("utf-8", "replace"), digest_size=16).digest()
        if key in self._used:
            return False
        while len(self._used) >= self._most:
            self._forget_one()
        until = sent + window
        self._used[key] = until
        heapq.heappush(self._expiring, (until, key))
        return True

    def _forget_one(self) -> None:
        del self._used[heapq.heappop(self._expiring)[1]]

    def __len__(self) -> int:
        return len(self._used)
