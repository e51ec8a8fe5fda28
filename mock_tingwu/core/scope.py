"""A scope: one independent world of tasks, time, identifiers and journal.

Nothing in the core is global. A server has one default scope; tests may have as many as they like.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mock_tingwu.core.clock import Clock
from mock_tingwu.core.ids import Ids
from mock_tingwu.core.journal import Entry, Journal
from mock_tingwu.core.meeting import Meeting
from mock_tingwu.core.options import Options
from mock_tingwu.core.recognizer import Playlist, Recognizer, scripted
from mock_tingwu.core.script import LANGUAGES, Script
from mock_tingwu.core.stream import AudioStream
from mock_tingwu.core.tasks import REALTIME_TASK, RESULT_INTERVAL_MS, Status, TaskEvent


class Pusher(Protocol):
    """A connection that feeds a task."""

    @property
    def streaming(self) -> bool:
        """Whether its stream has been started and not ended."""
        ...

    def task_ended(self) -> None:
        """The task was stopped: flush what was heard into the task, then say goodbye."""
        ...

    def task_failed(self) -> None:
        """The task has failed: say so and take nothing more."""
        ...


@dataclass(slots=True, eq=False)
class Task:
    """One realtime meeting.

    ``results`` tells when (ms) each kind of result was ready; ``files`` names the finished media
    files by suffix; times are those of the scope's clock.
    """

    id: str
    key: str | None
    app_key: str
    options: Options
    language: str
    format: str
    sample_rate: int
    created: int
    join_token: str
    stream: AudioStream
    status: Status = REALTIME_TASK.initial
    results: dict[str, int] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    error_code: str | None = None
    error_message: str | None = None
    pushers: dict[Pusher, None] = field(default_factory=dict)
    sessions: int = 0

    @property
    def meeting(self) -> Meeting:
        return self.stream.meeting


class ScriptBook:
    """Which script a task hears: one registered for its TaskKey or AppKey, else by language."""

    def __init__(self) -> None:
        self._by_task_key: dict[str, Script] = {}
        self._by_app_key: dict[str, Script] = {}

    def register(
        self, script: Script, *, task_key: str | None = None, app_key: str | None = None
    ) -> None:
        """Let tasks with this TaskKey or AppKey hear ``script``.

        Raises:
            ValueError: neither key is given.
        """
        if not (task_key or app_key):
            raise ValueError("a script needs a task_key or an app_key to be registered for")
        if task_key:
            self._by_task_key[task_key] = script
        if app_key:
            self._by_app_key[app_key] = script

    def choose(
        self,
        *,
        task_key: str | None,
        app_key: str,
        language: str,
        hints: Sequence[str],
        number: int,
    ) -> Sequence[Script]:
        """The scripts to hear in turn. ``number`` decides which of a language comes first.

        After the meetings in several languages come those in each of the languages ``hints``.
        """
        registered = self._by_task_key.get(task_key or "", self._by_app_key.get(app_key))
        if registered is not None:
            return [registered]
        # Loaded with the first task: a server should answer as soon as it can.
        from mock_tingwu.core import scripts

        library = scripts.library("multilingual" if language == "fspk" else language)
        first = number % len(library)
        hinted = [script for hint in hints if hint in LANGUAGES for script in scripts.library(hint)]
        return [*library[first:], *library[:first], *hinted]


class Scope:
    """One world. ``seed`` decides every identifier that it hands out.

    ``taps`` see every journal entry; see `Journal`.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        seed: int = 0,
        name: str = "default",
        result_interval: int = RESULT_INTERVAL_MS,
        make_recognizer: Callable[[Playlist, int, int], Recognizer] = scripted,
        taps: Sequence[Callable[[Entry], None]] = (),
    ) -> None:
        self.name = name
        self.clock = clock
        self.ids = Ids(seed)
        self.journal = Journal(clock.now, name, taps)
        self.scripts = ScriptBook()
        self.tasks: dict[str, Task] = {}
        self.result_interval = result_interval
        self.account_id = str(10**15 + self.ids.number("account") % (9 * 10**15))
        self._by_token: dict[str, Task] = {}
        self._make_recognizer = make_recognizer
        #: Called when a task's audio is over: media files are finished there.
        self.on_audio_over: Callable[[Scope, Task], None] = lambda scope, task: None

    def create_task(
        self,
        *,
        options: Options,
        language: str,
        audio_format: str,
        sample_rate: int,
        app_key: str,
        key: str | None = None,
        language_hints: Sequence[str] = (),
    ) -> Task:
        """A new realtime task, ready for audio."""
        task_id = self.ids.hex32("task")
        number = self.ids.number("script", task_id)
        if language == "fspk":
            language_hints = ("cn", "en")
        playlist = Playlist(
            self.scripts.choose(
                task_key=key,
                app_key=app_key,
                language=language,
                hints=language_hints,
                number=number,
            ),
            language_hints,
        )
        diarized = options.diarization or options.realtime_diarization
        recognizer = self._make_recognizer(
            playlist, sample_rate, options.speaker_count if diarized else 1
        )
        meeting = Meeting(
            language,
            paragraph_seed=number,
            diarized=diarized,
            # Realtime diarization counts from 0, in results too (realtime-ws 3.5).
            first_speaker_id=0 if options.realtime_diarization else 1,
        )
        task = Task(
            id=task_id,
            key=key,
            app_key=app_key,
            options=options,
            language=language,
            format=audio_format,
            sample_rate=sample_rate,
            created=self.clock.now(),
            join_token=self.ids.join_token(task_id),
            stream=AudioStream(recognizer, meeting),
        )
        self.tasks[task_id] = task
        self._by_token[task.join_token] = task
        return task

    def task_of_token(self, join_token: str) -> Task | None:
        """The task whose MeetingJoinUrl carries ``join_token``."""
        return self._by_token.get(join_token)

    def move(self, task: Task, event: TaskEvent, why: str) -> None:
        """Apply ``event`` to the task's lifecycle and journal the transition.

        Raises:
            InvalidTransition: the task's status has no such transition.
        """
        before = task.status
        task.status = REALTIME_TASK.after(before, event)
        if task.status is not before:
            self.journal.record(
                "transition",
                "core",
                task.id,
                event=event.name,
                before=before.name,
                after=task.status.name,
                why=why,
            )

    def stop(self, task: Task) -> None:
        """End the task as the API's stop does. Stopping again changes nothing."""
        if (task.status, TaskEvent.STOP) not in REALTIME_TASK.table:
            return
        for pusher in list(task.pushers):
            pusher.task_ended()
        self.on_audio_over(self, task)
        kinds = task.options.result_kinds()
        if kinds == ("Transcription",) and not task.files:
            task.results["Transcription"] = self.clock.now()
            self.move(task, TaskEvent.STOP, "stop was called and recognition alone was asked for")
            return
        self.move(task, TaskEvent.STOP_AND_PROCESS, "stop was called and results are to be made")
        self._make_next_result(task, list(kinds))

    def _make_next_result(self, task: Task, kinds: list[str]) -> None:
        def ready() -> None:
            if task.status is not Status.FINISHING:
                return
            kind = kinds.pop(0)
            task.results[kind] = self.clock.now()
            self.journal.record("note", "core", task.id, text=f"the result {kind} is ready")
            if kinds:
                self._make_next_result(task, kinds)
            else:
                self.move(task, TaskEvent.RESULTS_READY, "every result is ready")

        self.clock.call_later(self.result_interval, ready)

    def fail(self, task: Task, code: str, message: str, why: str) -> None:
        """End the task as FAILED with an ErrorCode and ErrorMessage.

        Raises:
            InvalidTransition: the task has already ended.
        """
        self.move(task, TaskEvent.FAIL, why)
        task.error_code, task.error_message = code, message
        for pusher in list(task.pushers):
            pusher.task_failed()
        self.on_audio_over(self, task)
