"""Finding the sentences that speak of something, and who said them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from math import log

from mock_tingwu.core.capabilities._terms import Text, terms
from mock_tingwu.core.capabilities._wording import wording
from mock_tingwu.core.meeting import Meeting, Sentence
from mock_tingwu.core.options import Scene
from mock_tingwu.core.script import UNSPACED


class Evidence:
    """Finds among ``sentences`` those that speak of something.

    Make one for all questions: what takes long is to split the sentences into words.
    """

    def __init__(self, sentences: Sequence[Sentence]) -> None:
        self._sentences = sentences
        self._texts = [Text(sentence.text) for sentence in sentences]
        self._places: dict[str, list[int]] = {}

    def of(self, query: str, most: int) -> list[Sentence]:
        """Up to ``most`` sentences that have to do with ``query``, in order; none if none has.

        They share a term that says what the query is about, or two of those that stand in any
        description if it has no others. The rarer a term is in what was said, the more it counts;
        sentences with far less than the best are left out. Function words count for nothing.
        """
        wanted = terms(query)
        scores: defaultdict[int, float] = defaultdict(float)
        hits: Counter[int] = Counter()
        # In order: what is added up in another order may come out another number.
        for term in sorted(wanted.strong | wanted.weak):
            places = self._places_of(term)
            if not places:
                continue
            share = 1 if term in wanted.strong else 4
            weight = log(1 + len(self._texts) / len(places)) / share
            for place in places:
                scores[place] += weight
            if term in wanted.strong or not wanted.strong:
                hits.update(places)
        least = 1 if wanted.strong else min(2, len(wanted.weak))
        fit = [place for place in sorted(hits) if hits[place] >= least]
        best = max((scores[place] for place in fit), default=0)
        near = [place for place in fit if scores[place] * 3 >= best]
        chosen = sorted(near, key=lambda place: -scores[place])[:most]
        return [self._sentences[place] for place in sorted(chosen)]

    def _places_of(self, term: str) -> list[int]:
        """The indexes of the sentences that ``term`` stands in."""
        if term not in self._places:
            self._places[term] = [n for n, text in enumerate(self._texts) if term in text]
        return self._places[term]


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


def remark(
    language: str, sentences: Sequence[Sentence], names: Mapping[int, str] | None = None
) -> str:
    """A sentence in ``language`` that quotes ``sentences``, or says that there are none."""
    words = wording(language)
    if not sentences:
        return words.unmentioned
    numbers = ", ".join(str(sentence.id) for sentence in sentences)
    return words.mentioned.format(numbers, quoted(sentences, names))
