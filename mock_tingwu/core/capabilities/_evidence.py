"""Finding the sentences that speak of something, and who said them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from mock_tingwu.core.meeting import Meeting, Sentence
from mock_tingwu.core.options import Scene
from mock_tingwu.core.script import UNSPACED
from mock_tingwu.core.words import bare

_RUN: Final = re.compile(r"[\u3041-\u30ff\u3400-\u9fff]{2,}|[^\W_\u3041-\u30ff\u3400-\u9fff]+")


def _terms(query: str) -> set[str]:
    """What to look for: words in lower case, and pairs of characters where there are no spaces."""
    terms: set[str] = set()
    for run in _RUN.findall(query.lower()):
        if run[0] >= "\u3041" and not "\uac00" <= run[0] <= "\ud7a3":
            terms.update(run[i : i + 2] for i in range(len(run) - 1))
        elif len(run) > 3 or run[0] >= "\uac00":
            terms.add(run)
    return terms


def evidence(query: str, sentences: Iterable[Sentence], most: int) -> list[Sentence]:
    """Up to ``most`` sentences that share most with ``query``, in order; none if none does.

    One shared pair of characters may be chance: two are asked for where the query has as many.
    """
    terms = _terms(query)
    scored = [(_score(terms, sentence), sentence) for sentence in sentences]
    needed = min(2, len(terms)) or 1
    best = sorted((x for x in scored if x[0] >= needed), key=lambda x: (-x[0], x[1].id))[:most]
    return sorted((sentence for _, sentence in best), key=lambda sentence: sentence.id)


def _score(terms: set[str], sentence: Sentence) -> int:
    text = sentence.text.lower()
    if sentence.language in UNSPACED:
        return sum(term in text for term in terms)
    words = {bare(word) for word in text.split()}
    # A Korean word carries its particles behind it.
    return sum(any(word.startswith(term) for word in words) for term in terms)


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
