"""A mock inside a Python program: its own thread, its own port."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Collection, Coroutine
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self, TypeVar

from mock_tingwu.core.journal import Entry
from mock_tingwu.server.controls import Controls
from mock_tingwu.server.process import Server
from mock_tingwu.services.realm import Realm
from mock_tingwu.services.world import World
from mock_tingwu.settings import Settings

T = TypeVar("T")

#: How long the thread may take to start and to stop, in seconds.
_PATIENCE_S = 10.0


class MockTingwu(Controls):
    """A running mock, as a context manager.

    ::

        with MockTingwu() as mock:
            client = make_client(endpoint=mock.host, protocol="http")

    Args are the fields of `mock_tingwu.settings.Settings`; the port defaults to a free one. A value
    that makes no sense raises `SettingsError`.
    All methods may be called from any thread but the mock's own.
    """

    name = World.DEFAULT

    def __init__(self, **settings: Any) -> None:
        self._server = Server(Settings.of({"port": 0, **settings}))
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.port = 0

    def start(self) -> Self:
        """Start the server; returns when it answers.

        Raises:
            SettingsError: the address cannot be used.
        """
        sock = self._server.listen()
        self.port = sock.getsockname()[1]
        started = threading.Event()

        def note_loop() -> None:
            self._loop = asyncio.get_running_loop()
            started.set()

        self._server.on_started = note_loop
        self._thread = threading.Thread(
            target=self._server.run, args=([sock],), name="mock-tingwu", daemon=True
        )
        self._thread.start()
        if not started.wait(_PATIENCE_S):
            raise RuntimeError("the mock did not start; its log says why")
        return self

    def close(self) -> None:
        """Stop the server and its thread; open connections are closed."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._server.should_exit = True
            thread.join(_PATIENCE_S)
            if thread.is_alive():
                raise RuntimeError("the mock did not stop")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def host(self) -> str:
        """``127.0.0.1:PORT``, what most SDKs call endpoint."""
        host = self._server.settings.host
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``."""
        return f"http://{self.host}"

    @property
    def ws_url(self) -> str:
        """``ws://127.0.0.1:PORT``."""
        return f"ws://{self.host}"

    @property
    def environ(self) -> dict[str, str]:
        """Variables that SDKs read, for a program that is to talk to this mock.

        Key pair and API key are ones that it takes. Only DashScope's SDKs read an address from the
        environment; and some SDKs would use a proxy even to reach this machine.
        """
        settings = self._server.settings
        key, secret = next(iter(settings.access_keys.items()), ("any", "any"))
        return {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": key,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": secret,
            "DASHSCOPE_API_KEY": next(iter(settings.api_keys), "sk-any"),
            "DASHSCOPE_HTTP_BASE_URL": f"{self.url}/api/v1",
            "DASHSCOPE_WEBSOCKET_BASE_URL": f"{self.ws_url}/api-ws/v1/inference",
            "NO_PROXY": settings.host,
        }

    def scope(
        self,
        name: str,
        keys: Collection[str] = (),
        *,
        clock: str | None = None,
        seed: int | None = None,
        profile: str | None = None,
    ) -> ScopeControls:
        """Make a scope: a world of its own for what comes with one of ``keys``.

        They are AppKeys, access keys, appIds, API keys or SDKAppIDs; without any the scope's name
        is its key. Its clock (system or virtual), seed and profile are the mock's unless given. As
        a context manager it is dropped at the end.

        Raises:
            ValueError: there is such a scope, or one of its keys is another's, or the profile makes
                no sense.
        """
        world = self._server.world
        self.call(lambda: world.add(name, keys, clock=clock, seed=seed, profile=profile))
        return ScopeControls(self, name)

    def reset(self) -> None:
        """Forget everything that has happened, but nothing of other scopes."""
        self.call(lambda: self._server.world.reset(self.name))

    @property
    def _realm(self) -> Realm:
        return self._server.world.default

    def tap(self, tap: Callable[[Entry], None]) -> None:
        """Call ``tap`` with every journal entry from now on, unmasked, on the mock's thread."""
        self.call(lambda: self._server.world.taps.append(tap))

    def call(self, function: Callable[[], T]) -> T:
        """Run ``function`` on the mock's thread; return its result or raise its exception."""
        loop = self._loop
        if loop is None or self._thread is None:
            raise RuntimeError("the mock is not running")
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(function())
            except BaseException as error:
                future.set_exception(error)

        loop.call_soon_threadsafe(run)
        return future.result(_PATIENCE_S)

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run ``coroutine`` on the mock's thread; return its result or raise its exception."""
        if self._loop is None or self._thread is None:
            coroutine.close()
            raise RuntimeError("the mock is not running")
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()


class ScopeControls(Controls):
    """A scope of a mock beside the default one, as a context manager; see `MockTingwu.scope`."""

    def __init__(self, mock: MockTingwu, name: str) -> None:
        self._mock = mock
        self.name = name

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.drop()

    @property
    def url(self) -> str:
        return self._mock.url

    def reset(self) -> None:
        world = self._mock._server.world
        self.call(lambda: world.reset(self._realm.name))

    def drop(self) -> None:
        """Forget the scope and all that is in it. Dropping it again changes nothing."""
        world = self._mock._server.world
        self.call(lambda: world.drop(self.name) if world.get(self.name) else None)

    def call(self, function: Callable[[], T]) -> T:
        return self._mock.call(function)

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._mock._run(coroutine)

    @property
    def _realm(self) -> Realm:
        realm = self._mock._server.world.get(self.name)
        if realm is None:
            raise RuntimeError(f"the scope {self.name!r} was dropped")
        return realm
