"""Frames of audio out of what is pulled. Needs PyAV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, Protocol

import av

from mock_tingwu.media.channels import HIGHEST_RATE, LOWEST_RATE, MOST_CHANNELS
from mock_tingwu.media.libav import DEMUXERS
from mock_tingwu.media.sniff import foreign

from .bodies import Body, Media, Opener
from .hls import Parts
from .lines import Patience, PullError
from .rtmp import AUDIO, RtmpStream

if TYPE_CHECKING:
    from av.audio.codeccontext import AudioCodecContext
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet

_OPTIONS: Final = {
    "format_whitelist": ",".join([*DEMUXERS, "mpegts"]),
    "protocol_whitelist": "none",
    # A second of a stream says what it is; it is not to wait for pictures.
    "analyzeduration": "1000000",
    "max_pixels": "64000000",
}
_FAILURES: Final = 100
"""Errors in a row after which a stream is read no further."""

_HEADER, _TAG, _TRAILER = 9, 11, 4  # bytes of FLV's
_RATES: Final = (5512, 11_025, 22_050, 44_100)
_CODECS: Final = {
    0: "pcm_s16le",
    2: "mp3",
    3: "pcm_s16le",
    4: "nellymoser",
    5: "nellymoser",
    6: "nellymoser",
    7: "pcm_alaw",
    8: "pcm_mulaw",
    10: "aac",
    11: "speex",
    14: "mp3",
}
"""libav's decoders by the number that FLV has for them."""

_AAC, _ENHANCED = 10, 9
_FIXED_RATES: Final = {4: 16_000, 5: 8000, 7: 8000, 8: 8000}
_FOUR_LETTERS: Final = {
    b"mp4a": "aac",
    b"Opus": "opus",
    b".mp3": "mp3",
    b"ac-3": "ac3",
    b"ec-3": "eac3",
}
"""libav's decoders by what Enhanced RTMP calls them."""


class Sounds(Protocol):
    """The audio of a stream, frame by frame."""

    @property
    def container(self) -> str:
        """A name for what the audio comes in."""

    @property
    def codec(self) -> str:
        """libav's name of the encoding, once there was a frame."""

    @property
    def damaged(self) -> int:
        """Pieces so far that could not be read."""

    def frames(self) -> Iterator[AudioFrame]:
        """Return the frames as they come, until the clean end.

        Raises:
            PullError: it broke off, or it cannot be read.
            Stopped: ``stop`` said so.

        """

    @property
    def note(self) -> str:
        """Sentences about what is missing apart from damaged pieces."""

    def close(self) -> None:
        """Give it up."""


class ContainerSounds:
    """Any container that libav knows."""

    note = ""

    def __init__(self, media: Media, head: bytes, patience: Patience) -> None:
        self.container = self.codec = ""
        self.damaged = 0
        self._media = media
        self._head = head
        self._patience = patience
        self._opened: InputContainer | None = None

    def frames(self) -> Iterator[AudioFrame]:
        try:
            stream = self._open()
            for packet in self._packets(stream):
                yield from self._decode(stream, packet)
            yield from self._decode(stream, None)
        finally:
            self.close()
        self._check()

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None
        self._media.close()

    def _open(self) -> AudioStream:
        try:
            self._opened = av.open(self._media, "r", options=_OPTIONS, metadata_errors="replace")
        except av.FFmpegError as error:
            self._check()
            what = foreign(self._head) or f"no stream of a known kind ({_reason(error)})"
            raise PullError("kind", f"what came is {what}") from None
        self.container = self._opened.format.name.partition(",")[0]
        stream: AudioStream | None = next(iter(self._opened.streams.audio), None)
        if stream is None:
            self._check()
            raise PullError("no_audio", f"the {self.container} stream has no audio")
        if stream.codec_context is None:
            raise PullError("kind", "the codec of the audio is unknown")
        stream.codec_context.thread_count = 1
        self.codec = stream.codec_context.codec.canonical_name
        return stream

    def _packets(self, stream: AudioStream) -> Iterator[Packet[Any]]:
        assert self._opened is not None
        failures = 0
        while failures < _FAILURES:
            try:
                for packet in self._opened.demux(stream):
                    self._patience.check()
                    if packet.size:
                        failures = 0
                        yield packet
                return
            except IndexError:
                failures += 1  # a stream that came up on the way, which PyAV does not know
                if self._media.ended:
                    return
            except av.FFmpegError:
                failures += 1
                self.damaged += 1
        self._check()
        raise PullError("broken", "what comes cannot be read any more")

    def _decode(self, stream: AudioStream, packet: Packet[Any] | None) -> list[AudioFrame]:
        try:
            return stream.decode(packet)
        except (av.FFmpegError, ValueError):
            self.damaged += packet is not None
            return []

    def _check(self) -> None:
        """Raise what ended the stream, if it was not its end."""
        if self._media.failure is not None:
            raise self._media.failure


