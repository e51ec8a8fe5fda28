"""The same answers without a mock: what anybody would write with the same libraries.

python -m benchmarks.bare.web NAME, where NAME is ``starlette`` or ``asgi``: prints its address and
serves until it is stopped, with uvloop, httptools and the garbage collector's settings of
``mock-tingwu serve``.
"""

from __future__ import annotations

import json
import socket
import sys
import uuid
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from mock_tingwu.server.garbage import calm

#: As long as what the mock answers of a running task.
ANSWER = {
    "Code": "0",
    "Data": {"TaskId": "a" * 32, "TaskKey": "benchmark", "TaskStatus": "ONGOING"},
    "Message": "success",
    "RequestId": "A88DE79F-825A-506E-875A-9C2DD9AD78B7",
}
_URL = "ws://127.0.0.1:8900/api/ws/v1?mc=" + "t" * 128


async def _health(request: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"})


async def _task(request: Request) -> JSONResponse:
    return JSONResponse(ANSWER)


def _creating() -> Any:
    tasks: dict[str, Any] = {}

    async def create(request: Request) -> JSONResponse:
        body = await request.json()
        task_id = uuid.uuid4().hex
        tasks[task_id] = body
        data = {"TaskId": task_id, "TaskKey": "benchmark", "TaskStatus": "NEW"}
        return JSONResponse(ANSWER | {"Data": {**data, "MeetingJoinUrl": _URL}})

    return create


_TASKS = "/openapi/tingwu/v2/tasks"
starlette = Starlette(
    routes=[
        Route("/_mock/health", _health),
        Route(_TASKS + "/{task_id}", _task),
        Route(_TASKS, _creating(), methods=["PUT"]),
    ]
)
_BYTES = json.dumps(ANSWER, separators=(",", ":")).encode()
_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(_BYTES)).encode()),
    ],
}


async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
    """A callable of ASGI that answers everything with the same bytes."""
    await receive()
    await send(_START)
    await send({"type": "http.response.body", "body": _BYTES})


def main() -> None:
    sock = socket.create_server(("127.0.0.1", 0), backlog=2048)
    print(f"listening on http://127.0.0.1:{sock.getsockname()[1]}", flush=True)
    calm()
    app: Any = {"starlette": starlette, "asgi": asgi}[sys.argv[1]]
    config = uvicorn.Config(
        app, loop="uvloop", http="httptools", lifespan="off", log_config=None, access_log=False
    )
    uvicorn.Server(config).run(sockets=[sock])


if __name__ == "__main__":
    main()
