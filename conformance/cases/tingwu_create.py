"""CreateTask: what the start of a meeting answers, and what stands around its fields."""

from __future__ import annotations

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, case
from mock_tingwu.conformance.sources import (
    ASSUMED,
    CREATE_TASK,
    ERRORS,
    METADATA,
    REALTIME,
    RECORDED,
)
from mock_tingwu.conformance.tingwu import TASKS

CREATE = ("CreateTask",)


@case(
    "TW-CREATE-001",
    "a realtime meeting begins as NEW",
    sends="CreateTask type=realtime with SourceLanguage, Format and SampleRate",
    expects="TaskStatus NEW",
    level=MUST,
    source=REALTIME("TaskStatus NEW"),
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
    cloud.tingwu.refused(answer)


# What is answered


@case(
    "TW-CREATE-003",
    "the start of a meeting answers Code 0, success and a RequestId around its Data",
    sends="CreateTask type=realtime with SourceLanguage, Format and SampleRate",
    expects='Code is the text "0", Message is "success", RequestId and Data are there',
    level=MUST,
    source=REALTIME("answer of CreateTask"),
    operations=CREATE,
)
async def start_has_the_envelope(cloud: Cloud) -> None:
    answer = await cloud.tingwu.create(cloud.tingwu.meeting())
    cloud.check.equal(answer.status, 200, "HTTP status")
    cloud.check.has(answer.body, "Code", "Data", "Message", "RequestId")
    cloud.check.equal(answer.body["Code"], "0", "Code")
    cloud.check.equal(answer.body["Message"], "success", "Message")


@case(
    "TW-CREATE-004",
    "a meeting is answered with a TaskId and a MeetingJoinUrl",
    sends="CreateTask type=realtime",
    expects="Data has TaskId, and MeetingJoinUrl with the address of a WebSocket",
    level=MUST,
    source=REALTIME("answer of CreateTask"),
    operations=CREATE,
)
async def meeting_has_a_join_url(cloud: Cloud) -> None:
    data = await cloud.tingwu.start()
    cloud.check.has(data, "TaskId", "MeetingJoinUrl", what="Data")
    cloud.check.matches(data["MeetingJoinUrl"], r"wss?://\S+", "MeetingJoinUrl")


@case(
    "TW-CREATE-005",
    "a TaskId has 32 hexadecimal digits in small letters",
    sends="CreateTask type=realtime",
    expects="TaskId matches [0-9a-f]{32}",
    level=SHOULD,
    source=RECORDED("CreateTask of a meeting"),
    operations=CREATE,
)
async def task_id_is_hexadecimal(cloud: Cloud) -> None:
    data = await cloud.tingwu.start()
    cloud.check.matches(data.get("TaskId"), "[0-9a-f]{32}", "TaskId")


@case(
    "TW-CREATE-006",
    "the token of a MeetingJoinUrl has 128 characters",
    sends="CreateTask type=realtime",
    expects="MeetingJoinUrl ends with ?mc= and so many characters",
    level=SHOULD,
    source=RECORDED("CreateTask of a meeting"),
    operations=CREATE,
)
async def join_url_has_a_token(cloud: Cloud) -> None:
    url = str((await cloud.tingwu.start()).get("MeetingJoinUrl"))
    token = url.partition("?mc=")[2]
    # The token lets somebody in: what is wrong with it is told by its length alone.
    cloud.check.equal(len(token), 128, "the length of mc")


@case(
    "TW-CREATE-007",
    "every meeting has a TaskId of its own",
    sends="the same CreateTask type=realtime twice",
    expects="two TaskIds",
    level=MUST,
    source=REALTIME("answer of CreateTask"),
    operations=CREATE,
)
async def meetings_are_apart(cloud: Cloud) -> None:
    one, other = await cloud.tingwu.start(), await cloud.tingwu.start()
    cloud.check.that(one["TaskId"] != other["TaskId"], "another TaskId", other["TaskId"])


@case(
    "TW-CREATE-008",
    "a TaskKey is echoed",
    sends="CreateTask type=realtime with Input.TaskKey",
    expects="the same TaskKey in Data",
    level=MUST,
    source=CREATE_TASK("Data.TaskKey"),
    operations=CREATE,
)
async def task_key_is_echoed(cloud: Cloud) -> None:
    data = await cloud.tingwu.start(TaskKey="conformance-7")
    cloud.check.equal(data.get("TaskKey"), "conformance-7", "TaskKey")


@case(
    "TW-CREATE-009",
    "a TaskKey of any characters is echoed as it was sent",
    sends="CreateTask type=realtime with a TaskKey in Chinese, with spaces, quotes and a slash",
    expects="the same TaskKey in Data",
    level=INFO,
    source=ASSUMED("which characters a TaskKey may have"),
    operations=CREATE,
)
async def any_task_key_is_echoed(cloud: Cloud) -> None:
    key = '周会 "一"/\\ä'
    data = await cloud.tingwu.start(TaskKey=key)
    cloud.check.equal(data.get("TaskKey"), key, "TaskKey")


@case(
    "TW-CREATE-010",
    "without a TaskKey there is none in the answer",
    sends="CreateTask type=realtime without Input.TaskKey",
    expects="Data without TaskKey",
    level=SHOULD,
    source=RECORDED("CreateTask without TaskKey"),
    operations=CREATE,
)
async def no_task_key_is_made_up(cloud: Cloud) -> None:
    cloud.check.lacks(await cloud.tingwu.start(), "TaskKey", what="Data")


@case(
    "TW-CREATE-011",
    "what there is not is left out and never null",
    sends="CreateTask type=realtime",
    expects="no field of the answer is null",
    level=SHOULD,
    source=RECORDED("CreateTask of a meeting"),
    operations=CREATE,
)
async def nothing_is_null(cloud: Cloud) -> None:
    # Looked at as text: a schema that forbids null would say something else first.
    answer = await cloud.tingwu.create(cloud.tingwu.meeting())
    nulls = [name for name, value in (answer.body | answer.data).items() if value is None]
    cloud.check.equal(nulls, [], "the fields that are null")


# What stands around the fields


@case(
    "TW-CREATE-012",
    "operation=start is what is done without operation",
    sends="CreateTask type=realtime&operation=start",
    expects="a NEW task",
    level=MUST,
    source=CREATE_TASK("operation"),
    operations=CREATE,
)
async def start_can_be_said(cloud: Cloud) -> None:
    answer = await cloud.tingwu.create(cloud.tingwu.meeting(), operation="start")
    cloud.check.has(answer.data, "TaskId", "MeetingJoinUrl", what="Data")


@case(
    "TW-CREATE-013",
    "a task without type is refused",
    sends="CreateTask without the query parameter type",
    expects="an error with Code, Message and RequestId",
    level=MUST,
    source=CREATE_TASK("type"),
    operations=CREATE,
    negative=True,
)
async def type_is_required(cloud: Cloud) -> None:
    cloud.tingwu.refused(await cloud.tingwu.create(cloud.tingwu.meeting(), type=None), status=None)


@case(
    "TW-CREATE-014",
    "a type other than offline and realtime is refused",
    sends="CreateTask type=live",
    expects="an error with Code, Message and RequestId",
    level=MUST,
    source=METADATA("CreateTask, type"),
    operations=CREATE,
    negative=True,
)
async def type_is_one_of_two(cloud: Cloud) -> None:
    cloud.tingwu.refused(
        await cloud.tingwu.create(cloud.tingwu.meeting(), type="live"), status=None
    )


@case(
    "TW-CREATE-015",
    "an operation other than start and stop is refused: nobody can pause a meeting by the API",
    sends="CreateTask type=realtime&operation=pause with the TaskId of a meeting",
    expects="an error with Code, Message and RequestId",
    level=MUST,
    source=METADATA("CreateTask, operation"),
    operations=CREATE,
    negative=True,
)
async def there_is_no_pause(cloud: Cloud) -> None:
    task_id = (await cloud.tingwu.start())["TaskId"]
    cloud.tingwu.refused(
        await cloud.tingwu.create({"TaskId": task_id}, operation="pause"), status=None
    )


@case(
    "TW-CREATE-016",
    "a meeting without AppKey is refused",
    sends="CreateTask type=realtime without AppKey",
    expects="HTTP 400 with a Code and a Message",
    level=MUST,
    source=REALTIME("AppKey"),
    operations=CREATE,
    negative=True,
)
async def app_key_is_required(cloud: Cloud) -> None:
    cloud.tingwu.refused(await cloud.tingwu.create(cloud.tingwu.meeting(), app_key=None))


@case(
    "TW-CREATE-017",
    "an AppKey that does not exist is refused",
    sends="CreateTask type=realtime with an AppKey of nobody",
    expects="HTTP 400 with a Code and a Message",
    level=MUST,
    source=ERRORS("BRK.InvalidAppKey"),
    operations=CREATE,
    negative=True,
)
async def app_key_has_to_exist(cloud: Cloud) -> None:
    answer = await cloud.tingwu.create(cloud.tingwu.meeting(), app_key="conformanceNobody")
    cloud.tingwu.refused(answer)


@case(
    "TW-CREATE-018",
    "a body without Input is refused",
    sends="CreateTask type=realtime with AppKey alone",
    expects="an error with Code, Message and RequestId",
    level=MUST,
    source=REALTIME("Input"),
    operations=CREATE,
    negative=True,
)
async def input_is_required(cloud: Cloud) -> None:
    answer = await cloud.tingwu.call(
        "PUT",
        TASKS,
        {"AppKey": cloud.site.app_key},
        action="CreateTask",
        query={"type": "realtime"},
    )
    cloud.tingwu.refused(answer, status=None)


@case(
    "TW-CREATE-019",
    "Appkey with a small k is AppKey, as the C++ sample sends it",
    sends="CreateTask type=realtime with Appkey in place of AppKey",
    expects="a NEW task",
    level=SHOULD,
    source=REALTIME("C++ sample"),
    operations=CREATE,
)
async def small_k_is_taken(cloud: Cloud) -> None:
    body = {"Appkey": cloud.site.app_key, "Input": cloud.tingwu.meeting()}
    answer = await cloud.tingwu.call(
        "PUT", TASKS, body, action="CreateTask", query={"type": "realtime"}
    )
    cloud.check.has(answer.data, "TaskId", "MeetingJoinUrl", what="Data")
    task_id = answer.data["TaskId"]
    cloud.later(lambda: cloud.tingwu.stop(task_id))


@case(
    "TW-CREATE-020",
    "fields that no document knows are ignored",
    sends="CreateTask type=realtime with unknown fields at the top, in Input and in Parameters",
    expects="a NEW task",
    level=INFO,
    source=ASSUMED("what the service does with unknown fields"),
    operations=CREATE,
)
async def unknown_fields_are_ignored(cloud: Cloud) -> None:
    data = await cloud.tingwu.start({"Unheard": {"Of": 1}}, Unheard="of")
    cloud.check.has(data, "TaskId", what="Data")
