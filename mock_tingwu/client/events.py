"""What a meeting's stream tells, as dataclasses. Times are ms of pushed audio (realtime-ws 3).

The captions are the same for DashScope's agents, which have no speakers and no message ids.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SentenceBegin:
    """Sentence number ``index`` has begun at ``time``."""

    index: int
    time: int


@dataclass(frozen=True, slots=True)
class ResultChanged:
    """What sentence ``index`` sounds like so far; it replaces what was told before.

    ``speaker`` is None unless the task asked for realtime diarization.
    """

    index: int
    time: int
    text: str
    speaker: str | None = None
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class SentenceEnd:
    """Sentence ``index`` is final. ``stash`` is the beginning of the next, already heard.

    ``stash_begin`` is when the next one began, None where that is not told.
    """

    index: int
    begin: int
    end: int
    text: str
    stash: str
    speaker: str | None = None
    message_id: str = ""
    stash_begin: int | None = None


@dataclass(frozen=True, slots=True)
class TranslatedText:
    """A translated sentence, final or so far; ``partial`` marks the stash of a final one."""

    index: int
    text: str
    final: bool
    partial: bool


@dataclass(frozen=True, slots=True)
class ResultTranslated:
    """A translation; Tingwu says of which event, by its ``message_id``."""

    source_message_id: str
    source_language: str
    target_language: str
    items: tuple[TranslatedText, ...]


@dataclass(frozen=True, slots=True)
class Completed:
    """The stream is complete; nothing follows."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The stream has failed; nothing follows. ``status`` is one of the table (realtime-ws 4)."""

    status: int
    text: str


@dataclass(frozen=True, slots=True)
class Reconnecting:
    """The connection is gone; ``delay`` ms from now another one is tried, for the same stream.

    ``attempt`` counts from 1, ``why`` is a sentence about what has happened.
    """

    attempt: int
    why: str
    delay: int


@dataclass(frozen=True, slots=True)
class Reconnected:
    """The stream goes on, at the ``attempt``-th try, ``gap`` ms after the connection was lost.

    ``resent`` ms of audio are sent again. ``lost`` ms, at most, are neither final nor sent again.
    Both are None where it is not known how long audio lasts.
    """

    attempt: int
    gap: int
    resent: int | None
    lost: int | None


Event = (
    SentenceBegin
    | ResultChanged
    | SentenceEnd
    | ResultTranslated
    | Reconnecting
    | Reconnected
    | Completed
    | Failed
)

Json = Mapping[str, Any]


def parse(message: str | bytes) -> tuple[str, Event | None]:
    """The name of an event and the event.

    Lenient, since the service adds fields and events over time: what is no event at all has no
    name, and an event without a dataclass, or in another shape than its own, is None.
    """
    decoded = json_of(message)
    header = member(decoded, "header")
    name = str(header.get("name", ""))
    build = _BUILDERS.get(name)
    try:
        return name, build(header, member(decoded, "payload")) if build else None
    except (AttributeError, TypeError, LookupError):
        return name, None


def json_of(message: str | bytes) -> Any:
    """What a message says, None when it is no JSON."""
    try:
        return json.loads(message)
    except (ValueError, RecursionError):
        return None


def number(value: Json, key: str, default: int = 0) -> int:
    """The whole number that ``value`` has under ``key``. Raises TypeError when it is none."""
    found = value.get(key, default)
    if isinstance(found, bool) or not isinstance(found, int | float) or found % 1:
        raise TypeError(f"{key} is no whole number")
    return int(found)


def member(value: object, key: str) -> Json:
    """The object that ``value`` has under ``key``, an empty one when it has none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _begin(header: Json, payload: Json) -> Event:
    return SentenceBegin(number(payload, "index"), number(payload, "time"))


def _changed(header: Json, payload: Json) -> Event:
    return ResultChanged(
        number(payload, "index"),
        number(payload, "time"),
        payload.get("result", ""),
        payload.get("speaker_id"),
        header.get("message_id", ""),
    )


def _end(header: Json, payload: Json) -> Event:
    words = payload.get("words") or [{}]
    stash = member(payload, "stash_result")
    end = number(payload, "time")
    return SentenceEnd(
        number(payload, "index"),
        # The vendor's own example has no begin_time (realtime-ws 3.5); its first word has.
        number(payload, "begin_time", number(words[0], "startTime", end)),
        end,
        payload.get("result", ""),
        stash.get("text", ""),
        payload.get("speaker_id"),
        header.get("message_id", ""),
        number(stash, "beginTime") if "beginTime" in stash else None,
    )


def _translated(header: Json, payload: Json) -> Event:
    return ResultTranslated(
        header.get("source_message_id", ""),
        payload.get("source_lang", ""),
        str(payload.get("target_lang", "")),
        tuple(
            TranslatedText(
                number(item, "index"),
                item.get("text", ""),
                # Only the translation of a final sentence has times (realtime-ws 3.6).
                final="endTime" in item,
                partial=item.get("partial", False),
            )
            for item in payload.get("translate_result", ())
        ),
    )


def _failed(header: Json, payload: Json) -> Event:
    # Never passed over, whatever its status looks like: it is the end.
    status = str(header.get("status"))
    return Failed(int(status) if status.isdecimal() else 0, str(header.get("status_text", "")))


_BUILDERS: Mapping[str, Callable[[Json, Json], Event]] = {
    "SentenceBegin": _begin,
    "TranscriptionResultChanged": _changed,
    "SentenceEnd": _end,
    "ResultTranslated": _translated,
    "TranscriptionCompleted": lambda header, payload: Completed(),
    "TaskFailed": _failed,
}
