"""Finding the sentences that speak of something, and who said them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import log

from mock_tingwu.core.capabilities._terms import Terms, terms
from mock_tingwu.core.meeting import Meeting, Sentence
from mock_tingwu.core.options import Scene
from mock_tingwu.core.script import UNSPACED


def evidence(query: str, sentences: Sequence[Sentence], most: int) -> list[Sentence]:
    """Up to ``most`` sentences that have to do with ``query``, in order; none if none has.

    They share a term that says what the query is about, or two of those that stand in any
    description if it has no others. The rarer a term is in what was said, the more it counts;
    sentences with far less than the best are left out. Function words count for nothing.
    """
    wanted = terms(query)
    found = {sentence.id: wanted.of(sentence.text) for sentence in sentences}
    frequency = Counter(term for own in found.values() for term in own.strong | own.weak)

    def score(own: Terms) -> float:
        return sum(_weight(frequency[term], len(found)) for term in own.strong) + sum(
            _weight(frequency[term], len(found)) / 4 for term in own.weak
        )

    least = 0 if wanted.strong else min(2, len(wanted.weak))
    scores = {
        sentence.id: score(found[sentence.id])
        for sentence in sentences
        if found[sentence.id].strong or 0 < least <= len(found[sentence.id].weak)
    }
    best = max(scores.values(), default=0)
    near = sorted((id_ for id_ in scores if scores[id_] * 3 >= best), key=lambda id_: -scores[id_])
    return [sentence for sentence in sentences if sentence.id in near[:most]]


def _weight(frequency: int, count: int) -> float:
    """How much a term counts that stands in ``frequency`` of ``count`` sentences."""
    return log(1 + count / frequency)


def roles(meeting: Meeting, scene: Scene) -> dict[int, str]:
    """What the caller's map of speakers calls each speaker; nothing if none were told apart."""
    if not meeting.diarized:
        return {}
    speakers = {sentence.speaker for sentence in meeting.sentences}
    names = {speaker: scene.speaker_names.get(meeting.speaker_id(speaker)) for speaker in speakers}
    return {speaker: name for speaker, name in names.items() if isinstance(name, str) and name}


def quoted(sentences: Sequence[Sentence], names: Mapping[int, str] | None = None) -> str:
    """The sentences side by side, behind their speaker's name as far as ``names`` has it."""
    texts = []
    for sentence in sentences:
        name = (names or {}).get(sentence.speaker)
        colon = "：" if sentence.language in UNSPACED else ": "
        texts.append(f"{name}{colon}{sentence.text}" if name else sentence.text)
    return " / ".join(texts)
