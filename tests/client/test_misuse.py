"""Clients used as they are not meant to be: one sentence, at once, and nothing is sent."""

from __future__ import annotations

import asyncio
import inspect
import math
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any, Final

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.client import (
    AgentInfo,
    AgentStream,
    ClientError,
    Completed,
    DashScopeClient,
    LiveAsrClient,
    MeetingStream,
    Results,
    Retries,
    SentenceEnd,
    StreamError,
    SyncMeetingStream,
    SyncTingwuClient,
    TaskInfo,
    TingwuClient,
    find_target,
    read_results,
    sync,
)
from mock_tingwu.client.credentials import find_access_key
from mock_tingwu.client.live_callbacks import LiveCallback, LiveCallbackReceiver
from mock_tingwu.core.scripts import load_script
from tests.client.leftovers import run
from tests.conftest import SCRIPT

URL: Final = "http://127.0.0.1:1"
KEYS: Final[dict[str, Any]] = {"access_key_id": "id", "access_key_secret": "secret"}
#: The join URL of a meeting that nobody holds.
JOIN: Final = "ws://127.0.0.1:1/?mc=x"
NAN: Final = math.nan


def tingwu(**changed: Any) -> TingwuClient:
    return TingwuClient(**{"url": URL, "app_key": "app", **KEYS, **changed})


def dashscope(**changed: Any) -> DashScopeClient:
    return DashScopeClient(**{"url": URL, "api_key": "sk", "app_id": "tw", **changed})


def live(**changed: Any) -> LiveAsrClient:
    return LiveAsrClient(**{"url": URL, **KEYS, **changed})


def agent(**changed: Any) -> AgentStream:
    return AgentStream(**{"url": JOIN, "api_key": "sk", "app_id": "tw", **changed})


def nothing(*_: object) -> None: ...