class HlsSounds:
    """The parts of an HLS stream, one after the other."""

    container = "hls"

    def __init__(self, parts: Parts, opener: Opener, patience: Patience) -> None:
        self.codec = ""
        self._parts = parts
        self._opener = opener
        self._patience = patience
        self._part: ContainerSounds | None = None
        self._damaged = 0

    @property
    def damaged(self) -> int:
        return self._damaged + (self._part.damaged if self._part is not None else 0)

    @property
    def note(self) -> str:
        return self._parts.note

    def frames(self) -> Iterator[AudioFrame]:
        while self._parts.begin():
            media = Media(self._opener, self._parts, b"")
            self._part = ContainerSounds(media, b"", self._patience)
            for frame in self._part.frames():
                self.codec = self._part.codec
                yield frame
            self._damaged = self.damaged
            self._part = None

    def close(self) -> None:
        if self._part is not None:
            self._part.close()
        self._parts.close()


class FlvSounds:
    """FLV that comes over HTTP or from a file: from the first tag of audio on."""

    container = "flv"
    note = ""

    def __init__(self, body: Body, head: bytes) -> None:
        self._body = body
        self._ready = head
        self._decoder = FlvDecoder()
        self._skipped = 0

    @property
    def codec(self) -> str:
        return self._decoder.codec

    @property
    def damaged(self) -> int:
        return self._decoder.damaged + self._skipped

    def frames(self) -> Iterator[AudioFrame]:
        header = self._take(_HEADER)
        self._skip(int.from_bytes(header[5:9], "big") - _HEADER + _TRAILER)
        return self._decoder.frames(self._audio())

    def close(self) -> None:
        self._body.close()

    def _audio(self) -> Iterator[bytes]:
        failures = 0
        while self._ready or self._more():
            tag = self._take(_TAG)
            kind, length = tag[0] & 0x1F, int.from_bytes(tag[1:4], "big")
            if kind == AUDIO:
                yield self._take(length)
                self._skip(_TRAILER)
                continue
            self._skip(length + _TRAILER)
            if kind in (9, 18):  # video, script data
                failures = 0
                continue
            failures += 1
            self._skipped += 1
            if failures >= _FAILURES:
                raise PullError("broken", "what comes is no FLV any more")

    def _take(self, size: int) -> bytes:
        """Return exactly so many bytes.

        Raises:
            PullError: ``broken``: there are not as many.
            Stopped: ``stop`` said so.

        """
        pieces = []
        while size:
            if not self._ready and not self._more():
                raise PullError("broken", "the stream ended in the middle of a tag of FLV")
            piece, self._ready = self._ready[:size], self._ready[size:]
            size -= len(piece)
            pieces.append(piece)
        return b"".join(pieces)

    def _skip(self, size: int) -> None:
        while size > 0:
            if not self._ready and not self._more():
                return  # files end without what a stream ends with
            piece, self._ready = self._ready[:size], self._ready[size:]
            size -= len(piece)

    def _more(self) -> bool:
        self._ready = self._body.read(32 * 1024)
        return bool(self._ready)


