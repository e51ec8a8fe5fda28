"""How long a live task lives: until it is stopped, or its stream has been away for too long."""

from __future__ import annotations

from typing import Final

from mock_tingwu.conformance import INFO, MUST, Cloud, Need, case
from mock_tingwu.conformance.captions import RESULT_CHANGED, SENTENCE_END, Captions
from mock_tingwu.conformance.checks import EVENTS
from mock_tingwu.conformance.sources import ASSUMED, LIVE_CREATE, LIVE_DELETE, LIVE_STOP

from ._live_tasks import CALLBACK, CREATE, DELETE, LISTENS, QUERY, SPEECH_S, STOP

#: A stream that ends when the case wants: only a mock imagines one.
ENDS: Final = (*LISTENS, Need.SETTINGS, Need.CLOCK)
_TERMINATES: Final = LIVE_CREATE("AutoTerminateEnabled, AutoTerminateDelay")


async def _of_a_short_stream(cloud: Cloud, seconds: float, **parameters: str) -> Captions:
    """A task whose stream is over after so many seconds, and is heard to its end."""
    stream = f"{cloud.site.stream_url}?mock.duration_ms={round(seconds * 1000)}"
    captions = await cloud.live.caption(StreamURL=stream, ReportInterval="-1", **parameters)
    await cloud.pause(seconds)
    return captions


async def _runs(cloud: Cloud, task_id: str) -> bool:
    return task_id in await cloud.live.tasks()


@case(
    "LV-LIFE-001",
    "a task runs as long as its stream is on",
    sends="CreateRtcAsrTask with AutoTerminateEnabled and a delay of 1 s; 30 s of stream",
    expects="the task still runs",
    level=MUST,
    source=_TERMINATES,
    operations=CREATE + QUERY,
    needs=LISTENS,
)
async def runs_with_its_stream(cloud: Cloud) -> None:
    captions = await cloud.live.caption(
        ReportInterval="-1", AutoTerminateEnabled="true", AutoTerminateDelay="1"
    )
    await cloud.pause(30)
    cloud.check.that(await _runs(cloud, captions.task_id), "a task that runs")


@case(
    "LV-LIFE-002",
    "a task without AutoTerminateEnabled outlives its stream",
    sends="CreateRtcAsrTask without AutoTerminateEnabled; the stream ends; a minute passes",
    expects="the task still runs",
    level=MUST,
    source=LIVE_CREATE("AutoTerminateEnabled, false by default"),
    operations=CREATE + QUERY,
    needs=ENDS,
)
async def outlives_its_stream(cloud: Cloud) -> None:
    captions = await _of_a_short_stream(cloud, 4)
    await cloud.pause(60)
    cloud.check.that(await _runs(cloud, captions.task_id), "a task that runs")


@case(
    "LV-LIFE-003",
    "an AutoTerminateDelay alone ends nothing",
    sends="CreateRtcAsrTask with AutoTerminateDelay=1 alone; the stream ends; a minute passes",
    expects="the task runs on",
    level=MUST,
    source=LIVE_CREATE("AutoTerminateEnabled, false by default"),
    operations=CREATE + QUERY,
    needs=ENDS,
)
async def delay_alone(cloud: Cloud) -> None:
    captions = await _of_a_short_stream(cloud, 4, AutoTerminateDelay="1")
    await cloud.pause(60)
    cloud.check.that(await _runs(cloud, captions.task_id), "a task that runs")


@case(
    "LV-LIFE-004",
    "a task ends when its stream was away for the delay",
    sends="AutoTerminateEnabled=true, AutoTerminateDelay=3; the stream ends; 4 s pass",
    expects="the task does not run any more",
    level=MUST,
    source=_TERMINATES,
    operations=CREATE + QUERY,
    needs=ENDS,
)
async def ends_after_the_delay(cloud: Cloud) -> None:
    captions = await _of_a_short_stream(
        cloud, 4, AutoTerminateEnabled="true", AutoTerminateDelay="3"
    )
    await cloud.pause(4)
    cloud.check.that(not await _runs(cloud, captions.task_id), "a task that does not run")


@case(
    "LV-LIFE-005",
    "a task does not end before the delay is over",
    sends="AutoTerminateEnabled=true, AutoTerminateDelay=8; the stream ends; 6 s pass",
    expects="the task runs still",
    level=MUST,
    source=_TERMINATES,
    operations=CREATE + QUERY,
    needs=ENDS,
)
async def lives_through_the_delay(cloud: Cloud) -> None:
    captions = await _of_a_short_stream(
        cloud, 4, AutoTerminateEnabled="true", AutoTerminateDelay="8"
    )
    await cloud.pause(6)
    cloud.check.that(await _runs(cloud, captions.task_id), "a task that runs")


