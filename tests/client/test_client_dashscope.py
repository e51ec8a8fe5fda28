from __future__ import annotations

import ast
import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

import mock_tingwu.client
from mock_tingwu import MockTingwu
from mock_tingwu.client import (
    AgentInfo,
    AgentStatus,
    AgentTask,
    DashScopeClient,
    DashScopeError,
    ResultError,
    Results,
    Retries,
    TaskFailed,
    TemporaryKey,
    Unreachable,
)
from mock_tingwu.client.dashscope_answers import agent_info
from tests.dashscope.helpers import EVERYTHING, PATHS

KEY, APP = "sk-mock-api-key", "tw_app"
URL = "https://files.example.com/weekly/sync.mp4"
TEXT = "Anna: Hello, a warm welcome to our shop.\nBen: I am looking for a bicycle."
#: Between two questions whether a task is finished, in seconds.
POLL = 0.01

Use = Callable[[DashScopeClient], Awaitable[Any]]


def client_of(url: str, key: str = KEY, app_id: str = APP) -> DashScopeClient:
    return DashScopeClient(url, api_key=key, app_id=app_id)


def run(client: DashScopeClient, use: Use) -> Any:
    """What ``use`` returns of a client that is closed afterwards."""

    async def main() -> Any:
        async with client:
            return await use(client)

    return asyncio.run(main())


def answering(
    answer: Callable[[httpx.Request], httpx.Response], url: str = "http://127.0.0.1:1"
) -> DashScopeClient:
    """A client whose requests are answered so."""
    client = DashScopeClient(url, api_key=KEY, app_id=APP, retries=Retries(budget=0))
    client._http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return client


def always(status: int, content: bytes, **headers: str) -> DashScopeClient:
    """A client whose every request gets this answer."""
    return answering(lambda _: httpx.Response(status, content=content, headers=headers))


def sent(use: Use, output: dict[str, Any]) -> list[httpx.Request]:
    """The requests that ``use`` sends to a service that answers with this output."""
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={"output": output, "usage": {}, "request_id": "r"})

    run(answering(answer), use)
    return requests


# Tasks


def test_a_recording_from_create_to_all_its_files(start_mock: Callable[..., MockTingwu]) -> None:
    mock = start_mock(auth="verify")
    seen: list[AgentInfo] = []

    async def transcribe(client: DashScopeClient) -> tuple[AgentInfo, Results, bytes]:
        task = await client.create_offline(URL, parameters=EVERYTHING)
        assert task == AgentTask(task.data_id, AgentStatus.RUNNING)
        info = await client.wait(task.data_id, poll_interval=POLL, on_change=seen.append)
        assert info.playback_url is not None
        return info, await client.results(info), await client.download(info.playback_url)

    info, results, playback = run(client_of(mock.url), transcribe)
    assert (info.status, info.finished, info.error) == (AgentStatus.DONE, True, None)
    assert set(info.results) == set(results.data) == set(PATHS) and info.failed_results == ()
    assert results.data["transcriptionPath"]["paragraphs"] and results.chapters[0].headline
    assert playback[:2] in (b"\xff\xfb", b"\xff\xf3", b"ID")
    assert seen[0].status == AgentStatus.RUNNING and not seen[0].finished
    assert [len(state.results) for state in seen] == sorted({len(s.results) for s in seen})
    assert {entry["signature"] for entry in mock.journal if "signature" in entry} == {"ok"}


def test_a_text_is_worked_on_and_then_once_more(mock: MockTingwu) -> None:
    async def work(client: DashScopeClient) -> None:
        task = await client.create_offline(text=TEXT, parameters={"analysis": {}})
        info = await client.wait(task.data_id, poll_interval=POLL, check=True)
        assert list(info.results) == ["transcriptionPath"] and info.playback_url is None
        more = {"analysis": {"autoChaptersEnabled": True}}
        again = await client.create_offline(data_id=task.data_id, parameters=more)
        assert again == task
        info = await client.wait(task.data_id, poll_interval=POLL)
        assert sorted(info.results) == ["autoChaptersPath", "transcriptionPath"]

    run(client_of(mock.url), work)


def test_a_sister_agent_is_called_by_its_model(mock: MockTingwu) -> None:
    model = "tingwu-service-insights"
    items = [{"title": "greeting", "content": "says hello to the customer", "score": "20"}]

    async def judge(client: DashScopeClient) -> Any:
        parameters = {"serviceInsights": {"insightsContents": items}}
        task = await client.create_offline(text=TEXT, model=model, parameters=parameters)
        info = await client.wait(task.data_id, model=model, poll_interval=POLL)
        return await client.results(info)

    (found,) = run(client_of(mock.url), judge).service_insights
    assert (found.title, found.matched, found.score) == ("greeting", True, "20")


