"""Signature V3 on an API in RPC style: what is signed stands in headers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from mock_tingwu.client.credentials import AccessKey
from mock_tingwu.conformance import INFO, MUST, Cloud, Need, case
from mock_tingwu.conformance import sdk_signing as sdk
from mock_tingwu.conformance.signing import Unsigned
from mock_tingwu.conformance.sources import (
    ACS3_SIGNATURE,
    ASSUMED,
    COMMON_ERRORS,
    LIVE_SDK,
    TEA_NODE_SDK,
)

from ._live_tasks import QUERY
from .live_auth_rpc import check_admitted

MISMATCH = "SignatureDoesNotMatch"
_PROVIDER = "x-acs-credentials-provider"


def _with_token(request: Unsigned) -> dict[str, str]:
    """As the SDKs sign with a temporary key."""
    headers = sdk.acs3_headers(request) | {_PROVIDER: "static_sts"}
    return sdk.acs3_signed(request, headers, sdk.must_be_signed(headers))


def _without_query(request: Unsigned) -> dict[str, str]:
    """A signature of the same call without parameters."""
    return sdk.documented(replace(request, query={}))


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
    check_admitted(cloud, await cloud.live.query(scheme=sdk.documented))


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
    answer = await cloud.live.call(QUERY[0], query, scheme=sdk.documented)
    check_admitted(cloud, answer)


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
    check_admitted(cloud, await cloud.live.query(scheme=sdk.tea_python))


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
    check_admitted(cloud, await cloud.live.query(scheme=sdk.tea_node))


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
    answer = await cloud.live.query(scheme=_with_token, key=cloud.site.temporary_key)
    check_admitted(cloud, answer)


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
    key = AccessKey(cloud.site.access_key.id, "a" * 30)
    answer = await cloud.live.query(scheme=sdk.documented, key=key)
    cloud.live.refused(answer, MISMATCH)


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
    answer = await cloud.live.query("asr-added", scheme=_without_query)
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
    answer = await cloud.live.query(
        scheme=sdk.tea_python, tamper=lambda headers: headers.update({_PROVIDER: "static_sts"})
    )
    cloud.live.refused(answer, MISMATCH)


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
    key = AccessKey("LTAI0000conformance0000", "a" * 30)
    answer = await cloud.live.query(scheme=sdk.documented, key=key)
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
    date = datetime.now(UTC) - timedelta(minutes=30)
    answer = await cloud.live.query(scheme=sdk.documented, date=date)
    cloud.live.refused(answer, "InvalidTimeStamp.Expired")


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
    same: dict[str, Any] = {
        "scheme": sdk.documented,
        "date": datetime.now(UTC),
        "nonce": uuid4().hex,
    }
    first = await cloud.live.query(**same)
    cloud.check.equal(first.status, 200, "HTTP status of the first")
    cloud.live.refused(await cloud.live.query(**same), "SignatureNonceUsed")


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
    def cut(headers: dict[str, str]) -> None:
        headers["authorization"] = headers["authorization"].partition(",Signature=")[0]

    answer = await cloud.live.query(scheme=sdk.documented, tamper=cut)
    cloud.live.refused(answer, "IncompleteSignature")
