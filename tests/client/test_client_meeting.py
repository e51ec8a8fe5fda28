from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.server import ServerConnection, serve

from mock_tingwu import MockTingwu
from mock_tingwu.client import (
    Completed,
    Event,
    Failed,
    MeetingStream,
    RealtimeTask,
    ResultChanged,
    ResultTranslated,
    SentenceBegin,
    SentenceEnd,
    StreamError,
    TingwuClient,
)
from mock_tingwu.client.events import parse
from mock_tingwu.core.scripts import load_script
from tests.conftest import SCRIPT

LINES = load_script(SCRIPT).lines
CAPTIONS = {
    "Transcription": {"OutputLevel": 2, "RealtimeDiarizationEnabled": True},
    "TranslationEnabled": True,
    "Translation": {"TargetLanguages": ["en"], "OutputLevel": 2},
}


async def create(mock: MockTingwu, **parameters: Any) -> RealtimeTask:
    async with TingwuClient(
        mock.url, access_key_id="k", access_key_secret="s", app_key="a"
    ) as client:
        return await client.create_realtime(task_key="k", parameters=parameters)


async def listen(stream: MeetingStream) -> list[Event]:
    return [event async for event in stream]


def test_captions_are_typed_and_in_order(mock: MockTingwu, recording: bytes) -> None:
    mock.script(SCRIPT, task_key="k")

    async def meet() -> list[Event]:
        task = await create(mock, **CAPTIONS)
        async with MeetingStream(task.join_url) as stream:
            for start in range(0, len(recording), 32_000):
                await stream.send(recording[start : start + 32_000])
            await stream.stop()
            assert stream.ended
            return await listen(stream)

    events = asyncio.run(meet())
    assert events[-1] == Completed() and events.count(Completed()) == 1
    ends = [event for event in events if isinstance(event, SentenceEnd)]
    assert [end.text for end in ends] == [line.text for line in LINES]
    assert [end.speaker for end in ends] == [str(line.speaker) for line in LINES]
    assert all(end.begin < end.end for end in ends)
    begins = [event for event in events if isinstance(event, SentenceBegin)]
    assert [(b.index, b.time) for b in begins] == [(end.index, end.begin) for end in ends]
    finals = {
        event.source_message_id: event.items[0]
        for event in events
        if isinstance(event, ResultTranslated) and event.items[0].final
    }
    assert [finals[end.message_id].text for end in ends] == [
        line.translations["en"] for line in LINES
    ]
    for event in events:
        if isinstance(event, ResultChanged):
            assert LINES[event.index].text.startswith(event.text)


def test_a_stream_that_ends_early_leaves_the_task_paused(
    mock: MockTingwu, recording: bytes
) -> None:
    async def leave() -> None:
        task = await create(mock)
        async with MeetingStream(task.join_url) as stream:
            await stream.send(recording[:64_000])
            raise LookupError("the caller's own trouble")

    with pytest.raises(LookupError):
        asyncio.run(leave())
    # The close was answered: the mock has seen the client say goodbye.
    closed = [entry for entry in mock.journal if entry["kind"] == "ws_close"]
    assert [(entry["code"], entry["by"]) for entry in closed] == [(1000, "client")]
    moves = [e["after"] for e in mock.journal if e["kind"] == "transition"]
    assert moves == ["ONGOING", "PAUSED"]


def test_a_foreign_address_is_refused_with_its_status(mock: MockTingwu) -> None:
    async def join() -> None:
        async with MeetingStream(f"{mock.ws_url}/api/ws/v1?mc=nonsense"):
            pass

    with pytest.raises(StreamError, match="ACCESS_DENIED") as refused:
        asyncio.run(join())
    assert refused.value.status == 403


def test_an_address_where_no_meeting_is_told() -> None:
    async def join() -> None:
        async with MeetingStream("ws://127.0.0.1:1/api/ws/v1?mc=x"):
            pass

    with pytest.raises(StreamError, match="cannot be joined"):
        asyncio.run(join())


def test_a_failure_at_the_start_is_raised(mock: MockTingwu) -> None:
    async def join_twice() -> None:
        task = await create(mock)
        async with MeetingStream(task.join_url), MeetingStream(task.join_url):
            pass

    with pytest.raises(StreamError, match="CONCURRENCY_EXCEED") as failed:
        asyncio.run(join_twice())
    assert failed.value.status == 43040001


