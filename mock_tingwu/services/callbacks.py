"""Callbacks: somebody's address is told of every step of their tasks.

The cloud's consoles set one address for each project, Tingwu's for an AppKey and DashScope's for an
app, and try it at once; here the control API, a setting or `MockTingwu` does. What is said differs:
see `Dialect`, and `TINGWU` for the first of them (tingwu-openapi 6).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.routing import Route

from mock_tingwu.core.delivery import DELIVERED, TINGWU_PLAN, Delivery, Plan
from mock_tingwu.core.faults import CallbackFault, Subject
from mock_tingwu.core.journal import Entry
from mock_tingwu.core.receivers import receiver_url
from mock_tingwu.core.scope import Scope, Task
from mock_tingwu.core.tasks import COMPLETED, FAILED, ONGOING
from mock_tingwu.services.courier import Courier, Parcel
from mock_tingwu.services.json_api import ControlError, json_body, json_endpoint, realm_of
from mock_tingwu.services.outside import Outside
from mock_tingwu.services.task_data import task_data

if TYPE_CHECKING:
    from mock_tingwu.services.realm import Realm
    from mock_tingwu.services.world import World

_encode = msgspec.json.Encoder().encode

#: Callback addresses of one scope and service; the one that was set first goes first.
MOST_ADDRESSES: Final = 10_000


class Dialect(Protocol):
    """What a service's callbacks say, and how hard it tries to have them heard."""

    service: str
    plan: Plan

    def probe(self, scope: Scope, app_key: str, request_id: str) -> Mapping[str, Any]:
        """What an address is tried with when it is set."""
        ...

    def message(
        self, scope: Scope, task: Task, step: str, request_id: str
    ) -> Mapping[str, Any] | None:
        """What is said of a step: a kind of result, COMPLETED or FAILED. None: nothing."""
        ...


class TingwuDialect:
    """The envelope of GetTaskInfo, of each result that is ready and of the end."""

    service = "tingwu"
    plan = TINGWU_PLAN

    def probe(self, scope: Scope, app_key: str, request_id: str) -> Mapping[str, Any]:
        number = scope.clock.now() % 10**13
        return _envelope({"Test": f"CheckSyncConf{number:013d}"}, request_id)

    def message(
        self, scope: Scope, task: Task, step: str, request_id: str
    ) -> Mapping[str, Any] | None:
        kinds = {COMPLETED.wire: None, FAILED.wire: ()}.get(step, (step,))
        data = task_data(scope, task, task.origin, kinds=kinds)
        if kinds == (step,):
            # The end of a meeting with nothing but recognition comes a moment later.
            data["TaskStatus"] = ONGOING.wire
        return _envelope(data, request_id)


TINGWU: Final = TingwuDialect()


def _envelope(data: dict[str, Any], request_id: str) -> Mapping[str, Any]:
    return {"Code": "0", "Data": data, "Message": "success", "RequestId": request_id}


class Registration(Struct, eq=False):
    """The address of a project, and how many callbacks are ``waiting`` or came to an end.

    ``number`` counts the registrations of a book.
    """

    url: str
    number: int = 0
    delivered: int = 0
    waiting: int = 0
    lost: int = 0


