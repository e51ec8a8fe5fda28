"""The shapes of Live's answers and callbacks: one case for each, all fields of it.

Other cases look at what they are about, and only note where a shape is otherwise.
"""

from __future__ import annotations

from typing import Final

from mock_tingwu.conformance import INFO, MUST, Cloud, case
from mock_tingwu.conformance.captions import (
    RESULT_CHANGED,
    RESULT_TRANSLATED,
    SENTENCE_BEGIN,
    SENTENCE_END,
)
from mock_tingwu.conformance.checks import EVENTS
from mock_tingwu.conformance.sources import (
    ASSUMED,
    LIVE_CREATE,
    LIVE_DELETE,
    LIVE_QUERY,
    LIVE_RESPONSES,
    LIVE_STOP,
    Source,
)

from ._live_tasks import (
    CALLBACK,
    CHANNEL,
    CREATE,
    DELETE,
    IN_CHANNEL,
    LISTENS,
    QUERY,
    SPEECH_S,
    STOP,
)
from .live_callback import sentences
from .live_error import unknown_action

#: A sentence is translated once it is heard.
TRANSLATED: Final = {"TranslateEnabled": "true", "TargetLanguages": "en"}


@case(
    "LV-SHAPE-001",
    "the answer to a new task has its documented shape",
    sends="CreateRtcAsrTask, all of whose answer is looked at",
    expects="Description, RequestId, RetCode, TaskId",
    level=MUST,
    source=LIVE_CREATE("response parameters"),
    operations=CREATE,
    needs=LISTENS,
)
async def created(cloud: Cloud) -> None:
    answer = await cloud.live.create(cloud.live.stream(cloud.outside.mailbox().url))
    cloud.check.fits("live/create-response", answer.body)


@case(
    "LV-SHAPE-002",
    "a task of a Query has its documented shape",
    sends="CreateRtcAsrTask with Mode=live, QueryRtcAsrTasks, all of whose answer is looked at",
    expects="Description, RequestId, RetCode; Tasks: mode, streamUrl, status, createdAt and so on",
    level=MUST,
    source=LIVE_QUERY("response parameters"),
    operations=QUERY,
    needs=LISTENS,
)
async def queried(cloud: Cloud) -> None:
    task_id = await cloud.live.start(cloud.outside.mailbox().url)
    cloud.check.fits("live/query-response", (await cloud.live.query(task_id)).body)


@case(
    "LV-SHAPE-003",
    "the answer to Stop has its documented shape",
    sends="CreateRtcAsrTask, StopRtcAsrTask, all of whose answer is looked at",
    expects="Description, RequestId, RetCode of the stop",
    level=MUST,
    source=LIVE_STOP("response parameters"),
    operations=STOP,
    needs=LISTENS,
)
async def stopped(cloud: Cloud) -> None:
    task_id = await cloud.live.start(cloud.outside.mailbox().url)
    cloud.check.fits("live/task-response", (await cloud.live.stop(task_id)).body)


@case(
    "LV-SHAPE-004",
    "the answer to Delete has its documented shape",
    sends="CreateRtcAsrTask, DeleteRtcAsrTask, all of whose answer is looked at",
    expects="Description, RequestId, RetCode of the deletion",
    level=MUST,
    source=LIVE_DELETE("response parameters"),
    operations=DELETE,
    needs=LISTENS,
)
async def deleted(cloud: Cloud) -> None:
    task_id = await cloud.live.start(cloud.outside.mailbox().url)
    cloud.check.fits("live/task-response", (await cloud.live.delete(task_id)).body)


@case(
    "LV-SHAPE-005",
    "a refusal has the shape of errors",
    sends="a call with Action=CreateRtcAsrTasks, all of the refusal",
    expects="RequestId, HostId, Code, Message, in JSON",
    level=MUST,
    source=LIVE_RESPONSES("failed calls"),
    operations=CREATE,
    negative=True,
)
async def refused(cloud: Cloud) -> None:
    cloud.check.fits("live/error-response", (await unknown_action(cloud)).body)


@case(
    "LV-SHAPE-006",
    "what is posted of a stream has its documented shape",
    sends="CreateRtcAsrTask with Mode=live, a sentence; the body of each callback",
    expects="task_id, callback_time_stamp, language, content and three empty fields of a channel",
    level=MUST,
    source=LIVE_CREATE("callbacks"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def posted(cloud: Cloud) -> None:
    for caption in (await sentences(cloud)).so_far:
        cloud.check.fits("live/callback", caption.body)


@case(
    "LV-SHAPE-007",
    "what is posted of a channel has its documented shape",
    sends="CreateRtcAsrTask with Mode=rtc, a sentence; the body of each callback",
    expects="task_id, sdk_app_id, channel_id, rtc_user_id, callback_time_stamp, language, content",
    level=MUST,
    source=LIVE_CREATE("callbacks"),
    operations=CALLBACK,
    needs=CHANNEL,
    time_limit=SPEECH_S,
)
async def posted_of_a_channel(cloud: Cloud) -> None:
    for caption in (await sentences(cloud, **IN_CHANNEL)).so_far:
        cloud.check.fits("live/callback", caption.body)


def content(
    number: int, name: str, level: str, source: Source, fields: str, **parameters: str
) -> None:
    """A case: one event of the engine has its shape, in a task with these parameters."""

    @case(
        f"LV-SHAPE-{number:03}",
        f"the content of {name} has its shape",
        sends=f"CreateRtcAsrTask, and sentences; content of each {name}",
        expects=f"header, payload: {fields}",
        level=level,
        source=source,
        operations=CALLBACK,
        needs=LISTENS,
        time_limit=SPEECH_S,
    )
    async def has_its_shape(cloud: Cloud) -> None:
        captions = await cloud.live.caption(**parameters)
        await captions.hear(1, name)
        for caption in captions.named(name):
            cloud.check.fits("live/content", caption.content, facet=EVENTS)


#: The page of Live shows interim results alone. What else there is, is documented of the engine.
_ENGINES: Final = ASSUMED("whether callbacks have this event as the engine has it")
_DOCUMENTED: Final = LIVE_CREATE("callbacks, content")

content(8, SENTENCE_BEGIN, INFO, _ENGINES, "index, time", ReportInterval="0")
content(
    9,
    RESULT_CHANGED,
    MUST,
    _DOCUMENTED,
    "result, words, index, time and so on",
    ReportInterval="0",
)
content(
    10,
    SENTENCE_END,
    INFO,
    _ENGINES,
    "result, words, stash_result, index, time",
    ReportInterval="-1",
)
content(
    11,
    RESULT_TRANSLATED,
    INFO,
    _ENGINES,
    "speaker_id, source_lang, target_lang, translate_result",
    ReportInterval="-1",
    **TRANSLATED,
)
