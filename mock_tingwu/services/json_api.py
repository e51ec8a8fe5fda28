"""What every call below ``/_mock`` shares: JSON in, JSON out, one sentence for what is wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mock_tingwu.services import bodies, causes

#: The longest body of a call, in bytes: a script of many hours has less.
MAX_BODY = 32 * 1024 * 1024
#: The one scope that there is.
DEFAULT_SCOPE = "default"

Handler = Callable[[Request], Awaitable[Any]]


class ControlError(Exception):
    """A call that makes no sense; the message names the field, its value and what was expected."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


async def json_body(request: Request) -> dict[str, Any]:
    """The body of a call, an object.

    Raises:
        ControlError: it is none, too long, or did not come to its end.
    """
    try:
        body = bodies.parse(await bodies.read(request, MAX_BODY))
    except bodies.TooLong:
        raise ControlError(f"the body is longer than {MAX_BODY} bytes", 413) from None
    except bodies.BrokenOff:
        raise ControlError("the request broke off") from None
    except bodies.NotJson as error:
        raise ControlError(str(error)) from None
    if not isinstance(body, dict):
        raise ControlError("the body is not a JSON object")
    return body


def json_endpoint(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint that answers what ``handler`` returns, or what it raises as ControlError.

    A handler whose answer is no JSON returns a Response.
    """

    async def endpoint(request: Request) -> Response:
        status = 200
        causes.begin(control=f"{request.method} {request.url.path}")
        try:
            scope = request.query_params.get("scope", DEFAULT_SCOPE)
            if scope != DEFAULT_SCOPE:
                raise ControlError(f"scope is {scope!r}, expected {DEFAULT_SCOPE}")
            answer = await handler(request)
            if isinstance(answer, Response):
                return answer
        except ControlError as error:
            status, answer = error.status, {"error": str(error)}
        return Response(msgspec.json.encode(answer), status, {"Content-Type": "application/json"})

    return endpoint
