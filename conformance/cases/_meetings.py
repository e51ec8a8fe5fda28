"""Cases about one field of a new meeting each: whether a value is taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mock_tingwu.conformance import MUST, Cloud, case
from mock_tingwu.conformance.sources import Source

CREATE: Final = ("CreateTask",)


def taken(
    id: str,
    title: str,
    source: Source,
    *,
    sends: str,
    parameters: Mapping[str, Any] | None = None,
    level: str = MUST,
    **fields: Any,
) -> None:
    """Register a case: a meeting with these fields of Input and these parameters begins."""

    @case(
        id,
        title,
        sends=f"CreateTask type=realtime with {sends}",
        expects="Code 0 with a TaskId and a MeetingJoinUrl",
        level=level,
        source=source,
        operations=CREATE,
    )
    async def begins(cloud: Cloud) -> None:
        data = await cloud.tingwu.start(parameters, **fields)
        cloud.check.has(data, "TaskId", "MeetingJoinUrl", what="Data")


def refused(
    id: str,
    title: str,
    source: Source,
    *,
    sends: str,
    parameters: Mapping[str, Any] | None = None,
    level: str = MUST,
    **fields: Any,
) -> None:
    """Register a case: a meeting with these fields of Input and these parameters is refused."""

    @case(
        id,
        title,
        sends=f"CreateTask type=realtime with {sends}",
        expects="HTTP 400 with a Code and a Message",
        level=level,
        source=source,
        operations=CREATE,
        negative=True,
    )
    async def is_refused(cloud: Cloud) -> None:
        answer = await cloud.tingwu.create(cloud.tingwu.meeting(**fields), parameters)
        cloud.tingwu.refused(answer)
