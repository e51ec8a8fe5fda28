"""What stands outside the target: files that it fetches, and addresses that it calls back.

One server for a whole run. Where the target is in the cloud, ``public_url`` is the address at which
it reaches this server, such as that of a tunnel.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mock_tingwu.conformance.checks import Deviation

_UVICORN_LOG: Final = logging.getLogger("uvicorn.error")
#: How long the server may take to start and to stop, in seconds.
_PATIENCE_S: Final = 10.0
_LOOK_S: Final = 0.01
#: The address of a project's callbacks, which its owner sets in the console.
PROJECT_PATH: Final = "/callback"
#: The longest body of a callback that is read, in bytes.
_LONGEST_BODY: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Arrived:
    """A request that the target made. Names of headers are in small letters."""

    at: float
    method: str
    url: str
    headers: dict[str, str]
    content: bytes

    @property
    def body(self) -> dict[str, Any]:
        """Its JSON object. Raises Deviation if it is none."""
        try:
            body = json.loads(self.content)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise Deviation(f"a callback has the body {self.content[:200]!r}, expected an object")
        return body


@dataclass(slots=True)
class Mailbox:
    """An address that the target calls back. ``answers`` are the statuses it gets, the last for
    all that follow."""

    url: str
    answers: list[int] = field(default_factory=lambda: [200])
    arrived: list[Arrived] = field(default_factory=list)
    #: Statuses for callbacks that say a certain thing, such as a TaskId, in place of the others.
    answers_about: dict[str, list[int]] = field(default_factory=dict)

    def answer(self, arrived: Arrived) -> int:
        """Take a callback; return the status that it gets."""
        text = arrived.content.decode("utf-8", "replace")
        for said, statuses in self.answers_about.items():
            if said in text:
                self.arrived.append(arrived)
                return statuses.pop(0) if len(statuses) > 1 else statuses[0]
        status = self.answers[min(len(self.arrived), len(self.answers) - 1)]
        self.arrived.append(arrived)
        return status


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    media_type: str
    status: int
    says_length: bool
    length: int | None


class Outside:
    """The server, as a context manager. ``public_url`` is its own address unless given."""

    def __init__(self, public_url: str = "", port: int = 0) -> None:
        self._public_url = public_url.rstrip("/")
        self._port = port
        self._files: dict[str, _File] = {}
        self._boxes: dict[str, Mailbox] = {}
        #: Requests for files, oldest first.
        self.fetched: list[Arrived] = []
        #: All callbacks to the project's address.
        self.project = Mailbox("")
        self._log_level = logging.NOTSET
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Outside:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self._port))
        local = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._public_url = self._public_url or local
        self.project.url = self._public_url + PROJECT_PATH
        routes = [
            Route("/files/{name:path}", self._give, methods=["GET", "HEAD"]),
            Route(PROJECT_PATH, self._take_project, methods=["POST"]),
            Route("/boxes/{name}", self._take, methods=["GET", "POST", "PUT"]),
        ]
        app = Starlette(routes=routes)
        config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False)
        self._server = uvicorn.Server(config)
        # A body that is shorter than announced is an error to it, and our purpose.
        self._log_level = _UVICORN_LOG.level
        _UVICORN_LOG.setLevel(logging.CRITICAL)
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="outside", daemon=True
        )
        self._thread.start()
        deadline = time.monotonic() + _PATIENCE_S
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise RuntimeError("the server for files and callbacks did not start")
            time.sleep(_LOOK_S)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None and self._thread is not None
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(_PATIENCE_S)
        _UVICORN_LOG.setLevel(self._log_level)

    def file(
        self,
        content: bytes,
        name: str = "meeting.wav",
        *,
        media_type: str = "audio/wav",
        status: int = 200,
        says_length: bool = True,
        length: int | None = None,
    ) -> str:
        """Have a file fetched; return its URL. ``name`` is how the URL ends.

        ``length`` is what Content-Length says whatever the length is: ranges are not heeded then,
        and the connection ends after ``content``.
        """
        key = f"{uuid4().hex}/{name}"
        self._files[key] = _File(content, media_type, status, says_length, length)
        return f"{self._public_url}/files/{key}"

    def mailbox(self, *answers: int) -> Mailbox:
        """An address of its own for callbacks, which answers with these statuses, 200 if none."""
        key = uuid4().hex
        box = self._boxes[key] = Mailbox(f"{self._public_url}/boxes/{key}", list(answers) or [200])
        return box

    def answer_about(self, task_id: str, *answers: int) -> None:
        """Answer the project's callbacks about a task with these statuses, the last for all that
        follow."""
        self.project.answers_about[task_id] = list(answers)

    async def _give(self, request: Request) -> Response:
        self.fetched.append(await _arrived(request, self._public_url))
        file = self._files.get(request.path_params["name"])
        if file is None:
            return Response(status_code=404)
        if file.status != 200:
            return Response(status_code=file.status)
        headers = {"accept-ranges": "bytes"}
        content, status = file.content, 200
        if file.length is not None:
            return Response(content, 200, {"content-length": str(file.length)}, file.media_type)
        wanted = _range(request.headers.get("range"), len(content))
        if wanted is not None:
            start, end = wanted
            if start >= len(content):
                return Response(
                    status_code=416, headers={"content-range": f"bytes */{len(content)}"}
                )
            headers["content-range"] = f"bytes {start}-{end - 1}/{len(content)}"
            content, status = content[start:end], 206
        response = Response(content, status, headers, file.media_type)
        if not file.says_length:
            del response.headers["content-length"]
        return response

    async def _take_project(self, request: Request) -> Response:
        return await self._answer(self.project, request)

    async def _take(self, request: Request) -> Response:
        box = self._boxes.get(request.path_params["name"])
        return Response(status_code=404) if box is None else await self._answer(box, request)

    async def _answer(self, box: Mailbox, request: Request) -> Response:
        arrived = await _arrived(request, self._public_url)
        return Response(status_code=box.answer(arrived))


async def _arrived(request: Request, base: str) -> Arrived:
    content = b""
    async for piece in request.stream():
        content += piece
        if len(content) > _LONGEST_BODY:
            break
    query = f"?{request.url.query}" if request.url.query else ""
    url = base + request.url.path + query
    headers = dict(request.headers)
    return Arrived(time.monotonic(), request.method, url, headers, content)


def _range(header: str | None, size: int) -> tuple[int, int] | None:
    """The bytes that a Range header asks for, as a slice; None if all are wanted."""
    if not header or not header.startswith("bytes=") or "," in header:
        return None
    first, _, last = header.removeprefix("bytes=").partition("-")
    if not first.isdigit():
        return None
    return int(first), min(int(last) + 1, size) if last.isdigit() else size


async def wait_until(
    arrived: Callable[[], Sequence[Any]], count: int, within: float, what: str
) -> None:
    """Wait for ``count`` things to be there. Raises Deviation after ``within`` real seconds."""
    deadline = time.monotonic() + within
    while len(arrived()) < count:
        if time.monotonic() >= deadline:
            raise Deviation(f"expected {count} {what} within {within:g} s, got {len(arrived())}")
        await asyncio.sleep(_LOOK_S)
