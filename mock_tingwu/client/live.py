"""The caption tasks of ApsaraVideo Live over httpx, signed with ACS3 (live-rtc-asr 1 and 4).

What such a task hears is posted to its CallbackURL: `client.live_callbacks` receives it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

from mock_tingwu.client.address import is_http, no_address
from mock_tingwu.client.checks import check_id, check_sendable
from mock_tingwu.client.errors import LiveError, Unreachable
from mock_tingwu.client.http import REQUEST_TIMEOUT_S, HttpClient, decoded, no_json
from mock_tingwu.client.retries import MAKING, SAFE, Policy, Retries
from mock_tingwu.protocols import signing

VERSION: Final = "2016-11-01"
#: RetCode of a call that went well (live-rtc-asr 1.2).
SUCCESS: Final = 2000
#: The ``status`` of a task that runs; no source tells another (live-rtc-asr 7.4).
RUNNING: Final = 1

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LiveTask:
    """A caption task as QueryRtcAsrTasks shows it.

    ``mode`` is live or rtc, ``stream_url`` empty in the latter; ``created_at`` and ``updated_at``
    are ISO 8601 with +08:00. ``report_interval_ms`` is -1 without interim results, and
    ``auto_terminate_delay_s`` how long the stream may be away where that ends the task. ``raw`` has
    all that the service tells, with fields that are not known here.
    """

    task_id: str
    mode: str
    language: str
    stream_url: str
    callback_url: str
    created_at: str
    updated_at: str
    status: int
    report_interval_ms: int
    auto_terminate_delay_s: int
    raw: Data

    @property
    def running(self) -> bool:
        """Whether it listens."""
        return self.status == RUNNING


class LiveAsrClient(HttpClient):
    """The caption tasks of one account, as an async context manager.

    ``url`` is the service's address, such as ``https://live.aliyuncs.com``. All methods raise
    LiveError for an error answer or another RetCode than 2000, and Unreachable when no usable
    answer came, after they have made the call again where that is safe (`Retries`). A request may
    stand still for ``request_timeout`` seconds. What makes no sense is a ValueError before anything
    is sent.
    """

    error = LiveError

    def __init__(
        self,
        url: str,
        *,
        access_key_id: str,
        access_key_secret: str,
        security_token: str | None = None,
        retries: Retries | None = None,
        request_timeout: float = REQUEST_TIMEOUT_S,
    ) -> None:
        check_sendable("access_key_id", access_key_id)
        secrets = {"access_key_secret": access_key_secret, "security_token": security_token}
        super().__init__(url, retries=retries, request_timeout=request_timeout, secrets=secrets)
        self._access_key_id = access_key_id
        self._access_key_secret = access_key_secret
        self._security_token = security_token

    async def caption_stream(
        self,
        stream_url: str,
        callback_url: str,
        *,
        language: str = "cn",
        translate_into: str | None = None,
        auth_key: str | None = None,
        report_interval_ms: int | None = None,
        auto_terminate_s: int | None = None,
    ) -> str:
        """Caption a live stream (RTMP and the like); return the id of the task.

        ``language`` is cn, en, ja, yue, or fspk for Chinese mixed with English. ``translate_into``
        is cn, en or ja. Callbacks are signed with ``auth_key``. ``report_interval_ms`` is -1 for
        whole sentences alone, or 1 to 500 between two interim results; without it they come as they
        occur. When the stream is away for ``auto_terminate_s``, 1 to 10, the task ends by itself.
        """
        if "://" not in stream_url:
            raise _no_address("stream_url", stream_url, "rtmp://host.example.com/app/stream")
        source = {"Mode": "live", "StreamURL": stream_url}
        return await self._create(
            source,
            callback_url,
            language,
            translate_into,
            auth_key,
            report_interval_ms,
            auto_terminate_s,
        )

    async def caption_user(
        self,
        sdk_app_id: str,
        channel_id: str,
        user_id: str,
        callback_url: str,
        *,
        language: str = "cn",
        translate_into: str | None = None,
        auth_key: str | None = None,
        report_interval_ms: int | None = None,
        auto_terminate_s: int | None = None,
    ) -> str:
        """Caption one user of an RTC channel; the rest is as for `caption_stream`."""
        source = {
            "Mode": "rtc",
            "SDKAppID": sdk_app_id,
            "ChannelID": channel_id,
            "RtcUserId": user_id,
        }
        return await self._create(
            source,
            callback_url,
            language,
            translate_into,
            auth_key,
            report_interval_ms,
            auto_terminate_s,
        )

    async def stop(self, task_id: str) -> None:
        """End a task."""
        check_id("task_id", task_id)
        await self._call("StopRtcAsrTask", {"TaskId": task_id}, SAFE)

    async def delete(self, task_id: str) -> None:
        """End a task and forget it; ConfigNotFound may mean that an answer was lost before."""
        check_id("task_id", task_id)
        await self._call("DeleteRtcAsrTask", {"TaskId": task_id}, SAFE)

    async def tasks(self) -> tuple[LiveTask, ...]:
        """All tasks of the account that run."""
        return await self._query({})

    async def find(self, task_id: str) -> LiveTask | None:
        """One task, also if it has ended; None when it is not known."""
        check_id("task_id", task_id)
        found = await self._query({"TaskId": task_id})
        return next((task for task in found if task.task_id == task_id), None)

    async def _create(
        self,
        source: Mapping[str, str],
        callback_url: str,
        language: str,
        translate_into: str | None,
        auth_key: str | None,
        report_interval_ms: int | None,
        auto_terminate_s: int | None,
    ) -> str:
        if not is_http(callback_url):
            raise _no_address("callback_url", callback_url, "https://host.example.com/path")
        given = {**source, "CallbackURL": callback_url, "Language": language}
        if translate_into is not None:
            given |= {"TranslateEnabled": "true", "TargetLanguages": translate_into}
        if auth_key is not None:
            given["AuthKey"] = auth_key
            self._secrets.add(auth_key)
        if report_interval_ms is not None:
            given["ReportInterval"] = str(report_interval_ms)
        if auto_terminate_s is not None:
            given |= {"AutoTerminateEnabled": "true", "AutoTerminateDelay": str(auto_terminate_s)}
        answer = await self._call("CreateRtcAsrTask", given, MAKING)
        return self._made("task", answer, "TaskId")

    async def _query(self, parameters: Mapping[str, str]) -> tuple[LiveTask, ...]:
        answer = await self._call("QueryRtcAsrTasks", parameters, SAFE)
        try:
            # An object by task ids, not a list (live-rtc-asr 1.2).
            return tuple(_task(name, task) for name, task in (answer.get("Tasks") or {}).items())
        except (AttributeError, TypeError, ValueError):
            message = f"{self.url} described a task in a shape of its own."
            raise Unreachable(message) from None

    async def _call(self, action: str, parameters: Mapping[str, str], policy: Policy) -> Data:
        """The answer of a call that went well."""

        async def ask() -> Data:
            return await self._asked(action, parameters)

        return await self._retries.run(ask, policy)

    async def _asked(self, action: str, parameters: Mapping[str, str]) -> Data:
        # Signed anew each time: a nonce is taken once.
        headers = signing.sign_acs3(
            "POST",
            "/",
            parameters,
            {},
            b"",
            access_key=self._access_key_id,
            secret=self._access_key_secret,
            action=action,
            version=VERSION,
            host=urlsplit(self.url).netloc,
            nonce=uuid4().hex,
            date=datetime.now(UTC),
            security_token=self._security_token,
        )
        target = self.url + signing.request_target("/", parameters)
        response = await self._send("POST", target, headers=headers)
        answer = decoded(response)
        if not isinstance(answer, dict):
            raise no_json(response)
        if response.status_code >= 400:
            code = answer.get("Code", f"HTTP {response.status_code}")
            message = answer.get("Message", response.reason_phrase)
            raise self._refusal(response, code, message, answer.get("RequestId", ""))
        # Failures may come with HTTP 200 (live-rtc-asr 1.2).
        if answer.get("RetCode") != SUCCESS:
            code = f"RetCode {answer.get('RetCode')}"
            message = answer.get("Description", "no reason was given")
            raise self._refusal(response, code, message, answer.get("RequestId", ""))
        return answer


def _no_address(name: str, url: str, example: str) -> ValueError:
    # Queries of such addresses are credentials.
    return ValueError(no_address(url.partition("?")[0], name, f"an address such as {example}"))


def _task(task_id: str, data: Data) -> LiveTask:
    """Read a task. Raises AttributeError, TypeError, ValueError when it has a shape of its own."""
    return LiveTask(
        str(data.get("taskId", task_id)),
        mode=str(data.get("mode", "")),
        language=str(data.get("language", "")),
        stream_url=str(data.get("streamUrl", "")),
        callback_url=str(data.get("callbackUrl", "")),
        created_at=str(data.get("createdAt", "")),
        updated_at=str(data.get("updatedAt", "")),
        status=int(data.get("status", 0)),
        # Numbers that come as texts (live-rtc-asr 1.2).
        report_interval_ms=int(data.get("reportInterval") or 0),
        auto_terminate_delay_s=int(data.get("autoTerminateDelay") or 0),
        raw=data,
    )
