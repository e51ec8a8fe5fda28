"""Signed requests: rightly by default, and wrongly where a case wants that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from mock_tingwu.client.credentials import AccessKey
from mock_tingwu.protocols import signing

#: Changes the headers or parameters of a request after it was signed.
Tamper = Callable[[dict[str, str]], None]


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A request that is to be signed. ``path`` is percent-encoded, ``query`` is not."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    key: AccessKey
    host: str
    action: str
    version: str
    date: datetime
    nonce: str


#: Makes all headers of a request, signed in a way of its own.
Signer = Callable[[Unsigned], dict[str, str]]


def roa_headers(
    scheme: str | Signer,
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes,
    *,
    key: AccessKey,
    host: str,
    action: str,
    version: str,
    date: datetime | None = None,
    nonce: str | None = None,
) -> dict[str, str]:
    """The headers of a request signed as ``scheme`` (acs3, roa_v1) says; those of none for none.

    ``scheme`` may also be a function that signs. ``date`` is now and ``nonce`` a new one unless
    given.

    Raises:
        ValueError: there is no such scheme.
    """
    date, nonce = date or datetime.now(UTC), nonce or uuid4().hex
    if not isinstance(scheme, str):
        return scheme(
            Unsigned(method, path, query, headers, body, key, host, action, version, date, nonce)
        )
    common: dict[str, Any] = {
        "access_key": key.id,
        "secret": key.secret,
        "security_token": key.security_token,
        "host": host,
        "action": action,
        "version": version,
        "nonce": nonce,
        "date": date,
    }
    if scheme == "acs3":
        return signing.sign_acs3(method, path, query, headers, body, **common)
    if scheme == "roa_v1":
        return signing.sign_roa_v1(method, path, query, headers, body, **common)
    if scheme == "none":
        sent = {"accept": "application/json", **headers, "host": host}
        if body:
            sent.setdefault("content-type", "application/json")
        return sent
    raise ValueError(f"scheme is {scheme!r}, expected acs3, roa_v1 or none")
