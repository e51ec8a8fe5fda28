"""Requests that cases sign as SDKs do: to the letter what the SDKs have sent."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl

import pytest

from mock_tingwu.client.credentials import AccessKey
from mock_tingwu.conformance import sdk_signing as sdk
from mock_tingwu.conformance.signing import Signer, Unsigned
from mock_tingwu.protocols.signing import SignedRequest
from tests.protocols.signing.tingwu_captures import ACCESS_KEY, SECRET, SIGNED, load

SIGNERS = {
    "pytea": sdk.tea_python,
    "nodetea": sdk.tea_node,
    "pycore": sdk.core_python,
    "popcore": sdk.pop_core,
    "gocore": sdk.go_core,
}
#: What a call says of itself, and what no signer decides.
OWN = ("content-type", "user-agent")


def _signer(name: str) -> Signer:
    return sdk.tea_roa if name.endswith("sigalg_v2") else SIGNERS[name.partition("_")[0]]


def _unsigned(request: SignedRequest) -> Unsigned:
    date = request.header("x-acs-date")
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    query.pop("RegionId", None)
    return Unsigned(
        method=request.method,
        path=request.path,
        query=query,
        headers={name: value for name in OWN if (value := request.header(name)) is not None},
        body=request.body,
        key=AccessKey(ACCESS_KEY, SECRET, request.header("x-acs-security-token")),
        host=request.header("host") or "",
        action=request.header("x-acs-action") or "",
        version=request.header("x-acs-version") or "",
        date=datetime.fromisoformat(date)
        if date
        else parsedate_to_datetime(request.header("date") or ""),
        nonce=request.header("x-acs-signature-nonce") or "",
    )


@pytest.mark.parametrize("name", SIGNED)
def test_signature_is_the_one_that_the_sdk_sent(name: str) -> None:
    request = load(name)
    headers = _signer(name)(_unsigned(request))
    assert headers["authorization"] == request.header("authorization")
    sent = {name for name in request.header_names() if name.startswith(("x-acs-", "x-sdk-client"))}
    assert {n for n in headers if n.startswith(("x-acs-", "x-sdk-client"))} == sent
