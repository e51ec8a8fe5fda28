from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.server import ServerConnection

from mock_tingwu import MockTingwu
from mock_tingwu.client import (
    AgentEvent,
    AgentFailed,
    AgentStream,
    AiResult,
    Completed,
    DashScopeClient,
    MeetingStream,
    Ping,
    ResultChanged,
    Results,
    ResultTranslated,
    SentenceBegin,
    SentenceEnd,
    StreamError,
    TranslatedText,
)
from mock_tingwu.client.dashscope_events import parse
from mock_tingwu.core.scripts import load_script
from tests.client.test_client_dashscope import APP, KEY, POLL, client_of, run
from tests.client.test_client_meeting import be_silent, with_server
from tests.conftest import SCRIPT
from tests.core.test_segmentation import silence, speech

LINES = load_script(SCRIPT).lines
SENTENCE = speech(2_500) + silence(1_200)
TRANSLATED = {
    "transcription": {
        "model": "cn",
        "diarizationEnabled": True,
        "translationEnabled": True,
        "translationTargetLang": ["en"],
    }
}


def open_stream(url: str, **settings: Any) -> AgentStream:
    given = {"api_key": KEY, "app_id": APP, "data_id": "d", **settings}
    return AgentStream(url, **given)


async def listen(stream: AgentStream) -> list[AgentEvent]:
    return [event async for event in stream]


def kinds(events: list[AgentEvent]) -> list[str]:
    return [type(event).__name__ for event in events]


# Meetings


def test_a_meeting_from_create_to_its_results(
    start_mock: Callable[..., MockTingwu], recording: bytes
) -> None:
    # task_ids: a task_id with another length than the documented one is refused.
    mock = start_mock(auth="verify", task_ids="documented")
    mock.script(SCRIPT, app_key=APP)

    async def meet(client: DashScopeClient) -> tuple[list[AgentEvent], Results]:
        task = await client.create_realtime(parameters=TRANSLATED)
        async with client.stream(task.data_id) as stream:
            assert stream.data_id == task.data_id
            listener = asyncio.create_task(listen(stream))
            await stream.push(recording)
            await stream.stop()
            assert stream.ended
            events = await listener
        await client.end_realtime(task.data_id)
        info = await client.wait(task.data_id, poll_interval=POLL, check=True)
        return events, await client.results(info)

    events, results = run(client_of(mock.url), meet)
    assert events[-1] == Completed() and events.count(Completed()) == 1
    ends = [event for event in events if isinstance(event, SentenceEnd)]
    assert [end.text for end in ends] == [line.text for line in LINES]
    assert [end.index for end in ends] == list(range(len(LINES)))
    assert all(end.begin < end.end for end in ends)
    begins = [event for event in events if isinstance(event, SentenceBegin)]
    assert [(b.index, b.time) for b in begins] == [(end.index, end.begin) for end in ends]
    for event in events:
        if isinstance(event, ResultChanged):
            assert LINES[event.index].text.startswith(event.text)
    translations = [event for event in events if isinstance(event, ResultTranslated)]
    assert {(t.source_language, t.target_language) for t in translations} == {("cn", "en")}
    finals = [t.items[0].text for t in translations if t.items[0].final]
    assert finals == [line.translations["en"] for line in LINES]
    assert set(results.data) == {"transcriptionPath", "translationsPath"}
    mock.assert_no_violations("advice", but=["audio-burst"])  # pushed without a pace
    closed = [entry for entry in mock.journal if entry["kind"] == "ws_close"]
    assert [(entry["code"], entry["by"]) for entry in closed] == [(1000, "client")]


def test_a_sentence_without_a_pause_ends_with_a_stash(mock: MockTingwu) -> None:
    async def talk(client: DashScopeClient) -> list[AgentEvent]:
        task = await client.create_realtime(parameters=TRANSLATED)
        async with client.stream(task.data_id) as stream:
            await stream.push(speech(15_000))
            await stream.stop()
            return await listen(stream)

    events = run(client_of(mock.url), talk)
    stashes = [event.stash for event in events if isinstance(event, SentenceEnd)]
    partial = [
        item.text
        for event in events
        if isinstance(event, ResultTranslated)
        for item in event.items
        if item.partial
    ]
    assert stashes[0] and len(partial) == len([stash for stash in stashes if stash])


