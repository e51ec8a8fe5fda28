"""Taking secrets out of whatever is shown: the journal, the control API, messages."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from functools import cache
from typing import Final, overload
from urllib.parse import quote

_GONE: Final = "…".encode()
#: A configured secret that is shorter would take ordinary words with it.
MIN_LITERAL: Final = 8

# Names of secrets. They may carry any prefix: x-oss-signature, X-Amz-Security-Token, clientSecret.
_NAMES: Final = (
    r"(?:signature|tokens?|secret(?:[-_]?access)?(?:[-_]?key)?|(?:api|auth|access|private)[-_]?key"
    r"|[-_]credential|password|passwd|passphrase)"
)
# Names so short that other words end in them. JSON writers may write & as \u0026 (Go does).
_SHORT: Final = r"(?:mc|sig|sign|pwd)"
_ALONE: Final = rf"(?:(?<![a-z0-9_])|(?<=\\[nrt])|(?<=\\u0026)|(?<=%26)){_SHORT}"
# Where a word begins: also behind what JSON and URLs write for a sign.
_BEGINS: Final = r"(?:(?<![a-z0-9])|(?<=\\[nrtbf])|(?<=\\u[0-9a-f]{4})|(?<=%[0-9a-f]{2}))"
_KEY: Final = rf"(?:{_NAMES}|authorization|(?<=[\"']){_SHORT})"
# The whole name of a parameter, as in the addresses of chat robots; elsewhere these are words.
_PARAMETER: Final = r"(?:[?&]|(?<=\\u)0026|%3F|%26)(?:key|pass|jwt|credential|authorization)"
_QUERY_NAME: Final = rf"(?:{_NAMES}|{_ALONE}|{_PARAMETER})(?:\[\]|%5B%5D)?"
#: A character of a value in a query; PHP writes / as \/
_VALUE: Final = r"""(?:[^\s&#"'<>\\]|\\/|\\u00(?:2[bf]|3d))"""
_QUOTED: Final = r'(?:[^"\\]|\\.)'
#: A name and, as the only group, the secret.
_NAMED: Final = "|".join(
    (
        # name=value in a query
        rf"{_QUERY_NAME}(?:=|\\u003d)((?:{_VALUE})++)",
        # the same, encoded once or twice: it ends where a & is, encoded as often
        rf"{_QUERY_NAME}%3D((?:(?!%26){_VALUE})++)",
        rf"{_QUERY_NAME}%253D((?:(?!%2526){_VALUE})++)",
        # x-any-token:value, a header in a string to sign; and headers that are secret whole
        rf'(?<=-){_NAMES}[ \t]*+:[ \t]*+([^\s"\\]++)',
        r'(?:authorization|cookie)[ \t]*+:[ \t]*+([^\r\n"\\]++)',
        # What stands in one, wherever it is quoted
        r"bearer(?:[ +]|%20)([\w.~+/=-]{8,})",
        r"acs [\w.-]++:([\w+/=]{16,})",
        # name: value in other people's texts, if the value looks like nothing that is said
        rf"{_NAMES}[ \t]*+:[ \t]*+(?=[^\s\"',]{{0,64}}\d)([\w.~+/=-]{{16,}})",
        # "name":"value" or "name":["value","value"]
        rf'{_KEY}"\s*+:\s*+"({_QUOTED}++)',
        rf'{_KEY}"\s*+:\s*+\[\s*+"({_QUOTED}++(?:"\s*+,\s*+"{_QUOTED}++)*)',
        # the same as Python shows it, and as XML
        rf"{_KEY}'\s*+:\s*+(?:\[\s*+)?'((?:[^'\\]|\\.)++)",
        rf"{_NAMES}>([^<\s]++)",
        # JSON inside of JSON
        rf'{_KEY}\\++"\s*+:\s*+(?:\[\s*+)?\\++"((?:[^"\\]|\\\\?/)++)',
        # DashScope's keys, lasting and temporary, wherever they stand
        rf"{_BEGINS}s[kt]-([\w-]{{20,}})",
        # Chat robots whose secret is the path
        r"/hook/([\w-]{16,})",
        r"/services/T\w++/B\w++/(\w++)",
    )
)
#: How names begin. Looking for these first is many times as quick as for the names.
_BEGINNINGS: Final = (
    *(b"sig", b"token", b"secret", b"-credential", b"_credential", b"pass", b"mc", b"pwd"),
    *(b"apikey", b"api_key", b"api-key", b"authkey", b"auth_key", b"auth-key"),
    *(b"accesskey", b"access_key", b"access-key", b"privatekey", b"private_key", b"private-key"),
    *(b"authorization", b"cookie", b"bearer", b"acs ", b"/hook/", b"/services/t", b"sk-", b"st-"),
)
#: The same for parameters, by what stands before them.
_PARAMETERS: Final = {
    mark: [mark + name for name in (b"key", b"pass", b"jwt", b"credential", b"authorization")]
    for mark in (b"?", b"&", b"0026", b"%3f", b"%26")
}
#: What stands before the @ of a URL.
_USER: Final = re.compile(rb"""(:\\?/\\?/)((?:[^\s/?#"'<>\\]|\\u00[0-9a-f]{2})+)(?=@)""")
#: The same in a URL that is encoded, once or twice.
_ENCODED_USER: Final = re.compile(
    rb"""(%(?:25)?3A(?:%(?:25)?2F){2})"""
    rb"""((?:[^\s/?#&=%"'<>\\]|%(?!(?:25)?(?:2F|3F|23|40))[0-9a-f]{2})+)(?=%(?:25)?40)""",
    re.IGNORECASE,
)


#: Most identifiers. No name of a secret is written so.
_ID: Final = re.compile(rb"[0-9A-Fa-f-]*")


class Masker:
    """Masks what is secret by its name, and ``secrets`` wherever they stand."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        known = {secret for secret in secrets if len(secret) >= MIN_LITERAL}
        known = {form for secret in known for form in written(secret)}
        # The longest first: one may be the beginning of another.
        self._literals = sorted((secret.encode() for secret in known), key=len, reverse=True)

    @overload
    def __call__(self, value: str) -> str: ...
    @overload
    def __call__(self, value: bytes) -> bytes: ...
    def __call__(self, value: str | bytes) -> str | bytes:
        """``value`` without join tokens, signatures, keys and passwords, in whatever form.

        The first four characters of a long one stay, to tell one from another; not so those of
        passwords and of configured secrets.
        """
        # Bytes are searched faster than text, and turning text into them costs next to nothing.
        raw = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
        shown = self.known(raw) if _ID.fullmatch(raw) else self._masked(raw)
        if shown is raw:
            return value
        return shown if isinstance(value, bytes) else shown.decode("utf-8", "surrogatepass")

    def known(self, value: bytes) -> bytes:
        """``value`` without the configured secrets."""
        for literal in self._literals:
            if literal in value:
                value = value.replace(literal, _GONE)
        return value

    def _masked(self, raw: bytes) -> bytes:
        raw = self.known(raw)
        if b"@" in raw:
            raw = _USER.sub(rb"\1" + _GONE, raw)
        if b"40" in raw and b"%" in raw:
            raw = _ENCODED_USER.sub(rb"\1" + _GONE, raw)
        found = list(_named(raw))
        if not found:
            return raw
        parts, done = [], 0
        for begin, end, shown in sorted(found):
            if begin >= done:
                parts += [raw[done:begin], shown, _GONE]
                done = end
        return b"".join((*parts, raw[done:]))


def secrets_in(raw: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Where each secret of ``raw`` that a `Masker` knows by its name begins and ends, in order, and
    what is shown of it."""
    found = [*_named(raw)]
    for users in (_USER, _ENCODED_USER):
        found += [(*match.span(2), b"") for match in users.finditer(raw)]
    done = 0
    for begin, end, shown in sorted(found):
        if begin >= done:
            yield begin, end, shown
            done = end


def written(secret: str) -> Iterator[str]:
    """The forms in which a secret may stand in a text: as it is, in a URL, in JSON."""
    encoded = quote(secret, safe="")
    yield from (secret, encoded, re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), encoded))
    for ascii_only in (True, False):
        escaped = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        yield from (escaped, escaped.replace("/", "\\/"))


@cache
def _named_secret() -> re.Pattern[bytes]:
    # Compiled for the first that may be one: it takes ms, and the server is to be there quickly.
    return re.compile(_NAMED.encode(), re.IGNORECASE)


def _named(raw: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Where each secret that has a name begins and ends, and what is shown of it."""
    lower = raw.lower()
    parameters = [name for mark, names in _PARAMETERS.items() if mark in lower for name in names]
    for beginning in (*_BEGINNINGS, *parameters):
        at = lower.find(beginning)
        while at >= 0:
            found = _named_secret().match(raw, at)
            if found is not None and found.lastindex is not None:
                begin, end = found.span(found.lastindex)
                shown = raw[begin : begin + 4]
                hidden = beginning.endswith((b"pass", b"pwd", b"cookie", b"authorization"))
                hidden = hidden or end - begin <= 8
                yield begin, end, b"" if hidden or not shown.isalnum() else shown
                at = end - 1
            at = lower.find(beginning, at + 1)


#: For where no secrets are configured.
masked: Final = Masker()
