"""Servers in processes of their own, each on one core, and what Linux tells of them."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

ROOT: Final = Path(__file__).parent.parent
#: The core of whatever is measured, and that of whoever measures.
SERVER_CORE, LOAD_CORE = 0, 1
_START_S: Final = 30.0


def pin(core: int | None) -> None:
    """Keep this process on one core, where the machine has more and allows it; None: on any."""
    if hasattr(os, "sched_setaffinity"):
        cores = set(range(os.cpu_count() or 1)) if core is None else {core}
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, cores)


def environment() -> dict[str, str]:
    """This process's, with compiled modules: whoever has them off measures the compiler."""
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | {
        "PYTHONPATH": str(ROOT)
    }


class Process:
    """A program on a core of its own, with its port in the first line that it prints."""

    def __init__(self, *arguments: str, core: int | None = SERVER_CORE) -> None:
        self._process = subprocess.Popen(
            [sys.executable, *arguments],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment(),
            preexec_fn=lambda: pin(core),
        )
        assert self._process.stdout is not None
        first = self._process.stdout.readline()
        found = re.search(r":(\d+)\s*$", first)
        if found is None:
            self.stop()
            raise RuntimeError(f"{' '.join(arguments)} printed {first!r}, expected its address")
        self.port = int(found[1])
        self.pid = self._process.pid

    def wait_until_it_listens(self) -> None:
        """Return when somebody accepts connections at its port."""
        deadline = time.monotonic() + _START_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.001)

    @property
    def cpu_seconds(self) -> float:
        """Processor time that it has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def mebibytes(self) -> float:
        """Memory that it alone takes (PSS)."""
        text = Path(f"/proc/{self.pid}/smaps_rollup").read_text("ascii")
        found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
        assert found is not None
        return int(found[1]) / 1024

    def stop(self) -> None:
        self._process.terminate()
        self._process.communicate()

    def __enter__(self) -> Self:
        self.wait_until_it_listens()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def mock(*options: str, core: int | None = SERVER_CORE) -> Process:
    """``mock-tingwu serve`` with these options."""
    return Process("-m", "mock_tingwu", "serve", "--port", "0", *options, core=core)


def bare(name: str, *arguments: str) -> Process:
    """A module of `benchmarks.bare`."""
    return Process("-m", f"benchmarks.bare.{name}", *arguments)


@contextlib.contextmanager
def running(**processes: Process) -> Iterator[dict[str, Process]]:
    """All of them at once; they are stopped at the end."""
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(process) for name, process in processes.items()}
