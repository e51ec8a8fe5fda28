"""Result and media files at signed, expiring, OSS-style links (tingwu-openapi 2.2)."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta
from email.utils import format_datetime
from hashlib import md5
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Host, Route, Router

from mock_tingwu.core.clock import as_datetime
from mock_tingwu.core.faults import DOWNLOAD, ResultExpired, ResultMissing, Subject
from mock_tingwu.core.options import Options
from mock_tingwu.core.scope import Scope, Stored, Task
from mock_tingwu.protocols.render import wrapped
from mock_tingwu.protocols.signing import oss_url
from mock_tingwu.services.address import Address, file_url
from mock_tingwu.services.any_path import ANY
from mock_tingwu.services.api_format import NOT_XML
from mock_tingwu.services.api_request import ApiRequest
from mock_tingwu.services.ranges import RangedFile, ranged, ranged_file
from mock_tingwu.services.realm import Realm
from mock_tingwu.services.travelling import foresee, travel
from mock_tingwu.services.world import BUCKET, LINK_KEY, LINK_SECRET, World

SERVICE = "storage"
#: A link lives this long from the query that handed it out (tingwu-openapi 0.13).
LINK_SECONDS = 2_592_000
#: Names of files carry the time of their making in Beijing.
_BEIJING = timedelta(hours=8)
_KEY = re.compile(
    r"(?P<folder>(?:.*/)?)(?P<task>[0-9a-f]{32}|[0-9A-Za-z]{12})_"
    r"(?:(?P<kind>[A-Za-z]+)_(?P<made>\d{14})\.json"
    r"|\d{14}\.(?P<suffix>mp3|mp4|png|spectrum)|(?P<picture>slide-\d+\.(?:jpg|png)))"
)
_TYPES = {
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "png": "image/png",
    "jpg": "image/jpeg",
    "spectrum": "application/octet-stream",
}
_encode = msgspec.json.encode


class Linker:
    """Makes links to a task's files, signed anew at every query; they live for ``seconds``."""

    def __init__(self, scope: Scope, base: str, *, seconds: int = LINK_SECONDS) -> None:
        self._scope = scope
        self._base = base
        self._seconds = seconds

    def result(self, task: Task, kind: str) -> str:
        """The link to a result file."""
        return self._link(task, f"{kind}_{_stamp(task.results[kind])}.json")

    def file(self, task: Task, suffix: str) -> str | None:
        """The link to a media file, or None while there is none."""
        if suffix not in task.files:
            return None
        return self._link(task, f"{_stamp(task.files[suffix])}.{suffix}")

    def picture(self, task: Task, name: str) -> str:
        """The link to a picture of a video."""
        return self._link(task, name)

    def _link(self, task: Task, name: str) -> str:
        bucket, folder = place(self._scope, task)
        return self.to(bucket, f"{folder}{task.id}_{name}")

    def to(self, bucket: str, key: str) -> str:
        """The link to a key of a bucket."""
        expires = self._scope.clock.now() // 1000 + self._seconds
        query = oss_url.sign(bucket, key, expires=expires, access_key=LINK_KEY, secret=LINK_SECRET)
        return f"{file_url(self._base, bucket, quote(key))}?{query}"


def place(scope: Scope, task: Task) -> tuple[str, str]:
    """The bucket that a task's files are in, and the folder with a slash behind it."""
    if task.order.output is not None:
        bucket, folder = task.order.output
        return bucket, f"{folder}/" if folder else ""
    return BUCKET, f"tingwu/output/{scope.account_id}/{task.id}/"


def beijing(made: int) -> datetime:
    """The time there."""
    return as_datetime(made) + _BEIJING


def _stamp(made: int) -> str:
    return beijing(made).strftime("%Y%m%d%H%M%S")