class RtmpSounds:
    """A stream that is played over RTMP."""

    container = "rtmp"
    note = ""

    def __init__(self, stream: RtmpStream) -> None:
        self._stream = stream
        self._decoder = FlvDecoder()

    @property
    def codec(self) -> str:
        return self._decoder.codec

    @property
    def damaged(self) -> int:
        return self._decoder.damaged

    def frames(self) -> Iterator[AudioFrame]:
        return self._decoder.frames(self._stream.audio())

    def close(self) -> None:
        self._stream.close()


class FlvDecoder:
    """Decodes audio tags, which FLV and RTMP have in common, Enhanced RTMP's among them."""

    def __init__(self) -> None:
        self.codec = ""
        self.damaged = 0
        self._kind: object = None
        self._context: AudioCodecContext | None = None

    def frames(self, tags: Iterable[bytes]) -> Iterator[AudioFrame]:
        """Decode the payload of tags, to their end.

        Raises:
            PullError: ``kind``: the codec is unknown. And what ``tags`` raises.

        """
        for tag in tags:
            if tag:
                yield from self._feed(tag)
        yield from self._decode(None)

    def _feed(self, tag: bytes) -> list[AudioFrame]:
        number = tag[0] >> 4
        if number == _ENHANCED:
            return self._feed_enhanced(tag[0] & 0x0F, tag[1:5], tag[5:])
        if number == _AAC:
            if tag[1:2] == b"\0":
                return self._begin("aac", tag[2:])
            return self._decode(tag[2:]) if self._kind is not None else []
        if self._kind != tag[0]:
            frames = self._begin_legacy(tag[0])
            return frames + self._decode(tag[1:])
        return self._decode(tag[1:])

    def _feed_enhanced(self, kind: int, letters: bytes, data: bytes) -> list[AudioFrame]:
        if kind > 1:  # the end of a sequence, several tracks
            return []
        name = _FOUR_LETTERS.get(letters)
        if name is None:
            raise PullError("kind", f"the codec {letters!r} of the audio is unknown")
        if kind == 0:
            return self._begin(name, data)
        frames = [] if self._kind is not None else self._begin(name, b"")
        return frames + self._decode(data)

    def _begin_legacy(self, flags: int) -> list[AudioFrame]:
        number = flags >> 4
        name = _CODECS.get(number)
        if name is None:
            raise PullError("kind", f"the codec {number} of the audio is unknown")
        if name == "pcm_s16le" and not flags & 2:
            name = "pcm_u8"
        frames = self._begin(name, b"", flags)
        assert self._context is not None
        self._context.sample_rate = _FIXED_RATES.get(number, _RATES[flags >> 2 & 3])
        self._context.layout = "stereo" if flags & 1 else "mono"
        return frames

    def _begin(self, name: str, header: bytes, kind: object = None) -> list[AudioFrame]:
        """Set the codec up; return what the one before still had."""
        if kind is None:
            kind = name, header
        if kind == self._kind:
            return []
        frames = self._decode(None)
        context = av.CodecContext.create(name, "r")
        assert isinstance(context, av.AudioCodecContext)
        context.thread_count = 1
        if header:
            context.extradata = header
        self._context, self._kind = context, kind
        self.codec = context.codec.canonical_name
        return frames

    def _decode(self, data: bytes | None) -> list[AudioFrame]:
        """Decode a packet, or with None what the codec still holds."""
        if self._context is None or data == b"":
            return []
        try:
            return self._context.decode(None if data is None else av.Packet(data))
        except (av.FFmpegError, ValueError):
            self.damaged += data is not None
            return []


def is_sane(frame: AudioFrame) -> bool:
    """Whether a frame is what it can be; damaged ones may say anything."""
    in_range = LOWEST_RATE // 2 <= frame.sample_rate <= HIGHEST_RATE
    return in_range and 0 < frame.layout.nb_channels <= MOST_CHANNELS


def _reason(error: av.FFmpegError) -> str:
    return (error.strerror or "it cannot be read").lower()
