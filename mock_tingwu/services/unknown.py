"""What leads nowhere: calls below ``/_mock`` that there are not or may not be, other WebSockets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mock_tingwu.core.scope import Scope
from mock_tingwu.services.any_path import ANY
from mock_tingwu.services.connection import Rejection
from mock_tingwu.services.near_miss import WEBSOCKET, Call, nearest, with_path
from mock_tingwu.services.tingwu import ANY_METHOD
from mock_tingwu.services.world import World

#: Below it is the control API.
PREFIX: Final = "/_mock"


def control_calls(routes: Iterable[Route]) -> list[Call]:
    """The calls of the control API."""
    return [
        Call(method, route.path.replace(f":{ANY}}}", "}"))
        for route in routes
        for method in sorted((route.methods or set()) - {"HEAD"})
    ]


class Unknown:
    """Answers what nothing matched, and notes what it comes nearest to.

    ``routes`` are those of the control API.
    """

    def __init__(self, world: World, routes: Iterable[Route]) -> None:
        self._world = world
        self._calls = control_calls(routes)

    def routes(self) -> list[Route]:
        """Everything below the control API's path; to stand behind its routes."""
        paths = (PREFIX, f"{PREFIX}/{{rest:{ANY}}}")
        return [Route(path, self.control, methods=ANY_METHOD) for path in paths]

    @property
    def _scope(self) -> Scope:
        return self._world.default

    async def control(self, request: Request) -> Response:
        """404 for a path below /_mock that there is not, 405 for a method that it has not."""
        method, path = request.method, request.url.path
        text = nearest(method, path, self._calls)
        allowed = [call.method for call in with_path(path, self._calls)]
        self._scope.journal.record("note", "control", text=text)
        headers = {"Content-Type": "application/json"}
        if allowed:
            headers["Allow"] = ", ".join(allowed)
        content = msgspec.json.encode({"error": text})
        return Response(content, 405 if allowed else 404, headers)

    def refusal(self, problem: str) -> Response:
        """403 for a call below /_mock from elsewhere."""
        self._scope.journal.record("note", "control", text=f"refused: {problem}")
        content = msgspec.json.encode({"error": problem})
        return Response(content, 403, {"Content-Type": "application/json"})

    def websocket(self, target: str) -> Rejection:
        """The answer to a handshake with a path that no WebSocket has."""
        journal, request_id = self._scope.journal, self._scope.ids.request_id()
        about: dict[str, Any] = {"request_id": request_id, "method": "GET", "target": target}
        rejection = Rejection(404, "Not Found")
        journal.record("request", "realtime", **about)
        text = nearest(WEBSOCKET, target)
        journal.record("note", "realtime", request_id=request_id, text=text)
        journal.record(
            "response", "realtime", **about, status=rejection.status, body=rejection.body
        )
        return rejection
