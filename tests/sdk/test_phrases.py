"""The five hot-word calls through both SDKs, the typed one blocking and asynchronous."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tingwu20230930 import models
from alibabacloud_tingwu20230930.client import RuntimeOptions

from mock_tingwu import MockTingwu
from tests.sdk import core_sdk, tea_sdk
from tests.sdk.bodies import KEYS, PHRASES, Json

UNKNOWN = "0" * 32
WEIGHTS = json.dumps({"苹果": 3, "西瓜": -6}, ensure_ascii=False)
FRUIT = {"Name": "fruit", "Description": "what we sell", "WordWeights": WEIGHTS}
CHANGED = {"Name": "vegetables", "WordWeights": '{"白菜":2}'}
SUCCEEDED = {"Status": "SUCCEEDED", "ErrorCode": "0", "ErrorMessage": "success"}
EXCEEDED = {
    "Status": "FAILED",
    "ErrorCode": "PHS.Exceed",
    "ErrorMessage": "The num of the phrase exceeds the upper limit.",
}


def create_request(body: Json = FRUIT) -> Any:
    return models.CreateTranscriptionPhrasesRequest().from_map(body)


def update_request(body: Json = CHANGED) -> Any:
    return models.UpdateTranscriptionPhrasesRequest().from_map(body)


@pytest.mark.parametrize("auth", ["open", "verify"])
def test_core_runs_a_list_s_whole_life(start_mock: Callable[..., MockTingwu], auth: str) -> None:
    mock = start_mock(auth=auth, access_keys=KEYS)
    sdk = core_sdk.client(mock)

    def call(method: str, path: str = "", body: Json | None = None) -> Json:
        return core_sdk.call(sdk, core_sdk.request(method, PHRASES + path, body))

    phrase_id = call("POST", body=FRUIT)["PhraseId"]
    head = {"PhraseId": phrase_id, "Name": "fruit", "Description": "what we sell"}
    assert call("GET") == SUCCEEDED | {"Phrases": [head]}
    assert call("GET", f"/{phrase_id}")["Phrases"] == [head | {"WordWeights": WEIGHTS}]
    assert call("PUT", f"/{phrase_id}", CHANGED) == SUCCEEDED
    assert call("GET", f"/{phrase_id}")["Phrases"] == [{"PhraseId": phrase_id, **CHANGED}]
    assert call("DELETE", f"/{phrase_id}") == SUCCEEDED
    assert call("GET")["Phrases"] == []
    assert {entry["signature"] for entry in mock.journal if "signature" in entry} == {"ok"}


def test_core_gets_the_words_through_as_a_map_like_the_guide_s_sample(mock: MockTingwu) -> None:
    sdk = core_sdk.client(mock)
    body = FRUIT | {"WordWeights": {"苹果": 3, "西瓜": 3}}
    made = core_sdk.call(sdk, core_sdk.request("POST", PHRASES, body))
    found = core_sdk.call(sdk, core_sdk.request("GET", f"{PHRASES}/{made['PhraseId']}"))
    assert json.loads(found["Phrases"][0]["WordWeights"]) == body["WordWeights"]


def test_core_raises_for_wrong_fields_and_unknown_lists_and_returns_what_exceeds(
    mock: MockTingwu,
) -> None:
    sdk = core_sdk.client(mock)
    for method, path, body, code in (
        ("POST", "", {"WordWeights": WEIGHTS}, "MissingName"),
        ("POST", "", FRUIT | {"WordWeights": "苹果"}, "InvalidWordWeights"),
        ("GET", f"/{UNKNOWN}", None, "InvalidPhraseId"),
        ("PUT", f"/{UNKNOWN}", FRUIT, "InvalidPhraseId"),
        ("DELETE", f"/{UNKNOWN}", None, "InvalidPhraseId"),
    ):
        error = core_sdk.refusal(sdk, core_sdk.request(method, PHRASES + path, body))
        assert (error.get_http_status(), error.get_error_code()) == (400, code)
        assert error.get_request_id() == mock.journal[-1]["request_id"]
    for _ in range(10):
        core_sdk.call(sdk, core_sdk.request("POST", PHRASES, FRUIT))
    assert core_sdk.call(sdk, core_sdk.request("POST", PHRASES, FRUIT)) == EXCEEDED


@pytest.mark.parametrize("algorithm", ["ACS3-HMAC-SHA256", "v2"])
def test_the_typed_client_runs_a_list_s_whole_life(
    start_mock: Callable[..., MockTingwu], algorithm: str
) -> None:
    mock = start_mock(auth="verify", access_keys=KEYS)
    sdk = tea_sdk.client(mock, **tea_sdk.PAIR, signature_algorithm=algorithm)
    created = sdk.create_transcription_phrases(create_request()).body
    assert (created.code, created.message) == ("0", "success")
    phrase_id = created.data.phrase_id
    assert created.data.to_map() == SUCCEEDED | {"PhraseId": phrase_id}
    head = {"PhraseId": phrase_id, "Name": "fruit", "Description": "what we sell"}
    listed = sdk.list_transcription_phrases().body.data
    assert [phrases.to_map() for phrases in listed.phrases] == [head]
    found = sdk.get_transcription_phrases(phrase_id).body.data.phrases
    assert [phrases.to_map() for phrases in found] == [head | {"WordWeights": WEIGHTS}]
    updated = sdk.update_transcription_phrases(phrase_id, update_request()).body
    assert updated.data.to_map() == SUCCEEDED
    changed = sdk.get_transcription_phrases(phrase_id).body.data.phrases[0]
    assert (changed.name, changed.description) == ("vegetables", None)
    assert changed.word_weights == CHANGED["WordWeights"]
    deleted = sdk.delete_transcription_phrases(phrase_id).body
    assert deleted.to_map() == SUCCEEDED | {"Data": SUCCEEDED}
    assert sdk.list_transcription_phrases().body.data.phrases == []


def test_the_asynchronous_calls_run_a_list_s_whole_life(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(auth="verify", access_keys=KEYS)

    async def life() -> None:
        sdk = tea_sdk.client(mock)
        runtime = RuntimeOptions()
        created = await sdk.create_transcription_phrases_with_options_async(
            create_request(), {}, runtime
        )
        phrase_id = created.body.data.phrase_id
        await sdk.update_transcription_phrases_with_options_async(
            phrase_id, update_request(), {}, runtime
        )
        found = await sdk.get_transcription_phrases_with_options_async(phrase_id, {}, runtime)
        assert found.body.data.phrases[0].name == "vegetables"
        listed = await sdk.list_transcription_phrases_with_options_async({}, runtime)
        assert [phrases.phrase_id for phrases in listed.body.data.phrases] == [phrase_id]
        deleted = await sdk.delete_transcription_phrases_with_options_async(phrase_id, {}, runtime)
        assert deleted.body.status == "SUCCEEDED"
        with pytest.raises(ClientException) as caught:
            await sdk.get_transcription_phrases_async(phrase_id)
        assert caught.value.code == "InvalidPhraseId"

    asyncio.run(asyncio.wait_for(life(), 10))


def test_the_typed_client_raises_for_wrong_fields_and_returns_what_exceeds(
    mock: MockTingwu,
) -> None:
    sdk = tea_sdk.client(mock)
    for call, code in (
        (lambda: sdk.create_transcription_phrases(create_request({})), "MissingName"),
        (
            lambda: sdk.create_transcription_phrases(create_request(FRUIT | {"Name": "n" * 51})),
            "InvalidName",
        ),
        (lambda: sdk.get_transcription_phrases("a b*c~d"), "InvalidPhraseId"),
        (lambda: sdk.update_transcription_phrases(UNKNOWN, update_request()), "InvalidPhraseId"),
        (lambda: sdk.delete_transcription_phrases(UNKNOWN), "InvalidPhraseId"),
    ):
        error = tea_sdk.refusal(call)
        assert (error.statusCode, error.code) == (400, code)
    for _ in range(10):
        sdk.create_transcription_phrases(create_request())
    exceeded = sdk.create_transcription_phrases(create_request())
    assert exceeded.status_code == 200
    assert exceeded.body.data.to_map() == EXCEEDED
