"""Tingwu's OpenAPI as a case uses it: any call just as it is written, and the usual ones short."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from mock_tingwu.client.credentials import AccessKey
from mock_tingwu.conformance.answers import Answer
from mock_tingwu.conformance.signing import Signer, Tamper, roa_headers
from mock_tingwu.conformance.waiting import wait_for_status
from mock_tingwu.protocols import signing

if TYPE_CHECKING:
    from mock_tingwu.conformance.cloud import Cloud

VERSION: Final = "2023-09-30"
TASKS: Final = "/openapi/tingwu/v2/tasks"
PHRASES: Final = "/openapi/tingwu/v2/resources/phrases"
#: The values of TaskStatus that another one follows (Tingwu's realtime guide).
PASSING: Final = ("NEW", "ONGOING", "PAUSED")

_NO_BODY: Final = object()


class Tingwu:
    """The seven calls. Whatever answers with success is held against the contract at once."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    async def call(
        self,
        method: str,
        path: str,
        body: Any = _NO_BODY,
        *,
        action: str,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        scheme: str | Signer = "acs3",
        key: AccessKey | None = None,
        date: datetime | None = None,
        nonce: str | None = None,
        tamper: Tamper | None = None,
        target: str | None = None,
    ) -> Answer:
        """Make a call as it is written here; ``body`` is bytes, or JSON to be.

        ``scheme`` is acs3, roa_v1, none or a function that signs. ``tamper`` changes the headers
        once they are signed; ``target`` is sent in place of path and query.
        """
        site, query = self._cloud.site, query or {}
        if body is _NO_BODY:
            content = b""
        elif isinstance(body, bytes):
            content = body
        else:
            content = json.dumps(body, ensure_ascii=False).encode()
        signed = roa_headers(
            scheme,
            method,
            path,
            query,
            headers or {},
            content,
            key=key or site.access_key,
            host=urlsplit(site.tingwu_url).netloc,
            action=action,
            version=VERSION,
            date=date,
            nonce=nonce,
        )
        if tamper is not None:
            tamper(signed)
        url = site.tingwu_url + signing.request_target(path, query)
        return await self._cloud.http.send(
            action, method, url, target=target, headers=signed, content=content
        )

    # CreateTask and GetTaskInfo

    async def create(
        self,
        input: Mapping[str, Any],
        parameters: Mapping[str, Any] | None = None,
        *,
        type: str | None = "realtime",
        operation: str | None = None,
        app_key: str | None = "",
        **changes: Any,
    ) -> Answer:
        """CreateTask with just these fields. ``app_key`` is the target's if empty, None for none.

        A task that it makes is stopped when the case is over. ``changes`` are those of `call`.
        """
        body: dict[str, Any] = {"Input": dict(input)}
        if app_key is not None:
            body["AppKey"] = app_key or self._cloud.site.app_key
        if parameters is not None:
            body["Parameters"] = dict(parameters)
        query = {"type": type, "operation": operation}
        given = {name: value for name, value in query.items() if value is not None}
        answer = await self.call("PUT", TASKS, body, action="CreateTask", query=given, **changes)
        if answer.status == 200 and operation in (None, "start"):
            schema = "tingwu/create-task-response"
            if answer.body.get("Code") == "0":
                self._cloud.check.observe(schema, answer.body)
                self._remember(answer.data, type)
        return answer

    def meeting(self, **fields: Any) -> dict[str, Any]:
        """The Input of a realtime meeting; a field that is None is left out."""
        fields = {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16000} | fields
        return {name: value for name, value in fields.items() if value is not None}

    async def start(
        self, parameters: Mapping[str, Any] | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Begin a realtime meeting that has to begin; return its Data."""
        return (await self.create(self.meeting(**fields), parameters)).data

    async def transcribe(
        self, file_url: str, parameters: Mapping[str, Any] | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Begin an offline task that has to begin; return its Data."""
        fields = {"SourceLanguage": "cn", "FileUrl": file_url} | fields
        return (await self.create(fields, parameters, type="offline")).data

    async def finished(
        self, file_url: str, parameters: Mapping[str, Any] | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Transcribe a recording to the end; return the Data of GetTaskInfo then."""
        data = await self.transcribe(file_url, parameters, **fields)
        self._cloud.check.has(data, "TaskId", what="Data of CreateTask")
        return await self.wait(data["TaskId"])

    async def stop(self, task_id: str, **changes: Any) -> Answer:
        """CreateTask operation=stop."""
        answer = await self.create({"TaskId": task_id}, operation="stop", **changes)
        if answer.status == 200 and answer.body.get("Code") == "0":
            self._cloud.check.observe("tingwu/stop-task-response", answer.body)
        return answer

    async def info(self, task_id: str, **changes: Any) -> Answer:
        """GetTaskInfo."""
        path = f"{TASKS}/{quote(task_id, safe='')}"
        answer = await self.call("GET", path, action="GetTaskInfo", **changes)
        if answer.status == 200 and answer.body.get("Code") == "0":
            self._cloud.check.observe("tingwu/get-task-info-response", answer.body)
        return answer

    async def wait(self, task_id: str, *statuses: str) -> dict[str, Any]:
        """GetTaskInfo until TaskStatus is one of ``statuses`` (COMPLETED); return its Data.

        Raises:
            Deviation: the task ends otherwise, or not within `RESULTS_LIMIT_S`.
        """

        async def ask() -> dict[str, Any]:
            return (await self.info(task_id)).data

        return await wait_for_status(
            self._cloud,
            ask,
            "TaskStatus",
            "ErrorCode",
            wanted=statuses or ("COMPLETED",),
            passing=PASSING,
        )

    async def content(self, data: Mapping[str, Any], kind: str) -> Any:
        """What stands in a result file of a task, without what is wrapped around it.

        ``data`` is that of GetTaskInfo.
        """
        results = data.get("Result", {})
        self._cloud.check.has(results, kind, what="Result")
        file = await self.result(results[kind], kind)
        self._cloud.check.has(file, kind, what=f"the {kind} file")
        return file[kind]

    async def result(self, link: str, kind: str) -> Any:
        """The result file ``kind`` (Transcription, ...) at ``link``, held against its schema."""
        answer = await self._cloud.download(link)
        self._cloud.check.equal(answer.status, 200, f"HTTP status of the {kind} file")
        self._cloud.check.observe(f"tingwu/results/{kind}", answer.json)
        return answer.json

    def refused(self, answer: Answer, *codes: str, status: int | None = 400) -> None:
        """Check that an answer is an error that every SDK can read; its Code one of ``codes``.

        ``status`` None is for what no document tells: any error of HTTP, or a Code that is not 0.
        """
        check = self._cloud.check
        check.has(answer.body, "Code", "Message", "RequestId")
        for name in ("Code", "Message", "RequestId"):
            check.matches(answer.body[name], r"(?s)\S.*", name)
        code = answer.body["Code"]
        if status is not None:
            check.equal(answer.status, status, f"HTTP status ({code})")
        else:
            is_error = 400 <= answer.status < 500 or (answer.status == 200 and code != "0")
            check.that(is_error, "a refusal", f"{answer.status} {code}")
        if codes:
            check.one_of(code, codes, "Code")

    # Hot words

    async def phrases(
        self, verb: str, phrase_id: str = "", body: Any = _NO_BODY, **changes: Any
    ) -> Answer:
        """A call about hot words: ``verb`` is Create, List, Get, Update or Delete."""
        methods = {
            "Create": "POST",
            "List": "GET",
            "Get": "GET",
            "Update": "PUT",
            "Delete": "DELETE",
        }
        path = f"{PHRASES}/{quote(phrase_id, safe='')}" if phrase_id else PHRASES
        action = f"{verb}TranscriptionPhrases"
        answer = await self.call(methods[verb], path, body, action=action, **changes)
        if answer.status == 200:
            self._cloud.check.observe(f"tingwu/phrases-response#{verb.lower()}", answer.body)
        if verb == "Create" and answer.status == 200:
            data = answer.body.get("Data")
            made = data.get("PhraseId") if isinstance(data, dict) else None
            if isinstance(made, str):
                self._cloud.later(lambda: self.phrases("Delete", made))
        return answer

    def _remember(self, data: Mapping[str, Any], type: str | None) -> None:
        task_id = data.get("TaskId")
        if "MeetingJoinUrl" in data:
            self._cloud.http.redactor.add(str(data["MeetingJoinUrl"]).rpartition("=")[2])
        if type == "realtime" and isinstance(task_id, str):
            self._cloud.later(lambda: self._end(task_id))

    async def _end(self, task_id: str) -> None:
        """Stop a meeting that may have ended."""
        data = (await self.info(task_id)).body.get("Data")
        if isinstance(data, dict) and data.get("TaskStatus") in PASSING:
            await self.create({"TaskId": task_id}, operation="stop")