@case(
    "LV-LIFE-006",
    "the usual delay is 10 s",
    sends="AutoTerminateEnabled=true without AutoTerminateDelay; the stream ends",
    expects="the task runs after 9 s, and does not after 11 s",
    level=INFO,
    source=ASSUMED("the usual AutoTerminateDelay"),
    operations=CREATE + QUERY,
    needs=ENDS,
)
async def usual_delay(cloud: Cloud) -> None:
    captions = await _of_a_short_stream(cloud, 4, AutoTerminateEnabled="true")
    await cloud.pause(9)
    cloud.check.that(await _runs(cloud, captions.task_id), "a task that runs after 9 s")
    await cloud.pause(2)
    cloud.check.that(not await _runs(cloud, captions.task_id), "one that does not after 11 s")


@case(
    "LV-LIFE-007",
    "a task that ended by itself can be stopped",
    sends="AutoTerminateEnabled=true; the stream ends; StopRtcAsrTask after the delay",
    expects="RetCode 2000",
    level=INFO,
    source=ASSUMED("Stop of a task that has ended"),
    operations=STOP,
    needs=ENDS,
)
async def stop_after_the_end(cloud: Cloud) -> None:
    captions = await _of_a_short_stream(
        cloud, 4, AutoTerminateEnabled="true", AutoTerminateDelay="1"
    )
    await cloud.pause(2)
    cloud.check.equal((await cloud.live.stop(captions.task_id)).done["RetCode"], 2000, "RetCode")


@case(
    "LV-LIFE-008",
    "after Stop no caption comes any more",
    sends="captions, StopRtcAsrTask, and 15 s more",
    expects="nothing comes but what ends the sentence that was open",
    level=MUST,
    source=LIVE_STOP("what it does"),
    operations=STOP + CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def stop_ends_captions(cloud: Cloud) -> None:
    captions = await cloud.live.caption(ReportInterval="0")
    await captions.hear(1)
    cloud.check.equal((await cloud.live.stop(captions.task_id)).done["RetCode"], 2000, "RetCode")
    await cloud.pause(3)
    before = len(captions.so_far)
    await cloud.pause(12)
    cloud.check.equal(len(captions.so_far), before, "the captions 12 s later", facet=EVENTS)


@case(
    "LV-LIFE-009",
    "after Delete no caption comes any more",
    sends="captions, DeleteRtcAsrTask, and 15 s more",
    expects="nothing comes but what ends the sentence that was open",
    level=MUST,
    source=LIVE_DELETE("what it does"),
    operations=DELETE + CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def delete_ends_captions(cloud: Cloud) -> None:
    captions = await cloud.live.caption(ReportInterval="0")
    await captions.hear(1)
    cloud.check.equal((await cloud.live.delete(captions.task_id)).done["RetCode"], 2000, "RetCode")
    await cloud.pause(3)
    before = len(captions.so_far)
    await cloud.pause(12)
    cloud.check.equal(len(captions.so_far), before, "the captions 12 s later", facet=EVENTS)


@case(
    "LV-LIFE-010",
    "Stop makes a sentence of what was open",
    sends="StopRtcAsrTask in the midst of a sentence",
    expects="a SentenceEnd with the index of the last interim result",
    level=INFO,
    source=ASSUMED("what becomes of a sentence that is open"),
    operations=STOP + CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def stop_ends_the_sentence(cloud: Cloud) -> None:
    captions = await cloud.live.caption(ReportInterval="0")
    await captions.hear(1, RESULT_CHANGED)
    await cloud.pause(1.5)
    last = captions.named(RESULT_CHANGED)[-1].payload["index"]
    await cloud.live.stop(captions.task_id)
    await cloud.pause(3)
    ended = [caption.payload["index"] for caption in captions.named(SENTENCE_END)]
    cloud.check.that(last in ended, f"a SentenceEnd of sentence {last}", ended, facet=EVENTS)


@case(
    "LV-LIFE-011",
    "the next task of a stream counts from 0 again",
    sends="captions, DeleteRtcAsrTask, CreateRtcAsrTask with the same parameters, captions",
    expects="the index of the first SentenceEnd is 0 both times",
    level=INFO,
    source=ASSUMED("where a second task for the same stream begins to count"),
    operations=CREATE + CALLBACK,
    needs=LISTENS,
    time_limit=2 * SPEECH_S,
)
async def counts_anew(cloud: Cloud) -> None:
    for which in ("first", "second"):
        captions = await cloud.live.caption(ReportInterval="-1")
        await captions.hear(1)
        await cloud.live.delete(captions.task_id)
        index = captions.named(SENTENCE_END)[0].payload["index"]
        cloud.check.equal(index, 0, f"index of the {which} task's first SentenceEnd")
