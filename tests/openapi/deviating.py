"""A server that answers as a mock does, but for what it gets wrong."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mock_tingwu.services.any_path import ANY

#: What becomes of an answer: ``(method, path, status, body) -> (status, body)``.
Deviation = Callable[[str, str, int, Any], tuple[int, Any]]

#: What is wrong with a server that deviates everywhere, and what is to be said of it.
SAID: Final = {
    "a list of lists is a defect": "Server error",
    "a task has a field that no document knows": "Response violates schema",
    "a list is forgotten as soon as it is made": "remembers_what_it_made",
    "a task is made of anything": "refuses_what_does_not_fit",
    "no list can be deleted": "accepts_what_fits",
    "a wrong list has a code that is none of this API's": "refuses_with_a_documented_code",
}


def deviate(method: str, path: str, status: int, body: Any) -> tuple[int, Any]:
    """All that `SAID` tells, each with another call."""
    call = (method, path.count("/"), status)
    request_id = body.get("RequestId")
    refusal = {"RequestId": request_id, "HostId": "tingwu", "Message": "No."}
    if call == ("GET", 5, 200) and path.endswith("/phrases"):
        return 500, refusal | {"Code": "ServerError"}
    if call == ("GET", 5, 200):
        body["Data"]["Progress"] = 50
    if call == ("GET", 6, 200):
        return 400, refusal | {"Code": "InvalidPhraseId"}
    if call == ("PUT", 4, 400):
        data = {"TaskId": "0" * 32, "TaskStatus": "ONGOING"}
        return 200, {"Code": "0", "Data": data, "Message": "success", "RequestId": request_id}
    if call == ("DELETE", 6, 200):
        return 400, refusal | {"Code": "InvalidInput"}
    if call == ("POST", 5, 400):
        return 400, refusal | {"Code": "Sorry"}
    return status, body


_METHODS: Final = ("GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE")
_KEPT: Final = ("content-type", "accept", "authorization")


@contextmanager
def deviating(url: str, deviation: Deviation) -> Iterator[str]:
    """Stand in front of the mock at ``url``; give the address to call instead."""
    clients: list[httpx.AsyncClient] = []

    @asynccontextmanager
    async def connected(app: Starlette) -> AsyncIterator[None]:
        async with httpx.AsyncClient(base_url=url) as client:
            clients.append(client)
            yield

    async def pass_on(request: Request) -> Response:
        target = request.scope["raw_path"].decode()
        if query := request.scope["query_string"].decode():
            target += f"?{query}"
        headers = {name: request.headers[name] for name in _KEPT if name in request.headers}
        answer = await clients[0].request(
            request.method, target, headers=headers, content=await request.body()
        )
        status, content = answer.status_code, answer.content
        if answer.headers["content-type"].startswith("application/json"):
            status, body = deviation(request.method, request.url.path, status, answer.json())
            content = json.dumps(body).encode()
        kept = {n: v for n, v in answer.headers.items() if n.startswith(("x-acs", "content-type"))}
        return Response(content, status, kept)

    app = Starlette(
        routes=[Route(f"/{{rest:{ANY}}}", pass_on, methods=list(_METHODS))], lifespan=connected
    )
    # uvicorn's own configuration of logs would be that of every server in this process.
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False))
    ready = threading.Event()
    startup = server.startup

    async def started(*args: Any, **kwargs: Any) -> None:
        await startup(*args, **kwargs)
        ready.set()

    server.startup = started  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert ready.wait(30), "the server does not start"
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()
