"""The rules of one scope."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec.structs import replace

from mock_tingwu.core.faults.actions import (
    CALLBACKS,
    SIGNATURES,
    Action,
    AnswerFault,
    ApiFault,
    CallbackDuplicate,
    CallbackFault,
    CallbackLost,
    CallbackSlow,
    CallFault,
    ClockSkew,
    DropConnection,
    DuplicateEvent,
    EventOrder,
    FaultError,
    HttpError,
    Latency,
    MalformedJson,
    OfSome,
    PatchJson,
    ResultExpired,
    ResultFault,
    ResultMissing,
    ReturnCode,
    StreamClose,
    StreamDrop,
    StreamFailure,
    StreamFault,
    StreamRefusal,
    StreamStall,
    SubtaskFailure,
    TaskFailure,
    TaskFault,
    TaskLoss,
    ThrottleFault,
    TruncateBody,
    area_of,
    type_of,
)
from mock_tingwu.core.faults.markers import BEGINS, found_in, parse_later, parse_marker
from mock_tingwu.core.faults.matching import Subject
from mock_tingwu.core.faults.rules import Rule, parse_rule
from mock_tingwu.core.history import Cause
from mock_tingwu.core.ids import Ids
from mock_tingwu.core.journal import Journal

#: Rules of one scope; the oldest goes first.
MOST_RULES: Final = 10_000
#: Markers without effect that are remembered, so as to be told of once.
_NOTED: Final = 1000
#: So much of a marker's value is shown, in characters.
_SHOWN: Final = 200
#: Tasks whose markers are remembered; those of the oldest go first.
_MOST_MARKED: Final = 10_000


class Faults:
    """The rules of one scope. Whatever they do is journalled, with the request that it is done to:
    ``cause`` tells to what it is due that something happens now.
    """

    def __init__(self, ids: Ids, journal: Journal, cause: Callable[[], Cause] = dict) -> None:
        self._cause = cause
        self._ids = ids
        self._journal = journal
        self._rules: dict[str, Rule] = {}
        # What tasks were marked with at their creation, by their ids.
        self._marked: dict[str, list[Rule]] = {}
        self._added = 0
        #: Goes up with every change.
        self.version = 0
        self._noted: set[str] = set()
        #: The id of the rule that acted last, or ``marker``.
        self.acted = ""

    def add(self, data: Mapping[str, Any]) -> Rule:
        """Put a rule in force.

        Raises:
            FaultError: it makes no sense.
        """
        match, action, times = parse_rule(data)
        self._added += 1
        given = {name: value for name, value in data.items() if value is not None}
        rule = Rule(f"fault-{self._added}", match, action, times, data=given)
        if len(self._rules) >= MOST_RULES:
            del self._rules[next(iter(self._rules))]
        self._rules[rule.id] = rule
        self.version += 1
        return rule

    @property
    def added(self) -> int:
        """How many rules were added in all; ids count them."""
        return self._added

    @property
    def marked(self) -> Mapping[str, Sequence[Rule]]:
        """The rules that tasks were marked with, by their ids."""
        return self._marked

    def restore(self, rules: Iterable[tuple[str, Mapping[str, Any], int, int]], added: int) -> None:
        """Put back earlier rules: the id, the JSON, ``seen`` and ``fired`` of each.

        Those of a task that was marked have its id behind a space.

        Raises:
            FaultError: one makes no sense.
        """
        self._added = added
        for id_, data, seen, fired in rules:
            match, action, times = parse_rule(data)
            name, _, task_id = id_.partition(" ")
            rule = Rule(name, match, action, times, seen, fired, data)
            if not task_id:
                self._rules[id_] = rule
            else:
                rule.match = replace(match, task_id=task_id.partition(" ")[0])
                self._marked.setdefault(task_id.partition(" ")[0], []).append(rule)

    @property
    def rules(self) -> list[Rule]:
        """The rules in force, oldest first, without markers."""
        return list(self._rules.values())

    def get(self, rule_id: str) -> Rule | None:
        """A rule in force."""
        return self._rules.get(rule_id)

    def remove(self, rule_id: str) -> bool:
        """Drop a rule; False when there is none of this id."""
        self.version += 1
        return self._rules.pop(rule_id, None) is not None

    def unmark(self, task_id: str) -> None:
        """Drop what a task was marked with."""
        if self._marked.pop(task_id, None) is not None:
            self.version += 1

    def clear(self) -> None:
        """Drop all rules, and what tasks were marked with."""
        self.version += 1
        self._rules.clear()
        self._marked.clear()

    # What is to go wrong, asked at the moment at which it would

    def call_fault(self, subject: Subject) -> CallFault | None:
        """With a call."""
        found: CallFault | None = self._fire(subject, ApiFault, ThrottleFault, ReturnCode)
        return found

    def answer_fault(self, subject: Subject) -> AnswerFault | None:
        """With the answer to a call, or a file, on its way."""
        found: AnswerFault | None = self._fire(
            subject, Latency, DropConnection, TruncateBody, MalformedJson, PatchJson, HttpError
        )
        return found

    def task_failure(self, subject: Subject) -> TaskFault | None:
        """With a task that is being made (see `new_task`)."""
        found: TaskFault | None = self._fire(subject, TaskFailure, TaskLoss)
        return found

    def subtask_failures(self, subject: Subject) -> frozenset[str]:
        """The kinds of result that a task that is being made (see `new_task`) will not have."""
        kinds: set[str] = set()
        while (found := self._fire(subject, SubtaskFailure, but=kinds)) is not None:
            kinds.add(found.kind)
        return frozenset(kinds)

    def stream_fault(self, subject: Subject) -> StreamFault | None:
        """With an event of a stream that is about to be sent, or at a moment of its audio."""
        found: StreamFault | None = self._fire(
            subject,
            StreamFailure,
            StreamClose,
            StreamDrop,
            StreamStall,
            DuplicateEvent,
            EventOrder,
        )
        return found

    def refusal(self, subject: Subject) -> StreamRefusal | None:
        """With a handshake."""
        found: StreamRefusal | None = self._fire(subject, StreamRefusal)
        return found

    def result_fault(self, subject: Subject) -> ResultFault | None:
        """With the link to a file."""
        found: ResultFault | None = self._fire(subject, ResultExpired, ResultMissing)
        return found

    def callback_fault(self, subject: Subject) -> CallbackFault | None:
        """With a callback that is about to be sent."""
        found: CallbackFault | None = self._fire(
            subject, CallbackLost, CallbackDuplicate, CallbackSlow
        )
        return found

    def skew(self, subject: Subject) -> int:
        """By how many ms the server's clock is wrong."""
        found = self._fire(subject, ClockSkew)
        return 0 if found is None else found.ms

    # Whether it is worth while to ask

    @property
    def active(self) -> bool:
        """Whether there is any rule at all."""
        return bool(self._rules or self._marked)

    def may_touch(self, texts: Sequence[str]) -> bool:
        """Whether anything can go wrong with a call in which a caller has chosen these texts."""
        return self.active or any(BEGINS in text for text in texts)

    def touch_callbacks(self, task_id: str) -> bool:
        """Whether some rule may be about callbacks of this task."""
        return self._any(CALLBACKS, task_id)

    @property
    def touch_clocks(self) -> bool:
        """Whether some rule is about the server's clock."""
        return self._any(SIGNATURES, "")

    def _any(self, area: object, task_id: str) -> bool:
        return self.active and any(
            area_of(rule.action) is area and not rule.spent for rule in self._about(task_id)
        )

    def _about(self, task_id: str | None) -> Iterator[Rule]:
        yield from self._rules.values()
        if task_id is not None:
            yield from self._marked.get(task_id, ())

    # Markers

    def mark(self, subject: Subject) -> None:
        """Make rules of the markers of a task that is being made, as far as they act later on."""
        assert subject.task_id is not None
        rules = []
        for name, value in found_in(subject.texts):
            try:
                data = parse_later(name, value)
            except FaultError as error:
                self._note(name, value, error, subject)
                continue
            if data is not None:
                match, action, times = parse_rule(data)
                match = replace(match, task_id=subject.task_id)
                rules.append(Rule("marker", match, action, times, data=data))
        if rules:
            if len(self._marked) >= _MOST_MARKED:
                del self._marked[next(iter(self._marked))]
            self._marked[subject.task_id] = rules
            self.version += 1

    # Inside

    def _fire(self, subject: Subject, *kinds: type[Any], but: Collection[str] = ()) -> Any:
        """The action, of one of ``kinds``, of the first rule or marker that acts.

        None that is about a result in ``but``.
        """

        def counts(action: object) -> bool:
            if isinstance(action, OfSome) and subject.service not in action.services:
                return False
            if isinstance(action, SubtaskFailure) and action.kind in but:
                return False
            return isinstance(action, kinds)

        for rule in self._about(subject.task_id):
            action: Any = rule.action
            if counts(action) and self._acts(rule, subject):
                self._record(rule.id, action, subject)
                return action
        for name, value in found_in(subject.texts):
            action = self._marker(name, value, subject)
            if action is not None and counts(action):
                self._record("marker", action, subject)
                return action
        return None

    def _acts(self, rule: Rule, subject: Subject) -> bool:
        if rule.spent or not rule.match.fits(subject):
            return False
        rule.seen += 1
        self.version += 1
        match = rule.match
        if match.nth is not None and match.nth != rule.seen:
            return False
        if match.probability is not None:
            drawn = self._ids.number("fault", rule.id, str(rule.seen)) / 2**64
            if drawn >= match.probability:
                return False
        rule.fired += 1
        return True

    def _marker(self, name: str, value: str, subject: Subject) -> Action | None:
        """The action of a marker that acts at once."""
        try:
            return None if parse_later(name, value) is not None else parse_marker(name, value)
        except FaultError as error:
            self._note(name, value, error, subject)
            return None

    def _note(self, name: str, value: str, error: FaultError, subject: Subject) -> None:
        """Say once that a marker has no effect."""
        marker = f"mock.{name[:_SHOWN]}={value[:_SHOWN]}"
        text = f"the marker {marker} has no effect: {str(error)[:_SHOWN]}"
        if text not in self._noted and len(self._noted) < _NOTED:
            self._noted.add(text)
            self._journal.record("note", subject.service, subject.task_id, text=text)

    def _record(self, rule: str, action: Action, subject: Subject) -> None:
        self.acted = rule
        request_id = self._cause().get("request_id")
        self._journal.record(
            "fault",
            subject.service or "tingwu",
            subject.task_id,
            rule=rule,
            action=type_of(action),
            operation=subject.operation,
            text=str(action),
            **({} if request_id is None else {"request_id": request_id}),
        )
