"""The control API's part for failures: all that there are by name, and which were met."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from mock_tingwu.services.json_api import ControlError, json_endpoint
from mock_tingwu.services.world import World


class CoverageControl:
    """The control API's part."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        return [Route("/_mock/coverage", json_endpoint(self.coverage))]

    async def coverage(self, request: Request) -> Any:
        """Which failures were met, since the server was started with ``fault_coverage``."""
        if self._world.coverage is None:
            raise ControlError("nothing was counted: start with --fault-coverage", 409)
        return self._world.coverage.shown()