def test_a_paused_meeting_is_gone_on_with_by_another_stream(mock: MockTingwu) -> None:
    async def twice(client: DashScopeClient) -> list[SentenceEnd]:
        ends = []
        task = await client.create_realtime()
        for _ in range(2):
            async with client.stream(task.data_id) as stream:
                await stream.push(SENTENCE * 2)
                await stream.stop()
                ends += [e for e in await listen(stream) if isinstance(e, SentenceEnd)]
        return ends

    ends = run(client_of(mock.url), twice)
    assert [end.index for end in ends] == [0, 1, 2, 3]
    times = [time for end in ends for time in (end.begin, end.end)]
    assert times == sorted(times)


def test_frames_are_pushed_as_they_are_given_and_at_their_pace(mock: MockTingwu) -> None:
    pcm = speech(400)
    frames = [pcm[start : start + 1_600] for start in range(0, len(pcm), 1_600)]

    async def microphone() -> AsyncIterator[bytes]:
        for frame in frames:
            yield frame

    async def push(client: DashScopeClient) -> float:
        now = asyncio.get_running_loop().time
        task = await client.create_realtime()
        async with client.stream(task.data_id) as stream:
            await stream.push(frames)
            await stream.push(microphone())
            await stream.push(bytearray(pcm + b"\0\0"))
            began = now()
            await stream.push(frames[:5], pace=0.02)
            took = now() - began
            await stream.stop()
        return took

    assert 0.1 <= run(client_of(mock.url), push) < 1
    (closed,) = [entry for entry in mock.journal if entry["kind"] == "audio"]
    assert closed["frames"] == 2 * len(frames) + 5 + 5
    assert closed["bytes"] == 3 * len(pcm) + 2 + 5 * 1_600


def test_a_silent_meeting_pings(virtual_mock: MockTingwu) -> None:
    async def wait(client: DashScopeClient) -> list[AgentEvent]:
        task = await client.create_realtime()
        async with client.stream(task.data_id) as stream:
            for _ in range(4):
                await stream.send(silence(100))
                assert stream._connection is not None
                # The pong says that the audio has arrived, before the clock goes on.
                await (await stream._connection.ping())
                await asyncio.to_thread(virtual_mock.advance, 9_000)
            await stream.stop()
            return await listen(stream)

    assert run(client_of(virtual_mock.url), wait) == [Ping(), Completed()]


def test_the_end_of_the_meeting_completes_the_stream(mock: MockTingwu) -> None:
    async def end(client: DashScopeClient) -> list[AgentEvent]:
        task = await client.create_realtime()
        async with client.stream(task.data_id) as stream:
            await stream.push(SENTENCE)
            async for event in stream:
                if isinstance(event, SentenceEnd):
                    break
            await client.end_realtime(task.data_id)
            events = await listen(stream)
            await stream.stop()
            with pytest.raises(StreamError, match="takes no more audio"):
                await stream.send(b"")
            return events

    assert run(client_of(mock.url), end)[-1] == Completed()


def test_the_industrial_agent_hears_translates_and_corrects(mock: MockTingwu) -> None:
    sentences = [{"speaker": 0, "text": "请/打开/一号/阀门。"}]
    speakers = [{"name": "工人", "role": "工人"}]
    script = {"language": "cn", "speakers": speakers, "sentences": sentences}
    mock.script(script, app_key=APP)
    mock.app(APP, terminologies={"valves": ["打开一号阀门"]})

    async def say(client: DashScopeClient) -> list[AgentEvent]:
        stream = client.instruct(end_silence_ms=800, terminology="valves")
        assert stream.data_id is None
        async with stream:
            assert stream.data_id
            await stream.push(speech(2_000) + silence(1_000))
            await stream.stop()
            return await listen(stream)

    events = run(client_of(mock.url), say)
    assert events[-2:] == [AiResult("打开一号阀门。"), Completed()]
    *_, end, translated = events[:-2]
    assert isinstance(end, SentenceEnd) and end.text == "请打开一号阀门。" and end.begin < end.end
    item = TranslatedText(end.index, end.text, final=True, partial=False)
    assert translated == ResultTranslated("", "", "zh", (item,))
    assert "ResultChanged" in kinds(events) and "SentenceBegin" not in kinds(events)


