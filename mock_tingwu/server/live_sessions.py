"""What a test does with an open WebSocket of a running mock, from any thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from mock_tingwu.services import sessions

if TYPE_CHECKING:
    from mock_tingwu.server.controls import Controls
    from mock_tingwu.services.pushing import PushingConnection
    from mock_tingwu.services.realm import Realm

T = TypeVar("T")


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

    def _do(self, act: Callable[[Realm, PushingConnection], T]) -> T:
        mock = self._mock
        return mock.call(lambda: act(*sessions.find(iter([mock._realm]), self.id)))

    def look(self) -> dict[str, Any]:
        """How it stands: state, frames, bytes, audio_ms …, and its last commands and events."""
        return self._do(sessions.looked_into)

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
        self._do(lambda realm, session: sessions.send(session, asked))

    def close(self, code: int = sessions.USUAL_CODE, reason: str = "") -> None:
        """Close with this code. A task that is being pushed to is PAUSED when this returns."""
        asked = {"code": code, "reason": reason}
        self._do(lambda realm, session: sessions.close(session, asked))

    def cut(self) -> None:
        """Break the line: the client gets a reset and no CLOSE."""
        self._do(lambda realm, session: sessions.close(session, {"cut": True}))
