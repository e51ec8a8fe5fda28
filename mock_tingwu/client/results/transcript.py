"""What was said, and what that is in other languages (tingwu-openapi 4, dashscope-tingwu 4.1).

Times are ms of audio. What a file does not tell is None or empty; what it tells beyond these fields
is in ``extra``, by the names and with the values of the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from . import subtitles, texts


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its punctuation, and the space behind it where its language writes one."""

    id: int | None = None
    sentence_id: int | None = None
    begin: int | None = None
    end: int | None = None
    text: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a paragraph. Those of translations have no words and do not name a speaker."""

    id: int | None = None
    begin: int | None = None
    end: int | None = None
    text: str = ""
    paragraph_id: str | None = None
    speaker_id: str | None = None
    words: tuple[Word, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Consecutive words of one speaker, who is None unless the task asked for diarization."""

    id: str | None = None
    speaker_id: str | None = None
    words: tuple[Word, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """The words of one SentenceId join to a sentence (tingwu-openapi 4)."""
        return tuple(self._sentences())

    @property
    def begin(self) -> int | None:
        """When the first word begins."""
        return _first(word.begin for word in self.words)

    @property
    def text(self) -> str:
        """All that is said in it."""
        return texts.joined(sentence.text for sentence in self.sentences)

    def _sentences(self) -> Iterator[Sentence]:
        for number, group in groupby(self.words, key=lambda word: word.sentence_id):
            words = tuple(group)
            yield Sentence(
                number,
                _first(word.begin for word in words),
                _first(word.end for word in reversed(words)),
                "".join(word.text for word in words),
                self.id,
                self.speaker_id,
                words,
            )


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """The audio: bytes, ms, Hz, and its language.

    A realtime task tells the duration only, and that is not the true length (tingwu-openapi 4).
    """

    size: int | None = None
    duration: int | None = None
    sample_rate: int | None = None
    language: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said, word by word. ``segments`` are begin and end of stretches of speech."""

    audio: AudioInfo | None = None
    paragraphs: tuple[Paragraph, ...] = ()
    segments: tuple[tuple[int, int], ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentences of all paragraphs, in the order of the file."""
        return tuple(s for paragraph in self.paragraphs for s in paragraph.sentences)

    @property
    def speaker_ids(self) -> tuple[str, ...]:
        """Who speaks, in the order of their first words."""
        found = (paragraph.speaker_id for paragraph in self.paragraphs)
        return tuple(dict.fromkeys(speaker for speaker in found if speaker is not None))

    @property
    def text(self) -> str:
        """All that is said, one paragraph a line."""
        return "\n".join(text for paragraph in self.paragraphs if (text := paragraph.text))

    def to_text(self, speakers: Mapping[str, str] | None = None) -> str:
        """One paragraph a line, ``Name: what is said``, the name where the speaker is known.

        ``speakers`` names them by their ids; others are called ``Speaker 1``, in Chinese 发言人1.
        DashScope's agents take such a text in the place of a recording (dashscope-tingwu 2).
        """
        names = self.names(speakers)
        lines = (
            f"{names[paragraph.speaker_id]}: {text}" if paragraph.speaker_id in names else text
            for paragraph in self.paragraphs
            if (text := paragraph.text)
        )
        return "".join(f"{line}\n" for line in lines)

    def to_srt(self, *, max_chars: int = subtitles.CUE_WIDTH) -> str:
        """SubRip, which has no place for speakers: see `subtitles.srt`."""
        return subtitles.srt(self.sentences, max_chars)

    def to_vtt(
        self, speakers: Mapping[str, str] | None = None, *, max_chars: int = subtitles.CUE_WIDTH
    ) -> str:
        """WebVTT with the speakers, named as in `to_text`, as voices: see `subtitles.vtt`."""
        return subtitles.vtt(self.sentences, self.names(speakers), max_chars)

    def names(self, speakers: Mapping[str, str] | None = None) -> dict[str, str]:
        """What every speaker is called: as ``speakers`` has it, or else by number."""
        name = "发言人" if texts.is_chinese(self.text) else "Speaker "
        return {id: (speakers or {}).get(id) or name + id for id in self.speaker_ids}


@dataclass(frozen=True, slots=True)
class TranslatedParagraph:
    """A paragraph of the transcript in another language."""

    id: str | None = None
    sentences: tuple[Sentence, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """All that is said in it."""
        return texts.joined(sentence.text for sentence in self.sentences)


@dataclass(frozen=True, slots=True)
class Translation:
    """The transcript in another language.

    ``language`` is None for the first of a file, which does not say what it is: the known form of
    the file has room for one language (dashscope-tingwu 4.1; that of further ones is assumed).
    """

    language: str | None = None
    paragraphs: tuple[TranslatedParagraph, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentences of all paragraphs, in the order of the file."""
        return tuple(s for paragraph in self.paragraphs for s in paragraph.sentences)

    @property
    def text(self) -> str:
        """All that is said, one paragraph a line."""
        return "\n".join(text for paragraph in self.paragraphs if (text := paragraph.text))

    def to_srt(self, *, max_chars: int = subtitles.CUE_WIDTH) -> str:
        """SubRip: see `subtitles.srt`."""
        return subtitles.srt(self.sentences, max_chars)

    def to_vtt(self, *, max_chars: int = subtitles.CUE_WIDTH) -> str:
        """WebVTT without voices, which `Results.to_vtt` knows: see `subtitles.vtt`."""
        return subtitles.vtt(self.sentences, {}, max_chars)


def _first(times: Iterator[int | None]) -> int | None:
    return next((time for time in times if time is not None), None)
