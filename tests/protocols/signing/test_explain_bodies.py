"""A body that does not fit its digest: what it was when it was signed."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from tests.protocols.signing.mis_signed import BODY, Acs3, Roa, changed, judged, md5, sha1, sha256

BODIES: list[tuple[str, bytes]] = [
    ("no body", b""),
    (
        "the same JSON written without spaces,",
        b'{"AppKey":"a","Input":{"TaskKey":"\\u4efb\\u52a1"}}',
    ),
    (
        "the same JSON written with spaces behind , and :, with non-ASCII characters escaped",
        b'{"AppKey": "a", "Input": {"TaskKey": "\\u4efb\\u52a1"}}',
    ),
    ("the body with a line end behind it", BODY + b"\n"),
    ("the body in gbk instead of UTF-8", BODY.decode().encode("gbk")),
]


@pytest.mark.parametrize(("form", "signed"), BODIES)
def test_a_content_md5_of_another_form_of_the_body_is_named(form: str, signed: bytes) -> None:
    client = changed(Roa(), content_md5=md5(signed))
    verdict, found = judged(client.sent(sha1(client.text())))
    assert verdict.problem == "body_digest"
    assert len(found.causes) == 1
    assert found.causes[0].startswith(f"Content-MD5 is the digest of {form}")
    assert found.client == client.text()
    assert found.differs_at is not None
    assert (found.differs_at.part, found.differs_at.client) == ("Content-MD5", md5(signed))
    assert found.differs_at.server == md5(BODY)


def test_a_content_md5_of_quite_another_body_is_named() -> None:
    client = changed(Roa(), content_md5=md5(b"something else"))
    _, found = judged(client.sent(sha1(client.text())))
    assert found.causes == (
        f"Content-MD5 is the digest of another body than the {len(BODY)} bytes that arrived: it "
        "was changed after signing.",
    )


def test_a_hexadecimal_content_md5_is_named() -> None:
    client = changed(Roa(), content_md5=hashlib.md5(BODY).hexdigest())
    verdict, found = judged(client.sent(sha1(client.text())))
    assert verdict.problem == "body_digest"
    assert found.causes == ("Content-MD5 is in hexadecimal, not base64.",)


def acs3(declared: bytes) -> Acs3:
    """A client that declares, and signs, the digest of another body than it sends."""
    client = Acs3()
    digest = hashlib.sha256(declared).hexdigest()
    return replace(client, headers=client.headers | {"x-acs-content-sha256": digest})


@pytest.mark.parametrize(("form", "signed"), BODIES)
def test_an_x_acs_content_sha256_of_another_form_of_the_body_is_named(
    form: str, signed: bytes
) -> None:
    client = acs3(signed)
    text = replace(client, body=signed).text()
    verdict, found = judged(client.sent(sha256(text)))
    assert verdict.problem == "body_digest"
    assert len(found.causes) == 1
    assert found.causes[0].startswith(f"x-acs-content-sha256 is the digest of {form}")
    assert (found.server, found.client) == (client.text(), text)
    assert found.differs_at is not None and found.differs_at.part == "body digest"


def test_an_x_acs_content_sha256_of_quite_another_body_is_named() -> None:
    client = acs3(b"something else")
    _, found = judged(client.sent(sha256(replace(client, body=b"something else").text())))
    assert found.causes == (
        f"x-acs-content-sha256 is the digest of another body than the {len(BODY)} bytes that "
        "arrived: it was changed after signing.",
    )
    assert found.client is not None


def test_a_long_body_is_not_written_anew() -> None:
    body = b'{"a": "' + b"x" * 70_000 + b'"}'
    client = changed(replace(Roa(), body=body), content_md5=md5(body.replace(b" ", b"")))
    _, found = judged(client.sent(sha1(client.text())))
    assert found.causes[0].startswith("Content-MD5 is the digest of another body than")
    emptied = changed(replace(Roa(), body=body), content_md5=md5(b""))
    _, found = judged(emptied.sent(sha1(emptied.text())))
    assert found.causes[0].startswith("Content-MD5 is the digest of no body")


@pytest.mark.parametrize("body", [b"not json", b"\xff\xfe", b"[" * 5_000, b'"\\ud800"', b"{}"])
def test_bodies_of_any_kind_are_explained(body: bytes) -> None:
    client = changed(replace(Roa(), body=body), content_md5=md5(b"else"))
    verdict, found = judged(client.sent(sha1(client.text())))
    assert verdict.problem == "body_digest"
    assert found.causes
