"""The slips of clients that sign with ROA v1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from email.utils import format_datetime
from itertools import islice
from typing import Final
from urllib.parse import quote_plus, unquote_to_bytes

from mock_tingwu.protocols.signing import roa_v1
from mock_tingwu.protocols.signing.explain import alternatives
from mock_tingwu.protocols.signing.explain.alternatives import (
    MOST,
    changed_header,
    cut,
    drifted,
    shown,
)
from mock_tingwu.protocols.signing.explain.digests import Digests
from mock_tingwu.protocols.signing.explain.hmac_sha1 import wrong_algorithms
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

#: Headers that SDKs sign and that may be dropped on the way.
_USUAL: Final = {
    "x-acs-region-id": "cn-beijing",
    "x-acs-signature-method": roa_v1.SIGNATURE_METHOD,
    "x-acs-signature-version": "1.0",
    "x-acs-version": "2023-09-30",
}


def signers(access_key: str, known: Mapping[str, str]) -> tuple[Signer, list[Signer]]:
    """The right way to sign, and wrong ones."""

    def sha1(secret: str) -> Signer:
        return Signer("", lambda text: roa_v1.signature_of(text, secret))

    secret = known[access_key]
    wrong = [
        Signer(cause, sha1(other).sign)
        for cause, other in alternatives.secrets_or_keys(access_key, known)
    ]
    return sha1(secret), [*wrong, *wrong_algorithms(secret)]


def slips(request: SignedRequest, base: Sequence[Piece], digests: Digests) -> Iterator[Slip]:
    """Every usual slip on one string to sign, one at a time."""
    for index, piece in enumerate(base):
        for cause, text in _of_piece(request, piece, digests):
            if text != piece.text:
                yield Slip(index, index + 1, text, cause)
    names = [piece.name for piece in base]
    for name in roa_v1.STANDARD_HEADERS:
        if name in names and base[names.index(name)].text == "\n":
            cause = f"The client left out the empty line of {name}."
            yield Slip(names.index(name), names.index(name) + 1, "", cause)
    yield from _header_slips(request, base)
    end = len(base)
    yield Slip(end, end, "\n", "The client ended the string to sign with a line end.")
    whole = joined(base)
    yield Slip(0, end, whole.replace("\n", "\r\n"), "The client signed Windows line ends, CR LF.")
    yield Slip(
        0, end, whole.replace("\n", "\\n"), r"The client signed \n as two characters, no line end."
    )
    yield Slip(0, end, whole.replace("\n", ""), "The client signed all on one line.")


def _of_piece(request: SignedRequest, piece: Piece, digests: Digests) -> Iterator[tuple[str, str]]:
    value = piece.text.removesuffix("\n")
    lines: Iterator[tuple[str, str]] = iter(())
    if piece.name == "method":
        lines = alternatives.methods(value)
    elif piece.name == "Accept":
        lines = alternatives.accepts(value)
    elif piece.name == "Content-MD5":
        lines = _digests(digests, value)
    elif piece.name == "Content-Type":
        lines = alternatives.content_types(value)
    elif piece.name == "Date":
        lines = _dates(request, value)
    elif piece.name == "path":
        yield from alternatives.paths(request)
    elif piece.name == "query":
        yield from _queries(request)
    for cause, text in lines:
        yield cause, f"{text}\n"


def _digests(digests: Digests, sent: str) -> Iterator[tuple[str, str]]:
    right = digests.right
    yield changed_header("Content-MD5", "", sent), ""
    yield changed_header("Content-MD5", right, sent), right
    for what, value in digests.others:
        yield f"The client signed {what}.", value


def _dates(request: SignedRequest, sent: str) -> Iterator[tuple[str, str]]:
    yield changed_header("Date", "", sent), ""
    other = request.header("x-acs-date")
    if other:
        yield "The client signed x-acs-date in place of Date.", other
    moment = roa_v1.client_time_of(request)
    if moment is None:
        return
    yield from drifted("Date", sent, moment, lambda time: format_datetime(time, usegmt=True))
    for value in (
        format_datetime(moment),
        moment.strftime(TIMESTAMP_FORMAT),
        format_datetime(moment, usegmt=True).replace(", 0", ", "),
    ):
        yield changed_header("Date", value, sent), value


def _queries(request: SignedRequest) -> Iterator[tuple[str, str]]:
    yield from _query_options(request)
    pairs = next(query_readings(request.query))
    for index, (key, _) in islice(enumerate(pairs), MOST):
        rest = pairs[:index] + pairs[index + 1 :]
        text = "?" + "&".join(f"{k}={v}" if v else k for k, v in rest) if rest else ""
        yield f"The client did not sign the query parameter {shown(key)}: added on the way?", text


def _query_options(request: SignedRequest) -> Iterator[tuple[str, str]]:
    if not request.query:
        yield (
            "The client signed the query RegionId=cn-beijing, which did not arrive.",
            "?RegionId=cn-beijing",
        )
        return
    pairs = next(query_readings(request.query))
    sent = [part.partition("=") for part in request.query.split("&") if part]
    raw = [f"{key}={value}" for key, _, value in sent]
    latin = unquote_to_bytes(request.query).decode("latin-1")

    def joined(how: Sequence[str]) -> str:
        return "?" + "&".join(how)

    yield "The client did not sign the query.", ""
    yield (
        "The client percent-encoded the query; ROA v1 signs values as they are meant.",
        joined([f"{percent_encode(k)}={percent_encode(v)}" for k, v in pairs]),
    )
    yield (
        "The client encoded the query as a form does, with + for spaces; ROA v1 signs values as "
        "they are meant.",
        joined([f"{quote_plus(k)}={quote_plus(v)}" for k, v in pairs]),
    )
    unsorted = [f"{key}={value}" if value else key for key, value in query_pairs(request.query)]
    yield "The client did not sort the query by key.", joined(unsorted)
    yield "The client sorted the query backwards.", joined([f"{k}={v}" for k, v in reversed(pairs)])
    yield "The client signed the query as it was sent, percent-encoded.", joined(sorted(raw))
    yield (
        "The client signed the query as it was sent, neither sorted nor decoded.",
        f"?{request.query}",
    )
    yield "The client took the query's bytes for Latin-1, not UTF-8.", f"?{latin}"
    yield "The client signed the query without its ?.", joined([f"{k}={v}" for k, v in pairs])[1:]
    yield "The client signed an & behind the query.", joined([f"{k}={v}" for k, v in pairs]) + "&"
    lower = sorted((key.lower(), value) for key, value in pairs)
    yield (
        "The client signed the query's keys in lower case.",
        joined([f"{k}={v}" for k, v in lower]),
    )


def _header_slips(request: SignedRequest, base: Sequence[Piece]) -> Iterator[Slip]:
    places = [i for i, piece in enumerate(base) if piece.name.startswith("header ")]
    start = places[0] if places else len(base) - 2
    stop = start + len(places)
    lines = {piece.name.removeprefix("header "): piece.text for piece in base[start:stop]}
    for place in places[:MOST]:
        name = base[place].name.removeprefix("header ")
        cause = f"The client did not sign {cut(name)}: added after signing?"
        yield Slip(place, place + 1, "", cause)
    for name, value in _USUAL.items():
        if name not in lines:
            place = start + sum(other < name for other in lines)
            cause = (
                f"The client signed {name}:{value}, but {name} did not arrive: dropped on the way?"
            )
            yield Slip(place, place, f"{name}:{value}\n", cause)
    if not places:
        return
    every = "".join(lines.values())
    pairs = [
        (name, line.removeprefix(f"{name}:").removesuffix("\n")) for name, line in lines.items()
    ]
    sent = [name for name in request.header_names() if name.startswith("x-acs-")]
    blocks = [
        ("The client signed no x-acs-* header.", ""),
        (
            "The client signed the names of the x-acs-* headers with capitals; they are signed in "
            "lower case.",
            "".join(f"{name.title()}:{value}\n" for name, value in pairs),
        ),
        (
            "The client signed a space behind the colon of the x-acs-* headers.",
            "".join(f"{name}: {value}\n" for name, value in pairs),
        ),
        ("The client did not sort the x-acs-* headers.", "".join(lines[name] for name in sent)),
        ("The client left out the line end between headers and path.", every.removesuffix("\n")),
        ("The client signed an empty line between headers and path.", every + "\n"),
    ]
    for cause, text in blocks:
        if text != every:
            yield Slip(start, stop, text, cause)
