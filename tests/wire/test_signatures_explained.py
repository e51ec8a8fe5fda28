"""Wrong signatures on the wire: what the journal says of them in both modes."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from msgspec.structs import replace

from mock_tingwu import MockTingwu
from mock_tingwu.protocols.signing import SignedRequest
from mock_tingwu.protocols.signing.explained import MOST
from tests.protocols.signing.mis_signed import (
    KEY,
    NOW,
    OTHER_SECRET,
    SECRET,
    md5,
    sha1,
)
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


def test_a_wrong_signature_is_explained_line_by_line(either: MockTingwu) -> None:
    client = roa()
    text = client.text().replace("PUT", "POST")
    answer = send(either, client.sent(sha1(text)))
    (entry,) = of_kind(either, "signature")
    assert entry["request_id"] == answer.json()["RequestId"]
    assert (entry["problem"], entry["scheme"]) == ("mismatch", "acs")
    assert entry["server"] == client.text().split("\n")
    assert entry["client"] == text.split("\n")
    assert entry["differs_at"] == {
        "line": 1,
        "part": "method",
        "server": "PUT",
        "client": "POST",
    }
    assert entry["causes"] == ["The client signed the method POST, but sent PUT."]


def test_a_violation_says_the_cause_whether_the_call_is_refused_or_not(
    either: MockTingwu,
) -> None:
    answer = send(either, signed(acs3(), SECRET + "\n"))
    violations = of_kind(either, "violation")
    assert [
        (found["rule"], found["text"], found["request_id"], found["service"])
        for found in violations
    ] == [
        (
            "signature",
            "The request was signed with the secret and a line end behind it.",
            answer.json()["RequestId"],
            "tingwu",
        )
    ]
    assert violations[0]["source"].startswith("tingwu-openapi")


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        (signed(roa(), "wrong"), "mismatch"),
        (signed(roa(content_md5=md5(b"else"))), "body_digest"),
        (signed(acs3(x_acs_date="2026-11-20T08:00:00Z")), "timestamp_expired"),
        (signed(acs3(x_acs_date="now")), "timestamp_format"),
        (roa().sent("", KEY), "malformed"),
        (signed(roa(x_acs_signature_method="RSA")), "signature_method"),
        (signed(roa(), TEMPORARY_SECRET, TEMPORARY), "token_missing"),
    ],
)
def test_open_mode_reports_whatever_is_wrong_with_a_configured_key(
    lenient: MockTingwu, request_: SignedRequest, problem: str
) -> None:
    assert send(lenient, request_).status == 200
    assert [entry["problem"] for entry in of_kind(lenient, "signature")] == [problem]
    assert len(of_kind(lenient, "violation")) == 1


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        (signed(roa(), "wrong", "LTAI5tNobody"), "unknown_key"),
        (replace(signed(roa()), headers=[(b"host", b"h")]), "missing"),
        (roa().sent("", "LTAI5tNobody"), "malformed"),
    ],
)
def test_open_mode_does_not_mind_any_other_credentials(
    lenient: MockTingwu, request_: SignedRequest, problem: str
) -> None:
    assert send(lenient, request_).status == 200
    assert [entry["kind"] for entry in lenient.journal] == ["request", "response"]
    assert lenient.journal[0]["signature"] == problem


def test_a_header_left_unsigned_is_a_violation_but_no_obstacle(either: MockTingwu) -> None:
    client = replace(acs3(), signed="host;x-acs-date")
    assert send(either, signed(client)).status == 200
    (violation,) = of_kind(either, "violation")
    assert violation["rule"] == "signed-headers"
    assert violation["text"] == (
        "sent, but not in SignedHeaders: content-type, x-acs-action, x-acs-content-sha256, "
        "x-acs-signature-nonce, x-acs-version"
    )
    assert of_kind(either, "signature") == []


def test_a_body_that_was_not_read_is_no_wrong_signature(either: MockTingwu) -> None:
    request = signed(acs3())
    lines = [f"{request.method} {request.target} HTTP/1.1".encode()]
    lines += [name + b": " + value for name, value in request.headers]
    answer = exchange(either, b"\r\n".join([*lines, b"content-length: 99999999"]) + b"\r\n\r\n")
    assert code(answer) == (413, "RequestEntityTooLarge")
    (entry,) = of_kind(either, "request")
    assert entry["signature"] == "not_checked"
    assert of_kind(either, "signature") == of_kind(either, "violation") == []
    assert send(either, request).status == 200  # its nonce was not used up


def test_a_client_that_goes_on_with_a_mistake_is_told_once_in_a_while(either: MockTingwu) -> None:
    def causes() -> list[list[str]]:
        return [entry["causes"] for entry in of_kind(either, "signature")]

    mistake = "The request was signed with the secret and a line end behind it."
    for number in range(MOST + 2):
        send(either, signed(acs3(f"n{number}"), SECRET + "\n"))
    entries = of_kind(either, "signature")
    explained, others = entries[:MOST], entries[MOST:]
    assert [entry["causes"] for entry in explained] == [[mistake]] * MOST
    last = explained[-1]
    again = (
        f"Not searched for: it is too much like the requests up to seq {last['seq']}, all within "
        "seconds."
    )
    assert [entry["causes"] for entry in others] == [[again], [again]]
    assert [(entry["client"], entry["differs_at"]) for entry in others] == [(None, None)] * 2
    assert all(len(entry["server"]) == len(last["server"]) for entry in others)
    # Another method, target, header or problem is another mistake.
    other = signed(acs3("m4"), SECRET + "\n")
    send(either, replace(other, target=f"{other.target}&a=1"))
    assert causes()[-1] != [again]
    send(either, signed(replace(acs3("m5", x_acs_a="1")), SECRET + "\n"))
    assert causes()[-1] == [mistake]
    at(either, NOW + timedelta(seconds=11))
    send(either, signed(acs3("m6"), SECRET + "\n"))
    assert causes()[-1] == [mistake]


def test_a_mistake_that_is_cheap_to_tell_is_told_every_time(either: MockTingwu) -> None:
    for _ in range(3):
        send(either, signed(roa(date="today")))
    told = {tuple(entry["causes"]) for entry in of_kind(either, "signature")}
    assert len(of_kind(either, "signature")) == 3
    assert told == {("Date is 'today', expected a form such as Fri, 20 Nov 2026 09:21:42 GMT.",)}


def test_id_and_secret_that_are_swapped_show_no_secret(either: MockTingwu) -> None:
    # SDKs put the id of a temporary key into a header that is signed.
    for client in (
        roa(x_acs_accesskey_id=SECRET, x_acs_security_token="some-token"),
        replace(acs3(x_acs_accesskey_id=SECRET), signed=acs3().signed + ";x-acs-accesskey-id"),
    ):
        send(either, signed(client, "wrong"))
        send(either, signed(client, KEY, SECRET))
    entries = of_kind(either, "signature")
    # In open mode a key that is not configured is nobody's mistake.
    assert [entry["problem"] for entry in entries if entry["problem"] == "mismatch"] == [
        "mismatch"
    ] * 2
    assert "x-acs-accesskey-id:…" in entries[0]["server"]
    text = json.dumps(either.journal)
    assert SECRET not in text and "token-of-other" not in text


def test_authorization_is_not_quoted(strict: MockTingwu) -> None:
    for value in ("planted-value", "ACS3-PLANTED-VALUE", "Planted value", "acs planted:planted"):
        headers = [pair for pair in signed(roa()).headers if pair[0] != b"authorization"]
        send(strict, replace(signed(roa()), headers=[*headers, (b"authorization", value.encode())]))
    said = json.dumps([entry["causes"] for entry in of_kind(strict, "signature")])
    assert len(of_kind(strict, "signature")) == 4
    assert "plante" not in said.lower()


def test_no_secret_stands_in_an_explanation(either: MockTingwu) -> None:
    token = "planted-security-token"
    for client in (
        roa(x_acs_security_token=token),
        replace(acs3(x_acs_security_token=token), signed=acs3().signed + ";x-acs-security-token"),
    ):
        target = f"{client.target}&Signature=planted-query"
        for secret in (OTHER_SECRET, "wrong"):
            send(either, signed(replace(client, target=target), secret))
    (first, *_) = of_kind(either, "signature")
    assert any(line.startswith("x-acs-security-token:") for line in first["server"])
    text = json.dumps(either.journal)
    for secret in ("planted", SECRET, OTHER_SECRET):
        assert secret not in text


def test_what_is_secret_in_a_signed_header_is_not_shown(either: MockTingwu) -> None:
    client = replace(
        acs3(cookie="sid=planted", x_api_key="planted-key"),
        signed=acs3().signed + ";cookie;x-api-key",
    )
    send(either, signed(client, SECRET + "\n"))
    entries = of_kind(either, "signature")
    assert entries[0]["causes"]
    assert "planted" not in repr(entries).replace("plan…", "")