# Failures


def test_an_agents_failure_at_the_start_is_raised(mock: MockTingwu) -> None:
    async def join(client: DashScopeClient) -> None:
        async with client.stream("no-such-data"):
            pass

    with pytest.raises(StreamError, match=r"Agent Input invalid dataId") as failed:
        run(client_of(mock.url), join)
    assert (failed.value.code, failed.value.status) == ("Agent.InputInvalidDataId", None)


def test_a_failure_of_the_platform_at_the_start_is_raised(mock: MockTingwu) -> None:
    async def join() -> None:
        async with open_stream(f"{mock.ws_url}/api-ws/v1/inference", model="m"):
            pass

    with pytest.raises(StreamError, match="Model can not be found") as failed:
        asyncio.run(join())
    assert failed.value.code == "ModelNotFound"


def test_what_the_industrial_agent_refuses_is_told(mock: MockTingwu) -> None:
    async def join(client: DashScopeClient) -> None:
        async with client.instruct(end_silence_ms=6_001):
            pass

    with pytest.raises(StreamError, match=r"MaxEndSilence invalid") as failed:
        run(client_of(mock.url), join)
    assert failed.value.code == "InvalidParameter"


@pytest.mark.parametrize("temporary", [False, True])
def test_a_key_opens_the_stream_of_a_mock_that_verifies(
    start_mock: Callable[..., MockTingwu], temporary: bool
) -> None:
    mock = start_mock(auth="verify", clock="virtual")

    async def join(client: DashScopeClient) -> None:
        task = await client.create_realtime()
        key = (await client.create_token(60)).key if temporary else KEY
        async with client_of(mock.url, key) as other:
            async with other.stream(task.data_id) as stream:
                await stream.stop()
            await asyncio.to_thread(mock.advance, 60_000)
            if temporary:
                with pytest.raises(StreamError, match="Invalid API-key provided") as refused:
                    await other.stream(task.data_id).__aenter__()
                assert (refused.value.status, refused.value.code) == (401, "InvalidApiKey")

    run(client_of(mock.url), join)


def test_a_refusal_in_a_shape_of_its_own_is_told(mock: MockTingwu) -> None:
    async def join() -> None:
        async with open_stream(f"{mock.ws_url}/nowhere"):
            pass

    with pytest.raises(StreamError, match="The agent refused with HTTP 404") as refused:
        asyncio.run(join())
    assert (refused.value.status, refused.value.code) == (404, "")


def test_an_address_where_no_agent_is_told() -> None:
    async def join() -> None:
        async with open_stream("ws://127.0.0.1:1/api-ws/v1/inference"):
            pass

    with pytest.raises(StreamError, match="The agent cannot be joined"):
        asyncio.run(join())


def test_a_client_that_sends_nothing_is_disconnected_and_told(virtual_mock: MockTingwu) -> None:
    async def idle(client: DashScopeClient) -> None:
        task = await client.create_realtime()
        async with client.stream(task.data_id) as stream:
            await asyncio.to_thread(virtual_mock.advance, 10_000)
            for use in (listen(stream), stream.send(b""), stream.stop()):
                with pytest.raises(StreamError, match="closed the stream before it was complete"):
                    await use

    run(client_of(virtual_mock.url), idle)


def test_a_server_that_goes_down_is_told_to_who_listens_and_who_pushes(mock: MockTingwu) -> None:
    gone = r"broke off|before it was complete"

    async def meet(client: DashScopeClient) -> None:
        task = await client.create_realtime()
        async with client.stream(task.data_id) as stream:
            listener = asyncio.create_task(listen(stream))
            pusher = asyncio.create_task(stream.push(silence(60_000), pace=0.01))
            await asyncio.sleep(0.1)
            await asyncio.to_thread(mock.close)
            for task_of_ours in (listener, pusher):
                with pytest.raises(StreamError, match=gone):
                    await asyncio.wait_for(task_of_ours, 10)

    run(client_of(mock.url), meet)


