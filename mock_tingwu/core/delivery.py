"""Delivering a message to somebody else's server: its life as a table, its retries as data.

Nothing here sends. Whoever does calls `Delivery.begin`, sends ``body`` to ``url`` with ``headers``,
tells `Delivery.end` what came of it, and comes again after as many ms as that returns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from mock_tingwu.core.lifecycle import Lifecycle


class State(Enum):
    """Where a delivery stands."""

    #: Not tried yet: what was to be sent before it comes first.
    QUEUED = auto()
    SENDING = auto()
    #: Tried in vain, to be tried again.
    WAITING = auto()
    DELIVERED = auto()
    LOST = auto()


class Event(Enum):
    """What moves a delivery on."""

    SEND = auto()
    #: A good answer, in time.
    ACCEPTED = auto()
    #: No answer, a late one, or one that says no; there are attempts left.
    REFUSED = auto()
    #: The same at the last attempt.
    REFUSED_AT_LAST = auto()
    #: Nobody wants it any more, or there is no room for it.
    DROP = auto()


QUEUED, SENDING, WAITING = State.QUEUED, State.SENDING, State.WAITING
DELIVERED, LOST = State.DELIVERED, State.LOST

DELIVERY: Final = Lifecycle(
    "callback delivery",
    QUEUED,
    {
        (QUEUED, Event.SEND): SENDING,
        (QUEUED, Event.DROP): LOST,
        (SENDING, Event.ACCEPTED): DELIVERED,
        (SENDING, Event.REFUSED): WAITING,
        (SENDING, Event.REFUSED_AT_LAST): LOST,
        (WAITING, Event.SEND): SENDING,
        (WAITING, Event.DROP): LOST,
    },
    source="tingwu-openapi 6",
    assumed={
        (QUEUED, Event.DROP): "what waits for a dead receiver has to have a bound",
        (WAITING, Event.DROP): "an address that was taken away should get nothing more",
    },
)


class Plan(Struct, frozen=True):
    """When to try again: ``waits`` in ms, each from the end of one attempt to the next one.

    ``answer_within`` is how long an answer may take, in ms of the receiver's own, real time.
    ``only_200``: no other answer will do; else any 2xx does.
    """

    waits: tuple[int, ...]
    answer_within: int = 5_000
    only_200: bool = False

    @property
    def attempts(self) -> int:
        """How often a delivery is tried at most."""
        return len(self.waits) + 1


#: Tingwu's: again after 5 s, then every 5 min, three times at most (tingwu-openapi 6). That the
#: first of them counts is an assumption: four attempts in all.
TINGWU_PLAN: Final = Plan((5_000, 300_000, 300_000))
#: Live's: twice again, soon, as captions are old in seconds. No source tells of retries.
LIVE_PLAN: Final = Plan((1_000, 2_000))
#: DashScope's: six times again, and nothing but 200 counts (dashscope-tingwu 6). How long an answer
#: may take is Tingwu's.
AGENT_PLAN: Final = Plan((1_000, 2_000, 5_000, 10_000, 30_000, 60_000), only_200=True)


class Outcome(Struct, frozen=True):
    """What came of one attempt: the HTTP ``status`` if there was one, ``error`` unless accepted."""

    status: int | None = None
    error: str | None = None

    @classmethod
    def of(cls, status: int, *, only_200: bool = False) -> Outcome:
        """The outcome of an answer in time. That any 2xx accepts Tingwu's is an assumption."""
        if status == 200 or (200 <= status < 300 and not only_200):
            return cls(status)
        why = "; redirects are not followed" if 300 <= status < 400 else ""
        expected = "200" if only_200 else "2xx"
        return cls(status, f"the answer was {status}, expected {expected}{why}")


class Attempt(Struct, frozen=True):
    """``at``: when it began, in ms since the epoch."""

    at: int
    outcome: Outcome


class Delivery(Struct, eq=False):
    """A message on its way. ``why`` says what was wrong last, None as long as nothing was.

    ``sign`` gives the headers that are made anew for each attempt.
    """

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    plan: Plan = TINGWU_PLAN
    sign: Callable[[], Mapping[str, str]] = dict
    state: State = QUEUED
    attempts: list[Attempt] = field(default_factory=list)
    why: str | None = None
    _began: int = 0

    @property
    def over(self) -> bool:
        """Whether it has come to its end, good or bad."""
        return self.state in (DELIVERED, LOST)

    def begin(self, now: int) -> int:
        """Begin an attempt at ``now`` (ms); return its number, from 1.

        The caller sends the message and then must call `end`.

        Raises:
            InvalidTransition: an attempt is going on, or the delivery is over.
        """
        self.state = DELIVERY.after(self.state, Event.SEND)
        self._began = now
        return len(self.attempts) + 1

    def end(self, outcome: Outcome) -> int | None:
        """Note what came of the attempt; return how many ms to wait until the next, None if over.

        Raises:
            InvalidTransition: no attempt is going on.
        """
        done = len(self.attempts) + 1
        if outcome.error is None:
            event = Event.ACCEPTED
        else:
            event = Event.REFUSED if done < self.plan.attempts else Event.REFUSED_AT_LAST
        self.state = DELIVERY.after(self.state, event)
        self.attempts.append(Attempt(self._began, outcome))
        self.why = outcome.error
        return self.plan.waits[done - 1] if self.state is WAITING else None

    def try_once(self, answer_within: int) -> None:
        """Make no attempt after the next one, and wait for its answer for so many ms at most."""
        within = min(self.plan.answer_within, answer_within)
        self.plan = replace(self.plan, waits=(), answer_within=within)

    def drop(self, why: str) -> None:
        """Give it up between two attempts.

        Raises:
            InvalidTransition: an attempt is going on, or the delivery is over.
        """
        self.state = DELIVERY.after(self.state, Event.DROP)
        self.why = why
