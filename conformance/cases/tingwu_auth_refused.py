"""Signatures that are not right: they are refused, with the code that tells why."""

from __future__ import annotations

from dataclasses import replace

from mock_tingwu.client.credentials import AccessKey
from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, case
from mock_tingwu.conformance import sdk_signing as sdk
from mock_tingwu.conformance.signing import Signer, Unsigned
from mock_tingwu.conformance.sources import (
    ACS3_SIGNATURE,
    ASSUMED,
    CORE_SDK,
    GATEWAY,
    MD5_ISSUE,
    PUBLIC_CLIENTS,
    ROA_SIGNATURE,
)
from mock_tingwu.conformance.tingwu import PHRASES, VERSION

from .tingwu_auth_acs3 import LIST

#: All but the signature is right.
_NAMED = {"x-acs-version": VERSION}


def _wrong_secret(cloud: Cloud) -> AccessKey:
    return AccessKey(cloud.site.access_key.id, "a" * 30)


def _of_another_body(signer: Signer) -> Signer:
    """Signs as ``signer`` does, but for a body that is not the one that is sent."""
    return lambda request: signer(replace(request, body=request.body + b" "))


# What is signed


@case(
    "TW-AUTH-036",
    "a request without any signature is refused",
    sends="a GET without Authorization",
    expects="an error with Code, Message and RequestId",
    level=MUST,
    source=ACS3_SIGNATURE("Authorization"),
    operations=LIST,
    negative=True,
)
async def unsigned_is_refused(cloud: Cloud) -> None:
    answer = await cloud.tingwu.phrases("List", scheme="none", headers=_NAMED)
    cloud.tingwu.refused(answer, status=None)


@case(
    "TW-AUTH-037",
    "a request without any signature misses its AccessKeyId",
    sends="a GET without Authorization",
    expects="HTTP 400 MissingAccessKeyId",
    level=INFO,
    source=ASSUMED("the code for a call in ROA style without Authorization"),
    operations=LIST,
    negative=True,
)
async def unsigned_misses_its_key(cloud: Cloud) -> None:
    answer = await cloud.tingwu.phrases("List", scheme="none", headers=_NAMED)
    cloud.tingwu.refused(answer, "MissingAccessKeyId")


@case(
    "TW-AUTH-038",
    "an Authorization of another scheme is refused",
    sends="a GET with Authorization: Basic",
    expects="an error with Code, Message and RequestId",
    level=MUST,
    source=ACS3_SIGNATURE("Authorization"),
    operations=LIST,
    negative=True,
)
async def other_scheme_is_refused(cloud: Cloud) -> None:
    headers = {"authorization": "Basic Og==", **_NAMED}
    answer = await cloud.tingwu.phrases("List", scheme="none", headers=headers)
    cloud.tingwu.refused(answer, status=None)


@case(
    "TW-AUTH-039",
    "an Authorization without its Signature is incomplete",
    sends="a GET with Credential and SignedHeaders alone",
    expects="HTTP 400 IncompleteSignature",
    level=INFO,
    source=ASSUMED("the code for an Authorization that lacks a part"),
    operations=LIST,
    negative=True,
)
async def incomplete_signature(cloud: Cloud) -> None:
    def cut(headers: dict[str, str]) -> None:
        headers["authorization"] = headers["authorization"].partition(",Signature=")[0]

    answer = await cloud.tingwu.phrases("List", tamper=cut)
    cloud.tingwu.refused(answer, "IncompleteSignature")


@case(
    "TW-AUTH-040",
    "Signature V3 with another secret does not match",
    sends="a GET signed with a secret that is not the key's",
    expects="HTTP 400 SignatureDoesNotMatch",
    level=MUST,
    source=GATEWAY("SignatureDoesNotMatch"),
    operations=LIST,
    negative=True,
)
async def acs3_with_another_secret(cloud: Cloud) -> None:
    answer = await cloud.tingwu.phrases("List", scheme=sdk.documented, key=_wrong_secret(cloud))
    cloud.tingwu.refused(answer, "SignatureDoesNotMatch")


