"""AutoChapters: the meeting in chapters (tingwu-openapi 4)."""

from __future__ import annotations

from typing import Any, Final

from mock_tingwu.core.capabilities._heard import HeardChapter, passages
from mock_tingwu.core.meeting import Meeting
from mock_tingwu.core.options import Options
from mock_tingwu.core.words import shorten, spacer

#: Languages that have no chapters. Japanese is documented (tingwu-openapi 4), Korean assumed.
WITHOUT_CHAPTERS: Final = frozenset({"ja", "ko"})

#: Longer lists have neighbours put together. Both numbers are assumptions.
_MOST_CHAPTERS: Final = 60
_LONGEST_SUMMARY: Final = 600


def build(meeting: Meeting, options: Options) -> list[dict[str, Any]]:
    """Chapters in order, from their first sentence's begin to their last one's end."""
    if meeting.language in WITHOUT_CHAPTERS:
        return []
    chapters = [chapter for passage in passages(meeting) for chapter in passage.chapters()]
    size = -(-len(chapters) // _MOST_CHAPTERS)
    groups = [chapters[i : i + size] for i in range(0, len(chapters), size or 1)]
    gap = spacer(meeting.language)
    return [_entry(number, group, gap) for number, group in enumerate(groups, 1)]


def _entry(number: int, group: list[HeardChapter], gap: str) -> dict[str, Any]:
    summaries = dict.fromkeys(chapter.summary for chapter in group)
    return {
        "id": number,
        "start": group[0].sentences[0].begin,
        "end": group[-1].sentences[-1].end,
        "headline": group[0].headline,
        "summary": shorten(gap.join(summaries), _LONGEST_SUMMARY),
    }
