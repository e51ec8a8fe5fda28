"""Faults on demand: rules that make a call, or a task, go wrong.

A rule is JSON (design, Faults)::

    {"match": {"task_key": "b"}, "action": {"type": "task_failed", "error_code": "TSC.FileError"},
     "times": 1}

All that stands in ``match`` must fit; an empty one fits everything. Of several rules that fit, the
first one that was added acts. Who can reach nothing but the API writes the action into a TaskKey or
the query of a FileUrl instead: ``weekly--mock.task_failed=TSC.FileError``. Its value ends at the
next ``--``, white space, ``&`` or ``#``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final
from urllib.parse import unquote

from mock_tingwu.core.dashscope_errors import CALL_ERRORS
from mock_tingwu.core.errors import API_ERRORS, LIVE_ERRORS, TASK_ERRORS
from mock_tingwu.core.ids import Ids
from mock_tingwu.core.imagination import STATED_NAMES
from mock_tingwu.core.journal import Journal
from mock_tingwu.core.options import RESULT_KINDS

SERVICES: Final = ("tingwu", "dashscope", "live")
#: The calls that a rule can name.
OPERATIONS: Final = (
    "CreateTask",
    "GetTaskInfo",
    "CreateTranscriptionPhrases",
    "ListTranscriptionPhrases",
    "GetTranscriptionPhrases",
    "UpdateTranscriptionPhrases",
    "DeleteTranscriptionPhrases",
    # DashScope's
    "createTask",
    "getTask",
    "createToken",
    # Live's
    "CreateRtcAsrTask",
    "StopRtcAsrTask",
    "DeleteRtcAsrTask",
    "QueryRtcAsrTasks",
)
#: The calls of these services that make a task: what is to become of it is decided there.
CREATING: Final = ("CreateTask", "createTask", "CreateRtcAsrTask")
#: What a throttled client is told to wait unless the rule says otherwise, in ms.
RETRY_AFTER_MS: Final = 1000
#: The RetCode of Live's calls that go well (live-rtc-asr 1.2).
SUCCESS_CODE: Final = 2000
#: Error codes that are a pattern: the parameter that they are about completes them.
PATTERNS: Final = ("Missing", "Invalid")
_LONGEST_MS: Final = 30 * 24 * 60 * 60 * 1000
_TASK_CODE: Final = re.compile(r"[A-Z]{3}\.[A-Za-z]+")
_PARAMETER: Final = re.compile(r"[A-Za-z]+(\.[A-Za-z]+)*")
_MARKER: Final = re.compile(r"(^|--|[?&])mock\.(\w+)=(.*?)(?=--|[&#\s]|$)")
#: Markers without effect that are remembered, so as to be told of once.
_NOTED: Final = 1000
#: So much of a marker's value is shown, in characters.
_SHOWN: Final = 200


class FaultError(ValueError):
    """A rule that makes no sense; the message names the key, its value and what was expected."""


@dataclass(frozen=True, slots=True)
class ApiFault:
    """The call is answered with an error of the table. An empty ``message`` is the table's."""

    code: str
    message: str = ""
    parameter: str = ""

    @property
    def services(self) -> tuple[str, ...]:
        """The services that have this code."""
        tables = {"tingwu": API_ERRORS, "dashscope": CALL_ERRORS, "live": LIVE_ERRORS}
        return tuple(service for service, table in tables.items() if self.code in table)


@dataclass(frozen=True, slots=True)
class ThrottleFault:
    """The call is refused with Throttling.User, by DashScope with Throttling.RateQuota.

    ``retry_after`` is what the client is told, in ms.
    """

    retry_after: int = RETRY_AFTER_MS


@dataclass(frozen=True, slots=True)
class ReturnCode:
    """A call of Live is answered with 200 and another RetCode than 2000."""

    code: int
    description: str

    @property
    def services(self) -> tuple[str, ...]:
        """The service whose answers have a RetCode."""
        return ("live",)


@dataclass(frozen=True, slots=True)
class TaskFailure:
    """The task fails with this ErrorCode and ErrorMessage, ``after_ms`` after it was made."""

    code: str
    message: str
    after_ms: int = 0


@dataclass(frozen=True, slots=True)
class SubtaskFailure:
    """One result of the task is not made; the task itself goes on and completes without it."""

    kind: str


Action = ApiFault | ThrottleFault | ReturnCode | TaskFailure | SubtaskFailure
#: What only some services know.
OfSome = ApiFault | ReturnCode
#: What is done to tasks, not to calls.
OfTasks = TaskFailure | SubtaskFailure


