"""Signature V3 (ACS3-HMAC-SHA256): requests that have to be let in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from mock_tingwu.conformance import INFO, MUST, Cloud, Need, case
from mock_tingwu.conformance import sdk_signing as sdk
from mock_tingwu.conformance.answers import Answer
from mock_tingwu.conformance.signing import Unsigned
from mock_tingwu.conformance.sources import ACS3_SIGNATURE, ASSUMED, TEA_NODE_SDK, TEA_SDK
from mock_tingwu.conformance.tingwu import PHRASES, TASKS

CREATE = ("CreateTask",)
#: The call that is made where it does not matter which: it changes nothing.
LIST = ("ListTranscriptionPhrases",)


def let_in(cloud: Cloud, answer: Answer) -> None:
    """Check that a call was carried out."""
    cloud.check.equal(answer.status, 200, f"HTTP status ({answer.body.get('Code')})")
    cloud.check.equal(answer.body.get("Code"), "0", "Code")


@case(
    "TW-AUTH-001",
    "Signature V3 over host and every x-acs-* header is right",
    sends="a GET, signed as documented",
    expects="HTTP 200 and Code 0",
    level=MUST,
    source=ACS3_SIGNATURE("signature"),
    operations=LIST,
)
async def documented_get(cloud: Cloud) -> None:
    answer = await cloud.tingwu.phrases("List", scheme=sdk.documented)
    let_in(cloud, answer)


@case(
    "TW-AUTH-002",
    "a body is signed by the SHA-256 of its bytes, also where they are not ASCII",
    sends="a PUT with a TaskKey in Chinese, signed as documented",
    expects="Code 0 and the same TaskKey",
    level=MUST,
    source=ACS3_SIGNATURE("HashedRequestPayload"),
    operations=CREATE,
)
async def documented_put(cloud: Cloud) -> None:
    asked = cloud.tingwu.meeting(TaskKey="周会")
    data = (await cloud.tingwu.create(asked, scheme=sdk.documented)).data
    cloud.check.equal(data.get("TaskKey"), "周会", "TaskKey")


@case(
    "TW-AUTH-003",
    "the SignedHeaders of a request count: the Python SDK signs Accept and User-Agent, too",
    sends="a GET with SignedHeaders accept;host;user-agent;x-acs-...",
    expects="HTTP 200 and Code 0",
    level=MUST,
    source=TEA_SDK("request signed and captured"),
    operations=LIST,
)
async def tea_python_get(cloud: Cloud) -> None:
    answer = await cloud.tingwu.phrases("List", scheme=sdk.tea_python)
    let_in(cloud, answer)


@case(
    "TW-AUTH-004",
    "a meeting can be begun by the Python SDK",
    sends="a PUT with SignedHeaders accept;content-type;host;user-agent;x-acs-...",
    expects="Code 0",
    level=MUST,
    source=TEA_SDK("request signed and captured"),
    operations=CREATE,
)
async def tea_python_put(cloud: Cloud) -> None:
    answer = await cloud.tingwu.create(cloud.tingwu.meeting(), scheme=sdk.tea_python)
    cloud.check.has(answer.data, "TaskId", what="Data")


@case(
    "TW-AUTH-005",
    "a body may come in chunks and without Content-Length, as the Node SDK sends it",
    sends="a PUT with Transfer-Encoding: chunked and a nonce of 64 digits",
    expects="Code 0",
    level=MUST,
    source=TEA_NODE_SDK("request signed and captured"),
    operations=CREATE,
)
async def tea_node_put(cloud: Cloud) -> None:
    answer = await cloud.tingwu.create(cloud.tingwu.meeting(), scheme=sdk.tea_node)
    cloud.check.has(answer.data, "TaskId", what="Data")


@case(
    "TW-AUTH-006",
    "a query is signed sorted, in whatever order it is sent",
    sends="a PUT with ?type=realtime&operation=start, Signature V3 over operation, then type",
    expects="Code 0",
    level=MUST,
    source=TEA_SDK("request signed and captured"),
    operations=CREATE,
)
async def query_is_signed_sorted(cloud: Cloud) -> None:
    answer = await cloud.tingwu.create(
        cloud.tingwu.meeting(),
        operation="start",
        scheme=sdk.documented,
        target=f"{TASKS}?type=realtime&operation=start",
    )
    cloud.check.has(answer.data, "TaskId", what="Data")


@case(
    "TW-AUTH-007",
    "the values of a query are signed percent-encoded after RFC 3986",
    sends="a GET with a parameter nobody knows that has a space, *, ~, / and Chinese in it",
    expects="HTTP 200 and Code 0",
    level=MUST,
    source=ACS3_SIGNATURE("CanonicalizedQueryString"),
    operations=LIST,
)
async def query_is_signed_encoded(cloud: Cloud) -> None:
    answer = await cloud.tingwu.phrases("List", query={"note": "a b*c~d/会"}, scheme=sdk.documented)
    let_in(cloud, answer)


@case(
    "TW-AUTH-008",
    "a path is signed as it is sent: percent-encoded, but for the tilde",
    sends="GetTaskInfo of a TaskId with *, ~ and a space, sent and signed as %2A, ~ and %20",
    expects="any answer but SignatureDoesNotMatch",
    level=MUST,
    source=TEA_SDK("request signed and captured"),
    operations=("GetTaskInfo",),
)
async def path_is_signed_encoded(cloud: Cloud) -> None:
    answer = await cloud.tingwu.call(
        "GET", f"{TASKS}/a%2Ab~c%20d", action="GetTaskInfo", scheme=sdk.documented
    )
    cloud.check.that(
        answer.body.get("Code") != "SignatureDoesNotMatch",
        "the signature to be right",
        answer.body.get("Message"),
    )


@case(
    "TW-AUTH-009",
    "a clock that is 13 minutes behind is right enough",
    sends="a GET with x-acs-date 13 minutes ago",
    expects="HTTP 200 and Code 0",
    level=MUST,
    source=ACS3_SIGNATURE("x-acs-date: 15 minutes"),
    operations=LIST,
)
async def clock_may_be_behind(cloud: Cloud) -> None:
    date = datetime.now(UTC) - timedelta(minutes=13)
    answer = await cloud.tingwu.phrases("List", scheme=sdk.documented, date=date)
    let_in(cloud, answer)


@case(
    "TW-AUTH-010",
    "a clock that is 13 minutes ahead is right enough",
    sends="a GET with x-acs-date in 13 minutes",
    expects="HTTP 200 and Code 0",
    level=MUST,
    source=ACS3_SIGNATURE("x-acs-date: 15 minutes"),
    operations=LIST,
)
async def clock_may_be_ahead(cloud: Cloud) -> None:
    date = datetime.now(UTC) + timedelta(minutes=13)
    answer = await cloud.tingwu.phrases("List", scheme=sdk.documented, date=date)
    let_in(cloud, answer)


@case(
    "TW-AUTH-011",
    "the path and the method say which call it is, whatever x-acs-action says",
    sends="a GET of the lists of hot words with x-acs-action GetTaskInfo",
    expects="HTTP 200 and Code 0",
    level=INFO,
    source=ASSUMED("what an action that does not fit does"),
    operations=LIST,
)
async def path_goes_before_action(cloud: Cloud) -> None:
    answer = await cloud.tingwu.call("GET", PHRASES, action="GetTaskInfo", scheme=sdk.documented)
    let_in(cloud, answer)


@case(
    "TW-AUTH-012",
    "Signature V3 does without nonce and action",
    sends="a GET without x-acs-signature-nonce and x-acs-action",
    expects="HTTP 200 and Code 0",
    level=INFO,
    source=ASSUMED("whether Signature V3 needs a nonce"),
    operations=LIST,
)
async def nonce_may_be_absent(cloud: Cloud) -> None:
    def bare(request: Unsigned) -> dict[str, str]:
        headers = sdk.acs3_headers(request)
        del headers["x-acs-signature-nonce"], headers["x-acs-action"]
        return sdk.acs3_signed(request, headers, sdk.must_be_signed(headers))

    answer = await cloud.tingwu.phrases("List", scheme=bare)
    let_in(cloud, answer)


@case(
    "TW-AUTH-013",
    "a Content-Type that is sent and not signed is let through",
    sends="a PUT with SignedHeaders host;x-acs-...",
    expects="Code 0",
    level=INFO,
    source=ASSUMED("whether it is enforced which headers are signed"),
    operations=CREATE,
)
async def content_type_may_be_unsigned(cloud: Cloud) -> None:
    def careless(request: Unsigned) -> dict[str, str]:
        headers = sdk.acs3_headers(request)
        names = [name for name in sdk.must_be_signed(headers) if name != "content-type"]
        return sdk.acs3_signed(request, headers, names)

    answer = await cloud.tingwu.create(cloud.tingwu.meeting(), scheme=careless)
    cloud.check.has(answer.data, "TaskId", what="Data")


@case(
    "TW-AUTH-014",
    "a signature over the host without its port is taken",
    sends="a GET whose Signature V3 has the bare host",
    expects="HTTP 200 and Code 0",
    level=INFO,
    source=ASSUMED("the cloud has no other port than the usual one"),
    operations=LIST,
)
async def host_may_lack_its_port(cloud: Cloud) -> None:
    def bare_host(request: Unsigned) -> dict[str, str]:
        signed = sdk.documented(replace(request, host=request.host.partition(":")[0]))
        return signed | {"host": request.host}

    answer = await cloud.tingwu.phrases("List", scheme=bare_host)
    let_in(cloud, answer)


@case(
    "TW-AUTH-015",
    "a temporary key signs with its security token as one more x-acs-* header",
    sends="a GET with x-acs-security-token and x-acs-accesskey-id, both signed",
    expects="HTTP 200 and Code 0",
    level=MUST,
    source=TEA_SDK("request signed and captured with a token of STS"),
    operations=LIST,
    needs=[Need.TEMPORARY_KEY],
)
async def temporary_key(cloud: Cloud) -> None:
    key = cloud.site.temporary_key
    answer = await cloud.tingwu.phrases("List", scheme=sdk.documented, key=key)
    let_in(cloud, answer)


@case(
    "TW-AUTH-016",
    "a bearer token takes the place of a signature",
    sends="a GET with x-acs-bearer-token and x-acs-signature-type BEARERTOKEN, no Authorization",
    expects="HTTP 200 and Code 0",
    level=MUST,
    source=TEA_SDK("request captured with a bearer token"),
    operations=LIST,
    needs=[Need.SETTINGS],
)
async def bearer_token(cloud: Cloud) -> None:
    token = cloud.site.api_key
    answer = await cloud.tingwu.phrases("List", scheme=lambda r: with_bearer(r, token))
    let_in(cloud, answer)


def with_bearer(request: Unsigned, token: str) -> dict[str, str]:
    """The headers of a request of who has a token instead of a key pair."""
    given = {"x-acs-bearer-token": token, "x-acs-signature-type": "BEARERTOKEN"}
    return sdk.acs3_headers(request) | given
