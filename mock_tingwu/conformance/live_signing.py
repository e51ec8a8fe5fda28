"""The RPC signature as its document and the SDKs have it, written out after them.

Nothing here is the code that signs or checks elsewhere: the documents are all that both have in
common.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote, quote_plus
from uuid import uuid4

from mock_tingwu.client.credentials import AccessKey
from mock_tingwu.conformance.live import VERSION


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


def _encoded(text: str) -> str:
    return quote(text, safe="~")