def test_a_meeting_without_audio_is_begun_and_ended(mock: MockTingwu) -> None:
    async def meet(client: DashScopeClient) -> None:
        task = await client.create_realtime(sample_rate=8000)
        assert task.status == AgentStatus.TRANSCRIBING
        info = await client.get_task(task.data_id)
        assert info == AgentInfo(task.data_id, AgentStatus.TRANSCRIBING)
        more = {"analysis": {"actionsEnabled": True}}
        ended = await client.end_realtime(task.data_id, parameters=more)
        assert ended.data_id == task.data_id
        assert ended.status in (AgentStatus.RUNNING, AgentStatus.DONE)
        info = await client.wait(task.data_id, poll_interval=POLL)
        assert "meetingAssistancePath" in info.results

    run(client_of(mock.url), meet)


async def unreadable(client: DashScopeClient) -> AgentTask:
    return await client.create_offline("https://files.example.com/minutes.pdf")


def test_a_failed_task_is_a_result(mock: MockTingwu) -> None:
    async def wait(client: DashScopeClient) -> AgentInfo:
        return await client.wait((await unreadable(client)).data_id, poll_interval=POLL)

    info = run(client_of(mock.url), wait)
    assert (info.status, info.finished, info.results) == (AgentStatus.FAILED, True, {})
    assert info.error == ("TSC.FileType", "File type invalid.")


def test_a_failed_task_is_an_exception_for_who_asks_for_one(mock: MockTingwu) -> None:
    async def wait(client: DashScopeClient) -> None:
        task = await unreadable(client)
        with pytest.raises(TaskFailed, match=r"TSC\.FileType: File type invalid\.") as failed:
            await client.wait(task.data_id, poll_interval=POLL, check=True)
        assert (failed.value.task_id, failed.value.code) == (task.data_id, "TSC.FileType")
        assert failed.value.message == "File type invalid."

    run(client_of(mock.url), wait)


def test_a_result_that_could_not_be_made_is_named(mock: MockTingwu) -> None:
    mock.faults.add({"type": "subtask_failed", "kind": "AutoChapters"}, times=1)

    async def wait(client: DashScopeClient) -> AgentInfo:
        task = await client.create_offline(URL)
        return await client.wait(task.data_id, poll_interval=POLL)

    info = run(client_of(mock.url), wait)
    assert info.status == AgentStatus.DONE and info.failed_results == ("autoChaptersPath",)
    assert "autoChaptersPath" not in info.results and "transcriptionPath" in info.results


@pytest.mark.parametrize("nothing", [None, "null"])
def test_both_ways_to_say_null_are_understood(nothing: str | None) -> None:
    # One sister agent's page has the status as a text.
    output = {"status": "0", "autoChaptersPath": nothing, "textPolishPath": "https://x"}
    info = agent_info("d", output)
    assert info == AgentInfo(
        "d", AgentStatus.DONE, {"textPolishPath": "https://x"}, ("autoChaptersPath",)
    )


def test_a_status_that_is_new_is_kept_and_not_the_end() -> None:
    info = agent_info("d", {"status": 7})
    assert info.status == 7 and not info.finished


def test_every_argument_is_sent_where_the_service_expects_it() -> None:
    async def create(client: DashScopeClient) -> None:
        await client.create_offline(URL)
        await client.create_offline(text=TEXT, phrase_id="p", parameters={"audio": {}})
        await client.create_offline(data_id="d", model="tingwu-service-insights", parameters={})
        await client.create_realtime()
        await client.create_realtime(audio_format="opus", sample_rate=8000, phrase_id="p")
        await client.end_realtime("d", parameters={"analysis": {}})
        await client.get_task("d", model="m")

    requests = sent(create, {"dataId": "d", "status": 1})
    assert {(r.method, r.headers["authorization"]) for r in requests} == {
        ("POST", "Bearer sk-mock-api-key")
    }
    base = {"task": "createTask", "appId": APP}
    realtime = base | {"type": "realtime"}
    assert [json.loads(request.content) for request in requests] == [
        {"model": "tingwu-meeting", "input": base | {"type": "offline", "fileUrl": URL}},
        {
            "model": "tingwu-meeting",
            "input": base | {"type": "offline", "text": TEXT, "phraseId": "p"},
            "parameters": {"audio": {}},
        },
        {"model": "tingwu-service-insights", "input": base | {"dataId": "d"}, "parameters": {}},
        {"model": "tingwu-meeting", "input": realtime | {"format": "pcm", "sampleRate": 16000}},
        {
            "model": "tingwu-meeting",
            "input": realtime | {"format": "opus", "sampleRate": 8000, "phraseId": "p"},
        },
        {
            "model": "tingwu-meeting",
            "input": realtime | {"dataId": "d"},
            "parameters": {"analysis": {}},
        },
        {"model": "m", "input": {"task": "getTask", "dataId": "d"}},
    ]


