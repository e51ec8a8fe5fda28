"""What clients sign instead of the right thing: secrets, methods, paths, headers.

Each generator yields pairs of an explanation and a value. An explanation is a sentence that says
what the client did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote, quote_plus, unquote, unquote_to_bytes

from mock_tingwu.protocols.signing.request import SignedRequest, percent_encode

Alternative = tuple[str, str]
METHODS: Final = ("GET", "POST", "PUT", "DELETE")
CONTENT_TYPES: Final = (
    "application/json",
    "application/json; charset=utf-8",
    "application/json;charset=utf-8",
    "application/x-www-form-urlencoded",
    "application/octet-stream",
    "text/plain",
)
ACCEPTS: Final = ("application/json", "*/*", "application/xml", "application/*", "text/html")
#: Of a request's parameters, path segments and headers, so many are tried one by one.
MOST: Final = 32
#: How far a time stamp may have moved when a client makes it once to sign and once to send, in s.
_DRIFT: Final = (-1, -2, -3, 1, 2, 3)
_SHOWN: Final = 80
_SECRETIVE: Final = ("token", "secret", "accesskey", "authorization")


def cut(text: str) -> str:
    """``text``, cut when it is long."""
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def shown(text: str) -> str:
    """``text`` in quotation marks, cut when it is long."""
    return repr(cut(text))


def hinted(text: str) -> str:
    """The first four characters of what may be a secret, in quotation marks."""
    return repr(text if len(text) <= 4 else text[:4] + "…")


def secrets_or_keys(access_key: str, known: Mapping[str, str]) -> Iterator[Alternative]:
    """Wrong secrets, and the key of RPC style, which is not the secret alone."""
    yield from secrets(access_key, known)
    yield (
        "The request was signed with the secret and an & behind it, as the signature of RPC style "
        "wants it.",
        f"{known[access_key]}&",
    )


def secrets(access_key: str, known: Mapping[str, str]) -> Iterator[Alternative]:
    """Wrong secrets that are near the right one. No sentence quotes a secret."""
    right = known[access_key]
    tried = {right}
    for what, value in _secrets(access_key, known, right):
        if value not in tried:
            tried.add(value)
            yield f"The request was signed with {what}.", value


def _secrets(access_key: str, known: Mapping[str, str], right: str) -> Iterator[tuple[str, str]]:
    for other, secret in known.items():
        yield f"the secret of another key, {other}", secret
    yield "the AccessKeyId in place of the secret", access_key
    yield "an empty secret", ""
    for what, end in (("a line end", "\n"), ("a Windows line end", "\r\n"), ("a space", " ")):
        yield f"the secret and {what} behind it", right + end
    yield "a space in front of the secret", f" {right}"
    yield "the secret without the white space around it", right.strip()
    for mark in "\"'":
        yield "the secret in quotation marks", f"{mark}{right}{mark}"
    yield "ACS3 in front of the secret", f"ACS3{right}"
    yield "the secret URL-decoded", unquote(right)
    yield "the secret URL-encoded", quote(right, safe="")
    yield "the secret without its last character", right[:-1]
    yield "the secret without its first character", right[1:]
    yield "the secret in lower case", right.lower()
    yield "the secret in upper case", right.upper()
    yield "AccessKeyId and secret with a colon between", f"{access_key}:{right}"


def drifted(
    name: str, sent: str, moment: datetime, write: Callable[[datetime], str]
) -> Iterator[Alternative]:
    """A time stamp shortly before and behind the ``moment`` that was ``sent``."""
    for seconds in _DRIFT:
        try:
            signed = write(moment + timedelta(seconds=seconds))
        except OverflowError:  # the first and last seconds of time
            continue
        yield (
            f"The client signed {name} {shown(signed)}, but {shown(sent)} arrived: the time was "
            "taken twice, once to sign and once to send?",
            signed,
        )


def methods(method: str) -> Iterator[Alternative]:
    """Other methods."""
    for other in (*METHODS, method.lower()):
        if other != method:
            yield f"The client signed the method {cut(other)}, but sent {cut(method)}.", other


def content_types(sent: str) -> Iterator[Alternative]:
    """Other values of Content-Type, and none."""
    bare = sent.partition(";")[0].strip()
    for other in dict.fromkeys(("", bare, *CONTENT_TYPES)):
        if other != sent:
            yield changed_header("Content-Type", other, sent), other


def accepts(sent: str) -> Iterator[Alternative]:
    """Other values of Accept, and none."""
    for other in ("", *ACCEPTS):
        if other != sent:
            yield changed_header("Accept", other, sent), other


def changed_header(name: str, signed: str, sent: str) -> str:
    """The sentence on a header that is not what was signed."""
    quoted = hinted if any(word in name.lower() for word in _SECRETIVE) else shown
    name = cut(name)
    if not sent:
        how = f"{name} {quoted(signed)}, but none arrived: dropped on the way?"
    elif not signed:
        how = f"no {name}, but {quoted(sent)} arrived: added by an HTTP library?"
    else:
        how = (
            f"{name} {quoted(signed)}, but {quoted(sent)} arrived: changed by an HTTP library or "
            "a proxy?"
        )
    return f"The client signed {how}"


def paths(request: SignedRequest) -> Iterator[Alternative]:
    """Other spellings of the path, and paths that a proxy may have made into this one."""
    path = request.path
    tried = {path}
    for cause, other in _paths(path, request):
        if other not in tried:
            tried.add(other)
            yield cause, other


def _paths(path: str, request: SignedRequest) -> Iterator[Alternative]:
    parts = path.split("/")
    plain = unquote(path)
    yield "The client signed the path without its percent-encoding.", plain
    yield (
        "The client signed the path percent-encoded, but it was sent in plain.",
        "/".join(percent_encode(unquote(part)) for part in parts),
    )
    yield "The client percent-encoded the path twice.", "/".join(map(percent_encode, parts))
    yield "The client percent-encoded the slashes of the path.", percent_encode(plain)
    yield (
        "The client signed the path with spaces as +.",
        "/".join(quote_plus(unquote(p)) for p in parts),
    )
    yield "The client signed the path with ~ percent-encoded.", path.replace("~", "%7E")
    yield "The client signed the path with * in plain.", path.replace("%2A", "*")
    yield "The client signed the path with lower-case escapes, such as %3a.", lower_escapes(path)
    latin = unquote_to_bytes(path).decode("latin-1")
    yield "The client took the path's bytes for Latin-1, not UTF-8.", latin
    yield "The client signed the path without the slash at its end.", path.rstrip("/")
    yield "The client signed the path with a slash at its end.", path + "/"
    while "//" in path:
        path = path.replace("//", "/")
    yield "The client signed the path without the doubled slash that was sent.", path
    host = request.header("host") or ""
    yield "The client signed the whole URL in place of the path.", f"http://{host}{request.path}"
    yield "The client signed the whole URL in place of the path.", f"https://{host}{request.path}"
    yield "The client signed the path without the slash in front.", request.path.lstrip("/")
    for count in range(2, min(len(parts), MOST)):
        prefix, rest = "/".join(parts[:count]), "/" + "/".join(parts[count:])
        cause = f"{cut(prefix)} was put in front of the path on the way."
        yield f"The client signed {cut(rest)}: {cause}", rest
    prefix = (request.header("x-forwarded-prefix") or "").rstrip("/")
    yield (
        f"The client signed {cut(prefix + request.path)}: a proxy took {cut(prefix)} away.",
        prefix + request.path,
    )


def lower_escapes(text: str) -> str:
    """``text`` with percent escapes in lower case."""
    head, *rest = text.split("%")
    return "%".join([head, *(part[:2].lower() + part[2:] for part in rest)])