#: What each public function is given, and what it says. Those with a coroutine are awaited.
CASES: Final[list[tuple[str, Callable[[], Any], str]]] = [
    ("TingwuClient", lambda: tingwu(url=""), "url is '', expected an address such as https://"),
    ("TingwuClient", lambda: tingwu(url="tingwu.com"), "url is 'tingwu.com', expected an address"),
    ("TingwuClient", lambda: tingwu(url="ws://h"), "url is 'ws://h', expected an address"),
    (
        "TingwuClient",
        lambda: tingwu(url="http://h?a=b"),
        "url has a . or a #, expected an",
    ),
    ("TingwuClient", lambda: tingwu(url="http://h:x"), "url is 'http://h:x', expected"),
    ("TingwuClient", lambda: tingwu(url="http://a:pw@h"), "url has an @, expected an address with"),
    ("TingwuClient", lambda: tingwu(access_key_id=""), "access_key_id is empty"),
    ("TingwuClient", lambda: tingwu(access_key_secret=""), "access_key_secret is empty"),
    ("TingwuClient", lambda: tingwu(security_token=" "), "security_token has a space"),
    ("TingwuClient", lambda: tingwu(app_key=""), "app_key is empty"),
    ("TingwuClient", lambda: tingwu(request_timeout=0), "request_timeout is 0, expected a number"),
    ("TingwuClient", lambda: tingwu(request_timeout=NAN), "request_timeout is nan, expected"),
    ("TingwuClient", lambda: tingwu(request_timeout=math.inf), "request_timeout is inf, expected"),
    (
        "TingwuClient.create_realtime",
        lambda: tingwu().create_realtime(parameters={"A": NAN}),
        "what is to be sent cannot be written as JSON",
    ),
    (
        "TingwuClient.create_realtime",
        lambda: tingwu().create_realtime(task_key="\ud800"),
        "what is to be sent cannot be written as JSON",
    ),
    (
        "TingwuClient.create_offline",
        lambda: tingwu().create_offline("", parameters={"A": math.inf}),
        "what is to be sent cannot be written as JSON",
    ),
    ("TingwuClient.rerun", lambda: tingwu().rerun("", {}), "task_id is '', expected one that the"),
    ("TingwuClient.stop", lambda: tingwu().stop(" "), "task_id is ' ', expected one that"),
    ("TingwuClient.info", lambda: tingwu().info("a\nb"), r"task_id is 'a\\nb', expected one that"),
    ("TingwuClient.wait", lambda: tingwu().wait(""), "task_id is '', expected one that"),
    ("TingwuClient.wait", lambda: tingwu().wait("a", timeout=0), "timeout is 0, expected a number"),
    (
        "TingwuClient.wait",
        lambda: tingwu().wait("a", poll_interval=-1),
        "poll_interval is -1, expected a number of seconds above 0",
    ),
    ("TingwuClient.results", lambda: tingwu().results(""), "task_id is '', expected one that"),
    ("TingwuClient.download", lambda: tingwu().download("x"), "url is no link, expected one such"),
    (
        "TingwuClient.create_phrases",
        lambda: tingwu().create_phrases("n", {"a": NAN}),  # type: ignore[dict-item]
        "what is to be sent cannot be written as JSON",
    ),
    ("TingwuClient.get_phrases", lambda: tingwu().get_phrases(""), "phrase_id is '', expected one"),
    (
        "TingwuClient.update_phrases",
        lambda: tingwu().update_phrases("", "n", {}),
        "phrase_id is '', expected one",
    ),
    (
        "TingwuClient.delete_phrases",
        lambda: tingwu().delete_phrases("\t"),
        r"phrase_id is '\\t', expected one",
    ),
    ("DashScopeClient", lambda: dashscope(url="x"), "url is 'x', expected an address"),
    ("DashScopeClient", lambda: dashscope(api_key=""), "api_key is empty"),
    ("DashScopeClient", lambda: dashscope(app_id=""), "app_id is empty"),
    (
        "DashScopeClient.create_offline",
        lambda: dashscope().create_offline(),
        "give one of file_url",
    ),
    (
        "DashScopeClient.create_realtime",
        lambda: dashscope().create_realtime(parameters={"a": NAN}),
        "what is to be sent cannot be written as JSON",
    ),
    (
        "DashScopeClient.end_realtime",
        lambda: dashscope().end_realtime(""),
        "data_id is '', expected one that",
    ),
    ("DashScopeClient.get_task", lambda: dashscope().get_task(""), "data_id is '', expected one"),
    (
        "DashScopeClient.wait",
        lambda: dashscope().wait("a", timeout=NAN),
        "timeout is nan, expected a number of seconds above 0",
    ),
    ("DashScopeClient.results", lambda: dashscope().results(""), "data_id is '', expected one"),
    ("TingwuClient.save", lambda: tingwu().save("x", Path("y")), "url is no link, expected one"),
    ("DashScopeClient.save", lambda: dashscope().save("", Path("y")), "url is no link, expected"),
    ("DashScopeClient.download", lambda: dashscope().download(""), "url is no link, expected one"),
    (
        "DashScopeClient.create_token",
        lambda: dashscope().create_token(0),
        "expires_in is 0, expected a number of seconds above 0",
    ),
    ("DashScopeClient.stream", lambda: dashscope().stream(""), "data_id is '', expected one that"),
    (
        "DashScopeClient.stream",
        lambda: dashscope().stream("a", patience=0),
        "patience is 0, expected a number of seconds above 0",
    ),
    (
        "DashScopeClient.instruct",
        lambda: dashscope().instruct(end_silence_ms=NAN),  # type: ignore[arg-type]
        "what is to be sent cannot be written as JSON",
    ),
    ("LiveAsrClient", lambda: live(url="x"), "url is 'x', expected an address"),
    ("LiveAsrClient", lambda: live(access_key_id=" "), "access_key_id has a space"),
    (
        "LiveAsrClient.caption_stream",
        lambda: live().caption_stream("", "http://c/"),
        "stream_url is '', expected an address such as rtmp://",
    ),
    (
        "LiveAsrClient.caption_stream",
        lambda: live().caption_stream("rtmp://a/b", "c"),
        "callback_url is 'c', expected an address such as https://",
    ),
    (
        "LiveAsrClient.caption_user",
        lambda: live().caption_user("a", "b", "c", ""),
        "callback_url is '', expected an address such as https://",
    ),
    ("LiveAsrClient.stop", lambda: live().stop(""), "task_id is '', expected one that"),
    ("LiveAsrClient.delete", lambda: live().delete(""), "task_id is '', expected one that"),
    ("LiveAsrClient.find", lambda: live().find(""), "task_id is '', expected one that"),
    ("MeetingStream", lambda: MeetingStream(""), "the address of the stream is none that begins"),
    (
        "MeetingStream",
        lambda: MeetingStream(JOIN, payload={"a": NAN}),
        "what is to be sent cannot be written as JSON",
    ),
    (
        "MeetingStream",
        lambda: MeetingStream(JOIN, patience=math.inf),
        "patience is inf, expected a number of seconds above 0",
    ),
    (
        "MeetingStream",
        lambda: MeetingStream(JOIN, replay=math.inf),
        "replay is inf, expected a number of seconds from 0",
    ),
    (
        "MeetingStream.push",
        lambda: MeetingStream(JOIN).push(b"", pace=-0.1),
        "pace is -0.1, expected a number of seconds from 0",
    ),
    ("AgentStream", lambda: agent(url="http://h"), "the address of the stream is none that begins"),
    ("AgentStream", lambda: agent(api_key="a b"), "api_key has a space"),
    ("AgentStream", lambda: agent(app_id=""), "app_id is empty"),
    ("AgentStream", lambda: agent(data_id=""), "data_id is '', expected one that"),
    ("AgentStream", lambda: agent(silence=0), "silence is 0, expected a number of seconds above 0"),
    ("AgentStream.push", lambda: agent().push(b"", pace=NAN), "pace is nan, expected a number of"),
    ("Retries", lambda: Retries(budget=-1), "budget is -1, expected a number of seconds from 0"),
    ("Retries", lambda: Retries(budget=NAN), "budget is nan, expected a number of seconds from 0"),
    ("find_target", lambda: find_target("", {}), "the target is '', expected mock, live or an"),
    ("find_target", lambda: find_target("http://h#a", {}), "the target has a . or a #, expected"),
    ("find_access_key", lambda: find_access_key({"HOME": "/nothing"}), "there is no access key"),
    ("LiveCallback.parse", lambda: LiveCallback.parse(b""), "the body is not JSON"),
    (
        "LiveCallbackReceiver",
        lambda: LiveCallbackReceiver(port=65_536, on_callback=nothing),
        "port is 65536, expected a number from 0 to 65535",
    ),
    (
        "LiveCallbackReceiver",
        lambda: LiveCallbackReceiver(auth_key="", on_callback=nothing),
        "auth_key is empty, expected that of the tasks, or None",
    ),
    ("Results.to_srt", lambda: Results().to_srt("en"), "language is 'en', expected that of a tran"),
    ("Results.to_srt", lambda: read().to_srt(max_chars=0), "max_chars is 0, expected at least 1"),
    ("Results.to_vtt", lambda: read().to_vtt(max_chars=-1), "max_chars is -1, expected at least 1"),
]
#: Of these, nothing can be said before the service has been asked, or there is nothing to give.
FREE: Final = {
    "TingwuClient.list_phrases",
    "TingwuClient.close",
    "DashScopeClient.close",
    "LiveAsrClient.close",
    "LiveAsrClient.tasks",
    # Of streams, the state and the kind of what is given matter: see below.
    *(
        f"{stream}.{name}"
        for stream in ("MeetingStream", "AgentStream")
        for name in ("send", "stop", "pause", "resume", "close")
    ),
}


