"""Digests of a body: what is declared or signed in place of the right one."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from mock_tingwu.core.nesting import deeper_than
from mock_tingwu.protocols.signing import acs3
from mock_tingwu.protocols.signing.request import Piece, Scheme, SignedRequest
from mock_tingwu.protocols.signing.roa_v1 import content_md5

#: Longer bodies are not written anew to find the one that was signed.
_LONGEST_BODY: Final = 16 * 1024
#: JSON that is nested deeper is not written anew: indented, it would be huge.
_DEEPEST: Final = 64


class Digests(Struct, frozen=True):
    """The digest of a request's body in one scheme.

    ``header`` is where it is declared, ``sent`` what was declared there, ``right`` what belongs
    there. ``piece`` is what the right header is in a text to be signed. ``others`` are wrong ones,
    each with what it is: "the MD5 of no body". Made once for each explanation, since a body can be
    long.
    """

    header: str
    sent: str
    right: str
    piece: Piece
    others: tuple[tuple[str, str], ...]
    length: int
    shape: re.Pattern[str]

    def cause(self) -> str:
        """The sentence on what was declared; it is known to be wrong."""
        for what, value in self.others:
            if value == self.sent:
                of_another = what.startswith(("the SHA-256 of ", "the MD5 of "))
                but = f", not of the {self.length} bytes that arrived" if of_another else ""
                return f"{self.header} is {what}{but}."
        if self.shape.fullmatch(self.sent):
            return (
                f"{self.header} is the digest of another body than the {self.length} bytes that "
                "arrived: was it changed after signing?"
            )
        return f"{self.header} has not the form of a digest: the right one is {self.right}."


def digests(request: SignedRequest, scheme: Scheme) -> Digests:
    """The digests of a request's body. RPC style signs none, but may declare that of ROA."""
    body = request.body
    if scheme == acs3.ALGORITHM:
        header, right = "x-acs-content-sha256", hashlib.sha256(body).hexdigest()
        piece = Piece(f"header {header}", f"{header}:{right}\n")
        others, shape = _of_acs3(body), re.compile("[0-9A-Fa-f]{64}")
    else:
        header, right = "Content-MD5", content_md5(body)
        piece = Piece(header, f"{right}\n")
        others, shape = _of_roa(body), re.compile("[A-Za-z0-9+/]{22}==")
    known: dict[str, str] = {}
    for what, value in others:
        if value != right:
            known.setdefault(value, what)
    pairs = tuple((what, value) for value, what in known.items())
    sent = request.header(header) or ""
    return Digests(header, sent, right, piece, pairs, len(body), shape)


def _of_acs3(body: bytes) -> Iterator[tuple[str, str]]:
    sha256, md5 = hashlib.sha256(body), hashlib.md5(body, usedforsecurity=False)
    sha1 = hashlib.sha1(body, usedforsecurity=False)
    for what, form in _forms(body):
        yield f"the SHA-256 of {what}", hashlib.sha256(form).hexdigest()
    yield "the body's SHA-256 in upper case", sha256.hexdigest().upper()
    yield "the body's SHA-256 in base64, not hexadecimal", _base64(sha256.digest())
    yield "the base64 of the body's hexadecimal SHA-256", _base64(sha256.hexdigest().encode())
    yield "the body's MD5, not its SHA-256", md5.hexdigest()
    yield "the body's MD5 in base64, not its SHA-256 in hexadecimal", _base64(md5.digest())
    yield "the body's SHA-1, not its SHA-256", sha1.hexdigest()
    yield "the body's SHA-512, not its SHA-256", hashlib.sha512(body).hexdigest()
    yield "UNSIGNED-PAYLOAD in place of the body's SHA-256", "UNSIGNED-PAYLOAD"
    yield "nothing in place of the body's SHA-256", ""
    if len(body) <= _LONGEST_BODY:
        yield "the body itself, not its SHA-256", body.decode("utf-8", "replace")


def _of_roa(body: bytes) -> Iterator[tuple[str, str]]:
    sha256, md5 = hashlib.sha256(body), hashlib.md5(body, usedforsecurity=False)
    sha1 = hashlib.sha1(body, usedforsecurity=False)
    right = _base64(md5.digest())
    yield "the MD5 in hexadecimal, not base64", md5.hexdigest()
    yield "the MD5 in hexadecimal in upper case, not base64", md5.hexdigest().upper()
    yield "the base64 of the hexadecimal MD5", _base64(md5.hexdigest().encode())
    yield "the base64 of the upper-case hexadecimal MD5", _base64(md5.hexdigest().upper().encode())
    yield "the MD5 in base64 that has lost its =", right.rstrip("=")
    yield (
        "the MD5 in base64 for URLs, with - and _",
        base64.urlsafe_b64encode(md5.digest()).decode(),
    )
    yield "the body's SHA-256 in base64, not its MD5", _base64(sha256.digest())
    yield "the body's SHA-256 in hexadecimal, not its MD5 in base64", sha256.hexdigest()
    yield "the body's SHA-1 in base64, not its MD5", _base64(sha1.digest())
    for what, form in _forms(body):
        yield f"the MD5 of {what}", content_md5(form)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _forms(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Other forms of a body that mean the same, and none."""
    yield "no body", b""
    if len(body) > _LONGEST_BODY:
        return
    yield "the body without white space around it", body.strip()
    yield "the body with a line end behind it", body + b"\n"
    yield "the body with CR LF line ends", body.replace(b"\n", b"\r\n")
    yield "the body with LF line ends", body.replace(b"\r\n", b"\n")
    yield "the body with a byte order mark", b"\xef\xbb\xbf" + body
    try:
        text = body.decode()
        value = json.loads(text)
    except (UnicodeDecodeError, ValueError, RecursionError):
        return
    if deeper_than(_DEEPEST, value):
        return
    layouts: list[tuple[str, tuple[str, str] | None, int | None]] = [
        ("without spaces", (",", ":"), None),
        ("with spaces behind , and :", (", ", ": "), None),
        ("indented by 2", None, 2),
        ("indented by 4", None, 4),
    ]
    for layout, separators, indent in layouts:
        for keys in (False, True):
            for ascii_only in (False, True):
                form = json.dumps(
                    value,
                    ensure_ascii=ascii_only,
                    separators=separators,
                    indent=indent,
                    sort_keys=keys,
                )
                words = [layout, *["with sorted keys"] * keys]
                words += ["with non-ASCII characters escaped"] * ascii_only
                yield f"the same JSON written {', '.join(words)}", form.encode("utf-8", "replace")
    for encoding in ("gbk", "latin-1", "utf-16-le"):
        try:
            yield f"the body in {encoding} instead of UTF-8", text.encode(encoding)
        except UnicodeEncodeError:
            continue
