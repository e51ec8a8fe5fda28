"""Waiting for something to happen, instead of sleeping: a task's status, an event, a callback.

A condition looks at what has happened already and then at every new journal entry.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.routing import Route

from mock_tingwu.core.clock import VirtualClock
from mock_tingwu.core.journal import Entry
from mock_tingwu.services.json_api import ControlError, json_body, json_endpoint, realm_of
from mock_tingwu.services.realm import Realm
from mock_tingwu.services.world import World

#: How long is waited where nothing is said, and at most, in ms of real time.
USUAL_MS: Final = 10_000
LONGEST_MS: Final = 10 * 60 * 1000
_WHAT: Final = ("status", "event", "callback")
_KINDS: Final = {"event": "ws_out", "callback": "callback"}


@dataclass(frozen=True, slots=True)
class Condition:
    """``what`` is status, event or callback, and ``wanted`` the one that is waited for.

    Events are those of streams, by header.name; callbacks those that were delivered, by the step
    or event that they tell of. ``count`` of them are waited for, of any task without ``task_id``.
    """

    what: str
    wanted: str
    task_id: str | None = None
    count: int = 1

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Condition:
        """Read a condition as JSON.

        Raises:
            ValueError: it makes no sense; the message names the field, its value and what was
                expected.
        """
        unknown = set(data) - {"task_id", "count", *_WHAT}
        if unknown:
            raise ValueError(f"{min(unknown)} is unknown; expected task_id, count, {_any_of()}")
        asked = [name for name in _WHAT if data.get(name) is not None]
        if len(asked) != 1:
            raise ValueError(
                f"{' and '.join(asked) or 'nothing'} to wait for, expected {_any_of()}"
            )
        (what,) = asked
        task_id = data.get("task_id")
        for name, value in ((what, data[what]), ("task_id", task_id)):
            if value is not None and not (isinstance(value, str) and value):
                raise ValueError(f"{name} is {value!r}, expected a text")
        if what == "status" and task_id is None:
            raise ValueError("task_id is missing: a status is that of a task")
        if what == "status" and data.get("count") is not None:
            raise ValueError(f"count is {data['count']!r}, but a task has its status once")
        count = data.get("count")
        count = 1 if count is None else count
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= 10**6:
            raise ValueError(f"count is {count!r}, expected a whole number from 1 to {10**6}")
        return cls(what, data[what], task_id, count)

    def fits(self, entry: Entry) -> bool:
        """Whether a journal entry is one of those that are waited for."""
        if entry["kind"] != _KINDS.get(self.what) or self.task_id not in (None, entry["task_id"]):
            return False
        if self.what == "callback":
            return bool(entry["event"] == self.wanted and entry["outcome"] == "delivered")
        return _event_name(entry["message"]) == self.wanted


def _any_of() -> str:
    return "status, event or callback"


def _event_name(message: bytes | str) -> str:
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
        if condition.what != "status":
            return seen >= condition.count
        return _status(realm, condition) == condition.wanted

    for entry in realm.journal.entries(task_id=condition.task_id):
        seen += condition.fits(entry)
    realm.taps.append(note)
    try:
        async with asyncio.timeout(timeout_ms / 1000):
            while not met():
                if _has_failed(realm, condition):
                    task = realm.tasks[condition.task_id or ""]
                    return (
                        f"the status of {task.id} is FAILED ({task.error_code}), which is the end; "
                        f"expected {condition.wanted}"
                    )
                changed.clear()
                await changed.wait()
                # What an entry tells of has been done only behind it.
                await asyncio.sleep(0)
    except TimeoutError:
        return _how_far(realm, condition, seen, timeout_ms)
    finally:
        realm.taps.remove(note)
    return None


def _status(realm: Realm, condition: Condition) -> str | None:
    task = realm.tasks.get(condition.task_id or "")
    return None if task is None else task.status.wire


def _has_failed(realm: Realm, condition: Condition) -> bool:
    """Whether the task has come to an end from which no status is reached."""
    return condition.what == "status" and _status(realm, condition) == "FAILED"


def _how_far(realm: Realm, condition: Condition, seen: int, timeout_ms: int) -> str:
    whose = "" if condition.task_id is None else f" of {condition.task_id}"
    after = f"after {timeout_ms} ms"
    if condition.what == "status":
        status = _status(realm, condition)
        if status is None:
            return f"there is no task {condition.task_id} {after}, expected {condition.wanted}"
        still = isinstance(realm.clock, VirtualClock)
        hint = "; the clock is virtual and stands still until it is advanced" if still else ""
        return f"the status{whose} is {status} {after}, expected {condition.wanted}{hint}"
    return (
        f"{seen} {condition.what}(s) {condition.wanted}{whose} {after}, expected {condition.count}"
    )


class WaitControl:
    """The control API's part."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        return [Route("/_mock/wait", json_endpoint(self.wait), methods=["POST"])]

    async def wait(self, request: Request) -> Any:
        """Answer when a condition is met; 408 and a sentence when it is not in time."""
        realm = realm_of(self._world, request)
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
        found = self._world.find_task(condition.task_id or "")
        if found is not None and "scope" not in request.query_params:
            realm = found[0]
        unmet = await wait(realm, condition, limit)
        if unmet is not None:
            raise ControlError(unmet, 408)
        return {"met": True}
