"""Restarts within one process: what a killed server would have left is what is in its folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mock_tingwu import MockTingwu


class Lives:
    """One mock after another on what the one before has left, always at the same address."""

    def __init__(self, start: Callable[..., MockTingwu], folder: Path, **settings: Any) -> None:
        self._start = start
        self._folder = folder
        self._settings = settings
        self._count = 0
        self.data = folder / "data-0"
        self.mock = start(data_dir=self.data, **settings)

    def kill(self, **changed: Any) -> MockTingwu:
        """Go on from what is on the disk at this moment, as after SIGKILL; return the new mock.

        Nothing is written while it is copied: that is done on the mock's own thread.
        """
        self._count += 1
        left = self._folder / f"data-{self._count}"
        old = self.mock
        old.call(lambda: shutil.copytree(self.data, left))
        old.close()
        self.data = left
        return self.start(port=old.port, **changed)

    def restart(self, **changed: Any) -> MockTingwu:
        """End the mock as Ctrl-C does, and start another one."""
        self.mock.close()
        return self.start(port=self.mock.port, **changed)

    def start(self, **changed: Any) -> MockTingwu:
        """Start on the present folder."""
        self._settings |= changed
        self.mock = self._start(data_dir=self.data, **self._settings)
        return self.mock
