"""Texts of languages with and without spaces: joining, cutting and measuring them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from unicodedata import category, east_asian_width

#: Letters of the scripts that are written without spaces: kana and Han characters.
_UNSPACED: Final = (
    "\u3005-\u3007\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
#: One such letter or a run of others, each with its punctuation and the white space behind it.
_PIECE: Final = re.compile(rf"[{_UNSPACED}][^\w\s]*\s*|[^\s{_UNSPACED}]+\s*|\s+")
_KANA: Final = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_HAN: Final = re.compile("[\u4e00-\u9fff]")
_HANGUL: Final = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
_CLOSING: Final = "”’\"')]"


def joined(sentences: Iterable[str]) -> str:
    """Sentences as a text: a space between two, except behind letters and marks of full width."""
    text = ""
    for sentence in sentences:
        sentence = one_line(sentence)
        if text and sentence and not _is_unspaced(text.rstrip(_CLOSING)[-1:]):
            text += " "
        text += sentence
    return text


def one_line(text: str) -> str:
    """``text`` with all white space as one space, and none around it."""
    return " ".join(text.split())


def pieces(text: str) -> list[str]:
    """``text`` in parts between which a line may be broken."""
    return _PIECE.findall(text)


def width(text: str) -> int:
    """Columns that a text takes: two for characters of full width, such as Chinese ones."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def is_chinese(text: str) -> bool:
    """Whether a text seems to be Chinese: most of it are Han characters, and kana are rare."""
    characters = len(_HAN.findall(text))
    return 2 * characters > len(pieces(text)) and characters > 4 * len(_KANA.findall(text))


def clock(ms: int) -> str:
    """A time for readers: ``04:05``, from an hour on ``1:04:05``."""
    minutes, seconds = divmod(max(ms, 0) // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def _is_unspaced(character: str) -> bool:
    wide = bool(character) and east_asian_width(character) in "WF"
    return wide and category(character)[0] in "LP" and not _HANGUL.match(character)
