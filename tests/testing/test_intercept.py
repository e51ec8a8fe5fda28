"""The flag ``intercept`` of the pytest plugin, and what is behind it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any, Literal

import aiohttp
import httpx
import pytest
import requests
from websockets.asyncio.client import connect as connect_async
from websockets.sync.client import connect

from mock_tingwu import MockTingwu
from mock_tingwu.interception.inside import intercepted
from mock_tingwu.settings import Settings
from mock_tingwu.testing.mocks import Mocks, wanted
from tests.testing.test_plugin import configure, configured, run

pytest_plugins = ["pytester"]
__all__ = ["configured"]

TINGWU = "https://tingwu.cn-beijing.aliyuncs.com"
CREATE = f"{TINGWU}/openapi/tingwu/v2/tasks?type=realtime"
JSON = {"Accept": "application/json"}
BODY: Any = {"AppKey": "a", "Input": {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16000}}

#: What tests begin with that call the cloud by its own names.
HEAD = """
import json
import socket
import ssl
import unittest
import urllib.request

TINGWU = "https://tingwu.cn-beijing.aliyuncs.com"
CREATE = f"{TINGWU}/openapi/tingwu/v2/tasks?type=realtime"
JSON = {"Accept": "application/json"}
intercept = pytest.mark.mock_tingwu(intercept=True)

def made(mock):
    return len([e for e in mock.journal if e["kind"] == "request" and e["method"] == "PUT"])
