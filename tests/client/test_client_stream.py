"""A stream under pressure, and a stream that is left: nobody waits for ever, nothing stays."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from mock_tingwu.client import (
    AgentStream,
    Completed,
    Failed,
    MeetingStream,
    Reconnected,
    Reconnecting,
    ResultChanged,
    SentenceEnd,
    StreamError,
    joining,
)
from mock_tingwu.client import StreamState as State

Behave = Callable[[ServerConnection], Awaitable[None]]
Use = Callable[[str], Awaitable[Any]]


def event(name: str, status: int = 20000000, **payload: Any) -> str:
    header = {"name": name, "status": status, "message_id": f"{name}{payload}"}
    return json.dumps({"header": header, "payload": payload})


def command(message: str | bytes) -> str:
    return "" if isinstance(message, bytes) else json.loads(message)["header"]["name"]


STARTED = event("TranscriptionStarted")
COMPLETED = event("TranscriptionCompleted")
FINAL = event("SentenceEnd", index=0, begin_time=0, time=50, result="Hello.")


async def serving(connection: ServerConnection) -> None:
    """A service as it should be, that hears one sentence in whatever comes."""
    async for message in connection:
        match command(message):
            case "StartTranscription":
                await connection.send(STARTED)
            case "StopTranscription":
                await connection.send(FINAL)
                await connection.send(COMPLETED)


async def deaf(connection: ServerConnection) -> None:
    """One that starts and then neither reads nor closes."""
    await connection.recv()
    await connection.send(STARTED)
    connection.transport.pause_reading()
    await connection.wait_closed()


async def mute(connection: ServerConnection) -> None:
    """One that never says anything."""
    async for _ in connection:
        pass


async def deserting(connection: ServerConnection) -> None:
    """One that starts and resets the connection at the first audio."""
    await connection.recv()
    await connection.send(STARTED)
    await connection.recv()
    connection.transport.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
    )
    connection.transport.abort()


async def failing(connection: ServerConnection) -> None:
    """One whose trouble may pass, but does not."""
    await connection.recv()
    await connection.send(STARTED)
    await connection.send(event("TaskFailed", 50000000))
    await connection.wait_closed()


async def forgetful(connection: ServerConnection) -> None:
    """One that starts, and never completes."""
    async for message in connection:
        if command(message) == "StartTranscription":
            await connection.send(STARTED)


async def closing(connection: ServerConnection) -> None:
    """One that closes with an error of its own."""
    await connection.recv()
    await connection.send(STARTED)
    await connection.close(1011, "internal")


def refusing(status: int) -> Callable[[ServerConnection, Request], Response]:
    """Answers every handshake so."""
    return lambda connection, request: connection.respond(status, "no")


@asynccontextmanager
async def server(behave: Behave, **settings: Any) -> AsyncIterator[str]:
    """The address of a server that behaves so with each connection; cut off in the end."""
    async with serve(behave, "127.0.0.1", 0, close_timeout=0.1, **settings) as served:
        yield f"ws://127.0.0.1:{served.sockets[0].getsockname()[1]}/api/ws/v1?mc=secret"
        for connection in served.connections:
            connection.transport.abort()


def run(behave: Behave, use: Use, **settings: Any) -> Any:
    async def main() -> Any:
        async with server(behave, **settings) as url:
            return await use(url)

    return asyncio.run(main())


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A CLOSE that is not answered is not waited for for long."""
    monkeypatch.setattr(joining, "CLOSE_PATIENCE_S", 0.05)


# Going on


def test_the_offsets_say_where_the_stream_goes_on() -> None:
    starts: list[Any] = []
    resent: list[int] = []

    async def behave(connection: ServerConnection) -> None:
        async for message in connection:
            if command(message) == "StartTranscription":
                assert isinstance(message, str)
                starts.append(json.loads(message))
                await connection.send(STARTED)
            elif len(starts) == 1:
                await connection.send(FINAL)
                return
            else:
                resent.append(len(message))
                if sum(resent) == 4800:
                    await connection.send(COMPLETED)

    async def use(url: str) -> list[Any]:
        stream = MeetingStream(url, payload={"format": "pcm"}, reconnect_delay=0)
        async with stream:
            await stream.send(bytes(6400))
            return [event async for event in stream]

    # 1000 is the service's will: a server that ends a connection so is not asked again.
    with pytest.raises(StreamError, match="before it was complete"):
        run(behave, use)
    assert starts[0]["payload"] == {"format": "pcm"} and len(starts) == 1
    starts.clear()

    async def cut(connection: ServerConnection) -> None:
        await behave(connection)
        connection.transport.abort()

    events = run(cut, use)
    assert [type(event) for event in events] == [
        SentenceEnd,
        Reconnecting,
        Reconnected,
        Completed,
    ]
    assert starts[1]["payload"] == {"format": "pcm", "tw_time_offset": 50, "tw_index_offset": 0}
    assert starts[0]["header"]["task_id"] == starts[1]["header"]["task_id"]
    assert events[2].resent == 150 and resent == [3200, 1600]


