"""ServiceInsights: which of the caller's items a conversation fulfils (dashscope-tingwu 9).

The names of its fields and what becomes of a score are DashScope's; how items are found is assumed,
as in `service_inspection`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from mock_tingwu.core.capabilities._evidence import Evidence, remark, roles
from mock_tingwu.core.meeting import Meeting, Sentence
from mock_tingwu.core.options import Item, Options, Scene

_MOST_SENTENCES: Final = 3


def build(meeting: Meeting, options: Options) -> list[dict[str, Any]]:
    """An entry for every item, with the sentences that it is found in and a remark on them.

    The score is the item's where it is found and "0" elsewhere; items without one have none.
    """
    scene = options.insights or Scene()
    names = roles(meeting, scene)
    said = Evidence(meeting.sentences)
    entries = []
    for item in scene.items:
        found = said.of(f"{item.title} {item.content}", _MOST_SENTENCES)
        entries.append(_entry(item, found, remark(meeting.language, found, names)))
    return entries


def _entry(item: Item, found: Sequence[Sentence], remarks: str) -> dict[str, Any]:
    score = {"score": item.score if found else "0"} if item.score else {}
    return {
        "matched": bool(found),
        "matched_sentence_ids": [sentence.id for sentence in found],
        "remarks": remarks,
        **score,
        "title": item.title,
    }