def read() -> Results:
    words = [{"Text": "hello", "Start": 0, "End": 900, "SentenceId": 1}]
    return read_results(
        {"Transcription": {"Transcription": {"Paragraphs": [{"ParagraphId": "1", "Words": words}]}}}
    )


@pytest.mark.parametrize(("name", "use", "message"), CASES)
def test_what_makes_no_sense_is_refused_in_one_sentence(
    name: str, use: Callable[[], Any], message: str
) -> None:
    async def call() -> None:
        used = use()
        if inspect.isawaitable(used):
            await used

    with pytest.raises(ValueError, match=f"^{message}") as refused:
        run(call())
    assert "\n" not in str(refused.value) and "pw" not in str(refused.value)


def test_every_public_function_is_misused_here() -> None:
    known = {name for name, _, _ in CASES} | FREE
    classes = (TingwuClient, DashScopeClient, LiveAsrClient, MeetingStream, AgentStream)
    there = {
        f"{one.__name__}.{name}"
        for one in classes
        for name, _ in inspect.getmembers(one, inspect.isfunction)
        if not name.startswith("_")
    }
    assert there <= known, there - known


@pytest.mark.parametrize(
    "use",
    [
        lambda stream: stream.send("text"),
        lambda stream: stream.send(5),
        lambda stream: stream.send(None),
        lambda stream: stream.push("text"),
        lambda stream: stream.push(5),
        lambda stream: stream.push([b"\0\0", "text"]),
    ],
)
def test_what_is_no_audio_is_a_type_error_and_hurts_nobody(
    mock: MockTingwu, use: Callable[[MeetingStream], Any]
) -> None:
    async def meet() -> None:
        async with tingwu(url=mock.url) as client:
            task = await client.create_realtime()
        async with MeetingStream(task.join_url) as stream:
            with pytest.raises(TypeError):
                await use(stream)
            await stream.push(bytes(6_400))
            await stream.stop()
            assert [event async for event in stream][-1] == Completed()

    run(meet())


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_audio_may_be_in_any_bytes(mock: MockTingwu, recording: bytes, kind: Any) -> None:
    audio = memoryview(recording).cast("h") if kind is memoryview else kind(recording)
    mock.script(SCRIPT, task_key="k")

    async def meet() -> list[str]:
        async with tingwu(url=mock.url) as client:
            task = await client.create_realtime(task_key="k")
        async with MeetingStream(task.join_url) as stream:
            await stream.send(audio[:1_600])
            await stream.push(audio[1_600:])
            await stream.stop()
            return [event.text async for event in stream if isinstance(event, SentenceEnd)]

    assert run(meet()) == [line.text for line in load_script(SCRIPT).lines]


