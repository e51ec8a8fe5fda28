"""Recordings through PyAV, without which this is not importable.

libav opens the one file it is given and nothing else: it reads through an object without a name,
knows only the demuxers of the documented containers, and may use no protocol.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import av
from av.stream import Disposition

from .channels import HIGHEST_RATE, LOWEST_RATE, MOST_CHANNELS, check_shape
from .errors import RecordingError, Stop, Stopped, never
from .recording import Recording
from .resample import Resampler
from .sniff import MEDIA_SUFFIXES, is_media, suffix

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

DEMUXERS: Final = (
    *("mp3", "wav", "aac", "ogg", "amr", "amrnb", "amrwb", "flac", "aiff"),
    *("mov", "asf", "flv", "rm", "matroska", "avi", "mpeg", "mpegvideo"),
)
"""libav's demuxers of the containers that the cloud takes (tingwu-openapi 2.1)."""

_COUNTED: Final = frozenset({"mp3", "aac", "amr", "amrnb", "amrwb"})
"""Rows of frames that do not say how long they are; libav would guess it from the bit rate."""

_BRANDS: Final = {"qt  ": "mov", "M4A ": "m4a", "M4B ": "m4a", "3gp4": "3gp", "3gp5": "3gp"}
_SHORT: Final = {"amrnb": "amr", "amrwb": "amr", "mpegvideo": "mpeg"}
_TRIED: Final = 2000
"""Packets in which the first good frame has to come; more than half a minute of anything."""

_PADDING_MS: Final = 200
"""What encoders add in front and at the end, at most."""

_WIDEST: Final = 16_384
_MOST_PIXELS: Final = 64_000_000
"""A picture wider or higher than the one, or with more pixels than the other, is not decoded: it
would take hundreds of megabytes. Television of 8K has 33 million."""

_FAILURES: Final = 100
"""Errors in a row after which a file is read no further."""


class _Source:
    """A file as libav may see it: without its name, and with failures as return values.

    It ends where ``stop`` says so: libav may search through gigabytes for the next packet.
    """

    def __init__(self, path: Path, stop: Stop) -> None:
        self._file = path.open("rb", buffering=0)
        self._stop = stop
        self.stopped = False

    def read(self, size: int) -> bytes:
        self.stopped = self.stopped or self._stop()
        return b"" if self.stopped else self._file.read(size) or b""

    def seek(self, offset: int, whence: int = 0) -> int:
        # Damaged files send libav anywhere. It can live with that, but not with an exception.
        try:
            return self._file.seek(offset, whence)
        except (OSError, ValueError):
            return -errno.EINVAL

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._file.close()


