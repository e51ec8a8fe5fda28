"""Mutants whose WebSocket is not as the SDKs need it, or whose URL lets in anybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from mock_tingwu.conformance.mutants import answers, mutant, patched, with_value
from mock_tingwu.server import websocket
from mock_tingwu.server.app import Application
from mock_tingwu.server.frames import Core
from mock_tingwu.server.websocket import WebSocketProtocol
from mock_tingwu.services import realtime
from mock_tingwu.services.connection import Endpoint, Rejection
from mock_tingwu.services.realtime import PusherConnection
from mock_tingwu.services.world import World

AREA = "RT-CONNECT"
JOIN_URL = ("Data", "MeetingJoinUrl")


@mutant("MeetingJoinUrl has a second parameter", area=AREA, caught_by=["RT-CONNECT-001"])
def join_url_with_version() -> AbstractContextManager[None]:
    return answers("CreateTask", with_value(lambda url: f"{url}&v=1", *JOIN_URL))


@mutant("MeetingJoinUrl is too long for the C++ SDK", area=AREA, caught_by=["RT-CONNECT-003"])
def join_url_too_long() -> AbstractContextManager[None]:
    return answers("CreateTask", with_value(lambda url: f"{url}&sign={'a' * 200}", *JOIN_URL))


@mutant("mc is base64 with its padding", area=AREA, caught_by=["RT-CONNECT-002"])
def mc_padded() -> AbstractContextManager[None]:
    return answers("CreateTask", with_value(lambda url: f"{url}==", *JOIN_URL))


@mutant("all meetings have one URL", area=AREA, caught_by=["RT-CONNECT-006"])
def one_join_url() -> AbstractContextManager[None]:
    def same(url: str) -> str:
        return url.partition("mc=")[0] + "mc=" + "A" * 128

    return answers("CreateTask", with_value(same, *JOIN_URL))


@contextmanager
def routing(
    change: Callable[[World, str, Mapping[str, str], Endpoint | Rejection], Endpoint | Rejection],
) -> Iterator[None]:
    """Let something else decide who may join a meeting: it gets target, headers, and what was."""
    call = Application.websocket

    def mutated(self: Application, target: str, headers: Mapping[str, str]) -> Endpoint | Rejection:
        found = call(self, target, headers)
        if not target.startswith(realtime.PATH):
            return found
        return change(self.world, target, headers, found)

    with patched(Application, "websocket", mutated):
        yield


@mutant(
    "nobody joins without a token header",
    area=AREA,
    caught_by=["RT-CONNECT-004", "RT-CONNECT-015"],
)
def token_required() -> AbstractContextManager[None]:
    def change(world: World, target: str, headers: Mapping[str, str], found: Any) -> Any:
        return found if "x-nls-token" in headers else Rejection(403, "Meta:ACCESS_DENIED:No token!")

    return routing(change)


@mutant(
    "an unknown mc leads into the latest meeting",
    area=AREA,
    caught_by=["RT-CONNECT-007", "RT-CONNECT-008", "RT-CONNECT-009"],
)
def any_mc() -> AbstractContextManager[None]:
    def change(world: World, target: str, headers: Mapping[str, str], found: Any) -> Any:
        if isinstance(found, Rejection):
            scope = world.default
            return PusherConnection(scope, list(scope.tasks.values())[-1], target)
        return found

    return routing(change)


@mutant(
    "the URL of a meeting that has ended lets in",
    area="RT-CONNECT",
    caught_by=["RT-CONNECT-032"],
)
def ended_meeting_lets_in() -> AbstractContextManager[None]:
    def change(world: World, target: str, headers: Mapping[str, str], found: Any) -> Any:
        known = world.find_by_token(target.partition("mc=")[2])
        if isinstance(found, Rejection) and known is not None:
            return PusherConnection(*known, target)
        return found

    return routing(change)


# Handshakes


def first_headers(change: Callable[[Headers], Headers]) -> AbstractContextManager[None]:
    """Let something else look at the headers of a handshake before anything does."""
    return patched(websocket, "_first_of_each", change)


def refusing_handshakes(when: Callable[[Headers], bool]) -> AbstractContextManager[None]:
    """Answer some handshakes as a stack does that finds them broken."""

    def change(headers: Headers) -> Headers:
        if when(headers):
            for name in list(headers):
                del headers[name]
            return headers
        return right(headers)

    right = websocket._first_of_each
    return first_headers(change)


@mutant(
    "a handshake with two keys is refused, as most stacks do",
    area=AREA,
    caught_by=["RT-CONNECT-010"],
)
def two_keys_refused() -> AbstractContextManager[None]:
    return first_headers(lambda headers: headers)


@mutant("the last key of a handshake counts", area=AREA, caught_by=["RT-CONNECT-010"])
def last_key_counts() -> AbstractContextManager[None]:
    def last(headers: Headers) -> Headers:
        once = Headers()
        for name, value in headers.raw_items():
            if name in once:
                del once[name]
            once[name] = value
        return once

    return first_headers(last)


@mutant(
    "a handshake without Origin is refused",
    area=AREA,
    caught_by=[
        "RT-CONNECT-011",
        "RT-CONNECT-013",
        "RT-CONNECT-014",
    ],
)
def origin_required() -> AbstractContextManager[None]:
    return refusing_handshakes(lambda headers: "origin" not in headers)


@mutant("pages of another origin are refused", area=AREA, caught_by=["RT-CONNECT-015"])
def same_origin() -> AbstractContextManager[None]:
    def foreign(headers: Headers) -> bool:
        origin = headers.get("origin", "")
        return bool(origin) and not origin.endswith(headers.get("host", ""))

    return refusing_handshakes(foreign)


@mutant(
    "names of headers are looked up as they are usually written",
    area=AREA,
    caught_by=["RT-CONNECT-012"],
)
def case_sensitive_headers() -> AbstractContextManager[None]:
    def small(headers: Headers) -> bool:
        return "Upgrade" not in [name for name, _ in headers.raw_items()]

    return refusing_handshakes(small)


@mutant("a key that comes again and again is refused", area=AREA, caught_by=["RT-CONNECT-013"])
def constant_key_refused() -> AbstractContextManager[None]:
    constant = "x3JJHMbDL1EzLkh9GBhXDw=="
    return refusing_handshakes(lambda headers: headers.get_all("sec-websocket-key")[0] == constant)


@mutant("any version of the protocol will do", area=AREA, caught_by=["RT-CONNECT-020"])
def any_version() -> AbstractContextManager[None]:
    right = websocket._first_of_each

    def change(headers: Headers) -> Headers:
        once = right(headers)
        del once["sec-websocket-version"]
        once["sec-websocket-version"] = "13"
        return once

    return first_headers(change)


def responding(change: Callable[[Response], None]) -> AbstractContextManager[None]:
    """Change the answers to handshakes."""
    respond = WebSocketProtocol._respond

    def mutated(self: WebSocketProtocol, response: Response) -> None:
        change(response)
        respond(self, response)

    return patched(WebSocketProtocol, "_respond", mutated)


@mutant("a subprotocol is chosen that nobody offered", area=AREA, caught_by=["RT-CONNECT-017"])
def subprotocol_not_offered() -> AbstractContextManager[None]:
    def change(response: Response) -> None:
        response.headers["Sec-WebSocket-Protocol"] = "nls"

    return responding(change)


@mutant("the answer to a handshake has no Upgrade", area=AREA, caught_by=["RT-CONNECT-016"])
def no_upgrade_header() -> AbstractContextManager[None]:
    def change(response: Response) -> None:
        if response.status_code == 101:
            del response.headers["Upgrade"]

    return responding(change)


@mutant("compression is negotiated", area=AREA, caught_by=["RT-CONNECT-018"])
def compression() -> AbstractContextManager[None]:
    accept = Core.accept

    def mutated(self: Any, request: Request) -> Response:
        response = accept(self, request)
        if "Sec-WebSocket-Extensions" in request.headers:
            response.headers["Sec-WebSocket-Extensions"] = "permessage-deflate"
        return response

    return patched(Core, "accept", mutated)
