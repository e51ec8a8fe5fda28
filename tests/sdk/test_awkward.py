"""The vendor's Python SDKs in an awkward scope: what one of them cannot stand is no contract.

None but dashscope's v2 style makes a refused call again by itself; `again` does so for them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import httpx
import pytest
from alibabacloud_tea_openapi.exceptions import ServerException as TeaServerException
from alibabacloud_tingwu20230930 import models
from aliyunsdkcore.acs_exception.exceptions import ServerException

from mock_tingwu import MockTingwu
from tests.awkward.conftest import no_error_is_logged  # noqa: F401
from tests.callbacks.receiver import receiver
from tests.conftest import SCRIPT
from tests.core.test_segmentation import silence, speech
from tests.dashscope.helpers import Json
from tests.dashscope.ws_helpers import REALTIME, action
from tests.realtime.helpers import until
from tests.sdk import core_sdk, tea_sdk, test_live_tea
from tests.sdk.bodies import GUIDE_RESULTS, TASKS, guide
from tests.sdk.test_dashscope_calls import APP, KEY, MODEL, at_home  # noqa: F401
from tests.sdk.test_dashscope_calls import call as agent_call
from tests.sdk.test_dashscope_realtime import (  # noqa: F401
    Speaker,
    heard,
    push,
    speaker,
    stream,
    v2,
)
from tests.sdk.test_nls import LEVEL_2, Transcriber, transcriber  # noqa: F401

T = TypeVar("T")
SENTENCES = b"".join(speech(2_500) + silence(1_200) for _ in range(3))


@pytest.fixture(params=range(3))
def mock(request: pytest.FixtureRequest, start_mock: Callable[..., MockTingwu]) -> MockTingwu:
    """An awkward mock."""
    return start_mock(profile="awkward", seed=request.param)


def again(call: Callable[[], T]) -> T:
    """What a call answers, the second time if the server failed at first."""
    try:
        return call()
    except (ServerException, TeaServerException) as error:
        status = getattr(error, "http_status", None) or getattr(error, "status_code", None)
        assert status in (500, 503), error
        return call()


def core_call(sdk: Any, make: Callable[[], Any]) -> Json:
    """The Data of an answer."""
    answer: Json = json.loads(again(lambda: sdk.do_action_with_exception(make())))
    assert (answer["Code"], answer["Message"]) == ("0", "success")
    data: Json = answer["Data"]
    return data


def test_aliyun_python_sdk_core_and_nls_hold_a_whole_meeting(
    mock: MockTingwu,
    transcriber: Callable[[Json], Transcriber],  # noqa: F811
    recording: bytes,
) -> None:
    mock.script(SCRIPT, task_key="weekly")
    sdk = core_sdk.client(mock)
    body = guide()
    body["Parameters"]["Transcription"] |= LEVEL_2["Transcription"]
    task = core_call(sdk, lambda: core_sdk.request("PUT", TASKS, body, type="realtime"))
    meeting = transcriber(task)
    meeting.start(aformat="pcm", enable_intermediate_result=True)
    meeting.push(recording)
    meeting.stop()
    until(lambda: "close" in meeting.names(), "the end")
    assert meeting.names()[0] == "start"
    assert meeting.names()[-2:] == ["completed", "close"]
    assert "error" not in meeting.names()
    said = [message["payload"]["result"] for message in meeting.messages("sentence_end")]
    assert len(said) == 10
    task_id = task["TaskId"]
    end = {"Input": {"TaskId": task_id}}
    query = {"type": "realtime", "operation": "stop"}
    assert core_call(sdk, lambda: core_sdk.request("PUT", TASKS, end, **query))["TaskStatus"]

    def info() -> Json:
        return core_call(sdk, lambda: core_sdk.request("GET", f"{TASKS}/{task_id}"))

    until(lambda: info()["TaskStatus"] == "COMPLETED", "COMPLETED")
    links = info()["Result"]
    assert set(links) == GUIDE_RESULTS
    files = {kind: httpx.get(link).raise_for_status().json()[kind] for kind, link in links.items()}
    words = [word for p in files["Transcription"]["Paragraphs"] for word in p["Words"]]
    assert "".join(word["Text"] for word in words) == "".join(said)


def test_alibabacloud_tingwu20230930_reads_every_answer(mock: MockTingwu) -> None:
    sdk = tea_sdk.client(mock)
    source = models.CreateTaskRequestInput(
        source_language="cn", format="pcm", sample_rate=16_000, task_key="weekly"
    )
    request = models.CreateTaskRequest(
        app_key="app", input=source, parameters=tea_sdk.full_parameters()
    )
    request.type = "realtime"
    data = again(lambda: sdk.create_task(request)).body.data
    assert (data.task_key, data.task_status) == ("weekly", "NEW")
    assert data.meeting_join_url.startswith("ws://")
    end = models.CreateTaskRequest(
        input=models.CreateTaskRequestInput(task_id=data.task_id), type="realtime", operation="stop"
    )
    again(lambda: sdk.create_task(end))

    def info() -> Any:
        return again(lambda: sdk.get_task_info(data.task_id)).body.data

    until(lambda: info().task_status == "COMPLETED", "COMPLETED")
    for link in (info().result.transcription, info().result.auto_chapters):
        assert httpx.get(link).status_code == 200
    made = models.CreateTranscriptionPhrasesRequest(name="words", word_weights='{"周会": 3}')
    phrase_id = again(lambda: sdk.create_transcription_phrases(made)).body.data.phrase_id
    listed = again(lambda: sdk.list_transcription_phrases()).body.data.phrases
    assert [phrases.phrase_id for phrases in listed] == [phrase_id]


def test_the_live_sdk_runs_a_task_s_whole_life(mock: MockTingwu) -> None:
    sdk = test_live_tea.client(mock)
    with receiver() as listener:
        made = again(lambda: sdk.create_rtc_asr_task(test_live_tea.stream(listener.url))).body
        assert (made.ret_code, made.description) == (2000, "success")
        listener.wait(3)
        assert made.task_id in again(lambda: test_live_tea.query(sdk))
        again(lambda: test_live_tea.stop(sdk, made.task_id))
        again(lambda: test_live_tea.delete(sdk, made.task_id))


def test_dashscope_1_x_makes_a_task_and_holds_a_meeting(
    mock: MockTingwu,
    speaker: Speaker,  # noqa: F811
) -> None:
    def call(given: Json) -> Any:
        answer = agent_call(mock, given)
        return agent_call(mock, given) if answer.status_code in (500, 503) else answer

    begin = {"task": "createTask", "type": "realtime", "appId": APP}
    answer = call(begin | {"format": "pcm", "sampleRate": 16_000})
    assert answer.status_code == 200, answer
    data_id = answer.output["dataId"]
    sdk, callback = speaker(data_id, app_id=APP)
    push(sdk, callback, SENTENCES)
    names = callback.names()
    assert names[:3] == ["open", "started", "listen"]
    assert names[-2:] == ["stopped", "close"]
    assert not callback.errors()
    assert len(callback.sentences()) == 3
    assert call({**begin, "dataId": data_id}).status_code == 200

    def output() -> Json:
        found: Json = call({"task": "getTask", "dataId": data_id}).output
        return found

    until(lambda: output()["status"] == 0, "the end")
    assert httpx.get(output()["transcriptionPath"]).status_code == 200


def test_dashscope_v2_repeats_by_itself_and_holds_a_meeting(v2: Any) -> None:  # noqa: F811
    begin = {"task": "createTask", "type": "realtime", "appId": APP}
    given = begin | {"format": "pcm", "sampleRate": 16_000}
    data_id = v2.tingwu.call(model=MODEL, input=given).output["dataId"]
    with v2.tingwu.realtime(model=REALTIME, app_id=APP, data_id=data_id) as session:
        events = stream(session, SENTENCES)
    assert action(events[0]) == "speech-listen"
    assert action(events[-1]) == "speech-end"
    assert len(heard(events)) == 3
    v2.tingwu.call(model=MODEL, input={**begin, "dataId": data_id})
