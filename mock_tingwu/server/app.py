"""All services of one world behind one port."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, cast

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_tingwu.services import realtime
from mock_tingwu.services.any_path import ANY
from mock_tingwu.services.api_request import ApiRequest
from mock_tingwu.services.callbacks import CallbackControl
from mock_tingwu.services.connection import Endpoint, Rejection
from mock_tingwu.services.control import ControlService
from mock_tingwu.services.coverage_api import CoverageControl
from mock_tingwu.services.cross_site import CrossSite
from mock_tingwu.services.dashscope.control import AppControl
from mock_tingwu.services.dashscope.service import INFERENCE, DashScopeService
from mock_tingwu.services.elsewhere import HAND_OVER, Elsewhere
from mock_tingwu.services.faults import FaultControl
from mock_tingwu.services.hosting import HostingService
from mock_tingwu.services.journal_api import JournalControl
from mock_tingwu.services.live.service import LiveService
from mock_tingwu.services.metrics import MetricsControl
from mock_tingwu.services.readiness import ReadinessControl
from mock_tingwu.services.scenarios import ScenarioControl
from mock_tingwu.services.scopes import ScopeControl
from mock_tingwu.services.scripts import ScriptControl
from mock_tingwu.services.sessions import SessionControl
from mock_tingwu.services.storage import StorageService
from mock_tingwu.services.tingwu import ANY_METHOD, TingwuService
from mock_tingwu.services.travelling import HungUp, arrive, arrives_as_it_is
from mock_tingwu.services.unknown import PREFIX, Unknown
from mock_tingwu.services.violations import ViolationControl
from mock_tingwu.services.waiting import WaitControl
from mock_tingwu.services.world import World

log = logging.getLogger("mock_tingwu")


class Application:
    """The ASGI application, and the router of WebSocket handshakes."""

    def __init__(self, world: World) -> None:
        self.world = world
        tingwu = self._tingwu = TingwuService(world)
        #: Answers what cannot be read as HTTP: ``(first line, what is wrong, code)``.
        self.malformed = self._committed(tingwu.malformed)
        dashscope = DashScopeService(world)
        live = LiveService(world)
        storage = StorageService(world)

        #: The routes of the control API.
        self.control = [
            *ControlService(world).routes(),
            *JournalControl(world).routes(),
            *HostingService(world).routes(),
            *CallbackControl(world).routes(),
            *AppControl(world).routes(),
            *FaultControl(world).routes(),
            *CoverageControl(world).routes(),
            *ScopeControl(world).routes(),
            *ScenarioControl(world).routes(),
            *ScriptControl(world).routes(),
            *SessionControl(world).routes(),
            *ReadinessControl(world).routes(),
            *MetricsControl(world).routes(),
            *WaitControl(world).routes(),
            *ViolationControl(world).routes(),
        ]
        self._unknown = Unknown(world, self.control)
        self._cross_site = CrossSite(world.settings.host, world.settings.allowed_hosts)

        def service_of(request: Request) -> DashScopeService | LiveService | TingwuService:
            path = request.url.path
            if path == "/":
                return live
            return dashscope if path.startswith(("/api/", "/api-ws/")) else tingwu

        async def not_found(request: Request, error: Exception) -> Response:
            if request.url.path.startswith(PREFIX):
                return await self._unknown.control(request)
            return await service_of(request).unknown(request)

        async def server_error(request: Request, error: Exception) -> Response:
            if request.url.path.startswith(PREFIX):
                return JSONResponse({"error": "a defect of the mock; its log has more"}, 500)
            return service_of(request).server_error(request)

        self._http = Starlette(
            routes=[
                *tingwu.routes(),
                *dashscope.routes(),
                *live.routes(),
                *storage.routes(),
                *self.control,
                *self._unknown.routes(),
                Route(f"/{{rest:{ANY}}}", tingwu.unknown, methods=ANY_METHOD),
            ],
            exception_handlers={
                404: not_found,
                405: not_found,
                Exception: server_error,
            },
        )

    def at_once(self, scope: Scope, body: bytes) -> Response | ASGIApp | None:
        """Answer a request that has come as a whole, if it is one of those that wait for nothing.

        None: nothing was done, it is for `__call__`. An answer that something happens to on its way
        is an application of its own. ``scope`` is as in ASGI.
        """
        if len(body) > self.world.settings.max_body_bytes:
            return None
        request = ApiRequest(scope)
        response: Response | None
        try:
            response = self._tingwu.at_once(request, body)
        except HungUp:
            response = Response()
        except Elsewhere:
            return None
        except Exception:
            log.exception("a defect of the mock")
            response = self._tingwu.server_error(request)
        if response is None:
            return None
        self.world.commit()
        return response if arrives_as_it_is(request) else _arriving(request, response)

    def _committed(self, refuse: Callable[[str, str, str], Response]) -> Callable[..., Response]:
        def refused(start: str, why: str, code: str) -> Response:
            response = refuse(start, why, code)
            self.world.commit()
            return response

        return refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def committed(message: Message) -> None:
            # What is answered outlives the process from now on.
            if message["type"] == "http.response.start":
                self.world.commit()
            await send(message)

        app: ASGIApp = self._http
        try:
            if scope["path"].startswith(PREFIX):
                problem = self._cross_site.problem(scope)
                app = app if problem is None else self._unknown.refusal(problem)
            await app(scope, receive, committed if self.world.keeps else send)
        except asyncio.CancelledError:
            # The server stops and has hung up; uvicorn would log a traceback.
            return
        except Elsewhere as elsewhere:
            give = cast("Callable[[int], Any]", scope["extensions"][HAND_OVER])
            give(elsewhere.worker)

    def websocket(self, target: str, headers: Mapping[str, str]) -> Endpoint | Rejection:
        """The endpoint for a handshake, by its path. Names of headers are in small letters."""
        path = target.partition("?")[0]
        if path == realtime.PATH:
            return realtime.route(self.world, target)
        if path.rstrip("/") == INFERENCE:
            # What only some need is not loaded when the server starts.
            from mock_tingwu.services.dashscope import realtime as duplex

            return duplex.route(self.world, target, headers)
        return self._unknown.websocket(target)


def _arriving(request: ApiRequest, response: Response) -> ASGIApp:
    """The application that sends ``response`` as it arrives."""

    async def send_it(scope: Scope, receive: Receive, send: Send) -> None:
        arrived = await arrive(request, response)
        await arrived(scope, receive, send)

    return send_it
