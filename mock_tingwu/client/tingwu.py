"""Tingwu's OpenAPI 2023-09-30 over httpx, signed with ACS3 (tingwu-openapi 1 and 5.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit
from uuid import uuid4

from mock_tingwu.client import answers
from mock_tingwu.client.address import is_websocket
from mock_tingwu.client.answers import Data, Phrases, RealtimeTask, Task, TaskInfo
from mock_tingwu.client.checks import check_id, check_sendable, json_text
from mock_tingwu.client.errors import TaskFailed, TingwuError, Unreachable
from mock_tingwu.client.http import REQUEST_TIMEOUT_S, FileClient, decoded, no_json
from mock_tingwu.client.polling import RESULTS_TIMEOUT_S, finished
from mock_tingwu.client.results import ResultError, Results
from mock_tingwu.client.results.files import download, is_expired
from mock_tingwu.client.retries import MAKING, SAFE, Policy, Retries
from mock_tingwu.protocols import signing

VERSION: Final = "2023-09-30"
TASKS: Final = "/openapi/tingwu/v2/tasks"
PHRASES: Final = "/openapi/tingwu/v2/resources/phrases"
#: The longest pause of `TingwuClient.wait`, in seconds: one to five minutes are advised
#: (tingwu-openapi 2.1).
ADVISED_PAUSE_S: Final = 60.0


class TingwuClient(FileClient):
    """The operations of one account, as an async context manager.

    ``url`` is the service's address, such as ``http://127.0.0.1:8900``. All methods raise
    TingwuError for an error answer and Unreachable when no usable answer came, after they have made
    the call again where that is safe (`Retries`). A request may stand still for ``request_timeout``
    seconds. What makes no sense is a ValueError before anything is sent.
    """

    error = TingwuError

    def __init__(
        self,
        url: str,
        *,
        access_key_id: str,
        access_key_secret: str,
        app_key: str,
        security_token: str | None = None,
        retries: Retries | None = None,
        request_timeout: float = REQUEST_TIMEOUT_S,
    ) -> None:
        check_sendable("access_key_id", access_key_id)
        check_sendable("app_key", app_key)
        secrets = {"access_key_secret": access_key_secret, "security_token": security_token}
        super().__init__(url, retries=retries, request_timeout=request_timeout, secrets=secrets)
        self.app_key = app_key
        self._access_key_id = access_key_id
        self._access_key_secret = access_key_secret
        self._security_token = security_token

    async def create_realtime(
        self,
        *,
        language: str = "cn",
        audio_format: str = "pcm",
        sample_rate: int = 16000,
        task_key: str | None = None,
        language_hints: Sequence[str] = (),
        parameters: Mapping[str, Any] | None = None,
    ) -> RealtimeTask:
        """Create a realtime meeting. ``parameters`` are those of CreateTask, in its own casing."""
        source = {"SourceLanguage": language, "Format": audio_format, "SampleRate": sample_rate}
        source |= _common_input(task_key, language_hints)
        data = await self._create("realtime", source, parameters)
        join_url = self._made("task", data, "MeetingJoinUrl")
        if not is_websocket(join_url):
            raise Unreachable(f"{self.url} created a task with a MeetingJoinUrl that is none.")
        return RealtimeTask(
            self._made("task", data, "TaskId"),
            data.get("TaskStatus", "NEW"),
            data.get("TaskKey"),
            join_url=join_url,
        )

    async def create_offline(
        self,
        file_url: str,
        *,
        language: str = "cn",
        task_key: str | None = None,
        language_hints: Sequence[str] = (),
        callbacks: bool = False,
        output_path: str | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> Task:
        """Have the recording at ``file_url`` transcribed; `wait` for it.

        ``language`` may be ``auto``. With ``callbacks`` the project's callback address is told of
        every step. ``output_path`` is a folder of the project's own bucket.
        """
        source: dict[str, Any] = {"SourceLanguage": language, "FileUrl": file_url}
        source |= _common_input(task_key, language_hints)
        if callbacks:
            source["ProgressiveCallbacksEnabled"] = True
        if output_path is not None:
            source["OutputPath"] = output_path
        return self._offline(await self._create("offline", source, parameters))

    async def rerun(self, task_id: str, parameters: Mapping[str, Any]) -> Task:
        """Make other results of a COMPLETED task, realtime or offline, from the words it has.

        ``parameters`` cannot ask for another Transcription or other media files
        (tingwu-openapi 2.1). Then `wait` for the same task again.
        """
        check_id("task_id", task_id)
        return self._offline(await self._create("offline", {"TaskId": task_id}, parameters))

    async def stop(self, task_id: str) -> str:
        """End a realtime meeting; return its TaskStatus, ONGOING while results are being made."""
        check_id("task_id", task_id)
        query = {"type": "realtime", "operation": "stop"}
        body = {"AppKey": self.app_key, "Input": {"TaskId": task_id}}
        data = await self._call("PUT", TASKS, "CreateTask", query, body, SAFE)
        return str(data.get("TaskStatus", ""))

    async def info(self, task_id: str) -> TaskInfo:
        """How a task stands, with fresh links to what is ready."""
        check_id("task_id", task_id)
        path = f"{TASKS}/{quote(task_id, safe='')}"
        data = await self._call("GET", path, "GetTaskInfo", {}, None, SAFE)
        return answers.task_info(task_id, data)

    async def wait(
        self,
        task_id: str,
        *,
        poll_interval: float | None = None,
        on_change: Callable[[TaskInfo], None] | None = None,
        timeout: float = RESULTS_TIMEOUT_S,
        check: bool = False,
    ) -> TaskInfo:
        """Poll until the task is finished; return how it ended.

        Without a ``poll_interval`` in seconds the pauses grow from one second to the minute that
        the service advises (tingwu-openapi 2.1). ``on_change`` is told the first state and every
        later one with another status or more results. Raises Unreachable when ``timeout`` seconds
        were not enough, and with ``check`` TaskFailed when the task is FAILED or INVALID.
        """
        info = await finished(
            task_id,
            lambda: self.info(task_id),
            poll_interval=poll_interval,
            advised=ADVISED_PAUSE_S,
            on_change=on_change,
            timeout=timeout,
            retries=self._retries,
        )
        if check and info.status != "COMPLETED":
            raise TaskFailed(task_id, *(info.error or (info.status, "no reason was given")))
        return info

    async def results(self, task: str | TaskInfo) -> Results:
        """What a task came to: all files that are ready, downloaded and read.

        ``task`` is its id, or its info; when a link of it has expired, new ones are asked for.
        Raises ResultError when a file cannot be had or is none of its kind, TaskFailed when the
        task has failed and has none.
        """
        info = await self.info(task) if isinstance(task, str) else task
        try:
            return await self._results(info)
        except ResultError as error:
            if not is_expired(error):
                raise
            renewed = await self.info(info.task_id)
            if not info.results.keys() <= renewed.results.keys():
                raise
        return await self._results(renewed)

    async def _results(self, info: TaskInfo) -> Results:
        if info.status == "INVALID":
            raise TaskFailed(info.task_id, info.status, "there is no such task")
        return await download(self._content, info.task_id, info.results, info.error)

    async def create_phrases(
        self, name: str, words: Mapping[str, int], *, description: str | None = None
    ) -> str:
        """Create a list of hot words with their weights; return its id.

        A task hears them when ``parameters`` have it as ``{"Transcription": {"PhraseId": ...}}``.
        """
        body = _phrases_body(name, words, description)
        data = await self._phrases("POST", "Create", body=body)
        return str(self._made("list of hot words", data, "PhraseId"))

    async def list_phrases(self) -> tuple[Phrases, ...]:
        """All lists of hot words, without their words."""
        return await self._lists("List")

    async def get_phrases(self, phrase_id: str) -> Phrases:
        """One list with its words."""
        found = await self._lists("Get", phrase_id)
        if not found:
            raise Unreachable(f"{self.url} found the list of hot words and did not show it.")
        return found[0]

    async def update_phrases(
        self,
        phrase_id: str,
        name: str,
        words: Mapping[str, int],
        *,
        description: str | None = None,
    ) -> None:
        """Replace a list: its name, its description and all of its words."""
        body = _phrases_body(name, words, description)
        await self._phrases("PUT", "Update", phrase_id, body)

    async def delete_phrases(self, phrase_id: str) -> None:
        """Delete a list. When the first answer was lost, the second is that there is none."""
        await self._phrases("DELETE", "Delete", phrase_id)

    async def _create(
        self, kind: str, source: Mapping[str, Any], parameters: Mapping[str, Any] | None
    ) -> Data:
        body = {"AppKey": self.app_key, "Input": source, "Parameters": dict(parameters or {})}
        return await self._call("PUT", TASKS, "CreateTask", {"type": kind}, body, MAKING)

    def _offline(self, data: Data) -> Task:
        task_id = self._made("task", data, "TaskId")
        return Task(task_id, data.get("TaskStatus", "ONGOING"), data.get("TaskKey"))

    async def _phrases(
        self, method: str, verb: str, phrase_id: str | None = None, body: Any = None
    ) -> Data:
        """The Data of a call about hot words, which tells in itself how it went."""
        if phrase_id is not None:
            check_id("phrase_id", phrase_id)
        path = PHRASES if phrase_id is None else f"{PHRASES}/{quote(phrase_id, safe='')}"
        policy = MAKING if verb == "Create" else SAFE
        answer = await self._answer(method, path, f"{verb}TranscriptionPhrases", {}, body, policy)
        data = _data_of(answer)
        # Delete may tell it beside Data (tingwu-openapi 1.4).
        outcome = data if data.get("Status") else answer
        status = outcome.get("Status", "SUCCEEDED")
        if status != "SUCCEEDED":
            code, message = outcome.get("ErrorCode", status), outcome.get("ErrorMessage", "")
            raise TingwuError(str(code), str(message), str(answer.get("RequestId", "")), 200)
        return data

    async def _lists(self, verb: str, phrase_id: str | None = None) -> tuple[Phrases, ...]:
        data = await self._phrases("GET", verb, phrase_id)
        try:
            return answers.phrases(data)
        except (AttributeError, TypeError, ValueError):
            message = f"{self.url} described a list of hot words in a shape of its own."
            raise Unreachable(message) from None

    async def _call(
        self,
        method: str,
        path: str,
        action: str,
        query: Mapping[str, str],
        body: Any,
        policy: Policy,
    ) -> Data:
        return _data_of(await self._answer(method, path, action, query, body, policy))

    async def _answer(
        self,
        method: str,
        path: str,
        action: str,
        query: Mapping[str, str],
        body: Any,
        policy: Policy,
    ) -> Data:
        """The envelope of an answer that is no error."""

        async def ask() -> Data:
            return await self._asked(method, path, action, query, body)

        return await self._retries.run(ask, policy)

    async def _asked(
        self, method: str, path: str, action: str, query: Mapping[str, str], body: Any
    ) -> Data:
        # Signed anew each time: a nonce is taken once.
        content = b"" if body is None else json_text(body)
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
        response = await self._send(method, target, content=content or None, headers=headers)
        answer = decoded(response)
        if not isinstance(answer, dict):
            raise no_json(response)
        # An error may also come with HTTP 200: only the Code "0" means success (tingwu-openapi 0).
        if response.status_code >= 400 or str(answer.get("Code", "0")) != "0":
            raise self._refusal(
                response,
                answer.get("Code", f"HTTP {response.status_code}"),
                answer.get("Message", response.reason_phrase),
                answer.get("RequestId", ""),
            )
        return answer


def _data_of(answer: Data) -> Data:
    data = answer.get("Data")
    return data if isinstance(data, dict) else {}


def _common_input(task_key: str | None, language_hints: Sequence[str]) -> dict[str, Any]:
    common: dict[str, Any] = {} if task_key is None else {"TaskKey": task_key}
    if language_hints:
        common["LanguageHints"] = list(language_hints)
    return common


def _phrases_body(name: str, words: Mapping[str, int], description: str | None) -> dict[str, str]:
    # The words travel as a JSON text within the JSON (tingwu-openapi 1.4).
    body = {"Name": name, "WordWeights": json_text(dict(words)).decode()}
    if description is not None:
        body["Description"] = description
    return body
