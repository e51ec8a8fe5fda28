"""A Redis server of Debian's package, for as long as the tests of one process run."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
import redis

#: Seconds in which the server has to answer.
PATIENCE: Final = 10.0


class RedisServer:
    """A server at a socket of its own that keeps nothing on the disk."""

    def __init__(self, binary: str, folder: Path) -> None:
        self.socket = folder / "redis.sock"
        self._process = subprocess.Popen(
            [binary, "--port", "0", "--unixsocket", str(self.socket), "--save", ""],
            cwd=folder,
            stdout=subprocess.DEVNULL,
        )
        #: For looks at what is there, without any client name.
        self.client = redis.Redis(unix_socket_path=str(self.socket))
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self.client.ping()
                return
            except redis.ConnectionError:
                assert time.monotonic() < deadline, "redis-server does not answer"
                time.sleep(0.01)

    def url(self, prefix: str) -> str:
        """The setting ``store`` for a store of one's own."""
        return f"unix://{self.socket}?prefix={prefix}"

    def copy(self, prefix: str, to: str) -> None:
        """Copy a store, but not who holds it: as if its server had been killed now."""
        for key in list(self.client.scan_iter(f"{prefix}:*", count=1_000)):
            rest = key.removeprefix(f"{prefix}:".encode())
            if rest != b"shares":
                self.client.copy(key, f"{to}:".encode() + rest)

    def close(self) -> None:
        self.client.close()
        self._process.kill()
        self._process.wait()


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    """A running server; a test is skipped where there is none to be had."""
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("there is no redis-server on the PATH; Debian has it in a package of that name")
    # In a short path: the name of a socket has at most 107 bytes.
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        server = RedisServer(binary, Path(folder))
        try:
            yield server
        finally:
            server.close()
