"""Requests signed for one service, signed anew for another: signatures cover the host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

from mock_tingwu.cassettes.writer import FORM, HttpRequest, scheme_of
from mock_tingwu.client.targets import Target
from mock_tingwu.protocols import signing

#: What a signature puts into a request, in headers and in parameters (tingwu-openapi 5.1 and 5.2,
#: live-rtc-asr 3).
_HEADERS: Final = frozenset(
    [
        "authorization",
        "date",
        "host",
        "content-md5",
        "content-length",
        "x-acs-date",
        "x-acs-content-sha256",
        "x-acs-accesskey-id",
        "x-acs-access-key-id",
        "x-acs-security-token",
        "x-acs-signature-type",
        "x-acs-credentials-provider",
        "x-acs-bearer-token",
    ]
)
_PARAMETERS: Final = frozenset(
    [
        "AccessKeyId",
        "Action",
        "Format",
        "Signature",
        "SignatureMethod",
        "SignatureNonce",
        "SignatureVersion",
        "Timestamp",
        "Version",
        "SecurityToken",
        "SignatureType",
    ]
)
_NONCE: Final = "x-acs-signature-nonce"
#: Temporary keys of DashScope come from the service itself, and go back to it as they are.
_TEMPORARY: Final = "st-"


@dataclass(frozen=True, slots=True)
class Resigner:
    """Signs with a target's keys what was signed with any.

    What came without a signature goes on without, so that the service refuses it. A nonce stays.
    Everything raises ValueError when the target has no key for it.
    """

    target: Target

    def request(self, request: HttpRequest) -> HttpRequest:
        """``request``, whose URL leads to the target, with the target's signature."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        parts = urlsplit(request.url)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        form: dict[str, str] = {}
        if headers.get("content-type", "").partition(";")[0].strip().lower() == FORM:
            form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        scheme = scheme_of(headers, {**query, **form})
        if scheme == "bearer":
            return replace(request, headers=self.bearer(headers))
        if scheme == "rpc":
            return self._rpc(request, headers, query, form)
        if scheme is None:
            return request
        key = self.target.access_key()
        own = {name: value for name, value in headers.items() if name not in _HEADERS}
        method, path, body = request.method, parts.path or "/", request.body
        version, action = headers.get("x-acs-version", ""), headers.get("x-acs-action")
        nonce, date = headers.get(_NONCE) or uuid4().hex, datetime.now(UTC)
        if not (accepts := "accept" in own):
            own["accept"] = ""  # signed as if it were not there
        if scheme == "acs":
            signed = signing.sign_roa_v1(
                method,
                path,
                query,
                own,
                body,
                access_key=key.id,
                secret=key.secret,
                security_token=key.security_token,
                version=version,
                host=parts.netloc,
                date=date,
                nonce=nonce,
                action=action,
            )
        else:
            signed = signing.sign_acs3(
                method,
                path,
                query,
                own,
                body,
                access_key=key.id,
                secret=key.secret,
                security_token=key.security_token,
                action=action or "",
                version=version,
                host=parts.netloc,
                nonce=nonce,
                date=date,
            )
        if not accepts:
            del signed["accept"]
        origin = f"{parts.scheme}://{parts.netloc}"
        url = origin + signing.request_target(path, query)
        return HttpRequest(method, url, signed, body)

    def bearer(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers in small letters with the target's API key in place of the client's."""
        scheme, _, key = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or key.strip().startswith(_TEMPORARY):
            return dict(headers)
        return {**headers, "authorization": f"Bearer {self.target.api_key()}"}

    def _rpc(
        self,
        request: HttpRequest,
        headers: dict[str, str],
        query: dict[str, str],
        form: dict[str, str],
    ) -> HttpRequest:
        key, sent = self.target.access_key(), {**form, **query}
        signed = signing.sign_rpc_v1(
            request.method,
            {name: value for name, value in sent.items() if name not in _PARAMETERS},
            access_key=key.id,
            secret=key.secret,
            security_token=key.security_token,
            action=sent.get("Action", ""),
            version=sent.get("Version", ""),
            format=sent.get("Format", "JSON"),
            nonce=sent.get("SignatureNonce") or uuid4().hex,
            date=datetime.now(UTC),
        )
        # Each stays where it was: the signature covers both places together.
        in_form = {name: value for name, value in signed.items() if name in form}
        rest = {name: value for name, value in signed.items() if name not in form}
        parts = urlsplit(request.url)
        url = f"{parts.scheme}://{parts.netloc}{signing.request_target(parts.path or '/', rest)}"
        body = signing.encode_query(in_form).encode() if form else request.body
        headers = {name: value for name, value in headers.items() if name != "host"}
        return HttpRequest(request.method, url, headers, body)