class StorageService:
    """Serves what `Linker` links to. Result files are made from what was heard when asked for."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Any]:
        by_host = Router([Route(f"/{{key:{ANY}}}", self.get, methods=["GET", "HEAD"])])
        return [
            Route(f"/oss/{{bucket}}/{{key:{ANY}}}", self.get, methods=["GET", "HEAD"]),
            Host("{bucket}.oss-{region}.aliyuncs.com", app=by_host),
        ]

    async def get(self, request: Request) -> Response:
        """Serve one key of a bucket."""
        asked = ApiRequest(request.scope, request.receive)
        return await travel(asked, self._get(asked))

    async def _get(self, request: ApiRequest) -> Response:
        bucket, key = request.path_params["bucket"], request.path_params["key"]
        named = _KEY.fullmatch(key)
        found = self._world.find_task(named["task"]) if named else None
        at_key = self._world.find_stored(key)
        stored = at_key[1] if at_key else None
        scope = at_key[0] if at_key else found[0] if found else self._world.default
        request_id = scope.ids.request_id().replace("-", "")[:24].upper()
        query = request.url.query
        about: dict[str, Any] = {
            "task_id": stored.task.id if stored else named["task"] if named else None,
            "request_id": request_id,
            "method": request.method,
            "target": f"{request.url.path}?{query}" if query else request.url.path,
        }
        entry = scope.journal.record("request", SERVICE, **about)
        fault = None
        task = stored.task if stored else found[1] if found else None
        if task is not None:
            kind = stored.kind if stored else _kind(named)
            subject = Subject(SERVICE, DOWNLOAD, task.key, task.app_key, task.id, kind=kind)
            foresee(request, scope.faults, subject)
            fault = scope.faults.result_fault(
                replace(subject, service=task.order.service, operation="")
            )
        verdict = oss_url.verify(
            bucket, key, query, {LINK_KEY: LINK_SECRET}, now=as_datetime(scope.clock.now())
        )
        problem = "expired" if isinstance(fault, ResultExpired) else verdict.problem
        file = None
        if isinstance(fault, ResultMissing):
            pass
        elif verdict.ok and stored:
            file = await self._stored(request, request_id, scope, stored)
        elif verdict.ok and named and found and (bucket, named["folder"]) == place(*found):
            file = await self._file(request, request_id, named, *found)
        if verdict.problem is not None:
            scope.watch.link(verdict.problem, entry)
        if problem is not None:
            code, why = _REFUSALS[problem]
            response = _refusal(403, code, why, request, request_id)
        elif file is None:
            why = "The specified key does not exist."
            response = _refusal(404, "NoSuchKey", why, request, request_id, key=key)
        else:
            response = file
        response.headers["Server"] = "AliyunOSS"
        response.headers["x-oss-request-id"] = request_id
        status = response.sent_status if isinstance(response, RangedFile) else response.status_code
        scope.journal.record("response", SERVICE, **about, status=status)
        return response

    async def _file(
        self, request: Request, request_id: str, named: re.Match[str], scope: Realm, task: Task
    ) -> Response | None:
        if name := named["suffix"] or named["picture"]:
            return await self._media(request, scope, task, name)
        kind = named["kind"]
        found = _made(task, kind, named["made"])
        if found is None:
            return None
        made, options = found
        stored = Stored(
            task, kind, made, options, lambda result: wrapped(task.id, kind, result), LINK_SECONDS
        )
        return await self._stored(request, request_id, scope, stored)

    async def _media(
        self, request: Request, scope: Realm, task: Task, name: str
    ) -> Response | None:
        path = await scope.media_path(task, name)
        if path is None:
            return None
        return ranged_file(request, path, _TYPES[name.rpartition(".")[2]])

    async def _stored(
        self, request: Request, request_id: str, scope: Realm, stored: Stored
    ) -> Response | None:
        task, kind = stored.task, stored.kind
        if kind in _TYPES:
            return await self._media(request, scope, task, kind)
        manners, seconds = scope.manners, stored.link_seconds
        if manners is not None:
            seconds = manners.link_seconds(seconds)
        linker = Linker(scope, Address.of(request).http, seconds=seconds)
        # A long meeting takes a while. It does not grow: results come after the end of the audio.
        content = await asyncio.to_thread(_content, stored, linker)
        if manners is not None:
            # A file says the same every time, as long as its links do.
            key = (SERVICE, task.id, kind, str(stored.made))
            content = await asyncio.to_thread(manners.json, content, *key)
        scope.journal.record(
            "result",
            SERVICE,
            task.id,
            request_id=request_id,
            body=content,
            name=kind,
            form=task.order.service,
        )
        headers = {
            "Content-Type": "application/json",
            "ETag": f'"{md5(content).hexdigest().upper()}"',
            "Last-Modified": format_datetime(as_datetime(stored.made), usegmt=True),
        }
        return ranged(request, content, headers)


def _kind(named: re.Match[str] | None) -> str | None:
    """What a file's name says that it is: a kind of result, or how a media file ends."""
    if named is None:
        return None
    return named["kind"] or named["suffix"] or named["picture"].rpartition(".")[2]


def _made(task: Task, kind: str, stamp: str) -> tuple[int, Options] | None:
    """When the result with this stamp was made, and by which options."""
    if kind in task.results and _stamp(task.results[kind]) == stamp:
        return task.results[kind], task.options
    for earlier, made, options in reversed(task.earlier):
        if earlier == kind and _stamp(made) == stamp:
            return made, options
    return None


def _content(stored: Stored, linker: Linker) -> bytes:
    # Here and below: what only some requests need is not loaded when the server starts.
    from mock_tingwu.core import capabilities

    result = capabilities.build(stored.kind, stored.task.meeting, stored.options)
    if stored.kind == "PptExtraction":
        _link_pictures(linker, stored.task, result)
    return _encode(stored.show(result))


def _link_pictures(link: Linker, task: Task, result: Any) -> None:
    """Put links in the place of names: they are as old as the result's download."""
    for frame in result["key_frame_list"]:
        frame["file_url"] = link.picture(task, frame["file_url"])


#: What is wrong with a link, and the Code and Message of OSS (its error pages 0002-00000040 for a
#: wrong signature, 0002-00000069 for an expired one, 0002-00000902 for an unknown key).
_REFUSALS = {
    "missing": ("AccessDenied", "You have no right to access this object because of bucket acl."),
    "malformed": ("AccessDenied", "The signature parameters are incomplete."),
    "unknown_key": (
        "InvalidAccessKeyId",
        "The OSS Access Key Id you provided does not exist in our records.",
    ),
    "expired": ("AccessDenied", "Request has expired."),
    "mismatch": (
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method.",
    ),
}


def _refusal(
    status: int, code: str, message: str, request: Request, request_id: str, key: str = ""
) -> Response:
    from xml.sax.saxutils import escape

    def shown(text: str) -> str:
        return escape(NOT_XML.sub("\ufffd", text))

    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<Error>",
        f"  <Code>{code}</Code>",
        f"  <Message>{shown(message)}</Message>",
        f"  <RequestId>{request_id}</RequestId>",
        f"  <HostId>{shown(request.headers.get('host', ''))}</HostId>",
        *([f"  <Key>{shown(key)}</Key>"] if key else []),
        "</Error>",
    ]
    return Response("\n".join(lines), status, {"Content-Type": "application/xml"})
