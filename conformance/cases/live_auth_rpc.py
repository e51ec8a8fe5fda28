"""The RPC signature: every form of it that the document and the SDKs have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mock_tingwu.conformance import INFO, MUST, Cloud, Need, case
from mock_tingwu.conformance import live_signing as rpc
from mock_tingwu.conformance.answers import Answer
from mock_tingwu.conformance.sources import ASSUMED, CORE_SDK, LIVE_SDK, POP_SDK, RPC_SIGNATURE

from ._live_tasks import QUERY

ACTION = QUERY[0]
#: Everything that is encoded in a way of its own: space, asterisk, tilde, what JavaScript leaves
#: bare, a plus, and characters beyond ASCII.
_AWKWARD = "asr-a b*c~d!e'f(g)h+i/j&k=l%会"


def signed(cloud: Cloud, method: str, **own: str) -> dict[str, str]:
    """The parameters of a Query, signed with the target's key."""
    key = cloud.site.access_key
    return rpc.signed(method, rpc.parameters(ACTION, key) | own, key.secret)


def check_admitted(cloud: Cloud, answer: Answer) -> None:
    """Whatever the call came to, nothing is wrong with its signature."""
    cloud.check.equal(answer.status, 200, f"HTTP status ({answer.body.get('Code')})")
    cloud.check.equal(answer.body.get("RetCode"), 2000, "RetCode")


def _check_understood(cloud: Cloud, answer: Answer) -> None:
    """The signature is right, whatever is said of a TaskId of nobody."""
    code = str(answer.body.get("Code", ""))
    about_task = code == "ConfigNotFound" or "TaskId" in code
    cloud.check.that(answer.status == 200 or about_task, "a signature that is right", code)


@case(
    "LV-AUTH-001",
    "a GET is signed by its query",
    sends="a Query as GET, all parameters in the query, signed as documented",
    expects="RetCode 2000",
    level=MUST,
    source=RPC_SIGNATURE("StringToSign"),
    operations=QUERY,
)
async def get_with_query(cloud: Cloud) -> None:
    sent = signed(cloud, "GET")
    check_admitted(cloud, await cloud.live.send(ACTION, "GET", query=rpc.encoded(sent)))


@case(
    "LV-AUTH-002",
    "a POST is signed by its query",
    sends="a Query as POST without a body, all parameters in the query",
    expects="RetCode 2000",
    level=MUST,
    source=CORE_SDK("RPC requests"),
    operations=QUERY,
)
async def post_with_query(cloud: Cloud) -> None:
    sent = signed(cloud, "POST")
    check_admitted(cloud, await cloud.live.send(ACTION, query=rpc.encoded(sent)))


@case(
    "LV-AUTH-003",
    "a POST is signed by its form",
    sends="a Query as POST, all parameters and the Signature in the form",
    expects="RetCode 2000",
    level=MUST,
    source=POP_SDK("method POST"),
    operations=QUERY,
)
async def post_with_form(cloud: Cloud) -> None:
    sent = signed(cloud, "POST")
    check_admitted(cloud, await cloud.live.send(ACTION, form=rpc.encoded(sent)))


@case(
    "LV-AUTH-004",
    "parameters of query and form are signed together",
    sends="a Query as POST with TaskId in the form, all else in the query",
    expects="RetCode 2000",
    level=MUST,
    source=CORE_SDK("body parameters"),
    operations=QUERY,
)
async def query_and_form(cloud: Cloud) -> None:
    sent = signed(cloud, "POST", TaskId="asr-of-nobody")
    form = {"TaskId": sent.pop("TaskId")}
    answer = await cloud.live.send(ACTION, query=rpc.encoded(sent), form=rpc.encoded(form))
    check_admitted(cloud, answer)


@case(
    "LV-AUTH-005",
    "an empty parameter is signed, too",
    sends="a Query with SignatureType= as aliyun-python-sdk-core has it",
    expects="RetCode 2000",
    level=MUST,
    source=CORE_SDK("SignatureType"),
    operations=QUERY,
)
async def empty_signature_type(cloud: Cloud) -> None:
    sent = signed(cloud, "POST", SignatureType="")
    check_admitted(cloud, await cloud.live.send(ACTION, query=rpc.encoded(sent)))


@case(
    "LV-AUTH-006",
    "the order in which parameters are sent does not matter",
    sends="a Query with its parameters from Z to A",
    expects="RetCode 2000",
    level=MUST,
    source=RPC_SIGNATURE("CanonicalizedQueryString: sorted by name"),
    operations=QUERY,
)
async def any_order(cloud: Cloud) -> None:
    sent = signed(cloud, "GET")
    backwards = {name: sent[name] for name in sorted(sent, reverse=True)}
    check_admitted(cloud, await cloud.live.send(ACTION, "GET", query=rpc.encoded(backwards)))


