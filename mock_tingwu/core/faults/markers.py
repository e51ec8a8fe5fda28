"""Markers: actions that stand in a text which the caller may choose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import unquote

from mock_tingwu.core.faults.actions import (
    CALLBACKS,
    HANDSHAKES,
    KINDS,
    RESULTS,
    STREAMS,
    Action,
    Area,
    FaultError,
    parse_action,
)
from mock_tingwu.core.faults.rules import parse_rule
from mock_tingwu.core.imagination import STATED_NAMES

#: Stands in every text with a marker.
BEGINS: Final = "mock."
_MARKER: Final = re.compile(r"(^|--|[?&])mock\.(\w+)=(.*?)(?=--|[&#\s]|$)")
#: What happens to a task later on: its markers are rules from its creation.
LATER: Final[tuple[Area, ...]] = (STREAMS, HANDSHAKES, RESULTS, CALLBACKS)
#: The one value of these types, and whether it is a number.
_VALUES: Final = {
    "throttle": ("retry_after", True),
    "ret_code": ("code", True),
    "latency": ("ms", True),
    "drop_connection": ("stage", False),
    "truncate_body": ("bytes", True),
    "http_error": ("status", True),
    "task_invalid": ("after_ms", True),
    "subtask_failed": ("kind", False),
    "ws_close": ("code", True),
    "ws_stall": ("ms", True),
    "ws_refused": ("status", True),
    "callback_slow": ("ms", True),
    "callback_duplicate": ("copies", True),
}


def found_in(texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Name and value of each marker, in order."""
    for text in texts:
        for before, name, value in _MARKER.findall(text) if BEGINS in text else ():
            if before in ("?", "&") and f"mock.{name}" in STATED_NAMES:
                continue  # it states what an imagined recording is like
            yield name, unquote(value)


def parse_marker(name: str, value: str) -> Action:
    """The action of a marker ``mock.name=value``.

    ``api_error=Code`` or ``Missing:Parameter``; ``task_failed=Code``, ``Code@ms`` or
    ``Code@stage``; of the others the one value that they have: ``throttle=ms``, ``ws_close=code``.

    Raises:
        FaultError: it makes no sense.
    """
    return parse_action(_as_json(name, value))


def _as_json(name: str, value: str) -> dict[str, Any]:
    data: dict[str, Any] = {"type": name}
    if name == "api_error":
        data["code"], _, parameter = value.partition(":")
        data |= {"parameter": parameter} if parameter else {}
    elif name == "task_failed":
        data["error_code"], _, when = value.partition("@")
        if when[:1].isalpha():
            data["stage"] = when
        elif when:
            data["after_ms"] = _digits("after_ms", when)
    elif name == "ws_task_failed":
        number = value.isascii() and value.isdigit()
        data |= {"status": _digits("status", value)} if number else {"code": value}
    elif name in _VALUES and value:
        key, number = _VALUES[name]
        data[key] = _digits(key, value) if number else value
    return data


def parse_later(name: str, value: str) -> dict[str, Any] | None:
    """The rule of a marker about what happens to a task later on; None for the others.

    ``[value:][event][@nth]``: ``ws_drop=SentenceEnd@2``, ``ws_close=1011:SentenceEnd``,
    ``callback_lost=COMPLETED``, ``result_missing=Transcription``. What is done to a stream is done
    once.

    Raises:
        FaultError: it makes no sense.
    """
    if name not in KINDS or KINDS[name].area not in LATER:
        return None
    area = KINDS[name].area
    value, _, nth = value.partition("@")
    own, colon, what = value.rpartition(":")
    takes_value = bool(KINDS[name].fields)
    if not colon:
        # Without a colon a number or code is the action's, all else an event or a kind.
        is_own = takes_value and (what.isdigit() or (name == "ws_task_failed" and "." in what))
        own, what = (what, "") if is_own else ("", what)
    match: dict[str, Any] = {}
    if what:
        match["kind" if area is RESULTS else "event"] = what
    if nth:
        match["nth"] = _digits("nth", nth)
    rule: dict[str, Any] = {"match": match, "action": _as_json(name, own)}
    if area in (STREAMS, HANDSHAKES):
        rule["times"] = 1
    parse_rule(rule)
    return rule


def _digits(name: str, text: str) -> int:
    expected = "a number" if name in ("code", "status", "nth") else "milliseconds"
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise FaultError(f"{name} is {text!r}, expected {expected}")
    return int(text)
