"""Mutants whose callbacks of DashScope are not as documented."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from msgspec.structs import replace

from mock_tingwu.conformance.mutants import Body, mutant, patched
from mock_tingwu.core.delivery import AGENT_PLAN
from mock_tingwu.services.dashscope.callbacks import AgentDialect

AREA = "DS-CALLBACK"


def telling(change: Callable[[Body], Body | None]) -> AbstractContextManager[None]:
    """Change the body of every callback; None for no callback."""
    message = AgentDialect.message

    def changed(self: AgentDialect, *args: Any) -> Body | None:
        body = message(self, *args)
        return None if body is None else change(dict(body))

    return patched(AgentDialect, "message", changed)


def _output(change: Callable[[Body], Body]) -> AbstractContextManager[None]:
    return telling(lambda body: body | {"output": change(body["output"])})


@mutant("a transcript is told of as the end", area=AREA, caught_by=["DS-CALLBACK-001"])
def ds_transcript_is_the_end() -> AbstractContextManager[None]:
    return _output(lambda output: output | {"status": 0 if output["status"] == 1 else 2})


@mutant(
    "the end has no results",
    area=AREA,
    caught_by=["DS-CALLBACK-002", "DS-CALLBACK-005", "DS-CALLBACK-006"],
)
def ds_end_without_results() -> AbstractContextManager[None]:
    def shortened(output: Body) -> Body:
        if output["status"] != 0:
            return output
        return {name: value for name, value in output.items() if not name.endswith("Path")}

    return _output(shortened)


@mutant("only the end is told of", area=AREA, caught_by=["DS-CALLBACK-001", "DS-CALLBACK-005"])
def ds_only_the_end() -> AbstractContextManager[None]:
    return telling(lambda body: None if body["output"]["status"] == 1 else body)


@mutant(
    "the id of a callback is called as that of an answer", area=AREA, caught_by=["DS-CALLBACK-003"]
)
def ds_request_id_of_answers() -> AbstractContextManager[None]:
    return telling(lambda body: {"output": body["output"], "request_id": body["requestId"]})


@mutant("a callback does not say whose task it is", area=AREA, caught_by=["DS-CALLBACK-003"])
def ds_other_app() -> AbstractContextManager[None]:
    return _output(lambda output: output | {"taskInfo": output["taskInfo"] | {"appId": "tw_"}})


@mutant("a failure is told of without its code", area=AREA, caught_by=["DS-CALLBACK-004"])
def ds_failure_without_code() -> AbstractContextManager[None]:
    def coded(output: Body) -> Body:
        return output | {"errorCode": "ERR.Failed"} if output["status"] == 2 else output

    return _output(coded)


@mutant("a callback is tried once", area=AREA, caught_by=["DS-CALLBACK-007"])
def ds_tried_once() -> AbstractContextManager[None]:
    return patched(AgentDialect, "plan", replace(AGENT_PLAN, waits=()))


@mutant("a callback is tried again every second", area=AREA, caught_by=["DS-CALLBACK-008"])
def ds_every_second() -> AbstractContextManager[None]:
    return patched(AgentDialect, "plan", replace(AGENT_PLAN, waits=(1_000,) * 6))


@mutant("any 2xx is an answer", area=AREA, caught_by=["DS-CALLBACK-009"])
def ds_any_2xx() -> AbstractContextManager[None]:
    return patched(AgentDialect, "plan", replace(AGENT_PLAN, only_200=False))
