"""What a test does with an open WebSocket of a running mock, from any thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from mock_tingwu.services import sessions

if TYPE_CHECKING:
    from mock_tingwu.server.controls import Controls
    from mock_tingwu.services.pushing import PushingConnection
    from mock_tingwu.services.realm import Realm


class Session:
    """An open WebSocket of a client (docs/control.md, Sessions).

    ``id`` is its own id, or that of a task: then the session that was opened last is meant. What
    cannot be done is a ValueError, also when it is not open any more.
    """

    def __init__(self, mock: Controls, id: str) -> None:
        self._mock = mock
        self.id = id

    def __repr__(self) -> str:
        return f"Session({self.id!r})"

    def _find(self) -> tuple[Realm, PushingConnection]:
        return sessions.find(iter([self._mock._realm]), self.id)

    def _do(
        self,
        do: Callable[[PushingConnection, Mapping[str, Any]], None],
        act: str,
        asked: Mapping[str, Any],
    ) -> None:
        given = {"session": self.id, "asked": asked}
        self._mock._call(lambda: do(self._find()[1], asked), act, given)

    def look(self) -> dict[str, Any]:
        """How it stands: state, frames, bytes, audio_ms …, and its last commands and events."""
        return self._mock.call(lambda: sessions.looked_into(*self._find()))

    @property
    def state(self) -> str:
        """The state of its protocol, such as WORKING."""
        return str(self.look()["state"])

    def send(self, event: Mapping[str, Any] | str | None = None, **named: Any) -> None:
        """Send the client a message: a whole one, or one that is completed.

        ``send({"header": …})`` and ``send("no JSON")`` send what they are given.
        ``send(name="SentenceEnd", payload={…})``, with ``status`` and ``status_text`` if they
        matter, is for realtime tasks; ``send(action="speech-end", output={…})`` for DashScope's.
        """
        asked = named if event is None else {"event": event, **named}
        self._do(sessions.send, "session_send", asked)

    def close(self, code: int = sessions.USUAL_CODE, reason: str = "") -> None:
        """Close with this code. A task that is being pushed to is PAUSED when this returns."""
        self._do(sessions.close, "session_close", {"code": code, "reason": reason})

    def cut(self) -> None:
        """Break the line: the client gets a reset and no CLOSE."""
        self._do(sessions.close, "session_close", {"cut": True})