@case(
    "TW-AUTH-041",
    "the message of a mismatch has the server's StringToSign and CanonicalRequest",
    sends="a GET with Signature V3 over another secret",
    expects="server StringToSign is [...] server CanonicalRequest is [...], as documented",
    level=SHOULD,
    source=PUBLIC_CLIENTS("SignatureDoesNotMatch of Signature V3"),
    operations=LIST,
    negative=True,
)
async def acs3_mismatch_shows_what_is_signed(cloud: Cloud) -> None:
    signed: list[str] = []

    def listening(request: Unsigned) -> dict[str, str]:
        headers = sdk.acs3_headers(request)
        names = sdk.must_be_signed(headers)
        signed.append(sdk.canonical_request(request, headers, names))
        return sdk.acs3_signed(request, headers, names)

    answer = await cloud.tingwu.phrases("List", scheme=listening, key=_wrong_secret(cloud))
    message = str(answer.body.get("Message"))
    cloud.check.that(
        message.startswith("Specified signature does not match our calculation."),
        "the gateway's sentence",
        message,
    )
    for name, text in (
        ("StringToSign", sdk.string_to_sign(signed[0])),
        ("CanonicalRequest", signed[0]),
    ):
        cloud.check.that(f"server {name} is [{text}]" in message, f"the right {name}", message)


@case(
    "TW-AUTH-042",
    "the message of a mismatch of ROA v1 has a colon, and the server's string to sign behind it",
    sends="a GET signed with ROA v1 and another secret",
    expects="... is not matched with our calculation. server string to sign is: and the string",
    level=MUST,
    source=CORE_SDK("SignatureDoesNotMatch: the message is cut at its first colon"),
    operations=LIST,
    negative=True,
)
async def roa_mismatch_shows_what_is_signed(cloud: Cloud) -> None:
    signed: list[str] = []

    def listening(request: Unsigned) -> dict[str, str]:
        headers = sdk.roa_headers(request)
        resource = sdk.resource(request.path, request.query)
        signed.append(sdk.roa_text(request.method, headers, resource))
        return sdk.roa_signed(request, headers, signed[0])

    answer = await cloud.tingwu.phrases("List", scheme=listening, key=_wrong_secret(cloud))
    sentence = "Specified signature is not matched with our calculation."
    expected = f"{sentence} server string to sign is:{signed[0]}"
    cloud.check.equal(answer.body.get("Message"), expected, "Message")


@case(
    "TW-AUTH-043",
    "a signed header that is changed afterwards is noticed",
    sends="a GET whose x-acs-action is another one than was signed with Signature V3",
    expects="HTTP 400 SignatureDoesNotMatch",
    level=MUST,
    source=ACS3_SIGNATURE("CanonicalizedHeaders"),
    operations=LIST,
    negative=True,
)
async def changed_header_is_noticed(cloud: Cloud) -> None:
    def change(headers: dict[str, str]) -> None:
        headers["x-acs-action"] = "GetTaskInfo"

    answer = await cloud.tingwu.phrases("List", scheme=sdk.documented, tamper=change)
    cloud.tingwu.refused(answer, "SignatureDoesNotMatch")


@case(
    "TW-AUTH-044",
    "a query that is changed afterwards is noticed",
    sends="a GET with one more parameter than was signed with Signature V3",
    expects="HTTP 400 SignatureDoesNotMatch",
    level=MUST,
    source=ACS3_SIGNATURE("CanonicalizedQueryString"),
    operations=LIST,
    negative=True,
)
async def changed_query_is_noticed(cloud: Cloud) -> None:
    target = f"{PHRASES}?note=added"
    answer = await cloud.tingwu.phrases("List", scheme=sdk.documented, target=target)
    cloud.tingwu.refused(answer, "SignatureDoesNotMatch")


@case(
    "TW-AUTH-045",
    "a body other than the one in x-acs-content-sha256 is noticed",
    sends="CreateTask with a body that is a space shorter than the one that was signed",
    expects="an error with Code, Message and RequestId",
    level=MUST,
    source=ACS3_SIGNATURE("x-acs-content-sha256"),
    operations=("CreateTask",),
    negative=True,
)
async def changed_body_is_noticed(cloud: Cloud) -> None:
    answer = await cloud.tingwu.create(
        cloud.tingwu.meeting(), scheme=_of_another_body(sdk.documented)
    )
    cloud.tingwu.refused(answer, status=None)


@case(
    "TW-AUTH-046",
    "a body other than the one in x-acs-content-sha256 answers SignatureDoesNotMatch",
    sends="CreateTask with a body that is not the one that was signed with Signature V3",
    expects="SignatureDoesNotMatch",
    level=INFO,
    source=ASSUMED("the code for a wrong x-acs-content-sha256"),
    operations=("CreateTask",),
    negative=True,
)
async def changed_body_does_not_match(cloud: Cloud) -> None:
    answer = await cloud.tingwu.create(
        cloud.tingwu.meeting(), scheme=_of_another_body(sdk.documented)
    )
    cloud.tingwu.refused(answer, "SignatureDoesNotMatch")


