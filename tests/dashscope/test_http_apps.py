"""What is configured of an app counts for its tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mock_tingwu import MockTingwu
from tests.dashscope.helpers import (
    AUDIO,
    IMAGINED,
    Json,
    asked,
    begin,
    call,
    create,
    done,
    end,
    error,
    finished,
    paths,
    result,
    why,
)

ILLEGAL = (400, "Agent.InputAppIdIllegal", "Agent Input appId illegal.")
POLISHING: Json = {
    "transcription": {"model": "en", "diarizationEnabled": True},
    "analysis": {"textPolishEnabled": True},
}
Start = Callable[..., MockTingwu]


def start(start_mock: Start, **apps: Any) -> MockTingwu:
    return start_mock(clock="virtual", apps=apps)


def language(output: Json) -> str:
    return str(result(output, "transcriptionPath")["audioInfo"]["language"])


@pytest.mark.parametrize("parameters", [None, {}, {"analysis": {}}])
def test_a_request_without_parameters_has_those_of_its_app(
    start_mock: Start, parameters: Json | None
) -> None:
    mock = start(start_mock, tw_app={"parameters": POLISHING})
    output = done(mock, parameters)
    assert paths(output) == {"transcriptionPath", "textPolishPath"}
    assert language(output) == "en"


def test_what_a_request_gives_counts_more_than_what_its_app_has(start_mock: Start) -> None:
    mock = start(start_mock, tw_app={"parameters": POLISHING})
    given = {
        "transcription": {"model": "ja"},
        "analysis": {"textPolishEnabled": False, "autoChaptersEnabled": True},
    }
    output = done(mock, given)
    assert paths(output) == {"transcriptionPath", "autoChaptersPath"}
    transcription = result(output, "transcriptionPath")
    assert transcription["audioInfo"]["language"] == "ja"
    # Nothing was said of that.
    assert transcription["paragraphs"][0]["speakerId"]


def test_a_list_of_the_request_takes_the_place_of_the_app_s(start_mock: Start) -> None:
    translating = {"translationEnabled": True, "translationTargetLang": ["ja"]}
    mock = start(start_mock, tw_app={"parameters": {"transcription": translating}})
    output = done(mock, {"transcription": {"translationTargetLang": ["en"]}})
    translated = result(output, "translationsPath")["paragraphs"]
    assert translated[0]["sentences"][0]["text"].isascii()


def test_an_app_of_which_nothing_is_configured_does_what_the_mock_says(start_mock: Start) -> None:
    mock = start(start_mock, tw_app={})
    assert "summarizationPath" in done(mock)


def test_an_app_that_does_nothing_has_its_tasks_transcribed_alone(start_mock: Start) -> None:
    mock = start(start_mock, tw_app={"parameters": {}})
    assert paths(done(mock)) == {"transcriptionPath"}


def test_meetings_and_second_runs_have_the_parameters_of_the_app_as_well(
    start_mock: Start,
) -> None:
    mock = start(start_mock, tw_app={"parameters": POLISHING})
    meeting = begin(mock)
    assert end(mock, meeting).status_code == 200
    assert paths(finished(mock, meeting)) == {"transcriptionPath", "textPolishPath"}
    recording = create(mock, {"analysis": {"textPolishEnabled": False}})
    assert paths(finished(mock, recording)) == {"transcriptionPath"}
    assert asked(mock, dataId=recording).status_code == 200
    assert paths(finished(mock, recording)) == {"transcriptionPath", "textPolishPath"}


def test_parameters_of_an_app_are_checked_like_those_of_a_request(start_mock: Start) -> None:
    fun = {"transcription": {"model": "fun-asr"}}
    mock = start(
        start_mock,
        tw_app={"parameters": {"analysis": {"mindMapFormat": "round"}}},
        tw_fun={"parameters": fun},
    )
    answer = asked(mock)
    assert error(answer)[:2] == (400, "InvalidParameter")
    assert "/parameters/analysis/mindMapFormat" in why(mock, answer)
    assert asked(mock, {"analysis": {"mindMapFormat": "plain"}}).status_code == 200
    # A recording is heard by it, a stream is not.
    assert asked(mock, appId="tw_fun").status_code == 200
    assert error(asked(mock, **AUDIO, appId="tw_fun"))[:2] == (400, "InvalidParameter")


def test_without_apps_every_app_is_one(start_mock: Start) -> None:
    mock = start(start_mock)
    for app_id in ("tw_a", "x", "应用"):
        assert asked(mock, appId=app_id).status_code == 200


def test_with_apps_no_other_is_one(start_mock: Start) -> None:
    mock = start(start_mock, tw_app={}, tw_old={"published": False})
    data_id = create(mock)
    finished(mock, data_id)
    for source in ({"fileUrl": IMAGINED}, {"text": "A: b"}, {"dataId": data_id}, AUDIO):
        answer = asked(mock, **source, appId="tw_other")
        assert error(answer) == ILLEGAL
        assert "'tw_other' is not one of the apps" in why(mock, answer)
        answer = asked(mock, **source, appId="tw_old")
        assert error(answer) == (400, "Agent.AppNotPublished", "Agent App not published.")
        assert "'tw_old'" in why(mock, answer)


def test_a_question_needs_no_app(start_mock: Start) -> None:
    mock = start(start_mock, tw_app={})
    data_id = create(mock)
    source = {"task": "getTask", "dataId": data_id, "appId": "tw_other"}
    assert call(mock, {"model": "tingwu-meeting", "input": source}).status_code == 200
