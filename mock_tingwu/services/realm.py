"""A scope with everything that its services keep: apps, addresses, files, connections."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

from mock_tingwu.core.apps import AppBook
from mock_tingwu.core.awkward.habits import PLAIN, Profile
from mock_tingwu.core.clock import Clock, VirtualClock, as_datetime
from mock_tingwu.core.journal import Entry
from mock_tingwu.core.phrases import PhraseList
from mock_tingwu.core.scope import Scope, Task
from mock_tingwu.core.throttle import Limits
from mock_tingwu.own_files import remove
from mock_tingwu.services import causes
from mock_tingwu.services.hosting import HostedFiles
from mock_tingwu.services.media_files import MediaFiles
from mock_tingwu.services.watching import Watch
from mock_tingwu.settings import OWN_SETTINGS, Settings

if TYPE_CHECKING:
    from mock_tingwu.services.imagined_media import ImaginedMedia
    from mock_tingwu.services.live.book import LiveBook
    from mock_tingwu.services.offline import RecordingReader
    from mock_tingwu.services.pushing import PushingConnection
    from mock_tingwu.services.scenarios import Applied
    from mock_tingwu.services.world import World
    from mock_tingwu.store.keeper import Kept


#: Timers of a virtual clock that run before anybody else has a turn: there may be millions.
_STEPS_AT_ONCE: Final = 200


class Realm(Scope):
    """One scope of a server, from its making to its `close`. A reset makes another."""

    def __init__(
        self,
        world: World,
        name: str,
        clock: Clock,
        seed: int,
        profile: Profile = PLAIN,
        folder: Path | None = None,
    ) -> None:
        from mock_tingwu.services.callbacks import TINGWU, CallbackBook
        from mock_tingwu.services.dashscope.callbacks import AgentDialect

        settings = world.settings
        #: See every journal entry of this scope, unmasked.
        self.taps: list[Callable[[Entry], None]] = [world.tapped]
        default = name == world.DEFAULT
        super().__init__(
            clock,
            # Identifiers are never those of another scope, whatever happens in which order.
            seed=seed if default else f"{seed}/{name}",
            name=name,
            result_interval=settings.result_interval_ms,
            make_recognizer=world.make_recognizer,
            taps=self.taps,
            secrets=settings.secrets,
            cause=causes.current,
            profile=profile,
        )
        self._world = world
        #: Counts what happens, here and in other scopes.
        self.metrics = world.metrics
        #: What the mock does not decide itself.
        self.outside = world.outside
        self.seed = seed
        #: What clients do against the rules.
        self.watch = Watch(self, world.real_steady)
        self.configure(settings)
        #: What was put in force here since the last reset.
        self.scenarios: list[Applied] = []
        #: The same of before the server was started again, as it is shown.
        self.applied: list[dict[str, Any]] = []
        self.profile = profile
        self._folder = folder
        self._media: dict[Task, MediaFiles] = {}
        self._imagined: dict[Task, ImaginedMedia] = {}
        # The tasks for whose media files there was no place, by their ids.
        self._media_lost: set[str] = set()
        self._recordings: RecordingReader | None = None
        self._live: LiveBook | None = None
        self._advancing = asyncio.Lock()
        #: Whether it was reset or dropped: nothing is to happen here any more.
        self.closed = False
        #: Local files at a URL of the mock.
        self.hosted = HostedFiles(self.media_folder)
        #: The clients that are connected to push, in the order in which they came.
        self.connections: dict[PushingConnection, None] = {}
        #: The apps of DashScope.
        self.apps = AppBook(settings.apps)
        noted = self.watch.callback
        #: Who is told of the tasks.
        self.callbacks = CallbackBook(
            self, TINGWU, settings.callbacks, world.commit, noted, self.outside
        )
        urls = {app_id: app.callback for app_id, app in self.apps if app.callback}
        self.agent_callbacks = CallbackBook(
            self, AgentDialect(self.apps), urls, world.commit, noted, self.outside
        )
        self.on_audio_over = self._audio_over
        self.on_file = lambda scope, task: self.recordings.begin(self, task)
        self.on_progress = self._progress
        self.on_forgotten = self._forgotten

    def _progress(self, scope: Scope, task: Task, step: str) -> None:
        if task.order.service == "live":
            return  # what is heard is told of, and nothing else
        book = self.agent_callbacks if task.order.service == "dashscope" else self.callbacks
        book.notify(task, step)

    @property
    def world(self) -> World:
        """The world that it is a part of."""
        return self._world

    def configure(self, settings: Settings) -> None:
        """Let ``settings`` count here, as far as a scope can have its own (docs/scenarios.md)."""
        self.settings = settings
        self.limits = Limits.parse(settings.throttle)
        self.result_interval = settings.result_interval_ms

    @property
    def own_settings(self) -> dict[str, Any]:
        """The settings that are others here than the server's."""
        server = self._world.settings
        pairs = {name: getattr(self.settings, name) for name in OWN_SETTINGS}
        return {name: value for name, value in pairs.items() if value != getattr(server, name)}

    def phrase_list(self, phrase_id: str) -> PhraseList | None:
        """A list of hot words; those of the default scope are everybody's, as no AppKey is named
        when one is made."""
        return self.phrases.get(phrase_id) or self._world.common_phrases(phrase_id)

    @property
    def recordings(self) -> RecordingReader:
        """What reads the files of offline tasks. Loaded with the first of them."""
        if self._recordings is None:
            from mock_tingwu.services.fetching import Fetcher
            from mock_tingwu.services.offline import RecordingReader

            fetcher = Fetcher(self._world.settings, self._world.find_hosted, self.outside)
            self._recordings = RecordingReader(self._world, self.outside.fetcher(fetcher))
        return self._recordings

    @property
    def live(self) -> LiveBook:
        """The live tasks. Loaded with the first of them."""
        if self._live is None:
            from mock_tingwu.services.live.book import LiveBook

            self._live = LiveBook(self._world, self)
        return self._live

    # Time

    async def advance(self, milliseconds: int) -> None:
        """Move the virtual clock on; whatever falls due has been done when this returns.

        Files that are being read and callbacks that are being sent are waited for, before and
        between the timers: how fast a file or a receiver is makes no difference to when things
        happen.

        Raises:
            ValueError: the clock is the system's, or time would run backwards or out.
        """
        clock = self.clock
        if not isinstance(clock, VirtualClock):
            raise ValueError("the clock is the system's: only a virtual one can be advanced")
        async with self._advancing:
            clock.check(milliseconds)
            target = clock.now() + milliseconds
            await self.settled()
            steps = 0
            while clock.step(target):
                await self.settled()
                steps += 1
                if not steps % _STEPS_AT_ONCE:
                    await asyncio.sleep(0)
            clock.advance(target - clock.now())

    async def settled(self) -> None:
        """Wait until nothing is being read or sent."""
        while pending := list(self.under_way()):
            await asyncio.wait(pending)

    def under_way(self) -> Iterator[asyncio.Future[Any]]:
        """The jobs on real time that the virtual clock has to wait for."""
        sources: list[Collection[asyncio.Future[Any]]] = [
            self.callbacks.pending,
            self.agent_callbacks.pending,
            self._recordings.pending if self._recordings else (),
            self._live.pending if self._live else (),
        ]
        for source in sources:
            yield from source

    # Media files

    def media_of(self, task: Task) -> MediaFiles | None:
        """The media files that the task asked for, being written; None when there are none.

        The task has asked for none, or there is no place for them, which is noted.
        """
        if task.id in self._media_lost or not (task.options.mp3 or task.options.spectrum):
            return None
        try:
            return self.media_files(task)
        except OSError as error:
            self._media_lost.add(task.id)
            why = f"the media files cannot be made: {error.strerror or error}; there will be none"
            self.journal.record("note", "media", task.id, text=why)
            return None

    def media_files(self, task: Task) -> MediaFiles:
        """The folder of the task's own, and what is being written to it.

        Raises:
            OSError: there is no place for it.
        """
        media = self._media.get(task)
        if media is None:
            media = self._media[task] = MediaFiles(
                self.media_folder() / task.id,
                task.sample_rate,
                mp3=task.options.mp3,
                spectrum=task.options.spectrum,
                heard=0 if self._world.keeps and not task.offline else None,
            )
            self.note_media(task)
        return media

    def note_media(self, task: Task) -> None:
        """Write down what could not be made of the media files of a task."""
        media = self._media.get(task)
        if media is not None and (note := media.take_note()):
            self.journal.record("note", "media", task.id, text=note)

    def imagine_media(self, task: Task, imagined: ImaginedMedia) -> None:
        """Let the task have the files of an imagined recording."""
        self._imagined[task] = imagined
        task.files.update(dict.fromkeys(imagined.suffixes, self.clock.now()))

    async def media_path(self, task: Task, name: str) -> Path | None:
        """A finished media file by its suffix or a picture by its name, if there is one."""
        imagined, media = self._imagined.get(task), self._media.get(task)
        if imagined is None:
            return None if media is None else media.path(name)
        try:
            return await imagined.path(name)
        except OSError as error:
            why = f"{name} cannot be made: {error.strerror or error}"
            self.journal.record("note", "media", task.id, text=why)
            return None

    def finish_media(self, task: Task) -> None:
        """Complete what the task asked for; links to it may be handed out from now on."""
        media = self._media.get(task)
        if media is None:
            return
        task.files.update(dict.fromkeys(media.finish(), self.clock.now()))
        self.note_media(task)

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
                files.finish()
                remove(files.folder)
            return
        self.media_of(task)
        self.finish_media(task)

    def _forgotten(self, scope: Scope, task: Task) -> None:
        self.watch.task_forgotten(task)
        self.callbacks.sent.pop(task.id, None)
        self.agent_callbacks.sent.pop(task.id, None)
        if self._live is not None:
            self._live.task_forgotten(task)
        if (imagined := self._imagined.pop(task, None)) is not None:
            imagined.close()
        if (media := self._media.pop(task, None)) is not None:
            with contextlib.suppress(OSError):
                media.finish()
        if self._folder is not None:
            shutil.rmtree(self._folder / task.id, ignore_errors=True)

    def media_folder(self) -> Path:
        """A folder of this scope's own: task ids begin anew with every start and reset.

        In a data directory it may not be there, when there is no place for it.

        Raises:
            OSError: there is no place for a temporary one.
        """
        parent = self._world.settings.data_dir
        if parent is None:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="mock-tingwu-")).resolve()
            return self._folder
        if self._folder is None:
            started = as_datetime(self._world.real_now()).strftime("%Y%m%dT%H%M%SZ")
            self._folder = parent.resolve() / f"{started}-{token_hex(4)}"
        with contextlib.suppress(OSError):  # whoever writes to it is told
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._folder

    # What outlives the process

    def kept(self) -> Kept:
        """What there is to be kept."""
        from mock_tingwu.store.keeper import Kept

        return Kept(
            self,
            self.apps,
            self.callbacks,
            self.agent_callbacks,
            self.hosted,
            self.media_folder(),
            self._media,
            self._imagined,
            keys=tuple(self._world.keys_of(self.name)),
            seed=self.seed,
            profile=str(self.profile),
            own_settings=lambda: self.own_settings,
            applied=lambda: [*self.applied, *(one.shown() for one in self.scenarios)],
            live=lambda: self._live,
            make_live=lambda: self.live,
            long_jobs=self._world.long_jobs,
        )

    def go_on(self) -> None:
        """Let what was brought back go on. Call it when the event loop runs."""
        from mock_tingwu.store.resuming import resume

        resume(self)
        self.callbacks.courier.resume()
        self.agent_callbacks.courier.resume()
        if self._live is not None:
            self._live.courier.resume()
            self._live.resume()

    # The end

    def stop_sending(self) -> None:
        """Begin to send no more callbacks."""
        self.callbacks.courier.stop()
        self.agent_callbacks.courier.stop()
        if self._live is not None:
            self._live.courier.stop()

    def stop_following(self) -> None:
        """Send away who follows the journal or waits for an entry of it."""
        self.journal.close(replaced=False)

    def close(self) -> None:
        """Let nothing more happen here; remove the media files unless they are in a folder of the
        user's. Clients that are connected are not told."""
        self.closed = True
        self.journal.close(replaced=True)
        self.watch.close()
        # What is still to happen here would happen to tasks of the same ids after a reset.
        self.clock.close()
        self.callbacks.close()
        self.agent_callbacks.close()
        if self._live is not None:
            self._live.close()
        if self._recordings is not None:
            self._recordings.abandon_all()
        for imagined in self._imagined.values():
            imagined.close()
        self._imagined.clear()
        self.hosted.forget()
        for media in self._media.values():
            media.finish()
        self._media.clear()
        if self._folder is not None and self._world.settings.data_dir is None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._folder = None
