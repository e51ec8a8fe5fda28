"""Fixtures of recordings: a mock that records, and what replays it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mock_tingwu.replay.bundle import Bundle
from mock_tingwu.replay.player import Outcomes, replay
from mock_tingwu.server.controls import Controls

Replayed = Callable[[Controls], Outcomes]


@pytest.fixture
def replayed(tmp_path: Path) -> Replayed:
    """Write a bundle of what a mock has recorded and replay it; it must come out the same."""

    def write_and_replay(mock: Controls) -> Outcomes:
        path = tmp_path / "bundle.zip"
        mock.bundle(path)
        outcomes = replay(Bundle.read(path))
        assert outcomes.difference is None, outcomes.difference
        assert outcomes.beyond == []
        return outcomes

    return write_and_replay