class CallbackBook:
    """Who is told of the tasks of one scope and service. Use it on the event loop's thread."""

    def __init__(
        self,
        scope: Scope,
        dialect: Dialect,
        urls: Mapping[str, str],
        commit: Callable[[], None] = lambda: None,
        noted: Callable[[Entry], None] = lambda entry: None,
        outside: Outside | None = None,
    ) -> None:
        """``noted`` is told of every attempt, by its journal entry."""
        self._scope = scope
        self._dialect = dialect
        self.courier = Courier(
            scope.clock, scope.journal, commit, partial(fault_of, scope), noted, outside
        )
        #: How many callbacks of each step were sent, by task.
        self.sent: dict[str, Counter[str]] = {}
        self.registrations: dict[str, Registration] = {}
        #: Goes up with every change of the registrations.
        self.version = 0
        self.restore({app_key: Registration(url) for app_key, url in urls.items()})

    @property
    def service(self) -> str:
        """Whose tasks it tells of."""
        return self._dialect.service

    def restore(self, registrations: Mapping[str, Registration]) -> None:
        """Have these registrations and no others."""
        self.registrations = dict(registrations)
        self._last = max((one.number for one in registrations.values()), default=0)
        for one in registrations.values():
            if not one.number:
                self._last += 1
                one.number = self._last
        self.version += 1

    @property
    def pending(self) -> Collection[asyncio.Task[None]]:
        """What is being sent."""
        return self.courier.pending

    async def register(self, app_key: str, url: str) -> dict[str, Any]:
        """Set the project's address, then try it as the console does; return how that went.

        The address stands however it went. One that it replaces gets nothing more.

        Raises:
            ValueError: ``app_key`` is empty or ``url`` is no address of a web server.
        """
        if not app_key:
            raise ValueError("app_key is '', expected the AppKey of a project")
        try:
            receiver_url(url)
        except ValueError as error:
            shown = self._scope.journal.masked(url)[:200]
            raise ValueError(f"url is {shown!r}, expected {error}") from None
        self.put(app_key, url)
        request_id = self._scope.ids.hex32("callback")
        body = self._dialect.probe(self._scope, app_key, request_id)
        delivery = self._message(url, body, request_id, replace(self._dialect.plan, waits=()))
        await self.courier.deliver(Parcel(delivery, self._dialect.service, "probe"))
        if delivery.state is DELIVERED:
            return {"delivered": True, "status": delivery.attempts[0].outcome.status}
        return {"delivered": False, "error": delivery.why}

    def put(self, app_key: str, url: str) -> None:
        """Set the project's address without a trial. One that it replaces gets nothing more."""
        present = self.registrations.get(app_key)
        if present is None or present.url != url:
            self._last += 1
            self.registrations[app_key] = Registration(url, self._last)
            if len(self.registrations) > MOST_ADDRESSES:
                del self.registrations[next(iter(self.registrations))]
            self.version += 1

    def remove(self, app_key: str) -> Registration | None:
        """Forget the project's address; what waits for it is lost when its turn comes."""
        self.version += 1
        return self.registrations.pop(app_key, None)

    def notify(self, task: Task, step: str) -> None:
        """Tell the task's project what the task has got to, if it wants to know.

        ``step`` is a kind of result that is ready now, or COMPLETED, or FAILED. What a callback
        says is settled here, also its links: they are as old as the step.
        """
        if not task.callbacks:
            return
        registration = self.registrations.get(task.app_key)
        if registration is None:
            self._note_missing(task, step)
            return
        request_id = self._request_id(task, step)
        body = self._dialect.message(self._scope, task, step, request_id)
        if body is None:
            return
        registration.waiting += 1
        self.version += 1
        message = self._message(registration.url, body, request_id, self._dialect.plan)
        parcel = self.parcel(message, step, task.id, task.app_key, registration.number)
        self.courier.post(parcel, lane=task.id)

    def parcel(
        self, delivery: Delivery, step: str, task_id: str, app_key: str, registration: int
    ) -> Parcel:
        """The parcel of a callback; it is wanted as long as the registration is this one."""

        def wanted() -> bool:
            present = self.registrations.get(app_key)
            return present is not None and present.number == registration

        def over(parcel: Parcel) -> None:
            if present is not None:
                self._count(present, parcel)

        present = self.registrations.get(app_key) if wanted() else None
        return Parcel(
            delivery,
            self._dialect.service,
            step,
            task_id,
            wanted=wanted,
            over=over,
            registration=registration,
            app_key=app_key,
        )

    def _count(self, registration: Registration, parcel: Parcel) -> None:
        self.version += 1
        registration.waiting -= 1
        if parcel.delivery.state is DELIVERED:
            registration.delivered += 1
        else:
            registration.lost += 1

    def close(self) -> None:
        """Send nothing more."""
        self.courier.close()

    def _message(self, url: str, body: Mapping[str, Any], request_id: str, plan: Plan) -> Delivery:
        content, manners = _encode(body), self._scope.manners
        if manners is not None:
            content = manners.json(content, "callback", request_id)
        return Delivery(url, content, {"Content-Type": "application/json"}, plan)

    def _note_missing(self, task: Task, step: str) -> None:
        # Tingwu's tasks have asked for callbacks; DashScope's apps have them or not.
        if self._dialect is TINGWU and step in (COMPLETED.wire, FAILED.wire):
            text = f"no callbacks were sent: AppKey {task.app_key!r} has no callback address"
            self._scope.journal.record("note", self._dialect.service, task.id, text=text)

    def _request_id(self, task: Task, step: str) -> str:
        """The id of one callback: the same whichever task comes to its end first."""
        sent = self.sent.setdefault(task.id, Counter())
        before = sent[step]
        sent[step] += 1
        return self._scope.ids.derive("callback", task.id, step, str(before)).hex()


def fault_of(scope: Scope, parcel: Parcel) -> CallbackFault | None:
    """What is to go wrong with a callback of a scope's task."""
    task = scope.tasks.get(parcel.task_id or "")
    if task is None or not scope.faults.touch_callbacks(task.id):
        return None
    return scope.faults.callback_fault(
        Subject(
            task.order.service,
            task_key=task.key,
            app_key=task.app_key,
            task_id=task.id,
            events=(parcel.event,),
        )
    )


class CallbackControl:
    """The control API's part: what the console is for in the cloud."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        return [
            Route(
                "/_mock/callbacks",
                json_endpoint(self.callbacks),
                methods=["GET", "POST", "DELETE"],
            )
        ]

    async def callbacks(self, request: Request) -> Any:
        """Register an address, list them all, or remove one."""
        realm = realm_of(self._world, request)
        if request.method == "POST":
            return await self._register(realm, await json_body(request))
        if request.method == "DELETE":
            return self._remove(realm, request.query_params.get("app_key"))
        registered = realm.callbacks.registrations.items()
        return {
            "callbacks": [
                {
                    "app_key": app_key,
                    "url": realm.journal.masked(registration.url),
                    "delivered": registration.delivered,
                    "waiting": registration.waiting,
                    "lost": registration.lost,
                }
                for app_key, registration in registered
            ]
        }

    async def _register(self, realm: Realm, body: dict[str, Any]) -> Any:
        unknown = set(body) - {"app_key", "url"}
        if unknown:
            raise ControlError(f"{min(unknown)} is unknown; expected app_key, url")
        for name in ("app_key", "url"):
            if not isinstance(body.get(name), str):
                raise ControlError(f"{name} is {body.get(name)!r}, expected a text")
        try:
            probe = await realm.callbacks.register(body["app_key"], body["url"])
        except ValueError as error:
            raise ControlError(str(error)) from None
        url = realm.journal.masked(body["url"])
        return {"app_key": body["app_key"], "url": url, "probe": probe}

    def _remove(self, realm: Realm, app_key: str | None) -> Any:
        removed = None if app_key is None else realm.callbacks.remove(app_key)
        if removed is None:
            status = 400 if app_key is None else 404
            text = f"app_key is {app_key!r}, expected one of /_mock/callbacks"
            raise ControlError(text, status)
        return {"app_key": app_key, "url": realm.journal.masked(removed.url)}
