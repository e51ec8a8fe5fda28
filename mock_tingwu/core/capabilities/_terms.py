"""What a text is about: its words that mean something, for comparing texts in any language.

Languages without spaces are compared by pairs of characters, for want of a dictionary. Function
words are left out before, so that no pair is made of them or across them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from mock_tingwu.core.capabilities import _stopwords


@dataclass(frozen=True, slots=True)
class Terms:
    """``strong`` terms say what a text is about, ``weak`` ones ("customer") stand in many."""

    strong: frozenset[str]
    weak: frozenset[str]

    def of(self, text: str) -> Terms:
        """Those of the terms that are in ``text``."""
        there = Text(text).__contains__
        return Terms(frozenset(filter(there, self.strong)), frozenset(filter(there, self.weak)))


class Text:
    """A text in which terms are looked for: of Han and kana anywhere, others among its words."""

    __slots__ = ("_korean", "_text", "_words")

    def __init__(self, text: str) -> None:
        self._text = text.lower()
        self._words = _words(self._text)
        self._korean = tuple(filter(_is_hangul, self._words))

    def __contains__(self, term: str) -> bool:
        if _HAN_OR_KANA.match(term):
            return term in self._text
        if _is_hangul(term):
            # A Korean word carries its particles behind it.
            return any(word.startswith(term) for word in self._korean)
        return term in self._words


def terms(text: str) -> Terms:
    """The terms of ``text``, in small letters and without endings."""
    text = text.lower()
    split = _japanese if _KANA.search(text) else _chinese
    strong, weak = split(text)
    for word in _words(text):
        if _is_hangul(word):
            if len(word) > 1 and word not in _KOREAN_STOPS:
                (weak if word in _KOREAN_WEAK else strong).add(word)
        elif not _HAN_OR_KANA.match(word) and word not in _LATIN_STOPS and _is_long(word):
            (weak if word in _LATIN_WEAK else strong).add(word)
    return Terms(frozenset(strong), frozenset(weak - strong))


def _pattern(words: str) -> re.Pattern[str]:
    """Any of ``words``, the longest first."""
    return re.compile("|".join(sorted(words.split(), key=len, reverse=True)))


_HAN: Final = "\u3005-\u3007\u3400-\u9fff\uf900-\ufaff"
_KANA: Final = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_HAN_OR_KANA: Final = re.compile(f"[{_HAN}\u3041-\u30ff]")
_HAN_RUN: Final = re.compile(f"[{_HAN}]+")
_JAPANESE_RUN: Final = re.compile(f"[{_HAN}]+|[\u30a1-\u30ff]+|[\u3041-\u3096ー]+")
_WORD: Final = re.compile(f"[^\\W_{_HAN}\u3041-\u30ff]+(?:'[a-z]+)?")

# Chinese and Cantonese

_WHOLE: Final = _pattern(_stopwords.CHINESE_WHOLE)
_CHINESE_STOPS: Final = _pattern(_stopwords.CHINESE)
_CHINESE_WEAK: Final = _pattern(_stopwords.CHINESE_WEAK)
_SOFT: Final = frozenset(_stopwords.CHINESE_SOFT.split())


def _chinese(text: str) -> tuple[set[str], set[str]]:
    strong: set[str] = set()
    weak: set[str] = set()
    for run in _HAN_RUN.findall(text):
        strong.update(_WHOLE.findall(run))
        rest = _WHOLE.sub(" ", run)
        weak.update(_CHINESE_WEAK.findall(rest))
        for piece in _CHINESE_STOPS.sub(" ", _CHINESE_WEAK.sub(" ", rest)).split():
            strong.update(pair for pair in _pairs(piece) if not _SOFT.issuperset(pair))
    return strong, weak


def _pairs(run: str) -> Iterable[str]:
    return (run[i : i + 2] for i in range(len(run) - 1))


# Japanese

_HIRAGANA_STOPS: Final = _pattern(_stopwords.HIRAGANA)
#: Shortest run of hiragana, less endings and particles, that is a term.
_HIRAGANA_LENGTH: Final = 4
_JAPANESE_STOPS: Final = frozenset(_stopwords.JAPANESE.split())
_JAPANESE_WEAK: Final = frozenset(_stopwords.JAPANESE_WEAK.split())


def _japanese(text: str) -> tuple[set[str], set[str]]:
    strong: set[str] = set()
    weak: set[str] = set()
    for run in _JAPANESE_RUN.findall(text):
        if run[0] >= "\u30a1" and not _HAN_RUN.match(run):
            strong.update({run} if len(run) > 1 else ())
        elif run[0] <= "\u309f" and not _HAN_RUN.match(run):
            pieces = _HIRAGANA_STOPS.sub(" ", run).split()
            strong.update(piece for piece in pieces if len(piece) >= _HIRAGANA_LENGTH)
        elif run in _JAPANESE_WEAK:
            weak.add(run)
        elif run not in _JAPANESE_STOPS:
            strong.update(_pairs(run) if len(run) > 1 else {run})
    return strong, weak


# Languages with spaces

_KOREAN_ENDING: Final = re.compile(
    "(?:으로|에서|에게|부터|까지|하고|한테|이나|처럼|보다|이라고|라고|이라는|이|가|은|는|을|를|에|의|도"
    "|로|와|과|만|요)$|(?:하는지|했는지|되는지|됐는지|하기|하는|하다|한다|했다|합니다|했습니다|합시다"
    "|해요|했어요|할게요|하겠습니다|해|한|할|함|하여|되는|된|될|됩니다|드립니다|인지|입니다|이에요|예요)$"
)
_KOREAN_STOPS: Final = frozenset(_stopwords.KOREAN.split())
_KOREAN_WEAK: Final = frozenset(_stopwords.KOREAN_WEAK.split())
_LATIN_STOPS: Final = frozenset(_stopwords.LATIN.split())
_ENDING: Final = re.compile(
    r"'[a-z]+$|(?:(?<=[^\W\d_]{4})(?:ings?|ers?|ed|es|en|ly|s|e)|(?<=..)s)$"
)
_CYRILLIC_ENDING: Final = re.compile("(?<=.{4})[аеёиоуыэюяйьмхв]{1,3}$")
_DOUBLED: Final = re.compile(r"(?<=..)([bdgklmnprt])\1$")


@lru_cache(maxsize=8192)
def _words(text: str) -> frozenset[str]:
    return frozenset(map(_stem, _WORD.findall(text)))


def _stem(word: str) -> str:
    if _is_hangul(word):
        return _KOREAN_ENDING.sub("", word, count=1) or word
    if word in _LATIN_STOPS:
        return word
    if word[0] >= "\u0400":
        return _CYRILLIC_ENDING.sub("", word)
    return _DOUBLED.sub(r"\1", _ENDING.sub("", word))


def _is_hangul(word: str) -> bool:
    return "\uac00" <= word[0] <= "\ud7a3"


def _is_long(word: str) -> bool:
    return len(word) > 2 or (len(word) == 2 and not word.isascii()) or word in {"ai", "ui", "qa"}


_LATIN_WEAK: Final = frozenset(map(_stem, _stopwords.LATIN_WEAK.split()))
