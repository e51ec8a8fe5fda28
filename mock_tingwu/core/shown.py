"""What a client sent, as messages quote it."""

from __future__ import annotations

from typing import Final

#: A longer value is cut, in characters.
LONGEST: Final = 120


def shown(value: object) -> str:
    """``value`` as Python writes it, and only its beginning if it is long.

    It is cut between words: who masks the message afterwards does not know a piece of a secret.
    """
    try:
        text = value if isinstance(value, str) else repr(value)
    except RecursionError:
        return "nested too deeply to be shown"
    if len(text) > LONGEST:
        head, _, _ = text[:LONGEST].rpartition(" ")
        text = f"{head} …" if head else f"({len(text)} characters)"
    return repr(text) if isinstance(value, str) else text
