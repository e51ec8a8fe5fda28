"""Signed requests over plain sockets."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from mock_tingwu import MockTingwu
from mock_tingwu.protocols.signing import SignedRequest
from tests.protocols.signing.mis_signed import (
    KEY,
    OTHER_KEY,
    SECRET,
    SECRETS,
    TASKS,
    Acs3,
    Roa,
    changed,
    md5,
    sha1,
    sha256,
)
from tests.protocols.signing.tingwu_captures import SECRETS as CAPTURED
from tests.wire.helpers.raw import Answer, exchange

TEMPORARY, TEMPORARY_SECRET = "STS.MockTemporary", "MockTemporarySecret"
SETTINGS: dict[str, Any] = {
    "access_keys": {**SECRETS, **CAPTURED, TEMPORARY: TEMPORARY_SECRET},
    "disabled_access_keys": ["LTAI5tRetired"],
    "security_tokens": {OTHER_KEY: "token-of-other", "LTAI5tThird": "token-of-third"},
    "api_keys": ["BEARER.TOKEN"],
}
BODY = json.dumps(
    {"AppKey": "a", "Input": {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000}}
).encode()


def at(mock: MockTingwu, moment: datetime) -> None:
    """Let signatures be compared with this time in place of the machine's."""
    mock._server.world.real_now = lambda: int(moment.timestamp() * 1000)


def roa(**headers: str | None) -> Roa:
    """A right CreateTask with ROA v1."""
    client = Roa(query="type=realtime", target=f"{TASKS}?type=realtime", body=BODY)
    return changed(changed(client, content_md5=md5(BODY)), **headers)


def acs3(nonce: str = "n1", **headers: str) -> Acs3:
    """A right CreateTask with ACS3."""
    own = {
        "x-acs-content-sha256": hashlib.sha256(BODY).hexdigest(),
        "x-acs-signature-nonce": nonce,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    client = Acs3(query="type=realtime", target=f"{TASKS}?type=realtime", body=BODY)
    return replace(client, headers=client.headers | own)


def signed(client: Roa | Acs3, secret: str = SECRET, key: str = KEY) -> SignedRequest:
    sign = sha1 if isinstance(client, Roa) else sha256
    return client.sent(sign(client.text(), secret), key)


def send(mock: MockTingwu, request: SignedRequest) -> Answer:
    lines = [f"{request.method} {request.target} HTTP/1.1".encode()]
    lines += [name + b": " + value for name, value in request.headers]
    lines.append(f"content-length: {len(request.body)}".encode())
    if request.header("accept") is None:
        lines.append(b"accept: application/json")
    return exchange(mock, b"\r\n".join(lines) + b"\r\n\r\n" + request.body)


def of_kind(mock: MockTingwu, kind: str) -> list[dict[str, Any]]:
    return [entry for entry in mock.journal if entry["kind"] == kind]


def code(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json()["Code"]
