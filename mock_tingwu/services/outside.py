"""Where the mock meets what it does not decide itself: other servers, files, small delays.

`Outside` lets everything through. Who records what happens, and who lets it happen again, puts
another one in its place (`mock_tingwu.replay`); the services know of neither.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from mock_tingwu.core.delivery import Delivery, Outcome
    from mock_tingwu.loopback import MakeSocket
    from mock_tingwu.services.fetching import Fetcher

T = TypeVar("T")


class Handle(Protocol):
    """A call that is due later."""

    def cancel(self) -> None:
        """Forget it."""
        ...


class Outside:
    """The world beyond one server. Use it on the event loop's thread."""

    #: Makes sockets in the network whose loopback addresses are meant by URLs, where that is not
    #: this process's.
    make_socket: MakeSocket | None = None

    def after(self, delay: int, callback: Callable[[], None]) -> Handle:
        """Call back after ``delay`` ms of real time."""
        return asyncio.get_running_loop().call_later(delay / 1000, callback)

    def judged(self, kind: type[T], judge: Callable[[], T]) -> T:
        """What ``judge`` makes of secrets: a dataclass of this ``kind``."""
        return judge()

    async def sent(
        self, delivery: Delivery, send: Callable[[Delivery], Awaitable[tuple[Outcome, str]]]
    ) -> tuple[Outcome, str]:
        """What came of sending a delivery: its outcome and the beginning of the answer."""
        return await send(delivery)

    def fetcher(self, fetcher: Fetcher) -> Fetcher:
        """What gets recordings and streams."""
        return fetcher

    async def pulled(self, step: Callable[[], Awaitable[T]]) -> T:
        """What a step of pulling a stream brings: the open stream, PCM, or nothing."""
        return await step()
