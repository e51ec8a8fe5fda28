"""All services of one world behind one port."""

from __future__ import annotations

import asyncio

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from mock_tingwu.services import realtime
from mock_tingwu.services.callbacks import CallbackControl
from mock_tingwu.services.connection import Endpoint, Rejection
from mock_tingwu.services.control import ControlService
from mock_tingwu.services.faults import FaultControl
from mock_tingwu.services.hosting import HostingService
from mock_tingwu.services.storage import StorageService
from mock_tingwu.services.tingwu import ANY_METHOD, TingwuService
from mock_tingwu.services.world import World


class Application:
    """The ASGI application, and the router of WebSocket handshakes."""

    def __init__(self, world: World) -> None:
        self.world = world
        tingwu = TingwuService(world)
        #: Answers what cannot be read as HTTP: ``(first line, what is wrong, code)``.
        self.malformed = tingwu.malformed
        storage = StorageService(world)
        self._http = Starlette(
            routes=[
                *tingwu.routes(),
                *storage.routes(),
                *ControlService(world).routes(),
                *HostingService(world).routes(),
                *CallbackControl(world).routes(),
                *FaultControl(world).routes(),
                Route("/{rest:path}", tingwu.unknown, methods=ANY_METHOD),
            ],
            exception_handlers={
                404: tingwu.not_found,
                405: tingwu.not_found,
                Exception: tingwu.server_error,
            },
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._http(scope, receive, send)
        except asyncio.CancelledError:
            # The server stops and has hung up; uvicorn would log a traceback.
            return

    def websocket(self, target: str) -> Endpoint | Rejection:
        """The endpoint for a handshake, by its path."""
        if target.partition("?")[0] == realtime.PATH:
            return realtime.route(self.world, target)
        return Rejection(404, "Not Found")
