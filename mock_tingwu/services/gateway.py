"""The gateway in front of the OpenAPI: reads a request, checks it, wraps up what is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct, field
from starlette.requests import Request
from starlette.responses import Response

from mock_tingwu.core.faults import Subject
from mock_tingwu.core.scope import Scope
from mock_tingwu.protocols import signing
from mock_tingwu.services import api_format, bodies, causes
from mock_tingwu.services.api_answers import Json, error_body, written
from mock_tingwu.services.api_errors import ApiFailure, failure, stumble
from mock_tingwu.services.api_request import ApiRequest, Known
from mock_tingwu.services.gatekeeper import Gatekeeper, Product
from mock_tingwu.services.near_miss import nearest
from mock_tingwu.services.realm import Realm
from mock_tingwu.services.travelling import foresee, travel
from mock_tingwu.services.world import World


class Answer(Struct, frozen=True):
    """What a call answers: ``data`` in the usual envelope, ``extra`` fields behind RequestId."""

    data: Json
    extra: Mapping[str, Any] = field(default_factory=dict)


#: What a call does: ``(request, scope, body) -> Data``. It may raise ApiFailure.
#: ``request.state.access_key`` is the caller's AccessKeyId, None for who has none.
Operation = Callable[[ApiRequest, Realm, Json], Json | Answer]

TINGWU: Final = Product("tingwu", "tingwu.cn-beijing.aliyuncs.com", "2023-09-30")
#: The methods of HTTP that an API can have; a wrong one of these is an unknown API.
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Gateway:
    """Answers are exact: key order, wording, headers. ``service`` is the name in the journal.

    ``read`` makes a body what the operations take it for: faults are matched with that.
    """

    def __init__(
        self,
        world: World,
        service: str,
        product: Product = TINGWU,
        read: Callable[[Json], Json] = lambda body: body,
    ) -> None:
        self._read_body = read
        self._world = world
        self._service = service
        self._product = product
        self._keeper = Gatekeeper(world, service, product)

    async def unknown(self, request: Request) -> Response:
        """A path or method that no call has."""
        return await self.answer(request, _no_api)

    def server_error(self, request: Request) -> Response:
        """The answer to a request that met a defect of the mock."""
        # The body cannot be read here: it may be read already, and Starlette hands no channel on.
        asked = ApiRequest(request.scope)
        scope = asked.state.scope or self._world.default
        request_id = scope.ids.request_id()
        asked.state.target = signing.SignedRequest.from_asgi(request.scope, b"").target
        return self._respond(asked, scope, request_id, "", failure("ServerError"))

    def malformed(self, start: str, why: str, code: str = "InvalidParameter.Format") -> Response:
        """The answer, in JSON, to what cannot be read as HTTP; ``start`` is its first line."""
        scope = self._world.default
        request_id = scope.ids.request_id()
        text = f"no HTTP request: {why}" + (f": {start}" if start else "")
        scope.journal.record("note", self._service, text=text)
        method, _, rest = start.partition(" ")
        request = ApiRequest({"type": "http", "method": method, "headers": [(b"accept", b"*/*")]})
        request.state.target = rest.partition(" ")[0]
        return self._respond(request, scope, request_id, "", failure(code))

    async def answer(self, request: Request, operation: Operation, api: str = "") -> Response:
        """Answer with what ``operation`` does, under the API's name ``api``."""
        asked = ApiRequest(request.scope, request.receive)
        return await travel(asked, self._read(asked, operation, api))

    async def _read(self, request: ApiRequest, operation: Operation, api: str) -> Response:
        raw = b""
        unread: ApiFailure | None = None
        try:
            raw = await bodies.read(request, self._world.settings.max_body_bytes)
        except bodies.TooLong:
            unread = failure("RequestEntityTooLarge")
        except bodies.BrokenOff:
            unread = failure("InvalidParameter.Format")
            unread.detail = "the client went away in the midst of its request"
        return self.answer_to(request, operation, api, raw, unread)

    def answer_to(
        self,
        request: ApiRequest,
        operation: Operation,
        api: str,
        raw: bytes,
        unread: ApiFailure | None = None,
    ) -> Response:
        """The answer to a request whose body is ``raw``, or could not be read for that reason.

        Raises:
            HungUp: the connection is to be closed instead.
        """
        body: object = None
        malformed: ApiFailure | None = None
        if unread is None:
            try:
                body = bodies.parse(raw)
            except bodies.NotJson:
                malformed = failure("InvalidParameter.Format")
        known = request.state
        if isinstance(body, dict):
            known.body = self._read_body(body)
        signed = signing.SignedRequest.from_asgi(request.scope, raw)
        known.target = signed.target
        known.task_id = named = _task_id_in(request, body)
        known.operation = api or None
        scope, verdict = self._keeper.judge(
            signed, api, _text(known.body.get("AppKey")), named, body_read=unread is None
        )
        known.access_key = verdict.access_key
        request_id = scope.ids.request_id()
        known.scope = scope
        causes.begin(request_id=request_id)
        known.entry = entry = scope.journal.record(
            "request",
            self._service,
            named,
            request_id=request_id,
            method=request.method,
            target=signed.target,
            operation=api or None,
            body=raw if malformed is None else raw.decode("utf-8", "replace"),
            signature=verdict.problem or "ok",
        )
        if verdict.problem or verdict.unsigned:
            self._keeper.report(scope, request_id, signed, verdict, entry)
        call = scope.watch.call(self._service, api, verdict.access_key or "", entry)
        outcome: Json | Answer | ApiFailure
        try:
            if unread is not None:
                raise unread
            # Who may not call learns nothing of what is wrong with the call.
            self._keeper.admit(signed.header("x-acs-version"), verdict)
            call.serve()
            if malformed is not None:
                raise malformed
            if body is not None and not isinstance(body, dict):
                raise failure("InvalidParameter.Format")
            if api:
                call.count()
                self._keeper.limit(scope, verdict.access_key or "", api)
                if scope.manners is not None:
                    stumble(scope.manners, verdict.access_key, request.method, signed.target, raw)
                if scope.faults.may_touch(texts := _chosen(known.body)):
                    subject = self._subject(known, scope, api, texts)
                    foresee(request, scope.faults, subject)
                    self._keeper.trip(scope, subject, verdict)
                call.serve()
            outcome = operation(request, scope, body or {})
            task_id = known.task_id
            if task_id is not None and task_id != named and task_id in scope.tasks:
                # CreateTask has made it only now
                scope.journal.assign(entry, task_id)
                call.created(task_id)
            data = outcome.data if isinstance(outcome, Answer) else outcome
            call.answered(data, body or {}, known.body)
        except ApiFailure as error:
            outcome = error
            if error.detail:
                scope.journal.record(
                    "note",
                    self._service,
                    known.task_id,
                    request_id=request_id,
                    text=error.detail,
                )
            call.refused(error)
        return self._respond(request, scope, request_id, api, outcome)

    def _subject(self, known: Known, scope: Scope, api: str, texts: Sequence[str]) -> Subject:
        """What faults are matched with: what the call says, or else the task that it is about."""
        source = known.body.get("Input")
        own_key = _text(source.get("TaskKey")) if isinstance(source, dict) else None
        app_key, task_id = _text(known.body.get("AppKey")), known.task_id
        task = scope.tasks.get(task_id) if task_id else None
        return Subject(
            self._service,
            api,
            own_key or (task.key if task else None),
            app_key or (task.app_key if task else None),
            task_id,
            texts,
        )

    def _respond(
        self,
        request: ApiRequest,
        scope: Scope,
        request_id: str,
        api: str,
        outcome: Json | Answer | ApiFailure,
    ) -> Response:
        """Wrap Data or a failure up, and write it down."""
        error = outcome if isinstance(outcome, ApiFailure) else None
        if isinstance(outcome, ApiFailure):
            root, fields = "Error", error_body(self._product, request_id, outcome)
        else:
            if not isinstance(outcome, Answer):
                outcome = Answer(outcome)
            root = f"{api}Response"
            fields = {
                "Code": "0",
                "Data": outcome.data,
                "Message": "success",
                "RequestId": request_id,
                **outcome.extra,
            }
        as_json = api_format.wants_json(request.accept)
        return written(
            scope, self._service, request, request_id, root, fields, as_json=as_json, error=error
        )


def _task_id_in(request: ApiRequest, body: object) -> str | None:
    """The TaskId that a request is about, for the journal."""
    found = request.path_params.get("task_id")
    if found is None and isinstance(body, dict):
        source = body.get("Input")
        found = source.get("TaskId") if isinstance(source, dict) else None
        found = found or body.get("TaskId")
    return _text(found)


def _chosen(body: Json) -> list[str]:
    """The texts of a body that its sender may choose."""
    source = body.get("Input")
    if not isinstance(source, dict):
        return []
    return [text for name in ("TaskKey", "FileUrl") if (text := _text(source.get(name)))]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _no_api(request: ApiRequest, scope: Scope, body: Json) -> Json:
    supported = request.method in _METHODS
    error = failure("InvalidApi.NotFound" if supported else "UnsupportedHTTPMethod")
    error.detail = nearest(request.method, request.state.target)
    raise error
