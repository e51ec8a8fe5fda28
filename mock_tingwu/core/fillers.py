"""The words that people say while they think: put into a script, and taken out of it."""

from __future__ import annotations

import re
from typing import Final

from msgspec.structs import replace

from mock_tingwu.core.script import UNSPACED, Line, Script
from mock_tingwu.core.words import bare

#: What people say while they think, by language. The first two are put into meetings.
_FILLERS: Final = {
    "cn": ("嗯", "呃"),
    "yue": ("嗯", "呃", "誒"),
    "ja": ("えっと", "ええと", "えーと", "うーんと"),
    "ko": ("음", "어"),
    "en": ("um", "uh", "er", "erm", "uhm", "umm", "uhh", "hmm"),
    "de": ("äh", "ähm", "öhm", "hm"),
    "fr": ("euh", "hm", "heu"),
    "ru": ("эм", "э-э", "ээ", "эмм"),
}
#: Words that have a meaning elsewhere and are filler words only as a clause of their own.
_FILLERS_ALONE: Final = {
    "cn": ("那个", "那個", "就是"),
    "yue": ("嗰個", "嗰个", "即係", "即系"),
    "ja": ("あの", "あのー", "その"),
    "ko": ("그", "저기", "뭐"),
    "en": ("like",),
}
#: These answer "so it is" where a sentence begins with them.
_AGREEMENT: Final = frozenset({"就是", "即係", "即系"})
#: What a word meant as "that one" has before it in a list.
_THIS_ONE: Final = frozenset({"这个", "這個", "呢個", "呢个"})
#: One line in this many begins with a filler word.
_LINES_PER_FILLER: Final = 3


def with_fillers(script: Script) -> Script:
    """``script`` with a filler word before the first line, and before every third from there.

    Lines that have a sound like "uh" already stay. What a line said before is its polished text,
    unless it has one.
    """
    names = {bare(word) for line in script.lines for word in line.words[1:]}
    names.update(name for speaker in script.speakers for name in speaker.name.split())
    lines = [
        line
        if (line.number - 1) % _LINES_PER_FILLER or any(_is_sound(w, line) for w in line.words)
        else _with_filler(line, names)
        for line in script.lines
    ]
    return replace(script, lines=tuple(lines))


def _is_sound(word: str, line: Line) -> bool:
    return bare(word).lower() in _FILLERS[line.language]


def _is_filler(line: Line, number: int) -> bool:
    """Whether word ``number`` of ``line`` is a sound, or another filler word between two commas.

    "那个，" may also be what somebody points at: it has no comma before it then, or "这个，".
    """
    word = line.words[number]
    if _is_sound(word, line):
        return True
    before = line.words[number - 1] if number else ""
    said = bare(word).lower()
    return (
        said in _FILLERS_ALONE.get(line.language, ())
        and word[-1] in _COMMAS
        and before[-1:] in _COMMAS
        and bare(before) not in _THIS_ONE
        and not (number == 0 and said in _AGREEMENT)
    )


def _with_filler(line: Line, names: set[str]) -> Line:
    filler = _FILLERS[line.language][line.number // _LINES_PER_FILLER % 2]
    first, *others = line.words
    if line.language in UNSPACED:
        filler += "、" if line.language == "ja" else "，"
    else:
        filler = filler.capitalize() + ","
        first = _uncapitalised(first, names)
    return replace(line, words=(filler, first, *others), polished=line.polished or line.text)


def _uncapitalised(word: str, names: set[str]) -> str:
    """``word``, no longer the first, with a small letter unless it has a capital elsewhere."""
    core = bare(word)
    if core in names or core.isupper() or core.startswith("I'"):
        return word
    return word[:1].lower() + word[1:]


def without_fillers(script: Script) -> Script:
    """``script`` without its filler words; those that also mean something go between commas only.

    A line of nothing else stays. Without any, it is the same object.
    """
    lines = tuple(map(_without_fillers, script.lines))
    return script if lines == script.lines else replace(script, lines=lines)


def _without_fillers(line: Line) -> Line:
    kept: list[str] = []
    fillers = [_is_filler(line, number) for number in range(len(line.words))]
    for word, filler in zip(line.words, fillers, strict=True):
        if not filler:
            kept.append(word)
        elif kept and (_NO_COMMA.fullmatch(kept[-1]) or bare(word).lower() == "like"):
            kept[-1] = kept[-1].rstrip(_COMMAS)
    if not kept or not any(fillers):
        return line
    if line.language not in UNSPACED and fillers[0]:
        kept[0] = kept[0][:1].upper() + kept[0][1:]
    if fillers[-1]:
        # The end of the sentence was on the filler word.
        kept[-1] = kept[-1].rstrip(_COMMAS) + _MARKS_AT_END.findall(line.words[-1])[0]
    return replace(line, words=tuple(kept))


_COMMAS: Final = ",，、"
#: Words that have a comma behind them for the filler word's sake only.
_NO_COMMA: Final = re.compile(
    r"(?:an?|the|and|or|so|i(?:'\w+)?|to|of|with|about|it's|you|we|s?he|they|because|ask),|得，",
    re.IGNORECASE,
)
_MARKS_AT_END: Final = re.compile(r"[\W_]*$")
