"""The slips of clients that sign with RPC v1."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final
from urllib.parse import quote, quote_plus, unquote

from mock_tingwu.protocols.signing import rpc_v1
from mock_tingwu.protocols.signing.explain import alternatives
from mock_tingwu.protocols.signing.explain.alternatives import (
    MOST,
    changed_header,
    drifted,
    lower_escapes,
    shown,
)
from mock_tingwu.protocols.signing.explain.hmac_sha1 import wrong_algorithms
from mock_tingwu.protocols.signing.explain.search import Signer, Slip
from mock_tingwu.protocols.signing.request import (
    TIMESTAMP_FORMAT,
    Piece,
    SignedRequest,
    base64_hmac_sha1,
    joined,
    percent_encode,
    query_pairs,
    read_timestamp,
)
from mock_tingwu.protocols.signing.rpc_v1 import Pair

#: Parameters that SDKs sign and that may be dropped on the way.
_USUAL: Final = {
    "Format": "JSON",
    "RegionId": "cn-shanghai",
    "SignatureMethod": rpc_v1.SIGNATURE_METHOD,
    "SignatureType": "",
    "SignatureVersion": "1.0",
}
#: Parameters of every call; whatever else there is belongs to the API.
_COMMON: Final = frozenset(
    {
        "AccessKeyId",
        "Action",
        "Format",
        "SecurityToken",
        "SignatureMethod",
        "SignatureNonce",
        "SignatureType",
        "SignatureVersion",
        "Timestamp",
        "Version",
    }
)
#: Other values that clients sign.
_VALUES: Final = {
    "Format": ("JSON", "json", "XML", "xml"),
    "SignatureMethod": ("HMAC-SHA1", "hmac-sha1", "HMAC-SHA256"),
    "SignatureVersion": ("1.0", "1"),
}
_FLAGS: Final = (("true", "True", "TRUE", "1"), ("false", "False", "FALSE", "0"))
#: Where the parameters begin among the pieces of a text.
_START: Final = 2
_JOINT: Final = percent_encode("&")
_Encoder = Callable[[str], str]


def signers(access_key: str, known: Mapping[str, str]) -> tuple[Signer, list[Signer]]:
    """The right way to sign, and wrong ones."""

    def usual(secret: str) -> _Encoder:
        return lambda text: rpc_v1.signature_of(text, secret)

    secret = known[access_key]
    wrong = [
        Signer(
            "The request was signed with the secret alone; RPC style wants an & behind it.",
            lambda text: base64_hmac_sha1(text, secret),
        ),
        *[Signer(cause, usual(other)) for cause, other in alternatives.secrets(access_key, known)],
        Signer("The request was signed with the secret and two & behind it.", usual(f"{secret}&")),
    ]
    return Signer("", usual(secret)), [*wrong, *wrong_algorithms(f"{secret}&")]


def slips(request: SignedRequest, base: Sequence[Piece]) -> Iterator[Slip]:
    """Every usual slip on one string to sign, one at a time."""
    pairs = [_pair(piece) for piece in base[_START:]]
    yield from _start_slips(request, base)
    yield from _parameter_slips(request, base, pairs)
    yield from _added(request, pairs)
    end = len(base)
    right = joined(base[_START:])
    for cause, text in _of_all(request, pairs):
        if text != right:
            yield Slip(_START, end, text, cause)
    yield from _encodings(base, pairs)
    yield Slip(_START, _START, _JOINT, "The client signed an & in front of the parameters.")
    yield Slip(_START, _START, "%3F", "The client signed a ? in front of the parameters.")
    yield Slip(end, end, _JOINT, "The client signed an & behind the parameters.")
    yield Slip(end, end, "\n", "The client ended the string to sign with a line end.")
    yield Slip(
        0, end, percent_encode(joined(base)), "The client percent-encoded the whole string to sign."
    )


def _pair(piece: Piece) -> Pair:
    name, _, value = unquote(piece.text).removeprefix("&").partition("=")
    return unquote(name), unquote(value)


def _start_slips(request: SignedRequest, base: Sequence[Piece]) -> Iterator[Slip]:
    method = request.method
    for cause, other in alternatives.methods(method):
        yield Slip(0, 1, f"{other}&", cause)
    for cause, text in _paths(request):
        if text != base[1].text:
            yield Slip(1, 2, text, cause)
    for cause, text in (
        ("The client left out the method.", "%2F&"),
        ("The client left out method and path: it signed the parameters alone.", ""),
        ("The client left out the & between method and path.", f"{method}%2F&"),
        ("The client left out the & between path and parameters.", f"{method}&%2F"),
        ("The client percent-encoded the & around the path.", f"{method}%26%2F%26"),
        ("The client signed line ends in place of the & around the path.", f"{method}\n%2F\n"),
    ):
        yield Slip(0, 2, text, cause)


def _paths(request: SignedRequest) -> Iterator[Pair]:
    yield "The client did not percent-encode the path: / is signed as %2F.", "/&"
    yield "The client percent-encoded the path twice.", "%252F&"
    yield "The client signed the path in lower case, as %2f.", "%2f&"
    yield "The client left out the path.", "&"
    yield "The client left out the path and the & behind it.", ""
    cause = f"The client signed the path {shown(request.path)}; RPC style always signs /."
    yield cause, f"{percent_encode(request.path)}&"
    yield cause, f"{request.path}&"


def _parameter_slips(
    request: SignedRequest, base: Sequence[Piece], pairs: Sequence[Pair]
) -> Iterator[Slip]:
    for index, (name, value) in islice(enumerate(pairs, _START), MOST):
        yield _without(base, index, name)
        for cause, other in _values(request, name, value):
            if other != value:
                text = _written([(name, other)])
                yield Slip(index, index + 1, text if index == _START else _JOINT + text, cause)


def _without(base: Sequence[Piece], index: int, name: str) -> Slip:
    cause = f"The client did not sign the parameter {shown(name)}: added on the way?"
    if index == _START and index + 1 < len(base):  # nothing is in front of the first
        return Slip(index, index + 2, base[index + 1].text.removeprefix(_JOINT), cause)
    return Slip(index, index + 1, "", cause)


def _values(request: SignedRequest, name: str, sent: str) -> Iterator[Pair]:
    """What may have been signed as the value of a parameter."""
    others = [*_VALUES.get(name, ()), sent.strip()]
    for words in _FLAGS:
        if sent in words:
            others += words
    if name == "Action":
        others += [request.header("x-acs-action") or sent, sent[:1].lower() + sent[1:]]
    if name == "Version":
        others.append(request.header("x-acs-version") or sent)
    for other in dict.fromkeys(others):
        yield changed_header(name, other, sent), other
    if name == "Timestamp" and (moment := read_timestamp(sent)):
        yield from drifted(name, sent, moment, lambda time: time.strftime(TIMESTAMP_FORMAT))


def _added(request: SignedRequest, pairs: Sequence[Pair]) -> Iterator[Slip]:
    """Parameters that did not arrive, each put where it belongs."""
    names = {name for name, _ in pairs}
    for name, value, cause in _missing(request):
        if name not in names:
            place = _START + sum(other < name for other, _ in pairs)
            text = _written([(name, value)])
            text = _JOINT + text if place > _START else text + _JOINT * bool(pairs)
            yield Slip(place, place, text, cause)


def _missing(request: SignedRequest) -> Iterator[tuple[str, str, str]]:
    yield "Signature", "", "The client signed the parameter Signature, too, empty."
    headers = {"Action": "x-acs-action", "Version": "x-acs-version"}
    sent = {name: request.header(header) for name, header in headers.items()}
    for name, value in {**_USUAL, **sent}.items():
        if value is not None:
            pair = shown(f"{name}={value}")
            yield (
                name,
                value,
                f"The client signed the parameter {pair}, which did not arrive: dropped on the "
                "way?",
            )


def _of_all(request: SignedRequest, pairs: Sequence[Pair]) -> Iterator[Pair]:
    """What may have been signed as the parameters."""
    query, form = (
        rpc_v1.signed_pairs(query_pairs(part)) for part in (request.query, rpc_v1.form(request))
    )
    for cause, chosen in (
        ("The client did not sort the parameters by name.", [*query, *form]),
        (
            "The client sorted the parameters of the query and of the form apart.",
            [*sorted(query), *sorted(form)],
        ),
        (
            "The client sorted the parameters without regard to upper and lower case.",
            sorted(pairs, key=lambda pair: pair[0].lower()),
        ),
        ("The client sorted the parameters backwards.", list(reversed(pairs))),
        ("The client did not sign the parameters of the form.", sorted(query)),
        ("The client did not sign the parameters of the query.", sorted(form)),
        ("The client did not sign empty parameters.", [pair for pair in pairs if pair[1]]),
        (
            "The client signed the common parameters alone, none of the API's.",
            [pair for pair in pairs if pair[0] in _COMMON],
        ),
        (
            "The client signed the API's parameters alone, none of the common ones.",
            [pair for pair in pairs if pair[0] not in _COMMON],
        ),
        (
            "The client signed the names of the parameters with small first letters.",
            sorted((name[:1].lower() + name[1:], value) for name, value in pairs),
        ),
        (
            "The client signed the names of the parameters in lower case.",
            sorted((name.lower(), value) for name, value in pairs),
        ),
    ):
        yield cause, _written(chosen)
    yield (
        "The client signed empty parameters without their =.",
        percent_encode(
            "&".join(
                f"{percent_encode(name)}={percent_encode(value)}" if value else percent_encode(name)
                for name, value in pairs
            )
        ),
    )


def _encodings(base: Sequence[Piece], pairs: Sequence[Pair]) -> Iterator[Slip]:
    """Path and parameters percent-encoded in another way."""
    tried = {joined(base[1:])}
    for cause, text in _encoded(pairs):
        if text not in tried:
            tried.add(text)
            yield Slip(1, len(base), text, cause)


def _encoded(pairs: Sequence[Pair]) -> Iterator[Pair]:
    for cause, inner, outer in _DEPTHS:
        yield cause, f"%2F&{_written(pairs, inner, outer)}"
    for how, encode in _ENCODERS:
        cause = f"The client signed the parameters {how}."
        for path, inner, outer in (
            ("%2F", encode, percent_encode),
            ("%2F", encode, encode),
            ("%2F", percent_encode, encode),
            (encode("/"), encode, encode),
            (encode("/"), percent_encode, encode),
        ):
            yield cause, f"{path}&{_written(pairs, inner, outer)}"


def _written(
    pairs: Sequence[Pair], inner: _Encoder = percent_encode, outer: _Encoder = percent_encode
) -> str:
    return outer("&".join([f"{inner(name)}={inner(value)}" for name, value in pairs]))


def _same(text: str) -> str:
    return text


def _twice(text: str) -> str:
    return percent_encode(percent_encode(text))


#: Ways to percent-encode that are not RFC 3986's.
_ENCODERS: Final[tuple[tuple[str, _Encoder], ...]] = (
    ("with + for spaces, as forms do; RPC style wants %20", lambda t: quote_plus(t, safe="~")),
    ("with ~ percent-encoded", lambda t: percent_encode(t).replace("~", "%7E")),
    ("with * in plain", lambda t: quote(t, safe="~*")),
    ("with / in plain", lambda t: quote(t, safe="~/")),
    ("with ! ' ( ) * in plain, as encodeURIComponent does", lambda t: quote(t, safe="~!'()*")),
    (
        "with + for spaces and ~ percent-encoded, as PHP's urlencode does",
        lambda t: quote_plus(t).replace("~", "%7E"),
    ),
    (
        "with + for spaces, * in plain and ~ percent-encoded, as Java's URLEncoder does",
        lambda t: quote_plus(t, safe="*").replace("~", "%7E"),
    ),
    ("with lower-case escapes, such as %3a", lambda t: lower_escapes(percent_encode(t))),
    ("as Latin-1, not UTF-8", lambda t: quote(t, safe="~", encoding="latin-1", errors="replace")),
)
#: How often names and values are encoded, and then the whole.
_DEPTHS: Final[tuple[tuple[str, _Encoder, _Encoder], ...]] = (
    ("The client did not percent-encode the parameters.", _same, _same),
    (
        "The client percent-encoded the parameters once, each; the whole is to be encoded "
        "once more.",
        percent_encode,
        _same,
    ),
    (
        "The client percent-encoded the parameters once, the whole; each name and value is to "
        "be encoded before.",
        _same,
        percent_encode,
    ),
    (
        "The client percent-encoded the values of the parameters three times.",
        _twice,
        percent_encode,
    ),
    (
        "The client percent-encoded names and values twice, but not the = and & between them.",
        _twice,
        _same,
    ),
    (
        "The client did not percent-encode the = between names and values.",
        percent_encode,
        lambda text: quote(text, safe="~="),
    ),
    (
        "The client did not percent-encode the & between the parameters.",
        percent_encode,
        lambda text: quote(text, safe="~&"),
    ),
)
