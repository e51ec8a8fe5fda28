"""The realtime WebSocket frame by frame: PING and PONG, CLOSE, fragments, and odd texts."""

from __future__ import annotations

import json

from websockets.frames import Frame, Opcode

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, case
from mock_tingwu.conformance.checks import CLOSE, EVENTS
from mock_tingwu.conformance.sources import (
    ASSUMED,
    LIVE_TRACES,
    NLS_CPP_SDK,
    NLS_JAVA_SDK,
    RFC6455,
    STREAM_PUSH,
)

from .realtime_connect import join_url
from .realtime_handshake import PLAIN
from .realtime_heard import USUAL, check_code

STREAM = ("StartTranscription",)


@case(
    "RT-CONNECT-021",
    "nothing is said before StartTranscription",
    sends="the handshake; nothing for a second",
    expects="no frame",
    level=MUST,
    source=STREAM_PUSH("interaction flow"),
    operations=STREAM,
)
async def silent_until_asked(cloud: Cloud) -> None:
    async with cloud.frames(await join_url(cloud), PLAIN) as stream:
        await cloud.pause(1)
        await stream.leave()
        said = [frame.opcode.name for frame in stream.frames if frame.opcode is not Opcode.CLOSE]
    cloud.check.equal(said, [], "what is said before StartTranscription", facet=EVENTS)


@case(
    "RT-CONNECT-022",
    "a PING is answered with a PONG that has the same content",
    sends="a PING with four bytes",
    expects="one PONG with them",
    level=MUST,
    source=RFC6455("5.5.3"),
    operations=STREAM,
)
async def pong_repeats(cloud: Cloud) -> None:
    async with cloud.frames(await join_url(cloud), PLAIN) as stream:
        await stream.send(Opcode.PING, b"ping")
        await stream.pong()
        await stream.leave()
        pongs = [bytes(frame.data) for frame in stream.of(Opcode.PONG)]
    cloud.check.equal(pongs, [b"ping"], "the PONGs", facet=EVENTS)


@case(
    "RT-CONNECT-023",
    "the empty PING of the SDKs is answered with an empty PONG",
    sends="an empty PING while the stream is on",
    expects="an empty PONG: the C++ SDK drains its two bytes and no more",
    level=MUST,
    source=NLS_CPP_SDK("webSocketTcp.cpp; the Python SDK sends such a PING every 8 s"),
    operations=STREAM,
)
async def pong_is_empty(cloud: Cloud) -> None:
    async with cloud.frames(await join_url(cloud), PLAIN) as stream:
        await stream.command("StartTranscription", {})
        await stream.event("TranscriptionStarted")
        await stream.send(Opcode.PING, b"")
        await stream.pong()
        await stream.leave()
        pongs = [bytes(frame.data) for frame in stream.of(Opcode.PONG)]
    cloud.check.equal(pongs, [b""], "the PONGs", facet=EVENTS)


@case(
    "RT-CONNECT-024",
    "the service sends no PING",
    sends="StartTranscription; 100 ms of audio every 8 s, for 24 s",
    expects="no PING: the C++ SDK stalls on one and the Java SDK never answers it",
    level=MUST,
    source=NLS_CPP_SDK("decodeFrameBodyWebSocketFrame"),
    operations=STREAM,
    time_limit=90,
)
async def no_ping(cloud: Cloud) -> None:
    async with cloud.frames(await join_url(cloud), PLAIN) as stream:
        await stream.command("StartTranscription", {})
        await stream.event("TranscriptionStarted")
        for _ in range(3):
            await cloud.pause(8)
            await stream.send(Opcode.BINARY, cloud.silence(0.1))
        await stream.leave()
        pings = len(stream.of(Opcode.PING))
    cloud.check.equal(pings, 0, "the number of PINGs", facet=EVENTS)


@case(
    "RT-CONNECT-025",
    "each event is one text frame, whole and unfragmented",
    sends="StartTranscription, speech, StopTranscription",
    expects="text frames with FIN alone: the Java SDK closes at a fragment, C++ parses each piece",
    level=MUST,
    source=NLS_JAVA_SDK("fragmented text, as measured"),
    operations=("SentenceEnd", "TranscriptionCompleted"),
)
async def events_are_unfragmented(cloud: Cloud) -> None:
    async with cloud.frames(await join_url(cloud), PLAIN) as stream:
        await stream.command("StartTranscription", {})
        await stream.event("TranscriptionStarted")
        for start in range(0, len(cloud.speech), 3200):
            await stream.send(Opcode.BINARY, cloud.speech[start : start + 3200])
            await cloud.tick()
        await stream.command("StopTranscription")
        await stream.until(lambda: b"TranscriptionCompleted" in _said(stream.frames), "an end")
        await stream.leave()
        frames = [frame for frame in stream.frames if frame.opcode is not Opcode.CLOSE]
    odd = [frame.opcode.name for frame in frames if not frame.fin or frame.opcode != Opcode.TEXT]
    cloud.check.equal(odd, [], "frames that are no whole text", facet=EVENTS)
    cloud.check.that(b"SentenceEnd" in _said(frames), "a SentenceEnd among them", facet=EVENTS)


