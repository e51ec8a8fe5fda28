"""Audio of the realtime WebSocket: formats and rates of CreateTask."""

from __future__ import annotations

from typing import Any

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, audio, case
from mock_tingwu.conformance.checks import EVENTS
from mock_tingwu.conformance.sources import (
    ASSUMED,
    NLS_CPP_SDK,
    REALTIME,
)
from mock_tingwu.conformance.streams import MeetingSession

from .realtime_heard import some

END = ("CreateTask", "SentenceEnd")
#: Bytes of a message, of streams with about 3 kB a second.
PIECE = 300


async def pushed(
    cloud: Cloud, data: bytes, *, piece: int = 3200, seconds: float = 0.1, **fields: Any
) -> MeetingSession:
    """Push this into a meeting with these fields of Input; the payload says nothing of them."""
    _, session = await cloud.meeting(**fields)
    async with session:
        await session.command("StartTranscription", {})
        await session.event("TranscriptionStarted")
        await session.push(data, piece=piece, seconds=seconds)
        await session.stop()
    return session


@case(
    "RT-AUDIO-016",
    "pcm at 16000 Hz is heard",
    sends="a meeting with Format pcm and SampleRate 16000; speech",
    expects="a SentenceEnd, with times within the eight seconds",
    level=MUST,
    source=REALTIME("Input.Format, Input.SampleRate"),
    operations=END,
)
async def pcm_16000(cloud: Cloud) -> None:
    session = await pushed(cloud, cloud.speech)
    _check_times(cloud, session)


@case(
    "RT-AUDIO-017",
    "pcm at 8000 Hz is heard, and its times are those of 8000 Hz",
    sends="a meeting with Format pcm and SampleRate 8000; the same speech at that rate",
    expects="a SentenceEnd after six seconds and within the eight",
    level=MUST,
    source=REALTIME("Input.Format, Input.SampleRate"),
    operations=END,
)
async def pcm_8000(cloud: Cloud) -> None:
    speech = audio.at_rate(cloud.speech, 8000)
    session = await pushed(cloud, speech, piece=1600, SampleRate=8000)
    _check_times(cloud, session)


def _check_times(cloud: Cloud, session: MeetingSession) -> None:
    last = some(cloud, session, "SentenceEnd")[-1].payload.get("time", -1)
    cloud.check.that(6000 <= last <= 8000, "the last time between 6 and 8 s", last, facet=EVENTS)


def _format(id: str, format: str, name: str, how: str) -> None:
    @case(
        id,
        f"{format} {how} is heard",
        sends=f"a meeting with Format {format} and SampleRate 16000; speech in that format",
        expects="a SentenceEnd, with times within nine seconds",
        level=MUST,
        source=REALTIME("Input.Format"),
        operations=END,
    )
    async def compressed(cloud: Cloud) -> None:
        data = audio.media(name)
        session = await pushed(cloud, data, piece=PIECE, Format=format)
        times = [e.payload.get("time", -1) for e in some(cloud, session, "SentenceEnd")]
        cloud.check.that(max(times) <= 9000, "times within 9 s of audio", times, facet=EVENTS)


_format("RT-AUDIO-018", "opus", "stream.opus", "in Ogg")
_format("RT-AUDIO-019", "speex", "stream.spx", "in Ogg")
_format("RT-AUDIO-020", "mp3", "stream.mp3", "frame by frame")
_format("RT-AUDIO-021", "aac", "stream.aac", "in ADTS frames")


@case(
    "RT-AUDIO-022",
    "a WAV file may be pushed as pcm",
    sends="a meeting with Format pcm; a WAV file, its header at first",
    expects="a SentenceEnd",
    level=MUST,
    source=REALTIME("Input.Format: pcm, raw or in WAV"),
    operations=END,
)
async def wav_as_pcm(cloud: Cloud) -> None:
    session = await pushed(cloud, audio.wav(cloud.speech))
    some(cloud, session, "SentenceEnd")


@case(
    "RT-AUDIO-023",
    "the header of a WAV file is no speech, nor is the silence after it",
    sends="a WAV file that begins with ten seconds of silence",
    expects="no sentence within these",
    level=SHOULD,
    source=NLS_CPP_SDK("run_functional_test.sh"),
    operations=END,
)
async def wav_with_silence(cloud: Cloud) -> None:
    session = await pushed(cloud, audio.wav(cloud.silence(10) + cloud.speech))
    words = some(cloud, session, "SentenceEnd")[0].payload.get("words") or [{}]
    first = words[0].get("startTime", -1)
    cloud.check.that(first >= 10000, "a first word after 10 s", first, facet=EVENTS)


@case(
    "RT-AUDIO-024",
    "bytes that are no Ogg fail a stream in opus with 40270003",
    sends="a meeting with Format opus; speech in pcm",
    expects="TaskFailed with status 40270003",
    level=INFO,
    source=ASSUMED("NLS calls it DECODE_ERROR; whether Tingwu says it no document tells"),
    operations=("TaskFailed",),
    negative=True,
)
async def no_ogg(cloud: Cloud) -> None:
    _, session = await cloud.meeting(Format="opus")
    async with session:
        await session.start()
        await session.send(cloud.speech[64000:96000])
        failed = await session.event("TaskFailed")
    cloud.check.equal(failed.header.get("status"), 40270003, "status", facet=EVENTS)


@case(
    "RT-AUDIO-025",
    "a frame of several speakers' streams is heard by what is mixed in it",
    sends="a meeting with MultipleStreamsEnabled; speech in MultiAudioFrame messages",
    expects="a SentenceEnd",
    level=INFO,
    source=ASSUMED("the messages are documented for the API of 2022 alone"),
    operations=END,
)
async def several_streams(cloud: Cloud) -> None:
    _, session = await cloud.meeting(MultipleStreamsEnabled=True)
    async with session:
        await session.start()
        for start in range(0, len(cloud.speech), 3200):
            await session.send(_mixed(cloud.speech[start : start + 3200]))
            await cloud.tick()
        await session.stop()
    some(cloud, session, "SentenceEnd")


def _mixed(pcm: bytes) -> bytes:
    """MultiAudioFrame in protobuf: frame_size 100 ms and mixed_data, nobody's own audio."""
    length = bytes([len(pcm) & 0x7F | 0x80, len(pcm) >> 7])
    return b"\x08\x64\x12" + length + pcm


@case(
    "RT-AUDIO-026",
    "format PCM, which NLS refuses for its capitals, is ignored like any other in the payload",
    sends="a meeting in pcm; StartTranscription with format PCM, speech",
    expects="a SentenceEnd",
    level=INFO,
    source=ASSUMED("NLS answers 40010003; whether Tingwu looks at format at all no document says"),
    operations=END,
)
async def format_in_capitals(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.start(format="PCM")
        await session.push(cloud.speech)
        await session.stop()
    some(cloud, session, "SentenceEnd")