@case(
    "LV-AUTH-007",
    "names and values are signed as RFC 3986 encodes them",
    sends="a Query with a TaskId of space, *, ~, +, & and Chinese: %20, %2A, ~, %2B",
    expects="no error but one about the TaskId",
    level=MUST,
    source=RPC_SIGNATURE("encoding"),
    operations=QUERY,
)
async def encoded_as_documented(cloud: Cloud) -> None:
    sent = signed(cloud, "GET", TaskId=_AWKWARD)
    answer = await cloud.live.send(ACTION, "GET", query=rpc.encoded(sent))
    _check_understood(cloud, answer)


@case(
    "LV-AUTH-008",
    "a space may be sent as a plus",
    sends="a Query with a TaskId that has a space, which is + in the form and %20 where signed",
    expects="no error but one about the TaskId",
    level=MUST,
    source=CORE_SDK("forms"),
    operations=QUERY,
)
async def space_as_plus(cloud: Cloud) -> None:
    sent = signed(cloud, "POST", TaskId="asr-of nobody")
    answer = await cloud.live.send(ACTION, form=rpc.as_html_form(sent))
    _check_understood(cloud, answer)


@case(
    "LV-AUTH-009",
    "calls of aliyun-python-sdk-core are admitted",
    sends="a Query with its RegionId, empty SignatureType, and headers x-acs-* and x-sdk-*",
    expects="RetCode 2000",
    level=MUST,
    source=CORE_SDK("RPC requests"),
    operations=QUERY,
)
async def as_core_python(cloud: Cloud) -> None:
    sent = signed(cloud, "POST", RegionId="cn-shanghai", SignatureType="")
    headers = {
        "x-acs-action": ACTION,
        "x-acs-version": sent["Version"],
        "x-sdk-client": "python/2.16.1",
        "x-sdk-invoke-type": "normal",
        "user-agent": "AlibabaCloud (Linux;x86_64) Python/3.11 Core/2.16.1",
    }
    answer = await cloud.live.send(ACTION, query=rpc.encoded(sent), headers=headers)
    check_admitted(cloud, answer)


@case(
    "LV-AUTH-010",
    "calls of Tea with its older algorithm are admitted",
    sends="a Query as POST with Format=json and no RegionId",
    expects="RetCode 2000 in JSON",
    level=MUST,
    source=LIVE_SDK("signature_algorithm v2"),
    operations=QUERY,
)
async def as_tea_v2(cloud: Cloud) -> None:
    sent = signed(cloud, "POST", Format="json")
    headers = {"accept": "application/json", "x-acs-action": ACTION}
    answer = await cloud.live.send(ACTION, query=rpc.encoded(sent), headers=headers)
    check_admitted(cloud, answer)


@case(
    "LV-AUTH-011",
    "a clock may be ten minutes slow",
    sends="a Query with a Timestamp of ten minutes ago",
    expects="RetCode 2000",
    level=MUST,
    source=RPC_SIGNATURE("Timestamp"),
    operations=QUERY,
)
async def slow_clock(cloud: Cloud) -> None:
    date = datetime.now(UTC) - timedelta(minutes=10)
    check_admitted(cloud, await cloud.live.query(date=date))


@case(
    "LV-AUTH-012",
    "a clock may be ten minutes fast",
    sends="a Query with a Timestamp in ten minutes",
    expects="RetCode 2000",
    level=MUST,
    source=RPC_SIGNATURE("Timestamp"),
    operations=QUERY,
)
async def fast_clock(cloud: Cloud) -> None:
    date = datetime.now(UTC) + timedelta(minutes=10)
    check_admitted(cloud, await cloud.live.query(date=date))


@case(
    "LV-AUTH-013",
    "a clock may be 25 minutes slow",
    sends="a Query with a Timestamp of 25 minutes ago",
    expects="RetCode 2000",
    level=INFO,
    source=ASSUMED("15 or 31 minutes: two documents say one each"),
    operations=QUERY,
)
async def very_slow_clock(cloud: Cloud) -> None:
    date = datetime.now(UTC) - timedelta(minutes=25)
    check_admitted(cloud, await cloud.live.query(date=date))


@case(
    "LV-AUTH-014",
    "a temporary key is used with its SecurityToken",
    sends="a Query of a temporary key; SecurityToken is a parameter like others",
    expects="RetCode 2000",
    level=MUST,
    source=RPC_SIGNATURE("SecurityToken"),
    operations=QUERY,
    needs=[Need.TEMPORARY_KEY],
)
async def temporary_key(cloud: Cloud) -> None:
    key = cloud.site.temporary_key
    assert key is not None
    sent = rpc.signed("GET", rpc.parameters(ACTION, key), key.secret)
    check_admitted(cloud, await cloud.live.send(ACTION, "GET", query=rpc.encoded(sent)))
