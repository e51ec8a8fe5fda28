"""What of an exchange may be written down. Only a `Masker` makes a `Redacted`, and only that is
written.

Nothing is looked for: whatever is not allowed to stay is replaced. Of headers and parameters those
of a list stay, each with the values that it may have. Of a JSON document its keys, numbers, truth
values and nulls stay, and texts where a schema lists the words that may stand there, or where an
error's code does. Keys and such words have to be names as people give them (`shapes.is_word`) or be
known to the schemas, whatever their case; everything else becomes one of these:

=================== ====================================================================
``<TaskId:1>``      an identifier, a secret or a link; the same wherever it stands again
``<text:cjk:16>``   a text: its script, and the power of two that is not longer than it
``{"<json>": …}``   a text that is a JSON document, with what it holds masked
=================== ====================================================================

The form of each identifier (`shapes.template`) stands where it appears first, under ``forms``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mock_tingwu.cassettes import shapes
from mock_tingwu.cassettes.calls import CALLS
from mock_tingwu.cassettes.facts import ITEM, Fact, folded, public_words

#: Keys whose values let somebody in, or tell whose account it is, in small letters without
#: separators. A value that stood there once stays nowhere else either.
_SECRETS: Final = frozenset(
    [
        "appkey",
        "apikey",
        "accesskeyid",
        "accesskeysecret",
        "accesskey",
        "securitytoken",
        "token",
        "signature",
        "authkey",
        "meetingjoinurl",
        "mc",
        "password",
        "secret",
        "ossaccesskeyid",
        "authorization",
        "clientsecret",
        "appid",
        "signaturenonce",
        "ownerid",
        "sdkappid",
    ]
)
#: Keys of error codes: names that no schema can list (tingwu-openapi 3.2, dashscope-tingwu 5,
#: realtime-ws 8.4).
_CODES: Final = frozenset({"Code", "code", "ErrorCode", "errorCode", "error_code"})
#: Keys of words that no schema lists, though there is one for each (realtime-ws 8.2).
_SPOKEN: Final = frozenset({"directive", "task_group", "task", "function"})
#: A number in a text, too small to be anybody's.
_SMALL_NUMBER: Final = re.compile("-?[0-9]{1,2}")
#: A parameter that is a number of seconds or the like.
_DURATION: Final = re.compile("[0-9]{1,6}")
_CODE_NUMBER: Final = re.compile("[0-9]{1,4}")
#: Keys of identifiers: they are told from texts by their names.
_IDENTIFIER: Final = re.compile(r".*(?:[a-z0-9](?:Id|ID|Ids|Key)|_ids?|^id|^Id|Name)$|^(?:id|Id)$")
#: The layer and the symbol of a status text (realtime-ws 3.1).
_STATUS_TEXT: Final = re.compile("([A-Z][A-Za-z]{2,19}):([A-Z_]{3,40}):(.+)", re.DOTALL)

_MEDIA: Final = frozenset(
    [
        "application/json",
        "text/json",
        "text/plain",
        "text/xml",
        "application/xml",
        "application/octet-stream",
        "application/x-www-form-urlencoded",
        "audio/mpeg",
        "audio/mp3",
        "audio/wav",
        "video/mp4",
        "image/png",
        "text/event-stream",
        "*/*",
    ]
)
_MEDIA_TYPE: Final = re.compile(r"\s*([a-z*]+/[a-z0-9.+*-]+)\s*(?:(;)\s*charset=(utf-8)\s*)?", re.I)
#: Headers that stay, with the values that do. None: a media type; an empty set: an identifier.
_HEADERS: Final[Mapping[str, Collection[str] | None]] = {
    "content-type": None,
    "accept": None,
    "retry-after": tuple(str(seconds) for seconds in range(601)),
    "access-control-allow-origin": ["*"],
    "x-acs-request-id": (),
    "x-acs-trace-id": (),
    "x-request-id": (),
    "x-oss-request-id": (),
    "x-acs-action": tuple(CALLS),
    "x-acs-version": ["2023-09-30", "2016-11-01"],
    "x-acs-signature-method": ["HMAC-SHA1"],
    "x-acs-signature-version": ["1.0", "2.0"],
}
#: Parameters of RPC style that every call has, with the values that they may have.
_PARAMETERS: Final[Mapping[str, Collection[str]]] = {
    "Action": tuple(CALLS),
    "Version": ("2016-11-01",),
    "Format": ("JSON", "XML", "json", "xml"),
}
_METHODS: Final = frozenset({"GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS"})
#: Numbers from here on are identifiers or telephone numbers, or tell the time.
_LARGE: Final = 10**9
#: No document that a service sends is nested deeper.
_DEEPEST: Final = 60

JSON_TEXT: Final = "<json>"
OTHER_VALUE: Final = "<other>"


@dataclass(frozen=True, slots=True)
class Redacted:
    """A record that may be written. Only a `Masker` makes one."""

    record: Mapping[str, Any]


class Masker:
    """Masks the exchanges of one cassette.

    ``secrets`` are texts that may stand nowhere, whatever they look like: keys that are known.
    What else is learned to be one, and what has become a reference, is so in one part of the
    cassette: parts that are recorded at the same time do not change each other.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._known = {secret for secret in secrets if secret}
        self._secrets: set[str] = set()
        self._references: dict[str, str] = {}
        #: References to links, by the links without what is behind their paths.
        self._files: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._forms: dict[str, str] = {}

    def of_another_part(self) -> Masker:
        """A masker that has the known secrets, too; no reference of one is one of the other."""
        made = Masker()
        made._known, made._counts = self._known, self._counts
        return made

    def redacted(self, record: Mapping[str, Any]) -> Redacted:
        """A record of masked parts, with the forms of the identifiers that are new in it."""
        forms, self._forms = self._forms, {}
        return Redacted({**record, "forms": forms} if forms else record)

    def key_of(self, value: str) -> str | None:
        """The key under which a text stood that has become a reference; None: it has not.

        A file's link is another one each time that it is given: its signature is.
        """
        found = self._references.get(value) or self._files.get(value.partition("?")[0])
        return found[1:].partition(":")[0] if found else None

    def document(self, value: Any, fact: Fact | None) -> Any:
        """A decoded JSON document. ``fact`` is what the schemas say of it."""
        # What lets somebody in is known before anything of it is written.
        self._learn(value, 0)
        return self._value(value, fact, "value", 0)

    def headers(self, pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
        """The headers that may stay, by their names in small letters."""
        shown: dict[str, str] = {}
        for name, value in pairs:
            name = name.lower()
            if name not in _HEADERS or name in shown:
                continue
            allowed = _HEADERS[name]
            if allowed is None:
                shown[name] = _media_types(value)
            elif not allowed:
                shown[name] = self.reference("RequestId", value, shapes.template(value))
            else:
                shown[name] = value if value in allowed else OTHER_VALUE
        return shown

    def parameters(
        self, pairs: Mapping[str, str], names: Collection[str], fact: Fact | None
    ) -> dict[str, Any]:
        """The parameters of a query or form that are called one of the ``names``."""
        self._learn(dict(pairs), 0)
        shown: dict[str, Any] = {}
        for name in names:
            if name in _PARAMETERS and name in pairs:
                shown[name] = pairs[name] if pairs[name] in _PARAMETERS[name] else OTHER_VALUE
            elif _DURATION.fullmatch(pairs.get(name, "")):
                shown[name] = pairs[name]
            elif name in pairs:
                known = fact.keys.get(name) if fact else None
                shown[name] = self._text(pairs[name], known, name, 0)
        return shown

    def path(self, path: str, fixed: Collection[str]) -> str:
        """A path, in which pieces that are none of the ``fixed`` are identifiers."""
        pieces = path.split("/")
        return "/".join(
            piece if not piece or piece in fixed else self.reference("Id", piece)
            for piece in pieces
        )

    def method(self, method: str) -> str:
        """A method of HTTP, or OTHER."""
        return method if method in _METHODS else "OTHER"

    def keep(self, secret: str) -> None:
        """Let a text stand nowhere as it is from now on, in no part."""
        if secret:
            self._known.add(secret)

    def learn(self, secret: str) -> None:
        """Let a text stand nowhere as it is from now on, in this part."""
        if secret:
            self._secrets.add(secret)

    def reference(self, name: str, value: str, form: str | None = None) -> str:
        """What stands for an identifier, the same one every time."""
        if not value:
            return ""
        found = self._references.get(value)
        if found is None:
            name = name if name.isidentifier() and name.isascii() else "value"
            number = self._counts[name] = self._counts.get(name, 0) + 1
            found = self._references[value] = f"<{name}:{number}>"
            if is_link := shapes.is_link(value):
                self._files.setdefault(value.partition("?")[0], found)
            if form is None:
                form = shapes.link_template(value) if is_link else None
            self._forms[found[1:-1]] = shapes.template(value) if form is None else form
        return found

    # Inside

    def _is_kept(self, text: str) -> bool:
        return text in self._secrets or text in self._known

    def _learn(self, value: Any, depth: int) -> None:
        """Remember every text that stands under the name of a secret."""
        if depth > _DEEPEST:
            return
        if isinstance(value, list):
            for item in value:
                self._learn(item, depth + 1)
        elif isinstance(value, dict):
            for key, inner in value.items():
                if isinstance(inner, str) and _is_secret(key):
                    self.learn(inner)
                else:
                    self._learn(inner, depth + 1)

    def _value(self, value: Any, fact: Fact | None, key: str, depth: int) -> Any:
        if depth > _DEEPEST:
            return None
        if isinstance(value, str):
            return self._text(value, fact, key, depth)
        if isinstance(value, list):
            inner = fact.keys.get(ITEM) if fact else None
            return [self._value(item, inner, key, depth + 1) for item in value]
        if isinstance(value, dict):
            return {
                (name := self._key(key, fact)): self._value(
                    inner, fact.below(key) if fact else None, name.strip("<>"), depth + 1
                )
                for key, inner in value.items()
            }
        if isinstance(value, bool) or value is None:
            return value
        return _number(value)

    def _key(self, key: str, fact: Fact | None) -> str:
        if fact is not None and key in fact.keys:
            return key
        if not self._is_kept(key) and (_is_public(key) or shapes.is_word(key)):
            return key
        return self.reference("key", key)

    def _text(self, value: str, fact: Fact | None, key: str, depth: int) -> Any:
        if not value:
            return ""
        if _is_secret(key):
            form = shapes.link_template(value) if shapes.is_link(value) else shapes.whole(value)
            return self.reference(key, value, form)
        known = not self._is_kept(value)
        if known and _may_stay(value, key, fact):
            return value
        if value in self._references or shapes.is_link(value):
            return self.reference(key, value)
        if known and key == "status_text" and (found := _STATUS_TEXT.fullmatch(value)):
            return f"{found[1]}:{found[2]}:{shapes.text_class(found[3])}"
        if value[0] in "{[" and (inner := _decoded(value)) is not None:
            self._learn(inner, depth)
            return {JSON_TEXT: self._value(inner, None, key, depth + 1)}
        if (fact is not None and fact.formed) or _IDENTIFIER.match(key):
            return self.reference(key, value)
        return shapes.text_class(value)


def _may_stay(value: str, key: str, fact: Fact | None) -> bool:
    """Whether a text is one of the words that may stand there, or looks like one; or a code."""
    if fact is not None and fact.words:
        return value in fact.words or _is_public(value) or shapes.is_word(value)
    if fact is not None and fact.formed and _SMALL_NUMBER.fullmatch(value):
        return True
    if key in _SPOKEN:
        return shapes.is_word(value)
    return key in _CODES and (bool(_CODE_NUMBER.fullmatch(value)) or shapes.is_word(value))


def _is_secret(key: str) -> bool:
    return folded(key) in _SECRETS


def _is_public(text: str) -> bool:
    return len(text) > 1 and folded(text) in public_words()


def _media_types(value: str) -> str:
    """The media types of a header that are known."""
    shown = []
    for part in value.split(","):
        found = _MEDIA_TYPE.fullmatch(part)
        if found is None or found[1].lower() not in _MEDIA:
            shown.append(OTHER_VALUE)
        else:
            shown.append(found[1].lower() + (";charset=utf-8" if found[2] else ""))
    return ", ".join(shown)


def _number(value: int | float) -> int | float:
    """A number as it is, or one that is as long if it could be an identifier."""
    if isinstance(value, int):
        if abs(value) < _LARGE:
            return value
        digits = min(len(str(abs(value))), 18)
        return int(10 ** (digits - 1)) * (1 if value > 0 else -1)
    return value if len(repr(value)) <= 9 else 1.5


def _decoded(text: str) -> Any:
    """The object or list that a text is in JSON; None if it is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict | list) else None
