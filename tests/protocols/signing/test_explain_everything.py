"""Whatever slip and wrong key is known is found and named: each is made, and sent, once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from msgspec.structs import replace

from mock_tingwu.protocols.signing import (
    KeyRing,
    SignedRequest,
    Verdict,
    explain,
    verify,
    verify_rpc,
)
from mock_tingwu.protocols.signing.explain.digests import digests
from mock_tingwu.protocols.signing.explain.search import Found, Signer, Slip, applied
from mock_tingwu.protocols.signing.request import Piece, joined
from tests.protocols.signing.mis_signed import (
    KEY,
    NOW,
    SECRET,
    Acs3,
    Roa,
    Rpc,
    changed,
    md5,
    with_parameters,
)

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
RPC = replace(
    with_parameters(
        Rpc(method="POST", path=PATH),
        lower="a b~c*d/e'(é)",
        Zone="Z",
        SignatureType="",
        SignatureVersion=None,
        Format="json",
    ),
    form=("Mode", "lower", "SignatureType"),
    headers={"x-acs-action": "StopRtcAsrTask", "x-acs-version": "2016"},
)


def requests() -> Iterator[tuple[str, SignedRequest]]:
    """Rich and bare requests of all schemes, whose signature is still to be put in."""
    bare = changed(
        Roa(target="/p", body=b"", method="GET"), accept=None, content_md5=None, content_type=None
    )
    yield "roa", ROA.sent("{}")
    yield "roa bare", bare.sent("{}")
    yield "roa body digest", changed(ROA, content_md5=md5(b"")).sent("{}")
    yield "acs3", ACS3.sent("{}")
    empty = {"x-acs-content-sha256": hashlib.sha256(b"").hexdigest()}
    small = Acs3(target="/p", body=b"", signed="host;content-type")
    yield "acs3 bare", replace(small, headers=small.headers | empty).sent("{}")
    yield "acs3 body digest", replace(ACS3, headers=ACS3.headers | empty).sent("{}")
    yield "rpc", RPC.sent("{}")
    little = {"AccessKeyId": KEY, "Timestamp": "2026-11-20T09:21:42Z"}
    yield "rpc bare", Rpc(parameters=little, headers={}).sent("{}")


@dataclass
class Search:
    """What a request is searched with."""

    bases: list[Sequence[Piece]]
    slips: list[list[Slip]]
    right: Signer
    wrong: Sequence[Signer]

    def named(self) -> dict[str, tuple[str, ...]]:
        """The slip that is named for each text: of several that lead to it, the plainest."""
        named: dict[str, tuple[str, ...]] = {joined(base): () for base in self.bases}
        for base, slips in zip(self.bases, self.slips, strict=True):
            for slip in slips:
                named.setdefault(applied(base, slip), (slip.cause,))
        return named


def searched(request: SignedRequest, monkeypatch: pytest.MonkeyPatch) -> Search:
    """How a request is searched; nothing is found."""
    searches = []

    def find(
        bases: Iterable[Sequence[Piece]],
        slips_of: object,
        right: Signer,
        wrong: Sequence[Signer],
        signature: str,
    ) -> Found | None:
        assert callable(slips_of)
        kept = list(bases)
        searches.append(Search(kept, [list(slips_of(base)) for base in kept], right, wrong))
        return None

    with monkeypatch.context() as patch:
        patch.setattr(explain, "find", find)
        said(with_signature(request, "x"))
    (search,) = searches
    return search


def with_signature(request: SignedRequest, signature: str) -> SignedRequest:
    headers = [(name, value.replace(b"{}", signature.encode())) for name, value in request.headers]
    target = request.target.replace(quote("{}"), quote(signature, safe=""))
    return replace(request, target=target, headers=headers)


def judged(request: SignedRequest) -> Verdict:
    in_parameters = request.header("authorization") is None
    return (verify_rpc if in_parameters else verify)(request, KeyRing(KNOWN), now=NOW)


def said(request: SignedRequest) -> tuple[str | None, Sequence[str]] | None:
    """The client's text and the causes; None when the server takes the request after all."""
    verdict = judged(request)
    if verdict.ok:
        return None
    found = explain.explain(request, KNOWN, verdict, now=NOW)
    return found.client, found.causes


def digest_cause(request: SignedRequest) -> tuple[str, ...]:
    """What is said in front of every slip, because the body's digest is wrong as well."""
    verdict = judged(request)
    body = digests(request, verdict.scheme)
    return (body.cause(),) if verdict.problem == "body_digest" else ()


@pytest.mark.parametrize(("name", "request_"), list(requests()))
def test_every_slip_is_found_and_named(
    name: str, request_: SignedRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = searched(request_, monkeypatch)
    first, named, of_digest = digest_cause(request_), search.named(), 0
    causes = set()
    for slip in search.slips[0]:
        text = applied(search.bases[0], slip)
        outcome = said(with_signature(request_, search.right.sign(text)))
        if outcome is None:
            assert named[text] == ()  # one of the forms that SDKs sign
            continue
        assert outcome == (text, (*first, *named[text])), slip.cause
        causes |= set(named[text])
        of_digest += "SHA-256" in slip.cause or "MD5" in slip.cause
    assert bool(first) == ("digest" in name)
    assert of_digest > 5 or name.startswith("rpc")
    assert len(causes) > (30 if "bare" in name else 45)
    assert all(cause.endswith((".", "?")) and "\n" not in cause for cause in causes)


@pytest.mark.parametrize(("name", "request_"), list(requests()))
def test_every_wrong_key_and_algorithm_is_found_and_named(
    name: str, request_: SignedRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = searched(request_, monkeypatch)
    text, first = joined(search.bases[0]), digest_cause(request_)
    named = []
    for signer in search.wrong:
        if signer.sign(text) == search.right.sign(text):
            continue  # base64 that has neither + nor / is the same for URLs
        outcome = said(with_signature(request_, signer.sign(text)))
        assert outcome == (text, (*first, signer.cause))
        named.append(signer.cause)
    assert len(named) > 25, name
    assert not any(ODD_SECRET in cause or SECRET in cause for cause in named)
