"""The control API's part for faults on demand: list, add and drop rules."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from mock_tingwu.core.faults import FaultError, parse_rule
from mock_tingwu.services.json_api import ControlError, json_body, json_endpoint, realm_of
from mock_tingwu.services.world import World


class FaultControl:
    """The calls on one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        return [
            Route("/_mock/faults", json_endpoint(self.all), methods=["GET", "POST", "DELETE"]),
            Route("/_mock/faults/{fault_id}", json_endpoint(self.one), methods=["GET", "DELETE"]),
        ]

    async def all(self, request: Request) -> Any:
        """List the rules in force, add one, or drop them all."""
        if request.method == "POST":
            body = await json_body(request)
            try:
                parse_rule(body)  # a rule that makes no sense makes no scope
                return realm_of(self._world, request).faults.add(body).shown()
            except FaultError as error:
                raise ControlError(str(error)) from None
        faults = realm_of(self._world, request).faults
        if request.method == "DELETE":
            faults.clear()
        return {"faults": [rule.shown() for rule in faults.rules]}

    async def one(self, request: Request) -> Any:
        """Look at a rule, or drop it."""
        fault_id = request.path_params["fault_id"]
        faults = realm_of(self._world, request).faults
        rule = faults.get(fault_id)
        if rule is None:
            raise ControlError(f"fault_id is {fault_id!r}, expected one of /_mock/faults", 404)
        if request.method == "DELETE":
            faults.remove(fault_id)
        return rule.shown()
