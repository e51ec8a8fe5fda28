"""Recording what happens to a mock, and letting it happen again (docs/replay.md)."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mock_tingwu.server.controls import Controls

__all__ = ["write_bundle"]


def write_bundle(mock: Controls, path: Path | str) -> str:
    """Write what a mock, or a scope of one, has recorded; return the command that replays it.

    Raises:
        RuntimeError: nothing is recorded; ``MockTingwu(record=True)`` does.
        OSError: it cannot be written.
    """
    mock.bundle(path)
    return f"mock-tingwu replay {shlex.quote(str(path))}"
