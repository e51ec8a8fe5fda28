"""The file of an offline task: what it is, and its audio.

``probe`` and ``read_pcm`` work on any container that the cloud takes when PyAV is installed, and
on WAV without it. Nothing that a file refers to is ever opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .channels import ChannelLevels, Channels, Mixer
from .decoder import pyav_available
from .errors import MediaUnavailable, RecordingError, Stop, never
from .sniff import HEAD, foreign
from .wavfile import WavFile

if TYPE_CHECKING:
    from .libav import AudioReader

__all__ = ["PcmReader", "Recording", "RecordingError", "probe", "read_pcm"]


@dataclass(frozen=True, slots=True)
class Recording:
    """What is known of a file before it is read to its end.

    ``video`` tells whether there is a video that can be decoded; a cover picture is none, nor is
    what is wider or higher than 16384 pixels or has more than 64 million a frame.
    """

    size: int
    """Bytes of the file."""
    duration: int
    """Length of the audio in ms, as the container says it, or counted where it says nothing."""
    sample_rate: int
    """Hz of the audio in the file."""
    channels: int
    container: str
    """Short name: mp3, wav, m4a, wma, aac, ogg, amr, flac, aiff, mp4, mov, 3gp, wmv, flv, rm, mkv,
    webm, avi or mpeg."""
    codec: str
    """libav's name of the audio codec, such as mp3, aac or pcm_s16le."""
    video: bool = False
    width: int = 0
    """Pixels of the video, 0 without one; so is ``height``."""
    height: int = 0

    @property
    def described(self) -> str:
        """The recording in a few words, for the journal."""
        seconds = f"{self.duration / 1000:.1f} s"
        audio = f"{self.codec} at {self.sample_rate} Hz, {self.channels} channel(s)"
        video = f", video of {self.width}x{self.height}" if self.video else ""
        return f"{self.container}, {seconds}, {audio}{video}, {self.size} bytes"


class PcmReader:
    """Iterate over a recording's audio: 16-bit little-endian mono PCM, a second per chunk.

    Memory does not grow with the recording. ``levels`` and ``note`` fill while it is read.
    """

    def __init__(
        self,
        source: Iterator[tuple[bytes, int]],
        sample_rate: int,
        channels: Channels,
        reader: AudioReader | None = None,
    ) -> None:
        """Take interleaved 16-bit samples and the number of their channels from ``source``."""
        self._source = source
        self._mixer = Mixer(channels, sample_rate)
        self._reader = reader
        self._ended = False

    @property
    def levels(self) -> ChannelLevels:
        """How loud every channel was, with ``channels="each"``."""
        return self._mixer.levels

    @property
    def note(self) -> str:
        """What the journal should say of what was read so far; "" when there is nothing to say."""
        return self._reader.note if self._reader is not None else ""

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._ended:
            raise StopIteration
        while (chunk := self._mixer.second()) is None:
            try:
                pcm, channels = next(self._source, (b"", 0))
            except BaseException:
                self.close()
                raise
            if not channels:
                return self._last()
            self._mixer.feed(pcm, channels)
        return chunk

    def close(self) -> None:
        """Read no further and close the file, which the end of the recording does as well."""
        self._ended = True
        if self._reader is not None:
            self._reader.close()

    def _last(self) -> bytes:
        chunk = self._mixer.rest()
        self.close()
        if not chunk:
            raise StopIteration
        return chunk


def probe(path: Path, name: str = "", *, stop: Stop = never) -> Recording:
    """Say what kind of recording a file is.

    It is judged by its content; ``name``, the file name in its URL, only helps to tell a damaged
    recording from a file of another kind. A file that does not say how long it is is read to its
    end.

    Raises:
        Stopped: ``stop`` said so.
        RecordingError: it is no recording that the cloud takes.
        MediaUnavailable: it may be one, but only PyAV could tell, which is not installed.
        OSError: the file cannot be read.

    """
    head = _head(path)
    if not pyav_available():
        wav = _open_wav(path, head)
        return Recording(
            size=wav.size,
            duration=wav.duration,
            sample_rate=wav.header.sample_rate,
            channels=wav.header.channels,
            container="wav",
            codec=wav.codec,
        )
    from .libav import probe_container

    return probe_container(path, head, name, stop)


def read_pcm(
    path: Path, sample_rate: int, *, channels: Channels = "mix", stop: Stop = never
) -> PcmReader:
    """Decode the first audio stream of a file, to PCM at ``sample_rate`` Hz.

    Damaged frames are left out and counted in ``note`` of the result. Gaps between timestamps are
    not filled: time is the number of samples. The first chunk, or this call, raises what `probe`
    does for a file that cannot be decoded at all; any may raise Stopped when ``stop`` says so.

    Raises:
        Stopped: ``stop`` said so.
        RecordingError: it is no recording that the cloud takes.
        MediaUnavailable: it takes PyAV to decode it, which is not installed.
        OSError: the file cannot be read.

    """
    head = _head(path)
    if not pyav_available():
        wav = _open_wav(path, head)
        count = wav.header.channels
        return PcmReader(((pcm, count) for pcm in wav.read(sample_rate)), sample_rate, channels)
    from .libav import AudioReader

    reader = AudioReader(path, head, sample_rate, stop)
    return PcmReader(reader.read(), sample_rate, channels, reader)


def _head(path: Path) -> bytes:
    """Read the beginning of a file that may be media."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise RecordingError("unreadable", "the file is empty")
    what = foreign(head)
    if what is not None:
        raise RecordingError("type", f"the file is {what}, no recording")
    return head


def _open_wav(path: Path, head: bytes) -> WavFile:
    if not (b"RIFF".startswith(head[:4]) and b"WAVE".startswith(head[8:12])):
        raise MediaUnavailable("a recording other than WAV")
    return WavFile(path)
