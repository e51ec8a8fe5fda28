"""The control API's part for scopes: make one, list them, drop one."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.routing import Route

from mock_tingwu.core.clock import VirtualClock
from mock_tingwu.services.any_path import ANY
from mock_tingwu.services.json_api import ControlError, json_body, json_endpoint
from mock_tingwu.services.realm import Realm
from mock_tingwu.services.world import ScopeError, World

PATH: Final = "/_mock/scopes"
_FIELDS: Final = ("name", "keys", "clock", "seed", "profile")


class ScopeControl:
    """The calls on one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        return [
            Route(PATH, json_endpoint(self.scopes), methods=["GET", "POST"]),
            Route(f"{PATH}/{{name:{ANY}}}", json_endpoint(self.one), methods=["GET", "DELETE"]),
        ]

    async def scopes(self, request: Request) -> Any:
        """Make a scope, or list them all."""
        if request.method == "POST":
            return self._shown(self._make(await json_body(request)))
        return {"scopes": [self._shown(realm) for realm in self._world]}

    async def one(self, request: Request) -> Any:
        """Look at a scope, or drop it with everything in it."""
        name = request.path_params["name"]
        realm = self._world.get(name)
        if realm is None:
            raise ControlError(f"name is {name!r}, expected one of {PATH}", 404)
        shown = self._shown(realm)
        if request.method == "DELETE":
            self._world.drop(name)
        return shown

    def _make(self, body: dict[str, Any]) -> Realm:
        unknown = set(body) - set(_FIELDS)
        if unknown:
            raise ControlError(f"{min(unknown)} is unknown; expected {', '.join(_FIELDS)}")
        name, keys = body.get("name"), body.get("keys")
        clock, seed, profile = body.get("clock"), body.get("seed"), body.get("profile")
        if not isinstance(name, str):
            raise ControlError(f"name is {name!r}, expected a text")
        keys = [] if keys is None else keys
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise ControlError(f"keys is {keys!r}, expected a list of AppKeys and the like")
        if clock not in (None, "system", "virtual"):
            raise ControlError(f"clock is {clock!r}, expected system or virtual")
        if isinstance(seed, bool) or not isinstance(seed, int | None):
            raise ControlError(f"seed is {seed!r}, expected a whole number")
        try:
            return self._world.add(name, keys, clock=clock, seed=seed, profile=profile)
        except ScopeError as error:
            status = 409 if name == self._world.DEFAULT or self._world.get(name) else 400
            raise ControlError(str(error), status) from None

    def _shown(self, realm: Realm) -> dict[str, Any]:
        masked = realm.journal.masked
        return {
            "name": masked(realm.name),
            "keys": [masked(key) for key in self._world.keys_of(realm.name)],
            "clock": "virtual" if isinstance(realm.clock, VirtualClock) else "system",
            "seed": realm.seed,
            "profile": str(realm.profile),
            "now_ms": realm.clock.now(),
            "tasks": len(realm.tasks),
            "connections": len(realm.connections),
        }