@case(
    "RT-CONNECT-026",
    "a command in fragments is put together",
    sends="StartTranscription in three frames",
    expects="TranscriptionStarted",
    level=MUST,
    source=RFC6455("5.4"),
    operations=("StartTranscription",),
)
async def command_in_fragments(cloud: Cloud) -> None:
    header = {"namespace": "SpeechTranscriber", "name": "StartTranscription"}
    text = json.dumps({"header": header, "payload": {}}).encode()
    async with cloud.frames(await join_url(cloud), PLAIN) as stream:
        await stream.send(Opcode.TEXT, text[:10], fin=False)
        await stream.send(Opcode.CONT, text[10:40], fin=False)
        await stream.send(Opcode.CONT, text[40:])
        started = await stream.event("TranscriptionStarted")
        await stream.leave()
    cloud.check.equal(started["header"].get("status"), 20000000, "status", facet=EVENTS)


@case(
    "RT-CONNECT-027",
    "audio in fragments is put together, with a PING in between",
    sends="speech of which each message is two frames, a PING between the first two",
    expects="a SentenceEnd, and a PONG",
    level=MUST,
    source=RFC6455("5.4"),
    operations=("SentenceEnd",),
)
async def audio_in_fragments(cloud: Cloud) -> None:
    async with cloud.frames(await join_url(cloud), PLAIN) as stream:
        await stream.command("StartTranscription", {})
        await stream.event("TranscriptionStarted")
        for start in range(0, len(cloud.speech), 6400):
            await stream.send(Opcode.BINARY, cloud.speech[start : start + 3200], fin=False)
            if start == 0:
                await stream.send(Opcode.PING, b"")
            await stream.send(Opcode.CONT, cloud.speech[start + 3200 : start + 6400])
            await cloud.tick(0.2)
        await stream.command("StopTranscription")
        await stream.event("TranscriptionCompleted")
        await stream.pong()
        await stream.leave()
        names = [event["header"]["name"] for event in stream.events]
    cloud.check.equal(len(stream.of(Opcode.PONG)), 1, "the number of PONGs", facet=EVENTS)
    cloud.check.that("SentenceEnd" in names, "a SentenceEnd", names, facet=EVENTS)


@case(
    "RT-CONNECT-028",
    "our CLOSE in the midst of a stream is answered",
    sends="StartTranscription, speech; CLOSE 1000 without StopTranscription",
    expects="a CLOSE with a code within 3 s",
    level=MUST,
    source=RFC6455("5.5.1"),
    operations=("StartTranscription",),
)
async def close_in_stream_is_answered(cloud: Cloud) -> None:
    async with cloud.join(await join_url(cloud)) as session:
        await session.start()
        await session.push(cloud.speech[:64000])
        await session.leave()
    check_code(cloud, session)


@case(
    "RT-CONNECT-029",
    "the CLOSE that answers a browser's empty one has a code all the same",
    sends="the handshake; a CLOSE without a code, as a browser's close() sends it",
    expects="a CLOSE with a code",
    level=INFO,
    source=ASSUMED("a CLOSE without a code may be answered with its like (RFC 6455 5.5.1)"),
    operations=STREAM,
)
async def empty_close(cloud: Cloud) -> None:
    async with cloud.frames(await join_url(cloud), PLAIN) as stream:
        close = await stream.leave(b"")
    cloud.check.that(len(close.data) >= 2, "a code in the CLOSE", facet=CLOSE)


@case(
    "RT-CONNECT-030",
    'the text "Ping" does no harm',
    sends='the text "Ping", as a web client does every 8 s; speech',
    expects="no answer to it, and the events of a stream as ever",
    level=SHOULD,
    source=LIVE_TRACES("a web client's keep-alive"),
    operations=STREAM,
)
async def text_ping(cloud: Cloud) -> None:
    async with cloud.join(await join_url(cloud)) as session:
        await session.start()
        await session.send("Ping")
        await session.push(cloud.speech)
        await session.stop()
    cloud.check.that("SentenceEnd" in session.names, "a SentenceEnd", session.names, facet=EVENTS)
    others = set(session.names) - USUAL
    cloud.check.equal(others, set(), "events that answer it", facet=EVENTS)


@case(
    "RT-CONNECT-031",
    "a text that is no JSON does no harm before the stream either",
    sends="{ and an empty text; StartTranscription",
    expects="TranscriptionStarted",
    level=INFO,
    source=ASSUMED("what answers a text that is no JSON no document says"),
    operations=STREAM,
)
async def no_json(cloud: Cloud) -> None:
    async with cloud.join(await join_url(cloud)) as session:
        await session.send("{")
        await session.send("")
        await session.start()
    cloud.check.equal(session.names, ["TranscriptionStarted"], "the events", facet=EVENTS)


def _said(frames: list[Frame]) -> bytes:
    return b"".join(bytes(frame.data) for frame in frames)
