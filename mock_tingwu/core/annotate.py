"""Notes for scripts that come without: chapters, points, questions, actions and keywords.

They are made of the script's own lines by plain rules, so that a user's script of nothing but
sentences still has every kind of result. Notes that a script has are left as they are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise, repeat
from typing import Final

from msgspec.structs import replace

from mock_tingwu.core.headings import courtesies, heading
from mock_tingwu.core.script import (
    UNSPACED,
    Action,
    Chapter,
    ChapterNotes,
    Line,
    Notes,
    Point,
    Question,
    Script,
)
from mock_tingwu.core.words import bare, label, shorten

_LINES_PER_CHAPTER: Final = 8
_POINTS_PER_CHAPTER: Final = 3
_MOST_ACTIONS: Final = 5
_MOST_KEYWORDS: Final = 10

#: Longest heading, mind-map leaf and to-do in characters, without and with spaces between words.
#: To-dos have 5 to 30 characters in the cloud's Chinese results (tingwu-openapi 4).
_HEADLINE: Final = (16, 48)
_ACTION: Final = (30, 80)
_SHORTEST_ACTION: Final = 5

#: What people say when they take something upon themselves or give it to another.
_COMMITMENT: Final = {
    "cn": re.compile(
        r"我(们)?(来|会|去|负责|马上|这就|尽快|今天|明天|今晚|下午|晚上|下周|周[一二三四五六日])"
        r"|由.{1,6}负责|你(来|去|负责)|(今天|明天|下班|周[一二三四五六日天]|月底|下周).{0,4}前"
        r"|麻烦你|记得|跟进"
    ),
    "yue": re.compile(
        r"我(哋)?(嚟|会|會|去|负责|負責|聽日|听日|今日|即刻)|记得|記得|唔该|唔該|跟进|跟進"
    ),
    "ja": re.compile(
        r"(して|って|んで|いて|せて)おきます|までに|いたします|お願いします|ておいて|担当します"
    ),
    "ko": re.compile(r"(할|둘|릴|낼|볼|올|갈)게요|하겠습니다|드리겠습니다|까지|부탁드|해 주세요"),
    "en": re.compile(
        r"\b(I'll|I will|we'll|we will|I'm going to|let me|make sure|could you please|please"
        r"|by (tomorrow|tonight|noon|Monday|Tuesday|Wednesday|Thursday|Friday|the end of))\b",
        re.IGNORECASE,
    ),
    "de": re.compile(
        r"\b(ich (werde|kümmere|schicke|mache|schreibe)|bitte|bis (morgen|\w+tag))\b", re.I
    ),
    "fr": re.compile(
        r"\b(je vais|je m'occupe|nous allons|merci de|d'ici|avant (demain|\w+di))\b", re.I
    ),
    "ru": re.compile(r"\b(я (сделаю|подготовлю|отправлю|пришлю|напишу)|пожалуйста|завтра)\b", re.I),
}
_QUESTION_ENDS: Final = {"ja": ("?", "？", "か。"), "default": ("?", "？")}


def annotate(script: Script) -> Script:
    """``script`` with the notes that it lacks. Annotating twice changes nothing more."""
    return replace(
        script,
        title=script.title or _title(_told(script.lines[0], script), _size(script, _HEADLINE)),
        lines=script.lines if any(n.key for n in script.lines) else tuple(_with_keys(script)),
        chapters=tuple(_complete(script)),
        questions=script.questions or tuple(_questions(script)),
        actions=script.actions or tuple(_actions(script)),
        keywords=script.keywords or tuple(_keywords(script)),
    )


def told_in(script: Script, language: str) -> Script:
    """The annotated ``script`` with its title and chapters in ``language``; its lines stay.

    What its notes do not have comes from the translations of its lines, and what these do not have
    stays as it is.
    """
    if language in ("", script.note_language):
        return script
    notes = script.notes.get(language, Notes())
    longest = _HEADLINE[language not in UNSPACED]
    chapters = tuple(
        _chapter_in(language, chapter, lines, told, longest)
        for (chapter, lines), told in zip(
            _spans(script), notes.chapters or repeat(ChapterNotes()), strict=False
        )
    )
    title = notes.title or _title(line_in(script.lines[0], language), longest) or script.title
    same = title == script.title and chapters == script.chapters
    return script if same else replace(script, language=language, title=title, chapters=chapters)


def _chapter_in(
    language: str, chapter: Chapter, lines: list[Line], notes: ChapterNotes, longest: int
) -> Chapter:
    told = {line.number: line_in(line, language) for line in lines}
    points = tuple(
        replace(
            point,
            leaf=leaf or label(told[point.line], longest) or point.leaf,
            text=text or told[point.line] or point.text,
        )
        for point, (leaf, text) in zip(
            chapter.points, notes.points or repeat(("", "")), strict=False
        )
    )
    reached = [line for line in lines if line.number <= chapter.points[-1].line]
    return Chapter(
        first=chapter.first,
        headline=notes.headline
        or (told[chapter.first] and heading([told[line.number] for line in reached], longest))
        or (told[chapter.first] and courtesies(language))
        or chapter.headline,
        gist=notes.gist or told[_weightiest(reached, 1)[0].number] or chapter.gist,
        points=points,
    )


def _title(text: str, longest: int) -> str:
    """What ``text`` is about, or all of it if it is a courtesy and nothing else."""
    return heading([text], longest) or label(text, longest)


def line_in(line: Line, language: str) -> str:
    """What ``line`` says, in ``language``; nothing if nobody has translated it."""
    return line.text if line.language == language else line.translations.get(language, "")


def _size(script: Script, sizes: tuple[int, int]) -> int:
    return sizes[script.language not in UNSPACED and script.language != "multilingual"]


def _told(line: Line, script: Script) -> str:
    """What ``line`` says in the language of the script's notes."""
    if script.language == "multilingual":
        return line.translations.get("cn", line.text)
    return line.text


