"""TextPolish: the paragraphs in written style (tingwu-openapi 4)."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from mock_tingwu.core.capabilities._heard import joined
from mock_tingwu.core.meeting import Meeting, Paragraph, Sentence
from mock_tingwu.core.options import Options
from mock_tingwu.core.script import UNSPACED


def build(meeting: Meeting, options: Options) -> list[dict[str, Any]]:
    """An entry for every paragraph of the transcription."""
    return [
        {
            "formal_paragraph_text": _formal(paragraph),
            "paragraph_id": paragraph.id,
            "sentence_ids": [sentence.id for sentence in paragraph.sentences],
            "start": paragraph.begin,
            "end": paragraph.end,
        }
        for paragraph in meeting.paragraphs()
    ]


def _formal(paragraph: Paragraph) -> str:
    text = gap = ""
    for _, group in groupby(paragraph.sentences, key=lambda s: (s.passage, s.line.number)):
        sentences = list(group)
        text += gap + _polished(sentences)
        gap = "" if sentences[-1].language in UNSPACED else " "
    return text


def _polished(sentences: list[Sentence]) -> str:
    """The written version of a line; where only a part of the line was said, that part as it is."""
    line = sentences[0].line
    whole = sentences[0].first_word == 0 and sentences[-1].completes_line
    return line.polished if whole and line.polished else joined(sentences)