def test_a_failure_later_is_the_last_event_and_ends_sending(virtual_mock: MockTingwu) -> None:
    async def idle() -> list[Event]:
        task = await create(virtual_mock)
        async with MeetingStream(task.join_url) as stream:
            await asyncio.to_thread(virtual_mock.advance, 10_000)
            events = await listen(stream)
            for use in (stream.send(b""), stream.stop()):
                with pytest.raises(StreamError, match="40000004"):
                    await use
            return events

    (event,) = asyncio.run(idle())
    assert isinstance(event, Failed) and event.status == 40000004
    assert "IDLE_TIMEOUT" in event.text


def test_a_stop_through_the_api_completes_the_stream(mock: MockTingwu, recording: bytes) -> None:
    async def stop() -> list[Event]:
        task = await create(mock)
        async with MeetingStream(task.join_url) as stream:
            await stream.send(recording[:128_000])
            async with TingwuClient(
                mock.url, access_key_id="k", access_key_secret="s", app_key="a"
            ) as client:
                await client.stop(task.task_id)
            events = await listen(stream)
            await stream.stop()
            with pytest.raises(StreamError, match="takes no more audio"):
                await stream.send(b"")
            return events

    assert asyncio.run(stop())[-1] == Completed()


def test_a_server_that_goes_down_is_told_to_who_listens(mock: MockTingwu) -> None:
    async def listen_on() -> None:
        task = await create(mock)
        async with MeetingStream(task.join_url) as stream:
            closing = asyncio.create_task(asyncio.to_thread(mock.close))
            try:
                await listen(stream)
            finally:
                await closing

    with pytest.raises(StreamError, match=r"broke off|before it was complete"):
        asyncio.run(listen_on())


def event(name: str) -> str:
    return json.dumps({"header": {"name": name, "status": 20000000}})


def with_server(
    behave: Callable[[ServerConnection], Awaitable[None]], use: Callable[[str], Awaitable[None]]
) -> None:
    """Run ``use`` with the address of a server that behaves so with each connection."""

    async def main() -> None:
        async with serve(behave, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            await use(f"ws://127.0.0.1:{port}/api/ws/v1?mc=x")

    asyncio.run(main())


async def be_silent(connection: ServerConnection) -> None:
    async for _ in connection:
        pass


async def start_only(connection: ServerConnection) -> None:
    await connection.recv()
    await connection.send(event("TranscriptionStarted"))
    await be_silent(connection)


def test_a_service_that_never_starts_is_given_up() -> None:
    async def use(url: str) -> None:
        with pytest.raises(StreamError, match=r"did not start the stream within 0\.05 s"):
            async with MeetingStream(url, patience=0.05):
                pass

    with_server(be_silent, use)


def test_a_service_that_never_completes_is_given_up_and_iteration_ends() -> None:
    async def use(url: str) -> None:
        async with MeetingStream(url, patience=0.05) as stream:
            with pytest.raises(StreamError, match=r"did not complete the stream within 0\.05 s"):
                await stream.stop()
        assert await listen(stream) == []

    with_server(start_only, use)


def test_a_service_that_closes_without_a_word_is_told() -> None:
    async def behave(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(event("TranscriptionStarted"))

    async def use(url: str) -> None:
        async with MeetingStream(url) as stream:
            with pytest.raises(StreamError, match="closed the stream before it was complete"):
                await listen(stream)

    with_server(behave, use)


def test_messages_that_are_no_events_are_passed_over() -> None:
    async def behave(connection: ServerConnection) -> None:
        await connection.recv()
        for message in (
            "Ping",
            "[]",
            b"\xff",
            event("SomethingNew"),
            '{"header":{"name":"SentenceEnd"},"payload":{"words":7}}',
            event("TranscriptionStarted"),
            event("TranscriptionCompleted"),
        ):
            await connection.send(message)
        await be_silent(connection)

    async def use(url: str) -> None:
        async with MeetingStream(url) as stream:
            assert await listen(stream) == [Completed()]

    with_server(behave, use)


FIELDS = st.sampled_from(["words", "translate_result", "stash_result", "index", "time", "text"])
NAMES = st.sampled_from(
    ["SentenceBegin", "SentenceEnd", "TranscriptionResultChanged", "ResultTranslated", "TaskFailed"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=4),
    max_leaves=12,
)


@given(NAMES, JSON)
def test_no_payload_breaks_the_parser(name: str, payload: Any) -> None:
    message = json.dumps({"header": {"name": name}, "payload": payload})
    assert parse(message)[0] == name
