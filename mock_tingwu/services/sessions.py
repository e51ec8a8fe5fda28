"""Sessions: look into the WebSockets that are open, send through them, close or cut them.

A session is one open WebSocket of a client, to a MeetingJoinUrl or to DashScope's inference
endpoint. Its id is the one that the journal has, such as ``TASK_ID/1``. Streams of Live are pulled
by the mock itself and are none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

from starlette.requests import Request
from starlette.routing import Route

from mock_tingwu.core.journal import shown as shown_entry
from mock_tingwu.core.shown import shown
from mock_tingwu.services.any_path import ANY
from mock_tingwu.services.json_api import ControlError, json_body, json_endpoint, realm_of

if TYPE_CHECKING:
    from mock_tingwu.services.pushing import PushingConnection
    from mock_tingwu.services.realm import Realm
    from mock_tingwu.services.world import World

T = TypeVar("T")

PATH: Final = "/_mock/sessions"
#: So many of the last messages of each direction are shown.
LAST: Final = 20
#: The services that have sessions, as the journal calls them.
SERVICES: Final = ("realtime", "dashscope")
#: The code of a CLOSE for which none is given: going away.
USUAL_CODE: Final = 1001
#: The longest reason of a CLOSE in bytes of UTF-8 (RFC 6455 section 5.5).
MAX_REASON: Final = 123
#: Codes that an endpoint may send (RFC 6455 section 7.4 and the IANA registry).
_CODES: Final = frozenset({*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)})


class SessionRefusal(ValueError):
    """It cannot be done; the message names the field, its value and what was expected.

    ``status`` is what the control API answers: 400, 404 for no such session, 409 for one that is
    closing already.
    """

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def sessions(
    realm: Realm, *, task_id: str | None = None, service: str | None = None
) -> list[PushingConnection]:
    """The sessions of a scope, in the order in which they were opened.

    One that closes is there until its connection has ended.
    """
    return [
        connection
        for connection in realm.connections
        if service in (None, connection.service)
        and (task_id is None or (connection.task and connection.task.id == task_id))
    ]


def find(realms: Iterator[Realm], session_id: str) -> tuple[Realm, PushingConnection]:
    """The session of this id, or the last one of the task of this id, with its scope.

    Raises:
        SessionRefusal: there is none.
    """
    everywhere = [(realm, one) for realm in realms for one in reversed(realm.connections)]
    for found in everywhere:
        if found[1].id == session_id:
            return found
    for realm, one in everywhere:
        if one.is_called(session_id) or (one.task and one.task.id == session_id):
            return realm, one
    raise SessionRefusal(f"session is {shown(session_id)}, expected one of {PATH}", 404)


def looked_into(realm: Realm, session: PushingConnection) -> dict[str, Any]:
    """How a session stands, with its last ``commands`` and ``events``, oldest first.

    They are entries of the journal, as far as it has them.
    """
    last: dict[str, list[dict[str, Any]]] = {"ws_in": [], "ws_out": []}
    for kind, found in last.items():
        own = (
            entry
            for entry in realm.journal.latest()
            if entry["kind"] == kind and session.is_called(entry["session"])
        )
        found += [shown_entry(entry) for entry in islice(own, LAST)][::-1]
    return session.described() | {"commands": last["ws_in"], "events": last["ws_out"]}


def send(session: PushingConnection, asked: Mapping[str, Any]) -> None:
    """Send the message that is ``asked`` for: whole as ``event``, or by its name.

    Raises:
        SessionRefusal: it makes no sense, or the session is closing.
    """
    try:
        if "event" in asked:
            from mock_tingwu.services.by_hand import whole

            if len(asked) > 1:
                other = min(set(asked) - {"event"})
                raise ValueError(f"{other} is unknown; expected event alone, a whole message")
            message = whole(asked["event"])
        else:
            message = session.compose(asked)
    except ValueError as error:
        raise SessionRefusal(str(error)) from None
    _check_open(session)
    session.push_message(message)


def close(session: PushingConnection, asked: Mapping[str, Any]) -> None:
    """Close with a ``code`` and a ``reason``, or ``cut`` the line without a CLOSE.

    Raises:
        SessionRefusal: it makes no sense, or the session is closing.
    """
    code, reason = _way_out(asked)
    _check_open(session)
    session.hang_up(code, reason)


def close_all(realm: Realm, asked: Mapping[str, Any]) -> list[str]:
    """Close or cut all sessions of a scope that are open; return their ids.

    Raises:
        SessionRefusal: it makes no sense.
    """
    code, reason = _way_out(asked)
    closing = [session for session in sessions(realm) if session.is_open]
    for session in closing:
        session.hang_up(code, reason)
    return [session.id for session in closing]


def _check_open(session: PushingConnection) -> None:
    if not session.is_open:
        raise SessionRefusal(f"session is {session.id!r}, which is closing already", 409)


def _way_out(asked: Mapping[str, Any]) -> tuple[int | None, str]:
    """The code, None for a cut, and the reason."""
    unknown = sorted(set(asked) - {"code", "reason", "cut"})
    if unknown:
        raise SessionRefusal(f"{unknown[0]} is unknown; expected code, reason or cut")
    code, reason = asked.get("code"), asked.get("reason", "")
    cut = asked.get("cut", False)
    if not isinstance(cut, bool):
        raise SessionRefusal(f"cut is {shown(cut)}, expected true or false")
    if cut:
        for field in ("code", "reason"):
            if field in asked:
                text = f"{field} is {shown(asked[field])}, but what is cut says nothing"
                raise SessionRefusal(text)
        return None, ""
    code = USUAL_CODE if code is None else code
    if isinstance(code, bool) or not isinstance(code, int) or code not in _CODES:
        allowed = "1000 to 1003, 1007 to 1014 or 3000 to 4999"
        raise SessionRefusal(f"code is {shown(code)}, expected one that may be sent: {allowed}")
    if not isinstance(reason, str) or len(reason.encode("utf-8", "replace")) > MAX_REASON:
        raise SessionRefusal(
            f"reason is {shown(reason)}, expected a text of at most {MAX_REASON} bytes"
        )
    return code, reason.encode("utf-8", "replace").decode()


class SessionControl:
    """The calls on one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        # The id may have a slash in it, written as it is or as %2F: the verb comes last.
        one = f"{PATH}/{{session_id:{ANY}}}"
        return [
            Route(PATH, json_endpoint(self.all)),
            Route(f"{PATH}/close", json_endpoint(self.close_all), methods=["POST"]),
            Route(f"{one}/send", json_endpoint(self.send), methods=["POST"]),
            Route(f"{one}/close", json_endpoint(self.close), methods=["POST"]),
            Route(one, json_endpoint(self.one)),
        ]

    async def all(self, request: Request) -> Any:
        """The sessions of a scope, also only those of a task or of a service."""
        query = request.query_params
        unknown = sorted(set(query) - {"task_id", "service", "scope"})
        if unknown:
            raise ControlError(f"{unknown[0]} is unknown; expected task_id, service, scope")
        service = query.get("service")
        if service not in (None, *SERVICES):
            raise ControlError(f"service is {service!r}, expected {' or '.join(SERVICES)}")
        realm = realm_of(self._world, request)
        found = sessions(realm, task_id=query.get("task_id"), service=service)
        return {"sessions": [session.described() for session in found]}

    async def one(self, request: Request) -> Any:
        """Look into one."""
        return looked_into(*self._find(request))

    async def send(self, request: Request) -> Any:
        """Send a message through one; the answer tells how it stands then."""
        body = await json_body(request)
        session = self._find(request)[1]
        _answering(lambda: send(session, body))
        return session.described()

    async def close(self, request: Request) -> Any:
        """Close one, or cut it."""
        body = await _options(request)
        session = self._find(request)[1]
        _answering(lambda: close(session, body))
        return session.described()

    async def close_all(self, request: Request) -> Any:
        """Close or cut all of a scope."""
        body = await _options(request)
        realm = realm_of(self._world, request, make=False)
        return {"closed": _answering(lambda: close_all(realm, body))}

    def _find(self, request: Request) -> tuple[Realm, PushingConnection]:
        """The session of the path: of the scope that is named, or else of any."""
        realms = iter(self._world)
        if "scope" in request.query_params:
            realms = iter([realm_of(self._world, request, make=False)])
        session_id = request.path_params["session_id"]
        return _answering(lambda: find(realms, session_id))


async def _options(request: Request) -> dict[str, Any]:
    """The body of a call that may go without one."""
    headers = request.headers
    if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        return {}
    return await json_body(request)


def _answering(act: Callable[[], T]) -> T:
    """Let what is refused be answered."""
    try:
        return act()
    except SessionRefusal as error:
        raise ControlError(str(error), error.status) from None
