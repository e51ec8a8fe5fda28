"""A layer before a mock that lets it deviate on purpose, as the live service might one day.

While `deviating` is in force, answers and events of mocks in this process leave changed. What the
mock itself journals stays as it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from mock_tingwu.server.app import Application
from mock_tingwu.server.websocket import WebSocketProtocol

Json = dict[str, Any]


@dataclass
class Answer:
    """An answer that is about to leave; what is changed in it leaves changed."""

    method: str
    path: str
    query: str
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: Json = field(default_factory=dict)


ChangeAnswer = Callable[[Answer], None]
#: The events that leave in place of one.
ChangeEvent = Callable[[Json], list[Json]]


@contextmanager
def deviating(
    answers: ChangeAnswer | None = None, events: Callable[[], ChangeEvent] | None = None
) -> Iterator[None]:
    """Let mocks deviate. ``events`` makes a change for each connection."""
    with pytest.MonkeyPatch.context() as patch:
        if answers is not None:
            patch.setattr(Application, "__call__", _layer(Application.__call__, answers))
            patch.setattr(Application, "at_once", lambda *_: None)
        if events is not None:
            _patch_events(patch, events)
        yield


def _layer(inner: Any, change: ChangeAnswer) -> Any:
    async def call(self: Application, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await inner(self, scope, receive, send)
            return
        start: Message = {}
        body = b""

        async def kept(message: Message) -> None:
            nonlocal body
            if message["type"] == "http.response.start":
                start.update(message)
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            headers = {n.decode().lower(): v.decode() for n, v in start["headers"]}
            if "json" in headers.get("content-type", "") and body:
                answer = Answer(
                    scope["method"],
                    scope["path"],
                    scope["query_string"].decode(),
                    start["status"],
                    headers,
                    json.loads(body),
                )
                change(answer)
                body = json.dumps(answer.body).encode()
                start["status"] = answer.status
                answer.headers["content-length"] = str(len(body))
                start["headers"] = [(n.encode(), v.encode()) for n, v in answer.headers.items()]
            await send(start)
            await send({"type": "http.response.body", "body": body})

        await inner(self, scope, receive, kept)

    return call


def _patch_events(patch: pytest.MonkeyPatch, make: Callable[[], ChangeEvent]) -> None:
    plain = WebSocketProtocol.send_text
    changes: dict[int, ChangeEvent] = {}

    def send_text(self: WebSocketProtocol, data: bytes, cuts: Sequence[int] = ()) -> None:
        change = changes.setdefault(id(self), make())
        for event in change(json.loads(data)):
            plain(self, json.dumps(event).encode())

    patch.setattr(WebSocketProtocol, "send_text", send_text)


def in_place(change: Callable[[Json], None]) -> Callable[[], ChangeEvent]:
    """A change of each event by itself."""

    def changed(event: Json) -> list[Json]:
        change(event)
        return [event]

    return lambda: changed


def swapped(first: str, second: str) -> Callable[[], ChangeEvent]:
    """Events called ``first`` leave right after the next one that is called ``second``."""

    def make() -> ChangeEvent:
        held: list[Json] = []

        def change(event: Json) -> list[Json]:
            name = event["header"]["name"]
            if name == first:
                held.append(event)
                return []
            if name == second:
                released = [event, *held]
                held.clear()
                return released
            return [event]

        return change

    return make
