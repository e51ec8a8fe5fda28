"""Requests signed as each SDK signs them, written out after the documents.

Nothing here is the code that signs or checks elsewhere: the documents are all that both have in
common. Each function is a `Signer`. The query on the wire is the case's own (``target``), where an
SDK writes it otherwise than sorted.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from email.utils import format_datetime
from typing import Final
from urllib.parse import quote

from mock_tingwu.conformance.signing import Unsigned

ACS3: Final = "ACS3-HMAC-SHA256"
#: What the Tea SDKs send a body as.
_TEA_JSON: Final = "application/json; charset=utf-8"
REGION: Final = "cn-beijing"


# Signature V3


def canonical_request(
    request: Unsigned, headers: Mapping[str, str], names: Iterable[str], path: str = ""
) -> str:
    """What Signature V3 hashes; ``names`` are the signed headers, ``path`` another than sent."""
    signed = sorted(names)
    pairs = sorted(
        (quote(name, safe="~"), quote(value, safe="~")) for name, value in request.query.items()
    )
    return "\n".join(
        [
            request.method,
            path or request.path,
            "&".join(f"{name}={value}" for name, value in pairs),
            "".join(f"{name}:{headers[name].strip()}\n" for name in signed),
            ";".join(signed),
            hashlib.sha256(request.body).hexdigest(),
        ]
    )


def string_to_sign(canonical: str) -> str:
    """The two lines that Signature V3 signs."""
    return f"{ACS3}\n{hashlib.sha256(canonical.encode()).hexdigest()}"


def acs3_signed(request: Unsigned, headers: dict[str, str], names: Iterable[str]) -> dict[str, str]:
    """``headers`` with an Authorization that signs ``names``."""
    signed = sorted(names)
    text = string_to_sign(canonical_request(request, headers, signed))
    signature = hmac.new(request.key.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return headers | {
        "authorization": f"{ACS3} Credential={request.key.id},"
        f"SignedHeaders={';'.join(signed)},Signature={signature}"
    }


def acs3_headers(request: Unsigned) -> dict[str, str]:
    """The headers that Signature V3 wants, unsigned."""
    headers = {
        "accept": "application/json",
        "host": request.host,
        "x-acs-action": request.action,
        "x-acs-version": request.version,
        "x-acs-date": request.date.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": request.nonce,
        "x-acs-content-sha256": hashlib.sha256(request.body).hexdigest(),
    }
    if request.body:
        headers["content-type"] = _TEA_JSON
    if request.key.security_token is not None:
        headers["x-acs-accesskey-id"] = request.key.id
        headers["x-acs-security-token"] = request.key.security_token
    return headers | dict(request.headers)


def must_be_signed(headers: Mapping[str, str]) -> list[str]:
    """The headers that the document wants signed: host, content-type and every x-acs-*."""
    return [n for n in headers if n in ("host", "content-type") or n.startswith("x-acs-")]


def _provider(request: Unsigned) -> str:
    """How newer SDKs call where their key is from."""
    return "static_ak" if request.key.security_token is None else "static_sts"


def documented(request: Unsigned) -> dict[str, str]:
    """As Signature V3 is documented."""
    headers = acs3_headers(request)
    return acs3_signed(request, headers, must_be_signed(headers))


def tea_python(request: Unsigned) -> dict[str, str]:
    """As alibabacloud-tea-openapi: Accept and User-Agent are signed, too."""
    headers = {
        "user-agent": "AlibabaCloud (Linux; x86_64) Python/3.11.7 Core/0.4.3 TeaDSL/2",
        "x-acs-credentials-provider": _provider(request),
    } | acs3_headers(request)
    return acs3_signed(request, headers, headers)


def tea_node(request: Unsigned) -> dict[str, str]:
    """As @alicloud/openapi-core: a nonce of 64 digits, and a body in chunks without a length."""
    headers = acs3_headers(request) | {
        "x-acs-signature-nonce": request.nonce.ljust(64, "0"),
        "x-acs-credentials-provider": _provider(request),
    }
    signed = acs3_signed(request, headers, must_be_signed(headers))
    return signed | ({"transfer-encoding": "chunked"} if request.body else {})


# ROA signature v1


def resource(path: str, query: Mapping[str, str]) -> str:
    """Path and query as ROA v1 signs them: sorted, values as they are meant, never encoded."""
    pairs = [f"{name}={value}" if value else name for name, value in sorted(query.items())]
    return f"{path}?{'&'.join(pairs)}" if pairs else path


def roa_text(
    method: str, headers: Mapping[str, str], signed_resource: str, *, skips_empty: bool = False
) -> str:
    """What ROA v1 signs. A header that is absent is an empty line, or with ``skips_empty`` none."""
    standard = [headers.get(n, "") for n in ("accept", "content-md5", "content-type", "date")]
    lines = [method, *(line for line in standard if line or not skips_empty)]
    lines += [f"{name}:{headers[name]}" for name in sorted(headers) if name.startswith("x-acs-")]
    return "\n".join([*lines, signed_resource])


def roa_signed(request: Unsigned, headers: dict[str, str], text: str) -> dict[str, str]:
    """``headers`` with an Authorization that signs ``text``."""
    digest = hmac.new(request.key.secret.encode(), text.encode(), hashlib.sha1).digest()
    signature = base64.b64encode(digest).decode()
    return headers | {"authorization": f"acs {request.key.id}:{signature}"}


def content_md5(body: bytes) -> str:
    """Content-MD5 of a body."""
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


def roa_headers(request: Unsigned) -> dict[str, str]:
    """The headers that ROA v1 wants, unsigned: there is no nonce and no action among them."""
    headers = {
        "accept": "application/json",
        "host": request.host,
        "date": format_datetime(request.date, usegmt=True),
        "x-acs-version": request.version,
        "x-acs-signature-method": "HMAC-SHA1",
        "x-acs-signature-version": "1.0",
    }
    if request.body:
        headers["content-type"] = "application/json"
        headers["content-md5"] = content_md5(request.body)
    if request.key.security_token is not None:
        headers["x-acs-security-token"] = request.key.security_token
    return headers | dict(request.headers)


def documented_roa(request: Unsigned) -> dict[str, str]:
    """As ROA v1 is documented."""
    headers = roa_headers(request)
    text = roa_text(request.method, headers, resource(request.path, request.query))
    return roa_signed(request, headers, text)


def core_python(request: Unsigned) -> dict[str, str]:
    """As aliyun-python-sdk-core: RegionId is in the query of every request, and no nonce."""
    headers = roa_headers(request) | {
        "content-type": "application/json",
        "x-acs-region-id": REGION,
        "x-sdk-client": "python/2.0.0",
        "x-sdk-invoke-type": "common",
    }
    signed = resource(request.path, {**request.query, "RegionId": REGION})
    return roa_signed(request, headers, roa_text(request.method, headers, signed))


def pop_core(request: Unsigned) -> dict[str, str]:
    """As @alicloud/pop-core: Content-MD5 of nothing is sent, too, and Host has no port."""
    headers = roa_headers(request) | {
        "host": request.host.partition(":")[0],
        "content-md5": content_md5(request.body),
        "content-length": str(len(request.body)),
        "x-acs-signature-nonce": request.nonce,
        "x-sdk-client": "Node.js(v20.20.2), @alicloud/pop-core: 1.8.0",
    }
    if request.key.security_token is not None:
        headers["x-acs-accesskey-id"] = request.key.id
    text = roa_text(request.method, headers, resource(request.path, request.query))
    return roa_signed(request, headers, text)


def tea_roa(request: Unsigned) -> dict[str, str]:
    """As alibabacloud-tea-openapi with the older algorithm: nonce, action and provider."""
    headers = roa_headers(request) | {
        "x-acs-signature-nonce": request.nonce,
        "x-acs-action": request.action,
        "x-acs-credentials-provider": _provider(request),
    }
    if request.body:
        headers["content-type"] = _TEA_JSON
    text = roa_text(request.method, headers, resource(request.path, request.query))
    return roa_signed(request, headers, text)


def go_core(request: Unsigned) -> dict[str, str]:
    """As alibaba-cloud-sdk-go: a GET has Content-Type and Content-MD5, too, and no nonce."""
    headers = roa_headers(request) | {
        "content-type": "application/json",
        "content-md5": content_md5(request.body),
        "x-acs-credentials-provider": _provider(request),
        "x-sdk-client": "golang/1.0.0",
        "x-sdk-invoke-type": "common",
    }
    text = roa_text(request.method, headers, resource(request.path, request.query))
    return roa_signed(request, headers, text)


def older_go_core(request: Unsigned) -> dict[str, str]:
    """As older ones: a bare ``?`` where there is no query, and no line for an absent header."""
    headers = roa_headers(request) | {"content-md5": content_md5(request.body)}
    signed = resource(request.path, request.query)
    text = roa_text(
        request.method, headers, signed if request.query else f"{signed}?", skips_empty=True
    )
    return roa_signed(request, headers, text)
