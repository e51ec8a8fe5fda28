"""Calls that are refused: every code of the tables, and what really leads to some of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.core.dashscope_errors import CALL_ERRORS
from mock_tingwu.services.dashscope.text import MAX_CHARACTERS, MAX_LINES, script_of
from tests.dashscope.helpers import (
    GENERATION,
    IMAGINED,
    TOKENS,
    asked,
    body_of,
    call,
    create,
    error,
    get,
    query,
    tasks,
    why,
)

OFFICIAL = "Invalid parameter. Please refer to the official documents."
NO_URL = (400, "InvalidURL", CALL_ERRORS["InvalidURL"].message)
UNKNOWN = "fgVnGvkqj5xA"


SETTINGS = {"max_body_bytes": 100_000}


@pytest.fixture
def mock(reused: MockTingwu) -> MockTingwu:
    return reused


def post(mock: MockTingwu, content: str | bytes, path: str = GENERATION) -> httpx.Response:
    return httpx.post(f"{mock.url}{path}", content=content, timeout=30)


# On demand


@pytest.mark.parametrize("code", CALL_ERRORS)
def test_every_row_is_answered_on_demand(mock: MockTingwu, code: str) -> None:
    row = CALL_ERRORS[code]
    mock.faults.add({"type": "api_error", "code": code})
    for answer in (asked(mock), query(mock, UNKNOWN), call(mock, None, TOKENS)):
        # Nothing but these members, in this order.
        assert error(answer) == (row.http_status, code, row.message)
        assert answer.headers["content-type"] == "application/json"
        request_id = answer.json()["request_id"]
        assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", request_id)
        assert answer.headers["x-request-id"] == request_id
    assert tasks(mock) == []
    operations = [entry["operation"] for entry in mock.journal if entry["kind"] == "fault"]
    assert operations == ["createTask", "getTask", "createToken"]


def test_a_message_of_one_s_own_takes_the_place_of_the_table_s(mock: MockTingwu) -> None:
    mock.faults.add({"type": "api_error", "code": "SystemError", "message": "Own words."})
    assert error(asked(mock)) == (500, "SystemError", "Own words.")


def test_a_throttled_call_says_how_long_to_wait(mock: MockTingwu) -> None:
    mock.faults.add({"type": "throttle", "retry_after": 250}, times=1)
    answer = asked(mock)
    assert error(answer) == (
        429,
        "Throttling.RateQuota",
        "Requests rate limit exceeded, please try again later.",
    )
    assert answer.headers["retry-after-ms"] == "250"
    assert "retry-after-ms" not in asked(mock).headers


@pytest.mark.parametrize(
    ("match", "hit"),
    [
        ({"service": "dashscope"}, "create get token"),
        ({"service": "tingwu"}, ""),
        ({"operation": "createTask"}, "create"),
        ({"operation": "getTask"}, "get"),
        ({"operation": "createToken"}, "token"),
        ({"operation": "CreateTask"}, ""),
        ({"app_key": "tw_app"}, "create get"),
        ({"app_key": "tw_other"}, ""),
        ({"task_id": "{}"}, "get"),
        ({"task_key": "weekly"}, ""),
    ],
)
def test_a_rule_is_about_the_calls_that_it_matches(
    mock: MockTingwu, match: dict[str, str], hit: str
) -> None:
    data_id = create(mock)
    wanted = {name: value.format(data_id) for name, value in match.items()}
    mock.faults.add({"type": "throttle"}, match=wanted)
    answers = {
        "create": asked(mock),
        "get": query(mock, data_id),
        "token": call(mock, None, TOKENS),
    }
    assert [name for name, answer in answers.items() if answer.status_code == 429] == hit.split()


def test_an_app_is_matched_however_its_id_is_spelt(mock: MockTingwu) -> None:
    mock.faults.add({"type": "throttle"}, match={"app_key": "tw_app"})
    assert asked(mock, appId=None, appid="tw_app").status_code == 429


def test_a_marker_in_the_recording_s_url_is_about_the_call_that_carries_it(
    mock: MockTingwu,
) -> None:
    refused = asked(mock, fileUrl=f"{IMAGINED}?mock.api_error=Arrearage")
    assert error(refused)[:2] == (400, "Arrearage")
    throttled = asked(mock, fileUrl=f"{IMAGINED}?mock.throttle=70")
    assert throttled.headers["retry-after-ms"] == "70"
    assert asked(mock).status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize("path", ["/api/v1/tasks/x", "/api/v1/services"])
def test_what_is_no_call_is_not_touched(mock: MockTingwu, method: str, path: str) -> None:
    mock.faults.add({"type": "throttle"}, times=1)
    answer = httpx.request(method, f"{mock.url}{path}", json=body_of())
    assert error(answer) == NO_URL
    assert asked(mock).status_code == 429


# What is no call


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", [GENERATION, f"{GENERATION}/", "/api/v1/", TOKENS])
def test_calls_are_posted(mock: MockTingwu, method: str, path: str) -> None:
    answer = httpx.request(method, f"{mock.url}{path}")
    assert error(answer) == NO_URL
    assert method in why(mock, answer)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/services/aigc/text-generation/generation",
        f"{GENERATION}s",
        f"{GENERATION}//",
        "/api/v1/tokens/x",
        "/api/v1/x y",
    ],
)
def test_other_paths_of_the_platform_are_none(mock: MockTingwu, path: str) -> None:
    answer = call(mock, body_of(), path)
    assert error(answer) == NO_URL
    assert path.strip("/") in why(mock, answer)


def test_a_head_request_has_no_body(mock: MockTingwu) -> None:
    answer = httpx.head(f"{mock.url}{GENERATION}")
    assert (answer.status_code, answer.content) == (400, b"")


# Bodies


@pytest.mark.parametrize(
    ("content", "code", "note"),
    [
        ("", "BadRequest.EmptyModel", ""),
        ("{}", "BadRequest.EmptyModel", ""),
        ("null", "BadRequest.EmptyModel", ""),
        ("[]", "InvalidParameter", "the body is no object"),
        ('"x"', "InvalidParameter", "the body is no object"),
        ("5", "InvalidParameter", "the body is no object"),
        ("{", "InvalidParameter", "the body is not JSON"),
        ('{"model": "tingwu-meeting",}', "InvalidParameter", "the body is not JSON"),
        (b"\xff\xfe", "InvalidParameter", "the body is not JSON"),
        ('{"x": ' * 10_000 + "1" + "}" * 10_000, "InvalidParameter", "nested too deeply"),
        ('{"x": ' * 70 + "1" + "}" * 70, "InvalidParameter", "nested too deeply"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(
    mock: MockTingwu, content: str | bytes, code: str, note: str
) -> None:
    answer = post(mock, content)
    assert error(answer) == (400, code, CALL_ERRORS[code].message)
    assert note in why(mock, answer)


def test_a_body_that_is_too_long_is_refused(mock: MockTingwu) -> None:
    row = CALL_ERRORS["BadRequest.TooLarge"]
    for content in (b"x" * 100_001, iter([b"x" * 60_000] * 2)):
        answer = httpx.post(f"{mock.url}{GENERATION}", content=content)
        assert error(answer) == (413, "BadRequest.TooLarge", row.message)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"model": None}, "BadRequest.EmptyModel"),
        ({"model": ""}, "BadRequest.EmptyModel"),
        ({"model": 5}, "BadRequest.EmptyModel"),
        ({"model": ["tingwu-meeting"]}, "BadRequest.EmptyModel"),
        ({"input": None}, "BadRequest.EmptyInput"),
        ({"input": {}}, "BadRequest.EmptyInput"),
        ({"input": {"task": None}}, "BadRequest.EmptyInput"),
        ({"input": "x"}, "BadRequest.EmptyInput"),
        ({"input": [1]}, "BadRequest.EmptyInput"),
        ({"model": None, "input": None}, "BadRequest.EmptyModel"),
    ],
)
def test_model_and_input_are_wanted(mock: MockTingwu, change: Any, code: str) -> None:
    answer = call(mock, body_of() | change)
    assert error(answer) == (400, code, CALL_ERRORS[code].message)


@pytest.mark.parametrize(
    "model",
    ["tingwu", "Tingwu-Meeting", "tingwu-meeting-realtime", "tingwu-industrial-instruction"],
)
def test_an_unknown_model_is_not_found(mock: MockTingwu, model: str) -> None:
    answer = call(mock, body_of(model=model))
    assert error(answer) == (404, "ModelNotFound", "Model can not be found.")
    assert f"model is '{model}'" in why(mock, answer)


@pytest.mark.parametrize("task", [None, "", "createtask", "stopTask", 5, ["createTask"]])
def test_there_are_two_tasks_and_no_other(mock: MockTingwu, task: Any) -> None:
    answer = asked(mock, task=task)
    assert error(answer) == (400, "InvalidParameter", OFFICIAL)
    assert "input.task is" in why(mock, answer)


@pytest.mark.parametrize("data_id", [None, "", 5, ["x"], {}])
def test_a_question_without_a_data_id_is_refused(mock: MockTingwu, data_id: Any) -> None:
    answer = query(mock, data_id)
    assert error(answer) == (400, "InvalidParameter", OFFICIAL)
    assert "/input/dataId" in why(mock, answer)


@pytest.mark.parametrize("app_id", [None, "", 5, ["tw_app"]])
def test_a_task_without_an_app_is_refused(mock: MockTingwu, app_id: Any) -> None:
    answer = asked(mock, appId=app_id)
    assert error(answer) == (400, "Agent.InputAppIdIllegal", "Agent Input appId illegal.")
    assert "appId" in why(mock, answer)


@pytest.mark.parametrize(
    "text",
    [
        "words without a speaker",
        "A: fine\nwords without a speaker",
        "A:",
        "A: fine\nB:  ",
        ": words",
        "\n \n",
        "x" * 101 + ": words",
    ],
)
def test_a_text_in_another_format_is_refused(mock: MockTingwu, text: str) -> None:
    answer = asked(mock, text=text)
    assert error(answer) == (400, "InvalidParameter", "Agent Input text format error.")
    assert "input.text" in why(mock, answer)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("A: b\n" * (MAX_LINES + 1), f"more than {MAX_LINES} lines"),
        ("A: " + "b" * MAX_CHARACTERS, f"has {MAX_CHARACTERS + 3} characters, expected at most"),
    ],
)
def test_a_text_has_bounds(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        script_of(text)
    shorter = text.removeprefix("A: b\n") if "\n" in text else text[:MAX_CHARACTERS]
    assert script_of(shorter).lines


def test_nothing_is_left_of_what_was_refused(mock: MockTingwu) -> None:
    for source in ({"text": "x"}, {"appId": None}, {"fileUrl": None}, {"type": "realtime"}):
        assert asked(mock, **source).status_code == 400
    assert tasks(mock) == []


def test_keys_whose_value_is_null_are_absent(mock: MockTingwu) -> None:
    body = body_of({"transcription": None, "analysis": {"model": None}})
    body["input"] |= {"text": None, "dataId": None, "phraseId": None}
    assert call(mock, body | {"resources": None}).status_code == 200


# Too many calls


def statuses(answers: list[httpx.Response]) -> list[int]:
    return [answer.status_code for answer in answers]


def test_more_calls_than_the_limit_are_told_how_long_to_wait(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(clock="virtual", throttle="2/5")
    data_id = create(mock)
    mock.advance(400)
    create(mock)
    answer = asked(mock)
    assert error(answer) == (
        429,
        "Throttling.RateQuota",
        "Requests rate limit exceeded, please try again later.",
    )
    assert answer.headers["retry-after-ms"] == "600"
    assert "more than 2 calls of createTask" in why(mock, answer)
    assert statuses([query(mock, data_id) for _ in range(6)]) == [200] * 5 + [429]
    mock.advance(599)
    assert asked(mock).status_code == 429
    mock.advance(1)
    assert statuses([asked(mock), asked(mock)]) == [200, 429]
    mock.advance(1_000)
    assert get(mock, data_id)["status"] == 0


def test_every_caller_has_limits_of_its_own_and_tokens_have_none(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(clock="virtual", throttle="1/0")

    def as_caller(key: str) -> int:
        return call(mock, body_of(), authorization=f"Bearer {key}").status_code

    assert [as_caller(key) for key in ("sk-a", "sk-a", "sk-b", "sk-b")] == [200, 429, 200, 429]
    assert {call(mock, None, TOKENS).status_code for _ in range(5)} == {200}
    mock.reset()
    assert as_caller("sk-a") == 200


def test_the_documented_limits_are_20_and_100_calls_a_second(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(clock="virtual", throttle="documented")
    assert statuses([asked(mock, text="x") for _ in range(21)]) == [400] * 20 + [429]
    assert statuses([query(mock, UNKNOWN) for _ in range(101)]) == [400] * 100 + [429]