# The wrong moment


USES = [
    lambda stream: stream.send(b""),
    lambda stream: stream.push(b"\0\0"),
    lambda stream: stream.stop(),
    lambda stream: stream.pause(),
    lambda stream: stream.resume(),
    lambda stream: anext(stream),
]


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("make", [lambda: MeetingStream(JOIN), agent])
def test_a_stream_has_to_be_entered(use: Callable[[Any], Any], make: Callable[[], Any]) -> None:
    stream = make()

    async def call() -> None:
        async with asyncio.timeout(5):
            await use(stream)

    with pytest.raises(RuntimeError, match=f"^use `async with {type(stream).__name__}"):
        run(call())


def test_a_stream_is_entered_once(mock: MockTingwu) -> None:
    async def meet() -> None:
        async with tingwu(url=mock.url) as client:
            task = await client.create_realtime()
        stream = MeetingStream(task.join_url)
        async with stream:
            with pytest.raises(RuntimeError, match="can be entered once"):
                await stream.__aenter__()
            await stream.push(bytes(3_200))
            await stream.stop()
        with pytest.raises(RuntimeError, match="can be entered once"):
            await stream.__aenter__()

    run(meet())
    mock.wait_for(sessions=0)


def test_a_stream_may_be_closed_before_it_is_entered() -> None:
    async def close() -> None:
        stream = MeetingStream(JOIN)
        await stream.close()
        assert stream.ended

    run(close())


