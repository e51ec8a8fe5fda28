"""Secrets in what is recorded: another text takes the place of each, the same one every time.

A bundle holds no secret, and still comes to the same bytes:

- A configured secret, or one that is known by its name (`mock_tingwu.core.masking`), becomes an
  alias that is as long and, as far as the journal shows a secret's first characters, begins like
  it. The same secret always has the same alias, so whatever compares two still finds them equal.
- What the mock itself has made from its seed (join tokens, temporary keys, signatures of its links)
  becomes a reference. `reveal` puts in what the replayed mock has made from the same seed.
- What was found out with a secret's help, such as whether a signature is right, is recorded
  (`mock_tingwu.services.outside.Outside.judged`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from hashlib import blake2b
from typing import Final
from urllib.parse import quote, unquote

from mock_tingwu.core.masking import MIN_LITERAL, secrets_in, written
from mock_tingwu.protocols.signing import oss_url
from mock_tingwu.services.world import LINK_KEY, LINK_SECRET

#: So much of a long secret is shown, as in the journal.
_SHOWN: Final = 4
#: References: to something derived from the seed, and to the signature of a link.
_DERIVED: Final = re.compile(rb"\{\{derived:([0-9a-f]{16})\}\}")
_LINK: Final = b"{{link}}"
_LINK_SIGNATURE: Final = re.compile(rb"(?<=[?&]Signature=)[^&#]*")
_JOIN_TOKEN: Final = re.compile(rb"(?<=[?&]mc=)[^&#]+")
_API_KEY: Final = re.compile(rb"(s[kt]-)([\w-]{20,})")
#: Headers whose values are secret, as a part of their names between hyphens.
_SECRET_HEADER: Final = re.compile(
    rb"(?:.*-)?(?:signature|token|secret|api-?key|auth-?key|private-?key|password|credential"
    rb"|cookie)",
    re.IGNORECASE,
)


class Disguise:
    """Takes the secrets out of what one server is sent. ``secrets`` are the configured ones.

    ``derived`` tells whether a text was made from the seed; ``plain`` whether one that nothing else
    makes a secret is known anyway, as the key of a scope.
    """

    def __init__(
        self,
        secrets: Collection[str],
        derived: Callable[[str], bool] = lambda text: False,
        plain: Callable[[str], bool] = lambda text: False,
    ) -> None:
        self._derived = derived
        self._plain = plain
        self._aliases: dict[bytes, bytes] = {}
        self._used: set[bytes] = set()
        literals = {
            form.encode(): self.alias(secret.encode(), b"")
            for secret in secrets
            if len(secret) >= MIN_LITERAL
            for form in written(secret)
        }
        # The longest first: one may be the beginning of another.
        self._literals = sorted(literals.items(), key=lambda pair: len(pair[0]), reverse=True)

    def alias(self, secret: bytes, shown: bytes) -> bytes:
        """What takes the place of ``secret``, whose beginning ``shown`` may be seen."""
        if secret in self._used or _DERIVED.fullmatch(secret):
            return secret
        found = self._aliases.get(secret)
        if found is None:
            if not shown and secret[:3] in (b"sk-", b"st-"):
                shown = secret[:3]  # the kind of a key of DashScope
            elif not shown:
                shown = b"_"  # of which no journal shows anything
            number = str(len(self._aliases)).encode()
            found = (shown + number).ljust(len(secret), b"x")
            self._aliases[secret] = found
            self._used.add(found)
        return found

    def secret(self, value: str) -> str:
        """What takes the place of a configured secret."""
        return self.alias(value.encode(), b"").decode()

    def hide(self, raw: bytes) -> bytes:
        """``raw`` without secrets."""
        for literal, alias in self._literals:
            if literal in raw:
                raw = raw.replace(literal, alias)
        parts, done = [], 0
        for begin, end, shown in secrets_in(raw):
            parts += [raw[done:begin], self._replaced(raw[begin:end], shown)]
            done = end
        return b"".join((*parts, raw[done:])) if parts else raw

    def hidden(self, text: str) -> str:
        """The same for a text."""
        return self.hide(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

    def header(self, name: bytes, value: bytes) -> bytes:
        """The value of a header without secrets."""
        name = name.lower()
        if name in (b"authorization", b"proxy-authorization"):
            return self._authorization(value)
        if _SECRET_HEADER.fullmatch(name):
            return self._replaced(self._literal(value)) if value else value
        return self.hide(value)

    def target(self, target: str, host: str) -> str:
        """A request target without secrets; ``host`` is the one that was asked."""
        raw = target.encode("utf-8", "surrogatepass")
        right = _link_signature(target, host)
        if right is not None:
            sent = _LINK_SIGNATURE.search(raw)
            if sent is not None and unquote(sent[0].decode()) == right:
                raw = raw[: sent.start()] + _LINK + raw[sent.end() :]
        token = _JOIN_TOKEN.search(raw)
        if token is not None:
            # Of a wrong one the refusal quotes so much.
            hidden = self._replaced(token[0], token[0][:_SHOWN])
            raw = raw[: token.start()] + hidden + raw[token.end() :]
        return self.hide(raw).decode("utf-8", "surrogatepass")

    def _authorization(self, value: bytes) -> bytes:
        scheme, space, rest = value.partition(b" ")
        if scheme.lower() == b"bearer":
            return scheme + space + self._key(rest.strip())
        if scheme.lower() == b"acs":  # AccessKeyId:signature
            key, colon, signature = rest.partition(b":")
            return scheme + space + self.hide(key) + colon + self._replaced(signature)
        head, sign, signature = value.rpartition(b"Signature=")
        if sign:
            return self.hide(head) + sign + self._replaced(signature)
        return scheme + space + self._replaced(rest) if rest else self._replaced(value)

    def _key(self, key: bytes) -> bytes:
        literal = self._literal(key)
        if literal != key:
            return literal
        text = key.decode("latin-1")
        if key == b"None" or (self._plain(text) and self.hide(key) == key):
            return key  # what nobody has is no secret; see `plain`
        if self._derived(text):
            return self._replaced(key)
        long = _API_KEY.fullmatch(key)
        # As it stands elsewhere in a text.
        return long[1] + self._replaced(long[2]) if long else self._replaced(key)

    def _literal(self, value: bytes) -> bytes:
        for literal, alias in self._literals:
            value = value.replace(literal, alias)
        return value

    def _replaced(self, secret: bytes, shown: bytes | None = None) -> bytes:
        if not secret or secret == _LINK or secret in self._used:
            return secret
        if self._derived(secret.decode("latin-1")):
            return b"{{derived:%b}}" % fingerprint(secret)
        if shown is None:
            beginning = secret[:_SHOWN]
            shown = beginning if len(secret) > 2 * _SHOWN and beginning.isalnum() else b""
        return self.alias(secret, shown)


def fingerprint(secret: bytes) -> bytes:
    """What stands for something derived from the seed: it tells nobody what that is."""
    return blake2b(secret, digest_size=8).hexdigest().encode()


def reveal(raw: bytes, made: Iterable[str]) -> bytes:
    """``raw`` with what the replayed mock has ``made`` in place of references to it."""
    if b"{{derived:" not in raw:
        return raw
    known = {fingerprint(text.encode()): text.encode() for text in made}
    return _DERIVED.sub(lambda found: known.get(found[1], found[0]), raw)


def reveal_target(target: str, host: str, made: Iterable[str]) -> str:
    """The same for a request target, in which the signature of a link may be one."""
    target = reveal(target.encode("utf-8", "surrogatepass"), made).decode("utf-8", "surrogatepass")
    if _LINK.decode() in target:
        right = _link_signature(target, host)
        target = target.replace(_LINK.decode(), quote(right or "", safe=""))
    return target


def _link_signature(target: str, host: str) -> str | None:
    """The right signature of a link of the mock's, None if ``target`` is none."""
    path, _, query = target.partition("?")
    found = re.search(r"(?:^|&)Expires=(\d{1,18})(?:&|$)", query)
    if found is None or "Signature=" not in query:
        return None
    if path.startswith("/oss/"):
        bucket, _, key = path.removeprefix("/oss/").partition("/")
    else:
        bucket, dot, rest = host.partition(".oss-")
        if not dot or ".aliyuncs.com" not in rest:
            return None
        key = path.removeprefix("/")
    signed = oss_url.sign(
        unquote(bucket),
        unquote(key),
        expires=int(found[1]),
        access_key=LINK_KEY,
        secret=LINK_SECRET,
    )
    return unquote(signed.rpartition("Signature=")[2])
