"""DashScope's Tingwu agents over HTTP as a case uses them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from mock_tingwu.conformance.answers import Answer
from mock_tingwu.conformance.outside import Arrived, wait_until
from mock_tingwu.conformance.waiting import wait_for_status

if TYPE_CHECKING:
    from mock_tingwu.conformance.cloud import Cloud

MEETING: Final = "tingwu-meeting"
GENERATION: Final = "/api/v1/services/aigc/multimodal-generation/generation"
TOKENS: Final = "/api/v1/tokens"
INFERENCE: Final = "/api-ws/v1/inference"

#: ``output.status`` (getTask reference).
DONE, RUNNING, FAILED, TRANSCRIBING = 0, 1, 2, 3


#: Who says what in a conversation of which every result can be made: a question and its answer,
#: something to do, two people.
CONVERSATION: Final = (
    ("王芳", "我们今天讨论新产品的发布计划。"),
    ("李强", "请问发布会定在哪一天？"),
    ("王芳", "发布会定在下周五上午十点，在上海举行。"),
    ("李强", "好的，我会在周三之前完成演示文稿。"),
    ("王芳", "预算方面，市场部需要二十万元。"),
    ("李强", "预算什么时候可以批下来？"),
    ("王芳", "财务部明天下午给出答复。"),
    ("李强", "那我先联系场地，周四之前给大家结果。"),
)
#: The same as ``input.text`` (createTask reference: lines of ``speaker: content``).
TEXT: Final = "\n".join(f"{name}: {words}" for name, words in CONVERSATION)

#: Somebody sells a car, as ``input.text``: what the agents for conversations with customers are
#: made for.
SALE: Final = "\n".join(
    (
        "何敏: 您好，欢迎光临，后备箱特别大。",
        "罗宁: 我想买一辆车，价位二十万左右。",
        "何敏: 这款续航六百公里，要不要试驾？",
        "罗宁: 续航真有六百公里吗，我想试驾一下。",
    )
)


def words_of(transcription: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All words of a transcription file in their order."""
    return [word for paragraph in transcription["paragraphs"] for word in paragraph["words"]]


def sentences_of(transcription: Mapping[str, Any]) -> dict[int, tuple[int, int]]:
    """Begin and end, in ms, of each sentence of a transcription file by its id."""
    found: dict[int, tuple[int, int]] = {}
    for word in words_of(transcription):
        begin, _ = found.get(word["sentenceId"], (word["start"], 0))
        found[word["sentenceId"]] = begin, word["end"]
    return found


