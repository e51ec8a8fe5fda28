"""What a test does with one scope of a running mock, from any thread."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from mock_tingwu.core import script_texts, scripts
from mock_tingwu.core.faults import Faults
from mock_tingwu.core.journal import Entry, shown
from mock_tingwu.core.registering import register
from mock_tingwu.core.script import Script
from mock_tingwu.services.dashscope.control import configure

if TYPE_CHECKING:
    from mock_tingwu.services.realm import Realm

T = TypeVar("T")


class Controls(ABC):
    """One scope of a running mock.

    All methods may be called from any thread but the mock's own.
    """

    #: The name of the scope.
    name: str

    @property
    @abstractmethod
    def url(self) -> str:
        """``http://127.0.0.1:PORT``."""

    @abstractmethod
    def call(self, function: Callable[[], T]) -> T:
        """Run ``function`` on the mock's thread; return its result or raise its exception."""

    @abstractmethod
    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run ``coroutine`` on the mock's thread; return its result or raise its exception."""

    @property
    @abstractmethod
    def _realm(self) -> Realm:
        """The scope as it is now: a reset makes another. To be used on the mock's thread."""

    @abstractmethod
    def reset(self) -> None:
        """Forget everything that has happened in this scope."""

    @property
    def journal(self) -> list[Entry]:
        """What has happened so far, newest last, secrets masked."""
        entries = self.call(lambda: list(self._realm.journal.entries()))
        return [shown(entry) for entry in entries]

    @property
    def violations(self) -> list[Entry]:
        """What clients did against the rules, oldest first: the journal's violations."""
        return [entry for entry in self.journal if entry["kind"] == "violation"]

    @property
    def faults(self) -> FaultRules:
        """What goes wrong on demand: ``mock.faults.add(...)``."""
        return FaultRules(self)

    def now(self) -> int:
        """The mock's time in ms since the epoch."""
        return self.call(lambda: self._realm.clock.now())

    def advance(self, milliseconds: int) -> None:
        """Move the virtual clock on; whatever falls due has been done when this returns.

        Files that are being read and callbacks that are being sent are waited for. A program that
        receives callbacks must be able to answer meanwhile.

        Raises:
            ValueError: the clock is the system's, or ``milliseconds`` is negative.
        """
        self._do(lambda realm: realm.advance(milliseconds))

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
        unmet = self._do(lambda realm: wait(realm, condition, round(timeout * 1000)))
        if unmet is not None:
            raise TimeoutError(unmet)

    def script(
        self,
        script: Script | Mapping[str, Any] | Path | str,
        *,
        task_key: str | None = None,
        app_key: str | None = None,
        file_url: str | None = None,
        data_id: str | None = None,
        task_id: str | None = None,
        language: str | None = None,
        translations: Mapping[str, Path | str] | None = None,
    ) -> None:
        """Let tasks with this TaskKey, AppKey or FileUrl hear ``script``.

        Or the one task that there is of a ``data_id`` (DashScope's) or ``task_id``, if it has heard
        nothing yet. ``script`` is a script, or its data, or the path of its file: YAML, JSON,
        SubRip (.srt) or WebVTT (.vtt). Subtitles alone take a ``language``, else it is guessed, and
        ``translations``: by language the paths of subtitles that have the same cues.

        Raises:
            ValueError: it is not a script, no key is given, there is no such task, or it has heard
                something already.
        """
        if isinstance(script, Script | Mapping):
            if language or translations:
                raise ValueError("language and translations are for the paths of subtitles only")
            loaded = (
                script if isinstance(script, Script) else scripts.parse_script(script, "script")
            )
        else:
            others = {target: Path(path) for target, path in (translations or {}).items()}
            loaded = script_texts.script_of_file(
                Path(script), language=language, translations=others
            )
        self.call(
            lambda: register(
                self._realm,
                loaded,
                task_key=task_key,
                app_key=app_key,
                file_url=file_url,
                data_id=data_id,
                task_id=task_id,
            )
        )

    def scenario(self, scenario: str | Path | Mapping[str, Any]) -> dict[str, Any]:
        """Put a scenario in force: the name of a starter, the path of a file, or its data.

        What it has is added to what there is; with a ``seed`` or a ``clock`` in its settings the
        scope starts over first. A reset forgets it. Returns its name, description and what it
        brought: see docs/scenarios.md.

        Raises:
            ValueError: it makes no sense; the message has a line for each problem. Nothing has
                changed then.
        """
        from mock_tingwu.core.scenarios import find, scenario_of_data
        from mock_tingwu.services.scenarios import apply

        loaded = scenario_of_data(scenario) if isinstance(scenario, Mapping) else find(scenario)
        return self.call(lambda: apply(self._realm, loaded).shown())

    def callback(self, app_key: str, url: str) -> dict[str, Any]:
        """Let tasks of this AppKey that want callbacks send them to ``url``, and try it at once.

        The address stands however the trial went. Returns ``{"delivered": True, "status": 200}`` or
        ``{"delivered": False, "error": "a sentence"}``; that takes up to 5 s. Whoever answers at
        ``url`` must be able to answer meanwhile.

        Raises:
            ValueError: ``app_key`` is empty or ``url`` is no address of a web server.
        """
        return self._do(lambda realm: realm.callbacks.register(app_key, url))

    def app(self, app_id: str, **settings: Any) -> dict[str, Any] | None:
        """Configure an app of DashScope, as its console does.

        ``settings`` are those of `mock_tingwu.core.apps.App`: parameters, published, callback,
        callback_form, terminologies. With a callback address, which is tried at once, it returns
        what `callback` returns, else None. With any app configured, other appIds are refused.

        Raises:
            ValueError: something makes no sense; the message says what was expected.
        """
        return self._do(lambda realm: configure(realm, app_id, settings))[1]

    def host_file(self, path: Path | str) -> str:
        """Serve a local file from where it is; return its URL, for a FileUrl.

        The same file always has the same URL. `reset` forgets it; the file itself stays.

        Raises:
            OSError: it cannot be read.
        """
        from mock_tingwu.services.hosting import local_file

        file = local_file(Path(path))
        return self.url + self.call(lambda: self._realm.hosted.add(file)).url_path

    def _do(self, act: Callable[[Realm], Coroutine[Any, Any, T]]) -> T:
        """Run what ``act`` makes of the scope on the mock's thread."""

        async def run() -> T:
            return await act(self._realm)

        return self._run(run())


class FaultRules:
    """The rules of a running mock by which calls and tasks go wrong (docs/control.md, Faults)."""

    def __init__(self, mock: Controls) -> None:
        self._mock = mock

    def _do(self, act: Callable[[Faults], T]) -> T:
        mock = self._mock
        return mock.call(lambda: act(mock._realm.faults))

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
