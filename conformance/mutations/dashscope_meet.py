"""Mutants whose realtime meetings of DashScope are not as documented."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from mock_tingwu.conformance.agent_mutants import refusing
from mock_tingwu.conformance.mutants import Body, answers, mutant, patched, without
from mock_tingwu.core.scope import Scope, Task
from mock_tingwu.services.dashscope import realtime, request, service
from mock_tingwu.services.dashscope.realtime import DuplexConnection
from mock_tingwu.services.dashscope.service import DashScopeService

AREA = "DS-MEET"


def _supposing(name: str, usual: object) -> AbstractContextManager[None]:
    """Whatever a meeting says of ``name``, it is ``usual``."""
    check = request.check

    def lenient(definition: str, body: Body) -> None:
        if definition == "realtime":
            body["input"][name] = usual
        check(definition, body)

    return patched(service, "check", lenient)


@mutant("a meeting begins without a status", area=AREA, caught_by=["DS-MEET-001"])
def ds_meeting_without_status() -> AbstractContextManager[None]:
    return answers("createTask", without("output", "status"))


@mutant(
    "the format of a meeting is not looked at",
    area=AREA,
    caught_by=["DS-MEET-003", "DS-MEET-005"],
)
def ds_any_format() -> AbstractContextManager[None]:
    return _supposing("format", "pcm")


@mutant(
    "the rate of a meeting is not looked at",
    area=AREA,
    caught_by=["DS-MEET-004", "DS-MEET-006"],
)
def ds_any_rate() -> AbstractContextManager[None]:
    return _supposing("sampleRate", 16_000)


@mutant("speex is no format", area=AREA, caught_by=["DS-MEET-007"])
def ds_no_speex() -> AbstractContextManager[None]:
    return refusing(lambda body: body["input"].get("format") == "speex")


@mutant(
    "the end of a meeting makes a new task", area=AREA, caught_by=["DS-MEET-008", "DS-MEET-017"]
)
def ds_end_is_a_new_task() -> AbstractContextManager[None]:
    def renamed(status: int, body: Body) -> tuple[int, Body]:
        if body.get("output", {}).get("status") in (0, 1):
            body["output"]["dataId"] = "000000000000"
        return status, body

    return answers("createTask", renamed)


@mutant(
    "finish-task ends the meeting",
    area=AREA,
    caught_by=["DS-MEET-009", "DS-MEET-010"],
)
def ds_finish_is_the_end() -> AbstractContextManager[None]:
    finished = DuplexConnection._finished

    def final(self: DuplexConnection) -> None:
        finished(self)
        self._scope.stop(self._joined)

    return patched(DuplexConnection, "_finished", final)


@mutant("what was said before a pause is lost", area=AREA, caught_by=["DS-MEET-010"])
def ds_pause_forgets() -> AbstractContextManager[None]:
    join = DuplexConnection._join

    def anew(self: DuplexConnection, task: Task) -> None:
        task.meeting.sentences.clear()
        join(self, task)

    return patched(DuplexConnection, "_join", anew)


@mutant("nothing of a stream is written down", area=AREA, caught_by=["DS-MEET-008"])
def ds_nothing_is_kept() -> AbstractContextManager[None]:
    stop = Scope.stop

    def empty(self: Scope, task: Task, *args: Any, **changes: Any) -> Any:
        task.meeting.sentences.clear()
        return stop(self, task, *args, **changes)

    return patched(Scope, "stop", empty)


@mutant("a meeting can be gone on with for an hour", area=AREA, caught_by=["DS-MEET-012"])
def ds_an_hour() -> AbstractContextManager[None]:
    return patched(realtime, "LIFE_MS", 60 * 60 * 1000)


@mutant("a meeting can be gone on with forever", area=AREA, caught_by=["DS-MEET-013"])
def ds_forever() -> AbstractContextManager[None]:
    return patched(realtime, "LIFE_MS", 10**12)


@mutant(
    "the end of a meeting that nobody has begun is taken",
    area=AREA,
    caught_by=["DS-MEET-016"],
)
def ds_anything_ends() -> AbstractContextManager[None]:
    end = DashScopeService._end_meeting

    def lenient(self: Any, request: Any, scope: Any, agent: Any, body: Body) -> Any:
        if body["input"]["dataId"] not in scope.tasks:
            return {"dataId": body["input"]["dataId"], "status": 0}
        return end(self, request, scope, agent, body)

    return patched(DashScopeService, "_end_meeting", lenient)


@mutant("every stream is heard at 16000 Hz", area=AREA, caught_by=["DS-MEET-018"])
def ds_one_rate() -> AbstractContextManager[None]:
    create = Scope.create_realtime

    def at_16k(self: Scope, order: Any, **changes: Any) -> Any:
        return create(self, order, **changes | {"sample_rate": 16_000})

    return patched(Scope, "create_realtime", at_16k)
