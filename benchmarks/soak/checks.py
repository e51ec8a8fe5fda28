"""What has to hold of everything that happened in a scope: its journal and its tasks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from mock_tingwu import contract
from mock_tingwu.core.tasks import LIVE_TASK, OFFLINE_TASK, REALTIME_TASK, Status, TaskEvent
from tests.conftest import schema_of

Json = dict[str, Any]

#: The tables of the types of tasks that /_mock/tasks tells of.
LIFECYCLES: Final = {"realtime": REALTIME_TASK, "offline": OFFLINE_TASK, "live": LIVE_TASK}
#: What the contract says something of, and the journal shows as it was sent.
CHECKED: Final = ("result", "ws_out")
_READY: Final = ("the result ", " is ready")
_NOT_MADE: Final = ("the result ", " has failed")
_ENDS: Final = ("COMPLETED", "FAILED")


class Ledger:
    """Takes the entries of one scope's journal as they come, and finds what cannot be.

    ``strict``: what is sent has to be as the schemas have it. ``findings`` are sentences.
    """

    def __init__(self, scope: str, *, strict: bool) -> None:
        self.findings: list[str] = []
        self.kinds: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.checked = 0
        self.last_seq = 0
        self._scope = scope
        self._strict = strict
        self._steps: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        self._due: Counter[tuple[str, str]] = Counter()
        self._over: Counter[tuple[str, str]] = Counter()
        self._copies: Counter[str] = Counter()
        self._not_made: dict[str, set[str]] = defaultdict(set)
        #: Callbacks that were taken by a receiver.
        self.delivered: Counter[str] = Counter()
        #: Those whose receiver did not answer in time, though it may have taken them.
        self.unanswered: Counter[str] = Counter()

    def find(self, text: str) -> None:
        """Note what cannot be."""
        self.findings.append(f"scope {self._scope}: {text}")

    def take(self, entry: Json) -> None:
        """The next entry."""
        if entry["seq"] != self.last_seq + 1:
            self.find(f"seq {entry['seq']} of the journal follows {self.last_seq}")
        self.last_seq = entry["seq"]
        kind = entry["kind"]
        self.kinds[kind] += 1
        task_id = entry["task_id"] or ""
        if kind == "transition":
            self._steps[task_id].append((entry["event"], entry["before"], entry["after"]))
            if entry["after"] in _ENDS:
                self._due[task_id, entry["after"]] += 1
        elif kind == "note":
            self._note(task_id, entry.get("text", ""))
        elif kind == "fault":
            self.faults[entry["action"]] += 1
            self._copies[task_id] += entry["action"] == "callback_duplicate"
        elif kind == "callback" and entry["event"] != "probe":
            if entry["outcome"] == "delivered":
                self.delivered[entry["service"]] += 1
            elif entry.get("error", "").startswith("no answer"):
                self.unanswered[entry["service"]] += 1
            if entry["outcome"] in ("delivered", "lost"):
                self._over[task_id, entry["event"]] += 1
        if self._strict and kind in CHECKED:
            self._check(entry)

    def _note(self, task_id: str, text: str) -> None:
        for (begin, end), take in ((_READY, True), (_NOT_MADE, False)):
            if text.startswith(begin) and text.endswith(end):
                name = text.removeprefix(begin).removesuffix(end)
                if take:
                    self._due[task_id, name] += 1
                else:
                    self._not_made[task_id].add(name)

    def _check(self, entry: Json) -> None:
        body = entry.get("body", entry.get("message"))
        if not isinstance(body, dict | list) or entry.get("by") == "control":
            return  # too long for the journal
        try:
            name, instance = schema_of(entry, lambda value: value)
            if name is not None:
                self.checked += 1
                contract.check(name, instance)
        except contract.ContractError as error:
            self.find(f"seq {entry['seq']} of the journal breaks the contract: {str(error)[:300]}")

    def posted(self, service: str, body: bytes) -> None:
        """A callback as its receiver took it."""
        if not self._strict:
            return
        said = msgspec.json.decode(body)
        trial = "Test" in said.get("Data", ()) or "test" in said.get("output", ())
        self.checked += 1
        try:
            contract.check(f"{service}/{'callback-test' if trial else 'callback'}", said)
        except contract.ContractError as error:
            self.find(f"a callback of {service} breaks the contract: {str(error)[:400]}")

    def finish(
        self, tasks: Iterable[Json], wanted: Mapping[str, set[str]], told: Iterable[str]
    ) -> None:
        """Everything is over: look at the ``tasks`` as the control API shows each of them.

        ``wanted`` are the kinds of result that were asked for, by task; ``told`` are Tingwu's tasks
        whose project is told of every step.
        """
        for task in tasks:
            self._walk(task)
            missing = wanted.get(task["task_id"], set()) - set(task["results"])
            missing -= self._not_made[task["task_id"]]
            if task["state"] == "COMPLETED" and missing:
                self.find(f"task {task['task_id']} is COMPLETED without {sorted(missing)}")
            if task["type"] == "offline" and task["state"] not in _ENDS:
                self.find(f"task {task['task_id']} is {task['state']} when everything is over")
        for task_id in told:
            self._told(task_id)

    def _walk(self, task: Json) -> None:
        """A task's history is a path of its lifecycle, and the one that the journal shows."""
        lifecycle = LIFECYCLES[task["type"]]
        first, *steps = task["history"]
        where = f"task {task['task_id']}"
        state = lifecycle.initial
        if first["event"] not in ("CREATE", None):
            self.find(f"{where} begins with {first['event']}")
        if first["event"] is None:
            state = Status[first["after"]]
        for step in steps:
            event = TaskEvent[step["event"]]
            if step["before"] != state.name or (state, event) not in lifecycle.table:
                self.find(f"{where} goes from {state.name} by {event.name}, which is not possible")
                return
            state = lifecycle.table[state, event]
            if step["after"] != state.name:
                self.find(f"{where} comes to {step['after']} by {event.name}, not to {state.name}")
                return
        if state.name != task["state"]:
            self.find(f"{where} is {task['state']}, but its history ends with {state.name}")
        shown = [(step["event"], step["before"], step["after"]) for step in steps]
        if first["event"] == "CREATE" and shown != self._steps[task["task_id"]]:
            self.find(f"{where} has another history than the journal shows")

    def _told(self, task_id: str) -> None:
        due = {step: count for (task, step), count in self._due.items() if task == task_id}
        over = {step: count for (task, step), count in self._over.items() if task == task_id}
        for step, count in due.items():
            if over.get(step, 0) < count:
                self.find(f"task {task_id}: nobody was told of {step}, nor was it given up")
        extra = sum(over.values()) - sum(due.values())
        if extra > self._copies[task_id]:
            self.find(
                f"task {task_id}: {extra} callbacks more than steps, but "
                f"{self._copies[task_id]} were to be doubled"
            )
