"""Streams frame by frame: a handshake just as it is written, and every frame of the service."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from websockets.frames import Opcode

from mock_tingwu.conformance import Cloud, Deviation, load
from mock_tingwu.conformance.benches import PrivateBench
from mock_tingwu.conformance.outside import Outside

KEY = "x3JJHMbDL1EzLkh9GBhXDw=="
HEADERS = [
    ("Host", "HOST"),
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", KEY),
]


@asynccontextmanager
async def private_cloud() -> AsyncIterator[Cloud]:
    bench = PrivateBench()
    with Outside() as outside:
        async with bench.site(load()["RT-CONNECT-001"], outside) as site:
            cloud = Cloud(site, outside, bench.pacing)
            try:
                yield cloud
            finally:
                await cloud.close()


def in_cloud(act: Callable[[Cloud], Awaitable[None]]) -> None:
    async def run() -> None:
        async with private_cloud() as cloud:
            await act(cloud)

    asyncio.run(run())


def test_frames_of_both_sides_are_seen_and_kept_without_secrets() -> None:
    async def act(cloud: Cloud) -> None:
        url = str((await cloud.tingwu.start())["MeetingJoinUrl"])
        async with cloud.frames(url, HEADERS) as stream:
            assert stream.handshake.status == 101
            assert stream.handshake.values("upgrade") == ["websocket"]
            await stream.command("StartTranscription", {})
            started = await stream.event("TranscriptionStarted")
            assert started["header"]["status"] == 20000000
            await stream.send(Opcode.BINARY, cloud.silence(0.1))
            await stream.send(Opcode.PING, b"1234")
            assert bytes((await stream.pong()).data) == b"1234"
            close = await stream.leave()
            assert bytes(close.data)[:2] == b"\x03\xe8"
        kept = cloud.http.wire.frames
        assert [(frame.sent, frame.audio) for frame in kept if frame.audio] == [(True, 3200)]
        assert any("PONG" in frame.text for frame in kept if not frame.sent)
        assert url.partition("mc=")[2] not in repr(kept)

    in_cloud(act)


def test_a_refused_handshake_is_an_answer_like_any_other() -> None:
    async def act(cloud: Cloud) -> None:
        url = str((await cloud.tingwu.start())["MeetingJoinUrl"])
        async with cloud.frames(url.partition("?")[0], HEADERS) as stream:
            assert stream.handshake.status == 403
            assert stream.is_closed
            with pytest.raises(Deviation, match="expected a PONG, but the connection is gone"):
                await stream.pong()

    in_cloud(act)


def test_who_does_not_speak_http_deviates() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"nonsense\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()

        async def act(cloud: Cloud) -> None:
            port = listener.getsockname()[1]
            with pytest.raises(Deviation, match=r"to be answered with HTTP/1\.1"):
                async with cloud.frames(f"ws://127.0.0.1:{port}/", HEADERS):
                    pass

        in_cloud(act)
        thread.join(10)
