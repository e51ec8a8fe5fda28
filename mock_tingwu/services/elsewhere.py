"""What is to be done in another process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from starlette.requests import Request

#: The server's extension of ASGI that hands a connection over; its argument: the worker's number.
HAND_OVER: Final = "mock_tingwu.hand_over"
#: Another one, which is told that a request will not be handed over any more.
STAYS: Final = "mock_tingwu.stays"


class Elsewhere(BaseException):
    """A request is about a scope of another worker, which is to get the connection.

    It is raised before anything has been done. Nothing on its way is to take it for a failure, so
    it is no `Exception`.
    """

    def __init__(self, worker: int, scope: str) -> None:
        super().__init__(worker)
        #: The number of that worker, and the name of the scope.
        self.worker = worker
        self.scope = scope


def stays(request: Request) -> None:
    """Say that a request is this worker's, before a body is read that may be of any length."""
    tell = request.scope.get("extensions", {}).get(STAYS)
    if tell is not None:
        cast("Callable[[], Any]", tell)()
