"""AutoChapters: the meeting in chapters (tingwu-openapi 4)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

from mock_tingwu.core.capabilities._heard import HeardChapter, passages
from mock_tingwu.core.headings import heading, is_courtesy
from mock_tingwu.core.meeting import Meeting
from mock_tingwu.core.options import Options
from mock_tingwu.core.words import label, shorten, spacer

#: Languages that have no chapters. Japanese is documented (tingwu-openapi 4), Korean assumed.
WITHOUT_CHAPTERS: Final = frozenset({"ja", "ko"})

#: How many neighbours become one chapter, about. Documented are the names alone.
_NEIGHBOURS: Final = {"Coarse": 4, "General": 2, "Meticulous": 1}

#: Longest title in characters, without and with spaces between words (assumed). A Long title of
#: one chapter may be longer: it is the script's.
_TITLES: Final = {"Short": (8, 24), "Normal": (16, 48), "Long": (32, 96)}

#: Longer lists have neighbours put together. Both numbers are assumptions.
_MOST_CHAPTERS: Final = 60
_LONGEST_SUMMARY: Final = 600


def build(meeting: Meeting, options: Options) -> list[dict[str, Any]]:
    """Chapters in order, from their first sentence's begin to their last one's end.

    Meticulous are those of the script, General and Coarse put neighbours together, by twos and by
    fours, about evenly.
    """
    if meeting.language in WITHOUT_CHAPTERS:
        return []
    told = passages(meeting, options.chapters_language)
    chapters = [chapter for passage in told for chapter in passage.chapters()]
    count = min(-(-len(chapters) // _NEIGHBOURS[options.chapter_granularity]), _MOST_CHAPTERS)
    edges = [len(chapters) * i // count for i in range(count + 1)] if count else []
    language = options.chapters_language or meeting.language
    return [
        _entry(number, chapters[start:stop], language, options.title_length)
        for number, (start, stop) in enumerate(pairwise(edges), 1)
    ]


def _entry(number: int, group: list[HeardChapter], language: str, level: str) -> dict[str, Any]:
    # Points of many chapters would be cut off: their gists tell of the last ones, too.
    texts = [group[0].summary] if len(group) == 1 else [chapter.gist for chapter in group]
    return {
        "id": number,
        "start": group[0].sentences[0].begin,
        "end": group[-1].sentences[-1].end,
        "headline": _headline(group, language, level),
        "summary": shorten(spacer(language).join(dict.fromkeys(texts)), _LONGEST_SUMMARY),
    }


def _headline(group: list[HeardChapter], language: str, level: str) -> str:
    """As many of the headlines as there is room for, or else the shortest way to name the first.

    Chapters in which a point was made come before others.
    """
    spaced = bool(spacer(language))
    longest = _TITLES[level][spaced]
    group = sorted(group, key=lambda chapter: not chapter.points)
    first, *others = dict.fromkeys(chapter.headline for chapter in group)
    if len(first) > longest and (level != "Long" or first.endswith("…")):
        first = _shorter(group[0], longest)
    for other in others:
        title = f"{first}; {other}" if spaced else f"{first}；{other}"
        if len(title) > longest:
            break
        first = title
    return first


def _shorter(chapter: HeardChapter, longest: int) -> str:
    """A title of at most ``longest`` characters for ``chapter``.

    The headline's beginning, a point, a keyword or a clause that was said; an ellipsis only if all
    of these are too long.
    """
    titles = (title.strip() for title in chapter.headlines)
    for title in titles:
        if 1 < len(title) <= longest and not is_courtesy(title) and not title.endswith("…"):
            return title
    return heading([chapter.headline, *chapter.texts], longest) or label(chapter.headline, longest)