@case(
    "TW-AUTH-047",
    "ROA v1: an x-acs-* header that is added afterwards is noticed",
    sends="a GET with an x-acs-* header that was not signed with ROA v1",
    expects="HTTP 400 SignatureDoesNotMatch",
    level=MUST,
    source=ROA_SIGNATURE("CanonicalizedHeaders"),
    operations=LIST,
    negative=True,
)
async def added_header_is_noticed(cloud: Cloud) -> None:
    def add(headers: dict[str, str]) -> None:
        headers["x-acs-region-id"] = "cn-beijing"

    answer = await cloud.tingwu.phrases("List", scheme=sdk.documented_roa, tamper=add)
    cloud.tingwu.refused(answer, "SignatureDoesNotMatch")


@case(
    "TW-AUTH-048",
    "ROA v1: a query that is changed afterwards is noticed",
    sends="a GET with one more parameter than was signed with ROA v1",
    expects="HTTP 400 SignatureDoesNotMatch",
    level=MUST,
    source=ROA_SIGNATURE("CanonicalizedResource"),
    operations=LIST,
    negative=True,
)
async def roa_changed_query_is_noticed(cloud: Cloud) -> None:
    target = f"{PHRASES}?note=added"
    answer = await cloud.tingwu.phrases("List", scheme=sdk.documented_roa, target=target)
    cloud.tingwu.refused(answer, "SignatureDoesNotMatch")


@case(
    "TW-AUTH-049",
    "ROA v1: a body other than the one of Content-MD5 is noticed",
    sends="CreateTask with a body that is a space shorter than that of its Content-MD5",
    expects="an error with Code, Message and RequestId",
    level=MUST,
    source=ROA_SIGNATURE("Content-MD5"),
    operations=("CreateTask",),
    negative=True,
)
async def roa_changed_body_is_noticed(cloud: Cloud) -> None:
    answer = await cloud.tingwu.create(
        cloud.tingwu.meeting(), scheme=_of_another_body(sdk.documented_roa)
    )
    cloud.tingwu.refused(answer, status=None)


@case(
    "TW-AUTH-050",
    "ROA v1: a wrong Content-MD5 answers ContentMD5NotMatched",
    sends="CreateTask with the Content-MD5 of another body",
    expects="ContentMD5NotMatched",
    level=SHOULD,
    source=MD5_ISSUE,
    operations=("CreateTask",),
    negative=True,
)
async def content_md5_does_not_match(cloud: Cloud) -> None:
    answer = await cloud.tingwu.create(
        cloud.tingwu.meeting(), scheme=_of_another_body(sdk.documented_roa)
    )
    cloud.tingwu.refused(answer, "ContentMD5NotMatched")


@case(
    "TW-AUTH-051",
    "ROA v1: a signature method that does not exist is refused",
    sends="a GET with x-acs-signature-method HMAC-ROT13, signed",
    expects="HTTP 400 InvalidSignatureMethod",
    level=SHOULD,
    source=GATEWAY("InvalidSignatureMethod"),
    operations=LIST,
    negative=True,
)
async def unknown_signature_method(cloud: Cloud) -> None:
    def odd(request: Unsigned) -> dict[str, str]:
        headers = sdk.roa_headers(request) | {"x-acs-signature-method": "HMAC-ROT13"}
        text = sdk.roa_text(request.method, headers, sdk.resource(request.path, request.query))
        return sdk.roa_signed(request, headers, text)

    cloud.tingwu.refused(await cloud.tingwu.phrases("List", scheme=odd), "InvalidSignatureMethod")


@case(
    "TW-AUTH-052",
    "what is signed wrong has no effect",
    sends="stop of a meeting with another secret; GetTaskInfo",
    expects="HTTP 400 SignatureDoesNotMatch, and TaskStatus NEW as before",
    level=MUST,
    source=GATEWAY("SignatureDoesNotMatch"),
    operations=("CreateTask", "GetTaskInfo"),
    negative=True,
)
async def refused_stop_has_no_effect(cloud: Cloud) -> None:
    task_id = (await cloud.tingwu.start())["TaskId"]
    answer = await cloud.tingwu.stop(task_id, key=_wrong_secret(cloud))
    cloud.tingwu.refused(answer, "SignatureDoesNotMatch")
    data = (await cloud.tingwu.info(task_id)).data
    cloud.check.equal(data.get("TaskStatus"), "NEW", "TaskStatus")
