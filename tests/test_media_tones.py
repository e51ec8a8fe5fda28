"""The hum of imagined recordings."""

from __future__ import annotations

import audioop
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_tingwu.media import tones
from tests.media_samples import milliseconds, peak


@pytest.mark.parametrize("rate", [8000, 16_000, 44_100])
def test_it_hums_while_somebody_speaks(rate: int) -> None:
    pcm = b"".join(tones([(3100, 4700, 1), (500, 1700, 0)], 5500, rate))
    assert milliseconds(pcm, rate) == 5500
    for begin, end in ((0, 500), (1700, 3100), (4700, 5500)):
        assert peak(pcm, rate, begin, end) == 0
    for begin, end in ((500, 1700), (3100, 4700)):
        for at in range(begin, end - 300, 250):
            assert 2000 < peak(pcm, rate, at, at + 250) < 8000


def test_chunks_are_one_second_long() -> None:
    assert [len(chunk) for chunk in tones([], 2345, 8000)] == [16_000, 16_000, 5520]
    assert list(tones([(0, 100, 0)], 0, 8000)) == []


def pitch(voice: int) -> float:
    """Crossings of zero, upwards, per second: of these hums, their fundamental."""
    pcm = b"".join(tones([(0, 1000, voice)], 1000, 16_000))
    return audioop.cross(pcm, 2) / 2


def test_voices_differ_in_pitch() -> None:
    pitches = [pitch(voice) for voice in range(4)]
    for number, one in enumerate(pitches):
        for other in pitches[number + 1 :]:
            assert abs(one - other) > 10
    assert pitch(1) == pitch(1 + 8)


def test_nothing_clicks() -> None:
    pcm = b"".join(tones([(500, 1760, 0), (1900, 2011, 1), (2500, 2505, 2)], 3000, 16_000))
    samples = memoryview(pcm).cast("h")
    assert max(abs(b - a) for a, b in pairwise(samples)) < 1500
    for ms in (1760, 2011, 2505):
        assert abs(samples[ms * 16 - 1]) < 120


def test_voices_that_overlap_are_both_heard() -> None:
    both = b"".join(tones([(0, 2500, 0), (500, 1500, 1)], 3000, 8000))
    one, other = (b"".join(tones([span], 3000, 8000)) for span in ((0, 2500, 0), (500, 1500, 1)))
    assert both == audioop.add(one, other, 2)


def test_what_lies_outside_is_left_out() -> None:
    inside = b"".join(tones([(0, 800, 2)], 1000, 8000))
    spans = [(0, 800, 2), (-900, -100, 0), (5000, 6000, 1), (700, 600, 3), (300, 300, 3)]
    assert b"".join(tones(spans, 1000, 8000)) == inside
    assert b"".join(tones([(-500, 800, 2)], 1000, 8000)) == inside
    assert len(b"".join(tones([(0, 80_000, 2)], 1000, 8000))) == 16_000


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    spans=st.lists(st.tuples(st.integers(-500, 5000), st.integers(0, 5000), st.integers(0, 20))),
    duration=st.integers(0, 4000),
)
def test_any_spans_make_as_much_sound_as_there_is_time(
    spans: list[tuple[int, int, int]], duration: int
) -> None:
    assert len(b"".join(tones(spans, duration, 8000))) == duration * 8 * 2
    assert b"".join(tones(reversed(spans), duration, 8000)) == b"".join(
        tones(spans, duration, 8000)
    )


def test_an_hour_takes_seconds() -> None:
    spans = [(at, at + 3500, at // 4000 % 3) for at in range(0, 3_600_000, 4000)]
    begin = time.process_time()
    length = sum(map(len, tones(spans, 3_600_000, 16_000)))
    assert length == 3600 * 32_000
    assert time.process_time() - begin < 10
