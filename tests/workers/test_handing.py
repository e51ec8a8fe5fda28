"""Connections travel with what was read of them, and wait where nobody takes them yet."""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing

import pytest

from mock_tingwu.workers.handing import MOST_HOPS, Letter, Mailbox, Opened, Switch
from tests.realtime.helpers import PATIENCE


@pytest.mark.parametrize("size", [0, 10, 16_384, 16_385, 1_000_000])
@pytest.mark.parametrize("opened", [None, Opened("/path", "scope")])
def test_what_is_sent_is_what_comes(size: int, opened: Opened | None) -> None:
    letter = Letter(bytes(range(256)) * (size // 256) + bytes(size % 256), 2, opened)
    ours, theirs = socket.socketpair()
    with closing(Mailbox()) as mailbox, ours:
        with theirs:
            mailbox.put(theirs.fileno(), letter)
        taken = mailbox.take()
        assert taken is not None
        with taken[0] as connection:
            connection.sendall(b"still there")
            assert (ours.recv(100), taken[1]) == (b"still there", letter)
        with pytest.raises(BlockingIOError):
            mailbox.take()


def test_what_comes_while_nobody_takes_it_waits() -> None:
    count = 1_000  # more than a mailbox holds

    async def pass_on(mailbox: Mailbox, connection: socket.socket) -> list[int]:
        taken: list[int] = []
        everything = asyncio.Event()

        def welcome(given: socket.socket, letter: Letter) -> None:
            given.close()
            taken.append(int(letter.read))
            if len(taken) == count:
                everything.set()

        switch = Switch(0, [mailbox])
        for number in range(count):
            switch.give(0, connection.dup().detach(), Letter(str(number).zfill(1_000).encode()))
        with pytest.raises(BlockingIOError):
            mailbox.put(connection.fileno(), Letter(bytes(1_000)))
        switch.begin(welcome)
        await asyncio.wait_for(everything.wait(), PATIENCE)
        await switch.end()
        assert (switch.given, switch.taken) == (count, count)
        return taken

    ours, theirs = socket.socketpair()
    with closing(Mailbox()) as mailbox, ours, theirs:
        assert sorted(asyncio.run(pass_on(mailbox, theirs))) == list(range(count))


def test_a_connection_that_nobody_wants_is_closed() -> None:
    ours, theirs = socket.socketpair()
    with closing(Mailbox()) as mailbox, ours:
        ours.settimeout(PATIENCE)
        Switch(0, [mailbox]).give(0, theirs.detach(), Letter(b"", MOST_HOPS + 1))
        assert ours.recv(1) == b""
