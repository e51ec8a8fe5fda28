"""Whether the server can be used: ``GET /_mock/ready``.

``/_mock/health`` tells that it lives, however it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.routing import Route

from mock_tingwu.services.json_api import ControlError, json_endpoint

if TYPE_CHECKING:
    from mock_tingwu.services.world import World


class Readiness:
    """Why a server is not to be used, if so."""

    def __init__(self) -> None:
        #: Whether the server is about to end.
        self.is_stopping: Callable[[], bool] = lambda: False
        self._loading: list[str] = []

    @contextmanager
    def loading(self, what: str) -> Iterator[None]:
        """It is not ready while ``what`` is being loaded."""
        self._loading.append(what)
        try:
            yield
        finally:
            self._loading.remove(what)

    @property
    def problem(self) -> str | None:
        """Why it is not ready, as a sentence; None when it is."""
        if self.is_stopping():
            return "the server is stopping"
        if self._loading:
            return f"still loading {' and '.join(self._loading)}"
        return None


class ReadinessControl:
    """The control API's part."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        return [Route("/_mock/ready", json_endpoint(self.ready))]

    async def ready(self, request: Request) -> Any:
        """200, or 503 and why not."""
        problem = self._world.readiness.problem
        if problem is not None:
            raise ControlError(problem, 503)
        return {"status": "ready"}
