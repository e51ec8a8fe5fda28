"""Offline tasks, read, failed and run again in any order: the mock against a model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from tests.attacks.stage import START_MS, Stage, examples, wander

TASKS: Final = "/openapi/tingwu/v2/tasks"
INTERVAL_MS: Final = 1_000
GOOD: Final = "https://files.example.com/sync.mp3?mock.duration_ms=20000"
#: Recordings that are not taken, and the ErrorCode of each.
BAD: Final = {
    "https://files.example.com/minutes.pdf": "TSC.FileType",
    "https://files.example.com/long.mp3?mock.duration_ms=21600001": "TSC.AudioDuration",
}
KINDS: Final = ("Transcription", "AutoChapters", "MeetingAssistance", "Summarization", "TextPolish")
#: At which stages a fault rule lets a task fail.
STAGES: Final = ("creation", "audio", "processing", "AutoChapters", "TextPolish")
wanted = st.sets(st.sampled_from(KINDS[1:]), max_size=3)


def asked(kinds: set[str]) -> dict[str, Any]:
    return {f"{kind}Enabled": True for kind in sorted(kinds)}


@dataclass
class Recorded:
    """A task as the documents say. ``doom`` is the stage at which it is to fail."""

    status: str = "ONGOING"
    ready: list[str] = field(default_factory=list)
    to_make: list[str] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)
    due: int | None = None
    moves: list[tuple[str, str]] = field(default_factory=list)
    code: str | None = None
    doom: str = ""
    #: When it fails, if it does.
    fails_at: int | None = None

    @property
    def shown(self) -> str:
        return "ONGOING" if self.status == "FINISHING" else self.status

    def move(self, status: str) -> None:
        self.moves.append((self.status, status))
        self.status = status

    def fail(self, code: str) -> None:
        self.move("FAILED")
        self.code, self.due, self.fails_at = code, None, None

    def read(self, kinds: set[str], now: int) -> None:
        self.move("FINISHING")
        self.make([kind for kind in KINDS if kind == "Transcription" or kind in kinds], now)

    def make(self, kinds: list[str], now: int) -> None:
        self.to_make, self.due = kinds, now + INTERVAL_MS
        if self.doom in ("audio", "processing"):
            self.fails_at = now

    def result_is_due(self, now: int) -> None:
        if self.doom == self.to_make[0]:
            self.fails_at, self.due = now, None
            return
        kind = self.to_make.pop(0)
        if kind not in self.lost:
            self.ready.append(kind)
        self.due = now + INTERVAL_MS if self.to_make else None
        if not self.to_make and self.fails_at is None:
            self.move("COMPLETED")


class OfflineTasks(RuleBasedStateMachine):
    """Several tasks on recordings that are imagined."""

    tasks: Bundle[str] = Bundle("tasks")

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage(result_interval_ms=INTERVAL_MS)
        self.now = START_MS
        self.models: dict[str, Recorded] = {}

    def teardown(self) -> None:
        self.stage.close()

    @initialize(seed=st.integers(0, 1 << 32))
    def set_out(self, seed: int) -> None:
        self.create(set(KINDS[1:3]))
        wander(self, seed, MOVES, 15)

    @rule(target=tasks, kinds=wanted)
    def create(self, kinds: set[str]) -> str:
        return self._read(self._create(GOOD, kinds), kinds)

    @rule(target=tasks, url=st.sampled_from(list(BAD)))
    def create_one_that_is_not_taken(self, url: str) -> str:
        task_id = self._create(url, set())
        self.stage.settle()
        self.models[task_id].fail(BAD[url])
        return task_id

    @rule(target=tasks, kinds=wanted)
    def create_one_and_fail_it_while_it_is_read(self, kinds: set[str]) -> str:
        task_id = self._create(GOOD, kinds)
        assert self._force(task_id) == 200
        self.models[task_id].fail("PRE.AudioDurationQuotaLimit")
        self.stage.settle()
        return task_id

    @rule(target=tasks, kinds=wanted, stage=st.sampled_from(STAGES))
    def create_one_that_a_fault_fails(self, kinds: set[str], stage: str) -> str:
        action = {"type": "task_failed", "error_code": "TSC.FileError", "stage": stage}
        task_id = self._create(GOOD, kinds, action)
        model = self.models[task_id]
        model.doom = stage
        if stage == "creation":
            model.fails_at = self.now
            return task_id
        return self._read(task_id, kinds)

    @rule(target=tasks, kinds=wanted, lost=st.sampled_from(KINDS[1:]))
    def create_one_without_a_result(self, kinds: set[str], lost: str) -> str:
        task_id = self._create(GOOD, kinds, {"type": "subtask_failed", "kind": lost})
        self.models[task_id].lost = {lost}
        return self._read(task_id, kinds)

    @rule(task_id=tasks, kinds=wanted)
    def run_again(self, task_id: str, kinds: set[str]) -> None:
        body = {"Input": {"TaskId": task_id}, "Parameters": asked(kinds)}
        status, answer = self.stage.call("PUT", f"{TASKS}?type=offline", body)
        model = self.models[task_id]
        if model.status != "COMPLETED":
            assert (status, answer["Code"]) == (400, "InvalidTaskId")
        elif not kinds:
            assert (status, answer["Code"]) == (400, "BRK.InvalidOutputEnabledSetting")
        else:
            assert (status, answer["Data"]["TaskStatus"]) == (200, "ONGOING")
            model.move("FINISHING")
            again: list[str] = [kind for kind in KINDS if kind in kinds]
            model.ready = [kind for kind in model.ready if kind not in again]
            # A stage at which it is to fail may come only now.
            model.lost = set()
            model.make(again, self.now)

    @rule(task_id=tasks)
    def stop(self, task_id: str) -> None:
        """It is for realtime tasks and has no effect on others."""
        body = {"Input": {"TaskId": task_id}}
        _, answer = self.stage.call("PUT", f"{TASKS}?type=realtime&operation=stop", body)
        assert answer["Data"]["TaskStatus"] == self.models[task_id].shown

    @rule(task_id=tasks)
    def fail_by_force(self, task_id: str) -> None:
        model = self.models[task_id]
        ended = model.status in ("COMPLETED", "FAILED")
        assert self._force(task_id) == (409 if ended else 200)
        if not ended:
            model.fail("PRE.AudioDurationQuotaLimit")

    @rule(milliseconds=st.sampled_from([0, 1, 999, 1_000, 1_001, 2_500, 60_000]))
    def advance(self, milliseconds: int) -> None:
        until = self.now + milliseconds
        for model in self.models.values():
            while True:
                if model.fails_at is not None and (model.due is None or model.fails_at < model.due):
                    if model.fails_at > until:
                        break
                    model.fail("TSC.FileError")
                elif model.due is not None and model.due <= until:
                    model.result_is_due(model.due)
                else:
                    break
        self.now = until
        self.stage.advance(milliseconds)

    @invariant()
    def all_is_as_it_should_be(self) -> None:
        for task_id, model in self.models.items():
            _, answer = self.stage.call("GET", f"{TASKS}/{task_id}")
            data = answer["Data"]
            assert data["TaskStatus"] == model.shown, (data, model, self.now)
            assert data.get("ErrorCode") == model.code
            assert ("ErrorMessage" in data) == (model.code is not None)
            results = list(data.get("Result", {}))
            assert results == [kind for kind in KINDS if kind in model.ready]
            assert self.stage.moves(task_id) == model.moves
            _, inside = self.stage.call("GET", f"/_mock/tasks/{task_id}")
            history = [(step["before"], step["after"]) for step in inside["history"]]
            assert history == [(None, "ONGOING"), *model.moves]
        self.stage.check()

    # Inside

    def _create(self, url: str, kinds: set[str], action: dict[str, Any] | None = None) -> str:
        if action is not None:
            assert self.stage.call("POST", "/_mock/faults", {"action": action})[0] in (200, 201)
        source = {"SourceLanguage": "cn", "FileUrl": url}
        body = {"AppKey": "app", "Input": source, "Parameters": asked(kinds)}
        status, answer = self.stage.call("PUT", f"{TASKS}?type=offline", body)
        assert (status, answer["Data"]["TaskStatus"]) == (200, "ONGOING")
        if action is not None:
            self.stage.call("DELETE", "/_mock/faults")
        task_id: str = answer["Data"]["TaskId"]
        assert task_id not in self.models, "an id comes twice"
        self.models[task_id] = Recorded()
        return task_id

    def _read(self, task_id: str, kinds: set[str]) -> str:
        self.stage.settle()
        self.models[task_id].read(kinds, self.now)
        return task_id

    def _force(self, task_id: str) -> int:
        body = {"to": "FAILED", "error_code": "PRE.AudioDurationQuotaLimit"}
        return self.stage.call("POST", f"/_mock/tasks/{task_id}/transition", body)[0]


_TASK: Final = {"task_id": lambda machine: list(machine.models)}
_KINDS: Final = {"kinds": [set(), {"AutoChapters"}, {"TextPolish", "Summarization"}]}
MOVES: Final[list[tuple[str, dict[str, Any]]]] = [
    ("create", _KINDS),
    ("create_one_that_a_fault_fails", {**_KINDS, "stage": STAGES}),
    ("create_one_without_a_result", {**_KINDS, "lost": KINDS[1:]}),
    *[("run_again", {**_TASK, **_KINDS})] * 3,
    ("fail_by_force", _TASK),
    *[("advance", {"milliseconds": [1, 999, 1_000, 2_500]})] * 4,
]
TestOfflineTasks = OfflineTasks.TestCase
TestOfflineTasks.settings = examples(6, steps=10)
