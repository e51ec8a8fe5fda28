"""What clients do, rightly: whole meetings, recordings, agents, live captions, hot words."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Final

from benchmarks.soak.faults import KINDS
from benchmarks.soak.scene import Scene
from mock_tingwu.client import (
    AgentStream,
    ClientError,
    MeetingStream,
    StreamError,
)

#: How often a task is looked at, and how long it may take, in seconds.
POLL_S, PATIENCE_S = 0.1, 20.0
FRAME: Final = 3_200


def parameters(scene: Scene, *, media: bool = False) -> tuple[dict[str, Any], set[str]]:
    """Some of what a task can be asked for, and the kinds of result that come of it."""
    kinds = {kind for kind in KINDS if scene.random.random() < 0.4}
    asked: dict[str, Any] = {f"{kind}Enabled": True for kind in sorted(kinds)}
    if "Translation" in kinds:
        asked["Translation"] = {"TargetLanguages": ["en"]}
    asked["Transcription"] = {"OutputLevel": scene.random.choice([1, 2])}
    if media and scene.random.random() < 0.1:
        asked["Transcoding"] = {"SpectrumEnabled": True}
    return asked, kinds | {"Transcription"}


def _piece(scene: Scene) -> bytes:
    """Some seconds of speech."""
    seconds = scene.random.choice([1, 3, 6])
    begin = scene.random.randrange(0, len(scene.audio) // 2, FRAME)
    return scene.audio[begin : begin + seconds * 32_000]


async def whole_meeting(scene: Scene) -> None:
    """Create, push, stop, wait, read every result."""
    asked, kinds = parameters(scene, media=True)
    task = await scene.tingwu.create_realtime(parameters=asked, task_key=_key(scene))
    scene.wanted[task.task_id] = kinds
    try:
        async with MeetingStream(task.join_url, patience=8) as stream:
            reader = asyncio.ensure_future(_read(stream))
            try:
                await stream.push(_piece(scene))
                if scene.random.random() < 0.3:
                    await stream.pause()
                    await stream.resume()
                    await stream.push(_piece(scene))
                await stream.stop()
            finally:
                await stream.close()
                await reader
    finally:
        await scene.tingwu.stop(task.task_id)
    info = await scene.tingwu.wait(task.task_id, poll_interval=POLL_S, timeout=PATIENCE_S)
    if info.status == "COMPLETED":
        await scene.tingwu.results(info)


async def _read(stream: MeetingStream | AgentStream) -> None:
    with contextlib.suppress(StreamError):
        async for _ in stream:
            pass


async def two_pushers(scene: Scene) -> None:
    """Two streams into the same meeting at the same time."""
    task = await scene.tingwu.create_realtime()

    async def push() -> None:
        async with MeetingStream(task.join_url, patience=8, reconnect=1) as stream:
            await stream.push(_piece(scene))
            await stream.stop()

    await asyncio.gather(push(), push(), return_exceptions=True)
    await scene.tingwu.stop(task.task_id)


async def abandoned_meeting(scene: Scene) -> None:
    """A meeting whose client vanishes: its connection is reset, nobody stops it."""
    task = await scene.tingwu.create_realtime(task_key=_key(scene))
    async with MeetingStream(task.join_url, patience=8, reconnect=0) as stream:
        await stream.push(_piece(scene))
        connection = stream._life.connection
        if connection is not None:
            connection.transport.abort()


async def recording(scene: Scene) -> None:
    """A recording: imagined, fetched from the receiver's site, or hosted by the mock."""
    asked, kinds = parameters(scene)
    number = scene.random.randrange(8)
    where = scene.random.choice(["imagined", "fetched", "hosted"])
    if where == "imagined":
        url = f"https://files.example.com/{number}.mp3?mock.duration_ms=60000"
    elif where == "fetched":
        url = f"{scene.receiver.url}/recordings/{number}.wav"
    else:
        body = scene.random.randbytes(64) if number == 0 else _wave(_piece(scene))
        answer = await scene.control.post(
            "/_mock/files", params={"scope": scene.name, "name": f"{number}.wav"}, content=body
        )
        answer.raise_for_status()
        url = answer.json()["url"]
    callbacks = scene.random.random() < 0.6
    task = await scene.tingwu.create_offline(
        url, task_key=_key(scene), callbacks=callbacks, parameters=asked
    )
    scene.wanted[task.task_id] = kinds
    if callbacks:
        scene.told.add(task.task_id)
    info = await scene.tingwu.wait(task.task_id, poll_interval=POLL_S, timeout=PATIENCE_S)
    if info.status == "COMPLETED":
        await scene.tingwu.results(info)
        if scene.random.random() < 0.3:
            asked, kinds = parameters(scene)
            asked.pop("Transcription")
            if asked:
                await scene.tingwu.rerun(task.task_id, asked)
                await scene.tingwu.wait(task.task_id, poll_interval=POLL_S, timeout=PATIENCE_S)
    if where == "hosted":
        file_id = answer.json()["id"]
        with contextlib.suppress(Exception):  # another actor may have deleted the same file
            await scene.ask("DELETE", f"files/{file_id}")


