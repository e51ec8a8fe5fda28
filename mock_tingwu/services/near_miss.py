"""What a request that matched nothing comes nearest to, in a sentence for whoever wrote it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches
from typing import Final

from msgspec import Struct

from mock_tingwu.core.shown import shown

#: A longer path is not looked at, nor shown: a piece of one might be that of a secret, which nobody
#: could mask.
_LONGEST: Final = 200
#: How much a path, and the name of a call, have to be like another, from 0 to 1.
_ALIKE_PATH: Final = 0.75
_ALIKE_NAME: Final = 0.6
#: What stands for the method of a WebSocket's handshake.
WEBSOCKET: Final = "WebSocket"


class Call(Struct, frozen=True):
    """A call that exists. Parts of its ``path`` in braces stand for anything; ``query`` is what has
    to be there, with its question mark. The ``name`` of a control call is empty.
    """

    method: str
    path: str
    name: str = ""
    query: str = ""

    def __str__(self) -> str:
        what = f"{self.method} {self.path}{self.query}"
        return f"{what} is {self.name}" if self.name else f"there is {what}"


_TASKS: Final = "/openapi/tingwu/v2/tasks"
_PHRASES: Final = "/openapi/tingwu/v2/resources/phrases"
_GENERATION: Final = "/api/v1/services/aigc/multimodal-generation/generation"

#: Everything but the control API.
CALLS: Final = (
    Call("PUT", _TASKS, "CreateTask", "?type=realtime"),
    Call("GET", f"{_TASKS}/{{TaskId}}", "GetTaskInfo"),
    Call("POST", _PHRASES, "CreateTranscriptionPhrases"),
    Call("GET", _PHRASES, "ListTranscriptionPhrases"),
    Call("GET", f"{_PHRASES}/{{PhraseId}}", "GetTranscriptionPhrases"),
    Call("PUT", f"{_PHRASES}/{{PhraseId}}", "UpdateTranscriptionPhrases"),
    Call("DELETE", f"{_PHRASES}/{{PhraseId}}", "DeleteTranscriptionPhrases"),
    Call("POST", _GENERATION, "DashScope's createTask and getTask"),
    Call("POST", "/api/v1/tokens", "DashScope's temporary key"),
    Call("GET", "/oss/{bucket}/{key}", "a result file"),
    Call(WEBSOCKET, "/api/ws/v1", "the MeetingJoinUrl", "?mc=…"),
    Call(WEBSOCKET, "/api-ws/v1/inference", "DashScope's inference"),
)


def nearest(method: str, target: str, calls: Sequence[Call] = CALLS) -> str:
    """Why ``method`` and ``target`` (a path, maybe with a query) are none of ``calls``."""
    path = target.partition("?")[0]
    if len(path) > _LONGEST:
        return f"{method} of a path with {len(path)} characters is no {_what(calls)}"
    why, found = _similar(path, calls)
    same_method = [call for call in found if call.method == method]
    if why:
        found = same_method or found
    hint = " and ".join(map(str, found)) if found else "nothing here is like it"
    return f"{method} {path} is no {_what(calls)}; {hint}{f' ({why})' if why else ''}"


def _what(calls: Sequence[Call]) -> str:
    return "API" if calls is CALLS else "call of the control API"


def with_path(path: str, calls: Iterable[Call]) -> list[Call]:
    """The calls that have this path, by whatever method.

    Where some are called just so, what another could take for an id there does not count.
    """
    found = _fitting(path.split("/")[1:], calls)
    return [call for call in found if call.path == path] or found


def _similar(path: str, calls: Sequence[Call]) -> tuple[str, list[Call]]:
    """The calls whose path is this one or else the most similar, and what is different."""
    given = path.split("/")[1:]
    if found := _fitting(given, calls):
        return "", found
    tidy = [part for part in given if part]
    if found := _fitting(tidy, calls):
        one = given == [*tidy, ""]
        return "without the slash at its end" if one else "without the slashes too many", found
    lower = [part.lower() for part in tidy]
    if found := _fitting(lower, calls):
        return "in small letters", found
    if found := [call for call in calls if len(tidy) < len(_parts(call)) and _ends(call, tidy)]:
        begin = "/".join(_parts(found[0])[: len(_parts(found[0])) - len(tidy)])
        return f"with /{begin} before it", _of_one_path(found)
    for number in range(1, len(tidy)):
        if found := _fitting(tidy[number:], calls):
            return f"without /{'/'.join(tidy[:number])} before it", found
    paths = {_filled(call, tidy).lower(): call.path for call in calls}
    alike = get_close_matches("/" + "/".join(lower), paths, n=1, cutoff=_ALIKE_PATH)
    found = [call for call in calls if alike and call.path == paths[alike[0]]]
    return ("that is the nearest" if found else ""), found


def _fitting(parts: Sequence[str], calls: Iterable[Call]) -> list[Call]:
    return [call for call in calls if _fits(parts, _parts(call), call)]


def _parts(call: Call) -> list[str]:
    return call.path.split("/")[1:]


def _fits(parts: Sequence[str], wanted: Sequence[str], call: Call) -> bool:
    if call.path.endswith("{key}") and len(parts) > len(wanted):
        parts = parts[: len(wanted)]  # a key may have slashes
    return len(parts) == len(wanted) and all(
        part == want or (_is_any(want) and part) for part, want in zip(parts, wanted, strict=True)
    )


def _ends(call: Call, parts: Sequence[str]) -> bool:
    """Whether the call's path ends in ``parts``, not only in what stands for anything."""
    wanted = _parts(call)[len(_parts(call)) - len(parts) :]
    return not all(map(_is_any, wanted)) and _fits(parts, wanted, call)


def _of_one_path(calls: list[Call]) -> list[Call]:
    return [call for call in calls if call.path == calls[0].path]


def _filled(call: Call, parts: Sequence[str]) -> str:
    """The call's path with the request's own parts where anything may stand."""
    wanted = _parts(call)
    if len(wanted) == len(parts):
        wanted = [part if _is_any(want) else want for part, want in zip(parts, wanted, strict=True)]
    return "/" + "/".join(wanted)


def _is_any(part: str) -> bool:
    return part.startswith("{")


def absent(name: str, expected: str, query: Iterable[str], body: Iterable[str]) -> str:
    """Why the parameter ``name`` is missing from the names of a ``query``; ``body`` has others."""
    sentence = f"{name} is missing from the query; expected {expected}"
    other = next((given for given in query if given.lower() == name.lower()), None)
    if other is not None and other != name:
        return f"{sentence}; {other} is another name"
    inside = next((given for given in body if given.lower() == name.lower()), None)
    return sentence if inside is None else f"{sentence}; it is of no use in the body"


def no_action(action: str, actions: Collection[str], given: Iterable[str]) -> str:
    """Why an RPC call with this ``Action`` is none of ``actions``; it has the parameters ``given``.

    An empty ``action`` is one that is not named.
    """
    expected = f"expected {' or '.join(actions)}"
    if not action:
        other = next((name for name in given if name.lower() == "action"), None)
        return f"Action is missing; {f'{other} is another name; ' if other else ''}{expected}"
    if elsewhere := [call for call in CALLS if call.name == action]:
        return f"Action {action} is none of Live's; {elsewhere[0]}"
    names = {name.lower(): name for name in actions}
    alike = get_close_matches(action[:_LONGEST].lower(), names, n=1, cutoff=_ALIKE_NAME)
    hint = f"the nearest is {names[alike[0]]}" if alike else expected
    return f"Action is {shown(action)}, which there is not; {hint}"