def test_the_key_does_not_go_to_the_server_of_the_files() -> None:
    async def load(client: DashScopeClient) -> None:
        with pytest.raises(ResultError, match="transcriptionPath"):  # it is an answer of getTask
            await client.results(AgentInfo("d", 0, {"transcriptionPath": "http://127.0.0.1:1/x"}))
        await client.download("http://127.0.0.1:1/y.json")

    requests = sent(load, {})
    assert [request.url.path for request in requests] == ["/x", "/y.json"]
    assert not any("authorization" in request.headers for request in requests)


@pytest.mark.parametrize("sources", [{}, {"file_url": URL, "text": TEXT}])
def test_one_source_is_wanted(sources: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="give one of"):
        run(client_of("http://127.0.0.1:1"), lambda client: client.create_offline(**sources))


# Errors


@pytest.mark.parametrize(
    ("use", "code", "status"),
    [
        (lambda client: client.create_offline(URL, model="m"), "ModelNotFound", 404),
        (lambda client: client.create_offline(text="no colon"), "InvalidParameter", 400),
        (lambda client: client.create_realtime(sample_rate=1), "InvalidParameter", 400),
        (lambda client: client.get_task("none"), "Agent.InputInvalidDataId", 400),
        (lambda client: client.end_realtime("none"), "Agent.InputInvalidDataId", 400),
        (lambda client: client.create_token(1801), "InvalidParameter", 400),
    ],
)
def test_what_the_service_refuses_is_told_with_code_status_and_request_id(
    mock: MockTingwu, use: Use, code: str, status: int
) -> None:
    with pytest.raises(DashScopeError) as refused:
        run(client_of(mock.url), use)
    error = refused.value
    assert (error.code, error.http_status) == (code, status)
    assert error.request_id == mock.journal[-1]["request_id"] and error.message in str(error)


def test_an_error_in_a_200_envelope_is_an_error() -> None:
    content = b'{"code":"Arrearage","message":"Access denied."}'
    client = always(200, content, **{"x-request-id": "R"})
    with pytest.raises(DashScopeError) as refused:
        run(client, lambda client: client.get_task("x"))
    error = refused.value
    assert (error.code, error.http_status, error.request_id) == ("Arrearage", 200, "R")


@pytest.mark.parametrize(
    ("status", "content"),
    [(502, b"<html>bad gateway</html>"), (200, b""), (500, b"[]"), (200, b"[" * 100_000)],
)
def test_an_answer_that_is_not_the_services_is_told(status: int, content: bytes) -> None:
    with pytest.raises(Unreachable, match=f"answered {status} without the JSON expected"):
        run(always(status, content), lambda client: client.get_task("x"))


@pytest.mark.parametrize(
    ("use", "content", "message"),
    [
        (lambda c: c.create_offline(URL), b"{}", "created a task without dataId"),
        (lambda c: c.create_offline(URL), b'{"output":[]}', "created a task without dataId"),
        (lambda c: c.get_task("x"), b'{"output":{}}', "described a task in a shape of its own"),
        (
            lambda c: c.create_realtime(),
            b'{"output":{"dataId":"d","status":"late"}}',
            "described a task in a shape of its own",
        ),
        (lambda c: c.create_token(), b"{}", "created a temporary key without token"),
        (
            lambda c: c.create_token(),
            b'{"token":"st-","expires_at":"soon"}',
            "described a temporary key in a shape of its own",
        ),
    ],
)
def test_an_answer_without_what_was_asked_for_is_told(
    use: Use, content: bytes, message: str
) -> None:
    with pytest.raises(Unreachable, match=message):
        run(always(200, content), use)


