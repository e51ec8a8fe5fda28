"""Calls of Live signed as the documents say and as each SDK does, written out after them.

Nothing here is the code that signs or checks elsewhere: the documents are all that both have in
common.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, quote_plus
from uuid import uuid4

from mock_tingwu.client.credentials import AccessKey
from mock_tingwu.conformance.live import VERSION

_ACS3: Final = "ACS3-HMAC-SHA256"


def parameters(
    action: str,
    key: AccessKey,
    *,
    date: datetime | None = None,
    nonce: str | None = None,
    **own: str,
) -> dict[str, str]:
    """The common parameters of a call, unsigned, and its ``own``."""
    sent = {
        "Action": action,
        "Version": VERSION,
        "Format": "JSON",
        "AccessKeyId": key.id,
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": nonce or uuid4().hex,
        "Timestamp": (date or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if key.security_token is not None:
        sent["SecurityToken"] = key.security_token
    return sent | own


def string_to_sign(method: str, sent: Mapping[str, str]) -> str:
    """The text that is signed: all parameters, wherever they are sent, but Signature."""
    pairs = "&".join(f"{_encoded(name)}={_encoded(sent[name])}" for name in sorted(sent))
    return f"{method}&%2F&{_encoded(pairs)}"


def signature(text: str, secret: str) -> str:
    """The signature of a text."""
    digest = hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def signed(method: str, sent: Mapping[str, str], secret: str) -> dict[str, str]:
    """The parameters with their Signature."""
    return {**sent, "Signature": signature(string_to_sign(method, sent), secret)}


def encoded(sent: Mapping[str, str]) -> str:
    """Parameters as a query, in the order in which they are given."""
    return "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in sent.items())


def as_html_form(sent: Mapping[str, str]) -> str:
    """Parameters as a form in the manner of HTML: a space is a ``+``."""
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in sent.items())


def acs3_headers(
    action: str,
    key: AccessKey,
    host: str,
    *,
    date: datetime | None = None,
    nonce: str | None = None,
    **own: str,
) -> dict[str, str]:
    """The headers of a call without a body that Signature V3 wants, unsigned, and others.

    Names of the others have an underscore for each hyphen.
    """
    headers = {
        "host": host,
        "accept": "application/json",
        "x-acs-action": action,
        "x-acs-version": VERSION,
        "x-acs-date": (date or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce or uuid4().hex,
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
    }
    if key.security_token is not None:
        headers["x-acs-accesskey-id"] = key.id
        headers["x-acs-security-token"] = key.security_token
    return headers | {name.replace("_", "-"): value for name, value in own.items()}


def must_be_signed(headers: Mapping[str, str]) -> list[str]:
    """The headers that the document wants signed: host and every x-acs-*."""
    return [name for name in headers if name == "host" or name.startswith("x-acs-")]


def acs3_signed(
    method: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    key: AccessKey,
    names: Collection[str] = (),
) -> dict[str, str]:
    """The headers with an Authorization that signs ``names``, or those that must be."""
    listed = sorted(names or must_be_signed(headers))
    canonical = "\n".join(
        [
            method,
            "/",
            encoded(dict(sorted(query.items()))),
            "".join(f"{name}:{headers[name].strip()}\n" for name in listed),
            ";".join(listed),
            headers["x-acs-content-sha256"],
        ]
    )
    text = f"{_ACS3}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    digest = hmac.new(key.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    authorization = f"{_ACS3} Credential={key.id},SignedHeaders={';'.join(listed)}"
    return {**headers, "authorization": f"{authorization},Signature={digest}"}


def _encoded(text: str) -> str:
    return quote(text, safe="~")
