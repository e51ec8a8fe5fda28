"""What every call below ``/_mock`` shares: JSON in, JSON out, one sentence for what is wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mock_tingwu.services import bodies, causes

if TYPE_CHECKING:
    from mock_tingwu.services.realm import Realm
    from mock_tingwu.services.world import World

#: A sentence is cut behind so many characters: it repeats what was given.
LONGEST_ERROR = 4_000
#: The longest body of a call, in bytes: a script of many hours has less.
MAX_BODY = 32 * 1024 * 1024

Handler = Callable[[Request], Awaitable[Any]]


class ControlError(Exception):
    """A call that makes no sense; the message names the field, its value and what was expected."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def realm_of(
    world: World, request: Request, *, task_id: str | None = None, make: bool | None = None
) -> Realm:
    """The scope that a call is about: ``?scope=``, or that of the task ``task_id``, or the default.

    ``make``: one that is not there yet is made, as by every POST unless something else is said.

    Raises:
        ControlError: there is none of this name, or there cannot be one.
    """
    if task_id is not None and "scope" not in request.query_params:
        return world.scope_for(task_id=task_id)
    name = request.query_params.get("scope", world.DEFAULT)
    found = world.get(name)
    if found is not None:
        return found
    if request.method == "POST" if make is None else make:
        try:
            return world.scope(name)
        except ValueError as error:
            raise ControlError(f"scope is {name!r}: {error}") from None
    raise ControlError(f"scope is {name!r}, expected one of /_mock/scopes; any POST makes one", 404)


async def json_body(request: Request) -> dict[str, Any]:
    """The body of a call, an object.

    Raises:
        ControlError: it is none, too long, or did not come to its end.
    """
    try:
        body = bodies.parse(await raw_body(request))
    except bodies.NotJson as error:
        raise ControlError(str(error)) from None
    if not isinstance(body, dict):
        raise ControlError("the body is not a JSON object")
    return body


async def raw_body(request: Request) -> bytes:
    """The body of a call as it is.

    Raises:
        ControlError: it is too long, or did not come to its end.
    """
    try:
        return await bodies.read(request, MAX_BODY)
    except bodies.TooLong:
        raise ControlError(f"the body is longer than {MAX_BODY} bytes", 413) from None
    except bodies.BrokenOff:
        raise ControlError("the request broke off") from None


def json_endpoint(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint that answers what ``handler`` returns, or what it raises as ControlError.

    A handler whose answer is no JSON returns a Response.
    """

    async def endpoint(request: Request) -> Response:
        status = 200
        causes.begin(control=f"{request.method} {request.url.path}")
        try:
            answer = await handler(request)
            if isinstance(answer, Response):
                return answer
        except ControlError as error:
            text = str(error)
            text = text if len(text) <= LONGEST_ERROR else f"{text[:LONGEST_ERROR]}…"
            status, answer = error.status, {"error": text}
        return Response(msgspec.json.encode(answer), status, {"Content-Type": "application/json"})

    return endpoint
