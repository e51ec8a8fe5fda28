"""ROA signature v1 (Authorization: acs ...): requests that have to be let in, as SDKs send them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mock_tingwu.conformance import INFO, MUST, Cloud, Need, case
from mock_tingwu.conformance import sdk_signing as sdk
from mock_tingwu.conformance.signing import Unsigned
from mock_tingwu.conformance.sources import (
    ASSUMED,
    CORE_SDK,
    GO_SDK,
    POP_SDK,
    ROA_SIGNATURE,
    TEA_SDK,
)
from mock_tingwu.conformance.tingwu import PHRASES, TASKS

from .tingwu_auth_acs3 import CREATE, LIST, let_in


@case(
    "TW-AUTH-017",
    "ROA v1 signs the standard headers, all x-acs-* ones and the resource",
    sends="a GET with Authorization: acs, signed as documented",
    expects="HTTP 200 and Code 0",
    level=MUST,
    source=ROA_SIGNATURE("signature"),
    operations=LIST,
)
async def documented_get(cloud: Cloud) -> None:
    let_in(cloud, await cloud.tingwu.phrases("List", scheme=sdk.documented_roa))


@case(
    "TW-AUTH-018",
    "ROA v1 signs a body by its Content-MD5",
    sends="a PUT with Authorization: acs and a TaskKey in Chinese",
    expects="Code 0 and the same TaskKey",
    level=MUST,
    source=ROA_SIGNATURE("Content-MD5"),
    operations=CREATE,
)
async def documented_put(cloud: Cloud) -> None:
    asked = cloud.tingwu.meeting(TaskKey="周会")
    data = (await cloud.tingwu.create(asked, scheme=sdk.documented_roa)).data
    cloud.check.equal(data.get("TaskKey"), "周会", "TaskKey")


@case(
    "TW-AUTH-019",
    "RegionId may be in the query of every call, and neither nonce nor action be sent",
    sends="a GET as aliyun-python-sdk-core makes it: ?RegionId=cn-beijing, signed",
    expects="HTTP 200 and Code 0",
    level=MUST,
    source=CORE_SDK("request signed and captured"),
    operations=LIST,
)
async def core_get(cloud: Cloud) -> None:
    target = f"{PHRASES}?RegionId={sdk.REGION}"
    let_in(cloud, await cloud.tingwu.phrases("List", scheme=sdk.core_python, target=target))


@case(
    "TW-AUTH-020",
    "aliyun-python-sdk-core can begin a meeting: its query is not sorted",
    sends="a PUT with ?type=realtime&operation=start&RegionId=cn-beijing, signed as sorted",
    expects="Code 0",
    level=MUST,
    source=CORE_SDK("request signed and captured"),
    operations=CREATE,
)
async def core_put(cloud: Cloud) -> None:
    answer = await cloud.tingwu.create(
        cloud.tingwu.meeting(),
        operation="start",
        scheme=sdk.core_python,
        target=f"{TASKS}?type=realtime&operation=start&RegionId={sdk.REGION}",
    )
    cloud.check.has(answer.data, "TaskId", what="Data")


@case(
    "TW-AUTH-021",
    "a request without a nonce may be made again within the same second",
    sends="the same GET of aliyun-python-sdk-core twice, to the byte",
    expects="HTTP 200 and Code 0 both times",
    level=MUST,
    source=CORE_SDK("it sends no x-acs-signature-nonce"),
    operations=LIST,
)
async def no_nonce_is_no_replay(cloud: Cloud) -> None:
    target, date = f"{PHRASES}?RegionId={sdk.REGION}", datetime.now(UTC)
    for _ in range(2):
        answer = await cloud.tingwu.phrases(
            "List", scheme=sdk.core_python, target=target, date=date
        )
        let_in(cloud, answer)


@case(
    "TW-AUTH-022",
    "Host may lack the port and a GET have the Content-MD5 of nothing, as pop-core sends it",
    sends="a GET as @alicloud/pop-core makes it",
    expects="HTTP 200 and Code 0",
    level=MUST,
    source=POP_SDK("request signed and captured"),
    operations=LIST,
)
async def pop_get(cloud: Cloud) -> None:
    let_in(cloud, await cloud.tingwu.phrases("List", scheme=sdk.pop_core))


@case(
    "TW-AUTH-023",
    "pop-core can begin a meeting",
    sends="a PUT as @alicloud/pop-core makes it",
    expects="Code 0",
    level=MUST,
    source=POP_SDK("request signed and captured"),
    operations=CREATE,
)
async def pop_put(cloud: Cloud) -> None:
    answer = await cloud.tingwu.create(cloud.tingwu.meeting(), scheme=sdk.pop_core)
    cloud.check.has(answer.data, "TaskId", what="Data")


@case(
    "TW-AUTH-024",
    "the Tea SDK's older algorithm sends a GET without Content-Type and Content-MD5",
    sends="a GET as alibabacloud-tea-openapi makes it with signature_algorithm v2",
    expects="HTTP 200 and Code 0",
    level=MUST,
    source=TEA_SDK("request signed and captured, v2"),
    operations=LIST,
)
async def tea_get(cloud: Cloud) -> None:
    let_in(cloud, await cloud.tingwu.phrases("List", scheme=sdk.tea_roa))


@case(
    "TW-AUTH-025",
    "the Tea SDK's older algorithm can begin a meeting",
    sends="a PUT as alibabacloud-tea-openapi makes it with signature_algorithm v2",
    expects="Code 0",
    level=MUST,
    source=TEA_SDK("request signed and captured, v2"),
    operations=CREATE,
)
async def tea_put(cloud: Cloud) -> None:
    answer = await cloud.tingwu.create(cloud.tingwu.meeting(), scheme=sdk.tea_roa)
    cloud.check.has(answer.data, "TaskId", what="Data")


@case(
    "TW-AUTH-026",
    "a GET may have a Content-Type and the Content-MD5 of nothing, as the Go SDK sends it",
    sends="a GET as alibaba-cloud-sdk-go makes it",
    expects="HTTP 200 and Code 0",
    level=MUST,
    source=GO_SDK("request signed and captured"),
    operations=LIST,
)
async def go_get(cloud: Cloud) -> None:
    let_in(cloud, await cloud.tingwu.phrases("List", scheme=sdk.go_core))


@case(
    "TW-AUTH-027",
    "a bare ? may end the address and what is signed, as older Go SDKs do",
    sends="a GET of .../phrases? with the ? signed and no line for headers that are absent",
    expects="HTTP 200 and Code 0",
    level=MUST,
    source=GO_SDK("roa_request.go, roa_signature_composer.go"),
    operations=LIST,
)
async def older_go_get(cloud: Cloud) -> None:
    target = f"{PHRASES}?"
    let_in(cloud, await cloud.tingwu.phrases("List", scheme=sdk.older_go_core, target=target))


@case(
    "TW-AUTH-028",
    "the Go SDK can begin a meeting",
    sends="a PUT as alibaba-cloud-sdk-go makes it",
    expects="Code 0",
    level=MUST,
    source=GO_SDK("request signed and captured"),
    operations=CREATE,
)
async def go_put(cloud: Cloud) -> None:
    answer = await cloud.tingwu.create(cloud.tingwu.meeting(), scheme=sdk.go_core)
    cloud.check.has(answer.data, "TaskId", what="Data")


@case(
    "TW-AUTH-029",
    "a space of a query may be sent as a plus: it is signed as a space",
    sends="a GET as alibaba-cloud-sdk-go makes it, with ?empty=&note=a+b%2Bc%26d%3D...",
    expects="HTTP 200 and Code 0",
    level=MUST,
    source=GO_SDK("request signed and captured"),
    operations=LIST,
)
async def go_query(cloud: Cloud) -> None:
    answer = await cloud.tingwu.phrases(
        "List",
        query={"empty": "", "note": "a b+c&d=\u00e9/~*"},
        scheme=sdk.go_core,
        target=f"{PHRASES}?empty=&note=a+b%2Bc%26d%3D%C3%A9%2F~%2A",
    )
    let_in(cloud, answer)


@case(
    "TW-AUTH-030",
    "ROA v1 signs the values of a query as they are meant, not percent-encoded",
    sends="a GET with a parameter that has a space, +, / and Chinese in it, signed raw",
    expects="HTTP 200 and Code 0",
    level=MUST,
    source=CORE_SDK("roa_signature_composer.py"),
    operations=LIST,
)
async def query_is_signed_raw(cloud: Cloud) -> None:
    query = {"note": "a b+c/会"}
    let_in(cloud, await cloud.tingwu.phrases("List", query=query, scheme=sdk.documented_roa))


@case(
    "TW-AUTH-031",
    "ROA v1 signs a parameter without a value by its name alone",
    sends="a GET with ?note=, signed as ?note",
    expects="HTTP 200 and Code 0",
    level=MUST,
    source=ROA_SIGNATURE("CanonicalizedResource"),
    operations=LIST,
)
async def empty_value_is_signed_as_a_name(cloud: Cloud) -> None:
    answer = await cloud.tingwu.phrases("List", query={"note": ""}, scheme=sdk.documented_roa)
    let_in(cloud, answer)


@case(
    "TW-AUTH-032",
    "a Date that is 13 minutes old is right enough",
    sends="a GET signed with ROA v1, 13 minutes ago",
    expects="HTTP 200 and Code 0",
    level=MUST,
    source=ROA_SIGNATURE("Date: 15 minutes"),
    operations=LIST,
)
async def clock_may_be_behind(cloud: Cloud) -> None:
    date = datetime.now(UTC) - timedelta(minutes=13)
    let_in(cloud, await cloud.tingwu.phrases("List", scheme=sdk.documented_roa, date=date))


@case(
    "TW-AUTH-033",
    "a temporary key signs with x-acs-security-token alone, as aliyun-python-sdk-core does",
    sends="a GET as aliyun-python-sdk-core makes it with a token of STS",
    expects="HTTP 200 and Code 0",
    level=MUST,
    source=CORE_SDK("request signed and captured with a token of STS"),
    operations=LIST,
    needs=[Need.TEMPORARY_KEY],
)
async def core_with_temporary_key(cloud: Cloud) -> None:
    answer = await cloud.tingwu.phrases(
        "List",
        scheme=sdk.core_python,
        key=cloud.site.temporary_key,
        target=f"{PHRASES}?RegionId={sdk.REGION}",
    )
    let_in(cloud, answer)


@case(
    "TW-AUTH-034",
    "a temporary key may be named beside its token, as pop-core does",
    sends="a GET as @alicloud/pop-core makes it with a token of STS: x-acs-accesskey-id, too",
    expects="HTTP 200 and Code 0",
    level=MUST,
    source=POP_SDK("request signed and captured with a token of STS"),
    operations=LIST,
    needs=[Need.TEMPORARY_KEY],
)
async def pop_with_temporary_key(cloud: Cloud) -> None:
    key = cloud.site.temporary_key
    let_in(cloud, await cloud.tingwu.phrases("List", scheme=sdk.pop_core, key=key))


@case(
    "TW-AUTH-035",
    "ROA v1 does without x-acs-signature-method",
    sends="a GET signed with ROA v1 without x-acs-signature-method and -version",
    expects="HTTP 200 and Code 0",
    level=INFO,
    source=ASSUMED("whether the method has to be named"),
    operations=LIST,
)
async def signature_method_may_be_absent(cloud: Cloud) -> None:
    def bare(request: Unsigned) -> dict[str, str]:
        headers = sdk.roa_headers(request)
        del headers["x-acs-signature-method"], headers["x-acs-signature-version"]
        text = sdk.roa_text(request.method, headers, sdk.resource(request.path, request.query))
        return sdk.roa_signed(request, headers, text)

    let_in(cloud, await cloud.tingwu.phrases("List", scheme=bare))
