"""Reads the recordings of offline tasks: fetched, hosted here, or imagined."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from mock_tingwu import media
from mock_tingwu.core.clock import VirtualClock
from mock_tingwu.core.errors import TASK_ERRORS
from mock_tingwu.core.imagination import Imagined, imagine
from mock_tingwu.core.meeting import AudioFile, Slide
from mock_tingwu.core.scope import DECODED_RATE, Task
from mock_tingwu.core.tasks import ONGOING, TaskEvent
from mock_tingwu.services.fetching import LARGEST_BYTES, Fetched, Fetcher, FetchError
from mock_tingwu.services.imagined_media import ImaginedMedia, slides_of
from mock_tingwu.services.media_files import MediaFiles

if TYPE_CHECKING:
    from mock_tingwu.services.realm import Realm
    from mock_tingwu.services.world import World

log = logging.getLogger("mock_tingwu")

SERVICE: Final = "offline"
#: The longest recording in ms (tingwu-openapi 2.1).
LONGEST_MS: Final = 6 * 60 * 60 * 1000
LOWEST_RATE: Final = 8_000
#: What is heard at 8 kHz, too (tingwu-openapi 1.1, realtime-ws 5).
TELEPHONE_LANGUAGES: Final = frozenset({"cn", "en", "fspk"})
#: Seconds of real time that a file may take to come. The cloud's are not known.
FETCH_S: Final = 300

#: What is wrong with a recording, and the ErrorCode that it fails the task with.
CODES: Final = {
    "link": "TSC.AudioFileLink",
    "length": "TSC.ContentLengthCheckFailed",
    "size": "TSC.AudioFileSize",
    "type": "TSC.FileType",
    "unreadable": "TSC.FileError",
    "codec": "TSC.AudioFormat",
    "no_audio": "TSC.AudioSampleRate",
    "sample_rate": "TSC.AudioSampleRate",
    "duration": "TSC.AudioDuration",
    "quota": "PRE.AudioDurationQuotaLimit",
}


class Unfit(Exception):
    """The recording fails its task. ``problem`` is a key of `CODES`, ``detail`` a sentence."""

    def __init__(self, problem: str, detail: str) -> None:
        super().__init__(detail)
        self.problem = problem
        self.detail = detail


class RecordingReader:
    """Reads recordings in the background, several at a time."""

    def __init__(self, world: World, fetcher: Fetcher) -> None:
        self._world = world
        self._fetcher = fetcher
        self._jobs: dict[Task, tuple[asyncio.Task[None], Event]] = {}
        self._turn = asyncio.Lock()

    def begin(self, scope: Realm, task: Task) -> None:
        """Start to read the task's file; `Scope.heard` or `Scope.fail` will be called."""
        stop = Event()
        job = asyncio.get_running_loop().create_task(self._guarded(scope, task, stop))
        self._jobs[task] = job, stop
        job.add_done_callback(lambda _: self._jobs.pop(task, None))

    def abandon(self, task: Task) -> None:
        """Read no further: the task has ended."""
        job, stop = self._jobs.get(task, (None, None))
        if job is not None and stop is not None and job is not asyncio.current_task():
            stop.set()
            job.cancel()

    def abandon_all(self) -> None:
        for task in list(self._jobs):
            self.abandon(task)

    @property
    def pending(self) -> list[asyncio.Task[None]]:
        """What is being read."""
        return [job for job, _ in self._jobs.values()]

    async def _guarded(self, scope: Realm, task: Task, stop: Event) -> None:
        # A virtual clock stands still meanwhile. One after the other, the same happens in the same
        # order every time, however fast each file comes.
        virtual = isinstance(scope.clock, VirtualClock)
        async with self._turn if virtual else contextlib.nullcontext():
            await self._read_or_fail(scope, task, stop)

    async def _read_or_fail(self, scope: Realm, task: Task, stop: Event) -> None:
        try:
            await self._read(scope, task, stop)
        except Unfit as problem:
            self._fail(scope, task, problem.problem, problem.detail)
        except (FetchError, media.RecordingError) as error:
            self._fail(scope, task, error.problem, error.detail)
        except media.Stopped:
            pass  # the task has ended, or everything
        except OSError as error:
            self._fail(scope, task, "unreadable", f"the file cannot be read or kept: {error}")
        except Exception:
            log.exception("a defect of the mock fails a task with TSC.FileError")
            self._fail(scope, task, "unreadable", "a defect of the mock or its recognizer")

    def _fail(self, scope: Realm, task: Task, problem: str, detail: str) -> None:
        error = TASK_ERRORS[CODES[problem]]
        if task.can(TaskEvent.FAIL):
            scope.fail(task, error.code, error.message, detail)

    async def _read(self, scope: Realm, task: Task, stop: Event) -> None:
        assert task.file_url is not None
        decision = self._fetcher.decide(task.file_url)
        self._note(scope, task, decision.why)
        if decision.action == "imagine":
            await self._imagine(scope, task, stop)
        else:
            with contextlib.ExitStack() as cleanup:
                path, name = decision.path, decision.name
                if path is None:
                    path = scope.media_files(task).folder / "source"
                    cleanup.callback(path.unlink, missing_ok=True)
                    fetched = await self._fetch(task.file_url, path)
                    name = fetched.name
                    for note in fetched.notes:
                        self._note(scope, task, note)
                async with self._world.long_jobs:
                    await self._recognise(scope, task, stop, path, name)
        if task.status is ONGOING:
            scope.heard(task)

    async def _fetch(self, url: str, path: Path) -> Fetched:
        try:
            async with asyncio.timeout(FETCH_S):
                return await self._fetcher.fetch(url, path)
        except TimeoutError:
            raise Unfit("link", f"the file did not come within {FETCH_S} s") from None

    # A real file

    async def _recognise(
        self, scope: Realm, task: Task, stop: Event, path: Path, name: str
    ) -> None:
        _check_size(path.stat().st_size)  # before anybody looks at so much
        try:
            recording = await asyncio.to_thread(media.probe, path, name, stop=stop.is_set)
            longest = self._check(scope, task, recording)
            self._note(scope, task, f"the recording: {recording.described}")
            files = scope.media_of(task)
            note = await asyncio.to_thread(_listen, task, path, recording, files, stop, longest)
            if note:
                self._note(scope, task, note)
            scope.note_media(task)
        except media.MediaUnavailable as error:
            self._note(scope, task, f"{error}; the recording is imagined from its size")
            await self._imagine(scope, task, stop, size=path.stat().st_size)
            return
        if stop.is_set():
            return
        if recording.video:
            try:
                files = scope.media_files(task)
                notes = await asyncio.to_thread(_look, task, path, files, stop)
            except OSError as error:
                notes = [f"the video's files cannot be made: {error.strerror or error}"]
            for note in notes:
                self._note(scope, task, note)
        scope.finish_media(task)

    # An imagined one

    async def _imagine(
        self, scope: Realm, task: Task, stop: Event, *, size: int | None = None
    ) -> None:
        assert task.file_url is not None
        url = task.file_url
        # What in a URL is secret makes a difference, too.
        imagined = self._world.outside.judged(
            Imagined, lambda: imagine(url, scope.seed, any_host=size is not None)
        )
        for note in imagined.notes:
            self._note(scope, task, note)
        if imagined.problem is not None:
            raise Unfit(*imagined.problem)
        if size is not None:
            imagined = imagined.with_size(size)
        self._check(scope, task, imagined)
        self._note(scope, task, f"the imagined recording: {imagined.described}")
        # Within bounds, but many hours of sentences take a moment.
        if size is None:
            async with self._world.long_jobs:
                await asyncio.to_thread(_imagine_speech, task, imagined)
        else:  # it has its place: it was to be decoded
            await asyncio.to_thread(_imagine_speech, task, imagined)
        if stop.is_set():
            return
        if imagined.video:
            task.meeting.slides = slides_of(task.meeting)
        options, encoder = task.options, media.pyav_available()
        wanted = {
            "mp3": options.mp3 and encoder,
            "spectrum": options.spectrum,
            "mp4": options.mp4 and imagined.video and encoder,
            "png": options.thumbnail and imagined.video,
        }
        suffixes = [suffix for suffix, asked in wanted.items() if asked]
        if not encoder and (options.mp3 or (options.mp4 and imagined.video)):
            self._note(scope, task, f"{media.MediaUnavailable('mp3 or mp4')}; there will be none")
        folder = scope.media_folder() / task.id
        scope.imagine_media(
            task,
            ImaginedMedia(folder, task.meeting, imagined, suffixes, self._world.long_jobs),
        )

    # Both

    def _check(self, scope: Realm, task: Task, recording: media.Recording | Imagined) -> int:
        """Refuse what the service refuses (tingwu-openapi 2.1); return how long it may be in ms.

        A header may say less than there is.
        """
        _check_size(recording.size)
        if recording.duration > LONGEST_MS:
            raise Unfit("duration", f"it lasts {recording.duration} ms, at most 6 hours are taken")
        if not recording.size:
            raise Unfit("unreadable", "the file is empty")
        if recording.sample_rate < LOWEST_RATE:
            raise Unfit(
                "sample_rate",
                f"the file has {recording.sample_rate} Hz, at least {LOWEST_RATE} are taken",
            )
        language = task.order.language
        if recording.sample_rate < 16_000 and language not in TELEPHONE_LANGUAGES:
            raise Unfit(
                "sample_rate",
                f"{language} is heard from 16000 Hz on, the file has {recording.sample_rate}",
            )
        longest = LONGEST_MS
        if quota := scope.settings.offline_quota_minutes:
            longest = min(longest, quota * 60_000 - scope.offline_ms_today)
            if recording.duration > longest:
                raise _over_quota(longest)
        scope.use_offline(task, recording.duration)
        return longest

    def _note(self, scope: Realm, task: Task, text: str) -> None:
        scope.journal.record("note", SERVICE, task.id, text=text)


