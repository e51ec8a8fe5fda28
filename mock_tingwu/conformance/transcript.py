"""A Transcription file of Tingwu as other results refer to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Sentence:
    """The words of one SentenceId. ``begin`` and ``end`` in ms of audio."""

    begin: int
    end: int
    paragraph: str
    speaker: str | None
    text: str


@dataclass(slots=True)
class Transcript:
    """What a transcript has: its sentences by SentenceId, its paragraphs, its speakers."""

    sentences: dict[int, Sentence] = field(default_factory=dict)
    paragraphs: dict[str, list[int]] = field(default_factory=dict)
    words: list[Mapping[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, transcription: Mapping[str, Any]) -> Transcript:
        """Read what stands in a Transcription file."""
        made = cls()
        for paragraph in transcription["Paragraphs"]:
            name = paragraph["ParagraphId"]
            ids = made.paragraphs.setdefault(name, [])
            for word in paragraph["Words"]:
                made.words.append(word)
                number = word["SentenceId"]
                if number not in ids:
                    ids.append(number)
                sentence = made.sentences.get(number)
                if sentence is None:
                    begin, end, text = word["Start"], word["End"], word["Text"]
                    speaker = paragraph.get("SpeakerId")
                    made.sentences[number] = Sentence(begin, end, name, speaker, text)
                else:
                    sentence.end = word["End"]
                    sentence.text += word["Text"]
        return made

    @property
    def speakers(self) -> set[str]:
        """Every SpeakerId."""
        return {one.speaker for one in self.sentences.values() if one.speaker is not None}

    @property
    def text(self) -> str:
        """All that was said."""
        return "".join(sentence.text for sentence in self.sentences.values())

    def unknown(self, ids: Sequence[int]) -> list[int]:
        """Those of ``ids`` that are the SentenceId of nothing."""
        return [number for number in ids if number not in self.sentences]
