"""One worker: a server without a port of its own."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from mock_tingwu.server.clock import make_clock, real_now, steady
from mock_tingwu.server.http import HttpProtocol
from mock_tingwu.server.process import Server
from mock_tingwu.server.websocket import WebSocketProtocol
from mock_tingwu.services.connection import Endpoint
from mock_tingwu.settings import Settings
from mock_tingwu.workers.connections import HandingHttpProtocol, HandingWebSocketProtocol
from mock_tingwu.workers.handing import Letter, Mailbox, Opened, Switch
from mock_tingwu.workers.share import Share
from mock_tingwu.workers.together import Together
from mock_tingwu.workers.world import SharedWorld

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from mock_tingwu.services.world import World

log = logging.getLogger("mock_tingwu")


class WorkerServer(Server):
    """A server of the scopes of ``share``.

    Call ``world.open`` first, then `run` with the socket that all workers accept from. It stops
    when ``lifeline`` is at its end, because the supervisor has gone.
    """

    def __init__(
        self,
        settings: Settings,
        share: Share,
        mailboxes: Sequence[Mailbox],
        lifeline: int,
    ) -> None:
        self._share = share
        self._switch = Switch(share.number, mailboxes)
        self._lifeline = lifeline
        self._welcomes: set[asyncio.Task[None]] = set()
        super().__init__(settings)
        self.ending.append(self._switch.end)

    def _make_world(self) -> World:
        return SharedWorld(self.settings, make_clock, real_now, self._share, real_steady=steady)

    def _completed(self, app: ASGIApp) -> ASGIApp:
        assert isinstance(self.world, SharedWorld)
        return Together(app, self.world, self._switch)

    def _http_protocol(self) -> Callable[..., HttpProtocol]:
        return partial(HandingHttpProtocol, switch=self._switch)

    def _websocket_protocol(self) -> Callable[..., WebSocketProtocol]:
        return partial(HandingWebSocketProtocol, switch=self._switch, go_on=self._go_on)

    def _go_on(self, opened: Opened) -> Endpoint | None:
        """The endpoint of an open WebSocket, which is one of DashScope's."""
        from mock_tingwu.services.dashscope.realtime import DuplexConnection

        realm = self.world.get(opened.scope)
        return None if realm is None else DuplexConnection(self.world, realm, opened.target)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        asyncio.get_running_loop().add_reader(self._lifeline, self._supervisor_gone)
        self._switch.begin(self._welcome)

    def _supervisor_gone(self) -> None:
        asyncio.get_running_loop().remove_reader(self._lifeline)
        log.error("the process that has started worker %d is gone", self._share.number)
        self.stop()

    def _welcome(self, connection: socket.socket, letter: Letter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve_connection(connection, letter))
        self._welcomes.add(task)
        task.add_done_callback(self._welcomes.discard)

    async def _serve_connection(self, connection: socket.socket, letter: Letter) -> None:
        made = self.config.http_protocol_class
        if letter.opened is not None:
            made = self.config.ws_protocol_class  # type: ignore[assignment]

        def protocol() -> asyncio.Protocol:  # as uvicorn makes it
            return made(  # type: ignore[call-arg]
                config=self.config,
                server_state=self.server_state,
                app_state=self.lifespan.state,
                letter=letter,
            )

        connection.setblocking(False)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(protocol, connection)
        except OSError as error:  # its client has gone meanwhile
            log.debug("a connection cannot be taken: %s", error)
            connection.close()
