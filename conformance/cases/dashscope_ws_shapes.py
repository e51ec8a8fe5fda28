"""The shapes of DashScope's WebSocket: one case for each event, all fields of it."""

from __future__ import annotations

from mock_tingwu.conformance import MUST, Cloud, case
from mock_tingwu.conformance.checks import EVENTS
from mock_tingwu.conformance.sources import DASHSCOPE_SDK, DS_INDUSTRIAL, DS_WEBSOCKET
from mock_tingwu.conformance.streams import AgentSession, Event

from .dashscope_shapes import PLAIN
from .dashscope_ws_instructions import instructed
from .dashscope_ws_translations import heard

#: No meeting has this dataId.
UNKNOWN = "zzzzzzzzzzzz"


def _fits(cloud: Cloud, *events: Event) -> None:
    cloud.check.that(bool(events), "the event", facet=EVENTS)
    for event in events:
        cloud.check.fits("inference/event", event.message, facet=EVENTS)


def _results(session: AgentSession, part: str) -> list[Event]:
    return [event for event in session.named("recognize-result") if part in event.output]


@case(
    "DS-SHAPE-025",
    "task-started has its documented shape",
    sends="run-task; all of task-started",
    expects="header: task_id, event, attributes; an empty payload",
    level=MUST,
    source=DS_WEBSOCKET("task-started"),
    operations=("task-started",),
)
async def started(cloud: Cloud) -> None:
    _fits(cloud, *(await heard(cloud, PLAIN)).named("task-started"))


@case(
    "DS-SHAPE-026",
    "speech-listen has its documented shape",
    sends="run-task; all of speech-listen",
    expects="header, payload.output: action, dataId",
    level=MUST,
    source=DS_WEBSOCKET("speech-listen"),
    operations=("speech-listen",),
)
async def listen(cloud: Cloud) -> None:
    _fits(cloud, *(await heard(cloud, PLAIN)).named("speech-listen"))


@case(
    "DS-SHAPE-027",
    "recognize-result with a transcription has its documented shape",
    sends="run-task, eight seconds of speech; all of each recognize-result with a transcription",
    expects="sentenceId, time; then sentenceEnd, text, words; at the end stashResult",
    level=MUST,
    source=DS_WEBSOCKET("recognize-result: transcription"),
    operations=("recognize-result",),
)
async def transcription(cloud: Cloud) -> None:
    _fits(cloud, *_results(await heard(cloud, PLAIN), "transcription"))


@case(
    "DS-SHAPE-028",
    "recognize-result with translations has its documented shape",
    sends="run-task, eight seconds of speech; all of each recognize-result with translations",
    expects="by language: sourceLang, targetLang, translateResult of text and sentenceId",
    level=MUST,
    source=DS_WEBSOCKET("recognize-result: translations"),
    operations=("recognize-result",),
)
async def translations(cloud: Cloud) -> None:
    _fits(cloud, *_results(await heard(cloud), "translations"))


@case(
    "DS-SHAPE-029",
    "recognize-result of an instruction has its documented shape",
    sends="run-task of the agent for instructions, eight seconds of speech; each recognize-result",
    expects="sentenceId, beginTime, endTime, sentenceEnd, text, words",
    level=MUST,
    source=DS_INDUSTRIAL("recognize-result"),
    operations=("recognize-result",),
)
async def instruction(cloud: Cloud) -> None:
    _fits(cloud, *(await instructed(cloud)).named("recognize-result"))


@case(
    "DS-SHAPE-030",
    "ai-result has its documented shape",
    sends="run-task of the agent for instructions, eight seconds of speech; all of ai-result",
    expects="aiResult with correction",
    level=MUST,
    source=DS_INDUSTRIAL("ai-result"),
    operations=("ai-result",),
)
async def correction(cloud: Cloud) -> None:
    _fits(cloud, *(await instructed(cloud)).named("ai-result"))


@case(
    "DS-SHAPE-031",
    "speech-end has its documented shape",
    sends="run-task, finish-task; all of speech-end",
    expects="header: event result-generated, task_id; payload.output: action alone",
    level=MUST,
    source=DS_WEBSOCKET("speech-end"),
    operations=("speech-end",),
)
async def end(cloud: Cloud) -> None:
    _fits(cloud, *(await heard(cloud, PLAIN)).named("speech-end"))


@case(
    "DS-SHAPE-032",
    "task-finished has the shape that the SDK reads",
    sends="run-task, finish-task; all of task-finished",
    expects="header: task_id, event; an empty payload",
    level=MUST,
    source=DASHSCOPE_SDK("dashscope.v2: task-finished"),
    operations=("task-finished",),
)
async def finished(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as session:
        await session.hear(data_id, cloud.speech)
        _fits(cloud, await session.event("task-finished"))


@case(
    "DS-SHAPE-033",
    "task-failed of an agent has its documented shape",
    sends="run-task with a dataId that nobody has made; all of task-failed",
    expects="header: event result-generated; payload.output: action, errorCode, errorMessage",
    level=MUST,
    source=DS_WEBSOCKET("task-failed"),
    operations=("task-failed",),
    negative=True,
)
async def gave_up(cloud: Cloud) -> None:
    async with cloud.infer() as session:
        await session.run(UNKNOWN)
        _fits(cloud, await session.event("task-failed"))


@case(
    "DS-SHAPE-034",
    "task-failed of the platform has the shape that the SDKs read",
    sends="run-task with a model that nobody has made; all of task-failed",
    expects="header: event task-failed, task_id, error_code, error_message",
    level=MUST,
    source=DASHSCOPE_SDK("TingWuRealtime, dashscope.v2: task-failed in the header"),
    operations=("task-failed",),
    negative=True,
)
async def refused(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as session:
        await session.run(data_id, model="tingwu-none-realtime")
        _fits(cloud, await session.event("task-failed"))


@case(
    "DS-SHAPE-035",
    "ping has its documented shape",
    sends="run-task, 36 s of silence; all of ping",
    expects="header: event result-generated, task_id; payload.output: action alone",
    level=MUST,
    source=DS_WEBSOCKET("ping"),
    operations=("ping",),
    time_limit=180.0,
)
async def ping(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as session:
        await session.start(data_id)
        for _ in range(9):
            await session.push(cloud.silence(0.1))
            await cloud.pause(4)
        _fits(cloud, await session.event("ping"))
        await session.stop()