def _wave(pcm: bytes) -> bytes:
    size = len(pcm).to_bytes(4, "little")
    whole = (len(pcm) + 36).to_bytes(4, "little")
    head = bytes.fromhex("666d74201000000001000100803e0000007d000002001000")
    return b"RIFF" + whole + b"WAVE" + head + b"data" + size + pcm


async def agent_recording(scene: Scene) -> None:
    """DashScope: a recording or a text, and what comes of it."""
    analysis = {"analysis": {"autoChaptersEnabled": True, "textPolishEnabled": True}}
    if scene.random.random() < 0.5:
        task = await scene.dashscope.create_offline(
            "https://files.example.com/a.mp3?mock.duration_ms=30000", parameters=analysis
        )
    else:
        task = await scene.dashscope.create_offline(
            text="Anna: When does it start?\nBen: At ten o'clock.", parameters=analysis
        )
    info = await scene.dashscope.wait(task.data_id, poll_interval=POLL_S, timeout=PATIENCE_S)
    if info.error is None:
        await scene.dashscope.results(info)


async def agent_meeting(scene: Scene) -> None:
    """DashScope: a realtime meeting over the WebSocket, ended by the API."""
    task = await scene.dashscope.create_realtime()
    try:
        async with scene.dashscope.stream(task.data_id, patience=8) as stream:
            reader = asyncio.ensure_future(_read(stream))
            try:
                await stream.push(_piece(scene))
                await stream.stop()
            finally:
                await stream.close()
                await reader
    finally:
        await scene.dashscope.end_realtime(task.data_id)
    info = await scene.dashscope.wait(task.data_id, poll_interval=POLL_S, timeout=PATIENCE_S)
    if info.error is None:
        await scene.dashscope.results(info)


async def instructions(scene: Scene) -> None:
    """DashScope's industrial agent, with a key that expires."""
    await scene.dashscope.create_token(60)
    async with scene.dashscope.instruct(patience=8) as stream:
        await stream.push(_piece(scene))
        await stream.stop()


async def live_captions(scene: Scene) -> None:
    """A live stream that is pulled or imagined, or a channel; captions go to the receiver."""
    where = scene.random.choice(["pulled", "imagined", "channel"])
    callback = scene.address("live")
    if where == "channel":
        task_id = await scene.live.caption_user(scene.keys["sdk"], "c", "u", callback)
    else:
        url = "rtmp://pull.example.com/app/lesson"
        if where == "pulled":
            url = f"{scene.receiver.url}/stream.wav"
        task_id = await scene.live.caption_stream(
            url, callback, translate_into="en", auth_key="k" * 16, auto_terminate_s=1
        )
    try:
        await asyncio.sleep(scene.random.uniform(0.5, 2.5))
        await scene.live.find(task_id)
    finally:
        await scene.live.stop(task_id)
    if scene.random.random() < 0.3:
        await scene.live.delete(task_id)


async def hot_words(scene: Scene) -> None:
    """A list of hot words from its making to its end."""
    phrase_id = await scene.tingwu.create_phrases("soak", {"火龙果": 3})
    try:
        await scene.tingwu.get_phrases(phrase_id)
        await scene.tingwu.update_phrases(phrase_id, "soak", {"西瓜": -6})
        await scene.tingwu.list_phrases()
        task = await scene.tingwu.create_offline(
            "https://files.example.com/words.mp3?mock.duration_ms=20000",
            parameters={"Transcription": {"PhraseId": phrase_id}},
        )
        await scene.tingwu.wait(task.task_id, poll_interval=POLL_S, timeout=PATIENCE_S)
    finally:
        with contextlib.suppress(ClientError):
            await scene.tingwu.delete_phrases(phrase_id)


def _key(scene: Scene) -> str | None:
    """A TaskKey, sometimes with a marker in it."""
    marker = scene.random.choice(["", "", "--mock.ws_drop=SentenceEnd@1", "--mock.latency=20"])
    return f"key-{scene.random.randrange(1000)}{marker}"
