"""Reading transcript scripts: the library that ships with the mock, and scripts of the user's own.

The format is that of ``fixtures/meetings/*.yaml``. Only ``sentences`` must be given: a language is
guessed from the letters, speakers and notes are optional.
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from mock_tingwu import resources
from mock_tingwu.core.annotate import annotate
from mock_tingwu.core.documents import refusal
from mock_tingwu.core.script import (
    LANGUAGES,
    Action,
    Chapter,
    ChapterNotes,
    Line,
    Notes,
    Point,
    Question,
    Script,
    Speaker,
)
from mock_tingwu.core.words import guess_language, tokenize

#: So many speakers can be told by their number where a script does not name them.
MAX_SPEAKERS: Final = 1_000


class ScriptError(ValueError):
    """A script is not in the format. The message names source, field, value and what was due."""


# The format as types. msgspec checks a decoded file against them and names the place of a mismatch.

_Target = Literal["cn", "en", "ja", "ko", "de", "fr", "ru"]
_Spoken = Literal["cn", "en", "yue", "ja", "ko", "de", "fr", "ru"]


class _Speaker(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: str
    role: str = ""


class _Sentence(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    text: str = ""
    words: tuple[str, ...] = ()
    speaker: int | str = 0
    language: _Spoken | None = None
    translations: dict[_Target, str] = {}
    polished: str = ""
    key: bool = False


class _Point(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    sentence: int
    speaker: int | str | None = None
    leaf: str = ""
    text: str = ""


class _Chapter(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    first: int
    headline: str = ""
    gist: str = ""
    points: tuple[_Point, ...] = ()


class _Question(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    question: str
    asked: tuple[int, ...]
    answer: str
    answered: tuple[int, ...]


class _Action(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    sentence: int
    text: str


class _PointNotes(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    leaf: str = ""
    text: str = ""


class _ChapterNotes(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    headline: str = ""
    gist: str = ""
    points: tuple[_PointNotes, ...] = ()


class _Notes(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    title: str = ""
    chapters: tuple[_ChapterNotes, ...] = ()


class _Noted(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    cn: _Notes | None = None
    en: _Notes | None = None


class _Script(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    sentences: tuple[_Sentence | str, ...]
    id: str = ""
    language: Literal["cn", "en", "yue", "ja", "ko", "multilingual"] | None = None
    title: str = ""
    scene: Literal["meeting", "interview", "lecture"] = "meeting"
    speakers: tuple[_Speaker | str, ...] = ()
    keywords: tuple[str, ...] = ()
    chapters: tuple[_Chapter, ...] = ()
    questions: tuple[_Question, ...] = ()
    actions: tuple[_Action, ...] = ()
    notes: _Noted = _Noted()


# msgspec looks into a type when it first meets it, and crashes the process when two threads do so
# at once: two mocks that read their first scripts. So it is done here.
msgspec.json.Decoder(_Script)


@cache
def library(language: str) -> tuple[Script, ...]:
    """The annotated scripts that ship for ``language``, sorted by id; none for other languages.

    Only the files of this language are read: a server that just started should not wait for all.
    """
    folder = resources.folder("fixtures") / "meetings"
    if language not in LANGUAGES:
        return ()
    found = [annotate(load_script(path)) for path in folder.glob(f"{language}-*.yaml")]
    return tuple(sorted(found, key=lambda script: script.id))


def load_script(path: Path) -> Script:
    """The script in the YAML file ``path``. Raises `ScriptError`."""
    return parse_script(parse_yaml(read(path), str(path)), str(path))


def read(path: Path) -> bytes:
    """The file ``path``. Raises `ScriptError`."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ScriptError(f"{path}: cannot be read: {error.strerror}") from error


def parse_yaml(text: bytes | str, source: str) -> Any:
    """What a YAML document says. ``source`` names it in errors. Raises `ScriptError`."""
    # Imported here because a server that has its scripts registered as JSON never needs it.
    import yaml

    loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        if (why := refusal(yaml.parse(text, Loader=loader))) is not None:
            raise ScriptError(f"{source}: {why}, expected a script")
        return yaml.load(text, Loader=loader)
    except ScriptError:
        raise
    # Dates and numbers that are none have other errors than the library's own.
    except (yaml.YAMLError, ValueError, AttributeError) as error:
        reason = " ".join(str(error).split())
        raise ScriptError(f"{source}: expected YAML, but it cannot be parsed: {reason}") from error