class Media:
    """An open recording. ``audio`` is None without an audio stream, ``video`` without a video."""

    def __init__(self, path: Path, head: bytes, name: str = "", *, stop: Stop = never) -> None:
        """Open a file that begins with ``head``.

        Raises:
            RecordingError: ``type`` or ``unreadable``.
            Stopped: ``stop`` said so.
            OSError: the file cannot be read.

        """
        self._source = _Source(path, stop)
        try:
            self.container = self._open(head, name)
        except BaseException:
            self._source.close()
            if self._source.stopped:
                raise Stopped from None
            raise
        streams = self.container.streams
        self.audio: AudioStream | None = next(iter(streams.audio), None)
        self.video: VideoStream | None = next(filter(_is_video, streams.video), None)
        self.damaged = 0
        """Packets or frames so far that could not be read."""
        self._stop = stop
        if self.video is not None:
            # A frame in the middle may be larger than the first.
            self.video.codec_context.options = {"max_pixels": str(_MOST_PIXELS)}

    def close(self) -> None:
        """Close the file. What was made from it must not be used any more."""
        self.container.close()
        self._source.close()

    def packets(self, *streams: Any) -> Iterator[Packet[Any]]:
        """Read on to the end, or to where nothing can be read any more.

        Raises:
            Stopped: ``stop``, which is asked before every packet and every look at the file, said
                so.

        """
        failures = 0
        while failures < _FAILURES:
            try:
                for packet in self.container.demux(*streams):
                    if self._stop():
                        raise Stopped
                    if packet.size:  # an empty one would tell the decoder that this is the end
                        failures = 0
                        yield packet
                break
            except IndexError:
                break  # at the end PyAV trips over streams that a damaged file made up on the way
            except av.FFmpegError:
                failures += 1
                self.damaged += 1
        if self._source.stopped:
            raise Stopped

    def frames(self, stream: Any) -> Iterator[Any]:
        """Decode a stream from here to its end; damaged frames are left out."""
        for packet in self.packets(stream):
            yield from self.decode(stream, packet)
        yield from self.decode(stream, None)

    def decode(self, stream: Any, packet: Packet[Any] | None) -> list[Any]:
        """Decode one packet, or with None what the decoder still holds."""
        try:
            return list(stream.decode(packet))
        except (av.FFmpegError, ValueError):
            self.damaged += packet is not None
            return []

    def _open(self, head: bytes, name: str) -> InputContainer:
        try:
            return av.open(
                self._source,
                "r",
                options={
                    "format_whitelist": ",".join(DEMUXERS),
                    "protocol_whitelist": "none",
                    # For the frames that libav decodes already to tell what the streams are.
                    "max_pixels": str(_MOST_PIXELS),
                },
                metadata_errors="replace",
                buffer_size=1 << 18,
            )
        except av.FFmpegError as error:
            if is_media(head):
                detail = f"the file begins like a recording, but {_reason(error)}"
                raise RecordingError("unreadable", detail) from None
            if error.errno != errno.EINVAL and suffix(name) in MEDIA_SUFFIXES:
                detail = f"nothing in {name!r} can be read as a recording"
                raise RecordingError("unreadable", detail) from None
            raise RecordingError("type", "the file is no recording of a known kind") from None


class AudioReader:
    """Decodes the first audio stream of a file."""

    def __init__(self, path: Path, head: bytes, sample_rate: int, stop: Stop) -> None:
        self._media = Media(path, head, stop=stop)
        self._sample_rate = sample_rate
        self._skipped = 0
        try:
            self._stream = audio_of(self._media)
        except RecordingError:
            self._media.close()
            raise

    @property
    def note(self) -> str:
        """A sentence about damaged frames, "" when there were none."""
        damaged = self._media.damaged + self._skipped
        return f"{damaged} damaged piece(s) of the audio were skipped." if damaged else ""

    def read(self) -> Iterator[tuple[bytes, int]]:
        """Return interleaved 16-bit samples, and how many channels they have.

        Raises:
            RecordingError: nothing could be decoded.
            Stopped: ``stop`` said so.

        """
        resampler = Resampler(self._sample_rate, mono=False)
        channels = 0
        for frame in self._media.frames(self._stream):
            if not _is_sane(frame):
                self._skipped += 1
                continue
            try:
                if not resampler.fits(frame):
                    yield resampler.flush(), channels
                channels = frame.layout.nb_channels
                yield resampler.convert(frame), channels
            except (av.FFmpegError, ValueError) as error:
                raise RecordingError("codec", f"the audio cannot be converted: {error}") from None
        if not channels:
            raise _nothing_decoded(self._stream, self._media.damaged + self._skipped)
        yield resampler.flush(), channels

    def close(self) -> None:
        """Close the file."""
        self._media.close()


def probe_container(path: Path, head: bytes, name: str, stop: Stop) -> Recording:
    """See `recording.probe`."""
    media = Media(path, head, name, stop=stop)
    try:
        stream = audio_of(media)
        frame = _first_frame(media, stream)
        check_shape(frame.sample_rate, frame.layout.nb_channels)
        video = media.video
        size = path.stat().st_size
        return Recording(
            size=size,
            duration=_duration(path, head, media, stream, size, stop),
            sample_rate=frame.sample_rate,
            channels=frame.layout.nb_channels,
            container=_short_name(media, head),
            codec=stream.codec_context.codec.canonical_name,
            video=video is not None,
            width=video.codec_context.width if video is not None else 0,
            height=video.codec_context.height if video is not None else 0,
        )
    finally:
        media.close()


