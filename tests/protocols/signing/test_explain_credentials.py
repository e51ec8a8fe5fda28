"""What is said of requests that are refused before their signature is looked at."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from mock_tingwu.protocols.signing import KeyRing, SignedRequest, verify
from mock_tingwu.protocols.signing.explain import explain
from mock_tingwu.protocols.signing.nonces import Nonces
from tests.protocols.signing.mis_signed import (
    KEY,
    NOW,
    OTHER_KEY,
    SECRET,
    SECRETS,
    Acs3,
    Roa,
    changed,
    judged,
    pairs,
    sha1,
    sha256,
)


def signed(client: Roa | Acs3, key: str = KEY) -> SignedRequest:
    sign = sha1 if isinstance(client, Roa) else sha256
    return client.sent(sign(client.text()), key)


def authorized(value: str, **headers: str) -> SignedRequest:
    extra = {name.replace("_", "-"): text for name, text in headers.items()}
    return SignedRequest("GET", "/p", pairs({"authorization": value, "host": "h", **extra}))


@pytest.mark.parametrize(
    ("request_", "problem", "cause"),
    [
        (
            SignedRequest("GET", "/p", pairs({"host": "h"})),
            "missing",
            "The request has neither an Authorization header nor a bearer token.",
        ),
        (
            authorized(f"acs {KEY}"),
            "malformed",
            "Authorization is not of the form acs AccessKeyId:Signature.",
        ),
        (
            authorized(f"ACS3-HMAC-SHA256 Credential={KEY},Signature=00"),
            "malformed",
            "Authorization has no SignedHeaders.",
        ),
        (
            authorized("ACS3-HMAC-SHA256 nonsense"),
            "malformed",
            "Authorization has no Credential and no SignedHeaders and no Signature.",
        ),
        (
            authorized("ACS3-HMAC-SHA256"),
            "malformed",
            "Authorization has no Credential and no SignedHeaders and no Signature.",
        ),
        (
            authorized(f"ACS3-HMAC-SHA256 Credential={KEY},SignedHeaders=host;Host,Signature=00"),
            "malformed",
            "SignedHeaders names 'host' more than once.",
        ),
        (
            authorized("acs"),
            "malformed",
            "Authorization is acs alone: AccessKeyId:Signature is missing behind it.",
        ),
        (
            authorized(f"ACS {KEY}:00"),
            "malformed",
            "Authorization has to begin with acs, written so, and a space.",
        ),
        (
            authorized(f"acs3-hmac-sha256 Credential={KEY}"),
            "malformed",
            "Authorization has to begin with ACS3-HMAC-SHA256, written so, and a space.",
        ),
        (
            authorized(SECRET),
            "malformed",
            "Authorization begins with 'Mock…', not with acs or ACS3-HMAC-SHA256.",
        ),
        (
            SignedRequest("GET", f"/p?AccessKeyId={KEY}&Signature=s", pairs({"host": "h"})),
            "missing",
            "The request is signed in RPC style, in its query: this API is ROA style, its "
            "signature belongs in the Authorization header.",
        ),
        (
            authorized("Basic abc"),
            "malformed",
            "Authorization begins with 'Basic', not with acs or ACS3-HMAC-SHA256.",
        ),
        (
            authorized("ACS3-RSA-SHA256 Credential=a,SignedHeaders=host,Signature=00"),
            "signature_method",
            "'ACS3-RSA-SHA256' is not taken: sign with HMAC-SHA1 or ACS3-HMAC-SHA256.",
        ),
        (
            signed(changed(Roa(), x_acs_signature_method="HMAC-SHA256")),
            "signature_method",
            "'HMAC-SHA256' is not taken: sign with HMAC-SHA1 or ACS3-HMAC-SHA256.",
        ),
        (
            authorized("ACS3-PLANTED-SECRET-VALUE Credential=a"),
            "signature_method",
            "The signature method that was sent is not taken: sign with HMAC-SHA1 or "
            "ACS3-HMAC-SHA256.",
        ),
        (
            signed(changed(Roa(), x_acs_signature_method="PLANTED-SECRET-VALUE")),
            "signature_method",
            "The signature method that was sent is not taken: sign with HMAC-SHA1 or "
            "ACS3-HMAC-SHA256.",
        ),
        (
            signed(Acs3(), f"{KEY}/20261120"),
            "unknown_key",
            f"The key that was sent goes on behind the AccessKeyId {KEY}.",
        ),
        (
            signed(Roa(), "LTAI5tNobody"),
            "unknown_key",
            f"The key 'LTAI…' is not in the setting access_keys, which has {KEY}, {OTHER_KEY}.",
        ),
        (
            signed(Roa(), KEY.lower()),
            "unknown_key",
            f"The key that was sent differs from {KEY} in upper and lower case or spaces.",
        ),
        (
            signed(Acs3(), SECRET),
            "unknown_key",
            "The AccessKeyId that was sent is a secret: id and secret are swapped.",
        ),
        (
            signed(changed(Roa(), date="yesterday")),
            "timestamp_format",
            "Date is 'yesterday', expected a form such as Fri, 20 Nov 2026 09:21:42 GMT.",
        ),
        (signed(changed(Roa(), date=None)), "timestamp_format", "There is no Date."),
        (
            signed(replace(Acs3(), headers=Acs3().headers | {"x-acs-date": "2026-11-20 09:21:42"})),
            "timestamp_format",
            "x-acs-date is '2026-11-20 09:21:42', expected a form such as 2026-11-20T09:21:42Z.",
        ),
    ],
)
def test_each_problem_has_its_sentence(request_: SignedRequest, problem: str, cause: str) -> None:
    verdict, found = judged(request_)
    assert (verdict.problem, found.causes) == (problem, (cause,))


@pytest.mark.parametrize(
    ("off", "causes"),
    [
        (timedelta(seconds=901), ("The client's clock is 901 s behind the server's:",)),
        (timedelta(seconds=-1000), ("The client's clock is 1000 s ahead of the server's:",)),
        (
            timedelta(hours=-8, seconds=3),
            ("The client's clock is 28797 s ahead of", "That is +8 h: local time sent as if it"),
        ),
        (
            timedelta(hours=5, minutes=30),
            ("The client's clock is 19800 s behind", "That is -5.5 h: local time sent as if it"),
        ),
        (
            timedelta(hours=-14),
            ("The client's clock is 50400 s ahead", "That is +14 h: local time"),
        ),
        (timedelta(hours=-14.25), ("The client's clock is 51300 s ahead",)),
        (
            timedelta(hours=12),
            ("The client's clock is 43200 s behind", "That is -12 h: local time"),
        ),
        (timedelta(hours=12.25), ("The client's clock is 44100 s behind",)),
        (timedelta(days=-30), ("The client's clock is 2592000 s ahead",)),
    ],
)
def test_a_clock_that_is_off_is_measured(off: timedelta, causes: tuple[str, ...]) -> None:
    for request in (signed(Roa()), signed(Acs3())):
        verdict = verify(request, KeyRing(SECRETS), now=NOW + off)
        assert verdict.problem == "timestamp_expired"
        found = explain(request, SECRETS, verdict, now=NOW + off)
        assert len(found.causes) == len(causes)
        for said, wanted in zip(found.causes, causes, strict=True):
            assert said.startswith(wanted)
        assert "2026-11-20T09:21:42Z" in found.causes[0]


# Disabled keys and temporary ones


def test_a_disabled_key_is_told_before_anything_else() -> None:
    ring = KeyRing(SECRETS, disabled=[KEY, "LTAI5tGone"])
    for key in (KEY, "LTAI5tGone"):
        verdict, found = judged(signed(Roa(), key), ring)
        assert verdict.problem == "inactive_key"
        assert found.causes == (f"The key {key} is disabled.",)


def test_a_temporary_key_needs_its_token() -> None:
    ring = KeyRing({"STS.Temporary": SECRET})
    verdict, found = judged(signed(Roa(), "STS.Temporary"), ring)
    assert verdict.problem == "token_missing"
    assert found.causes == ("STS.Temporary is a temporary key: it needs its x-acs-security-token.",)
    assert judged(signed(changed(Roa(), x_acs_security_token="any"), "STS.Temporary"), ring)[0].ok


def test_a_key_with_a_configured_token_takes_that_one_alone() -> None:
    ring = KeyRing(SECRETS, security_tokens={KEY: "mine", OTHER_KEY: "theirs"})

    def problem(token: str | None) -> str | None:
        return judged(signed(changed(Roa(), x_acs_security_token=token)), ring)[0].problem

    assert problem("mine") is None
    assert problem(None) == "token_missing"
    assert problem("theirs") == "token_mismatch"
    assert problem("nobody's") == "token_malformed"


def test_a_key_without_a_configured_token_takes_any_but_somebody_else_s() -> None:
    ring = KeyRing(SECRETS, security_tokens={OTHER_KEY: "theirs"})
    for token, problem in ((None, None), ("any", None), ("theirs", "token_mismatch")):
        verdict, _ = judged(signed(changed(Roa(), x_acs_security_token=token)), ring)
        assert verdict.problem == problem


def test_a_wrong_token_is_not_quoted() -> None:
    ring = KeyRing(SECRETS, security_tokens={KEY: "mine", OTHER_KEY: "theirs"})
    for token, cause in (("theirs", "belongs to another key"), ("planted", "is unknown")):
        _, found = judged(signed(changed(Roa(), x_acs_security_token=token)), ring)
        assert found.causes == (f"The token that was sent {cause}.",)


def test_a_bearer_token_may_be_repeated_in_authorization() -> None:
    headers = {"x_acs_signature_type": "BEARERTOKEN", "x_acs_bearer_token": "t"}
    assert verify(authorized("bearer t", **headers), KeyRing({}), now=NOW).ok
    ring = KeyRing({}, bearer_tokens=["other"])
    assert verify(authorized("bearer t", **headers), ring, now=NOW).problem == "token_malformed"


# Headers that should be signed


def test_unsigned_headers_are_told_and_taken() -> None:
    client = Acs3(signed="host;x-acs-date")
    verdict, _ = judged(signed(client))
    assert verdict.ok
    assert verdict.unsigned == (
        "content-type",
        "x-acs-action",
        "x-acs-content-sha256",
        "x-acs-signature-nonce",
        "x-acs-version",
    )
    assert judged(signed(Acs3()))[0].unsigned == ()
    assert judged(signed(Roa()))[0].unsigned == ()


# Nonces


def moment(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_a_nonce_can_be_used_once_by_each_key() -> None:
    nonces = Nonces()
    assert nonces.use(KEY, "a", NOW, NOW)
    assert not nonces.use(KEY, "a", NOW, moment(1))
    assert nonces.use(KEY, "b", NOW, NOW)
    assert nonces.use(OTHER_KEY, "a", NOW, NOW)


def test_a_nonce_is_forgotten_when_its_time_stamp_would_be_refused_anyway() -> None:
    nonces = Nonces()
    assert nonces.use(KEY, "a", moment(600), NOW)
    assert nonces.use(KEY, "b", NOW, NOW)
    assert not nonces.use(KEY, "a", moment(600), moment(600 + 900))
    assert nonces.use(KEY, "b", moment(1500), moment(1501))
    assert nonces.use(KEY, "a", moment(1502), moment(600 + 901))
    assert len(nonces) == 2


def test_nonces_that_are_too_many_are_forgotten_beginning_with_the_oldest() -> None:
    nonces = Nonces(most=3)
    for number in range(10):
        assert nonces.use(KEY, str(number), moment(number), NOW)
        assert len(nonces) <= 3
    assert not nonces.use(KEY, "9", moment(9), NOW)
    assert nonces.use(KEY, "0", moment(0), NOW)


def test_a_nonce_that_comes_again_when_all_room_is_taken_pushes_none_out() -> None:
    nonces = Nonces(most=3)
    for number in range(3):
        assert nonces.use(KEY, str(number), moment(number), NOW)
    for number in range(3):
        assert not nonces.use(KEY, str(number), moment(number), NOW)
    assert len(nonces) == 3
