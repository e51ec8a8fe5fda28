"""Transcript scripts: the words that the mock hears, and the notes that results are made from.

A script is a list of lines with speakers and translations. Its notes (chapters, points, questions,
actions, keywords) hang on line numbers, so that a result made from the first K lines mentions only
what was said in them.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

#: Languages that a task may name as SourceLanguage (tingwu-openapi 1.1, guide of realtime tasks).
LANGUAGES = ("cn", "en", "yue", "ja", "ko", "multilingual")

#: Languages that speech can be translated into (realtime-ws 3.6).
TARGET_LANGUAGES = ("cn", "en", "ja", "ko", "de", "fr", "ru")

#: Languages written without spaces between words.
UNSPACED = frozenset({"cn", "yue", "ja"})


def joiner(language: str) -> str:
    """What stands between two words of ``language``: nothing or a space."""
    return "" if language in UNSPACED else " "


class Line(Struct, frozen=True):
    """One sentence of a script.

    ``number`` counts from 1. ``words`` carry their punctuation; ``translations`` maps target
    language codes to the whole sentence; ``polished`` is its written-style version.
    """

    number: int
    speaker: int
    words: tuple[str, ...]
    language: str
    translations: Mapping[str, str] = field(default_factory=dict)
    polished: str = ""
    key: bool = False

    @property
    def text(self) -> str:
        return joiner(self.language).join(self.words)


class Speaker(Struct, frozen=True):
    name: str
    role: str = ""


class Point(Struct, frozen=True):
    """Something that has been said by the end of line ``line``: a mind-map leaf and a sentence."""

    line: int
    speaker: int
    leaf: str
    text: str


class Chapter(Struct, frozen=True):
    """The lines from ``first`` (1-based) to the next chapter's first."""

    first: int
    headline: str
    gist: str
    points: tuple[Point, ...]


class Question(Struct, frozen=True):
    question: str
    asked: tuple[int, ...]
    answer: str
    answered: tuple[int, ...]


class Action(Struct, frozen=True):
    line: int
    text: str


class ChapterNotes(Struct, frozen=True):
    """A chapter in another language. ``points`` are pairs of leaf and text.

    Texts may be empty, and ``points`` may be missing altogether.
    """

    headline: str = ""
    gist: str = ""
    points: tuple[tuple[str, str], ...] = ()


class Notes(Struct, frozen=True):
    """Title and chapters of a script in another language: as many ``chapters`` as it has, or none.

    A chapter has as many points as the script's, or none.
    """

    title: str = ""
    chapters: tuple[ChapterNotes, ...] = ()


class Script(Struct, frozen=True):
    """A meeting that the mock can hear. ``scene`` is meeting, interview or lecture.

    ``notes`` has its title and chapters in other languages. Scripts are shared and never changed.
    """

    id: str
    language: str
    title: str
    speakers: tuple[Speaker, ...]
    lines: tuple[Line, ...]
    scene: str = "meeting"
    keywords: tuple[str, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    questions: tuple[Question, ...] = ()
    actions: tuple[Action, ...] = ()
    notes: Mapping[str, Notes] = field(default_factory=dict)

    def __hash__(self) -> int:
        # The lines have dictionaries in them. Equal scripts have equal ids and as many lines.
        return hash((self.id, len(self.lines)))

    @property
    def note_language(self) -> str:
        """The language of title, chapters and the like: Chinese where several are spoken."""
        return "cn" if self.language == "multilingual" else self.language

    def lines_of(self, chapter: Chapter) -> range:
        """The numbers of the lines that belong to ``chapter``."""
        following = [c.first for c in self.chapters if c.first > chapter.first]
        return range(chapter.first, min(following, default=len(self.lines) + 1))
