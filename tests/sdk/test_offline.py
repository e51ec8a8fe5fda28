"""Recordings through both SDKs: create, poll, partial results, failures, second runs, callbacks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tingwu20230930 import models
from alibabacloud_tingwu20230930.client import RuntimeOptions

from mock_tingwu import MockTingwu
from tests.callbacks.receiver import receiver
from tests.realtime.helpers import until
from tests.sdk import core_sdk, tea_sdk
from tests.sdk.bodies import GUIDE_RESULTS, KEYS, TASKS, Json, guide

URL = "https://files.example.com/weekly/sync.mp3"
VIDEO = "https://files.example.com/weekly/sync.mp4?mock.duration_ms=15000"
UNKNOWN = "0" * 32
CHAPTERS: Json = {"AutoChaptersEnabled": True}


def offline(url: str | None = URL, parameters: Json | None = None, **source: Any) -> Json:
    """The body of the guide's sample for recordings."""
    body = guide()
    given = {"SourceLanguage": "cn", "FileUrl": url, "TaskKey": "weekly"} | source
    return body | {
        "Input": {name: value for name, value in given.items() if value is not None},
        "Parameters": body["Parameters"] if parameters is None else parameters,
    }


def again(task_id: str, parameters: Json) -> Json:
    """The body of a second run."""
    return {"AppKey": "vVxhYs0Mock", "Input": {"TaskId": task_id}, "Parameters": parameters}


def typed(body: Json) -> Any:
    return models.CreateTaskRequest(type="offline").from_map(body)


class Core:
    """aliyun-python-sdk-core at one mock."""

    def __init__(self, mock: MockTingwu) -> None:
        self._sdk = core_sdk.client(mock)

    def create(self, body: Json) -> Json:
        return core_sdk.call(self._sdk, self._request(body))

    def refusal(self, body: Json) -> tuple[int, str]:
        error = core_sdk.refusal(self._sdk, self._request(body))
        return error.get_http_status(), error.get_error_code()

    def info(self, task_id: str) -> Json:
        return core_sdk.call(self._sdk, core_sdk.request("GET", f"{TASKS}/{task_id}"))

    @staticmethod
    def _request(body: Json) -> Any:
        return core_sdk.request("PUT", TASKS, body, type="offline")


class Tea:
    """alibabacloud-tingwu20230930 at one mock. Answers are maps of its typed models."""

    def __init__(self, mock: MockTingwu) -> None:
        self._sdk = tea_sdk.client(mock)

    def create(self, body: Json) -> Json:
        data: Json = self._sdk.create_task(typed(body)).body.data.to_map()
        return data

    def refusal(self, body: Json) -> tuple[int, str]:
        error = tea_sdk.refusal(lambda: self._sdk.create_task(typed(body)))
        return error.statusCode, error.code

    def info(self, task_id: str) -> Json:
        data: Json = self._sdk.get_task_info(task_id).body.data.to_map()
        return data


class TeaAsync:
    """The same through the asynchronous calls with options."""

    def __init__(self, mock: MockTingwu) -> None:
        self._sdk = tea_sdk.client(mock)

    def create(self, body: Json) -> Json:
        return self._data(self._create(body))

    def refusal(self, body: Json) -> tuple[int, str]:
        error = tea_sdk.refusal(lambda: asyncio.run(self._create(body)))
        return error.statusCode, error.code

    def info(self, task_id: str) -> Json:
        return self._data(self._sdk.get_task_info_with_options_async(task_id, {}, RuntimeOptions()))

    def _create(self, body: Json) -> Any:
        return self._sdk.create_task_with_options_async(typed(body), {}, RuntimeOptions())

    @staticmethod
    def _data(call: Any) -> Json:
        data: Json = asyncio.run(asyncio.wait_for(call, 10)).body.data.to_map()
        return data


Sdk = Core | Tea | TeaAsync
every_sdk = pytest.mark.parametrize("sdk_of", [Core, Tea, TeaAsync])


