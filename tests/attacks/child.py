"""A server in a process of its own, whose memory can be watched, and crowds that come to it."""

from __future__ import annotations

import re
import resource
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, Self

import httpx

from tests.cli.commands import Running
from tests.wire.test_http import BODY, START

#: Whoever waits longer has met what this is about: a server that hangs.
PATIENCE_S: Final = 20.0
MIB: Final = 1 << 20
_LISTENING: Final = re.compile(r"mock-tingwu listening on (http://127\.0\.0\.1:(\d+))")
#: Files that this process needs besides.
_SPARE: Final = 300


class Child:
    """``mock-tingwu serve`` on a free port."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self._running = Running(["serve", "--port", "0", *flags], folder)
        found = _LISTENING.fullmatch(self._running.line())
        assert found
        self.url, self.port = found[1], int(found[2])
        self.pid = self._running.process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._running.__exit__(*exception)

    @property
    def memory(self) -> int:
        """Its resident memory in bytes."""
        text = httpx.get(f"{self.url}/_mock/metrics", timeout=PATIENCE_S).text
        found = re.search(r"^process_resident_memory_bytes (\S+)$", text, re.MULTILINE)
        assert found, "no memory is told"
        return int(float(found[1]))

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE_S)

    def serves(self) -> None:
        """Fail unless somebody who comes now gets what they want."""
        answer = httpx.put(f"{self.url}{START}", json=BODY, timeout=PATIENCE_S)
        assert answer.json()["Data"]["TaskStatus"] == "NEW"

    @contextmanager
    def crowd(self, count: int) -> Iterator[list[socket.socket]]:
        """``count`` connections that are there at the same time."""
        with ExitStack() as stack:
            yield [stack.enter_context(self.connect()) for _ in range(count)]


def most_connections(wanted: int) -> int:
    """So many connections, up to ``wanted``, as the system lets this process have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted + _SPARE:
        soft = wanted + _SPARE if hard == resource.RLIM_INFINITY else min(hard, wanted + _SPARE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return min(wanted, soft - _SPARE)


def reset(connection: socket.socket) -> None:
    """Close it with a RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
