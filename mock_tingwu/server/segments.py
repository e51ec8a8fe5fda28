"""Writing to a connection so that borders of messages and of reads do not fall together."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

#: How long what is sent is held for more to come, and how long the next piece waits, in seconds
#: of real time. With a piece in flight the system does not put two of them into one segment.
HOLD_S: Final = 0.02
GAP_S: Final = 0.002


class Segments:
    """What is still to be written to ``transport``, in pieces as ``cut`` makes them."""

    def __init__(
        self,
        transport: asyncio.Transport,
        cut: Callable[[bytes], Sequence[bytes]],
        *,
        together: bool,
    ) -> None:
        self._transport = transport
        self._cut = cut
        self._hold = HOLD_S if together else 0.0
        self._held = b""
        self._pieces: deque[bytes] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, data: bytes) -> None:
        """Write ``data`` soon, behind what was added before."""
        self._held += data
        if self._timer is None:
            self._later(self._hold)

    def finish(self) -> None:
        """Write all that is left, now."""
        self.cancel()
        rest = b"".join([*self._pieces, self._held])
        self._pieces.clear()
        self._held = b""
        if rest:  # after the end of writing nothing is left, and nothing may be written
            self._transport.write(rest)

    def cancel(self) -> None:
        """Write nothing more by itself."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _later(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(seconds, self._write)

    def _write(self) -> None:
        self._timer = None
        if not self._pieces:
            self._pieces.extend(self._cut(self._held))
            self._held = b""
        self._transport.write(self._pieces.popleft())
        if self._pieces:
            self._later(GAP_S)
        elif self._held:
            self._later(self._hold)
