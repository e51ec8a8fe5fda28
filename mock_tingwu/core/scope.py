"""A scope: one independent world of tasks, time, identifiers and journal.

Nothing in the core is global. A server has one default scope; tests may have as many as they like.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol
from urllib.parse import urlsplit

from mock_tingwu.core.awkward.habits import PLAIN, Profile
from mock_tingwu.core.clock import Clock
from mock_tingwu.core.faults import Faults, Subject, TaskFailure, TaskLoss, new_task
from mock_tingwu.core.ids import Ids
from mock_tingwu.core.imagination import same_every_time
from mock_tingwu.core.journal import Entry, Journal
from mock_tingwu.core.lifecycle import Lifecycle
from mock_tingwu.core.meeting import Meeting
from mock_tingwu.core.options import Options
from mock_tingwu.core.phrases import PhraseBook
from mock_tingwu.core.recognizer import Playlist, Recognizer, ScriptedRecognizer, scripted
from mock_tingwu.core.script import Script
from mock_tingwu.core.script_book import Choice, ScriptBook
from mock_tingwu.core.stream import AudioStream
from mock_tingwu.core.tasks import (
    LIVE_TASK,
    OFFLINE_TASK,
    REALTIME_TASK,
    RESULT_INTERVAL_MS,
    Status,
    TaskEvent,
)

if TYPE_CHECKING:
    from mock_tingwu.core.awkward.manners import Manners

#: Recordings are decoded to this rate in Hz, whatever theirs is.
DECODED_RATE: Final = 16_000
#: The cloud's services that have tasks.
Service = Literal["tingwu", "dashscope", "live"]
#: What SourceLanguage auto decides among (tingwu-openapi 1.1).
AUTO_LANGUAGES: Final = frozenset({"cn", "en", "ja", "yue", "ko"})
_DAY_MS: Final = 24 * 60 * 60 * 1000
_BEIJING_MS: Final = 8 * 60 * 60 * 1000


class Pusher(Protocol):
    """What feeds a task: mostly a connection."""

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


@dataclass(frozen=True, slots=True)
class Order:
    """What a CreateTask asks for, whatever the kind of task.

    ``service`` is the one that was asked, ``model`` what DashScope calls the kind of work.
    ``words`` are hot words, heaviest first. ``callbacks``: whether the project's callback address
    is told of every step. ``origin`` is the address at which the caller reaches us, where links
    lead. ``output`` is the bucket and folder that results are to be found in, None for the usual.
    ``parameters`` are DashScope's, as they were asked for.
    """

    options: Options
    language: str
    app_key: str
    key: str | None = None
    language_hints: Sequence[str] = ()
    words: Sequence[str] = ()
    callbacks: bool = False
    origin: str = ""
    output: tuple[str, str] | None = None
    service: Service = "tingwu"
    model: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


class TooLate(ValueError):
    """A task cannot hear anything else any more; the message says why."""


@dataclass(slots=True, eq=False)
class Task:
    """One meeting, pushed as a stream or recorded in a file.

    ``results`` tells when (ms) each kind of result was ready, ``earlier`` the same of those that a
    second run replaced, with the options that they were made by; ``failed_results`` are those that
    could not be made; ``files`` names the finished
    media files by suffix; times are those of the scope's clock. ``format``, ``sample_rate`` (Hz)
    and ``join_token`` belong to realtime tasks, ``file_url`` and ``channel_mode`` to offline ones;
    the ``file_url`` of a live task is the stream that it listens to. ``updated`` is when the status
    changed last. ``playlist`` is what it hears.
    """

    id: str
    order: Order
    language: str
    created: int
    updated: int
    stream: AudioStream
    playlist: Playlist
    lifecycle: Lifecycle[Status, TaskEvent]
    status: Status
    options: Options
    format: str = ""
    sample_rate: int = DECODED_RATE
    join_token: str = ""
    file_url: str | None = None
    channel_mode: str = ""
    results: dict[str, int] = field(default_factory=dict)
    earlier: list[tuple[str, int, Options]] = field(default_factory=list)
    files: dict[str, int] = field(default_factory=dict)
    failed_results: set[str] = field(default_factory=set)
    doomed_results: frozenset[str] = frozenset()
    #: How a fault wants it to fail at a later stage.
    doom: TaskFailure | None = None
    error_code: str | None = None
    error_message: str | None = None
    pushers: dict[Pusher, None] = field(default_factory=dict)
    sessions: int = 0

    @property
    def meeting(self) -> Meeting:
        return self.stream.meeting

    @property
    def key(self) -> str | None:
        return self.order.key

    @property
    def app_key(self) -> str:
        return self.order.app_key

    @property
    def origin(self) -> str:
        return self.order.origin

    @property
    def callbacks(self) -> bool:
        return self.order.callbacks

    @property
    def offline(self) -> bool:
        """Whether it works on something that is there from the beginning, a file or a text."""
        return self.lifecycle is OFFLINE_TASK

    def can(self, event: TaskEvent) -> bool:
        """Whether ``event`` is possible in the task's status."""
        return (self.status, event) in self.lifecycle.table