@dataclass(frozen=True, slots=True)
class Subject:
    """What rules are held against: a call, or a task that is being made.

    ``texts`` are those that the caller has chosen in this very call; they may hold markers.
    """

    service: str = ""
    operation: str = ""
    task_key: str | None = None
    app_key: str | None = None
    task_id: str | None = None
    texts: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """Which calls or tasks a rule is about. What is None fits everything.

    ``nth`` is the one, from 1, of those that fit otherwise and that no earlier rule has taken;
    ``probability`` is from 0 to 1.
    """

    service: str | None = None
    operation: str | None = None
    task_key: str | None = None
    app_key: str | None = None
    task_id: str | None = None
    nth: int | None = None
    probability: float | None = None

    def fits(self, subject: Subject) -> bool:
        """Whether all but ``nth`` and ``probability`` fit."""
        pairs = [(getattr(self, name), getattr(subject, name)) for name in _SUBJECT_KEYS]
        return all(wanted is None or wanted == given for wanted, given in pairs)


_SUBJECT_KEYS: Final = ("service", "operation", "task_key", "app_key", "task_id")


@dataclass(slots=True)
class Rule:
    """A rule in force. ``seen`` counts what fitted its match, ``fired`` what it made go wrong."""

    id: str
    match: Match
    action: Action
    times: int | None = None
    seen: int = 0
    fired: int = 0
    data: Mapping[str, Any] = field(default_factory=dict)

    def shown(self) -> dict[str, Any]:
        """The rule as JSON, with its id and how often it has fired."""
        return {"id": self.id, **self.data, "fired": self.fired}


class Faults:
    """The rules of one scope. Whatever they do is journalled."""

    def __init__(self, ids: Ids, journal: Journal) -> None:
        self._ids = ids
        self._journal = journal
        self._rules: dict[str, Rule] = {}
        self._added = 0
        #: Goes up with every change.
        self.version = 0
        self._noted: set[str] = set()

    def add(self, data: Mapping[str, Any]) -> Rule:
        """Put a rule in force.

        Raises:
            FaultError: it makes no sense.
        """
        match, action, times = parse_rule(data)
        self._added += 1
        given = {name: value for name, value in data.items() if value is not None}
        rule = Rule(f"fault-{self._added}", match, action, times, data=given)
        self._rules[rule.id] = rule
        self.version += 1
        return rule

    @property
    def added(self) -> int:
        """How many rules were added in all; ids count them."""
        return self._added

    def restore(self, rules: Iterable[tuple[str, Mapping[str, Any], int, int]], added: int) -> None:
        """Put back earlier rules: the id, the JSON, ``seen`` and ``fired`` of each.

        Raises:
            FaultError: one makes no sense.
        """
        self._added = added
        for id_, data, seen, fired in rules:
            match, action, times = parse_rule(data)
            self._rules[id_] = Rule(id_, match, action, times, seen, fired, data)

    @property
    def rules(self) -> list[Rule]:
        """The rules in force, oldest first."""
        return list(self._rules.values())

    def get(self, rule_id: str) -> Rule | None:
        """A rule in force."""
        return self._rules.get(rule_id)

    def remove(self, rule_id: str) -> bool:
        """Drop a rule; False when there is none of this id."""
        self.version += 1
        return self._rules.pop(rule_id, None) is not None

    def clear(self) -> None:
        """Drop all rules."""
        self.version += 1
        self._rules.clear()

    def call_fault(self, subject: Subject) -> ApiFault | ThrottleFault | ReturnCode | None:
        """What is to go wrong with a call, if anything."""
        found = self._fire(subject, ApiFault, ThrottleFault, ReturnCode)
        return None if isinstance(found, OfTasks) else found

    def task_failure(self, subject: Subject) -> TaskFailure | None:
        """Why a task that is being made (see `new_task`) will fail, if that is wanted."""
        found = self._fire(subject, TaskFailure)
        return found if isinstance(found, TaskFailure) else None

    def subtask_failures(self, subject: Subject) -> frozenset[str]:
        """The kinds of result that a task that is being made (see `new_task`) will not have."""
        kinds: set[str] = set()
        while isinstance(found := self._fire(subject, SubtaskFailure, but=kinds), SubtaskFailure):
            kinds.add(found.kind)
        return frozenset(kinds)

    def _fire(
        self, subject: Subject, *kinds: type[Action], but: Collection[str] = ()
    ) -> Action | None:
        """The action of the first rule or marker that acts, but none on results in ``but``."""

        def counts(action: Action | None) -> bool:
            if isinstance(action, OfSome) and subject.service not in action.services:
                return False
            if isinstance(action, SubtaskFailure) and action.kind in but:
                return False
            return isinstance(action, kinds)

        for rule in self._rules.values():
            if counts(rule.action) and self._acts(rule, subject):
                self._record(rule.id, rule.action, subject)
                return rule.action
        for text in subject.texts:
            for before, name, value in _MARKER.findall(text) if "mock." in text else ():
                if before in ("?", "&") and f"mock.{name}" in STATED_NAMES:
                    continue  # it states what an imagined recording is like
                action = self._marked(name, value, subject)
                if action is not None and counts(action):
                    self._record("marker", action, subject)
                    return action
        return None

    def _acts(self, rule: Rule, subject: Subject) -> bool:
        if rule.fired == rule.times or not rule.match.fits(subject):
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

    def _marked(self, name: str, value: str, subject: Subject) -> Action | None:
        try:
            return parse_marker(name, unquote(value))
        except FaultError as error:
            marker = f"mock.{name[:_SHOWN]}={value[:_SHOWN]}"
            text = f"the marker {marker} has no effect: {str(error)[:_SHOWN]}"
            if text not in self._noted and len(self._noted) < _NOTED:
                self._noted.add(text)
                self._journal.record("note", subject.service, subject.task_id, text=text)
            return None

    def _record(self, rule: str, action: Action, subject: Subject) -> None:
        self._journal.record(
            "fault",
            subject.service or "tingwu",
            subject.task_id,
            rule=rule,
            action=_TYPE_OF[type(action)],
            operation=subject.operation,
            text=_sentence(action),
        )


