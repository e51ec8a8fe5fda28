"""A hum in place of speech: what an imagined recording sounds like."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from mock_tingwu.pcm import audioop

_PITCHES: Final = (118, 196, 147, 233, 131, 211, 165, 175)
"""Hz by voice; voices that speak in turn are far apart. Whole numbers, so that a second loops."""

_HARMONICS: Final = (1.0, 0.55, 0.3, 0.18, 0.1)
_SYLLABLES: Final = 4
"""Swells per second, about as many as there are syllables."""

_PEAK: Final = 5000
_FADE_MS: Final = 20


def tones(
    spans: Iterable[tuple[int, int, int]], duration: int, sample_rate: int
) -> Iterator[bytes]:
    """Hum where somebody speaks, and be silent elsewhere.

    ``spans`` are (begin, end, voice): ms, and a number from 0 that decides on the pitch. They may
    overlap and come in any order; what lies beyond ``duration`` ms is left out. The result is
    16-bit little-endian mono PCM in chunks of one second, together exactly ``duration`` long.
    """
    waiting = sorted((begin, end, voice) for begin, end, voice in spans if end > max(begin, 0))
    waiting.reverse()  # the next one is the last: taking it costs nothing
    total = duration * sample_rate // 1000
    sounding: list[_Hum] = []
    for start in range(0, total, sample_rate):
        length = min(sample_rate, total - start)
        while waiting and _sample(waiting[-1][0], sample_rate) < start + length:
            begin, end, voice = waiting.pop()
            sounding.append(
                _Hum(_sample(begin, sample_rate), _sample(end, sample_rate), voice, sample_rate)
            )
        chunk = bytearray(length * 2)
        for hum in sounding:
            hum.add_to(chunk, start)
        sounding = [hum for hum in sounding if hum.end > start + length]
        yield bytes(chunk)


class _Hum:
    """One span; times are in samples."""

    def __init__(self, begin: int, end: int, voice: int, sample_rate: int) -> None:
        self.begin = begin
        self.end = end
        self._loop = _loop(voice % len(_PITCHES), sample_rate)
        self._fade = min(sample_rate * _FADE_MS // 1000, (end - begin) // 2)

    def add_to(self, chunk: bytearray, start: int) -> None:
        """Sound into a chunk that begins at ``start``; it is no longer than the loop."""
        first = max(self.begin, start)
        last = min(self.end, start + len(chunk) // 2)
        if first >= last:
            return
        offset = (first - self.begin) % (len(self._loop) // 4) * 2
        piece = self._loop[offset : offset + (last - first) * 2]
        if last > self.end - self._fade:
            piece = self._faded(piece, first)
        place = slice((first - start) * 2, (last - start) * 2)
        chunk[place] = audioop.add(chunk[place], piece, 2)

    def _faded(self, piece: bytes, first: int) -> bytes:
        samples = array("h", piece)
        for index in range(max(0, self.end - self._fade - first), len(samples)):
            samples[index] = samples[index] * (self.end - first - index) // self._fade
        return samples.tobytes()


@lru_cache(maxsize=32)
def _loop(voice: int, sample_rate: int) -> bytes:
    """Two seconds of a voice, the second like the first: every second of it is a slice of them."""
    pitch = _PITCHES[voice]
    loudest = sum(_HARMONICS)
    samples = array("h")
    for number in range(sample_rate):
        turn = 2 * math.pi * number / sample_rate
        hum = sum(
            part * math.sin(turn * pitch * harmonic)
            for harmonic, part in enumerate(_HARMONICS, 1)
            if 2 * pitch * harmonic < sample_rate
        )
        swell = 0.5 - 0.5 * math.cos(turn * _SYLLABLES)  # silent where a span begins
        samples.append(round(_PEAK * hum / loudest * (0.2 + 0.8 * swell) * min(1, swell * 20)))
    return samples.tobytes() * 2


def _sample(ms: int, sample_rate: int) -> int:
    return max(0, ms) * sample_rate // 1000
