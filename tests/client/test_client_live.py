from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.client import LiveAsrClient, LiveError, LiveTask, Retries, Unreachable
from mock_tingwu.client.live_callbacks import Arrival, LiveCallbackReceiver

KEY, SECRET = "mock-access-key-id", "mock-access-key-secret"
AUTH_KEY = "auth-key-of-the-callbacks"
#: Nobody is contacted there: the stream is imagined.
STREAM = "rtmp://pull.example.com/app/lesson?key=a+b~*()'一"
NOWHERE = "http://127.0.0.1:1/?room=1&of=2"

Use = Callable[[LiveAsrClient], Awaitable[Any]]


def client_of(url: str, token: str | None = None) -> LiveAsrClient:
    return LiveAsrClient(
        url,
        access_key_id=KEY,
        access_key_secret=SECRET,
        security_token=token,
        retries=Retries(budget=0),
    )


def run(client: LiveAsrClient, use: Use) -> Any:
    """What ``use`` returns of a client that is closed afterwards."""

    async def main() -> Any:
        async with client:
            return await use(client)

    return asyncio.run(main())


def answering(status: int, body: Any) -> LiveAsrClient:
    """A client whose every request gets this answer."""
    client = client_of("http://127.0.0.1:1")
    transport = httpx.MockTransport(lambda request: httpx.Response(status, json=body))
    client._http = httpx.AsyncClient(transport=transport)
    return client


@pytest.mark.parametrize("token", [None, "a-token/with+signs="])
def test_its_signature_passes_a_mock_that_verifies(
    start_mock: Callable[..., MockTingwu], token: str | None
) -> None:
    mock = start_mock(auth="verify")
    assert run(client_of(mock.url, token), lambda client: client.tasks()) == ()
    assert [entry["signature"] for entry in mock.journal if "signature" in entry] == ["ok"]


def test_a_stream_is_captioned_from_create_to_delete(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(auth="verify", clock="virtual")
    arrivals: list[Arrival] = []

    async def caption(client: LiveAsrClient) -> None:
        task_id = await client.caption_stream(
            STREAM,
            f"{receiver.url}?room=1&of=2",
            language="cn",
            translate_into="en",
            auth_key=AUTH_KEY,
            report_interval_ms=-1,
            auto_terminate_s=3,
        )
        await asyncio.to_thread(mock.advance, 8_000)
        (task,) = await client.tasks()
        assert task == await client.find(task_id)
        assert task == LiveTask(
            task_id,
            mode="live",
            language="cn",
            stream_url=STREAM,
            callback_url=f"{receiver.url}?room=1&of=2",
            created_at=task.created_at,
            updated_at=task.updated_at,
            status=1,
            report_interval_ms=-1,
            auto_terminate_delay_s=3,
            raw=task.raw,
        )
        assert task.created_at.endswith("+08:00") and task.running
        await client.stop(task_id)
        assert await client.tasks() == ()
        ended = await client.find(task_id)
        assert ended is not None and not ended.running
        await client.delete(task_id)
        assert await client.find(task_id) is None
        with pytest.raises(LiveError, match="ConfigNotFound") as refused:
            await client.delete(task_id)
        assert refused.value.http_status == 400
        assert refused.value.request_id in {e.get("request_id") for e in mock.journal[-3:]}

    with LiveCallbackReceiver(port=0, auth_key=AUTH_KEY, on_callback=arrivals.append) as receiver:
        run(client_of(mock.url), caption)
    names = [arrival.callback.name for arrival in arrivals if arrival.callback]
    assert set(names) == {"SentenceEnd", "ResultTranslated"}
    assert {a.signature.verdict for a in arrivals if a.signature} == {"ok"}
    assert {entry["signature"] for entry in mock.journal if "signature" in entry} == {"ok"}


def test_a_user_of_a_channel_is_captioned(virtual_mock: MockTingwu) -> None:
    async def caption(client: LiveAsrClient) -> None:
        task_id = await client.caption_user("app", "channel", "user", NOWHERE)
        task = await client.find(task_id)
        assert task is not None
        assert (task.mode, task.stream_url) == ("rtc", "")
        assert (task.report_interval_ms, task.auto_terminate_delay_s) == (0, 10)

    run(client_of(virtual_mock.url), caption)


def test_another_ret_code_is_an_error(virtual_mock: MockTingwu) -> None:
    virtual_mock.faults.add({"type": "ret_code", "code": 4001, "description": "no such stream"})
    with pytest.raises(LiveError, match="RetCode 4001: no such stream") as refused:
        run(client_of(virtual_mock.url), lambda c: c.caption_stream(STREAM, NOWHERE))
    error = refused.value
    assert (error.code, error.http_status) == ("RetCode 4001", 200)
    assert error.request_id == virtual_mock.journal[-1]["request_id"]


def test_a_parameter_that_makes_no_sense_is_told_with_the_services_code(
    virtual_mock: MockTingwu,
) -> None:
    with pytest.raises(LiveError, match="InvalidLanguage"):
        run(
            client_of(virtual_mock.url),
            lambda c: c.caption_stream(STREAM, NOWHERE, language="klingon"),
        )


@pytest.mark.parametrize("tasks", [[], {"a": []}, {"a": {"status": "late"}}])
def test_tasks_in_a_shape_of_their_own_are_told(tasks: Any) -> None:
    body = {"RetCode": 2000, "Tasks": tasks or ["a"]}
    with pytest.raises(Unreachable, match="described a task in a shape of its own"):
        run(answering(200, body), lambda client: client.tasks())


def test_a_task_without_an_id_is_told() -> None:
    with pytest.raises(Unreachable, match="created a task without TaskId"):
        run(answering(200, {"RetCode": 2000}), lambda c: c.caption_stream(STREAM, NOWHERE))


def test_an_answer_that_is_not_the_services_is_told() -> None:
    with pytest.raises(Unreachable, match="answered 200 without the JSON expected"):
        run(answering(200, []), lambda client: client.tasks())
