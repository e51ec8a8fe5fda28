"""What of a script was heard, so that results tell no more than that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from msgspec.structs import replace

from mock_tingwu.core.annotate import annotate, line_in, told_in
from mock_tingwu.core.capabilities._terms import terms
from mock_tingwu.core.headings import SECOND, courtesies, heading, is_courtesy
from mock_tingwu.core.meeting import Meeting, Sentence
from mock_tingwu.core.script import UNSPACED, Action, Chapter, Point, Question, Script, Speaker
from mock_tingwu.core.words import shorten, spacer

T = TypeVar("T")

#: Longest text, in characters, that stands for speech in which no point was made yet.
_EXCERPT: Final = 80
#: Longest headline made of speech, in characters, without and with spaces between words.
_HEADLINE: Final = (24, 48)


def spread(items: Sequence[T], most: int) -> list[T]:
    """At most ``most`` of ``items``, taken evenly from the first to the last."""
    if len(items) <= most:
        return list(items)
    return [items[i * len(items) // most] for i in range(most)]


def joined(sentences: Iterable[Sentence], language: str = "") -> str:
    """The sentences as one text, with a space behind those in languages that write spaces.

    In ``language`` as far as they are translated.
    """
    text = ""
    gap = ""
    for sentence in sentences:
        translated = language if line_in(sentence.line, language) else sentence.language
        text += gap + sentence.translation(translated)
        gap = "" if translated in UNSPACED else " "
    return text


@dataclass(frozen=True, slots=True)
class HeardChapter:
    """A chapter as far as it was heard: its ``sentences`` and the ``points`` reached in them.

    ``gist`` is one sentence about the chapter, ``summary`` tells its points. The script's own
    headline and gist are used only when all points were heard, for they may speak of any; the
    headline before that if what was heard has words of each thing that it names. ``headlines``
    are shorter ones that are as true, the best first. ``texts`` are the sentences in the language
    of headlines.
    """

    headline: str
    headlines: tuple[str, ...]
    summary: str
    gist: str
    points: tuple[Point, ...]
    sentences: tuple[Sentence, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """One run through an annotated script.

    ``spoken`` maps line numbers to the sentences in which the line was heard; ``heard`` are the
    lines that were heard to their end. ``script`` has its chapters in ``language``, ``own`` in its
    own language; they are the same if ``language`` is empty.
    """

    script: Script
    own: Script
    spoken: Mapping[int, Sequence[Sentence]]
    heard: frozenset[int]
    language: str = ""

    def sentences(self, lines: Iterable[int]) -> list[Sentence]:
        return [sentence for line in lines for sentence in self.spoken.get(line, ())]

    def sentence_ids(self, lines: Iterable[int]) -> list[int]:
        return [sentence.id for sentence in self.sentences(lines)]

    def chapters(self) -> Iterator[HeardChapter]:
        for chapter, own in zip(self.script.chapters, self.own.chapters, strict=True):
            sentences = self.sentences(self.script.lines_of(chapter))
            if sentences:
                yield self._chapter(chapter, own, sentences)

    def _chapter(
        self, chapter: Chapter, own: Chapter, sentences: Sequence[Sentence]
    ) -> HeardChapter:
        points = tuple(point for point in chapter.points if point.line in self.heard)
        if points:
            summary = spacer(self.script.language).join(point.text for point in points)
        else:
            summary = shorten(joined(sentences, self.language), _EXCERPT)
        whole = len(points) == len(chapter.points)
        headline, shorter = self._headline(chapter, own, points, sentences)
        return HeardChapter(
            headline,
            shorter,
            summary,
            chapter.gist if whole else summary,
            points,
            tuple(sentences),
            self._texts(sentences),
        )

    def _headline(
        self,
        chapter: Chapter,
        own: Chapter,
        points: Sequence[Point],
        sentences: Sequence[Sentence],
    ) -> tuple[str, tuple[str, ...]]:
        """What a chapter is called, and what else it could be called.

        The decision is made in the script's ``own`` language, so that chapters are called after
        the same things in all languages.
        """
        language = self.language or self.script.note_language
        longest = _HEADLINE[bool(spacer(language))]
        texts = self._texts(sentences)
        whole = len(points) == len(chapter.points)
        if whole or self._is_covered(own, sentences):
            headline = chapter.headline
        elif points and not is_courtesy(points[0].leaf):
            headline = points[0].leaf
        else:
            headline = heading(texts, longest) or courtesies(language)
        leaves = [point.leaf for point in points]
        # Keywords are in the script's own words.
        said = "" if self.language else "\n".join(sentence.text for sentence in sentences)
        keywords = [word for word in self.script.keywords if word in said]
        parts = SECOND.split(headline)
        return headline, tuple([*parts, *leaves, *keywords] if points else [*keywords, *parts])

    def _texts(self, sentences: Iterable[Sentence]) -> tuple[str, ...]:
        """What was said, in the language of headlines."""
        language = self.language or self.script.note_language
        return tuple(joined([sentence], language) for sentence in sentences)

    def _is_covered(self, chapter: Chapter, sentences: Sequence[Sentence]) -> bool:
        """Whether each thing that the headline of ``chapter`` names was spoken of."""
        reached = [point for point in chapter.points if point.line in self.heard]
        unheard = {point.leaf for point in chapter.points if point not in reached}
        told = "\n".join(
            [
                *(joined([sentence], self.own.note_language) for sentence in sentences),
                *(f"{point.leaf}\n{point.text}" for point in reached),
            ]
        )
        for part in SECOND.split(chapter.headline):
            named = terms(part)
            found = named.of(told)
            if 2 * len(found.strong | found.weak) <= len(named.strong | named.weak):
                return False
            if part in unheard:
                return False
        return chapter.headline not in unheard

    def points(self) -> list[Point]:
        return [p for c in self.script.chapters for p in c.points if p.line in self.heard]

    def questions(self) -> list[Question]:
        """The questions that were asked and answered in full."""
        return [q for q in self.script.questions if self.heard.issuperset(q.asked + q.answered)]

    def actions(self) -> list[Action]:
        return [action for action in self.script.actions if action.line in self.heard]

    def keywords(self) -> list[str]:
        said = "\n".join(s.text for sentences in self.spoken.values() for s in sentences)
        return [keyword for keyword in self.script.keywords if keyword in said]

    def speaker_of(self, point: Point) -> int | None:
        """The meeting's number of who made ``point``; None if they were never heard.

        Where each channel is a speaker, the lines of one voice may be several speakers'.
        """
        said = self.spoken.get(point.line, ())
        if said and said[0].line.speaker == point.speaker:
            return said[0].speaker
        return self.speaker(point.speaker)

    def speaker(self, number: int) -> int | None:
        """The meeting's number of the script's speaker ``number``; None if never heard.

        They differ when fewer speakers were told apart than the script has.
        """
        for sentences in self.spoken.values():
            if sentences[0].line.speaker == number:
                return sentences[0].speaker
        return None


def passages(meeting: Meeting, language: str = "") -> list[Passage]:
    """The runs through scripts in which anything was heard, in order, told in ``language``."""
    spoken: dict[int, dict[int, list[Sentence]]] = {}
    heard: dict[int, set[int]] = {}
    loose: list[Sentence] = []
    for sentence in meeting.sentences:
        if sentence.passage >= len(meeting.scripts):
            loose.append(sentence)
            continue
        lines = spoken.setdefault(sentence.passage, {})
        lines.setdefault(sentence.line.number, []).append(sentence)
        if sentence.completes_line:
            heard.setdefault(sentence.passage, set()).add(sentence.line.number)
    noted = {id(s): annotate(s) for s in _distinct(meeting.scripts)}
    told = {key: told_in(script, language) for key, script in noted.items()}
    keys = [id(script) for script in meeting.scripts]
    found = [
        Passage(told[keys[n]], noted[keys[n]], lines, frozenset(heard.get(n, ())), language)
        for n, lines in spoken.items()
    ]
    return [*found, _unscripted(meeting.language, loose, language)] if loose else found


def _distinct(scripts: Iterable[Script]) -> Iterable[Script]:
    return {id(script): script for script in scripts}.values()


def _unscripted(spoken_in: str, sentences: Sequence[Sentence], language: str) -> Passage:
    """Sentences of a recognizer that names no script, as if they were one."""
    script = Script(
        id="",
        language=spoken_in,
        title="",
        speakers=tuple(Speaker("") for _ in range(max(s.line.speaker for s in sentences) + 1)),
        lines=tuple(
            replace(s.line, number=n, words=tuple(word.text for word in s.words))
            for n, s in enumerate(sentences, 1)
        ),
    )
    spoken = {n: [sentence] for n, sentence in enumerate(sentences, 1)}
    own = annotate(script)
    return Passage(told_in(own, language), own, spoken, frozenset(spoken), language)


def retold(meeting: Meeting, language: str = "") -> list[Passage]:
    """One passage for every different script, made of all runs through it.

    A meeting that is longer than its script repeats it; a summary should not. Each line is taken
    from the first run in which it was heard to its end.
    """
    merged: list[Passage] = []
    for passage in passages(meeting, language):
        for n, known in enumerate(merged):
            if known.script is passage.script or known.script == passage.script:
                merged[n] = _merge(known, passage)
                break
        else:
            merged.append(passage)
    return merged


def _merge(known: Passage, later: Passage) -> Passage:
    spoken = {
        line: later.spoken[line]
        if line not in known.spoken or (line in later.heard and line not in known.heard)
        else known.spoken[line]
        for line in sorted({*known.spoken, *later.spoken})
    }
    return Passage(known.script, known.own, spoken, known.heard | later.heard, known.language)
