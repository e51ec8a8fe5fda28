"""Signatures on the wire: what is refused in verify mode, and what the journal says in both."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from mock_tingwu import MockTingwu
from mock_tingwu.protocols.signing import SignedRequest
from tests.protocols.signing.mis_signed import (
    KEY,
    NOW,
    OTHER_KEY,
    OTHER_SECRET,
    Acs3,
    Roa,
    changed,
    md5,
)
from tests.protocols.signing.tingwu_captures import (
    BEARER,
    FOLDER,
    SIGNED,
    load,
)
from tests.protocols.signing.tingwu_captures import SECRETS as CAPTURED
from tests.wire.helpers.raw import exchange
from tests.wire.helpers.signed import (
    TEMPORARY,
    TEMPORARY_SECRET,
    acs3,
    at,
    code,
    of_kind,
    roa,
    send,
    signed,
)

#: Recorded requests that are let in may still lack a body, have a path that is none of the API's,
#: or be about hot words that do not exist.
LET_IN = ("0", "InvalidPhraseId", "MissingInput", "InvalidApi.NotFound")


# What is right


@pytest.mark.parametrize("name", SIGNED)
def test_every_recorded_request_of_an_sdk_is_let_in(strict: MockTingwu, name: str) -> None:
    request = load(name)
    at(strict, _sent(name))
    content = (FOLDER / f"{name}.txt").read_bytes()
    raw = re.sub(rb"\A(#[^\n]*\n)*\n*", b"", content).partition(b"\n\n<<<END REQUEST")[0]
    answer = exchange(strict, raw)
    assert answer.json()["Code"] in LET_IN, answer.body
    (entry,) = of_kind(strict, "request")
    assert (entry["signature"], entry["method"]) == ("ok", request.method)
    assert of_kind(strict, "signature") == []
    # Nothing is wrong but what a body that was not recorded leaves out, and a FileUrl with a space.
    rules = {entry["rule"] for entry in of_kind(strict, "violation")}
    assert rules <= {"request-schema", "app-key", "unknown-api", "file-url"}


def _sent(name: str) -> Any:
    from mock_tingwu.protocols.signing import KeyRing, verify

    return verify(load(name), KeyRing(CAPTURED), now=None).client_time


def test_a_recorded_bearer_request_is_let_in_with_its_token_alone(strict: MockTingwu) -> None:
    request = load(BEARER)
    assert send(strict, request).status == 200
    others = [pair for pair in request.headers if pair[0] != b"x-acs-bearer-token"]
    wrong = replace(request, headers=[*others, (b"x-acs-bearer-token", b"planted-token")])
    assert code(send(strict, wrong)) == (400, "InvalidSecurityToken.Malformed")
    assert code(send(strict, replace(request, headers=others))) == (400, "MissingAccessKeyId")


@pytest.mark.parametrize("client", [roa(), acs3()])
def test_a_right_signature_is_let_in_and_leaves_no_remark(
    either: MockTingwu, client: Roa | Acs3
) -> None:
    assert send(either, signed(client)).status == 200
    assert [entry["kind"] for entry in either.journal] == ["request", "response"]


# What is wrong

REFUSED: list[tuple[str, SignedRequest, int, str, str]] = [
    (
        "no authorization",
        replace(signed(roa()), headers=[(b"host", b"h")]),
        400,
        "MissingAccessKeyId",
        "AccessKeyId is mandatory for this action.",
    ),
    (
        "half an authorization",
        roa().sent("", KEY),
        400,
        "IncompleteSignature",
        "The request signature does not conform to Aliyun standards.",
    ),
    (
        "unknown key",
        signed(roa(), key="LTAI5tNobody"),
        404,
        "InvalidAccessKeyId.NotFound",
        "Specified access key is not found.",
    ),
    (
        "disabled key",
        signed(acs3(), key="LTAI5tRetired"),
        400,
        "InvalidAccessKeyId.Inactive",
        "Specified access key is disabled.",
    ),
    (
        "signature method",
        signed(roa(x_acs_signature_method="HMAC-SHA256")),
        400,
        "InvalidSignatureMethod",
        "Specified signature method is not valid.",
    ),
    (
        "temporary key without a token",
        signed(roa(), TEMPORARY_SECRET, TEMPORARY),
        400,
        "MissingSecurityToken",
        "SecurityToken is mandatory for this action.",
    ),
    (
        "unknown token",
        signed(acs3(x_acs_security_token="planted"), OTHER_SECRET, OTHER_KEY),
        400,
        "InvalidSecurityToken.Malformed",
        "Specified SecurityToken is malformed.",
    ),
    (
        "somebody else's token",
        signed(roa(x_acs_security_token="token-of-third"), OTHER_SECRET, OTHER_KEY),
        400,
        "InvalidSecurityToken.MismatchWithAccessKey",
        "Specified SecurityToken mismatch with the AccessKey.",
    ),
    (
        "unreadable date",
        signed(roa(date="today")),
        400,
        "InvalidTimeStamp.Format",
        "Specified time stamp or date value is not well formatted.",
    ),
    (
        "old date",
        signed(acs3(x_acs_date="2026-11-20T09:06:41Z")),
        400,
        "InvalidTimeStamp.Expired",
        "Specified time stamp or date value is expired.",
    ),
    (
        "another body's MD5",
        signed(roa(content_md5=md5(b"else"))),
        400,
        "ContentMD5NotMatched",
        "Specified content md5 is not matched with your request body.",
    ),
    (
        "no version",
        signed(roa(x_acs_version=None)),
        400,
        "MissingVersion",
        "Version is mandatory for this action.",
    ),
    (
        "another version",
        signed(acs3(x_acs_version="2022-09-30")),
        400,
        "InvalidVersion",
        "Specified parameter Version is not valid.",
    ),
]


@pytest.mark.parametrize(
    ("request_", "status", "name", "message"),
    [row[1:] for row in REFUSED],
    ids=[row[0] for row in REFUSED],
)
def test_what_is_wrong_is_refused_with_its_code_and_has_no_effect(
    strict: MockTingwu, request_: SignedRequest, status: int, name: str, message: str
) -> None:
    answer = send(strict, request_)
    body = answer.json()
    assert (answer.status, body["Code"], body["Message"]) == (status, name, message)
    assert strict.call(lambda: strict._server.world.default.tasks) == {}


def test_a_mismatch_of_roa_shows_the_whole_string_to_sign(strict: MockTingwu) -> None:
    client = roa()
    answer = send(strict, signed(client, "wrong"))
    assert code(answer) == (400, "SignatureDoesNotMatch")
    assert answer.json()["Message"] == (
        "Specified signature is not matched with our calculation. server string to sign is:"
        + client.text()
    )


def test_a_mismatch_of_acs3_shows_string_to_sign_and_canonical_request(strict: MockTingwu) -> None:
    client = acs3()
    digest = hashlib.sha256(client.text().encode()).hexdigest()
    message = (
        "Specified signature does not match our calculation. "
        f"server StringToSign is [ACS3-HMAC-SHA256\n{digest}] "
        f"server CanonicalRequest is [{client.text()}]"
    )
    answer = send(strict, signed(client, "wrong"))
    assert (answer.status, answer.json()["Message"]) == (400, message)
    other = acs3(x_acs_content_sha256=hashlib.sha256(b"else").hexdigest())
    assert code(send(strict, signed(other))) == (400, "SignatureDoesNotMatch")


def test_open_mode_takes_all_of_that(lenient: MockTingwu) -> None:
    for _, request, _, _, _ in REFUSED:
        assert send(lenient, request).status == 200
    assert send(lenient, signed(roa(), "wrong")).status == 200


# Nonces


@pytest.mark.parametrize("client", [roa(x_acs_signature_nonce="n1"), acs3("n1")])
def test_a_nonce_is_taken_once(strict: MockTingwu, client: Roa | Acs3) -> None:
    assert send(strict, signed(client)).status == 200
    answer = send(strict, signed(client))
    assert code(answer) == (400, "SignatureNonceUsed")
    assert answer.json()["Message"] == "Specified signature nonce was used already."
    fresh = acs3("n2") if isinstance(client, Acs3) else changed(client, x_acs_signature_nonce="n2")
    assert send(strict, signed(fresh)).status == 200


def test_requests_without_a_nonce_may_be_sent_again(strict: MockTingwu) -> None:
    # aliyun-python-sdk-core sends none (tingwu-openapi 0.2).
    for _ in range(3):
        assert send(strict, signed(roa())).status == 200


def test_a_nonce_of_a_wrong_request_is_not_used_up(strict: MockTingwu) -> None:
    assert code(send(strict, signed(acs3("n1"), "wrong"))) == (400, "SignatureDoesNotMatch")
    assert send(strict, signed(acs3("n1"))).status == 200


def test_a_nonce_lasts_as_long_as_its_time_stamp_and_a_reset_forgets_it(
    strict: MockTingwu,
) -> None:
    assert send(strict, signed(acs3("n1"))).status == 200
    at(strict, NOW + timedelta(minutes=14))
    assert code(send(strict, signed(acs3("n1")))) == (400, "SignatureNonceUsed")
    strict.reset()
    assert send(strict, signed(acs3("n1"))).status == 200


def test_a_used_nonce_is_no_more_than_a_violation_in_open_mode(lenient: MockTingwu) -> None:
    for _ in range(2):
        assert send(lenient, signed(acs3("n1"))).status == 200
    (violation,) = of_kind(lenient, "violation")
    assert violation["rule"] == "signature"
    assert violation["text"].startswith("The nonce 'n1' was used before")
    assert [entry["signature"] for entry in of_kind(lenient, "request")] == ["ok", "nonce_used"]
