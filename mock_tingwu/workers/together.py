"""Calls of the control API that are about all scopes: every worker answers for its own."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_tingwu.core.masking import Masker
from mock_tingwu.services import metrics, scopes
from mock_tingwu.services.control import EVERY
from mock_tingwu.services.json_api import ControlError, Handler, json_endpoint, raw_body
from mock_tingwu.services.world import World
from mock_tingwu.workers.handing import Letter, Switch
from mock_tingwu.workers.world import SharedWorld

#: A header of requests from one worker to another, which answers for itself alone.
ALONE: Final = b"x-mock-tingwu-alone"
PATH: Final = "/_mock/workers"
#: How long another worker may take, in s; one that is being started again is waited for.
PATIENCE_S: Final = 20.0


class Together:
    """The application of one worker, with answers for all of them in front of it."""

    def __init__(self, app: ASGIApp, world: SharedWorld, switch: Switch) -> None:
        self._app = app
        #: See `Application.at_once`: none of these calls is one of the control API.
        self.at_once = getattr(app, "at_once", None)
        self._world = world
        self._switch = switch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._answer_of(scope)
        if answer is None:
            await self._app(scope, receive, send)
        else:
            response = await json_endpoint(answer)(Request(scope, receive))
            await response(scope, receive, send)

    def _answer_of(self, scope: Scope) -> Handler | None:
        path, method = scope["path"], scope["method"]
        if not path.startswith("/_mock/"):
            return None
        alone = any(name == ALONE for name, _ in scope["headers"])
        if path == PATH and method == "GET":
            return self._worker if alone else self._workers
        if alone:
            return None
        if path == scopes.PATH and method == "GET":
            return self._scopes
        if path == metrics.PATH and method == "GET":
            return self._metrics
        named = Request(scope).query_params.get("scope")
        if path == "/_mock/reset" and method == "POST" and named == EVERY:
            return self._reset
        return None

    async def _worker(self, request: Request) -> Any:
        """What there is to say of this worker."""
        switch = self._switch
        return {
            "worker": self._world.share.number,
            "pid": os.getpid(),
            "scopes": [realm.journal.masked(realm.name) for realm in self._world],
            "connections_given": switch.given,
            "connections_taken": switch.taken,
        }

    async def _workers(self, request: Request) -> Any:
        answers = await self._ask_all("GET", PATH)
        return {"workers": [msgspec.json.decode(body) for _, body in answers]}

    async def _scopes(self, request: Request) -> Any:
        """As of one process, each scope with its worker: the default one first, then by age."""
        found: list[dict[str, Any]] = []
        for worker, (_, body) in enumerate(await self._ask_all("GET", scopes.PATH)):
            listed = msgspec.json.decode(body)["scopes"]
            found += [one | {"worker": worker} for one in listed]
        masked = Masker(self._world.settings.secrets)
        ages = {masked(name): age for age, name in enumerate(self._world.directory.names())}
        found.sort(key=lambda one: (one["name"] != World.DEFAULT, ages.get(one["name"], len(ages))))
        return {"scopes": found}

    async def _reset(self, request: Request) -> Response:
        body = await raw_body(request)
        answers = await self._ask_all("POST", f"/_mock/reset?scope={EVERY}", body)
        status, content = max(answers, key=lambda answer: answer[0])
        return Response(content, status, {"Content-Type": "application/json"})

    async def _metrics(self, request: Request) -> Response:
        answers = await self._ask_all("GET", metrics.PATH)
        texts = [body.decode() for _, body in answers]
        return Response(labelled(texts), headers={"Content-Type": metrics.CONTENT_TYPE})

    async def _ask_all(
        self, method: str, target: str, body: bytes = b""
    ) -> list[tuple[int, bytes]]:
        """Status and body of each worker's answer."""
        numbers = range(self._world.share.count)
        return await asyncio.gather(*(self._ask(n, method, target, body) for n in numbers))

    async def _ask(self, worker: int, method: str, target: str, body: bytes) -> tuple[int, bytes]:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            head = f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
            head += f"{ALONE.decode()}: 1\r\nContent-Length: {len(body)}\r\n\r\n"
            letter = Letter(head.encode() + body)
            self._switch.give(worker, os.dup(theirs.fileno()), letter, counts=False)
        reader, writer = await asyncio.open_unix_connection(sock=ours)
        try:
            answer = await asyncio.wait_for(reader.read(), PATIENCE_S)
        except TimeoutError:
            raise ControlError(f"worker {worker} does not answer", 503) from None
        finally:
            writer.close()
        start, _, content = answer.partition(b"\r\n\r\n")
        return int(start.split()[1]), content


def labelled(texts: list[str]) -> str:
    """Metrics of all workers as one text, every sample with the number of its worker."""
    families: dict[str, tuple[list[str], list[str]]] = {}
    for worker, text in enumerate(texts):
        name = ""
        for line in text.splitlines():
            if line.startswith("#"):
                name = line.split()[2]
                about = families.setdefault(name, ([], []))[0]
                if line not in about:
                    about.append(line)
                continue
            metric, _, value = line.rpartition(" ")
            metric, brace, labels = metric.partition("{")
            labels = f'worker="{worker}",{labels}' if brace else f'worker="{worker}"}}'
            families[name][1].append(f"{metric}{{{labels} {value}")
    lines = [line for about, samples in families.values() for line in (*about, *samples)]
    return "\n".join(lines) + "\n"