def new_task(
    *,
    service: str = "tingwu",
    task_key: str | None = None,
    app_key: str | None = None,
    file_url: str | None = None,
    task_id: str | None = None,
) -> Subject:
    """A task that is being made."""
    operation = CREATING[SERVICES.index(service)]
    texts = [text for text in (task_key, file_url) if text]
    return Subject(service, operation, task_key, app_key, task_id, texts)


def _sentence(action: Action) -> str:
    if isinstance(action, ApiFault):
        return f"the call is answered with {action.code}{action.parameter}"
    if isinstance(action, ThrottleFault):
        return f"the call is throttled for {action.retry_after} ms"
    if isinstance(action, ReturnCode):
        return f"the call is answered with RetCode {action.code}"
    if isinstance(action, SubtaskFailure):
        return f"the task has no result {action.kind}"
    return f"the task fails with {action.code} after {action.after_ms} ms"


# From JSON and markers


def parse_rule(data: Mapping[str, Any]) -> tuple[Match, Action, int | None]:
    """Match, action and times of a rule as JSON.

    Raises:
        FaultError: it makes no sense.
    """
    _refuse_unknown("the rule", data, ("match", "action", "times"))
    times = None if data.get("times") is None else _whole("times", data["times"], 1, 10**9)
    given = data.get("match")
    match, action = _match({} if given is None else given), _action(data.get("action"))
    if isinstance(action, OfSome) and match.service not in (None, *action.services):
        raise FaultError(
            f"match.service is {match.service!r}, but {action.code} is a code of "
            f"{' and '.join(action.services)}"
        )
    if isinstance(action, OfTasks):
        # It acts when a task is created: a rule about anything else would never do.
        if match.operation not in (None, *CREATING):
            raise FaultError(
                f"match.operation is {match.operation!r}, {_TYPE_OF[type(action)]} wants "
                f"{' or '.join(CREATING)}"
            )
        of_live = match.service == "live" or match.operation == CREATING[-1]
        if isinstance(action, SubtaskFailure) and of_live:
            raise FaultError("subtask_failed is about results, and Live's tasks have none")
        if match.task_id is not None:
            raise FaultError(
                f"match.task_id is {match.task_id!r}, but a task has no id before it is created; "
                "/_mock/tasks/{task_id}/transition makes one fail that exists"
            )
    return match, action, times


def parse_marker(name: str, value: str) -> Action:
    """The action of a marker ``mock.name=value``.

    ``api_error=Code`` or ``Missing:Parameter``; ``throttle=ms``; ``task_failed=Code`` or
    ``Code@ms``; ``subtask_failed=Kind``; ``ret_code=number``.

    Raises:
        FaultError: it makes no sense.
    """
    data: dict[str, Any] = {"type": name}
    if name == "api_error":
        data["code"], _, parameter = value.partition(":")
        data |= {"parameter": parameter} if parameter else {}
    elif name == "task_failed":
        data["error_code"], _, after = value.partition("@")
        data |= {"after_ms": _digits("after_ms", after)} if after else {}
    elif name == "subtask_failed":
        data["kind"] = value
    elif name == "throttle" and value:
        data["retry_after"] = _digits("retry_after", value)
    elif name == "ret_code":
        data["code"] = _digits("code", value, "a number")
    return _action(data)