def audio_of(media: Media) -> AudioStream:
    """Return the audio stream that is listened to; it has a decoder."""
    stream = media.audio
    if stream is None:
        if not len(media.container.streams):
            raise RecordingError("unreadable", "the container holds no streams")
        raise RecordingError("no_audio", "the file has no audio stream")
    if stream.codec_context is None:
        raise RecordingError("codec", "the codec of the audio stream is unknown")
    stream.codec_context.thread_count = 1  # frames are short: more threads only cost
    return stream


def _first_frame(media: Media, stream: AudioStream) -> AudioFrame:
    tried = 0
    frames: list[AudioFrame] = []
    for tried, packet in enumerate(media.packets(stream), 1):
        frames = media.decode(stream, packet)
        if frames or tried == _TRIED:
            break
    frames = frames or media.decode(stream, None)
    if not frames:
        raise _nothing_decoded(stream, tried + media.damaged)
    return frames[0]


def _nothing_decoded(stream: AudioStream, tried: int) -> RecordingError:
    if not tried:
        return RecordingError("unreadable", "the file is cut off: there is no audio in it")
    codec = stream.codec_context.codec.canonical_name
    return RecordingError("codec", f"not one frame of the {codec} stream can be decoded")


def _duration(
    path: Path, head: bytes, media: Media, stream: AudioStream, size: int, stop: Stop
) -> int:
    """Return the length of the audio in ms."""
    claimed = _claimed_duration(media.container, stream)
    if claimed and media.container.format.name not in _COUNTED:
        rate = stream.codec_context.bit_rate or 0
        if stream.codec_context.name.startswith("pcm_") and rate > 0:
            # The header of a file that was cut off, or never finished, promises too much.
            return min(claimed, size * 8000 // rate)
        return claimed
    counted = _counted_duration(path, head, stop)
    # A header that is right knows better how much of the first and the last frame counts.
    return claimed if abs(claimed - counted) < _PADDING_MS else counted


def _claimed_duration(container: InputContainer, stream: AudioStream) -> int:
    """Return what the container says, in ms; 0 when it says nothing."""
    seconds = Fraction(0)
    if stream.duration and stream.time_base is not None:
        seconds = stream.duration * stream.time_base
    elif container.duration:
        seconds = Fraction(container.duration, av.time_base)
    return max(0, int(seconds * 1000))


def _counted_duration(path: Path, head: bytes, stop: Stop) -> int:
    """Read all packets of the audio. A fresh look at the file, as streams cannot be rewound."""
    media = Media(path, head, stop=stop)
    try:
        stream = audio_of(media)
        base = stream.time_base or Fraction(1, 1000)
        total, first, last = 0, None, 0
        for packet in media.packets(stream):
            length = packet.duration or 0
            total += length
            if packet.pts is not None:
                first = packet.pts if first is None else first
                last = max(last, packet.pts + length - first)
        return int(max(total, last) * base * 1000)
    finally:
        media.close()


def _short_name(media: Media, head: bytes) -> str:
    name = media.container.format.name
    if name.startswith("mov,"):
        return _BRANDS.get(media.container.metadata.get("major_brand", ""), "mp4")
    if name.startswith("matroska"):
        return "webm" if b"webm" in head[:64] else "mkv"
    if name == "asf":
        return "wma" if media.video is None else "wmv"
    return _SHORT.get(name, name)


def _is_video(stream: VideoStream) -> bool:
    if stream.disposition & (Disposition.attached_pic | Disposition.timed_thumbnails):
        return False
    codec = stream.codec_context
    if codec is None:
        return False
    # With too many pixels (max_pixels) libav says that both sides are 0.
    return 0 < codec.width <= _WIDEST and 0 < codec.height <= _WIDEST


def _is_sane(frame: AudioFrame) -> bool:
    in_range = LOWEST_RATE // 2 <= frame.sample_rate <= HIGHEST_RATE
    return in_range and 0 < frame.layout.nb_channels <= MOST_CHANNELS


def _reason(error: av.FFmpegError) -> str:
    return (error.strerror or "it cannot be read").lower()
