"""Pictures out of videos, through PyAV, without which this is not importable."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from statistics import pstdev
from typing import TYPE_CHECKING, Any, Final

import av
from av.video.reformatter import VideoReformatter

from mock_tingwu.own_files import written_anew

from .errors import RecordingError, Stop, never
from .libav import Media
from .slide_finder import HEIGHT, STAY_MS, WIDTH, SlideFinder, shortest
from .sniff import HEAD

if TYPE_CHECKING:
    from av.frame import Frame
    from av.stream import Stream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

SAMPLE_MS: Final = 250
"""A video is looked at this often."""

_MANY_FRAMES: Final = 36_000
"""More are not decoded one by one: 20 minutes at 30 per second, half a minute of work or so."""

_KEY_FRAME_GAP_MS: Final = 10_500
"""The longest mean distance of key frames at which they stand for a long video. x264 makes one
every 250 frames at least, that is every 10 s."""

_SLIDE_WIDTH: Final = 1280
_THUMBNAIL_WIDTH: Final = 640
_THUMBNAIL_FROM_MS: Final = 5000


def open_video(path: Path, stop: Stop = never) -> tuple[Media, VideoStream]:
    """Open a file and its video. Close the first of both.

    Raises:
        RecordingError: there is no video that can be decoded.

    """
    with path.open("rb") as file:
        media = Media(path, file.read(HEAD), stop=stop)
    if media.video is None:
        media.close()
        raise RecordingError("codec", "the file has no video that can be decoded")
    return media, media.video


def find_slides(path: Path, folder: Path, most: int, stop: Stop) -> list[tuple[int, int, Path]]:
    """See `pictures.key_frames`: start and end in ms, and the file."""
    media, stream = open_video(path, stop)
    try:
        length = video_length(media, stream)
        samples = _samples
        frames = length * float(stream.average_rate or 25) / 1000
        if frames > _MANY_FRAMES and _has_enough_key_frames(path, length, stop):
            stream.codec_context.skip_frame = "NONKEY"
            samples = _timed
        finder = SlideFinder()
        reader = _Reader()
        kept: list[tuple[int, Path]] = []
        at, middle, count = 0, None, 0
        for at, frame in samples(media, stream):
            if middle is None or at <= length // 2:
                middle = frame
            began = finder.feed(reader.grey(frame), at)
            if began is None:
                continue
            count += 1
            picture = folder / f".slide-{count}.jpg"
            _write(picture, reader.jpeg(frame))
            kept.append((began if kept else 0, picture))
            if len(kept) > max(2, most):
                _, dropped = kept.pop(shortest([start for start, _ in kept]))
                dropped.unlink()
        if middle is None:
            raise RecordingError("codec", "not one picture of the video can be decoded")
        if not kept:  # it never stood still
            picture = folder / ".slide-0.jpg"
            _write(picture, reader.jpeg(middle))
            kept.append((0, picture))
    finally:
        media.close()
    return _numbered(kept, max(length or at, kept[-1][0]), folder)


def _write(path: Path, content: bytes) -> None:
    with written_anew(path) as file:
        file.write(content)


def write_thumbnail(path: Path, target: Path, stop: Stop) -> None:
    """See `pictures.thumbnail`."""
    media, stream = open_video(path, stop)
    try:
        reader = _Reader()
        seen: list[tuple[float, bytes]] = []
        for at, frame in _samples(media, stream):
            # What is all of one colour has no spread; a fade has less than what it leads to.
            spread = pstdev(reader.grey(frame))
            if not seen or spread > 1.2 * max(spread for spread, _ in seen):
                seen.append((spread, reader.png(frame)))
            if at >= _THUMBNAIL_FROM_MS:
                break
        if not seen:
            raise RecordingError("codec", "not one picture of the video can be decoded")
        _write(target, seen[-1][1])
    finally:
        media.close()


def video_length(media: Media, stream: VideoStream) -> int:
    """Return the length of a video in ms as the file says it, 0 when it does not."""
    if stream.duration and stream.time_base is not None:
        return int(stream.duration * stream.time_base * 1000)
    return max(0, media.container.duration or 0) * 1000 // av.time_base


def time_of(media: Media, stream: Stream, frame: Frame) -> Fraction | None:
    """Return when a frame of the stream begins, in seconds from the beginning of the file."""
    # Frames that come out at the end have lost their time base, so the stream's is taken for all.
    if frame.pts is None or stream.time_base is None:
        return None
    return frame.pts * stream.time_base - Fraction(media.container.start_time or 0, av.time_base)


def _samples(media: Media, stream: VideoStream) -> Iterator[tuple[int, VideoFrame]]:
    """Return what is to be seen every ``SAMPLE_MS``, and when (ms)."""
    shown: VideoFrame | None = None
    due = 0
    for at, frame in _timed(media, stream):
        if shown is not None:
            yield from ((time, shown) for time in _held(due, at))
            due = max(due, -(-at // SAMPLE_MS) * SAMPLE_MS)
        shown = frame
    if shown is not None:
        yield from ((time, shown) for time in _held(due, due + STAY_MS + 1))


def _held(due: int, until: int) -> range:
    """The times at which a frame that is followed by the next at ``until`` is looked at.

    A screen recorder may write no frame as long as nothing changes; more looks at the same frame
    than it takes to call it a slide tell nothing new.
    """
    return range(due, min(until, due + 2 * STAY_MS), SAMPLE_MS)


def _timed(media: Media, stream: VideoStream) -> Iterator[tuple[int, VideoFrame]]:
    """Return all frames and when they are shown (ms), which never goes back."""
    stream.codec_context.thread_type = "AUTO"
    at = 0
    for frame in media.frames(stream):
        seconds = time_of(media, stream, frame)
        if seconds is not None:
            at = max(at, int(seconds * 1000))
        yield at, frame


def _has_enough_key_frames(path: Path, length: int, stop: Stop) -> bool:
    media, stream = open_video(path, stop)
    try:
        keys = sum(packet.is_keyframe for packet in media.packets(stream))
    finally:
        media.close()
    return keys * _KEY_FRAME_GAP_MS >= length


def _numbered(
    kept: list[tuple[int, Path]], length: int, folder: Path
) -> list[tuple[int, int, Path]]:
    ends = [start for start, _ in kept[1:]] + [length]
    slides = []
    for number, ((start, picture), end) in enumerate(zip(kept, ends, strict=True), 1):
        path = folder / f"slide-{number:03}.jpg"
        picture.replace(path)
        slides.append((start, end, path))
    return slides


class _Reader:
    """Make other pictures of frames."""

    def __init__(self) -> None:
        self._scaler = VideoReformatter()
        self._last: tuple[VideoFrame, bytes] | None = None

    def grey(self, frame: VideoFrame) -> bytes:
        """A small grey picture, row by row."""
        if self._last is None or self._last[0] is not frame:
            self._last = frame, self._grey(frame)
        return self._last[1]

    def _grey(self, frame: VideoFrame) -> bytes:
        small = self._scale(frame, WIDTH, HEIGHT, "gray", interpolation="AREA")
        plane = small.planes[0]
        pixels = memoryview(plane)
        rows = range(0, HEIGHT * plane.line_size, plane.line_size)
        return b"".join(bytes(pixels[row : row + WIDTH]) for row in rows)

    def jpeg(self, frame: VideoFrame) -> bytes:
        width, height = _fitting(frame, _SLIDE_WIDTH)
        picture = self._scale(frame, width, height, "yuvj420p", dst_color_range="JPEG")
        return _encode("mjpeg", picture, {"qmin": "2", "qmax": "4"})

    def png(self, frame: VideoFrame) -> bytes:
        width, height = _fitting(frame, _THUMBNAIL_WIDTH)
        return _encode("png", self._scale(frame, width, height, "rgb24"), {})

    def _scale(
        self, frame: VideoFrame, width: int, height: int, format: str, **options: Any
    ) -> VideoFrame:
        try:
            return self._scaler.reformat(frame, width, height, format, threads=1, **options)
        except (av.FFmpegError, ValueError) as error:
            detail = f"a picture of the video cannot be converted: {error}"
            raise RecordingError("codec", detail) from None


def _fitting(frame: VideoFrame, most: int) -> tuple[int, int]:
    """Return the size of a frame no wider than ``most`` pixels, of the same shape."""
    width = min(frame.width, most)
    return width, max(1, round(frame.height * width / frame.width))


def _encode(codec: str, frame: VideoFrame, options: dict[str, str]) -> bytes:
    encoder = av.CodecContext.create(codec, "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height = frame.width, frame.height
    encoder.pix_fmt = frame.format.name
    encoder.time_base = Fraction(1, 25)
    encoder.thread_count = 1
    encoder.options = options
    frame.pts = None
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
