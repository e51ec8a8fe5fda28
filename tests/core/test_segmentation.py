from __future__ import annotations

import array
import math
import random
from functools import cache

import pytest

from mock_tingwu.core.segmentation import (
    SENTENCE_SILENCE_MS,
    SpeechBegan,
    SpeechDetector,
    SpeechEnded,
)

RATE = 16_000


def samples(values: list[int]) -> bytes:
    return array.array("h", values).tobytes()


@cache
def silence(milliseconds: int, rate: int = RATE) -> bytes:
    return bytes(rate * milliseconds // 1000 * 2)


@cache
def tone(milliseconds: int, frequency: float = 440, amplitude: int = 10_000) -> bytes:
    count = RATE * milliseconds // 1000
    step = 2 * math.pi * frequency / RATE
    return samples([int(amplitude * math.sin(step * i)) for i in range(count)])


@cache
def noise(milliseconds: int, amplitude: int = 8_000) -> bytes:
    source = random.Random(1)
    return samples(
        [source.randint(-amplitude, amplitude) for _ in range(RATE * milliseconds // 1000)]
    )


@cache
def speech(milliseconds: int, rate: int = RATE, amplitude: int = 9_000) -> bytes:
    """Something with the rhythm of speech: a hum whose loudness rises and falls."""
    return samples(
        [
            int(
                amplitude
                * abs(math.sin(2 * math.pi * 2.3 * i / rate))
                * math.sin(2 * math.pi * 180 * i / rate)
            )
            for i in range(rate * milliseconds // 1000)
        ]
    )


def detect(pcm: bytes, rate: int = RATE) -> list[SpeechBegan | SpeechEnded]:
    detector = SpeechDetector(rate)
    events = list(detector.feed(pcm))
    last = detector.flush()
    return events if last is None else [*events, last]


@pytest.mark.parametrize(
    "pcm",
    [
        silence(5_000),
        tone(5_000),
        tone(5_000, 60),
        tone(5_000, 1_000, 500),
        tone(5_000, 3_000, 32_000),
        noise(5_000),
        noise(5_000, 400),
        b"".join(tone(250, 800) + silence(250) for _ in range(10)),
        tone(1_000, 200) + tone(1_000, 400) + tone(1_000, 800),
    ],
    ids=["silence", "tone", "hum", "faint", "loud", "noise", "hiss", "beeps", "scale"],
)
def test_without_speech_nothing_is_heard(pcm: bytes) -> None:
    assert detect(pcm) == []


@pytest.mark.parametrize("rate", [8_000, 16_000])
@pytest.mark.parametrize("before", [0, 700, 10_000])
def test_speech_begins_and_ends_where_it_does(rate: int, before: int) -> None:
    pcm = silence(before, rate) + speech(3_000, rate) + silence(2_000, rate)
    began, ended = detect(pcm, rate)
    assert isinstance(began, SpeechBegan)
    assert isinstance(ended, SpeechEnded)
    assert abs(began.at - before) <= 60
    assert abs(ended.at - (before + 3_000)) <= 60


def test_a_short_pause_does_not_end_speech() -> None:
    pause = SENTENCE_SILENCE_MS - 250
    assert len(detect(speech(1_000) + silence(pause) + speech(1_000))) == 2


def test_a_long_pause_ends_speech() -> None:
    pause = SENTENCE_SILENCE_MS + 250
    assert len(detect(speech(1_000) + silence(pause) + speech(1_000))) == 4


def test_a_click_is_not_speech() -> None:
    assert detect(silence(500) + noise(80) + silence(1_500)) == []


def test_speech_is_heard_over_background_noise() -> None:
    hiss = noise(1_000, 200)
    mixed = array.array("h", speech(2_000))
    background = array.array("h", noise(2_000, 200))
    both = array.array("h", (a + b for a, b in zip(mixed, background, strict=True)))
    assert len(detect(hiss + both.tobytes() + hiss)) == 2


@pytest.mark.parametrize("amplitude", [260, 500, 2_000, 30_000])
def test_soft_speech_is_heard_as_well_as_loud(amplitude: int) -> None:
    began, ended = detect(silence(700) + speech(3_000, amplitude=amplitude) + silence(2_000))
    assert abs(began.at - 700) <= 60
    assert abs(ended.at - 3_700) <= 60


def test_a_steady_background_that_was_there_all_along_ends_no_later_than_the_speech() -> None:
    hum = array.array("h", tone(6_000, 120, 400))
    voice = array.array("h", silence(1_500) + speech(2_000) + silence(2_500))
    mixed = array.array("h", (a + b for a, b in zip(hum, voice, strict=True))).tobytes()
    began, ended = detect(mixed)
    assert abs(began.at - 1_500) <= 100
    assert abs(ended.at - 3_500) <= 100


def test_a_tone_after_speech_is_not_speech() -> None:
    _, ended = detect(speech(2_000) + tone(4_000))
    assert 2_000 <= ended.at <= 2_800


def test_a_tone_after_speech_is_not_speech_in_a_later_stream_either() -> None:
    detector = SpeechDetector(RATE)
    detector.skip(13)
    events = list(detector.feed(speech(2_000) + tone(10_000)))
    assert len(events) == 2
    assert events[1].at <= 2_813
