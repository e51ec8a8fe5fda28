"""The response models of alibabacloud-tingwu20230930, field by field.

Every field that a task can fill is filled, and nothing is sent that the SDK does not know, other
than what is listed here with a reason. A field is a path such as ``Data.Phrases[].Name``.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from alibabacloud_tingwu20230930 import models

from mock_tingwu import MockTingwu
from mock_tingwu.core.journal import Entry
from tests.realtime.helpers import pusher, until
from tests.sdk import tea_sdk
from tests.sdk.bodies import Json

VIDEO = "https://files.example.com/weekly/sync.mp4?mock.duration_ms=15000"
BODIES: Final = sorted(name for name in vars(models) if name.endswith("ResponseBody"))

#: Fields that the SDK does not know. The reference declares Delete's answer without an envelope;
#: the usual one is sent around it, since it is open what the cloud does (tingwu-openapi 1.4).
BEYOND: Final = {"DeleteTranscriptionPhrasesResponseBody": {"Code", "Message", "RequestId"}}

#: Only a FAILED task has these, and it has neither results nor media files.
OF_FAILURES: Final = {"Data.ErrorCode", "Data.ErrorMessage"}
#: A stream has no picture.
OF_VIDEOS: Final = {
    "Data.OutputMp4Path",
    "Data.OutputThumbnailPath",
    "Data.Result.PptExtraction",
}
#: Nothing is pushed to a task that reads a file.
OF_MEETINGS: Final = {"Data.MeetingJoinUrl"}


def full(model: type[Any]) -> Any:
    """An instance of ``model`` that has a value in every field."""
    values = {}
    for name, parameter in inspect.signature(model.__init__).parameters.items():
        inner = re.search(r"main_models\.(\w+)", str(parameter.annotation))
        value = full(getattr(models, inner[1])) if inner else "x"
        values[name] = [value] if "List[" in str(parameter.annotation) else value
    del values["self"]
    return model(**values)


def fields(value: Any, path: str = "") -> Iterator[str]:
    """The paths of all values in ``value`` that are neither objects nor lists."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from fields(inner, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list):
        for inner in value:
            yield from fields(inner, f"{path}[]")
    else:
        yield path


def known(name: str) -> set[str]:
    """Every field of the model called ``name``."""
    return set(fields(full(getattr(models, name)).to_map()))


class Calls:
    """Calls of the SDK, each with the answer as it was on the wire."""

    def __init__(self, mock: MockTingwu) -> None:
        self.sdk = tea_sdk.client(mock)
        self._answers: list[Json] = []
        mock.tap(self._keep)

    def _keep(self, entry: Entry) -> None:
        if entry["kind"] == "response":
            self._answers.append(json.loads(entry["body"]))

    def __call__(self, call: Callable[..., Any], *arguments: Any) -> tuple[Any, set[str]]:
        """The model that ``call`` returns and the fields that were sent for it.

        The model holds every value that was sent, and nothing was sent that it does not know.
        """
        body = call(*arguments).body
        name = type(body).__name__
        answer = self._answers[-1]
        beyond = BEYOND.get(name, set())
        assert set(answer) - set(body.to_map()) == beyond
        assert body.to_map() == {key: answer[key] for key in answer if key not in beyond}
        sent = set(fields(answer))
        assert sent - known(name) == beyond
        return body, sent - beyond

    def finished(self, task_id: str) -> tuple[Any, set[str]]:
        """GetTaskInfo of a task once it has ended."""

        def ended() -> bool:
            data = self(self.sdk.get_task_info, task_id)[0].data
            return bool(data.task_status in ("COMPLETED", "FAILED"))

        until(ended, "the end of the task")
        return self(self.sdk.get_task_info, task_id)


@pytest.fixture
def calls(mock: MockTingwu) -> Calls:
    return Calls(mock)


def create_request(kind: str, **source: Any) -> Any:
    return models.CreateTaskRequest(
        type=kind,
        app_key="vVxhYs0Mock",
        input=models.CreateTaskRequestInput(source_language="cn", task_key="weekly", **source),
        parameters=tea_sdk.full_parameters(),
    )


