"""Audio of the realtime WebSocket: how it is cut, what it says, and which time counts."""

from __future__ import annotations

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, audio, case
from mock_tingwu.conformance.checks import EVENTS
from mock_tingwu.conformance.sources import (
    ASSUMED,
    JAVA_PUSH,
    JS_PUSH,
    LIVE_TRACES,
    NLS_CPP_SDK,
    NLS_TRANSCRIBER,
    STREAM_PUSH,
    Source,
)

from .realtime_heard import INTERIM, some

END = ("SentenceEnd",)


def _cut(id: str, size: int, seconds: float, who: str, source: Source) -> None:
    @case(
        id,
        f"speech in messages of {size} bytes is heard",
        sends=f"speech in messages of {size} bytes, one every {round(seconds * 1000)} ms: {who}",
        expects="a SentenceEnd",
        level=MUST,
        source=source,
        operations=END,
    )
    async def pieces(cloud: Cloud) -> None:
        _, session = await cloud.meeting()
        async with session:
            await session.start()
            await session.push(cloud.speech, piece=size, seconds=seconds)
            await session.stop()
        some(cloud, session, "SentenceEnd")


_cut("RT-AUDIO-001", 3200, 0.1, "as the Java demo does", JAVA_PUSH("3200 bytes every 100 ms"))
_cut(
    "RT-AUDIO-002",
    640,
    0.01,
    "twice as fast as it was said, as the Python demo does",
    STREAM_PUSH("640 bytes every 10 ms"),
)
_cut("RT-AUDIO-003", 8192, 0.256, "blocks of web audio", JS_PUSH("4096 samples at a time"))
_cut("RT-AUDIO-004", 16384, 0.512, "the most that the C++ SDK takes", NLS_CPP_SDK("sendAudio"))


@case(
    "RT-AUDIO-005",
    "how audio is cut into messages does not change when something is heard",
    sends="the same speech in messages of 3200 bytes and, in another meeting, of 1000",
    expects="as many sentences, at the same times",
    level=INFO,
    source=ASSUMED("binary messages are the bytes of the stream; how exact that is"),
    operations=END,
)
async def cut_changes_nothing(cloud: Cloud) -> None:
    heard = []
    for size in (3200, 1000):
        _, session = await cloud.meeting()
        async with session:
            await session.start()
            await session.push(cloud.speech, piece=size, seconds=size / 32000)
            await session.stop()
        some(cloud, session, "SentenceEnd")
        heard.append([sentence["time"] for sentence in session.sentences])
    cloud.check.equal(heard[1], heard[0], "the times in messages of 1000 bytes", facet=EVENTS)


