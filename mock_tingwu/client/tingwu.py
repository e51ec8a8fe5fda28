"""Tingwu's OpenAPI 2023-09-30 over httpx, signed with ACS3 (tingwu-openapi 1 and 5.2)."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote, urlsplit
from uuid import uuid4

import httpx

from mock_tingwu.client.address import is_local
from mock_tingwu.client.errors import ClientError, TingwuError, Unreachable
from mock_tingwu.protocols import signing

VERSION: Final = "2023-09-30"
TASKS: Final = "/openapi/tingwu/v2/tasks"
#: How long one request may take in seconds, and a task until its results are ready: the cloud
#: promises them within three hours (tingwu-openapi 2.1).
REQUEST_TIMEOUT_S: Final = 30.0
RESULTS_TIMEOUT_S: Final = 3 * 60 * 60.0

FINISHED: Final = frozenset({"COMPLETED", "FAILED", "INVALID"})


@dataclass(frozen=True, slots=True)
class Task:
    """A task that was created. ``join_url`` is where its audio goes, and its only credential."""

    task_id: str
    join_url: str
    status: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class TaskInfo:
    """How a task stands.

    ``results`` maps the kinds of result that are ready to their links; ``error`` is the code and
    message of a failed task.
    """

    task_id: str
    status: str
    key: str | None = None
    results: Mapping[str, str] = field(default_factory=dict)
    mp3_url: str | None = None
    spectrum_url: str | None = None
    error: tuple[str, str] | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing will change any more."""
        return self.status in FINISHED