def parse_script(data: Mapping[str, Any], source: str) -> Script:
    """The script in a decoded YAML or JSON document. ``source`` names it in errors.

    Raises `ScriptError`.
    """
    try:
        raw = msgspec.convert(data, _Script)
    except msgspec.ValidationError as error:
        raise ScriptError(_explain(str(error), data, source)) from error
    return _Builder(raw, source).script()


def _explain(message: str, data: object, source: str) -> str:
    """msgspec's message as a sentence with the offending value in it."""
    what, _, place = message.partition(" - at ")
    path = place.rpartition("`$")[2].rstrip("`")
    value: Any = data
    for index, name in re.findall(r"\[(\d+)\]|\.(\w+)", path):
        value = value[int(index)] if index else value[name]
    what = what[0].lower() + what[1:]
    if what.startswith("object "):
        return f"{source}: {path.lstrip('.') or 'the script'}: {what.removeprefix('object ')}"
    if "invalid enum value" in what:
        choices = _choices(path, is_key="`key`" in place)
        what = f"{what.removeprefix('invalid enum value ')}, expected one of {choices}"
        return f"{source}: {path.lstrip('.')} is {what}"
    return f"{source}: {path.lstrip('.') or 'the script'} is {_shown(value)}: {what}"


def _choices(path: str, *, is_key: bool) -> str:
    if is_key:
        kind: Any = _Target
    elif path == ".scene":
        kind = Literal["meeting", "interview", "lecture"]
    else:
        kind = _Spoken if "sentences" in path else Literal[LANGUAGES]
    return ", ".join(kind.__args__)


# In YAML a part may stand for others over and over: written out it could fill all memory.
_repr: Final = reprlib.Repr()
_repr.maxlevel = 3
_repr.maxlong = _repr.maxother = 60


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, str) else _repr.repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


