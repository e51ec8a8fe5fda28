"""What mutants of Tingwu's calls are made of: the request is read otherwise, or refused."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import parse_qsl, urlencode

from mock_tingwu.conformance.mutants import Body, ChangeAnswer, answers, patched
from mock_tingwu.services import tingwu, tingwu_request
from mock_tingwu.services.api_errors import invalid
from mock_tingwu.services.api_request import ApiRequest


def read_as(change: Callable[[Body], object]) -> AbstractContextManager[None]:
    """The body of a new meeting is changed in place before it is read."""
    read = tingwu_request.realtime_request

    def mutated(body: Body, origin: str = "") -> Any:
        change(body)
        return read(body, origin)

    return patched(tingwu, "realtime_request", mutated)


def refuses(is_refused: Callable[[Body, Body], object]) -> AbstractContextManager[None]:
    """A new meeting is refused where ``is_refused`` of its Input and its Parameters."""
    read = tingwu_request.realtime_request

    def mutated(body: Body, origin: str = "") -> Any:
        if is_refused(body.get("Input", {}), body.get("Parameters", {})):
            raise invalid("Parameters")
        return read(body, origin)

    return patched(tingwu, "realtime_request", mutated)


def query_read_as(change: Callable[[dict[str, str]], object]) -> AbstractContextManager[None]:
    """The query of CreateTask is changed in place before it is read."""
    put = tingwu.TingwuService._put_task

    def mutated(self: Any, request: ApiRequest, scope: Any, body: Body) -> Any:
        query = dict(parse_qsl(request.scope["query_string"].decode()))
        change(query)
        changed = {**request.scope, "query_string": urlencode(query).encode()}
        return put(self, ApiRequest(changed, request.receive), scope, body)

    return patched(tingwu.TingwuService, "_put_task", mutated)


def no_app_key_is_checked() -> AbstractContextManager[None]:
    """Anybody's AppKey will do."""
    return patched(tingwu, "check_app_key", lambda *_: None)


def starts(change: ChangeAnswer) -> AbstractContextManager[None]:
    """Change the answers that begin a meeting."""
    return answers("CreateTask", lambda s, b: change(s, b) if _begins(b) else (s, b))


def stops(change: ChangeAnswer) -> AbstractContextManager[None]:
    """Change the answers to stop."""
    return answers(
        "CreateTask",
        lambda s, b: change(s, b) if b.get("Code") == "0" and not _begins(b) else (s, b),
    )


def _begins(body: Body) -> bool:
    return isinstance(body.get("Data"), dict) and "MeetingJoinUrl" in body["Data"]