class TingwuClient:
    """The operations of one account, as an async context manager.

    ``url`` is the service's address, such as ``http://127.0.0.1:8900``. All methods raise
    TingwuError for an error answer and Unreachable when no usable answer came.
    """

    def __init__(
        self,
        url: str,
        *,
        access_key_id: str,
        access_key_secret: str,
        app_key: str,
        security_token: str | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self.app_key = app_key
        self._access_key_id = access_key_id
        self._access_key_secret = access_key_secret
        self._security_token = security_token
        self._http = httpx.AsyncClient(timeout=REQUEST_TIMEOUT_S, trust_env=not is_local(url))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def create_realtime(
        self,
        *,
        language: str = "cn",
        audio_format: str = "pcm",
        sample_rate: int = 16000,
        task_key: str | None = None,
        language_hints: Sequence[str] = (),
        parameters: Mapping[str, Any] | None = None,
    ) -> Task:
        """Create a realtime meeting. ``parameters`` are those of CreateTask, in its own casing."""
        source: dict[str, Any] = {
            "SourceLanguage": language,
            "Format": audio_format,
            "SampleRate": sample_rate,
        }
        if task_key is not None:
            source["TaskKey"] = task_key
        if language_hints:
            source["LanguageHints"] = list(language_hints)
        body = {"AppKey": self.app_key, "Input": source, "Parameters": dict(parameters or {})}
        data = await self._call("PUT", TASKS, "CreateTask", {"type": "realtime"}, body)
        try:
            task_id, join_url = data["TaskId"], data["MeetingJoinUrl"]
        except KeyError as error:
            raise Unreachable(f"{self.url} created a task without {error.args[0]}.") from None
        return Task(task_id, join_url, data.get("TaskStatus", "NEW"), data.get("TaskKey"))

    async def stop(self, task_id: str) -> str:
        """End a realtime meeting; return its TaskStatus, ONGOING while results are being made."""
        query = {"type": "realtime", "operation": "stop"}
        body = {"AppKey": self.app_key, "Input": {"TaskId": task_id}}
        data = await self._call("PUT", TASKS, "CreateTask", query, body)
        return str(data.get("TaskStatus", ""))

    async def info(self, task_id: str) -> TaskInfo:
        """How a task stands, with fresh links to what is ready."""
        path = f"{TASKS}/{quote(task_id, safe='')}"
        data = await self._call("GET", path, "GetTaskInfo", {}, None)
        code = data.get("ErrorCode")
        return TaskInfo(
            data.get("TaskId", task_id),
            data.get("TaskStatus", ""),
            data.get("TaskKey"),
            # Some kinds may stand there empty before they are ready.
            {kind: url for kind, url in (data.get("Result") or {}).items() if url},
            data.get("OutputMp3Path"),
            data.get("OutputSpectrumPath"),
            (code, data.get("ErrorMessage", "")) if code else None,
        )

    async def wait(
        self,
        task_id: str,
        *,
        poll_interval: float = 1.0,
        on_change: Callable[[TaskInfo], None] | None = None,
        timeout: float = RESULTS_TIMEOUT_S,
    ) -> TaskInfo:
        """Poll every ``poll_interval`` seconds until the task is finished; return how it ended.

        ``on_change`` is told the first state and every later one with another status or more
        results. Raises Unreachable when ``timeout`` seconds were not enough.
        """
        seen: tuple[str, frozenset[str]] | None = None
        status = "unknown"
        try:
            async with asyncio.timeout(timeout):
                while True:
                    info = await self.info(task_id)
                    status = info.status
                    state = (status, frozenset(info.results))
                    if on_change is not None and state != seen:
                        seen = state
                        on_change(info)
                    if info.finished:
                        return info
                    await asyncio.sleep(poll_interval)
        except TimeoutError:
            message = f"The task {task_id} is still {status} after {timeout:g} s."
            raise Unreachable(message) from None

    async def download(self, url: str) -> Any:
        """A result or media file by its link: decoded JSON, or the bytes of anything else."""
        # Links carry their signature in the query; a signed header would only be refused.
        response = await self._send(self._http.build_request("GET", url))
        if response.status_code != 200:
            raise _storage_error(response)
        kind = response.headers.get("content-type", "")
        if "json" not in kind and not urlsplit(url).path.endswith(".json"):
            return response.content
        return _json(response)

    async def _call(
        self, method: str, path: str, action: str, query: Mapping[str, str], body: Any
    ) -> Mapping[str, Any]:
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = signing.sign_acs3(
            method,
            path,
            query,
            {},
            content,
            access_key=self._access_key_id,
            secret=self._access_key_secret,
            action=action,
            version=VERSION,
            host=urlsplit(self.url).netloc,
            nonce=uuid4().hex,
            date=datetime.now(UTC),
            security_token=self._security_token,
        )
        target = self.url + signing.request_target(path, query)
        response = await self._send(
            self._http.build_request(method, target, content=content or None, headers=headers)
        )
        answer = _json(response)
        if not isinstance(answer, dict):
            raise _no_json(response)
        # An error may also come with HTTP 200: only the Code "0" means success (tingwu-openapi 0).
        if response.status_code >= 400 or str(answer.get("Code", "0")) != "0":
            raise TingwuError(
                str(answer.get("Code", f"HTTP {response.status_code}")),
                str(answer.get("Message", response.reason_phrase)),
                str(answer.get("RequestId", "")),
                response.status_code,
            )
        data = answer.get("Data")
        return data if isinstance(data, dict) else {}

    async def _send(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._http.send(request)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            where = request.url.netloc.decode()
            reason = str(error) or type(error).__name__
            raise Unreachable(f"{where} does not answer: {reason}.") from None


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        raise _no_json(response) from None


def _no_json(response: httpx.Response) -> Unreachable:
    where = response.request.url.netloc.decode()
    return Unreachable(f"{where} answered {response.status_code} without the JSON expected.")


def _storage_error(response: httpx.Response) -> ClientError:
    """The error of a file server: XML with Code, Message and RequestId (tingwu-openapi 2.2)."""

    def tag(name: str) -> str:
        found = re.search(f"<{name}>([^<]*)</{name}>", response.text)
        return found[1] if found else ""

    status = response.status_code
    code = tag("Code") or f"HTTP {status}"
    return TingwuError(code, tag("Message") or response.reason_phrase, tag("RequestId"), status)
