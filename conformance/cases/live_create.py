"""CreateRtcAsrTask: a task begins, and what it cannot begin without."""

from __future__ import annotations

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, case
from mock_tingwu.conformance.sources import ASSUMED, LIVE_CREATE, LIVE_RESPONSES

from ._live_tasks import CHANNEL, CREATE, IN_CHANNEL, LISTENS, NOWHERE, QUERY, rejected


@case(
    "LV-CREATE-001",
    "a task for a live stream begins",
    sends="CreateRtcAsrTask with Mode=live, StreamURL, Language, CallbackURL",
    expects='RetCode 2000, a number, and Description "success"',
    level=MUST,
    source=LIVE_CREATE("response parameters"),
    operations=CREATE,
    needs=LISTENS,
)
async def stream_begins(cloud: Cloud) -> None:
    answer = await cloud.live.create(cloud.live.stream(cloud.outside.mailbox().url))
    cloud.check.equal(answer.status, 200, "HTTP status")
    cloud.check.equal(answer.body.get("RetCode"), 2000, "RetCode")
    cloud.check.equal(answer.body.get("Description"), "success", "Description")


@case(
    "LV-CREATE-002",
    "a TaskId is asr- and a UUID",
    sends="CreateRtcAsrTask",
    expects="TaskId such as asr-7a6b8f1e-0f4e-4d1c-9f0e-2f9a3f5c1b7d",
    level=MUST,
    source=LIVE_CREATE("TaskId"),
    operations=CREATE,
    needs=LISTENS,
)
async def task_id_has_a_form(cloud: Cloud) -> None:
    task_id = await cloud.live.start(cloud.outside.mailbox().url)
    cloud.check.matches(task_id, r"asr-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "TaskId")


@case(
    "LV-CREATE-003",
    "every task has an id of its own",
    sends="CreateRtcAsrTask, DeleteRtcAsrTask, and the same CreateRtcAsrTask again",
    expects="two TaskIds and two RequestIds",
    level=MUST,
    source=LIVE_CREATE("TaskId, RequestId"),
    operations=CREATE,
    needs=LISTENS,
)
async def ids_differ(cloud: Cloud) -> None:
    parameters = cloud.live.stream(cloud.outside.mailbox().url)
    first = (await cloud.live.create(parameters)).done
    await cloud.live.delete(first["TaskId"])
    second = (await cloud.live.create(parameters)).done
    for name in ("TaskId", "RequestId"):
        cloud.check.that(first[name] != second[name], f"another {name}", second[name])


@case(
    "LV-CREATE-004",
    "a RequestId is an upper-case UUID",
    sends="CreateRtcAsrTask",
    expects="RequestId such as 7FF5417D-06E9-5A2C-9A70-581F6149E6C1",
    level=MUST,
    source=LIVE_RESPONSES("RequestId"),
    operations=CREATE,
    needs=LISTENS,
)
async def request_id_has_a_form(cloud: Cloud) -> None:
    answer = await cloud.live.create(cloud.live.stream(cloud.outside.mailbox().url))
    pattern = r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}"
    cloud.check.matches(answer.done.get("RequestId"), pattern, "RequestId")


@case(
    "LV-CREATE-005",
    "a task for one user of a channel begins",
    sends="CreateRtcAsrTask with Mode=rtc, SDKAppID, ChannelID, RtcUserId, Language, CallbackURL",
    expects="RetCode 2000; a Query has mode rtc",
    level=MUST,
    source=LIVE_CREATE("Mode"),
    operations=CREATE + QUERY,
    needs=CHANNEL,
)
async def channel_begins(cloud: Cloud) -> None:
    task_id = await cloud.live.start(cloud.outside.mailbox().url, **IN_CHANNEL)
    cloud.check.equal((await cloud.live.tasks(task_id))[task_id]["mode"], "rtc", "mode")


@case(
    "LV-CREATE-006",
    "in mode live what is said of a channel is ignored",
    sends="CreateRtcAsrTask with Mode=live, StreamURL, SDKAppID, ChannelID and RtcUserId",
    expects="RetCode 2000; a Query has mode live and the streamUrl",
    level=MUST,
    source=LIVE_CREATE("SDKAppID, ChannelID, RtcUserId"),
    operations=CREATE + QUERY,
    needs=LISTENS,
)
async def channel_is_ignored(cloud: Cloud) -> None:
    other = {name: IN_CHANNEL[name] for name in ("SDKAppID", "ChannelID", "RtcUserId")}
    task_id = await cloud.live.start(cloud.outside.mailbox().url, **other)
    task = (await cloud.live.tasks(task_id))[task_id]
    cloud.check.equal(task["mode"], "live", "mode")
    cloud.check.equal(task.get("streamUrl"), cloud.site.stream_url, "streamUrl")


