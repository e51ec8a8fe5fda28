"""Live ASR tasks: created, queried, stopped, deleted and failed in any order, against a model.

The model is what docs/live.md and live-rtc-asr 1 and 2 say.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from tests.attacks.stage import DAY_MS, START_MS, Stage, examples

STREAM: Final = "rtmp://pull.example.com/app/lesson"
RECEIVER: Final = "http://receiver.example.com/captions"
#: An imagined stream comes in pieces of so many ms.
STEP_MS: Final = 100


@dataclass
class Listening:
    """A task. ``length`` (ms) is how long its stream is there, ``patience`` (ms) how long it waits.

    ``interval`` is its ReportInterval.
    """

    created: int
    length: int
    patience: int | None
    interval: int
    status: str = "NEW"

    @property
    def over(self) -> bool:
        return self.status in ("COMPLETED", "FAILED")

    def time_is(self, now: int) -> None:
        age, end = now - self.created, -(-self.length // STEP_MS) * STEP_MS
        if self.over:
            return
        if age < STEP_MS:
            self.status = "NEW"
        elif age < end:
            self.status = "ONGOING"
        elif self.patience is not None and age >= end + self.patience:
            self.status = "COMPLETED"
        else:
            self.status = "PAUSED"


class LiveTasks(RuleBasedStateMachine):
    """Several tasks, each on a stream that is imagined."""

    tasks: Bundle[str] = Bundle("tasks")

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage()
        self.now = START_MS
        self.models: dict[str, Listening] = {}
        self.deleted: set[str] = set()
        #: How many captions each task had sent when it was over.
        self.last: dict[str, int] = {}

    def teardown(self) -> None:
        self.stage.close()

    @rule(
        target=tasks,
        length=st.sampled_from([50, 1_500, 3_050, DAY_MS]),
        delay=st.sampled_from([None, 1, 10]),
        interval=st.sampled_from([-1, 0, 500]),
    )
    def create(self, length: int, delay: int | None, interval: int) -> str:
        parameters = {
            "Mode": "live",
            "StreamURL": f"{STREAM}?mock.duration_ms={length}",
            "Language": "cn",
            "CallbackURL": RECEIVER,
            "ReportInterval": interval,
            **({} if delay is None else {"AutoTerminateEnabled": True}),
            **({} if delay is None else {"AutoTerminateDelay": delay}),
        }
        status, answer = self._call("CreateRtcAsrTask", **parameters)
        assert (status, answer["RetCode"]) == (200, 2000)
        task_id: str = answer["TaskId"]
        assert task_id not in self.models, "an id comes twice"
        patience = None if delay is None else delay * 1_000
        self.models[task_id] = Listening(self.now, length, patience, interval)
        return task_id

    @rule(task_id=tasks)
    def stop(self, task_id: str) -> None:
        status, answer = self._call("StopRtcAsrTask", TaskId=task_id)
        if self._is_known(task_id, status, answer) and not self.models[task_id].over:
            self.models[task_id].status = "COMPLETED"

    @rule(task_id=tasks)
    def delete(self, task_id: str) -> None:
        status, answer = self._call("DeleteRtcAsrTask", TaskId=task_id)
        if self._is_known(task_id, status, answer):
            self.models[task_id].status = "COMPLETED"
            self.deleted.add(task_id)

    @rule(task_id=tasks)
    def fail_by_force(self, task_id: str) -> None:
        body = {"to": "FAILED", "error_code": "Broken"}
        status, _ = self.stage.call("POST", f"/_mock/tasks/{task_id}/transition", body)
        model = self.models[task_id]
        if task_id in self.deleted:
            assert status == 404
        elif model.over:
            assert status == 409
        else:
            assert status == 200
            model.status = "FAILED"

    @rule(milliseconds=st.sampled_from([0, 99, 100, 1_000, 2_500, 10_000]))
    def advance(self, milliseconds: int) -> None:
        self.now += milliseconds
        for model in self.models.values():
            model.time_is(self.now)
        self.stage.advance(milliseconds)

    @invariant()
    def all_is_as_it_should_be(self) -> None:
        self.stage.settle()
        known = [task_id for task_id in self.models if task_id not in self.deleted]
        _, answer = self._call("QueryRtcAsrTasks")
        running = [task_id for task_id in known if not self.models[task_id].over]
        assert list(answer["Tasks"]) == running
        for task_id, model in self.models.items():
            _, answer = self._call("QueryRtcAsrTasks", TaskId=task_id)
            if task_id in self.deleted:
                assert answer["Tasks"] == {}
                continue
            shown = answer["Tasks"][task_id]
            assert shown["status"] == {"COMPLETED": 2, "FAILED": 3}.get(model.status, 1)
            _, inside = self.stage.call("GET", f"/_mock/tasks/{task_id}")
            assert inside["state"] == model.status
            moves = self.stage.moves(task_id)
            assert [(step["before"], step["after"]) for step in inside["history"][1:]] == moves
            assert [after for _, after in moves[:-1]] == [before for before, _ in moves[1:]]
        for task_id, model in self.models.items():
            self.captions_come_in_order(task_id, model)
        self.stage.check()

    def captions_come_in_order(self, task_id: str, model: Listening) -> None:
        bodies = [body for body in self.stage.delays.sent_bodies if body["task_id"] == task_id]
        if model.over:
            assert self.last.setdefault(task_id, len(bodies)) == len(bodies)
        contents = [json.loads(body["content"]) for body in bodies]
        ids = [content["header"]["message_id"] for content in contents]
        assert len(set(ids)) == len(ids)
        stamps = [body["callback_time_stamp"] for body in bodies]
        assert stamps == sorted(stamps)
        index, time, is_open = -1, 0, False
        for content in contents:
            name, payload = content["header"]["name"], content["payload"]
            if name == "SentenceBegin":
                assert not is_open and model.interval >= 0
                assert (payload["index"], payload["time"] >= time) == (index + 1, True)
                index, is_open = index + 1, True
            elif name == "TranscriptionResultChanged":
                assert is_open and payload["index"] == index
            else:
                assert name == "SentenceEnd"
                index = index + 1 if model.interval == -1 else index
                assert payload["index"] == index
                assert payload["time"] >= payload["begin_time"] >= time
                time, is_open = payload["time"], False
        assert not (is_open and model.status in ("COMPLETED", "PAUSED")), "a last word is missing"

    # Inside

    def _call(self, action: str, **parameters: Any) -> tuple[int, Any]:
        given = {"Action": action, "Version": "2016-11-01", "Format": "JSON", **parameters}
        return self.stage.call("GET", f"/?{urlencode(given)}")

    def _is_known(self, task_id: str, status: int, answer: Any) -> bool:
        if task_id in self.deleted:
            assert (status, answer["Code"]) == (400, "ConfigNotFound")
            return False
        assert (status, answer["RetCode"]) == (200, 2000)
        return True


TestLiveTasks = LiveTasks.TestCase
TestLiveTasks.settings = examples(10)
