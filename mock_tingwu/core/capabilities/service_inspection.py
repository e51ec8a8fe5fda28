"""ServiceInspection: whether a conversation did what the caller wants checked.

The result's form is in no source (tingwu-openapi 9): all of it is an assumption, close to the input
side of tingwu-openapi 1.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mock_tingwu.core.capabilities._evidence import Evidence, remark, roles
from mock_tingwu.core.meeting import Meeting
from mock_tingwu.core.options import Item, Options, Scene

_MOST_SENTENCES: Final = 3


def build(meeting: Meeting, options: Options) -> dict[str, Any]:
    """``inspection_results``: an entry for every item, with the sentences that it is found in.

    The reason quotes them, with the names that the caller's map of speakers has.
    """
    scene = options.inspection or Scene()
    names = roles(meeting, scene)
    said = Evidence(meeting.sentences)
    language = meeting.language
    return {"inspection_results": [_inspect(said, item, names, language) for item in scene.items]}


def _inspect(said: Evidence, item: Item, names: Mapping[int, str], language: str) -> dict[str, Any]:
    found = said.of(f"{item.title} {item.content}", _MOST_SENTENCES)
    return {
        "title": item.title,
        "content": item.content,
        "result": bool(found),
        "reason": remark(language, found, names),
        "sentence_ids": [sentence.id for sentence in found],
    }
