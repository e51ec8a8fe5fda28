"""The slips of clients whose signature is the base64 HMAC-SHA1 of a text."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterator
from urllib.parse import quote

from mock_tingwu.protocols.signing.explain.search import Signer
from mock_tingwu.protocols.signing.request import base64_hmac_sha1


def wrong_algorithms(key: str) -> Iterator[Signer]:
    """What else is made of a text and the ``key`` of its HMAC, which is the right one."""

    def digest(text: str, name: str) -> bytes:
        return hmac.digest(key.encode(), text.encode("utf-8", "replace"), name)

    def plain(text: str) -> str:
        return base64_hmac_sha1(text, key)

    def taken_with(name: str) -> Callable[[str], str]:
        return lambda text: base64.b64encode(digest(text, name)).decode()

    for name, label in (("sha256", "SHA-256"), ("md5", "MD5"), ("sha512", "SHA-512")):
        cause = f"The HMAC was taken with {label} instead of SHA-1."
        yield Signer(cause, taken_with(name))
    hexadecimal = "The signature is hexadecimal, not base64."
    yield Signer(hexadecimal, lambda text: digest(text, "sha1").hex())
    yield Signer(hexadecimal, lambda text: digest(text, "sha1").hex().upper())
    yield Signer(
        "The HMAC was taken with SHA-256 and is hexadecimal: that is how ACS3 signs.",
        lambda text: digest(text, "sha256").hex(),
    )
    yield Signer(
        "The signature is the base64 of the hexadecimal digest, not of the digest itself.",
        lambda text: base64.b64encode(digest(text, "sha1").hex().encode()).decode(),
    )
    yield Signer(
        "The signature is base64 for URLs, with - and _.",
        lambda text: base64.urlsafe_b64encode(digest(text, "sha1")).decode(),
    )
    yield Signer("The base64 signature has lost its =.", lambda text: plain(text).rstrip("="))
    yield Signer("The signature is percent-encoded.", lambda text: quote(plain(text), safe=""))
    yield Signer(
        "The signature is a plain SHA-1 of text and secret, no HMAC.",
        lambda text: base64.b64encode(
            hashlib.sha1((text + key).encode("utf-8", "replace")).digest()
        ).decode(),
    )
