"""The media files of a recording that is imagined: made when somebody asks for one."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Collection, Iterator
from errno import EIO
from pathlib import Path
from typing import Final

from mock_tingwu import media
from mock_tingwu.core.imagination import Imagined
from mock_tingwu.core.meeting import Meeting, Slide
from mock_tingwu.own_files import check_real, is_real, remove
from mock_tingwu.services.media_files import NAMES

#: A slide of an imagined video stays at least this long, in ms.
_SLIDE_MS: Final = 30_000
_RATE: Final = 16_000


def slides_of(meeting: Meeting) -> list[Slide]:
    """The slides of an imagined video: a new one with a sentence every half a minute."""
    begins = [0]
    for sentence in meeting.sentences:
        if sentence.begin >= begins[-1] + _SLIDE_MS:
            begins.append(sentence.begin)
    ends = [*begins[1:], meeting.duration]
    return [
        Slide(begin, end, f"slide-{number:03}.png")
        for number, (begin, end) in enumerate(zip(begins, ends, strict=True), 1)
    ]


class ImaginedMedia:
    """Files in ``folder`` that sound and look like what was imagined.

    ``suffixes`` are those of the media files that there are. A video has slides besides.
    """

    def __init__(
        self,
        folder: Path,
        meeting: Meeting,
        imagined: Imagined,
        suffixes: Collection[str],
        long_jobs: asyncio.Semaphore,
    ) -> None:
        self._folder = folder
        self._meeting = meeting
        self.title = imagined.name
        self._lock = asyncio.Lock()
        self._long_jobs = long_jobs
        self._closed = False
        self.suffixes = suffixes

    async def path(self, name: str) -> Path | None:
        """The file with this suffix or the slide with this name, if there is one.

        There is none any more once `close` was called or the folder has gone.

        Raises:
            OSError: it cannot be made; it is tried again next time.
        """
        if name not in self.suffixes and name not in {s.name for s in self._meeting.slides}:
            return None
        path = self._folder / NAMES.get(name, name)
        async with self._lock:
            if not self._closed and not os.path.lexists(path):
                try:
                    async with self._long_jobs:
                        await asyncio.to_thread(self._make, path)
                except (media.Stopped, FileNotFoundError):
                    return None
                except (media.RecordingError, OSError) as error:
                    # Whoever closed this may have removed the folder under the writer's hands.
                    if not self._closed:
                        raise OSError(EIO, getattr(error, "strerror", "") or str(error)) from error
        return None if self._closed or not is_real(path) else path

    def close(self) -> None:
        """Give up what is being made; what there is of it is removed."""
        self._closed = True

    def _make(self, path: Path) -> None:
        if self._closed:
            raise media.Stopped
        # Nobody must find a file that is half made.
        draft = path.with_name(f"draft{path.suffix}")
        try:
            check_real(self._folder)
            # Not its parents: whoever has removed them wants no files any more.
            self._folder.mkdir(exist_ok=True)
            draft.unlink(missing_ok=True)
            self._write(path, draft)
            draft.replace(path)
        except BaseException:
            remove(draft)
            raise
        finally:
            if self._closed:
                self._remove(draft, path)

    def _remove(self, *files: Path) -> None:
        """Remove files, and the folders that are empty without them.

        Whoever removes the folders cannot do so while a file is written there.
        """
        for file in files:
            remove(file)
        with contextlib.suppress(OSError):
            self._folder.rmdir()
        with contextlib.suppress(OSError):
            self._folder.parent.rmdir()

    def _write(self, path: Path, draft: Path) -> None:
        if path.suffix == ".png":
            draft.write_bytes(self._picture(path.name))
        elif path.suffix == ".mp4":
            slides = [(slide.start, self._picture(slide.name)) for slide in self._meeting.slides]
            media.video_of_slides(slides, self._sound(), _RATE, draft)
        else:
            kind = media.Mp3Writer if path.suffix == ".mp3" else media.SpectrumWriter
            with contextlib.closing(kind(draft, _RATE)) as writer:
                for pcm in self._sound():
                    writer.write(pcm)

    def _picture(self, name: str) -> bytes:
        if self._closed:
            raise media.Stopped
        number = name.removeprefix("slide-").partition(".")[0]
        return media.draw_slide(self.title, int(number) if number.isdigit() else 1)

    def _sound(self) -> Iterator[bytes]:
        spans = [
            (word.begin, word.end, sentence.speaker)
            for sentence in self._meeting.sentences
            for word in sentence.words
        ]
        for pcm in media.tones(spans, self._meeting.duration, _RATE):
            if self._closed:
                raise media.Stopped
            yield pcm
