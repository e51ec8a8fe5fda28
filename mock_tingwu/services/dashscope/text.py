"""A conversation that a caller has written down: ``input.text`` (dashscope-tingwu 2)."""

from __future__ import annotations

import re
from typing import Final

from mock_tingwu.core.script import Script
from mock_tingwu.core.scripts import parse_script
from mock_tingwu.core.shown import shown
from mock_tingwu.core.words import guess_language, tokenize

_COLON: Final = re.compile("[:：]")
#: How much is taken: lines that say something, and characters.
MAX_LINES: Final = 10_000
MAX_CHARACTERS: Final = 1_000_000
#: The longest name, in characters: what is longer is a sentence with a colon in it.
_MAX_NAME: Final = 100
#: Stands for a slash, which in a script may cut words.
_SLASH: Final = "\uffff"


def script_of(text: str) -> Script:
    """The lines of ``text``, each ``name: what they say`` with a colon of either width.

    Takes up to a second for the longest texts.

    Raises:
        ValueError: a line has another form, or there are too many; the message says which.
    """
    said = _lines(text)
    language = guess_language("".join(words for _, words in said))
    numbers: dict[str, int] = {}
    for name, _ in said:
        numbers.setdefault(name, len(numbers))
    document = {
        "language": language,
        # Who they are is all that is known of what they do.
        "speakers": [{"name": name, "role": name} for name in numbers],
        "sentences": [
            {"speaker": numbers[name], "words": _words(words, language)} for name, words in said
        ],
    }
    return parse_script(document, "input.text")


def _lines(text: str) -> list[tuple[str, str]]:
    """Who says what."""
    if len(text) > MAX_CHARACTERS:
        raise ValueError(
            f"input.text has {len(text)} characters, expected at most {MAX_CHARACTERS}"
        )
    said: list[tuple[str, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        name, *rest = (part.strip() for part in _COLON.split(line, maxsplit=1))
        words = "".join(rest)
        if not name or not words or len(name) > _MAX_NAME:
            raise ValueError(f"line {number} of input.text is {shown(line)}, expected name: words")
        said.append((name, words))
        if len(said) > MAX_LINES:
            raise ValueError(f"input.text has more than {MAX_LINES} lines")
    if not said:
        raise ValueError("input.text has no line, expected name: words")
    return said


def _words(text: str, language: str) -> list[str]:
    """The words of ``text``, in which a slash is a slash."""
    words = tokenize(text.replace("/", _SLASH), language)
    return [word.replace(_SLASH, "/") for word in words]
