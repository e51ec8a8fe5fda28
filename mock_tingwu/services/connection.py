"""What a service and a WebSocket connection know of each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec import Struct


class Connection(Protocol):
    """What an endpoint may do with its connection."""

    @property
    def stalled(self) -> bool:
        """Whether the client does not read what was sent, so that nothing is read from it."""
        ...

    @property
    def is_open(self) -> bool:
        """Whether a message can still be sent: neither side has begun to close."""
        ...

    @property
    def unsent(self) -> int:
        """How many bytes wait for the client to read."""
        ...

    def send_text(self, data: bytes, cuts: Sequence[int] = ()) -> None:
        """Send a text message: in one frame, unless it is to be cut at these places."""
        ...

    def send_in_segments(self, cut: Callable[[bytes], Sequence[bytes]], *, together: bool) -> None:
        """From now on write what ``cut`` makes of it, a piece at a time.

        ``together``: hold it for a moment first, so that messages travel together.
        """
        ...

    def close(self, code: int, reason: str = "") -> None:
        """Start the closing handshake."""
        ...

    def break_off(self) -> None:
        """End it without a CLOSE behind what was sent: all of that arrives."""
        ...

    def cut(self) -> None:
        """End it at once and without a CLOSE, as a broken line does. Nothing more is sent."""
        ...


class Endpoint(Protocol):
    """What a service does with one connection."""

    def opened(self, connection: Connection) -> None:
        """The handshake is done."""
        ...

    def text(self, data: bytes) -> None:
        """A text message has arrived; it may not be UTF-8."""
        ...

    def binary(self, data: bytes) -> None:
        """A binary message has arrived."""
        ...

    def closed(self, code: int, by_client: bool) -> None:
        """The connection is over; ``code`` is 1006 when it was cut."""
        ...


class Rejection(Struct, frozen=True):
    """An HTTP answer in place of 101."""

    status: int
    body: str
    content_type: str = "text/plain; charset=utf-8"
