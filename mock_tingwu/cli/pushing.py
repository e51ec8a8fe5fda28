"""Audio on its way up and captions on their way down, for all commands that push."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Callable
from contextlib import suppress
from typing import Any

from mock_tingwu.cli.audio import Piece
from mock_tingwu.client.errors import StreamError
from mock_tingwu.client.stream import AudioStream
from mock_tingwu.client.stream_life import CATCH_UP


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
    Cancelled, as by Ctrl-C, it still stops the stream: what was said so far becomes final. A stream
    that ends by itself is not pushed into until ``pieces`` have ended: they may never.

    Raises:
        StreamError: the stream could not be begun, failed, or ended too early.
    """
    async with stream:
        listening = asyncio.create_task(_listen(stream, on_event))
        sending = asyncio.create_task(_send(stream, pieces, speed, on_position))
        try:
            await asyncio.wait({listening, sending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sending.cancel()
            # The outcomes tell of it, or who has cancelled does not mind.
            with suppress(StreamError):
                await stream.stop()
            outcomes = await asyncio.gather(listening, sending, return_exceptions=True)
        heard, sent = outcomes
        if isinstance(heard, Exception):
            raise heard
        if isinstance(sent, Exception) and not isinstance(sent, StreamError):
            raise sent
        await stream.stop()  # raises once more what it has failed with
        # Whether a piece was on its way when it ended makes no difference.
        if sent is not None:
            raise StreamError("The service ended the stream before all audio was pushed.")


async def _listen(stream: AudioStream[Any], on_event: Callable[[Any], None]) -> None:
    async for event in stream:
        on_event(event)


async def _send(
    stream: AudioStream[Any],
    pieces: AsyncIterable[Piece],
    speed: float,
    on_position: Callable[[int], None],
) -> None:
    """Push each piece at its time; what has become late is caught up with at `CATCH_UP` times."""
    now = asyncio.get_running_loop().time
    begun, sent = now(), 0
    async for piece in pieces:
        if piece.data:
            await stream.send(piece.data)
        on_position(piece.position)
        due = begun + piece.position / 1000 / speed
        lasted, sent = piece.position - sent, piece.position
        await asyncio.sleep(max(due - now(), lasted / 1000 / speed / CATCH_UP))
