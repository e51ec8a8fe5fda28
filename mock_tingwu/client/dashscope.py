"""DashScope's Tingwu agents over httpx: createTask, getTask, keys (dashscope-tingwu 1 to 5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from mock_tingwu.client import dashscope_answers as answers
from mock_tingwu.client.checks import check_id, check_seconds, check_sendable, json_text
from mock_tingwu.client.dashscope_answers import (
    AgentInfo,
    AgentStatus,
    AgentTask,
    Data,
    TemporaryKey,
)
from mock_tingwu.client.dashscope_stream import INSTRUCTION_STREAM, PATIENCE_S, AgentStream
from mock_tingwu.client.errors import DashScopeError, TaskFailed, Unreachable
from mock_tingwu.client.http import REQUEST_TIMEOUT_S, FileClient, decoded, no_json
from mock_tingwu.client.polling import RESULTS_TIMEOUT_S, finished
from mock_tingwu.client.results import ResultError, Results
from mock_tingwu.client.results.files import download, is_expired
from mock_tingwu.client.retries import MAKING, SAFE, Policy, Retries
from mock_tingwu.client.stream import ATTEMPT_DELAY_S, ATTEMPTS

MEETING: Final = "tingwu-meeting"
GENERATION: Final = "/api/v1/services/aigc/multimodal-generation/generation"
TOKENS: Final = "/api/v1/tokens"
INFERENCE: Final = "/api-ws/v1/inference"
#: The longest pause of `DashScopeClient.wait`, in seconds. No page advises any; 100 questions a
#: second are allowed, and a public client asks every 3 s (dashscope-tingwu 4).
ADVISED_PAUSE_S: Final = 10.0


class DashScopeClient(FileClient):
    """The calls of one application, as an async context manager.

    ``url`` is the service's address, such as ``http://127.0.0.1:8900`` or
    ``https://dashscope.aliyuncs.com``; ``api_key`` may be a temporary one. All methods raise
    DashScopeError for an error answer and Unreachable when no usable answer came, after they have
    made the call again where that is safe (`Retries`). A request may stand still for
    ``request_timeout`` seconds.

    ``parameters`` are those of createTask, in its own casing; without any the application's
    settings count. What makes no sense is a ValueError before anything is sent.
    """

    error = DashScopeError

    def __init__(
        self,
        url: str,
        *,
        api_key: str,
        app_id: str,
        retries: Retries | None = None,
        request_timeout: float = REQUEST_TIMEOUT_S,
    ) -> None:
        check_sendable("app_id", app_id)
        secrets = {"api_key": api_key}
        super().__init__(url, retries=retries, request_timeout=request_timeout, secrets=secrets)
        self.app_id = app_id
        self._api_key = api_key

    async def create_offline(
        self,
        file_url: str | None = None,
        *,
        text: str | None = None,
        data_id: str | None = None,
        model: str = MEETING,
        phrase_id: str | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> AgentTask:
        """Have a recording, a text or a finished task worked on; `wait` for it.

        Give one of the three. A text has lines such as ``Anna: When does it start?``; a task that
        is worked on again keeps its id. ``model`` may be that of a sister agent.
        """
        sources = {"fileUrl": file_url, "text": text, "dataId": data_id}
        given = {name: source for name, source in sources.items() if source is not None}
        if len(given) != 1:
            raise ValueError("give one of file_url, text and data_id")
        # The pages of the sister agents know of no type (dashscope-tingwu 9).
        kind = {"type": "offline"} if model == MEETING else {}
        return await self._create(model, kind | given | _phrases(phrase_id), parameters)

    async def create_realtime(
        self,
        *,
        audio_format: str = "pcm",
        sample_rate: int = 16000,
        phrase_id: str | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> AgentTask:
        """Create a realtime meeting; its audio goes into `stream`, and `end_realtime` ends it."""
        given = {"type": "realtime", "format": audio_format, "sampleRate": sample_rate}
        return await self._create(MEETING, given | _phrases(phrase_id), parameters)

    async def end_realtime(
        self, data_id: str, *, parameters: Mapping[str, Any] | None = None
    ) -> AgentTask:
        """End a realtime meeting, which nothing else does. ``parameters`` may ask for more."""
        check_id("data_id", data_id)
        return await self._create(MEETING, {"type": "realtime", "dataId": data_id}, parameters)

    async def get_task(self, data_id: str, *, model: str = MEETING) -> AgentInfo:
        """How a task stands, with fresh links to what is ready."""
        check_id("data_id", data_id)
        output = await self._generate(model, {"task": "getTask", "dataId": data_id}, None, SAFE)
        try:
            return answers.agent_info(data_id, output)
        except (TypeError, ValueError):
            raise self._odd("task") from None

    async def wait(
        self,
        data_id: str,
        *,
        model: str = MEETING,
        poll_interval: float | None = None,
        on_change: Callable[[AgentInfo], None] | None = None,
        timeout: float = RESULTS_TIMEOUT_S,
        check: bool = False,
    ) -> AgentInfo:
        """Poll until the task is finished; return how it ended.

        Without a ``poll_interval`` in seconds the pauses grow from one second to ten. ``on_change``
        is told the first state and every later one with another status or more results. Raises
        Unreachable when ``timeout`` seconds were not enough, and with ``check`` TaskFailed when the
        task has failed.
        """
        info = await finished(
            data_id,
            lambda: self.get_task(data_id, model=model),
            poll_interval=poll_interval,
            advised=ADVISED_PAUSE_S,
            on_change=on_change,
            timeout=timeout,
            retries=self._retries,
        )
        if check and info.error is not None:
            raise TaskFailed(data_id, *info.error)
        return info

    async def results(self, task: str | AgentInfo, *, model: str = MEETING) -> Results:
        """What a task came to: all files that are ready, downloaded and read.

        ``task`` is its dataId or its info, ``model`` its agent. When a link of an info has expired,
        new ones are asked for. Raises ResultError when a file cannot be had or is none of its kind,
        TaskFailed when the task has failed and has none.
        """
        info = await self.get_task(task, model=model) if isinstance(task, str) else task
        try:
            return await self._results(info)
        except ResultError as error:
            if not is_expired(error):
                raise
            renewed = await self.get_task(info.data_id, model=model)
            if not info.results.keys() <= renewed.results.keys():
                raise
        return await self._results(renewed)

    async def _results(self, info: AgentInfo) -> Results:
        return await download(
            self._content, info.data_id, info.results, info.error, info.failed_results
        )

    async def create_token(self, expires_in: int = 60) -> TemporaryKey:
        """A key for 1 to 1800 seconds, to be given away instead of the lasting one."""
        check_seconds("expires_in", expires_in)
        # A key that nobody gets to see expires by itself.
        answer = await self._post(TOKENS, SAFE, query={"expire_in_seconds": str(expires_in)})
        key = self._made("temporary key", answer, "token")
        try:
            return TemporaryKey(key, int(self._made("temporary key", answer, "expires_at")))
        except ValueError:
            raise self._odd("temporary key") from None

    def stream(
        self,
        data_id: str,
        *,
        patience: float = PATIENCE_S,
        reconnect: int = ATTEMPTS,
        reconnect_delay: float = ATTEMPT_DELAY_S,
    ) -> AgentStream:
        """A stream into a realtime meeting, new or paused; enter it."""
        return AgentStream(
            self._stream_url,
            api_key=self._api_key,
            app_id=self.app_id,
            data_id=data_id,
            patience=patience,
            reconnect=reconnect,
            reconnect_delay=reconnect_delay,
        )

    def instruct(
        self,
        *,
        audio_format: str = "pcm",
        sample_rate: int = 16000,
        end_silence_ms: int | None = None,
        terminology: str | None = None,
        patience: float = PATIENCE_S,
    ) -> AgentStream:
        """A stream into the industrial agent, which needs no task; enter it.

        So many ms of silence end a sentence; ``terminology`` is the id of a set of instructions.
        """
        parameters = {"format": audio_format, "sampleRate": sample_rate}
        optional = {"maxEndSilence": end_silence_ms, "terminology": terminology}
        return AgentStream(
            self._stream_url,
            api_key=self._api_key,
            app_id=self.app_id,
            model=INSTRUCTION_STREAM,
            parameters=parameters | {k: v for k, v in optional.items() if v is not None},
            patience=patience,
            silence=None,  # its page knows of no pings
        )

    @property
    def _stream_url(self) -> str:
        return "ws" + self.url.removeprefix("http") + INFERENCE

    async def _create(
        self, model: str, given: Mapping[str, Any], parameters: Mapping[str, Any] | None
    ) -> AgentTask:
        source = {"task": "createTask", "appId": self.app_id, **given}
        output = await self._generate(model, source, parameters, MAKING)
        data_id = self._made("task", output, "dataId")
        try:
            return AgentTask(data_id, answers.status_of(output, AgentStatus.RUNNING))
        except (TypeError, ValueError):
            raise self._odd("task") from None

    async def _generate(
        self,
        model: str,
        given: Mapping[str, Any],
        parameters: Mapping[str, Any] | None,
        policy: Policy,
    ) -> Data:
        body: dict[str, Any] = {"model": model, "input": given}
        if parameters is not None:
            body["parameters"] = dict(parameters)
        output = (await self._post(GENERATION, policy, body=body)).get("output")
        return output if isinstance(output, dict) else {}

    async def _post(
        self,
        path: str,
        policy: Policy,
        *,
        body: Any = None,
        query: Mapping[str, str] | None = None,
    ) -> Data:
        """An answer that is no error."""

        async def post() -> Data:
            return await self._posted(path, body, query)

        return await self._retries.run(post, policy)

    async def _posted(self, path: str, body: Any, query: Mapping[str, str] | None) -> Data:
        headers = {"Authorization": f"Bearer {self._api_key}"}
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json_text(body)
        response = await self._send(
            "POST", self.url + path, params=query, content=content, headers=headers
        )
        answer = decoded(response)
        if not isinstance(answer, dict):
            raise no_json(response)
        # An error may also come with HTTP 200 (dashscope-tingwu 8.1).
        if response.status_code >= 400 or answer.get("code"):
            raise self._refusal(
                response,
                answer.get("code") or f"HTTP {response.status_code}",
                answer.get("message") or response.reason_phrase,
                answer.get("request_id") or response.headers.get("x-request-id", ""),
            )
        return answer

    def _odd(self, what: str) -> Unreachable:
        return Unreachable(f"{self.url} described a {what} in a shape of its own.")


def _phrases(phrase_id: str | None) -> dict[str, str]:
    return {} if phrase_id is None else {"phraseId": phrase_id}
