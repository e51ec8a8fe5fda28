"""The media files of one task, in a folder of their own."""

from __future__ import annotations

from collections.abc import Iterable
from errno import ELOOP
from pathlib import Path
from threading import Lock
from typing import Final

from mock_tingwu import media

#: What the file with each suffix is called in the folder. Slides have names of their own.
NAMES: Final = {
    "mp3": "audio.mp3",
    "spectrum": "audio.spectrum",
    "mp4": "video.mp4",
    "png": "thumbnail.png",
}


class MediaFiles:
    """MP3 and spectrum of what is heard, written while it is, and pictures of a video.

    ``note`` says what could not be made, for the journal. ``heard`` (ms) is where the audio begins
    that will be written: behind what is in the folder. None for files that have to last for no
    longer than the process. ``finished`` are suffixes of files that are in the folder already.
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
        self.note = ""
        if folder.is_symlink():
            raise OSError(ELOOP, "a symbolic link is in its place", str(folder))
        folder.mkdir(parents=True, exist_ok=True)
        if mp3 and not media.pyav_available():
            extra = "pip install 'mock-tingwu[media]'"
            self.note = f"an MP3 needs the extra `media` ({extra}): there will be none"
        elif mp3:
            path = folder / NAMES["mp3"]
            self._writers["mp3"] = media.Mp3Writer(path, sample_rate, heard=heard)
        if spectrum:
            path = folder / NAMES["spectrum"]
            self._writers["spectrum"] = media.SpectrumWriter(path, sample_rate, heard=heard)

    def write(self, pcm: bytes) -> None:
        """Append 16-bit mono PCM. After `finish` it changes nothing."""
        with self._lock:
            for writer in self._writers.values():
                writer.write(pcm)

    @property
    def finished(self) -> tuple[str, ...]:
        """The suffixes of the finished files."""
        return tuple(self._finished)

    def path_for(self, suffix: str) -> Path:
        """Where the file with this suffix is to be written."""
        return self.folder / NAMES[suffix]

    def add(self, suffix: str) -> None:
        """A further file is finished."""
        self._finished[suffix] = self.path_for(suffix)

    def finish(self) -> list[str]:
        """Complete the files; return their suffixes."""
        with self._lock:
            writers, self._writers = self._writers, {}
        for suffix, writer in writers.items():
            writer.close()
            self._finished[suffix] = self.folder / NAMES[suffix]
        return list(self._finished)

    def path(self, name: str) -> Path | None:
        """The finished file with this suffix, or the picture with this name, if there is one."""
        if name in NAMES:
            return self._finished.get(name)
        path = self.folder / name
        return path if path.is_file() else None
