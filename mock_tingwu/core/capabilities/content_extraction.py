"""ContentExtraction: what was said of the things that the caller names.

The result's form is in no source (tingwu-openapi 9): all of it is an assumption, close to the input
side of tingwu-openapi 1.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mock_tingwu.core.capabilities._evidence import Evidence, quoted, roles
from mock_tingwu.core.meeting import Meeting, Sentence
from mock_tingwu.core.options import Item, Options, Scene

_MOST_SENTENCES: Final = 3


def build(meeting: Meeting, options: Options) -> dict[str, Any]:
    """``extraction_results``: an entry for every item; ``result`` is empty if nobody spoke of it.

    An item with an identity is looked for in what speakers of that identity said, if the caller's
    map of speakers has any.
    """
    scene = options.extraction or Scene()
    names = roles(meeting, scene)
    said = {
        identity: Evidence(_said_by(meeting, names, identity))
        for identity in dict.fromkeys(item.identity for item in scene.items)
    }
    return {"extraction_results": [_extract(said[item.identity], item) for item in scene.items]}


def _extract(said: Evidence, item: Item) -> dict[str, Any]:
    found = said.of(f"{item.title} {item.content}", _MOST_SENTENCES)
    entry: dict[str, Any] = {"title": item.title, "content": item.content}
    if item.identity:
        entry["identity"] = item.identity
    return entry | {
        "result": quoted(found),
        "sentence_ids": [sentence.id for sentence in found],
    }


def _said_by(meeting: Meeting, names: Mapping[int, str], identity: str) -> list[Sentence]:
    own = [s for s in meeting.sentences if identity and identity in names.get(s.speaker, "")]
    return own or meeting.sentences