def _check_size(size: int) -> None:
    if size > LARGEST_BYTES:
        raise Unfit("size", f"the file has {size} bytes, at most 6 GB are taken")


def _over_quota(left: int) -> Unfit:
    return Unfit("quota", f"offline_quota_minutes leaves {max(0, left)} ms for today")


def _channels(task: Task, recording: media.Recording) -> media.Channels:
    """Which channels are listened to (dashscope-tingwu 3, for AudioChannelMode)."""
    if recording.channels < 2 or task.channel_mode == "mix":
        return "mix"
    return "each" if recording.sample_rate < 16_000 else "first"


def _listen(
    task: Task,
    path: Path,
    recording: media.Recording,
    files: MediaFiles | None,
    stop: Event,
    longest: int,
) -> str:
    """Decode and recognise the whole file, in a thread of its own; return what is to be noted."""
    channels = _channels(task, recording)
    reading = media.read_pcm(path, DECODED_RATE, channels=channels, stop=stop.is_set)
    stream = task.stream
    for pcm in reading:
        if stop.is_set():
            reading.close()
            return ""
        if files is not None:
            files.write(pcm)
        stream.feed(pcm)
        if stream.position > longest:
            reading.close()
            if longest < LONGEST_MS:
                raise _over_quota(longest)
            raise Unfit("duration", "it lasts more than 6 hours, whatever its header says")
    stream.flush()
    task.meeting.file = AudioFile(recording.size, recording.sample_rate)
    if channels == "each":
        _tell_apart(task, reading.levels.loudest)
    return reading.note


