"""A conversation that a caller has written down: ``input.text`` (dashscope-tingwu 2)."""

from __future__ import annotations

import re
from typing import Final

from mock_tingwu.core.script import Script
from mock_tingwu.core.words import guess_language, tokenize

#: Somebody's name, a colon of either width, and what they say.
_LINE: Final = re.compile(r"\s*([^:：]{1,100}?)\s*[:：]\s*(.*\S)\s*")
#: Stands for a slash, which in a script may cut words.
_SLASH: Final = "\uffff"


def script_of(text: str) -> Script:
    """The lines of ``text``, each ``name: what they say``.

    Raises:
        ValueError: a line has another form; the message names it.
    """
    said: list[tuple[str, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            raise ValueError(f"line {number} of input.text is {line[:40]!r}, expected name: words")
        said.append((found[1], found[2]))
    if not said:
        raise ValueError("input.text has no line, expected name: words")
    # Loads more than a server needs to start.
    from mock_tingwu.core.scripts import parse_script

    language = guess_language("".join(words for _, words in said))
    names = list(dict.fromkeys(name for name, _ in said))
    document = {
        "language": language,
        # Who they are is all that is known of what they do.
        "speakers": [{"name": name, "role": name} for name in names],
        "sentences": [
            {"speaker": names.index(name), "words": _words(words, language)} for name, words in said
        ],
    }
    return parse_script(document, "input.text")


def _words(text: str, language: str) -> list[str]:
    """The words of ``text``, in which a slash is a slash."""
    words = tokenize(text.replace("/", _SLASH), language)
    return [word.replace(_SLASH, "/") for word in words]
