"""aliyun-python-sdk-core, as the vendor's guide uses it: a CommonRequest in ROA style."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from aliyunsdkcore.auth.credentials import AccessKeyCredential, StsTokenCredential
from aliyunsdkcore.client import AcsClient

from mock_tingwu import MockTingwu
from tests.realtime.helpers import pusher, until
from tests.sdk.bodies import ACCESS_KEY, GUIDE_RESULTS, KEYS, SECRET, TASKS, Json, guide
from tests.sdk.core_sdk import TIMEOUT, call, client, refusal, request

UNKNOWN = "0" * 32


@pytest.mark.parametrize("auth", ["open", "verify"])
def test_the_guide_s_meeting_runs_from_create_to_result_files(
    start_mock: Callable[..., MockTingwu], recording: bytes, auth: str
) -> None:
    mock = start_mock(auth=auth, access_keys=KEYS)
    sdk = client(mock)
    task = call(sdk, request("PUT", TASKS, guide(), type="realtime"))
    assert list(task) == ["TaskId", "TaskKey", "TaskStatus", "MeetingJoinUrl"]
    assert (task["TaskKey"], task["TaskStatus"]) == ("weekly", "NEW")
    info = request("GET", f"{TASKS}/{task['TaskId']}")
    assert call(sdk, info) == {name: task[name] for name in ("TaskId", "TaskKey", "TaskStatus")}
    with pusher(task) as connection:
        connection.start()
        connection.push(recording)
        connection.stop()
    assert call(sdk, request("GET", f"{TASKS}/{task['TaskId']}"))["TaskStatus"] == "PAUSED"
    body = {"AppKey": "vVxhYs0Mock", "Input": {"TaskId": task["TaskId"]}}
    stopped = call(sdk, request("PUT", TASKS, body, type="realtime", operation="stop"))
    assert stopped == {"TaskId": task["TaskId"], "TaskStatus": "ONGOING"}

    def completed() -> bool:
        found = call(sdk, request("GET", f"{TASKS}/{task['TaskId']}"))
        return bool(found["TaskStatus"] == "COMPLETED")

    until(completed, "COMPLETED")
    links = call(sdk, request("GET", f"{TASKS}/{task['TaskId']}"))["Result"]
    assert links.keys() == GUIDE_RESULTS
    for kind, link in links.items():
        file = httpx.get(link).json()
        assert file["TaskId"] == task["TaskId"]
        assert file[kind]
    # In open mode nothing hangs on the signature, but the journal says whether it was right.
    assert {entry["signature"] for entry in mock.journal if "signature" in entry} == {"ok"}
    mock.assert_no_violations(but=["qps-exceeded"])  # the test polls, not the SDK


def test_stop_needs_no_app_key_and_answers_completed_when_only_recognition_was_asked_for(
    mock: MockTingwu,
) -> None:
    sdk = client(mock)
    body = guide() | {"Parameters": {}}
    task = call(sdk, request("PUT", TASKS, body, type="realtime"))
    stop = request(
        "PUT", TASKS, {"Input": {"TaskId": task["TaskId"]}}, type="realtime", operation="stop"
    )
    assert call(sdk, stop)["TaskStatus"] == "COMPLETED"


@pytest.mark.parametrize(
    ("domain", "port", "protocol"),
    [
        ("127.0.0.1", True, "http"),
        ("localhost", True, "http"),
        ("127.0.0.1:{port}", False, "http"),
        ("http://127.0.0.1:{port}", False, "http"),
        ("http://127.0.0.1:{port}", False, "https"),
    ],
)
def test_every_way_of_pointing_the_sdk_here_works_and_signs_right(
    start_mock: Callable[..., MockTingwu], domain: str, port: bool, protocol: str
) -> None:
    mock = start_mock(auth="verify", access_keys=KEYS)
    sdk = AcsClient(
        region_id="cn-beijing",
        credential=AccessKeyCredential(ACCESS_KEY, SECRET),
        timeout=TIMEOUT,
        **({"port": mock.port} if port else {}),
    )
    domain = domain.format(port=mock.port)
    task = call(
        sdk,
        request("PUT", TASKS, guide(), domain=domain, protocol=protocol, type="realtime"),
    )
    with pusher(task) as connection:
        connection.start()
        connection.stop()
    path = f"{TASKS}/{task['TaskId']}"
    found = call(sdk, request("GET", path, domain=domain, protocol=protocol))
    assert found["TaskStatus"] == "NEW"


def test_credentials_with_a_security_token_are_taken(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(auth="verify", access_keys=KEYS)
    sdk = AcsClient(
        region_id="cn-beijing",
        credential=StsTokenCredential(ACCESS_KEY, SECRET, "CAIS-mock-token"),
        port=mock.port,
        timeout=TIMEOUT,
    )
    assert call(sdk, request("PUT", TASKS, guide(), type="realtime"))["TaskStatus"] == "NEW"


def test_a_wrong_secret_is_a_server_exception_that_shows_what_was_to_be_signed(
    start_mock: Callable[..., MockTingwu],
) -> None:
    # The SDK reads what follows the first colon of the message; without one it dies of IndexError.
    mock = start_mock(auth="verify", access_keys=KEYS)
    error = refusal(
        client(mock, secret="not the secret"), request("PUT", TASKS, guide(), type="realtime")
    )
    assert error.get_error_code() in ("SignatureDoesNotMatch", "InvalidAccessKeySecret")
    assert error.get_http_status() == 400
    assert error.get_error_msg().startswith(
        "Specified signature is not matched with our calculation. "
        "server string to sign is:PUT\napplication/json\n"
    )
    assert httpx.get(f"{mock.url}/_mock/tasks").json() == {"tasks": []}


def test_an_unknown_access_key_is_a_server_exception_with_404(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(auth="verify", access_keys=KEYS)
    error = refusal(client(mock, key="LTAI5tNobody"), request("GET", f"{TASKS}/{UNKNOWN}"))
    assert error.get_error_code() == "InvalidAccessKeyId.NotFound"
    assert error.get_http_status() == 404


def _without(body: Json, name: str) -> Json:
    return {key: value for key, value in body.items() if key != name}


@pytest.mark.parametrize(
    ("method", "path", "body", "query", "status", "code"),
    [
        ("PUT", TASKS, _without(guide(), "AppKey"), {"type": "realtime"}, 400, "BRK.InvalidAppKey"),
        ("PUT", TASKS, _without(guide(), "Input"), {"type": "realtime"}, 400, "MissingInput"),
        ("PUT", TASKS, guide(), {}, 400, "MissingType"),
        ("PUT", TASKS, guide(), {"type": "live"}, 400, "InvalidType"),
        ("PUT", TASKS, {}, {"type": "realtime", "operation": "stop"}, 400, "MissingTaskId"),
        ("POST", TASKS, guide(), {"type": "realtime"}, 404, "InvalidApi.NotFound"),
        ("DELETE", f"{TASKS}/{UNKNOWN}", None, {}, 404, "InvalidApi.NotFound"),
        ("GET", "/openapi/tingwu/v3/tasks", None, {}, 404, "InvalidApi.NotFound"),
    ],
)
def test_what_is_wrong_arrives_as_a_server_exception_with_code_message_and_request_id(
    mock: MockTingwu,
    method: str,
    path: str,
    body: Json | None,
    query: dict[str, str],
    status: int,
    code: str,
) -> None:
    error = refusal(client(mock), request(method, path, body, **query))
    assert (error.get_http_status(), error.get_error_code()) == (status, code)
    answer = mock.journal[-1]
    assert error.get_request_id() == answer["request_id"]
    assert error.get_error_msg() == answer["body"]["Message"]


def test_a_task_that_is_not_known_is_no_error(mock: MockTingwu) -> None:
    assert call(client(mock), request("GET", f"{TASKS}/{UNKNOWN}")) == {
        "TaskId": UNKNOWN,
        "TaskStatus": "INVALID",
    }
