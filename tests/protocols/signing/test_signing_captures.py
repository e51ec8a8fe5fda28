"""Every recorded SDK request verifies, and none does after one change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from mock_tingwu.protocols.signing import (
    KeyRing,
    SignedRequest,
    Verdict,
    acs3,
    mismatch_message,
    roa_v1,
    verify,
)
from tests.protocols.signing.tingwu_captures import (
    ACCESS_KEY,
    BEARER,
    NO_REQUEST,
    SECRETS,
    SIGNED,
    load,
    names,
)


def with_header(request: SignedRequest, name: str, value: str | None) -> SignedRequest:
    """The request with one header replaced, or taken away."""
    rest = [pair for pair in request.headers if pair[0] != name.encode()]
    added = [] if value is None else [(name.encode(), value.encode())]
    return replace(request, headers=rest + added)


def flipped_body(request: SignedRequest) -> SignedRequest:
    body = bytes([request.body[0] ^ 1]) + request.body[1:] if request.body else b"\x01"
    return replace(request, body=body)


def flipped_signature(request: SignedRequest) -> SignedRequest:
    value = request.header("authorization") or ""
    # The last base64 character before "=" has spare bits; a decoder would not see it change.
    end = len(value.rstrip("=")) - 1
    other = "0" if value[end] != "0" else "1"
    return with_header(request, "authorization", value[:end] + other + value[end + 1 :])


def other_path(request: SignedRequest) -> SignedRequest:
    path, mark, query = request.target.partition("?")
    return replace(request, target=path + "x" + mark + query)


def protects_body(request: SignedRequest) -> bool:
    return any(request.header(name) for name in ("content-md5", "x-acs-content-sha256"))


def check(request: SignedRequest) -> Verdict:
    return verify(request, KeyRing(SECRETS), now=None)


def test_the_captures_cover_both_schemes_of_all_five_sdks() -> None:
    found = {(name.split("_")[0], check(load(name)).scheme) for name in SIGNED}
    assert found == {
        ("pycore", "acs"),
        ("popcore", "acs"),
        ("gocore", "acs"),
        ("pytea", "acs"),
        ("pytea", "ACS3-HMAC-SHA256"),
        ("nodetea", "ACS3-HMAC-SHA256"),
    }
    assert len(SIGNED) == len(names()) - 2 >= 39


def test_a_client_without_credentials_sends_no_request() -> None:
    with pytest.raises(ValueError, match="holds no request"):
        load(NO_REQUEST)


@pytest.mark.parametrize("name", SIGNED)
def test_a_recorded_request_verifies(name: str) -> None:
    verdict = check(load(name))
    assert verdict == replace(verdict, ok=True, problem=None, access_key=ACCESS_KEY)
    assert verdict.client_time is not None
    assert verdict.client_time.date().isoformat() == "2026-11-20"
    assert verdict.nonce == load(name).header("x-acs-signature-nonce")


@pytest.mark.parametrize("name", SIGNED)
def test_a_recorded_request_fails_with_a_flipped_signature(name: str) -> None:
    assert check(flipped_signature(load(name))).problem == "mismatch"


@pytest.mark.parametrize("name", SIGNED)
def test_a_recorded_request_fails_with_another_secret(name: str) -> None:
    verdict = verify(load(name), KeyRing({ACCESS_KEY: "another secret"}), now=None)
    assert (verdict.ok, verdict.problem) == (False, "mismatch")


@pytest.mark.parametrize("name", SIGNED)
def test_a_recorded_request_fails_with_an_unknown_access_key(name: str) -> None:
    verdict = verify(load(name), KeyRing({"LTAI-other": "secret"}), now=None)
    assert (verdict.ok, verdict.problem) == (False, "unknown_key")
    assert verdict.access_key == ACCESS_KEY


@pytest.mark.parametrize("name", SIGNED)
def test_a_recorded_request_fails_with_another_path(name: str) -> None:
    assert check(other_path(load(name))).problem == "mismatch"


@pytest.mark.parametrize("name", SIGNED)
def test_a_recorded_request_fails_with_another_query(name: str) -> None:
    request = load(name)
    joint = "&" if "?" in request.target else "?"
    assert check(replace(request, target=f"{request.target}{joint}x=1")).problem == "mismatch"


@pytest.mark.parametrize("name", SIGNED)
def test_a_recorded_request_fails_with_another_method(name: str) -> None:
    assert check(replace(load(name), method="PATCH")).problem == "mismatch"


@pytest.mark.parametrize("name", [name for name in SIGNED if protects_body(load(name))])
def test_a_recorded_request_fails_with_a_flipped_body_byte(name: str) -> None:
    assert check(flipped_body(load(name))).problem == "body_digest"


def test_only_v1_requests_without_content_md5_leave_the_body_unprotected() -> None:
    unprotected = [load(name) for name in SIGNED if not protects_body(load(name))]
    assert unprotected
    assert {(request.body, check(request).scheme) for request in unprotected} == {(b"", "acs")}


@pytest.mark.parametrize("name", [name for name in SIGNED if load(name).header("content-md5")])
def test_dropping_content_md5_does_not_hide_a_changed_body(name: str) -> None:
    request = with_header(flipped_body(load(name)), "content-md5", None)
    assert check(request).problem == "mismatch"


@pytest.mark.parametrize("name", [name for name in SIGNED if check(load(name)).canonical_request])
def test_dropping_the_sha256_header_does_not_hide_a_changed_body(name: str) -> None:
    request = with_header(flipped_body(load(name)), "x-acs-content-sha256", None)
    assert check(request).problem == "mismatch"


@pytest.mark.parametrize("name", [name for name in SIGNED if name.endswith("_sts")])
def test_the_security_token_is_signed(name: str) -> None:
    request = load(name)
    assert request.header("X-Acs-Security-Token") == "STS.TOKEN.VALUE"
    assert check(with_header(request, "x-acs-security-token", "STS.OTHER")).problem == "mismatch"
    assert check(with_header(request, "x-acs-security-token", None)).problem == "mismatch"


@pytest.mark.parametrize("name", SIGNED)
def test_the_window_is_fifteen_minutes_either_way(name: str) -> None:
    request = load(name)
    sent = check(request).client_time
    assert sent is not None

    def problem_at(offset: timedelta) -> str | None:
        return verify(request, KeyRing(SECRETS), now=sent + offset).problem

    for sign in (1, -1):
        assert problem_at(sign * timedelta(minutes=15)) is None
        assert problem_at(sign * timedelta(minutes=15, seconds=1)) == "timestamp_expired"


def test_the_server_time_must_be_aware() -> None:
    with pytest.raises(ValueError, match="timezone-aware"):
        verify(load(SIGNED[0]), KeyRing(SECRETS), now=datetime(2026, 11, 20))


@pytest.mark.parametrize("value", ["yesterday", "", "2026-11-20 09:22:41", None])
@pytest.mark.parametrize(
    ("name", "header"),
    [("pytea_create_offline", "x-acs-date"), ("pycore_create_offline", "date")],
)
def test_an_unreadable_time_stamp_is_told_even_without_a_window(
    name: str, header: str, value: str | None
) -> None:
    if header == "date" and value == "2026-11-20 09:22:41":
        value = "20261120T092241Z"
    verdict = check(with_header(load(name), header, value))
    assert (verdict.problem, verdict.client_time) == ("timestamp_format", None)


def test_bearer_requests_carry_a_token_instead_of_a_signature() -> None:
    request = load(BEARER)
    verdict = check(request)
    assert verdict == Verdict(
        "bearer",
        True,
        client_time=datetime(2026, 11, 20, 9, 22, 41, tzinfo=UTC),
        nonce=request.header("x-acs-signature-nonce"),
    )
    assert verdict.nonce
    assert verify(request, KeyRing({}, bearer_tokens=["BEARER.TOKEN"]), now=None).ok
    refused = verify(request, KeyRing({}, bearer_tokens=["other"]), now=None)
    assert (refused.ok, refused.problem) == (False, "token_malformed")
    empty = check(with_header(request, "x-acs-bearer-token", None))
    assert (empty.scheme, empty.ok, empty.problem) == ("bearer", False, "missing")


@pytest.mark.parametrize(
    ("authorization", "scheme", "problem"),
    [
        (None, "none", "missing"),
        ("", "none", "missing"),
        ("acs", "unknown", "malformed"),
        ("acs keyonly", "acs", "malformed"),
        ("acs :c2ln", "acs", "malformed"),
        ("acs LTAI5tExampleAccessKeyId:", "acs", "malformed"),
        ("Bearer sk-123", "unknown", "malformed"),
        (
            "ACS3-HMAC-SM3 Credential=a,SignedHeaders=host,Signature=b",
            "unknown",
            "signature_method",
        ),
        ("ACS3-HMAC-SHA256 Credential=a,Signature=b", "ACS3-HMAC-SHA256", "malformed"),
        ("ACS3-HMAC-SHA256 nonsense", "ACS3-HMAC-SHA256", "malformed"),
    ],
)
def test_a_request_without_a_usable_authorization(
    authorization: str | None, scheme: str, problem: str
) -> None:
    request = with_header(load("pytea_list_phrases"), "authorization", authorization)
    verdict = check(request)
    assert (verdict.scheme, verdict.ok, verdict.problem) == (scheme, False, problem)


def test_the_roa_message_ends_with_the_string_to_sign_after_a_colon() -> None:
    verdict = check(flipped_signature(load("pycore_get_task_info_sts")))
    assert mismatch_message(verdict) == (
        "Specified signature is not matched with our calculation. server string to sign is:"
        "GET\napplication/json\n\napplication/json\nFri, 20 Nov 2026 09:21:42 GMT\n"
        "x-acs-region-id:cn-beijing\nx-acs-security-token:STS.TOKEN.VALUE\n"
        "x-acs-signature-method:HMAC-SHA1\nx-acs-signature-version:1.0\n"
        "x-acs-version:2023-09-30\n/openapi/tingwu/v2/tasks/x?RegionId=cn-beijing"
    )


def test_the_acs3_message_shows_string_to_sign_and_canonical_request() -> None:
    verdict = check(flipped_signature(load("nodetea_get_task_info_sts")))
    signed = (
        "host;x-acs-accesskey-id;x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;"
        "x-acs-date;x-acs-security-token;x-acs-signature-nonce;x-acs-version"
    )
    message = mismatch_message(verdict)
    assert message.startswith(
        "Specified signature does not match our calculation. "
        "server StringToSign is [ACS3-HMAC-SHA256\n"
    )
    assert "] server CanonicalRequest is [GET\n/openapi/tingwu/v2/tasks/x\n\nhost:" in message
    assert message.endswith(
        f"\n\n{signed}\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855]"
    )


def test_a_scheme_without_signature_has_no_mismatch_message() -> None:
    with pytest.raises(ValueError, match="bearer"):
        mismatch_message(check(load(BEARER)))


@pytest.mark.parametrize("name", SIGNED)
def test_an_asgi_scope_gives_the_same_request(name: str) -> None:
    request = load(name)
    path, _, query = request.target.partition("?")
    scope = {
        "type": "http",
        "method": request.method,
        "path": "/decoded",
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": list(request.headers),
    }
    assert SignedRequest.from_asgi(scope, request.body) == request


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-20T9:22:41Z",
        "２０２６-11-20T09:22:41Z",
        "2026-11-20T09:22:41",
        "2026-11-20T09:22:41.000Z",
        "2026-11-20T09:22:41Z\n",
        "2026-13-20T09:22:41Z",
    ],
)
def test_an_x_acs_date_in_any_other_form_cannot_be_read(value: str) -> None:
    headers = [(b"x-acs-date", value.encode())]
    assert acs3.client_time_of(SignedRequest("GET", "/", headers)) is None


@pytest.mark.parametrize(
    "value",
    [
        "20 Nov 2026 09:22:41 GMT",
        "Mon, 20 Nov 2026 09:22:41 GMT",
        "Fri, 20 Nov 2026 09:22:41 XYZ",
        "Fri, 20 Nov 2026 09:22:41",
        "Fri, 20 Nov 26 09:22:41 GMT",
        "Fri, 20 Now 2026 09:22:41 GMT",
        "Fri, 32 Nov 2026 09:22:41 GMT",
        "Fri, ２０ Nov 2026 09:22:41 GMT",
    ],
)
def test_a_date_in_any_other_form_cannot_be_read(value: str) -> None:
    headers = [(b"date", value.encode())]
    assert roa_v1.client_time_of(SignedRequest("GET", "/", headers)) is None


@pytest.mark.parametrize(
    "value",
    [
        "Fri, 20 Nov 2026 09:22:41 GMT",
        "Fri, 20 Nov 2026 09:22:41 +0000",
        "Fri, 20 Nov 2026 17:22:41 +0800",
        "Fri, 20 Nov 2026 09:22:41 UTC",
    ],
)
def test_a_date_may_be_in_gmt_or_with_an_offset(value: str) -> None:
    headers = [(b"date", value.encode())]
    moment = roa_v1.client_time_of(SignedRequest("GET", "/", headers))
    assert moment == datetime(2026, 11, 20, 9, 22, 41, tzinfo=UTC)


def test_the_last_day_of_time_has_no_utc() -> None:
    headers = [(b"date", b"Fri, 31 Dec 9999 23:59:59 -2359")]
    assert roa_v1.client_time_of(SignedRequest("GET", "/", headers)) is None
