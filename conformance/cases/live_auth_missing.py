"""RPC calls that lack a part of their signature, or whose time or nonce is not right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mock_tingwu.conformance import INFO, MUST, Cloud, case
from mock_tingwu.conformance import live_signing as rpc
from mock_tingwu.conformance.answers import Answer
from mock_tingwu.conformance.sources import ASSUMED, COMMON_ERRORS, RPC_SIGNATURE

from ._live_tasks import QUERY
from .live_auth_rpc import ACTION, signed


async def _without(cloud: Cloud, name: str) -> Answer:
    """A Query that is signed as if there were no parameter ``name``."""
    key = cloud.site.access_key
    sent = rpc.parameters(ACTION, key)
    del sent[name]
    query = rpc.encoded(rpc.signed("GET", sent, key.secret))
    return await cloud.live.send(ACTION, "GET", query=query)


# What a signature cannot be without


@case(
    "LV-AUTH-025",
    "a call without Signature is refused",
    sends="a Query with all parameters but Signature",
    expects="an HTTP error with a Code",
    level=MUST,
    source=RPC_SIGNATURE("Signature, required"),
    operations=QUERY,
    negative=True,
)
async def without_signature(cloud: Cloud) -> None:
    answer = await cloud.live.query(tamper=lambda sent: sent.__delitem__("Signature"))
    cloud.live.refused(answer, status=None)


@case(
    "LV-AUTH-026",
    "a call without Signature is incomplete",
    sends="a Query without Signature",
    expects="HTTP 400 IncompleteSignature",
    level=INFO,
    source=ASSUMED("when it is IncompleteSignature and when MissingSignature"),
    operations=QUERY,
    negative=True,
)
async def incomplete_signature(cloud: Cloud) -> None:
    answer = await cloud.live.query(tamper=lambda sent: sent.__delitem__("Signature"))
    cloud.live.refused(answer, "IncompleteSignature")


@case(
    "LV-AUTH-027",
    "a call without AccessKeyId is refused",
    sends="a Query without any signature",
    expects="an HTTP error with a Code",
    level=MUST,
    source=RPC_SIGNATURE("AccessKeyId, required"),
    operations=QUERY,
    negative=True,
)
async def without_access_key(cloud: Cloud) -> None:
    cloud.live.refused(await cloud.live.query(scheme="none"), status=None)


@case(
    "LV-AUTH-028",
    "a call without Timestamp is refused",
    sends="a Query signed without Timestamp",
    expects="an HTTP error with a Code",
    level=MUST,
    source=RPC_SIGNATURE("Timestamp, required"),
    operations=QUERY,
    negative=True,
)
async def without_timestamp(cloud: Cloud) -> None:
    cloud.live.refused(await _without(cloud, "Timestamp"), status=None)


@case(
    "LV-AUTH-029",
    "a call without SignatureNonce is refused",
    sends="a Query signed without SignatureNonce",
    expects="an HTTP error with a Code",
    level=MUST,
    source=RPC_SIGNATURE("SignatureNonce, required"),
    operations=QUERY,
    negative=True,
)
async def without_nonce(cloud: Cloud) -> None:
    cloud.live.refused(await _without(cloud, "SignatureNonce"), status=None)


@case(
    "LV-AUTH-030",
    "a call without Version is refused",
    sends="a Query signed without Version",
    expects="an HTTP error with a Code",
    level=MUST,
    source=RPC_SIGNATURE("Version, required"),
    operations=QUERY,
    negative=True,
)
async def without_version(cloud: Cloud) -> None:
    cloud.live.refused(await _without(cloud, "Version"), status=None)


@case(
    "LV-AUTH-031",
    "another SignatureMethod is refused",
    sends="a Query with SignatureMethod=HMAC-CRC32",
    expects="HTTP 400 InvalidSignatureMethod",
    level=MUST,
    source=COMMON_ERRORS("InvalidSignatureMethod"),
    operations=QUERY,
    negative=True,
)
async def another_algorithm(cloud: Cloud) -> None:
    sent = signed(cloud, "GET", SignatureMethod="HMAC-CRC32")
    answer = await cloud.live.send(ACTION, "GET", query=rpc.encoded(sent))
    cloud.live.refused(answer, "InvalidSignatureMethod")


# Time and nonce


@case(
    "LV-AUTH-032",
    "a Timestamp that cannot be read is refused",
    sends="a Query with Timestamp=yesterday",
    expects="HTTP 400 InvalidTimeStamp.Format",
    level=MUST,
    source=COMMON_ERRORS("InvalidTimeStamp.Format"),
    operations=QUERY,
    negative=True,
)
async def unreadable_timestamp(cloud: Cloud) -> None:
    sent = signed(cloud, "GET", Timestamp="yesterday")
    answer = await cloud.live.send(ACTION, "GET", query=rpc.encoded(sent))
    cloud.live.refused(answer, "InvalidTimeStamp.Format")


@case(
    "LV-AUTH-033",
    "a Timestamp of an hour ago has expired",
    sends="a Query with a Timestamp of an hour ago",
    expects="HTTP 400 InvalidTimeStamp.Expired Specified time stamp or date value is expired.",
    level=MUST,
    source=COMMON_ERRORS("InvalidTimeStamp.Expired"),
    operations=QUERY,
    negative=True,
)
async def old_timestamp(cloud: Cloud) -> None:
    answer = await cloud.live.query(date=datetime.now(UTC) - timedelta(hours=1))
    cloud.live.refused(answer, "InvalidTimeStamp.Expired")
    message = "Specified time stamp or date value is expired."
    cloud.check.equal(answer.body.get("Message"), message, "Message")


@case(
    "LV-AUTH-034",
    "a Timestamp in an hour is refused as one that has expired",
    sends="a Query with a Timestamp in an hour",
    expects="HTTP 400 InvalidTimeStamp.Expired",
    level=MUST,
    source=COMMON_ERRORS("InvalidTimeStamp.Expired"),
    operations=QUERY,
    negative=True,
)
async def future_timestamp(cloud: Cloud) -> None:
    answer = await cloud.live.query(date=datetime.now(UTC) + timedelta(hours=1))
    cloud.live.refused(answer, "InvalidTimeStamp.Expired")


@case(
    "LV-AUTH-035",
    "a nonce is used once",
    sends="the same signed Query twice",
    expects="RetCode 2000, then HTTP 400 SignatureNonceUsed: ... nonce was used already.",
    level=MUST,
    source=COMMON_ERRORS("SignatureNonceUsed"),
    operations=QUERY,
    negative=True,
)
async def nonce_used(cloud: Cloud) -> None:
    query = rpc.encoded(signed(cloud, "GET"))
    first = await cloud.live.send(ACTION, "GET", query=query)
    cloud.check.equal(first.status, 200, "HTTP status of the first")
    second = await cloud.live.send(ACTION, "GET", query=query)
    cloud.live.refused(second, "SignatureNonceUsed")
    message = "Specified signature nonce was used already."
    cloud.check.equal(second.body.get("Message"), message, "Message")