def test_a_closed_stream_takes_nothing_more(mock: MockTingwu) -> None:
    async def meet() -> None:
        async with tingwu(url=mock.url) as client:
            task = await client.create_realtime()
        async with MeetingStream(task.join_url) as stream:
            pass
        for use in (stream.send(b""), stream.push(b"\0\0"), stream.pause(), stream.resume()):
            with pytest.raises(StreamError, match="is over"):
                await use
        await stream.stop()
        await stream.close()
        assert [event async for event in stream] == []

    run(meet())


@pytest.mark.parametrize(
    ("make", "use"),
    [
        (tingwu, lambda client: client.info("a")),
        (tingwu, lambda client: client.wait("a")),
        (tingwu, lambda client: client.download(f"{URL}/x")),
        (
            tingwu,
            lambda client: client.results(TaskInfo("a", "COMPLETED", None, {"A": f"{URL}/x"})),
        ),
        (dashscope, lambda client: client.create_token()),
        (dashscope, lambda client: client.results(AgentInfo("a", 0, {"bPath": f"{URL}/x"}))),
        (live, lambda client: client.tasks()),
    ],
)
def test_a_closed_client_says_so(make: Callable[[], Any], use: Callable[[Any], Any]) -> None:
    async def call() -> None:
        client = make()
        await client.close()
        await client.close()
        await use(client)

    with pytest.raises(RuntimeError, match=r"^the (Tingwu|DashScope|LiveAsr)Client is closed$"):
        run(call())


# Two at once


def test_two_may_stop_one_stream(mock: MockTingwu, recording: bytes) -> None:
    async def meet() -> None:
        async with tingwu(url=mock.url) as client:
            task = await client.create_realtime()
        async with MeetingStream(task.join_url) as stream:
            await stream.push(recording)
            await asyncio.gather(stream.stop(), stream.stop(), stream.stop())
            events = [event async for event in stream]
            assert events.count(Completed()) == 1

    run(meet())


def test_two_may_pause_one_stream_and_one_resumes_it(mock: MockTingwu) -> None:
    async def meet() -> None:
        async with tingwu(url=mock.url) as client:
            task = await client.create_realtime()
        async with MeetingStream(task.join_url) as stream:
            await stream.push(bytes(3_200))
            await asyncio.gather(stream.pause(), stream.pause())
            outcomes = await asyncio.gather(
                stream.resume(), stream.resume(), return_exceptions=True
            )
            assert [str(one) for one in outcomes if one] == ["The stream is not paused."]
            await stream.push(bytes(3_200))
            await stream.stop()

    run(meet())


def test_two_readers_share_the_events_of_one_stream(mock: MockTingwu, recording: bytes) -> None:
    async def read(stream: MeetingStream) -> list[Any]:
        return [event async for event in stream]

    async def meet() -> None:
        async with tingwu(url=mock.url) as client:
            task = await client.create_realtime()
        async with MeetingStream(task.join_url) as stream:
            readers = [asyncio.create_task(read(stream)) for _ in range(2)]
            await stream.push(recording)
            await stream.stop()
            events = [event for reader in readers for event in await reader]
        assert events.count(Completed()) == 1 and len(events) > 10
        assert len({repr(event) for event in events}) == len(events)

    run(meet())


# Two threads


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    assert [thread.name for thread in threading.enumerate() if "portal" in thread.name] == []
    assert sync._LOOP._leases == 0


