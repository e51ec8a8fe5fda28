"""MP4 files, through PyAV, without which this is not importable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import av
from av.filter import Graph
from av.video.reformatter import VideoReformatter

from .errors import RecordingError, Stop
from .frames import open_video, time_of

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from .libav import Media

_TICKS: Final = 60_000
"""Units per second of the videos that are encoded here; mpeg4 takes no more than 65535."""

_COPIED_FROM: Final = ("mov,", "matroska", "flv")
"""Containers that hold H.264 and AAC in the form of MP4."""

_THREADS: Final = 4
"""A fixed number: x264 makes other bytes with other numbers."""

_AAC_RATES: Final = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
_LONGEST_DELAY: Final = 60
"""Seconds between decoding and showing a picture; a slide show may have one picture a second."""

_MOST_EARLY: Final = 32
"""Packets without a decoding time at the beginning; H.264 reorders 16 at most."""

_FAST: Final = {"aac_coder": "fast"}
"""Half the time, and for speech no worse."""

_LONGEST_GAP: Final = 60
"""Seconds between audio frames that are filled; a longer gap is a damaged timestamp."""

_LONGEST_STILL: Final = 6 * 60 * 60
"""Seconds that a picture may be shown, the longest recording; beyond it a time is damaged."""

_LARGEST: Final = 1920
"""Pixels of the longer side of the videos that are encoded here; larger ones are scaled down."""

_RATE: Final = 25
_FRAME_MS: Final = 1000 // _RATE
_REPEAT_MS: Final = 1000
"""A slide is encoded this often, so that a player can jump."""


def convert(path: Path, target: Path, stop: Stop) -> None:
    """See `pictures.convert_mp4`."""
    media, video = open_video(path, stop)
    try:
        with _mp4(target) as file:
            tracks: dict[int, _Copied | _Video | _Audio] = {}
            copied = media.container.format.name.startswith(_COPIED_FROM)
            if copied and _is_h264(video):
                tracks[video.index] = _Copied(file, media, video)
            else:
                tracks[video.index] = _Video(file, media, video)
            audio = media.audio
            if audio is not None and audio.codec_context is not None:
                if copied and audio.codec_context.name == "aac":
                    tracks[audio.index] = _Copied(file, media, audio)
                else:
                    tracks[audio.index] = _Audio(file, media, audio)
            streams = [media.container.streams[index] for index in tracks]
            for packet in media.packets(*streams):
                tracks[packet.stream.index].write(packet)
            for track in tracks.values():
                track.finish()
            if not tracks[video.index].written:
                raise RecordingError("codec", "not one picture of the video can be decoded")
    finally:
        media.close()


def show_slides(
    slides: Sequence[tuple[int, bytes]], pcm: Iterable[bytes], sample_rate: int, target: Path
) -> None:
    """See `pictures.video_of_slides`."""
    if not slides:
        raise ValueError("a video of slides needs one at least")
    pictures = [_decode_png(png) for _, png in slides]
    with _mp4(target) as file:
        video = _add_video(file, pictures[0].width, pictures[0].height, preset="ultrafast")
        audio = file.add_stream("aac", rate=sample_rate, options=_FAST)
        audio.layout = "mono"
        audio.bit_rate = 32_000
        shown = _Shown([start for start, _ in slides], pictures, file, video)
        samples = 0
        for chunk in _half_seconds(pcm, sample_rate):
            frame = av.AudioFrame("s16", "mono", len(chunk) // 2)
            frame.planes[0].update(chunk)
            frame.sample_rate = sample_rate
            file.mux(audio.encode(frame))
            samples += frame.samples
            shown.until(samples * 1000 // sample_rate)
        shown.until(max(1, samples * 1000 // sample_rate))
        shown.last(samples * 1000 // sample_rate)
        file.mux(audio.encode(None))
        file.mux(video.encode(None))


class _Shown:
    """The slides as frames of a video: each where it begins, and again every second."""

    def __init__(
        self,
        starts: list[int],
        pictures: list[VideoFrame],
        file: OutputContainer,
        video: VideoStream,
    ) -> None:
        self._starts = [0, *starts[1:]]
        self._pictures = pictures
        self._file = file
        self._video = video
        self._scaler = VideoReformatter()
        self._number = 0
        self._due = 0
        self._shown = 0

    def until(self, end: int) -> None:
        """Encode what is to be seen before ``end`` ms."""
        while self._due < end:
            self._show(self._due)
            begin = self._due
            self._due = begin + _REPEAT_MS
            if self._number + 1 < len(self._starts):
                self._due = max(begin + 1, min(self._due, self._starts[self._number + 1]))

    def last(self, end: int) -> None:
        """Encode the last frame, which ends at ``end`` ms; without it the video would be short."""
        if end - _FRAME_MS > self._shown:
            self._show(end - _FRAME_MS)

    def _show(self, at: int) -> None:
        while self._number + 1 < len(self._starts) and self._starts[self._number + 1] <= at:
            self._number += 1
        frame = self._pictures[self._number]
        frame.pts, frame.time_base = at * _TICKS // 1000, Fraction(1, _TICKS)
        self._file.mux(self._video.encode(_scaled(frame, self._video, self._scaler)))
        self._shown = at


class _Copied:
    """A stream that is taken over as it is, with times from the beginning of the file."""

    def __init__(self, file: OutputContainer, media: Media, stream: Any) -> None:
        self.written = 0
        self._file = file
        self._target: Stream = file.add_stream_from_template(stream)
        start = Fraction(media.container.start_time or 0, av.time_base)
        base = stream.time_base or Fraction(1)
        self._shift = round(start / base)
        self._longest = round(_LONGEST_STILL / base)
        self._delay = round(_LONGEST_DELAY / base)
        self._last: int | None = None
        self._early: list[Packet[Any]] = []

    def write(self, packet: Packet[Any]) -> None:
        if packet.dts is None and self._last is None and len(self._early) < _MOST_EARLY:
            # Matroska does not say when the first packets are to be decoded; the next ones tell.
            self._early.append(packet)
            return
        self._write_early(packet.dts, packet.duration or 1)
        self._mux(packet)

    def finish(self) -> None:
        """Write what was held back."""
        self._write_early(None, 0)

    def _write_early(self, next_dts: int | None, step: int) -> None:
        for back, early in zip(range(len(self._early), 0, -1), self._early, strict=True):
            early.dts = early.pts if next_dts is None else next_dts - back * step
            self._mux(early)
        self._early = []

    def _mux(self, packet: Packet[Any]) -> None:
        if packet.dts is None or packet.pts is None:
            return
        if self._last is not None and packet.dts - self._shift - self._last > self._longest:
            self._shift = packet.dts - self._last - 1
        packet.dts -= self._shift
        packet.pts -= self._shift
        early = self._last is not None and packet.dts <= self._last
        if early or not 0 <= packet.pts - packet.dts <= self._delay:
            return  # a damaged time; the muxer would refuse the file
        self._last = packet.dts
        packet.stream = self._target
        self._file.mux_one(packet)
        self.written += 1


class _Video:
    """A video that is encoded anew, with the times of its frames."""

    def __init__(self, file: OutputContainer, media: Media, stream: VideoStream) -> None:
        self.written = 0
        self._file = file
        self._media = media
        self._source = stream
        stream.codec_context.thread_type = "AUTO"
        codec = stream.codec_context
        self._target = _add_video(file, codec.width, codec.height)
        self._scaler = VideoReformatter()
        self._last = -1
        self._step = round(_TICKS / (stream.average_rate or _RATE))

    def write(self, packet: Packet[Any] | None) -> None:
        for frame in self._media.decode(self._source, packet):
            seconds = time_of(self._media, self._source, frame)
            ticks = self._last + self._step if seconds is None else round(seconds * _TICKS)
            if ticks - self._last > _LONGEST_STILL * _TICKS:
                ticks = self._last + self._step
            if ticks <= self._last:
                continue
            self._last = ticks
            picture = _scaled(frame, self._target, self._scaler)
            picture.pts, picture.time_base = ticks, Fraction(1, _TICKS)
            self._file.mux(self._target.encode(picture))
            self.written += 1

    def finish(self) -> None:
        self.write(None)
        self._file.mux(self._target.encode(None))


class _Audio:
    """Audio that is encoded anew. Gaps between timestamps become silence: the video goes on."""

    def __init__(self, file: OutputContainer, media: Media, stream: AudioStream) -> None:
        self.written = 0
        self._file = file
        self._media = media
        self._source = stream
        codec = stream.codec_context
        codec.thread_count = 1
        self._rate = codec.sample_rate if codec.sample_rate in _AAC_RATES else 44_100
        self._layout = "mono" if codec.channels == 1 else "stereo"
        self._target = file.add_stream("aac", rate=self._rate, options=_FAST)
        self._target.layout = self._layout
        self._target.bit_rate = 64_000
        self._expected = Fraction(0)
        self._graph: Graph | None = None
        self._shape: tuple[str, str, int] | None = None

    def write(self, packet: Packet[Any] | None) -> None:
        for frame in self._media.decode(self._source, packet):
            shape = (frame.format.name, frame.layout.name, frame.sample_rate)
            if shape != self._shape:
                self._push(None)
                self._graph = self._open_graph(*shape)
                self._shape = shape
            seconds = time_of(self._media, self._source, frame)
            if seconds is None or abs(seconds - self._expected) > _LONGEST_GAP:
                seconds = self._expected
            self._expected = seconds + Fraction(frame.samples, frame.sample_rate)
            frame.pts = round(seconds * frame.sample_rate)
            frame.time_base = Fraction(1, frame.sample_rate)
            self._push(frame)

    def finish(self) -> None:
        self.write(None)
        self._push(None)
        self._file.mux(self._target.encode(None))

    def _push(self, frame: AudioFrame | None) -> None:
        if self._graph is None:
            return
        self._graph.push(frame)
        while True:
            try:
                ready = self._graph.pull()
            except (BlockingIOError, EOFError):
                return
            assert isinstance(ready, av.AudioFrame)
            self._file.mux(self._target.encode(ready))
            self.written += 1

    def _open_graph(self, format: str, layout: str, sample_rate: int) -> Graph:
        graph = Graph()
        graph.threads = 1
        source = graph.add_abuffer(
            format=format,
            layout=layout,
            sample_rate=sample_rate,
            time_base=Fraction(1, sample_rate),
        )
        begins = "" if self._shape else ":first_pts=0"  # only the first graph sees the beginning
        timed = graph.add("aresample", args=f"async=1000{begins}")
        shaped = graph.add(
            "aformat",
            sample_fmts="fltp",
            channel_layouts=self._layout,
            sample_rates=str(self._rate),
        )
        graph.link_nodes(source, timed, shaped, graph.add("abuffersink")).configure()
        return graph


@contextmanager
def _mp4(target: Path) -> Iterator[OutputContainer]:
    """Open an MP4 for writing; what fails leaves no file behind.

    Raises:
        RecordingError: libav cannot make this file.

    """
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    try:
        with av.open(str(target.absolute()), "w", format="mp4", options=options) as file:
            yield file
    except RecordingError:
        target.unlink(missing_ok=True)
        raise
    except (av.FFmpegError, ValueError) as error:
        target.unlink(missing_ok=True)
        raise RecordingError("codec", f"the MP4 cannot be made: {error}") from error


def _add_video(file: OutputContainer, width: int, height: int, **options: str) -> VideoStream:
    stream: VideoStream
    if "libx264" in av.codecs_available:
        options = {"preset": "veryfast", "crf": "27"} | options
        stream = file.add_stream("libx264", rate=_RATE, options=options)
    else:
        stream = file.add_stream("mpeg4", rate=_RATE)
    stream.width, stream.height = _fitting(width, height)
    stream.pix_fmt = "yuv420p"
    stream.codec_context.time_base = Fraction(1, _TICKS)
    stream.codec_context.thread_count = _THREADS
    return stream


def _fitting(width: int, height: int) -> tuple[int, int]:
    """Return the size at which a picture is encoded: of the same shape, with even sides."""
    longer = max(width, height)
    if longer > _LARGEST:
        width, height = (max(1, round(side * _LARGEST / longer)) for side in (width, height))
    return width + width % 2, height + height % 2


def _scaled(frame: VideoFrame, video: VideoStream, scaler: VideoReformatter) -> VideoFrame:
    picture = scaler.reformat(
        frame, video.width, video.height, "yuv420p", dst_color_range="MPEG", threads=1
    )
    picture.pict_type = 0  # else the encoder makes a key frame of what was one before
    return picture


def _is_h264(stream: VideoStream) -> bool:
    codec = stream.codec_context
    return codec.name == "h264" and codec.pix_fmt in ("yuv420p", "yuvj420p")


def _decode_png(png: bytes) -> VideoFrame:
    decoder = av.CodecContext.create("png", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    frames = [*decoder.decode(av.Packet(png)), *decoder.decode(None)]
    return frames[0]


def _half_seconds(pcm: Iterable[bytes], sample_rate: int) -> Iterator[bytes]:
    """Cut audio into blocks of half a second: an encoder call per frame costs more."""
    pending = bytearray()
    for chunk in pcm:
        pending += chunk
        while len(pending) >= sample_rate:
            yield bytes(pending[:sample_rate])
            del pending[:sample_rate]
    if len(pending) >= 2:
        yield bytes(pending[: len(pending) & ~1])
