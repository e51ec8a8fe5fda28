"""Signatures of requests and links: `sign` and `verify` of each scheme side by side.

`verify` picks the scheme of an OpenAPI request by itself, as the cloud's gateway does; the
modules `roa_v1`, `acs3` and `oss_url` hold one scheme each. All are pure functions: time and
nonce are arguments.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from . import acs3, oss_url, roa_v1
from .acs3 import sign as sign_acs3
from .request import (
    CLOCK_WINDOW,
    Problem,
    Scheme,
    SignedRequest,
    Verdict,
    encode_query,
    request_target,
)
from .roa_v1 import sign as sign_roa_v1

__all__ = [
    "CLOCK_WINDOW",
    "Problem",
    "Scheme",
    "SignedRequest",
    "Verdict",
    "acs3",
    "encode_query",
    "mismatch_message",
    "oss_url",
    "request_target",
    "roa_v1",
    "sign_acs3",
    "sign_roa_v1",
    "verify",
]


def verify(
    request: SignedRequest,
    secrets: Mapping[str, str],
    *,
    now: datetime | None,
    bearer_tokens: Collection[str] | None = None,
) -> Verdict:
    """Check a request's signature against `secrets` (access key to secret).

    The scheme is told by the prefix of Authorization, or by `x-acs-signature-type: BEARERTOKEN`,
    which comes without one. `now=None` skips the window of 15 minutes around the server's time,
    not the check that the time stamp can be read. `bearer_tokens=None` accepts any token.

    Of several problems the first of these is told: missing, malformed, unknown_key,
    timestamp_format, timestamp_expired, body_digest, mismatch. A scheme that is not known here
    is malformed. Raises ValueError for a naive `now`.
    """
    authorization = request.header("authorization") or ""
    if authorization.startswith(acs3.PREFIX):
        return acs3.verify(request, secrets, now=now)
    if authorization.startswith(roa_v1.PREFIX):
        return roa_v1.verify(request, secrets, now=now)
    if authorization:
        return Verdict("unknown", False, problem="malformed")
    if (request.header("x-acs-signature-type") or "").upper() == "BEARERTOKEN":
        return _verify_bearer(request, bearer_tokens)
    return Verdict("none", False, problem="missing")


def _verify_bearer(request: SignedRequest, accepted: Collection[str] | None) -> Verdict:
    problem: Problem | None = None
    token = request.header("x-acs-bearer-token")
    if not token:
        problem = "missing"
    elif accepted is not None and token not in accepted:
        problem = "unknown_key"
    client_time = acs3.client_time_of(request)
    return Verdict("bearer", problem is None, problem=problem, client_time=client_time)


def mismatch_message(verdict: Verdict) -> str:
    """The gateway's wording of SignatureDoesNotMatch (tingwu-openapi 3.4).

    aliyun-python-sdk-core splits the ROA sentence at its colon and dies of one without, so the
    wording is a contract. Raises ValueError for a scheme that signs nothing.
    """
    if verdict.scheme == "acs":
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
