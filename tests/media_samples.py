"""Audio for the tests of mock_tingwu.media: bursts of tone, and streams made from them."""

from __future__ import annotations

import audioop
import base64
import io
import math
import struct
import zlib
from collections.abc import Iterator, Sequence
from functools import cache

import av

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
