"""Programs that are told of the mock by their environment alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

from mock_tingwu import MockTingwu

#: A createTask of DashScope's SDK, and a Query of Live's with the default credentials.
PROGRAM = """
import sys

import dashscope
from alibabacloud_credentials.client import Client as Credentials
from alibabacloud_live20161101.client import Client
from alibabacloud_live20161101.models import QueryRtcAsrTasksRequest
from alibabacloud_tea_openapi.models import Config

source = {"task": "createTask", "type": "offline", "appId": "a"}
source["fileUrl"] = "http://h.example.com/a.mp3"
with dashscope.Client() as client:
    print(bool(client.tingwu.call(model="tingwu-meeting", input=source).output["dataId"]))
config = Config(credential=Credentials(), endpoint=sys.argv[1], protocol="HTTP")
print(Client(config).query_rtc_asr_tasks(QueryRtcAsrTasksRequest()).body.ret_code)
"""


def test_sdks_find_keys_and_address_in_the_environment(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(auth="verify", access_keys={"id": "the-secret"}, api_keys=["sk-of-mine"])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, mock.host],
        env={**os.environ, **mock.environ},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["True", "2000"]
