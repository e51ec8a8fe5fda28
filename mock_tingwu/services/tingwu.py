"""Tingwu OpenAPI 2023-09-30: CreateTask and GetTaskInfo for realtime tasks."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mock_tingwu.core.scope import Scope
from mock_tingwu.core.tasks import INVALID
from mock_tingwu.services import realtime, storage
from mock_tingwu.services.address import Address
from mock_tingwu.services.api_errors import invalid, missing
from mock_tingwu.services.gateway import Gateway, Json
from mock_tingwu.services.tingwu_request import check, read_body, realtime_request
from mock_tingwu.services.world import World

SERVICE = "tingwu"
TASKS = "/openapi/tingwu/v2/tasks"
#: The gateway routes by method and path together: a wrong method is an unknown API.
ANY_METHOD = ("GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS")


class TingwuService:
    """The operations on one world. Answers are exact: key order, null omission, wording."""

    def __init__(self, world: World) -> None:
        self._gateway = Gateway(world, SERVICE)

    def routes(self) -> list[Route]:
        """Everything below the API's path. Like the gateway, it matches method and path."""
        return [
            Route(TASKS, self._tasks, methods=ANY_METHOD),
            Route(TASKS + "/{task_id}", self._task_info, methods=ANY_METHOD),
            Route("/openapi/{rest:path}", self.unknown, methods=ANY_METHOD),
        ]

    async def _tasks(self, request: Request) -> Response:
        if request.method != "PUT":
            return await self._gateway.unknown(request)
        return await self._gateway.answer(request, self._put_task)

    async def _task_info(self, request: Request) -> Response:
        if request.method != "GET":
            return await self._gateway.unknown(request)
        return await self._gateway.answer(request, self._get_task)

    async def unknown(self, request: Request) -> Response:
        """Any other path."""
        return await self._gateway.unknown(request)

    async def not_found(self, request: Request, exc: Exception) -> Response:
        """What no route takes, on any service's path."""
        return await self._gateway.unknown(request)

    async def server_error(self, request: Request, exc: Exception) -> Response:
        """A defect of the mock: the client gets the cloud's error, the log the traceback."""
        return self._gateway.server_error(request)

    # Operations: (request, scope, body) -> Data

    def _put_task(self, request: Request, scope: Scope, body: Json) -> Json:
        body = read_body(body)
        kind = request.query_params.get("type")
        if not kind:
            raise missing("type")
        if kind != "realtime":
            raise invalid("type")
        operation = request.query_params.get("operation") or "start"
        if operation == "start":
            return self._create(request, scope, body)
        if operation == "stop":
            return self._stop(scope, body)
        raise invalid("operation")

    def _create(self, request: Request, scope: Scope, body: Json) -> Json:
        asked = realtime_request(body)
        task = scope.create_task(
            options=asked.options,
            language=asked.language,
            audio_format=asked.format,
            sample_rate=asked.sample_rate,
            app_key=asked.app_key,
            key=asked.task_key,
            language_hints=asked.language_hints,
        )
        request.state.task_id = task.id
        address = Address.of(request)
        return _without_none(
            {
                "TaskId": task.id,
                "TaskKey": task.key,
                "TaskStatus": task.status.wire,
                "MeetingJoinUrl": f"{address.websocket}{realtime.PATH}?mc={task.join_token}",
            }
        )

    def _stop(self, scope: Scope, body: Json) -> Json:
        if isinstance(body.get("Input"), dict) and "TaskId" in body["Input"]:
            check("stop", body)
            task_id = body["Input"]["TaskId"]
        elif isinstance(body.get("TaskId"), str):
            task_id = body["TaskId"]  # one client sends it here (tingwu-openapi 2.3)
        else:
            raise missing("Input.TaskId")
        task = scope.tasks.get(task_id)
        if task is None:
            return {"TaskId": task_id, "TaskStatus": INVALID.wire}
        scope.stop(task)
        return {"TaskId": task.id, "TaskStatus": task.status.wire}

    def _get_task(self, request: Request, scope: Scope, body: Json) -> Json:
        task_id = request.path_params["task_id"]
        task = scope.tasks.get(task_id)
        if task is None:
            return {"TaskId": task_id, "TaskStatus": INVALID.wire}
        link = storage.Linker(scope, Address.of(request).http)
        results = {kind: link.result(task, kind) for kind in task.results}
        return _without_none(
            {
                "TaskId": task.id,
                "TaskKey": task.key,
                "TaskStatus": task.status.wire,
                "OutputMp3Path": link.file(task, "mp3"),
                "OutputSpectrumPath": link.file(task, "spectrum"),
                "ErrorCode": task.error_code,
                "ErrorMessage": task.error_message,
                "Result": results or None,
            }
        )


def _without_none(data: Json) -> Json:
    return {key: value for key, value in data.items() if value is not None}
