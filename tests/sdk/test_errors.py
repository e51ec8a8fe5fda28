"""Every error of the tables as official SDKs see it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alibabacloud_tea_openapi import exceptions
from alibabacloud_tea_openapi.models import Config
from alibabacloud_tingwu20230930.client import Client

from mock_tingwu import MockTingwu
from mock_tingwu.core.errors import API_ERRORS
from tests.control.test_faults import expected, rule_for
from tests.sdk.bodies import ACCESS_KEY, SECRET, TASKS
from tests.sdk.core_sdk import client, refusal, request

UNKNOWN = "0" * 32
#: Errors that the newest Tea SDK has an exception of its own for.
THROTTLED = "Throttling.User"


@pytest.fixture(scope="module")
def server() -> Iterator[MockTingwu]:
    with MockTingwu() as mock:
        yield mock


@pytest.fixture
def mock(server: MockTingwu) -> MockTingwu:
    server.reset()
    return server


@pytest.mark.parametrize("row", API_ERRORS)
def test_every_row_is_a_server_exception_of_the_python_core(mock: MockTingwu, row: str) -> None:
    mock.faults.add(rule_for(row))
    error = refusal(client(mock), request("GET", f"{TASKS}/{UNKNOWN}"))
    status, code, message = expected(row)
    assert (error.get_http_status(), error.get_error_code()) == (status, code)
    assert error.get_error_msg().startswith(message)
    assert error.get_request_id() == mock.journal[-1]["request_id"]


@pytest.mark.parametrize("row", API_ERRORS)
def test_every_row_is_an_exception_of_the_tea_core(mock: MockTingwu, row: str) -> None:
    mock.faults.add(rule_for(row))
    tea = Client(
        Config(
            access_key_id=ACCESS_KEY,
            access_key_secret=SECRET,
            endpoint=mock.host,
            protocol="http",
        )
    )
    with pytest.raises(exceptions.AlibabaCloudException) as caught:
        tea.get_task_info(UNKNOWN)
    error = caught.value
    status, code, message = expected(row)
    if row == "SignatureDoesNotMatch":  # ACS3 words it otherwise
        message = "Specified signature does not match our calculation. "
    assert (error.status_code, error.code) == (status, code)
    assert error.message.startswith(f"code: {status}, {message}")
    if row == THROTTLED:
        assert isinstance(error, exceptions.ThrottlingException)
        assert error.retry_after == 1000
    elif status < 500:
        assert isinstance(error, exceptions.ClientException)
        denied = error.access_denied_detail or {}
        assert bool(denied) is (status == 403)
        if denied:
            assert denied["AuthAction"] == "tingwu:GetTaskInfo"
    else:
        assert isinstance(error, exceptions.ServerException)
