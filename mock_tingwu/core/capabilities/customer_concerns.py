"""CustomerConcerns: what customers said of the things that they may care about.

The names of the fields are those of DashScope's customer profile (dashscope-tingwu 9); how the
concerns are found and worded is assumed, close to `content_extraction`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from mock_tingwu.core.capabilities import identity_recognition
from mock_tingwu.core.capabilities._evidence import Evidence, remark
from mock_tingwu.core.capabilities._wording import wording
from mock_tingwu.core.meeting import Meeting, Sentence
from mock_tingwu.core.options import Item, Options
from mock_tingwu.core.script import UNSPACED
from mock_tingwu.core.words import label

_MOST_SENTENCES: Final = 3

#: Longest quote that is a result, in characters, without and with spaces between words (assumed).
_PHRASE: Final = (24, 48)


@dataclass(frozen=True, slots=True)
class Concern:
    """An item and the ``sentences`` in which it was found, in order.

    ``best`` is the one of them that has most to do with it. ``asked`` is the identity of those
    whose words were looked through; it is empty if all were.
    """

    item: Item
    sentences: Sequence[Sentence]
    best: Sentence | None
    asked: str


def build(meeting: Meeting, options: Options) -> list[dict[str, Any]]:
    """An entry for every item; ``result`` is a short quote or says that there is nothing."""
    return [_entry(meeting.language, concern) for concern in concerns(meeting, options)]


def concerns(meeting: Meeting, options: Options) -> list[Concern]:
    """The items of ``options.concerns``, each looked for in what those of its identity said.

    Identities are those that `identity_recognition` finds. Where speakers were not told apart, and
    where an item's identity is none that the caller has described, all that was said counts.
    """
    items = options.concerns.items if options.concerns else ()
    speaking = _Speaking(meeting, options)
    said = {identity: Evidence(speaking.of(identity)) for identity in _identities(items)}
    found = []
    for item in items:
        query = f"{item.title} {item.content}"
        sentences = said[item.identity].of(query, _MOST_SENTENCES)
        best = next(iter(said[item.identity].of(query, 1)), None)
        asked = item.identity if speaking.is_known(item.identity) else ""
        found.append(Concern(item, sentences, best, asked))
    return found


def customers_said(meeting: Meeting, options: Options) -> list[Sentence]:
    """The sentences of all whose concerns are asked for; those of everybody if none are."""
    items = options.concerns.items if options.concerns else ()
    speaking = _Speaking(meeting, options)
    ids = {s.id for identity in _identities(items) or [""] for s in speaking.of(identity)}
    return [sentence for sentence in meeting.sentences if sentence.id in ids]


def _identities(items: Sequence[Item]) -> list[str]:
    return list(dict.fromkeys(item.identity for item in items))


class _Speaking:
    """Who said what, by identity."""

    def __init__(self, meeting: Meeting, options: Options) -> None:
        self._meeting = meeting
        described = options.identities.items if options.identities and meeting.diarized else ()
        self._described = {item.title for item in described if item.title}
        entries = identity_recognition.build(meeting, options)["identity_results"]
        self._identities: dict[str, str] = {e["speaker_id"]: e["identity"] for e in entries}

    def is_known(self, identity: str) -> bool:
        """Whether it can be told what those of ``identity`` said."""
        return identity in self._described

    def of(self, identity: str) -> list[Sentence]:
        """What those of ``identity`` said; all that was said if that cannot be told."""
        if not self.is_known(identity):
            return self._meeting.sentences
        return [s for s in self._meeting.sentences if self._identity(s) == identity]

    def _identity(self, sentence: Sentence) -> str:
        return self._identities[self._meeting.speaker_id(sentence.speaker)]


def _entry(language: str, concern: Concern) -> dict[str, Any]:
    words = wording(language)
    remarks, result = remark(language, concern.sentences), words.absent
    if concern.best:
        result = label(concern.best.text, _PHRASE[concern.best.language not in UNSPACED])
    elif concern.asked:
        # Others may well have spoken of it.
        remarks = words.silent.format(concern.asked)
    return {
        "matched_sentence_ids": [sentence.id for sentence in concern.sentences],
        "remarks": remarks,
        "result": result,
        "title": concern.item.title,
    }
