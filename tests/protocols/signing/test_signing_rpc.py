"""RPC v1: what is taken, what is not, and what an API in RPC style takes besides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qsl

import pytest
from alibabacloud_tea_openapi.utils import Utils
from aliyunsdkcore.auth.algorithm import sha_hmac1
from aliyunsdkcore.auth.composer import rpc_signature_composer
from aliyunsdkcore.request import RpcRequest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from mock_tingwu.protocols.signing import (
    CLOCK_WINDOW,
    RPC_CLOCK_WINDOW,
    KeyRing,
    SignedRequest,
    Verdict,
    clock_window,
    encode_query,
    mismatch_message,
    rpc_v1,
    sign_acs3,
    sign_rpc_v1,
    verify,
    verify_rpc,
)
from mock_tingwu.protocols.signing.nonces import Nonces
from tests.protocols.signing import live_captures
from tests.protocols.signing.live_captures import ACCESS_KEY, NAMES, SECRETS, load
from tests.protocols.signing.mis_signed import (
    KEY,
    NOW,
    OTHER_KEY,
    SECRET,
    Rpc,
    judged_rpc,
    pairs,
    rpc,
    with_parameters,
)

FORM = {"content-type": "application/x-www-form-urlencoded"}


def check(request: SignedRequest) -> Verdict:
    return verify_rpc(request, KeyRing(SECRETS), now=None)


def signed(client: Rpc) -> SignedRequest:
    return client.sent(rpc(client.text()))


# What SDKs have sent

IN_PARAMETERS = [name for name in NAMES if load(name).header("authorization") is None]
IN_QUERY = [name for name in IN_PARAMETERS if load(name).query]


def test_the_captures_cover_both_schemes_query_form_and_sts() -> None:
    assert len(NAMES) == 41
    assert {check(load(name)).scheme for name in NAMES} == {"rpc", "ACS3-HMAC-SHA256"}
    assert {name.split(".")[0] for name in IN_PARAMETERS} == {"core", "serve_node", "tea"}
    assert [name for name in NAMES if load(name).body] == [
        "core.common_post_body",
        "serve_node.popcore_post",
    ]
    assert [name for name in NAMES if load(name).header("x-acs-security-token")] == [
        "tea.create_sts"
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_request_verifies(name: str) -> None:
    request = load(name)
    verdict = check(request)
    assert verdict == replace(verdict, ok=True, problem=None, access_key=ACCESS_KEY)
    assert verdict.client_time is not None
    assert verdict.client_time.date().isoformat() == "2026-11-20"
    sent = dict(parse_qsl(f"{request.query}&{request.body.decode()}"))
    nonce = sent.get("SignatureNonce") or request.header("x-acs-signature-nonce")
    assert nonce and verdict.nonce == nonce


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_request_fails_with_another_secret_key_or_method(name: str) -> None:
    request = load(name)
    other = verify_rpc(request, KeyRing({ACCESS_KEY: "other"}), now=None)
    assert other.problem == "mismatch"
    assert verify_rpc(request, KeyRing({"other": "x"}), now=None).problem == "unknown_key"
    assert check(replace(request, method="PUT")).problem == "mismatch"


def changed_bytes(text: str) -> list[str]:
    """The text with one byte changed, each in turn."""
    return [
        text[:at] + ("y" if character == "x" else "x") + text[at + 1 :]
        for at, character in enumerate(text)
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_request_fails_with_any_byte_of_its_query_changed(name: str) -> None:
    request = load(name)
    if not request.query:
        return
    for query in changed_bytes(request.query):
        assert not check(replace(request, target=f"/?{query}")).ok, query


@pytest.mark.parametrize("name", [name for name in NAMES if load(name).body])
def test_a_recorded_request_fails_with_any_byte_of_its_form_changed(name: str) -> None:
    request = load(name)
    for body in changed_bytes(request.body.decode()):
        assert not check(replace(request, body=body.encode())).ok, body


@pytest.mark.parametrize("name", IN_PARAMETERS)
def test_a_recorded_request_fails_with_a_parameter_more(name: str) -> None:
    request = load(name)
    joint = "&" if request.query else "?"
    assert check(replace(request, target=f"{request.target}{joint}x=")).problem == "mismatch"
    form = replace(request, headers=pairs(FORM), body=request.body + b"&x=")
    assert check(form).problem == "mismatch"


@pytest.mark.parametrize("name", IN_PARAMETERS)
def test_the_window_is_thirty_one_minutes_either_way(name: str) -> None:
    request = load(name)
    sent = check(request).client_time
    assert sent is not None
    for sign in (1, -1):
        for off, problem in ((0, None), (1, "timestamp_expired")):
            now = sent + sign * timedelta(minutes=31, seconds=off)
            assert verify_rpc(request, KeyRing(SECRETS), now=now).problem == problem


def test_acs3_keeps_its_window_of_fifteen_minutes() -> None:
    request = load("tea.create")
    now = datetime(2026, 11, 20, 9, 23, 25, tzinfo=UTC) + timedelta(minutes=15, seconds=1)
    assert verify_rpc(request, KeyRing(SECRETS), now=now).problem == "timestamp_expired"
    assert (clock_window("ACS3-HMAC-SHA256"), clock_window("acs")) == (CLOCK_WINDOW, CLOCK_WINDOW)
    assert clock_window("rpc") == RPC_CLOCK_WINDOW == timedelta(minutes=31)


def test_the_captures_are_told_by_the_secret_that_stands_beside_them() -> None:
    told = (live_captures.FOLDER / "README.md").read_text(encoding="utf-8")
    assert f"`{ACCESS_KEY}`" in told and f"`{SECRETS[ACCESS_KEY]}`" in told


# The forms of one request


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("b=2&a=1", "a=1&b=2"),
        ("a=x%20y%2Fz", "a=x%20y%2Fz"),
        ("a=x+y", "a=x%20y"),
        ("a=x+y", "a=x%2By"),
        ("a=x%2By", "a=x%2By"),
        ("a=*~'()!", "a=%2A~%27%28%29%21"),
        ("a=%2A%7E%27%28%29%21", "a=%2A~%27%28%29%21"),
        ("a=%e4%b8%ad", "a=%E4%B8%AD"),
        ("a=中", "a=%E4%B8%AD"),
        ("a=", "a="),
        ("a", "a="),
        ("&a=1&&b=2&", "a=1&b=2"),
        ("a=1&A=2&a=0", "A=2&a=0&a=1"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_parameters_are_taken_as_clients_send_them(query: str, text: str, method: str) -> None:
    all_of_it = f"AccessKeyId={KEY}&Timestamp=2026-11-20T09%3A21%3A42Z&{text}"
    ordered = "&".join(sorted(all_of_it.split("&")))
    whole = f"{method}&%2F&" + ordered.replace("%", "%25").replace("=", "%3D").replace("&", "%26")
    signature = rpc(whole).replace("+", "%2B")
    sent = f"{query}&AccessKeyId={KEY}&Timestamp=2026-11-20T09:21:42Z&Signature={signature}"
    in_query = SignedRequest(method, f"/?{sent}", pairs({"host": "h"}))
    in_form = SignedRequest(method, "/", pairs(FORM), sent.encode())
    for request in (in_query, in_form):
        verdict, _ = judged_rpc(request)
        assert verdict == Verdict("rpc", True, KEY, None, whole, client_time=NOW)


def test_query_and_form_are_signed_together() -> None:
    client = replace(Rpc(method="POST"), form=("Mode", "CallbackURL", "SignatureType"))
    request = signed(client)
    assert judged_rpc(request)[0].ok
    moved = signed(replace(client, form=("Action",)))
    assert judged_rpc(moved)[0].string_to_sign == judged_rpc(request)[0].string_to_sign
    for headers in (
        {"content-type": "Application/X-WWW-Form-Urlencoded; charset=UTF-8"},
        {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"},
    ):
        assert judged_rpc(replace(request, headers=pairs(headers)))[0].ok
    other = replace(request, headers=pairs({"content-type": "application/json"}))
    assert judged_rpc(other)[0].problem == "mismatch"


def test_the_base64_of_a_signature_may_have_its_plus_in_plain() -> None:
    clients = (with_parameters(Rpc(), SignatureNonce=str(number)) for number in range(100))
    client = next(client for client in clients if "+" in rpc(client.text()))
    request = signed(client)
    request = replace(request, target=request.target.replace("%2B", "+"))
    assert "+" in request.target
    assert judged_rpc(request)[0].ok


@pytest.mark.parametrize("path", ["/", "//", "/p", ""])
def test_the_path_is_always_signed_as_a_slash(path: str) -> None:
    assert judged_rpc(signed(Rpc(path=path)))[0].ok


def test_of_a_parameter_that_comes_twice_both_are_signed_and_the_first_counts() -> None:
    request = signed(Rpc())
    twice = replace(request, target=f"{request.target}&AccessKeyId={OTHER_KEY}&Signature=x")
    verdict, _ = judged_rpc(twice)
    assert (verdict.problem, verdict.access_key) == ("mismatch", KEY)
    assert f"AccessKeyId%3D{OTHER_KEY}" in verdict.string_to_sign
    assert judged_rpc(replace(request, target=f"{request.target}&Signature=x"))[0].ok


def test_parameters_are_those_of_the_query_and_then_those_of_the_form() -> None:
    request = SignedRequest("POST", "/?b=1+2&a=%E4%B8%AD&b=", pairs(FORM), b"a=%2B&Signature=s&c")
    assert rpc_v1.parameters(request) == [
        ("b", "1 2"),
        ("a", "中"),
        ("b", ""),
        ("a", "+"),
        ("Signature", "s"),
        ("c", ""),
    ]
    assert rpc_v1.parameters(replace(request, headers=[]))[3:] == []
    assert rpc_v1.first_values(request) == {"a": "中", "b": "1 2", "c": "", "Signature": "s"}


@pytest.mark.parametrize("body", [b"\xff\xfe=\xff", b"%FF=%", b"=", b"&&&", b"+", b"\x00=\n"])
def test_a_form_that_is_none_is_read_as_what_it_is(body: bytes) -> None:
    request = replace(signed(Rpc()), headers=pairs(FORM), body=body)
    verdict, _ = judged_rpc(request)
    assert verdict.problem == (None if body == b"&&&" else "mismatch")


# What is wrong with a request


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({"AccessKeyId": None}, "missing"),
        ({"AccessKeyId": ""}, "missing"),
        ({"SignatureMethod": None}, None),
        ({"SignatureMethod": ""}, None),
        ({"SignatureMethod": "hmac-sha1"}, None),
        ({"SignatureMethod": "HMAC-SHA256", "AccessKeyId": "nobody"}, "signature_method"),
        ({"AccessKeyId": "nobody"}, "unknown_key"),
        ({"AccessKeyId": "gone"}, "inactive_key"),
        ({"AccessKeyId": "STS.a"}, "token_missing"),
        ({"AccessKeyId": "STS.a", "SecurityToken": "any"}, None),
        ({"AccessKeyId": OTHER_KEY}, "token_missing"),
        ({"AccessKeyId": OTHER_KEY, "SecurityToken": "mine"}, None),
        ({"AccessKeyId": OTHER_KEY, "SecurityToken": "x"}, "token_malformed"),
        ({"SecurityToken": "mine"}, "token_mismatch"),
        ({"Timestamp": None}, "timestamp_format"),
        ({"Timestamp": ""}, "timestamp_format"),
        ({"Timestamp": "2026-11-20 09:21:42"}, "timestamp_format"),
        ({"Timestamp": "2026-11-20T09:21:42.000Z"}, "timestamp_format"),
        ({"Timestamp": "2026-13-20T09:21:42Z"}, "timestamp_format"),
        ({"Timestamp": "2026-11-20T08:50:42Z"}, None),
        ({"Timestamp": "2026-11-20T08:50:41Z"}, "timestamp_expired"),
        ({"Timestamp": "2026-11-20T09:52:42Z"}, None),
        ({"Timestamp": "2026-11-20T09:52:43Z"}, "timestamp_expired"),
    ],
)
def test_each_problem_is_told(parameters: dict[str, str | None], problem: str | None) -> None:
    keys = KeyRing(
        {KEY: SECRET, OTHER_KEY: SECRET, "STS.a": SECRET},
        disabled=["gone"],
        security_tokens={OTHER_KEY: "mine"},
    )
    client = with_parameters(Rpc(), **parameters)
    verdict, _ = judged_rpc(signed(client), keys)
    assert (verdict.scheme, verdict.ok, verdict.problem) == ("rpc", problem is None, problem)
    assert verdict.access_key == (client.parameters.get("AccessKeyId") or None)
    assert (verdict.string_to_sign, verdict.nonce) == (client.text(), "n1")


@pytest.mark.parametrize("signature", ["", "&Signature="])
def test_a_request_without_signature_is_malformed(signature: str) -> None:
    query = Rpc().sent("x").query.replace("&Signature=x", signature)
    verdict, _ = judged_rpc(SignedRequest("GET", f"/?{query}", []))
    assert (verdict.scheme, verdict.problem, verdict.access_key) == ("rpc", "malformed", KEY)


def test_the_server_time_must_be_aware() -> None:
    with pytest.raises(ValueError, match="timezone-aware"):
        verify_rpc(signed(Rpc()), KeyRing({KEY: SECRET}), now=datetime(2026, 11, 20))


def test_a_form_that_is_too_long_is_not_read() -> None:
    most = b"&" * (rpc_v1.LONGEST_FORM - 3) + b"a=1"
    assert rpc_v1.parameters(SignedRequest("POST", "/", pairs(FORM), most)) == [("a", "1")]
    request = replace(signed(Rpc()), headers=pairs(FORM), body=most + b"&")
    assert rpc_v1.form(request) == ""
    verdict, _ = judged_rpc(request)
    assert (verdict.problem, verdict.string_to_sign) == ("malformed", Rpc().text())
    assert judged_rpc(replace(request, headers=[]))[0].ok


def test_the_message_ends_with_the_string_to_sign_after_a_colon() -> None:
    verdict, _ = judged_rpc(Rpc().sent("wrong"))
    start, _, text = mismatch_message(verdict).partition(":")
    assert start == (
        "Specified signature is not matched with our calculation. server string to sign is"
    )
    assert text == verdict.string_to_sign == Rpc().text()


# Which scheme it is


def test_an_api_in_rpc_style_takes_acs3() -> None:
    headers = sign_acs3(
        "POST",
        "/",
        {"Mode": "live"},
        {},
        b"",
        access_key=KEY,
        secret=SECRET,
        action="CreateRtcAsrTask",
        version="2016-11-01",
        host="h",
        nonce="n",
        date=NOW,
    )
    verdict, _ = judged_rpc(SignedRequest("POST", "/?Mode=live", pairs(headers)))
    assert (verdict.scheme, verdict.ok, verdict.nonce) == ("ACS3-HMAC-SHA256", True, "n")


@pytest.mark.parametrize(
    ("headers", "scheme", "problem"),
    [
        ({}, "rpc", "missing"),
        ({"authorization": f"acs {KEY}:x"}, "rpc", "missing"),
        ({"authorization": "Bearer t"}, "rpc", "missing"),
        ({"authorization": "ACS3-HMAC-SHA256 x"}, "ACS3-HMAC-SHA256", "malformed"),
        ({"authorization": "ACS3-RSA-SHA256 x"}, "unknown", "signature_method"),
        ({"x-acs-signature-type": "BEARERTOKEN"}, "bearer", "missing"),
        ({"x-acs-signature-type": "BEARERTOKEN", "x-acs-bearer-token": "t"}, "bearer", None),
    ],
)
def test_headers_tell_the_scheme_before_parameters(
    headers: dict[str, str], scheme: str, problem: str | None
) -> None:
    verdict, _ = judged_rpc(SignedRequest("GET", "/?Action=a", pairs(headers)))
    assert (verdict.scheme, verdict.problem) == (scheme, problem)


def test_an_authorization_that_is_none_of_ours_leaves_the_parameters_valid() -> None:
    assert judged_rpc(signed(replace(Rpc(), headers={"authorization": "Basic x"})))[0].ok


def test_an_api_in_roa_style_does_not_take_parameters() -> None:
    assert verify(signed(Rpc()), KeyRing({KEY: SECRET}), now=NOW) == Verdict(
        "none", False, problem="missing"
    )


# Nonces


def test_a_nonce_is_remembered_as_long_as_its_time_stamp_is_taken() -> None:
    def again(window: timedelta, minutes: int) -> bool:
        nonces = Nonces()
        assert nonces.use(KEY, "n", NOW, NOW, window)
        return nonces.use(KEY, "n", NOW, NOW + timedelta(minutes=minutes), window)

    assert [again(clock_window("rpc"), minutes) for minutes in (31, 32)] == [False, True]
    assert [again(clock_window("acs"), minutes) for minutes in (15, 16)] == [False, True]


# What `sign` makes, and what the official composers make

words = st.text(st.characters(codec="utf-8"), max_size=12)
names = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=8)
tokens = st.text("abcXYZ019.-_", min_size=1, max_size=20)
# A parameter named like one that the client adds by itself is sent twice, but signed once.
ADDED = {
    *("AccessKeyId", "Action", "Format", "RegionId", "SecurityToken", "Signature"),
    *("SignatureMethod", "SignatureNonce", "SignatureType", "SignatureVersion"),
    *("Timestamp", "Version"),
}
values = st.dictionaries(names.filter(lambda name: name not in ADDED), words, max_size=4)
methods = st.sampled_from(["GET", "POST"])


def received(method: str, parameters: dict[str, str], posted: set[str]) -> SignedRequest:
    query = {name: value for name, value in parameters.items() if name not in posted}
    form = {name: value for name, value in parameters.items() if name in posted}
    return SignedRequest(
        method, f"/?{encode_query(query)}", pairs(FORM), encode_query(form).encode()
    )


@given(methods, values, tokens, tokens, tokens, st.none() | tokens, st.data())
def test_a_signed_request_verifies(
    method: str,
    parameters: dict[str, str],
    key: str,
    secret: str,
    nonce: str,
    token: str | None,
    data: st.DataObject,
) -> None:
    sent = sign_rpc_v1(
        method,
        parameters,
        access_key=key,
        secret=secret,
        action="StopRtcAsrTask",
        version="2016-11-01",
        nonce=nonce,
        date=NOW.astimezone(timezone(timedelta(hours=8))),
        format="XML",
        security_token=token,
    )
    assert sent == parameters | sent
    assert (sent["Format"], sent["Timestamp"]) == ("XML", "2026-11-20T09:21:42Z")
    assert sent.get("SecurityToken") == token
    posted = data.draw(st.sets(st.sampled_from(sorted(sent))))
    request = received(method, sent, posted)
    verdict = verify_rpc(request, KeyRing({key: secret}), now=NOW)
    assert verdict == Verdict(
        "rpc", True, key, None, verdict.string_to_sign, client_time=NOW, nonce=nonce
    )
    assert sorted(rpc_v1.parameters(request)) == sorted(sent.items())
    assert not verify_rpc(request, KeyRing({key: f"{secret}x"}), now=NOW).ok
    changed = sent | {"Action": "DeleteRtcAsrTask"}
    assert not verify_rpc(received(method, changed, posted), KeyRing({key: secret}), now=NOW).ok


def test_signing_refuses_a_naive_time_and_writes_json_unless_told() -> None:
    def sign(date: datetime) -> dict[str, str]:
        return sign_rpc_v1(
            "GET", {}, access_key="a", secret="s", action="A", version="v", nonce="n", date=date
        )

    assert sign(NOW)["Format"] == "JSON"
    with pytest.raises(ValueError, match="timezone-aware"):
        sign(NOW.replace(tzinfo=None))


@given(methods, values, values, tokens, tokens)
def test_requests_of_the_python_core_verify(
    method: str, query: dict[str, str], form: dict[str, str], key: str, secret: str
) -> None:
    request = RpcRequest("live", "2016-11-01", "CreateRtcAsrTask")
    request.set_method(method)
    request.set_accept_format("JSON")
    for name, value in query.items():
        request.add_query_param(name, value)
    # A parameter that is in both is sent twice, but signed once.
    body = {name: value for name, value in form.items() if name not in query}
    for name, value in body.items():
        request.add_body_params(name, value)
    target = request.get_url("cn-shanghai", key, secret)
    sent = SignedRequest(method, target, pairs(FORM), encode_query(body).encode())
    verdict = verify_rpc(sent, KeyRing({key: secret}), now=None)
    assert verdict.ok, (target, request.string_to_sign, verdict)
    assert verdict.string_to_sign == request.string_to_sign


@given(methods, values, tokens, tokens)
def test_requests_of_the_tea_core_verify(
    method: str, parameters: dict[str, str], key: str, secret: str
) -> None:
    own = {"AccessKeyId": key, "Timestamp": "2026-11-20T09:21:42Z", "SignatureMethod": "HMAC-SHA1"}
    sent = parameters | own
    signature = Utils.get_rpcsignature(sent, method, secret)
    request = received(method, sent | {"Signature": signature}, set())
    assert verify_rpc(request, KeyRing({key: secret}), now=NOW).ok


@given(methods, values, tokens, tokens, st.none() | tokens)
def test_the_official_cores_sign_what_we_sign(
    method: str, parameters: dict[str, str], key: str, secret: str, token: str | None
) -> None:
    ours = sign_rpc_v1(
        method,
        parameters,
        access_key=key,
        secret=secret,
        action="CreateRtcAsrTask",
        version="2016-11-01",
        nonce="n",
        date=NOW,
        security_token=token,
    )
    signature = ours.pop("Signature")
    assert Utils.get_rpcsignature(ours, method, secret) == signature
    # The core composes requests of its own only; the steps of its composer take ours as well.
    text = rpc_signature_composer.__dict__["__compose_string_to_sign"](method, ours)
    assert sha_hmac1.get_sign_string(text, f"{secret}&") == signature