@pytest.mark.parametrize("field", ["patience", "reconnect", "reconnect_delay", "replay"])
def test_a_number_out_of_range_is_refused(field: str) -> None:
    with pytest.raises(ValueError, match=rf"^{field} is -1, expected .* 0"):
        MeetingStream("ws://localhost", **{field: -1})  # type: ignore[arg-type]


def test_a_rate_that_no_meeting_has_is_refused() -> None:
    with pytest.raises(ValueError, match="sample_rate is 44100, expected 8000, 16000 or None"):
        MeetingStream("ws://localhost", sample_rate=44_100)


@pytest.mark.parametrize(
    "secret", ["ws://[secret", "http://secret", "ws://secret\0@x", "", "secret", "ws://", "ws:"]
)
def test_what_is_no_address_of_a_stream_is_refused_without_showing_it(secret: str) -> None:
    with pytest.raises(ValueError, match="that begins with ws:// or wss://") as refused:
        MeetingStream(secret)
    assert "secret" not in str(refused.value)


def test_no_message_has_the_address_in_it() -> None:
    stream = MeetingStream("ws://127.0.0.1:1/?mc=secret")

    async def join() -> None:
        async with stream:
            pass

    with pytest.raises(StreamError, match="The meeting cannot be joined") as refused:
        asyncio.run(join())
    assert "secret" not in str(refused.value) + repr(stream)


# Pressure


def test_a_slow_reader_loses_no_final_result_and_holds_nobody_up() -> None:
    sentences = 300

    async def behave(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(STARTED)
        for index in range(sentences):
            await connection.send(event("SentenceBegin", index=index, time=index))
            for number in range(20):
                text = str(number)
                interim = event("TranscriptionResultChanged", index=index, time=number, result=text)
                await connection.send(interim)
            await connection.send(event("SentenceEnd", index=index, time=index, result=str(index)))
        await connection.recv()
        await connection.send(COMPLETED)
        await connection.wait_closed()

    async def use(url: str) -> None:
        async with MeetingStream(url, sample_rate=None) as stream:
            await stream.stop()  # nothing was read, and everything has come
            events = [event async for event in stream]
        texts = [event.text for event in events if isinstance(event, SentenceEnd)]
        assert texts == [str(index) for index in range(sentences)]
        interim = [event for event in events if isinstance(event, ResultChanged)]
        assert len(interim) < sentences * 2
        assert events[-1] == Completed()

    run(behave, use)


def test_a_slow_server_makes_send_wait() -> None:
    received = 0
    go_on = asyncio.Event()

    async def behave(connection: ServerConnection) -> None:
        nonlocal received
        await connection.recv()
        await connection.send(STARTED)
        connection.transport.pause_reading()
        await go_on.wait()
        connection.transport.resume_reading()
        async for message in connection:
            if isinstance(message, bytes):
                received += len(message)
            else:
                await connection.send(COMPLETED)

    async def use(url: str) -> None:
        sent = 0
        frame = bytes(1_000_000)

        async def push(stream: MeetingStream) -> None:
            nonlocal sent
            for _ in range(30):
                await stream.send(frame)
                sent += len(frame)

        async with MeetingStream(url) as stream:
            pushing = asyncio.create_task(push(stream))
            assert stream._connection is not None
            while not stream._connection.paused:
                await asyncio.sleep(0.01)
            assert sent < 30 * len(frame)
            go_on.set()
            await pushing
            await stream.stop()
        assert received == sent == 30 * len(frame)

    run(behave, use)


# Leaving

#: A life with a good service takes fewer turns of the loop.
MOST_STEPS = 150
BEHAVIOURS = [serving, deaf, mute, deserting, failing, forgetful, closing]


async def whole_life(url: str) -> None:
    """Everything that one can do with a stream, in a row."""
    stream = MeetingStream(url, patience=0.3, reconnect_delay=0)
    async with stream:
        await stream.push(bytes(6400))
        await stream.pause()
        await stream.resume()
        await stream.send(bytes(3200))
        listener = asyncio.create_task(anext(stream))
        try:
            await stream.stop()
        finally:
            listener.cancel()
            await asyncio.wait([listener])
            if not listener.cancelled():
                listener.exception()
        async for _ in stream:
            pass


class Witness:
    """What a loop complains of while this is on: tasks destroyed, exceptions never retrieved."""

    def __enter__(self) -> list[str]:
        self.complaints: list[str] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda loop, context: self.complaints.append(str(context["message"]))
        )
        return self.complaints

    def __exit__(self, *exc: object) -> None:
        gc.collect()
        asyncio.get_running_loop().set_exception_handler(None)


