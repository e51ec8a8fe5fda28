"""Signature V3 on an API in RPC style: what is signed stands in headers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from mock_tingwu.client.credentials import AccessKey
from mock_tingwu.conformance import INFO, MUST, Cloud, Need, case
from mock_tingwu.conformance import live_signing as acs3
from mock_tingwu.conformance.answers import Answer
from mock_tingwu.conformance.sources import (
    ACS3_SIGNATURE,
    ASSUMED,
    COMMON_ERRORS,
    LIVE_SDK,
    TEA_NODE_SDK,
)

from ._live_tasks import QUERY
from .live_auth_rpc import ACTION, check_admitted

MISMATCH = "SignatureDoesNotMatch"
_SIGNED_BY_PYTHON = (
    "accept",
    "host",
    "user-agent",
    "x-acs-action",
    "x-acs-content-sha256",
    "x-acs-credentials-provider",
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-version",
)


def _signed(
    cloud: Cloud,
    *,
    query: dict[str, str] | None = None,
    key: AccessKey | None = None,
    names: Collection[str] = (),
    **headers: Any,
) -> dict[str, str]:
    """The headers of a Query as POST, signed."""
    key = key or cloud.site.access_key
    host = urlsplit(cloud.site.live_url).netloc
    unsigned = acs3.acs3_headers(ACTION, key, host, **headers)
    return acs3.acs3_signed("POST", query or {}, unsigned, key, names)


async def _send(
    cloud: Cloud, headers: dict[str, str], query: dict[str, str] | None = None
) -> Answer:
    return await cloud.live.send(ACTION, query=acs3.encoded(query or {}), headers=headers)


@case(
    "LV-AUTH-036",
    "Signature V3 is taken as documented",
    sends="a Query as POST that signs host and x-acs-*; no Action in the query",
    expects="RetCode 2000",
    level=MUST,
    source=ACS3_SIGNATURE("headers that have to be signed"),
    operations=QUERY,
)
async def as_documented(cloud: Cloud) -> None:
    check_admitted(cloud, await _send(cloud, _signed(cloud)))


@case(
    "LV-AUTH-037",
    "Signature V3 signs the parameters of the query",
    sends="a Query with a TaskId that has to be encoded",
    expects="RetCode 2000",
    level=MUST,
    source=ACS3_SIGNATURE("CanonicalQueryString"),
    operations=QUERY,
)
async def with_parameters(cloud: Cloud) -> None:
    query = {"TaskId": "asr-a b*c~d+e", "RegionId": "cn-shanghai"}
    check_admitted(cloud, await _send(cloud, _signed(cloud, query=query), query))


@case(
    "LV-AUTH-038",
    "calls of Alibaba's SDK for Python are admitted",
    sends="a Query that signs accept, host, user-agent and x-acs-*, the credentials' provider too",
    expects="RetCode 2000",
    level=MUST,
    source=LIVE_SDK("signed headers"),
    operations=QUERY,
)
async def as_tea_python(cloud: Cloud) -> None:
    headers = _signed(
        cloud,
        names=_SIGNED_BY_PYTHON,
        user_agent="AlibabaCloud (Linux; x86_64) Python/3.11.2 Core/0.4.6 TeaDSL/2",
        x_acs_credentials_provider="static_ak",
    )
    check_admitted(cloud, await _send(cloud, headers))


@case(
    "LV-AUTH-039",
    "calls of Alibaba's SDK for Node are admitted",
    sends="a Query that signs host and x-acs-*, with a nonce of 64 hex digits",
    expects="RetCode 2000",
    level=MUST,
    source=TEA_NODE_SDK("signed headers"),
    operations=QUERY,
)
async def as_tea_node(cloud: Cloud) -> None:
    nonce = uuid4().hex * 2
    headers = _signed(cloud, nonce=nonce, user_agent="AlibabaCloud (linux; x64) Node.js/v20.11.1")
    check_admitted(cloud, await _send(cloud, headers))


@case(
    "LV-AUTH-040",
    "Signature V3 of a temporary key has its token in a header",
    sends="a Query with x-acs-security-token, x-acs-accesskey-id and the provider static_sts",
    expects="RetCode 2000",
    level=MUST,
    source=LIVE_SDK("security_token"),
    operations=QUERY,
    needs=[Need.TEMPORARY_KEY],
)
async def temporary_key(cloud: Cloud) -> None:
    key = cloud.site.temporary_key
    headers = _signed(cloud, key=key, x_acs_credentials_provider="static_sts")
    check_admitted(cloud, await _send(cloud, headers))


@case(
    "LV-AUTH-041",
    "Signature V3 with another secret does not match",
    sends="a Query signed by V3 with a secret that is not the key's",
    expects="HTTP 400 SignatureDoesNotMatch",
    level=MUST,
    source=COMMON_ERRORS(MISMATCH),
    operations=QUERY,
    negative=True,
)
async def another_secret(cloud: Cloud) -> None:
    headers = _signed(cloud, key=AccessKey(cloud.site.access_key.id, "a" * 30))
    cloud.live.refused(await _send(cloud, headers), MISMATCH)


@case(
    "LV-AUTH-042",
    "a query that was changed after Signature V3 does not match",
    sends="a Query signed by V3 without TaskId, sent with one",
    expects="HTTP 400 SignatureDoesNotMatch",
    level=MUST,
    source=ACS3_SIGNATURE("CanonicalQueryString"),
    operations=QUERY,
    negative=True,
)
async def changed_query(cloud: Cloud) -> None:
    answer = await _send(cloud, _signed(cloud), {"TaskId": "asr-added"})
    cloud.live.refused(answer, MISMATCH)


@case(
    "LV-AUTH-043",
    "a signed header that was changed does not match",
    sends="a Query signed by V3, its x-acs-credentials-provider changed behind that",
    expects="HTTP 400 SignatureDoesNotMatch",
    level=MUST,
    source=ACS3_SIGNATURE("CanonicalHeaders"),
    operations=QUERY,
    negative=True,
)
async def changed_header(cloud: Cloud) -> None:
    headers = _signed(cloud, x_acs_credentials_provider="static_ak")
    headers["x-acs-credentials-provider"] = "static_sts"
    cloud.live.refused(await _send(cloud, headers), MISMATCH)


@case(
    "LV-AUTH-044",
    "an access key that does not exist is not found by Signature V3",
    sends="a Query signed by V3 with an AccessKeyId of nobody",
    expects="HTTP 404 InvalidAccessKeyId.NotFound",
    level=MUST,
    source=COMMON_ERRORS("InvalidAccessKeyId.NotFound"),
    operations=QUERY,
    negative=True,
)
async def unknown_key(cloud: Cloud) -> None:
    headers = _signed(cloud, key=AccessKey("LTAI0000conformance0000", "a" * 30))
    answer = await _send(cloud, headers)
    cloud.live.refused(answer, "InvalidAccessKeyId.NotFound", status=404)


@case(
    "LV-AUTH-045",
    "an x-acs-date of half an hour ago has expired",
    sends="a Query signed by V3 with an x-acs-date of half an hour ago",
    expects="HTTP 400 InvalidTimeStamp.Expired",
    level=MUST,
    source=ACS3_SIGNATURE("x-acs-date: valid for 15 minutes"),
    operations=QUERY,
    negative=True,
)
async def old_date(cloud: Cloud) -> None:
    headers = _signed(cloud, date=datetime.now(UTC) - timedelta(minutes=30))
    cloud.live.refused(await _send(cloud, headers), "InvalidTimeStamp.Expired")


@case(
    "LV-AUTH-046",
    "a nonce of Signature V3 is used once",
    sends="the same Query signed by V3 twice",
    expects="RetCode 2000, then HTTP 400 SignatureNonceUsed",
    level=MUST,
    source=COMMON_ERRORS("SignatureNonceUsed"),
    operations=QUERY,
    negative=True,
)
async def nonce_used(cloud: Cloud) -> None:
    headers = _signed(cloud)
    cloud.check.equal((await _send(cloud, headers)).status, 200, "HTTP status of the first")
    cloud.live.refused(await _send(cloud, headers), "SignatureNonceUsed")


@case(
    "LV-AUTH-047",
    "an Authorization of V3 without Signature is incomplete",
    sends="a Query with Credential and SignedHeaders alone",
    expects="HTTP 400 IncompleteSignature",
    level=INFO,
    source=ASSUMED("the code for an Authorization that lacks a part"),
    operations=QUERY,
    negative=True,
)
async def incomplete_authorization(cloud: Cloud) -> None:
    headers = _signed(cloud)
    headers["authorization"] = headers["authorization"].partition(",Signature=")[0]
    cloud.live.refused(await _send(cloud, headers), "IncompleteSignature")
