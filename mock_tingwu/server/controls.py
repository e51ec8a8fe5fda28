"""What a test does with one scope of a running mock, from any thread."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from mock_tingwu.core import script_texts, scripts
from mock_tingwu.core.clock import VirtualClock
from mock_tingwu.core.faults import Faults
from mock_tingwu.core.journal import Entry, shown
from mock_tingwu.core.registering import register
from mock_tingwu.core.script import Script
from mock_tingwu.server.live_sessions import Session
from mock_tingwu.services.dashscope.control import configure
from mock_tingwu.services.sessions import sessions as opened

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
    def _call(
        self, function: Callable[[], T], act: str, arguments: Mapping[str, Any] | None = None
    ) -> T:
        """The same for what changes a scope: ``act`` and its arguments are what is recorded of it
        (`mock_tingwu.replay.acts`)."""

    @abstractmethod
    def _run(
        self,
        coroutine: Coroutine[Any, Any, T],
        act: str = "",
        arguments: Mapping[str, Any] | None = None,
    ) -> T:
        """Run ``coroutine`` on the mock's thread; return its result or raise its exception."""

    @abstractmethod
    def bundle(self, path: Path | str) -> None:
        """Write what was recorded so far, for ``mock-tingwu replay``."""

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

    def har(self, *, task_id: str | None = None) -> dict[str, Any]:
        """The journal as an HTTP archive (HAR 1.2), secrets masked; `json.dump` it to a file.

        With a ``task_id`` only the requests and sessions of that task.
        """
        from mock_tingwu.core.har import archive
        from mock_tingwu.core.journal import Filter

        def read() -> tuple[list[Entry], Entry | None]:
            journal = self._realm.journal
            return list(journal.after(0)), journal.cut(0)

        entries, cut = self.call(read)
        comment = "" if cut is None else cut["text"]
        return archive(entries, Filter(task_id=task_id), origin=self.url, comment=comment)

    @property
    def violations(self) -> list[dict[str, Any]]:
        """What clients did against the rules, oldest first (docs/violations.md).

        Each with its ``rule``, ``level``, ``source``, what was ``expected``, a ``text``, a
        ``count``, the seq of the ``offending`` journal entry and that ``entry`` itself. Meetings
        that nobody has ended so far are at the end, with the ``seq`` None.
        """
        from mock_tingwu.services.violations import violations_of

        return self.call(lambda: violations_of(self._realm))

    def forget_violations(self) -> None:
        """Forget the violations so far, and nothing else."""
        self._call(lambda: self._realm.watch.forget(), "forget_violations")

    def assert_no_violations(self, level: str = "documented", *, but: Collection[str] = ()) -> None:
        """See that no client did anything against the rules.

        ``level`` is ``documented``, or ``advice`` for these and what is only recommended. ``but``
        are the ids of rules that may be broken.

        Raises:
            AssertionError: somebody did; the message says what, and what was expected.
            ValueError: there is no such level or rule.
        """
        from mock_tingwu.services.violations import complaint

        problem = complaint(self.violations, level, but)
        if problem:
            raise AssertionError(problem)

    @property
    def faults(self) -> FaultRules:
        """What goes wrong on demand: ``mock.faults.add(...)``."""
        return FaultRules(self)

    @property
    def sessions(self) -> list[Session]:
        """The WebSockets that clients have open, in the order in which they were opened."""
        ids = self.call(lambda: [connection.id for connection in opened(self._realm)])
        return [Session(self, session_id) for session_id in ids]

    def session(self, id: str) -> Session:
        """The open WebSocket of this id, or the last one of the task of this id."""
        return Session(self, id)

    def heard(self, task_id: str | None = None) -> list[str]:
        """The sentences of a task so far, in order, as they were recognised.

        Without ``task_id`` those of the only task that there is.

        Raises:
            ValueError: there is no such task; or, without ``task_id``, not exactly one.
        """

        def sentences() -> list[str]:
            tasks = self._realm.tasks
            wanted = task_id
            if wanted is None and len(tasks) == 1:
                (wanted,) = tasks
            if wanted not in tasks:
                there = ", ".join(tasks) or "there is none"
                raise ValueError(f"task_id is {task_id!r}, expected a task's: {there}")
            return [sentence.text for sentence in list(tasks[wanted].meeting.sentences)]

        return self.call(sentences)

    @property
    def clock(self) -> ClockControls:
        """The mock's clock: ``mock.clock.advance(hours=24)``."""
        return ClockControls(self)

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
        given = {"milliseconds": milliseconds}
        self._do(lambda realm: realm.advance(milliseconds), "advance", given)

    def wait_for(
        self,
        *,
        task_id: str | None = None,
        status: str | int | None = None,
        event: str | None = None,
        callback: str | None = None,
        sessions: int | None = None,
        kind: str | None = None,
        count: int | None = None,
        timeout: float = 10.0,
        **fields: str | int | None,
    ) -> None:
        """Wait until a task has a ``status``, or so many things have happened.

        ``event`` is the name of a stream's event such as SentenceEnd, ``callback`` the step that a
        delivered callback tells of, such as COMPLETED, ``sessions`` how many are to be open;
        ``kind="request", operation="GetTaskInfo"`` are entries of the journal with these
        ``fields``. ``count`` is how many of them, 1 without a word; without ``task_id`` they are
        those of any task, and ``status`` is that of ``count`` tasks. What happened before counts.
        ``timeout`` is in seconds of real time: a virtual clock has to be advanced by somebody else.

        Raises:
            ValueError: the condition makes no sense.
            TimeoutError: it was not met in time; the message says how far it has come.
        """
        from mock_tingwu.services.waiting import Condition, wait

        condition = Condition.of(
            {
                "task_id": task_id,
                "status": status,
                "event": event,
                "callback": callback,
                "sessions": sessions,
                "kind": kind,
                "count": count,
                **fields,
            }
        )
        unmet = self._do(lambda realm: wait(realm, condition, round(timeout * 1000)))
        if unmet is not None:
            raise TimeoutError(unmet)

    def wait_for_status(self, task_id: str, status: str, *, timeout: float = 10.0) -> None:
        """Wait until a task has a status, such as COMPLETED; see `wait_for`.

        A task that has failed is not waited for any longer, unless for FAILED.

        Raises:
            TimeoutError: it has not got there in time; the message says how far it has come.
        """
        self.wait_for(task_id=task_id, status=status, timeout=timeout)

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
        keys = {
            "task_key": task_key,
            "app_key": app_key,
            "file_url": file_url,
            "data_id": data_id,
            "task_id": task_id,
        }
        given = {"script": loaded, **keys}
        self._call(lambda: register(self._realm, loaded, **keys), "script", given)

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
        given = {"scenario": loaded}
        return self._call(lambda: apply(self._realm, loaded).shown(), "scenario", given)

    def callback(self, app_key: str, url: str) -> dict[str, Any]:
        """Let tasks of this AppKey that want callbacks send them to ``url``, and try it at once.

        The address stands however the trial went. Returns ``{"delivered": True, "status": 200}`` or
        ``{"delivered": False, "error": "a sentence"}``; that takes up to 5 s. Whoever answers at
        ``url`` must be able to answer meanwhile.

        Raises:
            ValueError: ``app_key`` is empty or ``url`` is no address of a web server.
        """
        given = {"app_key": app_key, "url": url}
        return self._do(lambda realm: realm.callbacks.register(app_key, url), "callback", given)

    def app(self, app_id: str, **settings: Any) -> dict[str, Any] | None:
        """Configure an app of DashScope, as its console does.

        ``settings`` are those of `mock_tingwu.core.apps.App`: parameters, published, callback,
        callback_form, terminologies. With a callback address, which is tried at once, it returns
        what `callback` returns, else None. With any app configured, other appIds are refused.

        Raises:
            ValueError: something makes no sense; the message says what was expected.
        """
        given = {"app_id": app_id, "settings": settings}
        return self._do(lambda realm: configure(realm, app_id, settings), "app", given)[1]

    def host_file(self, path: Path | str) -> str:
        """Serve a local file from where it is; return its URL, for a FileUrl.

        The same file always has the same URL. `reset` forgets it; the file itself stays.

        Raises:
            OSError: it cannot be read.
        """
        from mock_tingwu.services.hosting import local_file

        file = local_file(Path(path))
        given = {"path": file.path}
        added = self._call(lambda: self._realm.hosted.add(file), "host_file", given)
        return self.url + added.url_path

    def _do(
        self,
        do: Callable[[Realm], Coroutine[Any, Any, T]],
        act: str = "",
        arguments: Mapping[str, Any] | None = None,
    ) -> T:
        """Run what ``do`` makes of the scope on the mock's thread."""

        async def run() -> T:
            return await do(self._realm)

        return self._run(run(), act, arguments)