def ours() -> list[str]:
    """The tasks of streams that are there."""
    return [repr(task) for task in asyncio.all_tasks() if "stream_life" in repr(task)]


def clients_left(url: str) -> list[Any]:
    """Transports to this address that are still open on our side."""
    gc.collect()
    found = []
    for transport in gc.get_objects():
        if type(transport).__name__ == "_SelectorSocketTransport" and not transport.is_closing():
            peer = transport.get_extra_info("peername")
            if peer and f":{peer[1]}/" in url:
                found.append(transport)
    return found


@pytest.mark.parametrize("behave", BEHAVIOURS, ids=lambda behave: behave.__name__)
@pytest.mark.parametrize("again", [None, 1, 4], ids=["once", "at once again", "again"])
def test_a_stream_that_is_cancelled_anywhere_leaves_nothing(
    behave: Behave, again: int | None
) -> None:
    # At every turn of the loop once, at every third one twice.
    stride = 1 if again is None else 3

    async def main() -> None:
        async with server(behave) as url:
            with Witness() as complaints:
                for steps in range(0, MOST_STEPS, stride):
                    life = asyncio.create_task(whole_life(url))
                    if await after(steps, life):
                        break  # it has lived its whole life
                    life.cancel()
                    if again is not None:
                        await after(again, life)
                        life.cancel()
                    with suppress(asyncio.CancelledError, StreamError):
                        await asyncio.wait_for(life, 10)
                    assert ours() == []
            assert complaints == []
            assert clients_left(url) == []

    asyncio.run(main())


async def after(steps: int, life: asyncio.Task[None]) -> bool:
    """Let the loop take so many turns, unless life is over before."""
    for _ in range(steps):
        if life.done():
            break
        await asyncio.sleep(0)
    return life.done()


