"""ContentExtraction: what was said of the things that the caller names.

The result's form is in no source (tingwu-openapi 9): all of it is an assumption, close to the input
side of tingwu-openapi 1.1.
"""

from __future__ import annotations

from typing import Any, Final

from mock_tingwu.core.capabilities._evidence import evidence, quoted, roles
from mock_tingwu.core.meeting import Meeting, Sentence
from mock_tingwu.core.options import Item, Options, Scene

_MOST_SENTENCES: Final = 3


def build(meeting: Meeting, options: Options) -> dict[str, Any]:
    """``extraction_results``: an entry for every item; ``result`` is empty if nobody spoke of it.

    An item with an identity is looked for in what speakers of that identity said, if the caller's
    map of speakers has any.
    """
    scene = options.extraction or Scene()
    return {"extraction_results": [_extract(meeting, scene, item) for item in scene.items]}


def _extract(meeting: Meeting, scene: Scene, item: Item) -> dict[str, Any]:
    found = evidence(
        f"{item.title} {item.content}", _said_by(meeting, scene, item.identity), _MOST_SENTENCES
    )
    entry: dict[str, Any] = {"title": item.title, "content": item.content}
    if item.identity:
        entry["identity"] = item.identity
    return entry | {
        "result": quoted(found),
        "sentence_ids": [sentence.id for sentence in found],
    }


def _said_by(meeting: Meeting, scene: Scene, identity: str) -> list[Sentence]:
    names = roles(meeting, scene)
    own = [s for s in meeting.sentences if identity and identity in names.get(s.speaker, "")]
    return own or meeting.sentences
