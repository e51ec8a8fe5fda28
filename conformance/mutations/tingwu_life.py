"""Mutants that tell another life of meetings."""

from __future__ import annotations

from contextlib import AbstractContextManager
from itertools import count
from typing import Any, cast

from mock_tingwu.conformance.mutants import (
    Body,
    answers,
    mutant,
    patched,
    patched_item,
    with_value,
    without,
)
from mock_tingwu.core.scope import Scope
from mock_tingwu.core.tasks import NEW, OFFLINE_TASK, Status, TaskEvent
from mock_tingwu.services.api_errors import invalid
from mock_tingwu.services.pushing import PushingConnection
from mock_tingwu.services.task_data import task_data
from mock_tingwu.services.tingwu import TingwuService

LIFE = "TW-LIFE"

# Statuses


@mutant(
    "there is no NEW: a meeting is ONGOING from its beginning",
    area=LIFE,
    caught_by=["TW-GET-002", "TW-LIFE-003"],
)
def there_is_no_new() -> AbstractContextManager[None]:
    def change(status: object) -> object:
        return "ONGOING" if status == "NEW" else status

    return answers("GetTaskInfo", with_value(change, "Data", "TaskStatus"))


@mutant("silence is no audio", area=LIFE, caught_by=["TW-LIFE-001"])
def silence_is_no_audio() -> AbstractContextManager[None]:
    take = PushingConnection._take

    def mutated(self: PushingConnection, frame: bytes) -> Any:
        if any(frame):
            return take(self, frame)
        assert self._task is not None
        if self._task.status is NEW:
            # What says so is not the status of a task that goes on.
            self._scope.fail(self._task, "TSC.AudioFormat", "Audio format invalid.", "silence")
        return None

    return patched(PushingConnection, "_take", mutated)


@mutant("GetTaskInfo tells of the latest task", area=LIFE, caught_by=["TW-LIFE-003"])
def info_of_the_latest() -> AbstractContextManager[None]:
    def mutated(self: Any, request: Any, scope: Any, body: Body) -> Body:
        latest = [*scope.tasks.values()][-1:]
        return task_data(scope, latest[0], "") if latest else {}

    return patched(TingwuService, "_get_task", mutated)


@mutant(
    "a NEW meeting has an ErrorCode that says that all is well",
    area="TW-GET",
    caught_by=["TW-GET-005"],
)
def error_code_of_success() -> AbstractContextManager[None]:
    def change(status: int, body: Body) -> tuple[int, Body]:
        if isinstance(body.get("Data"), dict):
            body["Data"].setdefault("ErrorCode", "TSC.Success")
        return status, body

    return answers("GetTaskInfo", change)


# The end


@mutant(
    "COMPLETED is said while results are made", area=LIFE, caught_by=["TW-LIFE-007", "TW-STOP-002"]
)
def completed_too_early() -> AbstractContextManager[None]:
    def wire(status: Status) -> str:
        return "COMPLETED" if status is Status.FINISHING else status.name

    return patched(Status, "wire", property(wire))


@mutant("Result has no Transcription", area=LIFE, caught_by=["TW-LIFE-006"])
def no_transcription() -> AbstractContextManager[None]:
    return answers("GetTaskInfo", without("Data", "Result", "Transcription"))


@mutant("a COMPLETED task is forgotten after three seconds", area=LIFE, caught_by=["TW-LIFE-008"])
def completed_is_forgotten() -> AbstractContextManager[None]:
    get_task = TingwuService._get_task

    def mutated(self: Any, request: Any, scope: Any, body: Body) -> Body:
        task_id = request.path_params["task_id"]
        task = scope.tasks.get(task_id)
        if task is not None and scope.clock.now() - task.updated > 3000:
            return {"TaskId": task_id, "TaskStatus": "INVALID"}
        return get_task(self, request, scope, body)

    return patched(TingwuService, "_get_task", mutated)


@mutant(
    "a Transcription is empty",
    area=LIFE,
    caught_by=["TW-LIFE-010", "TW-LIFE-013"],
)
def empty_transcription() -> AbstractContextManager[None]:
    return answers("download", with_value([], "Transcription", "Paragraphs"))


@mutant("a meeting without speech fails", area=LIFE, caught_by=["TW-LIFE-009"])
def silent_meeting_fails() -> AbstractContextManager[None]:
    stop = Scope.stop

    def mutated(self: Scope, task: Any, why: str = "stop") -> None:
        if task.meeting.sentences:
            stop(self, task, why)
        else:
            self.fail(task, "TSC.AudioFormat", "Audio format invalid.", "silence")

    return patched(Scope, "stop", mutated)


# A second run


@mutant(
    "meetings cannot be run again, only recordings",
    area=LIFE,
    caught_by=["TW-LIFE-011", "TW-LIFE-013"],
)
def meetings_run_once() -> AbstractContextManager[None]:
    rerun = TingwuService._rerun

    def mutated(self: Any, request: Any, scope: Any, body: Body) -> Body:
        task = scope.tasks.get(body["Input"]["TaskId"])
        if task is not None and not task.offline:
            raise invalid("Input.TaskId")
        return rerun(self, request, scope, body)

    return patched(TingwuService, "_rerun", mutated)


@mutant("a second run is told under a new TaskId", area=LIFE, caught_by=["TW-LIFE-011"])
def second_run_is_another_task() -> AbstractContextManager[None]:
    rerun = TingwuService._rerun

    def mutated(self: Any, request: Any, scope: Any, body: Body) -> Body:
        return rerun(self, request, scope, body) | {"TaskId": "d" * 32}

    return patched(TingwuService, "_rerun", mutated)


@mutant("a second run hears the meeting anew", area=LIFE, caught_by=["TW-LIFE-013"])
def second_run_hears_anew() -> AbstractContextManager[None]:
    runs = count()

    def heard(paragraphs: Any) -> Any:
        number = next(runs)
        for paragraph in paragraphs:
            paragraph["Words"][0]["Text"] += "啊" * number
        return paragraphs

    return answers("download", with_value(heard, "Transcription", "Paragraphs"))


@mutant(
    "a second run of a meeting that goes on is taken, and nothing comes of it",
    area=LIFE,
    caught_by=["TW-LIFE-014", "TW-LIFE-015"],
)
def any_task_is_run_again() -> AbstractContextManager[None]:
    rerun = TingwuService._rerun

    def mutated(self: Any, request: Any, scope: Any, body: Body) -> Body:
        task = scope.tasks.get(body["Input"]["TaskId"])
        if task is not None and not task.can(TaskEvent.RERUN):
            return {"TaskId": task.id, "TaskStatus": "ONGOING"}
        return rerun(self, request, scope, body)

    return patched(TingwuService, "_rerun", mutated)


# FAILED


@mutant(
    "a task that has failed can be run again",
    area=LIFE,
    caught_by=["TW-LIFE-018"],
)
def failed_task_is_run_again() -> AbstractContextManager[None]:
    return patched_item(
        cast(dict[Any, Any], OFFLINE_TASK.table),
        (Status.FAILED, TaskEvent.RERUN),
        Status.FINISHING,
    )
