"""StopTranscription, and the end of a stream."""

from __future__ import annotations

from mock_tingwu.conformance import INFO, MUST, Cloud, case
from mock_tingwu.conformance.checks import EVENTS
from mock_tingwu.conformance.sources import (
    ASSUMED,
    JS_PUSH,
    NLS_ERRORS,
    NLS_JAVA_SDK,
    NLS_SDK,
)

from .realtime_heard import PAUSED_LIMIT_S, check_code

STOP = ("StopTranscription", "TranscriptionCompleted")
REFUSED = ("StopTranscription", "TaskFailed")


@case(
    "RT-STOP-001",
    "StopTranscription without a payload is answered with TranscriptionCompleted within 10 s",
    sends="a stream; StopTranscription as the SDKs for Python and Java send it",
    expects="TranscriptionCompleted before the SDKs give up",
    level=MUST,
    source=NLS_SDK("stop(timeout=10)"),
    operations=STOP,
)
async def stop_without_payload(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.start()
        await session.push(cloud.speech)
        completed = await session.stop()
    cloud.check.equal(completed.header.get("status"), 20000000, "status", facet=EVENTS)


@case(
    "RT-STOP-002",
    "StopTranscription with an empty payload is answered as well",
    sends="a stream; StopTranscription with payload {}, as browsers and the Node SDK send it",
    expects="TranscriptionCompleted within 10 s",
    level=MUST,
    source=JS_PUSH("StopTranscription"),
    operations=STOP,
)
async def stop_with_empty_payload(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.start()
        await session.push(cloud.speech)
        await session.command("StopTranscription", {})
        completed = await session.event("TranscriptionCompleted")
    cloud.check.equal(completed.header.get("status"), 20000000, "status", facet=EVENTS)


@case(
    "RT-STOP-003",
    "StopTranscription without ids is answered as well",
    sends="a stream; StopTranscription with namespace and name alone, as browsers send it",
    expects="TranscriptionCompleted",
    level=INFO,
    source=ASSUMED("the page sends it so; a client reports that it got no answer to it"),
    operations=STOP,
)
async def stop_without_ids(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.start()
        await session.command("StopTranscription", {}, message_id=None, task_id=None, appkey=None)
        completed = await session.event("TranscriptionCompleted")
    cloud.check.equal(completed.header.get("status"), 20000000, "status", facet=EVENTS)


@case(
    "RT-STOP-004",
    "a second StopTranscription fails with 40010005",
    sends="StopTranscription twice, at once",
    expects="TaskFailed with status 40010005",
    level=MUST,
    source=NLS_ERRORS("40010005"),
    operations=REFUSED,
    negative=True,
)
async def stop_twice(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.start()
        await session.command("StopTranscription")
        await session.command("StopTranscription")
        failed = await session.event("TaskFailed")
    cloud.check.equal(failed.header.get("status"), 40010005, "status", facet=EVENTS)


@case(
    "RT-STOP-005",
    "StopTranscription before StartTranscription fails with 40010005",
    sends="StopTranscription as the first message",
    expects="TaskFailed with status 40010005",
    level=MUST,
    source=NLS_ERRORS("40010005"),
    operations=REFUSED,
    negative=True,
)
async def stop_before_start(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.command("StopTranscription")
        failed = await session.event("TaskFailed")
    cloud.check.equal(failed.header.get("status"), 40010005, "status", facet=EVENTS)


@case(
    "RT-STOP-006",
    "the text of 40010005 names TASK_STATE_ERROR",
    sends="StopTranscription as the first message",
    expects="Gateway:TASK_STATE_ERROR: and a sentence in status_text",
    level=MUST,
    source=NLS_ERRORS("40010005"),
    operations=REFUSED,
    negative=True,
)
async def text_of_stop_before_start(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.command("StopTranscription")
        text = (await session.event("TaskFailed")).header.get("status_text")
    cloud.check.matches(text, r"Gateway:TASK_STATE_ERROR:.+", "status_text", facet=EVENTS)


@case(
    "RT-STOP-007",
    "StopTranscription after TranscriptionCompleted fails with 40010005",
    sends="a complete stream; StopTranscription again",
    expects="TaskFailed with status 40010005",
    level=INFO,
    source=ASSUMED("the error is documented for a stream that is not on; this is one that was"),
    operations=REFUSED,
    negative=True,
)
async def stop_after_completed(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.hear(cloud.silence(1))
        await session.command("StopTranscription")
        failed = await session.event("TaskFailed")
    cloud.check.equal(failed.header.get("status"), 40010005, "status", facet=EVENTS)


@case(
    "RT-STOP-008",
    "audio that is under way at StopTranscription does no harm",
    sends="StopTranscription; 100 ms of audio",
    expects="TranscriptionCompleted and no TaskFailed",
    level=INFO,
    source=ASSUMED("what comes of audio behind StopTranscription"),
    operations=STOP,
)
async def audio_after_stop(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.start()
        await session.push(cloud.speech)
        await session.command("StopTranscription")
        await session.send(cloud.silence(0.1))
        await session.event("TranscriptionCompleted")
        await session.leave()
    failures = len(session.named("TaskFailed"))
    cloud.check.equal(failures, 0, "the number of TaskFailed", facet=EVENTS)


@case(
    "RT-STOP-009",
    "our CLOSE after TranscriptionCompleted is answered",
    sends="a complete stream; CLOSE 1000",
    expects="a CLOSE with a code within 3 s, unless the service closed before",
    level=MUST,
    source=NLS_SDK("stop(), as measured"),
    operations=STOP,
)
async def close_after_completed(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.hear(cloud.speech)
        await session.leave()
    check_code(cloud, session)


@case(
    "RT-STOP-010",
    "the socket is still open some seconds after TranscriptionCompleted",
    sends="a complete stream; 5 s later StartTranscription on the same socket",
    expects="TranscriptionStarted",
    level=INFO,
    source=ASSUMED("who closes first, and when, no document says"),
    operations=STOP,
)
async def socket_stays_open(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.hear(cloud.silence(1))
        await cloud.pause(5)
        await session.start()
    cloud.check.equal(session.names[-1], "TranscriptionStarted", "the last event", facet=EVENTS)


@case(
    "RT-STOP-011",
    "who cuts the connection after TranscriptionCompleted leaves a meeting in order",
    sends="a complete stream; the connection is cut without CLOSE; GetTaskInfo",
    expects="TaskStatus PAUSED: the SDKs for Java and Node end all streams so",
    level=MUST,
    source=NLS_JAVA_SDK("close(), as measured"),
    operations=(*STOP, "GetTaskInfo"),
    time_limit=PAUSED_LIMIT_S,
)
async def cut_after_completed(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting()
    async with session:
        await session.hear(cloud.speech)
        await session.cut()
    await cloud.pause(0.5)  # until the service has noticed
    data = await cloud.tingwu.wait(task_id, "PAUSED")
    cloud.check.equal(data.get("TaskStatus"), "PAUSED", "TaskStatus")