class DashScope:
    """createTask, getTask and temporary keys. Answers are held against the contract at once."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._ended: set[str] = set()

    async def call(
        self,
        body: Any,
        *,
        operation: str,
        method: str = "POST",
        path: str = GENERATION,
        api_key: str | None = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Make a call; ``body`` is bytes, or JSON to be, or None for no body.

        ``api_key`` is the target's if empty, None for no Authorization.
        """
        site = self._cloud.site
        sent = {"content-type": "application/json"} if body is not None else {}
        if api_key is not None:
            sent["authorization"] = f"Bearer {api_key or site.api_key}"
        content = b"" if body is None else body
        if not isinstance(content, bytes):
            content = json.dumps(body, ensure_ascii=False).encode()
        return await self._cloud.http.send(
            operation,
            method,
            site.dashscope_url + path,
            headers=sent | dict(headers or {}),
            content=content,
        )

    async def create(
        self,
        input: Mapping[str, Any],
        parameters: Mapping[str, Any] | None = None,
        *,
        model: str | None = MEETING,
        app_id: str | None = "",
        **changes: Any,
    ) -> Answer:
        """createTask with just these fields.

        ``app_id`` is the target's for the model if empty, None for none.
        ``input`` has ``type`` and what goes with it; ``changes`` are those of `call`. A meeting
        that it begins is ended when the case is over.
        """
        fields: dict[str, Any] = {"task": "createTask"}
        if app_id is not None:
            fields["appId"] = app_id or self._cloud.site.app_of(model)
        body: dict[str, Any] = {"input": fields | dict(input)}
        if model is not None:
            body["model"] = model
        if parameters is not None:
            body["parameters"] = dict(parameters)
        answer = await self.call(body, operation="createTask", **changes)
        if answer.status == 200:
            self._cloud.check.observe("dashscope/create-task-response", answer.body)
            data_id = str(answer.output.get("dataId"))
            if input.get("type") == "realtime" and "dataId" in input:
                self._ended.add(data_id)
            elif input.get("type") == "realtime":
                self._cloud.later(lambda: self._end_at_last(data_id))
        return answer

    def meeting(self, **fields: Any) -> dict[str, Any]:
        """The input of a realtime meeting; a field that is None is left out."""
        fields = {"type": "realtime", "format": "pcm", "sampleRate": 16000} | fields
        return {name: value for name, value in fields.items() if value is not None}

    async def start(self, parameters: Mapping[str, Any] | None = None, **fields: Any) -> str:
        """Begin a realtime meeting that has to begin; return its dataId."""
        return self._data_id(await self.create(self.meeting(**fields), parameters))

    async def transcribe(
        self, file_url: str, parameters: Mapping[str, Any] | None = None, **fields: Any
    ) -> str:
        """Begin an offline task that has to begin; return its dataId."""
        source = {"type": "offline", "fileUrl": file_url} | fields
        return self._data_id(await self.create(source, parameters))

    def _data_id(self, answer: Answer) -> str:
        """The dataId of a task that has to begin."""
        self._cloud.check.has(answer.output, "dataId", what="output of createTask")
        return str(answer.output["dataId"])

    async def end(self, data_id: str, **changes: Any) -> Answer:
        """End a realtime meeting: createTask with its dataId."""
        return await self.create({"type": "realtime", "dataId": data_id}, **changes)

    async def _end_at_last(self, data_id: str) -> None:
        """End a meeting that the case did not: what a second end costs no document says."""
        if data_id not in self._ended:
            await self.end(data_id)

    async def converse(
        self, parameters: Mapping[str, Any] | None = None, *, model: str = MEETING, text: str = TEXT
    ) -> tuple[str, dict[str, Any]]:
        """Have a conversation worked on; return its dataId, and the output once it is done."""
        answer = await self.create({"type": "offline", "text": text}, parameters, model=model)
        data_id = self._data_id(answer)
        return data_id, await self.wait(data_id, model=model)

    async def get(self, data_id: str, *, model: str = MEETING, **changes: Any) -> Answer:
        """getTask."""
        body = {"model": model, "input": {"task": "getTask", "dataId": data_id}}
        answer = await self.call(body, operation="getTask", **changes)
        if answer.status == 200:
            self._cloud.check.observe("dashscope/get-task-response", answer.body)
        return answer

    async def wait(self, data_id: str, *statuses: int, model: str = MEETING) -> dict[str, Any]:
        """getTask until ``output.status`` is one of ``statuses`` (0, done); return the output.

        Raises:
            Deviation: the task ends otherwise, or not within `RESULTS_LIMIT_S`.
        """

        async def ask() -> dict[str, Any]:
            return (await self.get(data_id, model=model)).output

        return await wait_for_status(
            self._cloud,
            ask,
            "status",
            "errorCode",
            wanted=statuses or (DONE,),
            passing=(RUNNING, TRANSCRIBING),
        )

    async def result(self, link: str, kind: str) -> Any:
        """The result file ``kind`` (transcription, ...) at ``link``, held against its schema."""
        answer = await self._cloud.download(link)
        self._cloud.check.equal(answer.status, 200, f"HTTP status of the {kind} file")
        self._cloud.check.observe(f"dashscope/results/{kind}", answer.json)
        return answer.json

    def refused(self, answer: Answer, *codes: str, status: int | None = None) -> dict[str, Any]:
        """The call was refused: a fault with an HTTP status of 4xx, or just ``status``.

        ``codes`` are those that it may have, any if none. Returns the fault.
        """
        check = self._cloud.check
        what = f"HTTP status of {answer.operation or 'the answer'}"
        if status is not None:
            check.equal(answer.status, status, what)
        check.that(400 <= answer.status < 500, f"{what} to be one of 4xx", answer.status)
        check.observe("dashscope/error-response", answer.body)
        check.has(answer.body, "code", what="the fault")
        if codes:
            check.one_of(answer.body["code"], codes, "code")
        return answer.body

    async def told(self, data_id: str, count: int, *, within: float = 30.0) -> list[Arrived]:
        """The first ``count`` callbacks of the app about a task, waited for.

        Raises:
            Deviation: they do not come within so many seconds of real time.
        """

        def about() -> list[Arrived]:
            return [a for a in self._cloud.arrived if data_id.encode() in a.content]

        await wait_until(about, count, within, f"callbacks about task {data_id}")
        return about()

    async def file(self, output: Mapping[str, Any], kind: str) -> Any:
        """The result file ``kind`` that ``output`` has to name, got as `result` does."""
        self._cloud.check.has(output, f"{kind}Path", what="output")
        return await self.result(str(output[f"{kind}Path"]), kind)

    async def files(
        self,
        parameters: Mapping[str, Any],
        *kinds: str,
        model: str = MEETING,
        text: str = TEXT,
    ) -> list[Any]:
        """Have a conversation worked on, and get the result files of these kinds."""
        _, output = await self.converse(parameters, model=model, text=text)
        return [await self.file(output, kind) for kind in kinds]

    async def temporary_key(self, seconds: int | None = None) -> tuple[str, int]:
        """A temporary key that has to be given, and when it expires."""
        answer = await self.token(seconds)
        self._cloud.check.equal(answer.status, 200, "HTTP status of createToken")
        self._cloud.check.has(answer.body, "token", "expires_at", what="the answer of createToken")
        return answer.body["token"], answer.body["expires_at"]

    async def token(self, seconds: int | str | None = None, **changes: Any) -> Answer:
        """A temporary key that lives for ``seconds``."""
        path = TOKENS if seconds is None else f"{TOKENS}?expire_in_seconds={seconds}"
        answer = await self.call(None, operation="createToken", path=path, **changes)
        if answer.status == 200:
            self._cloud.check.observe("dashscope/token-response", answer.body)
            if "token" in answer.body:
                self._cloud.http.redactor.add(str(answer.body["token"]))
        return answer
