"""CreateTask: what a task begins as."""

from __future__ import annotations

from mock_tingwu.conformance import MUST, Cloud, case
from mock_tingwu.conformance.sources import CREATE_TASK, RECORDED

CREATE = ("CreateTask",)


@case(
    "TW-CREATE-001",
    "a realtime meeting begins as NEW",
    sends="CreateTask type=realtime with SourceLanguage, Format and SampleRate",
    expects="TaskStatus NEW",
    level=MUST,
    source=RECORDED("CreateTask of a meeting"),
    operations=CREATE,
)
async def meeting_begins_as_new(cloud: Cloud) -> None:
    data = await cloud.tingwu.start()
    cloud.check.equal(data.get("TaskStatus"), "NEW", "TaskStatus")


@case(
    "TW-CREATE-002",
    "a meeting without SourceLanguage is refused",
    sends="CreateTask type=realtime without SourceLanguage",
    expects="HTTP 400 with a Code and a Message",
    level=MUST,
    source=CREATE_TASK("Input.SourceLanguage"),
    operations=CREATE,
    negative=True,
)
async def meeting_needs_a_language(cloud: Cloud) -> None:
    answer = await cloud.tingwu.create(cloud.tingwu.meeting(SourceLanguage=None))
    cloud.check.equal(answer.status, 400, "HTTP status")
    cloud.check.has(answer.body, "Code", "Message", "RequestId")