def _match(data: Any) -> Match:
    if not isinstance(data, Mapping):
        raise FaultError(f"match is {data!r}, expected an object")
    _refuse_unknown("match", data, [item.name for item in fields(Match)])
    found = {name: value for name, value in data.items() if value is not None}
    for name in _SUBJECT_KEYS:
        if name in found and not (isinstance(found[name], str) and found[name]):
            raise FaultError(f"match.{name} is {found[name]!r}, expected a text")
    for name, known in (("service", SERVICES), ("operation", OPERATIONS)):
        if name in found and found[name] not in known:
            raise FaultError(f"match.{name} is {found[name]!r}, expected {' or '.join(known)}")
    if "nth" in found:
        _whole("match.nth", found["nth"], 1, 10**9)
    share = found.get("probability", 0)
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        raise FaultError(f"match.probability is {share!r}, expected a number from 0 to 1")
    return Match(**found)


def _action(data: Any) -> Action:
    if not isinstance(data, Mapping):
        raise FaultError(f"action is {data!r}, expected an object with a type")
    kind = data.get("type")
    if not isinstance(kind, str) or kind not in _ACTIONS:
        raise FaultError(f"action.type is {kind!r}, expected {' or '.join(_ACTIONS)}")
    keys, build = _ACTIONS[kind]
    _refuse_unknown(f"the action {kind}", data, ("type", *keys))
    return build({name: value for name, value in data.items() if value is not None})


def _api_error(data: Mapping[str, Any]) -> ApiFault:
    code = data.get("code")
    if not isinstance(code, str) or code not in {**API_ERRORS, **CALL_ERRORS, **LIVE_ERRORS}:
        raise FaultError(
            f"action.code is {code!r}, expected a code of the error tables of the OpenAPI, "
            "DashScope or Live"
        )
    message, parameter = _text("message", data), _text("parameter", data)
    if code in PATTERNS and not _PARAMETER.fullmatch(parameter):
        raise FaultError(
            f"action.parameter is {parameter!r}, but {code} needs the name of one, such as AppKey"
        )
    if code not in PATTERNS and parameter:
        raise FaultError(f"action.parameter is {parameter!r}, but {code} is about none")
    return ApiFault(code, message, parameter)


def _throttle(data: Mapping[str, Any]) -> ThrottleFault:
    wait = data.get("retry_after", RETRY_AFTER_MS)
    return ThrottleFault(_whole("action.retry_after", wait, 1, _LONGEST_MS))


def _ret_code(data: Mapping[str, Any]) -> ReturnCode:
    code = _whole("action.code", data.get("code"), 0, 10**6)
    if code == SUCCESS_CODE:
        raise FaultError(f"action.code is {code}, which is what a call that goes well answers")
    return ReturnCode(code, _text("description", data) or "a fault says so")


def _task_failed(data: Mapping[str, Any]) -> TaskFailure:
    code = data.get("error_code")
    if not isinstance(code, str) or not _TASK_CODE.fullmatch(code):
        raise FaultError(f"action.error_code is {code!r}, expected a code such as TSC.AudioFormat")
    message = _text("error_message", data)
    if not message:
        message = TASK_ERRORS[code].message if code in TASK_ERRORS else code
    after = _whole("action.after_ms", data.get("after_ms", 0), 0, _LONGEST_MS)
    return TaskFailure(code, message, after)


def _subtask_failed(data: Mapping[str, Any]) -> SubtaskFailure:
    kind, kinds = data.get("kind"), RESULT_KINDS[1:]
    if kind not in kinds:
        raise FaultError(f"action.kind is {kind!r}, expected {' or '.join(kinds)}")
    return SubtaskFailure(kind)


_ACTIONS: Final[Mapping[str, tuple[Sequence[str], Callable[[Mapping[str, Any]], Action]]]] = {
    "api_error": (("code", "message", "parameter"), _api_error),
    "throttle": (("retry_after",), _throttle),
    "ret_code": (("code", "description"), _ret_code),
    "task_failed": (("error_code", "error_message", "after_ms"), _task_failed),
    "subtask_failed": (("kind",), _subtask_failed),
}
_TYPE_OF: Final[Mapping[type[Action], str]] = {
    ApiFault: "api_error",
    ThrottleFault: "throttle",
    ReturnCode: "ret_code",
    TaskFailure: "task_failed",
    SubtaskFailure: "subtask_failed",
}


def _refuse_unknown(place: str, data: Mapping[str, Any], known: Sequence[str]) -> None:
    for name in data:
        if name not in known:
            raise FaultError(f"{name} is unknown in {place}; expected {', '.join(known)}")


def _text(name: str, data: Mapping[str, Any]) -> str:
    value = data.get(name, "")
    if not isinstance(value, str):
        raise FaultError(f"action.{name} is {value!r}, expected a text")
    return value


def _whole(name: str, value: Any, lowest: int, highest: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        raise FaultError(f"{name} is {value!r}, expected a whole number from {lowest} to {highest}")
    return value


def _digits(name: str, text: str, expected: str = "milliseconds") -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise FaultError(f"{name} is {text!r}, expected {expected}")
    return int(text)
