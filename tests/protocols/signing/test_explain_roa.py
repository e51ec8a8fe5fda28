"""ROA v1: what is said of every usual way to sign wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from tests.protocols.signing.mis_signed import (
    BODY,
    DATE,
    KEY,
    OTHER_SECRET,
    SECRET,
    TASKS,
    Roa,
    changed,
    judged,
    md5,
    sha1,
)


def hmac_of(text: str, name: str = "sha1") -> bytes:
    return hmac.new(SECRET.encode(), text.encode(), name).digest()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


SIGNATURES: dict[str, Callable[[str], str]] = {
    "the secret of another key, LTAI5tOtherKey": lambda text: sha1(text, OTHER_SECRET),
    "the AccessKeyId in place of the secret": lambda text: sha1(text, KEY),
    "an empty secret": lambda text: sha1(text, ""),
    "the secret and a line end behind it": lambda text: sha1(text, SECRET + "\n"),
    "the secret and a Windows line end behind it": lambda text: sha1(text, SECRET + "\r\n"),
    "the secret and a space behind it": lambda text: sha1(text, SECRET + " "),
    "a space in front of the secret": lambda text: sha1(text, " " + SECRET),
    "the secret in quotation marks": lambda text: sha1(text, f'"{SECRET}"'),
    "the signature of RPC style": lambda text: sha1(text, SECRET + "&"),
    "ACS3 in front of the secret": lambda text: sha1(text, "ACS3" + SECRET),
    "the secret without its last character": lambda text: sha1(text, SECRET[:-1]),
    "the secret without its first character": lambda text: sha1(text, SECRET[1:]),
    "the secret in lower case": lambda text: sha1(text, SECRET.lower()),
    "the secret in upper case": lambda text: sha1(text, SECRET.upper()),
    "AccessKeyId and secret with a colon": lambda text: sha1(text, f"{KEY}:{SECRET}"),
    "SHA-256 instead of SHA-1": lambda text: b64(hmac_of(text, "sha256")),
    "MD5 instead of SHA-1": lambda text: b64(hmac_of(text, "md5")),
    "SHA-512 instead of SHA-1": lambda text: b64(hmac_of(text, "sha512")),
    "hexadecimal, not base64": lambda text: hmac_of(text).hex(),
    "that is how ACS3 signs": lambda text: hmac_of(text, "sha256").hex(),
    "base64 of the hexadecimal digest": lambda text: b64(hmac_of(text).hex().encode()),
    "has lost its =": lambda text: sha1(text).rstrip("="),
    "is percent-encoded": lambda text: sha1(text).replace("=", "%3D"),
    "no HMAC": lambda text: b64(hashlib.sha1((text + SECRET).encode()).digest()),
}


@pytest.mark.parametrize("cause", SIGNATURES)
def test_a_wrong_secret_or_algorithm_is_named(cause: str) -> None:
    # The plain signature has neither + nor /, so that percent-encoding shows in the = alone.
    client = Roa()
    signature = SIGNATURES[cause](client.text())
    verdict, found = judged(client.sent(signature))
    assert verdict.problem == "mismatch"
    assert len(found.causes) == 1 and cause in found.causes[0]
    assert found.server == found.client == client.text()
    assert found.differs_at is None


def test_a_signature_for_urls_is_named() -> None:
    client = next(
        client
        for client in (changed(Roa(), x_acs_a=str(n)) for n in range(99))
        if "+" in sha1(client.text())
    )
    signature = sha1(client.text()).replace("+", "-").replace("/", "_")
    _, found = judged(client.sent(signature))
    assert found.causes == ("The signature is base64 for URLs, with - and _.",)


#: Cause, the part that differs, and what the client made of the right text.
TEXTS: list[tuple[str, str, Callable[[str], str]]] = [
    ("the method POST, but sent PUT", "method", lambda t: t.replace("PUT", "POST", 1)),
    ("the method put, but sent PUT", "method", lambda t: t.replace("PUT", "put", 1)),
    (
        "signed no Accept, but 'application/json' arrived",
        "Accept",
        lambda t: t.replace("application/json", "", 1),
    ),
    (
        "signed Accept '*/*', but 'application/json' arrived",
        "Accept",
        lambda t: t.replace("application/json", "*/*", 1),
    ),
    (
        "signed no Content-MD5, but",
        "Content-MD5",
        lambda t: t.replace(md5(BODY), "", 1),
    ),
    (
        "MD5 in hexadecimal",
        "Content-MD5",
        lambda t: t.replace(md5(BODY), hashlib.md5(BODY).hexdigest()),
    ),
    (
        "base64 of the hexadecimal MD5",
        "Content-MD5",
        lambda t: t.replace(md5(BODY), b64(hashlib.md5(BODY).hexdigest().encode())),
    ),
    ("the MD5 of no body", "Content-MD5", lambda t: t.replace(md5(BODY), md5(b""))),
    (
        "signed no Content-Type, but 'application/json' arrived",
        "Content-Type",
        lambda t: t.replace(f"application/json\n{DATE}", f"\n{DATE}"),
    ),
    (
        "signed Content-Type 'application/json; charset=utf-8', but",
        "Content-Type",
        lambda t: t.replace(
            f"application/json\n{DATE}", f"application/json; charset=utf-8\n{DATE}"
        ),
    ),
    ("signed no Date, but", "Date", lambda t: t.replace(DATE, "")),
    (
        "signed Date 'Fri, 20 Nov 2026 09:21:41 GMT', but",
        "Date",
        lambda t: t.replace("09:21:42", "09:21:41"),
    ),
    (
        "signed Date '2026-11-20T09:21:42Z', but",
        "Date",
        lambda t: t.replace(DATE, "2026-11-20T09:21:42Z"),
    ),
    (
        "did not sign x-acs-region-id",
        "header x-acs-region-id",
        lambda t: t.replace("x-acs-region-id:cn-beijing\n", ""),
    ),
    (
        "signed no x-acs-* header",
        "header x-acs-region-id",
        lambda t: "\n".join(line for line in t.split("\n") if not line.startswith("x-acs-")),
    ),
    (
        "names of the x-acs-* headers with capitals",
        "header x-acs-region-id",
        lambda t: "\n".join(
            line.replace("x-acs", "X-Acs")
            .replace("-region-id", "-Region-Id")
            .replace("-signature-method", "-Signature-Method")
            .replace("-signature-version", "-Signature-Version")
            .replace("-version:2", "-Version:2")
            for line in t.split("\n")
        ),
    ),
    (
        "a space behind the colon of the x-acs-* headers",
        "header x-acs-region-id",
        lambda t: "\n".join(
            line.replace(":", ": ") if line.startswith("x-acs-") else line for line in t.split("\n")
        ),
    ),
    (
        "did not sort the x-acs-* headers",
        "header x-acs-region-id",
        lambda t: (
            t.replace("x-acs-region-id:cn-beijing\n", "")
            .replace("x-acs-version:2023-09-30\n", "")
            .replace("x-acs-signature-method", "x-acs-version:2023-09-30\nx-acs-signature-method")
            .replace("1.0\n", "1.0\nx-acs-region-id:cn-beijing\n")
        ),
    ),
    (
        "left out the line end between headers and path",
        "header x-acs-version",
        lambda t: t.replace("2023-09-30\n", "2023-09-30"),
    ),
    (
        "an empty line between headers and path",
        "path",
        lambda t: t.replace("2023-09-30\n", "2023-09-30\n\n"),
    ),
    ("did not sign the query", "query", lambda t: t.partition("?")[0]),
    (
        "did not sign the query parameter 'RegionId'",
        "query",
        lambda t: t.replace("RegionId=cn-beijing&", ""),
    ),
    (
        "query's keys in lower case",
        "query",
        lambda t: t.replace("RegionId", "regionid"),
    ),
    ("an & behind the query", "the end", lambda t: t + "&"),
    ("signed the query without its ?", "query", lambda t: t.replace("?", "")),
    ("with a slash at its end", "query", lambda t: t.replace("tasks?", "tasks/?")),
    ("without the slash in front", "path", lambda t: t.replace("/openapi", "openapi")),
    (
        "the whole URL in place of the path",
        "path",
        lambda t: t.replace("/openapi", "http://127.0.0.1:8900/openapi"),
    ),
    (
        "signed /tingwu/v2/tasks: /openapi was put in front",
        "path",
        lambda t: t.replace("/openapi", ""),
    ),
    ("ended the string to sign with a line end", "the end", lambda t: t + "\n"),
    ("Windows line ends", "method", lambda t: t.replace("\n", "\r\n")),
    ("as two characters", "method", lambda t: t.replace("\n", "\\n")),
    ("all on one line", "method", lambda t: t.replace("\n", "")),
]


@pytest.mark.parametrize(("cause", "part", "change"), TEXTS, ids=[text[0] for text in TEXTS])
def test_a_text_that_is_signed_wrong_is_found_and_named(
    cause: str, part: str, change: Callable[[str], str]
) -> None:
    client = Roa()
    signed = change(client.text())
    assert signed != client.text()
    verdict, found = judged(client.sent(sha1(signed)))
    assert verdict.problem == "mismatch"
    assert len(found.causes) == 1 and cause in found.causes[0], found.causes
    assert (found.server, found.client) == (client.text(), signed)
    assert found.differs_at is not None
    assert found.differs_at.part == part
    at = found.differs_at
    assert (
        found.server.split("\n")[: at.line - 1]
        == signed.replace("\r", "").split("\n")[: at.line - 1]
    )
    assert at.server != at.client
    assert at.server == found.server.split("\n")[at.line - 1]


QUERIES: list[tuple[str, str, str, str]] = [
    ("percent-encoded the query", "a=x y/z", "a=x%20y%2Fz", "a=x%20y%2Fz"),
    ("did not sort the query by key", "a=1&b=x y", "b=x%20y&a=1", "b=x y&a=1"),
    ("encoded the query as a form does", "a=x y", "a=x%20y", "a=x+y"),
    ("took the query's bytes for Latin-1", "a=é", "a=%C3%A9", "a=Ã©"),
    ("signed the query as it was sent, neither", "a=1&b=x/y", "b=x%2Fy&a=1", "b=x%2Fy&a=1"),
]


@pytest.mark.parametrize(("cause", "meant", "sent", "signed"), QUERIES)
def test_a_query_that_is_encoded_wrong_is_found(
    cause: str, meant: str, sent: str, signed: str
) -> None:
    client = Roa(query=meant, target=f"{TASKS}?{sent}")
    assert judged(client.sent(sha1(client.text())))[0].ok
    _, found = judged(client.sent(sha1(replace(client, query=signed).text())))
    assert cause in found.causes[0]
    assert found.differs_at is not None and found.differs_at.part == "query"


PATHS: list[tuple[str, str, str]] = [
    ("percent-encoded the path twice", "/p/a%20b", "/p/a%2520b"),
    ("the path with spaces as +", "/p/a%20b", "/p/a+b"),
    ("took the path's bytes for Latin-1", "/p/%C3%A9", "/p/Ã©"),
    ("the path with ~ percent-encoded", "/p/a~b", "/p/a%7Eb"),
    ("the path with lower-case escapes", "/p/a%2Fb%C3%A9", "/p/a%2fb%c3%a9"),
    ("without the slash at its end", "/p/tasks/", "/p/tasks"),
    ("without the doubled slash", "//p/tasks", "/p/tasks"),
    ("percent-encoded, but it was sent in plain", "/p/a*b", "/p/a%2Ab"),
    ("percent-encoded the slashes", "/p/q", "%2Fp%2Fq"),
]


@pytest.mark.parametrize(("cause", "sent", "signed"), PATHS)
def test_a_path_that_is_written_otherwise_is_found(cause: str, sent: str, signed: str) -> None:
    client = Roa(path=sent, target=sent, query="")
    assert judged(client.sent(sha1(client.text())))[0].ok
    _, found = judged(client.sent(sha1(replace(client, path=signed).text())))
    assert cause in found.causes[0]


def test_a_prefix_that_a_proxy_took_away_is_found_when_it_says_so() -> None:
    client = changed(Roa(), x_forwarded_prefix="/cloud", via="1.1 proxy")
    _, found = judged(client.sent(sha1(replace(client, path=f"/cloud{TASKS}").text())))
    assert found.causes == (
        f"The client signed /cloud{TASKS}: a proxy took /cloud away.",
        "The request came through a proxy (via: '1.1 proxy'), which may have changed what was "
        "signed.",
    )


@pytest.mark.parametrize("name", ["x-acs-region-id", "x-acs-signature-method"])
def test_a_header_that_was_dropped_on_the_way_is_found(name: str) -> None:
    client = Roa()
    arrived = changed(client, **{name: None})
    _, found = judged(arrived.sent(sha1(client.text())))
    assert f"The client signed {name}:{client.headers[name]}, but" in found.causes[0]


def test_a_date_that_browsers_send_as_x_acs_date_is_found() -> None:
    client = changed(Roa(), x_acs_date="Fri, 20 Nov 2026 09:20:00 GMT")
    _, found = judged(
        client.sent(sha1(client.text().replace(DATE, "Fri, 20 Nov 2026 09:20:00 GMT")))
    )
    assert found.causes == ("The client signed x-acs-date in place of Date.",)


@pytest.mark.parametrize("name", ["Accept", "Content-MD5", "Content-Type"])
def test_an_empty_line_that_was_left_out_is_found(name: str) -> None:
    # All of them left out at once is how older Go clients sign; that is taken.
    client = changed(Roa(), accept=None, content_md5=None, content_type=None)
    client = replace(client, body=b"", method="GET")
    lines = client.text().split("\n")
    del lines[{"Accept": 1, "Content-MD5": 2, "Content-Type": 3}[name]]
    _, found = judged(client.sent(sha1("\n".join(lines))))
    # Which of three empty lines is missing, nobody can tell.
    assert found.causes == ("The client left out the empty line of Accept.",)


def test_two_slips_at_once_are_found() -> None:
    client = Roa()
    signed = client.text().replace("PUT", "POST").replace("RegionId=cn-beijing&", "")
    _, found = judged(client.sent(sha1(signed)))
    assert found.client == signed
    assert [cause.partition(":")[0] for cause in found.causes] == [
        "The client signed the method POST, but sent PUT.",
        "The client did not sign the query parameter 'RegionId'",
    ]


def test_a_slip_and_a_wrong_secret_are_found() -> None:
    client = Roa()
    signed = client.text() + "\n"
    _, found = judged(client.sent(sha1(signed, SECRET + "\n")))
    assert found.client == signed
    assert len(found.causes) == 2


def test_an_unknown_secret_leaves_the_client_s_text_unknown() -> None:
    client = Roa()
    _, found = judged(client.sent(sha1(client.text(), "something else")))
    assert (found.server, found.client, found.differs_at) == (client.text(), None, None)
    assert found.causes == (
        "No usual slip gives this signature. Most likely it was made with another AccessKeySecret "
        f"than the one that the setting access_keys has for {KEY}.",
    )
    client = changed(client, x_acs_signature_nonce="n1")
    _, found = judged(client.sent(sha1(client.text().replace("nonce:n1", "nonce:n2"))))
    assert found.causes[1:] == (
        "Or the client signed another nonce than the one it sent: nobody can search for that.",
    )


def test_no_explanation_quotes_a_secret() -> None:
    for sign in SIGNATURES.values():
        _, found = judged(Roa().sent(sign(Roa().text())))
        said = " ".join(found.causes)
        assert SECRET not in said and OTHER_SECRET not in said