def _spans(script: Script) -> Iterator[tuple[Chapter, list[Line]]]:
    """The chapters and their lines; where there are none, stretches of about eight lines."""
    if script.chapters:
        for chapter in script.chapters:
            span = script.lines_of(chapter)
            yield chapter, list(script.lines[span.start - 1 : span.stop - 1])
        return
    count = len(script.lines)
    chapters = max(1, round(count / _LINES_PER_CHAPTER))
    edges = [count * i // chapters for i in range(chapters + 1)]
    for start, stop in pairwise(edges):
        yield Chapter(start + 1, "", "", ()), list(script.lines[start:stop])


def _weightiest(lines: Iterable[Line], count: int) -> list[Line]:
    """The longest ``count`` of ``lines`` that are no questions, in order."""
    chosen = sorted(lines, key=lambda line: (asks(line), -len(line.text), line.number))[:count]
    return sorted(chosen, key=lambda line: line.number)


def _complete(script: Script) -> Iterator[Chapter]:
    for chapter, lines in _spans(script):
        points = [_point(point, script) for point in chapter.points] or [
            _point(Point(line.number, line.speaker, "", ""), script)
            for line in _weightiest(lines, _POINTS_PER_CHAPTER)
        ]
        reached = [line for line in lines if line.number <= points[-1].line]
        yield Chapter(
            first=chapter.first,
            headline=chapter.headline
            or heading([_told(line, script) for line in reached], _size(script, _HEADLINE))
            or courtesies(script.note_language),
            gist=chapter.gist or _told(_weightiest(reached, 1)[0], script),
            points=tuple(points),
        )


def _point(point: Point, script: Script) -> Point:
    said = point.text or point.leaf or _told(script.lines[point.line - 1], script)
    text = point.text or said
    if not point.text and (name := script.speakers[point.speaker].name):
        text = f"{name}：{said}" if _size(script, (1, 0)) else f"{name}: {said}"
    return replace(point, leaf=point.leaf or label(said, _size(script, _HEADLINE)), text=text)


def _with_keys(script: Script) -> Iterator[Line]:
    keys = {_weightiest(lines, 1)[0].number for _, lines in _spans(script)}
    for line in script.lines:
        yield replace(line, key=True) if line.number in keys else line


def asks(line: Line) -> bool:
    """Whether ``line`` ends as a question does."""
    ends = _QUESTION_ENDS.get(line.language, _QUESTION_ENDS["default"])
    return line.text.rstrip("”\"'』」)）").endswith(ends)


def _questions(script: Script) -> Iterator[Question]:
    """Questions that the very next line, by another speaker, answers."""
    for line, following in pairwise(script.lines):
        if asks(line) and not asks(following) and following.speaker != line.speaker:
            yield Question(
                _told(line, script), (line.number,), _told(following, script), (following.number,)
            )


def _actions(script: Script) -> Iterator[Action]:
    found = 0
    for line in script.lines:
        if found == _MOST_ACTIONS:
            return
        said = bare(line.text)
        if len(said) < _SHORTEST_ACTION or asks(line):
            continue
        if _COMMITMENT[line.language].search(said):
            found += 1
            yield Action(line.number, shorten(bare(_told(line, script)), _size(script, _ACTION)))


def _keywords(script: Script) -> Iterable[str]:
    """The words that are said most, longer ones first among equals."""
    said: Counter[str] = Counter()
    shown: dict[str, str] = {}
    for line in script.lines:
        shortest = {"ko": 3, "cn": 2, "yue": 2, "ja": 2}.get(line.language, 6)
        for word in map(bare, line.words):
            if (
                len(word) >= shortest
                and not word.isdigit()
                and not _is_grammar(word, line.language)
            ):
                said[word.lower()] += 1
                shown.setdefault(word.lower(), word)
    ranked = sorted(said, key=lambda word: (-said[word], -len(word)))
    return [shown[word] for word in ranked[:_MOST_KEYWORDS]]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: Words of speech rather than of a subject, by language.
_GRAMMAR: Final = {
    "cn": _set(
        "我们 你们 他们 她们 大家 这个 那个 这些 那些 什么 怎么 可以 没有 就是 然后 所以 因为 但是"
        " 如果 还是 已经 现在 一下 一个 不是 不过 时候 觉得 知道 应该 可能 好的 谢谢 今天 明天 那么"
    ),
    "yue": _set("我哋 你哋 佢哋 大家 呢个 呢個 嗰个 嗰個 乜嘢 点样 點樣 可以 冇有 即系 即係 跟住"),
    "ko": _set("그리고 그런데 그러면 그래서 우리가 저희가 있어요 없어요 합니다 입니다 감사합니다"),
    "en": _set(
        "should really because before everyone thanks please myself around through another without"
        " nothing something already actually anything that's there's they're you're didn't doesn't"
    ),
}

#: Japanese words without a Chinese character or katakana are endings and particles, mostly.
_HIRAGANA: Final = re.compile("[\u3041-\u309fー]+")


def _is_grammar(word: str, language: str) -> bool:
    if language == "ja" and _HIRAGANA.fullmatch(word):
        return True
    return word.lower() in _GRAMMAR.get(language, ())
