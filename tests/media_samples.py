"""Audio and video for the tests of mock_tingwu.media: bursts of tone, slides, and files of them."""

from __future__ import annotations

import audioop
import base64
import io
import math
import struct
import wave
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import av

from mock_tingwu.media import draw_slide

SPOKEN_MS = 2400
"""Length of ``bursts``: sound at 0-500, 1000-1500 and 2000-2400 ms, silence between."""

_CONTAINERS = {"opus": ("ogg", "libopus"), "mp3": ("mp3", "libmp3lame"), "aac": ("adts", "aac")}

# The bursts as speexenc 1.2.1 packs them (--quality 1), deflated: PyAV brings no Speex encoder.
_SPEEX = {
    8000: """
eNrzT08PZmBigILEssNhIFrS7PcXxoDggtTUCgUFBUM9Iz1DBlTACMQBQOwgD+GzQMX+A8ECJDXIwB9kFwOyXSAVt7MN
SxgVJIAs17zk/JTUFIXyzJIMBYjlcKvBelkYvBF6QY7+zdH9vZJroIDrwxt+r+fMdQi6AGT5p8rv4bBqALFSWg5f8wSL
pfA3Cv4+AGKlzdDg9Vrn+gGoLmX99QABVB1pLau++diAxaoZYTqaV3BYQXUcJqBjNVwHzI614j9oaIe7xhIR3Zxsy3NF
zlMnbjr4Yrnl6Sluc9MkDywJ6+orArJOMM55DpR1m5v+B8ZKYxgOLFCcf5wzl+G3Dyg0MphtW3sdwDF95NA3zwAgKzi9
fik0dFN6NTiA4QcO3bkMP0TAYlNtRuN8NM4HJs4f3hDRz9Hg8ZoDANfFX4k=""",
    16000: """
eNrzT08PZmBigILEssNhILox+SIvY0BwQWpqhYKCgqGekZ4hAypgBOIAIG6wg7BZoGL/gcCBEaEGGfiD7GJAtguk4na2
YQmjggSQ5ZqXnJ+SmqJQnlmSoQCxHG41WC8LwzSEXpCjk1rvRVfyDxRwfXjDb/WcGWI+tup1RxtAXKArtzIcEFTnYWAA
c9OmVp1sdYRz0xOUr1UHwrmpoYycoW/h3JQZGmJMtgjFqEalTI072dRItFEh6EYFoBo1hF3lbsokotu8OvJcsXodq+V7
x4vPU7iW8mYDuTmBHf1uc9MOMs55bgniKjTwu81NvwHjAvUCZWtQuQyjXOK4oNT+cc4MLhZt9ToFaBxFbxVExGBwylQP
DitEYki5chglBkVREkMaRmIQHT5JlIquGk3to6l90Kf2SyJ6oSc0g9faaTEz8AMA72mDIg==""",
}


