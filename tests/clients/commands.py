"""Commands that build programs and run them, with bounds on their time."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

BUILD_SECONDS = 600
RUN_SECONDS = 120
#: Registries fail now and then: a build is tried again after this many seconds.
RETRY_AFTER_SECONDS = (5, 20)


class Failure(Exception):
    """A program that did not do what it should; the message says why."""


def build(command: Sequence[str], folder: Path) -> None:
    """Install and compile what a folder needs.

    Raises:
        Failure: a tool is missing, or the build fails every time.
    """
    if shutil.which(command[0]) is None:
        raise Failure(f"{command[0]} is not installed")
    for pause in (*RETRY_AFTER_SECONDS, None):
        status, output = execute(command, folder, BUILD_SECONDS)
        if status == 0:
            return
        if pause is not None:
            time.sleep(pause)
    raise Failure(f"the build ended with {status}:\n{tail(output)}")


def execute(
    command: Sequence[str], folder: Path, seconds: float, environ: Mapping[str, str] | None = None
) -> tuple[int | str, str]:
    """Run a command in a folder; its exit status or ``a time-out``, and what it printed."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **(environ or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        # Its children too: a browser, say.
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        return f"a time-out after {seconds:.0f} s", output
    return process.returncode, output


def tail(output: str) -> str:
    return "\n".join(output.splitlines()[-20:])
