"""Hot words are heard by tasks that name them."""

from __future__ import annotations

import httpx
import pytest

from mock_tingwu import MockTingwu
from tests.conftest import SCRIPT
from tests.phrases.test_phrases_api import UNKNOWN, call, made
from tests.realtime.helpers import TASKS, Json, create, pusher, results, stop

FRUIT = {"Name": "fruit", "WordWeights": '{"山竹":1,"火龙果":5,"西瓜":-6,"榴莲":0}'}


def heard(mock: MockTingwu, recording: bytes, transcription: Json, **source: str) -> list[str]:
    """What a meeting with these transcription parameters says, and the keywords at its end."""
    parameters = {"Transcription": transcription, "MeetingAssistanceEnabled": True}
    task = create(mock, parameters, **source)
    with pusher(task) as connection:
        connection.start()
        connection.push(recording)
        connection.stop()
    stop(mock, task["TaskId"])
    keywords = results(mock, task["TaskId"])["MeetingAssistance"]["Keywords"]
    return ["".join(connection.sentences()), *keywords]


def test_words_above_zero_are_said_and_lead_the_keywords_heaviest_first(
    mock: MockTingwu, recording: bytes
) -> None:
    said, *keywords = heard(mock, recording, {"PhraseId": made(mock, FRUIT)})
    assert said.index("火龙果") < said.index("山竹")
    assert keywords[:2] == ["火龙果", "山竹"]
    for word in ("西瓜", "榴莲"):
        assert word not in said


def test_words_given_in_place_are_said_together_with_those_of_the_list(
    mock: MockTingwu, recording: bytes
) -> None:
    phrase = {"PhraseId": made(mock, FRUIT), "Phrase": {"枇杷": 3}}
    assert heard(mock, recording, phrase)[1:4] == ["火龙果", "枇杷", "山竹"]


def test_a_registered_script_is_heard_as_it_is_written(mock: MockTingwu, recording: bytes) -> None:
    mock.script(SCRIPT, task_key="mine")
    said, *_ = heard(mock, recording, {"PhraseId": made(mock, FRUIT)}, TaskKey="mine")
    assert "火龙果" not in said


def test_a_task_keeps_the_words_of_a_list_that_is_changed_or_deleted(
    mock: MockTingwu, recording: bytes
) -> None:
    phrase_id = made(mock, FRUIT)
    task = create(mock, {"Transcription": {"PhraseId": phrase_id}})
    call(mock, "PUT", f"/{phrase_id}", FRUIT | {"WordWeights": '{"枇杷":3}'})
    call(mock, "DELETE", f"/{phrase_id}")
    with pusher(task) as connection:
        connection.start()
        connection.push(recording)
        connection.stop()
    assert "火龙果" in "".join(connection.sentences())


@pytest.mark.parametrize("query", ["type=realtime", "type=offline"])
def test_a_list_that_is_not_there_is_refused(mock: MockTingwu, query: str) -> None:
    source = {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000}
    body = {
        "AppKey": "app",
        "Input": source | {"FileUrl": "https://files.example.com/a.mp3"},
        "Parameters": {"Transcription": {"PhraseId": UNKNOWN}},
    }
    answer = httpx.put(f"{mock.url}{TASKS}?{query}", json=body)
    assert (answer.status_code, answer.json()["Code"]) == (400, "InvalidPhraseId")
