"""A web server on this machine: callbacks are posted to it, recordings are fetched from it."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from random import Random
from typing import Final

#: Of so many callbacks at a path with `AGAIN` in it one is refused with 500, to be sent again.
REFUSED_OF: Final = 25
AGAIN: Final = "again"
_LONGEST_HEAD: Final = 64 * 1024


class Receiver:
    """Takes POSTs at any path and serves ``recording`` at any other: a WAV file.

    ``taken`` counts by path the callbacks that were answered with 200.
    """

    def __init__(self, recording: bytes, random: Random) -> None:
        self.taken: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        #: What they said, by path, until somebody takes it.
        self.bodies: dict[str, list[bytes]] = {}
        self._recording = recording
        self._random = random
        self._server: asyncio.Server | None = None
        self.url = ""

    async def start(self) -> None:
        """Listen on a free port of the loopback."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", limit=_LONGEST_HEAD)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Listen no more."""
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Whoever broke off, or a head that is none, gets nothing.
        with contextlib.suppress(
            ConnectionError, asyncio.IncompleteReadError, ValueError, IndexError
        ):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, path, _ = head.split(" ", 2)
            if method == "POST":
                body = await reader.readexactly(_length(head))
                self.bodies.setdefault(path, []).append(body)
                await self._answer_callback(writer, path)
            else:
                await self._send_recording(writer, head, with_body=method == "GET")
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async def _answer_callback(self, writer: asyncio.StreamWriter, path: str) -> None:
        refused = AGAIN in path and self._random.randrange(REFUSED_OF) == 0
        (self.refused if refused else self.taken)[path] += 1
        status = b"500 No" if refused else b"200 OK"
        writer.write(b"HTTP/1.1 %b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status)
        await writer.drain()

    async def _send_recording(
        self, writer: asyncio.StreamWriter, head: str, *, with_body: bool
    ) -> None:
        size = len(self._recording)
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nContent-Length: %d\r\n"
            b"Connection: close\r\n\r\n" % size
        )
        if with_body:
            writer.write(self._recording)
        await writer.drain()


def _length(head: str) -> int:
    for line in head.split("\r\n"):
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            return int(value)
    return 0
