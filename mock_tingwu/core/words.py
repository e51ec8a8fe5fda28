"""Cutting text into words, and shortening it, for languages with and without spaces."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from mock_tingwu.core.script import UNSPACED

#: Letters of the scripts that are written without spaces: kana and Han characters.
_UNSPACED_LETTER: Final = (
    "\u3005-\u3007\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_KANA: Final = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_HAN: Final = re.compile("[\u4e00-\u9fff]")
_HANGUL: Final = re.compile("[\uac00-\ud7a3]")

#: A Latin word, number or address with its inner punctuation.
_LATIN: Final = rf"[^\W_{_UNSPACED_LETTER}]+(?:[!-~]+[^\W_{_UNSPACED_LETTER}]+)*[%°]?"
#: Where a word begins: a Latin word, or up to two characters of a run without spaces.
_WORD: Final = re.compile(rf"{_LATIN}|[{_UNSPACED_LETTER}]{{1,2}}")

#: A "/" between two characters that are not ASCII marks a cut; any other may be meant as a slash.
_CUT: Final = re.compile(r"[^\x00-\x7f]/[^\x00-\x7f]")
_OUTER_PUNCTUATION: Final = re.compile(r"^[\W_]+|[\W_]+$")


def bare(word: str) -> str:
    """``word`` without the punctuation around it."""
    return _OUTER_PUNCTUATION.sub("", word)


def tokenize(text: str, language: str, *, cuts: bool = True) -> tuple[str, ...]:
    """The words of ``text``, punctuation and all: joined as the language joins words they are
    the text again (with runs of white space as one space).

    Languages with spaces are cut at spaces, but not before a lone mark. In the others "/" separates
    words if ``cuts`` and the text has one between two characters beyond ASCII; without such cuts
    Latin words and numbers stay whole, and other runs become words of two characters.
    """
    text = " ".join(text.split())
    if language not in UNSPACED:
        return with_punctuation(text.split(), " ")
    if cuts and _CUT.search(text):
        return with_punctuation(text.split("/"))
    starts = [m.start() for m in _WORD.finditer(text)]
    edges = [0, *starts[1:], len(text)]
    return with_punctuation([text[a:b] for a, b in pairwise(edges)])


def with_punctuation(pieces: Sequence[str], gap: str = "") -> tuple[str, ...]:
    """``pieces`` with those that hold no letter stuck to the one before, or else behind."""
    words: list[str] = []
    for piece in pieces:
        if words and (not bare(piece) or not bare(words[-1])):
            words[-1] += gap + piece
        elif piece:
            words.append(piece)
    return tuple(words)


def guess_language(text: str) -> str:
    """The language that the letters of ``text`` point to: ja, ko, cn or en."""
    if _KANA.search(text):
        return "ja"
    if _HANGUL.search(text):
        return "ko"
    return "cn" if _HAN.search(text) else "en"


def spacer(language: str) -> str:
    """What stands between two sentences. Notes of multilingual scripts are in Chinese."""
    return "" if language in UNSPACED or language == "multilingual" else " "


def shorten(text: str, longest: int) -> str:
    """``text``, or its beginning and an ellipsis: at most ``longest`` characters.

    Text with spaces is cut between words.
    """
    if len(text) <= longest:
        return text
    room = text[: longest - 1]
    if text[longest - 1] != " " and " " in room[longest // 2 :]:
        room = room[: room.rindex(" ")]
    return room.rstrip(" ,.;:，。、；：") + "…"


def label(text: str, longest: int) -> str:
    """``text`` as a heading: short and without the punctuation at its ends."""
    return shorten(bare(text) or text, longest)
