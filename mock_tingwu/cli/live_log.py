"""What is to be said of the callbacks of caption tasks: what they are, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mock_tingwu.counting import counted

if TYPE_CHECKING:
    from mock_tingwu.client.live_callbacks import Arrival, LiveCallback, SignatureCheck

#: Tasks whose order is watched; beyond, the one that was met first is forgotten.
MAX_TASKS: Final = 1_000
#: The events that make up a sentence, in this order.
SENTENCE: Final = ("SentenceBegin", "TranscriptionResultChanged", "SentenceEnd")


@dataclass(frozen=True, slots=True)
class Entry:
    """An arrival, what is wrong about it (``problems``), and what is to be known (``note``)."""

    arrival: Arrival
    problems: tuple[str, ...]
    note: str

    @property
    def verdict(self) -> str:
        """ok, wrong, missing or not checked."""
        check = self.arrival.signature
        return "not checked" if check is None else check.verdict.value


class Log:
    """Everything that has come: counts it and finds out what is wrong about it.

    Where it is known for which ``callback_url`` the tasks sign, it is no news that they do.
    """

    def __init__(self, callback_url: str = "") -> None:
        self._callback_url = callback_url
        self._tasks: dict[str, Order] = {}
        self._noted: set[str] = set()
        self._callbacks = 0
        self._others = 0
        self._sentences = 0
        self._task_count = 0
        self._bad_signatures = 0

    def take(self, arrival: Arrival) -> Entry:
        """What is to be said of the arrival that comes next."""
        callback = arrival.callback
        problems: tuple[str, ...] = (arrival.problem,)
        if callback is None:
            self._others += 1
        else:
            self._callbacks += 1
            self._sentences += callback.name == "SentenceEnd"
            problems = tuple(self._order(callback.task_id).problems(callback))
        note = ""
        if arrival.signature is not None:
            self._bad_signatures += arrival.signature.verdict != "ok"
            if not self._is_expected(arrival.signature):
                note = self._new(_signature_note(arrival.signature))
        return Entry(arrival, problems, note)

    def summary(self) -> str:
        """What has come, in one line."""
        counts = [
            counted(self._callbacks, "callback"),
            counted(self._sentences, "sentence"),
            counted(self._task_count, "task"),
            counted(self._bad_signatures, "bad signature"),
        ]
        if self._others:
            counts.append(counted(self._others, "request") + " without a callback")
        return ", ".join(counts)

    def _order(self, task_id: str) -> Order:
        if task_id not in self._tasks:
            self._task_count += 1
            if len(self._tasks) == MAX_TASKS:
                del self._tasks[next(iter(self._tasks))]
            self._tasks[task_id] = Order()
        return self._tasks[task_id]

    def _is_expected(self, check: SignatureCheck) -> bool:
        known = bool(self._callback_url) and check.callback_url == self._callback_url
        return known and check.age_s is not None and not check.stale

    def _new(self, note: str) -> str:
        """The note, unless it was made before. So many different ones are not to be expected."""
        if note in self._noted or len(self._noted) >= MAX_TASKS:
            return ""
        self._noted.add(note)
        return note


def _signature_note(check: SignatureCheck) -> str:
    """Why a signature is as it is."""
    match check.verdict.value:
        case "missing":
            return "SIG-TIME or ASR-SIG is missing: was the task created with an AuthKey?"
        case "wrong":
            tried = " or ".join(check.tried)
            return (
                f"the signature is that of another AuthKey, or of another CallbackURL than {tried}"
            )
    if check.age_s is None:
        return "SIG-TIME is no time"
    if check.stale:
        direction = "behind" if check.age_s > 0 else "ahead of"
        return f"SIG-TIME is far {direction} the clock of this machine"
    return f"the signature fits the CallbackURL {check.callback_url}"


@dataclass(slots=True)
class Order:
    """The order of one task's events.

    Sentences count up by one. Each has an end; before it comes a beginning and what is heard so
    far, unless the task reports whole sentences only.
    """

    #: The sentence that came last.
    index: int | None = None
    begun: bool = False
    ended: bool = False
    #: Whether the task tells of beginnings.
    with_begins: bool = False
    _found: list[str] = field(default_factory=list)

    def problems(self, callback: LiveCallback) -> list[str]:
        """What is out of order about the event that comes next."""
        self._found = []
        if callback.name in SENTENCE:
            if callback.index is None:
                return ["content.payload.index is missing or no whole number"]
            self._sentence(callback.name, callback.index)
        elif callback.final and callback.index is not None:
            self._translation(callback.index)
        return self._found

    def _sentence(self, name: str, index: int) -> None:
        if index != self.index and not self._next(name, index):
            return
        if self.ended:
            self._found.append(f"sentence {index} has ended before")
        if name == "SentenceBegin":
            if self.begun and not self.ended:
                self._found.append(f"a second SentenceBegin came for sentence {index}")
            self.begun = self.with_begins = True
        elif self.with_begins and not self.begun:
            self._found.append(f"no SentenceBegin came for sentence {index}")
            self.begun = True  # said once
        self.ended = self.ended or name == "SentenceEnd"

    def _next(self, name: str, index: int) -> bool:
        """Go to another sentence; return whether that is where the task is now."""
        last = self.index
        if last is not None and index < last:
            self._found.append(f"the index goes back from {last} to {index}")
            if index > 0 and name != "SentenceBegin":
                return False  # a late one; else everything begins anew
        elif last is not None:
            if not self.ended:
                self._found.append(f"no SentenceEnd came for sentence {last}")
            if index > last + 1:
                self._found.append(f"the index goes from {last} to {index}: some are missing")
        self.index, self.begun, self.ended = index, False, False
        return True

    def _translation(self, index: int) -> None:
        if self.index is None:
            return
        if index > self.index or (index == self.index and not self.ended):
            self._found.append(f"sentence {index} is translated and has not ended")
