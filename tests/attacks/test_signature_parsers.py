"""Captured requests with anything changed in them: there is a verdict and an explanation, always.

``ATTACK_EXAMPLES=10000`` draws so many of each scheme.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from mock_tingwu.protocols.signing import (
    KeyRing,
    Problem,
    SignedRequest,
    Verdict,
    oss_url,
    verify,
    verify_rpc,
)
from mock_tingwu.protocols.signing.explain import explain
from tests.protocols.signing import live_captures, tingwu_captures

EXAMPLES: Final = int(os.environ.get("ATTACK_EXAMPLES", "0"))
NOW: Final = datetime(2026, 11, 20, 9, 21, 42, tzinfo=UTC)
PROBLEMS: Final = get_args(Problem)
SECRETS: Final = {**tingwu_captures.SECRETS, **live_captures.SECRETS}
KEYS: Final = KeyRing(
    SECRETS,
    security_tokens=dict.fromkeys(SECRETS, "token"),
    bearer_tokens=("bearer",),
)
ROA: Final = [tingwu_captures.load(name) for name in tingwu_captures.SIGNED]
RPC: Final = [live_captures.load(name) for name in live_captures.NAMES]


def fuzz(examples: int) -> settings:
    return settings(
        max_examples=EXAMPLES or examples,
        deadline=None,
        derandomize=not EXAMPLES,
        database=None,
    )


#: What a header may say: everything but line ends and NUL, which no server reads.
HEADER_BYTES: Final = st.binary(max_size=12).map(lambda value: value.translate(None, b"\r\n\x00"))
DATES: Final = (
    b"2026-02-30T25:61Z",
    b"9999-12-31T23:59:59Z",
    b"0001-01-01T00:00:00Z",
    b"Thu, 99 Foo 99999 99:99:99 GMT",
)
PARTS: Final = (b"ACS3-HMAC-SHA256 ", b"acs ", b"Credential=", b"SignedHeaders=", b"Signature=")
BYTES: Final = (b"", b"%ff", b"%0a", b"\xff", b"\xed\xa0\x80", b"9" * 5_000, b"x" * 2_000)
MARKS: Final = tuple(bytes([mark]) for mark in b" ,=:;%&+?/")
PIECES: Final = st.sampled_from([*DATES, *PARTS, *BYTES, *MARKS]) | HEADER_BYTES
HOW: Final = st.sampled_from(["replace", "insert", "cut", "all"])


def bent(draw: st.DrawFn, value: bytes, pieces: st.SearchStrategy[bytes]) -> bytes:
    """``value`` with something else in it."""
    piece, how = draw(pieces), draw(HOW)
    begin = draw(st.integers(0, len(value)))
    end = draw(st.integers(begin, len(value)))
    if how == "all":
        return piece
    if how == "insert":
        return value[:begin] + piece + value[begin:]
    return value[:begin] + (piece if how == "replace" else b"") + value[end:]


@st.composite
def mutants(draw: st.DrawFn, captured: list[SignedRequest]) -> SignedRequest:
    """A captured request with one to three changes."""
    request = draw(st.sampled_from(captured))
    for _ in range(draw(st.integers(1, 3))):
        headers = list(request.headers)
        place = draw(st.integers(0, len(headers) - 1))
        what = draw(
            st.sampled_from(["value", "value", "name", "drop", "twice", "target", "body", "method"])
        )
        name, value = headers[place]
        if what == "value":
            headers[place] = name, bent(draw, value, PIECES)
        elif what == "name":
            headers[place] = bent(draw, name, HEADER_BYTES).lower(), value
        elif what == "drop":
            del headers[place]
        elif what == "twice":
            headers.insert(draw(st.integers(0, len(headers))), (name, bent(draw, value, PIECES)))
        elif what == "target":
            target = bent(draw, request.target.encode(), PIECES).decode("utf-8", "replace")
            request = replace(request, target=target)
        elif what == "body":
            request = replace(request, body=bent(draw, request.body, st.binary(max_size=20)))
        else:
            request = replace(request, method=draw(st.sampled_from(["GET", "POST", "put", "X"])))
        if not headers:
            headers = [(b"host", b"h")]
        request = replace(request, headers=headers)
    return request


def assert_judged(verdict: Verdict, secrets: Mapping[str, str]) -> None:
    assert verdict.ok is (verdict.problem is None)
    assert verdict.problem is None or verdict.problem in PROBLEMS
    assert not any(secret in repr(verdict) for secret in secrets.values())
    for text in (verdict.string_to_sign, verdict.canonical_request, verdict.access_key or ""):
        text.encode("utf-8", "surrogateescape")


@pytest.mark.parametrize("now", [NOW, None])
def test_the_captures_themselves_are_understood(now: datetime | None) -> None:
    problems = {verify(request, KeyRing(SECRETS), now=now).problem for request in ROA}
    problems |= {verify_rpc(request, KeyRing(SECRETS), now=now).problem for request in RPC}
    assert problems <= {None, "timestamp_expired", "token_missing", "missing", "mismatch"}
    assert None in problems or now is not None


@fuzz(150)
@given(mutants(ROA), st.sampled_from([NOW, None]))
def test_a_verdict_on_everything_in_roa_style(request: SignedRequest, now: datetime | None) -> None:
    assert_judged(verify(request, KEYS, now=now), SECRETS)
    assert_judged(verify_rpc(request, KEYS, now=now), SECRETS)


@fuzz(150)
@given(mutants(RPC), st.sampled_from([NOW, None]))
def test_a_verdict_on_everything_in_rpc_style(request: SignedRequest, now: datetime | None) -> None:
    assert_judged(verify_rpc(request, KEYS, now=now), SECRETS)
    assert_judged(verify(request, KEYS, now=now), SECRETS)


@fuzz(30)
@given(mutants([*ROA, *RPC]), st.sampled_from([verify, verify_rpc]))
def test_an_explanation_of_everything_that_is_not_right(
    request: SignedRequest, judge: Callable[..., Verdict]
) -> None:
    verdict = judge(request, KeyRing(SECRETS), now=None)
    if not verdict.ok:
        explanation = explain(request, SECRETS, verdict, now=NOW)
        assert explanation.causes
        assert all(isinstance(cause, str) and cause for cause in explanation.causes)


LINK: Final = oss_url.sign("bucket", "a/b.json", expires=2**31, access_key="ak", secret="sk")


@st.composite
def links(draw: st.DrawFn) -> str:
    query = LINK.encode()
    for _ in range(draw(st.integers(1, 3))):
        query = bent(draw, query, PIECES)
    return query.decode("utf-8", "replace")


@fuzz(100)
@given(links(), st.text(max_size=8), st.sampled_from([NOW, None]))
def test_a_verdict_on_every_link(query: str, key: str, now: datetime | None) -> None:
    verdict = oss_url.verify("bucket", "a/b.json", query, {"ak": "sk"}, now=now)
    assert verdict.ok is (verdict.problem is None)
    # Whatever it is signed for, it opens nothing else.
    other = oss_url.verify("bucket", f"a/b.json{key}x", query, {"ak": "sk"}, now=now)
    assert not other.ok
