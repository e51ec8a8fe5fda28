"""The gateway in front of the OpenAPI: reads a request, checks it, wraps up what is answered."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from mock_tingwu.core.clock import as_datetime
from mock_tingwu.core.scope import Scope
from mock_tingwu.protocols import signing
from mock_tingwu.services.api_errors import ApiFailure, failure
from mock_tingwu.services.world import World

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call answers: ``data`` in the usual envelope, ``extra`` fields behind RequestId."""

    data: Json
    extra: Mapping[str, Any] = field(default_factory=dict)


#: What a call does: ``(request, scope, body) -> Data``. It may raise ApiFailure.
Operation = Callable[[Request, Scope, Json], Json | Answer | Awaitable[Json | Answer]]
#: JSON that is nested deeper is refused; what is documented goes six levels deep.
_MAX_DEPTH = 64
_HOST_ID = "tingwu.cn-beijing.aliyuncs.com"
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Gateway:
    """Answers are exact: key order, wording, headers. ``service`` is the name in the journal."""

    def __init__(self, world: World, service: str) -> None:
        self._world = world
        self._service = service

    async def unknown(self, request: Request) -> Response:
        """A path or method that no call has."""
        return await self.answer(request, _no_api)

    def server_error(self, request: Request) -> Response:
        """The answer to a request that met a defect of the mock."""
        # The body cannot be read here: it may be read already, and Starlette hands no channel on.
        scope = self._world.default
        return self._respond(request, scope, scope.ids.request_id(), failure("ServerError"))

    async def answer(self, request: Request, operation: Operation, api: str = "") -> Response:
        """Answer with what ``operation`` does, under the API's name ``api``."""
        scope = self._world.default
        request_id = scope.ids.request_id()
        raw = b""
        body: object = None
        problem: ApiFailure | None = None
        try:
            raw = await _read(request, self._world.settings.max_body_bytes)
            body = _parse(raw)
        except ApiFailure as error:
            problem = error
        signed = signing.SignedRequest.from_asgi(request.scope, raw)
        keys = signing.KeyRing(self._world.settings.access_keys)
        verdict = signing.verify(signed, keys, now=as_datetime(self._world.real_now()))
        request.state.task_id = _task_id_in(request, body)
        request.state.target = signed.target
        entry = scope.journal.record(
            "request",
            self._service,
            request.state.task_id,
            request_id=request_id,
            method=request.method,
            target=signed.target,
            body=raw if problem is None else raw.decode("utf-8", "replace"),
            signature=verdict.problem or "ok",
        )
        try:
            if problem is not None:
                raise problem
            if self._world.settings.auth == "verify":
                _enforce(verdict)
            if body is not None and not isinstance(body, dict):
                raise failure("InvalidParameter.Format")
            outcome = operation(request, scope, body or {})
            if inspect.isawaitable(outcome):
                outcome = await outcome
        except ApiFailure as error:
            if error.detail:
                scope.journal.record(
                    "note", self._service, request.state.task_id, text=error.detail
                )
            return self._respond(request, scope, request_id, error)
        entry["task_id"] = request.state.task_id  # CreateTask has made it only now
        return self._respond(request, scope, request_id, outcome)

    def _respond(
        self, request: Request, scope: Scope, request_id: str, outcome: Json | Answer | ApiFailure
    ) -> Response:
        """Wrap Data or a failure up, and write it down."""
        if isinstance(outcome, ApiFailure):
            status = outcome.http_status
            answer: Json = {
                "RequestId": request_id,
                "HostId": _HOST_ID,
                "Code": outcome.code,
                "Message": outcome.message,
                "Recommend": f"https://api.aliyun.com/troubleshoot?q={outcome.code}",
            }
        else:
            status = 200
            if not isinstance(outcome, Answer):
                outcome = Answer(outcome)
            answer = {
                "Code": "0",
                "Data": outcome.data,
                "Message": "success",
                "RequestId": request_id,
                **outcome.extra,
            }
        content = _encode(answer)
        scope.journal.record(
            "response",
            self._service,
            getattr(request.state, "task_id", None),
            request_id=request_id,
            method=request.method,
            target=getattr(request.state, "target", None) or _target(request),
            status=status,
            body=content,
        )
        return Response(
            content,
            status,
            {
                # pop-core parses an answer only if the type starts like this (tingwu-openapi 0.9).
                "Content-Type": "application/json;charset=utf-8",
                "x-acs-request-id": request_id,
            },
        )


def _target(request: Request) -> str:
    return signing.SignedRequest.from_asgi(request.scope, b"").target


async def _read(request: Request, limit: int) -> bytes:
    """The whole body, chunked or not.

    Raises:
        ApiFailure: it is longer than ``limit`` bytes.
    """
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:19]) > limit:
        raise failure("RequestEntityTooLarge")
    chunks: list[bytes] = []
    length = 0
    try:
        async for chunk in request.stream():
            length += len(chunk)
            if length > limit:
                raise failure("RequestEntityTooLarge")
            chunks.append(chunk)
    except ClientDisconnect:
        return b""
    return b"".join(chunks)


def _parse(raw: bytes) -> object:
    if not raw.strip():
        return None
    try:
        body = _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise failure("InvalidParameter.Format") from None
    # Counting brackets is quick, and enough for every request that is meant well.
    if raw.count(b"{") + raw.count(b"[") > _MAX_DEPTH and _deeper_than(_MAX_DEPTH, body):
        raise failure("InvalidParameter.Format")
    return body


def _deeper_than(levels: int, value: object) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return False
    return levels == 0 or any(_deeper_than(levels - 1, item) for item in value)


def _enforce(verdict: signing.Verdict) -> None:
    """Refuse what is not signed right (tingwu-openapi 3.2, 3.4)."""
    if verdict.ok:
        return
    if verdict.problem in ("mismatch", "body_digest"):
        error = failure("SignatureDoesNotMatch")
        error.message = signing.mismatch_message(verdict)
        raise error
    raise failure(
        {
            "missing": "MissingAccessKeyId",
            "unknown_key": "InvalidAccessKeyId.NotFound",
            "timestamp_format": "InvalidTimeStamp.Format",
            "timestamp_expired": "InvalidTimeStamp.Expired",
        }.get(verdict.problem or "", "IncompleteSignature")
    )


def _task_id_in(request: Request, body: object) -> str | None:
    """The TaskId that a request is about, for the journal."""
    found = request.path_params.get("task_id")
    if found is None and isinstance(body, dict):
        source = body.get("Input")
        found = source.get("TaskId") if isinstance(source, dict) else None
        found = found or body.get("TaskId")
    return found if isinstance(found, str) else None


def _no_api(request: Request, scope: Scope, body: Json) -> Json:
    raise failure("InvalidApi.NotFound")
