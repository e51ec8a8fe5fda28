"""Mutants whose callbacks are not as documented."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from msgspec.structs import replace

from mock_tingwu.conformance.mutants import mutant, patched
from mock_tingwu.core.delivery import Delivery, Outcome, Plan
from mock_tingwu.core.scope import Order, Task
from mock_tingwu.services import tingwu_request
from mock_tingwu.services.callbacks import CallbackBook, TingwuDialect

AREA = "TW-CALLBACK"
Message = dict[str, Any]


def said_otherwise(
    change: Callable[[str, Message], Message | None],
) -> AbstractContextManager[None]:
    """Something else is said of a step, or nothing."""
    message = TingwuDialect.message

    def otherwise(
        self: TingwuDialect, scope: Any, task: Any, step: str, request_id: str
    ) -> Mapping[str, Any] | None:
        said = message(self, scope, task, step, request_id)
        return None if said is None else change(step, {**said, "Data": {**said["Data"]}})

    return patched(TingwuDialect, "message", otherwise)


def _with_data(change: Callable[[str, Message], None]) -> AbstractContextManager[None]:
    def changed(step: str, said: Message) -> Message:
        change(step, said["Data"])
        return said

    return said_otherwise(changed)


@mutant(
    "the end alone is told",
    area=AREA,
    caught_by=["TW-CALLBACK-001", "TW-CALLBACK-002", "TW-CALLBACK-013"],
)
def the_end_alone() -> AbstractContextManager[None]:
    return said_otherwise(lambda step, said: said if step in ("COMPLETED", "FAILED") else None)


@mutant("the end is not told", area=AREA, caught_by=["TW-CALLBACK-001", "TW-CALLBACK-004"])
def no_end() -> AbstractContextManager[None]:
    return said_otherwise(lambda step, said: None if step == "COMPLETED" else said)


@mutant(
    "a callback tells the status and no results",
    area=AREA,
    caught_by=["TW-CALLBACK-002", "TW-CALLBACK-004", "TW-CALLBACK-011"],
)
def no_results_told() -> AbstractContextManager[None]:
    return _with_data(lambda step, data: data.pop("Result", None))


@mutant("each result is told with those before", area=AREA, caught_by=["TW-CALLBACK-003"])
def results_pile_up() -> AbstractContextManager[None]:
    message = TingwuDialect.message

    def otherwise(
        self: TingwuDialect, scope: Any, task: Any, step: str, request_id: str
    ) -> Mapping[str, Any] | None:
        whole = message(self, scope, task, "COMPLETED", request_id)
        if whole is None or step in ("COMPLETED", "FAILED"):
            return message(self, scope, task, step, request_id)
        return {**whole, "Data": {**whole["Data"], "TaskStatus": "ONGOING"}}

    return patched(TingwuDialect, "message", otherwise)


@mutant(
    "the last callback has the last result alone",
    area=AREA,
    caught_by=["TW-CALLBACK-004", "TW-CALLBACK-005"],
)
def last_result_at_the_end() -> AbstractContextManager[None]:
    def change(step: str, data: Message) -> None:
        if step == "COMPLETED":
            data["Result"] = dict([*data["Result"].items()][-1:])

    return _with_data(change)


@mutant("a failure is not told", area=AREA, caught_by=["TW-CALLBACK-006"])
def failures_are_silent() -> AbstractContextManager[None]:
    return said_otherwise(lambda step, said: None if step == "FAILED" else said)


@mutant("a failure is told without its reason", area=AREA, caught_by=["TW-CALLBACK-006"])
def failures_without_reason() -> AbstractContextManager[None]:
    def change(step: str, data: Message) -> None:
        data.pop("ErrorCode", None)
        data.pop("ErrorMessage", None)

    return _with_data(change)


@mutant("a callback is no JSON by its header", area=AREA, caught_by=["TW-CALLBACK-007"])
def callbacks_without_type() -> AbstractContextManager[None]:
    build = CallbackBook._message

    def plain(self: CallbackBook, *given: Any, **named: Any) -> Delivery:
        return replace(build(self, *given, **named), headers={"Content-Type": "text/plain"})

    return patched(CallbackBook, "_message", plain)


@mutant("Message has a capital and a dot", area=AREA, caught_by=["TW-CALLBACK-008"])
def another_message() -> AbstractContextManager[None]:
    return said_otherwise(lambda step, said: said | {"Message": "Success."})


@mutant("RequestIds of callbacks are those of answers", area=AREA, caught_by=["TW-CALLBACK-009"])
def request_ids_with_dashes() -> AbstractContextManager[None]:
    def change(step: str, said: Message) -> Message:
        id = str(said["RequestId"]).upper()
        return said | {"RequestId": "-".join((id[:8], id[8:12], id[12:16], id[16:20], id[20:]))}

    return said_otherwise(change)


@mutant("callbacks do not tell TaskKey", area=AREA, caught_by=["TW-CALLBACK-010"])
def callbacks_without_task_key() -> AbstractContextManager[None]:
    return _with_data(lambda step, data: data.pop("TaskKey", None))


@mutant(
    "the links of callbacks are not good for a download",
    area=AREA,
    caught_by=["TW-CALLBACK-011"],
)
def callback_links_are_bad() -> AbstractContextManager[None]:
    def change(step: str, data: Message) -> None:
        results = data.get("Result", {})
        data["Result"] = {
            k: link.replace("Signature=", "Signature=A") for k, link in results.items()
        }

    return _with_data(change)


@mutant("everybody is told", area=AREA, caught_by=["TW-CALLBACK-012"])
def everybody_is_told() -> AbstractContextManager[None]:
    order = tingwu_request._order

    def eager(*given: Any) -> Order:
        return replace(order(*given), callbacks=True)

    return patched(tingwu_request, "_order", eager)


@mutant("meetings are not told of", area=AREA, caught_by=["TW-CALLBACK-013"])
def meetings_are_silent() -> AbstractContextManager[None]:
    notify = CallbackBook.notify

    def offline_alone(self: CallbackBook, task: Task, step: str) -> None:
        if task.offline:
            notify(self, task, step)

    return patched(CallbackBook, "notify", offline_alone)


# When a callback is not accepted


def _plan(*waits: int) -> AbstractContextManager[None]:
    return patched(TingwuDialect, "plan", Plan(waits))


@mutant(
    "a callback is tried once",
    area=AREA,
    caught_by=["TW-CALLBACK-014", "TW-CALLBACK-015", "TW-CALLBACK-016"],
)
def tried_once() -> AbstractContextManager[None]:
    return _plan()


@mutant("a callback comes again at once", area=AREA, caught_by=["TW-CALLBACK-014"])
def again_at_once() -> AbstractContextManager[None]:
    return _plan(500, 300_000, 300_000)


@mutant("a callback comes every five seconds", area=AREA, caught_by=["TW-CALLBACK-015"])
def every_five_seconds() -> AbstractContextManager[None]:
    return _plan(5_000, 5_000, 5_000)


@mutant(
    "a callback comes until it is accepted",
    area=AREA,
    caught_by=["TW-CALLBACK-016", "TW-CALLBACK-017"],
)
def until_it_is_accepted() -> AbstractContextManager[None]:
    return _plan(5_000, *[300_000] * 20)


@mutant("no answer is good enough", area=AREA, caught_by=["TW-CALLBACK-018", "TW-CALLBACK-019"])
def nothing_is_accepted() -> AbstractContextManager[None]:
    return patched(
        Outcome, "of", lambda status, only_200=False: Outcome(status, "it is not good enough")
    )


@mutant("nothing but 200 is accepted", area=AREA, caught_by=["TW-CALLBACK-020"])
def only_200_is_accepted() -> AbstractContextManager[None]:
    return patched(TingwuDialect, "plan", Plan((5_000, 300_000, 300_000), only_200=True))
