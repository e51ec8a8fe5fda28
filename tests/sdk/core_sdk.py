"""aliyun-python-sdk-core as the vendor's guides use it: a CommonRequest in ROA style."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.auth.credentials import AccessKeyCredential
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest

from mock_tingwu import MockTingwu
from tests.sdk.bodies import ACCESS_KEY, SECRET, Json

TIMEOUT = 5


def client(mock: MockTingwu, key: str = ACCESS_KEY, secret: str = SECRET) -> Any:
    credential = AccessKeyCredential(key, secret)
    return AcsClient(region_id="cn-beijing", credential=credential, port=mock.port, timeout=TIMEOUT)


def request(
    method: str,
    path: str,
    body: Json | None = None,
    *,
    domain: str = "127.0.0.1",
    protocol: str = "http",
    **query: str,
) -> Any:
    made = CommonRequest()
    made.set_accept_format("json")
    made.set_domain(domain)
    made.set_version("2023-09-30")
    made.set_protocol_type(protocol)
    made.set_method(method)
    made.set_uri_pattern(path)
    made.add_header("Content-Type", "application/json")
    for name, value in query.items():
        made.add_query_param(name, value)
    if body is not None:
        made.set_content(json.dumps(body).encode())
    return made


def call(sdk: Any, made: Any) -> Json:
    """The Data of an answer that is no error."""
    answer: Json = json.loads(sdk.do_action_with_exception(made))
    assert list(answer)[:4] == ["Code", "Data", "Message", "RequestId"]
    assert (answer["Code"], answer["Message"]) == ("0", "success")
    data: Json = answer["Data"]
    return data


def refusal(sdk: Any, made: Any) -> Any:
    """The exception that the SDK makes of an error answer."""
    with pytest.raises(ServerException) as caught:
        sdk.do_action_with_exception(made)
    return caught.value
