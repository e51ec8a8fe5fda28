"""alibabacloud-tingwu20230930 with its typed models, blocking and asynchronous."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tingwu20230930 import models

from mock_tingwu import MockTingwu
from tests.realtime.helpers import pusher, until
from tests.sdk.bodies import ACCESS_KEY, GUIDE_RESULTS, KEYS, SECRET, Json, guide
from tests.sdk.tea_sdk import PAIR, client, full_parameters, refusal

UNKNOWN = "0" * 32


def create_request(body: Json) -> Any:
    return models.CreateTaskRequest(type="realtime").from_map(body)


def stop_request(task_id: str) -> Any:
    return models.CreateTaskRequest(
        type="realtime", operation="stop", input=models.CreateTaskRequestInput(task_id=task_id)
    )


def test_every_result_kind_arrives_in_the_typed_model(
    start_mock: Callable[..., MockTingwu], recording: bytes
) -> None:
    mock = start_mock(auth="verify", access_keys=KEYS)
    sdk = client(mock)
    created = sdk.create_task(
        models.CreateTaskRequest(
            type="realtime",
            app_key="vVxhYs0Mock",
            input=models.CreateTaskRequestInput(
                source_language="cn", format="pcm", sample_rate=16_000, task_key="weekly"
            ),
            parameters=full_parameters(),
        )
    )
    assert created.status_code == 200
    assert (created.body.code, created.body.message) == ("0", "success")
    task = created.body.data
    assert (task.task_key, task.task_status) == ("weekly", "NEW")
    with pusher({"MeetingJoinUrl": task.meeting_join_url}) as connection:
        connection.start()
        connection.push(recording)
        connection.stop()
    assert len(connection.named("ResultTranslated")) >= 2 * len(connection.sentences()) > 0
    assert sdk.create_task(stop_request(task.task_id)).body.data.task_status == "ONGOING"

    def info() -> Any:
        return sdk.get_task_info(task.task_id).body.data

    until(lambda: info().task_status == "COMPLETED", "COMPLETED")
    found = info()
    made = found.result.to_map()
    assert made.keys() == GUIDE_RESULTS | {
        "CustomPrompt",
        "ServiceInspection",
        "ContentExtraction",
        "IdentityRecognition",
    }
    for kind, link in made.items():
        assert httpx.get(link).json()[kind]
    for link in (found.output_mp_3path, found.output_spectrum_path):
        assert httpx.get(link).status_code == 200


def test_the_typed_models_take_every_field_of_every_answer(mock: MockTingwu) -> None:
    sent: Json = {}

    def keep(entry: Json) -> None:
        if entry["kind"] == "response":
            sent[entry["request_id"]] = json.loads(entry["body"])

    mock.tap(keep)
    sdk = client(mock)
    responses = [created := sdk.create_task(create_request(guide()))]
    task_id = created.body.data.task_id
    responses += [sdk.get_task_info(task_id), sdk.create_task(stop_request(task_id))]

    def completed() -> bool:
        responses.append(sdk.get_task_info(task_id))
        return bool(responses[-1].body.data.task_status == "COMPLETED")

    until(completed, "COMPLETED")
    for response in responses:
        assert response.body.to_map() == sent[response.body.request_id]
        assert response.headers["x-acs-request-id"] == response.body.request_id


def test_the_asynchronous_calls_run_a_task_s_whole_life(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(auth="verify", access_keys=KEYS)

    async def life() -> list[str]:
        sdk = client(mock)
        created = await sdk.create_task_async(create_request(guide()))
        task_id = created.body.data.task_id
        statuses = [
            created.body.data.task_status,
            (await sdk.create_task_async(stop_request(task_id))).body.data.task_status,
        ]
        while statuses[-1] != "COMPLETED":
            found = await sdk.get_task_info_async(task_id)
            statuses.append(found.body.data.task_status)
        assert found.body.data.result.to_map().keys() == GUIDE_RESULTS
        with pytest.raises(ClientException) as caught:
            await sdk.create_task_async(create_request({}))
        assert caught.value.code == "BRK.InvalidAppKey"
        return statuses

    statuses = asyncio.run(asyncio.wait_for(life(), 10))
    assert list(dict.fromkeys(statuses)) == ["NEW", "ONGOING", "COMPLETED"]


@pytest.mark.parametrize(
    "settings",
    [
        PAIR,
        PAIR | {"signature_algorithm": "v2"},
        PAIR | {"security_token": "CAIS-mock-token"},
        PAIR | {"security_token": "CAIS-mock-token", "signature_algorithm": "v2"},
        {"bearer_token": "sk-mock-api-key"},
        PAIR | {"protocol": "http"},
        PAIR | {"endpoint": "http://{host}"},
        PAIR | {"endpoint": "http://{host}", "signature_algorithm": "v2"},
    ],
    ids=["acs3", "roa", "sts", "roa-sts", "bearer", "lower-case", "scheme", "roa-scheme"],
)
def test_every_way_of_signing_and_of_pointing_the_sdk_here_is_verified(
    start_mock: Callable[..., MockTingwu], settings: dict[str, str]
) -> None:
    mock = start_mock(auth="verify", access_keys=KEYS)
    settings = {name: value.format(host=mock.host) for name, value in settings.items()}
    sdk = client(mock, **settings)
    task = sdk.create_task(create_request(guide())).body.data
    with pusher({"MeetingJoinUrl": task.meeting_join_url}) as connection:
        connection.start()
        connection.stop()
    assert sdk.get_task_info(task.task_id).body.data.task_status == "NEW"
    verdicts = [entry["signature"] for entry in mock.journal if entry["kind"] == "request"]
    assert verdicts == ["ok", "ok"]


@pytest.mark.parametrize(
    ("algorithm", "wording"),
    [
        ({}, "Specified signature does not match our calculation. server StringToSign is [ACS3-"),
        (
            {"signature_algorithm": "v2"},
            "Specified signature is not matched with our calculation. server string to sign is:PUT",
        ),
    ],
)
def test_a_wrong_secret_is_a_client_exception_in_the_cloud_s_words(
    start_mock: Callable[..., MockTingwu], algorithm: dict[str, str], wording: str
) -> None:
    mock = start_mock(auth="verify", access_keys=KEYS)
    sdk = client(mock, access_key_id=ACCESS_KEY, access_key_secret="wrong", **algorithm)
    error = refusal(lambda: sdk.create_task(create_request(guide())))
    assert (error.statusCode, error.code) == (400, "SignatureDoesNotMatch")
    assert wording in error.message


def test_an_unknown_access_key_is_a_client_exception_with_404(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(auth="verify", access_keys=KEYS)
    sdk = client(mock, access_key_id="LTAI5tNobody", access_key_secret=SECRET)
    error = refusal(lambda: sdk.get_task_info(UNKNOWN))
    assert (error.statusCode, error.code) == (404, "InvalidAccessKeyId.NotFound")


def test_what_is_wrong_arrives_with_code_message_and_request_id(mock: MockTingwu) -> None:
    sdk = client(mock)
    body = guide()
    body["Input"]["SampleRate"] = 44_100
    error = refusal(lambda: sdk.create_task(create_request(body)))
    answer = mock.journal[-1]
    assert (error.statusCode, error.code) == (400, "BRK.InvalidAudioSampleRate")
    assert error.message == (
        f"code: 400, Invalid audio sample rate. request id: {answer['request_id']}"
    )
    assert error.data == answer["body"] | {"statusCode": 400}


def test_an_operation_that_is_not_there_is_a_client_exception_and_no_parse_error(
    mock: MockTingwu,
) -> None:
    sdk = client(mock, **PAIR, endpoint=f"{mock.host}/base")
    error = refusal(lambda: sdk.get_task_info(UNKNOWN))
    assert (error.statusCode, error.code) == (404, "InvalidApi.NotFound")


def test_a_task_id_with_special_characters_is_found_to_be_unknown(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(auth="verify", access_keys=KEYS)
    for task_id in ("a b*c~d", "任务", "%41"):
        found = client(mock).get_task_info(task_id).body.data
        assert (found.task_id, found.task_status) == (task_id, "INVALID")
