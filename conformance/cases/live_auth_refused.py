"""RPC signatures that do not match, and keys that may not call: the codes that tell so."""

from __future__ import annotations

from mock_tingwu.client.credentials import AccessKey
from mock_tingwu.conformance import INFO, MUST, Cloud, Need, case
from mock_tingwu.conformance import live_signing as rpc
from mock_tingwu.conformance.sources import ASSUMED, COMMON_ERRORS, CORE_SDK, RPC_SIGNATURE

from ._live_tasks import QUERY
from .live_auth_rpc import ACTION, signed

MISMATCH = "SignatureDoesNotMatch"


def _wrong_secret(cloud: Cloud) -> AccessKey:
    return AccessKey(cloud.site.access_key.id, "a" * 30)


# Mismatches


@case(
    "LV-AUTH-015",
    "a signature with another secret does not match",
    sends="a Query signed with a secret that is not the key's",
    expects="HTTP 400 SignatureDoesNotMatch",
    level=MUST,
    source=COMMON_ERRORS(MISMATCH),
    operations=QUERY,
    negative=True,
)
async def another_secret(cloud: Cloud) -> None:
    cloud.live.refused(await cloud.live.query(key=_wrong_secret(cloud)), MISMATCH)


@case(
    "LV-AUTH-016",
    "the message of a mismatch has a colon, and the server's string to sign behind it",
    sends="a Query signed with another secret, as GET",
    expects="Specified signature is not matched ... string to sign is:, and what the client signed",
    level=MUST,
    source=CORE_SDK("SignatureDoesNotMatch: the message is cut at its first colon"),
    operations=QUERY,
    negative=True,
)
async def string_to_sign_is_told(cloud: Cloud) -> None:
    sent = rpc.parameters(ACTION, cloud.site.access_key)
    query = rpc.encoded(rpc.signed("GET", sent, "a" * 30))
    answer = await cloud.live.send(ACTION, "GET", query=query)
    sentence, _, told = str(answer.body.get("Message")).partition(":")
    expected = "Specified signature is not matched with our calculation. server string to sign is"
    cloud.check.equal(sentence, expected, "what is before the colon")
    # SDKs tell a wrong secret from a wrong signature by it.
    expected = rpc.string_to_sign("GET", sent)
    cloud.check.that(told == expected, "the string to sign of the client", len(told))


@case(
    "LV-AUTH-017",
    "a parameter that was changed after it was signed does not match",
    sends="a Query whose TaskId is another than the signed one",
    expects="HTTP 400 SignatureDoesNotMatch",
    level=MUST,
    source=RPC_SIGNATURE("StringToSign"),
    operations=QUERY,
    negative=True,
)
async def changed_parameter(cloud: Cloud) -> None:
    sent = signed(cloud, "GET", TaskId="asr-one") | {"TaskId": "asr-two"}
    answer = await cloud.live.send(ACTION, "GET", query=rpc.encoded(sent))
    cloud.live.refused(answer, MISMATCH)


@case(
    "LV-AUTH-018",
    "a parameter that was not signed does not match",
    sends="a signed Query, and one more parameter behind it",
    expects="HTTP 400 SignatureDoesNotMatch",
    level=MUST,
    source=RPC_SIGNATURE("all parameters are signed"),
    operations=QUERY,
    negative=True,
)
async def unsigned_parameter(cloud: Cloud) -> None:
    sent = signed(cloud, "GET") | {"TaskId": "asr-added"}
    answer = await cloud.live.send(ACTION, "GET", query=rpc.encoded(sent))
    cloud.live.refused(answer, MISMATCH)


@case(
    "LV-AUTH-019",
    "what is in the form has to be signed as well",
    sends="a signed Query in the query, and one more parameter in a form",
    expects="HTTP 400 SignatureDoesNotMatch",
    level=MUST,
    source=CORE_SDK("body parameters are signed"),
    operations=QUERY,
    negative=True,
)
async def unsigned_form(cloud: Cloud) -> None:
    sent = signed(cloud, "POST")
    answer = await cloud.live.send(ACTION, query=rpc.encoded(sent), form="TaskId=asr-added")
    cloud.live.refused(answer, MISMATCH)


@case(
    "LV-AUTH-020",
    "the method is signed",
    sends="a Query that is signed as GET and sent as POST",
    expects="HTTP 400 SignatureDoesNotMatch",
    level=MUST,
    source=RPC_SIGNATURE("HTTPMethod"),
    operations=QUERY,
    negative=True,
)
async def another_method(cloud: Cloud) -> None:
    answer = await cloud.live.send(ACTION, query=rpc.encoded(signed(cloud, "GET")))
    cloud.live.refused(answer, MISMATCH)


# Keys


@case(
    "LV-AUTH-021",
    "an access key that does not exist is not found",
    sends="a Query with an AccessKeyId of nobody",
    expects="HTTP 404 InvalidAccessKeyId.NotFound: ... is not found. (newer: or invalid.)",
    level=MUST,
    source=COMMON_ERRORS("InvalidAccessKeyId.NotFound"),
    operations=QUERY,
    negative=True,
)
async def unknown_key(cloud: Cloud) -> None:
    key = AccessKey("LTAI0000conformance0000", "a" * 30)
    answer = await cloud.live.query(key=key)
    cloud.live.refused(answer, "InvalidAccessKeyId.NotFound", status=404)
    pattern = r"Specified access key is not found( or invalid)?\."
    cloud.check.matches(answer.body.get("Message"), pattern, "Message")


@case(
    "LV-AUTH-022",
    "an access key that was disabled is inactive",
    sends="a Query of a disabled key",
    expects="HTTP 400 InvalidAccessKeyId.Inactive Specified access key is disabled.",
    level=MUST,
    source=COMMON_ERRORS("InvalidAccessKeyId.Inactive"),
    operations=QUERY,
    needs=[Need.SETTINGS],
    negative=True,
)
async def disabled_key(cloud: Cloud) -> None:
    answer = await cloud.live.query(key=cloud.site.disabled_key)
    cloud.live.refused(answer, "InvalidAccessKeyId.Inactive")
    cloud.check.equal(answer.body.get("Message"), "Specified access key is disabled.", "Message")


@case(
    "LV-AUTH-023",
    "a temporary key without its SecurityToken is refused",
    sends="a Query of a temporary key without SecurityToken",
    expects="an HTTP error with a Code",
    level=MUST,
    source=RPC_SIGNATURE("SecurityToken"),
    operations=QUERY,
    needs=[Need.TEMPORARY_KEY],
    negative=True,
)
async def temporary_key_without_token(cloud: Cloud) -> None:
    key = cloud.site.temporary_key
    assert key is not None
    answer = await cloud.live.query(key=AccessKey(key.id, key.secret))
    cloud.live.refused(answer, status=None)


@case(
    "LV-AUTH-024",
    "a made-up SecurityToken is malformed",
    sends="a Query of a temporary key with a SecurityToken of nobody",
    expects="HTTP 400 InvalidSecurityToken.Malformed",
    level=INFO,
    source=ASSUMED("which code of InvalidSecurityToken"),
    operations=QUERY,
    needs=[Need.TEMPORARY_KEY],
    negative=True,
)
async def malformed_token(cloud: Cloud) -> None:
    key = cloud.site.temporary_key
    assert key is not None
    answer = await cloud.live.query(key=AccessKey(key.id, key.secret, "no-token-at-all"))
    cloud.live.refused(answer, "InvalidSecurityToken.Malformed")