"""


@pytest.fixture(scope="module", autouse=True)
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The authority is not in the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOCK_TINGWU_CA_DIR", str(tmp_path_factory.mktemp("authority")))
        yield


# Every client of this process that calls the cloud reaches the mock


@pytest.fixture(scope="module")
def intercepting(place: None) -> Iterator[MockTingwu]:
    with MockTingwu(tls_port=0) as mock, intercepted(mock):
        yield mock


@pytest.fixture
def cloud(intercepting: MockTingwu) -> Iterator[Callable[[], int]]:
    """How many tasks were made since the test began."""
    intercepting.reset()
    yield lambda: sum(
        entry["kind"] == "request" and entry["method"] == "PUT" for entry in intercepting.journal
    )


def test_urllib(cloud: Callable[[], int]) -> None:
    asking = urllib.request.Request(CREATE, json.dumps(BODY).encode(), JSON, method="PUT")
    with urllib.request.urlopen(asking) as answer:
        assert json.load(answer)["Data"]["TaskId"]
    assert cloud() == 1


def test_requests(cloud: Callable[[], int]) -> None:
    assert requests.put(CREATE, json=BODY, headers=JSON, timeout=10).json()["Data"]["TaskId"]
    assert cloud() == 1


@pytest.mark.parametrize("trust_env", [True, False])
def test_httpx(cloud: Callable[[], int], trust_env: bool) -> None:
    with httpx.Client(trust_env=trust_env) as client:
        assert client.put(CREATE, json=BODY, headers=JSON).json()["Data"]["TaskId"]
    assert cloud() == 1


@pytest.mark.parametrize("trust_env", [True, False])
def test_aiohttp(cloud: Callable[[], int], trust_env: bool) -> None:
    async def call() -> Any:
        async with (
            aiohttp.ClientSession(trust_env=trust_env) as session,
            session.put(CREATE, json=BODY, headers=JSON) as answer,
        ):
            return await answer.json()

    assert asyncio.run(call())["Data"]["TaskId"]
    assert cloud() == 1


@pytest.mark.parametrize("proxy", [True, None])
@pytest.mark.usefixtures("cloud")
def test_websockets(intercepting: MockTingwu, proxy: Literal[True] | None) -> None:
    def joining() -> str:
        answer = httpx.put(CREATE, json=BODY, headers=JSON)
        return str(answer.json()["Data"]["MeetingJoinUrl"])

    async def join() -> None:
        async with connect_async(joining(), proxy=proxy):
            pass

    url = joining()
    assert url.startswith("wss://tingwu-realtime-cn-beijing.aliyuncs.com/")
    with connect(url, proxy=proxy):
        pass
    asyncio.run(join())
    assert [entry["kind"] for entry in intercepting.journal].count("ws_open") == 2


# The vendor's packages, as its guides use them

of_the_vendor = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning",
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)


@of_the_vendor
def test_core(cloud: Callable[[], int]) -> None:
    from aliyunsdkcore.auth.credentials import AccessKeyCredential
    from aliyunsdkcore.client import AcsClient
    from aliyunsdkcore.request import CommonRequest

    credential = AccessKeyCredential(
        os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"], os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
    )
    client = AcsClient(region_id="cn-beijing", credential=credential)
    request = CommonRequest()
    request.set_accept_format("json")
    request.set_domain("tingwu.cn-beijing.aliyuncs.com")
    request.set_version("2023-09-30")
    request.set_protocol_type("https")
    request.set_method("PUT")
    request.set_uri_pattern("/openapi/tingwu/v2/tasks")
    request.add_header("Content-Type", "application/json")
    request.add_query_param("type", "realtime")
    request.set_content(json.dumps(BODY).encode())
    assert json.loads(client.do_action_with_exception(request))["Data"]["TaskId"]
    assert cloud() == 1


@of_the_vendor
def test_tea(cloud: Callable[[], int]) -> None:
    from alibabacloud_tea_openapi.utils_models import Config
    from alibabacloud_tingwu20230930 import models
    from alibabacloud_tingwu20230930.client import Client

    config = Config(
        access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        endpoint="tingwu.cn-beijing.aliyuncs.com",
    )
    client = Client(config)
    source = models.CreateTaskRequestInput(source_language="cn", format="pcm", sample_rate=16000)
    request = models.CreateTaskRequest(type="realtime", app_key="a", input=source)
    assert client.create_task(request).body.data.task_id
    assert asyncio.run(client.create_task_async(request)).body.data.task_id
    assert cloud() == 2


@of_the_vendor
@pytest.mark.usefixtures("cloud")
def test_dashscope(monkeypatch: pytest.MonkeyPatch) -> None:
    import dashscope
    from dashscope.multimodal.tingwu import TingWu

    # Other tests may have imported it with an address of theirs.
    monkeypatch.setattr(dashscope, "base_http_api_url", "https://dashscope.aliyuncs.com/api/v1")
    dashscope.close_shared_sync_session()
    asked = {"task": "createTask", "type": "offline", "appId": "tw_app"}
    asked["fileUrl"] = "https://files.example.com/a.mp3?mock.duration_ms=2000"
    key = os.environ["DASHSCOPE_API_KEY"]
    answer = TingWu.call(model="tingwu-meeting", user_defined_input=asked, api_key=key)
    assert answer.status_code == 200, answer
    assert answer.output["dataId"]
    dashscope.close_shared_sync_session()


# In projects of users


def test_all_is_undone_behind_a_test(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        HEAD
        + dedent("""
        methods = ("load_verify_locations", "wrap_socket", "wrap_bio")
        tls = [getattr(ssl.SSLContext, name) for name in methods]
        # As libraries do that are imported early; and it knows no proxy.
        client = httpx.Client(trust_env=False, verify=ssl.create_default_context())

        def state():
            unrelated = {"PYTEST_CURRENT_TEST"}
            environ = {name: os.environ[name] for name in os.environ if name not in unrelated}
            return environ, socket.getaddrinfo

        before = state()

        def call(mock):
            assert client.put(CREATE, json=BODY, headers=JSON).json()["Code"] == "0"
            assert made(mock) == 1

        @intercept
        def test_one(mock_tingwu):
            call(mock_tingwu)

        @intercept
        def test_the_same_server(mock_tingwu):
            call(mock_tingwu)

        @pytest.mark.mock_tingwu(intercept=True, task_ids="documented")
        def test_another_server(mock_tingwu):
            call(mock_tingwu)

        @intercept
        def test_that_names_no_fixture():
            assert urllib.request.urlopen(f"{TINGWU}/_mock/health").status == 200

        @pytest.fixture
        def task_id():
            return client.put(CREATE, json=BODY, headers=JSON).json()["Data"]["TaskId"]

        @pytest.fixture(scope="module")
        def of_the_module():
            return state()

        @intercept
        def test_is_first(task_id, of_the_module, mock_tingwu):
            assert task_id in str(mock_tingwu.journal)
            assert of_the_module == before

        @intercept
        class TestOfAnotherKind(unittest.TestCase):
            def test(self):
                assert urllib.request.urlopen(f"{TINGWU}/_mock/health").status == 200

        @intercept
        def test_closes_it(mock_tingwu):
            with httpx.Client() as by_proxy:
                assert by_proxy.put(CREATE, json=BODY, headers=JSON).json()["Code"] == "0"
                mock_tingwu.close()

        def test_none(mock_tingwu, monkeypatch):
            assert state() == before
            assert tls == [getattr(ssl.SSLContext, name) for name in methods]

            def nowhere(*args, **kwargs):
                raise socket.gaierror("asked")

            monkeypatch.setattr(socket, "getaddrinfo", nowhere)
            with pytest.raises(httpx.ConnectError, match="asked"):
                client.get(TINGWU)
            client.close()

        @intercept
        def test_others_are_out_of_reach(mock_tingwu):
            with pytest.raises(httpx.ProxyError, match="403"):
                httpx.get("https://files.example.com/")
            with httpx.Client(trust_env=False) as client:
                with pytest.raises(httpx.ConnectError, match="lets nothing leave this machine"):
                    client.get("https://files.example.com/")

        @pytest.mark.mock_tingwu(intercept=True, allow_network=True)
        def test_the_network_is_allowed(mock_tingwu):
            assert json.loads(os.environ["MOCK_TINGWU_INTERCEPT"])["allow_network"]
        """),
    )
    result.assert_outcomes(passed=10)


BAD = {
    "intercpt=True": "intercpt is not a setting; there are environ, strict, intercept, allow_",
    "intercept='yes'": "intercept is 'yes', expected True or False",
    "intercept=True, allow_network=1": "allow_network is 1, expected True or False",
    "intercept=False, allow_network=True": "allow_network goes with intercept",
    "intercept=True, tls_port='x'": "tls_port is 'x', expected ",
}


def test_what_the_configuration_wants_and_what_makes_no_sense(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest -p no:schemathesis")
    configure(pytester, "mock_tingwu_intercept = true\nmock_tingwu_allow_network = true")
    tests = [
        f"@pytest.mark.mock_tingwu({flags})\ndef test_{number}(mock_tingwu): pass\n"
        for number, flags in enumerate(["", "intercept=False", "allow_network=False", *BAD])
    ]
    plain, off, local, *bad = pytester.getitems("import pytest\n" + "".join(tests))
    found = [wanted(item.config, item) for item in (plain, off, local)]
    assert [one.intercept for one in found] == [True, False, True]
    assert [one.allow_network for one in (found[0], found[2])] == [True, False]
    assert [one.settings.tls_port for one in found] == [0, None, 0]
    for item, why in zip(bad, BAD.values(), strict=True):
        with pytest.raises(pytest.UsageError, match=re.escape(f"mock_tingwu: {why}")):
            wanted(item.config, item)
    configure(pytester, 'mock_tingwu_strict = "maybe"')
    why = "mock_tingwu_strict: invalid truth value 'maybe', expected true or false"
    with pytest.raises(pytest.UsageError, match=why):
        pytester.parseconfigure()


def test_an_authority_that_makes_no_sense_is_told_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ca-with-key.pem").write_text("no key\n-----END CERTIFICATE-----\n")
    monkeypatch.setenv("MOCK_TINGWU_CA_DIR", str(tmp_path))
    with pytest.raises(pytest.fail.Exception, match="is damaged") as caught:
        Mocks().get(Settings.of({"port": 0, "tls_port": 0}))
    assert not caught.value.pytrace