def finished(sdk: Sdk, task_id: str) -> Json:
    """GetTaskInfo's Data once the task has ended."""
    until(lambda: sdk.info(task_id)["TaskStatus"] != "ONGOING", "the end of the task")
    return sdk.info(task_id)


@every_sdk
@pytest.mark.parametrize("auth", ["open", "verify"])
def test_the_guide_s_recording_runs_from_create_to_result_files(
    start_mock: Callable[..., MockTingwu], sdk_of: Callable[[MockTingwu], Sdk], auth: str
) -> None:
    mock = start_mock(auth=auth, access_keys=KEYS)
    sdk = sdk_of(mock)
    task = sdk.create(offline())
    assert task == {"TaskId": task["TaskId"], "TaskKey": "weekly", "TaskStatus": "ONGOING"}
    data = finished(sdk, task["TaskId"])
    assert (data["TaskStatus"], data["TaskKey"]) == ("COMPLETED", "weekly")
    files = {kind: httpx.get(link).json() for kind, link in data["Result"].items()}
    assert files.keys() == GUIDE_RESULTS | {"PptExtraction"}
    assert {file["TaskId"] for file in files.values()} == {task["TaskId"]}
    # The guide asks for slides, too; a recording without pictures has none.
    assert files.pop("PptExtraction")["PptExtraction"]["KeyFrameList"] == []
    for kind, file in files.items():
        assert file[kind]
    assert {entry["signature"] for entry in mock.journal if "signature" in entry} == {"ok"}
    mock.assert_no_violations(but=["qps-exceeded"])  # the test polls, not the SDK


@every_sdk
def test_results_are_there_one_by_one(
    virtual_mock: MockTingwu, sdk_of: Callable[[MockTingwu], Sdk]
) -> None:
    sdk = sdk_of(virtual_mock)
    task_id = sdk.create(offline(parameters=CHAPTERS | {"TextPolishEnabled": True}))["TaskId"]
    seen: list[tuple[str, ...]] = []
    while not seen or seen[-1][0] == "ONGOING":
        data = sdk.info(task_id)
        # The typed model has an order of its own.
        seen.append((data["TaskStatus"], *sorted(data.get("Result", {}))))
        virtual_mock.advance(5)
    assert list(dict.fromkeys(seen)) == [
        ("ONGOING",),
        ("ONGOING", "Transcription"),
        ("ONGOING", "AutoChapters", "Transcription"),
        ("COMPLETED", "AutoChapters", "TextPolish", "Transcription"),
    ]


@every_sdk
def test_a_video_has_slides_and_media_files(
    mock: MockTingwu, sdk_of: Callable[[MockTingwu], Sdk]
) -> None:
    transcoding = {
        "TargetAudioFormat": "mp3",
        "TargetVideoFormat": "mp4",
        "VideoThumbnailEnabled": True,
        "SpectrumEnabled": True,
    }
    parameters = {"PptExtractionEnabled": True, "Transcoding": transcoding}
    sdk = sdk_of(mock)
    data = finished(sdk, sdk.create(offline(VIDEO, parameters))["TaskId"])
    slides = httpx.get(data["Result"]["PptExtraction"]).json()["PptExtraction"]
    assert slides["KeyFrameList"]
    for name, suffix in (
        ("OutputMp3Path", "mp3"),
        ("OutputMp4Path", "mp4"),
        ("OutputThumbnailPath", "png"),
        ("OutputSpectrumPath", "spectrum"),
    ):
        assert httpx.URL(data[name]).path.endswith(f".{suffix}")
        assert httpx.get(data[name]).status_code == 200


