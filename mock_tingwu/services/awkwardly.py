"""How an answer of HTTP travels from a scope that is awkward."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, cast

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from mock_tingwu.core.awkward.draws import pieces
from mock_tingwu.services.api_request import ApiRequest

if TYPE_CHECKING:
    from mock_tingwu.core.awkward.manners import Manners

#: The server's extension of ASGI that changes the head of the next answer; its argument does it.
REWRITE_HEAD: Final = "mock_tingwu.rewrite_head"


def delivered(request: ApiRequest, response: Response) -> Response:
    """``response`` as its scope delivers it."""
    scope = request.state.scope
    if scope is None or scope.manners is None or not hasattr(response, "body"):
        return response
    return _Delivered(response, scope.manners)


class _Delivered(Response):
    """An answer with its headers in another case, in chunks, or the last on its connection."""

    def __init__(self, response: Response, manners: Manners) -> None:
        super().__init__(response.body, response.status_code)
        self.raw_headers = list(response.raw_headers)
        self.background = response.background
        headers = response.headers
        # It is another one every time.
        self._key = headers.get("x-acs-request-id") or headers.get("x-request-id") or ""
        self._manners = manners

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytes(self.body)
        cuts: list[int] = []
        if self._wants("chunked", 2):
            self.raw_headers = [(n, v) for n, v in self.raw_headers if n != b"content-length"]
            cuts = self._manners.draw("chunk-sizes", self._key).cuts(len(body), 3)
        if self._wants("closing", 3):
            self.raw_headers.append((b"connection", b"close"))
        if self._manners.has("header-case"):
            rewrite = cast("Callable[[Any], None]", scope["extensions"][REWRITE_HEAD])
            rewrite(_capitals if self._wants("header-case", 2) else _title_case)
        start: Message = {
            "type": "http.response.start",
            "status": self.status_code,
            "headers": self.raw_headers,
        }
        await send(start)
        *most, last = pieces(body, cuts)
        for piece in most:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": last})

    def _wants(self, habit: str, count: int) -> bool:
        return self._manners.has(habit) and self._manners.draw(habit, self._key).one_in(count)


def _title_case(head: bytes) -> bytes:
    return _renamed(head, lambda name: b"-".join(map(bytes.capitalize, name.split(b"-"))))


def _capitals(head: bytes) -> bytes:
    return _renamed(head, bytes.upper)


def _renamed(head: bytes, rename: Callable[[bytes], bytes]) -> bytes:
    """The head of an answer with other names of headers."""
    status, *lines = head.split(b"\r\n")
    parts = [line.partition(b":") for line in lines]
    return b"\r\n".join([status, *(rename(name) + colon + rest for name, colon, rest in parts)])