class _Builder:
    """Turns a script whose types are right into a `Script`, checking what the types cannot say."""

    def __init__(self, raw: _Script, source: str) -> None:
        self._raw = raw
        self._source = source
        self._names = [s if isinstance(s, str) else s.name for s in raw.speakers]

    def script(self) -> Script:
        raw = self._raw
        if not raw.sentences:
            raise self._error("sentences", (), "expected at least one sentence")
        sentences = [_Sentence(text=s) if isinstance(s, str) else s for s in raw.sentences]
        language = raw.language or guess_language("".join(s.text for s in sentences))
        lines = tuple(
            self._line(number, sentence, language) for number, sentence in enumerate(sentences, 1)
        )
        return Script(
            id=raw.id or Path(self._source).stem,
            language=language,
            title=raw.title,
            speakers=self._speakers(max(line.speaker for line in lines)),
            lines=lines,
            scene=raw.scene,
            keywords=self._keywords(lines),
            chapters=tuple(self._chapters(lines)),
            questions=tuple(self._questions(len(lines))),
            actions=tuple(
                Action(self._number(f"actions[{i}].sentence", a.sentence, len(lines)), a.text)
                for i, a in enumerate(raw.actions)
            ),
            notes={
                name: self._notes(f"notes.{name}", notes)
                for name, notes in (("cn", raw.notes.cn), ("en", raw.notes.en))
                if notes is not None
            },
        )

    def _line(self, number: int, sentence: _Sentence, language: str) -> Line:
        field = f"sentences[{number - 1}]"
        if language != "multilingual":
            if sentence.language not in (None, language):
                expected = f"expected {language}, or none, because the script is in {language}"
                raise self._error(f"{field}.language", sentence.language, expected)
            spoken = language
        else:
            spoken = sentence.language or guess_language(sentence.text)
        words = sentence.words or tokenize(sentence.text, spoken)
        if not words or not all(words):
            name, value = ("words", words) if sentence.words else ("text", sentence.text)
            raise self._error(f"{field}.{name}", value, "expected some words")
        return Line(
            number=number,
            speaker=self._speaker(f"{field}.speaker", sentence.speaker),
            words=words,
            language=spoken,
            translations={str(k): text for k, text in sentence.translations.items()},
            polished=sentence.polished,
            key=sentence.key,
        )

    def _speaker(self, field: str, value: int | str) -> int:
        """The number of a speaker who is given by number or by name."""
        if isinstance(value, str):
            if value not in self._names:
                if self._raw.speakers:
                    raise self._error(field, value, f"expected one of {', '.join(self._names)}")
                self._names.append(value)
            return self._names.index(value)
        count = len(self._names) if self._raw.speakers else MAX_SPEAKERS
        if not 0 <= value < count:
            raise self._error(field, value, f"expected a number from 0 to {count - 1}")
        return value

    def _speakers(self, last: int) -> tuple[Speaker, ...]:
        if self._raw.speakers:
            return tuple(
                Speaker(s) if isinstance(s, str) else Speaker(s.name, s.role)
                for s in self._raw.speakers
            )
        # Names that were not given stay empty: notes then speak of nobody by name.
        names = self._names + [""] * (last + 1 - len(self._names))
        return tuple(Speaker(name) for name in names)

    def _keywords(self, lines: Sequence[Line]) -> tuple[str, ...]:
        for i, keyword in enumerate(self._raw.keywords):
            if not keyword or not any(keyword in line.text for line in lines):
                raise self._error(f"keywords[{i}]", keyword, "expected words of a sentence's text")
        return self._raw.keywords

    def _chapters(self, lines: Sequence[Line]) -> Iterable[Chapter]:
        chapters = self._raw.chapters
        previous = 0
        for i, chapter in enumerate(chapters):
            field = f"chapters[{i}].first"
            first = self._number(field, chapter.first, len(lines))
            if i == 0 and first != 1:
                raise self._error(field, first, "expected 1: chapters cover all sentences")
            if first <= previous:
                raise self._error(
                    field, first, f"expected more than the chapter before: {previous}"
                )
            previous = first
        edges = [chapter.first for chapter in chapters] + [len(lines) + 1]
        for i, chapter in enumerate(chapters):
            first, end = edges[i], edges[i + 1] - 1
            points = []
            for j, point in enumerate(chapter.points):
                place = f"chapters[{i}].points[{j}]"
                if not first <= point.sentence <= end:
                    expected = f"expected a sentence of the chapter, {first} to {end}"
                    raise self._error(f"{place}.sentence", point.sentence, expected)
                speaker = lines[point.sentence - 1].speaker
                if point.speaker is not None:
                    speaker = self._speaker(f"{place}.speaker", point.speaker)
                points.append(Point(point.sentence, speaker, point.leaf, point.text))
            points.sort(key=lambda point: point.line)
            yield Chapter(first, chapter.headline, chapter.gist, tuple(points))

    def _notes(self, field: str, notes: _Notes) -> Notes:
        chapters = self._raw.chapters
        self._as_many(f"{field}.chapters", notes.chapters, chapters, "chapters of the script")
        found = []
        for i, (chapter, own) in enumerate(zip(notes.chapters, chapters, strict=False)):
            place = f"{field}.chapters[{i}].points"
            self._as_many(place, chapter.points, own.points, "points of the chapter")
            # In the order in which the chapter's own points end up.
            pairs = zip(own.points, chapter.points, strict=False)
            points = sorted(pairs, key=lambda pair: pair[0].sentence)
            told = tuple((point.leaf, point.text) for _, point in points)
            found.append(ChapterNotes(chapter.headline, chapter.gist, told))
        return Notes(notes.title, tuple(found))

    def _as_many(
        self, field: str, given: Sequence[object], own: Sequence[object], what: str
    ) -> None:
        if given and len(given) != len(own):
            expected = f"expected none or as many as the {what}: {len(own)}"
            raise self._error(field, len(given), expected)

    def _questions(self, count: int) -> Iterable[Question]:
        for i, q in enumerate(self._raw.questions):
            for name, numbers in (("asked", q.asked), ("answered", q.answered)):
                if not numbers:
                    expected = "expected the numbers of one or more sentences"
                    raise self._error(f"questions[{i}].{name}", [], expected)
                for number in numbers:
                    self._number(f"questions[{i}].{name}", number, count)
            yield Question(q.question, q.asked, q.answer, q.answered)

    def _number(self, field: str, number: int, count: int) -> int:
        if not 1 <= number <= count:
            raise self._error(field, number, f"expected a sentence number from 1 to {count}")
        return number

    def _error(self, field: str, value: object, expected: str) -> ScriptError:
        return ScriptError(f"{self._source}: {field} is {_shown(value)}: {expected}")
