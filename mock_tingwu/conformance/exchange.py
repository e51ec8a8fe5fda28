"""What went over the wire, as reports show it: redacted before it is kept.

Nothing is kept that is not allowed: headers and query parameters by name, strings of a JSON body by
the name of their field in the contract. All else is there by its kind and length. A secret of the
target is masked wherever it stands, and so is what lets somebody into a meeting.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from html import escape
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlsplit

from mock_tingwu import contract

#: What is kept of a body or a message, in characters.
LONGEST_TEXT: Final = 20_000
#: Exchanges and frames that are kept of one case.
MOST_EXCHANGES: Final = 200
MOST_FRAMES: Final = 400

_HEADERS: Final = frozenset(
    {
        "accept",
        "accept-ranges",
        "allow",
        "connection",
        "content-encoding",
        "content-length",
        "content-range",
        "content-type",
        "date",
        "host",
        "location",
        "range",
        "retry-after",
        "sec-websocket-version",
        "server",
        "sig-time",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "x-acs-action",
        "x-acs-date",
        "x-acs-request-id",
        "x-acs-retry-after",
        "x-acs-signature-method",
        "x-acs-signature-version",
        "x-acs-version",
        "x-dashscope-async",
        "x-oss-request-id",
        "x-request-id",
    }
)
_QUERY: Final = frozenset(
    {
        "Action",
        "AutoTerminateDelay",
        "AutoTerminateEnabled",
        "Expires",
        "Format",
        "Language",
        "Mode",
        "RegionId",
        "ReportInterval",
        "SignatureMethod",
        "SignatureVersion",
        "TargetLanguages",
        "TaskId",
        "Timestamp",
        "TranslateEnabled",
        "Version",
        "expire_in_seconds",
        "operation",
        "type",
    }
)
#: Fields whose value lets somebody in, or is whose account it is.
_SECRET_FIELDS: Final = frozenset(
    {
        "AppKey",
        "Appkey",
        "appId",
        "AuthKey",
        "MeetingJoinUrl",
        "SecurityToken",
        "appkey",
        "token",
        "aliUid",
    }
)
_LINK: Final = re.compile(r"(https?|wss?)://[^\s\"'<>]+")
_FORM: Final = re.compile(r"[\w.%~+-]+=[^&\s]*(&[\w.%~+-]+=[^&\s]*)*")
_XML_FIELD: Final = re.compile(rf"<({'|'.join(sorted(_SECRET_FIELDS))})>[^<]*")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer, both redacted. ``seconds`` since the case began."""

    seconds: float
    method: str
    url: str
    request_headers: dict[str, str]
    request_body: str
    status: int | None
    headers: dict[str, str]
    body: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """A message of a stream, redacted; ``sent`` by us or received.

    Of binary ones there is the number of bytes in ``audio``, of ``count`` messages in a row.
    """

    seconds: float
    sent: bool
    text: str = ""
    audio: int = 0
    count: int = 1


@dataclass(slots=True)
class Wire:
    """All that one case sent and got."""

    exchanges: list[Exchange] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    dropped: int = 0

    def add(self, exchange: Exchange) -> None:
        """Keep an exchange, if there is room."""
        if len(self.exchanges) < MOST_EXCHANGES:
            self.exchanges.append(exchange)
        else:
            self.dropped += 1

    def add_frame(self, frame: Frame) -> None:
        """Keep a message, if there is room; audio after audio is kept as one."""
        last = self.frames[-1] if self.frames else None
        if last is not None and frame.audio and last.audio and last.sent == frame.sent:
            self.frames[-1] = replace(last, count=last.count + 1, audio=last.audio + frame.audio)
        elif len(self.frames) < MOST_FRAMES:
            self.frames.append(frame)
        else:
            self.dropped += 1


class Redactor:
    """Takes secrets out of what is kept. ``secrets`` are literal values; more may be added."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets: set[str] = set()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Mask ``secret`` from now on. Short ones would mask half of everything.

        It is masked as it is in XML, too, and percent-encoded: once as in a query, twice as in a
        text that was signed and that an error tells.
        """
        if len(secret) >= 6:
            once = quote(secret, safe="")
            self._secrets |= {secret, escape(secret, quote=False), once, quote(once, safe="")}

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers: those with a name that is not known to be harmless without their value."""
        return {
            name: self.text(value) if name.lower() in _HEADERS else f"<{len(value)} characters>"
            for name, value in headers.items()
        }

    def url(self, url: str) -> str:
        """An address, with the values of those parameters that are known to be harmless."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return f"<{len(url)} characters>"
        query = self._query(parts.query)
        host = parts.netloc.rpartition("@")[2]
        base = f"{parts.scheme}://{host}" if parts.scheme else ""
        return self._masked(f"{base}{parts.path}" + (f"?{query}" if query else ""))

    def body(self, content: bytes) -> str:
        """A body: JSON with the fields of the contract, a form as the query of an address; anything
        else by its start or size."""
        if not content:
            return ""
        try:
            text = content.decode()
        except UnicodeDecodeError:
            return f"<{len(content)} bytes>"
        if _FORM.fullmatch(text):
            return _cut(self._masked(self._query(text)))
        return self.message(text)

    def message(self, text: str) -> str:
        """The text of a message or body, redacted."""
        try:
            value = self.value(json.loads(text))
            return _cut(json.dumps(value, ensure_ascii=False))
        except (ValueError, RecursionError):
            return self.text(text)

    def value(self, value: Any, key: str = "") -> Any:
        """A JSON value: strings by whether their field is known."""
        if isinstance(value, dict):
            return {self.text(name): self.value(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [self.value(item, key) for item in value]
        if not isinstance(value, str):
            return value
        if key in _SECRET_FIELDS:
            return f"<{key}>"
        if key and key not in _known_fields():
            return f"<string of {len(value)}>"
        return self.text(value)

    def text(self, text: str) -> str:
        """A text without secrets, and with every link in it redacted."""
        text = _XML_FIELD.sub(r"<\1>***", text)
        return _cut(self._masked(_LINK.sub(lambda match: self.url(match[0]), text)))

    def _query(self, query: str) -> str:
        """Parameters, with the values of those that are known to be harmless."""
        return "&".join(
            f"{name}={value if name in _QUERY else f'<{len(value)}>'}"
            for name, value in parse_qsl(query, keep_blank_values=True)
        )

    def _masked(self, text: str) -> str:
        # The longest first: one may be the beginning of another.
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text


def _cut(text: str) -> str:
    """The text as it can be written, and not too long: JSON may have half characters in it."""
    text = text.encode("utf-8", "replace").decode()
    if len(text) <= LONGEST_TEXT:
        return text
    return f"{text[:LONGEST_TEXT]} ... ({len(text)} characters)"


@cache
def _known_fields() -> frozenset[str]:
    """The names of all fields of the contract."""
    names: set[str] = set()

    def collect(schema: Any) -> None:
        if isinstance(schema, dict):
            properties = schema.get("properties")
            if isinstance(properties, dict):
                names.update(properties)
            for value in schema.values():
                collect(value)
        elif isinstance(schema, list):
            for value in schema:
                collect(value)

    for name in contract.names():
        collect(json.loads(contract.text(name)))
    return frozenset(names)
