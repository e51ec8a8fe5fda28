"""OSS V1 signed URLs, the form of every result and media link (tingwu-openapi 2.2).

    VERB, (empty), (empty), Expires, /bucket/key

The signature is the base64 HMAC-SHA1 of that text; it travels in the query beside `Expires` (Unix
seconds) and `OSSAccessKeyId`.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from urllib.parse import quote, unquote

from msgspec import Struct

from .request import as_utc, base64_hmac_sha1

UrlProblem = Literal["missing", "malformed", "unknown_key", "expired", "mismatch"]
PARAMETERS = ("Expires", "OSSAccessKeyId", "Signature")


class UrlVerdict(Struct, frozen=True):
    """The outcome of checking one link; `expires` is in Unix seconds, None when unreadable."""

    ok: bool
    access_key: str | None = None
    problem: UrlProblem | None = None
    string_to_sign: str = ""
    expires: int | None = None


def sign(
    bucket: str, key: str, *, expires: int, access_key: str, secret: str, method: str = "GET"
) -> str:
    """The query string of a link to an object, in the order the cloud writes it.

    `key` is the object's name, neither encoded nor with a leading slash; `expires` is in Unix
    seconds.
    """
    signature = signature_of(string_to_sign(bucket, key, expires, method), secret)
    values = (str(expires), access_key, signature)
    return "&".join(f"{n}={quote(v, safe='')}" for n, v in zip(PARAMETERS, values, strict=True))


def verify(
    bucket: str,
    key: str,
    query: str,
    secrets: Mapping[str, str],
    *,
    now: datetime | None,
    method: str = "GET",
) -> UrlVerdict:
    """Check a link's raw query string; `now=None` leaves the expiry unchecked.

    A problem is `missing` when none of the three parameters is there and `malformed` when some
    are, or when Expires is no number.
    """
    fields: dict[str, str] = {}
    for part in query.split("&"):
        name, _, value = part.partition("=")
        # Base64 has no spaces: a bare "+" in the signature is a plus.
        fields.setdefault(unquote(name), unquote(value))
    expires_text, access_key, signature = (fields.get(name, "") for name in PARAMETERS)
    if not (expires_text or access_key or signature):
        return UrlVerdict(False, problem="missing")
    readable = expires_text.isascii() and expires_text.isdigit() and len(expires_text) <= 18
    if not (readable and access_key and signature):
        return UrlVerdict(False, access_key or None, "malformed")
    expires = int(expires_text)
    text = string_to_sign(bucket, key, expires_text, method)

    def verdict(problem: UrlProblem | None) -> UrlVerdict:
        return UrlVerdict(problem is None, access_key, problem, text, expires)

    if access_key not in secrets:
        return verdict("unknown_key")
    if now is not None and as_utc(now).timestamp() > expires:
        return verdict("expired")
    expected = signature_of(text, secrets[access_key])
    if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
        return verdict("mismatch")
    return verdict(None)


def string_to_sign(bucket: str, key: str, expires: int | str, method: str = "GET") -> str:
    """The text an OSS V1 link signs; Content-MD5 and Content-Type are empty lines."""
    return f"{method}\n\n\n{expires}\n/{bucket}/{key}"


def signature_of(text: str, secret: str) -> str:
    """Base64 of the HMAC-SHA1 of a string to sign."""
    return base64_hmac_sha1(text, secret)
