"""Audio from a file in the format that a task has declared, piece by piece as it would be spoken.

A stream is pushed in pieces of `PIECE_MS`, each at its time. `from_file` reads whatever libav does
(it takes the extra ``media``; 16-bit WAV needs nothing) and converts it to what the task takes
(realtime-ws 5); `Converter` does the same with raw samples from anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Protocol

from mock_tingwu.media import MediaUnavailable, RecordingError, probe, pyav_available, read_pcm

if TYPE_CHECKING:
    from av.audio import AudioStream

#: How much audio is sent at a time, in ms (realtime-ws 2.5).
PIECE_MS: Final = 100
#: What a realtime task may declare (tingwu-openapi 1.1, DashScope's the same).
FORMATS: Final = ("pcm", "opus", "aac", "speex", "mp3")
SAMPLE_RATES: Final = (16000, 8000)

_Encoding = Literal["libopus", "aac", "libmp3lame"]
#: What libav calls the containers and codecs in which these formats travel. Opus is packed in Ogg.
_CODECS: Final[Mapping[str, tuple[str, _Encoding]]] = {
    "opus": ("ogg", "libopus"),
    "aac": ("adts", "aac"),
    "mp3": ("mp3", "libmp3lame"),
}
#: Pages of Ogg may have 100 packets at most (realtime-ws 5); these have five of 20 ms.
_OPTIONS: Final = {
    "ogg": {"page_duration": str(PIECE_MS * 1000)},
    "mp3": {"id3v2_version": "0", "write_xing": "0"},
}
_BIT_RATE: Final = 32_000


@dataclass(frozen=True, slots=True)
class Piece:
    """What is sent when ``position`` ms have been spoken. It may be nothing: codecs look ahead."""

    data: bytes
    position: int


@dataclass(frozen=True, slots=True)
class Source:
    """Audio to push. ``duration`` is in ms."""

    pieces: Iterator[Piece]
    duration: int


class _Encoder(Protocol):
    def encode(self, pcm: bytes) -> bytes: ...

    def finish(self) -> bytes: ...


def from_file(path: Path, *, audio_format: str, sample_rate: int) -> Source:
    """The audio of a file, or of the first audio stream of a video.

    What is in a format of its own that has no encoder here (Speex) is sent as it is if it is what
    the task has declared.

    Raises:
        ValueError: ``audio_format`` or ``sample_rate`` is none of a task's, or the file is no
            recording; the message is a sentence.
        MediaUnavailable: it takes PyAV to read or to convert it (the extra ``media``).
        OSError: the file cannot be read.
    """
    _check(audio_format, sample_rate)
    try:
        found = probe(path, path.name)
    except RecordingError as error:
        raise ValueError(f"{path} cannot be pushed: {error.detail}.") from None
    if audio_format == "speex":
        if found.codec != "speex" or found.sample_rate != sample_rate:
            raise ValueError(
                f"{path} is {found.codec} at {found.sample_rate} Hz, expected a Speex file of "
                f"{sample_rate} Hz: nothing here encodes Speex"
            )
        return Source(_as_it_is(path, found.duration), found.duration)
    converter = Converter(audio_format, sample_rate)
    return Source(_converted(path, sample_rate, converter), found.duration)


class Converter:
    """Makes pieces of samples that come in by and by.

    Raises on creation:
        ValueError: ``audio_format`` or ``sample_rate`` is none of a task's, or Speex, which nothing
            here encodes.
        MediaUnavailable: it takes PyAV to convert to it.
    """

    def __init__(self, audio_format: str, sample_rate: int) -> None:
        _check(audio_format, sample_rate)
        if audio_format == "speex":
            raise ValueError("audio_format is speex, expected another: nothing here encodes Speex")
        self._encoder = _encoder(audio_format, sample_rate)
        self._sample_rate = sample_rate
        self._size = sample_rate * 2 * PIECE_MS // 1000
        self._pending = bytearray()
        self._position = 0

    def feed(self, pcm: bytes) -> Iterator[Piece]:
        """The pieces that are complete with these 16-bit little-endian mono samples."""
        self._pending += pcm
        while len(self._pending) >= self._size:
            block = bytes(self._pending[: self._size])
            del self._pending[: self._size]
            self._position += PIECE_MS
            yield Piece(self._encoder.encode(block), self._position)

    def finish(self) -> Iterator[Piece]:
        """What is left, at the end."""
        # Half a sample at the end of a pipe is nothing.
        rest = bytes(self._pending[: len(self._pending) & ~1])
        self._position += len(rest) * 1000 // (self._sample_rate * 2)
        last = (self._encoder.encode(rest) if rest else b"") + self._encoder.finish()
        if last:
            yield Piece(last, self._position)


def _check(audio_format: str, sample_rate: int) -> None:
    if audio_format not in FORMATS:
        raise ValueError(f"audio_format is {audio_format!r}, expected one of {', '.join(FORMATS)}")
    if sample_rate not in SAMPLE_RATES:
        raise ValueError(f"sample_rate is {sample_rate!r}, expected 16000 or 8000")


def _encoder(audio_format: str, sample_rate: int) -> _Encoder:
    if audio_format == "pcm":
        return _Plain()
    if not pyav_available():
        raise MediaUnavailable(f"converting to {audio_format}")
    return _Codec(*_CODECS[audio_format], sample_rate)


def _converted(path: Path, sample_rate: int, converter: Converter) -> Iterator[Piece]:
    # Opened when it is pushed: there may be nobody to push it to.
    with closing(read_pcm(path, sample_rate)) as pcm:
        for block in pcm:
            yield from converter.feed(block)
    yield from converter.finish()


def _as_it_is(path: Path, duration: int) -> Iterator[Piece]:
    """A compressed file in equal parts: how long each of them lasts is only about right."""
    count = max(1, -(-duration // PIECE_MS))
    size = -(-path.stat().st_size // count)
    position = 0
    with path.open("rb") as file:
        while data := file.read(size):
            position = min(position + PIECE_MS, duration)
            yield Piece(data, position)


class _Plain:
    """Samples as they are."""

    def encode(self, pcm: bytes) -> bytes:
        return pcm

    def finish(self) -> bytes:
        return b""


class _Sink:
    """A file for libav that is taken from as it grows."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def take(self) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        return taken


class _Codec:
    """An encoder of libav."""

    def __init__(self, container: str, codec: _Encoding, sample_rate: int) -> None:
        import av

        self._frame_type = av.AudioFrame
        self._sample_rate = sample_rate
        self._sink = _Sink()
        options = {"flush_packets": "1", "fflags": "+bitexact", **_OPTIONS.get(container, {})}
        self._file = av.open(self._sink, "w", format=container, options=options)
        self._stream: AudioStream = self._file.add_stream(codec, rate=sample_rate)
        self._stream.codec_context.layout = "mono"
        self._stream.codec_context.bit_rate = _BIT_RATE

    def encode(self, pcm: bytes) -> bytes:
        frame = self._frame_type("s16", "mono", len(pcm) // 2)
        frame.planes[0].update(pcm)
        frame.sample_rate = self._sample_rate
        self._file.mux(self._stream.encode(frame))
        return self._sink.take()

    def finish(self) -> bytes:
        self._file.mux(self._stream.encode(None))
        self._file.close()
        return self._sink.take()