def test_the_operations_are_those_that_are_tested_here() -> None:
    operations = {
        "CreateTask",
        "GetTaskInfo",
        "CreateTranscriptionPhrases",
        "GetTranscriptionPhrases",
        "ListTranscriptionPhrases",
        "UpdateTranscriptionPhrases",
        "DeleteTranscriptionPhrases",
    }
    assert {name.removesuffix("ResponseBody") for name in BODIES} == operations


def test_a_video_with_every_capability_fills_every_field_of_a_task(calls: Calls) -> None:
    request = create_request("offline", file_url=VIDEO)
    created, sent = calls(calls.sdk.create_task, request)
    assert known("CreateTaskResponseBody") - sent == OF_MEETINGS
    info, sent = calls.finished(created.data.task_id)
    assert info.data.task_status == "COMPLETED"
    assert known("GetTaskInfoResponseBody") - sent == OF_FAILURES


def test_a_meeting_with_every_capability_fills_every_field_but_those_of_pictures(
    calls: Calls, recording: bytes
) -> None:
    request = create_request("realtime", format="pcm", sample_rate=16_000)
    created, sent = calls(calls.sdk.create_task, request)
    assert sent == known("CreateTaskResponseBody")
    task_id = created.data.task_id
    with pusher({"MeetingJoinUrl": created.data.meeting_join_url}) as connection:
        connection.start()
        connection.push(recording)
        connection.stop()
    stop = models.CreateTaskRequest(
        type="realtime", operation="stop", input=models.CreateTaskRequestInput(task_id=task_id)
    )
    stopped, sent = calls(calls.sdk.create_task, stop)
    # Stop answers what is asked of it: which task, and how it stands.
    assert known("CreateTaskResponseBody") - sent == OF_MEETINGS | {"Data.TaskKey"}
    assert (stopped.data.task_id, stopped.data.task_status) == (task_id, "ONGOING")
    info, sent = calls.finished(task_id)
    assert info.data.task_status == "COMPLETED"
    assert known("GetTaskInfoResponseBody") - sent == OF_FAILURES | OF_VIDEOS


def test_a_failed_task_fills_the_fields_of_failures_and_no_link(calls: Calls) -> None:
    request = create_request("offline", file_url="https://files.example.com/minutes.pdf")
    created, _ = calls(calls.sdk.create_task, request)
    info, sent = calls.finished(created.data.task_id)
    assert info.data.task_status == "FAILED"
    links = {path for path in known("GetTaskInfoResponseBody") if re.search("Output|Result", path)}
    assert known("GetTaskInfoResponseBody") - sent == links


def test_the_five_hot_word_calls_fill_every_field(calls: Calls) -> None:
    sdk = calls.sdk
    words = {"Name": "fruit", "Description": "what we sell", "WordWeights": '{"苹果":3}'}
    create = models.CreateTranscriptionPhrasesRequest().from_map(words)
    created, sent = calls(sdk.create_transcription_phrases, create)
    assert sent == known("CreateTranscriptionPhrasesResponseBody")
    phrase_id = created.data.phrase_id
    update = models.UpdateTranscriptionPhrasesRequest().from_map(words)
    for call, arguments in (
        (sdk.list_transcription_phrases, ()),
        (sdk.get_transcription_phrases, (phrase_id,)),
        (sdk.update_transcription_phrases, (phrase_id, update)),
        (sdk.delete_transcription_phrases, (phrase_id,)),
    ):
        body, sent = calls(call, *arguments)
        assert sent == known(type(body).__name__)


def test_a_hot_word_call_that_fails_in_data_fills_every_field_but_the_new_id(calls: Calls) -> None:
    request = models.CreateTranscriptionPhrasesRequest(name="fruit", word_weights="{}")
    for _ in range(10):
        calls(calls.sdk.create_transcription_phrases, request)
    failed, sent = calls(calls.sdk.create_transcription_phrases, request)
    assert failed.data.status == "FAILED"
    assert known("CreateTranscriptionPhrasesResponseBody") - sent == {"Data.PhraseId"}
