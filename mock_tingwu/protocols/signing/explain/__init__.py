"""Why a request's signature is refused: what the server signs, what the client signed, the cause.

The client's text is not sent along. It is found by signing what clients usually sign by mistake:
when the signature that was sent comes out, the text is known for sure. Pure: the secrets, the
verdict and the time are arguments, and nothing that is said quotes a secret.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mock_tingwu.protocols.signing import acs3, roa_v1
from mock_tingwu.protocols.signing.explain import acs3_slips, alternatives, roa_slips
from mock_tingwu.protocols.signing.explain.search import Difference, Found, difference, find
from mock_tingwu.protocols.signing.request import SignedRequest, Verdict, as_utc

__all__ = ["Difference", "Explanation", "explain"]

#: Headers that only somebody between client and server sends.
_PROXY_HEADERS: Final = ("via", "x-forwarded-for", "forwarded", "x-real-ip")


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is wrong with a signature.

    ``server`` is the text that the server signs (for ACS3 the canonical request), empty when there
    is none. ``client`` is the text that the client signed, None while it is not known; it differs
    from the server's first at ``differs_at``. ``causes`` are sentences, the likeliest first.
    """

    server: str = ""
    client: str | None = None
    differs_at: Difference | None = None
    causes: tuple[str, ...] = ()


def explain(
    request: SignedRequest,
    secrets: Mapping[str, str],
    verdict: Verdict,
    *,
    now: datetime | None,
) -> Explanation:
    """Explain the ``verdict`` on a request whose signature is not right.

    ``now`` is the server's time. Takes some milliseconds; see `find` for the limit.
    """
    server = verdict.canonical_request or verdict.string_to_sign
    if verdict.problem in ("mismatch", "body_digest") and verdict.access_key in secrets:
        return _explained_text(request, secrets, verdict)
    return Explanation(server, causes=tuple(_simple_causes(request, secrets, verdict, now)))


def _explained_text(
    request: SignedRequest, secrets: Mapping[str, str], verdict: Verdict
) -> Explanation:
    bodies = alternatives.bodies(request.body)
    causes: list[str] = []
    if verdict.problem == "body_digest":
        causes.append(_digest_cause(request, verdict, bodies))
    found = _find(request, secrets, verdict, bodies)
    if found is None:
        server = verdict.canonical_request or verdict.string_to_sign
        if not causes:
            causes.append(
                "No usual slip gives this signature. Most likely it was made with another "
                f"AccessKeySecret than the one configured for {verdict.access_key}."
            )
        return Explanation(server, causes=(*causes, *_proxies(request)))
    server = "".join(piece.text for piece in found.server)
    # The digest that was sent is what the client signed: that is no cause of its own.
    causes += [] if causes else found.causes
    differs = difference(found.server, found.client)
    if differs is None and verdict.problem == "body_digest":
        sent = request.header("content-md5") or ""
        differs = Difference(3, "Content-MD5", roa_v1.content_md5(request.body), sent)
    return Explanation(server, found.client, differs, (*causes, *_proxies(request)))


def _find(
    request: SignedRequest,
    secrets: Mapping[str, str],
    verdict: Verdict,
    bodies: alternatives.Bodies,
) -> Found | None:
    access_key = verdict.access_key or ""
    authorization = request.header("authorization") or ""
    if verdict.scheme == "acs":
        right, wrong = roa_slips.signers(access_key, secrets)
        signature = roa_v1.authorization_parts(authorization)[1]
        bases = list(roa_slips.bases(request))
        if verdict.problem == "body_digest" and right.sign(verdict.string_to_sign) == signature:
            return Found(bases[0], verdict.string_to_sign, ())
        return find(
            bases, lambda base: roa_slips.slips(request, base, bodies), right, wrong, signature
        )
    right, wrong = acs3_slips.signers(access_key, secrets)
    _, signed_headers, signature = acs3.authorization_parts(authorization)
    canonical = acs3_slips.bases(request, signed_headers)
    return find(
        canonical, lambda base: acs3_slips.slips(request, base, bodies), right, wrong, signature
    )


def _digest_cause(request: SignedRequest, verdict: Verdict, bodies: alternatives.Bodies) -> str:
    if verdict.scheme == "acs":
        name, sent = "Content-MD5", request.header("content-md5") or ""
        digest = roa_v1.content_md5
    else:
        name, sent = "x-acs-content-sha256", (request.header("x-acs-content-sha256") or "").lower()

        def digest(body: bytes) -> str:
            return hashlib.sha256(body).hexdigest()

    arrived = f"the {len(request.body)} bytes that arrived"
    for what, form in bodies:
        if digest(form) == sent:
            return f"{name} is the digest of {what}, not of {arrived}."
    if sent == hashlib.md5(request.body, usedforsecurity=False).hexdigest():
        return f"{name} is in hexadecimal, not base64."
    return f"{name} is the digest of another body than {arrived}: it was changed after signing."


