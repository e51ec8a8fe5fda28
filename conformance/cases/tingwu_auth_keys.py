"""Nonces, keys and tokens that are not let in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from mock_tingwu.client.credentials import AccessKey
from mock_tingwu.conformance import INFO, MUST, Cloud, Need, case
from mock_tingwu.conformance import sdk_signing as sdk
from mock_tingwu.conformance.sources import ACS3_SIGNATURE, ASSUMED, GATEWAY, TEA_SDK

from .tingwu_auth_acs3 import LIST, let_in, with_bearer


@case(
    "TW-AUTH-060",
    "a nonce is good for one request",
    sends="the same GET twice, to the byte, with Signature V3",
    expects="Code 0, then HTTP 400 SignatureNonceUsed",
    level=MUST,
    source=GATEWAY("SignatureNonceUsed"),
    operations=LIST,
    negative=True,
)
async def nonce_is_used_up(cloud: Cloud) -> None:
    once: dict[str, Any] = {
        "scheme": sdk.documented,
        "nonce": uuid4().hex,
        "date": datetime.now(UTC),
    }
    let_in(cloud, await cloud.tingwu.phrases("List", **once))
    answer = await cloud.tingwu.phrases("List", **once)
    cloud.tingwu.refused(answer, "SignatureNonceUsed")


@case(
    "TW-AUTH-061",
    "ROA v1: a nonce that is sent is good for one request, too",
    sends="the same GET of @alicloud/pop-core twice, to the byte",
    expects="Code 0, then HTTP 400 SignatureNonceUsed",
    level=MUST,
    source=GATEWAY("SignatureNonceUsed"),
    operations=LIST,
    negative=True,
)
async def roa_nonce_is_used_up(cloud: Cloud) -> None:
    once: dict[str, Any] = {"scheme": sdk.pop_core, "nonce": uuid4().hex, "date": datetime.now(UTC)}
    let_in(cloud, await cloud.tingwu.phrases("List", **once))
    answer = await cloud.tingwu.phrases("List", **once)
    cloud.tingwu.refused(answer, "SignatureNonceUsed")


@case(
    "TW-AUTH-062",
    "a request that was refused has not used its nonce up",
    sends="a GET with a wrong secret, then one with the right secret and the same nonce",
    expects="HTTP 400 SignatureDoesNotMatch, then Code 0",
    level=INFO,
    source=ASSUMED("which requests use a nonce up"),
    operations=LIST,
    negative=True,
)
async def refused_nonce_is_left(cloud: Cloud) -> None:
    nonce, wrong = uuid4().hex, AccessKey(cloud.site.access_key.id, "a" * 30)
    refused = await cloud.tingwu.phrases("List", key=wrong, nonce=nonce)
    cloud.tingwu.refused(refused, "SignatureDoesNotMatch")
    let_in(cloud, await cloud.tingwu.phrases("List", nonce=nonce))


@case(
    "TW-AUTH-063",
    "an access key that does not exist is not found",
    sends="a GET signed with Signature V3 by a key of nobody",
    expects="HTTP 404 InvalidAccessKeyId.NotFound",
    level=MUST,
    source=GATEWAY("InvalidAccessKeyId.NotFound"),
    operations=LIST,
    negative=True,
)
async def unknown_key(cloud: Cloud) -> None:
    nobody = AccessKey("LTAIconformanceNobody000", "a" * 30)
    answer = await cloud.tingwu.phrases("List", scheme=sdk.documented, key=nobody)
    cloud.tingwu.refused(answer, "InvalidAccessKeyId.NotFound", status=404)


@case(
    "TW-AUTH-064",
    "ROA v1: an access key that does not exist is not found",
    sends="a GET signed with ROA v1 by a key of nobody",
    expects="HTTP 404 InvalidAccessKeyId.NotFound",
    level=MUST,
    source=GATEWAY("InvalidAccessKeyId.NotFound"),
    operations=LIST,
    negative=True,
)
async def roa_unknown_key(cloud: Cloud) -> None:
    nobody = AccessKey("LTAIconformanceNobody000", "a" * 30)
    answer = await cloud.tingwu.phrases("List", scheme=sdk.documented_roa, key=nobody)
    cloud.tingwu.refused(answer, "InvalidAccessKeyId.NotFound", status=404)


@case(
    "TW-AUTH-065",
    "an access key that was disabled is inactive",
    sends="a GET signed right by a key that is disabled",
    expects="HTTP 400 InvalidAccessKeyId.Inactive",
    level=MUST,
    source=GATEWAY("InvalidAccessKeyId.Inactive"),
    operations=LIST,
    needs=[Need.SETTINGS],
    negative=True,
)
async def disabled_key(cloud: Cloud) -> None:
    key = cloud.site.disabled_key
    answer = await cloud.tingwu.phrases("List", scheme=sdk.documented, key=key)
    cloud.tingwu.refused(answer, "InvalidAccessKeyId.Inactive")


def _temporary(cloud: Cloud, token: str | None) -> AccessKey:
    """The temporary key with another token, or with none."""
    key = cloud.site.temporary_key
    assert key is not None
    return AccessKey(key.id, key.secret, token)


@case(
    "TW-AUTH-066",
    "a temporary key without its token is refused",
    sends="a GET signed right by a temporary key, without x-acs-security-token",
    expects="an error with Code, Message and RequestId",
    level=MUST,
    source=ACS3_SIGNATURE("x-acs-security-token"),
    operations=LIST,
    needs=[Need.TEMPORARY_KEY],
    negative=True,
)
async def token_is_missing(cloud: Cloud) -> None:
    key = _temporary(cloud, None)
    answer = await cloud.tingwu.phrases("List", scheme=sdk.documented, key=key)
    cloud.tingwu.refused(answer, status=None)


@case(
    "TW-AUTH-067",
    "a temporary key without its token answers MissingSecurityToken",
    sends="a GET signed right by a temporary key alone",
    expects="HTTP 400 MissingSecurityToken",
    level=INFO,
    source=ASSUMED("the code for a temporary key without its token"),
    operations=LIST,
    needs=[Need.TEMPORARY_KEY],
    negative=True,
)
async def token_is_missing_and_told(cloud: Cloud) -> None:
    key = _temporary(cloud, None)
    answer = await cloud.tingwu.phrases("List", scheme=sdk.documented, key=key)
    cloud.tingwu.refused(answer, "MissingSecurityToken")


@case(
    "TW-AUTH-068",
    "a temporary key with a made-up token is refused",
    sends="a GET signed right by a temporary key, with a made-up x-acs-security-token",
    expects="an error with Code, Message and RequestId",
    level=MUST,
    source=ACS3_SIGNATURE("x-acs-security-token"),
    operations=LIST,
    needs=[Need.TEMPORARY_KEY],
    negative=True,
)
async def token_is_made_up(cloud: Cloud) -> None:
    key = _temporary(cloud, "made-up")
    answer = await cloud.tingwu.phrases("List", scheme=sdk.documented, key=key)
    cloud.tingwu.refused(answer, status=None)


@case(
    "TW-AUTH-069",
    "a made-up token answers InvalidSecurityToken.Malformed",
    sends="a GET signed right by a temporary key with a token of one word",
    expects="HTTP 400 InvalidSecurityToken.Malformed",
    level=INFO,
    source=ASSUMED("the code for a token that is not the key's"),
    operations=LIST,
    needs=[Need.TEMPORARY_KEY],
    negative=True,
)
async def token_is_malformed(cloud: Cloud) -> None:
    key = _temporary(cloud, "made-up")
    answer = await cloud.tingwu.phrases("List", scheme=sdk.documented, key=key)
    cloud.tingwu.refused(answer, "InvalidSecurityToken.Malformed")


@case(
    "TW-AUTH-070",
    "a bearer token of nobody is refused",
    sends="a GET with a made-up x-acs-bearer-token and x-acs-signature-type BEARERTOKEN",
    expects="an error with Code, Message and RequestId",
    level=MUST,
    source=TEA_SDK("request captured with a bearer token"),
    operations=LIST,
    negative=True,
)
async def unknown_bearer_token(cloud: Cloud) -> None:
    answer = await cloud.tingwu.phrases("List", scheme=lambda r: with_bearer(r, "made-up"))
    cloud.tingwu.refused(answer, status=None)
