"""Callbacks of live tasks: what is posted to the CallbackURL."""

from __future__ import annotations

from typing import Final

from mock_tingwu.conformance import INFO, MUST, Cloud, case
from mock_tingwu.conformance.captions import KNOWN, Captions
from mock_tingwu.conformance.checks import EVENTS
from mock_tingwu.conformance.sources import ASSUMED, LIVE_CREATE

from ._live_tasks import (
    CALLBACK,
    CHANNEL,
    IN_CHANNEL,
    LISTENS,
    SPEECH_S,
    TWO_STREAMS,
)

_BODY: Final = LIVE_CREATE("callbacks")


async def sentences(
    cloud: Cloud, count: int = 1, /, ReportInterval: str | None = "-1", **parameters: str | None
) -> Captions:
    """A task of which so many whole sentences have come."""
    captions = await cloud.live.caption(ReportInterval=ReportInterval, **parameters)
    await captions.hear(count)
    return captions


@case(
    "LV-CALLBACK-001",
    "captions are posted as JSON",
    sends="CreateRtcAsrTask, and speech",
    expects="POST to CallbackURL with a JSON object of the seven documented fields",
    level=MUST,
    source=_BODY,
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def posted(cloud: Cloud) -> None:
    captions = await sentences(cloud)
    for caption in captions.so_far:
        cloud.check.equal(caption.arrived.method, "POST", "the method")
        cloud.check.has(
            caption.body,
            "task_id",
            "sdk_app_id",
            "channel_id",
            "rtc_user_id",
            "callback_time_stamp",
            "language",
            "content",
            what="the body",
        )


@case(
    "LV-CALLBACK-002",
    "a caption names the task by its TaskId",
    sends="CreateRtcAsrTask, and a sentence of speech",
    expects="task_id is the TaskId of CreateRtcAsrTask",
    level=MUST,
    source=_BODY("task_id"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def names_the_task(cloud: Cloud) -> None:
    captions = await sentences(cloud)
    for caption in captions.so_far:
        cloud.check.equal(caption.body["task_id"], captions.task_id, "task_id")


@case(
    "LV-CALLBACK-003",
    "in mode live what tells of a channel is empty",
    sends="CreateRtcAsrTask with Mode=live, and speech",
    expects="sdk_app_id, channel_id and rtc_user_id are empty text",
    level=MUST,
    source=_BODY("example"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def no_channel(cloud: Cloud) -> None:
    body = (await sentences(cloud)).so_far[0].body
    for name in ("sdk_app_id", "channel_id", "rtc_user_id"):
        cloud.check.equal(body[name], "", name)


@case(
    "LV-CALLBACK-004",
    "in mode rtc a caption names application, channel and user",
    sends="CreateRtcAsrTask with Mode=rtc, and speech",
    expects="sdk_app_id, channel_id and rtc_user_id are those of CreateRtcAsrTask",
    level=MUST,
    source=_BODY("sdk_app_id, channel_id, rtc_user_id"),
    operations=CALLBACK,
    needs=CHANNEL,
    time_limit=SPEECH_S,
)
async def names_the_channel(cloud: Cloud) -> None:
    body = (await sentences(cloud, **IN_CHANNEL)).so_far[0].body
    named = {"sdk_app_id": "SDKAppID", "channel_id": "ChannelID", "rtc_user_id": "RtcUserId"}
    for name, sent in named.items():
        cloud.check.equal(body[name], IN_CHANNEL[sent], name)


@case(
    "LV-CALLBACK-005",
    "callback_time_stamp is a number of milliseconds",
    sends="CreateRtcAsrTask, and two sentences of speech",
    expects="milliseconds since 1970, in each callback",
    level=MUST,
    source=_BODY("callback_time_stamp"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def time_stamp(cloud: Cloud) -> None:
    stamps = [c.body["callback_time_stamp"] for c in (await sentences(cloud, 2)).so_far]
    for stamp in stamps:
        # 2020 to 2100: seconds would be far below.
        in_ms = type(stamp) is int and 1_577_836_800_000 < stamp < 4_102_444_800_000
        cloud.check.that(in_ms, "milliseconds since 1970 as a number", stamp)


@case(
    "LV-CALLBACK-006",
    "a caption has the language of the task",
    sends="CreateRtcAsrTask with Language=fspk, and speech",
    expects="language fspk",
    level=MUST,
    source=_BODY("language"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def language(cloud: Cloud) -> None:
    body = (await sentences(cloud, Language="fspk")).so_far[0].body
    cloud.check.equal(body["language"], "fspk", "language")


@case(
    "LV-CALLBACK-007",
    "content is JSON text inside of a string",
    sends="CreateRtcAsrTask, and a sentence",
    expects="content is a string; read as JSON it has header and payload",
    level=MUST,
    source=_BODY("content"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def content_is_text(cloud: Cloud) -> None:
    caption = (await sentences(cloud)).so_far[0]
    cloud.check.that(isinstance(caption.body["content"], str), "content as text")
    for part in ("header", "payload"):
        cloud.check.that(isinstance(caption.content[part], dict), f"{part} as an object")


@case(
    "LV-CALLBACK-008",
    "two tasks may post to one address",
    sends="CreateRtcAsrTask of two streams with one CallbackURL, Language cn and en",
    expects="callbacks of both, each with the TaskId and language of its own",
    level=MUST,
    source=_BODY("task_id, language"),
    operations=CALLBACK,
    needs=TWO_STREAMS,
    time_limit=SPEECH_S,
)
async def two_tasks(cloud: Cloud) -> None:
    first = await cloud.live.caption(ReportInterval="-1")
    second = await cloud.live.start(
        first.callback_url,
        StreamURL=cloud.site.second_stream_url,
        Language="en",
        ReportInterval="-1",
    )
    await first.hear(1)
    await first.hear(4)
    found = {(c.body["task_id"], c.body["language"]) for c in first.so_far}
    cloud.check.equal(found, {(first.task_id, "cn"), (second, "en")}, "tasks and languages")


@case(
    "LV-CALLBACK-009",
    "a callback has Content-Type application/json",
    sends="CreateRtcAsrTask, one sentence",
    expects="Content-Type application/json",
    level=INFO,
    source=ASSUMED("the content type of callbacks"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def content_type(cloud: Cloud) -> None:
    headers = (await sentences(cloud)).so_far[0].arrived.headers
    cloud.check.matches(headers.get("content-type"), r"application/json\b.*", "Content-Type")


@case(
    "LV-CALLBACK-010",
    "the query of a CallbackURL is kept",
    sends="CreateRtcAsrTask with ?room=1&title=a%20b%2Fc behind CallbackURL",
    expects="POST to the same URL, character by character",
    level=MUST,
    source=LIVE_CREATE("CallbackURL"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def query_is_kept(cloud: Cloud) -> None:
    captions = await cloud.live.caption(query="room=1&title=a%20b%2Fc", ReportInterval="-1")
    await captions.hear()
    cloud.check.equal(captions.so_far[0].arrived.url, captions.callback_url, "the URL")


@case(
    "LV-CALLBACK-011",
    "events come in one callback each, of four kinds",
    sends="CreateRtcAsrTask with ReportInterval=0, and a sentence",
    expects="SentenceBegin, TranscriptionResultChanged, SentenceEnd alone",
    level=INFO,
    source=ASSUMED("whether the engine's other events are posted, too"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def four_kinds(cloud: Cloud) -> None:
    names = {caption.name for caption in (await sentences(cloud, ReportInterval="0")).so_far}
    cloud.check.equal(sorted(names - set(KNOWN)), [], "the other events", facet=EVENTS)


@case(
    "LV-CALLBACK-012",
    "a callback that is refused is tried again",
    sends="CreateRtcAsrTask to an address that answers 500, then 200",
    expects="the same callback again",
    level=INFO,
    source=ASSUMED("whether and when callbacks are tried again"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def tried_again(cloud: Cloud) -> None:
    captions = await cloud.live.caption(cloud.outside.mailbox(500, 200), ReportInterval="-1")
    await captions.hear(2)
    first, second = captions.so_far[:2]
    cloud.check.equal(second.body, first.body, "the second callback")
