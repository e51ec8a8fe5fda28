"""DashScope's WebSocket: what a stream is refused with."""

from __future__ import annotations

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, case
from mock_tingwu.conformance.checks import CLOSE, EVENTS
from mock_tingwu.conformance.sources import ASSUMED, DASHSCOPE_SDK, DS_WEBSOCKET

PLAIN = {"transcription": {"model": "cn"}, "analysis": {"keyInformationEnabled": False}}
FAILED = ("run-task", "task-failed")
UNKNOWN = "zzzzzzzzzzzz"
CODES = DS_WEBSOCKET("error codes")


@case(
    "DS-WS-039",
    "a failure is told in the output with code and message, and the connection is cut",
    sends="run-task with a dataId that nobody has made",
    expects="header.event result-generated, output task-failed with errorCode, errorMessage; CLOSE",
    level=MUST,
    source=DS_WEBSOCKET("task-failed"),
    operations=FAILED,
    negative=True,
)
async def failure_in_output(cloud: Cloud) -> None:
    async with cloud.infer() as session:
        await session.run(UNKNOWN)
        failed = await session.event("task-failed")
        await session.closed(within=3)
    check = cloud.check
    check.equal(failed.header.get("event"), "result-generated", "header.event", facet=EVENTS)
    check.has(failed.output, "errorCode", "errorMessage", what="output", facet=EVENTS)
    check.that(session.is_closed, "a connection that is closed", facet=CLOSE)