# Servers of our own


def message(event: str, *, header: Any = None, **output: Any) -> str:
    payload = {"output": output} if output else {}
    return json.dumps({"header": {"event": event, **(header or {})}, "payload": payload})


LISTEN = message("result-generated", action="speech-listen", dataId="d")
END = message("result-generated", action="speech-end")


def saying(*messages: str | bytes) -> Callable[[ServerConnection], Awaitable[None]]:
    """A server that waits for a command, says this, and then nothing."""

    async def behave(connection: ServerConnection) -> None:
        await connection.recv()
        for one in messages:
            await connection.send(one)
        await be_silent(connection)

    return behave


@pytest.mark.parametrize("start", [(), (message("task-started"),)])
def test_an_agent_that_never_listens_is_given_up(start: tuple[str, ...]) -> None:
    async def use(url: str) -> None:
        with pytest.raises(StreamError, match=r"The agent did not start the stream within 0\.3 s"):
            async with open_stream(url, patience=0.3):
                pass

    with_server(saying(*start), use)


def test_a_server_that_answers_no_handshake_is_given_up() -> None:
    async def join(port: int) -> None:
        async with open_stream(f"ws://127.0.0.1:{port}", patience=0.05):
            pass

    with (
        socket.create_server(("127.0.0.1", 0)) as deaf,
        pytest.raises(StreamError, match="The agent cannot be joined"),
    ):
        asyncio.run(join(deaf.getsockname()[1]))


def test_an_agent_that_never_completes_is_given_up_and_iteration_ends() -> None:
    async def use(url: str) -> None:
        async with open_stream(url, patience=0.3) as stream:
            with pytest.raises(StreamError, match=r"did not complete the stream within 0\.3 s"):
                await stream.stop()
        assert await listen(stream) == []

    with_server(saying(LISTEN), use)


def test_an_agent_that_says_nothing_any_more_is_given_up() -> None:
    async def use(url: str) -> None:
        async with open_stream(url, silence=0.1) as stream:
            with pytest.raises(StreamError, match=r"The agent has said nothing for 0\.1 s"):
                await listen(stream)
            with pytest.raises(StreamError, match="has said nothing"):
                await stream.send(b"")

    with_server(saying(LISTEN), use)


