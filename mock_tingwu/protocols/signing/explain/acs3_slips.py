"""The slips of clients that sign with ACS3-HMAC-SHA256."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final
from urllib.parse import quote_plus, unquote_to_bytes

from mock_tingwu.protocols.signing import acs3
from mock_tingwu.protocols.signing.explain import alternatives
from mock_tingwu.protocols.signing.explain.alternatives import (
    MOST,
    changed_header,
    cut,
    drifted,
    lower_escapes,
    shown,
)
from mock_tingwu.protocols.signing.explain.digests import Digests
from mock_tingwu.protocols.signing.explain.search import Signer, Slip
from mock_tingwu.protocols.signing.request import (
    TIMESTAMP_FORMAT,
    Piece,
    SignedRequest,
    joined,
    percent_encode,
    query_pairs,
    query_readings,
)

#: What a client signs that believes to talk to the cloud.
_CLOUD: Final = ("tingwu.cn-beijing.aliyuncs.com", "tingwu.aliyuncs.com")


def signers(access_key: str, known: Mapping[str, str]) -> tuple[Signer, list[Signer]]:
    """The right way to sign a canonical request, and wrong ones."""

    def usual(secret: str) -> Callable[[str], str]:
        return lambda text: acs3.signature_of(acs3.string_to_sign(text), secret)

    secret = known[access_key]
    wrong = [
        Signer(cause, usual(other))
        for cause, other in alternatives.secrets_or_keys(access_key, known)
    ]
    return Signer("", usual(secret)), [*wrong, *_algorithms(secret)]


def _algorithms(secret: str) -> Iterator[Signer]:
    def digest(text: str, name: str = "sha256") -> bytes:
        return hmac.digest(secret.encode(), text.encode("utf-8", "replace"), name)

    def hashed(canonical: str) -> str:
        return acs3.string_to_sign(canonical).partition("\n")[2]

    yield Signer(
        "The signature is base64, not hexadecimal.",
        lambda text: base64.b64encode(digest(acs3.string_to_sign(text))).decode(),
    )
    yield Signer(
        "The signature is in upper case; it is hexadecimal in lower case.",
        lambda text: digest(acs3.string_to_sign(text)).hex().upper(),
    )

    def taken_with(name: str) -> Callable[[str], str]:
        return lambda text: digest(acs3.string_to_sign(text), name).hex()

    for name, label in (("sha1", "SHA-1"), ("sha512", "SHA-512"), ("md5", "MD5")):
        cause = f"The HMAC was taken with {label} instead of SHA-256."
        yield Signer(cause, taken_with(name))
    yield Signer(
        "The HMAC was taken with SHA-1 and is base64: that is how ROA v1 signs.",
        lambda text: base64.b64encode(digest(acs3.string_to_sign(text), "sha1")).decode(),
    )
    yield Signer(
        "The client signed the canonical request itself, not its SHA-256.",
        lambda text: digest(text).hex(),
    )
    yield Signer(
        "The client signed the SHA-256 of the canonical request without the line "
        "ACS3-HMAC-SHA256 in front.",
        lambda text: digest(hashed(text)).hex(),
    )
    yield Signer(
        "The client signed the SHA-256 of the canonical request in upper case.",
        lambda text: digest(f"{acs3.ALGORITHM}\n{hashed(text).upper()}").hex(),
    )
    yield Signer(
        "The client ended the string to sign with a line end.",
        lambda text: digest(acs3.string_to_sign(text) + "\n").hex(),
    )
    yield Signer(
        "The client left out the line end behind ACS3-HMAC-SHA256.",
        lambda text: digest(acs3.string_to_sign(text).replace("\n", "")).hex(),
    )
    yield Signer(
        r"The client signed \n as two characters, no line end, behind ACS3-HMAC-SHA256.",
        lambda text: digest(acs3.string_to_sign(text).replace("\n", "\\n")).hex(),
    )
    yield Signer(
        "The signature is a plain SHA-256, no HMAC.",
        lambda text: hashlib.sha256(acs3.string_to_sign(text).encode()).hexdigest(),
    )


def slips(request: SignedRequest, base: Sequence[Piece], digests: Digests) -> Iterator[Slip]:
    """Every usual slip on one canonical request, one at a time."""
    for index, piece in enumerate(base):
        if index - 3 >= MOST and piece.name.startswith("header "):
            continue
        for cause, text in _of_piece(request, piece, digests):
            if text != piece.text:
                yield Slip(index, index + 1, text, cause)
    yield from _header_slips(base)
    end = len(base)
    yield Slip(end, end, "\n", "The client ended the canonical request with a line end.")
    whole = joined(base)
    yield Slip(0, end, whole.replace("\n", "\r\n"), "The client signed Windows line ends, CR LF.")
    yield Slip(
        0, end, whole.replace("\n", "\\n"), r"The client signed \n as two characters, no line end."
    )


def _of_piece(request: SignedRequest, piece: Piece, digests: Digests) -> Iterator[tuple[str, str]]:
    value = piece.text.removesuffix("\n")
    if piece.name == "body digest":
        for what, text in digests.others:
            yield f"The client signed {what}.", text
    elif piece.name == "method":
        yield from _lines(alternatives.methods(value))
    elif piece.name == "path":
        yield from _lines(alternatives.paths(request))
    elif piece.name == "query":
        yield from _lines(_queries(request))
    elif piece.name == "SignedHeaders":
        yield from _lines(_lists(value))
    elif piece.name.startswith("header "):
        name = piece.name.removeprefix("header ")
        sent = value.removeprefix(f"{name}:")
        for cause, text in _header_values(request, name, sent):
            yield cause, f"{name}:{text}\n"


def _lines(options: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    return ((cause, f"{text}\n") for cause, text in options)


def _queries(request: SignedRequest) -> Iterator[tuple[str, str]]:
    if not request.query:
        return
    pairs = next(query_readings(request.query))
    encoded = sorted((percent_encode(key), percent_encode(value)) for key, value in pairs)
    right = "&".join(f"{key}={value}" for key, value in encoded)
    unsorted = "&".join(
        f"{percent_encode(key)}={percent_encode(value)}"
        for key, value in query_pairs(request.query)
    )
    sent = sorted(request.query.split("&"))
    latin = unquote_to_bytes(request.query).decode("latin-1")
    yield "The client did not sign the query.", ""
    yield "The client did not sort the query by key.", unsorted
    yield "The client did not percent-encode the query.", "&".join(f"{k}={v}" for k, v in pairs)
    yield "The client signed the query as it was sent.", request.query
    yield "The client signed the query as it was sent, sorted.", "&".join(sent)
    yield (
        "The client signed the query with + for spaces, as forms do; ACS3 wants %20.",
        "&".join(f"{quote_plus(k)}={quote_plus(v)}" for k, v in pairs),
    )
    yield "The client signed the query with ~ percent-encoded.", right.replace("~", "%7E")
    yield "The client signed the query with * in plain.", right.replace("%2A", "*")
    yield "The client signed the query with / in plain.", right.replace("%2F", "/")
    yield "The client signed the query with lower-case escapes, such as %3a.", lower_escapes(right)
    yield (
        "The client percent-encoded the query twice.",
        "&".join(f"{percent_encode(k)}={percent_encode(v)}" for k, v in encoded),
    )
    yield "The client percent-encoded the = and & of the query.", percent_encode(right)
    yield "The client took the query's bytes for Latin-1, not UTF-8.", latin
    yield "The client signed a ? in front of the query.", f"?{right}"
    for index, (key, _) in islice(enumerate(encoded), MOST):
        rest = encoded[:index] + encoded[index + 1 :]
        cause = f"The client did not sign the query parameter {shown(key)}: added on the way?"
        yield cause, "&".join(f"{k}={v}" for k, v in rest)


def _lists(sent: str) -> Iterator[tuple[str, str]]:
    for cause, text in (
        ("The client signed SignedHeaders sorted, but sent them in another order.", _sorted(sent)),
        ("The client signed SignedHeaders in lower case, but sent capitals.", sent.lower()),
        ("The client signed SignedHeaders with commas.", sent.replace(";", ",")),
        ("The client left SignedHeaders out of what it signed.", ""),
    ):
        if text != sent:
            yield cause, text


def _sorted(signed_headers: str) -> str:
    return ";".join(sorted(signed_headers.split(";")))


def _header_values(request: SignedRequest, name: str, sent: str) -> Iterator[tuple[str, str]]:
    if name == "content-type":
        yield from alternatives.content_types(sent)
    elif name == "accept":
        yield from alternatives.accepts(sent)
    elif name == "host":
        yield from _hosts(request, sent)
    else:
        yield changed_header(name, "", sent), ""
    if name == "x-acs-date" and (moment := acs3.client_time_of(request)):
        yield from drifted(name, sent, moment, lambda time: time.strftime(TIMESTAMP_FORMAT))


def _hosts(request: SignedRequest, sent: str) -> Iterator[tuple[str, str]]:
    bare, colon, port = sent.rpartition(":")
    with_port = f":{port}" if colon and port.isdigit() else ""
    name = bare if with_port else sent
    others = [
        *_CLOUD,
        *[f"{own}{end}" for end in (with_port, "") for own in ("localhost", "127.0.0.1")],
        *[f"{name}:{number}" for number in ("80", "443", "8900")],
        f"http://{sent}",
        f"https://{sent}",
        sent.lower(),
        "",
        *[value for value in [request.header("x-forwarded-host")] if value],
    ]
    for other in dict.fromkeys(others):
        if other != sent:
            yield f"The client signed host {shown(other)}, but sent {shown(sent)}.", other


def _header_slips(base: Sequence[Piece]) -> Iterator[Slip]:
    start = 3
    stop = next(index for index, piece in enumerate(base) if piece.name == "empty line")
    lines = [piece.text for piece in base[start:stop]]
    names = [piece.name.removeprefix("header ") for piece in base[start:stop]]
    values = [
        line.removeprefix(f"{name}:").removesuffix("\n")
        for name, line in zip(names, lines, strict=True)
    ]
    every = "".join(lines)
    for index in range(start, min(stop, start + MOST)):
        name = base[index].name.removeprefix("header ")
        cause = f"The client named {cut(name)} in SignedHeaders, but did not sign it."
        yield Slip(index, index + 1, "", cause)
    pairs = list(zip(names, values, strict=True))
    blocks = [
        (
            "The client signed the names of the headers with capitals; they are signed in lower "
            "case.",
            "".join(f"{name.title()}:{value}\n" for name, value in pairs),
        ),
        (
            "The client signed a space behind the colon of the headers.",
            "".join(f"{name}: {value}\n" for name, value in pairs),
        ),
        (
            "The client signed the headers sorted, but named them in another order.",
            "".join(sorted(lines)),
        ),
        ("The client signed the headers in the reverse order.", "".join(reversed(lines))),
        ("The client signed no headers.", ""),
    ]
    for cause, text in blocks:
        if text != every:
            yield Slip(start, stop, text, cause)
    yield Slip(
        stop, stop + 1, "", "The client left out the empty line between headers and SignedHeaders."
    )
    yield Slip(
        stop,
        stop + 1,
        "\n\n",
        "The client signed two empty lines between headers and SignedHeaders.",
    )
