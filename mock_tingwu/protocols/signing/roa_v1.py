"""ROA signature v1, `Authorization: acs <access key>:<signature>` (tingwu-openapi 5.1).

    METHOD, Accept, Content-MD5, Content-Type, Date     one line each, empty when absent
    x-acs-...:value                                     one line each, sorted by name
    path?query                                          sorted by key, values decoded

The signature is the base64 HMAC-SHA1 of that text. Query values enter it as they are meant,
not as they are percent-encoded.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from itertools import chain
from typing import Final
from urllib.parse import unquote

from .request import (
    NONCE_HEADER,
    TOKEN_HEADER,
    KeyRing,
    Piece,
    Problem,
    SignedRequest,
    Verdict,
    as_utc,
    base64_hmac_sha1,
    joined,
    query_readings,
    request_target,
    timestamp_problem,
)

PREFIX = "acs "
SIGNATURE_METHOD = "HMAC-SHA1"
STANDARD_HEADERS = ("Accept", "Content-MD5", "Content-Type", "Date")
_DATE: Final = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{1,2} [A-Z][a-z]{2} [0-9]{4} "
    r"[0-9]{2}:[0-9]{2}:[0-9]{2} (?:GMT|UTC|[+-][0-9]{4})"
)
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def sign(
    method: str,
    url_path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes,
    *,
    access_key: str,
    secret: str,
    version: str,
    host: str,
    date: datetime,
    nonce: str | None = None,
    action: str | None = None,
    security_token: str | None = None,
) -> dict[str, str]:
    """All headers of a signed request, lower-case names, `authorization` included.

    `url_path` is percent-encoded, `query` is not: send `request_target(url_path, query)`.
    `headers` are the caller's own; an own `accept` or `content-type` is kept. Nonce and action
    are optional in this scheme (tingwu-openapi 0.2). Raises ValueError for a naive `date`.
    """
    sent = {name.lower(): value for name, value in headers.items()}
    sent.setdefault("accept", "application/json")
    sent["host"] = host
    sent["date"] = format_datetime(as_utc(date), usegmt=True)
    sent["x-acs-version"] = version
    sent["x-acs-signature-method"] = SIGNATURE_METHOD
    sent["x-acs-signature-version"] = "1.0"
    if body:
        sent.setdefault("content-type", "application/json")
        sent["content-md5"] = content_md5(body)
    if nonce is not None:
        sent[NONCE_HEADER] = nonce
    if action is not None:
        sent["x-acs-action"] = action
    if security_token is not None:
        sent["x-acs-accesskey-id"] = access_key
        sent[TOKEN_HEADER] = security_token
    request = SignedRequest(
        method,
        request_target(url_path, query),
        [(name.encode(), value.encode()) for name, value in sent.items()],
        body,
    )
    signature = signature_of(next(strings_to_sign(request)), secret)
    sent["authorization"] = f"{PREFIX}{access_key}:{signature}"
    return sent


def verify(request: SignedRequest, keys: KeyRing, *, now: datetime | None) -> Verdict:
    """Check an `acs` request against the known keys."""
    # Nearly always the first form is the one: the others are made when they are needed.
    others = strings_to_sign(request)
    documented = next(others)
    client_time = client_time_of(request)
    nonce = request.header(NONCE_HEADER)

    def verdict(problem: Problem | None, key: str | None = None, text: str = documented) -> Verdict:
        return Verdict(
            "acs", problem is None, key, problem, text, client_time=client_time, nonce=nonce
        )

    access_key, signature = authorization_parts(request.header("authorization") or "")
    if not access_key or not signature:
        return verdict("malformed", access_key or None)
    method = request.header("x-acs-signature-method")
    if method and method.upper() != SIGNATURE_METHOD:
        return verdict("signature_method", access_key)
    if problem := keys.problem(access_key, request.header(TOKEN_HEADER)):
        return verdict(problem, access_key)
    if stale := timestamp_problem(client_time, now, "acs"):
        return verdict(stale, access_key)
    digest = request.header("content-md5")
    if digest and digest != content_md5(request.body):
        return verdict("body_digest", access_key)
    for text in chain((documented,), others):
        expected = signature_of(text, keys.secrets[access_key])
        if hmac.compare_digest(expected.encode(), signature.encode()):
            return verdict(None, access_key, text)
    return verdict("mismatch", access_key)


def authorization_parts(authorization: str) -> tuple[str, str]:
    """Access key and signature of an Authorization value; empty where there is none."""
    if not authorization.startswith(PREFIX):
        return "", ""
    access_key, _, signature = authorization.removeprefix(PREFIX).strip().partition(":")
    return access_key, signature


def strings_to_sign(request: SignedRequest) -> Iterator[str]:
    """The strings to sign that a request can stand for, the documented form first."""
    return map(joined, forms(request))


def forms(request: SignedRequest) -> Iterator[list[Piece]]:
    """The strings to sign that a request can stand for in pieces, the documented form first.

    The second form of the header block is the Go core's, which writes no line at all for a
    standard header it does not send (tingwu-openapi 5.1).
    """
    method = Piece("method", f"{request.method}\n")
    standard = [Piece(name, f"{request.header(name) or ''}\n") for name in STANDARD_HEADERS]
    acs = [
        Piece(f"header {name}", f"{name}:{request.header(name) or ''}\n")
        for name in acs_headers(request)
    ]
    for lines in (standard, [piece for piece in standard if piece.text != "\n"]):
        for path, query in resources(request):
            yield [method, *lines, *acs, Piece("path", path), Piece("query", query)]


def acs_headers(request: SignedRequest) -> list[str]:
    """The names of the x-acs-* headers of a request, sorted."""
    return sorted(name for name in request.header_names() if name.startswith("x-acs-"))


def resources(request: SignedRequest) -> Iterator[tuple[str, str]]:
    """The signed resources a request target can stand for, the documented form first.

    Each is a path and a query, the latter with its `?` unless there is none.
    """
    for path in dict.fromkeys((request.path, unquote(request.path))):
        if not request.query:
            # Older Go cores sign and send a bare "?", which ASGI servers do not pass on.
            yield path, ""
            yield path, "?"
            continue
        for pairs in query_readings(request.query):
            yield path, "?" + "&".join(f"{k}={v}" if v else k for k, v in pairs)
            # The Python core keeps the "=" of an empty value, everybody else drops it.
            yield path, "?" + "&".join(f"{k}={v}" for k, v in pairs)
        if "%" not in request.query:
            # Older Go cores and C++ sign a query they never encode: "&" may be part of a value.
            yield path, f"?{request.query}"


def signature_of(string_to_sign: str, secret: str) -> str:
    """Base64 of the HMAC-SHA1 of a string to sign."""
    return base64_hmac_sha1(string_to_sign, secret)


def content_md5(body: bytes) -> str:
    """Base64 of the MD5 of a body, the value of Content-MD5."""
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode("ascii")


def client_time_of(request: SignedRequest) -> datetime | None:
    """The Date header (RFC 2616) in UTC, None when it is absent or unreadable.

    Its weekday has to be right, and its zone GMT or an offset.
    """
    sent = request.header("date") or ""
    found = _DATE.fullmatch(sent)
    if found is None:
        return None
    try:
        moment = parsedate_to_datetime(sent)
        if _DAYS[moment.weekday()] != found[1]:
            return None
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the last and first days of time have no UTC
        return None
