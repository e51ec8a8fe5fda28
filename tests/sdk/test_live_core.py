"""aliyun-python-sdk-live and CommonRequest of aliyun-python-sdk-core, in RPC style."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from hashlib import md5
from typing import Any
from xml.etree import ElementTree

import pytest
from aliyunsdkcore.auth.credentials import AccessKeyCredential, StsTokenCredential
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest
from aliyunsdklive.request.v20161101.CreateRtcAsrTaskRequest import CreateRtcAsrTaskRequest
from aliyunsdklive.request.v20161101.DeleteRtcAsrTaskRequest import DeleteRtcAsrTaskRequest
from aliyunsdklive.request.v20161101.QueryRtcAsrTasksRequest import QueryRtcAsrTasksRequest
from aliyunsdklive.request.v20161101.StopRtcAsrTaskRequest import StopRtcAsrTaskRequest

from mock_tingwu import MockTingwu
from tests.callbacks.receiver import Receiver, receiver
from tests.live.helpers import STREAM, VERSION, names
from tests.sdk.bodies import ACCESS_KEY, KEYS, SECRET, Json
from tests.sdk.core_sdk import TIMEOUT, client, refusal

AUTH_KEY = "k3y of mine"
#: What stands before the colon in the message of a SignatureDoesNotMatch.
MISMATCH = "Specified signature is not matched with our calculation. server string to sign is"
#: Makes a request: ``(action, parameters)``.
Ask = Callable[..., Any]

GENERATED: dict[str, Callable[[], Any]] = {
    "CreateRtcAsrTask": CreateRtcAsrTaskRequest,
    "StopRtcAsrTask": StopRtcAsrTaskRequest,
    "DeleteRtcAsrTask": DeleteRtcAsrTaskRequest,
    "QueryRtcAsrTasks": QueryRtcAsrTasksRequest,
}


def generated(method: str) -> Ask:
    """Requests of aliyun-python-sdk-live: everything is in the query, whatever the method."""

    def ask(action: str, **parameters: Any) -> Any:
        request = GENERATED[action]()
        for name, value in parameters.items():
            getattr(request, f"set_{name}")(value)
        request.set_method(method)
        request.set_endpoint("127.0.0.1")
        request.set_protocol_type("http")
        return request

    return ask


def common(method: str, place: str) -> Ask:
    """CommonRequest with its parameters in the ``query`` or the ``body``."""

    def ask(action: str, **parameters: Any) -> Any:
        request = CommonRequest()
        request.set_domain("127.0.0.1")
        request.set_protocol_type("http")
        request.set_version(VERSION)
        request.set_action_name(action)
        request.set_method(method)
        add = request.add_query_param if place == "query" else request.add_body_params
        for name, value in parameters.items():
            add(name, value)
        return request

    return ask


WAYS = [
    generated("POST"),
    generated("GET"),
    common("GET", "query"),
    common("POST", "query"),
    common("POST", "body"),
]
WAY_NAMES = ["live-post", "live-get", "common-get", "common-post", "common-form"]
post = WAYS[0]
every_way = pytest.mark.parametrize("ask", WAYS, ids=WAY_NAMES)


def call(sdk: Any, request: Any) -> Json:
    answer: Json = json.loads(sdk.do_action_with_exception(request))
    assert (answer["RetCode"], answer["Description"]) == (2000, "success")
    return answer


def stream(callback_url: str, **parameters: Any) -> Json:
    """A Chinese stream that nobody has to send."""
    usual = {"Mode": "live", "Language": "cn", "StreamURL": STREAM, "CallbackURL": callback_url}
    return {**usual, **parameters}


@pytest.fixture
def listener() -> Iterator[Receiver]:
    """It answers 200 to everything."""
    with receiver(200) as running:
        yield running


@pytest.fixture
def strict(start_mock: Callable[..., MockTingwu]) -> MockTingwu:
    """A mock that checks signatures, on a clock that stands still."""
    return start_mock(auth="verify", access_keys=KEYS, clock="virtual")


@every_way
def test_a_stream_is_captioned_from_create_to_delete(
    strict: MockTingwu, listener: Receiver, ask: Ask
) -> None:
    sdk = client(strict)
    url = f"{listener.url}?room=1&of=~*()'一"
    wanted = {
        "AuthKey": AUTH_KEY,
        "ReportInterval": -1,
        "TranslateEnabled": True,
        "TargetLanguages": "en",
    }
    task_id = call(sdk, ask("CreateRtcAsrTask", **stream(url, **wanted)))["TaskId"]
    strict.advance(8_000)
    assert set(names(listener)) == {"SentenceEnd", "ResultTranslated"}
    for sent in listener.requests:
        headers = {name.upper(): text for name, text in sent.headers.items()}
        signed = f"{headers['SIG-TIME']}/{url}/{AUTH_KEY}"
        assert headers["ASR-SIG"] == md5(signed.encode()).hexdigest()
    shown = call(sdk, ask("QueryRtcAsrTasks", TaskId=task_id))["Tasks"][task_id]
    assert (shown["status"], shown["streamUrl"], shown["callbackUrl"]) == (1, STREAM, url)
    assert list(call(sdk, ask("QueryRtcAsrTasks"))["Tasks"]) == [task_id]
    call(sdk, ask("StopRtcAsrTask", TaskId=task_id))
    assert call(sdk, ask("QueryRtcAsrTasks"))["Tasks"] == {}
    call(sdk, ask("DeleteRtcAsrTask", TaskId=task_id))
    assert call(sdk, ask("QueryRtcAsrTasks", TaskId=task_id))["Tasks"] == {}
    requests = [entry for entry in strict.journal if entry["kind"] == "request"]
    assert {entry["signature"] for entry in requests} == {"ok"}


@every_way
def test_a_channel_is_captioned(strict: MockTingwu, listener: Receiver, ask: Ask) -> None:
    sdk = client(strict)
    room = {"Mode": "rtc", "SDKAppID": "app1", "ChannelID": "房间 1", "RtcUserId": "u1"}
    created = ask("CreateRtcAsrTask", **room, Language="cn", CallbackURL=listener.url)
    task_id = call(sdk, created)["TaskId"]
    strict.advance(3_000)
    assert names(listener)[:2] == ["SentenceBegin", "TranscriptionResultChanged"]
    shown = call(sdk, ask("QueryRtcAsrTasks"))["Tasks"][task_id]
    assert (shown["mode"], shown["channelId"], shown["rtcUserId"]) == ("rtc", "房间 1", "u1")


@every_way
def test_credentials_with_a_security_token_are_taken(strict: MockTingwu, ask: Ask) -> None:
    sdk = AcsClient(
        region_id="cn-shanghai",
        credential=StsTokenCredential(ACCESS_KEY, SECRET, "CAIS-mock+token/="),
        port=strict.port,
        timeout=TIMEOUT,
    )
    assert call(sdk, ask("QueryRtcAsrTasks"))["Tasks"] == {}


@pytest.mark.parametrize(
    ("domain", "port", "protocol"),
    [
        ("localhost", True, "http"),
        ("127.0.0.1:{port}", False, "http"),
        ("http://127.0.0.1:{port}", False, "http"),
        ("http://127.0.0.1:{port}", False, "https"),
    ],
)
def test_every_way_of_pointing_the_sdk_here_works(
    strict: MockTingwu, domain: str, port: bool, protocol: str
) -> None:
    sdk = AcsClient(
        region_id="cn-shanghai",
        credential=AccessKeyCredential(ACCESS_KEY, SECRET),
        timeout=TIMEOUT,
        **({"port": strict.port} if port else {}),
    )
    request = common("GET", "query")("QueryRtcAsrTasks")
    request.set_domain(domain.format(port=strict.port))
    request.set_protocol_type(protocol)
    assert call(sdk, request)["Tasks"] == {}


@pytest.mark.filterwarnings("ignore:do_action:DeprecationWarning")
@every_way
def test_without_a_format_the_answer_is_xml(
    strict: MockTingwu, listener: Receiver, ask: Ask
) -> None:
    sdk = client(strict)

    def said(request: Any) -> ElementTree.Element:
        return ElementTree.fromstring(sdk.do_action(request))

    created = said(ask("CreateRtcAsrTask", **stream(listener.url)))
    assert created.tag == "CreateRtcAsrTaskResponse"
    assert (created.findtext("RetCode"), created.findtext("Description")) == ("2000", "success")
    task_id = created.findtext("TaskId")
    assert task_id is not None
    shown = said(ask("QueryRtcAsrTasks", TaskId=task_id))
    assert shown.findtext(f"Tasks/{task_id}/taskId") == task_id
    failed = said(ask("StopRtcAsrTask", TaskId="asr-none"))
    assert (failed.tag, failed.findtext("Code")) == ("Error", "ConfigNotFound")
    assert said(ask("DeleteRtcAsrTask", TaskId=task_id)).tag == "DeleteRtcAsrTaskResponse"


@pytest.mark.filterwarnings("ignore:do_action:DeprecationWarning")
def test_a_format_is_taken_in_letters_of_either_case(mock: MockTingwu) -> None:
    for word in ("json", "JSON", "Json"):
        request = post("QueryRtcAsrTasks")
        request.set_accept_format(word)
        assert json.loads(client(mock).do_action(request))["Tasks"] == {}


@every_way
def test_a_wrong_secret_shows_the_string_that_the_sdk_has_signed(
    strict: MockTingwu, ask: Ask
) -> None:
    sdk = client(strict, secret="not the secret")
    request = ask("CreateRtcAsrTask", **stream("http://127.0.0.1:9/?a=~*()' 一"))
    error = refusal(sdk, request)
    assert error.get_http_status() == 400
    answer = strict.journal[-1]["body"]
    assert answer["Code"] == "SignatureDoesNotMatch"
    if isinstance(request, CommonRequest):
        # It forgets what it has signed, which a request inside it has.
        assert error.get_error_code() == "SignatureDoesNotMatch"
        assert answer["Message"].split(":") == [MISMATCH, request.request.string_to_sign]
    else:
        # The SDK blames the secret only when both strings are the same, byte for byte.
        assert error.get_error_code() == "InvalidAccessKeySecret"
    assert call(client(strict), ask("QueryRtcAsrTasks"))["Tasks"] == {}


def test_a_signature_that_does_not_match_on_demand_is_a_server_exception(mock: MockTingwu) -> None:
    # Without a colon in the message the SDK dies of an IndexError.
    action = {"type": "api_error", "code": "SignatureDoesNotMatch"}
    mock.faults.add(action, match={"service": "live"})
    for ask in WAYS:
        error = refusal(client(mock), ask("QueryRtcAsrTasks"))
        assert error.get_http_status() == 400
        assert error.get_error_code() in ("SignatureDoesNotMatch", "InvalidAccessKeySecret")


@every_way
def test_an_unknown_access_key_is_a_server_exception_with_404(strict: MockTingwu, ask: Ask) -> None:
    error = refusal(client(strict, key="LTAI5tNobody"), ask("QueryRtcAsrTasks"))
    assert (error.get_http_status(), error.get_error_code()) == (
        404,
        "InvalidAccessKeyId.NotFound",
    )


@every_way
@pytest.mark.parametrize(
    ("action", "parameters", "code"),
    [
        ("StopRtcAsrTask", {"TaskId": "asr-none"}, "ConfigNotFound"),
        ("DeleteRtcAsrTask", {"TaskId": "asr-none"}, "ConfigNotFound"),
        ("StopRtcAsrTask", {}, "MissingTaskId"),
        ("CreateRtcAsrTask", {}, "MissingMode"),
        ("CreateRtcAsrTask", stream("http://127.0.0.1:9/", Mode="tape"), "InvalidMode"),
        ("CreateRtcAsrTask", stream("nowhere"), "InvalidCallbackURL"),
        (
            "CreateRtcAsrTask",
            stream("http://127.0.0.1:9/", ReportInterval="soon"),
            "InvalidReportInterval",
        ),
    ],
)
def test_what_is_wrong_arrives_as_a_server_exception_with_code_message_and_request_id(
    mock: MockTingwu, ask: Ask, action: str, parameters: Json, code: str
) -> None:
    error = refusal(client(mock), ask(action, **parameters))
    assert (error.get_http_status(), error.get_error_code()) == (400, code)
    answer = mock.journal[-1]
    assert error.get_request_id() == answer["request_id"]
    assert error.get_error_msg() == answer["body"]["Message"]


def test_an_operation_or_version_that_is_not_there_is_a_server_exception(
    mock: MockTingwu,
) -> None:
    ask = common("GET", "query")
    error = refusal(client(mock), ask("DescribeLiveDomainDetail"))
    assert (error.get_http_status(), error.get_error_code()) == (404, "InvalidApi.NotFound")


def test_too_many_calls_are_a_server_exception(start_mock: Callable[..., MockTingwu]) -> None:
    sdk = client(start_mock(throttle="1/0"))
    call(sdk, post("QueryRtcAsrTasks"))
    error = refusal(sdk, post("QueryRtcAsrTasks"))
    assert (error.get_http_status(), error.get_error_code()) == (400, "Throttling.User")


def test_another_ret_code_is_handed_on_without_an_exception(
    mock: MockTingwu, listener: Receiver
) -> None:
    action = {"type": "ret_code", "code": 4001, "description": "invalid stream"}
    mock.faults.add(action, match={"service": "live"})
    request = post("CreateRtcAsrTask", **stream(listener.url))
    answer = json.loads(client(mock).do_action_with_exception(request))
    assert list(answer) == ["Description", "RequestId", "RetCode"]
    assert (answer["RetCode"], answer["Description"]) == (4001, "invalid stream")
