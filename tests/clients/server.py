"""The mock that the programs are pointed at."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

STOP_SECONDS = 20


@contextlib.contextmanager
def mock() -> Iterator[str]:
    """A mock that checks signatures, on a free port; it has to end cleanly.

    Yields its URL.

    Raises:
        SystemExit: it does not start, or does not end as it should.
    """
    command = [sys.executable, "-m", "mock_tingwu", "serve", "--port", "0", "--auth", "verify"]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        assert process.stdout is not None
        first = process.stdout.readline()
        found = re.fullmatch(r"mock-tingwu listening on (http://\S+)\n", first)
        try:
            if found is not None:
                yield found[1]
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.communicate(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
            errors.seek(0)
            complaints = errors.read()
    if found is None or process.returncode != 0 or "Traceback" in complaints:
        raise SystemExit(f"the mock ended with {process.returncode}: {first}{complaints}")
    if complaints:
        print(f"the mock said on standard error:\n{complaints}")


def journal(url: str, **query: str | int) -> dict[str, Any]:
    """What the mock wrote down, newest entries last."""
    answer = httpx.get(f"{url}/_mock/journal", params=query).raise_for_status().json()
    assert isinstance(answer, dict)
    return answer


def host(url: str, recording: Path) -> str:
    """Give the mock a recording to host; returns its URL."""
    answer = httpx.post(
        f"{url}/_mock/files", params={"name": recording.name}, content=recording.read_bytes()
    )
    hosted: str = answer.raise_for_status().json()["url"]
    return hosted


def send_callbacks(url: str, app_key: str, to: str) -> None:
    """Have the callbacks of an AppKey's tasks sent to an address."""
    answer = httpx.post(f"{url}/_mock/callbacks", json={"app_key": app_key, "url": to})
    probe = answer.raise_for_status().json()["probe"]
    assert probe == {"delivered": True, "status": 200}, probe
