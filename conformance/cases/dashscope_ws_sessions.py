"""DashScope's WebSocket: commands as SDKs write them, pauses and time."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from mock_tingwu.conformance import INFO, MAY, MUST, SHOULD, Cloud, case
from mock_tingwu.conformance.checks import CLOSE, EVENTS, TIMING
from mock_tingwu.conformance.sources import ASSUMED, DASHSCOPE_SDK, DS_WEBSOCKET
from mock_tingwu.conformance.streams import AgentSession

PLAIN = {"transcription": {"model": "cn"}, "analysis": {"keyInformationEnabled": False}}
RUN = ("run-task", "speech-listen")
#: What every frame of a client says of itself.
KIND = {"task_group": "aigc", "task": "multimodal-generation", "function": "generation"}
MODEL = "tingwu-meeting-realtime"


async def talk(cloud: Cloud, session: AgentSession, run: Any, finish: Any) -> None:
    """Push a little of a meeting between these two frames, and see that it is heard."""
    await session.send(json.dumps(run))
    await session.event("speech-listen")
    await session.push(cloud.speech)
    await session.send(json.dumps(finish))
    await session.event("speech-end")
    session.check_events()
    cloud.check.that(bool(session.sentences), "sentences", session.names, facet=EVENTS)


@case(
    "DS-WS-027",
    "the frames of the 1.x class are understood",
    sends="run-task with request_id and workspace_id; finish-task with model null and appId null",
    expects="speech-listen, sentences, speech-end",
    level=MUST,
    source=DASHSCOPE_SDK("TingWuRealtime: frames"),
    operations=("run-task", "finish-task", "speech-end"),
)
async def frames_of_1x(cloud: Cloud) -> None:
    data_id, task_id = await cloud.dashscope.start(PLAIN), uuid4().hex
    header = {"task_id": task_id, "request_id": task_id, "streaming": "duplex"}
    start = {"appId": cloud.site.app_id, "directive": "start", "dataId": data_id}
    run = KIND | {
        "model": MODEL,
        "parameters": {"format": "pcm", "sampleRate": 16000, "maxEndSilence": 3000},
        "input": start,
    }
    finish = KIND | {"model": None, "input": {"appId": None, "directive": "stop"}}
    async with cloud.infer() as session:
        await talk(
            cloud,
            session,
            {"header": header | {"action": "run-task"}, "payload": run},
            {"header": header | {"action": "finish-task"}, "payload": finish},
        )
        await session.leave()


@case(
    "DS-WS-028",
    "the frames of the v2 class are understood",
    sends="run-task without request_id; finish-task with nothing but appId and directive",
    expects="speech-listen, sentences, speech-end",
    level=MUST,
    source=DASHSCOPE_SDK("dashscope.v2 realtime: frames"),
    operations=("run-task", "finish-task", "speech-end"),
)
async def frames_of_v2(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    header = {"task_id": uuid4().hex, "streaming": "duplex"}
    start = {"appId": cloud.site.app_id, "directive": "start", "dataId": data_id}
    parameters = {"format": "pcm", "sampleRate": 16000}
    run = KIND | {"model": MODEL, "input": start, "parameters": parameters}
    finish = {"input": {"appId": cloud.site.app_id, "directive": "stop"}}
    async with cloud.infer() as session:
        await talk(
            cloud,
            session,
            {"header": {"action": "run-task"} | header, "payload": run},
            {"header": {"action": "finish-task"} | header, "payload": finish},
        )


async def with_task_id(cloud: Cloud, task_id: str) -> None:
    """A stream with this task_id is opened and ended."""
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as session:
        session.task_id = task_id
        await session.start(data_id)
        await session.stop()
    found = {event.header.get("task_id") for event in session.events}
    cloud.check.equal(found, {task_id}, "task_ids of all events", facet=EVENTS)


@case(
    "DS-WS-029",
    "a task_id of 16 characters is taken, as documented",
    sends="run-task and finish-task with a task_id of 16 characters",
    expects="speech-listen and speech-end with it",
    level=MUST,
    source=DS_WEBSOCKET("header.task_id: 16 characters"),
    operations=RUN,
)
async def documented_task_id(cloud: Cloud) -> None:
    await with_task_id(cloud, uuid4().hex[:16])


@case(
    "DS-WS-030",
    "a task_id of 32 digits is taken, as all SDKs send it",
    sends="run-task and finish-task with a task_id of 32 hexadecimal digits",
    expects="speech-listen and speech-end with it",
    level=MUST,
    source=DASHSCOPE_SDK("TingWuRealtime, dashscope.v2: task_id"),
    operations=RUN,
)
async def task_id_of_sdks(cloud: Cloud) -> None:
    await with_task_id(cloud, uuid4().hex)


@case(
    "DS-WS-031",
    "where task_ids have to have 16 characters, others are refused as such",
    sends="run-task with a task_id of 12 characters",
    expects="task-failed Agent.CustomTaskIdInvalid",
    level=MAY,
    source=DS_WEBSOCKET("Agent.CustomTaskIdInvalid"),
    operations=("run-task", "task-failed"),
    negative=True,
    settings={"task_ids": "documented"},
)
async def strict_task_id(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as session:
        session.task_id = "0123456789ab"
        await session.run(data_id)
        code, message = await session.failure()
    cloud.check.equal(code, "Agent.CustomTaskIdInvalid", "errorCode")
    cloud.check.equal(message, "The length of custom task id must be 16.", "errorMessage")


@case(
    "DS-WS-032",
    "another task may follow on the same connection",
    sends="run-task, finish-task; after speech-end run-task with another task_id, finish-task",
    expects="speech-listen and speech-end twice, each with its task_id",
    level=SHOULD,
    source=DASHSCOPE_SDK("dashscope.v2: one task after another"),
    operations=RUN,
)
async def same_connection(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as session:
        await session.start(data_id)
        await session.stop()
        session.task_id = uuid4().hex
        await session.run(data_id)
        listen = await session.event("speech-listen", nth=2)
        await session.finish()
        await session.event("speech-end", nth=2)
    cloud.check.equal(listen.header["task_id"], session.task_id, "task_id", facet=EVENTS)


@case(
    "DS-WS-033",
    "a PING is answered before the SDK gives up",
    sends="PINGs before run-task, in the midst of audio and after speech-end",
    expects="a PONG within 4 s each time",
    level=MUST,
    source=DASHSCOPE_SDK("TingWuRealtime: ping every 5 s, timeout 4 s"),
    operations=("run-task",),
)
async def pongs(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as session:
        await session.ping()
        await session.start(data_id)
        await session.push(cloud.speech)
        await session.ping()
        await session.stop()
        await session.ping()
    cloud.check.note(TIMING, None)


@case(
    "DS-WS-034",
    "audio may be cut in any way",
    sends="run-task, eight seconds of speech in pieces of 999 bytes, finish-task",
    expects="the sentences that pieces of 3200 bytes give",
    level=INFO,
    source=ASSUMED("all samples send 3200 bytes at a time; what other sizes do"),
    operations=("recognize-result",),
)
async def any_pieces(cloud: Cloud) -> None:
    counts = []
    for piece in (3200, 999):
        data_id = await cloud.dashscope.start(PLAIN)
        async with cloud.infer() as session:
            await session.start(data_id)
            await session.push(cloud.speech, piece=piece, seconds=piece / 32_000)
            await session.stop()
        counts.append(len(session.sentences))
    cloud.check.equal(counts[1], counts[0], "number of sentences", facet=EVENTS)


@case(
    "DS-WS-035",
    "audio that comes before speech-listen is not lost",
    sends="run-task and at once eight seconds of speech, finish-task, as the v2 sample does",
    expects="sentences and speech-end",
    level=INFO,
    source=ASSUMED("what becomes of audio before speech-listen"),
    operations=("recognize-result",),
)
async def early_audio(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as session:
        await session.run(data_id)
        await session.push(cloud.speech)
        await session.stop()
    cloud.check.that(bool(session.sentences), "sentences", session.names, facet=EVENTS)


@case(
    "DS-WS-036",
    "a ping comes after 30 s without an event while silence is streamed",
    sends="run-task, 36 s of silence",
    expects="no ping in the first 28 s, then one",
    level=MUST,
    source=DS_WEBSOCKET("ping: 30 s after the last event"),
    operations=("ping",),
    time_limit=180.0,
)
async def ping(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as session:
        await session.start(data_id)
        for _ in range(7):
            await session.push(cloud.silence(0.1))
            await cloud.pause(4)
        pings = len(session.named("ping"))
        cloud.check.equal(pings, 0, "number of pings in 28 s", facet=TIMING)
        for _ in range(2):
            await session.push(cloud.silence(0.1))
            await cloud.pause(4)
        await session.event("ping")
        await session.stop()


@case(
    "DS-WS-037",
    "whoever says nothing for 10 s is disconnected",
    sends="run-task, a piece of audio, nothing for 12 s",
    expects="the connection is closed",
    level=MUST,
    source=DS_WEBSOCKET("10 s without text or audio"),
    operations=("run-task",),
)
async def idle(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as session:
        await session.start(data_id)
        await session.push(cloud.silence(0.1))
        await session.ping()
        await cloud.pause(12)
        await session.closed(within=3)
    cloud.check.that(session.is_closed, "a connection that is closed", facet=CLOSE)


@case(
    "DS-WS-038",
    "a piece of audio every 8 s keeps a connection",
    sends="run-task, five pieces of silence, 8 s apart; finish-task",
    expects="speech-end",
    level=MUST,
    source=DS_WEBSOCKET("10 s without text or audio"),
    operations=("run-task", "speech-end"),
    time_limit=120.0,
)
async def not_idle(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as session:
        await session.start(data_id)
        for _ in range(5):
            await session.push(cloud.silence(0.1))
            # The piece has to be there before the clock goes on.
            await session.ping()
            await cloud.pause(8)
        await session.stop()
    cloud.check.note(CLOSE, None)
