"""A mock inside a Python program: its own thread, its own port."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from mock_tingwu.core import scripts
from mock_tingwu.core.faults import Faults
from mock_tingwu.core.journal import Entry, shown
from mock_tingwu.core.script import Script
from mock_tingwu.server.process import Server
from mock_tingwu.services.dashscope.control import configure
from mock_tingwu.settings import Settings

T = TypeVar("T")

#: How long the thread may take to start and to stop, in seconds.
_PATIENCE_S = 10.0


class MockTingwu:
    """A running mock, as a context manager.

    ::

        with MockTingwu() as mock:
            client = make_client(endpoint=mock.host, protocol="http")

    Args are the fields of `mock_tingwu.settings.Settings`; the port defaults to a free one. A value
    that makes no sense raises `SettingsError`.
    All methods may be called from any thread but the mock's own.
    """

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

    @property
    def journal(self) -> list[Entry]:
        """What has happened so far, newest last, secrets masked."""
        entries = self.call(lambda: list(self._server.world.default.journal.entries()))
        return [shown(entry) for entry in entries]

    @property
    def faults(self) -> FaultRules:
        """What goes wrong on demand: ``mock.faults.add(...)``."""
        return FaultRules(self)

    def now(self) -> int:
        """The mock's time in ms since the epoch."""
        return self.call(self._server.world.default.clock.now)

    def advance(self, milliseconds: int) -> None:
        """Move the virtual clock on; whatever falls due has been done when this returns.

        Files that are being read and callbacks that are being sent are waited for. A program that
        receives callbacks must be able to answer meanwhile.

        Raises:
            ValueError: the clock is the system's, or ``milliseconds`` is negative.
        """
        self._run(self._server.world.advance(milliseconds))

    def wait_for(
        self,
        *,
        task_id: str | None = None,
        status: str | None = None,
        event: str | None = None,
        callback: str | None = None,
        count: int = 1,
        timeout: float = 10.0,
    ) -> None:
        """Wait until a task has a ``status``, or ``count`` events or callbacks were sent.

        ``event`` is the name of a stream's event such as SentenceEnd, ``callback`` the step that a
        delivered callback tells of, such as COMPLETED; without ``task_id`` they are those of any
        task. What happened before counts. ``timeout`` is in seconds of real time: a virtual clock
        has to be advanced by somebody else.

        Raises:
            ValueError: the condition makes no sense.
            TimeoutError: it was not met in time; the message says how far it has come.
        """
        from mock_tingwu.services.waiting import Condition, wait

        asked = {"task_id": task_id, "status": status, "event": event, "callback": callback}
        condition = Condition.of(asked if count == 1 else {**asked, "count": count})
        unmet = self._run(wait(self._server.world, condition, round(timeout * 1000)))
        if unmet is not None:
            raise TimeoutError(unmet)

    def reset(self) -> None:
        """Forget everything that has happened."""

        self.call(self._server.world.reset)

    def script(
        self,
        script: Script | Mapping[str, Any] | Path | str,
        *,
        task_key: str | None = None,
        app_key: str | None = None,
        file_url: str | None = None,
    ) -> None:
        """Let tasks with this TaskKey, AppKey or FileUrl hear ``script``.

        It is a script, or its data, or the path of its file.

        Raises:
            ValueError: it is not a script, or no key is given.
        """
        if isinstance(script, Script):
            loaded = script
        elif isinstance(script, Mapping):
            loaded = scripts.parse_script(script, "script")
        else:
            loaded = scripts.load_script(Path(script))
        book = self._server.world.default.scripts
        self.call(
            lambda: book.register(loaded, task_key=task_key, app_key=app_key, file_url=file_url)
        )

    def callback(self, app_key: str, url: str) -> dict[str, Any]:
        """Let tasks of this AppKey that want callbacks send them to ``url``, and try it at once.

        The address stands however the trial went. Returns ``{"delivered": True, "status": 200}`` or
        ``{"delivered": False, "error": "a sentence"}``; that takes up to 5 s. Whoever answers at
        ``url`` must be able to answer meanwhile.

        Raises:
            ValueError: ``app_key`` is empty or ``url`` is no address of a web server.
        """
        return self._run(self._server.world.callbacks.register(app_key, url))

    def app(self, app_id: str, **settings: Any) -> dict[str, Any] | None:
        """Configure an app of DashScope, as its console does.

        ``settings`` are those of `mock_tingwu.core.apps.App`: parameters, published, callback,
        callback_form, terminologies. With a callback address, which is tried at once, it returns
        what `callback` returns, else None. With any app configured, other appIds are refused.

        Raises:
            ValueError: something makes no sense; the message says what was expected.
        """
        return self._run(configure(self._server.world, app_id, settings))[1]

    def host_file(self, path: Path | str) -> str:
        """Serve a local file from where it is; return its URL, for a FileUrl.

        The same file always has the same URL. `reset` forgets it; the file itself stays.

        Raises:
            OSError: it cannot be read.
        """
        from mock_tingwu.services.hosting import local_file

        file = local_file(Path(path))
        hosted = self._server.world.hosted
        return self.url + self.call(lambda: hosted.add(file)).url_path

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
                result = function()
                self._server.world.commit()
                future.set_result(result)
            except BaseException as error:
                future.set_exception(error)

        loop.call_soon_threadsafe(run)
        return future.result(_PATIENCE_S)

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run ``coroutine`` on the mock's thread; return its result or raise its exception."""
        if self._loop is None or self._thread is None:
            coroutine.close()
            raise RuntimeError("the mock is not running")
        return asyncio.run_coroutine_threadsafe(self._committed(coroutine), self._loop).result()

    async def _committed(self, coroutine: Coroutine[Any, Any, T]) -> T:
        try:
            return await coroutine
        finally:
            self._server.world.commit()


class FaultRules:
    """The rules of a running mock by which calls and tasks go wrong (docs/control.md, Faults)."""

    def __init__(self, mock: MockTingwu) -> None:
        self._mock = mock

    def _do(self, act: Callable[[Faults], T]) -> T:
        mock = self._mock
        return mock.call(lambda: act(mock._server.world.default.faults))

    def add(
        self,
        action: Mapping[str, Any],
        *,
        match: Mapping[str, Any] | None = None,
        times: int | None = None,
    ) -> str:
        """Put a rule in force; return its id.

        ``action`` is ``{"type": "api_error", "code": "BRK.OverdueTenant"}``, say; without ``match``
        it is done to every call, without ``times`` for ever.

        Raises:
            ValueError: the rule makes no sense.
        """
        rule = {"match": match or {}, "action": action, "times": times}
        return self._do(lambda faults: faults.add(rule).id)

    def list(self) -> list[dict[str, Any]]:
        """The rules in force, oldest first, each with its id and how often it has ``fired``."""
        return self._do(lambda faults: [rule.shown() for rule in faults.rules])

    def remove(self, fault_id: str) -> None:
        """Drop a rule.

        Raises:
            ValueError: there is none of this id.
        """
        if not self._do(lambda faults: faults.remove(fault_id)):
            raise ValueError(f"fault_id is {fault_id!r}, expected one of list()")

    def clear(self) -> None:
        """Drop all rules."""
        self._do(lambda faults: faults.clear())
