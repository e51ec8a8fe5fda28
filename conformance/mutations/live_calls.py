"""Mutants that query, stop and delete live tasks otherwise than the documents say."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from mock_tingwu.conformance.mutants import Body, answers, patched, with_value, without
from mock_tingwu.services.live.book import LiveBook
from mock_tingwu.services.live.captioning import Captioning
from mock_tingwu.services.live.service import LiveService

from ._live import live_mutant, read_as, tasks_shown, worded

_query = partial(live_mutant, "LV-QUERY")
_stop = partial(live_mutant, "LV-STOP")
_delete = partial(live_mutant, "LV-DELETE")
_life = partial(live_mutant, "LV-LIFE")


# QueryRtcAsrTasks

_query(
    "tasks_are_a_list",
    "Tasks is a list",
    lambda: answers("QueryRtcAsrTasks", with_value(lambda tasks: [*tasks.values()], "Tasks")),
    1,
)
_query(
    "query_without_description",
    "a Query has no Description",
    lambda: answers("QueryRtcAsrTasks", without("Description")),
    2,
)


def _shown(choose: Any) -> Any:
    """A Query that shows tasks chosen by ``choose`` of the right ones, all, and the TaskId."""
    right = LiveBook.shown

    def shown(self: LiveBook, task_id: str | None) -> Any:
        every = {id: right(self, id)[id] for id in self._captionings}
        return choose(right(self, task_id), every, task_id)

    return patched(LiveBook, "shown", shown)


_query(
    "newest_task_alone",
    "a Query without TaskId shows the newest task alone",
    lambda: _shown(lambda right, _, id: right if id else dict([*right.items()][-1:])),
    3,
)
_query(
    "task_id_is_ignored",
    "a Query shows all tasks whatever TaskId it has",
    lambda: _shown(lambda right, every, id: every),
    4,
    10,
)
_query(
    "callback_url_is_cut",
    "a Query shows callbackUrl without its query",
    lambda: tasks_shown(lambda task: task.update(callbackUrl=task["callbackUrl"].split("?")[0])),
    18,
)
_query(
    "moments_in_utc",
    "createdAt is in UTC",
    lambda: tasks_shown(lambda task: task.update(createdAt=task["createdAt"][:19] + "Z")),
    6,
)
_query(
    "status_is_text",
    "status is text",
    lambda: tasks_shown(lambda task: task.update(status=str(task["status"]))),
    7,
)
_query(
    "numbers_are_numbers",
    "reportInterval and autoTerminateDelay are numbers",
    lambda: tasks_shown(
        lambda task: task.update(
            reportInterval=int(task["reportInterval"]),
            autoTerminateDelay=int(task["autoTerminateDelay"]),
        )
    ),
    8,
)
_query(
    "account_is_a_number",
    "aliUid is a number",
    lambda: tasks_shown(lambda task: task.update(aliUid=int(task["aliUid"]))),
    9,
)
_query(
    "auth_key_is_shown",
    "a Query shows the AuthKey",
    lambda: tasks_shown(lambda task: task.update(tag="conformance-of-callbacks")),
    12,
)

# StopRtcAsrTask and DeleteRtcAsrTask


def _ends_all(method: str) -> Any:
    right, stop_one = getattr(LiveBook, method), LiveBook.stop

    def ends(self: LiveBook, task_id: str) -> None:
        for other in list(self._captionings):
            stop_one(self, other)
        right(self, task_id)

    return patched(LiveBook, method, ends)


def _keeps_wrong(operation: str) -> Any:
    """An operation that succeeds about a task that is not known."""
    right = getattr(LiveService, operation)

    async def forgiving(self: LiveService, scope: Any, parameters: Body) -> Body:
        if parameters.get("TaskId", "") not in scope.live:
            return {}
        answer: Body = await right(self, scope, parameters)
        return answer

    return patched(LiveService, operation, forgiving)


_NOT_FOUND: Final = worded(lambda message: "Task not found.")

_stop(
    "stop_without_description",
    "Stop has no Description",
    lambda: answers("StopRtcAsrTask", without("Description")),
    1,
)
_stop("stop_ends_all", "Stop ends all tasks", lambda: _ends_all("stop"), 2)
_stop(
    "stop_of_nobody_succeeds",
    "Stop of a task that there is not succeeds",
    lambda: _keeps_wrong("_stop"),
    3,
    4,
)
_stop(
    "stop_words",
    "ConfigNotFound of Stop has words of its own",
    lambda: answers("StopRtcAsrTask", _NOT_FOUND),
    4,
)
_delete(
    "delete_without_description",
    "Delete has no Description",
    lambda: answers("DeleteRtcAsrTask", without("Description")),
    1,
)
_delete("delete_ends_all", "Delete ends all tasks", lambda: _ends_all("delete"), 2)
_delete(
    "delete_of_nobody_succeeds",
    "Delete of a task that there is not succeeds",
    lambda: _keeps_wrong("_delete"),
    3,
    4,
)
_delete(
    "delete_words",
    "ConfigNotFound of Delete has words of its own",
    lambda: answers("DeleteRtcAsrTask", _NOT_FOUND),
    4,
)
_delete(
    "delete_does_nothing",
    "Delete leaves the task as it is",
    lambda: patched(LiveBook, "delete", lambda self, task_id: None),
    6,
    also=["LV-QUERY-011", "LV-LIFE-009"],
)

# Their life


def _counted_from_creation() -> Any:
    listen = Captioning.listen_to

    def listen_to(self: Captioning, source: Any) -> None:
        listen(self, source)
        delay = self.request.auto_terminate

        def give_up() -> None:
            self.interrupted("the time is over")
            self._give_up()

        if delay is not None:
            self._scope.clock.call_later(delay * 1000, give_up)

    return patched(Captioning, "listen_to", listen_to)


_life(
    "delay_counts_from_creation",
    "AutoTerminateDelay counts from the creation",
    _counted_from_creation,
    1,
)
_life(
    "always_terminates",
    "AutoTerminateEnabled is always on",
    lambda: read_as(lambda sent: sent.update(AutoTerminateEnabled=True)),
    2,
    3,
)
_life(
    "delay_enables",
    "an AutoTerminateDelay alone ends a task",
    lambda: read_as(lambda sent: sent.update(AutoTerminateEnabled="AutoTerminateDelay" in sent)),
    3,
)
_life(
    "delay_is_ten",
    "AutoTerminateDelay is always 10 s",
    lambda: read_as(lambda sent: sent.pop("AutoTerminateDelay", None)),
    4,
)
_life(
    "no_delay",
    "a task ends with its stream",
    lambda: patched(
        Captioning,
        "_wait_for_stream",
        lambda self, ms: self._scope.clock.call_later(1, self._give_up),
    ),
    5,
    6,
)
_life(
    "stop_does_nothing",
    "Stop succeeds and leaves the task as it is",
    lambda: patched(LiveBook, "stop", lambda self, task_id: None),
    8,
    also=["LV-QUERY-010"],
)