def bursts(sample_rate: int) -> bytes:
    """Speech as far as energy goes: half a second of two tones, half a second of nothing."""
    samples = []
    for number in range(sample_rate * SPOKEN_MS // 1000):
        second = number / sample_rate
        low, high = (math.sin(2 * math.pi * pitch * second) for pitch in (220, 880))
        samples.append(round(7200 * low + 4000 * high) if second % 1 < 0.5 else 0)
    return struct.pack(f"<{len(samples)}h", *samples)


@cache
def encoded(format: str, sample_rate: int) -> bytes:
    """The bursts as a client would push them in this format."""
    if format == "speex":
        return zlib.decompress(base64.b64decode(_SPEEX[sample_rate]))
    return encode(format, sample_rate, bursts(sample_rate), "mono")


def encode(format: str, sample_rate: int, pcm: bytes, layout: str) -> bytes:
    """Interleaved 16-bit samples as a whole file of this format."""
    muxer, codec = _CONTAINERS[format]
    target = io.BytesIO()
    options = {"fflags": "+bitexact"} | ({"id3v2_version": "0"} if format == "mp3" else {})
    with av.open(target, "w", format=muxer, options=options) as container:
        stream = container.add_stream(codec, rate=sample_rate)
        assert isinstance(stream, av.AudioStream)
        stream.codec_context.layout = layout
        stream.codec_context.bit_rate = 24_000
        frame = av.AudioFrame(
            "s16", layout, len(pcm) // 2 // stream.codec_context.layout.nb_channels
        )
        frame.planes[0].update(pcm)
        frame.sample_rate = sample_rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target.getvalue()


def ogg_page(
    packets: Sequence[bytes],
    *,
    first: bool = False,
    continued: bool = False,
    serial: int = 7,
    ends: bool = True,
) -> bytes:
    """One Ogg page; without ``ends`` its last packet goes on (and is a multiple of 255 long)."""
    lacing = b"".join(
        b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets
    )
    if not ends:
        lacing = lacing[:-1]
    flags = continued | first << 1
    head = struct.pack("<4sBBqII", b"OggS", 0, flags, 0, serial, 0)
    rest = bytes([len(lacing)]) + lacing + b"".join(packets)
    return head + struct.pack("<I", slow_checksum(head + bytes(4) + rest)) + rest


def slow_checksum(page: bytes) -> int:
    """The CRC of Ogg, bit by bit as RFC 3533 describes it."""
    register = 0
    for byte in page:
        register ^= byte << 24
        for _ in range(8):
            register = (register << 1) ^ (0x04C11DB7 if register & 0x80000000 else 0)
            register &= 0xFFFFFFFF
    return register


def cut(data: bytes, size: int) -> Iterator[bytes]:
    """The data in frames of ``size`` bytes."""
    return (data[start : start + size] for start in range(0, len(data), size))


def peak(pcm: bytes, sample_rate: int, begin_ms: int, end_ms: int) -> int:
    """The largest amplitude between two points of time."""
    begin, end = (sample_rate * ms // 1000 * 2 for ms in (begin_ms, end_ms))
    return audioop.max(pcm[begin:end], 2)


def milliseconds(pcm: bytes, sample_rate: int) -> float:
    return len(pcm) / 2 / sample_rate * 1000


@dataclass(frozen=True)
class Kind:
    """How to make a file: libav's names of the muxer and the codecs, and what probing calls it."""

    name: str
    muxer: str
    audio: str
    container: str
    codec: str
    rate: int = 16_000
    video: str = ""
    size: tuple[int, int] = (320, 180)
    options: tuple[tuple[str, str], ...] = ()

    @property
    def suffix(self) -> str:
        return self.name.rpartition(".")[2]


AUDIO_KINDS = [
    Kind("talk.mp3", "mp3", "libmp3lame", "mp3", "mp3"),
    Kind("talk.wav", "wav", "pcm_s16le", "wav", "pcm_s16le"),
    Kind("talk.m4a", "ipod", "aac", "m4a", "aac"),
    Kind("talk.wma", "asf", "wmav2", "wma", "wmav2", 44_100),
    Kind("talk.aac", "adts", "aac", "aac", "aac"),
    Kind("opus.ogg", "ogg", "libopus", "ogg", "opus", 48_000),
    Kind("talk.amr", "amr", "libopencore_amrnb", "amr", "amr_nb", 8000),
    Kind("talk.flac", "flac", "flac", "flac", "flac"),
    Kind("talk.aiff", "aiff", "pcm_s16be", "aiff", "pcm_s16be"),
]
VIDEO_KINDS = [
    Kind("talk.mp4", "mp4", "aac", "mp4", "aac", video="libx264"),
    Kind("talk.wmv", "asf", "wmav2", "wmv", "wmav2", 44_100, "wmv2"),
    Kind("talk.m4v", "mp4", "aac", "mp4", "aac", video="libx264"),
    Kind("talk.flv", "flv", "aac", "flv", "aac", 44_100, "flv1"),
    Kind("talk.rmvb", "rm", "ac3", "rm", "ac3", 44_100, "rv10", (176, 144)),
    Kind("talk.dat", "vcd", "mp2", "mpeg", "mp2", 44_100, "mpeg1video"),
    Kind("talk.mov", "mov", "pcm_s16le", "mov", "pcm_s16le", video="mpeg4"),
    Kind("talk.mkv", "matroska", "libopus", "mkv", "opus", 48_000, "libx264"),
    Kind("talk.webm", "webm", "libopus", "webm", "opus", 48_000, "libvpx"),
    Kind("talk.avi", "avi", "libmp3lame", "avi", "mp3", 16_000, "mpeg4"),
    Kind("talk.mpeg", "mpeg", "mp2", "mpeg", "mp2", 44_100, "mpeg2video"),
    Kind("talk.3gp", "3gp", "libopencore_amrnb", "3gp", "amr_nb", 8000, "h263", (176, 144)),
    Kind("video.ogg", "ogg", "libopus", "ogg", "opus", 48_000, "libvpx"),
]
KINDS = {kind.name: kind for kind in AUDIO_KINDS + VIDEO_KINDS}


def interleave(*channels: bytes) -> bytes:
    """Several channels of 16-bit samples as one."""
    mixed = bytearray(sum(map(len, channels)))
    samples = memoryview(mixed).cast("h")
    for number, channel in enumerate(channels):
        samples[number :: len(channels)] = memoryview(channel).cast("h")
    return bytes(mixed)


@cache
def recorded(kind: Kind, layout: str = "mono") -> bytes:
    """The bursts as a whole file of this kind; the second channel of ``stereo`` is silent.

    A video shows one slide for the first half and another for the second.
    """
    pcm = bursts(kind.rate)
    if layout == "stereo":
        pcm = interleave(pcm, bytes(len(pcm)))
    pictures = [(0, draw_slide("First", 1, kind.size)), (1200, draw_slide("Then", 2, kind.size))]
    return make_file(kind, pcm, layout, pictures if kind.video else [])


def make_file(
    kind: Kind, pcm: bytes, layout: str, pictures: Sequence[tuple[int, bytes]], fps: int = 25
) -> bytes:
    """Interleaved samples (none without ``pcm``), and PNG pictures from given times (ms) on.

    The video is as long as the audio, or lasts a second after the last picture.
    """
    target = io.BytesIO()
    options = {"fflags": "+bitexact"} | dict(kind.options)
    with av.open(target, "w", format=kind.muxer, options=options) as file:
        audio = file.add_stream(kind.audio, rate=kind.rate) if pcm else None
        video = file.add_stream(kind.video, rate=fps) if pictures else None
        packets = []
        duration = pictures[-1][0] + 1000 if pictures else 0
        if audio is not None:
            assert isinstance(audio, av.AudioStream)
            audio.layout, audio.bit_rate = layout, 12_200 if "amr" in kind.audio else 48_000
            frame = av.AudioFrame("s16", layout, len(pcm) // 2 // audio.channels)
            frame.planes[0].update(pcm)
            frame.sample_rate = kind.rate
            duration = frame.samples * 1000 // kind.rate
            packets = [*audio.encode(frame), *audio.encode(None)]
        if video is not None:
            assert isinstance(video, av.VideoStream)
            video.width, video.height = kind.size
            video.pix_fmt = "yuv420p"
            for shown in _frames(pictures, duration, fps):
                file.mux(video.encode(shown))
            file.mux(video.encode(None))
        file.mux(packets)
    return target.getvalue()


def write_wav(path: Path, pcm: bytes, sample_rate: int, channels: int = 1) -> Path:
    """16-bit PCM as a WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes(pcm)
    return path


def picture(png: bytes) -> av.VideoFrame:
    """Decode a PNG."""
    decoder = av.CodecContext.create("png", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    return [*decoder.decode(av.Packet(png)), *decoder.decode(None)][0]


def look(path: Path) -> av.VideoFrame:
    """Decode the first picture of a file."""
    with av.open(str(path)) as file:
        return next(file.decode(video=0))


def pixel(frame: av.VideoFrame, x: int, y: int) -> tuple[int, int, int]:
    """Red, green and blue."""
    plane = frame.reformat(format="rgb24").planes[0]
    start = y * plane.line_size + x * 3
    red, green, blue = bytes(plane)[start : start + 3]
    return red, green, blue


def _frames(
    pictures: Sequence[tuple[int, bytes]], duration: int, fps: int
) -> Iterator[av.VideoFrame]:
    decoded = [(start, picture(png)) for start, png in pictures]
    for number in range(duration * fps // 1000):
        at = number * 1000 // fps
        shown = [frame for start, frame in decoded if start <= at][-1]
        frame = shown.reformat(format="yuv420p", dst_color_range="MPEG")
        frame.pict_type = 0
        frame.pts, frame.time_base = number, Fraction(1, fps)
        yield frame
