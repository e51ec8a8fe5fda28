"""ACS3: what is said of every usual way to sign wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from tests.protocols.signing.mis_signed import (
    BODY,
    KEY,
    OTHER_SECRET,
    SECRET,
    TASKS,
    Acs3,
    judged,
    sha256,
    sts,
)

EMPTY = hashlib.sha256(b"").hexdigest()
DIGEST = hashlib.sha256(BODY).hexdigest()


def mac(text: str, name: str = "sha256") -> bytes:
    return hmac.new(SECRET.encode(), text.encode(), name).digest()


SIGNATURES: dict[str, Callable[[str], str]] = {
    "the secret of another key, LTAI5tOtherKey": lambda text: sha256(text, OTHER_SECRET),
    "the AccessKeyId in place of the secret": lambda text: sha256(text, KEY),
    "the secret and a line end behind it": lambda text: sha256(text, SECRET + "\n"),
    "the signature of RPC style": lambda text: sha256(text, SECRET + "&"),
    "ACS3 in front of the secret": lambda text: sha256(text, "ACS3" + SECRET),
    "is base64, not hexadecimal": lambda text: base64.b64encode(mac(sts(text))).decode(),
    "is in upper case": lambda text: sha256(text).upper(),
    "SHA-1 instead of SHA-256": lambda text: mac(sts(text), "sha1").hex(),
    "SHA-512 instead of SHA-256": lambda text: mac(sts(text), "sha512").hex(),
    "MD5 instead of SHA-256": lambda text: mac(sts(text), "md5").hex(),
    "that is how ROA v1 signs": lambda text: base64.b64encode(mac(sts(text), "sha1")).decode(),
    "the canonical request itself": lambda text: mac(text).hex(),
    "without the line ACS3-HMAC-SHA256": lambda text: mac(sts(text).split("\n")[1]).hex(),
    "SHA-256 of the canonical request in upper case": lambda text: mac(
        "ACS3-HMAC-SHA256\n" + sts(text).split("\n")[1].upper()
    ).hex(),
    "ended the string to sign with a line end": lambda text: mac(sts(text) + "\n").hex(),
    "left out the line end behind ACS3": lambda text: mac(sts(text).replace("\n", "")).hex(),
    "as two characters": lambda text: mac(sts(text).replace("\n", "\\n")).hex(),
    "plain SHA-256, no HMAC": lambda text: hashlib.sha256(sts(text).encode()).hexdigest(),
}


@pytest.mark.parametrize("cause", SIGNATURES)
def test_a_wrong_secret_or_algorithm_is_named(cause: str) -> None:
    client = Acs3()
    verdict, found = judged(client.sent(SIGNATURES[cause](client.text())))
    assert verdict.problem == "mismatch"
    assert len(found.causes) == 1 and cause in found.causes[0]
    assert found.server == found.client == client.text()
    assert found.differs_at is None


QUERY = Acs3().query
#: Cause, the part that differs, and what the client made of the right canonical request.
TEXTS: list[tuple[str, str, Callable[[str], str]]] = [
    ("the method POST, but sent PUT", "method", lambda t: t.replace("PUT", "POST", 1)),
    ("did not sign the query.", "query", lambda t: t.replace(QUERY, "")),
    (
        "did not sort the query by key",
        "query",
        lambda t: t.replace(QUERY, "user=a%20b%2A~%3A%2F&type=offline"),
    ),
    (
        "did not percent-encode the query",
        "query",
        lambda t: t.replace(QUERY, "type=offline&user=a b*~:/"),
    ),
    ("with + for spaces", "query", lambda t: t.replace("a%20b", "a+b")),
    ("the query with ~ percent-encoded", "query", lambda t: t.replace("~", "%7E")),
    ("the query with * in plain", "query", lambda t: t.replace("%2A", "*")),
    ("the query with / in plain", "query", lambda t: t.replace("%2F", "/")),
    ("the query with lower-case escapes", "query", lambda t: t.replace("%2A~%3A%2F", "%2a~%3a%2f")),
    (
        "percent-encoded the query twice",
        "query",
        lambda t: t.replace("%20b%2A~%3A%2F", "%2520b%252A~%253A%252F"),
    ),
    (
        "percent-encoded the = and & of the query",
        "query",
        lambda t: t.replace(QUERY, "type%3Doffline%26user%3Da%2520b%252A~%253A%252F"),
    ),
    ("a ? in front of the query", "query", lambda t: t.replace(QUERY, f"?{QUERY}")),
    (
        "did not sign the query parameter 'type'",
        "query",
        lambda t: t.replace("type=offline&", ""),
    ),
    ("with a slash at its end", "path", lambda t: t.replace("/tasks\n", "/tasks/\n")),
    ("/openapi was put in front", "path", lambda t: t.replace("/openapi", "")),
    (
        "host 'tingwu.cn-beijing.aliyuncs.com', but sent '127.0.0.1:8900'",
        "header host",
        lambda t: t.replace("127.0.0.1:8900", "tingwu.cn-beijing.aliyuncs.com"),
    ),
    (
        "host 'localhost:8900', but sent",
        "header host",
        lambda t: t.replace("127.0.0.1", "localhost"),
    ),
    (
        "host 'http://127.0.0.1:8900', but sent",
        "header host",
        lambda t: t.replace("host:", "host:http://"),
    ),
    (
        "Content-Type 'application/json', but 'application/json; charset=utf-8' arrived",
        "header content-type",
        lambda t: t.replace("; charset=utf-8", ""),
    ),
    (
        "named content-type in SignedHeaders, but did not sign it",
        "header content-type",
        lambda t: t.replace("content-type:application/json; charset=utf-8\n", ""),
    ),
    (
        "names of the headers with capitals",
        "header content-type",
        lambda t: (
            t.replace("content-type:", "Content-Type:")
            .replace("host:", "Host:")
            .replace("x-acs-action:", "X-Acs-Action:")
            .replace("x-acs-content-sha256:", "X-Acs-Content-Sha256:")
            .replace("x-acs-date:", "X-Acs-Date:")
            .replace("x-acs-signature-nonce:", "X-Acs-Signature-Nonce:")
            .replace("x-acs-version:", "X-Acs-Version:")
        ),
    ),
    (
        "a space behind the colon of the headers",
        "header content-type",
        lambda t: "\n".join(
            line.replace(":", ": ", 1) if 3 <= number < 10 else line
            for number, line in enumerate(t.split("\n"))
        ),
    ),
    (
        "left out the empty line",
        "empty line",
        lambda t: t.replace("\n\n", "\n"),
    ),
    (
        "two empty lines",
        "SignedHeaders",
        lambda t: t.replace("\n\n", "\n\n\n"),
    ),
    (
        "SignedHeaders with commas",
        "SignedHeaders",
        lambda t: t.replace(Acs3().signed, Acs3().signed.replace(";", ",")),
    ),
    ("the SHA-256 of no body", "body digest", lambda t: t.replace(f"\n{DIGEST}", f"\n{EMPTY}")),
    (
        "body's SHA-256 in upper case",
        "body digest",
        lambda t: t.replace(f"\n{DIGEST}", f"\n{DIGEST.upper()}"),
    ),
    (
        "body's SHA-256 in base64",
        "body digest",
        lambda t: t.replace(f"\n{DIGEST}", "\n" + base64.b64encode(bytes.fromhex(DIGEST)).decode()),
    ),
    (
        "body's MD5, not its SHA-256",
        "body digest",
        lambda t: t.replace(f"\n{DIGEST}", f"\n{hashlib.md5(BODY).hexdigest()}"),
    ),
    (
        "the body itself, not its SHA-256",
        "body digest",
        lambda t: t.replace(f"\n{DIGEST}", f"\n{BODY.decode()}"),
    ),
    ("UNSIGNED-PAYLOAD", "body digest", lambda t: t.replace(f"\n{DIGEST}", "\nUNSIGNED-PAYLOAD")),
    (
        "the same JSON written without spaces",
        "body digest",
        lambda t: t.replace(
            f"\n{DIGEST}", "\n" + hashlib.sha256(BODY.replace(b" ", b"")).hexdigest()
        ),
    ),
    ("ended the canonical request with a line end", "the end", lambda t: t + "\n"),
    ("Windows line ends", "method", lambda t: t.replace("\n", "\r\n")),
    ("as two characters", "method", lambda t: t.replace("\n", "\\n")),
]


@pytest.mark.parametrize(("cause", "part", "change"), TEXTS, ids=[text[0] for text in TEXTS])
def test_a_text_that_is_signed_wrong_is_found_and_named(
    cause: str, part: str, change: Callable[[str], str]
) -> None:
    client = Acs3()
    assert judged(client.sent(sha256(client.text())))[0].ok
    signed = change(client.text())
    assert signed != client.text()
    verdict, found = judged(client.sent(sha256(signed)))
    assert verdict.problem == "mismatch"
    assert len(found.causes) == 1 and cause in found.causes[0], found.causes
    assert (found.server, found.client) == (client.text(), signed)
    assert found.differs_at is not None
    assert found.differs_at.part == part
    assert found.differs_at.server != found.differs_at.client


def test_a_host_in_capitals_is_found() -> None:
    client = Acs3()
    client = replace(client, headers=client.headers | {"host": "Mock.Local:8900"})
    lowered = client.text().replace("Mock.Local", "mock.local")
    _, found = judged(client.sent(sha256(lowered)))
    assert found.causes == (
        "The client signed host 'mock.local:8900', but sent 'Mock.Local:8900'.",
    )


def test_a_host_with_a_port_that_was_not_sent_is_found() -> None:
    client = Acs3()
    client = replace(client, headers=client.headers | {"host": "mock.local"})
    with_port = client.text().replace("mock.local", "mock.local:443")
    _, found = judged(client.sent(sha256(with_port)))
    assert found.causes == ("The client signed host 'mock.local:443', but sent 'mock.local'.",)


def test_the_host_that_a_proxy_has_replaced_is_found() -> None:
    client = Acs3()
    client = replace(client, headers=client.headers | {"x-forwarded-host": "gate.example"})
    _, found = judged(client.sent(sha256(client.text().replace("127.0.0.1:8900", "gate.example"))))
    assert "signed host 'gate.example'" in found.causes[0]


@pytest.mark.parametrize(
    ("cause", "sent", "signed"),
    [
        ("without its percent-encoding", "/p/a%2Fb", "/p/a/b"),
        ("percent-encoded the path twice", "/p/a%20b", "/p/a%2520b"),
        ("the path with lower-case escapes", "/p/a%2Fb", "/p/a%2fb"),
        ("the path with ~ percent-encoded", "/p/a~b", "/p/a%7Eb"),
        ("the path with * in plain", "/p/a%2Ab%20c", "/p/a*b%20c"),
        ("percent-encoded the slashes", "/p/q", "%2Fp%2Fq"),
    ],
)
def test_a_path_that_is_written_otherwise_is_found(cause: str, sent: str, signed: str) -> None:
    client = Acs3(path=sent, target=sent, query="")
    assert judged(client.sent(sha256(client.text())))[0].ok
    _, found = judged(client.sent(sha256(replace(client, path=signed).text())))
    assert cause in found.causes[0]


@pytest.mark.parametrize(
    ("cause", "signed"),
    [
        ("SignedHeaders sorted, but sent them in another order", "x-acs-date;host"),
        ("SignedHeaders in lower case, but sent capitals", "Host;X-Acs-Date"),
    ],
)
def test_signed_headers_that_were_rearranged_are_found(cause: str, signed: str) -> None:
    client = Acs3(signed=signed)
    lines = "".join(
        f"{name.lower()}:{client.headers[name.lower()]}\n" for name in signed.split(";")
    )
    listed = ";".join(sorted(signed.lower().split(";")))
    text = f"PUT\n{TASKS}\n{client.query}\n{lines}\n{listed}\n{DIGEST}"
    _, found = judged(client.sent(sha256(text)))
    assert cause in found.causes[0]


def test_headers_signed_in_another_order_than_named_are_found() -> None:
    client = Acs3(signed="x-acs-date;host")
    lines = f"host:{client.headers['host']}\nx-acs-date:{client.headers['x-acs-date']}\n"
    text = f"PUT\n{TASKS}\n{client.query}\n{lines}\n{client.signed}\n{DIGEST}"
    _, found = judged(client.sent(sha256(text)))
    assert found.causes == (
        "The client signed the headers sorted, but named them in another order.",
    )


def test_two_slips_at_once_are_found() -> None:
    client = Acs3()
    signed = client.text().replace("; charset=utf-8", "").replace("a%20b", "a+b")
    _, found = judged(client.sent(sha256(signed)))
    assert found.client == signed
    assert len(found.causes) == 2
    assert found.differs_at is not None and found.differs_at.part == "query"


def test_a_wrong_secret_is_found_behind_a_form_that_is_taken() -> None:
    # The host without its port is no mistake; the secret is one.
    client = Acs3()
    signed = client.text().replace("127.0.0.1:8900", "127.0.0.1")
    assert judged(client.sent(sha256(signed)))[0].ok
    _, found = judged(client.sent(sha256(signed, OTHER_SECRET)))
    assert found.causes == (
        "The request was signed with the secret of another key, LTAI5tOtherKey.",
    )
    assert found.server == found.client == signed


def test_an_unknown_secret_leaves_the_client_s_text_unknown() -> None:
    client = Acs3()
    _, found = judged(client.sent(sha256(client.text(), "something else")))
    assert (found.server, found.client, found.differs_at) == (client.text(), None, None)
    assert found.causes == (
        "No usual slip gives this signature. Most likely it was made with another AccessKeySecret "
        "than the one that the setting access_keys has for LTAI5tMockKey.",
        "Or the client signed another nonce than the one it sent: nobody can search for that.",
    )
    without = replace(client, signed="host")
    assert len(judged(without.sent(sha256(without.text(), "something else")))[1].causes) == 1


def test_a_time_that_was_taken_twice_is_found() -> None:
    client = Acs3()
    _, found = judged(client.sent(sha256(client.text().replace("09:21:42Z", "09:21:41Z"))))
    assert found.causes == (
        "The client signed x-acs-date '2026-11-20T09:21:41Z', but '2026-11-20T09:21:42Z' arrived: "
        "the time was taken twice, once to sign and once to send?",
    )