@case(
    "DS-WS-040",
    "a failure of the platform is told in the header",
    sends="run-task with a model that nobody has made",
    expects="header.event task-failed with error_code and error_message, which the SDKs read",
    level=SHOULD,
    source=DASHSCOPE_SDK("TingWuRealtime, dashscope.v2: task-failed in the header"),
    operations=FAILED,
    negative=True,
)
async def failure_in_header(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as session:
        await session.run(data_id, model="tingwu-none-realtime")
        failed = await session.event("task-failed")
        await session.closed()
    check = cloud.check
    check.equal(failed.header.get("event"), "task-failed", "header.event", facet=EVENTS)
    check.has(failed.header, "error_code", "error_message", what="header", facet=EVENTS)


@case(
    "DS-WS-041",
    "an unknown model is not found",
    sends="run-task with a model that nobody has made",
    expects="ModelNotFound",
    level=INFO,
    source=ASSUMED("code of an unknown model on the WebSocket"),
    operations=FAILED,
    negative=True,
)
async def unknown_model(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as session:
        await session.run(data_id, model="tingwu-none-realtime")
        code, _ = await session.failure()
    cloud.check.equal(code, "ModelNotFound", "error_code")


@case(
    "DS-WS-042",
    "an unknown dataId is refused as such",
    sends="run-task with a dataId that nobody has made",
    expects="Agent.InputInvalidDataId, Agent Input invalid dataId.",
    level=MUST,
    source=CODES,
    operations=FAILED,
    negative=True,
)
async def unknown_data_id(cloud: Cloud) -> None:
    async with cloud.infer() as session:
        await session.run(UNKNOWN)
        code, message = await session.failure()
    cloud.check.equal(code, "Agent.InputInvalidDataId", "errorCode")
    cloud.check.equal(message, "Agent Input invalid dataId.", "errorMessage")


@case(
    "DS-WS-043",
    "a meeting's stream needs a dataId",
    sends="run-task without dataId",
    expects="Agent.InputInvalidDataId",
    level=SHOULD,
    source=CODES,
    operations=FAILED,
    negative=True,
)
async def no_data_id(cloud: Cloud) -> None:
    async with cloud.infer() as session:
        await session.run(None)
        code, _ = await session.failure()
    cloud.check.equal(code, "Agent.InputInvalidDataId", "errorCode")


@case(
    "DS-WS-044",
    "an unknown appId is refused as such",
    sends="run-task with an appId that nobody has made",
    expects="Agent.InputAppIdIllegal, Agent Input appId illegal.",
    level=MUST,
    source=CODES,
    operations=FAILED,
    negative=True,
)
async def unknown_app(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as session:
        await session.run(data_id, appId="tw_conformanceNone")
        code, message = await session.failure()
    cloud.check.equal(code, "Agent.InputAppIdIllegal", "errorCode")
    cloud.check.equal(message, "Agent Input appId illegal.", "errorMessage")


@case(
    "DS-WS-045",
    "a stream needs an appId",
    sends="run-task without appId",
    expects="Agent.InputAppIdIllegal",
    level=SHOULD,
    source=CODES,
    operations=FAILED,
    negative=True,
)
async def no_app(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as session:
        await session.run(data_id, appId=None)
        code, _ = await session.failure()
    cloud.check.equal(code, "Agent.InputAppIdIllegal", "errorCode")


@case(
    "DS-WS-046",
    "an application that is not published takes no streams",
    sends="run-task with the appId of an application that is a draft",
    expects="Agent.AppNotPublished, Agent App not published.",
    level=MUST,
    source=CODES,
    operations=FAILED,
    negative=True,
    settings={"apps": {"tw_draft": {"published": False}}},
)
async def not_published(cloud: Cloud) -> None:
    async with cloud.infer() as session:
        await session.run(UNKNOWN, appId="tw_draft")
        code, message = await session.failure()
    cloud.check.equal(code, "Agent.AppNotPublished", "errorCode")
    cloud.check.equal(message, "Agent App not published.", "errorMessage")


@case(
    "DS-WS-047",
    "an unknown directive is refused as such",
    sends="run-task with directive pause",
    expects="Agent.InputActionIllegal",
    level=SHOULD,
    source=CODES,
    operations=FAILED,
    negative=True,
)
async def unknown_directive(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as session:
        await session.run(data_id, directive="pause")
        code, _ = await session.failure()
    cloud.check.equal(code, "Agent.InputActionIllegal", "errorCode")


@case(
    "DS-WS-048",
    "an unknown action is refused as such",
    sends="a frame with action continue-task",
    expects="Agent.InputActionIllegal",
    level=SHOULD,
    source=CODES,
    operations=FAILED,
    negative=True,
)
async def unknown_action(cloud: Cloud) -> None:
    async with cloud.infer() as session:
        await session.run(UNKNOWN, header={"action": "continue-task"})
        code, _ = await session.failure()
    cloud.check.equal(code, "Agent.InputActionIllegal", "errorCode")


@case(
    "DS-WS-049",
    "audio before run-task is out of order",
    sends="a piece of audio and nothing else",
    expects="Agent.FrameSequenceIllegal",
    level=INFO,
    source=ASSUMED("which frames are out of order"),
    operations=("task-failed",),
    negative=True,
)
async def audio_first(cloud: Cloud) -> None:
    async with cloud.infer() as session:
        await session.push(cloud.silence(0.1))
        code, _ = await session.failure()
    cloud.check.equal(code, "Agent.FrameSequenceIllegal", "errorCode")


@case(
    "DS-WS-050",
    "finish-task before run-task is out of order",
    sends="finish-task and nothing else",
    expects="Agent.FrameSequenceIllegal",
    level=INFO,
    source=ASSUMED("which frames are out of order"),
    operations=("finish-task", "task-failed"),
    negative=True,
)
async def finish_first(cloud: Cloud) -> None:
    async with cloud.infer() as session:
        await session.finish()
        code, _ = await session.failure()
    cloud.check.equal(code, "Agent.FrameSequenceIllegal", "errorCode")


@case(
    "DS-WS-051",
    "a second run-task while one is running is out of order",
    sends="run-task; after speech-listen run-task",
    expects="Agent.FrameSequenceIllegal",
    level=INFO,
    source=ASSUMED("which frames are out of order"),
    operations=FAILED,
    negative=True,
)
async def run_twice(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as session:
        await session.start(data_id)
        await session.run(data_id)
        code, _ = await session.failure()
    cloud.check.equal(code, "Agent.FrameSequenceIllegal", "errorCode")


@case(
    "DS-WS-052",
    "only one connection streams into a meeting",
    sends="run-task; on another connection run-task with the same dataId",
    expects="Agent.FrameSequenceIllegal on the second, speech-end on the first",
    level=INFO,
    source=ASSUMED("what a second stream into a meeting is answered with"),
    operations=FAILED,
    negative=True,
)
async def second_stream(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as first:
        await first.start(data_id)
        async with cloud.infer() as second:
            await second.run(data_id)
            code, _ = await second.failure()
        await first.stop()
    cloud.check.equal(code, "Agent.FrameSequenceIllegal", "errorCode")


@case(
    "DS-WS-053",
    "text that is no JSON is refused",
    sends="a text message with half an object",
    expects="task-failed InvalidParameter",
    level=INFO,
    source=ASSUMED("what text that is no JSON is answered with"),
    operations=("task-failed",),
    negative=True,
)
async def no_json(cloud: Cloud) -> None:
    async with cloud.infer() as session:
        await session.send('{"header": {"action": "run-ta')
        code, _ = await session.failure()
    cloud.check.equal(code, "InvalidParameter", "code")


@case(
    "DS-WS-054",
    "a stream that is refused leaves the meeting as it is",
    sends="run-task with an appId that nobody has made; run-task as it has to be",
    expects="task-failed, then speech-listen",
    level=INFO,
    source=ASSUMED("what a refused stream does to its meeting"),
    operations=FAILED,
    negative=True,
)
async def unharmed(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as first:
        await first.run(data_id, appId="tw_conformanceNone")
        await first.failure()
    async with cloud.infer() as second:
        await second.start(data_id)
        await second.stop()
