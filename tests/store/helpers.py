"""Restarts within one process: what a killed server would have left is what is in its folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mock_tingwu import MockTingwu
from tests.redis_server import RedisServer


class Lives:
    """One mock after another on what the one before has left, always at the same address.

    With ``redis`` all but files is kept there.
    """

    def __init__(
        self,
        start: Callable[..., MockTingwu],
        folder: Path,
        redis: RedisServer | None = None,
        **settings: Any,
    ) -> None:
        self._start = start
        self._folder = folder
        self._redis = redis
        self._settings = settings
        self._count = 0
        self.data = folder / "data-0"
        self.mock = self.start()

    @property
    def prefix(self) -> str:
        """That of the present store on Redis."""
        return f"{self._folder.name}-{self._count}"

    def kill(self, **changed: Any) -> MockTingwu:
        """Go on from what is written at this moment, as after SIGKILL; return the new mock.

        Nothing is written while it is copied: that is done on the mock's own thread.
        """
        old, before = self.mock, self.prefix
        self._count += 1
        left = self._folder / f"data-{self._count}"

        def copy() -> None:
            shutil.copytree(self.data, left)
            if self._redis is not None:
                self._redis.copy(before, self.prefix)

        old.call(copy)
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
        store = None if self._redis is None else self._redis.url(self.prefix)
        self.mock = self._start(data_dir=self.data, store=store, **self._settings)
        return self.mock
