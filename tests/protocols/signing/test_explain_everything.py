"""Whatever slip and wrong key is known is found: each is made, and sent, once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from mock_tingwu.protocols.signing import KeyRing, SignedRequest, verify
from mock_tingwu.protocols.signing.explain import acs3_slips, alternatives, explain, roa_slips
from mock_tingwu.protocols.signing.explain.search import Piece, Signer, Slip, applied
from tests.protocols.signing.mis_signed import KEY, NOW, SECRET, Acs3, Roa, changed

#: With what every rule of encoding is about: spaces, ~, *, /, umlauts, doubled slashes.
PATH = "/openapi//a%20b~c%2Ad%2Fe%C3%A9"
TARGET = f"{PATH}?z=a%20b~c%2Ad%2Fe%C3%A9&A=1&empty="
#: A secret on which every change shows.
ODD_SECRET = "Se cret%2B+ "
KNOWN = {KEY: ODD_SECRET, "LTAI5tOtherKey": "OtherSecret"}

ROA = changed(
    replace(Roa(), target=TARGET),
    x_acs_date="Fri, 20 Nov 2026 09:21:40 GMT",
    x_forwarded_prefix="/cloud",
)
ACS3 = replace(
    Acs3(signed="x-acs-version;host;accept;content-type;x-acs-date;x-acs-content-sha256"),
    target=TARGET,
)


def requests() -> Iterator[tuple[str, SignedRequest]]:
    """Rich and bare requests of both schemes, whose signature is still to be put in."""
    bare = changed(
        Roa(target="/p", body=b"", method="GET"), accept=None, content_md5=None, content_type=None
    )
    yield "roa", ROA.sent("{}")
    yield "roa bare", bare.sent("{}")
    yield "acs3", ACS3.sent("{}")
    empty = {"x-acs-content-sha256": hashlib.sha256(b"").hexdigest()}
    small = Acs3(target="/p", body=b"", signed="host;content-type")
    yield "acs3 bare", replace(small, headers=small.headers | empty).sent("{}")


def parts(request: SignedRequest) -> tuple[list[Piece], list[Slip], Signer, list[Signer]]:
    forms = alternatives.bodies(request.body)
    if (request.header("authorization") or "").startswith("acs "):
        bases = list(roa_slips.bases(request))
        right, wrong = roa_slips.signers(KEY, KNOWN)
        return list(bases[0]), list(roa_slips.slips(request, bases[0], forms)), right, wrong
    signed = (request.header("authorization") or "").partition("SignedHeaders=")[2]
    canonical = list(acs3_slips.bases(request, signed.partition(",")[0]))
    right, wrong = acs3_slips.signers(KEY, KNOWN)
    return list(canonical[0]), list(acs3_slips.slips(request, canonical[0], forms)), right, wrong


def with_signature(request: SignedRequest, signature: str) -> SignedRequest:
    headers = [(name, value.replace(b"{}", signature.encode())) for name, value in request.headers]
    return replace(request, headers=headers)


def said(request: SignedRequest) -> tuple[str | None, Sequence[str]] | None:
    """The client's text and the causes; None when the server takes the request after all."""
    verdict = verify(request, KeyRing(KNOWN), now=NOW)
    if verdict.ok:
        return None
    found = explain(request, KNOWN, verdict, now=NOW)
    return found.client, found.causes


@pytest.mark.parametrize(("name", "request_"), list(requests()))
def test_every_slip_is_found(name: str, request_: SignedRequest) -> None:
    base, slips, right, _ = parts(request_)
    causes = set()
    for slip in slips:
        text = applied(base, slip)
        outcome = said(with_signature(request_, right.sign(text)))
        if outcome is None:
            continue  # one of the forms that SDKs sign
        client, found = outcome
        if verify(with_signature(request_, "x"), KeyRing(KNOWN), now=NOW).problem == "mismatch":
            # Two slips may lead to one text; the plainer one is named then.
            assert client == text, slip.cause
        causes |= set(found)
    assert len(causes) > (30 if "bare" in name else 45)
    assert all(cause.endswith((".", "?")) and "\n" not in cause for cause in causes)


@pytest.mark.parametrize(("name", "request_"), list(requests()))
def test_every_wrong_key_and_algorithm_is_found(name: str, request_: SignedRequest) -> None:
    base, _, right, wrong = parts(request_)
    text = "".join(piece.text for piece in base)
    named = []
    for signer in wrong:
        if signer.sign(text) == right.sign(text):
            continue  # base64 that has neither + nor / is the same for URLs
        outcome = said(with_signature(request_, signer.sign(text)))
        assert outcome is not None
        assert outcome == (text, (signer.cause,))
        named.append(signer.cause)
    assert len(named) > 25
    assert not any(ODD_SECRET in cause or SECRET in cause for cause in named)
