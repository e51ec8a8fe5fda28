"""The channels of a recording: mixed, picked, and which of them was louder when."""

from __future__ import annotations

from array import array
from typing import Final, Literal

from mock_tingwu.pcm import audioop

from .errors import RecordingError

LOWEST_RATE: Final = 8000
"""Hz; audio with less is refused (tingwu-openapi 2.1 lists the rates from 8 kHz)."""

HIGHEST_RATE: Final = 384_000
MOST_CHANNELS: Final = 64
"""Beyond these a header is taken for damaged; no recorder goes that far."""

Channels = Literal["mix", "first", "each"]
"""What becomes of several channels.

``mix`` makes one of all, ``first`` takes the first alone, ``each`` mixes them and notes how loud
each of them was (`ChannelLevels`).
"""

LEVEL_MS: Final = 100
"""The loudness of a channel is measured over so many ms."""


def check_shape(sample_rate: int, channels: int) -> None:
    """Raise RecordingError when no recording of speech has this rate in Hz, or so many channels."""
    if 0 < sample_rate < LOWEST_RATE:
        raise RecordingError(
            "sample_rate", f"the audio has {sample_rate} Hz, at least {LOWEST_RATE} are taken"
        )
    if not (0 < sample_rate <= HIGHEST_RATE and 0 < channels <= MOST_CHANNELS):
        raise RecordingError(
            "unreadable", f"{channels} channel(s) at {sample_rate} Hz make no sense"
        )


class ChannelLevels:
    """How loud every channel of a recording was, in steps of 100 ms.

    It grows while the recording is read; until then nothing is known and everything is silent.
    """

    def __init__(self) -> None:
        self._steps: list[array[int]] = []  # one row per channel: the root mean square of each step

    @property
    def channels(self) -> int:
        """Channels that were measured; 0 unless the recording is read with ``each``."""
        return len(self._steps)

    def loudest(self, begin: int, end: int) -> int:
        """Return the channel, counted from 0, with the most energy between two times in ms.

        Of equally loud channels it is the first; so it is where nothing was measured.
        """
        span = slice(max(0, begin) // LEVEL_MS, max(0, -(-end // LEVEL_MS)))
        energies = [sum(level * level for level in row[span]) for row in self._steps]
        return energies.index(max(energies)) if energies else 0

    def measure(self, channel: int, pcm: bytes, sample_rate: int) -> None:
        """Append the levels of ``pcm``, which begins at a step: 16-bit mono at ``sample_rate``."""
        while channel >= len(self._steps):
            self._steps.append(array("H"))
        row, total = self._steps[channel], len(pcm) // 2
        step = begin = 0
        while begin < total:
            step += 1
            end = min(total, step * sample_rate * LEVEL_MS // 1000)
            row.append(audioop.rms(pcm[begin * 2 : end * 2], 2))
            begin = end


class Mixer:
    """Make one channel of interleaved 16-bit PCM, in chunks of one second."""

    def __init__(self, channels: Channels, sample_rate: int) -> None:
        self.levels = ChannelLevels()
        self._channels: Channels = channels
        self._sample_rate = sample_rate
        self._second = sample_rate * 2
        self._mono = bytearray()
        self._apart: list[bytearray] = []

    def feed(self, pcm: bytes, channels: int) -> None:
        """Take interleaved samples. ``channels`` may change; the first call decides for the levels.

        Whole frames only.
        """
        if channels == 1 and self._channels != "each":
            self._mono += pcm
            return
        if self._channels == "first":
            self._mono += pick(pcm, 0, channels)
            return
        self._mono += mix(pcm, channels)
        if self._channels == "each":
            self._keep_apart(pcm, channels)

    def second(self) -> bytes | None:
        """Return the next full second, None when it is not complete yet."""
        return self._take(self._second) if len(self._mono) >= self._second else None

    def rest(self) -> bytes:
        """Return what is left after the last full second."""
        return self._take(len(self._mono))

    def _keep_apart(self, pcm: bytes, channels: int) -> None:
        if not self._apart:
            self._apart = [bytearray() for _ in range(channels)]
        length = len(pcm) // channels
        for channel, samples in enumerate(self._apart):
            samples += pick(pcm, channel, channels) if channel < channels else bytes(length)

    def _take(self, size: int) -> bytes:
        for channel, samples in enumerate(self._apart):
            self.levels.measure(channel, bytes(samples[:size]), self._sample_rate)
            del samples[:size]
        mono = bytes(self._mono[:size])
        del self._mono[:size]
        return mono


def mix(pcm: bytes, channels: int) -> bytes:
    """Average all channels of interleaved 16-bit samples."""
    if channels == 1:
        return pcm
    if channels == 2:
        return audioop.tomono(pcm, 2, 0.5, 0.5)
    mono = bytes(len(pcm) // channels)
    for channel in range(channels):
        mono = audioop.add(mono, audioop.mul(pick(pcm, channel, channels), 2, 1 / channels), 2)
    return mono


def pick(pcm: bytes, channel: int, channels: int) -> bytes:
    """Take one channel, counted from 0, out of interleaved 16-bit samples."""
    if channels == 2:
        return audioop.tomono(pcm, 2, 1 - channel, channel)
    return array("h", pcm)[channel::channels].tobytes()
