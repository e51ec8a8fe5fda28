"""What all services of one server share: its scopes, settings and media files."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mock_tingwu.core.apps import AppBook
from mock_tingwu.core.clock import Clock, VirtualClock, as_datetime
from mock_tingwu.core.journal import Entry
from mock_tingwu.core.recognizer import Playlist, Recognizer, scripted
from mock_tingwu.core.scope import Scope, Task
from mock_tingwu.services.hosting import HostedFiles
from mock_tingwu.services.media_files import MediaFiles
from mock_tingwu.settings import Settings, SettingsError

if TYPE_CHECKING:
    from mock_tingwu.services.callbacks import CallbackBook
    from mock_tingwu.services.imagined_media import ImaginedMedia
    from mock_tingwu.services.live.book import LiveBook
    from mock_tingwu.services.offline import RecordingReader
    from mock_tingwu.services.pushing import PushingConnection
    from mock_tingwu.store.keeper import Kept, Store

#: Recordings that are read, and files that are made up, at the same time. asyncio has four threads
#: more than there are processors, so at least one is left for short work.
MOST_LONG_JOBS = 4
#: The bucket that result links name (tingwu-openapi 2.2).
BUCKET = "prod-tingwu-paas-common-beijing"
#: The key pair that result links are signed with; it opens nothing but these links.
LINK_KEY, LINK_SECRET = "MOCK.links", "mock-tingwu-result-links"


class World:
    """The scopes of one server. `reset` forgets them."""

    def __init__(
        self,
        settings: Settings,
        make_clock: Callable[[str], Clock],
        real_now: Callable[[], int],
    ) -> None:
        self.settings = settings
        self._clock_mode: str = settings.clock
        #: The machine's own time in ms: signatures are dated with the client's (design, Time).
        self.real_now = real_now
        self._make_clock = make_clock
        self._make_recognizer = load_recognizer(settings.recognizer)
        self._folder: Path | None = None
        self._media: dict[Task, MediaFiles] = {}
        self._imagined: dict[Task, ImaginedMedia] = {}
        self._recordings: RecordingReader | None = None
        self._store: Store | None = None
        self._live: LiveBook | None = None
        #: Local files at a URL of the mock.
        self.hosted = HostedFiles(self.media_folder)
        self._advancing = asyncio.Lock()
        #: Taken by whatever occupies a thread for long. Short work always finds a thread left.
        self.long_jobs = asyncio.Semaphore(MOST_LONG_JOBS)
        #: Each tells the jobs on real time that the virtual clock has to wait for.
        self.under_way: list[Callable[[], Collection[asyncio.Future[Any]]]] = [
            lambda: self._recordings.pending if self._recordings else (),
            lambda: self.callbacks.pending,
            lambda: self.agent_callbacks.pending,
            lambda: self._live.pending if self._live else (),
        ]
        #: See every journal entry of every scope, unmasked: for checks inside the process.
        self.taps: list[Callable[[Entry], None]] = []
        #: The clients that are connected to push, in the order in which they came.
        self.connections: dict[PushingConnection, None] = {}
        #: The apps of DashScope.
        self.apps: AppBook
        #: Who is told of the tasks of the scope.
        self.callbacks: CallbackBook
        self.agent_callbacks: CallbackBook
        self.default = self._new_scope()

    def open(self) -> None:
        """Bring back what the data directory holds, and keep there what happens from now on.

        Raises:
            SettingsError: it cannot be used.
        """
        if self.settings.data_dir is None:
            return
        from mock_tingwu.store.keeper import Store, clock_of

        store = Store(self.settings)
        try:
            record = store.scope(self.default.name)
            if record is not None:
                self._clock_mode, now = clock_of(record, self.settings)
                self.default = self._new_scope(None if now is None else VirtualClock(now))
                self._folder = self.settings.data_dir / record.folder
            store.keep(self._kept())
        except BaseException:
            store.close()
            raise
        self._store = store

    def _kept(self) -> Kept:
        """What there is to be kept."""
        from mock_tingwu.store.keeper import Kept

        return Kept(
            self.default,
            self.apps,
            self.callbacks,
            self.agent_callbacks,
            self.hosted,
            self.media_folder(),
            self._media,
            self._imagined,
            live=lambda: self._live,
            make_live=lambda: self.live,
            long_jobs=self.long_jobs,
        )

    @property
    def keeps(self) -> bool:
        """Whether anything outlives the process."""
        return self._store is not None

    def resume(self) -> None:
        """Let what was brought back go on. Call it when the event loop runs."""
        if self._store is None:
            return
        from mock_tingwu.store.resuming import resume

        resume(self.default)
        self.callbacks.courier.resume()
        self.agent_callbacks.courier.resume()
        if self._live is not None:
            self._live.courier.resume()
            self._live.resume()
        self._store.begin()
        self.commit()

    def _new_scope(self, clock: Clock | None = None) -> Scope:
        from mock_tingwu.services.callbacks import TINGWU, CallbackBook
        from mock_tingwu.services.dashscope.callbacks import AgentDialect

        scope = Scope(
            clock or self._make_clock(self._clock_mode),
            seed=self.settings.seed,
            result_interval=self.settings.result_interval_ms,
            make_recognizer=self._make_recognizer,
            taps=self.taps,
            secrets=self.settings.secrets,
        )
        scope.on_audio_over = self._audio_over
        scope.on_file = lambda scope, task: self.recordings.begin(scope, task)
        self.apps = AppBook(self.settings.apps)
        self.callbacks = CallbackBook(scope, TINGWU, self.settings.callbacks, self.commit)
        urls = {app_id: app.callback for app_id, app in self.apps if app.callback}
        self.agent_callbacks = CallbackBook(scope, AgentDialect(self.apps), urls, self.commit)
        scope.on_progress = self._progress
        return scope

    def _progress(self, scope: Scope, task: Task, step: str) -> None:
        if task.order.service == "live":
            return  # what is heard is told of, and nothing else
        book = self.agent_callbacks if task.order.service == "dashscope" else self.callbacks
        book.notify(task, step)

    def commit(self) -> None:
        """See that what has happened so far outlives the process, where that was asked for.

        Whatever tells somebody outside of it calls this first.
        """
        if self._store is not None:
            self._store.commit()

    def find_task(self, task_id: str) -> tuple[Scope, Task] | None:
        """A task of any scope, with its scope."""
        task = self.default.tasks.get(task_id)
        return None if task is None else (self.default, task)

    def find_by_token(self, join_token: str) -> tuple[Scope, Task] | None:
        """The task that a MeetingJoinUrl's token opens, with its scope."""
        task = self.default.task_of_token(join_token)
        return None if task is None else (self.default, task)

    def reset(self) -> None:
        """Forget everything: tasks, journal, time, media files."""
        for connection in list(self.connections):
            connection.world_ended()
        self._end()
        # What is still to happen there would happen to tasks of the same ids here.
        self.default.clock.close()
        self.default = self._new_scope()
        if self._store is not None:
            self._store.keep_anew(self._kept())

    def use_clock(self, mode: str) -> None:
        """Start over with another kind of clock. Timers belong to a clock, so tasks go, too."""
        self._clock_mode = mode
        self.reset()

    @property
    def recordings(self) -> RecordingReader:
        """What reads the files of offline tasks. Loaded with the first of them."""
        if self._recordings is None:
            from mock_tingwu.services.fetching import Fetcher
            from mock_tingwu.services.offline import RecordingReader

            self._recordings = RecordingReader(self, Fetcher(self.settings, self.hosted))
        return self._recordings

    @property
    def live(self) -> LiveBook:
        """The live tasks. Loaded with the first of them."""
        if self._live is None:
            from mock_tingwu.services.live.book import LiveBook

            self._live = LiveBook(self, self.default)
        return self._live

    async def advance(self, milliseconds: int) -> None:
        """Move the virtual clock on; whatever falls due has been done when this returns.

        Files that are being read and callbacks that are being sent are waited for, before and
        between the timers: how fast a file or a receiver is makes no difference to when things
        happen.

        Raises:
            ValueError: the clock is the system's, or time would run backwards or out.
        """
        clock = self.default.clock
        if not isinstance(clock, VirtualClock):
            raise ValueError("the clock is the system's: only a virtual one can be advanced")
        async with self._advancing:
            clock.check(milliseconds)
            target = clock.now() + milliseconds
            await self.settled()
            while clock.step(target):
                await self.settled()
            clock.advance(target - clock.now())

    async def settled(self) -> None:
        """Wait until nothing is being read or sent."""
        while pending := [job for source in self.under_way for job in source()]:
            await asyncio.wait(pending)

    def media_of(self, scope: Scope, task: Task) -> MediaFiles | None:
        """The media files that the task asked for, being written; None when it asked for none."""
        if not (task.options.mp3 or task.options.spectrum):
            return None
        return self.media_files(scope, task)

    def media_files(self, scope: Scope, task: Task) -> MediaFiles:
        """The folder of the task's own, and what is being written to it."""
        media = self._media.get(task)
        if media is None:
            media = self._media[task] = MediaFiles(
                self.media_folder() / task.id,
                task.sample_rate,
                mp3=task.options.mp3,
                spectrum=task.options.spectrum,
                heard=0 if self.keeps and not task.offline else None,
            )
            if media.note:
                scope.journal.record("note", "media", task.id, text=media.note)
        return media

    def imagine_media(self, scope: Scope, task: Task, imagined: ImaginedMedia) -> None:
        """Let the task have the files of an imagined recording."""
        self._imagined[task] = imagined
        task.files.update(dict.fromkeys(imagined.suffixes, scope.clock.now()))

    async def media_path(self, task: Task, name: str) -> Path | None:
        """A finished media file by its suffix or a picture by its name, if there is one."""
        imagined, media = self._imagined.get(task), self._media.get(task)
        if imagined is not None:
            path = await imagined.path(name)
        else:
            path = None if media is None else media.path(name)
        return path if path is None or self._is_inside(path) else None

    def _is_inside(self, path: Path) -> bool:
        """Whether no link in the user's folder leads a path out of it."""
        folder = self.settings.data_dir
        return folder is None or path.resolve().is_relative_to(folder.resolve())

    def close(self) -> None:
        """Send nothing more, and remove the media files unless all is kept."""
        if self._store is not None:
            self._store.close()
        self._end()

    def _end(self) -> None:
        """Let nothing go on."""
        self.callbacks.close()
        self.agent_callbacks.close()
        if self._live is not None:
            self._live.close()
            self._live = None
        if self._recordings is not None:
            self._recordings.abandon_all()
        for imagined in self._imagined.values():
            imagined.close()
        self._imagined.clear()
        self.hosted.forget()
        for media in self._media.values():
            with contextlib.suppress(OSError):  # the folder may be gone, the disk full
                media.finish()
        self._media.clear()
        if self._folder is not None and self.settings.data_dir is None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._folder = None

    def finish_media(self, scope: Scope, task: Task) -> None:
        """Complete what the task asked for; links to it may be handed out from now on."""
        media = self._media.get(task)
        if media is None:
            return
        try:
            finished = media.finish()
        except OSError as error:
            why = f"the media files cannot be finished: {error.strerror or error}"
            scope.journal.record("note", "media", task.id, text=why)
        else:
            task.files.update(dict.fromkeys(finished, scope.clock.now()))

    def _audio_over(self, scope: Scope, task: Task) -> None:
        if task.offline:
            if task.file_url is not None:
                self.recordings.abandon(task)
            # No link leads to what is removed here.
            task.files.clear()
            if (imagined := self._imagined.pop(task, None)) is not None:
                imagined.close()
            files = self._media.pop(task, None)
            if files is not None:
                with contextlib.suppress(OSError):
                    files.finish()
                shutil.rmtree(files.folder, ignore_errors=True)
            return
        try:
            self.media_of(scope, task)
        except OSError as error:
            why = f"the media files cannot be made: {error.strerror or error}"
            scope.journal.record("note", "media", task.id, text=why)
        self.finish_media(scope, task)

    def media_folder(self) -> Path:
        """A folder of this world's own: task ids begin anew with every start and reset."""
        if self._folder is None:
            parent = self.settings.data_dir
            if parent is not None:
                parent.mkdir(parents=True, exist_ok=True)
            started = as_datetime(self.real_now()).strftime("%Y%m%dT%H%M%SZ-")
            prefix = "mock-tingwu-" if parent is None else started
            self._folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        return self._folder


def load_recognizer(name: str) -> Callable[[Playlist, int, int], Recognizer]:
    """The recognizer called ``name``: ``scripted`` or an installed plug-in.

    A plug-in is a callable ``(playlist, sample_rate, speakers) -> Recognizer``, registered in the
    entry-point group ``mock_tingwu.recognizers``.

    Raises:
        SettingsError: no such recognizer is installed.
    """
    if name == "scripted":
        return scripted
    from importlib.metadata import entry_points

    points = {point.name: point for point in entry_points(group="mock_tingwu.recognizers")}
    if name not in points:
        known = ", ".join(["scripted", *points])
        raise SettingsError(f"recognizer is {name!r}, expected one that is installed: {known}")
    loaded: Callable[[Playlist, int, int], Recognizer] = points[name].load()
    return loaded