@case(
    "LV-CREATE-007",
    "in mode rtc a StreamURL is ignored",
    sends="CreateRtcAsrTask with Mode=rtc, its three parameters, and a StreamURL that is no URL",
    expects="RetCode 2000",
    level=MUST,
    source=LIVE_CREATE("StreamURL"),
    operations=CREATE,
    needs=CHANNEL,
)
async def stream_is_ignored(cloud: Cloud) -> None:
    parameters = IN_CHANNEL | {"StreamURL": "no address"}
    answer = await cloud.live.create(cloud.live.stream(cloud.outside.mailbox().url, **parameters))
    cloud.check.equal(answer.done["RetCode"], 2000, "RetCode")


rejected(
    "LV-CREATE-008",
    "a task has to have a Mode",
    LIVE_CREATE("Mode, required"),
    Mode=None,
)
rejected(
    "LV-CREATE-009",
    "a task has to have a Language",
    LIVE_CREATE("Language, required"),
    Language=None,
)
rejected(
    "LV-CREATE-010",
    "a task has to have a CallbackURL",
    LIVE_CREATE("CallbackURL, required"),
    CallbackURL=None,
)
rejected(
    "LV-CREATE-011",
    "in mode live a task has to have a StreamURL",
    LIVE_CREATE("StreamURL, required when Mode is live"),
    StreamURL=None,
)
rejected(
    "LV-CREATE-012",
    "in mode rtc a task has to have an SDKAppID",
    LIVE_CREATE("SDKAppID, required when Mode is rtc"),
    IN_CHANNEL,
    SDKAppID=None,
)
rejected(
    "LV-CREATE-013",
    "in mode rtc a task has to have a ChannelID",
    LIVE_CREATE("ChannelID, required when Mode is rtc"),
    IN_CHANNEL,
    ChannelID=None,
)
rejected(
    "LV-CREATE-014",
    "in mode rtc a task has to have an RtcUserId",
    LIVE_CREATE("RtcUserId, required when Mode is rtc"),
    IN_CHANNEL,
    RtcUserId=None,
)
rejected(
    "LV-CREATE-015",
    "another Mode than live and rtc is refused",
    LIVE_CREATE("Mode"),
    level=SHOULD,
    Mode="vod",
)


@case(
    "LV-CREATE-016",
    "a parameter that is missing is named by the error",
    sends="CreateRtcAsrTask without Language",
    expects="HTTP 400 MissingLanguage",
    level=INFO,
    source=ASSUMED("whether it is an HTTP error or a RetCode, and the code"),
    operations=CREATE,
    negative=True,
)
async def missing_is_named(cloud: Cloud) -> None:
    parameters = cloud.live.stream(NOWHERE, StreamURL="rtmp://pull.example.com/a/b", Language=None)
    cloud.live.refused(await cloud.live.create(parameters), "MissingLanguage")


@case(
    "LV-CREATE-017",
    "a parameter that is wrong is named by the error",
    sends="CreateRtcAsrTask with Language=xx",
    expects="HTTP 400 InvalidLanguage",
    level=INFO,
    source=ASSUMED("whether it is an HTTP error or a RetCode, and the code"),
    operations=CREATE,
    negative=True,
)
async def wrong_is_named(cloud: Cloud) -> None:
    parameters = cloud.live.stream(NOWHERE, StreamURL="rtmp://pull.example.com/a/b", Language="xx")
    cloud.live.refused(await cloud.live.create(parameters), "InvalidLanguage")


@case(
    "LV-CREATE-018",
    "a stream may be listened to by two tasks",
    sends="CreateRtcAsrTask twice with the same parameters",
    expects="RetCode 2000 both times",
    level=INFO,
    source=ASSUMED("a second task for the same stream"),
    operations=CREATE,
    needs=LISTENS,
)
async def two_for_one_stream(cloud: Cloud) -> None:
    parameters = cloud.live.stream(cloud.outside.mailbox().url)
    await cloud.live.create(parameters)
    second = await cloud.live.create(parameters)
    cloud.check.equal(second.body.get("RetCode"), 2000, "RetCode of the second")
