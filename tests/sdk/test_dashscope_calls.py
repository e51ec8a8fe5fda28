"""createTask and getTask with the package dashscope: its 1.x style and its v2 style, both ways."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dashscope
import httpx
import pytest
from dashscope.multimodal.tingwu import TingWu
from dashscope.v2 import errors

from mock_tingwu import MockTingwu
from tests.dashscope.helpers import EVERYTHING, GENERATION, IMAGINED, Json
from tests.realtime.helpers import until

KEY = "sk-key-of-the-test"
APP = "tw_sdk"
MODEL = "tingwu-meeting"
CREATE: Json = {"task": "createTask", "type": "offline", "appId": APP, "fileUrl": IMAGINED}
#: All but slides: the recording has no pictures.
ALL: Json = {
    **EVERYTHING,
    "analysis": {**EVERYTHING["analysis"], "pptExtractionEnabled": False},
}
MADE = {
    "transcriptionPath",
    "translationsPath",
    "autoChaptersPath",
    "meetingAssistancePath",
    "summarizationPath",
    "textPolishPath",
    "customPromptPath",
}


@pytest.fixture(autouse=True)
def at_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No setting of the machine's counts, and nothing but loopback addresses is talked to."""
    for name in [name for name in os.environ if name.startswith("DASHSCOPE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    strangers = []
    resolve = socket.getaddrinfo

    def watched(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host not in ("127.0.0.1", "localhost", None):
            strangers.append(host)
            raise OSError(f"{host} is not on this machine")
        return resolve(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", watched)
    yield
    dashscope.close_shared_sync_session()
    assert strangers == []


@pytest.fixture
def strict(start_mock: Callable[..., MockTingwu]) -> MockTingwu:
    return start_mock(auth="verify", api_keys=[KEY])


def address(mock: MockTingwu) -> str:
    return f"{mock.url}{GENERATION}"


def call(mock: MockTingwu, given: Json, parameters: Json | None = None, **more: Any) -> Any:
    """The answer to a call of the 1.x style."""
    settings = {"api_key": KEY, "base_address": address(mock), **more}
    return TingWu.call(MODEL, given, parameters, **settings)


def data_id(answer: Any) -> str:
    assert answer.status_code == 200, answer
    return str(answer.output["dataId"])


def asked(given: Any) -> Json:
    return {"task": "getTask", "dataId": given}


def check_results(output: Json) -> None:
    """All that was asked for is there, and can be downloaded."""
    assert {name for name in output if name.endswith("Path")} == MADE
    for name in MADE:
        answer = httpx.get(output[name], timeout=30)
        assert answer.status_code == 200, name
        assert answer.json(), name
    assert httpx.get(output["playbackUrl"], timeout=30).status_code == 200


def targets(mock: MockTingwu) -> list[str]:
    """The addresses of all calls."""
    calls = [e for e in mock.journal if e["kind"] == "request" and e["service"] == "dashscope"]
    return [entry["target"] for entry in calls]


# The 1.x style


def test_a_recording_from_call_to_results(strict: MockTingwu) -> None:
    created = call(strict, CREATE, {**ALL})
    task = data_id(created)
    assert (created.code, created.message) == ("", "")
    assert created.usage == {}
    response = next(entry for entry in strict.journal if entry["kind"] == "response")
    assert created.request_id == response["request_id"]
    until(lambda: call(strict, asked(task)).output["status"] == 0, "the end")
    check_results(call(strict, asked(task)).output)
    assert set(targets(strict)) == {GENERATION + "/"}, "it puts a slash behind"
    body = next(entry["body"] for entry in strict.journal if entry["kind"] == "request")
    assert list(body) == ["model", "parameters", "input"]
    strict.assert_no_violations("advice")


def test_the_address_may_be_set_for_the_whole_module(
    strict: MockTingwu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashscope, "base_http_api_url", address(strict))
    assert data_id(TingWu.call(MODEL, CREATE, api_key=KEY))
    assert targets(strict) == [GENERATION + "/"]


def test_the_address_may_be_set_in_the_environment(strict: MockTingwu) -> None:
    # It is read when the package is imported, so in a program of its own.
    program = (
        "from dashscope.multimodal.tingwu import TingWu\n"
        f"answer = TingWu.call({MODEL!r}, {CREATE!r}, api_key={KEY!r})\n"
        "print(answer.status_code.value, answer.output['dataId'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={**os.environ, "DASHSCOPE_HTTP_BASE_URL": f"{strict.url}/api/v1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    status, task = done.stdout.split()
    assert status == "200"
    assert call(strict, asked(task)).output["status"] in (0, 1)
    assert targets(strict)[0] == "/api/v1/"


@pytest.mark.parametrize("key", [None, "sk-another"])
def test_a_wrong_key_is_an_answer_with_401(strict: MockTingwu, key: str | None) -> None:
    answer = call(strict, CREATE, api_key=key)
    assert answer.status_code == 401
    assert (answer.code, answer.message) == ("InvalidApiKey", "Invalid API-key provided.")
    assert answer.output is None
    request = next(entry for entry in strict.journal if entry["kind"] == "request")
    # Without a key it sends the word None, whatever module and environment say.
    assert request["signature"] == ("missing" if key is None else "unknown")
    assert answer.request_id == request["request_id"]


def test_the_key_of_the_module_does_not_count(
    strict: MockTingwu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashscope, "api_key", KEY)
    monkeypatch.setenv("DASHSCOPE_API_KEY", KEY)
    assert call(strict, CREATE, api_key=None).status_code == 401


def test_in_open_mode_a_key_is_not_needed(mock: MockTingwu) -> None:
    assert data_id(call(mock, CREATE, api_key=None))


@pytest.mark.parametrize(
    ("given", "status", "code", "message"),
    [
        ({**CREATE, "fileUrl": None, "text": "no colon"}, 400, "InvalidParameter", "Agent Input"),
        ({**CREATE, "appId": None}, 400, "Agent.InputAppIdIllegal", "Agent Input appId illegal."),
        (asked("zzzzzzzzzzzz"), 400, "Agent.InputInvalidDataId", "Agent Input invalid dataId."),
        ({"task": "stopTask"}, 400, "InvalidParameter", "Invalid parameter."),
    ],
)
def test_a_refusal_is_an_answer_with_its_status(
    strict: MockTingwu, given: Json, status: int, code: str, message: str
) -> None:
    answer = call(strict, given)
    assert (answer.status_code, answer.code) == (status, code)
    assert answer.message.startswith(message)
    assert answer.output is None
    assert answer.request_id


def test_an_unknown_model_is_an_answer_with_404(strict: MockTingwu) -> None:
    answer = TingWu.call("qwen-max", CREATE, api_key=KEY, base_address=address(strict))
    assert (answer.status_code, answer.code) == (404, "ModelNotFound")


def test_a_throttled_call_is_an_answer_with_429_and_not_repeated(strict: MockTingwu) -> None:
    strict.faults.add({"type": "throttle"}, times=1)
    answer = call(strict, CREATE)
    assert (answer.status_code, answer.code) == (429, "Throttling.RateQuota")
    assert answer.message == "Requests rate limit exceeded, please try again later."
    assert len(targets(strict)) == 1


@pytest.mark.parametrize(("code", "status"), [("InternalError", 500), ("ModelUnavailable", 503)])
def test_a_fault_is_an_answer_with_its_status(strict: MockTingwu, code: str, status: int) -> None:
    strict.faults.add({"type": "api_error", "code": code})
    answer = call(strict, CREATE)
    assert (answer.status_code, answer.code) == (status, code)
    assert len(targets(strict)) == 1


# The v2 style


def client(mock: MockTingwu, **settings: Any) -> Any:
    return dashscope.Client(**{"api_key": KEY, "base_url": f"{mock.url}/api/v1", **settings})


def test_a_recording_with_the_v2_client(strict: MockTingwu) -> None:
    with client(strict) as v2:
        created = v2.tingwu.call(model=MODEL, input=CREATE, parameters=ALL)
        task = created.output["dataId"]
        assert created.is_error is False
        assert created.request_id == created.headers["x-request-id"]

        def output() -> Any:
            return v2.tingwu.call(model=MODEL, input=asked(task)).output

        until(lambda: output()["status"] == 0, "the end")
        check_results(output())
    assert set(targets(strict)) == {GENERATION}
    first, second, *_ = (entry for entry in strict.journal if entry["kind"] == "request")
    assert list(first["body"]) == ["model", "input", "parameters"]
    assert list(second["body"]) == ["model", "input"]


def test_a_recording_with_the_async_client(strict: MockTingwu) -> None:
    async def run() -> Any:
        settings = {"api_key": KEY, "base_url": f"{strict.url}/api/v1"}
        async with dashscope.AsyncClient(**settings) as v2:
            created = await v2.tingwu.call(model=MODEL, input=CREATE, parameters=ALL)
            question = asked(created.output["dataId"])
            while True:
                answer = await v2.tingwu.call(model=MODEL, input=question)
                if answer.output["status"] != 1:
                    return answer.output
                await asyncio.sleep(0.01)

    output = asyncio.run(run())
    assert output["status"] == 0
    check_results(output)


@pytest.mark.parametrize("variable", ["DASHSCOPE_BASE_URL", "DASHSCOPE_HTTP_BASE_URL"])
def test_the_v2_client_reads_the_environment(
    strict: MockTingwu, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, f"{strict.url}/api/v1")
    monkeypatch.setenv("DASHSCOPE_API_KEY", KEY)
    monkeypatch.setenv("DASHSCOPE_WORKSPACE", "llm-ws1")
    with dashscope.Client() as v2:
        assert v2.config.workspace == "llm-ws1"
        answer = v2.tingwu.call(model=MODEL, input=CREATE)
    assert answer.output["dataId"]
    assert targets(strict) == [GENERATION]


@pytest.mark.parametrize(
    ("settings", "given", "error", "code"),
    [
        ({"api_key": "sk-another"}, CREATE, errors.AuthenticationError, "InvalidApiKey"),
        ({}, {"task": "stopTask"}, errors.BadRequestError, "InvalidParameter"),
        ({}, asked("zzzzzzzzzzzz"), errors.BadRequestError, "Agent.InputInvalidDataId"),
        ({}, {**CREATE, "appId": ""}, errors.BadRequestError, "Agent.InputAppIdIllegal"),
    ],
)
def test_a_refusal_is_an_exception_of_its_kind(
    strict: MockTingwu, settings: Json, given: Json, error: type[Exception], code: str
) -> None:
    with client(strict, **settings) as v2, pytest.raises(error) as caught:
        v2.tingwu.call(model=MODEL, input=given)
    refused: Any = caught.value
    assert refused.code == code
    assert refused.status_code == (401 if code == "InvalidApiKey" else 400)
    assert refused.request_id == strict.journal[-1]["request_id"]
    assert len(targets(strict)) == 1, "that is not tried again"


def test_an_unknown_model_is_not_found(strict: MockTingwu) -> None:
    with client(strict) as v2, pytest.raises(errors.NotFoundError) as caught:
        v2.tingwu.call(model="qwen-max", input=CREATE)
    assert caught.value.code == "ModelNotFound"


def test_a_throttled_call_is_repeated_after_the_time_that_it_is_told(strict: MockTingwu) -> None:
    strict.faults.add({"type": "throttle", "retry_after": 20}, times=2)
    with client(strict) as v2:
        assert v2.tingwu.call(model=MODEL, input=CREATE).output["dataId"]
    statuses = [entry["status"] for entry in strict.journal if entry["kind"] == "response"]
    assert statuses == [429, 429, 200]


@pytest.mark.parametrize(
    ("action", "error"),
    [
        ({"type": "throttle", "retry_after": 1}, errors.RateLimitError),
        ({"type": "api_error", "code": "InternalError"}, errors.InternalServerError),
        ({"type": "api_error", "code": "ModelUnavailable"}, errors.ServiceUnavailableError),
        ({"type": "api_error", "code": "AccessDenied"}, errors.PermissionDeniedError),
        ({"type": "api_error", "code": "Arrearage"}, errors.PermissionDeniedError),
        ({"type": "api_error", "code": "DataInspectionFailed"}, errors.ContentFilterError),
    ],
)
def test_a_fault_is_an_exception_of_its_kind(
    strict: MockTingwu, action: Json, error: type[Exception]
) -> None:
    strict.faults.add(action)
    with client(strict, max_retries=0) as v2, pytest.raises(error):
        v2.tingwu.call(model=MODEL, input=CREATE)
    assert len(targets(strict)) == 1


def test_without_exceptions_the_error_is_in_the_result(strict: MockTingwu) -> None:
    with client(strict, raise_on_error=False) as v2:
        result = v2.tingwu.call(model=MODEL, input=asked("zzzzzzzzzzzz"))
    assert result.is_error
    assert (result.code, result.message) == (
        "Agent.InputInvalidDataId",
        "Agent Input invalid dataId.",
    )


def test_a_temporary_key_works_as_a_key_does(strict: MockTingwu) -> None:
    answer = httpx.post(f"{strict.url}/api/v1/tokens", headers={"Authorization": f"Bearer {KEY}"})
    with client(strict, api_key=answer.json()["token"]) as v2:
        assert v2.tingwu.call(model=MODEL, input=CREATE).output["dataId"]
