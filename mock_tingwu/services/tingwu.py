"""Tingwu OpenAPI 2023-09-30: CreateTask and GetTaskInfo for realtime tasks."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from mock_tingwu.core.clock import as_datetime
from mock_tingwu.core.scope import Scope
from mock_tingwu.core.tasks import INVALID
from mock_tingwu.protocols import signing
from mock_tingwu.services import realtime, storage
from mock_tingwu.services.address import Address
from mock_tingwu.services.tingwu_request import (
    ApiFailure,
    Json,
    check,
    failure,
    invalid,
    missing,
    read_body,
    realtime_request,
)
from mock_tingwu.services.world import World

SERVICE = "tingwu"
TASKS = "/openapi/tingwu/v2/tasks"
#: The gateway routes by method and path together: a wrong method is an unknown API.
ANY_METHOD = ("GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS")
#: JSON that is nested deeper is refused; what is documented goes six levels deep.
MAX_DEPTH = 64
_HOST_ID = "tingwu.cn-beijing.aliyuncs.com"
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class TingwuService:
    """The operations on one world. Answers are exact: key order, null omission, wording."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """Everything below the API's path. Like the gateway, it matches method and path."""
        return [
            Route(TASKS, self.tasks, methods=ANY_METHOD),
            Route(TASKS + "/{task_id}", self.task_info, methods=ANY_METHOD),
            Route("/openapi/{rest:path}", self.unknown, methods=ANY_METHOD),
        ]

    async def tasks(self, request: Request) -> Response:
        """PUT: create or stop a task."""
        return await self._answer(request, self._put_task if request.method == "PUT" else _no_api)

    async def task_info(self, request: Request) -> Response:
        """GET: the status and results of a task."""
        return await self._answer(request, self._get_task if request.method == "GET" else _no_api)

    async def unknown(self, request: Request) -> Response:
        """Any other path."""
        return await self._answer(request, _no_api)

    async def not_found(self, request: Request, exc: Exception) -> Response:
        """What no route takes, on any service's path."""
        return await self.unknown(request)

    async def server_error(self, request: Request, exc: Exception) -> Response:
        """A defect of the mock: the client gets the cloud's error, the log the traceback."""
        # The body cannot be read here: it may be read already, and Starlette hands no channel on.
        scope = self._world.default
        return self._respond(request, scope, scope.ids.request_id(), failure("ServerError"))

    # Operations: (request, scope, body) -> Data

    def _put_task(self, request: Request, scope: Scope, body: Json) -> Json:
        kind = request.query_params.get("type")
        if not kind:
            raise missing("type")
        if kind != "realtime":
            raise invalid("type")
        operation = request.query_params.get("operation") or "start"
        if operation == "start":
            return self._create(request, scope, body)
        if operation == "stop":
            return self._stop(scope, body)
        raise invalid("operation")

    def _create(self, request: Request, scope: Scope, body: Json) -> Json:
        asked = realtime_request(body)
        task = scope.create_task(
            options=asked.options,
            language=asked.language,
            audio_format=asked.format,
            sample_rate=asked.sample_rate,
            app_key=asked.app_key,
            key=asked.task_key,
            language_hints=asked.language_hints,
        )
        request.state.task_id = task.id
        address = Address.of(request)
        return _without_none(
            {
                "TaskId": task.id,
                "TaskKey": task.key,
                "TaskStatus": task.status.wire,
                "MeetingJoinUrl": f"{address.websocket}{realtime.PATH}?mc={task.join_token}",
            }
        )

    def _stop(self, scope: Scope, body: Json) -> Json:
        if isinstance(body.get("Input"), dict) and "TaskId" in body["Input"]:
            check("stop", body)
            task_id = body["Input"]["TaskId"]
        elif isinstance(body.get("TaskId"), str):
            task_id = body["TaskId"]  # one client sends it here (tingwu-openapi 2.3)
        else:
            raise missing("Input.TaskId")
        task = scope.tasks.get(task_id)
        if task is None:
            return {"TaskId": task_id, "TaskStatus": INVALID.wire}
        scope.stop(task)
        return {"TaskId": task.id, "TaskStatus": task.status.wire}

    def _get_task(self, request: Request, scope: Scope, body: Json) -> Json:
        task_id = request.path_params["task_id"]
        task = scope.tasks.get(task_id)
        if task is None:
            return {"TaskId": task_id, "TaskStatus": INVALID.wire}
        link = storage.Linker(scope, Address.of(request).http)
        results = {kind: link.result(task, kind) for kind in task.results}
        return _without_none(
            {
                "TaskId": task.id,
                "TaskKey": task.key,
                "TaskStatus": task.status.wire,
                "OutputMp3Path": link.file(task, "mp3"),
                "OutputSpectrumPath": link.file(task, "spectrum"),
                "ErrorCode": task.error_code,
                "ErrorMessage": task.error_message,
                "Result": results or None,
            }
        )

    # The envelope

    async def _answer(self, request: Request, operation: Any) -> Response:
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
        verdict = signing.verify(
            signed, self._world.settings.access_keys, now=as_datetime(self._world.real_now())
        )
        request.state.task_id = _task_id_in(request, body)
        entry = scope.journal.record(
            "request",
            SERVICE,
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
            data = operation(request, scope, {} if body is None else read_body(body))
        except ApiFailure as error:
            if error.detail:
                scope.journal.record("note", SERVICE, request.state.task_id, text=error.detail)
            return self._respond(request, scope, request_id, error)
        entry["task_id"] = request.state.task_id  # CreateTask has made it only now
        return self._respond(request, scope, request_id, data)

    def _respond(
        self, request: Request, scope: Scope, request_id: str, outcome: Json | ApiFailure
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
            answer = {"Code": "0", "Data": outcome, "Message": "success", "RequestId": request_id}
        content = _encode(answer)
        scope.journal.record(
            "response",
            SERVICE,
            getattr(request.state, "task_id", None),
            request_id=request_id,
            method=request.method,
            target=signing.SignedRequest.from_asgi(request.scope, b"").target,
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
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH and _deeper_than(MAX_DEPTH, body):
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


def _without_none(data: Json) -> Json:
    return {key: value for key, value in data.items() if value is not None}
