"""Fixtures for the commands of the client."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

from mock_tingwu.client import polling
from mock_tingwu.core.scripts import load_script
from tests.conftest import RECORDING, SCRIPT

#: The sentences of the meeting that a task with the key of `KEY` hears.
KEY = "weekly"
LINES = [line.text for line in load_script(SCRIPT).lines]


@pytest.fixture
def beginning(tmp_path: Path) -> Path:
    """The first eight seconds of the demo meeting, in which two sentences are said."""
    path = tmp_path / "beginning.wav"
    with wave.open(str(RECORDING)) as whole, wave.open(str(path), "wb") as part:
        part.setparams(whole.getparams())
        part.writeframes(whole.readframes(8 * whole.getframerate()))
    return path


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks are asked about at once again."""
    monkeypatch.setattr(polling, "FIRST_PAUSE_S", 0.01)
