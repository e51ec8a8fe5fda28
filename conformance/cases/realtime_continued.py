"""A meeting that goes on after a pause: numbers, times and texts over two streams."""

from __future__ import annotations

from mock_tingwu.conformance import INFO, SHOULD, Cloud, Need, case
from mock_tingwu.conformance.checks import EVENTS
from mock_tingwu.conformance.sources import ASSUMED, REALTIME
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

from .realtime_heard import transcript, two_streams

AGAIN = ("StartTranscription", "TranscriptionStarted")
END = ("SentenceEnd",)


@case(
    "RT-PAUSE-011",
    "index goes on where it stood before the pause",
    sends="two streams to one URL, the second without offsets",
    expects="index rises by one from sentence to sentence, over both",
    level=INFO,
    source=ASSUMED("whether index goes on or begins anew after a plain reconnection"),
    operations=END,
)
async def index_goes_on(cloud: Cloud) -> None:
    _, sentences, _ = await two_streams(cloud)
    indices = [sentence.get("index") for sentence in sentences]
    cloud.check.equal(indices, list(range(len(indices))), "index", facet=EVENTS)


@case(
    "RT-PAUSE-012",
    "time goes on where it stood before the pause",
    sends="two streams of 8 s to one URL, the second without offsets",
    expects="the same times in the second, 8 s later",
    level=INFO,
    source=ASSUMED("whether time goes on or begins anew after a plain reconnection"),
    operations=END,
)
async def time_goes_on(cloud: Cloud) -> None:
    _, sentences, first = await two_streams(cloud)
    later = sentences[first]["time"]
    in_second = isinstance(later, int) and 8000 < later <= 16000
    cloud.check.that(in_second, "a time between 8 and 16 s", later, facet=EVENTS)


@case(
    "RT-PAUSE-013",
    "tw_index_offset is the index of the last sentence that the client saw begin",
    sends="a second stream with tw_index_offset 6",
    expects="7 as its first index",
    level=INFO,
    source=ASSUMED("the C++ SDK sends it; what the service makes of it no document says"),
    operations=END,
)
async def index_offset(cloud: Cloud) -> None:
    _, sentences, first = await two_streams(cloud, tw_index_offset=6)
    cloud.check.equal(sentences[first].get("index"), 7, "index", facet=EVENTS)


@case(
    "RT-PAUSE-014",
    "tw_time_offset is the time at which the stream goes on",
    sends="a second stream of 8 s with tw_time_offset 60000",
    expects="times from 60 to 68 s",
    level=INFO,
    source=ASSUMED("the C++ SDK sends it; what the service makes of it no document says"),
    operations=END,
)
async def time_offset(cloud: Cloud) -> None:
    _, sentences, first = await two_streams(cloud, tw_time_offset=60000)
    time = sentences[first]["time"]
    in_second = isinstance(time, int) and 60000 < time <= 68000
    cloud.check.that(in_second, "a time between 60 and 68 s", time, facet=EVENTS)


@case(
    "RT-PAUSE-015",
    "the transcript has what was said before the pause and after it",
    sends="two streams to one URL; CreateTask operation=stop; the Transcription file",
    expects="about as much text as the SentenceEnd events of both streams",
    level=SHOULD,
    source=REALTIME("one meeting is one task, however often audio is pushed"),
    operations=("Transcription file",),
    time_limit=WITH_RESULTS_S,
)
async def transcript_has_both(cloud: Cloud) -> None:
    task_id, sentences, _ = await two_streams(cloud)
    said = sum(len(str(sentence.get("result"))) for sentence in sentences)
    written = len(await transcript(cloud, task_id))
    enough = f"at least three quarters of {said} characters"
    cloud.check.that(4 * written >= 3 * said, enough, written)


@case(
    "RT-PAUSE-016",
    "what was said before the connection was lost is in the transcript",
    sends="speech; the connection is cut; CreateTask operation=stop; the Transcription file",
    expects="a text",
    level=SHOULD,
    source=REALTIME("one meeting is one task, however often audio is pushed"),
    operations=("Transcription file",),
    time_limit=WITH_RESULTS_S,
)
async def transcript_after_cut(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting()
    async with session:
        await session.start()
        await session.push(cloud.speech)
        await session.event("SentenceEnd")
        await session.cut()
    await cloud.tingwu.wait(task_id, "PAUSED")
    cloud.check.that(bool(await transcript(cloud, task_id)), "a text in the transcript")


@case(
    "RT-PAUSE-017",
    "a meeting goes on after a pause of an hour",
    sends="a complete stream; an hour of nothing; the same URL, StartTranscription",
    expects="TranscriptionStarted",
    level=INFO,
    source=ASSUMED("a meeting may last for 24 h; how long a pause may is not said"),
    operations=AGAIN,
    needs=(Need.CLOCK,),
)
async def long_pause(cloud: Cloud) -> None:
    data = await cloud.tingwu.start()
    async with cloud.join(data["MeetingJoinUrl"]) as session:
        await session.hear(cloud.speech)
    await cloud.pause(3600)
    async with cloud.join(data["MeetingJoinUrl"]) as session:
        started = await session.start()
    cloud.check.equal(started.header.get("status"), 20000000, "status", facet=EVENTS)
