"""Translation: every sentence in the languages asked for (dashscope-tingwu 4.1)."""

from __future__ import annotations

from typing import Any

from mock_tingwu.core.meeting import Meeting
from mock_tingwu.core.options import Options
from mock_tingwu.core.words import spacer


def build(meeting: Meeting, options: Options) -> dict[str, Any]:
    """``paragraphs`` as in the transcription, with translated sentences.

    Assumption: the documented shape has room for one language. With several targets ``paragraphs``
    holds the first, as a client of one language expects, and ``translations`` the further ones,
    each with its ``target_language`` and ``paragraphs``.
    """
    targets = list(dict.fromkeys(options.translation_targets))
    result: dict[str, Any] = {"paragraphs": _paragraphs(meeting, targets[0]) if targets else []}
    if len(targets) > 1:
        result["translations"] = [
            {"target_language": target, "paragraphs": _paragraphs(meeting, target)}
            for target in targets[1:]
        ]
    return result


def _paragraphs(meeting: Meeting, target: str) -> list[dict[str, Any]]:
    # The page's sentences end with it: put one behind another, they are a text.
    gap = spacer(target)
    return [
        {
            "paragraph_id": paragraph.id,
            "sentences": [
                {
                    "sentence_id": sentence.id,
                    "start": sentence.begin,
                    "end": sentence.end,
                    "text": sentence.translation(target) + gap,
                }
                for sentence in paragraph.sentences
            ],
        }
        for paragraph in meeting.paragraphs()
    ]
