"""An event loop on which nothing happens by itself, and a gate at which its tasks wait.

The same is done in the same order as it was: each task goes on when it is told to. What would take
a thread is done at once, what would wait is not waited for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class AtOnce(ThreadPoolExecutor):
    """Does in the present thread what it is given."""

    def __init__(self) -> None:
        super().__init__(max_workers=1)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future


class ReplayLoop(asyncio.SelectorEventLoop):
    """asyncio's own loop, whose time can be moved on to the next timer."""

    _ready: Any
    _scheduled: list[asyncio.TimerHandle]

    def __init__(self) -> None:
        super().__init__()
        self._skipped = 0.0
        self.set_default_executor(AtOnce())

    def time(self) -> float:
        return super().time() + self._skipped

    async def quiet(self) -> None:
        """Let all that can go on do so. To be called by one task alone."""
        while True:
            await asyncio.sleep(0)
            # No public name tells whether there is anything left to be called.
            if not self._ready:
                return

    def skip(self) -> bool:
        """Move the time on to when the next timer is due; False when none is set."""
        due = [timer.when() for timer in self._scheduled if not timer.cancelled()]
        if not due:
            return False
        self._skipped += max(0.0, min(due) - self.time())
        return True


class Gate:
    """Where tasks wait before each of their steps. Cancelled ones pass."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: dict[str, asyncio.Future[None]] = {}
        #: Whether whoever comes now passes: all is over.
        self.stands_open = False

    @property
    def waiting(self) -> list[str]:
        """The names of those that could go on, in the order of their coming."""
        return [name for name, future in self._waiting.items() if not future.done()]

    def open_for(self, name: str) -> None:
        """Let a task that waits do one step."""
        future = self._waiting.pop(name)
        if not future.done():
            future.set_result(None)

    def through(self, coroutine: Coroutine[Any, Any, Any], name: str) -> Coroutine[Any, Any, Any]:
        """The coroutine, as a task of this name that passes the gate before each step."""
        return _Held(self._steps(coroutine, name), coroutine)

    def _steps(self, coroutine: Coroutine[Any, Any, Any], name: str) -> Generator[Any, Any, Any]:
        error: BaseException | None = None
        value: Any = None
        while True:
            if not isinstance(error, asyncio.CancelledError) and not self.stands_open:
                try:
                    yield from self._turn(name)
                except asyncio.CancelledError as cancelled:
                    error = cancelled
            try:
                waited_for = coroutine.send(value) if error is None else coroutine.throw(error)
            except StopIteration as over:
                return over.value
            error, value = None, None
            try:
                value = yield waited_for
            except GeneratorExit:
                raise
            except BaseException as raised:
                error = raised

    def _turn(self, name: str) -> Generator[Any, Any, None]:
        future = self._loop.create_future()
        self._waiting[name] = future
        try:
            yield from future
        finally:
            if self._waiting.get(name) is future:
                del self._waiting[name]


class _Held(Coroutine[Any, Any, Any]):
    """A coroutine that goes on by ``steps``, and is closed also if it never has."""

    def __init__(
        self, steps: Generator[Any, Any, Any], coroutine: Coroutine[Any, Any, Any]
    ) -> None:
        self._steps = steps
        self._coroutine = coroutine

    def send(self, value: Any, /) -> Any:
        return self._steps.send(value)

    def throw(self, *error: Any) -> Any:
        try:
            return self._steps.throw(*error)
        except BaseException:
            self._coroutine.close()
            raise

    def close(self) -> None:
        self._steps.close()
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._steps
