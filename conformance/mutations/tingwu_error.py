"""Mutants whose errors look otherwise, and those that count calls otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from msgspec.structs import replace
from starlette.responses import Response

from mock_tingwu.conformance.mutants import Body, answers, mutant, patched, patched_item
from mock_tingwu.core import throttle
from mock_tingwu.core.errors import API_ERRORS
from mock_tingwu.core.ids import Ids
from mock_tingwu.core.throttle import Limits, Throttle
from mock_tingwu.services import api_format, bodies, gatekeeper, tingwu_request
from mock_tingwu.services.api_errors import failure
from mock_tingwu.services.gateway import Gateway

from ._calls import no_app_key_is_checked

ERROR, THROTTLE = "TW-ERROR", "TW-THROTTLE"
#: The rows that a mock has to be set up for.
_ROWS = ("TW-ERROR-042", "TW-ERROR-043", "TW-ERROR-044", "TW-ERROR-045")


def _errors(
    change: Callable[[int, Body], tuple[int, Body]], operation: str = "*"
) -> AbstractContextManager[None]:
    """Change the answers that are errors."""
    return answers(operation, lambda s, b: change(s, b) if s >= 400 else (s, b))


def _without(name: str) -> AbstractContextManager[None]:
    """Errors without one of their fields."""

    def change(status: int, body: Body) -> tuple[int, Body]:
        body.pop(name, None)
        return status, body

    return _errors(change)


@mutant("errors have no HostId", area=ERROR, caught_by=["TW-ERROR-001"])
def no_host_id() -> AbstractContextManager[None]:
    return _without("HostId")


@mutant("errors have no Recommend", area=ERROR, caught_by=["TW-ERROR-002"])
def no_recommend() -> AbstractContextManager[None]:
    return _without("Recommend")


@mutant("errors have no RequestId", area=ERROR, caught_by=["TW-ERROR-001", "TW-CREATE-017"])
def no_request_id() -> AbstractContextManager[None]:
    return _without("RequestId")


@mutant("AccessDeniedDetail is left out", area=ERROR, caught_by=["TW-ERROR-047"])
def no_access_denied_detail() -> AbstractContextManager[None]:
    return _without("AccessDeniedDetail")


@mutant(
    "errors of the service come with HTTP 200, as DashScope's do in Data",
    area=ERROR,
    caught_by=["TW-CREATE-017", *_ROWS],
)
def service_errors_are_200() -> AbstractContextManager[None]:
    return _errors(lambda s, body: (200 if body["Code"].startswith("BRK.") else s, body))


@mutant(
    "messages have no full stop", area=ERROR, caught_by=["TW-ERROR-009", "TW-ERROR-041", *_ROWS]
)
def messages_without_a_full_stop() -> AbstractContextManager[None]:
    def change(status: int, body: Body) -> tuple[int, Body]:
        return status, body | {"Message": body["Message"].rstrip(".")}

    return _errors(change)


@mutant(
    "answers are text/json",
    area=ERROR,
    caught_by=["TW-ERROR-003", "TW-ERROR-004"],
)
def odd_content_type() -> AbstractContextManager[None]:
    return patched(api_format, "JSON_TYPE", "text/json")


@mutant("a RequestId is in small letters", area=ERROR, caught_by=["TW-ERROR-005"])
def small_request_ids() -> AbstractContextManager[None]:
    request_id = Ids.request_id
    return patched(Ids, "request_id", lambda self: request_id(self).lower())


@mutant("all answers have one RequestId", area=ERROR, caught_by=["TW-ERROR-006"])
def one_request_id() -> AbstractContextManager[None]:
    constant = "5D5368CE-93CA-5761-B71D-3A57AA1FDB6D"
    return patched(Ids, "request_id", lambda self: constant)


@mutant("there is JSON alone", area=ERROR, caught_by=["TW-ERROR-008"])
def json_alone() -> AbstractContextManager[None]:
    return patched(api_format, "wants_json", lambda accept: True)


@mutant(
    "an unknown API is answered with a page of HTML",
    area=ERROR,
    caught_by=["TW-ERROR-009", "TW-ERROR-010", "TW-ERROR-011"],
)
def page_for_an_unknown_api() -> AbstractContextManager[None]:
    async def mutated(self: Gateway, request: Any) -> Response:
        return Response("<html><body>404 Not Found</body></html>", 404, media_type="text/html")

    return patched(Gateway, "unknown", mutated)


@mutant("an unknown API is answered with HTTP 400", area=ERROR, caught_by=["TW-ERROR-009"])
def unknown_api_is_400() -> AbstractContextManager[None]:
    row = replace(API_ERRORS["InvalidApi.NotFound"], http_status=400)
    return patched_item(API_ERRORS, "InvalidApi.NotFound", row)


@mutant(
    "a body that is no JSON breaks the service down",
    area=ERROR,
    caught_by=["TW-ERROR-015", "TW-ERROR-016"],
)
def malformed_body_breaks() -> AbstractContextManager[None]:
    return _errors(lambda s, body: (500 if body["Code"] == "InvalidParameter.Format" else s, body))


@mutant("an empty body is one in which all is usual", area=ERROR, caught_by=["TW-ERROR-018"])
@contextmanager
def empty_body_is_usual() -> Iterator[None]:
    parse = bodies.parse
    usual = {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16000}

    def mutated(raw: bytes) -> object:
        return parse(raw) if raw else {"AppKey": "usual", "Input": dict(usual)}

    with no_app_key_is_checked(), patched(bodies, "parse", mutated):
        yield


@mutant("ServerError comes with HTTP 503", area=ERROR, caught_by=["TW-ERROR-041"])
def server_error_is_503() -> AbstractContextManager[None]:
    row = replace(API_ERRORS["ServerError"], http_status=503)
    return patched_item(API_ERRORS, "ServerError", row)


@mutant(
    "fields have no codes of their own",
    area=ERROR,
    caught_by=["TW-ERROR-020", "TW-ERROR-023", "TW-ERROR-025", "TW-ERROR-033"],
)
def no_codes_of_fields() -> AbstractContextManager[None]:
    return patched(tingwu_request, "_CODES", {})


# Flow control


def _limits(create: int, query: int) -> AbstractContextManager[None]:
    """Other limits than the documented ones; 0 is without."""

    def mutated(self: Limits, operation: str) -> int:
        return query if operation == "GetTaskInfo" else create

    return patched(Limits, "of", mutated)


@mutant(
    "GetTaskInfo may be called five times a second", area=THROTTLE, caught_by=["TW-THROTTLE-001"]
)
def five_queries() -> AbstractContextManager[None]:
    return _limits(20, 5)


@mutant("CreateTask may be called ten times a second", area=THROTTLE, caught_by=["TW-THROTTLE-002"])
def ten_creates() -> AbstractContextManager[None]:
    return _limits(10, 100)


@mutant(
    "there is no flow control",
    area=THROTTLE,
    caught_by=["TW-THROTTLE-003", "TW-THROTTLE-004", "TW-THROTTLE-007"],
)
def no_flow_control() -> AbstractContextManager[None]:
    return _limits(0, 0)


@mutant("who calls too often gets HTTP 429", area=THROTTLE, caught_by=["TW-THROTTLE-003"])
def throttled_is_429() -> AbstractContextManager[None]:
    row = replace(API_ERRORS["Throttling.User"], http_status=429)
    return patched_item(API_ERRORS, "Throttling.User", row)


@mutant("who calls too often is told otherwise", area=THROTTLE, caught_by=["TW-THROTTLE-003"])
def throttled_in_other_words() -> AbstractContextManager[None]:
    row = replace(API_ERRORS["Throttling.User"], message="Too many requests.")
    return patched_item(API_ERRORS, "Throttling.User", row)


@mutant(
    "x-acs-retry-after is left out",
    area=THROTTLE,
    caught_by=["TW-THROTTLE-004", "TW-THROTTLE-006"],
)
def no_retry_after() -> AbstractContextManager[None]:
    return patched(gatekeeper, "throttled", lambda wait: failure("Throttling.User"))


@mutant("who called too often is denied for a minute", area=THROTTLE, caught_by=["TW-THROTTLE-005"])
def denied_for_a_minute() -> AbstractContextManager[None]:
    return patched(throttle, "WINDOW_MS", 60_000)


@mutant(
    "all calls of an account are counted together, 20 in a second",
    area=THROTTLE,
    caught_by=["TW-THROTTLE-007", "TW-THROTTLE-008"],
)
def counted_together() -> AbstractContextManager[None]:
    admit = Throttle.admit

    def mutated(self: Throttle, caller: str, operation: str, limit: int, now: int) -> int:
        return admit(self, caller, "", 20 if limit else 0, now)

    return patched(Throttle, "admit", mutated)
