"""Clients that sign by hand, so that they can sign wrong. Independent of the code under test."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from urllib.parse import quote

from msgspec import Struct, field
from msgspec.structs import replace

from mock_tingwu.protocols.signing import KeyRing, SignedRequest, Verdict, verify, verify_rpc
from mock_tingwu.protocols.signing.explain import Explanation, explain

KEY, SECRET = "LTAI5tMockKey", "MockSecret0123456789"
OTHER_KEY, OTHER_SECRET = "LTAI5tOtherKey", "OtherSecret987654321"
SECRETS = {KEY: SECRET, OTHER_KEY: OTHER_SECRET}
NOW = datetime(2026, 11, 20, 9, 21, 42, tzinfo=UTC)
DATE = "Fri, 20 Nov 2026 09:21:42 GMT"
BODY = '{"AppKey": "a", "Input": {"TaskKey": "任务"}}'.encode()
TASKS = "/openapi/tingwu/v2/tasks"

Change = Callable[[str], str]


def sha1(text: str, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), "sha1").digest()).decode()


def md5(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body).digest()).decode()


class Roa(Struct, frozen=True):
    """A request with a ROA v1 signature. ``path`` and ``query`` are as they are signed."""

    method: str = "PUT"
    path: str = TASKS
    query: str = "RegionId=cn-beijing&type=offline"
    target: str = f"{TASKS}?type=offline&RegionId=cn-beijing"
    body: bytes = BODY
    headers: dict[str, str] = field(
        default_factory=lambda: {
            "accept": "application/json",
            "content-md5": md5(BODY),
            "content-type": "application/json",
            "date": DATE,
            "x-acs-version": "2023-09-30",
            "x-acs-signature-method": "HMAC-SHA1",
            "x-acs-signature-version": "1.0",
            "x-acs-region-id": "cn-beijing",
        }
    )

    def text(self) -> str:
        """What is to be signed."""
        standard = [
            self.headers.get(name, "") for name in ("accept", "content-md5", "content-type", "date")
        ]
        acs = [f"{k}:{v}" for k, v in sorted(self.headers.items()) if k.startswith("x-acs-")]
        resource = f"{self.path}?{self.query}" if self.query else self.path
        return "\n".join([self.method, *standard, *acs, resource])

    def sent(self, signature: str, key: str = KEY) -> SignedRequest:
        """The request as it arrives, with a signature."""
        headers = {
            **self.headers,
            "host": "127.0.0.1:8900",
            "authorization": f"acs {key}:{signature}",
        }
        return SignedRequest(self.method, self.target, pairs(headers), self.body)


class Acs3(Struct, frozen=True):
    """A request with an ACS3 signature. ``path`` and ``query`` are as they are signed."""

    method: str = "PUT"
    path: str = TASKS
    query: str = "type=offline&user=a%20b%2A~%3A%2F"
    target: str = f"{TASKS}?user=a%20b%2A~%3A%2F&type=offline"
    body: bytes = BODY
    signed: str = (
        "content-type;host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;"
        "x-acs-version"
    )
    headers: dict[str, str] = field(
        default_factory=lambda: {
            "accept": "application/json",
            "content-type": "application/json; charset=utf-8",
            "host": "127.0.0.1:8900",
            "x-acs-action": "CreateTask",
            "x-acs-content-sha256": hashlib.sha256(BODY).hexdigest(),
            "x-acs-date": "2026-11-20T09:21:42Z",
            "x-acs-signature-nonce": "n1",
            "x-acs-version": "2023-09-30",
        }
    )

    def text(self) -> str:
        """The canonical request."""
        lines = [f"{name}:{self.headers.get(name, '')}" for name in self.signed.split(";")]
        digest = hashlib.sha256(self.body).hexdigest()
        return "\n".join([self.method, self.path, self.query, *lines, "", self.signed, digest])

    def sent(self, signature: str, key: str = KEY) -> SignedRequest:
        """The request as it arrives, with a signature."""
        value = (
            f"ACS3-HMAC-SHA256 Credential={key},SignedHeaders={self.signed},Signature={signature}"
        )
        headers = {**self.headers, "authorization": value}
        return SignedRequest(self.method, self.target, pairs(headers), self.body)


class Rpc(Struct, frozen=True):
    """A request with an RPC v1 signature. ``form`` names the parameters that are in its body."""

    method: str = "GET"
    path: str = "/"
    parameters: dict[str, str] = field(
        default_factory=lambda: {
            "Mode": "live",
            "CallbackURL": "http://h/cb?x=1&y=中 *~+",
            "TranslateEnabled": "true",
            "Version": "2016-11-01",
            "Action": "CreateRtcAsrTask",
            "Format": "JSON",
            "Timestamp": "2026-11-20T09:21:42Z",
            "SignatureMethod": "HMAC-SHA1",
            "SignatureType": "",
            "SignatureVersion": "1.0",
            "SignatureNonce": "n1",
            "AccessKeyId": KEY,
        }
    )
    form: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=lambda: {"host": "127.0.0.1:8900"})

    def text(self) -> str:
        """What is to be signed."""
        return f"{self.method}&%2F&{encoded(plain(self.parameters))}"

    def sent(self, signature: str) -> SignedRequest:
        """The request as it arrives, with a signature in the query."""
        query = {k: v for k, v in self.parameters.items() if k not in self.form}
        form = plain({k: v for k, v in self.parameters.items() if k in self.form}, list)
        headers = dict(self.headers)
        if form:
            headers["content-type"] = "application/x-www-form-urlencoded"
        target = f"{self.path}?{plain(query | {'Signature': signature}, list)}"
        return SignedRequest(self.method, target, pairs(headers), form.encode())


def encoded(text: str) -> str:
    return quote(text, safe="~")


def plain(parameters: dict[str, str], order: Callable[[Iterable[str]], list[str]] = sorted) -> str:
    """Parameters encoded once."""
    return "&".join(f"{encoded(k)}={encoded(parameters[k])}" for k in order(parameters))


def rpc(text: str, secret: str = SECRET) -> str:
    return sha1(text, f"{secret}&")


def with_parameters(client: Rpc, **parameters: str | None) -> Rpc:
    """The client with other parameters; None takes one away."""
    merged = client.parameters | parameters
    return replace(client, parameters={k: v for k, v in merged.items() if v is not None})


def sts(canonical: str) -> str:
    """The string to sign of a canonical request."""
    return "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()


def sha256(canonical: str, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), sts(canonical).encode(), "sha256").hexdigest()


def pairs(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def judged(request: SignedRequest, keys: KeyRing | None = None) -> tuple[Verdict, Explanation]:
    """The verdict on a request, and what is said of it."""
    keys = keys or KeyRing(SECRETS)
    verdict = verify(request, keys, now=NOW)
    return verdict, explain(request, keys.secrets, verdict, now=NOW)


def judged_rpc(request: SignedRequest, keys: KeyRing | None = None) -> tuple[Verdict, Explanation]:
    """The verdict on a request to an API in RPC style, and what is said of it."""
    keys = keys or KeyRing(SECRETS)
    verdict = verify_rpc(request, keys, now=NOW)
    return verdict, explain(request, keys.secrets, verdict, now=NOW)


def changed(client: Roa, **headers: str | None) -> Roa:
    """The client with other headers; None takes one away."""
    merged = client.headers | {k.replace("_", "-"): v for k, v in headers.items()}
    return replace(client, headers={k: v for k, v in merged.items() if v is not None})
