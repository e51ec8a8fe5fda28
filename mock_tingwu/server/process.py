"""A server on a socket: uvicorn with our WebSocket protocol, in the foreground or in a thread."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn

from mock_tingwu.server.app import Application
from mock_tingwu.server.clock import make_clock, real_now, steady
from mock_tingwu.server.http import HttpProtocol, Refuse
from mock_tingwu.server.websocket import Router, WebSocketProtocol
from mock_tingwu.services.world import World
from mock_tingwu.settings import Settings, SettingsError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from mock_tingwu.interception.authority import Authority
    from mock_tingwu.replay.recorder import Recorder
    from mock_tingwu.server.tls import Acceptor

log = logging.getLogger("mock_tingwu")

#: Connections that wait to be accepted.
BACKLOG = 2048
#: When the server stops: how long an answer that is under way may take, and then how long whoever
#: was cut off may take to notice, in seconds.
GRACE_S = 0.2
LAST_GRACE_S = 2.0
#: Pauses between looks at what still goes on, in seconds.
_LOOK_S = 0.001
#: When a peer that says nothing is asked whether it is still there, how often, and after how many
#: questions without an answer it is taken for gone; in seconds.
_KEEP_ALIVE = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4))
#: How long what is being sent may take to come to its end when the server stops, in seconds.
CONNECT_GRACE_S = 0.05


def bound_socket(host: str, flag: str, port: int) -> socket.socket:
    """A socket at a port, 0 for a free one; ``flag`` is what the port is called.

    Raises:
        SettingsError: the address cannot be used.
    """
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Connections have it from the socket that they come to.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEP_ALIVE:
        if hasattr(socket, option):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise _taken(host, flag, port, error) from None
    return sock


def listen(sock: socket.socket, host: str, flag: str, port: int) -> None:
    """Let clients connect to what `bound_socket` has made.

    Raises:
        SettingsError: the address cannot be used.
    """
    try:
        sock.listen(BACKLOG)
    except OSError as error:  # of two that have bound it, one listens
        raise _taken(host, flag, port, error) from None


def _taken(host: str, flag: str, port: int, error: OSError) -> SettingsError:
    return SettingsError(
        f"cannot listen on --host {host} --{flag} {port}: {error.strerror or error}; "
        "choose another address or port; port 0 is a free one"
    )


class Server(uvicorn.Server):
    """One mock on one port, and with ``tls_port`` on another by TLS.

    Call `listen` first, then `run` or `serve`.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        #: Records what happens, if it is to be recorded.
        self.recorder = _recorder(settings)
        recorder = self.recorder
        self.world = recorder.world if recorder else self._make_world()
        self.world.readiness.is_stopping = lambda: self.should_exit
        self.on_started: Callable[[], None] = lambda: None
        #: Who vouches for it by TLS, None without. To be asked after `listen`.
        self.authority: Authority | None = None
        self._tls: ssl.SSLContext | None = None
        self._tls_socket: socket.socket | None = None
        self._acceptors: list[Acceptor] = []
        #: Where TLS is spoken, None if nowhere. To be asked after `listen`.
        self.tls_port: int | None = None
        #: What ends with the server: called on its loop when it stops.
        self.ending: list[Callable[[], Awaitable[None]]] = []
        self._stopping = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        application = Application(self.world)
        app: ASGIApp = application
        refuse: Refuse = application.malformed
        router: Router = application.websocket
        if recorder is not None:
            app = recorder.application(app)
            refuse, router = recorder.malformed(refuse), recorder.router(router)
        config = uvicorn.Config(
            self._completed(app),
            # Constructed as classes by uvicorn; what they hand on to is bound here.
            http=partial(  # type: ignore[arg-type]
                self._http_protocol(), refuse=refuse, offers_tls=settings.tls_port is not None
            ),
            ws=partial(  # type: ignore[arg-type]
                self._websocket_protocol(), router=router, commit=self.world.commit
            ),
            loop="uvloop" if _has_uvloop() else "asyncio",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
        )
        super().__init__(config)

    # What a worker has of its own

    def _make_world(self) -> World:
        return World(self.settings, make_clock, real_now, real_steady=steady)

    def _completed(self, app: ASGIApp) -> ASGIApp:
        return app

    def _http_protocol(self) -> Callable[..., HttpProtocol]:
        return HttpProtocol

    def _websocket_protocol(self) -> Callable[..., WebSocketProtocol]:
        return WebSocketProtocol

    def listen(self, *, throw_away: bool = False) -> socket.socket:
        """Bind the ports of the settings; port 0 picks a free one. Returns that without TLS.

        Where the user's authority cannot be kept, TLS fails, or with ``throw_away`` has one that
        nobody keeps.

        Raises:
            SettingsError: an address, the authority or the data directory cannot be used.
        """
        port, tls_port = self.settings.port, self.settings.tls_port
        if port == tls_port != 0:
            raise SettingsError(f"--port and --tls-port are both {port}, expected two ports")
        with contextlib.ExitStack() as bound:
            sock = bound.enter_context(bound_socket(self.settings.host, "port", port))
            if tls_port is not None:
                secure = bound.enter_context(bound_socket(self.settings.host, "tls-port", tls_port))
                self._secure(secure, throw_away=throw_away)
                listen(secure, self.settings.host, "tls-port", tls_port)
            self.world.open()
            listen(sock, self.settings.host, "port", port)
            bound.pop_all()
        return sock

    async def also(self, sock: socket.socket, *, secure: bool) -> None:
        """Serve what comes to another socket as well; ``secure`` is with TLS."""

        def protocol() -> asyncio.Protocol:  # as uvicorn makes it
            return self.config.http_protocol_class(  # type: ignore[call-arg]
                config=self.config, server_state=self.server_state, app_state=self.lifespan.state
            )

        if secure:
            from mock_tingwu.server.tls import Acceptor

            assert self._tls is not None
            self._acceptors.append(Acceptor(sock, self._tls, protocol))
            return
        loop = asyncio.get_running_loop()
        self.servers.append(await loop.create_server(protocol, sock=sock, backlog=BACKLOG))

    def _secure(self, sock: socket.socket, *, throw_away: bool) -> None:
        # It costs as much as the rest of a start.
        from mock_tingwu.interception.authority import Authority, AuthorityError, NotKept
        from mock_tingwu.server.tls import serving

        try:
            self.authority = Authority.of_user()
        except NotKept as error:
            if not throw_away:
                raise SettingsError(str(error)) from None
            self.authority = Authority.made()
        except AuthorityError as error:
            raise SettingsError(str(error)) from None
        self._tls = serving(self.authority)
        self._tls_socket = sock
        self.tls_port = sock.getsockname()[1]

    def hang_up_tls(self) -> None:
        """Close the connections that came by TLS; to be called on the server's loop."""
        for connection in list(self.server_state.connections):
            if isinstance(connection, HttpProtocol | WebSocketProtocol) and connection.is_secure:
                connection.hang_up()

    def stop(self) -> None:
        """Let `run` end. May be called from any thread, and in the handler of a signal."""
        self.should_exit = True
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # it has ended already
                loop.call_soon_threadsafe(self._stopping.set)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self.stop()

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until somebody says `stop`."""
        try:
            super().run(sockets)
        finally:
            if self._tls_socket is not None:  # it may not have come to accepting
                self._tls_socket.close()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.world.resume()
        if self.recorder is not None:
            self.recorder.attach(asyncio.get_running_loop())
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        if self._tls_socket is not None:
            await self.also(self._tls_socket, secure=True)
        self.on_started()

    async def main_loop(self) -> None:
        """Serve until somebody says `stop`: uvicorn itself would look only every 0.1 s."""
        ticking = asyncio.create_task(super().main_loop())
        stopping = asyncio.create_task(self._stopping.wait())
        both = {ticking, stopping}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
        if ticking.done():
            ticking.result()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say goodbye and let answers be completed for a moment, then hang up.

        In place of uvicorn's, which takes 0.1 s if there is nothing to wait for.
        """
        for server in self.servers:
            server.close()
        for sock in sockets or []:
            sock.close()
        for acceptor in self._acceptors:
            await acceptor.close()
        for end in self.ending:
            await end()
        self.world.stop_following()
        # Whoever was accepted at the last moment becomes a connection meanwhile.
        await asyncio.sleep(_LOOK_S)
        for connection in list(self.server_state.connections):
            # It would be waited for, and its body may never be complete.
            if isinstance(connection, HttpProtocol) and connection.is_half_read:
                connection.hang_up()
            else:
                connection.shutdown()
        await self._quiet(GRACE_S)
        for realm in self.world:
            realm.stop_sending()
        jobs = [job for realm in self.world for job in realm.under_way()]
        if jobs:
            # Cut off while it connects, a connection that is there all the same is nobody's.
            await asyncio.wait(jobs, timeout=CONNECT_GRACE_S)
        self._hang_up()
        await self._quiet(LAST_GRACE_S)
        # What was being sent is cut off; its connections take a moment to close.
        if jobs:
            await asyncio.wait(jobs, timeout=LAST_GRACE_S)
            await asyncio.sleep(_LOOK_S)

        if self.recorder is not None and self.settings.record not in ("off", "on"):
            self._write_bundle(Path(self.settings.record))

    async def _quiet(self, seconds: float) -> None:
        """Wait until nobody is connected and nothing is answered, but no longer than this."""
        state = self.server_state
        deadline = asyncio.get_running_loop().time() + seconds
        while (state.connections or state.tasks) and not self.force_exit:
            if asyncio.get_running_loop().time() >= deadline:
                return
            await asyncio.sleep(_LOOK_S)

    def _write_bundle(self, path: Path) -> None:
        assert self.recorder is not None
        try:
            self.recorder.bundle(path)
        except OSError as error:
            log.error("the bundle %s cannot be written: %s", path, error.strerror or error)

    def _hang_up(self) -> None:
        """Give up whatever still goes on."""
        for connection in list(self.server_state.connections):
            if isinstance(connection, HttpProtocol | WebSocketProtocol):
                connection.hang_up()
        if self.recorder is not None:
            self.recorder.over = True
        self.world.close()
        for task in list(self.server_state.tasks):
            task.cancel()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, but a signal that was handled is not raised again: Ctrl-C ends with 0."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()


def _recorder(settings: Settings) -> Recorder | None:
    """What records a server, if its settings want it."""
    if settings.record == "off":
        return None
    # Most servers need nothing of it.
    from mock_tingwu.replay.recorder import Recorder

    return Recorder(settings)


def _has_uvloop() -> bool:
    return sys.platform != "win32" and find_spec("uvloop") is not None
