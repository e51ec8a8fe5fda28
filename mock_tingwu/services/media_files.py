"""The media files of one task, in a folder of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Lock
from typing import Final

from mock_tingwu import media
from mock_tingwu.own_files import check_real, is_real, remove

#: What the file with each suffix is called in the folder. Slides have names of their own.
NAMES: Final = {
    "mp3": "audio.mp3",
    "spectrum": "audio.spectrum",
    "mp4": "video.mp4",
    "png": "thumbnail.png",
}


class MediaFiles:
    """MP3 and spectrum of what is heard, written while it is, and pictures of a video.

    One that cannot be written, as the disk is full, is given up, and all else goes on; `take_note`
    says what. ``heard`` (ms) is where the audio begins that will be written: behind what is in the
    folder. None for files that have to last for no longer than the process. ``finished`` are
    suffixes of files that are in the folder already.

    Raises:
        OSError: the folder cannot be made.
    """

    def __init__(
        self,
        folder: Path,
        sample_rate: int,
        *,
        mp3: bool,
        spectrum: bool,
        heard: int | None = None,
        finished: Iterable[str] = (),
    ) -> None:
        self.folder = folder
        self._writers: dict[str, media.Mp3Writer | media.SpectrumWriter] = {}
        self._finished = {suffix: folder / NAMES[suffix] for suffix in finished}
        # A recording is written in a thread of its own, and may have to end at any time.
        self._lock = Lock()
        self._note = ""
        check_real(folder)
        folder.mkdir(parents=True, exist_ok=True)
        if mp3 and not media.pyav_available():
            extra = "pip install 'mock-tingwu[media]'"
            self._note = f"an MP3 needs the extra `media` ({extra}): there will be none"
        elif mp3:
            self._begin("mp3", lambda path: media.Mp3Writer(path, sample_rate, heard=heard))
        if spectrum:
            self._begin(
                "spectrum", lambda path: media.SpectrumWriter(path, sample_rate, heard=heard)
            )

    def _begin(
        self, suffix: str, make: Callable[[Path], media.Mp3Writer | media.SpectrumWriter]
    ) -> None:
        try:
            self._writers[suffix] = make(self.folder / NAMES[suffix])
        except OSError as error:
            self._lose(suffix, error)

    def _lose(self, suffix: str, error: OSError) -> None:
        """Go on without the file; what there is of it may be in the way."""
        remove(self.folder / NAMES[suffix])
        why = f"{NAMES[suffix]} cannot be written: {error.strerror or error}; there will be none"
        self._note = f"{self._note}; {why}" if self._note else why

    def take_note(self) -> str:
        """What could not be made since this was asked last, for the journal; "" for nothing."""
        note, self._note = self._note, ""
        return note

    def write(self, pcm: bytes) -> None:
        """Append 16-bit mono PCM. After `finish` it changes nothing."""
        with self._lock:
            for suffix, writer in list(self._writers.items()):
                try:
                    writer.write(pcm)
                except OSError as error:
                    del self._writers[suffix]
                    writer.abandon()
                    self._lose(suffix, error)

    @property
    def finished(self) -> tuple[str, ...]:
        """The suffixes of the finished files."""
        return tuple(self._finished)

    def path_for(self, suffix: str) -> Path:
        """Where the file with this suffix is to be written; there is nothing yet.

        Raises:
            OSError: what is there cannot be removed.
        """
        path = self.folder / NAMES[suffix]
        check_real(self.folder)
        path.unlink(missing_ok=True)
        return path

    def add(self, suffix: str) -> None:
        """A further file is finished."""
        self._finished[suffix] = self.folder / NAMES[suffix]

    def finish(self) -> list[str]:
        """Complete the files; return the suffixes of those that there are."""
        with self._lock:
            writers, self._writers = self._writers, {}
        for suffix, writer in writers.items():
            try:
                check_real(self.folder)
                writer.close()
            except OSError as error:
                writer.abandon()
                self._lose(suffix, error)
            else:
                self._finished[suffix] = self.folder / NAMES[suffix]
        return list(self._finished)

    def path(self, name: str) -> Path | None:
        """The finished file with this suffix, or the picture with this name, if there is one."""
        path = self._finished.get(name) if name in NAMES else self.folder / name
        return path if path is not None and is_real(path) and path.is_file() else None
