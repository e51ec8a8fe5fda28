"""What a signature is computed from, and what checking one answers.

Nothing here reads a clock or a socket: the request is given as its raw parts, the time is an
argument of whoever asks.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any, Final, Literal
from urllib.parse import quote, unquote, unquote_plus

from msgspec import Struct, field

Scheme = Literal["acs", "ACS3-HMAC-SHA256", "rpc", "bearer", "none", "unknown"]
Problem = Literal[
    "missing",
    "malformed",
    "signature_method",
    "inactive_key",
    "unknown_key",
    "token_missing",
    "token_malformed",
    "token_mismatch",
    "timestamp_format",
    "timestamp_expired",
    "body_digest",
    "mismatch",
    "nonce_used",
    "not_checked",
]

CLOCK_WINDOW = timedelta(minutes=15)
"""How far a client's clock may be from the server's, either way (tingwu-openapi 3.2)."""

RPC_CLOCK_WINDOW = timedelta(minutes=31)
"""The same for the signature of RPC style (live-rtc-asr 3)."""

TOKEN_HEADER: Final = "x-acs-security-token"
NONCE_HEADER: Final = "x-acs-signature-nonce"
TIMESTAMP_FORMAT: Final = "%Y-%m-%dT%H:%M:%SZ"
_TIMESTAMP: Final = re.compile(r"[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}Z")


class SignedRequest(Struct, frozen=True, dict=True):
    """A request as it came over the wire, before anything was decoded.

    `target` is the request target of the request line, path and query still percent-encoded;
    stray non-ASCII bytes in it are read as UTF-8. `headers` are raw pairs with lower-case names,
    as ASGI hands them over; `body` is whole and already de-chunked.
    """

    method: str
    target: str
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes = b""

    @cached_property
    def _values(self) -> dict[bytes, list[bytes]]:
        # Signed headers are looked up by name, often all of them: once through the list is enough.
        values: dict[bytes, list[bytes]] = {}
        for name, value in self.headers:
            values.setdefault(name.lower(), []).append(value)
        return values

    @classmethod
    def from_asgi(cls, scope: Mapping[str, Any], body: bytes) -> SignedRequest:
        """The request of an ASGI HTTP scope; `body` is all of its body.

        ASGI does not tell a bare trailing `?` from none, which no scheme here depends on.
        """
        raw_path: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
        query: bytes = scope.get("query_string", b"")
        target = header_text(raw_path + b"?" + query if query else raw_path)
        return cls(scope["method"], target, scope["headers"], body)

    def header(self, name: str) -> str | None:
        """The first value of a header, by case-insensitive name; None when it is absent."""
        values = self._values.get(_as_sent(name))
        return header_text(values[0]) if values else None

    def header_values(self, name: str) -> list[str]:
        """Every value of a header, by case-insensitive name, in the order received."""
        values = self._values.get(_as_sent(name), ())
        return [header_text(value) for value in values]

    def header_names(self) -> list[str]:
        """The name of every header once, in lower case, in the order received."""
        return [name.decode("latin-1") for name in self._values]

    @property
    def path(self) -> str:
        """The path as sent, without the query; an absolute-form target loses its origin."""
        return split_target(self.target)[0]

    @property
    def query(self) -> str:
        """The query as sent, without its `?`; empty for none and for a bare trailing `?`."""
        return split_target(self.target)[1]


@lru_cache(maxsize=1024)
def _as_sent(name: str) -> bytes:
    """The name of a header in lower case."""
    return name.lower().encode("latin-1", "replace")


class Piece(Struct, frozen=True):
    """Part of a text to be signed, with the line end that belongs to it."""

    name: str
    text: str


def joined(pieces: Iterable[Piece]) -> str:
    """The text that pieces make."""
    return "".join([piece.text for piece in pieces])


class KeyRing(Struct, frozen=True):
    """The credentials that a server knows.

    `secrets` maps AccessKeyId to AccessKeySecret; `disabled` ids exist, but are refused.
    `security_tokens` maps the id of a temporary key to the one token that belongs to it; a key
    that is not in it goes with any other token. `bearer_tokens` is None when any will do.
    """

    secrets: Mapping[str, str]
    disabled: Collection[str] = ()
    security_tokens: Mapping[str, str] = field(default_factory=dict)
    bearer_tokens: Collection[str] | None = None

    def problem(self, access_key: str, token: str | None) -> Problem | None:
        """What is wrong with the credentials themselves, whatever was signed.

        `token` is the security token that came with the key. An id that begins with `STS.`
        belongs to a temporary key, which needs its token.
        """
        if access_key in self.disabled:
            return "inactive_key"
        if access_key not in self.secrets:
            return "unknown_key"
        expected = self.security_tokens.get(access_key)
        if not token:
            temporary = expected is not None or access_key.startswith("STS.")
            return "token_missing" if temporary else None
        if token == expected:
            return None
        # A token of somebody else's is one, anything else is none at all.
        if token in self.security_tokens.values():
            return "token_mismatch"
        return None if expected is None else "token_malformed"


class Verdict(Struct, frozen=True):
    """The outcome of checking one request.

    The problem `not_checked` is for who could not read the body; `verify` does not answer it.
    `string_to_sign` and `canonical_request` (ACS3 only) are what the server computed: the form
    that matched, or else the form the documentation describes. `client_time` is the request's
    own time stamp in UTC, None when it has none that can be read. `unsigned` names the headers
    that ACS3's documentation wants signed, but that were not. `nonce` is the request's own, None
    when it has none.
    """

    scheme: Scheme
    ok: bool
    access_key: str | None = None
    problem: Problem | None = None
    string_to_sign: str = ""
    canonical_request: str = ""
    client_time: datetime | None = None
    unsigned: tuple[str, ...] = ()
    nonce: str | None = None


def without(text: str, secrets: Iterable[str]) -> str:
    """``text`` with … in place of each of the ``secrets``, also percent-encoded once or twice.

    Secrets of less than 8 characters stay: they would take ordinary words with them.
    """
    plain = {secret for secret in secrets if len(secret) >= 8}
    encoded = {percent_encode(secret) for secret in plain}
    known = plain | encoded | {percent_encode(secret) for secret in encoded}
    # The longest first: one may be the beginning of another.
    for secret in sorted(known, key=len)[::-1]:
        text = text.replace(secret, "…")
    return text


def header_text(value: bytes) -> str:
    """Bytes of a request's head as the text that its sender signed."""
    return signed_text(value).strip(" \t")


