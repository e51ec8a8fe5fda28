"""What a stream of audio does when, without sockets, clocks or tasks.

`StreamCore` is told what happens: a connection is made, a message came, the connection is gone, the
caller wants to pause. It says where the stream stands (`state`, by `stream_table`), what is to be
sent again (`backlog`), until when something has to happen (`deadline`) and what the reader is to be
told (`take_events`). Times are ms of any clock that does not go back. `stream_life` drives it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from mock_tingwu.client.continuity import Continuity
from mock_tingwu.client.errors import StreamError
from mock_tingwu.client.events import Completed, Reconnected, Reconnecting, SentenceEnd
from mock_tingwu.client.replay import Replay
from mock_tingwu.client.stream_table import CONNECTED, TABLE, Input, State

E = TypeVar("E")

#: A connection that has held for so many ms is no longer one of a row of failures.
STABLE_MS: Final = 60_000
#: A service that ends a sentence by itself may count so many ms more than were pushed.
SLACK_MS: Final = 500


@dataclass(frozen=True, slots=True)
class Told(Generic[E]):
    """What one message tells: events, that the stream has started, and, when it has failed, why.

    A failure that is ``transient`` may be gone after a reconnect. Completed is the last event.
    """

    events: Sequence[E] = ()
    started: bool = False
    failure: StreamError | None = None
    transient: bool = False


@dataclass(frozen=True, slots=True)
class Loss:
    """Why there is no connection any more. ``events`` are the service's last words about it."""

    error: StreamError
    transient: bool
    events: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Offsets:
    """Where a stream goes on: ``time`` ms of audio, after sentence ``index``.

    Either is None where that is not known, and both are at the beginning (realtime-ws 1.5).
    """

    time: int | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """How patient a stream is, in ms: for each ``step``, without any message (``silence``).

    ``attempts`` in a row are made to go on after a loss, each after ``delay``. ``bytes_per_ms`` is
    of PCM, None where it is not known what audio lasts; the last ``replay`` bytes are kept.
    """

    step: int
    silence: int | None
    attempts: int
    delay: int
    bytes_per_ms: int | None
    replay: int


