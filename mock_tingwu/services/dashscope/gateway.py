"""The platform in front of the agents: reads a call, sees who makes it, writes the answer."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Final
from weakref import WeakKeyDictionary

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mock_tingwu.core.faults import OPERATIONS, ApiFault, Subject, ThrottleFault
from mock_tingwu.core.scope import Scope
from mock_tingwu.core.throttle import Throttle
from mock_tingwu.counting import counted
from mock_tingwu.services import bodies, causes
from mock_tingwu.services.dashscope.agents import Json
from mock_tingwu.services.dashscope.errors import AgentFailure, failure, stumble, throttled
from mock_tingwu.services.dashscope.keys import bearer, key_ring, scope_of_call
from mock_tingwu.services.dashscope.request import read, texts_of
from mock_tingwu.services.realm import Realm
from mock_tingwu.services.travelling import foresee, travel
from mock_tingwu.services.world import World

SERVICE: Final = "dashscope"
#: What a call does: ``(request, scope, body) -> the answer without request_id``.
Operation = Callable[[Request, Realm, Json], Json | Awaitable[Json]]

_encode = msgspec.json.Encoder().encode
#: The calls whose number is bounded, as the setting ``throttle`` knows them.
_LIMITED: Final = {"createTask": "CreateTask", "getTask": "GetTaskInfo"}


class Gateway:
    """Answers are exact: key order, wording, headers."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._keys = key_ring(world)
        # A reset makes a new scope; what was counted goes with the old one.
        self._throttles: WeakKeyDictionary[Scope, Throttle] = WeakKeyDictionary()

    async def answer(
        self, request: Request, operation: Operation, name: str | None = None
    ) -> Response:
        """Answer with what ``operation`` does. Without a ``name`` the body says which call it is;
        with an empty one it is none, and no fault and no limit touches it.
        """
        return await travel(request, self._answer(request, operation, name))

    async def _answer(self, request: Request, operation: Operation, name: str | None) -> Response:
        raw = b""
        given: object = None
        problem: AgentFailure | None = None
        try:
            raw = await bodies.read(request, self._world.settings.max_body_bytes)
            given = bodies.parse(raw)
        except bodies.TooLong:
            problem = failure("BadRequest.TooLarge")
        except bodies.BrokenOff:
            problem = failure("InvalidParameter", "the client went away in the midst of its call")
        except bodies.NotJson as error:
            problem = failure("InvalidParameter", str(error))
        body = read(given) if isinstance(given, dict) else {}
        if problem is None and not isinstance(given, dict | None):
            problem = failure("InvalidParameter", "the body is no object")
        if name is None:
            name = _text(_inside(body, "task")) or ""
        request.state.task_id = _text(_inside(body, "dataId"))
        request.state.operation = name if name in OPERATIONS else None
        key = bearer(request.headers.get("authorization"))
        scope = scope_of_call(
            self._world, _text(_inside(body, "appId")), key, request.state.task_id
        )
        request_id = scope.ids.lower_request_id()
        wrong_key = self._keys.problem(key)
        request.state.scope = scope
        causes.begin(request_id=request_id)
        entry = scope.journal.record(
            "request",
            SERVICE,
            request.state.task_id,
            request_id=request_id,
            method=request.method,
            target=_target(request),
            operation=request.state.operation,
            body=raw if isinstance(given, dict) else raw.decode("utf-8", "replace"),
            signature=wrong_key or "ok",
        )
        call = scope.watch.call(SERVICE, name, key or "", entry)
        request.state.entry, named = entry, request.state.task_id
        outcome: Json | AgentFailure
        try:
            if not self._keys.admits(wrong_key):
                scope.watch.key(str(wrong_key), entry)
                raise failure("InvalidApiKey", f"the API key is {wrong_key}")
            call.serve()
            if problem is not None:
                raise problem
            if request.headers.get("x-dashscope-async", "").lower() == "enable":
                message = "current user api does not support asynchronous calls"
                raise failure("AccessDenied", message=message)
            if name:
                call.count()
                self._limit(scope, key or "", name)
                if scope.manners is not None:
                    stumble(scope.manners, key, name, _target(request), raw)
                self._trip(request, scope, body, name)
                call.serve()
            result = operation(request, scope, body)
            outcome = await result if inspect.isawaitable(result) else result
            if request.state.task_id != named and request.state.task_id in scope.tasks:
                # createTask has made it only now
                scope.journal.assign(entry, request.state.task_id)
                call.created(request.state.task_id)
            if isinstance(given, dict):
                call.answered(outcome, given, body)
        except AgentFailure as error:
            outcome = error
            if error.detail:
                scope.journal.record(
                    "note",
                    SERVICE,
                    request.state.task_id,
                    request_id=request_id,
                    text=error.detail,
                )
            call.refused(error)
        return self._respond(request, scope, request_id, outcome)

    def server_error(self, request: Request) -> Response:
        """The answer to a call that met a defect of the mock."""
        scope = getattr(request.state, "scope", None) or self._world.default
        return self._respond(request, scope, scope.ids.lower_request_id(), failure("InternalError"))

    def _limit(self, scope: Realm, caller: str, name: str) -> None:
        limit = scope.limits.of(_LIMITED.get(name, ""))
        throttle = self._throttles.setdefault(scope, Throttle())
        wait = throttle.admit(caller, name, limit, scope.clock.now())
        if wait:
            raise throttled(wait, f"more than {counted(limit, 'call')} of {name} within a second")

    def _trip(self, request: Request, scope: Scope, body: Json, name: str) -> None:
        """Let a call go wrong if that was asked for."""
        task_id = request.state.task_id
        task = scope.find(task_id, SERVICE)
        app_id = _text(_inside(body, "appId")) or (task.app_key if task else None)
        subject = Subject(SERVICE, name, None, app_id, task_id, texts_of(body))
        foresee(request, scope.faults, subject)
        fault = scope.faults.call_fault(subject)
        if isinstance(fault, ApiFault):
            raise failure(fault.code, message=fault.message)
        if isinstance(fault, ThrottleFault):
            raise throttled(fault.retry_after)

    def _respond(
        self, request: Request, scope: Scope, request_id: str, outcome: Json | AgentFailure
    ) -> Response:
        headers = {"Content-Type": "application/json", "X-Request-Id": request_id}
        if isinstance(outcome, AgentFailure):
            status = outcome.http_status
            answer: Json = {
                "code": outcome.code,
                "message": outcome.message,
                "request_id": request_id,
            }
            if outcome.retry_after:
                headers["retry-after-ms"] = str(outcome.retry_after)
        else:
            status = 200
            # A token is answered as it is.
            answer = outcome if "token" in outcome else {**outcome, "request_id": request_id}
        content = _encode(answer)
        if scope.manners is not None:
            content = scope.manners.json(content, SERVICE, request_id)
        scope.journal.record(
            "response",
            SERVICE,
            getattr(request.state, "task_id", None),
            request_id=request_id,
            method=request.method,
            target=_target(request),
            operation=getattr(request.state, "operation", None),
            status=status,
            body=content,
        )
        return Response(content, status, headers)


def _target(request: Request) -> str:
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


def _inside(body: Json, name: str) -> Any:
    given = body.get("input")
    return given.get(name) if isinstance(given, dict) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
