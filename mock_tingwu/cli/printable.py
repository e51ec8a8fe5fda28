"""Text from elsewhere, without anything that a terminal would obey."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

#: So much of a text is shown.
MAX_SHOWN: Final = 2_000


def printable(text: str) -> str:
    """``text``, cut if it is very long, with escapes for what a terminal would obey."""
    cut = text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"
    return "".join(_escaped(char) if _is_command(char) else char for char in cut)


def _is_command(char: str) -> bool:
    """Whether it is a control or format character, or no character: spaces of all kinds are not."""
    return not char.isprintable() and unicodedata.category(char) != "Zs"


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def json_text(value: object) -> str:
    """``value`` as JSON on one line, with escapes for what a terminal would obey."""
    import msgspec

    text = msgspec.json.encode(value).decode()
    return re.sub(r"[^ -~]", lambda found: _json_char(found[0]), text)


def _json_char(char: str) -> str:
    """A character inside of a JSON text, escaped if a terminal would obey it."""
    if not _is_command(char):
        return char
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
