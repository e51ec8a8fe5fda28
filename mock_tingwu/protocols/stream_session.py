"""What the sessions of both streaming protocols have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum
from typing import Final, Generic, TypeVar

from mock_tingwu.core.lifecycle import InvalidTransition, Lifecycle
from mock_tingwu.core.violations import Offence

#: Audio that arrives before it can be fed is kept up to this size.
EARLY_AUDIO_BYTES: Final = 32 << 20


class ByHand(bytes):
    """A message that somebody wanted to be sent: nothing in the session has led to it."""


S = TypeVar("S", bound=Enum)
E = TypeVar("E", bound=Enum)


class StreamSession(ABC, Generic[S, E]):
    """One WebSocket connection seen from the server, on which audio is pushed.

    ``state`` moves by the table of its lifecycle only. ``last_arrival`` (ms) is when the last frame
    came, ``task_id`` what the client calls its task. ``quotes``: messages may repeat more of what
    the client sent than that.
    """

    def __init__(self, lifecycle: Lifecycle[S, E], now: int) -> None:
        self.state = lifecycle.initial
        self.close_code: int | None = None
        self.last_arrival = now
        self.task_id = ""
        self.quotes = False
        self._table = lifecycle.table
        self._messages: list[bytes] = []
        self._early_audio: list[bytes] = []
        self._early_bytes = 0
        #: What the client did against the protocol since `take_offences` was called last.
        self.offences: list[Offence] = []

    @property
    @abstractmethod
    def deadline(self) -> int | None:
        """When something is due if nothing arrives before (ms), or None."""

    @abstractmethod
    def disconnected(self) -> None:
        """The socket is gone. Nothing more will be sent."""

    def time_is(self, now: int) -> None:
        """Go on by another clock, which shows ``now`` (ms): what is due counts from there."""
        self.last_arrival = now

    def take_offences(self) -> list[Offence]:
        """What the client did against the protocol since the last call."""
        offences, self.offences = self.offences, []
        return offences

    @property
    def has_news(self) -> bool:
        """Whether there is something to send or the socket is to be closed."""
        return bool(self._messages) or self.close_code is not None

    def messages_to_send(self) -> list[bytes]:
        """The text frames to send now, in order."""
        messages, self._messages = self._messages, []
        return messages

    def push(self, message: bytes) -> None:
        """Send ``message`` as it stands, behind what is to be sent already.

        It is a message and nothing more: the session stays in its state.
        """
        self._messages.append(ByHand(message))

    @property
    def early_audio_kept(self) -> int:
        """How many bytes of audio came too early and wait to be fed."""
        return sum(map(len, self._early_audio))

    @property
    def early_audio_lost(self) -> int:
        """How many bytes of audio came too early and were too many to keep."""
        return max(0, self._early_bytes - self.early_audio_kept)

    def take_early_audio(self) -> list[bytes]:
        """The binary frames that came too early and have not been fed yet."""
        audio, self._early_audio = self._early_audio, []
        self._early_bytes = 0
        return audio

    def _keep_early(self, data: bytes) -> None:
        self._early_bytes += len(data)
        if self._early_bytes <= EARLY_AUDIO_BYTES:
            self._early_audio.append(data)

    def _offend(self, rule: str, text: str) -> None:
        self.offences.append(Offence(rule, text))

    def _advance(self, event: E) -> bool:
        following = self._table.get((self.state, event))
        if following is None:
            return False
        self.state = following
        return True

    def _require(self, event: E) -> None:
        if not self._advance(event):
            raise InvalidTransition(self.state, event)
