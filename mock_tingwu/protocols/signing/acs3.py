"""ACS3-HMAC-SHA256, the signature of the Tea SDKs (tingwu-openapi 5.2).

    METHOD, path, query             path as sent; query sorted by key, RFC 3986-encoded
    name:value                      one line for each header that SignedHeaders lists
    (empty line), SignedHeaders, hex SHA-256 of the body

That is the canonical request. The string to sign is the scheme's name and the hex SHA-256 of the
canonical request on two lines; the signature is its hex HMAC-SHA256.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Final
from urllib.parse import unquote

from .request import (
    NONCE_HEADER,
    TIMESTAMP_FORMAT,
    TOKEN_HEADER,
    KeyRing,
    Piece,
    Problem,
    SignedRequest,
    Verdict,
    as_utc,
    joined,
    percent_encode,
    query_readings,
    read_timestamp,
    request_target,
    timestamp_problem,
)

ALGORITHM: Final = "ACS3-HMAC-SHA256"
PREFIX = f"{ALGORITHM} "


def sign(
    method: str,
    url_path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes,
    *,
    access_key: str,
    secret: str,
    action: str,
    version: str,
    host: str,
    nonce: str,
    date: datetime,
    security_token: str | None = None,
) -> dict[str, str]:
    """All headers of a signed request, lower-case names, `authorization` included.

    `url_path` is percent-encoded, `query` is not: send `request_target(url_path, query)`.
    `headers` are the caller's own; an own `accept` or `content-type` is kept. Signed are host,
    content-type and every x-acs-* header, which is what the documentation demands; the others
    stay free for the HTTP library to change. Raises ValueError for a naive `date`.
    """
    sent = {name.lower(): value for name, value in headers.items()}
    sent.setdefault("accept", "application/json")
    if body:
        sent.setdefault("content-type", "application/json; charset=utf-8")
    sent["host"] = host
    sent["x-acs-action"] = action
    sent["x-acs-version"] = version
    sent["x-acs-date"] = as_utc(date).strftime(TIMESTAMP_FORMAT)
    sent[NONCE_HEADER] = nonce
    sent["x-acs-content-sha256"] = hashlib.sha256(body).hexdigest()
    if security_token is not None:
        sent["x-acs-accesskey-id"] = access_key
        sent[TOKEN_HEADER] = security_token
    signed = sorted(
        name for name in sent if name in ("host", "content-type") or name.startswith("x-acs-")
    )
    request = SignedRequest(
        method,
        request_target(url_path, query),
        [(name.encode(), value.encode()) for name, value in sent.items()],
        body,
    )
    canonical = next(canonical_requests(request, ";".join(signed)))
    signature = signature_of(string_to_sign(canonical), secret)
    sent["authorization"] = (
        f"{PREFIX}Credential={access_key},SignedHeaders={';'.join(signed)},Signature={signature}"
    )
    return sent


def verify(request: SignedRequest, keys: KeyRing, *, now: datetime | None) -> Verdict:
    """Check an ACS3 request against the known keys."""
    client_time = client_time_of(request)
    nonce = request.header(NONCE_HEADER)
    parts = authorization_parts(request.header("authorization") or "")
    access_key, signed_headers, signature = parts
    if not all(parts) or repeated(signed_headers):
        return Verdict(
            ALGORITHM,
            False,
            access_key or None,
            "malformed",
            client_time=client_time,
            nonce=nonce,
        )
    # Nearly always the first form is the one: the others are made when they are needed.
    others = canonical_requests(request, signed_headers)
    documented = next(others)

    def verdict(problem: Problem | None, canonical: str = documented) -> Verdict:
        return Verdict(
            ALGORITHM,
            problem is None,
            access_key,
            problem,
            string_to_sign(canonical),
            canonical,
            client_time,
            unsigned_headers(request, signed_headers),
            nonce,
        )

    if problem := keys.problem(access_key, request.header(TOKEN_HEADER)):
        return verdict(problem)
    if stale := timestamp_problem(client_time, now, ALGORITHM):
        return verdict(stale)
    digest = request.header("x-acs-content-sha256")
    if digest and digest.lower() != hashlib.sha256(request.body).hexdigest():
        return verdict("body_digest")
    for canonical in chain((documented,), others):
        expected = signature_of(string_to_sign(canonical), keys.secrets[access_key])
        if hmac.compare_digest(expected.encode(), signature.encode()):
            return verdict(None, canonical)
    return verdict("mismatch")


def authorization_parts(authorization: str) -> tuple[str, str, str]:
    """Credential, SignedHeaders and Signature of an Authorization value; empty where missing."""
    fields = {}
    if authorization.startswith(PREFIX):
        for field in authorization.removeprefix(PREFIX).split(","):
            name, _, value = field.strip().partition("=")
            fields[name] = value
    return (
        fields.get("Credential", ""),
        fields.get("SignedHeaders", ""),
        fields.get("Signature", ""),
    )


def repeated(signed_headers: str) -> str:
    """A header that SignedHeaders names twice, empty when there is none.

    What stands for such a list in the canonical request is in no source, and it would let a small
    request stand for a huge text.
    """
    names = signed_headers.lower().split(";")
    if len(set(names)) == len(names):
        return ""
    return next(name for name, count in Counter(names).items() if count > 1)


def unsigned_headers(request: SignedRequest, signed_headers: str) -> tuple[str, ...]:
    """Headers that were sent and should be signed, but are not in SignedHeaders.

    The documentation wants host, content-type and every x-acs-* header signed (tingwu-openapi
    5.2). Whether the cloud refuses a request without is not known.
    """
    signed = set(signed_headers.lower().split(";"))
    return tuple(
        sorted(
            name
            for name in request.header_names()
            if name not in signed
            and (name in ("host", "content-type") or name.startswith("x-acs-"))
        )
    )


def canonical_requests(request: SignedRequest, signed_headers: str) -> Iterator[str]:
    """The canonical requests a request can stand for, the documented form first."""
    return map(joined, forms(request, signed_headers))


def forms(request: SignedRequest, signed_headers: str) -> Iterator[list[Piece]]:
    """The canonical requests a request can stand for in pieces, the documented form first.

    The headers are those the request itself lists as signed, since every SDK lists others.
    """
    names = signed_headers.lower().split(";")
    lines = [Piece(f"header {name}", f"{name}:{header_value(request, name)}\n") for name in names]
    method = Piece("method", f"{request.method}\n")
    end = [
        Piece("empty line", "\n"),
        Piece("SignedHeaders", f"{signed_headers}\n"),
        Piece("body digest", hashlib.sha256(request.body).hexdigest()),
    ]
    at = names.index("host") if "host" in names else None
    for path in paths(request):
        for query in queries(request):
            for host in hosts(request) if at is not None else ("",):
                if at is not None:
                    lines[at] = Piece("header host", f"host:{host}\n")
                yield [
                    method,
                    Piece("path", f"{path}\n"),
                    Piece("query", f"{query}\n"),
                    *lines,
                    *end,
                ]


def paths(request: SignedRequest) -> Iterator[str]:
    """The paths that a client may have signed, the documented form first."""
    sent = request.path
    yield sent
    # For HTTP libraries that send fewer escapes than the client signed.
    escaped = "/".join(percent_encode(unquote(part)) for part in sent.split("/"))
    if escaped != sent:
        yield escaped


def queries(request: SignedRequest) -> Iterator[str]:
    """The queries that a client may have signed, the documented form first."""
    if not request.query:
        yield ""
        return
    for pairs in query_readings(request.query):
        encoded = sorted((percent_encode(key), percent_encode(value)) for key, value in pairs)
        yield "&".join(f"{key}={value}" for key, value in encoded)
        # The Python Tea core encodes the values of the signed query but not its keys.
        yield "&".join(f"{key}={percent_encode(value)}" for key, value in pairs)
        yield "&".join(f"{key}={value}" if value else key for key, value in encoded)


def hosts(request: SignedRequest) -> Iterator[str]:
    """The hosts that a client may have signed: as sent, then without its port.

    A client written for the cloud's default port may sign the bare name while its HTTP library
    sends name and port; it works there, so it has to work on a local port.
    """
    host = header_value(request, "host")
    yield host
    name, colon, port = host.rpartition(":")
    if colon and port.isdigit():
        yield name


def header_value(request: SignedRequest, name: str) -> str:
    """All values of a header as one, as they are signed."""
    values = request.header_values(name)
    return values[0] if len(values) == 1 else ",".join(sorted(values))


def string_to_sign(canonical_request: str) -> str:
    """The two-line string to sign of a canonical request."""
    digest = hashlib.sha256(canonical_request.encode("utf-8", "replace")).hexdigest()
    return f"{ALGORITHM}\n{digest}"


def signature_of(text: str, secret: str) -> str:
    """Hex of the HMAC-SHA256 of a string to sign."""
    return hmac.digest(secret.encode(), text.encode(), "sha256").hex()


def client_time_of(request: SignedRequest) -> datetime | None:
    """The x-acs-date header (`YYYY-MM-DDThh:mm:ssZ`), None when it is absent or unreadable."""
    return read_timestamp(request.header("x-acs-date") or "")
