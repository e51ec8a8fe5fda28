"""A mock inside a Python program: its own thread, its own port."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Callable, Collection, Coroutine, Mapping
from concurrent.futures import Future
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from weakref import WeakSet

from mock_tingwu.core.journal import Entry
from mock_tingwu.server.controls import Controls
from mock_tingwu.server.process import Server
from mock_tingwu.services.realm import Realm
from mock_tingwu.services.world import World
from mock_tingwu.settings import PREFIX, URL, Settings

T = TypeVar("T")

#: How long the thread may take to start and to stop, in seconds.
_PATIENCE_S = 10.0
#: How long threads are waited for that read a live stream whose server may be silent, in seconds.
#: They end by themselves, and keep no program from ending.
_LINGER_S = 1.0

#: What runs in this process.
_RUNNING: WeakSet[MockTingwu] = WeakSet()


class MockTingwu(Controls):
    """A running mock, as a context manager.

    ::

        with MockTingwu() as mock:
            client = make_client(endpoint=mock.host, protocol="http")

    Args are the fields of `mock_tingwu.settings.Settings`; the port defaults to a free one. A value
    that makes no sense raises `SettingsError`. With a ``tls_port``, and where the user's authority
    cannot be kept, a mock has one of its own.
    All methods may be called from any thread but the mock's own.
    """

    name = World.DEFAULT

    def __init__(self, **settings: Any) -> None:
        self._server = Server(Settings.of({"port": 0, **settings}))
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._process = 0
        self.port = 0

    def start(self) -> Self:
        """Start the server; returns when it answers. A mock runs once.

        Raises:
            SettingsError: the address cannot be used.
            RuntimeError: it runs, or was closed.
        """
        if self._process:
            raise RuntimeError("this mock was started before; make another one")
        sock = self._server.listen(throw_away=True)
        self.port = sock.getsockname()[1]
        self._process = os.getpid()
        started: Future[None] = Future()

        def note_loop() -> None:
            self._loop = asyncio.get_running_loop()
            started.set_result(None)

        def run() -> None:
            try:
                self._server.run([sock])
            except BaseException as error:
                sock.close()
                if not started.done():
                    started.set_exception(error)
                    return
                raise

        self._server.on_started = note_loop
        self._thread = threading.Thread(target=run, name="mock-tingwu", daemon=True)
        self._thread.start()
        started.result(_PATIENCE_S)
        _RUNNING.add(self)
        _close_all_at_exit()
        return self

    def close(self) -> None:
        """Stop the server and its threads; open connections are closed.

        Closing again changes nothing, and so does closing in a forked process: the mock is its
        parent's.
        """
        thread, self._thread = self._thread, None
        _RUNNING.discard(self)
        if thread is None or self._process != os.getpid():
            return
        self._server.stop()
        thread.join(_PATIENCE_S)
        if thread.is_alive():
            raise RuntimeError("the mock did not stop")
        deadline = time.monotonic() + _LINGER_S
        for worker in list(self._server.world.workers):
            worker.join(max(0.0, deadline - time.monotonic()))

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
    def running(self) -> bool:
        """Whether it was started and not closed."""
        return self._thread is not None

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
    def tls_port(self) -> int | None:
        """Where TLS is spoken; None without the setting ``tls_port`` (0 picks a free one)."""
        return self._server.tls_port

    @property
    def environ(self) -> dict[str, str]:
        """Variables that SDKs read, for a program that is to talk to this mock.

        Key pair and API key are ones that it takes. Only DashScope's SDKs read an address from the
        environment. `mock_tingwu.client.find_target` looks for a mock by three of them. Some SDKs
        would use a proxy even to reach this machine.
        """
        settings = self._server.settings
        key, secret = next(iter(settings.access_keys.items()), ("any", "any"))
        api_key = next(iter(settings.api_keys), "sk-any")
        return {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": key,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": secret,
            "DASHSCOPE_API_KEY": api_key,
            "DASHSCOPE_HTTP_BASE_URL": f"{self.url}/api/v1",
            "DASHSCOPE_WEBSOCKET_BASE_URL": f"{self.ws_url}/api-ws/v1/inference",
            URL: self.url,
            f"{PREFIX}ACCESS_KEYS": f"{key}:{secret}",
            f"{PREFIX}API_KEYS": api_key,
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
        given = {"keys": list(keys), "clock": clock, "seed": seed, "profile": profile}
        self._call(
            lambda: world.add(name, keys, clock=clock, seed=seed, profile=profile),
            "add_scope",
            given,
            scope=name,
        )
        return ScopeControls(self, name)

    @property
    def scopes(self) -> list[ScopeControls]:
        """The scopes beside the default one, oldest first."""
        names = self.call(lambda: [realm.name for realm in self._server.world])
        return [ScopeControls(self, name) for name in names if name != self.name]

    def reset(self, *, clock: str | None = None, seed: int | None = None) -> None:
        """Forget everything that has happened, but nothing of other scopes.

        With ``clock`` (system or virtual) or ``seed`` it starts over with these, and so do scopes
        that are made later.

        Raises:
            ValueError: there is no such clock.
        """
        if clock not in (None, "system", "virtual"):
            raise ValueError(f"clock is {clock!r}, expected system or virtual")
        world = self._server.world
        given: dict[str, Any] = {"clock": clock, "seed": seed}
        given = {name: value for name, value in given.items() if value is not None}

        def reset() -> None:
            world.settings = replace(world.settings, **given)
            world.reset(self.name, **given)

        self._call(reset, "reset", given)

    @property
    def recording(self) -> bool:
        """Whether what happens is recorded."""
        return self._server.recorder is not None

    def bundle(self, path: Path | str) -> None:
        """Write what was recorded so far to a file that ``mock-tingwu replay`` replays.

        That is all since the start, or since the last `reset` of a mock in which nothing went on
        any more. Also when the mock has stopped.

        Raises:
            RuntimeError: nothing is recorded; ``MockTingwu(record=True)`` does.
            OSError: it cannot be written.
        """
        self._write_bundle(Path(path))

    def _write_bundle(self, path: Path, scope: str | None = None) -> None:
        recorder = self._server.recorder
        if recorder is None:
            raise RuntimeError("nothing is recorded; MockTingwu(record=True) records")
        recorder.bundle(path, scope)

    @property
    def _realm(self) -> Realm:
        return self._server.world.default

    def tap(self, tap: Callable[[Entry], None]) -> None:
        """Call ``tap`` with every journal entry from now on, unmasked, on the mock's thread."""
        self.call(lambda: self._server.world.taps.append(tap))

    def call(self, function: Callable[[], T]) -> T:
        """Run ``function`` on the mock's thread; return its result or raise its exception."""
        return self._call(function, "")

    def _call(
        self,
        function: Callable[[], T],
        act: str,
        arguments: Mapping[str, Any] | None = None,
        scope: str = World.DEFAULT,
    ) -> T:
        """The same; ``act`` and its arguments are what is recorded of it."""
        loop, recorder = self._running_loop(), self._server.recorder
        future: Future[T] = Future()

        def run() -> None:
            try:
                if recorder is None:
                    result = function()
                else:
                    result = recorder.call(scope, act, arguments or {}, function)
                self._server.world.commit()
                future.set_result(result)
            except BaseException as error:
                future.set_exception(error)

        loop.call_soon_threadsafe(run)
        return future.result(_PATIENCE_S)

    def _run(
        self,
        coroutine: Coroutine[Any, Any, T],
        act: str = "",
        arguments: Mapping[str, Any] | None = None,
        scope: str = World.DEFAULT,
    ) -> T:
        recorder = self._server.recorder
        if recorder is not None and act:
            coroutine = recorder.acting(scope, act, arguments or {}, coroutine)
        try:
            loop = self._running_loop()
        except RuntimeError:
            coroutine.close()
            raise
        return asyncio.run_coroutine_threadsafe(self._committed(coroutine), loop).result()

    async def _committed(self, coroutine: Coroutine[Any, Any, T]) -> T:
        try:
            return await coroutine
        finally:
            self._server.world.commit()

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None or self._thread is None:
            raise RuntimeError("the mock is not running")
        if self._process != os.getpid():
            raise RuntimeError("the mock runs in another process, which forked this one")
        return self._loop


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
        self._call(lambda: world.reset(self._realm.name), "reset")

    def drop(self) -> None:
        """Forget the scope and all that is in it. Dropping it again changes nothing."""
        world = self._mock._server.world
        self._call(lambda: world.drop(self.name) if world.get(self.name) else None, "drop_scope")

    def bundle(self, path: Path | str) -> None:
        """Write what was recorded so far and concerns this scope; see `MockTingwu.bundle`."""
        self._mock._write_bundle(Path(path), self.name)

    def call(self, function: Callable[[], T]) -> T:
        return self._call(function, "")

    def _call(
        self, function: Callable[[], T], act: str, arguments: Mapping[str, Any] | None = None
    ) -> T:
        return self._mock._call(function, act, arguments, self.name)

    def _run(
        self,
        coroutine: Coroutine[Any, Any, T],
        act: str = "",
        arguments: Mapping[str, Any] | None = None,
    ) -> T:
        return self._mock._run(coroutine, act, arguments, self.name)

    @property
    def _realm(self) -> Realm:
        realm = self._mock._server.world.get(self.name)
        if realm is None:
            raise RuntimeError(f"the scope {self.name!r} was dropped")
        return realm


@cache
def _close_all_at_exit() -> None:
    """Close what runs when the program ends, once for all.

    A recording that is being read would keep it from ending: Python waits for the threads of
    executors. Its own hook for that is the only one that comes before it does.
    """
    import concurrent.futures.thread  # noqa: F401  what comes later is called sooner

    register = getattr(threading, "_register_atexit", None)
    if register is not None:
        register(_close_all)


def _close_all() -> None:
    for mock in list(_RUNNING):
        with contextlib.suppress(Exception):
            mock.close()
