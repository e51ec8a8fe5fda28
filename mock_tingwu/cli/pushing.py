"""Audio on its way up and captions on their way down, for all commands that push."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Callable
from typing import Any

from mock_tingwu.cli.audio import Piece
from mock_tingwu.client.stream import AudioStream


async def push(
    stream: AudioStream[Any],
    pieces: AsyncIterable[Piece],
    *,
    speed: float,
    on_event: Callable[[Any], None],
    on_position: Callable[[int], None],
) -> None:
    """Enter a stream, push everything ``speed`` times as fast as it was spoken, and stop it.

    ``on_event`` is told every event, ``on_position`` how many ms of audio have been pushed.
    Cancelled, as by Ctrl-C, it still stops the stream: what was said so far becomes final.

    Raises:
        StreamError: the stream could not be begun, or failed.
    """
    listener: asyncio.Task[None] | None = None
    try:
        async with stream:
            listener = asyncio.create_task(_listen(stream, on_event))
            try:
                await _send(stream, pieces, speed, on_position)
            finally:
                await stream.stop()
    finally:
        if listener is not None:
            await listener


async def _listen(stream: AudioStream[Any], on_event: Callable[[Any], None]) -> None:
    async for event in stream:
        on_event(event)


async def _send(
    stream: AudioStream[Any],
    pieces: AsyncIterable[Piece],
    speed: float,
    on_position: Callable[[int], None],
) -> None:
    now = asyncio.get_running_loop().time
    begun = now()
    async for piece in pieces:
        if piece.data:
            await stream.send(piece.data)
        on_position(piece.position)
        await asyncio.sleep(begun + piece.position / 1000 / speed - now())
