"""Why a request's signature is refused: what the server signs, what the client signed, the cause.

The client's text is not sent along. It is found by signing what clients usually sign by mistake:
when the signature that was sent comes out, the text is known for sure. Pure: the secrets, the
verdict and the time are arguments, and no cause quotes a secret. The texts may, where a client put
one into what it signed: see `without`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

from mock_tingwu.protocols.signing import acs3, roa_v1, rpc_v1
from mock_tingwu.protocols.signing.explain import acs3_slips, refused, roa_slips, rpc_slips
from mock_tingwu.protocols.signing.explain.alternatives import shown
from mock_tingwu.protocols.signing.explain.digests import Digests, digests
from mock_tingwu.protocols.signing.explain.search import (
    Difference,
    Found,
    Signer,
    Slip,
    difference,
    find,
)
from mock_tingwu.protocols.signing.request import Piece, Scheme, SignedRequest, Verdict, joined

__all__ = ["Difference", "Explanation", "explain", "server_text"]

#: Headers that only somebody between client and server sends.
_PROXY_HEADERS: Final = ("via", "x-forwarded-for", "forwarded", "x-real-ip")
#: Target, headers and form of a request whose text is searched for, in characters and bytes.
LONGEST_HEAD: Final = 16 * 1024
#: What is known of a nonce in a text that is signed.
_SIGNED_NONCES: Final = ("\nx-acs-signature-nonce:", "SignatureNonce%3D")


class Explanation(Struct, frozen=True):
    """What is wrong with a signature.

    ``server`` is the text that the server signs (for ACS3 the canonical request), empty when there
    is none. ``client`` is the text that the client signed, None while it is not known; it differs
    from the server's first at ``differs_at``. When both are one, but a wrong body digest stands in
    them, ``differs_at`` says which belongs there. ``causes`` are sentences, the likeliest first;
    all that are true together when ``client`` is known.
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

    ``now`` is the server's time. A mismatch takes some 10 ms, and no more than a bounded amount of
    work: see `find`. What is longer than `LONGEST_HEAD` is not searched.
    """
    if verdict.problem not in ("mismatch", "body_digest") or verdict.access_key not in secrets:
        causes = tuple(refused.causes(request, secrets, verdict, now))
        return Explanation(server_text(verdict), causes=causes)
    body = digests(request, verdict.scheme)
    causes = (body.cause(),) if verdict.problem == "body_digest" else ()
    what, length = _searched(request, verdict.scheme)
    if length > LONGEST_HEAD:
        unsearched = (
            f"{what} are longer than {LONGEST_HEAD // 1024} KiB: what the client signed was not "
            "searched for."
        )
        return Explanation(server_text(verdict), causes=(*causes, unsearched))
    found = _find(request, secrets, verdict, body)
    if found is None:
        causes += tuple(_unknown(request, verdict))
        return Explanation(server_text(verdict), causes=(*causes, *_proxies(request)))
    server = _with(found.server, {"body digest": body.right})
    differs = difference(server, found.client)
    if differs is None and verdict.problem == "body_digest":
        differs = difference(_with(server, {body.piece.name: body.piece.text}), found.client)
    causes += (*found.causes, *_proxies(request))
    return Explanation(joined(server), found.client, differs, causes)


def server_text(verdict: Verdict) -> str:
    """The text that the server signs, empty when there is none."""
    return verdict.canonical_request or verdict.string_to_sign


def _searched(request: SignedRequest, scheme: Scheme) -> tuple[str, int]:
    """What of a request its text is searched for in, and how long that is."""
    head = len(request.target) + sum(len(name) + len(value) for name, value in request.headers)
    if scheme == "rpc":
        return "Target, headers and form", head + len(rpc_v1.form(request))
    return "Target and headers", head


def _with(pieces: Sequence[Piece], texts: Mapping[str, str]) -> list[Piece]:
    """The pieces, those named with another text."""
    return [Piece(piece.name, texts.get(piece.name, piece.text)) for piece in pieces]


class _Search(Struct, frozen=True):
    """What `find` needs. ``forms`` are the texts that a request can stand for."""

    forms: Iterable[Sequence[Piece]]
    slips: Callable[[Sequence[Piece]], Iterator[Slip]]
    signers: tuple[Signer, list[Signer]]
    signature: str


def _find(
    request: SignedRequest, secrets: Mapping[str, str], verdict: Verdict, body: Digests
) -> Found | None:
    search = _SEARCHES[verdict.scheme](request, secrets, verdict, body)
    bases = list({joined(form): form for form in search.forms}.values())
    right, wrong = search.signers
    return find(bases, search.slips, right, wrong, search.signature)


def _roa(
    request: SignedRequest, secrets: Mapping[str, str], verdict: Verdict, body: Digests
) -> _Search:
    access_key, signature = roa_v1.authorization_parts(request.header("authorization") or "")
    return _Search(
        roa_v1.forms(request),
        lambda base: roa_slips.slips(request, base, body),
        roa_slips.signers(access_key, secrets),
        signature,
    )


def _acs3(
    request: SignedRequest, secrets: Mapping[str, str], verdict: Verdict, body: Digests
) -> _Search:
    parts = acs3.authorization_parts(request.header("authorization") or "")
    access_key, signed_headers, signature = parts
    forms = list(acs3.forms(request, signed_headers))
    if verdict.problem == "body_digest":
        # Who declares a wrong digest has mostly signed that one too; the server signs the right.
        forms = [*[_with(form, {"body digest": body.sent}) for form in forms], *forms]
    return _Search(
        forms,
        lambda base: acs3_slips.slips(request, base, body),
        acs3_slips.signers(access_key, secrets),
        signature,
    )


def _rpc(
    request: SignedRequest, secrets: Mapping[str, str], verdict: Verdict, body: Digests
) -> _Search:
    sent = rpc_v1.first_values(request)
    return _Search(
        rpc_v1.forms(request),
        lambda base: rpc_slips.slips(request, base),
        rpc_slips.signers(sent["AccessKeyId"], secrets),
        sent["Signature"],
    )


_SEARCHES: Final[
    Mapping[Scheme, Callable[[SignedRequest, Mapping[str, str], Verdict, Digests], _Search]]
] = {"acs": _roa, acs3.ALGORITHM: _acs3, "rpc": _rpc}


def _unknown(request: SignedRequest, verdict: Verdict) -> Iterator[str]:
    yield (
        "No usual slip gives this signature. Most likely it was made with another AccessKeySecret "
        f"than the one that the setting access_keys has for {verdict.access_key}."
    )
    if any(name in server_text(verdict) for name in _SIGNED_NONCES):
        yield "Or the client signed another nonce than the one it sent: nobody can search for that."


def _proxies(request: SignedRequest) -> Iterator[str]:
    for name in _PROXY_HEADERS:
        if value := request.header(name):
            yield (
                f"The request came through a proxy ({name}: {shown(value)}), which may have "
                "changed what was signed."
            )
            return
