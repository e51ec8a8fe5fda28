"""What Ctrl-C comes as, and what is like it. Of its own, since only what runs needs asyncio."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final

#: The first one cancels, another one may come anywhere.
INTERRUPTS: Final = (asyncio.CancelledError, KeyboardInterrupt)

#: What else ends a command in order: being told to, and the terminal that is closed.
ENDS: Final = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)
)


def run_loop(work: Coroutine[Any, Any, None]) -> None:
    """Do ``work`` in an event loop. SIGTERM and SIGHUP cancel it as Ctrl-C does.

    Raises:
        SystemExit: one of them came, with the exit code that the shell gives it.
    """
    came: list[int] = []

    async def work_until_told() -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None

        def end(number: int) -> None:
            came.append(number)
            task.cancel()

        for number in ENDS:
            # What is ignored, as nohup does with SIGHUP, stays so. Windows has no such handlers.
            if signal.getsignal(number) is not signal.SIG_IGN:
                with suppress(NotImplementedError):
                    loop.add_signal_handler(number, end, number)
        await work

    try:
        asyncio.run(work_until_told())
    except asyncio.CancelledError:
        if came:
            raise SystemExit(128 + came[0]) from None
        raise
