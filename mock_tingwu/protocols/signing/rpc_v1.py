"""RPC signature v1, the parameter `Signature` of a request (live-rtc-asr 3).

    METHOD&%2F&parameters       sorted by name, encoded twice

The parameters are those of the query and of a form together, all but `Signature`. Name and value
of each are RFC 3986-encoded and joined by `=`, the pairs by `&`; then the whole is encoded once
more. The signature is the base64 HMAC-SHA1 of that text; its key is the secret and an `&`.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Final

from .request import (
    TIMESTAMP_FORMAT,
    KeyRing,
    Piece,
    Problem,
    SignedRequest,
    Verdict,
    as_utc,
    base64_hmac_sha1,
    joined,
    percent_encode,
    query_pairs,
    query_readings,
    read_timestamp,
    request_target,
    signed_text,
    timestamp_problem,
)

SIGNATURE_METHOD: Final = "HMAC-SHA1"
FORM: Final = "application/x-www-form-urlencoded"
#: A form that is longer, in bytes, is not read: its parameters would have to be sorted.
LONGEST_FORM: Final = 64 * 1024
Pair = tuple[str, str]


def sign(
    method: str,
    parameters: Mapping[str, str],
    *,
    access_key: str,
    secret: str,
    action: str,
    version: str,
    nonce: str,
    date: datetime,
    format: str = "JSON",
    security_token: str | None = None,
) -> dict[str, str]:
    """All parameters of a signed request, `Signature` included.

    `parameters` are the API's own. Send the result by `encode_query`, as the query or as a form.
    Raises ValueError for a naive `date`.
    """
    sent = {
        **parameters,
        "AccessKeyId": access_key,
        "Action": action,
        "Format": format,
        "SignatureMethod": SIGNATURE_METHOD,
        "SignatureNonce": nonce,
        "SignatureVersion": "1.0",
        "Timestamp": as_utc(date).strftime(TIMESTAMP_FORMAT),
        "Version": version,
    }
    if security_token is not None:
        sent["SecurityToken"] = security_token
    request = SignedRequest(method, request_target("/", sent), [])
    sent["Signature"] = signature_of(next(strings_to_sign(request)), secret)
    return sent


def verify(request: SignedRequest, keys: KeyRing, *, now: datetime | None) -> Verdict:
    """Check a request that its parameters sign against the known keys."""
    sent = first_values(request)
    access_key, signature = sent.get("AccessKeyId", ""), sent.get("Signature", "")
    client_time = read_timestamp(sent.get("Timestamp", ""))
    # Nearly always the first form is the one: the others are made when they are needed.
    others = strings_to_sign(request)
    documented = next(others)

    def verdict(problem: Problem | None, text: str = documented) -> Verdict:
        return Verdict(
            "rpc",
            problem is None,
            access_key or None,
            problem,
            text,
            client_time=client_time,
            nonce=sent.get("SignatureNonce"),
        )

    if form_too_long(request):
        return verdict("malformed")
    if not access_key:
        return verdict("missing")
    if not signature:
        return verdict("malformed")
    method = sent.get("SignatureMethod")
    if method and method.upper() != SIGNATURE_METHOD:
        return verdict("signature_method")
    if problem := keys.problem(access_key, sent.get("SecurityToken")):
        return verdict(problem)
    if stale := timestamp_problem(client_time, now, "rpc"):
        return verdict(stale)
    for text in chain((documented,), others):
        expected = signature_of(text, keys.secrets[access_key])
        if hmac.compare_digest(expected.encode(), signature.encode()):
            return verdict(None, text)
    return verdict("mismatch")


def parameters(request: SignedRequest) -> list[Pair]:
    """The decoded parameters of a request: those of the query, then those of the form.

    A form longer than `LONGEST_FORM` has none: see `form_too_long`.
    """
    return query_pairs(_encoded(request))


def first_values(request: SignedRequest) -> dict[str, str]:
    """The parameters by name; one that comes several times counts as what it is first.

    A bare `+` in the signature is a plus: base64 has no spaces.
    """
    values = dict(reversed(parameters(request)))
    if "Signature" in values:
        values["Signature"] = values["Signature"].replace(" ", "+")
    return values


def form(request: SignedRequest) -> str:
    """The body of a request if it is a form that is read, still encoded; or else nothing."""
    return signed_text(request.body) if is_form(request) and not form_too_long(request) else ""


def is_form(request: SignedRequest) -> bool:
    """Whether a body is declared to be a form."""
    declared = request.header("content-type") or ""
    return declared.partition(";")[0].strip().lower() == FORM


def form_too_long(request: SignedRequest) -> bool:
    """Whether a request has a form that is too long to be read."""
    return is_form(request) and len(request.body) > LONGEST_FORM


def _encoded(request: SignedRequest) -> str:
    return f"{request.query}&{form(request)}"


def strings_to_sign(request: SignedRequest) -> Iterator[str]:
    """The strings to sign that a request can stand for, the documented form first."""
    return map(joined, forms(request))


def forms(request: SignedRequest) -> Iterator[list[Piece]]:
    """The strings to sign that a request can stand for in pieces, the documented form first."""
    start = [Piece("method", f"{request.method}&"), Piece("path", "%2F&")]
    for pairs in query_readings(_encoded(request)):
        yield [*start, *pieces(signed_pairs(pairs))]


def signed_pairs(pairs: Iterable[Pair]) -> list[Pair]:
    """The parameters that are signed: all but the signature."""
    return [pair for pair in pairs if pair[0] != "Signature"]


def pieces(pairs: Iterable[Pair]) -> Iterator[Piece]:
    """What parameters are in a string to sign; an encoded `&` is in front of all but the first."""
    joint = ""
    for name, value in pairs:
        pair = f"{percent_encode(name)}={percent_encode(value)}"
        yield Piece(f"parameter {name}", percent_encode(joint + pair))
        joint = "&"


def signature_of(string_to_sign: str, secret: str) -> str:
    """Base64 of the HMAC-SHA1 of a string to sign."""
    return base64_hmac_sha1(string_to_sign, f"{secret}&")
