"""Where a message can be delivered: the addresses of somebody else's servers."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

#: A longer address is refused; every attempt writes it down.
MAX_URL: Final = 2_048


def receiver_url(value: object) -> str:
    """``value`` if something can be delivered there.

    Raises:
        ValueError: it is no address of a web server; the text says what was expected.
    """
    expected = "an address such as http://127.0.0.1:8000/callback"
    if not isinstance(value, str):
        raise ValueError(expected)
    if len(value) > MAX_URL:
        raise ValueError(f"at most {MAX_URL} characters")
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise ValueError(expected) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise ValueError(expected)
    if not value.isprintable() or " " in value:
        raise ValueError(f"{expected}, without spaces")
    if "@" in parts.netloc:
        raise ValueError(f"{expected}, without a user name")
    return value
