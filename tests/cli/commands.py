"""Running the command line as its users do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Self

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


class Running:
    """A command that is running, as a context manager that kills it if nothing else has."""

    def __init__(
        self,
        arguments: Sequence[str],
        folder: Path | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, *arguments],
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
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()

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
