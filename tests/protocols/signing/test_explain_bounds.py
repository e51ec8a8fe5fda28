"""How much is done for a request that is meant to be hard to explain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest
from msgspec.structs import replace

from mock_tingwu.protocols.signing import (
    KeyRing,
    SignedRequest,
    acs3,
    roa_v1,
    rpc_v1,
    verify,
    verify_rpc,
)
from mock_tingwu.protocols.signing import request as requests
from mock_tingwu.protocols.signing.explain import (
    LONGEST_HEAD,
    acs3_slips,
    explain,
    roa_slips,
    rpc_slips,
)
from mock_tingwu.protocols.signing.explain.digests import digests
from mock_tingwu.protocols.signing.explain.search import BUDGET, Signer, Slip, find
from mock_tingwu.protocols.signing.request import Piece, joined
from tests.protocols.signing.mis_signed import (
    NOW,
    SECRETS,
    Acs3,
    Roa,
    Rpc,
    changed,
    judged,
    with_parameters,
)

#: Whatever else is looked at is looked at a few times for each form of a text.
FORMS = 24


def many(count: int, scheme: str, what: str) -> SignedRequest:
    """A request with a wrong signature and ``count`` of something."""
    target, extra = "/p", {}
    if what == "parameters":
        target = "/p?" + "&".join(f"p{i}=v+{i}" for i in range(count))
    elif what == "segments":
        target = "/a" * count
    else:
        extra = {f"x-acs-{i}": "v" for i in range(count)}
    if scheme == "roa":
        return changed(Roa(target=target), **extra).sent("AAAA")
    client = replace(Acs3(target=target), headers=Acs3().headers | extra)
    return replace(client, signed=";".join([client.signed, *extra])).sent("00")


class Counter:
    """Counts the characters of all texts that are signed."""

    def __init__(self, sign: Callable[[str, str], str]) -> None:
        self.sign = sign
        self.texts = self.characters = 0

    def __call__(self, text: str, secret: str) -> str:
        self.texts += 1
        self.characters += len(text)
        return self.sign(text, secret)


CASES = [
    (scheme, what) for scheme in ("roa", "acs3") for what in ("parameters", "segments", "headers")
]


@pytest.mark.parametrize(("scheme", "what"), CASES)
@pytest.mark.parametrize("count", [300, 1000, 3000, 10_000])
def test_a_hard_request_takes_a_bounded_amount_of_work(
    count: int, scheme: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = many(count, scheme, what)
    head = len(request.target) + sum(len(name) + len(value) for name, value in request.headers)
    counter = Counter(roa_v1.signature_of if scheme == "roa" else acs3.signature_of)
    monkeypatch.setattr(roa_v1 if scheme == "roa" else acs3, "signature_of", counter)
    verdict = verify(request, KeyRing(SECRETS), now=NOW)
    assert verdict.problem == "mismatch"
    assert counter.texts <= FORMS
    found = explain(request, SECRETS, verdict, now=NOW)
    assert counter.characters <= BUDGET + FORMS * 2 * head
    assert found.client is None
    unsearched = (
        "Target and headers are longer than 16 KiB: what the client signed was not searched for."
    )
    assert (found.causes[0] == unsearched) == (head > LONGEST_HEAD)


def many_parameters(count: int, where: str) -> SignedRequest:
    """A request in RPC style with a wrong signature and ``count`` parameters besides its own."""
    extra = {f"P{i}": "+ ~*" * (i % 3) for i in range(count)}
    client = with_parameters(Rpc(method="POST"), **extra)
    request = replace(client, form=tuple(extra) if where == "form" else ()).sent("AAAA")
    # What may be a space and what may be a plus makes two forms of a text.
    body = request.body.replace(b"%2B", b"+")
    return replace(request, target=request.target.replace("%2B", "+"), body=body)


@pytest.mark.parametrize("where", ["query", "form"])
@pytest.mark.parametrize("count", [300, 1000, 3000])
def test_many_parameters_take_a_bounded_amount_of_work(
    count: int, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = many_parameters(count, where)
    counter = Counter(rpc_v1.signature_of)
    monkeypatch.setattr(rpc_v1, "signature_of", counter)
    verdict = verify_rpc(request, KeyRing(SECRETS), now=NOW)
    assert (verdict.problem, counter.texts) == ("mismatch", 2)
    checked = counter.characters
    found = explain(request, SECRETS, verdict, now=NOW)
    assert counter.characters <= BUDGET + checked
    assert found.client is None
    unsearched = (
        "Target, headers and form are longer than 16 KiB: what the client signed was not searched "
        "for."
    )
    length = len(request.target) + len(request.body)
    assert (found.causes[0] == unsearched) == (length > LONGEST_HEAD)


def test_a_huge_form_is_not_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = 0

    def counted(text: str) -> str:
        nonlocal encoded
        encoded += 1
        return percent_encode(text)

    percent_encode = requests.percent_encode
    monkeypatch.setattr(rpc_v1, "percent_encode", counted)
    request = replace(many_parameters(1, "form"), body=b"a&" * 4_000_000)
    verdict = verify_rpc(request, KeyRing(SECRETS), now=NOW)
    assert verdict.problem == "malformed"
    assert encoded < 200
    assert len(explain(request, SECRETS, verdict, now=NOW).server) < 1000


def test_slips_of_parameters_are_few_whatever_there_is_many_of() -> None:
    def slips(count: int) -> list[Slip]:
        request = many_parameters(count, "form")
        return list(rpc_slips.slips(request, next(rpc_v1.forms(request))))

    assert len(slips(3000)) <= len(slips(1)) + 32 * 4
    assert all(len(slip.cause) < 500 for slip in slips(3000))


@pytest.mark.parametrize(("scheme", "what"), CASES)
def test_slips_are_few_whatever_there_is_many_of(scheme: str, what: str) -> None:
    def slips(count: int) -> list[Slip]:
        request = many(count, scheme, what)
        if scheme == "roa":
            body = digests(request, "acs")
            return list(roa_slips.slips(request, next(roa_v1.forms(request)), body))
        signed = acs3.authorization_parts(request.header("authorization") or "")[1]
        body = digests(request, "ACS3-HMAC-SHA256")
        return list(acs3_slips.slips(request, next(acs3.forms(request, signed)), body))

    assert len(slips(3000)) <= len(slips(1)) + 32 * 2
    assert all(len(slip.cause) < 500 for slip in slips(3000))


@pytest.mark.parametrize("scheme", ["roa", "acs3"])
def test_headers_are_read_once_for_all_forms(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    request = many(1000, scheme, "headers")
    read = 0

    def counted(value: bytes) -> str:
        nonlocal read
        read += 1
        return header_text(value)

    header_text = requests.header_text
    monkeypatch.setattr(requests, "header_text", counted)
    assert verify(request, KeyRing(SECRETS), now=NOW).problem == "mismatch"
    assert read < 1100


def test_a_header_named_many_times_makes_no_huge_text() -> None:
    client = Acs3(signed=";".join(["x-acs-action"] * 5000))
    verdict, found = judged(client.sent("00"))
    assert (verdict.problem, verdict.canonical_request) == ("malformed", "")
    assert found.causes == ("SignedHeaders names 'x-acs-action' more than once.",)


def test_a_search_makes_its_texts_one_at_a_time_and_counts_all_of_them() -> None:
    made = signed = 0

    def slips(base: Sequence[Piece]) -> Iterator[Slip]:
        nonlocal made
        for _ in range(1000):
            made += 100
            yield Slip(0, 1, "y" * 100, "A slip.")

    def sign(text: str) -> str:
        nonlocal signed
        signed += len(text)
        return ""

    base = [Piece("all", "x" * 100)]
    signer = Signer("", sign)
    assert find([base] * 5, slips, signer, [signer], "never", budget=10_000) is None
    assert made + signed <= 10_000 + 200
    assert made > 1000


def test_a_long_body_is_not_part_of_any_text(monkeypatch: pytest.MonkeyPatch) -> None:
    for client in (Roa(body=b"x" * 1_000_000), Acs3(body=b"x" * 1_000_000)):
        request = client.sent("00")
        scheme = "roa" if isinstance(client, Roa) else "acs3"
        counter = Counter(roa_v1.signature_of if scheme == "roa" else acs3.signature_of)
        monkeypatch.setattr(roa_v1 if scheme == "roa" else acs3, "signature_of", counter)
        verdict = verify(request, KeyRing(SECRETS), now=NOW)
        assert verdict.problem == "body_digest"
        assert explain(request, SECRETS, verdict, now=NOW).client is None
        assert counter.characters <= BUDGET
        assert counter.characters / counter.texts < 2000


def test_the_pieces_of_a_form_make_the_text_that_is_verified() -> None:
    roa, new = Roa().sent("00"), Acs3().sent("00")
    assert joined(next(roa_v1.forms(roa))) == Roa().text()
    assert joined(next(acs3.forms(new, Acs3().signed))) == Acs3().text()
    assert joined(next(rpc_v1.forms(Rpc().sent("x")))) == Rpc().text()


def test_a_header_with_a_colon_in_its_name_is_explained() -> None:
    for client, signature in (
        (changed(Roa(), **{"x-acs-a:b": "c"}), "AAAA"),
        (replace(Acs3(signed="x-acs-a:b"), headers=Acs3().headers | {"x-acs-a:b": "c"}), "00"),
    ):
        verdict, found = judged(client.sent(signature))
        assert (verdict.problem, found.client) == ("mismatch", None)
        assert "x-acs-a:b:c\n" in found.server


def test_the_last_second_of_time_is_explained() -> None:
    for request in (
        changed(Roa(), date="Fri, 31 Dec 9999 23:59:59 GMT").sent("AAAA"),
        replace(Acs3(), headers=Acs3().headers | {"x-acs-date": "0001-01-01T00:00:00Z"}).sent("00"),
    ):
        verdict = verify(request, KeyRing(SECRETS), now=None)
        assert verdict.problem == "mismatch"
        assert explain(request, SECRETS, verdict, now=None).client is None
    for time in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"):
        request = with_parameters(Rpc(), Timestamp=time).sent("AAAA")
        verdict = verify_rpc(request, KeyRing(SECRETS), now=None)
        assert verdict.problem == "mismatch"
        assert explain(request, SECRETS, verdict, now=None).client is None
