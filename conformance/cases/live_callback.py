"""Callbacks of live tasks: what is posted to the CallbackURL, and with which signature."""

from __future__ import annotations

import hashlib
import time
from typing import Final

from mock_tingwu.conformance import INFO, MUST, Cloud, case
from mock_tingwu.conformance.captions import KNOWN, Captions
from mock_tingwu.conformance.checks import EVENTS
from mock_tingwu.conformance.sources import ASSUMED, LIVE_CREATE

from ._live_tasks import CHANNEL, IN_CHANNEL, LISTENS

CALLBACK: Final = ("Live callback",)
#: How long a case may take that waits for speech, in seconds.
SPEECH_S: Final = 120.0
_BODY: Final = LIVE_CREATE("callbacks")
_SIGNATURE: Final = LIVE_CREATE("AuthKey, signature of callbacks")
_AUTH_KEY: Final = "conformance-of-captions"


async def sentences(
    cloud: Cloud, count: int = 1, /, ReportInterval: str | None = "-1", **parameters: str | None
) -> Captions:
    """A task of which so many whole sentences have come."""
    captions = await cloud.live.caption(ReportInterval=ReportInterval, **parameters)
    await captions.hear(count)
    return captions


# What is posted


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
    "callback_time_stamp is a number of milliseconds that never falls",
    sends="CreateRtcAsrTask, and two sentences of speech",
    expects="milliseconds since 1970, in the order in which callbacks come",
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
    cloud.check.equal(stamps, sorted(stamps), "the time stamps in order", facet=EVENTS)


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
    sends="CreateRtcAsrTask twice with one CallbackURL, Language cn and en",
    expects="callbacks of both, each with the TaskId and language of its own",
    level=MUST,
    source=_BODY("task_id, language"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def two_tasks(cloud: Cloud) -> None:
    first = await cloud.live.caption(ReportInterval="-1")
    second = await cloud.live.start(first.callback_url, Language="en", ReportInterval="-1")
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


# Its signature


@case(
    "LV-CALLBACK-013",
    "with an AuthKey a callback is signed",
    sends="CreateRtcAsrTask with AuthKey, and speech",
    expects="headers SIG-TIME and ASR-SIG: the MD5 of SIG-TIME/CallbackURL/AuthKey in hex",
    level=MUST,
    source=_SIGNATURE,
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def signed(cloud: Cloud) -> None:
    captions = await sentences(cloud, AuthKey=_AUTH_KEY)
    for caption in captions.so_far:
        _check_signature(cloud, caption.arrived.headers, captions.callback_url)


@case(
    "LV-CALLBACK-014",
    "the signature is made of the whole CallbackURL",
    sends="CreateRtcAsrTask with AuthKey and a query behind CallbackURL",
    expects="ASR-SIG of the URL with its query",
    level=INFO,
    source=ASSUMED("whether the query of the URL is signed"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def query_is_signed(cloud: Cloud) -> None:
    captions = await cloud.live.caption(
        query="room=1&floor=2", AuthKey=_AUTH_KEY, ReportInterval="-1"
    )
    await captions.hear()
    headers = captions.so_far[0].arrived.headers
    _check_signature(cloud, headers, captions.callback_url)


@case(
    "LV-CALLBACK-015",
    "SIG-TIME is the current time in seconds",
    sends="CreateRtcAsrTask with AuthKey, and one sentence",
    expects="SIG-TIME within ten minutes of now",
    level=INFO,
    source=ASSUMED("the unit of SIG-TIME"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def signed_now(cloud: Cloud) -> None:
    captions = await sentences(cloud, AuthKey=_AUTH_KEY)
    stated = captions.so_far[0].arrived.headers.get("sig-time", "")
    cloud.check.matches(stated, r"\d+", "SIG-TIME")
    cloud.check.that(abs(int(stated) - time.time()) < 600, "SIG-TIME in seconds", stated)


@case(
    "LV-CALLBACK-016",
    "ASR-SIG is in small letters",
    sends="CreateRtcAsrTask with AuthKey, one sentence",
    expects="32 hex digits in small letters",
    level=INFO,
    source=ASSUMED("the case of the digest"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def signature_in_small_letters(cloud: Cloud) -> None:
    captions = await sentences(cloud, AuthKey=_AUTH_KEY)
    signature = captions.so_far[0].arrived.headers.get("asr-sig")
    cloud.check.matches(signature, r"[0-9a-f]{32}", "ASR-SIG")


@case(
    "LV-CALLBACK-017",
    "without an AuthKey a callback is not signed",
    sends="CreateRtcAsrTask without AuthKey, and speech",
    expects="neither SIG-TIME nor ASR-SIG",
    level=INFO,
    source=ASSUMED("the headers without an AuthKey"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def unsigned(cloud: Cloud) -> None:
    headers = (await sentences(cloud)).so_far[0].arrived.headers
    cloud.check.lacks(headers, "sig-time", "asr-sig", what="the callback")


def _check_signature(cloud: Cloud, headers: dict[str, str], url: str) -> None:
    cloud.check.has(headers, "sig-time", "asr-sig", what="the callback")
    text = f"{headers['sig-time']}/{url}/{_AUTH_KEY}"
    expected = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    is_right = headers["asr-sig"].lower() == expected
    cloud.check.that(is_right, "ASR-SIG as the MD5 of SIG-TIME/CallbackURL/AuthKey")
