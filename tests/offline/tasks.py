"""Offline tasks over plain HTTP, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from mock_tingwu import MockTingwu
from tests.realtime.helpers import TASKS, Json, info, until

IMAGINED = "https://files.example.com/weekly/sync.mp3"
EVERYTHING: Json = {
    "TranslationEnabled": True,
    "Translation": {"TargetLanguages": ["en"]},
    "AutoChaptersEnabled": True,
    "MeetingAssistanceEnabled": True,
    "SummarizationEnabled": True,
    "TextPolishEnabled": True,
}


def put(mock: MockTingwu, body: Json, query: str = "type=offline") -> httpx.Response:
    return httpx.put(f"{mock.url}{TASKS}?{query}", json=body)


def create(
    mock: MockTingwu, url: str = IMAGINED, parameters: Json | None = None, **source: Any
) -> Json:
    """Create an offline task; return its Data."""
    answer = put(mock, body_of(url, parameters, **source))
    assert answer.status_code == 200, answer.text
    data: Json = answer.json()["Data"]
    return data


def body_of(url: str = IMAGINED, parameters: Json | None = None, **source: Any) -> Json:
    return {
        "AppKey": "app",
        "Input": {"SourceLanguage": "cn", "FileUrl": url, **source},
        "Parameters": parameters or {},
    }


def rerun(mock: MockTingwu, task_id: str, parameters: Json) -> httpx.Response:
    return put(mock, {"Input": {"TaskId": task_id}, "Parameters": parameters})


def finished(mock: MockTingwu, task_id: str) -> Json:
    """GetTaskInfo's Data once the task has ended."""
    until(lambda: info(mock, task_id)["TaskStatus"] != "ONGOING", "the end of the task")
    return info(mock, task_id)


def done(
    mock: MockTingwu, url: str = IMAGINED, parameters: Json | None = None, **source: Any
) -> Json:
    """GetTaskInfo's Data of a new task that has completed."""
    data = finished(mock, create(mock, url, parameters, **source)["TaskId"])
    assert data["TaskStatus"] == "COMPLETED", data
    return data


def failed(
    mock: MockTingwu, url: str, parameters: Json | None = None, **source: Any
) -> tuple[str, str]:
    """ErrorCode and ErrorMessage of a new task that has failed."""
    data = finished(mock, create(mock, url, parameters, **source)["TaskId"])
    assert data["TaskStatus"] == "FAILED", data
    assert "Result" not in data
    return data["ErrorCode"], data["ErrorMessage"]


def result(data: Mapping[str, Any], kind: str) -> Any:
    """A result file of GetTaskInfo's Data, without its wrapper."""
    answer = httpx.get(data["Result"][kind])
    assert answer.status_code == 200, answer.text
    wrapped = answer.json()
    assert wrapped["TaskId"] == data["TaskId"]
    return wrapped[kind]


def texts(data: Mapping[str, Any]) -> list[str]:
    """The sentences of a task's Transcription."""
    sentences: dict[int, str] = {}
    for paragraph in result(data, "Transcription")["Paragraphs"]:
        for word in paragraph["Words"]:
            number = word["SentenceId"]
            sentences[number] = sentences.get(number, "") + word["Text"]
    return list(sentences.values())


def why(mock: MockTingwu, task_id: str) -> str:
    """Everything that the journal says about a task in words."""
    entries = [entry for entry in mock.journal if entry["task_id"] == task_id]
    return "\n".join(str(entry.get("text") or entry.get("why") or "") for entry in entries)
