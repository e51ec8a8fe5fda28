"""The server that is driven: ``mock-tingwu serve`` in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Final, Self

ROOT: Final = Path(__file__).parent.parent.parent
#: The server may take so long to start and to end, in seconds.
PATIENCE_S: Final = 30.0
#: What no log of a server has that did nothing wrong.
WRONG: Final = ("Traceback", "ERROR", "CRITICAL", "was never retrieved", "was never awaited")
#: So many lines of a log are shown of each thing that is wrong.
FOLLOWING: Final = 80


class ServerProcess:
    """One server, in memory or with a ``data_dir``; its log goes to ``log``."""

    def __init__(self, log: Path, data_dir: Path | None, seed: int) -> None:
        self._log = log
        command = [sys.executable, "-m", "mock_tingwu", "serve", "--port", "0"]
        command += ["--seed", str(seed)]
        if data_dir is not None:
            command += ["--data-dir", str(data_dir)]
        # Where a program was told to write its log does not matter here.
        environ = {k: v for k, v in os.environ.items() if not k.startswith("MOCK_TINGWU_")}
        environ |= {"MOCK_TINGWU_RESULT_INTERVAL_MS": "20", "PYTHONPATH": str(ROOT)}
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT, env=environ
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if " on http://" not in line:
            self._process.kill()
            self._process.wait()
            raise RuntimeError(f"the server did not start: {line!r} {log.read_text('utf-8')}")
        #: Its address.
        self.url = line.split()[-1]

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def stop(self) -> int:
        """End it as Ctrl-C does; its exit status."""
        if self.alive:
            self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def complaints(self) -> list[str]:
        """What its log tells of something wrong: each line with what follows it."""
        lines = self._log.read_text("utf-8", "replace").splitlines()
        found = [n for n, line in enumerate(lines) if any(word in line for word in WRONG)]
        return ["\n".join(lines[n : n + FOLLOWING]) for n in found]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        assert self._process.stdout is not None
        self._process.stdout.close()
