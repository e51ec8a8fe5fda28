"""Rules: a match, an action, and how often it acts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from mock_tingwu.core.faults.actions import (
    DASHSCOPE,
    HANDSHAKES,
    LIVE,
    STREAMS,
    TASKS,
    Action,
    DuplicateEvent,
    EventOrder,
    FaultError,
    OfSome,
    SubtaskFailure,
    TaskLoss,
    area_of,
    parse_action,
    refuse_unknown,
    type_of,
    whole,
)
from mock_tingwu.core.faults.matching import (
    CALLBACK_EVENTS,
    CREATING,
    DOWNLOAD,
    DUPLEX_EVENTS,
    NLS_EVENTS,
    Match,
    parse_match,
)

_ALWAYS = ("service", "nth", "probability")


class Rule(Struct):
    """A rule in force. ``seen`` counts what fitted its match, ``fired`` what it made go wrong."""

    id: str
    match: Match
    action: Action
    times: int | None = None
    seen: int = 0
    fired: int = 0
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def spent(self) -> bool:
        """Whether it acts no more."""
        return self.fired == self.times

    def shown(self) -> dict[str, Any]:
        """The rule as JSON, with its id and how often it has fired."""
        return {"id": self.id, **self.data, "fired": self.fired}


def parse_rule(data: Mapping[str, Any]) -> tuple[Match, Action, int | None]:
    """Match, action and times of a rule as JSON.

    Raises:
        FaultError: it makes no sense, or it could never act.
    """
    refuse_unknown("the rule", data, ("match", "action", "times", "scenario"))
    if data.get("scenario") is not None:
        data = _named(data)
    times = None if data.get("times") is None else whole("times", data["times"], 1, 10**9)
    given = data.get("match")
    match, action = parse_match({} if given is None else given), parse_action(data.get("action"))
    _check(match, action)
    return match, action, times


def _named(data: Mapping[str, Any]) -> dict[str, Any]:
    """A rule that has the action of a failure of the catalogue."""
    # Loaded when first needed, for it is made of all tables.
    from mock_tingwu.core.failures import NO_RULE, catalogue

    name, given = data["scenario"], data.get("match")
    failure = catalogue().get(name) if isinstance(name, str) else None
    if failure is None:
        raise FaultError(
            f"scenario is {name!r}, expected a name of `mock-tingwu scenarios` such as "
            "task.TSC.AudioFormat"
        )
    if failure.rule is None:
        raise FaultError(f"scenario is {name!r}, which no rule provokes: {NO_RULE[name]}")
    if data.get("action") is not None:
        raise FaultError("action and scenario: one of the two")
    usual = failure.rule.get("match", {})
    if given is not None and not isinstance(given, Mapping):
        raise FaultError(f"match is {given!r}, expected an object")
    return {
        "match": {**usual, **(given or {})},
        "action": failure.rule["action"],
        "times": data.get("times"),
    }


def _check(match: Match, action: Action) -> None:
    """Refuse what could never act."""
    name, area = type_of(action), area_of(action)
    if isinstance(action, OfSome) and match.service not in (None, *action.services):
        raise FaultError(
            f"match.service is {match.service!r}, but {getattr(action, 'code', '')} is a code of "
            f"{' and '.join(action.services)}"
        )
    if area is TASKS:
        _check_creation(match, action, name)
    if match.service not in (None, *area.services):
        raise FaultError(
            f"match.service is {match.service!r}, but {name} is about {area.about} of "
            f"{' or '.join(area.services)}"
        )
    for key in Match.__struct_fields__:
        if getattr(match, key) is not None and key not in (*_ALWAYS, *area.keys):
            raise FaultError(
                f"match.{key} is {getattr(match, key)!r}, but {name} is about {area.about}; "
                f"expected {', '.join((*_ALWAYS, *area.keys))}"
            )
    _check_event(match, action, name)
    if area is HANDSHAKES and match.service == DASHSCOPE:
        for key in area.keys:
            if getattr(match, key) is not None:
                raise FaultError(
                    f"match.{key} is {getattr(match, key)!r}, but a handshake of DashScope's names "
                    "nothing"
                )
    of_storage = match.service == "storage" or match.kind is not None
    if match.operation == DOWNLOAD and match.service not in (None, "storage"):
        raise FaultError(f"match.operation is {DOWNLOAD!r}, which is one of storage")
    if of_storage and match.operation not in (None, DOWNLOAD):
        raise FaultError(f"match.operation is {match.operation!r}, but storage has {DOWNLOAD}")


def _check_creation(match: Match, action: Action, name: str) -> None:
    """It acts when a task is created: a rule about anything else would never do."""
    if match.operation not in (None, *CREATING):
        raise FaultError(
            f"match.operation is {match.operation!r}, {name} wants {' or '.join(CREATING)}"
        )
    of_live = match.service == LIVE or match.operation == CREATING[-1]
    if isinstance(action, SubtaskFailure) and of_live:
        raise FaultError("subtask_failed is about results, and Live's tasks have none")
    if isinstance(action, TaskLoss) and of_live:
        raise FaultError("task_invalid is about a status that Live's tasks do not have")
    if match.task_id is not None:
        raise FaultError(
            f"match.task_id is {match.task_id!r}, but a task has no id before it is created; "
            "/_mock/tasks/{task_id}/transition makes one fail that exists"
        )


def _check_event(match: Match, action: Action, name: str) -> None:
    if match.audio_ms is not None and isinstance(action, DuplicateEvent | EventOrder):
        raise FaultError(f"match.audio_ms is {match.audio_ms}, but {name} is about an event")
    if match.event is None:
        return
    if match.audio_ms is not None:
        raise FaultError(
            f"match.event is {match.event!r} and match.audio_ms {match.audio_ms}: one of the two"
        )
    by_service = {"realtime": NLS_EVENTS, "dashscope": DUPLEX_EVENTS}
    known: tuple[str, ...] = CALLBACK_EVENTS
    if area_of(action) is STREAMS:
        services = action.services if isinstance(action, OfSome) else tuple(by_service)
        services = services if match.service is None else (match.service,)
        known = tuple(event for service in services for event in by_service.get(service, ()))
    if match.event not in known:
        raise FaultError(
            f"match.event is {match.event!r}, expected for {name} {' or '.join(known)}"
        )