def _tell_apart(task: Task, channel_of: Callable[[int, int], int]) -> None:
    """On a telephone recording each channel is a speaker (dashscope-tingwu 3)."""
    if not task.meeting.diarized:
        return
    most = task.options.speaker_count or sys.maxsize
    task.meeting.sentences[:] = [
        replace(sentence, speaker=min(channel_of(sentence.begin, sentence.end), most - 1))
        for sentence in task.meeting.sentences
    ]


def _look(task: Task, path: Path, files: MediaFiles, stop: Event) -> list[str]:
    """Make of a video what was asked for; return what did not succeed.

    A picture that cannot be decoded is no reason to lose what was said.
    """
    notes = []
    try:
        # Also when nobody has asked: a second run may.
        frames = media.key_frames(path, files.folder, stop=stop.is_set)
        # A picture may go on for some ms after the sound; every time is one of the recording.
        length = task.meeting.duration
        task.meeting.slides = [
            Slide(frame.start, max(frame.start, min(frame.end, length)), frame.path.name)
            for frame in frames
        ]
        if task.options.thumbnail:
            media.thumbnail(path, files.path_for("png"), stop=stop.is_set)
            files.add("png")
        if task.options.mp4:
            media.convert_mp4(path, files.path_for("mp4"), stop=stop.is_set)
            files.add("mp4")
    except media.RecordingError as error:
        notes.append(f"the video is not looked at any further: {error.detail}")
    return notes


def _imagine_speech(task: Task, imagined: Imagined) -> None:
    stream = task.stream
    stream.imagine(imagined.duration)
    stream.flush()
    if imagined.channels > 1 and imagined.sample_rate < 16_000:
        number = {sentence.begin: n for n, sentence in enumerate(task.meeting.sentences)}
        _tell_apart(task, lambda begin, end: number[begin] % imagined.channels)
    task.meeting.file = AudioFile(imagined.size, imagined.sample_rate)
