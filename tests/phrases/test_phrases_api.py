"""The five hot-word calls on the wire."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.core.errors import PHRASE_ERRORS
from mock_tingwu.core.phrases import (
    GREATEST_WEIGHT,
    LEAST_WEIGHT,
    MAX_LISTS,
    MAX_WORD_LENGTH,
    MAX_WORDS,
)
from tests.conftest import ROOT
from tests.realtime.helpers import Json

PHRASES = "/openapi/tingwu/v2/resources/phrases"
UNKNOWN = "0" * 32
FRUIT = {"Name": "fruit", "Description": "what we sell", "WordWeights": '{"苹果": 3,"西瓜":-6}'}
SUCCEEDED = {"Status": "SUCCEEDED", "ErrorCode": "0", "ErrorMessage": "success"}
EXCEEDED = {
    "Status": "FAILED",
    "ErrorCode": "PHS.Exceed",
    "ErrorMessage": "The num of the phrase exceeds the upper limit.",
}


def send(mock: MockTingwu, method: str, path: str = "", body: Any = None) -> httpx.Response:
    return httpx.request(method, f"{mock.url}{PHRASES}{path}", json=body)


def call(mock: MockTingwu, method: str, path: str = "", body: Any = None) -> Json:
    """The Data of an answer that is no error."""
    answer = send(mock, method, path, body)
    assert answer.status_code == 200, answer.text
    envelope = answer.json()
    assert (envelope["Code"], envelope["Message"]) == ("0", "success")
    data: Json = envelope["Data"]
    return data


def made(mock: MockTingwu, body: Json = FRUIT) -> str:
    return str(call(mock, "POST", body=body)["PhraseId"])


def refusal(mock: MockTingwu, method: str, path: str, body: Any) -> tuple[int, str, str]:
    """HTTP status and Code of an error answer, and what the journal says of it."""
    answer = send(mock, method, path, body)
    note = [entry["text"] for entry in mock.journal if entry["kind"] == "note"][-1]
    return answer.status_code, answer.json()["Code"], note


def test_a_list_is_created_and_there_at_once(mock: MockTingwu) -> None:
    created = call(mock, "POST", body=FRUIT)
    phrase_id = created["PhraseId"]
    assert created == SUCCEEDED | {"PhraseId": phrase_id}
    head = {"PhraseId": phrase_id, "Name": "fruit", "Description": "what we sell"}
    assert call(mock, "GET") == SUCCEEDED | {"Phrases": [head]}
    whole = head | {"WordWeights": FRUIT["WordWeights"]}
    assert call(mock, "GET", f"/{phrase_id}") == SUCCEEDED | {"Phrases": [whole]}


def test_an_account_without_lists_has_an_empty_list_of_them(mock: MockTingwu) -> None:
    assert call(mock, "GET") == SUCCEEDED | {"Phrases": []}


def test_an_update_replaces_name_description_and_words(mock: MockTingwu) -> None:
    phrase_id = made(mock)
    changed = {"Name": "vegetables", "WordWeights": '{"白菜":2}'}
    assert call(mock, "PUT", f"/{phrase_id}", changed) == SUCCEEDED
    assert call(mock, "GET", f"/{phrase_id}")["Phrases"] == [changed | {"PhraseId": phrase_id}]


def test_delete_tells_the_outcome_in_data_and_beside_it(mock: MockTingwu) -> None:
    phrase_id = made(mock)
    answer = send(mock, "DELETE", f"/{phrase_id}").json()
    request_id = mock.journal[-1]["request_id"]
    assert answer == {
        "Code": "0",
        "Data": SUCCEEDED,
        "Message": "success",
        "RequestId": request_id,
        **SUCCEEDED,
    }
    assert call(mock, "GET")["Phrases"] == []


def test_fields_without_a_value_are_left_out(mock: MockTingwu) -> None:
    for nothing in ({}, {"Description": None}, {"Description": ""}):
        phrase_id = made(mock, {"Name": "n", "WordWeights": "{}"} | nothing)
        found = call(mock, "GET", f"/{phrase_id}")["Phrases"]
        assert found == [{"PhraseId": phrase_id, "Name": "n", "WordWeights": "{}"}]


def test_words_may_be_sent_as_a_map_as_the_vendor_s_sample_does(mock: MockTingwu) -> None:
    phrase_id = made(mock, FRUIT | {"WordWeights": {"苹果": 3, "西瓜": 3}})
    found = call(mock, "GET", f"/{phrase_id}")["Phrases"][0]
    assert found["WordWeights"] == '{"苹果":3,"西瓜":3}'


@pytest.mark.parametrize(
    ("change", "code", "why"),
    [
        ({"Name": None}, "MissingName", "/Name: is missing"),
        ({"Name": ""}, "InvalidName", "/Name"),
        ({"Name": "n" * 51}, "InvalidName", "/Name"),
        ({"Name": 5}, "InvalidName", "/Name"),
        ({"Description": "d" * 251}, "InvalidDescription", "/Description"),
        ({"WordWeights": None}, "MissingWordWeights", "/WordWeights: is missing"),
        ({"WordWeights": ["苹果"]}, "InvalidWordWeights", "/WordWeights"),
        ({"WordWeights": "苹果"}, "InvalidWordWeights", "not a JSON object"),
        ({"WordWeights": {"苹果": "3"}}, "InvalidWordWeights", "whole numbers"),
        ({"WordWeights": '{"苹果": 6}'}, "InvalidWordWeights", "the weight of '苹果' is 6"),
        ({"WordWeights": '{"Elasticsearch": 2}'}, "InvalidWordWeights", "has 13 characters"),
        ({"WordWeights": '{"苹果！": 2}'}, "InvalidWordWeights", "punctuation"),
    ],
)
def test_a_wrong_field_is_refused_by_create_and_update_and_the_journal_says_why(
    mock: MockTingwu, change: Json, code: str, why: str
) -> None:
    phrase_id = made(mock)
    for method, path in (("POST", ""), ("PUT", f"/{phrase_id}")):
        status, found, note = refusal(mock, method, path, FRUIT | change)
        assert (status, found) == (400, code)
        assert why in note
    assert call(mock, "GET", f"/{phrase_id}")["Phrases"][0]["Name"] == "fruit"
    assert len(call(mock, "GET")["Phrases"]) == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("phrase_id", [UNKNOWN, "a93b", "%E8%AF%8D"])
def test_a_list_that_is_not_there_is_an_invalid_phrase_id(
    mock: MockTingwu, method: str, phrase_id: str
) -> None:
    body = FRUIT if method == "PUT" else None
    status, code, note = refusal(mock, method, f"/{phrase_id}", body)
    assert (status, code) == (400, "InvalidPhraseId")
    assert "there is no hot-word list" in note


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", ""), ("DELETE", ""), ("POST", f"/{UNKNOWN}"), ("GET", "/")]
)
def test_other_methods_and_paths_are_no_api(mock: MockTingwu, method: str, path: str) -> None:
    answer = send(mock, method, path, FRUIT)
    assert (answer.status_code, answer.json()["Code"]) == (404, "InvalidApi.NotFound")


def test_an_eleventh_list_fails_in_data_and_fits_after_a_deletion(mock: MockTingwu) -> None:
    ids = [made(mock) for _ in range(MAX_LISTS)]
    assert call(mock, "POST", body=FRUIT) == EXCEEDED
    note, violation, _ = mock.journal[-3:]
    assert "there are 10 lists already" in note["text"]
    assert violation["rule"] == "hot-words"
    call(mock, "DELETE", f"/{ids[0]}")
    assert call(mock, "POST", body=FRUIT)["Status"] == "SUCCEEDED"


def test_a_list_of_301_words_fails_in_data(mock: MockTingwu) -> None:
    words = {f"词{number}": 2 for number in range(MAX_WORDS + 1)}
    too_long = FRUIT | {"WordWeights": json.dumps(words)}
    assert call(mock, "POST", body=too_long) == EXCEEDED
    phrase_id = made(mock)
    assert call(mock, "PUT", f"/{phrase_id}", too_long) == EXCEEDED
    assert call(mock, "GET", f"/{phrase_id}")["Phrases"][0]["Name"] == "fruit"


def test_a_reset_forgets_the_lists_and_the_ids_start_over(mock: MockTingwu) -> None:
    first = made(mock)
    mock.reset()
    assert call(mock, "GET")["Phrases"] == []
    assert made(mock) == first


def test_the_page_names_the_limits_and_the_errors_of_the_code() -> None:
    text = (ROOT / "docs" / "phrases.md").read_text("utf-8")
    for sentence in (
        f"| lists | at most {MAX_LISTS} |",
        f"| words in a list | at most {MAX_WORDS} |",
        f"| a word | 1 to {MAX_WORD_LENGTH} characters",
        f"a whole number from {LEAST_WEIGHT} to {GREATEST_WEIGHT}",
    ):
        assert sentence in text
    for error in PHRASE_ERRORS.values():
        assert f"`{error.code}`" in text and f"`{error.message}`" in text
