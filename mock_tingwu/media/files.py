"""The media files of a finished task: OutputMp3Path and OutputSpectrumPath."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from mock_tingwu.own_files import appended, written_anew
from mock_tingwu.pcm import audioop

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import OutputContainer

MP3_BIT_RATE = 128_000
"""Bits per second of ``Transcoding.TargetAudioFormat`` mp3 (tingwu-openapi, Parameters)."""

MP3_SAMPLE_RATE = 16_000
"""Hz. The lowest rate at which MPEG audio allows 128 kb/s; 8000 Hz ends at 64."""

#: Bytes in a frame of 576 samples, as MPEG-2 has them: its bit rate for 36 ms.
_MP3_FRAME = 576

SPECTRUM_INTERVAL_MS = 100


class Mp3Writer:
    """Write 16-bit mono PCM as MP3, 128 kb/s mono, while it arrives (needs PyAV).

    The same audio makes the same bytes, however ``write`` was handed it.
    """

    def __init__(self, path: Path, sample_rate: int, *, heard: int | None = None) -> None:
        """Create the file; ``sample_rate`` of the PCM is in Hz.

        With ``heard`` it grows with the audio and is whole at any moment, at the price of the
        header that tells how long it is; what is there already is gone on with, behind ``heard``
        ms: what is more is cut off, what is missing is silence.

        Raises:
            ImportError: PyAV is not installed.
            OSError: the file cannot be created.

        """
        import av

        self._frame_type = av.AudioFrame
        self._sample_rate = sample_rate
        # No ID3 tag and no version strings: nothing that is not the audio.
        options = {"id3v2_version": "0", "fflags": "+bitexact"}
        there = 0
        self._target: _Growing | BinaryIO
        if heard is None:
            self._target = written_anew(path)
        else:
            keep = heard * MP3_BIT_RATE // 8000 // _MP3_FRAME * _MP3_FRAME
            self._target = growing = _Growing(path, keep)
            there = growing.size * 8000 // MP3_BIT_RATE
            options |= {"flush_packets": "1", "write_xing": "0"}
        self._closed = False
        self._pending = bytearray()
        self._block = sample_rate * 2 // 2  # half a second: an encoder call per frame costs more
        try:
            self._file: OutputContainer = av.open(self._target, "w", format="mp3", options=options)
            self._stream: AudioStream = self._file.add_stream("libmp3lame", rate=MP3_SAMPLE_RATE)
            self._stream.codec_context.layout = "mono"
            self._stream.codec_context.bit_rate = MP3_BIT_RATE
            with _as_os_errors():
                self._file.start_encoding()  # a meeting without audio has a file, too
            self.write(bytes(max(0, (heard or 0) - there) * sample_rate // 1000 * 2))
        except BaseException:
            self._target.close()
            raise

    def write(self, pcm: bytes) -> None:
        """Append whole samples.

        Raises:
            OSError: the file cannot be written.

        """
        self._pending += pcm
        while len(self._pending) >= self._block:
            self._encode(bytes(self._pending[: self._block]))
            del self._pending[: self._block]

    def close(self) -> None:
        """Finish the file. Calling it again does nothing.

        Raises:
            OSError: the file cannot be written.

        """
        if self._closed:
            return
        self._closed = True
        try:
            if self._pending:
                self._encode(bytes(self._pending))
            with _as_os_errors():
                self._file.mux(self._stream.encode(None))
                self._file.close()
        finally:
            self._target.close()

    def abandon(self) -> None:
        """Close the file, whatever it is by now."""
        with suppress(OSError):
            self.close()

    def _encode(self, pcm: bytes) -> None:
        frame = self._frame_type("s16", "mono", len(pcm) // 2)
        frame.planes[0].update(pcm)
        frame.sample_rate = self._sample_rate
        with _as_os_errors():
            self._file.mux(self._stream.encode(frame))


@contextmanager
def _as_os_errors() -> Iterator[None]:
    """What libav makes of a file that cannot be written, as what it is."""
    import av

    try:
        yield
    except OSError:
        raise
    except av.FFmpegError:
        raise OSError(EIO, "the MP3 cannot be written") from None


class _Growing:
    """A file that is only ever appended to, without a buffer. It cannot be sought in."""

    def __init__(self, path: Path, keep: int) -> None:
        """Go on with what is there, behind ``keep`` bytes at most."""
        self._file = appended(path)
        if self._file.tell() > keep:
            self._file.truncate(keep)
            self._file.seek(keep)
        self.size = self._file.tell()

    def write(self, data: bytes) -> int:
        return self._file.write(data)

    def close(self) -> None:
        self._file.close()


class SpectrumWriter:
    """Write the loudness of a meeting, for a player to draw.

    The format of the cloud's ``.spectrum`` files is documented nowhere; this one is assumed. It is
    compact JSON, ``{"SampleRate":16000,"Interval":100,"Peaks":[0,37,…]}``, with one peak for every
    ``Interval`` ms: the largest amplitude, 0 to 100, in percent of full scale.
    """

    def __init__(self, path: Path, sample_rate: int, *, heard: int | None = None) -> None:
        """Describe PCM of ``sample_rate`` Hz in the file ``path``, written by ``close``.

        With ``heard`` a file beside it grows with the audio; what is there already is gone on with
        as in `Mp3Writer`.
        """
        self._path = path
        self._sample_rate = sample_rate
        self._peaks = bytearray()
        self._pending = bytearray()
        self._block = sample_rate * SPECTRUM_INTERVAL_MS // 1000 * 2
        self._growing: _Growing | None = None
        if heard is not None:
            part = self._part
            if heard and part.is_file() and not part.is_symlink():
                self._peaks += part.read_bytes()
            elif (
                heard and path.is_file() and not path.is_symlink()
            ):  # it was written, and then nobody noted so
                self._peaks += bytes(json.loads(path.read_text("ascii"))["Peaks"])
            length = heard // SPECTRUM_INTERVAL_MS
            del self._peaks[length:]
            self._peaks += bytes(length - len(self._peaks))
            self._growing = _Growing(part, 0)
            self._growing.write(bytes(self._peaks))

    @property
    def _part(self) -> Path:
        return self._path.with_name(f"{self._path.name}.part")

    def write(self, pcm: bytes) -> None:
        """Append whole samples, 16-bit mono.

        Raises:
            OSError: the file cannot be written.

        """
        self._pending += pcm
        while len(self._pending) >= self._block:
            self._measure(self._pending[: self._block])
            del self._pending[: self._block]

    def close(self) -> None:
        """Write the file; a last interval that is not full counts. Again: the same file.

        Raises:
            OSError: it cannot be written.

        """
        if self._pending:
            self._measure(self._pending)
            self._pending = bytearray()
        document = {
            "SampleRate": self._sample_rate,
            "Interval": SPECTRUM_INTERVAL_MS,
            "Peaks": list(self._peaks),
        }
        if self._growing is not None:
            self._growing.close()
        with written_anew(self._path) as file:
            file.write(json.dumps(document, separators=(",", ":")).encode("ascii"))
        if self._growing is not None:
            self._part.unlink(missing_ok=True)

    def abandon(self) -> None:
        """Close what is open, and write no file."""
        if self._growing is not None:
            self._growing.close()

    def _measure(self, samples: bytearray) -> None:
        peak = round(audioop.max(samples, 2) * 100 / 32768)
        self._peaks.append(peak)
        if self._growing is not None:
            self._growing.write(bytes((peak,)))
