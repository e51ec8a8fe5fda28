"""The media files of one task, written while its audio arrives."""

from __future__ import annotations

from pathlib import Path

from mock_tingwu import media


class MediaFiles:
    """MP3 and spectrum of what was pushed, in a folder of their own.

    ``note`` says what could not be made, for the journal.
    """

    def __init__(self, folder: Path, sample_rate: int, *, mp3: bool, spectrum: bool) -> None:
        self._folder = folder
        self._writers: dict[str, media.Mp3Writer | media.SpectrumWriter] = {}
        self._finished: dict[str, Path] = {}
        self.note = ""
        folder.mkdir(parents=True, exist_ok=True)
        if mp3 and not media.pyav_available():
            self.note = (
                "TargetAudioFormat mp3 needs the extra `media` (pip install 'mock-tingwu[media]'): "
                "there will be no OutputMp3Path"
            )
        elif mp3:
            self._writers["mp3"] = media.Mp3Writer(folder / "audio.mp3", sample_rate)
        if spectrum:
            self._writers["spectrum"] = media.SpectrumWriter(folder / "audio.spectrum", sample_rate)

    def write(self, pcm: bytes) -> None:
        """Append 16-bit mono PCM."""
        for writer in self._writers.values():
            writer.write(pcm)

    def finish(self) -> list[str]:
        """Complete the files; return their suffixes."""
        writers, self._writers = self._writers, {}
        for suffix, writer in writers.items():
            writer.close()
            self._finished[suffix] = self._folder / f"audio.{suffix}"
        return list(self._finished)

    def path(self, suffix: str) -> Path | None:
        """The finished file with this suffix, if there is one."""
        return self._finished.get(suffix)