class StreamCore:
    """One stream over all its connections. ``peer`` is who is at the other end, for messages."""

    def __init__(self, peer: str, policy: Patience) -> None:
        self.state = State.CONNECTING
        #: Whether the service has ever started it.
        self.begun = False
        #: Why it has ended, None when it is complete or was closed.
        self.failure: StreamError | None = None
        #: Whether it ended without the service's or the caller's word.
        self.broken = False
        #: When to call `retry`, in BROKEN.
        self.retry_at = 0
        #: What is to be sent before the caller's audio, in CATCHING_UP.
        self.backlog: Sequence[bytes] = ()
        self._peer = peer
        self._policy = policy
        self._bytes_per_ms = policy.bytes_per_ms
        self._replay = Replay(0 if policy.bytes_per_ms is None else policy.replay)
        self._continuity = Continuity()
        self._events: list[Any] = []
        # What the caller wants and the state does not allow yet.
        self._wish: Input | None = None
        self._step_until: int | None = None
        self._heard_at = 0
        self._started_at: int | None = None
        self._attempt = 0
        self._first_loss: StreamError | None = None
        self._lost_at = 0

    # What the driver asks

    def take_events(self) -> list[Any]:
        """What has happened since the last call, for the reader."""
        events, self._events = self._events, []
        return events

    @property
    def deadline(self) -> int | None:
        """When `timed_out` is due unless something happens before."""
        silent = self._policy.silence
        if self.state not in CONNECTED or silent is None:
            return self._step_until
        silent += self._heard_at
        return silent if self._step_until is None else min(silent, self._step_until)

    def refusal(self) -> StreamError | None:
        """Why audio is not taken and will not be, None when it is or will be."""
        if self.state is State.ENDED:
            return self.failure or StreamError("The stream is over and takes no more audio.")
        if self.state in (State.PAUSING, State.PAUSED) or self._wish is Input.PAUSE:
            return StreamError("The stream is paused and takes no audio until it is resumed.")
        if self.state is State.STOPPING or self._wish is Input.STOP:
            return StreamError("The stream is being stopped and takes no more audio.")
        return None

    # What the caller does

    def push(self, frame: bytes) -> None:
        """A frame is about to be written; call `pushed` when that is over."""
        self._replay.push(frame)

    def pushed(self) -> None:
        """What `push` announced is written, or given up."""
        self._replay.pushed()

    def pause(self, now: int) -> bool:
        """The caller wants to pause. True: say to the service that the audio is over."""
        return self._want(Input.PAUSE, now)

    def stop(self, now: int) -> bool:
        """The caller has nothing more to say. True: say to the service that the audio is over."""
        if self.state is State.PAUSED:
            self._events.append(Completed())
        return self._want(Input.STOP, now)

    def resume(self) -> None:
        """The caller goes on after a pause."""
        self._move(Input.RESUME)

    def close(self) -> None:
        """The caller has had enough."""
        self._move(Input.CLOSE)

    # What the connection does

    def connected(self, now: int) -> Offsets:
        """There is a connection: ask the service to start the stream there."""
        self._move(Input.CONNECTED)
        self._step_until = now + self._policy.step
        self._heard_at = now
        return self._go_on() if self.begun else Offsets()

    def told(self, told: Told[Any], now: int) -> None:
        """A message came."""
        if self.state not in CONNECTED:
            return
        self._heard_at = now
        if told.started and self.state is State.STARTING:
            self._started(now)
        if told.failure is not None:
            self.lost(Loss(told.failure, told.transient, told.events), now)
            return
        for event in told.events:
            if isinstance(event, Completed):
                self._completed()
                return
            self._caption(event)

    def caught_up(self, now: int) -> bool:
        """The backlog is written. True: say to the service that the audio is over."""
        if self.state is not State.CATCHING_UP:
            return False
        self._move(Input.CAUGHT_UP)
        self.backlog = ()
        wish, self._wish = self._wish, None
        return wish is not None and self._want(wish, now)

    def timed_out(self, now: int) -> None:
        """The deadline may have passed."""
        if self.deadline is None or now < self.deadline:
            return
        if self._step_until is None or now < self._step_until:
            silence = (self._policy.silence or 0) / 1000
            error = StreamError(f"{self._peer} has said nothing for {silence:g} s.")
            self.lost(Loss(error, transient=True), now)
            return
        step = {State.STARTING: "start", State.PAUSING: "pause", State.STOPPING: "complete"}
        what = f"{step[self.state]} the stream within {self._policy.step / 1000:g} s"
        error = StreamError(f"{self._peer} did not {what}.")
        if self.state is State.STARTING:
            self.lost(Loss(error, transient=True), now)
        else:
            # Whoever pauses or stops is told; who reads sees the end.
            self.failure = error
            self._move(Input.TIMEOUT)

    def lost(self, loss: Loss, now: int) -> None:
        """The connection is gone, could not be made, or is of no use any more."""
        wishes = {State.PAUSING: Input.PAUSE, State.STOPPING: Input.STOP}
        wish = wishes.get(self.state, self._wish)
        if not self._move(Input.LOST):
            return  # it is no news
        self._wish = wish
        if self._started_at is not None and now - self._started_at >= STABLE_MS:
            self._attempt = 0
        self._started_at = None
        if self._first_loss is None:
            self._first_loss, self._lost_at = loss.error, now
        if self.begun and loss.transient and self._attempt < self._policy.attempts:
            self._attempt += 1
            self.retry_at = now + self._policy.delay
            self._events.append(Reconnecting(self._attempt, str(loss.error), self._policy.delay))
        else:
            self._give_up(loss)

    def retry(self) -> None:
        """The delay is over."""
        self._move(Input.RETRY)

    # Inside

    def _move(self, happened: Input) -> bool:
        """Go where the table says. False: it has no place for that."""
        following = TABLE.get((self.state, happened))
        if following is None:
            return False
        self.state = following
        self._step_until = None
        return True

    def _want(self, wish: Input, now: int) -> bool:
        asked_already = self.state is State.PAUSING
        if self._move(wish):
            if self.state is not State.ENDED:
                self._step_until = now + self._policy.step
            return self.state is not State.ENDED and not asked_already
        waits = self.state not in (State.STOPPING, State.PAUSING, State.PAUSED, State.ENDED)
        if waits and self._wish is not Input.STOP:
            self._wish = wish
        return False

    def _started(self, now: int) -> None:
        self._move(Input.STARTED)
        self.backlog = self._replay.frames
        if self._first_loss is not None:
            gap = now - self._lost_at
            resent = self._ms(sum(map(len, self.backlog)))
            self._events.append(
                Reconnected(self._attempt, gap, resent, self._ms(self._replay.lost))
            )
        self.begun = True
        self._first_loss = None
        self._started_at = now
        if not self.backlog and self._wish is None:
            self.caught_up(now)

    def _completed(self) -> None:
        pausing = self.state is State.PAUSING
        self._move(Input.COMPLETED)
        if not pausing:
            self._events.append(Completed())
        # What was not a sentence by now is none.
        self._replay.acknowledge(self._replay.end)

    def _caption(self, event: Any) -> None:
        kept = self._continuity.take(event, self._ms(self._replay.end))
        if kept is None:
            return
        self._events.append(kept)
        if isinstance(kept, SentenceEnd):
            self._attempt = 0
            self._acknowledge(kept)

    def _acknowledge(self, end: SentenceEnd) -> None:
        """No audio of a final sentence is needed again."""
        until = min(end.end, end.end if end.stash_begin is None else end.stash_begin)
        pushed = self._ms(self._replay.end)
        if pushed is None or self._bytes_per_ms is None:
            return
        if until > pushed + SLACK_MS:
            # More was heard than was pushed: this is not the audio that it was said to be.
            self._bytes_per_ms = None
            self._replay.forget()
        else:
            self._replay.acknowledge(until * self._bytes_per_ms)

    def _go_on(self) -> Offsets:
        """Where the stream goes on, with what is kept sent again."""
        begin, end = self._ms(self._replay.start), self._ms(self._replay.end)
        last = self._continuity.begun
        if begin is None or end is None:
            self._continuity.resume(last + 1, self._continuity.end, 0)
            return Offsets()
        if self._policy.replay:
            last = self._continuity.ended  # the open sentence is heard again
        self._continuity.resume(last + 1, begin, end - begin)
        return Offsets(begin, last if last >= 0 else None)

    def _ms(self, size: int) -> int | None:
        """How long so many bytes last."""
        return None if self._bytes_per_ms is None else size // self._bytes_per_ms

    def _give_up(self, loss: Loss) -> None:
        self._move(Input.GIVE_UP)
        self._events += loss.events
        self.broken = not loss.events
        self.failure, first = loss.error, self._first_loss
        if self._attempt and loss.transient:
            tried = f"attempts to go on that failed: {self._attempt}"
            also = "" if first is loss.error else f", the last one so: {loss.error}"
            text = f"{first} ({tried}{also})"
            self.failure = StreamError(text, loss.error.status, loss.error.code)
