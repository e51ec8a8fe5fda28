"""A server on a socket: uvicorn with our WebSocket protocol, in the foreground or in a thread."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec

import uvicorn

from mock_tingwu.server.app import Application
from mock_tingwu.server.clock import make_clock, real_now
from mock_tingwu.server.http import HttpProtocol
from mock_tingwu.server.websocket import WebSocketProtocol
from mock_tingwu.services.world import World
from mock_tingwu.settings import Settings, SettingsError

#: How long an answer that is under way may take when the server stops, in seconds. uvicorn would
#: wait longer, then complain.
GRACE_S = 0.2


class Server(uvicorn.Server):
    """One mock on one port. Call `listen` first, then `run` or `serve`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.world = World(settings, make_clock, real_now)
        self.on_started: Callable[[], None] = lambda: None
        application = Application(self.world)
        config = uvicorn.Config(
            application,
            # Constructed as classes by uvicorn; what they hand on to is bound here.
            http=partial(HttpProtocol, refuse=application.malformed),  # type: ignore[arg-type]
            ws=partial(  # type: ignore[arg-type]
                WebSocketProtocol, router=application.websocket, commit=self.world.commit
            ),
            loop="uvloop" if _has_uvloop() else "asyncio",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=2,
        )
        super().__init__(config)

    def listen(self) -> socket.socket:
        """Bind the port of the settings; port 0 picks a free one.

        Raises:
            SettingsError: the address or the data directory cannot be used.
        """
        host, port = self.settings.host, self.settings.port
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
        except OSError as error:
            sock.close()
            reason = error.strerror or str(error)
            raise SettingsError(
                f"cannot listen on --host {host} --port {port}: {reason}; "
                "choose another address or port; port 0 is a free one"
            ) from None
        try:
            self.world.open()
        except SettingsError:
            sock.close()
            raise
        sock.listen(2048)
        sock.set_inheritable(True)
        return sock

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.world.resume()
        await super().startup(sockets)
        self.on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for connection in list(self.server_state.connections):
            # It would be waited for, and its body may never be complete.
            if isinstance(connection, HttpProtocol) and connection.is_half_read:
                connection.hang_up()
        impatience = asyncio.get_running_loop().call_later(GRACE_S, self._hang_up)
        await super().shutdown(sockets)
        impatience.cancel()
        self._hang_up()

    def _hang_up(self) -> None:
        """Give up whatever still goes on."""
        for connection in list(self.server_state.connections):
            if isinstance(connection, HttpProtocol | WebSocketProtocol):
                connection.hang_up()
        self.world.close()
        for task in list(self.server_state.tasks):
            task.cancel()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, but a signal that was handled is not raised again: Ctrl-C ends with 0."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()


def calm_garbage_collector() -> None:
    """For a process that only serves: keep what is alive at start out of the collector's way.

    Its passes are what makes the slowest answers slow. A program that a mock merely runs in keeps
    its own settings.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 1_000)


def _has_uvloop() -> bool:
    return sys.platform != "win32" and find_spec("uvloop") is not None
