"""The audio that cases push: a little of the meeting that ships with the kit."""

from __future__ import annotations

import io
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
    with wave.open(str(folder("fixtures") / "audio" / "cn-weekly-sync.wav")) as recording:
        pcm: bytes = recording.readframes(int(_SPEECH_S * RATE))
    return pcm + bytes(2 * RATE)


def wav(pcm: bytes, rate: int = RATE, channels: int = 1) -> bytes:
    """A WAV file of 16 bits."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(pcm)
    return file.getvalue()
