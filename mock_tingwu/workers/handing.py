"""Passing a connection on to another worker: its descriptor, and what was read of it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

log = logging.getLogger("mock_tingwu")

#: What is longer than this travels in memory of its own, in bytes.
_INLINE: Final = 16 * 1024
_LONGEST: Final = 64 * 1024
#: How long a worker that is being started again may take until it reads what waits for it, in s.
PATIENCE_S: Final = 20.0
#: Pauses between attempts where its queue is full, in s.
_RETRY_S: Final = 0.01
#: So often a connection is passed on before somebody has answered a request: once is enough.
MOST_HOPS: Final = 4


class Opened(msgspec.Struct, array_like=True, frozen=True):
    """A WebSocket that is open, from its handshake on, and the scope in which it is to go on."""

    target: str
    scope: str


class Letter(msgspec.Struct, array_like=True, frozen=True):
    """What comes with a connection.

    ``read`` was read of it and belongs to what is to be answered. ``hops`` is how often it has been
    passed on for that.
    """

    read: bytes
    hops: int = 1
    opened: Opened | None = None


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Letter).decode


class Mailbox:
    """Where one worker gets connections. What waits there outlives the worker.

    It is made by the supervisor, which keeps both ends for the worker's successors.
    """

    def __init__(self) -> None:
        self._inner, self._outer = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (self._inner, self._outer):
            end.setblocking(False)

    def put(self, descriptor: int, letter: Letter) -> None:
        """Send a descriptor, of which the receiver gets one of its own.

        Raises:
            BlockingIOError: it is full.
            OSError: it cannot be sent.
        """
        if len(letter.read) <= _INLINE:
            socket.send_fds(self._outer, [_encode(letter)], [descriptor])
            return
        with contextlib.closing(_Memory(letter.read)) as memory:
            short = Letter(b"", letter.hops, letter.opened)
            socket.send_fds(self._outer, [_encode(short)], [descriptor, memory.descriptor])

    def take(self) -> tuple[socket.socket, Letter] | None:
        """The next connection; None if this process may open no more descriptors: it is lost.

        Raises:
            BlockingIOError: there is none.
        """
        data, descriptors, flags, _ = socket.recv_fds(self._inner, _LONGEST, 2)
        if flags & socket.MSG_CTRUNC:
            for descriptor in descriptors:
                os.close(descriptor)
            return None
        letter = _decode(data)
        if len(descriptors) == 2:
            with os.fdopen(descriptors[1], "rb") as memory:
                memory.seek(0)
                letter = Letter(memory.read(), letter.hops, letter.opened)
        return socket.socket(fileno=descriptors[0]), letter

    def close(self) -> None:
        """Close both ends, and whatever waits there."""
        self._inner.close()
        self._outer.close()

    def fileno(self) -> int:
        """Readable when there is a connection."""
        return self._inner.fileno()


class _Memory:
    """Bytes behind a descriptor."""

    def __init__(self, data: bytes) -> None:
        self.descriptor = os.memfd_create("mock-tingwu")
        view = memoryview(data)
        while view:
            view = view[os.write(self.descriptor, view) :]

    def close(self) -> None:
        os.close(self.descriptor)


class Switch:
    """One worker's part in passing on connections."""

    def __init__(self, number: int, mailboxes: Sequence[Mailbox]) -> None:
        self._number = number
        self._mailboxes = mailboxes
        #: How many connections this worker has passed on, and how many it was given.
        self.given = self.taken = 0
        self._jobs: set[asyncio.Task[None]] = set()

    def begin(self, welcome: Callable[[socket.socket, Letter], None]) -> None:
        """From now on call ``welcome`` for every connection that comes. Needs the event loop."""
        mailbox = self._mailboxes[self._number]

        def arrived() -> None:
            try:
                taken = mailbox.take()
            except BlockingIOError:
                return
            if taken is None:
                log.error("too many files are open: a connection is closed")
                return
            self.taken += 1
            welcome(*taken)

        asyncio.get_running_loop().add_reader(mailbox.fileno(), arrived)

    async def end(self) -> None:
        """Take no more: that is for this worker's successor."""
        asyncio.get_running_loop().remove_reader(self._mailboxes[self._number].fileno())

    def give(self, worker: int, descriptor: int, letter: Letter, *, counts: bool = True) -> None:
        """Pass a connection on, and close the ``descriptor``. ``counts``: it is a client's."""
        if letter.hops > MOST_HOPS:
            log.error("a defect of the mock: no worker takes a connection, which is closed")
            os.close(descriptor)
            return
        self.given += counts
        try:
            self._mailboxes[worker].put(descriptor, letter)
        except BlockingIOError:
            job = asyncio.ensure_future(self._give_later(worker, descriptor, letter))
            self._jobs.add(job)
            job.add_done_callback(self._jobs.discard)
            return
        except OSError as error:
            log.error("a connection cannot be passed on and is closed: %s", error)
        os.close(descriptor)

    async def _give_later(self, worker: int, descriptor: int, letter: Letter) -> None:
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        try:
            while asyncio.get_running_loop().time() < deadline:
                await asyncio.sleep(_RETRY_S)
                with contextlib.suppress(BlockingIOError):
                    self._mailboxes[worker].put(descriptor, letter)
                    return
            log.error("worker %d takes no connections; one is closed", worker)
        except OSError as error:
            log.error("a connection cannot be passed on and is closed: %s", error)
        finally:
            os.close(descriptor)
