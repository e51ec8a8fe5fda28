"""Errors: the rows of the tables that no request leads to, so that a mock is set up for each."""

from __future__ import annotations

from mock_tingwu.conformance import MUST, SHOULD, Cloud, case
from mock_tingwu.conformance.sources import ERRORS, OLDER_ERRORS, TEA_SDK, Source

from .tingwu_error_rows import CREATE, check_row


def _on_demand(
    id: str, status: int, code: str, message: str, source: Source, *, level: str, when: str
) -> None:
    """Register a case: a target that is set up to answer with this row does so to the letter."""
    fault = {
        "match": {"operation": "CreateTask"},
        "action": {"type": "api_error", "code": code},
    }

    @case(
        id,
        f"{code} is answered {when}, with HTTP {status}",
        sends=f"CreateTask type=realtime, to a target that is set up to answer as {when}",
        expects=f"HTTP {status} {code} {message}",
        level=level,
        source=source,
        operations=CREATE,
        negative=True,
        settings={"scenario": {"name": code, "faults": [fault]}},
    )
    async def answers_with_the_row(cloud: Cloud) -> None:
        answer = await cloud.tingwu.create(cloud.tingwu.meeting())
        check_row(cloud, answer, status, code, message)


_on_demand(
    "TW-ERROR-041",
    500,
    "ServerError",
    "Server error.",
    ERRORS("ServerError"),
    level=MUST,
    when="when the service breaks down",
)
_on_demand(
    "TW-ERROR-042",
    400,
    "BRK.InvalidService",
    "Invalid service.",
    ERRORS("BRK.InvalidService"),
    level=MUST,
    when="before the service was activated",
)
_on_demand(
    "TW-ERROR-043",
    400,
    "BRK.OverdueTenant",
    "Overdue tenant.",
    ERRORS("BRK.OverdueTenant"),
    level=MUST,
    when="when a bill was not paid",
)
_on_demand(
    "TW-ERROR-044",
    400,
    "BRK.InvalidAudioBitRate",
    "Invalid audio bit rate.",
    ERRORS("BRK.InvalidAudioBitRate"),
    level=MUST,
    when="with a bit rate that cannot be heard",
)
_on_demand(
    "TW-ERROR-045",
    400,
    "BRK.InvalidAudioPackage",
    "Invalid audio package.",
    ERRORS("BRK.InvalidAudioPackage"),
    level=MUST,
    when="with audio that is not packed right",
)
_on_demand(
    "TW-ERROR-046",
    400,
    "BRK.ServiceLinkedRoleNotExist",
    "ServiceLinkedRole AliyunServiceRoleForTingwuPaaS not exist.",
    OLDER_ERRORS("BRK.ServiceLinkedRoleNotExist"),
    level=SHOULD,
    when="before the service's role was made",
)


@case(
    "TW-ERROR-047",
    "who may call but not do this gets 403 and AccessDeniedDetail",
    sends="CreateTask type=realtime, to a target that is set up to deny the permission for it",
    expects="HTTP 403 NoPermission with AccessDeniedDetail, which the Tea SDKs hand on",
    level=SHOULD,
    source=TEA_SDK("AccessDeniedDetail"),
    operations=CREATE,
    negative=True,
    settings={
        "scenario": {
            "name": "NoPermission",
            "faults": [
                {
                    "match": {"operation": "CreateTask"},
                    "action": {"type": "api_error", "code": "NoPermission"},
                }
            ],
        }
    },
)
async def permission_is_denied(cloud: Cloud) -> None:
    answer = await cloud.tingwu.create(cloud.tingwu.meeting())
    cloud.tingwu.refused(answer, "NoPermission", status=403)
    detail = answer.body.get("AccessDeniedDetail")
    cloud.check.that(isinstance(detail, dict) and bool(detail), "an AccessDeniedDetail", detail)
