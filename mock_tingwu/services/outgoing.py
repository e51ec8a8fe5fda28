"""The events of one stream on their way to the client, as faults want them to arrive.

Nothing here sends. `Outgoing.pass_on` takes an event and gives what is to be done now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from mock_tingwu.core.faults import (
    DuplicateEvent,
    EventOrder,
    StreamClose,
    StreamDrop,
    StreamFailure,
    StreamFault,
    StreamStall,
)

#: What ends a stream.
Ending = StreamFailure | StreamClose | StreamDrop


def names_of(message: bytes) -> tuple[str, ...]:
    """What an event is called: by its header, and by its output's action."""
    event: Mapping[str, Any] = msgspec.json.decode(message)
    header, output = event["header"], (event.get("payload") or {}).get("output") or {}
    found = (header.get("name"), header.get("event"), output.get("action"))
    return tuple(name for name in found if name)


class Outgoing:
    """Holds back what is to come later."""

    def __init__(self) -> None:
        # What comes behind the next event, and what waits for the end of a stall.
        self._behind: list[bytes] = []
        self._held: list[bytes] | None = None

    @property
    def stalled(self) -> bool:
        """Whether everything is held back until `release`."""
        return self._held is not None

    def pass_on(self, message: bytes, fault: StreamFault | None) -> Sequence[bytes | Ending]:
        """What to do now, in this order; behind an `Ending` nothing more is to be sent."""
        match fault:
            case None:
                return self._out(message)
            case StreamFailure() | StreamClose() | StreamDrop():
                return (fault,)
            case EventOrder():
                self._behind.append(message)
                return ()
            case StreamStall():
                self.stall()
            case DuplicateEvent():
                return (*self._out(message), *self._out(message))
        return self._out(message)

    def stall(self) -> None:
        """Hold everything back from now on."""
        self._held = self._held or []

    def release(self) -> Sequence[bytes]:
        """What was held back."""
        held, self._held = self._held or [], None
        return held

    def rest(self) -> Sequence[bytes]:
        """Nothing follows: what was to come behind the next event."""
        behind, self._behind = self._behind, []
        return behind

    def _out(self, message: bytes) -> Sequence[bytes]:
        messages = (message, *self.rest()) if self._behind else (message,)
        if self._held is None:
            return messages
        self._held.extend(messages)
        return ()