def _proxies(request: SignedRequest) -> Iterator[str]:
    for name in _PROXY_HEADERS:
        if value := request.header(name):
            yield (
                f"The request came through a proxy ({name}: {alternatives.shown(value)}), which "
                "may have changed what was signed."
            )
            return


def _simple_causes(
    request: SignedRequest,
    secrets: Mapping[str, str],
    verdict: Verdict,
    now: datetime | None,
) -> Iterator[str]:
    key = verdict.access_key or ""
    if verdict.problem == "missing":
        yield "The request has neither an Authorization header nor a bearer token."
    elif verdict.problem == "malformed":
        yield _malformed(request, verdict)
    elif verdict.problem == "signature_method":
        method = request.header("x-acs-signature-method") or request.header("authorization") or ""
        sent = method.partition(" ")[0]
        yield f"{alternatives.shown(sent)} is not taken: sign with HMAC-SHA1 or ACS3-HMAC-SHA256."
    elif verdict.problem == "inactive_key":
        yield f"The key {key} is disabled."
    elif verdict.problem == "unknown_key":
        yield from _unknown_key(key, secrets)
    elif verdict.problem == "token_missing":
        yield f"{key} is a temporary key: it needs its x-acs-security-token."
    elif verdict.problem in ("token_malformed", "token_mismatch"):
        whose = "belongs to another key" if verdict.problem == "token_mismatch" else "is unknown"
        yield f"The token that was sent {whose}."
    elif verdict.problem == "timestamp_format":
        yield _unreadable_time(request, verdict)
    elif verdict.problem == "timestamp_expired" and verdict.client_time and now:
        yield from _clock(verdict.client_time, as_utc(now))
    elif verdict.problem == "nonce_used":
        nonce = request.header("x-acs-signature-nonce") or ""
        yield (
            f"The nonce {alternatives.shown(nonce)} was used before: every request needs its own, "
            "also one that is sent again."
        )


def _malformed(request: SignedRequest, verdict: Verdict) -> str:
    if verdict.scheme == "acs":
        return "Authorization is not of the form acs AccessKeyId:Signature."
    if verdict.scheme == acs3.ALGORITHM:
        names = ("Credential", "SignedHeaders", "Signature")
        parts = acs3.authorization_parts(request.header("authorization") or "")
        lacking = [name for name, part in zip(names, parts, strict=True) if not part]
        return f"Authorization has no {' and no '.join(lacking)}."
    sent = (request.header("authorization") or "").partition(" ")[0]
    return (
        f"Authorization begins with {alternatives.shown(sent)}, not with acs or ACS3-HMAC-SHA256."
    )


def _unknown_key(key: str, secrets: Mapping[str, str]) -> Iterator[str]:
    if key in secrets.values():
        yield "The AccessKeyId that was sent is a secret: id and secret are swapped."
        return
    for known in secrets:
        if known.lower() == key.strip().lower():
            yield f"The key that was sent differs from {known} in upper and lower case or spaces."
            return
    yield f"The key {alternatives.shown(key)} is not configured."


def _unreadable_time(request: SignedRequest, verdict: Verdict) -> str:
    if verdict.scheme == "acs":
        name, form = "Date", "Fri, 20 Nov 2026 09:21:42 GMT"
    else:
        name, form = "x-acs-date", "2026-11-20T09:21:42Z"
    sent = request.header(name)
    if sent is None:
        return f"There is no {name}."
    return f"{name} is {alternatives.shown(sent)}, expected a form such as {form}."


def _clock(client: datetime, server: datetime) -> Iterator[str]:
    off = round((client - server).total_seconds())
    direction = "ahead of" if off > 0 else "behind"
    yield (
        f"The client's clock is {abs(off)} s {direction} the server's: {client:%Y-%m-%dT%H:%M:%SZ} "
        f"against {server:%Y-%m-%dT%H:%M:%SZ}."
    )
    # Time zones are an hour or more off, in quarters; a clock that is off by chance rarely is.
    quarters = round(off / 900)
    if abs(quarters) >= 4 and abs(off - quarters * 900) <= 60:
        yield f"That is {quarters / 4:+g} h: local time sent as if it were UTC?"
