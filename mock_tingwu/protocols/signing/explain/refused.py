"""Why a request is refused before its signature is looked at: one sentence or two for each reason.

No sentence quotes what may be a secret: of an unknown key and of Authorization four characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from mock_tingwu.protocols.signing import acs3, rpc_v1
from mock_tingwu.protocols.signing.explain.alternatives import hinted, shown
from mock_tingwu.protocols.signing.request import (
    TOKEN_HEADER,
    SignedRequest,
    Verdict,
    as_utc,
    clock_window,
    query_pairs,
)

#: Schemes that may be named in full; whatever else stands there may be a secret.
_SCHEMES: Final = ("acs", "basic", "bearer", "digest", "oss", "aws4-hmac-sha256")
#: Relatives of ACS3-HMAC-SHA256.
_RELATIVES: Final = ("ACS3-HMAC-SM3", "ACS3-RSA-SHA256")
_HARMLESS: Final = re.compile("[A-Za-z0-9-]{1,12}")
#: The parameters by which a signature of RPC style is known.
_RPC: Final = ("AccessKeyId", "Signature", "SignatureNonce")
#: So many ids of configured keys are named.
_NAMED: Final = 3


def causes(
    request: SignedRequest,
    secrets: Mapping[str, str],
    verdict: Verdict,
    now: datetime | None,
) -> Iterator[str]:
    """What is to be said of a ``verdict`` that needs no search."""
    key = verdict.access_key or ""
    match verdict.problem:
        case "missing":
            yield _missing_key(request) if verdict.scheme == "rpc" else _missing(request)
        case "malformed":
            yield _incomplete(request) if verdict.scheme == "rpc" else _malformed(request, verdict)
        case "signature_method":
            sent = _method(request, verdict)
            yield f"{sent} is not taken: sign with HMAC-SHA1 or ACS3-HMAC-SHA256."
        case "inactive_key":
            yield f"The key {key} is disabled."
        case "unknown_key":
            yield _unknown_key(key, secrets)
        case "token_missing":
            token = "SecurityToken" if verdict.scheme == "rpc" else TOKEN_HEADER
            yield f"{key} is a temporary key: it needs its {token}."
        case "token_malformed":
            yield "The token that was sent is unknown."
        case "token_mismatch":
            yield "The token that was sent belongs to another key."
        case "timestamp_format":
            yield _unreadable_time(request, verdict)
        case "timestamp_expired" if verdict.client_time and now:
            yield from _clock(verdict.client_time, as_utc(now), clock_window(verdict.scheme))
        case "nonce_used":
            yield (
                f"The nonce {shown(verdict.nonce or '')} was used before: every request needs its "
                "own, also one that is sent again."
            )


def _missing(request: SignedRequest) -> str:
    names = {name for name, _ in query_pairs(request.query)}
    if not names.isdisjoint(_RPC):
        return (
            "The request is signed in RPC style, in its query: this API is ROA style, its "
            "signature belongs in the Authorization header."
        )
    return "The request has neither an Authorization header nor a bearer token."


def _missing_key(request: SignedRequest) -> str:
    scheme = (request.header("authorization") or "").partition(" ")[0]
    if scheme == "acs":
        return (
            "The request is signed in ROA style, in its Authorization header: this API is RPC "
            "style, its signature belongs in its parameters."
        )
    for name, _ in rpc_v1.parameters(request):
        if name.lower() == "accesskeyid":
            return f"The parameter {shown(name)} has to be written AccessKeyId, and not be empty."
    if b"AccessKeyId=" in request.body and not rpc_v1.is_form(request):
        declared = request.header("content-type") or ""
        return (
            f"The parameters are in the body, but its Content-Type is {shown(declared)}, not "
            f"{rpc_v1.FORM}."
        )
    return "The request has no parameter AccessKeyId."


def _incomplete(request: SignedRequest) -> str:
    if rpc_v1.form_too_long(request):
        return f"The form is longer than {rpc_v1.LONGEST_FORM // 1024} KiB: it was not read."
    return "The request has no parameter Signature, or an empty one."


def _malformed(request: SignedRequest, verdict: Verdict) -> str:
    authorization = request.header("authorization") or ""
    sent, _, rest = authorization.partition(" ")
    if sent == "acs" and not rest:
        return "Authorization is acs alone: AccessKeyId:Signature is missing behind it."
    if verdict.scheme == "acs":
        return "Authorization is not of the form acs AccessKeyId:Signature."
    if sent == acs3.ALGORITHM:
        names = ("Credential", "SignedHeaders", "Signature")
        parts = acs3.authorization_parts(authorization)
        lacking = [name for name, part in zip(names, parts, strict=True) if not part]
        if lacking:
            return f"Authorization has no {' and no '.join(lacking)}."
        return f"SignedHeaders names {shown(acs3.repeated(parts[1]))} more than once."
    for scheme in ("acs", acs3.ALGORITHM):
        if authorization[: len(scheme) + 1].lower().split() == [scheme.lower()]:
            return f"Authorization has to begin with {scheme}, written so, and a space."
    word = shown(sent) if sent.lower() in _SCHEMES else hinted(sent)
    return f"Authorization begins with {word}, not with acs or ACS3-HMAC-SHA256."


def _method(request: SignedRequest, verdict: Verdict) -> str:
    if verdict.scheme == "rpc":
        sent = rpc_v1.first_values(request).get("SignatureMethod")
    else:
        sent = request.header("x-acs-signature-method")
    algorithm = (request.header("authorization") or "").partition(" ")[0]
    if algorithm in _RELATIVES:
        return shown(algorithm)
    if sent and _HARMLESS.fullmatch(sent):
        return shown(sent)
    return "The signature method that was sent"


def _unknown_key(key: str, secrets: Mapping[str, str]) -> str:
    if key in secrets.values():
        return "The AccessKeyId that was sent is a secret: id and secret are swapped."
    for known in secrets:
        if known.lower() == key.strip().lower():
            return f"The key that was sent differs from {known} in upper and lower case or spaces."
        if re.match(re.escape(known) + r"[^\w-]", key):
            return f"The key that was sent goes on behind the AccessKeyId {known}."
    names = list(secrets)[:_NAMED]
    named = ", ".join([*names, *["…"] * (len(secrets) > _NAMED)]) or "none"
    return f"The key {hinted(key)} is not in the setting access_keys, which has {named}."


def _unreadable_time(request: SignedRequest, verdict: Verdict) -> str:
    form = "2026-11-20T09:21:42Z"
    if verdict.scheme == "rpc":
        name = "Timestamp"
        sent = rpc_v1.first_values(request).get(name)
    elif verdict.scheme == "acs":
        name, form = "Date", "Fri, 20 Nov 2026 09:21:42 GMT"
        sent = request.header(name)
    else:
        name = "x-acs-date"
        sent = request.header(name)
    if sent is None:
        return f"There is no {name}."
    return f"{name} is {shown(sent)}, expected a form such as {form}."


def _clock(client: datetime, server: datetime, window: timedelta) -> Iterator[str]:
    off = round((client - server).total_seconds())
    direction = "ahead of" if off > 0 else "behind"
    yield (
        f"The client's clock is {abs(off)} s {direction} the server's: {client:%Y-%m-%dT%H:%M:%SZ} "
        f"against {server:%Y-%m-%dT%H:%M:%SZ}. Up to {window.total_seconds():.0f} s are allowed."
    )
    # Time zones lie from -12 to +14 h, in quarters; a clock that is off by chance rarely is.
    quarters = round(off / 900)
    is_zone = -48 <= quarters <= 56 and abs(quarters) >= 4
    if is_zone and abs(off - quarters * 900) <= 60:
        yield f"That is {quarters / 4:+g} h: local time sent as if it were UTC?"
