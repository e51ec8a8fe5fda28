"""The forms of one request that different clients sign, and what must not pass as one."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from mock_tingwu.protocols.signing import KeyRing, SignedRequest, Verdict, acs3, roa_v1, verify

SECRETS = {"AK": "SK"}
DATE = "Fri, 20 Nov 2026 09:21:42 GMT"
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


def roa(text: str, target: str, **headers: str) -> Verdict:
    """The verdict on a GET whose client signed `text`."""
    digest = hmac.new(b"SK", text.encode(), hashlib.sha1).digest()
    headers = {"date": DATE, "authorization": f"acs AK:{base64.b64encode(digest).decode()}"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    return verify(SignedRequest("GET", target, pairs), KeyRing(SECRETS), now=None)


@pytest.mark.parametrize(
    ("signed", "target"),
    [
        ("/p?a=1&b=2", "/p?b=2&a=1"),
        ("/p?a=x y/z", "/p?a=x%20y%2Fz"),
        ("/p?a=x y", "/p?a=x+y"),
        ("/p?a=x+y", "/p?a=x+y"),
        ("/p?a=x+y", "/p?a=x%2By"),
        ("/p?a=中", "/p?a=%E4%B8%AD"),
        ("/p?a&b=2", "/p?a=&b=2"),
        ("/p?a&b=2", "/p?a&b=2"),
        ("/p?a=&b=2", "/p?a=&b=2"),
        ("/p?b=1&a=2", "/p?b=1&a=2"),
        ("/p?q=http://h/?a=b&c=d", "/p?q=http://h/?a=b&c=d"),
        ("/p", "/p"),
        ("/p?", "/p?"),
        ("/p", "/p?"),
        ("/p?", "/p"),
        ("/p%20q", "/p%20q"),
        ("/p q", "/p%20q"),
        ("/p?a=1", "http://tingwu.cn-beijing.aliyuncs.com/p?a=1"),
        ("/", "http://tingwu.cn-beijing.aliyuncs.com"),
    ],
)
def test_roa_accepts_the_resource_as_clients_sign_it(signed: str, target: str) -> None:
    text = f"GET\n\n\n\n{DATE}\n{signed}"
    verdict = roa(text, target)
    assert verdict.ok
    assert verdict.string_to_sign == text


def test_roa_does_not_accept_percent_encoded_values_as_signed() -> None:
    verdict = roa(f"GET\n\n\n\n{DATE}\n/p?a=x%20y", "/p?a=x%20y")
    assert verdict.problem == "mismatch"
    assert verdict.string_to_sign == f"GET\n\n\n\n{DATE}\n/p?a=x y"


def test_roa_accepts_absent_standard_headers_as_empty_lines_and_as_no_lines() -> None:
    tail = "x-acs-version:2023-09-30\n/p"
    sent = {"accept": "application/json", "x_acs_version": "2023-09-30"}
    assert roa(f"GET\napplication/json\n\n\n{DATE}\n{tail}", "/p", **sent).ok
    assert roa(f"GET\napplication/json\n{DATE}\n{tail}", "/p", **sent).ok
    assert roa(f"GET\napplication/json\n\n{DATE}\n{tail}", "/p", **sent).problem == "mismatch"


def test_roa_signs_every_acs_header_sorted_by_name() -> None:
    text = f"GET\n\n\n\n{DATE}\nx-acs-a:1\nx-acs-b:é\nx-acs-c:\n/p"
    sent = {"x_acs_c": "", "x_acs_b": "é", "x_acs_a": "1"}
    assert roa(text, "/p", **sent).ok
    assert roa(text, "/p", **sent, x_acs_d="").problem == "mismatch"


def test_a_header_sent_as_latin_1_is_signed_as_the_text_it_means() -> None:
    text = f"GET\n\n\n\n{DATE}\nx-acs-a:é\n/p"
    authorization = f"acs AK:{roa_v1.signature_of(text, 'SK')}"
    headers = [
        (b"date", DATE.encode()),
        (b"x-acs-a", b"\xe9"),
        (b"authorization", authorization.encode()),
    ]
    assert verify(SignedRequest("GET", "/p", headers), KeyRing(SECRETS), now=None).ok


def test_roa_does_not_sign_the_host() -> None:
    text = f"GET\n\n\n\n{DATE}\n/p"
    assert roa(text, "/p", host="127.0.0.1").ok
    assert roa(text, "/p", host="127.0.0.1:8900").ok


def acs(
    target: str,
    path: str,
    query: str,
    *,
    signed: str = "host;x-acs-date",
    host: str = "h:80",
    signed_host: str = "h:80",
    joint: str = ",",
) -> Verdict:
    """The verdict on a GET whose client signed this path, query and host."""
    date = "2026-11-20T09:21:42Z"
    values = {"host": signed_host, "x-acs-date": date, "x-acs-list": "a,b"}
    lines = "".join(f"{name}:{values[name]}\n" for name in signed.split(";"))
    canonical = f"GET\n{path}\n{query}\n{lines}\n{signed}\n{EMPTY_SHA256}"
    text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(b"SK", text.encode(), hashlib.sha256).hexdigest()
    fields = ("Credential=AK", f"SignedHeaders={signed}", f"Signature={signature}")
    headers = [
        (b"host", host.encode()),
        (b"x-acs-date", date.encode()),
        (b"x-acs-list", b" b "),
        (b"x-acs-list", b"a"),
        (b"authorization", f"ACS3-HMAC-SHA256 {joint.join(fields)}".encode()),
    ]
    verdict = verify(SignedRequest("GET", target, headers), KeyRing(SECRETS), now=None)
    assert not verdict.ok or (verdict.string_to_sign, verdict.canonical_request) == (
        text,
        canonical,
    )
    return verdict


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/p?b=2&a=1", "/p", "a=1&b=2"),
        ("/p?a=x+y", "/p", "a=x%20y"),
        ("/p?a=x+y", "/p", "a=x%2By"),
        ("/p?a=*~", "/p", "a=%2A~"),
        ("/p?a=", "/p", "a="),
        ("/p?a", "/p", "a="),
        ("/p?a=", "/p", "a"),
        ("/p?a%20b=1", "/p", "a%20b=1"),
        ("/p?a%20b=1", "/p", "a b=1"),
        ("/p?", "/p", ""),
        ("/a%2Fb%2A", "/a%2Fb%2A", ""),
        ("/a*b", "/a%2Ab", ""),
        ("/a*b", "/a*b", ""),
    ],
)
def test_acs3_accepts_path_and_query_as_clients_sign_them(
    target: str, path: str, query: str
) -> None:
    assert acs(target, path, query).ok


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/p?b=2&a=1", "/p", "b=2&a=1"),
        ("/p?a=x%20y", "/p", "a=x y"),
        ("/a%2Fb", "/a/b", ""),
        ("/p", "/p?", ""),
    ],
)
def test_acs3_refuses_other_forms(target: str, path: str, query: str) -> None:
    assert acs(target, path, query).problem == "mismatch"


def test_acs3_takes_the_signed_headers_from_the_request() -> None:
    assert acs("/p", "/p", "", signed="host").ok
    assert acs("/p", "/p", "", signed="host;x-acs-date;x-acs-list").ok
    assert acs("/p", "/p", "", joint=", ").ok


@pytest.mark.parametrize(
    ("host", "signed_host", "ok"),
    [
        ("h:80", "h", True),
        ("h", "h", True),
        ("[::1]:80", "[::1]", True),
        ("http://127.0.0.1:80", "http://127.0.0.1:80", True),
        ("h", "h:80", False),
        ("h:80", "g", False),
        ("[::1]", "[:", False),
    ],
)
def test_acs3_accepts_the_host_without_the_port_it_was_sent_with(
    host: str, signed_host: str, ok: bool
) -> None:
    assert acs("/p", "/p", "", host=host, signed_host=signed_host).ok is ok


def test_a_sha256_header_in_upper_case_is_the_same_digest() -> None:
    headers = [
        (b"x-acs-date", b"2026-11-20T09:21:42Z"),
        (b"x-acs-content-sha256", EMPTY_SHA256.upper().encode()),
        (b"authorization", b"ACS3-HMAC-SHA256 Credential=AK,SignedHeaders=host,Signature=00"),
    ]
    verdict = acs3.verify(SignedRequest("GET", "/", headers), KeyRing(SECRETS), now=None)
    assert verdict.problem == "mismatch"
