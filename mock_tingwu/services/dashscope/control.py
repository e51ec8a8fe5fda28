"""The control API's part: apps, which in the cloud are made in a console."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.routing import Route

from mock_tingwu.core.apps import App
from mock_tingwu.core.shown import shown
from mock_tingwu.services.dashscope.request import check_app
from mock_tingwu.services.json_api import ControlError, json_body, json_endpoint, realm_of

if TYPE_CHECKING:
    from mock_tingwu.services.realm import Realm
    from mock_tingwu.services.world import World

PATH = "/_mock/apps"


async def configure(
    realm: Realm, app_id: str, data: Mapping[str, Any]
) -> tuple[App, dict[str, Any] | None]:
    """Configure an app and try its callback address; return how that went, None without one.

    Raises:
        ValueError: something makes no sense; the message says what was expected.
    """
    if not app_id:
        raise ValueError("app_id is '', expected the id of an app, such as tw_1")
    app = App.of(data)
    check_app(app.parameters or {})
    realm.apps.put(app_id, app)
    if not app.callback:
        realm.agent_callbacks.remove(app_id)
        return app, None
    return app, await realm.agent_callbacks.register(app_id, app.callback)


class AppControl:
    """The calls on one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        return [Route(PATH, json_endpoint(self.apps), methods=["GET", "POST", "DELETE"])]

    async def apps(self, request: Request) -> Any:
        """Configure an app, list them all, or forget one."""
        realm = realm_of(self._world, request)
        if request.method == "POST":
            return await self._configure(realm, await json_body(request))
        if request.method == "DELETE":
            return self._forget(realm, request.query_params.get("app_id"))
        return {"apps": [_shown(realm, app_id, app) for app_id, app in realm.apps]}

    async def _configure(self, realm: Realm, body: dict[str, Any]) -> Any:
        app_id = body.pop("app_id", None)
        if not isinstance(app_id, str):
            raise ControlError(f"app_id is {shown(app_id)}, expected a text")
        try:
            app, probe = await configure(realm, app_id, body)
        except ValueError as error:
            raise ControlError(str(error)) from None
        return _shown(realm, app_id, app) | ({} if probe is None else {"probe": probe})

    def _forget(self, realm: Realm, app_id: str | None) -> Any:
        app = None if app_id is None else realm.apps.remove(app_id)
        if app_id is None or app is None:
            status = 400 if app_id is None else 404
            raise ControlError(f"app_id is {shown(app_id)}, expected one of {PATH}", status)
        realm.agent_callbacks.remove(app_id)
        return _shown(realm, app_id, app)


def _shown(realm: Realm, app_id: str, app: App) -> dict[str, Any]:
    registration = realm.agent_callbacks.registrations.get(app_id)
    shown: dict[str, Any] = {
        "app_id": app_id,
        "parameters": app.parameters,
        "published": app.published,
        "callback": realm.journal.masked(app.callback),
        "callback_form": app.callback_form,
        "terminologies": {name: list(words) for name, words in app.terminologies.items()},
    }
    if registration is not None:
        shown["delivered"] = registration.delivered
        shown["waiting"] = registration.waiting
        shown["lost"] = registration.lost
    return shown
