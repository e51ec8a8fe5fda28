"""JSON documents, said otherwise: functions of a draw and a value, which stays as it is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from mock_tingwu.core.awkward.draws import Draw

#: How the names of unknown fields begin, whatever the case. No field of the vendor's does.
UNKNOWN: Final = "mock"
_HINTS: Final = ("hint", "trace", "note", "grade", "flag", "extra")
_VALUES: Final[tuple[Any, ...]] = (
    "new", "", 7, 0.5, True, None, [], [1, "b"], {"a": {"b": 1}}, {},
)  # fmt: skip
#: Objects whose keys are data: kinds of result, tasks, languages.
_MAPS: Final = frozenset({"Result", "Tasks", "translations"})
#: So many levels of objects have an unknown field each, deeper ones now and then.
_SURE_LEVELS: Final = 3
#: Longer lists of words stay as they are: events must stay below 64 KiB (realtime-ws 9).
_MOST_WORDS: Final = 150
_BEGINS: Final = ("startTime", "beginTime", "start", "Start")


def reordered(value: Any, draw: Draw) -> Any:
    """The keys of all objects in another order."""
    if isinstance(value, dict):
        return {key: reordered(value[key], draw) for key in draw.shuffled(list(value))}
    if isinstance(value, list):
        return [reordered(item, draw) for item in value]
    return value


def with_unknown_fields(value: Any, draw: Draw, level: int = 0, name: str = "") -> Any:
    """With fields that no document names."""
    if isinstance(value, list):
        return [with_unknown_fields(item, draw, level, name) for item in value]
    if not isinstance(value, dict):
        return value
    items = [(k, with_unknown_fields(v, draw, level + 1, k)) for k, v in value.items()]
    if name not in _MAPS and (level < _SURE_LEVELS or draw.one_in(4)):
        field = (_cased(draw.pick(_HINTS), value), draw.pick(_VALUES))
        items.insert(draw.below(len(items) + 1), field)
    return dict(items)


def _cased(hint: str, beside: Mapping[str, Any]) -> str:
    """The name of an unknown field, in the case of those beside it."""
    if any(key[:1].isupper() for key in beside):
        return f"Mock{hint.capitalize()}"
    return f"mock_{hint}" if any("_" in key for key in beside) else f"mock{hint.capitalize()}"


def without_unknown_fields(value: Any) -> Any:
    """Without the fields that `with_unknown_fields` adds: for whoever checks what was said."""
    if isinstance(value, dict):
        return {
            key: without_unknown_fields(item)
            for key, item in value.items()
            if not key.lower().startswith(UNKNOWN)
        }
    if isinstance(value, list):
        return [without_unknown_fields(item) for item in value]
    return value


def with_whole_numbers(value: Any) -> Any:
    """Numbers without a fraction written without one."""
    if isinstance(value, dict):
        return {key: with_whole_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [with_whole_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def with_lists_reordered(value: Any, draw: Draw) -> Any:
    """The lists for which no order is documented in another one."""
    if isinstance(value, dict) and isinstance(data := value.get("Data"), dict):
        phrases = data.get("Phrases")
        if isinstance(phrases, list):
            return value | {"Data": data | {"Phrases": draw.shuffled(phrases)}}
    return value


# Words


def with_words_cut(value: Any, draw: Draw) -> Any:
    """Words cut and joined otherwise, wherever they stand; ids are counted anew."""
    return _renumbered(_cut(value, draw), [0])


def _cut(value: Any, draw: Draw) -> Any:
    if isinstance(value, list):
        return [_cut(item, draw) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _other_words(item, value, draw) if key in ("words", "Words") else _cut(item, draw)
        for key, item in value.items()
    }


def _other_words(words: Any, beside: Mapping[str, Any], draw: Draw) -> Any:
    if not isinstance(words, list) or not words or not isinstance(words[0], dict):
        return words
    text_key = "Text" if "Text" in words[0] else "text"
    begin_key = next((key for key in _BEGINS if key in words[0]), "")
    in_file = _sentence(words[0]) is not None
    if text_key not in words[0] or not begin_key or (len(words) > _MOST_WORDS and not in_file):
        return words
    gap = _gap([word[text_key] for word in words], beside)
    if gap is None:
        return words
    end_key = "End" if begin_key == "Start" else "end" if begin_key == "start" else "endTime"
    return _Cutter(text_key, begin_key, end_key, gap, draw).cut(words)


def _gap(texts: Sequence[str], beside: Mapping[str, Any]) -> str | None:
    """What stands between two words of the text beside them; None if they do not make it."""
    whole = beside.get("result", beside.get("text"))
    if whole is None:
        return ""  # in files words carry the space to the next
    return next((gap for gap in ("", " ") if gap.join(texts) == whole), None)


class _Cutter:
    """Cuts and joins the words of a list. The arguments name their keys."""

    def __init__(self, text: str, begin: str, end: str, gap: str, draw: Draw) -> None:
        self._text, self._begin, self._end = text, begin, end
        self._gap, self._draw = gap, draw

    def cut(self, words: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        result: list[dict[str, Any]] = []
        rest = list(words)
        while rest:
            word = rest.pop(0)
            choice = self._draw.below(4)
            if choice == 0 and rest and _sentence(rest[0]) == _sentence(word):
                result.append(self._joined(word, rest.pop(0)))
            elif choice == 1:
                result += self._halves(word)
            else:
                result.append(word)
        return result

    def _joined(self, word: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
        text = word[self._text] + self._gap + other[self._text]
        return {**word, self._text: text, self._end: other[self._end]}

    def _halves(self, word: dict[str, Any]) -> list[dict[str, Any]]:
        text, begin, end = word[self._text], word[self._begin], word[self._end]
        places = [at for at in range(1, len(text)) if _is_wide(text[at - 1]) and _is_wide(text[at])]
        if self._gap or not places or end - begin < 2:
            return [word]
        at = self._draw.pick(places)
        middle = begin + (end - begin) * at // len(text)
        return [
            {**word, self._text: text[:at], self._end: middle},
            {**word, self._text: text[at:], self._begin: middle},
        ]


def _sentence(word: Mapping[str, Any]) -> Any:
    return word.get("SentenceId", word.get("sentenceId"))


def _is_wide(character: str) -> bool:
    """Whether it is a letter between two of which a word may be cut."""
    return character.isalnum() and character >= "\u2e80"


def _renumbered(value: Any, count: list[int]) -> Any:
    """The ids of words in files count in steps of ten, as ever."""
    if isinstance(value, dict):
        return {
            key: [_numbered(word, count) for word in item]
            if key in ("words", "Words") and isinstance(item, list)
            else _renumbered(item, count)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_renumbered(item, count) for item in value]
    return value


def _numbered(word: Any, count: list[int]) -> Any:
    for key in ("Id", "id"):
        if isinstance(word, dict) and key in word:
            count[0] += 10
            return {**word, key: count[0]}
    return word


# Writing


def written(value: Any, draw: Draw, *, escapes: bool, white_space: bool) -> bytes:
    """The document as JSON. It begins with its brace, whatever white space it has."""
    escapes = escapes and draw.one_in(2)
    style: dict[str, Any] = {"separators": (",", ":")}
    end = ""
    if white_space:
        style, end = draw.pick(_STYLES)
    text = json.dumps(value, ensure_ascii=escapes, **style) + end
    if escapes:
        # Neither stands anywhere but in texts.
        text = text.replace("/", "\\/").replace("&", "\\u0026")
    return text.encode()


_STYLES: Final[tuple[tuple[dict[str, Any], str], ...]] = (
    ({"separators": (",", ":")}, ""),
    ({"separators": (", ", ": ")}, "\n"),
    ({"separators": (" ,", " : ")}, ""),
    ({"indent": 1}, "\r\n"),
)