class ClockControls:
    """The clock of one scope."""

    def __init__(self, mock: Controls) -> None:
        self._mock = mock

    @property
    def mode(self) -> str:
        """``system``, or ``virtual``: it stands still until it is advanced."""
        mock = self._mock
        virtual = mock.call(lambda: isinstance(mock._realm.clock, VirtualClock))
        return "virtual" if virtual else "system"

    def now(self) -> int:
        """The time in ms since the epoch."""
        return self._mock.now()

    def advance(
        self,
        milliseconds: int = 0,
        *,
        seconds: float = 0,
        minutes: float = 0,
        hours: float = 0,
        days: float = 0,
    ) -> None:
        """Move a virtual clock on by the sum of these; see `Controls.advance`.

        Raises:
            ValueError: the clock is the system's, or time would run backwards.
        """
        hours += days * 24
        minutes += hours * 60
        seconds += minutes * 60
        self._mock.advance(milliseconds + round(seconds * 1000))


class FaultRules:
    """The rules of a running mock by which calls and tasks go wrong (docs/control.md, Faults)."""

    def __init__(self, mock: Controls) -> None:
        self._mock = mock

    def _do(self, do: Callable[[Faults], T], act: str = "", **given: Any) -> T:
        mock = self._mock
        return mock._call(lambda: do(mock._realm.faults), act, given)

    def add(
        self,
        action: Mapping[str, Any] | str,
        *,
        match: Mapping[str, Any] | None = None,
        times: int | None = None,
    ) -> str:
        """Put a rule in force; return its id.

        ``action`` is ``{"type": "api_error", "code": "BRK.OverdueTenant"}``, say, or the name of a
        failure such as ``task.TSC.AudioFormat``; without ``match`` it is done to every call,
        without ``times`` for ever.

        Raises:
            ValueError: the rule makes no sense.
        """
        what = "scenario" if isinstance(action, str) else "action"
        rule = {"match": match or {}, what: action, "times": times}
        return self._do(lambda faults: faults.add(rule).id, "add_fault", rule=rule)

    def list(self) -> list[dict[str, Any]]:
        """The rules in force, oldest first, each with its id and how often it has ``fired``."""
        return self._do(lambda faults: [rule.shown() for rule in faults.rules])

    def remove(self, fault_id: str) -> None:
        """Drop a rule.

        Raises:
            ValueError: there is none of this id.
        """
        found = self._do(lambda faults: faults.remove(fault_id), "remove_fault", fault_id=fault_id)
        if not found:
            raise ValueError(f"fault_id is {fault_id!r}, expected one of list()")

    def clear(self) -> None:
        """Drop all rules."""
        self._do(lambda faults: faults.clear(), "clear_faults")
