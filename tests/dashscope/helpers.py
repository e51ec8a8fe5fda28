"""DashScope's Tingwu agents over plain HTTP, for the tests of this folder."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any

import httpx

from mock_tingwu import MockTingwu

GENERATION = "/api/v1/services/aigc/multimodal-generation/generation"
TOKENS = "/api/v1/tokens"
MEETING = "tingwu-meeting"
IMAGINED = "https://files.example.com/weekly/sync.mp3"
#: One that is quickly encoded.
SHORT = f"{IMAGINED}?mock.duration_ms=20000"
VIDEO = "https://files.example.com/weekly/sync.mp4"
Json = dict[str, Any]
#: What is pushed into a realtime meeting.
AUDIO: Json = {"type": "realtime", "format": "pcm", "sampleRate": 16_000}

#: Loading certificates for every call would take longer than the calls.
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

#: All that a meeting can be asked for.
EVERYTHING: Json = {
    "transcription": {
        "model": "cn",
        "diarizationEnabled": True,
        "translationEnabled": True,
        "translationTargetLang": ["en"],
    },
    "analysis": {
        "keyInformationEnabled": True,
        "actionsEnabled": True,
        "fullSummaryEnabled": True,
        "conversationalEnabled": True,
        "questionsAnsweringEnabled": True,
        "mindMapEnabled": True,
        "pptExtractionEnabled": True,
        "autoChaptersEnabled": True,
        "textPolishEnabled": True,
        "customPromptEnabled": True,
        "customPromptContent": "谁说了什么？{Transcription}",
    },
}
#: The members of getTask's output in the order in which they are made.
PATHS = (
    "transcriptionPath",
    "translationsPath",
    "autoChaptersPath",
    "meetingAssistancePath",
    "summarizationPath",
    "pptExtractionPath",
    "textPolishPath",
    "customPromptPath",
)


def call(mock: MockTingwu, body: Any, path: str = GENERATION, **headers: str) -> httpx.Response:
    """Any call."""
    url = f"{mock.url}{path}"
    return httpx.post(url, json=body, headers=headers, timeout=30, verify=_NO_TLS)


def body_of(parameters: Any = None, *, model: str = MEETING, **source: Any) -> Json:
    """The body of a createTask. A source that is None is left out."""
    given: Json = {"task": "createTask", "type": "offline", "appId": "tw_app"}
    if not {"text", "dataId", "format"} & set(source):
        given["fileUrl"] = IMAGINED
    given = {name: value for name, value in {**given, **source}.items() if value is not None}
    return {
        "model": model,
        "input": given,
        **({} if parameters is None else {"parameters": parameters}),
    }


def asked(mock: MockTingwu, parameters: Any = None, **source: Any) -> httpx.Response:
    """The answer to a createTask."""
    return call(mock, body_of(parameters, **source))


def create(mock: MockTingwu, parameters: Any = None, **source: Any) -> str:
    """The dataId of a new task."""
    answer = asked(mock, parameters, **source)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["output"]["dataId"])


def begin(mock: MockTingwu, parameters: Any = None, **source: Any) -> str:
    """The dataId of a new realtime meeting."""
    return create(mock, parameters, **(AUDIO | source))


def end(mock: MockTingwu, data_id: str, parameters: Any = None) -> httpx.Response:
    """The answer to the createTask that ends a meeting."""
    return asked(mock, parameters, type="realtime", dataId=data_id)


def query(mock: MockTingwu, data_id: Any, model: str = MEETING) -> httpx.Response:
    """The answer to a getTask."""
    return call(mock, {"model": model, "input": {"dataId": data_id, "task": "getTask"}})


def get(mock: MockTingwu, data_id: str) -> Json:
    """The output of a getTask."""
    answer = query(mock, data_id)
    assert answer.status_code == 200, answer.text
    output: Json = answer.json()["output"]
    return output


def finished(mock: MockTingwu, data_id: str) -> Json:
    """The output of a getTask when the task has ended; the mock's clock is virtual."""
    mock.advance(60_000)
    output = get(mock, data_id)
    assert output["status"] in (0, 2)
    return output


def done(mock: MockTingwu, parameters: Any = None, **source: Any) -> Json:
    """The output of a getTask of a new task that has succeeded; the mock's clock is virtual."""
    output = finished(mock, create(mock, parameters, **source))
    assert output["status"] == 0, output
    return output


def tasks(mock: MockTingwu) -> list[str]:
    """The ids of all tasks there are."""
    return mock.call(lambda: list(mock._server.world.default.tasks))


def paths(output: Mapping[str, Any]) -> set[str]:
    """The results that an output names."""
    return {name for name in output if name.endswith("Path")}


def download(link: str) -> httpx.Response:
    """What is behind a link."""
    return httpx.get(link, timeout=30, verify=_NO_TLS)


def result(output: Mapping[str, Any], path: str) -> Any:
    """A result file."""
    answer = download(output[path])
    assert answer.status_code == 200, answer.text
    return answer.json()


def said(output: Mapping[str, Any]) -> list[str]:
    """The sentences of a task."""
    sentences: dict[int, str] = {}
    for paragraph in result(output, "transcriptionPath")["paragraphs"]:
        for word in paragraph["words"]:
            number = word["sentenceId"]
            sentences[number] = sentences.get(number, "") + word["text"]
    return list(sentences.values())


def error(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, code and message of an answer that is an error."""
    body = answer.json()
    assert list(body) == ["code", "message", "request_id"], body
    return answer.status_code, body["code"], body["message"]


def why(mock: MockTingwu, answer: httpx.Response) -> str:
    """What the journal says of an answer in words."""
    request_id = answer.json()["request_id"]
    notes = [
        entry["text"]
        for entry in mock.journal
        if entry["kind"] == "note" and entry.get("request_id") == request_id
    ]
    return "\n".join(notes)


def notes(mock: MockTingwu, data_id: str) -> list[str]:
    """All notes of the journal on a task."""
    entries = mock.journal
    return [e["text"] for e in entries if e["kind"] == "note" and e["task_id"] == data_id]
