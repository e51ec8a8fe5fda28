"""Scenarios in force: put into a scope all at once or not at all; the control API's part."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from starlette.requests import Request
from starlette.routing import Route

from mock_tingwu.core.registering import register
from mock_tingwu.services.dashscope.request import check_app
from mock_tingwu.services.json_api import ControlError, json_endpoint, raw_body, realm_of
from mock_tingwu.services.world import World
from mock_tingwu.settings import Settings, SettingsError

if TYPE_CHECKING:
    from mock_tingwu.core.scenarios import Scenario
    from mock_tingwu.services.realm import Realm

PATH: Final = "/_mock/scenarios"
#: Scenarios that are listed as in force; the oldest is left out first.
MOST_APPLIED: Final = 1_000
_YAML: Final = ("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml")


class Applied(Struct, frozen=True):
    """A scenario that was put in force, and the ids of its rules."""

    scenario: Scenario
    faults: tuple[str, ...]

    def shown(self) -> dict[str, Any]:
        """What it has brought, as JSON."""
        scenario = self.scenario
        return {
            "name": scenario.name,
            "description": scenario.description,
            "scripts": len(scenario.scripts),
            "faults": list(self.faults),
            "callbacks": list(scenario.callbacks),
            "apps": list(scenario.apps),
            "settings": dict(scenario.settings),
        }


def check(scenario: Scenario, *, at_start: bool) -> None:
    """See whether what a scenario says can be put in force, ``at_start`` of the server or later.

    Raises:
        ScenarioError: it cannot.
    """
    from mock_tingwu.core.scenarios import OF_A_SERVER, ScenarioError

    problems = []
    for app_id, app in scenario.apps.items():
        try:
            check_app(app.parameters or {})
        except ValueError as error:
            # It begins with the way to the section: parameters.transcription
            section, _, _ = str(error).partition(": ")
            place = scenario.at("apps", app_id, *section.split("."))
            problems.append(f"{place}: apps.{app_id}.{error}")
    for name, value in scenario.settings.items():
        if name in OF_A_SERVER and not at_start:
            problems.append(
                f"{scenario.at('settings', name)}: settings.{name} is {value!r}, expected nothing: "
                "it counts for the whole server when it starts"
            )
    if problems:
        raise ScenarioError(problems)


def check_at_start(scenarios: Iterable[Scenario]) -> None:
    """The same of scenarios that a server begins with. Raises `SettingsError`."""
    for scenario in scenarios:
        try:
            check(scenario, at_start=True)
        except ValueError as error:
            text = f"scenario is {scenario.name!r}, expected a scenario: {error}"
            raise SettingsError(text) from None


def begin_with(realm: Realm, settings: Settings) -> None:
    """Put the scenarios of the settings in force in a new scope.

    What the settings say themselves goes before: callback addresses and apps, too.
    """
    for scenario in settings.scenario:
        callbacks = {k: v for k, v in scenario.callbacks.items() if k not in settings.callbacks}
        apps = {k: v for k, v in scenario.apps.items() if k not in settings.apps}
        # Its own settings are among the settings already.
        _add(realm, replace(scenario, callbacks=callbacks, apps=apps))


def apply(realm: Realm, scenario: Scenario) -> Applied:
    """Put a scenario in force, or nothing of it. With a seed or a clock the scope starts over.

    It must be called on the event loop's thread.

    Raises:
        ScenarioError: it cannot be put in force while the server runs.
    """
    from mock_tingwu.core.scenarios import STARTING_OVER

    check(scenario, at_start=False)
    # From here on nothing is refused.
    own = dict(scenario.settings)
    anew = {name: own.pop(name) for name in STARTING_OVER if name in own}
    if anew:
        realm = realm.world.reset(realm.name, **anew)
    if own:
        realm.configure(replace(realm.settings, **own))
    return _add(realm, scenario)


def _add(realm: Realm, scenario: Scenario) -> Applied:
    for heard in scenario.scripts:
        register(realm, heard.script, **heard.keys)
    rules = [realm.faults.add(rule).id for rule in scenario.faults]
    for app_key, url in scenario.callbacks.items():
        realm.callbacks.put(app_key, url)
    for app_id, app in scenario.apps.items():
        realm.apps.put(app_id, app)
        if app.callback:
            realm.agent_callbacks.put(app_id, app.callback)
        else:
            realm.agent_callbacks.remove(app_id)
    applied = Applied(scenario, tuple(rules))
    realm.scenarios.append(applied)
    del realm.scenarios[:-MOST_APPLIED]
    realm.journal.record("note", "core", text=f"the scenario {scenario.name} is in force")
    return applied


class ScenarioControl:
    """The calls on one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        return [Route(PATH, json_endpoint(self.all), methods=["GET", "POST"])]

    async def all(self, request: Request) -> Any:
        """List the starters and what is in force, or put a scenario in force."""
        unknown = set(request.query_params) - {"scope"}
        if unknown:
            raise ControlError(f"{min(unknown)} is unknown in the query; expected scope")
        if request.method == "POST":
            return await self._apply(request)
        realm = realm_of(self._world, request)
        return {
            "scenarios": await asyncio.to_thread(_starters),
            "applied": [*realm.applied, *(applied.shown() for applied in realm.scenarios)],
        }

    async def _apply(self, request: Request) -> Any:
        type_, _, _ = request.headers.get("content-type", "").partition(";")
        body = await raw_body(request)
        as_yaml = type_.strip().lower() in _YAML
        # Loads much: only with the first scenario.
        from mock_tingwu.core.scenarios import ScenarioError, UnknownScenario

        try:
            # In a thread, for a scenario of many scripts takes a moment.
            scenario = await asyncio.to_thread(_scenario_of, body, as_yaml=as_yaml)
            # Before a scope is made for it.
            check(scenario, at_start=False)
            return apply(realm_of(self._world, request), scenario).shown()
        except ScenarioError as error:
            status = 404 if isinstance(error, UnknownScenario) else 400
            raise ControlError(str(error), status) from None


def _scenario_of(body: bytes, *, as_yaml: bool) -> Scenario:
    """The scenario that a body is; as JSON a name alone is that of a starter."""
    from mock_tingwu.core.scenarios import read, scenario_of, starter

    document = read(body, "yaml" if as_yaml else "json", "body")
    data = document.data
    if not as_yaml and isinstance(data, dict) and list(data) == ["name"]:
        name = data["name"]
        return starter(name) if isinstance(name, str) else scenario_of(document, "body")
    return scenario_of(document, "body")


def _starters() -> list[dict[str, str]]:
    from mock_tingwu.core.scenarios import starter, starters

    found = map(starter, starters())
    return [{"name": each.name, "description": each.description} for each in found]
