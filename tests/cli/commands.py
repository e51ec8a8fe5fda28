"""Running the command line as its users do."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Self

COMMAND = (sys.executable, "-m", "mock_tingwu")


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without what would hide a missing flush or add colours."""
    unwanted = ("PYTHONUNBUFFERED", "FORCE_COLOR", "COLUMNS", "NO_COLOR")
    kept = {
        key: value
        for key, value in os.environ.items()
        if key not in unwanted and not key.startswith("MOCK_TINGWU_")
    }
    return {**kept, "PYTHONIOENCODING": "utf-8", **(extra or {})}


def run(
    *arguments: str, folder: Path | None = None, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        encoding="utf-8",
        cwd=folder,
        env=environment(environ),
        timeout=60,
        check=False,
    )


def on_a_terminal(
    columns: int, *arguments: str, stdout: IO[bytes] | None = None
) -> tuple[int, str]:
    """Run a command on a terminal; return its exit code and all that it wrote there.

    ``stdout`` is where its stdout goes instead.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    with subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=theirs,
        stdout=stdout or theirs,
        stderr=theirs,
        env=environment({"TERM": "xterm-256color"}),
    ) as process:
        os.close(theirs)
        written = b""
        while True:
            try:
                chunk = os.read(ours, 65536)
            except OSError:  # how Linux says that the other side is gone
                break
            if not chunk:
                break
            written += chunk
        os.close(ours)
    return process.returncode, written.decode("utf-8").replace("\r\n", "\n")


def plain(text: str) -> str:
    """``text`` without links and control sequences."""
    return re.sub(r"\x1b\]8;[^\x1b]*\x1b\\|\x1b\[[0-9;?]*[A-Za-z]", "", text)


def objects(text: str) -> list[dict[str, Any]]:
    """What ``--json`` has printed: an object a line."""
    found = [json.loads(line) for line in text.splitlines()]
    assert all(isinstance(one, dict) for one in found)
    return found


class Running:
    """A command that is running, as a context manager that kills it if nothing else has."""

    def __init__(
        self,
        arguments: Sequence[str],
        folder: Path | None = None,
        environ: Mapping[str, str] | None = None,
        stdin: int | None = None,
        prefix: Sequence[str] = (),
    ) -> None:
        self.process = subprocess.Popen(
            [*prefix, *COMMAND, *arguments],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            cwd=folder,
            env=environment(environ),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def feed(self, data: bytes) -> None:
        """Write all of this to stdin."""
        assert self.process.stdin is not None
        file = self.process.stdin.fileno()
        while data:
            data = data[os.write(file, data) :]

    def end_of_input(self) -> None:
        """Nothing more comes in stdin."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    @property
    def stdout(self) -> IO[str]:
        assert self.process.stdout is not None
        return self.process.stdout

    def line(self) -> str:
        """The next line of stdout."""
        return self.stdout.readline().rstrip("\n")

    def line_with(self, text: str) -> str:
        """The next line of stdout that has ``text`` in it."""
        return next(line for line in self.stdout if text in line)

    def end(self, signal_number: signal.Signals) -> tuple[int, str, str]:
        """Send a signal; return the exit code and what was still written to stdout and stderr."""
        self.process.send_signal(signal_number)
        return self.wait()

    def wait(self) -> tuple[int, str, str]:
        """Wait for the end; return the exit code, the rest of stdout, and stderr."""
        # Not communicate(): it would lose what readline() has buffered.
        assert self.process.stderr is not None
        out, err = self.stdout.read(), self.process.stderr.read()
        return self.process.wait(20), out, err


def is_gone(process: int) -> bool:
    """Whether a process has ended, or will in a moment."""
    for _ in range(300):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        state = Path(f"/proc/{process}/stat")
        if state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.01)
    return False
