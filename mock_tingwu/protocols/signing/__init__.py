"""Signatures of requests and links: `sign` and `verify` of each scheme side by side.

`verify` picks the scheme of an OpenAPI request by itself, as the cloud's gateway does, and
`verify_rpc` that of an API in RPC style; the modules `roa_v1`, `rpc_v1`, `acs3` and `oss_url` hold
one scheme each. All are pure functions: time and nonce are arguments.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from . import acs3, oss_url, roa_v1, rpc_v1
from .acs3 import sign as sign_acs3
from .request import (
    CLOCK_WINDOW,
    NONCE_HEADER,
    RPC_CLOCK_WINDOW,
    KeyRing,
    Problem,
    Scheme,
    SignedRequest,
    Verdict,
    clock_window,
    encode_query,
    request_target,
    without,
)
from .roa_v1 import sign as sign_roa_v1
from .rpc_v1 import sign as sign_rpc_v1

__all__ = [
    "CLOCK_WINDOW",
    "RPC_CLOCK_WINDOW",
    "KeyRing",
    "Problem",
    "Scheme",
    "SignedRequest",
    "Verdict",
    "acs3",
    "clock_window",
    "encode_query",
    "mismatch_message",
    "oss_url",
    "request_target",
    "roa_v1",
    "rpc_v1",
    "sign_acs3",
    "sign_roa_v1",
    "sign_rpc_v1",
    "verify",
    "verify_rpc",
    "without",
]


#: The signature type of who has a token instead of a key pair.
_BEARER: Final = "BEARERTOKEN"
_MISSING: Final = Verdict("none", False, problem="missing")
_MALFORMED: Final = Verdict("unknown", False, problem="malformed")


def verify(request: SignedRequest, keys: KeyRing, *, now: datetime | None) -> Verdict:
    """Check a request's signature.

    The scheme is told by the prefix of Authorization, or by `x-acs-signature-type: BEARERTOKEN`,
    which comes without one (newer SDKs repeat the token there). `now=None` skips the window of 15
    minutes around the server's time, not the check that the time stamp can be read.

    Of several problems the first of these is told: missing, malformed, signature_method,
    inactive_key, unknown_key, token_missing, token_malformed, token_mismatch, timestamp_format,
    timestamp_expired, body_digest, mismatch. A scheme that is not known here is malformed; a
    relative of ACS3-HMAC-SHA256 is a signature_method. Whether a nonce was used before is for
    whoever remembers them. Raises ValueError for a naive `now`.
    """
    authorization = request.header("authorization")
    if authorization and authorization.startswith(roa_v1.PREFIX):
        return roa_v1.verify(request, keys, now=now)
    if verdict := _verify_common(request, keys, now=now):
        return verdict
    return _MALFORMED if authorization else _MISSING


def verify_rpc(request: SignedRequest, keys: KeyRing, *, now: datetime | None) -> Verdict:
    """Check the signature of a request to an API in RPC style.

    What `verify` tells by Authorization or `x-acs-signature-type` is told so here, but for ROA v1:
    without, the parameters hold the signature, or with SignatureType BEARERTOKEN the token. Its
    window is 31 minutes; the order of problems is the same. Raises ValueError for a naive `now`.
    """
    if verdict := _verify_common(request, keys, now=now):
        return verdict
    sent = rpc_v1.first_values(request)
    if sent.get("SignatureType", "").upper() == _BEARER:
        return _verify_bearer(request, keys, sent.get("BearerToken"))
    return rpc_v1.verify(request, keys, now=now)


def _verify_common(
    request: SignedRequest, keys: KeyRing, *, now: datetime | None
) -> Verdict | None:
    """Check a request in a scheme that APIs of both styles have; None when it is in none."""
    authorization = request.header("authorization") or ""
    if authorization.startswith(acs3.PREFIX):
        return acs3.verify(request, keys, now=now)
    kind = request.header("x-acs-signature-type")
    if kind and kind.upper() == _BEARER:
        return _verify_bearer(request, keys)
    if authorization.startswith("ACS3-") and authorization.partition(" ")[0] != acs3.ALGORITHM:
        return Verdict("unknown", False, problem="signature_method")
    return None


def _verify_bearer(request: SignedRequest, keys: KeyRing, parameter: str | None = None) -> Verdict:
    problem: Problem | None = None
    token = request.header("x-acs-bearer-token") or parameter
    if not token:
        problem = "missing"
    elif keys.bearer_tokens is not None and token not in keys.bearer_tokens:
        problem = "token_malformed"
    return Verdict(
        "bearer",
        problem is None,
        problem=problem,
        client_time=acs3.client_time_of(request),
        nonce=request.header(NONCE_HEADER),
    )


def mismatch_message(verdict: Verdict) -> str:
    """The gateway's wording of SignatureDoesNotMatch (tingwu-openapi 3.4, live-rtc-asr 5).

    aliyun-python-sdk-core splits the sentence of ROA v1 and RPC v1 at its colon and dies of one
    without, so the wording is a contract. Raises ValueError for a scheme that signs nothing.
    """
    if verdict.scheme in ("acs", "rpc"):
        return (
            "Specified signature is not matched with our calculation. "
            f"server string to sign is:{verdict.string_to_sign}"
        )
    if verdict.scheme == acs3.ALGORITHM:
        return (
            "Specified signature does not match our calculation. "
            f"server StringToSign is [{verdict.string_to_sign}] "
            f"server CanonicalRequest is [{verdict.canonical_request}]"
        )
    raise ValueError(f"the scheme {verdict.scheme!r} has no signature to mismatch")