@every_sdk
def test_a_recording_that_cannot_be_read_fails_its_task_and_not_the_call(
    mock: MockTingwu, sdk_of: Callable[[MockTingwu], Sdk]
) -> None:
    sdk = sdk_of(mock)
    for url, code, message in (
        ("http://203.0.113.7/sync.mp3", "TSC.AudioFileLink", "Audio file link invalid."),
        ("https://files.example.com/minutes.pdf", "TSC.FileType", "File type invalid."),
    ):
        data = finished(sdk, sdk.create(offline(url))["TaskId"])
        assert data == {
            "TaskId": data["TaskId"],
            "TaskKey": "weekly",
            "TaskStatus": "FAILED",
            "ErrorCode": code,
            "ErrorMessage": message,
        }


@every_sdk
def test_a_wrong_request_is_an_exception_with_the_documented_code(
    mock: MockTingwu, sdk_of: Callable[[MockTingwu], Sdk]
) -> None:
    sdk = sdk_of(mock)
    for body, code in (
        (offline(None), "MissingFileUrl"),
        (offline(SourceLanguage="tlh"), "BRK.InvalidLanguage"),
        (offline(OutputPath="/minutes"), "BRK.InvalidOssPath"),
        (offline(parameters={"Transcription": {"PhraseId": UNKNOWN}}), "InvalidPhraseId"),
        (offline() | {"AppKey": ""}, "BRK.InvalidAppKey"),
    ):
        assert sdk.refusal(body) == (400, code)


@every_sdk
def test_a_completed_task_runs_again_and_keeps_what_it_had(
    mock: MockTingwu, sdk_of: Callable[[MockTingwu], Sdk]
) -> None:
    sdk = sdk_of(mock)
    task_id = sdk.create(offline(parameters={}))["TaskId"]
    first = finished(sdk, task_id)
    assert list(first["Result"]) == ["Transcription"]
    second = sdk.create(again(task_id, CHAPTERS))
    assert second == {"TaskId": task_id, "TaskKey": "weekly", "TaskStatus": "ONGOING"}
    data = finished(sdk, task_id)
    assert data["Result"].keys() == {"Transcription", "AutoChapters"}
    assert sdk.refusal(again(task_id, {})) == (400, "BRK.InvalidOutputEnabledSetting")
    assert sdk.refusal(again(UNKNOWN, CHAPTERS)) == (400, "InvalidTaskId")


def test_a_task_that_is_not_completed_is_not_run_again(virtual_mock: MockTingwu) -> None:
    sdk = Tea(virtual_mock)
    running = sdk.create(offline())["TaskId"]
    failing = sdk.create(offline("https://files.example.com/minutes.pdf"))["TaskId"]
    virtual_mock.advance(1)
    assert sdk.info(failing)["TaskStatus"] == "FAILED"
    for task_id in (running, failing):
        assert sdk.refusal(again(task_id, CHAPTERS)) == (400, "InvalidTaskId")


@every_sdk
def test_callbacks_are_sent_when_asked_for_and_read_by_the_typed_model(
    mock: MockTingwu, sdk_of: Callable[[MockTingwu], Sdk]
) -> None:
    sdk = sdk_of(mock)
    with receiver() as listener:
        mock.callback("vVxhYs0Mock", listener.url)
        listener.requests.clear()
        finished(sdk, sdk.create(offline(parameters=CHAPTERS))["TaskId"])
        told = offline(parameters=CHAPTERS, ProgressiveCallbacksEnabled=True)
        task_id = sdk.create(told)["TaskId"]
        listener.wait(3)
    assert listener.told == ["Transcription", "AutoChapters", "COMPLETED"]
    for request in listener.requests:
        body = models.GetTaskInfoResponseBody().from_map(request.body)
        assert body.to_map() == request.body
        assert (body.code, body.data.task_id, body.data.task_key) == ("0", task_id, "weekly")


def test_an_unknown_recording_s_task_is_invalid_to_the_asynchronous_call(mock: MockTingwu) -> None:
    assert TeaAsync(mock).info(UNKNOWN) == {"TaskId": UNKNOWN, "TaskStatus": "INVALID"}
    with pytest.raises(ClientException) as caught:
        TeaAsync(mock).create({})
    assert caught.value.code == "MissingInput"
