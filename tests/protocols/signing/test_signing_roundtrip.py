"""What `sign` makes, `verify` accepts, and so do the composers of the official SDKs."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

import pytest
from alibabacloud_tea_openapi.utils import Utils
from aliyunsdkcore.auth.composer import roa_signature_composer
from aliyunsdkcore.request import RoaRequest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from mock_tingwu.protocols.signing import (
    KeyRing,
    SignedRequest,
    Verdict,
    acs3,
    request_target,
    roa_v1,
    sign_acs3,
    sign_roa_v1,
    verify,
)

tea_core = importlib.import_module("darabonba.core").DaraCore
tea_requests = importlib.import_module("darabonba.request")

NOW = datetime(2026, 11, 20, 9, 21, 42, tzinfo=UTC)

words = st.text(st.characters(codec="utf-8"), max_size=12)
keys = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=8)
queries = st.dictionaries(keys, words, max_size=4)
paths = st.lists(words.filter(bool), min_size=1, max_size=4).map(
    lambda parts: "".join(f"/{quote(part, safe='~')}" for part in parts)
)
tokens = st.text("abcXYZ019.-_", min_size=1, max_size=20)
header_values = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=12)
extra_headers = st.dictionaries(
    st.sampled_from(["X-Acs-Credentials-Provider", "User-Agent", "Accept", "Content-Type"]),
    header_values,
)
methods = st.sampled_from(["GET", "PUT", "POST", "DELETE"])
bodies = st.binary(max_size=40)


def received(method: str, target: str, headers: dict[str, str], body: bytes = b"") -> SignedRequest:
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return SignedRequest(method, target, pairs, body)


@given(methods, paths, queries, extra_headers, bodies, tokens, tokens, st.none() | tokens)
def test_a_signed_acs3_request_verifies(
    method: str,
    path: str,
    query: dict[str, str],
    extra: dict[str, str],
    body: bytes,
    key: str,
    secret: str,
    token: str | None,
) -> None:
    headers = sign_acs3(
        method,
        path,
        query,
        extra,
        body,
        access_key=key,
        secret=secret,
        action="CreateTask",
        version="2023-09-30",
        host="127.0.0.1:8900",
        nonce="n",
        date=NOW,
        security_token=token,
    )
    request = received(method, request_target(path, query), headers, body)
    verdict = verify(request, KeyRing({key: secret}), now=NOW)
    assert verdict == replace(verdict, ok=True, access_key=key, client_time=NOW)
    assert verdict.scheme == "ACS3-HMAC-SHA256"
    assert headers.get("x-acs-security-token") == token
    assert headers.get("x-acs-accesskey-id") == (key if token else None)
    assert not verify(request, KeyRing({key: secret + "x"}), now=NOW).ok
    assert not verify(replace(request, body=body + b"x"), KeyRing({key: secret}), now=NOW).ok


@given(
    methods,
    paths,
    queries,
    extra_headers,
    bodies,
    tokens,
    tokens,
    st.none() | tokens,
    st.booleans(),
)
def test_a_signed_roa_request_verifies(
    method: str,
    path: str,
    query: dict[str, str],
    extra: dict[str, str],
    body: bytes,
    key: str,
    secret: str,
    token: str | None,
    modern: bool,
) -> None:
    headers = sign_roa_v1(
        method,
        path,
        query,
        extra,
        body,
        access_key=key,
        secret=secret,
        version="2023-09-30",
        host="127.0.0.1:8900",
        date=NOW,
        nonce="n" if modern else None,
        action="CreateTask" if modern else None,
        security_token=token,
    )
    request = received(method, request_target(path, query), headers, body)
    verdict = verify(request, KeyRing({key: secret}), now=NOW)
    assert verdict == replace(verdict, ok=True, access_key=key, client_time=NOW)
    assert verdict.scheme == "acs"
    assert ("x-acs-action" in headers, "x-acs-signature-nonce" in headers) == (modern, modern)
    assert headers.get("x-acs-security-token") == token
    assert headers.get("x-acs-accesskey-id") == (key if token else None)
    assert not verify(request, KeyRing({key: secret + "x"}), now=NOW).ok
    if body:
        assert not verify(replace(request, body=body + b"x"), KeyRing({key: secret}), now=NOW).ok


signers: list[Callable[[datetime], dict[str, str]]] = [
    lambda date: sign_acs3(
        "GET",
        "/p",
        {},
        {},
        b"",
        access_key="AK",
        secret="SK",
        action="GetTaskInfo",
        version="2023-09-30",
        host="h",
        nonce="n",
        date=date,
    ),
    lambda date: sign_roa_v1(
        "GET",
        "/p",
        {},
        {},
        b"",
        access_key="AK",
        secret="SK",
        version="2023-09-30",
        host="h",
        date=date,
    ),
]


@pytest.mark.parametrize("sign", signers)
def test_signing_turns_the_time_into_utc_and_refuses_a_naive_one(
    sign: Callable[[datetime], dict[str, str]],
) -> None:
    assert sign(NOW.astimezone(timezone(timedelta(hours=8)))) == sign(NOW)
    with pytest.raises(ValueError, match="timezone-aware"):
        sign(NOW.replace(tzinfo=None))


# --- the official composers, on random requests ---


@given(
    methods,
    st.lists(tokens, min_size=1, max_size=3),
    queries,
    bodies,
    tokens,
    tokens,
    header_values,
)
def test_requests_of_the_python_core_verify(
    method: str,
    parts: list[str],
    query: dict[str, str],
    body: bytes,
    key: str,
    secret: str,
    extra: str,
) -> None:
    request = RoaRequest("Tingwu", "2023-09-30", "CreateTask", method=method)
    request.set_uri_pattern("/openapi/" + "/".join(f"[p{i}]" for i in range(len(parts))))
    request.set_path_params({f"p{i}": part for i, part in enumerate(parts)})
    request.set_accept_format("JSON")
    for name, value in query.items():
        request.add_query_param(name, value)
    request.add_header("x-acs-extra", extra)
    if body:
        request.set_content(body)
        request.set_content_type("application/json")
    headers = request.get_signed_header("cn-beijing", key, secret)
    target = request.get_url("cn-beijing", key, secret)

    sent = {name: value for name, value in headers.items() if value is not None}
    verdict = verify(received(method, target, sent, body), KeyRing({key: secret}), now=None)
    assert verdict.ok, (target, request.string_to_sign, verdict)
    assert verdict.string_to_sign == request.string_to_sign


@given(methods, paths, queries, tokens, tokens)
def test_the_python_core_signs_what_we_sign(
    method: str, path: str, query: dict[str, str], key: str, secret: str
) -> None:
    ours = sign_roa_v1(
        method,
        path,
        {name: value or "v" for name, value in query.items()},
        {},
        b"{}",
        access_key=key,
        secret=secret,
        version="2023-09-30",
        host="h",
        date=NOW,
    )
    theirs = roa_signature_composer.compose_string_to_sign(
        method,
        {name: value or "v" for name, value in query.items()},
        path,
        {
            "Accept": ours["accept"],
            "Content-MD5": ours["content-md5"],
            "Content-Type": ours["content-type"],
            "Date": ours["date"],
            **{name: value for name, value in ours.items() if name.startswith("x-acs-")},
        },
        {},
    )
    assert ours["authorization"] == f"acs {key}:{roa_v1.signature_of(theirs, secret)}"


def tea_request(method: str, path: str, query: dict[str, str], headers: dict[str, str]) -> Any:
    request = tea_requests.DaraRequest()
    request.protocol, request.port = "http", 80
    request.method, request.pathname, request.query = method, path, query
    request.headers = headers
    return request


def tea_target(request: Any) -> str:
    """The request target that the Tea core composes, cut out of its URL."""
    url: str = tea_core.compose_url(request)
    return url.removeprefix(f"http://{request.headers['host']}")


@given(methods, paths, queries, bodies, tokens, tokens, header_values)
def test_acs3_requests_of_the_tea_core_verify(
    method: str,
    path: str,
    query: dict[str, str],
    body: bytes,
    key: str,
    secret: str,
    extra: str,
) -> None:
    payload = Utils.hex_encode(Utils.hash(body, acs3.ALGORITHM))
    headers = {
        "host": "127.0.0.1:8900",
        "accept": "application/json",
        "user-agent": "AlibabaCloud",
        "x-acs-date": "2026-11-20T09:21:42Z",
        "x-acs-extra": extra,
        "x-acs-content-sha256": payload,
    }
    request = tea_request(method, path, query, headers)
    authorization = Utils.get_authorization(request, acs3.ALGORITHM, payload, key, secret)
    sent = {**headers, "Authorization": authorization}
    verdict = verify(
        received(method, tea_target(request), sent, body), KeyRing({key: secret}), now=NOW
    )
    assert verdict == replace(verdict, scheme=acs3.ALGORITHM, ok=True, access_key=key)


@given(methods, paths, queries, tokens, tokens, header_values)
def test_v1_requests_of_the_tea_core_verify(
    method: str, path: str, query: dict[str, str], key: str, secret: str, extra: str
) -> None:
    headers = {
        "host": "127.0.0.1:8900",
        "date": "Fri, 20 Nov 2026 09:21:42 GMT",
        "accept": "application/json",
        "x-acs-extra": extra,
    }
    request = tea_request(method, path, query, headers)
    text = Utils.get_string_to_sign(request)
    sent = {**headers, "authorization": f"acs {key}:{Utils.get_roasignature(text, secret)}"}
    verdict = verify(received(method, tea_target(request), sent), KeyRing({key: secret}), now=NOW)
    assert verdict == Verdict("acs", True, key, None, text, client_time=NOW)


@given(methods, paths, st.dictionaries(tokens, words, max_size=4), bodies, tokens, tokens)
def test_the_tea_core_signs_what_we_sign(
    method: str, path: str, query: dict[str, str], body: bytes, key: str, secret: str
) -> None:
    ours = sign_acs3(
        method,
        path,
        query,
        {},
        body,
        access_key=key,
        secret=secret,
        action="CreateTask",
        version="2023-09-30",
        host="h",
        nonce="n",
        date=NOW,
    )
    signed = {
        name: value
        for name, value in ours.items()
        if name in ("host", "content-type") or name.startswith("x-acs-")
    }
    theirs = Utils.get_authorization(
        tea_request(method, path, query, signed),
        acs3.ALGORITHM,
        ours["x-acs-content-sha256"],
        key,
        secret,
    )
    assert ours["authorization"] == theirs
