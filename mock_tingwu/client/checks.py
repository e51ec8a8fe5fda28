"""What is refused before anything is sent: keys, ids and times that make no sense."""

from __future__ import annotations

import json
import math
from typing import Any


def check_sendable(name: str, key: str) -> None:
    """Refuse a key that no header can carry, without showing it. Raises ValueError."""
    if not key:
        raise ValueError(f"{name} is empty")
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ValueError(f"{name} has a space or another character that no key has")


def check_id(name: str, value: str) -> None:
    """Refuse an id that no service gives. Raises ValueError."""
    if not value.strip() or not value.isprintable():
        raise ValueError(f"{name} is {value!r}, expected one that the service gave")


def check_seconds(name: str, seconds: float) -> None:
    """Refuse what is no time to wait. Raises ValueError."""
    if not 0 < seconds < math.inf:
        raise ValueError(f"{name} is {seconds!r}, expected a number of seconds above 0")


def json_text(content: Any) -> bytes:
    """What is sent as JSON. Raises ValueError or TypeError when it cannot be."""
    try:
        return json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise ValueError(f"what is to be sent cannot be written as JSON: {error}") from None
