"""What was heard of a meeting: timed words, sentences and paragraphs. All times are audio ms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct, field

from mock_tingwu.core.script import Line, Script, joiner


class Word(Struct, frozen=True):
    """A word with its punctuation, from ``begin`` to ``end`` in ms since the first audio byte."""

    text: str
    begin: int
    end: int


class Sentence(Struct, frozen=True):
    """A stretch of speech of one speaker.

    ``id`` counts from 1 over the whole meeting. ``line`` is the script line that was recognised;
    ``first_word`` says where in the line this sentence starts, since a long line may be heard as
    several sentences. ``passage`` tells which run through a script the line belongs to.
    """

    id: int
    begin: int
    end: int
    words: tuple[Word, ...]
    speaker: int
    line: Line
    passage: int = 0
    first_word: int = 0

    @property
    def language(self) -> str:
        return self.line.language

    @property
    def text(self) -> str:
        return joiner(self.language).join(word.text for word in self.words)

    @property
    def completes_line(self) -> bool:
        """Whether the script line has been said to its end with this sentence."""
        return self.first_word + len(self.words) >= len(self.line.words)

    def translation(self, target: str) -> str:
        """This sentence in the language ``target``."""
        return translate(self.line, target, self.first_word, self.first_word + len(self.words))


def translate(line: Line, target: str, start: int, stop: int) -> str:
    """Words ``start`` to ``stop`` of ``line`` in the language ``target``.

    A part of a line becomes the like part of the line's translation. A line without a translation
    into ``target`` is shown in its own words behind the target's code, so that no test mistakes it
    for a translation.
    """
    count = len(line.words)
    if target == line.language:
        return joiner(target).join(line.words[start:stop])
    whole = line.translations.get(target)
    if whole is None:
        return f"[{target}] {joiner(line.language).join(line.words[start:stop])}"
    if start == 0 and stop >= count:
        return whole
    if joiner(target):
        words = whole.split()
        # Rounded up: the beginning of a line is never translated to nothing.
        first, last = -(-len(words) * start // count), -(-len(words) * stop // count)
        return " ".join(words[first:last])
    cuts = _cuts(whole, count)
    return whole[cuts[start] : cuts[stop]]


# Pieces of a text without spaces: what may be cut stands between them. Latin words, numbers and
# katakana stay whole, Japanese words keep their endings and particles.
_PIECE = re.compile(
    r"(?:[0-9A-Za-z][0-9A-Za-z .,:%'-]*|[\u30a0-\u30ff]+|[^\W\u3040-\u30ff])[\u3040-\u309f]*\W*"
    r"|[\u3040-\u309f]+\W*|\W+"
)


@lru_cache(maxsize=4096)
def _cuts(text: str, parts: int) -> tuple[int, ...]:
    """Where to cut ``text`` into ``parts``: about even, best behind a mark, none of them empty."""
    length = len(text)
    if length < parts:
        return tuple(-(-length * part // parts) for part in range(parts + 1))
    ends = [match.end() for match in _PIECE.finditer(text)]
    cuts = [0]
    for part in range(1, parts):
        first, last, ideal = cuts[-1] + 1, length - (parts - part), length * part / parts
        possible = [end for end in ends if first <= end <= last] or [
            min(max(first, round(ideal)), last)
        ]
        cuts.append(min(possible, key=lambda end: _distance(text, end, ideal)))
    return (*cuts, length)


def _distance(text: str, end: int, ideal: float) -> float:
    """How far a cut at ``end`` is from ``ideal``; a mark before it makes it nearer."""
    return abs(end - ideal) - (0 if text[end - 1].isalnum() else len(text) / 5)


class Paragraph(Struct, frozen=True):
    """Consecutive sentences of one speaker. ``id`` is 19 digits."""

    id: str
    speaker: int
    sentences: tuple[Sentence, ...]

    @property
    def begin(self) -> int:
        return self.sentences[0].begin

    @property
    def end(self) -> int:
        return self.sentences[-1].end


class AudioFile(Struct, frozen=True):
    """The recording of an offline task: its ``size`` in bytes and its ``sample_rate`` in Hz."""

    size: int
    sample_rate: int


class Slide(Struct, frozen=True):
    """A picture that the recording's video shows from ``start`` to ``end`` in ms.

    ``name`` is the picture's file name.
    """

    start: int
    end: int
    name: str


class Meeting(Struct):
    """Everything heard in a task so far.

    ``scripts`` has one entry for every passage, in order: the script that the passage ran through.
    ``duration`` is the length of the audio in ms; ``segments`` are the stretches with speech.
    ``diarized`` says whether speakers were told apart; ``first_speaker_id`` is the number that the
    first speaker's id has in results. ``file`` is what was transcribed, None for a stream, and
    ``slides`` are the pictures of its video.
    """

    language: str
    paragraph_seed: int = 0
    diarized: bool = False
    first_speaker_id: int = 1
    sentences: list[Sentence] = field(default_factory=list)
    scripts: list[Script] = field(default_factory=list)
    segments: list[tuple[int, int]] = field(default_factory=list)
    duration: int = 0
    file: AudioFile | None = None
    slides: list[Slide] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(sentence.text for sentence in self.sentences)

    def speaker_id(self, speaker: int) -> str:
        """The id that results show for speaker number ``speaker`` (from 0)."""
        return str(speaker + self.first_speaker_id)

    def paragraphs(self, longest: int = 6) -> Iterator[Paragraph]:
        """Sentences grouped by speaker, at most ``longest`` in a paragraph."""
        group: list[Sentence] = []
        number = 0
        for sentence in self.sentences:
            if group and (sentence.speaker != group[0].speaker or len(group) >= longest):
                yield self._paragraph(number, group)
                number, group = number + 1, []
            group.append(sentence)
        if group:
            yield self._paragraph(number, group)

    def _paragraph(self, number: int, group: list[Sentence]) -> Paragraph:
        # The cloud's ids are 19 digits (tingwu-openapi 4): a big start value and steps of one.
        id_ = str(1_600_000_000_000_000_000 + self.paragraph_seed % 10**17 + number)
        return Paragraph(id_, group[0].speaker, tuple(group))
