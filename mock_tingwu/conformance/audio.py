"""The audio that cases use: the meeting that ships with the kit, or a little of it."""

from __future__ import annotations

import array
import io
import math
import wave
from functools import cache
from typing import Final

from mock_tingwu.resources import folder

RATE: Final = 16000
#: How much of the recording is used, in seconds: two sentences, and the pause after them.
_SPEECH_S: Final = 7.0


@cache
def speech() -> bytes:
    """Seven seconds of speech and a second of silence: 16 kHz, 16 bits, mono."""
    return meeting()[: 2 * int(_SPEECH_S * RATE)] + bytes(2 * RATE)


@cache
def meeting() -> bytes:
    """The whole meeting, 40 seconds of two speakers: 16 kHz, 16 bits, mono."""
    with wave.open(str(folder("fixtures") / "audio" / "cn-weekly-sync.wav")) as recording:
        pcm: bytes = recording.readframes(recording.getnframes())
    return pcm


def at_rate(pcm: bytes, rate: int) -> bytes:
    """16 kHz in 16 bits, mono, at another ``rate``: each sample is the nearest one."""
    samples = array.array("h", pcm)
    count = len(samples) * rate // RATE
    return array.array("h", (samples[n * RATE // rate] for n in range(count))).tobytes()


def tone(seconds: int, pitch: int = 1000) -> bytes:
    """A pure tone, no speech: 16 kHz, 16 bits, mono. ``pitch`` in Hz divides 16000."""
    period = (round(8000 * math.sin(2 * math.pi * pitch * n / RATE)) for n in range(RATE // pitch))
    return array.array("h", period).tobytes() * (seconds * pitch)


@cache
def media(name: str) -> bytes:
    """A file of the recordings that ship with the kit, such as ``speech.mp3``."""
    return (folder("fixtures") / "media" / name).read_bytes()


def wav(pcm: bytes, rate: int = RATE, channels: int = 1) -> bytes:
    """A WAV file of 16 bits."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(pcm)
    return file.getvalue()
