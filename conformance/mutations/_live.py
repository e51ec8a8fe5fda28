"""What mutants of Live are made of: requests are read otherwise, captions are written otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from typing import Any

from msgspec.structs import replace

from mock_tingwu.conformance.mutants import Body, ChangeAnswer, answers, mutant, patched
from mock_tingwu.protocols import live_captions
from mock_tingwu.protocols.signing import Problem, Verdict
from mock_tingwu.services.api_errors import invalid
from mock_tingwu.services.gatekeeper import Gatekeeper
from mock_tingwu.services.live import captioning, service
from mock_tingwu.services.live.request import caption_request

Apply = Callable[[], AbstractContextManager[None]]


def live_mutant(
    area: str,
    name: str,
    breaks: str,
    apply: Apply,
    *numbers: int,
    also: Collection[str] = (),
) -> None:
    """Register a mutant that these cases of the area notice, by number, and ``also`` others."""

    def applied() -> AbstractContextManager[None]:
        return apply()

    applied.__name__ = f"live_{name}"
    noticed = [f"{area}-{number:03}" for number in numbers]
    mutant(breaks, area=area, caught_by=[*noticed, *also])(applied)


# Requests


def read_as(change: Callable[[Body], object]) -> AbstractContextManager[None]:
    """The parameters of CreateRtcAsrTask are changed in place before they are read."""
    read = caption_request

    def mutated(parameters: Body) -> Any:
        change(parameters)
        return read(parameters)

    return patched(service, "caption_request", mutated)


def refuses(is_refused: Callable[[Body], object]) -> AbstractContextManager[None]:
    """CreateRtcAsrTask is refused where ``is_refused`` of its parameters."""

    def change(parameters: Body) -> None:
        if is_refused(parameters):
            raise invalid("Parameter")

    return read_as(change)


def tolerates(*problems: Problem) -> AbstractContextManager[None]:
    """These problems of a signature are none."""

    def change(verdict: Verdict) -> Verdict:
        return replace(verdict, ok=True, problem=None) if verdict.problem in problems else verdict

    return judged(change)


def judged(change: Callable[[Verdict], Verdict]) -> AbstractContextManager[None]:
    """The verdict about a signature is another one."""
    checked = Gatekeeper._checked

    def mutated(self: Gatekeeper, request: Any, now: Any) -> Verdict:
        return change(checked(self, request, now))

    return patched(Gatekeeper, "_checked", mutated)


# Answers


def error_answers(change: Callable[[int, Body], int]) -> AbstractContextManager[None]:
    """Errors in JSON are changed in place; what is returned is their HTTP status."""

    def changed(status: int, body: Body) -> tuple[int, Body]:
        return (change(status, body), body) if "Code" in body else (status, body)

    return answers("*", changed)


def tasks_shown(change: Callable[[Body], object]) -> AbstractContextManager[None]:
    """Each task that a Query shows is changed in place."""

    def changed(status: int, body: Body) -> tuple[int, Body]:
        for task in body.get("Tasks", {}).values():
            change(task)
        return status, body

    return answers("QueryRtcAsrTasks", changed)


def worded(message: Callable[[str], str]) -> ChangeAnswer:
    """Answers whose Message is another one."""

    def changed(status: int, body: Body) -> tuple[int, Body]:
        if "Message" in body:
            body["Message"] = message(body["Message"])
        return status, body

    return changed


# Captions


def posted(change: Callable[[Body], object]) -> AbstractContextManager[None]:
    """What is posted is changed in place."""
    encode = captioning._encode

    def mutated(body: Body) -> bytes:
        change(body)
        return encode(body)

    return patched(captioning, "_encode", mutated)


def event(change: Callable[[Body], object], *names: str) -> AbstractContextManager[None]:
    """The engine's events of these names, all if none, are changed in place."""
    encode = live_captions._encode

    def mutated(body: Body) -> bytes:
        if not names or body["header"]["name"] in names:
            change(body)
        return encode(body)

    return patched(live_captions, "_encode", mutated)


def content_of(body: Body) -> Any:
    """The event in what is posted."""
    return json.loads(body["content"])
