"""CreateRtcAsrTask, StopRtcAsrTask, DeleteRtcAsrTask and QueryRtcAsrTasks (live-rtc-asr 1)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mock_tingwu.services.api_answers import Json
from mock_tingwu.services.api_errors import failure
from mock_tingwu.services.live.gateway import LiveGateway
from mock_tingwu.services.live.request import caption_request, check
from mock_tingwu.services.realm import Realm
from mock_tingwu.services.tingwu import ANY_METHOD
from mock_tingwu.services.world import World


class LiveService:
    """The operations on one world."""

    def __init__(self, world: World) -> None:
        self._gateway = LiveGateway(
            world,
            {
                "CreateRtcAsrTask": self._create,
                "StopRtcAsrTask": self._stop,
                "DeleteRtcAsrTask": self._delete,
                "QueryRtcAsrTasks": self._query,
            },
        )

    def routes(self) -> list[Route]:
        """The one path of an RPC API."""
        return [Route("/", self.unknown, methods=ANY_METHOD)]

    async def unknown(self, request: Request) -> Response:
        """Any request: its parameters say what it asks for, if anything."""
        return await self._gateway.answer(request)

    def server_error(self, request: Request) -> Response:
        """A defect of the mock."""
        return self._gateway.server_error(request)

    # Operations: (scope, parameters) -> the fields behind RetCode

    async def _create(self, scope: Realm, parameters: Json) -> Json:
        task = scope.live.create(caption_request(parameters))
        return {"TaskId": task.id}

    async def _stop(self, scope: Realm, parameters: Json) -> Json:
        scope.live.stop(self._known(scope, parameters))
        return {}

    async def _delete(self, scope: Realm, parameters: Json) -> Json:
        scope.live.delete(self._known(scope, parameters))
        return {}

    async def _query(self, scope: Realm, parameters: Json) -> Json:
        check("query-request", parameters)
        return {"Tasks": scope.live.shown(parameters.get("TaskId"))}

    def _known(self, scope: Realm, parameters: Json) -> str:
        """The TaskId of a task that there is."""
        check("task-request", parameters)
        task_id: str = parameters["TaskId"]
        if task_id not in scope.live:
            raise failure("ConfigNotFound")
        return task_id
