"""A body that does not fit its digest: what it was when it was signed."""

from __future__ import annotations

import base64
import hashlib

import pytest
from msgspec.structs import replace

from tests.protocols.signing.mis_signed import (
    BODY,
    SECRET,
    Acs3,
    Roa,
    changed,
    judged,
    md5,
    sha1,
    sha256,
)

BODIES: list[tuple[str, bytes]] = [
    ("no body", b""),
    (
        "the same JSON written without spaces, with non-ASCII characters escaped",
        b'{"AppKey":"a","Input":{"TaskKey":"\\u4efb\\u52a1"}}',
    ),
    (
        "the same JSON written with spaces behind , and :, with non-ASCII characters escaped",
        b'{"AppKey": "a", "Input": {"TaskKey": "\\u4efb\\u52a1"}}',
    ),
    ("the body with a line end behind it", BODY + b"\n"),
    ("the body in gbk instead of UTF-8", BODY.decode().encode("gbk")),
]
BYTES = f"the {len(BODY)} bytes that arrived"
ANOTHER = f"the digest of another body than {BYTES}: was it changed after signing?"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


#: What stands in Content-MD5, and the sentence on it.
MD5S: list[tuple[str, str]] = [
    *[(md5(body), f"Content-MD5 is the MD5 of {form}, not of {BYTES}.") for form, body in BODIES],
    (md5(b"something else"), f"Content-MD5 is {ANOTHER}"),
    (hashlib.md5(BODY).hexdigest(), "Content-MD5 is the MD5 in hexadecimal, not base64."),
    (
        hashlib.md5(BODY).hexdigest().upper(),
        "Content-MD5 is the MD5 in hexadecimal in upper case, not base64.",
    ),
    (
        b64(hashlib.md5(BODY).hexdigest().encode()),
        "Content-MD5 is the base64 of the hexadecimal MD5.",
    ),
    (md5(BODY).rstrip("="), "Content-MD5 is the MD5 in base64 that has lost its =."),
    (
        b64(hashlib.sha256(BODY).digest()),
        "Content-MD5 is the body's SHA-256 in base64, not its MD5.",
    ),
    (
        hashlib.sha256(BODY).hexdigest(),
        "Content-MD5 is the body's SHA-256 in hexadecimal, not its MD5 in base64.",
    ),
    (b64(hashlib.sha1(BODY).digest()), "Content-MD5 is the body's SHA-1 in base64, not its MD5."),
    ("soon", f"Content-MD5 has not the form of a digest: the right one is {md5(BODY)}."),
]


@pytest.mark.parametrize(("declared", "cause"), MD5S)
def test_a_wrong_content_md5_is_named(declared: str, cause: str) -> None:
    client = changed(Roa(), content_md5=declared)
    verdict, found = judged(client.sent(sha1(client.text())))
    assert (verdict.problem, found.causes) == ("body_digest", (cause,))
    assert found.server == found.client == client.text()
    at = found.differs_at
    assert at is not None
    assert (at.line, at.part, at.server, at.client) == (3, "Content-MD5", md5(BODY), declared)


@pytest.mark.parametrize(("declared", "cause"), MD5S)
def test_a_wrong_content_md5_does_not_hide_another_slip(declared: str, cause: str) -> None:
    client = changed(Roa(), content_md5=declared)
    for signature, other in (
        (
            sha1(client.text(), SECRET + "\n"),
            "The request was signed with the secret and a line end behind it.",
        ),
        (sha1(client.text().partition("?")[0]), "The client did not sign the query."),
        (sha1(client.text() + "\n"), "The client ended the string to sign with a line end."),
    ):
        _, found = judged(client.sent(signature))
        assert found.causes == (cause, other)
        assert found.client is not None
    _, found = judged(client.sent(sha1(client.text(), "unknown")))
    assert found.causes[0] == cause
    assert found.causes[1].startswith("No usual slip gives this signature.")


def test_the_line_of_a_wrong_content_md5_is_right_without_empty_lines_too() -> None:
    client = changed(Roa(), accept=None, content_md5=md5(b""))
    text = client.text().replace("PUT\n\n", "PUT\n")
    _, found = judged(client.sent(sha1(text)))
    assert found.client == text
    assert found.differs_at is not None
    assert (found.differs_at.line, found.differs_at.part) == (2, "Content-MD5")