@dataclass(frozen=True, slots=True)
class Stored:
    """What is behind a link that does not say it: a result by its kind, or a media file by suffix.

    ``made`` is when (ms), ``options`` what it is made by, ``show`` puts a core result into the form
    of the file, in which links live for ``link_seconds``.
    """

    task: Task
    kind: str
    made: int
    options: Options
    show: Callable[[Any], Any]
    link_seconds: int


class Scope:
    """One world. ``seed`` decides every identifier that it hands out, ``profile`` its manners.

    ``taps`` see every journal entry, which shows no ``secrets``; see `Journal`.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        seed: int | str = 0,
        name: str = "default",
        result_interval: int = RESULT_INTERVAL_MS,
        make_recognizer: Callable[[Playlist, int, int], Recognizer] = scripted,
        taps: Sequence[Callable[[Entry], None]] = (),
        secrets: Collection[str] = (),
        profile: Profile = PLAIN,
    ) -> None:
        self.name = name
        self.clock = clock
        self.ids = Ids(seed)
        self.journal = Journal(clock.now, name, taps, secrets)
        #: How it is awkward, None where it is not.
        self.manners: Manners | None = None
        if profile.habits:
            self._be_awkward(profile, seed)
        self.faults = Faults(self.ids, self.journal)
        self.scripts = ScriptBook()
        self.phrases = PhraseBook(self.ids)
        self.tasks: dict[str, Task] = {}
        #: Files by the keys of their bucket, as far as these are no names.
        self.objects: dict[str, Stored] = {}
        #: Temporary keys of DashScope, and when (ms) each expires.
        self.temporary_keys: dict[str, int] = {}
        self.result_interval = result_interval
        self.account_id = str(10**15 + self.ids.number("account") % (9 * 10**15))
        self._by_token: dict[str, Task] = {}
        # The present day, and the ms that each task has used of it.
        self._offline_day: tuple[int, dict[str, int]] = (0, {})
        self._make_recognizer = make_recognizer
        #: Called when a task's audio is over: media files are finished there.
        self.on_audio_over: Callable[[Scope, Task], None] = lambda scope, task: None
        #: Called with a new offline task: its file is read there, until `heard` or `fail`.
        self.on_file: Callable[[Scope, Task], None] = lambda scope, task: None
        #: Called with what a task has got to: a kind of result, COMPLETED or FAILED.
        self.on_progress: Callable[[Scope, Task, str], None] = lambda scope, task, step: None

    def _be_awkward(self, profile: Profile, seed: int | str) -> None:
        # Loaded with the first scope that is.
        from mock_tingwu.core.awkward.manners import AwkwardIds, Manners

        if "request-ids" in profile.habits:
            self.ids = AwkwardIds(seed)
        self.manners = Manners(profile, self.ids)
        text = f"the profile is {profile}: {', '.join(self.manners.habits)}"
        self.journal.record("note", "core", text=text)

    def create_realtime(
        self, order: Order, *, audio_format: str, sample_rate: int, end_silence: int | None = None
    ) -> Task:
        """A new task, ready for audio. After ``end_silence`` ms a sentence ends, None for usual."""
        task = self._new_task(order, REALTIME_TASK, order.language, sample_rate)
        if end_silence is not None and isinstance(task.stream.recognizer, ScriptedRecognizer):
            task.stream.recognizer.wait_for_silence(end_silence)
        task.format, task.sample_rate = audio_format, sample_rate
        task.join_token = self.ids.join_token(task.id)
        self._by_token[task.join_token] = task
        self._doom(task)
        return task

    def create_offline(self, order: Order, *, file_url: str, channel_mode: str = "") -> Task:
        """A new task that reads a file.

        Where the language is left to us, a script registered for the task decides it, then the
        file's name (``standup-en.mp3``), and without either it is Chinese.
        """
        registered = self.scripts.registered(
            task_key=order.key, app_key=order.app_key, file_url=file_url
        )
        language = _language(order, file_url, registered)
        task = self._new_task(order, OFFLINE_TASK, language, DECODED_RATE, file_url)
        task.file_url, task.channel_mode = file_url, channel_mode
        if not self._doom(task):
            self.on_file(self, task)
        return task

    def create_from_text(self, order: Order, script: Script) -> Task:
        """A new task on a conversation that somebody has written down: ``script``, all of it."""
        task = self._new_task(order, OFFLINE_TASK, script.language, DECODED_RATE, script=script)
        if not self._doom(task):
            task.stream.read(script)
            self.clock.call_later(0, lambda: self._read(task))
        return task

    def create_live(self, order: Order, *, stream_url: str | None) -> Task:
        """A new task that listens to a live stream, or without a URL to somebody in a channel.

        The same stream says the same every time.
        """
        task = self._new_task(order, LIVE_TASK, order.language, DECODED_RATE, stream_url)
        task.file_url = stream_url
        self._doom(task)
        return task

    def end_live(self, task: Task, event: TaskEvent, why: str) -> None:
        """End a live task: by a stop, or because its stream is gone.

        It may have failed by its last words.
        """
        for pusher in list(task.pushers):
            pusher.task_ended()
        if task.can(event):
            self.move(task, event, why)

    def forget(self, task: Task) -> None:
        """Let nobody find the task any more."""
        self.tasks.pop(task.id, None)

    def _read(self, task: Task) -> None:
        if task.can(TaskEvent.HEARD):
            self.heard(task)

    def find(self, task_id: object, service: Service) -> Task | None:
        """The service's task of this id, if there is one."""
        task = self.tasks.get(task_id) if isinstance(task_id, str) else None
        return task if task is not None and task.order.service == service else None

    def _doom(self, task: Task) -> bool:
        """See whether a fault wants the new task to fail, and let it. A doomed file is not read."""
        subject = _subject(task)
        if task.lifecycle is not LIVE_TASK:  # its captions are no results
            task.doomed_results = self.faults.subtask_failures(subject)
        self.faults.mark(subject)
        failure = self.faults.task_failure(subject)
        if isinstance(failure, TaskLoss):
            self.clock.call_later(failure.after_ms, lambda: self.lose(task))
            return not failure.after_ms
        task.doom = failure
        return self._reach(task, "creation")

    def _reach(self, task: Task, stage: str) -> bool:
        """The task has got to a stage: whether it is to fail there. It will then."""
        doom = task.doom
        if doom is None or doom.stage != stage:
            return False
        task.doom = None

        def fail() -> None:
            if task.can(TaskEvent.FAIL):
                self.fail(task, doom.code, doom.message, "a fault says so")

        self.clock.call_later(doom.after_ms, fail)
        return True

    def lose(self, task: Task) -> None:
        """Forget a task as if the cloud had never had it: its status is INVALID from now on."""
        if self.tasks.pop(task.id, None) is None:
            return
        self._by_token.pop(task.join_token, None)
        self.journal.record("note", "core", task.id, text="the task is forgotten: a fault says so")
        for pusher in list(task.pushers):
            pusher.task_ended()
        self.on_audio_over(self, task)

    def _new_task(
        self,
        order: Order,
        lifecycle: Lifecycle[Status, TaskEvent],
        language: str,
        sample_rate: int,
        file_url: str | None = None,
        script: Script | None = None,
    ) -> Task:
        task_id = self._new_id(order.service)
        options = order.options
        playlist = Playlist(*self._heard_by(order, task_id, language, file_url, script))
        diarized = options.diarization or options.realtime_diarization
        recognizer = self._make_recognizer(
            playlist, sample_rate, options.speaker_count if diarized else 1
        )
        meeting = Meeting(
            language,
            paragraph_seed=self.ids.number("script", task_id),
            diarized=diarized,
            # Realtime diarization counts from 0, in results too (realtime-ws 3.5).
            first_speaker_id=0 if options.realtime_diarization else 1,
        )
        task = Task(
            id=task_id,
            order=order,
            language=language,
            created=self.clock.now(),
            updated=self.clock.now(),
            stream=AudioStream(recognizer, meeting),
            playlist=playlist,
            lifecycle=lifecycle,
            status=lifecycle.initial,
            options=options,
        )
        self.tasks[task_id] = task
        return task

    def _heard_by(
        self,
        order: Order,
        task_id: str,
        language: str,
        file_url: str | None,
        script: Script | None,
    ) -> tuple[list[Script], Sequence[str]]:
        """What a task hears, and the languages that alone are heard of it.

        ``script``: just this one, whatever is registered.
        """
        # The same recording says the same every time; a meeting is a new one every time.
        source = task_id if file_url is None else _place(file_url)
        hints = ("cn", "en") if language == "fspk" else order.language_hints
        choice = (
            Choice([script], registered=True)
            if script is not None
            else self.scripts.choose(
                task_key=order.key,
                app_key=order.app_key,
                file_url=file_url,
                language=language,
                hints=hints,
                number=self.ids.number("script", source),
            )
        )
        # Loaded with the first task, as the scripts are.
        from mock_tingwu.core.adapt import adapted

        scripts = [
            adapted(heard, order.options, order.words, registered=choice.registered, hints=hints)
            for heard in choice.scripts
        ]
        return scripts, hints

    def rescript(self, task: Task, script: Script | None) -> None:
        """Let a task that has heard nothing yet hear ``script``; without one, what new tasks would.

        Where the language was left to us, the script decides it.

        Raises:
            TooLate: the task has heard something, or has ended.
        """
        if task.status not in (Status.NEW, Status.ONGOING, Status.PAUSED):
            raise TooLate(f"the task is {task.status.wire} and hears nothing any more")
        order, file_url = task.order, task.file_url
        registered = script or self.scripts.registered(
            task_key=order.key, app_key=order.app_key, file_url=file_url
        )
        language = _language(order, file_url, registered)
        heard = self._heard_by(order, task.id, language, file_url, script)
        if task.meeting.sentences or not task.playlist.replace(*heard):
            raise TooLate("the task has heard something already")
        task.language = task.meeting.language = language
        what = f"the script {script.id}" if script else "what new tasks of its kind hear"
        self.journal.record("note", "core", task.id, text=f"it hears {what}")

    def _new_id(self, service: Service) -> str:
        if service == "tingwu":
            return self.ids.hex32("task")
        return self.ids.data_id() if service == "dashscope" else self.ids.asr_id()

    def task_of_token(self, join_token: str) -> Task | None:
        """The task whose MeetingJoinUrl carries ``join_token``."""
        return self._by_token.get(join_token)

    def move(self, task: Task, event: TaskEvent, why: str) -> None:
        """Apply ``event`` to the task's lifecycle and journal the transition.

        Raises:
            InvalidTransition: the task's status has no such transition.
        """
        before = task.status
        task.status = task.lifecycle.after(before, event)
        if event in (TaskEvent.AUDIO, TaskEvent.HEARD):
            self._reach(task, "audio")
        if task.status is not before:
            task.updated = self.clock.now()
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
        """End a realtime task as the API's stop does. Stopping again changes nothing."""
        if not task.can(TaskEvent.STOP):
            return
        for pusher in list(task.pushers):
            pusher.task_ended()
        self.on_audio_over(self, task)
        kinds = task.options.result_kinds(offline=task.offline)
        doomed = task.doom is not None and task.doom.stage in ("processing", "Transcription")
        late = self.manners is not None and self.manners.has("late-results")
        if kinds == ("Transcription",) and not task.files and not doomed and not late:
            self._result_ready(task, "Transcription")
            self.move(task, TaskEvent.STOP, "stop was called and recognition alone was asked for")
            self.on_progress(self, task, task.status.name)
            return
        self.move(task, TaskEvent.STOP_AND_PROCESS, "stop was called and results are to be made")
        self._reach(task, "processing")
        self._make_results(task, kinds)

    @property
    def streams(self) -> int:
        """How many tasks are being streamed into. Live ones fetch their stream themselves."""
        return sum(
            any(pusher.streaming for pusher in task.pushers)
            for task in self.tasks.values()
            if task.lifecycle is REALTIME_TASK
        )

    @property
    def offline_ms_today(self) -> int:
        """How much recording has been taken today, Beijing time, in ms."""
        return sum(self._used_today().values())

    def use_offline(self, task: Task, milliseconds: int) -> None:
        """Count a recording as used, before it is read: others must not use the same."""
        self._used_today()[task.id] = milliseconds

    def _used_today(self) -> dict[str, int]:
        today = (self.clock.now() + _BEIJING_MS) // _DAY_MS
        if self._offline_day[0] != today:
            self._offline_day = (today, {})
        return self._offline_day[1]

    def heard(self, task: Task) -> None:
        """The recording of an offline task has been read and recognised: make its results.

        Raises:
            InvalidTransition: the task has ended or was read before.
        """
        self.move(task, TaskEvent.HEARD, "the recording was read")
        self.use_offline(task, task.stream.position)
        self._reach(task, "processing")
        self._make_results(task, task.options.result_kinds(offline=True))

    def rerun(self, task: Task, options: Options) -> None:
        """Make other results of what a finished task heard. Those made before stay, or can still
        be had at their old links.

        Raises:
            InvalidTransition: the task is not COMPLETED.
        """
        self.move(task, TaskEvent.RERUN, "CreateTask named the finished task")
        kinds = [
            kind for kind in options.result_kinds(offline=task.offline) if kind != "Transcription"
        ]
        for kind in kinds:
            if kind in task.results:
                task.earlier.append((kind, task.results.pop(kind), task.options))
        task.failed_results.difference_update(kinds)
        task.doomed_results = self.faults.subtask_failures(_subject(task))
        task.options = task.options.rerun(options)
        self._make_results(task, kinds)

    def _make_results(self, task: Task, kinds: Sequence[str]) -> None:
        manners = self.manners
        in_turn = list(kinds) if manners is None else manners.in_turn(kinds, task.id)
        self._make_next_result(task, in_turn)

    def _make_next_result(self, task: Task, kinds: list[str]) -> None:
        def ready() -> None:
            if task.status is not Status.FINISHING:
                return
            if kinds and self._reach(task, kinds[0]):
                return
            if kinds:
                self._result_over(task, kinds.pop(0))
            if kinds:
                self._make_next_result(task, kinds)
            else:
                self.move(task, TaskEvent.RESULTS_READY, "every result is ready")
                self.on_progress(self, task, task.status.name)

        interval = self.result_interval
        if self.manners is not None:
            interval = self.manners.gap(interval, task.id, *kinds)
        self.clock.call_later(interval, ready)

    def _result_over(self, task: Task, kind: str) -> None:
        if kind in task.doomed_results:
            task.failed_results.add(kind)
            self.journal.record("note", "core", task.id, text=f"the result {kind} has failed")
        else:
            task.failed_results.discard(kind)
            self._result_ready(task, kind)

    def _result_ready(self, task: Task, kind: str) -> None:
        task.results[kind] = self.clock.now()
        self.journal.record("note", "core", task.id, text=f"the result {kind} is ready")
        self.on_progress(self, task, kind)

    def fail(self, task: Task, code: str, message: str, why: str) -> None:
        """End the task as FAILED with an ErrorCode and ErrorMessage.

        Raises:
            InvalidTransition: the task has already ended.
        """
        self.move(task, TaskEvent.FAIL, why)
        self._used_today().pop(task.id, None)
        task.error_code, task.error_message = code, message
        for pusher in list(task.pushers):
            pusher.task_failed()
        self.on_audio_over(self, task)
        self.on_progress(self, task, task.status.name)


def _subject(task: Task) -> Subject:
    """The making of ``task``, for rules that are about it."""
    return new_task(
        service=task.order.service,
        task_key=task.key,
        app_key=task.app_key,
        file_url=task.file_url,
        task_id=task.id,
    )


def _place(file_url: str) -> str:
    try:
        return same_every_time(urlsplit(file_url))
    except ValueError:
        return file_url  # it will not be read


def _language(order: Order, file_url: str | None, registered: Script | None) -> str:
    """The language of a new task for which a script may be ``registered``."""
    if order.language != "auto":
        return order.language
    decided = registered.language if registered else _language_in(file_url or "")
    return decided if decided in AUTO_LANGUAGES else "cn"


def _language_in(file_url: str) -> str:
    """The language that a file's name tells as a part of its own, or nothing."""
    path = re.sub(r"^[a-z]+://[^/]*", "", file_url.lower().partition("?")[0])
    parts = re.split(r"[^a-z]+", path)
    return next((part for part in reversed(parts) if part in AUTO_LANGUAGES), "")