def test_an_agent_that_takes_no_data_is_given_up() -> None:
    async def behave(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(LISTEN)
        connection.transport.pause_reading()
        await asyncio.sleep(1)
        connection.transport.abort()

    async def use(url: str) -> None:
        async with open_stream(url, patience=0.3) as stream:
            with pytest.raises(StreamError, match=r"The agent took no data for 0\.3 s"):
                await stream.push(bytes(100_000_000))

    with_server(behave, use)


def test_an_agent_that_closes_without_a_word_is_told() -> None:
    async def behave(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(LISTEN)

    async def use(url: str) -> None:
        async with open_stream(url) as stream:
            with pytest.raises(StreamError, match="closed the stream before it was complete"):
                await listen(stream)

    with_server(behave, use)


def test_a_stream_that_completes_while_it_is_stopped_is_complete(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def behave(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(LISTEN)
        await connection.recv()
        await connection.send(message("something-new"))
        await connection.send(END)

    async def use(url: str) -> None:
        async with open_stream(url) as stream:
            connection = stream._connection
            assert connection is not None
            receive = connection.recv

            async def receive_late() -> Any:
                await asyncio.sleep(0.2)
                return await receive()

            monkeypatch.setattr(connection, "recv", receive_late)
            await stream.send(b"")
            await connection.wait_closed()
            assert not stream.ended
            await stream.stop()
            assert await listen(stream) == [Completed()]

    with_server(behave, use)


PLATFORM = {"error_code": "InternalError", "error_message": "sorry"}
FAILURES = [
    message("task-failed", header=PLATFORM),
    message(
        "result-generated",
        action="task-failed",
        errorCode=PLATFORM["error_code"],
        errorMessage=PLATFORM["error_message"],
    ),
]


@pytest.mark.parametrize("failure", FAILURES, ids=["header", "output"])
def test_a_failure_later_is_the_last_event_and_ends_sending(failure: str) -> None:
    async def use(url: str) -> None:
        async with open_stream(url) as stream:
            # It came at once, but the agent had listened.
            assert await listen(stream) == [AgentFailed("InternalError", "sorry")]
            for sending in (stream.send(b""), stream.push(b"\0"), stream.stop()):
                with pytest.raises(StreamError, match="failed with InternalError: sorry") as error:
                    await sending
                assert error.value.code == "InternalError"

    with_server(saying(LISTEN, failure, END), use)


def test_the_end_of_the_task_is_the_end_without_a_speech_end() -> None:
    async def use(url: str) -> None:
        async with open_stream(url) as stream:
            assert await listen(stream) == [Completed()]

    with_server(saying(LISTEN, message("task-finished")), use)


def test_messages_that_are_no_events_are_passed_over() -> None:
    odd = (
        "Ping",
        "[]",
        b"\xff",
        "[" * 100_000,
        '{"header":{"event":"result-generated","task_id":"x"},"payload":null}',
        message("result-generated"),
        message("result-generated", action="something-new"),
        message("result-generated", action="recognize-result", transcription=None),
        message("result-generated", action="recognize-result", translations={"en": 7}),
        message(
            "result-generated",
            action="recognize-result",
            transcription={"sentenceEnd": True, "words": 7},
        ),
    )

    async def use(url: str) -> None:
        async with open_stream(url) as stream:
            assert await listen(stream) == [Completed()]

    with_server(saying(*odd, LISTEN, *odd, END), use)


def test_what_is_sent_is_what_is_documented() -> None:
    received: list[Any] = []

    async def behave(connection: ServerConnection) -> None:
        assert connection.request is not None
        received.append(connection.request.headers["Authorization"])
        async for one in connection:
            received.append(one if isinstance(one, bytes) else json.loads(one))
            if len(received) != 3:
                await connection.send(LISTEN if len(received) == 2 else END)

    async def use(url: str) -> None:
        async with open_stream(url, parameters={"format": "pcm"}) as stream:
            await stream.send(b"\0\0")
            await stream.stop()

    with_server(behave, use)
    key, start, audio, stop = received
    assert (key, audio) == (f"Bearer {KEY}", b"\0\0")
    task_id = start["header"]["task_id"]
    assert len(task_id) == 16
    constants = {
        "model": "tingwu-meeting-realtime",
        "task_group": "aigc",
        "task": "multimodal-generation",
        "function": "generation",
    }
    assert start == {
        "header": {"action": "run-task", "task_id": task_id, "streaming": "duplex"},
        "payload": constants
        | {
            "input": {"appId": APP, "directive": "start", "dataId": "d"},
            "parameters": {"format": "pcm"},
        },
    }
    assert stop == {
        "header": {"action": "finish-task", "task_id": task_id, "streaming": "duplex"},
        "payload": constants | {"input": {"directive": "stop"}},
    }


def test_tingwus_stream_pushes_frames_as_well() -> None:
    assert MeetingStream.push is AgentStream.push


FIELDS = st.sampled_from(
    ["words", "translations", "translateResult", "stashResult", "sentenceId", "sentenceEnd", "en"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=4),
    max_leaves=12,
)
ACTIONS = ("recognize-result", "ai-result", "task-failed", "speech-listen", "ping", "speech-end")


@given(st.sampled_from(ACTIONS), JSON, JSON)
def test_no_output_breaks_the_parser(action: str, transcription: Any, translations: Any) -> None:
    output = {"action": action, "transcription": transcription, "translations": translations}
    header = {"event": "result-generated"}
    text = json.dumps({"header": header, "payload": {"output": output}})
    assert parse(text)[0] == action
