"""PptExtraction: the slides that a video shows, and what was said of each (tingwu-openapi 4)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeVar

from mock_tingwu.core.capabilities._heard import joined, passages, spread
from mock_tingwu.core.meeting import Meeting, Sentence, Slide
from mock_tingwu.core.options import Options
from mock_tingwu.core.words import shorten, spacer

T = TypeVar("T")

#: How much is told of a slide, in points or in characters of what was said (assumed).
_MOST_POINTS: Final = 4
_EXCERPT: Final = 80


def build(meeting: Meeting, options: Options) -> dict[str, Any]:
    """``key_frame_list`` of all slides, and whether there is something to tell of any.

    A ``file_url`` is the picture's file name: whoever hands the result out puts a link there.
    """
    said = _by_slide(meeting.slides, ((s, s) for s in meeting.sentences))
    made = _by_slide(
        meeting.slides,
        (
            (passage.spoken[point.line][-1], point.text)
            for passage in passages(meeting)
            for point in passage.points()
        ),
    )
    gap = spacer(meeting.language)
    frames = [
        {
            "id": number + 1,
            "start": slide.start,
            "end": slide.end,
            "file_url": slide.name,
            "summary": gap.join(spread(list(dict.fromkeys(made[number])), _MOST_POINTS))
            or shorten(joined(said[number]), _EXCERPT),
        }
        for number, slide in enumerate(meeting.slides)
    ]
    return {
        "available_for_summary": any(frame["summary"] for frame in frames),
        "key_frame_list": frames,
    }


def _by_slide(slides: Sequence[Slide], items: Iterable[tuple[Sentence, T]]) -> list[list[T]]:
    """The second of each pair, by the slide that is shown in the middle of the sentence."""
    found: list[list[T]] = [[] for _ in slides]
    starts = [slide.start for slide in slides]
    for sentence, item in items:
        middle = (sentence.begin + sentence.end) // 2
        number = bisect_right(starts, middle) - 1
        if number >= 0 and middle < slides[number].end:
            found[number].append(item)
    return found
