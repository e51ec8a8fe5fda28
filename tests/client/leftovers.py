"""What clients may leave behind when they are closed: nothing."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from tests.realtime.helpers import until

R = TypeVar("R")

_DESCRIPTORS = Path("/proc/self/fd")


def run(use: Coroutine[Any, Any, R]) -> R:
    """What ``use`` returns. It has to end whatever it begins, also when it raises."""

    async def main() -> R:
        try:
            return await use
        finally:
            assert asyncio.all_tasks() == {asyncio.current_task()}

    return asyncio.run(main())


@contextmanager
def nothing_left() -> Iterator[None]:
    """No thread and no socket is left of what is done meanwhile."""
    before = _there()
    yield
    # The threads and sockets of a server that is gone may take a moment to end.
    until(lambda: _there() == before, "the end of everything")


def _there() -> tuple[set[str], int]:
    # A socket that is only forgotten is a ResourceWarning, which is an error in tests.
    gc.collect()
    descriptors = len(os.listdir(_DESCRIPTORS)) if _DESCRIPTORS.is_dir() else 0  # noqa: PTH208
    return {thread.name for thread in threading.enumerate()}, descriptors