@pytest.mark.parametrize(
    ("behave", "message"),
    [
        (deaf, "did not pause the stream"),
        (mute, "did not start the stream"),
        (deserting, "broke off"),
        (failing, "failed with 50000000"),
        (forgetful, "did not pause the stream"),
        (closing, "CLOSE 1011 internal"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_every_bad_service_is_given_up_with_a_sentence(behave: Behave, message: str) -> None:
    async def main() -> None:
        async with server(behave) as url:
            with Witness() as complaints, pytest.raises(StreamError, match=message):
                await asyncio.wait_for(whole_life(url), 20)
            assert complaints == [] and ours() == []
            assert clients_left(url) == []

    asyncio.run(main())


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
def test_a_refused_handshake_is_told_with_its_status(status: int) -> None:
    async def use(url: str) -> None:
        with pytest.raises(StreamError, match=f"refused with HTTP {status}: no") as refused:
            await whole_life(url)
        assert refused.value.status == status
        assert clients_left(url) == []

    run(serving, use, process_request=refusing(status))


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("<html>\n<h1>Bad gateway</h1>", "The meeting refused with HTTP 502"),
        ("", "The meeting refused with HTTP 502"),
        ("no\n\n  way", "The meeting refused with HTTP 502: no way"),
        ("?mc=the-token-of-a-meeting", "The meeting refused with HTTP 502: ?mc=…"),
        ("x" * 10_000, "The meeting refused with HTTP 502: " + "x" * 300),
    ],
)
def test_what_is_said_with_a_refusal_is_shown_short_and_without_secrets(
    said: str, shown: str
) -> None:
    async def use(url: str) -> None:
        with pytest.raises(StreamError) as refused:
            await whole_life(url.replace("secret", "the-token-of-a-meeting"))
        assert str(refused.value) == shown

    run(serving, use, process_request=lambda connection, _: connection.respond(502, said))


@pytest.mark.parametrize(
    "to", ["http://h/?mc=elsewhere", "/?mc=elsewhere", "ws://h:x/?mc=elsewhere"]
)
def test_a_handshake_that_leads_elsewhere_is_told_without_where(to: str) -> None:
    def redirect(connection: ServerConnection, request: Request) -> Response:
        answer = connection.respond(302, "")
        answer.headers["Location"] = to
        return answer

    async def use(url: str) -> None:
        with pytest.raises(StreamError, match="The meeting cannot be joined: ") as refused:
            await whole_life(url)
        assert "elsewhere" not in str(refused.value)

    run(serving, use, process_request=redirect)


def test_a_handshake_that_hangs_is_given_up_and_can_be_cancelled() -> None:
    async def main(port: int) -> None:
        url = f"ws://127.0.0.1:{port}/?mc=secret"
        with pytest.raises(StreamError, match="timed out during opening handshake"):
            await whole_life(url)
        life = asyncio.create_task(whole_life(url))
        await asyncio.sleep(0.05)
        life.cancel()
        with pytest.raises(asyncio.CancelledError):
            await life
        await asyncio.sleep(0)
        assert clients_left(url) == [] and len(asyncio.all_tasks()) == 1

    with socket.create_server(("127.0.0.1", 0)) as hanging:
        asyncio.run(main(hanging.getsockname()[1]))


def test_an_error_of_the_body_goes_through_and_the_stream_is_closed() -> None:
    async def use(url: str) -> None:
        stream = MeetingStream(url)
        with pytest.raises(LookupError):
            async with stream:
                raise LookupError
        assert stream.state is State.ENDED and stream.ended
        assert [event async for event in stream] == []
        with pytest.raises(StreamError, match="is over and takes no more audio"):
            await stream.send(b"")
        await stream.close()

    run(serving, use)


def test_ctrl_c_ends_a_stream_with_a_close() -> None:
    goodbyes: list[int | None] = []

    async def behave(connection: ServerConnection) -> None:
        await serving(connection)
        goodbyes.append(connection.close_code)

    async def main() -> None:
        async with server(behave) as url, MeetingStream(url) as stream:
            asyncio.get_running_loop().call_soon(interrupt)
            async for _ in stream:
                pass

    def interrupt() -> None:
        import signal

        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(main())
    assert goodbyes == [1000]


@pytest.mark.parametrize(
    ("status", "passes"),
    [
        (40000000, True),
        (43040001, True),
        (50000000, True),
        (59999999, True),
        (40000004, False),
        (40000005, False),
        (41040201, False),
        (60000000, False),
        ("odd", False),
    ],
)
def test_the_failures_that_may_pass_are_those_of_the_vendors_sdk(status: Any, passes: bool) -> None:
    told = MeetingStream("ws://x")._told(event("TaskFailed", status))
    assert told.transient is passes and told.failure is not None
    assert isinstance(told.events[-1], Failed)


def test_whoever_leaves_the_events_early_leaves_no_task() -> None:
    async def use(url: str) -> None:
        async with MeetingStream(url) as stream:
            await stream.stop()
            async for first in stream:
                assert isinstance(first, SentenceEnd)
                break
            assert [event async for event in stream] == [Completed()]

    run(serving, use)


# Agents


def said(action: str, **more: Any) -> str:
    output = {"action": action, **more}
    return json.dumps({"header": {"event": "result-generated"}, "payload": {"output": output}})


def agent(url: str, **settings: Any) -> AgentStream:
    given = {"api_key": "sk", "app_id": "tw", "data_id": "d", "reconnect_delay": 0.001}
    return AgentStream(url, **{**given, **settings})


def test_an_agents_stream_goes_on_by_its_data_id() -> None:
    runs: list[Any] = []
    heard = b""

    async def behave(connection: ServerConnection) -> None:
        nonlocal heard
        async for message in connection:
            if isinstance(message, bytes):
                heard += message
                if heard == b"one":
                    connection.transport.abort()
                    return
            elif json.loads(message)["header"]["action"] == "run-task":
                runs.append(json.loads(message))
                await connection.send(said("speech-listen", dataId="d"))
            else:
                await connection.send(said("speech-end"))

    async def use(url: str) -> None:
        async with agent(url) as stream:
            await stream.send(b"one")
            assert isinstance(await anext(stream), Reconnecting)
            await stream.send(b"two")
            await stream.pause()
            await stream.resume()
            await stream.send(b"three")
            await stream.stop()
            events = [event async for event in stream]
        reconnected = Reconnected(1, events[0].gap, None, None)  # type: ignore[union-attr]
        assert events == [reconnected, Completed()]

    run(behave, use)
    assert heard == b"onetwothree"
    assert [one["payload"]["input"]["dataId"] for one in runs] == ["d"] * 3
    assert len({one["header"]["task_id"] for one in runs}) == 3


def test_the_industrial_agent_is_not_gone_on_with() -> None:
    runs = 0

    async def behave(connection: ServerConnection) -> None:
        nonlocal runs
        runs += 1
        await connection.recv()
        await connection.send(said("speech-listen"))
        await connection.recv()
        connection.transport.abort()

    async def use(url: str) -> None:
        async with agent(url, model="tingwu-industrial-instruction", data_id=None) as stream:
            with pytest.raises(StreamError, match="industrial agent cannot be paused"):
                await stream.pause()
            await stream.send(b"x")
            with pytest.raises(StreamError, match="broke off"):
                await anext(stream)

    run(behave, use)
    assert runs == 1


def test_a_failure_of_the_service_is_told_as_an_event() -> None:
    async def use(url: str) -> None:
        async with MeetingStream(url, reconnect=0) as stream:
            assert [event async for event in stream] == [Failed(50000000, "")]

    run(failing, use)
