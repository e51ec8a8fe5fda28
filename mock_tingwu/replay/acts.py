"""What a Python program does with a mock, by name, so that it can be done again.

`mock_tingwu.server.controls` tells of each call that changes something; `ACTS` does the same with a
scope. Calls over HTTP need none of this: they are requests.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mock_tingwu.services import sessions

if TYPE_CHECKING:
    from mock_tingwu.services.pushing import PushingConnection
    from mock_tingwu.services.realm import Realm
    from mock_tingwu.services.world import World


async def perform(world: World, scope: str, act: str, arguments: Mapping[str, Any]) -> None:
    """Do it again. Raises what it raised.

    Raises:
        LookupError: there is no such act, or no such scope.
    """
    if act == "add_scope":
        world.add(scope, **arguments)
    elif act == "drop_scope":
        if world.get(scope) is not None:
            world.drop(scope)
    elif act == "reset":
        world.settings = replace(world.settings, **arguments)
        world.reset(scope, **arguments)
    else:
        realm = world.get(scope)
        if realm is None or act not in ACTS:
            raise LookupError(f"{act} in the scope {scope!r}")
        result = ACTS[act](realm, **arguments)
        if inspect.isawaitable(result):
            await result


def _script(realm: Realm, script: Any, **keys: Any) -> None:
    import msgspec

    from mock_tingwu.core.registering import register
    from mock_tingwu.core.script import Script

    register(realm, msgspec.convert(script, Script), **keys)


def _app(realm: Realm, app_id: str, settings: dict[str, Any]) -> Any:
    from mock_tingwu.services.dashscope.control import configure

    return configure(realm, app_id, settings)


def _host_file(realm: Realm, path: str) -> None:
    from mock_tingwu.services.hosting import local_file

    realm.hosted.add(local_file(Path(path)))


#: What is recorded of a scenario.
SCENARIO_FIELDS: Final = (
    "name",
    "description",
    "scripts",
    "faults",
    "callbacks",
    "apps",
    "settings",
)


def _scenario(realm: Realm, scenario: dict[str, Any]) -> None:
    import msgspec

    from mock_tingwu.core.apps import App
    from mock_tingwu.core.scenarios import Heard, Scenario
    from mock_tingwu.services.scenarios import apply

    whole = {
        **scenario,
        "scripts": msgspec.convert(scenario["scripts"], tuple[Heard, ...]),
        "faults": tuple(scenario["faults"]),
        "apps": msgspec.convert(scenario["apps"], dict[str, App]),
    }
    apply(realm, Scenario(**whole))


def _session(realm: Realm, session: str) -> PushingConnection:
    return sessions.find(iter([realm]), session)[1]


ACTS: Final[Mapping[str, Callable[..., Any]]] = {
    "script": _script,
    "app": _app,
    "host_file": _host_file,
    "advance": lambda realm, milliseconds: realm.advance(milliseconds),
    "scenario": _scenario,
    "callback": lambda realm, app_key, url: realm.callbacks.register(app_key, url),
    "add_fault": lambda realm, rule: realm.faults.add(rule),
    "remove_fault": lambda realm, fault_id: realm.faults.remove(fault_id),
    "clear_faults": lambda realm: realm.faults.clear(),
    "session_send": lambda realm, session, asked: sessions.send(_session(realm, session), asked),
    "session_close": lambda realm, session, asked: sessions.close(_session(realm, session), asked),
    "forget_violations": lambda realm: realm.watch.forget(),
}
