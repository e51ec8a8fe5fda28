"""Tingwu OpenAPI 2023-09-30: its paths, CreateTask and GetTaskInfo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mock_tingwu.core.options import Options
from mock_tingwu.core.scope import Order, Task
from mock_tingwu.core.shown import shown
from mock_tingwu.core.tasks import INVALID, TaskEvent
from mock_tingwu.services import phrases, realtime
from mock_tingwu.services.address import Address
from mock_tingwu.services.any_path import ANY
from mock_tingwu.services.api_answers import Json
from mock_tingwu.services.api_errors import failure, invalid, missing
from mock_tingwu.services.api_request import ApiRequest
from mock_tingwu.services.gatekeeper import check_app_key
from mock_tingwu.services.gateway import Gateway, Operation
from mock_tingwu.services.near_miss import absent
from mock_tingwu.services.realm import Realm
from mock_tingwu.services.task_data import task_data
from mock_tingwu.services.tingwu_request import (
    OUTPUT_BUCKET,
    check,
    offline_request,
    read_body,
    realtime_request,
    rerun_request,
)
from mock_tingwu.services.world import World

SERVICE: Final = "tingwu"
TASKS = "/openapi/tingwu/v2/tasks"
#: The gateway routes by method and path together: a wrong method is an unknown API.
ANY_METHOD = ("GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS")


#: The API's name and the operation by the method of HTTP.
_Methods = Mapping[str, tuple[str, Operation]]


class TingwuService:
    """The operations on one world. Answers are exact: key order, null omission, wording."""

    def __init__(self, world: World) -> None:
        self._gateway = Gateway(world, SERVICE, read=read_body)
        #: What the methods of a path stand for; and of the paths one step below, the name of which
        #: is a parameter.
        self._on_all: dict[str, _Methods] = {
            TASKS: {"PUT": ("CreateTask", self._put_task)},
            phrases.PHRASES: phrases.ON_ALL,
        }
        self._on_one: dict[str, tuple[str, _Methods]] = {
            TASKS: ("task_id", {"GET": ("GetTaskInfo", self._get_task)}),
            phrases.PHRASES: ("phrase_id", phrases.ON_ONE),
        }

    def routes(self) -> list[Route]:
        """Everything below the API's path. Like the gateway, it matches method and path."""
        return [
            *(self._route(path, methods) for path, methods in self._on_all.items()),
            *(
                self._route(f"{path}/{{{name}}}", methods)
                for path, (name, methods) in self._on_one.items()
            ),
            Route(f"/openapi/{{rest:{ANY}}}", self.unknown, methods=ANY_METHOD),
        ]

    def _route(self, path: str, operations: _Methods) -> Route:
        async def serve(request: Request) -> Response:
            if request.method not in operations:
                return await self._gateway.unknown(request)
            api, operation = operations[request.method]
            return await self._gateway.answer(request, operation, api)

        return Route(path, serve, methods=ANY_METHOD)

    def at_once(self, request: ApiRequest, raw: bytes) -> Response | None:
        """The answer to a call whose body is ``raw``; None, and nothing done, if it is none.

        It is what the routes lead to, without a router and without an event loop.

        Raises:
            HungUp: the connection is to be closed instead.
        """
        path: str = request.scope["path"]
        methods = self._on_all.get(path)
        if methods is None:
            above, _, last = path.rpartition("/")
            if not last or above not in self._on_one:
                return None
            name, methods = self._on_one[above]
            request.scope["path_params"] = {name: last}
        found = methods.get(request.method)
        if found is None:
            return None
        api, operation = found
        return self._gateway.answer_to(request, operation, api, raw)

    async def unknown(self, request: Request) -> Response:
        """Any other path."""
        return await self._gateway.unknown(request)

    def server_error(self, request: Request) -> Response:
        """A defect of the mock: the client gets the cloud's error, the log the traceback."""
        return self._gateway.server_error(request)

    def malformed(self, start: str, why: str, code: str) -> Response:
        """What is no HTTP, on any service's path."""
        return self._gateway.malformed(start, why, code)

    # Operations: (request, scope, body) -> Data

    def _put_task(self, request: ApiRequest, scope: Realm, body: Json) -> Json:
        body, query = request.state.body, request.query
        kind = query.get("type")
        expected = "type=realtime or type=offline"
        if not kind:
            error = missing("type")
            error.detail = absent("type", expected, query, body)
            raise error
        if kind not in ("realtime", "offline"):
            error = invalid("type")
            error.detail = f"type is {shown(kind)}, expected {expected}"
            raise error
        operation = query.get("operation") or "start"
        if operation == "stop" and kind == "realtime":
            return self._stop(request, scope, body)
        if operation != "start":
            raise invalid("operation")
        if kind == "realtime":
            return self._create_realtime(request, scope, body)
        source = body.get("Input")
        if isinstance(source, dict) and source.get("TaskId"):
            return self._rerun(request, scope, body)
        return self._create_offline(request, scope, body)

    def _create_realtime(self, request: ApiRequest, scope: Realm, body: Json) -> Json:
        address = Address.of(request)
        asked = realtime_request(body, address.http)
        self._check(request, scope, asked.order)
        if 0 < scope.settings.max_streams <= scope.streams:
            raise failure("BRK.OverdueService")
        task = scope.create_realtime(
            _with_words(scope, asked.order),
            audio_format=asked.format,
            sample_rate=asked.sample_rate,
        )
        request.state.task_id = task.id
        join_url = f"{address.websocket}{realtime.PATH}?mc={task.join_token}"
        return _created(task) | {"MeetingJoinUrl": join_url}

    def _create_offline(self, request: ApiRequest, scope: Realm, body: Json) -> Json:
        asked = offline_request(body, Address.of(request).http)
        self._check(request, scope, asked.order)
        order = _with_words(scope, asked.order)
        task = scope.create_offline(order, file_url=asked.file_url, channel_mode=asked.channel_mode)
        request.state.task_id = task.id
        return _created(task)

    def _check(self, request: ApiRequest, scope: Realm, order: Order) -> None:
        """Refuse an AppKey or a bucket that is not the caller's."""
        check_app_key(scope.settings, order.app_key, request.state.access_key)
        allowed = scope.settings.oss_buckets
        if order.output and allowed and order.output[0] not in (*allowed, OUTPUT_BUCKET):
            error = failure("BRK.InvalidOssBucket")
            error.detail = f"{order.output[0]} is not one of oss_buckets {', '.join(allowed)}"
            raise error

    def _rerun(self, request: ApiRequest, scope: Realm, body: Json) -> Json:
        task_id = body["Input"]["TaskId"]
        task = scope.find(task_id, SERVICE)
        if "AppKey" in body:
            check("offline", body)
            check_app_key(scope.settings, body["AppKey"], request.state.access_key)
        if task is None or not task.can(TaskEvent.RERUN):
            error = invalid("Input.TaskId")
            error.detail = (
                "no such task: there is nothing to run again"
                if task is None
                else f"the task is {task.status.wire}: only a COMPLETED one can be run again"
            )
            raise error
        # Slides are made of a video; a stream or a sound has none.
        options = rerun_request(body, offline=bool(task.meeting.slides))
        if "ProgressiveCallbacksEnabled" in body["Input"]:
            callbacks = body["Input"]["ProgressiveCallbacksEnabled"]
            task.order = replace(task.order, callbacks=callbacks)
        scope.rerun(task, options)
        return _created(task)

    def _stop(self, request: ApiRequest, scope: Realm, body: Json) -> Json:
        if isinstance(body.get("Input"), dict) and "TaskId" in body["Input"]:
            check("stop", body)
            task_id = body["Input"]["TaskId"]
        elif isinstance(body.get("TaskId"), str):
            task_id = body["TaskId"]  # one client sends it here (tingwu-openapi 2.3)
        else:
            raise missing("Input.TaskId")
        task = scope.find(task_id, SERVICE)
        if task is None:
            return {"TaskId": task_id, "TaskStatus": INVALID.wire}
        scope.watch.stopping(task, request.state.entry)
        scope.stop(task)
        return {"TaskId": task.id, "TaskStatus": task.status.wire}

    def _get_task(self, request: ApiRequest, scope: Realm, body: Json) -> Json:
        task_id = request.path_params["task_id"]
        task = scope.find(task_id, SERVICE)
        if task is None:
            return {"TaskId": task_id, "TaskStatus": INVALID.wire}
        return task_data(scope, task, Address.of(request).http)


def _without_none(data: Json) -> Json:
    return {key: value for key, value in data.items() if value is not None}


def _created(task: Task) -> Json:
    return _without_none({"TaskId": task.id, "TaskKey": task.key, "TaskStatus": task.status.wire})


def _with_words(scope: Realm, order: Order) -> Order:
    words = hot_words(scope, order.options)
    return replace(order, words=words) if words else order


def hot_words(scope: Realm, options: Options) -> tuple[str, ...]:
    """The words of the task's phrase list and of those given in place, heaviest first.

    Raises:
        ApiFailure: there is no such list.
    """
    weighted = list(options.phrases)
    if options.phrase_id:
        phrases = scope.phrase_list(options.phrase_id)
        if phrases is None:
            raise invalid("Parameters.Transcription.PhraseId")
        weighted += phrases.words.items()
    weighted.sort(key=lambda pair: -pair[1])
    return tuple(dict.fromkeys(word for word, weight in weighted if weight > 0))