def test_a_server_that_is_gone_is_told(mock: MockTingwu) -> None:
    mock.close()
    with pytest.raises(Unreachable, match=f"{mock.host} does not answer"):
        run(client_of(mock.url), lambda client: client.create_realtime())


@pytest.mark.parametrize("url", ["", "nonsense", "http://[", "ftp://127.0.0.1/x"])
def test_a_link_that_is_none_is_told(url: str) -> None:
    with pytest.raises(ValueError, match="url is no link, expected"):
        run(client_of("http://127.0.0.1:1"), lambda client: client.download(url))


def test_waiting_is_bounded(virtual_mock: MockTingwu) -> None:
    async def wait(client: DashScopeClient) -> None:
        task = await client.create_offline(URL)
        await client.wait(task.data_id, poll_interval=0.001, timeout=0.5)

    with pytest.raises(Unreachable, match=r"still RUNNING after 0\.5 s"):
        run(client_of(virtual_mock.url), wait)


def test_a_server_that_never_answers_does_not_outlast_the_wait() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        client = client_of(f"http://127.0.0.1:{deaf.getsockname()[1]}")
        with pytest.raises(Unreachable, match=r"still unknown after 0\.2 s"):
            run(client, lambda client: client.wait("x", timeout=0.2))


def test_links_that_have_expired_are_asked_for_anew(virtual_mock: MockTingwu) -> None:
    async def load(client: DashScopeClient) -> None:
        task = await client.create_offline(text=TEXT)
        await asyncio.to_thread(virtual_mock.advance, 60_000)
        info = await client.get_task(task.data_id)
        await asyncio.to_thread(virtual_mock.advance, 25 * 60 * 60 * 1000)
        with pytest.raises(DashScopeError) as refused:
            await client.download(info.results["transcriptionPath"])
        assert (refused.value.code, refused.value.http_status) == ("AccessDenied", 403)
        assert refused.value.request_id
        assert (await client.results(info)).data.keys() == info.results.keys()

    run(client_of(virtual_mock.url), load)


def test_a_link_that_is_refused_for_good_is_told(mock: MockTingwu) -> None:
    async def load(client: DashScopeClient) -> None:
        task = await client.create_offline(text=TEXT)
        await client.results(await client.wait(task.data_id, poll_interval=0.01))

    mock.faults.add("link.expired")
    with pytest.raises(ResultError, match=r"Path cannot be downloaded: AccessDenied") as failed:
        run(client_of(mock.url), load)
    assert isinstance(failed.value.__cause__, DashScopeError)


# Keys


def test_a_temporary_key_goes_where_the_lasting_one_went(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(auth="verify", clock="virtual")

    async def use(client: DashScopeClient) -> TemporaryKey:
        key = await client.create_token(90)
        assert key.key not in repr(key)
        async with client_of(mock.url, key.key) as other:
            assert (await other.create_realtime()).status == AgentStatus.TRANSCRIBING
            await asyncio.to_thread(mock.advance, 90_000)
            with pytest.raises(DashScopeError, match="InvalidApiKey") as refused:
                await other.create_realtime()
            assert refused.value.http_status == 401
        return key

    key = run(client_of(mock.url), use)
    now = httpx.get(f"{mock.url}/_mock/clock").json()["now_ms"]
    assert key.key.startswith("st-") and key.expires_at == now // 1000


def test_a_wrong_key_is_refused(start_mock: Callable[..., MockTingwu]) -> None:
    mock = start_mock(auth="verify")
    with pytest.raises(DashScopeError, match="Invalid API-key provided"):
        run(client_of(mock.url, "sk-wrong"), lambda client: client.create_token())


# What the package knows

PACKAGE = Path(mock_tingwu.client.__file__).parent


@pytest.mark.parametrize(
    "module",
    sorted(PACKAGE.rglob("*.py")),
    ids=lambda path: path.relative_to(PACKAGE).as_posix(),
)
def test_the_client_imports_the_wire_and_nothing_behind_it(module: Path) -> None:
    allowed = ("mock_tingwu.client", "mock_tingwu.protocols")
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        ours = [name for name in names if name.partition(".")[0] == "mock_tingwu"]
        assert all(name.startswith(allowed) for name in ours), f"{module.name} imports {ours}"


def test_what_the_client_imports_brings_nothing_of_the_mock_along() -> None:
    code = "import mock_tingwu.client, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    parts = {name.split(".")[1] for name in done.stdout.split() if name.startswith("mock_tingwu.")}
    assert parts == {"client", "protocols"}
