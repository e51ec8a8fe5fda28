"""alibabacloud-live20161101 with its typed models, blocking and asynchronous."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from hashlib import md5
from typing import Any

import pytest
from alibabacloud_live20161101 import models
from alibabacloud_live20161101.client import Client
from alibabacloud_tea_openapi import utils_models
from alibabacloud_tea_openapi.exceptions import (
    ClientException,
    ServerException,
    ThrottlingException,
)

from mock_tingwu import MockTingwu
from tests.callbacks.receiver import Receiver, receiver
from tests.live.helpers import STREAM, events, names
from tests.sdk.bodies import KEYS, SECRET, Json
from tests.sdk.tea_sdk import PAIR, refusal

AUTH_KEY = "k3y of mine"
V2 = PAIR | {"signature_algorithm": "v2"}
STS = {"security_token": "CAIS-mock-token"}


def client(mock: MockTingwu, **settings: str) -> Any:
    settings = {"endpoint": mock.host, "protocol": "HTTP", **(settings or PAIR)}
    return Client(utils_models.Config(read_timeout=5_000, connect_timeout=5_000, **settings))


def stream(callback_url: str, **parameters: Any) -> Any:
    """A Chinese stream that nobody has to send."""
    usual = {"mode": "live", "language": "cn", "stream_url": STREAM, "callback_url": callback_url}
    return models.CreateRtcAsrTaskRequest(**usual | parameters)


def channel(callback_url: str, **parameters: Any) -> Any:
    usual = {"mode": "rtc", "language": "cn", "sdkapp_id": "app1", "channel_id": "房间 1"}
    return models.CreateRtcAsrTaskRequest(
        **usual | {"rtc_user_id": "u1", "callback_url": callback_url} | parameters
    )


def query(sdk: Any, task_id: str | None = None) -> Json:
    """The tasks that a Query shows, by id."""
    body = sdk.query_rtc_asr_tasks(models.QueryRtcAsrTasksRequest(task_id=task_id)).body
    assert (body.ret_code, body.description) == (2000, "success")
    tasks: Json = body.tasks
    return tasks


def stop(sdk: Any, task_id: str) -> Any:
    return sdk.stop_rtc_asr_task(models.StopRtcAsrTaskRequest(task_id=task_id))


def delete(sdk: Any, task_id: str) -> Any:
    return sdk.delete_rtc_asr_task(models.DeleteRtcAsrTaskRequest(task_id=task_id))


def verdicts(mock: MockTingwu) -> set[str]:
    return {entry["signature"] for entry in mock.journal if entry["kind"] == "request"}


@pytest.fixture
def listener() -> Iterator[Receiver]:
    """It answers 200 to everything."""
    with receiver(200) as running:
        yield running


@pytest.mark.parametrize(
    "settings",
    [
        PAIR,
        V2,
        PAIR | STS,
        V2 | STS,
        PAIR | {"protocol": "http"},
        PAIR | {"endpoint": "http://{host}"},
        V2 | {"endpoint": "http://{host}"},
    ],
    ids=["acs3", "v2", "sts", "v2-sts", "lower-case", "scheme", "v2-scheme"],
)
def test_a_stream_is_captioned_from_create_to_delete_however_it_is_signed(
    start_mock: Callable[..., MockTingwu], listener: Receiver, settings: dict[str, str]
) -> None:
    mock = start_mock(auth="verify", access_keys=KEYS, clock="virtual")
    sdk = client(mock, **{name: text.format(host=mock.host) for name, text in settings.items()})
    url = f"{listener.url}?room=1&of=~*()'一"
    request = stream(
        url,
        auth_key=AUTH_KEY,
        report_interval=-1,
        translate_enabled=True,
        target_languages="en",
        auto_terminate_enabled=False,
        auto_terminate_delay=3,
        owner_id=7,
        region_id="cn-shanghai",
    )
    created = sdk.create_rtc_asr_task(request)
    assert created.status_code == 200
    assert (created.body.ret_code, created.body.description) == (2000, "success")
    task_id = created.body.task_id
    mock.advance(8_000)
    assert set(names(listener)) == {"SentenceEnd", "ResultTranslated"}
    assert {event.callback["task_id"] for event in events(listener)} == {task_id}
    for sent in listener.requests:
        headers = {name.upper(): text for name, text in sent.headers.items()}
        signed = f"{headers['SIG-TIME']}/{url}/{AUTH_KEY}"
        assert headers["ASR-SIG"] == md5(signed.encode()).hexdigest()
    shown = query(sdk, task_id)[task_id]
    assert (shown["status"], shown["streamUrl"], shown["callbackUrl"]) == (1, STREAM, url)
    assert (shown["reportInterval"], shown["autoTerminateDelay"]) == ("-1", "3")
    assert list(query(sdk)) == [task_id]
    assert stop(sdk, task_id).body.ret_code == 2000
    assert query(sdk) == {}
    assert query(sdk, task_id)[task_id]["status"] == 2
    assert delete(sdk, task_id).body.ret_code == 2000
    assert query(sdk, task_id) == {}
    assert verdicts(mock) == {"ok"}


def test_a_channel_is_captioned_with_interim_results(
    virtual_mock: MockTingwu, listener: Receiver
) -> None:
    sdk = client(virtual_mock)
    task_id = sdk.create_rtc_asr_task(channel(listener.url)).body.task_id
    virtual_mock.advance(8_000)
    told = names(listener)
    assert told[:2] == ["SentenceBegin", "TranscriptionResultChanged"]
    assert "SentenceEnd" in told
    callback = events(listener)[0].callback
    about = [callback[name] for name in ("sdk_app_id", "channel_id", "rtc_user_id")]
    assert about == ["app1", "房间 1", "u1"]
    shown = query(sdk)[task_id]
    assert [shown[name] for name in ("mode", "sdkAppId", "channelId", "rtcUserId")] == [
        "rtc",
        *about,
    ]


def test_the_stream_ends_its_task_when_auto_terminate_is_enabled(
    virtual_mock: MockTingwu, listener: Receiver
) -> None:
    sdk = client(virtual_mock)
    request = stream(
        listener.url,
        stream_url=f"{STREAM}?mock.duration_ms=2000",
        auto_terminate_enabled=True,
        auto_terminate_delay=2,
    )
    task_id = sdk.create_rtc_asr_task(request).body.task_id
    virtual_mock.advance(3_900)
    assert query(sdk, task_id)[task_id]["status"] == 1
    virtual_mock.advance(300)
    assert query(sdk, task_id)[task_id]["status"] == 2


def test_the_typed_models_take_every_field_of_every_answer(
    mock: MockTingwu, listener: Receiver
) -> None:
    sent: Json = {}

    def keep(entry: Json) -> None:
        if entry["kind"] == "response":
            sent[entry["request_id"]] = json.loads(entry["body"])

    mock.tap(keep)
    sdk = client(mock)
    responses = [created := sdk.create_rtc_asr_task(stream(listener.url))]
    task_id = created.body.task_id
    responses.append(sdk.query_rtc_asr_tasks(models.QueryRtcAsrTasksRequest(task_id=task_id)))
    responses.append(sdk.query_rtc_asr_tasks(models.QueryRtcAsrTasksRequest()))
    responses += [stop(sdk, task_id), delete(sdk, task_id)]
    assert len(sent) == len(responses)
    for response in responses:
        assert response.body.to_map() == sent[response.body.request_id]
        assert response.headers["x-acs-request-id"] == response.body.request_id


def test_the_asynchronous_calls_run_a_task_s_whole_life(
    start_mock: Callable[..., MockTingwu], listener: Receiver
) -> None:
    mock = start_mock(auth="verify", access_keys=KEYS)

    async def life(settings: dict[str, str]) -> list[Any]:
        sdk = client(mock, **settings)
        created = await sdk.create_rtc_asr_task_async(stream(listener.url))
        task_id = created.body.task_id
        asked = models.QueryRtcAsrTasksRequest(task_id=task_id)
        states = [(await sdk.query_rtc_asr_tasks_async(asked)).body.tasks]
        await sdk.stop_rtc_asr_task_async(models.StopRtcAsrTaskRequest(task_id=task_id))
        states.append((await sdk.query_rtc_asr_tasks_async(asked)).body.tasks)
        gone = models.DeleteRtcAsrTaskRequest(task_id=task_id)
        await sdk.delete_rtc_asr_task_async(gone)
        with pytest.raises(ClientException) as caught:
            await sdk.delete_rtc_asr_task_async(gone)
        assert (caught.value.status_code, caught.value.code) == (400, "ConfigNotFound")
        return [state[task_id]["status"] for state in states]

    async def lives() -> list[list[Any]]:
        return await asyncio.gather(*(life(PAIR) for _ in range(4)), life(V2 | STS))

    assert asyncio.run(asyncio.wait_for(lives(), 10)) == [[1, 2]] * 5
    assert verdicts(mock) == {"ok"}
    # Twenty-five calls at once are more than the 20 of a kind that are allowed.
    mock.assert_no_violations(but=["qps-exceeded"])


CREATED = stream("http://127.0.0.1:9/callback").to_map()


@pytest.mark.parametrize("settings", [PAIR, V2], ids=["acs3", "v2"])
@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"Mode": None}, "MissingMode"),
        ({"Language": None}, "MissingLanguage"),
        ({"CallbackURL": None}, "MissingCallbackURL"),
        ({"StreamURL": None}, "MissingStreamURL"),
        ({"Mode": "rtc", "ChannelID": "c", "RtcUserId": "u"}, "MissingSDKAppID"),
        ({"Mode": "rtc", "SDKAppID": "a", "RtcUserId": "u"}, "MissingChannelID"),
        ({"Mode": "rtc", "SDKAppID": "a", "ChannelID": "c"}, "MissingRtcUserId"),
        ({"Mode": "tape"}, "InvalidMode"),
        ({"Language": "tlh"}, "InvalidLanguage"),
        ({"CallbackURL": "ftp://127.0.0.1/"}, "InvalidCallbackURL"),
        ({"ReportInterval": 501}, "InvalidReportInterval"),
        ({"ReportInterval": -2}, "InvalidReportInterval"),
        ({"AutoTerminateDelay": 0}, "InvalidAutoTerminateDelay"),
        ({"AutoTerminateDelay": 11}, "InvalidAutoTerminateDelay"),
        ({"TargetLanguages": "tlh", "TranslateEnabled": True}, "InvalidTargetLanguages"),
        ({"TranslateEnabled": "maybe"}, "InvalidTranslateEnabled"),
    ],
)
def test_what_is_wrong_arrives_with_code_message_and_request_id(
    mock: MockTingwu, settings: dict[str, str], parameters: Json, code: str
) -> None:
    # The SDK itself checks nothing.
    request = models.CreateRtcAsrTaskRequest().from_map(CREATED | parameters)
    error = refusal(lambda: client(mock, **settings).create_rtc_asr_task(request))
    assert (error.status_code, error.code) == (400, code)
    answer = mock.journal[-1]
    assert error.request_id == answer["request_id"] == answer["body"]["RequestId"]
    assert error.message == (
        f"code: 400, {answer['body']['Message']} request id: {error.request_id}"
    )
    assert error.data == answer["body"] | {"statusCode": 400}
    assert answer["body"]["HostId"] == "live.aliyuncs.com"


@pytest.mark.parametrize("end", [stop, delete])
def test_a_task_that_is_not_there_is_config_not_found(
    mock: MockTingwu, end: Callable[[Any, str], Any]
) -> None:
    error = refusal(lambda: end(client(mock), "asr-none"))
    assert (error.status_code, error.code) == (400, "ConfigNotFound")
    assert ", please check and try again later. request id: " in error.message
    assert refusal(lambda: end(client(mock), "")).code == "MissingTaskId"


@pytest.mark.parametrize(
    ("settings", "wording"),
    [
        (PAIR, "Specified signature does not match our calculation. server StringToSign is [ACS3-"),
        (V2, "calculation. server string to sign is:POST&%2F&AccessKeyId%3D"),
    ],
    ids=["acs3", "v2"],
)
def test_a_wrong_secret_is_a_client_exception_in_the_cloud_s_words(
    start_mock: Callable[..., MockTingwu], settings: dict[str, str], wording: str
) -> None:
    mock = start_mock(auth="verify", access_keys=KEYS)
    sdk = client(mock, **settings | {"access_key_secret": "wrong"})
    error = refusal(lambda: query(sdk))
    assert (error.status_code, error.code) == (400, "SignatureDoesNotMatch")
    assert wording in error.message


@pytest.mark.parametrize("settings", [PAIR, V2], ids=["acs3", "v2"])
def test_an_unknown_access_key_is_a_client_exception_with_404(
    start_mock: Callable[..., MockTingwu], settings: dict[str, str]
) -> None:
    mock = start_mock(auth="verify", access_keys={"LTAI5tSomebody": SECRET})
    error = refusal(lambda: query(client(mock, **settings)))
    assert (error.status_code, error.code) == (404, "InvalidAccessKeyId.NotFound")


def test_too_many_calls_are_a_throttling_exception(start_mock: Callable[..., MockTingwu]) -> None:
    sdk = client(start_mock(throttle="2/0"))
    assert [query(sdk), query(sdk)] == [{}, {}]
    with pytest.raises(ThrottlingException) as caught:
        query(sdk)
    error = caught.value
    assert (error.status_code, error.code) == (400, "Throttling.User")
    assert error.retry_after > 0


def test_another_ret_code_is_handed_on_without_an_exception(
    mock: MockTingwu, listener: Receiver
) -> None:
    action = {"type": "ret_code", "code": 4001, "description": "invalid stream"}
    mock.faults.add(action, match={"operation": "CreateRtcAsrTask"})
    body = client(mock).create_rtc_asr_task(stream(listener.url)).body
    assert (body.ret_code, body.description) == (4001, "invalid stream")
    assert body.task_id is None
    assert query(client(mock)) == {}


def test_an_error_of_the_cloud_s_is_a_server_exception(mock: MockTingwu) -> None:
    mock.faults.add({"type": "api_error", "code": "InternalError"})
    with pytest.raises(ServerException) as caught:
        query(client(mock))
    assert (caught.value.status_code, caught.value.code) == (500, "InternalError")
    assert caught.value.request_id == mock.journal[-1]["request_id"]


def test_other_operations_of_the_product_are_not_there(mock: MockTingwu) -> None:
    sdk = client(mock)
    error = refusal(
        lambda: sdk.describe_live_domain_detail(
            models.DescribeLiveDomainDetailRequest(domain_name="example.com")
        )
    )
    assert (error.status_code, error.code) == (404, "InvalidApi.NotFound")