@case(
    "RT-AUDIO-006",
    "a sample may be split between two messages",
    sends="speech in messages of 3201 bytes",
    expects="a SentenceEnd",
    level=INFO,
    source=ASSUMED("every known client sends whole samples"),
    operations=END,
)
async def odd_messages(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.start()
        await session.push(cloud.speech, piece=3201)
        await session.stop()
    some(cloud, session, "SentenceEnd")


@case(
    "RT-AUDIO-007",
    "a stream that ends in the midst of a sample is complete all the same",
    sends="speech and one byte more; StopTranscription",
    expects="TranscriptionCompleted",
    level=INFO,
    source=ASSUMED("every known client sends whole samples"),
    operations=("TranscriptionCompleted",),
)
async def one_byte_more(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.hear(cloud.speech + b"\0")
    some(cloud, session, "SentenceEnd")


@case(
    "RT-AUDIO-008",
    "an empty binary message does no harm",
    sends="an empty binary message in the midst of speech",
    expects="a SentenceEnd",
    level=INFO,
    source=ASSUMED("what an empty message does no document says"),
    operations=END,
)
async def empty_message(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.start()
        await session.push(cloud.speech[:64000])
        await session.send(b"")
        await session.push(cloud.speech[64000:])
        await session.stop()
    some(cloud, session, "SentenceEnd")


@case(
    "RT-AUDIO-009",
    "four seconds may come in one message",
    sends="speech in messages of 128000 bytes",
    expects="a SentenceEnd",
    level=INFO,
    source=ASSUMED("no document names a longest message"),
    operations=END,
)
async def long_messages(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.start()
        await session.push(cloud.speech, piece=128000, seconds=4)
        await session.stop()
    some(cloud, session, "SentenceEnd")


# What says nothing


@case(
    "RT-AUDIO-010",
    "silence is no sentence",
    sends="five seconds of silence",
    expects="no SentenceEnd with a text",
    level=SHOULD,
    source=NLS_TRANSCRIBER("StopTranscription: with silence alone there need be no SentenceEnd"),
    operations=END,
)
async def silence_says_nothing(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.hear(cloud.silence(5))
    texts = [s.get("result") for s in session.sentences if s.get("result")]
    cloud.check.equal(texts, [], "texts of silence", facet=EVENTS)


@case(
    "RT-AUDIO-011",
    "a stream of silence is complete as well",
    sends="five seconds of silence; StopTranscription",
    expects="TranscriptionCompleted within 10 s",
    level=SHOULD,
    source=NLS_TRANSCRIBER("StopTranscription: with silence alone there need be no SentenceEnd"),
    operations=("TranscriptionCompleted",),
)
async def silence_completes(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.hear(cloud.silence(5))
    cloud.check.equal(session.names[-1], "TranscriptionCompleted", "the last event", facet=EVENTS)


@case(
    "RT-AUDIO-012",
    "a stream without any audio is complete as well",
    sends="StartTranscription; StopTranscription",
    expects="TranscriptionCompleted within 10 s",
    level=INFO,
    source=ASSUMED("NLS also knows a failure 40000000, Empty audio data!"),
    operations=("TranscriptionCompleted",),
)
async def nothing_completes(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.hear(b"")
    expected = ["TranscriptionStarted", "TranscriptionCompleted"]
    cloud.check.equal(session.names, expected, "the events", facet=EVENTS)


@case(
    "RT-AUDIO-013",
    "a pure tone has no text",
    sends="five seconds of a tone of 1000 Hz",
    expects="no SentenceEnd with a text",
    level=SHOULD,
    source=LIVE_TRACES("a sine wave for audio"),
    operations=END,
)
async def tone_says_nothing(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.hear(audio.tone(5))
    texts = [s.get("result") for s in session.sentences if s.get("result")]
    cloud.check.equal(texts, [], "texts of a tone", facet=EVENTS)


# Which time counts


@case(
    "RT-AUDIO-014",
    "times count from the first byte of audio: silence before speech is part of it",
    sends="a meeting with OutputLevel 2; three seconds of silence, then the same speech as without",
    expects="a first sentence about three seconds later",
    level=MUST,
    source=NLS_TRANSCRIBER("time"),
    operations=("SentenceBegin",),
)
async def silence_counts(cloud: Cloud) -> None:
    begins = []
    for before in (b"", cloud.silence(3)):
        _, session = await cloud.meeting(INTERIM)
        async with session:
            await session.hear(before + cloud.speech)
        begins.append(some(cloud, session, "SentenceBegin")[0].payload.get("time", 0))
    later = begins[1] - begins[0]
    cloud.check.that(2500 <= later <= 3500, "about 3000 ms later", later, facet=EVENTS)


@case(
    "RT-AUDIO-015",
    "times are those of audio, not of clocks",
    sends="half of the speech; five seconds of nothing; the other half",
    expects="no time beyond the eight seconds that were pushed",
    level=MUST,
    source=NLS_TRANSCRIBER("time: how much audio was processed"),
    operations=END,
)
async def pauses_do_not_count(cloud: Cloud) -> None:
    half = 2 * 16000 * 4
    _, session = await cloud.meeting()
    async with session:
        await session.start()
        await session.push(cloud.speech[:half])
        await cloud.pause(5)
        await session.push(cloud.speech[half:])
        await session.stop()
    times = [e.payload.get("time", -1) for e in some(cloud, session, "SentenceEnd")]
    cloud.check.that(max(times) <= 8000, "times within 8 s of audio", times, facet=EVENTS)
