"""Answers that do not arrive as they were meant: late, in part, or not at all, on demand."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, cast

import msgspec
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from mock_tingwu.core.faults import (
    DropConnection,
    Faults,
    HttpError,
    Latency,
    MalformedJson,
    PatchJson,
    Subject,
    TruncateBody,
)
from mock_tingwu.services.api_request import ApiRequest
from mock_tingwu.services.awkwardly import delivered

#: The server's extension of ASGI that closes a connection; its argument: whether by a RST.
HANG_UP: Final = "mock_tingwu.hang_up"


class HungUp(Exception):
    """The connection is to be closed before anything is done."""


def foresee(request: ApiRequest, faults: Faults, subject: Subject) -> None:
    """See what is to go wrong with the answer to a request; `travel` lets it happen.

    Raises:
        HungUp: the connection is to be closed before anything is done.
    """
    fault = faults.answer_fault(subject)
    request.state.answer_fault = fault
    if isinstance(fault, DropConnection) and fault.stage == "before":
        raise HungUp


async def travel(request: ApiRequest, answer: Awaitable[Response]) -> Response:
    """The ``answer`` as it arrives; this may take a while."""
    try:
        response = await answer
    except HungUp:
        response = Response()
    return await arrive(request, response)


def arrives_as_it_is(request: ApiRequest) -> bool:
    """Whether nothing happens to the answer to ``request`` on its way."""
    known = request.state
    return known.answer_fault is None and (known.scope is None or known.scope.manners is None)


async def arrive(request: ApiRequest, response: Response) -> Response:
    """``response`` as it arrives; this may take a while."""
    match request.state.answer_fault:
        case Latency(ms):
            await asyncio.sleep(ms / 1000)
        case DropConnection(reset=reset):
            return _Broken(response, 0, headers=False, reset=reset)
        case TruncateBody(length):
            half = len(response.body) // 2 if hasattr(response, "body") else None
            return _Broken(response, half if length is None else length)
        case MalformedJson():
            if not hasattr(response, "body"):  # a file is sent piece by piece
                return _Broken(response, None)
            body = bytes(response.body)
            return _copy(response, body[: len(body) // 2])
        case PatchJson(patch):
            return _patched(response, patch)
        case HttpError(status, body):
            return Response(body, status, media_type="text/html")
        case None:
            return delivered(request, response)
    return response


def _patched(response: Response, patch: Mapping[str, Any]) -> Response:
    """The same answer, changed where it is a JSON object."""
    try:
        value = msgspec.json.decode(bytes(getattr(response, "body", b"")))
    except msgspec.DecodeError:
        return response
    if not isinstance(value, dict):
        return response
    return _copy(response, msgspec.json.encode(_merged(value, patch)))


def _merged(value: Any, patch: Mapping[str, Any]) -> dict[str, Any]:
    """RFC 7396."""
    merged = dict(value) if isinstance(value, dict) else {}
    for name, part in patch.items():
        if part is None:
            merged.pop(name, None)
        elif isinstance(part, Mapping):
            merged[name] = _merged(merged.get(name), part)
        else:
            merged[name] = part
    return merged


def _copy(response: Response, body: bytes) -> Response:
    """The same answer with another body, whose length is right."""
    headers = {
        name: value for name, value in response.headers.items() if name.lower() != "content-length"
    }
    return Response(body, response.status_code, headers)


class _Broken(Response):
    """An answer that breaks off after ``length`` bytes of its body, or before its ``headers``.

    Without a length it is half of what Content-Length says.
    """

    def __init__(
        self, response: Response, length: int | None, *, headers: bool = True, reset: bool = False
    ) -> None:
        super().__init__(status_code=response.status_code)
        self._response = response
        self._left = length
        self._says_anything = headers
        self._reset = reset

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def cut(message: Message) -> None:
            if message["type"] == "http.response.start":
                if self._left is None:
                    lengths = [
                        int(v) for name, v in message["headers"] if name == b"content-length"
                    ]
                    self._left = lengths[0] // 2 if lengths else 0
                await send(message)
                return
            body = message.get("body", b"")[: self._left]
            self._left = (self._left or 0) - len(body)
            await send({"type": "http.response.body", "body": body, "more_body": True})
            if not self._left or not message.get("more_body"):
                raise _Over

        if self._says_anything:
            with contextlib.suppress(_Over):
                await self._response(scope, receive, cut)
        hang_up = cast("Callable[[bool], Any]", scope["extensions"][HANG_UP])
        hang_up(self._reset)


class _Over(Exception):
    """All has been sent that is to be sent."""