NAME = "x-acs-content-sha256"
#: What stands in x-acs-content-sha256, and the sentence on it.
SHA256S: list[tuple[str, str]] = [
    *[
        (hashlib.sha256(body).hexdigest(), f"{NAME} is the SHA-256 of {form}, not of {BYTES}.")
        for form, body in BODIES
    ],
    (hashlib.sha256(b"something else").hexdigest(), f"{NAME} is {ANOTHER}"),
    (
        b64(hashlib.sha256(BODY).digest()),
        f"{NAME} is the body's SHA-256 in base64, not hexadecimal.",
    ),
    (
        b64(hashlib.sha256(BODY).hexdigest().encode()),
        f"{NAME} is the base64 of the body's hexadecimal SHA-256.",
    ),
    (hashlib.md5(BODY).hexdigest(), f"{NAME} is the body's MD5, not its SHA-256."),
    (md5(BODY), f"{NAME} is the body's MD5 in base64, not its SHA-256 in hexadecimal."),
    (hashlib.sha1(BODY).hexdigest(), f"{NAME} is the body's SHA-1, not its SHA-256."),
    (hashlib.sha512(BODY).hexdigest(), f"{NAME} is the body's SHA-512, not its SHA-256."),
    ("UNSIGNED-PAYLOAD", f"{NAME} is UNSIGNED-PAYLOAD in place of the body's SHA-256."),
    (
        "soon",
        f"{NAME} has not the form of a digest: the right one is "
        f"{hashlib.sha256(BODY).hexdigest()}.",
    ),
]


def declaring(digest: str) -> Acs3:
    """A client that declares a digest."""
    return replace(Acs3(), headers=Acs3().headers | {NAME: digest})


def with_payload(client: Acs3, payload: str) -> str:
    """The canonical request with a digest at its end."""
    return client.text().rpartition("\n")[0] + f"\n{payload}"


@pytest.mark.parametrize(("declared", "cause"), SHA256S)
def test_a_wrong_x_acs_content_sha256_that_is_signed_too_is_named(
    declared: str, cause: str
) -> None:
    client = declaring(declared)
    text = with_payload(client, declared)
    # The host without its port is no slip, and nothing differs there.
    for signed in (text, text.replace("127.0.0.1:8900", "127.0.0.1")):
        verdict, found = judged(client.sent(sha256(signed)))
        assert (verdict.problem, found.causes) == ("body_digest", (cause,))
        assert found.client == signed
        at = found.differs_at
        assert at is not None
        assert (at.part, at.client) == ("body digest", declared)
        assert at.server == hashlib.sha256(BODY).hexdigest()


@pytest.mark.parametrize(("declared", "cause"), SHA256S)
def test_a_wrong_x_acs_content_sha256_in_the_header_alone_is_named(
    declared: str, cause: str
) -> None:
    client = declaring(declared)
    for signed in (client.text(), client.text().replace("127.0.0.1:8900", "127.0.0.1")):
        verdict, found = judged(client.sent(sha256(signed)))
        assert (verdict.problem, found.causes) == ("body_digest", (cause,))
        assert found.server == found.client == signed
        at = found.differs_at
        assert at is not None
        assert (at.part, at.client) == (f"header {NAME}", f"{NAME}:{declared}")
        assert at.server == f"{NAME}:{hashlib.sha256(BODY).hexdigest()}"


@pytest.mark.parametrize("in_both", [True, False])
@pytest.mark.parametrize(("declared", "cause"), SHA256S)
def test_a_wrong_x_acs_content_sha256_does_not_hide_another_slip(
    declared: str, cause: str, in_both: bool
) -> None:
    client = declaring(declared)
    text = with_payload(client, declared) if in_both else client.text()
    for signature, other in (
        (
            sha256(text, SECRET + "\n"),
            "The request was signed with the secret and a line end behind it.",
        ),
        (
            sha256(text.replace("127.0.0.1", "localhost")),
            "The client signed host 'localhost:8900', but sent '127.0.0.1:8900'.",
        ),
        (sha256(text.replace(client.query, "")), "The client did not sign the query."),
        (sha256(text + "\n"), "The client ended the canonical request with a line end."),
    ):
        _, found = judged(client.sent(signature))
        assert found.causes == (cause, other)
        assert found.client is not None
    _, found = judged(client.sent(sha256(text, "unknown")))
    assert found.causes[0] == cause
    assert found.causes[1].startswith("No usual slip gives this signature.")


def test_a_long_body_is_not_written_anew() -> None:
    body = b'{"a": "' + b"x" * 70_000 + b'"}'
    client = changed(replace(Roa(), body=body), content_md5=md5(body.replace(b" ", b"")))
    _, found = judged(client.sent(sha1(client.text())))
    assert found.causes[0].startswith("Content-MD5 is the digest of another body than")
    emptied = changed(replace(Roa(), body=body), content_md5=md5(b""))
    _, found = judged(emptied.sent(sha1(emptied.text())))
    assert found.causes[0].startswith("Content-MD5 is the MD5 of no body")


@pytest.mark.parametrize(
    "body",
    [b"not json", b"\xff\xfe", b"[" * 5_000, b"[" * 900 + b"]" * 900, b'"\\ud800"', b"[NaN]"],
)
def test_bodies_of_any_kind_are_explained(body: bytes) -> None:
    client = changed(replace(Roa(), body=body), content_md5=md5(b"else"))
    verdict, found = judged(client.sent(sha1(client.text())))
    assert verdict.problem == "body_digest"
    assert found.causes[0].startswith("Content-MD5 is the digest of another body than")