def together(count: int, work: Callable[[], object]) -> list[BaseException]:
    """Do the same in several threads at once; return what they raise."""
    barrier, raised = threading.Barrier(count), list[BaseException]()

    def begin() -> None:
        barrier.wait(10)
        try:
            work()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=begin) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads)
    return raised


def test_several_threads_share_one_client(mock: MockTingwu) -> None:
    with SyncTingwuClient(mock.url, app_key="a", **KEYS) as client:
        assert together(8, client.create_realtime) == []
    assert len([entry for entry in mock.journal if entry["kind"] == "request"]) == 8


def test_a_client_that_several_threads_close_is_closed_once(mock: MockTingwu) -> None:
    with SyncTingwuClient(mock.url, app_key="a", **KEYS) as other:
        for _ in range(20):
            client = SyncTingwuClient(mock.url, app_key="a", **KEYS).__enter__()
            assert together(4, client.close) == []
            with pytest.raises(RuntimeError, match="use `with SyncTingwuClient"):
                client.list_phrases()
            assert other.list_phrases() == ()


def test_a_client_that_several_threads_enter_is_entered_once() -> None:
    client = SyncTingwuClient(URL, app_key="a", **KEYS)
    raised = together(4, client.__enter__)
    client.close()
    assert [type(error) for error in raised] == [RuntimeError] * 3
    assert {str(error) for error in raised} == {"the SyncTingwuClient is entered already"}


def test_calls_that_are_under_way_end_when_another_thread_closes(virtual_mock: MockTingwu) -> None:
    begun = threading.Event()
    raised: list[BaseException] = []

    def wait(client: SyncTingwuClient, task_id: str) -> None:
        try:
            client.wait(task_id, on_change=lambda _: begun.set())
        except BaseException as error:
            raised.append(error)

    with SyncTingwuClient(virtual_mock.url, app_key="a", **KEYS) as client:
        waiting = threading.Thread(target=wait, args=[client, client.create_realtime().task_id])
        waiting.start()
        assert begun.wait(10)
    waiting.join(10)
    assert [type(error) for error in raised] == [CancelledError]


def test_a_call_from_within_a_callback_is_refused_instead_of_waiting_for_ever(
    mock: MockTingwu,
) -> None:
    for use in (SyncTingwuClient.list_phrases, SyncTingwuClient.close):
        with SyncTingwuClient(mock.url, app_key="a", **KEYS) as client:
            task = client.create_realtime()

            def call(_: TaskInfo, use: Any = use, client: SyncTingwuClient = client) -> None:
                use(client)

            with pytest.raises(RuntimeError, match="cannot be called from the event loop thread"):
                client.wait(task.task_id, on_change=call)
            assert client.list_phrases() == ()


def test_one_thread_pushes_another_reads_and_a_third_stops(
    mock: MockTingwu, recording: bytes
) -> None:
    with SyncTingwuClient(mock.url, app_key="a", **KEYS) as client:
        task = client.create_realtime()
    read: list[Any] = []
    with SyncMeetingStream(task.join_url) as stream:
        heard = threading.Event()
        refused: list[ClientError] = []

        def listen() -> None:
            for event in stream:
                read.append(event)
                heard.set()

        def push() -> None:
            try:
                stream.push(recording)
            except ClientError as error:
                refused.append(error)

        reader, pusher = threading.Thread(target=listen), threading.Thread(target=push)
        reader.start()
        pusher.start()
        assert heard.wait(20)
        stream.stop()
        pusher.join(20)
        reader.join(20)
    assert read[-1] == Completed()
    assert [type(error) for error in refused] in ([], [StreamError])


def test_a_receiver_is_started_once() -> None:
    receiver = LiveCallbackReceiver(on_callback=nothing)
    receiver.start()
    with pytest.raises(RuntimeError, match="can be started once"):
        receiver.start()
    receiver.close()
    receiver.close()
    with pytest.raises(RuntimeError, match="can be started once"):
        receiver.start()
