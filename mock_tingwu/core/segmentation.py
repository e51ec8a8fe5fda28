"""Where an audio stream has speech. 16-bit little-endian mono PCM in, begin and end times out.

Speech is loud and its loudness keeps changing; a tone or steady noise is loud and level, silence is
not loud. That is all a mock needs to tell a meeting from an open microphone, in a few microseconds
for 100 ms of audio and with the standard library alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from msgspec import Struct

from mock_tingwu.pcm import audioop

#: Loudness is looked at in windows of this many ms.
WINDOW_MS = 20
#: Silence of this many ms ends a sentence (NLS default, realtime-ws 2.2 max_sentence_silence).
SENTENCE_SILENCE_MS = 800

# Root-mean-square amplitudes of 16-bit samples: nothing below is speech (about -55 dBFS), nor what
# does not stand out from the background.
_QUIET = 60
_ABOVE_NOISE = 2.5
# Speech has begun when of the last 15 windows (300 ms) at least 9 are loud and not level; in speech
# 30 loud and level windows (600 ms) are no longer speech.
_ONSET_WINDOWS = 15
_ONSET_LOUD = 9
_STEADY_WINDOWS = 30
# Spread of loudness (80th minus 20th percentile, over the median). Tones stay below 0.05, white
# noise below 0.15, speech is above 0.4.
_LEVEL = 0.2


class SpeechBegan(Struct, frozen=True):
    """Speech is heard since ``at`` ms."""

    at: int


class SpeechEnded(Struct, frozen=True):
    """Speech was heard until ``at`` ms and silence since."""

    at: int


class DetectorState(Struct, frozen=True):
    """What a `SpeechDetector` remembers: its public attributes, and what it has measured."""

    position: int
    voiced_until: int
    end_silence: int
    begin: int | None
    floor: float
    windows: int
    recent: tuple[int, ...]


class SpeechDetector:
    """Splits a stream into speech and the rest.

    ``position`` is the length of the audio taken so far in ms, ``voiced_until`` the end of the last
    loud window while speech is on, ``end_silence`` how much silence ends it, in ms.
    """

    __slots__ = (
        "_begin",
        "_floor",
        "_recent",
        "_window_bytes",
        "_windows",
        "end_silence",
        "position",
        "voiced_until",
    )

    def __init__(self, sample_rate: int) -> None:
        self._window_bytes = sample_rate * 2 * WINDOW_MS // 1000
        # Loudness of the last windows, 0 for those that were not loud.
        self._recent: deque[int] = deque(maxlen=_STEADY_WINDOWS)
        self._floor = 0.0
        self._windows = 0
        self._begin: int | None = None
        self.end_silence = SENTENCE_SILENCE_MS
        self.position = 0
        self.voiced_until = 0

    @property
    def state(self) -> DetectorState:
        """Where it stands: another detector of the same rate can go on from there."""
        return DetectorState(
            self.position,
            self.voiced_until,
            self.end_silence,
            self._begin,
            self._floor,
            self._windows,
            tuple(self._recent),
        )

    def restore(self, state: DetectorState) -> None:
        """Go on from where another detector stood."""
        self.position, self.voiced_until = state.position, state.voiced_until
        self.end_silence = state.end_silence
        self._begin, self._floor, self._windows = state.begin, state.floor, state.windows
        self._recent = deque(state.recent, maxlen=_STEADY_WINDOWS)

    def feed(self, pcm: bytes) -> list[SpeechBegan | SpeechEnded]:
        """Take whole windows of audio; a rest shorter than a window is dropped."""
        events: list[SpeechBegan | SpeechEnded] = []
        size, rms, recent = self._window_bytes, audioop.rms, self._recent
        for start in range(0, len(pcm) - size + 1, size):
            loudness = rms(pcm[start : start + size], 2)
            loud = loudness > _QUIET and loudness > self._floor * _ABOVE_NOISE
            recent.append(loudness if loud else 0)
            self._windows += 1
            self.position += WINDOW_MS
            if self._begin is None:
                began = self._outside_speech(loudness, loud)
                if began is not None:
                    events.append(began)
            elif loud:
                self.voiced_until = self.position
                # Looked at now and then, and only if all of them are loud.
                steady = self._windows % 5 == 0 and len(recent) == _STEADY_WINDOWS
                if steady and 0 not in recent and _is_level(recent):
                    self._take_as_background()
            elif self.position - self.voiced_until >= self.end_silence:
                self._begin = None
                recent.clear()
                events.append(SpeechEnded(self.voiced_until))
        return events

    def skip(self, milliseconds: int) -> None:
        """Let time pass without audio to look at."""
        self.position += milliseconds
        if self._begin is not None:
            self.voiced_until = self.position

    def flush(self) -> SpeechEnded | None:
        """The stream stops here: end the speech that is on, if any."""
        self._recent.clear()
        if self._begin is None:
            return None
        self._begin = None
        return SpeechEnded(self.voiced_until)

    def _outside_speech(self, loudness: int, loud: bool) -> SpeechBegan | None:
        if not loud:
            # The background is followed quickly down and slowly up, and outside speech only:
            # pauses within speech are no measure of it.
            pace = 0.3 if loudness < self._floor else 0.05
            self._floor += (loudness - self._floor) * pace
            return None
        recent = list(self._recent)[-_ONSET_WINDOWS:]
        if len(recent) - recent.count(0) < _ONSET_LOUD:
            return None
        if _is_level(recent):
            if 0 not in recent:
                self._take_as_background()
            return None
        # This window is the last; speech began with the first loud one.
        before = len(recent) - next(i for i, value in enumerate(recent) if value)
        self._begin = self.position - before * WINDOW_MS
        self.voiced_until = self.position
        return SpeechBegan(self._begin)

    def _take_as_background(self) -> None:
        """What was loud and level is what the room sounds like."""
        levels = sorted(value for value in self._recent if value)
        self._floor = float(levels[len(levels) // 2])
        self._recent.clear()


def _is_level(windows: Iterable[int]) -> bool:
    """Whether those of the windows that are loud are all alike."""
    levels = sorted(filter(None, windows))
    count = len(levels)
    spread = levels[count * 4 // 5] - levels[count // 5]
    return spread <= levels[count // 2] * _LEVEL
