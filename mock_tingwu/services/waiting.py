"""Waiting for something to happen, instead of sleeping: a status, an event, a number of sessions …

A condition looks at what has happened already and then at every new journal entry.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct, field
from starlette.requests import Request
from starlette.routing import Route

from mock_tingwu.core.clock import VirtualClock
from mock_tingwu.core.journal import KINDS, Entry
from mock_tingwu.counting import counted
from mock_tingwu.services.json_api import ControlError, json_body, json_endpoint, realm_of
from mock_tingwu.services.realm import Realm
from mock_tingwu.services.sessions import sessions
from mock_tingwu.services.world import World

#: How long is waited where nothing is said, and at most, in ms of real time.
USUAL_MS: Final = 10_000
LONGEST_MS: Final = 10 * 60 * 1000
#: Kinds of condition; one of them stands in each.
_WHAT: Final = ("status", "event", "callback", "sessions", "kind")
_ANY_OF: Final = "status, event, callback, sessions or kind"
_MOST: Final = 10**6
#: What entries of each kind are told apart by, beside their service and session.
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "request": ("operation", "method", "signature"),
    "response": ("operation", "method", "status"),
    "result": ("name", "form"),
    "ws_out": ("event", "by"),
    "ws_close": ("code", "by"),
    "transition": ("event", "before", "after"),
    "callback": ("event", "attempt", "outcome", "status"),
    "signature": ("problem", "scheme"),
    "violation": ("rule",),
    "fault": ("rule", "action", "operation"),
}
_ALWAYS: Final = ("service", "session")


class WaitError(ValueError):
    """A condition that makes no sense; the message names the field, its value and what was
    expected."""


class Condition(Struct, frozen=True):
    """``what`` is one of `_WHAT`, and ``wanted`` what is waited for.

    A status is that of the task ``task_id``, or of at least ``count`` tasks. Of sessions exactly
    ``wanted`` are to be open. All else are entries of the journal, of which ``count`` are waited
    for: events of streams by their name, callbacks that were delivered by the step or event that
    they tell of, or any ``kind`` of entry with these ``fields``. They are those of any task without
    ``task_id``, and those behind the entry ``since``.
    """

    what: str
    wanted: str | int
    task_id: str | None = None
    count: int = 1
    since: int = 0
    fields: Mapping[str, str | int] = field(default_factory=dict)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Condition:
        """Read a condition as JSON. What is null is not there.

        Raises:
            WaitError: it makes no sense.
        """
        asked = {name: value for name, value in data.items() if value is not None}
        # In entries of some kinds there is a status or an event, too.
        present = [name for name in _WHAT if name in asked]
        present = ["kind"] if "kind" in asked else present
        if len(present) != 1:
            _check_known(asked, ("task_id", "count", *_WHAT))
            told = " and ".join(present) or "nothing"
            raise WaitError(f"{told} to wait for, expected {_ANY_OF}")
        (what,) = present
        wanted = asked.pop(what)
        if what == "sessions":
            wanted = _number("sessions", wanted, 0)
        else:
            _text(what, wanted)
        task_id = asked.pop("task_id", None)
        if task_id is not None:
            _text("task_id", task_id)
        if what == "kind":
            return _of_kind(wanted, task_id, asked)
        _check_known(asked, ("task_id", "count", *_WHAT))
        if what == "status" and task_id is not None and "count" in asked:
            raise WaitError(f"count is {asked['count']!r}, but a task has its status once")
        if what == "sessions" and "count" in asked:
            raise WaitError(f"count is {asked['count']!r}, but sessions says how many")
        return cls(what, wanted, task_id, _number("count", asked.get("count", 1), 1))

    @property
    def of_entries(self) -> bool:
        """Whether entries of the journal are counted."""
        return self.what not in ("status", "sessions")

    def fits(self, entry: Entry) -> bool:
        """Whether a journal entry is one of those that are waited for."""
        if not self.of_entries or self.task_id not in (None, entry["task_id"]):
            return False
        kind = entry["kind"]
        if self.what == "event":
            return kind == "ws_out" and event_name(entry["message"]) == self.wanted
        if self.what == "callback":
            return bool(
                kind == "callback"
                and entry["event"] == self.wanted
                and entry["outcome"] == "delivered"
            )
        return (
            kind == self.wanted
            and entry["seq"] > self.since
            and all(_value(entry, name) == value for name, value in self.fields.items())
        )


def _of_kind(kind: str, task_id: str | None, asked: dict[str, Any]) -> Condition:
    if kind not in KINDS:
        raise WaitError(f"kind is {kind!r}, expected {' or '.join(KINDS)}")
    count = _number("count", asked.pop("count", 1), 1)
    since = _number("since", asked.pop("since", 0), 0, 10**18)
    known = (*_FIELDS.get(kind, ()), *_ALWAYS)
    _check_known(asked, ("task_id", "count", "since", *known), f" of a {kind}")
    for name, value in asked.items():
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise WaitError(f"{name} is {value!r}, expected a text or a whole number")
    return Condition("kind", kind, task_id, count, since, asked)


def _check_known(asked: Mapping[str, Any], known: Collection[str], of: str = "") -> None:
    unknown = sorted(set(asked) - set(known))
    if unknown:
        raise WaitError(f"{unknown[0]}{of} is unknown; expected {', '.join(known)}")


def _text(name: str, value: object) -> None:
    if not (isinstance(value, str) and value):
        raise WaitError(f"{name} is {value!r}, expected a text")


def _number(name: str, value: object, least: int, most: int = _MOST) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise WaitError(f"{name} is {value!r}, expected a whole number from {least} to {most}")
    return value


def _value(entry: Entry, name: str) -> Any:
    if name == "event" and entry["kind"] == "ws_out":
        return event_name(entry["message"])
    return entry.get(name)


def event_name(message: bytes | str) -> str:
    """What a message to a client tells of, "" where it is no event."""
    try:
        header = msgspec.json.decode(message)["header"]
        return str(header.get("name") or header.get("event") or "")
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
        return ""  # too long for the journal, or no event


async def wait(realm: Realm, condition: Condition, timeout_ms: int) -> str | None:
    """Wait until it is met; return None then, or else a sentence about how far it has come.

    A task that has failed is given up at once.
    """
    seen = 0
    changed = asyncio.Event()

    def note(entry: Entry) -> None:
        nonlocal seen
        seen += condition.fits(entry)
        changed.set()

    def met() -> bool:
        if condition.what == "sessions":
            return _open(realm, condition) == condition.wanted
        if condition.what == "status":
            return _there(realm, condition) >= condition.count
        return seen >= condition.count

    for entry in realm.journal.entries(task_id=condition.task_id):
        seen += condition.fits(entry)
    realm.taps.append(note)
    realm.journal.watchers.add(changed.set)
    try:
        async with asyncio.timeout(timeout_ms / 1000):
            while not met():
                if _has_failed(realm, condition):
                    task = realm.tasks[condition.task_id or ""]
                    return (
                        f"the status of {task.id} is FAILED ({task.error_code}), which is the end; "
                        f"expected {condition.wanted}"
                    )
                if realm.closed:
                    return "the scope was reset or dropped before it came to that"
                changed.clear()
                await changed.wait()
                # What an entry tells of has been done only behind it.
                await asyncio.sleep(0)
    except TimeoutError:
        return _how_far(realm, condition, seen, timeout_ms)
    finally:
        realm.taps.remove(note)
        realm.journal.watchers.discard(changed.set)
    return None


def _there(realm: Realm, condition: Condition) -> int:
    """How many tasks have the status that is waited for."""
    if condition.task_id is not None:
        return int(_status(realm, condition.task_id) == condition.wanted)
    return sum(task.status.wire == condition.wanted for task in realm.tasks.values())


def _open(realm: Realm, condition: Condition) -> int:
    """How many sessions are open."""
    return len(sessions(realm, task_id=condition.task_id))


def _status(realm: Realm, task_id: str) -> str | None:
    task = realm.tasks.get(task_id)
    return None if task is None else task.status.wire


def _has_failed(realm: Realm, condition: Condition) -> bool:
    """Whether the task has come to an end from which no status is reached."""
    task_id = condition.task_id
    return condition.what == "status" and _status(realm, task_id or "") == "FAILED"


def _how_far(realm: Realm, condition: Condition, seen: int, timeout_ms: int) -> str:
    task_id, wanted, count = condition.task_id, condition.wanted, condition.count
    whose = "" if task_id is None else f" of {task_id}"
    after = f"after {timeout_ms} ms"
    if condition.what == "sessions":
        return f"{_open(realm, condition)} session(s){whose} are open {after}, expected {wanted}"
    if condition.what == "status":
        if task_id is None:
            there = _there(realm, condition)
            return f"{there} task(s) are {wanted} {after}, expected {count}"
        status = _status(realm, task_id)
        if status is None:
            return f"there is no task {task_id} {after}, expected {wanted}"
        still = isinstance(realm.clock, VirtualClock)
        hint = "; the clock is virtual and stands still until it is advanced" if still else ""
        return f"the status{whose} is {status} {after}, expected {wanted}{hint}"
    if condition.what == "kind":
        about = "".join(f", {name} {value}" for name, value in condition.fields.items())
        entries = counted(seen, "entry", "entries")
        return f"{entries} of kind {wanted}{about}{whose} {after}, expected {count}"
    return f"{seen} {condition.what}(s) {wanted}{whose} {after}, expected {count}"


class WaitControl:
    """The control API's part."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        return [Route("/_mock/wait", json_endpoint(self.wait), methods=["POST"])]

    async def wait(self, request: Request) -> Any:
        """Answer when a condition is met; 408 and a sentence when it is not in time."""
        body = await json_body(request)
        limit = body.pop("timeout_ms", None)
        limit = USUAL_MS if limit is None else limit
        if isinstance(limit, bool) or not isinstance(limit, int) or not 0 <= limit <= LONGEST_MS:
            raise ControlError(
                f"timeout_ms is {limit!r}, expected a whole number from 0 to {LONGEST_MS}"
            )
        try:
            condition = Condition.of(body)
        except ValueError as error:
            raise ControlError(str(error)) from None
        realm = realm_of(self._world, request, task_id=condition.task_id)
        unmet = await wait(realm, condition, limit)
        if unmet is not None:
            raise ControlError(unmet, 408)
        return {"met": True}
