"""Opus and Speex in Ogg, MP3 and AAC bare: decoded by PyAV, without which this is not importable.

libav decodes; what stays with us is what a pushed stream needs: frames cut anywhere, errors as the
cloud words them, and memory that does not grow with garbage.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import av

from .errors import BAD_CONTAINER, DecodeError, undecodable
from .ogg import OggDemuxer, OggPage
from .resample import Resampler

if TYPE_CHECKING:
    from av.audio.codeccontext import AudioCodecContext
    from av.audio.frame import AudioFrame
    from av.packet import Packet

MAX_OPUS_PACKETS = 100
"""Packets on one Ogg page of Opus (realtime-ws 5). Nothing is known of a limit for Speex."""

MAX_GARBAGE = 64 * 1024
"""Bytes of MP3 or AAC that may go by without a frame (assumed)."""

_OGG_MAGIC = {"opus": b"OpusHead", "speex": b"Speex   "}


class _CodecDecoder:
    """What the two decoders below share: a libav codec, a resampler, and a note."""

    exact = True

    def __init__(self, format: str, sample_rate: int) -> None:
        self.note = ""
        self._format = format
        self._sample_rate = sample_rate
        self._resampler = Resampler(sample_rate)

    def _resample(self, frame: AudioFrame) -> bytes:
        rate, channels = frame.sample_rate, frame.layout.nb_channels
        # Opus always runs at 48 kHz inside, whatever it was made from.
        if channels != 1 or (rate != self._sample_rate and self._format != "opus"):
            self._remark(
                f"The {self._format} stream has {channels} channel(s) at {rate} Hz, the task "
                f"1 at {self._sample_rate} Hz; it was converted."
            )
        return self._resampler.convert(frame)

    def _remark(self, sentence: str) -> None:
        if not self.note:
            self.note = sentence


class OggDecoder(_CodecDecoder):
    """Opus or Speex in Ogg pages.

    The encoder's lead-in (pre-skip) of Opus is cut off; the padding after the last sample, less
    than one packet, is not.
    """

    def __init__(self, format: str, sample_rate: int) -> None:
        super().__init__(format, sample_rate)
        self._ogg = OggDemuxer()
        self._codec: AudioCodecContext | None = None
        self._headers = 0  # packets before the first audio packet

    def feed(self, data: bytes) -> bytes:
        return b"".join(map(self._decode_page, self._ogg.feed(data)))

    def flush(self) -> bytes:
        return self._drain() + self._resampler.flush()

    def _decode_page(self, page: OggPage) -> bytes:
        packets = page.packets
        if self._format == "opus" and len(packets) > MAX_OPUS_PACKETS:
            raise DecodeError(
                BAD_CONTAINER,
                f"Too many opus packets per page: max={MAX_OPUS_PACKETS}, actual={len(packets)}",
            )
        lead = b""
        if page.first:
            lead = self._drain()
            self._begin(packets[0] if packets else b"")
        skipped = min(self._headers, len(packets))
        self._headers -= skipped
        # An empty packet would tell libav that the stream ends.
        return lead + self._decode(av.Packet(data) for data in packets[skipped:] if data)

    def _begin(self, head: bytes) -> None:
        """Set up the codec from a stream's first packet, its identification header."""
        if not head.startswith(_OGG_MAGIC[self._format]):
            raise undecodable(f"the Ogg stream does not begin with the {self._format} header")
        self._headers = 2  # identification and comments
        if self._format == "speex":
            self._headers += int.from_bytes(head[68:72], "little")  # extra_headers
        try:
            self._codec = _open_codec(self._format, head)
        except (av.FFmpegError, ValueError) as error:
            raise undecodable(f"the {self._format} header makes no sense: {error}") from error

    def _drain(self) -> bytes:
        """Return what the codec still holds, and give it up."""
        if self._codec is None:
            return b""
        pcm = self._decode([None])
        self._codec = None
        return pcm

    def _decode(self, packets: Iterable[Packet[Any] | None]) -> bytes:
        codec = self._codec
        assert codec is not None  # the demuxer begins with the first page of a stream
        try:
            frames = [frame for packet in packets for frame in codec.decode(packet)]
            return b"".join(map(self._resample, frames))
        except (av.FFmpegError, ValueError) as error:
            raise undecodable(f"undecodable {self._format} packet: {error}") from error


class FramedDecoder(_CodecDecoder):
    """MP3, or AAC in ADTS: a row of frames that find themselves.

    A damaged frame is skipped. The lead-in of the encoder stays in: such a stream does not say
    how long it is.
    """

    def __init__(self, format: str, sample_rate: int) -> None:
        super().__init__(format, sample_rate)
        self._codec = _open_codec(format)
        self._tag = _Id3Skipper()
        self._garbage = 0  # bytes since the last good frame

    def feed(self, data: bytes) -> bytes:
        data = self._tag.skip(data)
        if not data:
            return b""
        self._garbage += len(data)
        pcm = self._decode(self._codec.parse(data))
        if self._garbage > MAX_GARBAGE:
            raise undecodable(f"no {self._format} frame in {self._garbage} bytes")
        return pcm

    def flush(self) -> bytes:
        return self._decode([*self._codec.parse(None), None]) + self._resampler.flush()

    def _decode(self, packets: Iterable[Packet[Any] | None]) -> bytes:
        pcm = []
        for packet in packets:
            try:
                for frame in self._codec.decode(packet):
                    pcm.append(self._resample(frame))
                    self._garbage = 0
            except (av.FFmpegError, ValueError):
                self._remark(f"Damaged {self._format} frames were skipped.")
        return b"".join(pcm)


class _Id3Skipper:
    """Skip an ID3v2 tag in front of a stream: its cover picture would pass for garbage."""

    def __init__(self) -> None:
        self._head = b""
        self._left: int | None = None  # bytes of the tag still to come, None while unknown

    def skip(self, data: bytes) -> bytes:
        if self._left is None:
            self._head += data
            if len(self._head) < 10 and b"ID3".startswith(self._head[:3]):
                return b""
            data, self._left = self._head, _id3_size(self._head)
        skipped = min(self._left, len(data))
        self._left -= skipped
        return data[skipped:]


def _id3_size(head: bytes) -> int:
    """Return the length in bytes of the tag that ``head`` begins with, 0 without one."""
    if not head.startswith(b"ID3"):
        return 0
    size = 0
    for byte in head[6:10]:
        size = size << 7 | byte & 0x7F
    footer = 10 if head[5] & 0x10 else 0
    return 10 + size + footer


def _open_codec(name: str, head: bytes | None = None) -> AudioCodecContext:
    codec = av.CodecContext.create(name, "r")
    assert isinstance(codec, av.AudioCodecContext)
    codec.thread_count = 1
    if head is not None:
        codec.extradata = head
    codec.open()
    return codec
