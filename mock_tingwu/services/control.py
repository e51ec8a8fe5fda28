"""The control API below ``/_mock``: look into the mock and drive it. JSON in, JSON out."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.routing import Route

from mock_tingwu import __version__
from mock_tingwu.core.clock import VirtualClock
from mock_tingwu.core.errors import TASK_ERRORS
from mock_tingwu.core.lifecycle import InvalidTransition
from mock_tingwu.core.scope import Scope, Task
from mock_tingwu.services.json_api import ControlError, json_body, json_endpoint, raw_body, realm_of
from mock_tingwu.services.world import World

#: The name that stands for every scope in a reset.
EVERY: Final = "*"


class ControlService:
    """The calls on one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        return [
            Route("/_mock/health", json_endpoint(self.health)),
            Route("/_mock/reset", json_endpoint(self.reset), methods=["POST"]),
            Route("/_mock/clock", json_endpoint(self.clock), methods=["GET", "POST"]),
            Route("/_mock/tasks", json_endpoint(self.tasks)),
            Route("/_mock/tasks/{task_id}", json_endpoint(self.task)),
            Route(
                "/_mock/tasks/{task_id}/transition",
                json_endpoint(self.transition),
                methods=["POST"],
            ),
        ]

    async def health(self, request: Request) -> Any:
        return {"status": "ok", "version": __version__}

    async def reset(self, request: Request) -> Any:
        if await raw_body(request) not in (b"", b"{}"):
            raise ControlError("the body is not empty, but a reset takes nothing but ?scope=")
        if request.query_params.get("scope") == EVERY:
            self._world.reset_all()
        else:
            self._world.reset(realm_of(self._world, request).name)
        return {"status": "ok"}

    async def clock(self, request: Request) -> Any:
        """Read the clock, or move it on by ``advance_ms``."""
        realm = realm_of(self._world, request)
        clock = realm.clock
        if request.method == "POST":
            body = await json_body(request)
            unknown = set(body) - {"mode", "advance_ms"}
            if unknown:
                raise ControlError(f"{min(unknown)} is unknown; expected mode or advance_ms")
            present = "virtual" if isinstance(clock, VirtualClock) else "system"
            mode, amount = body.get("mode", present), body.get("advance_ms", 0)
            # Check everything first: a call that is refused has no effect.
            if mode not in ("system", "virtual"):
                raise ControlError(f"mode is {mode!r}, expected system or virtual")
            try:
                VirtualClock(clock.now()).check(amount)
            except ValueError as error:
                raise ControlError(str(error)) from None
            if "advance_ms" in body and mode != "virtual":
                raise ControlError(
                    "the clock is the system's and cannot be advanced; "
                    "start with --clock virtual or post mode virtual first"
                )
            if mode != present:
                realm = self._world.reset(realm.name, clock=mode)
                clock = realm.clock
            if isinstance(clock, VirtualClock):
                await realm.advance(amount)
        return {
            "mode": "virtual" if isinstance(clock, VirtualClock) else "system",
            "now_ms": clock.now(),
        }

    async def tasks(self, request: Request) -> Any:
        scope = realm_of(self._world, request)
        return {"tasks": [_summary(scope, task) for task in scope.tasks.values()]}

    async def task(self, request: Request) -> Any:
        scope, task = self._find(request)
        return _summary(scope, task) | {
            "sentences": [
                {
                    "begin": sentence.begin,
                    "end": sentence.end,
                    "speaker": sentence.speaker,
                    "text": sentence.text,
                }
                for sentence in task.meeting.sentences
            ],
            "history": task.history.shown(),
        }

    async def transition(self, request: Request) -> Any:
        """Force a task to FAILED with an error_code of the table, or one of the caller's own."""
        scope, task = self._find(request)
        body = await json_body(request)
        unknown = set(body) - {"to", "error_code", "error_message"}
        if unknown:
            raise ControlError(f"{min(unknown)} is unknown; expected to, error_code, error_message")
        if body.get("to") != "FAILED":
            raise ControlError(f"to is {body.get('to')!r}, expected FAILED")
        code, message = body.get("error_code"), body.get("error_message")
        if not isinstance(code, str) or not code:
            raise ControlError(f"error_code is {code!r}, expected a code such as TSC.AudioFormat")
        if message is None:
            message = TASK_ERRORS[code].message if code in TASK_ERRORS else code
        if not isinstance(message, str):
            raise ControlError(f"error_message is {message!r}, expected a text")
        try:
            scope.fail(task, code, message, "the control API said so")
        except InvalidTransition:
            raise ControlError(
                f"to is 'FAILED', but the task is {task.status.wire} and ended already", 409
            ) from None
        return _summary(scope, task)

    def _find(self, request: Request) -> tuple[Scope, Task]:
        """The task of the path: of the scope that is named, or else of any."""
        task_id = request.path_params["task_id"]
        found = self._world.find_task(task_id)
        if "scope" in request.query_params and found is not None:
            found = found if found[0] is realm_of(self._world, request) else None
        if found is None:
            raise ControlError(f"task_id is {task_id!r}, expected one of /_mock/tasks", 404)
        return found


def _type(task: Task) -> str:
    if task.order.service == "live":
        return "live"
    return "offline" if task.offline else "realtime"


def _summary(scope: Scope, task: Task) -> dict[str, Any]:
    return {
        "task_id": task.id,
        "task_key": task.key and scope.journal.masked(task.key),
        "app_key": task.app_key,
        "type": _type(task),
        "status": task.status.wire,
        "state": task.status.name,
        "created": task.created,
        "language": task.language,
        "file_url": task.file_url and scope.journal.masked(task.file_url),
        "format": task.format or None,
        "sample_rate": task.meeting.file.sample_rate if task.meeting.file else task.sample_rate,
        "audio_ms": task.stream.position,
        "sentence_count": len(task.meeting.sentences),
        "results": list(task.results),
        "connections": len(task.pushers),
    }
