"""The RPC gateway: one path, and parameters that say everything (live-rtc-asr 1, 3 to 5)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mock_tingwu.core.faults import SUCCESS_CODE, Subject
from mock_tingwu.core.scope import Scope
from mock_tingwu.protocols import signing
from mock_tingwu.protocols.signing import rpc_v1
from mock_tingwu.services import api_format, bodies, causes
from mock_tingwu.services.api_answers import Json, error_body, written
from mock_tingwu.services.api_errors import (
    LIVE_STUMBLES,
    ApiFailure,
    failure,
    missing,
    stumble,
)
from mock_tingwu.services.gatekeeper import Gatekeeper, Product
from mock_tingwu.services.live.request import read
from mock_tingwu.services.near_miss import no_action
from mock_tingwu.services.realm import Realm
from mock_tingwu.services.travelling import foresee, travel
from mock_tingwu.services.world import World

SERVICE: Final = "live"
LIVE: Final = Product("live", "live.aliyuncs.com", "2016-11-01")
#: What a call does: ``(scope, parameters) -> the fields behind RetCode``. It may raise ApiFailure.
Operation = Callable[[Realm, Json], Awaitable[Json]]


class LiveGateway:
    """Answers are exact: key order, wording, headers."""

    def __init__(self, world: World, operations: Mapping[str, Operation]) -> None:
        self._world = world
        self._operations = operations
        self._keeper = Gatekeeper(world, SERVICE, LIVE, signing.verify_rpc)

    async def answer(self, request: Request) -> Response:
        """Answer a request, whatever it asks for."""
        return await travel(request, self._answer(request))

    async def _answer(self, request: Request) -> Response:
        raw = b""
        unread: ApiFailure | None = None
        try:
            raw = await bodies.read(request, self._world.settings.max_body_bytes)
        except bodies.TooLong:
            unread = failure("RequestEntityTooLarge")
        except bodies.BrokenOff:
            unread = failure("InvalidParameter.Format")
            unread.detail = "the client went away in the midst of its request"
        signed = signing.SignedRequest.from_asgi(request.scope, raw)
        if unread is None and rpc_v1.form_too_long(signed):
            unread = failure("RequestEntityTooLarge")
        parameters = read(rpc_v1.parameters(signed))
        action = _text(parameters.get("Action")) or request.headers.get("x-acs-action", "")
        request.state.target = signed.target
        request.state.task_id = _text(parameters.get("TaskId"))
        request.state.operation = action if action in self._operations else None
        request.state.as_json = _wants_json(request, parameters)
        scope, verdict = self._keeper.judge(
            signed,
            action,
            _text(parameters.get("SDKAppID")),
            request.state.task_id,
            body_read=unread is None,
        )
        request_id = scope.ids.request_id()
        request.state.scope = scope
        causes.begin(request_id=request_id)
        entry = scope.journal.record(
            "request",
            SERVICE,
            request.state.task_id,
            request_id=request_id,
            method=request.method,
            target=signed.target,
            operation=request.state.operation,
            body=raw.decode("utf-8", "replace") if rpc_v1.is_form(signed) else "",
            signature=verdict.problem or "ok",
        )
        if raw and not rpc_v1.is_form(signed):
            text = f"the body of {len(raw)} bytes is no form: it is not read"
            scope.journal.record("note", SERVICE, request_id=request_id, text=text)
        if verdict.problem or verdict.unsigned:
            self._keeper.report(scope, request_id, signed, verdict, entry)
        call = scope.watch.call(SERVICE, action, verdict.access_key or "", entry)
        try:
            if unread is not None:
                raise unread
            if request.method not in ("GET", "POST"):
                raise failure("UnsupportedHTTPMethod")
            version = _text(parameters.get("Version")) or request.headers.get("x-acs-version")
            # Who may not call learns nothing of what is wrong with the call.
            self._keeper.admit(version, verdict)
            if parameters:  # who asks for the page at / calls no API
                call.serve()
            operation = self._operation(action, parameters)
            call.count()
            self._keeper.limit(scope, verdict.access_key or "", action)
            if scope.manners is not None:
                said = f"{action} {sorted(map(str, _lasting(parameters).items()))}"
                stumble(scope.manners, verdict.access_key, said, codes=LIVE_STUMBLES)
            subject = _subject(scope, parameters, action)
            foresee(request, scope.faults, subject)
            outcome = self._keeper.trip(scope, subject, verdict)
            call.serve()
            if outcome is None:
                fields = _succeeded(request_id, await operation(scope, parameters))
                call.answered(fields, parameters, parameters)
            else:
                fields = _answer(request_id, outcome.code, outcome.description)
            task_id = fields.get("TaskId")
            if task_id in scope.tasks:
                request.state.task_id = task_id  # made only now
                scope.journal.assign(entry, task_id)
            return self._written(scope, request, request_id, f"{action}Response", fields)
        except ApiFailure as error:
            if error.detail:
                scope.journal.record(
                    "note", SERVICE, request.state.task_id, request_id=request_id, text=error.detail
                )
            call.refused(error)
            return self._failed(scope, request, request_id, error)

    def server_error(self, request: Request) -> Response:
        """The answer to a call that met a defect of the mock."""
        scope = getattr(request.state, "scope", None) or self._world.default
        request.state.target = signing.SignedRequest.from_asgi(request.scope, b"").target
        return self._failed(scope, request, scope.ids.request_id(), failure("InternalError"))

    def _operation(self, action: str, parameters: Json) -> Operation:
        operation = self._operations.get(action)
        if operation is None:
            error = failure("InvalidApi.NotFound") if action else missing("Action")
            error.detail = no_action(action, self._operations, parameters)
            raise error
        return operation

    def _failed(
        self, scope: Scope, request: Request, request_id: str, error: ApiFailure
    ) -> Response:
        fields = error_body(LIVE, request_id, error)
        return self._written(scope, request, request_id, "Error", fields, error)

    def _written(
        self,
        scope: Scope,
        request: Request,
        request_id: str,
        root: str,
        fields: Json,
        error: ApiFailure | None = None,
    ) -> Response:
        as_json = getattr(request.state, "as_json", True)
        return written(
            scope, SERVICE, request, request_id, root, fields, as_json=as_json, error=error
        )


def _succeeded(request_id: str, fields: Json) -> Json:
    return _answer(request_id, SUCCESS_CODE, "success") | fields


def _answer(request_id: str, code: int, description: str) -> Json:
    return {"Description": description, "RequestId": request_id, "RetCode": code}


def _wants_json(request: Request, parameters: Json) -> bool:
    """Whether a JSON answer is wanted.

    ``Format`` says so, in letters of either case. Without it, who names the call by ``Action`` gets
    XML; with the header x-acs-action, as in ACS3, the Accept header counts (live-rtc-asr 4 and 5).
    """
    wanted = parameters.get("Format")
    if wanted is None and "Action" not in parameters:
        return api_format.wants_json(", ".join(request.headers.getlist("accept")))
    return str(wanted).lower() == "json"


def _subject(scope: Scope, parameters: Json, action: str) -> Subject:
    """What faults are matched with: what the call says, or else the task that it is about."""
    task_id = _text(parameters.get("TaskId"))
    task = scope.find(task_id, SERVICE)
    stream, app_id, channel = (
        _text(parameters.get(name)) for name in ("StreamURL", "SDKAppID", "ChannelID")
    )
    return Subject(
        SERVICE,
        action,
        channel or (task.key if task else None),
        app_id or (task.app_key if task else None),
        task_id,
        [text for text in (stream, channel) if text],
    )


def _lasting(parameters: Json) -> Json:
    """What stays the same when a call is made again: its signature does not."""
    return {
        name: value
        for name, value in parameters.items()
        if name != "Timestamp" and not name.startswith("Signature")
    }


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
