"""What a callback says (live-rtc-asr 2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import msgspec

Json = Mapping[str, Any]

#: How deep the JSON of a callback may be nested; the documented ones are five levels deep.
MAX_DEPTH: Final = 50
_KINDS: Final = {dict: "an object", list: "a list", str: "a text", bool: "a boolean"}


@dataclass(frozen=True, slots=True)
class LiveCallback:
    """One event of a task.

    ``name`` is the engine's word for it, such as SentenceEnd, ``content`` all that it says of it,
    header and payload. ``raw`` is the whole body, with fields that are not known here.
    """

    task_id: str
    sdk_app_id: str
    channel_id: str
    rtc_user_id: str
    callback_time_stamp: int
    language: str
    name: str
    payload: Json
    content: Json
    raw: Json

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Read the body of a callback.

        Raises:
            ValueError: it is none; the message is a sentence that names the field.
        """
        raw = _object(_decoded(body, "the body"), "the body")
        task_id = _text(raw, "task_id", required=True)
        content_text = _text(raw, "content", required=True)
        content = _object(_decoded(content_text.encode(), "content"), "content")
        header = _object(content.get("header"), "content.header")
        return cls(
            task_id,
            _text(raw, "sdk_app_id"),
            _text(raw, "channel_id"),
            _text(raw, "rtc_user_id"),
            _number(raw, "callback_time_stamp"),
            _text(raw, "language"),
            name=_text(header, "name", "content.header.", required=True),
            # An event that has nothing to say may come without.
            payload=_object(content.get("payload", {}), "content.payload"),
            content=content,
            raw=raw,
        )

    @property
    def index(self) -> int | None:
        """The number of the sentence; None when the event is of no sentence."""
        index = self._sentence.get("index")
        return index if _is_whole(index) else None

    @property
    def text(self) -> str:
        """What was heard or translated so far; "" when the event says nothing."""
        text = self._sentence.get("text" if self._translated else "result")
        return text if isinstance(text, str) else ""

    @property
    def final(self) -> bool:
        """Whether ``text`` will not change any more."""
        # Only the translation of a final sentence has times.
        return "endTime" in self._sentence if self._translated else self.name == "SentenceEnd"

    @property
    def target_language(self) -> str:
        """What ``text`` was translated into; "" when it is no translation."""
        language = self.payload.get("target_lang")
        return language if self._translated and isinstance(language, str) else ""

    @property
    def _translated(self) -> bool:
        return self.name == "ResultTranslated"

    @property
    def _sentence(self) -> Json:
        """The object in which the sentence's number and text stand."""
        if not self._translated:
            return self.payload
        items = self.payload.get("translate_result")
        first = items[0] if isinstance(items, list) and items else None
        return first if isinstance(first, dict) else {}


def _decoded(data: bytes, place: str) -> Any:
    try:
        value = msgspec.json.decode(data)
    except UnicodeDecodeError:
        raise ValueError(f"{place} is not UTF-8") from None
    except ValueError:
        raise ValueError(f"{place} is not JSON") from None
    except RecursionError:
        raise ValueError(f"{place} is nested too deep") from None
    if _is_deeper(value, MAX_DEPTH):
        raise ValueError(f"{place} is nested too deep")
    return value


def _is_deeper(value: object, levels: int) -> bool:
    if isinstance(value, dict):
        children: Iterable[object] = value.values()
    elif isinstance(value, list):
        children = value
    else:
        return False
    return levels == 0 or any(_is_deeper(child, levels - 1) for child in children)


def _object(value: object, place: str) -> Json:
    if value is None:
        raise ValueError(f"{place} is missing")
    if not isinstance(value, dict):
        raise ValueError(f"{place} is {_kind(value)}, expected an object")
    return value


def _text(fields: Json, name: str, place: str = "", *, required: bool = False) -> str:
    value = fields.get(name)
    if value is None or value == "":
        if required:
            raise ValueError(f"{place}{name} is missing")
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{place}{name} is {_kind(value)}, expected a text")
    return value


def _number(fields: Json, name: str) -> int:
    value = fields.get(name, 0)
    if not _is_whole(value):
        raise ValueError(f"{name} is {_kind(value)}, expected a whole number")
    return int(value)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _kind(value: object) -> str:
    return "null" if value is None else _KINDS.get(type(value), "a number")
