"""The control API's part for scripts: register, list and forget what tasks will hear."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request
from starlette.routing import Route

from mock_tingwu.core.registering import UnknownTask, forget, register
from mock_tingwu.core.scope import Scope, TooLate
from mock_tingwu.core.script_book import KINDS, TASK_KINDS
from mock_tingwu.core.shown import shown
from mock_tingwu.services.json_api import ControlError, json_body, json_endpoint, raw_body, realm_of
from mock_tingwu.services.world import World

if TYPE_CHECKING:
    from mock_tingwu.core.script import Script

_KEYS: Final = ("task_key", "app_key", "file_url", *TASK_KINDS)
#: Bodies that are a script themselves. SubRip and YAML have several names.
_CONTENT_TYPES: Final = {
    "text/vtt": "vtt",
    "application/x-subrip": "srt",
    "application/srt": "srt",
    "text/srt": "srt",
    "application/yaml": "yaml",
    "application/x-yaml": "yaml",
    "text/yaml": "yaml",
    "text/x-yaml": "yaml",
}


class ScriptControl:
    """The calls on one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        return [
            Route("/_mock/scripts", json_endpoint(self.all), methods=["GET", "POST", "DELETE"]),
        ]

    async def all(self, request: Request) -> Any:
        """List what is registered, register a script, or forget some or all."""
        if request.method == "POST":
            return await self._register(request)
        scope = realm_of(self._world, request)
        if request.method == "DELETE":
            _forget(scope, _query(request, _KEYS))
        else:
            _query(request, ())
        return {
            "scripts": [
                {
                    "kind": kind,
                    "key": scope.journal.masked(key),
                    "id": script.id,
                    "lines": len(script.lines),
                    "language": script.language,
                }
                for kind, key, script in scope.scripts.entries
            ]
        }

    async def _register(self, request: Request) -> Any:
        type_, _, _ = request.headers.get("content-type", "").partition(";")
        format = request.query_params.get("format") or _CONTENT_TYPES.get(type_.strip().lower())
        if format is None:
            _query(request, ())
            body = await json_body(request)
            _known(body, (*_KEYS, "script"))
            keys = {name: body.get(name) for name in _KEYS}
            script = await _script(body.get("script"))
        else:
            keys = dict(_query(request, (*_KEYS, "language", "format")))
            language = keys.pop("language", None)
            keys.pop("format", None)
            script = await _script_of_bytes(await raw_body(request), format, language)
        for name, key in keys.items():
            if key is not None and not isinstance(key, str):
                raise ControlError(f"{name} is {shown(key)}, expected a text")
        try:
            scope = realm_of(
                self._world, request, task_id=keys.get("task_id") or keys.get("data_id")
            )
            register(scope, script, **keys)
        except (UnknownTask, TooLate) as error:
            status = 404 if isinstance(error, UnknownTask) else 409
            raise ControlError(str(error), status) from None
        except ValueError as error:
            raise ControlError(str(error)) from None
        return {"id": script.id, "lines": len(script.lines)}


def _query(request: Request, names: tuple[str, ...]) -> Mapping[str, Any]:
    """The query's parameters, which are to be some of ``names``."""
    query = {name: key for name, key in request.query_params.items() if name != "scope"}
    _known(query, names, " in the query")
    return query


def _known(given: Mapping[str, object], names: tuple[str, ...], where: str = "") -> None:
    unknown = set(given) - set(names)
    if unknown:
        expected = ", ".join(names) or "nothing"
        raise ControlError(f"{min(unknown)} is unknown{where}; expected {expected}")


def _forget(scope: Scope, keys: Mapping[str, str]) -> None:
    for kind, key in keys.items():
        if scope.scripts.get(kind, key) is None:
            raise ControlError(f"{kind} is {shown(key)}, expected one of /_mock/scripts", 404)
    if keys:
        gone = list(keys.items())
    else:
        gone = [(entry.kind, entry.key) for entry in scope.scripts.entries]
    # First those that tasks to come would hear: a task that is there may then hear one of these.
    for kind, key in sorted(gone, key=lambda pair: pair[0] not in KINDS):
        forget(scope, kind, key)


async def _script(given: object) -> Script:
    """The field ``script``: the data of a script, or a text of some format."""
    if not isinstance(given, dict):
        raise ControlError(f"script is {shown(given)}, expected an object with sentences or text")
    # Loads much: only with the first script.
    from mock_tingwu.core.scripts import ScriptError, parse_script

    if "text" not in given and "format" not in given:
        try:
            return parse_script(given, "script")
        except ScriptError as error:
            raise ControlError(str(error)) from None
    _known(given, ("format", "text", "language", "translations"), " in script")
    text, language = given.get("text"), given.get("language")
    translations = given.get("translations")
    if not isinstance(text, str):
        raise ControlError(f"script.text is {shown(text)}, expected a text")
    if language is not None and not isinstance(language, str):
        raise ControlError(f"script.language is {shown(language)}, expected a text")
    if translations is None:
        translations = {}
    if not isinstance(translations, dict):
        expected = "an object of texts by language"
        raise ControlError(f"script.translations is {shown(translations)}, expected {expected}")
    for target, other in translations.items():
        if not isinstance(other, str):
            where = f"script.translations.{target}"
            raise ControlError(f"{where} is {shown(other)}, expected a text")
    return await _script_of_text(text, given.get("format"), language, translations)


async def _script_of_bytes(body: bytes, format: object, language: str | None) -> Script:
    from mock_tingwu.core.script_texts import decoded
    from mock_tingwu.core.scripts import ScriptError

    try:
        text = decoded(body, "the body")
    except ScriptError as error:
        raise ControlError(str(error)) from None
    return await _script_of_text(text, format, language, {})


async def _script_of_text(
    text: str, format: object, language: str | None, translations: Mapping[str, str]
) -> Script:
    from mock_tingwu.core.script_texts import FORMATS, script_of_text
    from mock_tingwu.core.scripts import ScriptError

    if format not in FORMATS:
        raise ControlError(f"format is {shown(format)}, expected one of {', '.join(FORMATS)}")
    try:
        # In a thread, for a script of many hours takes a moment.
        return await asyncio.to_thread(
            script_of_text, text, format, "script", language=language, translations=translations
        )
    except ScriptError as error:
        raise ControlError(str(error)) from None