def signed_text(value: bytes) -> str:
    """Bytes of a request as the text that its sender signed.

    Signatures are taken over UTF-8, but some HTTP libraries put Latin-1 on the wire; bytes that
    are not UTF-8 are therefore read as Latin-1.
    """
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def split_target(target: str) -> tuple[str, str]:
    """Path and query of a request target, undecoded; the path is never empty."""
    if not target.startswith("/") and "://" in target:
        _, _, rest = target.partition("://")
        cut = min((i for i in (rest.find("/"), rest.find("?")) if i >= 0), default=len(rest))
        target = rest[cut:]
    path, _, query = target.partition("?")
    return path or "/", query


def percent_encode(text: str) -> str:
    """RFC 3986: everything but letters, digits and `-._~` becomes %XX of its UTF-8."""
    return quote(text, safe="~")


def encode_query(query: Mapping[str, str]) -> str:
    """A query string, keys sorted, that every signature scheme here decodes to `query`."""
    return "&".join(f"{percent_encode(k)}={percent_encode(query[k])}" for k in sorted(query))


def request_target(url_path: str, query: Mapping[str, str]) -> str:
    """The request target a client has to send for what it signed.

    `url_path` is percent-encoded already, `query` is not.
    """
    return f"{url_path}?{encode_query(query)}" if query else url_path


def query_readings(query: str) -> Iterator[list[tuple[str, str]]]:
    """The decoded, sorted pairs of a query string; twice when a bare `+` is ambiguous.

    HTML forms write a space as `+`, hand-made URLs mean a plus. The form reading comes first:
    it is what the official SDKs send.
    """
    yield sorted(query_pairs(query))
    if "+" in query:
        yield sorted(query_pairs(query, unquote))


def query_pairs(query: str, decode: Callable[[str], str] = unquote_plus) -> list[tuple[str, str]]:
    """The decoded pairs of a query string, in the order they were sent."""
    parts = [part.partition("=") for part in query.split("&") if part]
    return [(decode(key), decode(value)) for key, _, value in parts]


def base64_hmac_sha1(text: str, key: str) -> str:
    """Base64 of the HMAC-SHA1 of a text."""
    digest = hmac.digest(key.encode(), text.encode("utf-8", "replace"), hashlib.sha1)
    return base64.b64encode(digest).decode("ascii")


def as_utc(moment: datetime) -> datetime:
    """The same moment in UTC. Raises ValueError for a naive datetime."""
    if moment.tzinfo is None:
        raise ValueError("a signature's time must be timezone-aware")
    return moment.astimezone(UTC)


def read_timestamp(sent: str) -> datetime | None:
    """A time stamp `YYYY-MM-DDThh:mm:ssZ`, None when it is unreadable."""
    if not _TIMESTAMP.fullmatch(sent):
        return None
    try:
        return datetime.fromisoformat(sent)
    except ValueError:
        return None


def clock_window(scheme: Scheme) -> timedelta:
    """How far a client's clock may be from the server's, either way."""
    return RPC_CLOCK_WINDOW if scheme == "rpc" else CLOCK_WINDOW


def timestamp_problem(
    client_time: datetime | None, now: datetime | None, scheme: Scheme
) -> Problem | None:
    """What is wrong with a request's time stamp; `now=None` leaves the window unchecked."""
    if client_time is None:
        return "timestamp_format"
    if now is not None and abs(as_utc(now) - client_time) > clock_window(scheme):
        return "timestamp_expired"
    return None
