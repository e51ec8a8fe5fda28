"""Mutants: mocks of which each breaks one documented rule, to see whether the cases notice.

A mutant is a context manager that patches the running program: a table, a function, or what goes
over the wire. None is known to the product's code. They are in the folder of the cases::

    @mutant(
        "CreateTask answers without TaskStatus",
        area="TW-CREATE",
        caught_by=["TW-CREATE-001"],
    )
    def create_without_status() -> AbstractContextManager[None]:
        return answers("CreateTask", without("Data", "TaskStatus"))
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Callable, Collection, Iterator, MutableMapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qs

from starlette.types import Message, Receive, Scope, Send

from mock_tingwu.server.app import Application
from mock_tingwu.server.websocket import WebSocketProtocol

Body = dict[str, Any]
#: Gets status and JSON body of an answer; returns those to send.
ChangeAnswer = Callable[[int, Body], tuple[int, Body]]
#: Gets an event; returns the events to send in its place.
ChangeEvent = Callable[[Body], list[Body]]

_ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class Mutant:
    """``breaks`` is what the mutant does otherwise, ``caught_by`` the cases that must notice."""

    name: str
    breaks: str
    area: str
    caught_by: tuple[str, ...]
    apply: Callable[[], AbstractContextManager[None]]


_registered: dict[str, Mutant] = {}


def mutant(
    breaks: str, *, area: str, caught_by: Collection[str]
) -> Callable[[Callable[[], AbstractContextManager[None]]], Callable[[], Any]]:
    """Register a mutant under its area and the name of its function, such as tw-get-code-is-1.

    Raises:
        ValueError: two have one name, or no case of its ``area`` is to notice it.
    """
    if not any(id.rpartition("-")[0] == area for id in caught_by):
        raise ValueError(f"the mutant {breaks!r} is caught by no case of its area {area}")

    def register(apply: Callable[[], AbstractContextManager[None]]) -> Callable[[], Any]:
        word = apply.__name__.replace("_", "-").removeprefix(f"{area[:2].lower()}-")
        name = f"{area.lower()}-{word}"
        if name in _registered:
            raise ValueError(f"there are two mutants called {name}")
        _registered[name] = Mutant(name, breaks, area, tuple(caught_by), apply)
        return apply

    return register


@cache
def load_mutants() -> list[Mutant]:
    """All mutants, by area."""
    package = importlib.import_module("mock_tingwu.conformance.mutations")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return sorted(_registered.values(), key=lambda mutant: (mutant.area, mutant.name))


# What a mutant can be made of


@contextmanager
def patched(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Have another attribute of a module, class or object for a while."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


@contextmanager
def patched_item(table: MutableMapping[Any, Any], key: Any, value: Any) -> Iterator[None]:
    """Have another entry in a table for a while."""
    before = table.get(key, _ABSENT)
    table[key] = value
    try:
        yield
    finally:
        if before is _ABSENT:
            del table[key]
        else:
            table[key] = before


@contextmanager
def answers(operation: str, change: ChangeAnswer) -> Iterator[None]:
    """Change the JSON answers of an operation: of Tingwu and Live its name, of DashScope the task.

    ``*`` stands for all. Answers that are no JSON object are left alone.
    """
    call = Application.__call__

    async def mutated(self: Application, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/_mock/"):
            await call(self, scope, receive, send)
            return
        received = bytearray()
        head: Message | None = None
        body = bytearray()

        async def listen() -> Message:
            message = await receive()
            received.extend(message.get("body", b""))
            return message

        async def hold(message: Message) -> None:
            nonlocal head
            if message["type"] == "http.response.start":
                head = message
                return
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            assert head is not None
            await _send_changed(head, bytes(body), send, change, matches)

        def matches() -> bool:
            return operation in ("*", operation_of(scope, bytes(received)))

        await call(self, scope, listen, hold)

    with patched(Application, "__call__", mutated), patched(Application, "at_once", _never):
        yield


def _never(self: Application, scope: Scope, body: bytes) -> None:
    """Nothing is answered without `Application.__call__`."""


@contextmanager
def events(change: ChangeEvent) -> Iterator[None]:
    """Change the events of all WebSockets."""
    send_text = WebSocketProtocol.send_text

    def mutated(self: WebSocketProtocol, data: bytes, cuts: Any = ()) -> None:
        for event in change(json.loads(data)):
            send_text(self, json.dumps(event, ensure_ascii=False).encode())

    with patched(WebSocketProtocol, "send_text", mutated):
        yield


def without(*path: str) -> ChangeAnswer:
    """Answers without the field at ``path``."""

    def change(status: int, body: Body) -> tuple[int, Body]:
        parent = _parent(body, path)
        if parent is not None:
            parent.pop(path[-1], None)
        return status, body

    return change


def with_value(value: Any, *path: str) -> ChangeAnswer:
    """Answers in which the field at ``path``, where there is one, has another value.

    ``value`` may be a function of the right one.
    """

    def change(status: int, body: Body) -> tuple[int, Body]:
        parent = _parent(body, path)
        if parent is not None and path[-1] in parent:
            old = parent[path[-1]]
            parent[path[-1]] = value(old) if callable(value) else value
        return status, body

    return change


def operation_of(scope: Scope, body: bytes) -> str:
    """The operation that a request asks for, as far as mutants tell them apart."""
    path, method = scope["path"], scope["method"]
    if path == "/":
        query = parse_qs(scope["query_string"].decode() + "&" + body.decode("utf-8", "replace"))
        headers = dict(scope["headers"])
        action = headers.get(b"x-acs-action", b"").decode()
        return str(query.get("Action", [action])[0])
    if path.startswith("/api/v1/tokens"):
        return "createToken"
    if path.startswith("/api/v1/"):
        try:
            return str(json.loads(body)["input"]["task"])
        except (ValueError, KeyError, TypeError):
            return ""
    if "/phrases" in path:
        verbs = {"POST": "Create", "PUT": "Update", "DELETE": "Delete"}
        verb = verbs.get(method, "List" if path.endswith("/phrases") else "Get")
        return f"{verb}TranscriptionPhrases"
    if path.startswith("/openapi/tingwu/"):
        return "CreateTask" if method == "PUT" else "GetTaskInfo"
    return "download" if path.startswith("/oss/") else ""


async def _send_changed(
    head: Message, body: bytes, send: Send, change: ChangeAnswer, matches: Callable[[], bool]
) -> None:
    try:
        decoded = json.loads(body) if matches() else None
    except ValueError:
        decoded = None
    if isinstance(decoded, dict):
        head["status"], changed = change(head["status"], decoded)
        body = json.dumps(changed, ensure_ascii=False).encode()
        length = str(len(body)).encode()
        headers = [(n, v) for n, v in head["headers"] if n.lower() != b"content-length"]
        head["headers"] = [*headers, (b"content-length", length)]
    await send(head)
    await send({"type": "http.response.body", "body": body})


def _parent(body: Body, path: tuple[str, ...]) -> Body | None:
    parent: Any = body
    for name in path[:-1]:
        parent = parent.get(name) if isinstance(parent, dict) else None
    return parent if isinstance(parent, dict) else None
