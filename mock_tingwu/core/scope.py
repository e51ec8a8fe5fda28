"""A scope: one independent world of tasks, time, identifiers and journal.

Nothing in the core is global. A server has one default scope; tests may have as many as they like.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol
from urllib.parse import urlsplit

from msgspec import Struct, field

from mock_tingwu.core.awkward.habits import PLAIN, Profile
from mock_tingwu.core.clock import Clock, Timer
from mock_tingwu.core.faults import Faults, Subject, TaskFailure, TaskLoss, new_task
from mock_tingwu.core.history import Cause, History
from mock_tingwu.core.ids import Ids
from mock_tingwu.core.imagination import same_every_time
from mock_tingwu.core.journal import Entry, Journal
from mock_tingwu.core.lifecycle import Lifecycle
from mock_tingwu.core.meeting import Meeting
from mock_tingwu.core.options import Options
from mock_tingwu.core.phrases import PhraseBook
from mock_tingwu.core.recognizer import Playlist, Recognizer, ScriptedRecognizer, scripted
from mock_tingwu.core.script import Script
from mock_tingwu.core.script_book import TASK_KINDS, Choice, ScriptBook
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
#: So much of a cause is kept, in characters.
_LONGEST_CAUSE: Final = 200
#: What a task comes to. A second run may follow.
_ENDS: Final = frozenset({Status.COMPLETED, Status.FAILED})
#: The key of what tasks have used of the day that are forgotten.
_FORGOTTEN: Final = ""
#: Why what was going on was interrupted, in the journal.
RESTARTED: Final = "the mock was restarted"
_DAY_MS: Final = 24 * 60 * 60 * 1000
_BEIJING_MS: Final = 8 * 60 * 60 * 1000
#: How long a meeting may last from its creation, in ms (realtime-ws 1.5, dashscope-tingwu 3).
LONGEST_MEETING_MS: Final = _DAY_MS
#: Tasks of one scope. The cloud forgets them some time after their end, too.
MOST_TASKS: Final = 120_000


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


class Order(Struct, frozen=True):
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


class Doom(Struct, frozen=True):
    """The task is to fail with this ErrorCode and ErrorMessage ``at`` this moment (ms).

    ``by`` is the rule that wants it.
    """

    code: str
    message: str
    at: int
    by: str


class Task(Struct, eq=False):
    """One meeting, pushed as a stream or recorded in a file.

    ``results`` tells when (ms) each kind of result was ready, ``earlier`` the same of those that a
    second run replaced, with the options that they were made by; ``failed_results`` are those that
    could not be made; ``files`` names the finished
    media files by suffix; times are those of the scope's clock. ``format``, ``sample_rate`` (Hz)
    and ``join_token`` belong to realtime tasks, ``file_url`` and ``channel_mode`` to offline ones;
    the ``file_url`` of a live task is the stream that it listens to. ``updated`` is when the status
    changed last; ``history`` tells of every change. ``to_make`` are the results still to be made,
    the first of them at ``due``; ``playlist`` is what the recognizer hears.
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
    #: How a fault wants it to fail at a later stage, and which rule does.
    doom: TaskFailure | None = None
    doomed_by: str = ""
    #: How it is going to fail: it does not complete before that.
    failing: Doom | None = None
    #: When (ms) it is going to be forgotten.
    lost_at: int | None = None
    to_make: list[str] = field(default_factory=list)
    due: int = 0
    error_code: str | None = None
    error_message: str | None = None
    pushers: dict[Pusher, None] = field(default_factory=dict)
    sessions: int = 0
    history: History = field(default_factory=History)

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


class Stored(Struct, frozen=True):
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

    ``taps`` see every journal entry, which shows no ``secrets``; see `Journal`. ``cause`` tells to
    what it is due that something happens now.
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
        cause: Callable[[], Cause] = dict,
        profile: Profile = PLAIN,
    ) -> None:
        self.name = name
        self._cause = cause
        self.clock = clock
        self.ids = Ids(seed)
        self.journal = Journal(clock.now, name, taps, secrets)
        #: How it is awkward, None where it is not.
        self.manners: Manners | None = None
        if profile.habits:
            self._be_awkward(profile, seed)
        self.faults = Faults(self.ids, self.journal, cause)
        self.scripts = ScriptBook()
        self.phrases = PhraseBook(self.ids)
        self.tasks: dict[str, Task] = {}
        #: Files by the keys of their bucket, as far as these are no names.
        self.objects: dict[str, Stored] = {}
        #: Goes up with every change of them.
        self.objects_version = 0
        #: Temporary keys of DashScope, and when (ms) each expires.
        self.temporary_keys: dict[str, int] = {}
        self.result_interval = result_interval
        self.account_id = str(10**15 + self.ids.number("account") % (9 * 10**15))
        self._by_token: dict[str, Task] = {}
        # Those that have ended, in the order in which they did.
        self._ended: dict[Task, None] = {}
        # What stops each meeting that lasts for too long, and where files of tasks are.
        self._limits: dict[Task, Timer] = {}
        self._object_keys: dict[str, list[str]] = {}
        # The present day, and the ms that each task has used of it.
        self._offline_day: tuple[int, dict[str, int]] = (0, {})
        self._make_recognizer = make_recognizer
        #: Called when a task's audio is over: media files are finished there.
        self.on_audio_over: Callable[[Scope, Task], None] = lambda scope, task: None
        #: Called with a new offline task: its file is read there, until `heard` or `fail`.
        self.on_file: Callable[[Scope, Task], None] = lambda scope, task: None
        #: Called with what a task has got to: a kind of result, COMPLETED or FAILED.
        self.on_progress: Callable[[Scope, Task, str], None] = lambda scope, task, step: None
        #: Called with a task that nobody can find any more: whatever is kept of it can go.
        self.on_forgotten: Callable[[Scope, Task], None] = lambda scope, task: None

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
        self.end_in_time(task)
        return task

    def end_in_time(self, task: Task) -> None:
        """See to it that a meeting is stopped when it has lasted for as long as it may.

        DashScope's are not: no stream into them begins any more, which is all.
        """
        if task.order.service != "tingwu":
            return

        def over() -> None:
            if self.tasks.get(task.id) is task:
                self.stop(task, "the meeting has lasted for 24 hours")

        left = task.created + LONGEST_MEETING_MS - self.clock.now()
        # Somebody may have set the machine's time back since.
        self._limits[task] = self.clock.call_later(min(left, LONGEST_MEETING_MS), over)

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

    def end_live(self, task: Task, event: TaskEvent, why: str, cause: Cause | None = None) -> None:
        """End a live task: by a stop, or because its stream is gone.

        It may have failed by its last words.
        """
        for pusher in list(task.pushers):
            pusher.task_ended()
        if task.can(event):
            self.move(task, event, why, cause)

    def forget(self, task: Task) -> None:
        """Let nobody find the task any more."""
        self._hide(task)
        for key in self._object_keys.pop(task.id, ()):
            self.objects.pop(key, None)
            self.objects_version += 1
        self.faults.unmark(task.id)
        for kind in TASK_KINDS:
            if self.scripts.get(kind, task.id) is not None:
                self.scripts.forget(kind, task.id)
        # What it has used of the day is used all the same.
        used = self._offline_day[1]
        if milliseconds := used.pop(task.id, 0):
            used[_FORGOTTEN] = used.get(_FORGOTTEN, 0) + milliseconds
        self.on_forgotten(self, task)

    def _hide(self, task: Task) -> None:
        self.tasks.pop(task.id, None)
        self._by_token.pop(task.join_token, None)
        self._ended.pop(task, None)
        self._no_limit(task)

    def _no_limit(self, task: Task) -> None:
        limit = self._limits.pop(task, None)
        if limit is not None:
            limit.cancel()

    def keep_object(self, key: str, stored: Stored) -> None:
        """Let there be a file of a task at a key of its bucket."""
        if key not in self.objects:
            self._object_keys.setdefault(stored.task.id, []).append(key)
        self.objects[key] = stored
        self.objects_version += 1

    def _make_room(self) -> None:
        """Forget tasks beyond `MOST_TASKS`: the one that ended first, or else the oldest."""
        while len(self.tasks) >= MOST_TASKS:
            task = next(iter(self._ended), None) or next(iter(self.tasks.values()))
            self.lose(task, f"there are more than {MOST_TASKS} tasks")

    def _read(self, task: Task) -> None:
        if task.can(TaskEvent.HEARD):
            self.heard(task, self.tick())

    def find(self, task_id: object, service: Service) -> Task | None:
        """The service's task of this id, if there is one."""
        task = self.tasks.get(task_id) if isinstance(task_id, str) else None
        return task if task is not None and task.order.service == service else None

    def _doom(self, task: Task) -> bool:
        """See whether a fault wants the new task to fail, and let it. A doomed file is not read."""
        subject = _subject(task)
        if not self.faults.may_touch(subject.texts):
            return False
        if task.lifecycle is not LIVE_TASK:  # its captions are no results
            task.doomed_results = self.faults.subtask_failures(subject)
        self.faults.mark(subject)
        failure = self.faults.task_failure(subject)
        if isinstance(failure, TaskLoss):
            task.lost_at = self.clock.now() + failure.after_ms
            self._await_loss(task, task.lost_at)
            return not failure.after_ms
        task.doom, task.doomed_by = failure, self.faults.acted
        return self._reach(task, "creation")

    def _reach(self, task: Task, stage: str) -> bool:
        """The task has got to a stage: whether it is to fail there. It will then."""
        doom = task.doom
        if doom is None or doom.stage != stage:
            return False
        task.doom = None
        at = self.clock.now() + doom.after_ms
        task.failing = Doom(doom.code, doom.message, at, task.doomed_by)
        self._await_doom(task, task.failing)
        return True

    def _await_loss(self, task: Task, at: int) -> None:
        self.clock.call_later(at - self.clock.now(), lambda: self.lose(task))

    def _await_doom(self, task: Task, doom: Doom) -> None:
        def fail() -> None:
            if task.can(TaskEvent.FAIL):
                cause = {"fault": doom.by, **self.tick()}
                self.fail(task, doom.code, doom.message, "a fault says so", cause)

        self.clock.call_later(doom.at - self.clock.now(), fail)

    def lose(self, task: Task, why: str = "a fault says so") -> None:
        """Forget a task as if the cloud had never had it: its status is INVALID from now on."""
        if self.tasks.get(task.id) is not task:
            return
        self._hide(task)
        self.journal.record("note", "core", task.id, text=f"the task is forgotten: {why}")
        for pusher in list(task.pushers):
            pusher.task_ended()
        self.on_audio_over(self, task)
        self.forget(task)

    def _new_task(
        self,
        order: Order,
        lifecycle: Lifecycle[Status, TaskEvent],
        language: str,
        sample_rate: int,
        file_url: str | None = None,
        script: Script | None = None,
    ) -> Task:
        self._make_room()
        task_id = self._new_id(order.service)
        options = order.options
        playlist = Playlist(*self._heard_by(order, task_id, language, file_url, script))
        meeting = Meeting(
            language,
            paragraph_seed=self.ids.number("script", task_id),
            diarized=options.diarization or options.realtime_diarization,
            # Realtime diarization counts from 0, in results too (realtime-ws 3.5).
            first_speaker_id=0 if options.realtime_diarization else 1,
        )
        recognizer = self.new_recognizer(playlist, sample_rate, options)
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
        self._write_down(task, "CREATE", None, "it was asked for", self._shown_cause(None))
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

    def new_recognizer(self, playlist: Playlist, sample_rate: int, options: Options) -> Recognizer:
        """What hears ``playlist`` in audio of this rate (Hz)."""
        diarized = options.diarization or options.realtime_diarization
        return self._make_recognizer(
            playlist, sample_rate, options.speaker_count if diarized else 1
        )

    def restore(self, task: Task) -> None:
        """Have a task of an earlier scope of this name. `resume` lets it go on."""
        self.tasks[task.id] = task
        if task.join_token:
            self._by_token[task.join_token] = task
        if task.status in _ENDS:
            self._ended[task] = None

    def resume(self, task: Task) -> None:
        """Let a restored task go on with what it was at; the clock must be running.

        What was being pushed into a realtime task counts as broken off: what is open becomes a
        sentence. A recording is read again from its beginning. What a live task listens to is not
        known here.
        """
        if task.failing is not None and task.can(TaskEvent.FAIL):
            self._await_doom(task, task.failing)
        if task.lost_at is not None:
            self._await_loss(task, task.lost_at)
        if task.status is Status.FINISHING:
            self._await_result(task)
        elif task.lifecycle is REALTIME_TASK and task.status is Status.ONGOING:
            task.stream.flush()
            self.move(task, TaskEvent.STREAM_ENDED, RESTARTED)
        elif task.offline and task.status is Status.ONGOING and task.failing is None:
            if task.file_url is None:
                self.clock.call_later(0, lambda: self._read(task))
            else:
                self._begin_anew(task)
                self.on_file(self, task)
        if task.lifecycle is REALTIME_TASK and task.can(TaskEvent.STOP):
            self.end_in_time(task)

    def _begin_anew(self, task: Task) -> None:
        """Forget what was heard of a recording so far."""
        task.playlist = Playlist(task.playlist.scripts, task.playlist.hints)
        old = task.meeting
        meeting = Meeting(old.language, old.paragraph_seed, old.diarized, old.first_speaker_id)
        recognizer = self.new_recognizer(task.playlist, task.sample_rate, task.options)
        task.stream = AudioStream(recognizer, meeting)

    def _new_id(self, service: Service) -> str:
        if service == "tingwu":
            return self.ids.hex32("task")
        return self.ids.data_id() if service == "dashscope" else self.ids.asr_id()

    def task_of_token(self, join_token: str) -> Task | None:
        """The task whose MeetingJoinUrl carries ``join_token``."""
        return self._by_token.get(join_token)

    def tick(self) -> Cause:
        """The cause of what a timer does that has fallen due just now."""
        return {**self._cause(), "tick": self.clock.now()}

    def move(self, task: Task, event: TaskEvent, why: str, cause: Cause | None = None) -> None:
        """Apply ``event`` to the task's lifecycle; write the transition into history and journal.

        Without a ``cause`` it is due to what everything is due to that happens now.

        Raises:
            InvalidTransition: the task's status has no such transition.
        """
        before = task.status
        task.status = task.lifecycle.after(before, event)
        if event in (TaskEvent.AUDIO, TaskEvent.HEARD):
            self._reach(task, "audio")
        if task.status is not before:
            task.updated = self.clock.now()
            self._note_end(task)
            shown = self._shown_cause(cause)
            fields: dict[str, Any] = {
                "event": event.name,
                "before": before.name,
                "after": task.status.name,
                "why": why,
            }
            if shown:
                fields["cause"] = shown
            entry = self.journal.record("transition", "core", task.id, **fields)
            self._write_down(task, event.name, before.name, entry["why"], shown)

    def _note_end(self, task: Task) -> None:
        if task.status not in _ENDS:
            self._ended.pop(task, None)
        elif self.tasks.get(task.id) is task:
            self._ended[task] = None
        if not task.can(TaskEvent.STOP):
            self._no_limit(task)

    def _shown_cause(self, cause: Cause | None) -> Cause | None:
        """``cause``, or that of everything that happens now, without secrets; None for none."""
        masked = self.journal.masked
        return {
            name: masked(value)[:_LONGEST_CAUSE] if isinstance(value, str) else value
            for name, value in (self._cause() if cause is None else cause).items()
        } or None

    def _write_down(
        self, task: Task, event: str, before: str | None, why: str, cause: Cause | None
    ) -> None:
        task.history.add(
            {
                "at": self.clock.now(),
                "event": event,
                "before": before,
                "after": task.status.name,
                "why": why,
                "cause": cause,
            }
        )

    def stop(self, task: Task, why: str = "stop was called") -> None:
        """End a realtime task as the API's stop does. Stopping again changes nothing."""
        if not task.can(TaskEvent.STOP):
            return
        for pusher in list(task.pushers):
            pusher.task_ended()
        self.on_audio_over(self, task)
        kinds = task.options.result_kinds(offline=task.offline)
        doomed = task.doom is not None and task.doom.stage in ("processing", "Transcription")
        doomed = doomed or task.failing is not None
        late = self.manners is not None and self.manners.has("late-results")
        if kinds == ("Transcription",) and not task.files and not doomed and not late:
            self._result_ready(task, "Transcription")
            self.move(task, TaskEvent.STOP, f"{why} and recognition alone was asked for")
            self.on_progress(self, task, task.status.name)
            return
        self.move(task, TaskEvent.STOP_AND_PROCESS, f"{why} and results are to be made")
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

    @property
    def offline_day(self) -> tuple[int, dict[str, int]]:
        """A day, counted from the epoch, and the ms of recording that each task has taken of it.

        To be put back into another scope: only the present day counts.
        """
        return self._offline_day

    @offline_day.setter
    def offline_day(self, day: tuple[int, dict[str, int]]) -> None:
        self._offline_day = day

    def _used_today(self) -> dict[str, int]:
        today = (self.clock.now() + _BEIJING_MS) // _DAY_MS
        if self._offline_day[0] != today:
            self._offline_day = (today, {})
        return self._offline_day[1]

    def heard(self, task: Task, cause: Cause | None = None) -> None:
        """The recording of an offline task has been read and recognised: make its results.

        Raises:
            InvalidTransition: the task has ended or was read before.
        """
        self.move(task, TaskEvent.HEARD, "the recording was read", cause)
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
        """Make results of these kinds, one after the other."""
        manners = self.manners
        task.to_make = list(kinds) if manners is None else manners.in_turn(kinds, task.id)
        self._await_next(task)

    def _await_next(self, task: Task) -> None:
        task.due = self.clock.now() + self._interval(task)
        self._await_result(task)

    def _interval(self, task: Task) -> int:
        if self.manners is None:
            return self.result_interval
        return self.manners.gap(self.result_interval, task.id, *task.to_make)

    def _await_result(self, task: Task) -> None:
        def ready() -> None:
            if task.status is not Status.FINISHING:
                return
            if task.to_make and self._reach(task, task.to_make[0]):
                return
            if task.to_make:
                self._result_over(task, task.to_make.pop(0))
            if task.to_make:
                self._await_next(task)
            elif task.failing is None:
                self.move(task, TaskEvent.RESULTS_READY, "every result is ready", self.tick())
                self.on_progress(self, task, task.status.name)

        # Somebody may have set the machine's time back since.
        self.clock.call_later(min(task.due - self.clock.now(), self._interval(task)), ready)

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

    def fail(
        self, task: Task, code: str, message: str, why: str, cause: Cause | None = None
    ) -> None:
        """End the task as FAILED with an ErrorCode and ErrorMessage.

        Raises:
            InvalidTransition: the task has already ended.
        """
        self.move(task, TaskEvent.FAIL, why, cause)
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
