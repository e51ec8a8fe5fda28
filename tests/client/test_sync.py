from __future__ import annotations

import asyncio
import inspect
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from types import FrameType
from typing import Any

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.client import (
    AgentStream,
    ClientError,
    Completed,
    DashScopeClient,
    LiveAsrClient,
    LiveError,
    MeetingStream,
    Retries,
    SentenceEnd,
    StreamError,
    SyncAgentStream,
    SyncDashScopeClient,
    SyncLiveAsrClient,
    SyncMeetingStream,
    SyncTingwuClient,
    TaskInfo,
    TingwuClient,
    TingwuError,
    Unreachable,
    find_target,
    sync,
)
from mock_tingwu.client.sync import Blocking, blocking
from tests.conftest import SCRIPT

KEYS: dict[str, Any] = {"access_key_id": "any", "access_key_secret": "any"}
PAIRS: list[tuple[type[Blocking[Any]], type[Any]]] = [
    (SyncTingwuClient, TingwuClient),
    (SyncDashScopeClient, DashScopeClient),
    (SyncLiveAsrClient, LiveAsrClient),
    (SyncMeetingStream, MeetingStream),
    (SyncAgentStream, AgentStream),
]
pairs = pytest.mark.parametrize(("ours", "original"), PAIRS, ids=lambda one: one.__name__)


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    assert [thread for thread in threading.enumerate() if "portal" in thread.name] == []
    assert sync._LOOP._leases == 0


def tingwu(url: str, **more: Any) -> SyncTingwuClient:
    return SyncTingwuClient(url, app_key="app", **KEYS, **more)


# What it offers


@pairs
def test_every_method_is_there_with_its_parameters_and_its_documentation(
    ours: type[Blocking[Any]], original: type[Any]
) -> None:
    assert inspect.signature(ours) == inspect.signature(original)
    for name, method in inspect.getmembers(original, inspect.isfunction):
        if name.startswith("_"):
            continue
        waited = getattr(ours, name)
        assert inspect.signature(waited).parameters == inspect.signature(method).parameters, name
        assert waited.__doc__ == method.__doc__ or name == "close"
        assert not inspect.iscoroutinefunction(waited)


# A whole meeting


def test_a_meeting_from_create_to_its_files(mock: MockTingwu, recording: bytes) -> None:
    mock.script(SCRIPT, task_key="k")
    seen: list[TaskInfo] = []
    with tingwu(mock.url) as client:
        task = client.create_realtime(task_key="k", parameters={"AutoChaptersEnabled": True})
        with SyncMeetingStream(task.join_url) as stream:
            assert not stream.ended
            stream.send(recording[:3200])
            stream.push(recording[3200:])
            stream.stop()
            events = list(stream)
            assert stream.ended
        client.stop(task.task_id)
        info = client.wait(task.task_id, poll_interval=0.01, on_change=seen.append)
        chapters = client.download(info.results["AutoChapters"])
    assert events[-1] == Completed() and seen[-1] == info
    assert next(event.text for event in events if isinstance(event, SentenceEnd))
    assert chapters["AutoChapters"]


def test_captions_are_read_in_one_thread_while_another_pushes(
    mock: MockTingwu, recording: bytes
) -> None:
    with tingwu(mock.url) as client:
        task = client.create_realtime()
    heard = threading.Event()

    with SyncMeetingStream(task.join_url) as stream:

        def push() -> None:
            # Not before the first caption was read is the rest of the meeting said.
            stream.push(recording[: len(recording) // 2])
            assert heard.wait(20)
            stream.push(recording[len(recording) // 2 :])
            stream.stop()

        pusher = threading.Thread(target=push)
        pusher.start()
        for event in stream:
            if isinstance(event, SentenceEnd):
                heard.set()
        pusher.join(20)
        assert heard.is_set() and event == Completed()


def test_an_agent_s_meeting(mock: MockTingwu, recording: bytes) -> None:
    target = find_target("mock", {"MOCK_TINGWU_URL": mock.url})
    with SyncDashScopeClient.of(target.dashscope()) as client:
        task = client.create_realtime()
        with client.stream(task.data_id) as stream:
            assert stream.data_id == task.data_id
            stream.push(recording)
            stream.stop()
            assert list(stream)[-1] == Completed()
        client.end_realtime(task.data_id)
        assert client.results(client.wait(task.data_id, poll_interval=0.01))
        with client.instruct() as stream:
            stream.stop()
            assert stream.ended


def test_a_caption_task(virtual_mock: MockTingwu) -> None:
    with SyncLiveAsrClient(virtual_mock.url, **KEYS) as client:
        task_id = client.caption_stream("rtmp://pull.example.com/a", "http://127.0.0.1:1/")
        assert [task.task_id for task in client.tasks()] == [task_id]
        client.stop(task_id)
        client.delete(task_id)
        assert client.find(task_id) is None
        with pytest.raises(LiveError, match="ConfigNotFound"):
            client.stop(task_id)


# How it begins and ends


def test_all_share_one_thread_that_ends_with_the_last(mock: MockTingwu) -> None:
    def threads() -> int:
        return len([thread for thread in threading.enumerate() if "portal" in thread.name])

    with tingwu(mock.url) as client:
        task = client.create_realtime()
        with SyncMeetingStream(task.join_url), tingwu(mock.url) as other:
            assert threads() == 1
            other.close()
            other.close()
            assert threads() == 1
        assert client.info(task.task_id).status == "NEW"
        assert threads() == 1
    assert threads() == 0


def test_errors_are_those_of_the_asynchronous_client(mock: MockTingwu) -> None:
    with tingwu(mock.url) as client, pytest.raises(TingwuError, match="InvalidLanguage"):
        client.create_realtime(language="klingon")
    mock.close()
    with (
        tingwu(mock.url, retries=Retries(budget=0)) as client,
        pytest.raises(Unreachable, match="does not answer"),
    ):
        client.create_realtime()


def test_a_stream_that_cannot_be_joined_leaves_nothing_behind() -> None:
    with (
        pytest.raises(StreamError, match="cannot be joined"),
        SyncMeetingStream("ws://127.0.0.1:1/"),
    ):
        pass


def test_an_iteration_may_be_left_and_taken_up_again(mock: MockTingwu, recording: bytes) -> None:
    with tingwu(mock.url) as client:
        task = client.create_realtime()
    with SyncMeetingStream(task.join_url) as stream:
        stream.push(recording)
        stream.stop()
        first = next(iter(stream))
        rest = list(stream)
    assert rest[-1] == Completed() and first not in rest


@pytest.mark.parametrize("before", [True, False])
def test_it_has_to_be_entered(mock: MockTingwu, before: bool) -> None:
    client = tingwu(mock.url)
    if not before:
        with client:
            pass
    with pytest.raises(RuntimeError, match=r"use `with SyncTingwuClient\(\.\.\.\)`"):
        client.list_phrases()
    client.close()


def test_it_is_entered_once(mock: MockTingwu) -> None:
    with tingwu(mock.url) as client:
        with pytest.raises(RuntimeError, match="SyncTingwuClient is entered already"):
            client.__enter__()
        assert client.list_phrases() == ()


def interrupt() -> None:
    """Ctrl-C, as the main thread gets it when it waits for a call."""
    main = threading.main_thread().ident
    assert main is not None
    deadline = time.monotonic() + 5
    while not waits(sys._current_frames()[main]) and time.monotonic() < deadline:
        time.sleep(0.001)
    signal.pthread_kill(main, signal.SIGINT)


def waits(frame: FrameType | None) -> bool:
    """Whether a thread waits for what a call returns, and has not only begun it."""
    while frame is not None:
        before = frame.f_back
        if before and (frame.f_code.co_name, before.f_code.co_name) == ("result", "_run"):
            return True
        frame = before
    return False


@pytest.fixture
def ctrl_c() -> Iterator[Callable[[], None]]:
    """Interrupts the main thread, which runs the test."""
    if not hasattr(signal, "pthread_kill"):
        pytest.skip("Ctrl-C cannot be sent here")
    assert threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield interrupt
    signal.signal(signal.SIGINT, before)


class Sleeper:
    """Something asynchronous that takes long; ``cancelled`` is set when it has to end before."""

    def __init__(self) -> None:
        self.cancelled = threading.Event()

    async def __aenter__(self) -> Sleeper:
        return self

    async def close(self) -> None:
        pass

    async def sleep(self, begun: Callable[[], None]) -> None:
        try:
            begun()
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise


class SyncSleeper(Blocking[Sleeper]):
    sleep = blocking(Sleeper.sleep)


def test_ctrl_c_cancels_the_call_that_is_waited_for(ctrl_c: Callable[[], None]) -> None:
    sleeper = Sleeper()
    with SyncSleeper.of(sleeper) as waiting:
        with pytest.raises(KeyboardInterrupt):
            waiting.sleep(ctrl_c)
        assert sleeper.cancelled.wait(5)


def test_a_call_that_another_thread_waits_for_ends_with_close() -> None:
    sleeper, begun = Sleeper(), threading.Event()
    ended: list[type[BaseException]] = []

    def sleep(waiting: SyncSleeper) -> None:
        try:
            waiting.sleep(begun.set)
        except BaseException as error:
            ended.append(type(error))

    with SyncSleeper.of(sleeper) as waiting:
        thread = threading.Thread(target=sleep, args=[waiting])
        thread.start()
        assert begun.wait(5)
    assert sleeper.cancelled.is_set()
    thread.join(5)
    assert ended == [CancelledError]


def test_a_thread_that_reads_events_sees_their_end_when_another_closes(mock: MockTingwu) -> None:
    with tingwu(mock.url) as client:
        task = client.create_realtime()
    read: list[object] = []

    def listen(stream: SyncMeetingStream) -> None:
        read.append(list(stream))

    with SyncMeetingStream(task.join_url) as stream:
        listener = threading.Thread(target=listen, args=[stream])
        listener.start()
        deadline = time.monotonic() + 5
        while not stream._calls and time.monotonic() < deadline:
            time.sleep(0.001)
    listener.join(5)
    assert read == [[]]


@pytest.mark.parametrize("waiting", ["task", "stream"])
def test_ctrl_c_closes_everything_in_order(
    virtual_mock: MockTingwu, ctrl_c: Callable[[], None], waiting: str
) -> None:
    with pytest.raises(KeyboardInterrupt), tingwu(virtual_mock.url) as client:
        task = client.create_realtime()
        if waiting == "task":
            client.wait(task.task_id, on_change=lambda _: ctrl_c())
        with SyncMeetingStream(task.join_url) as stream:
            threading.Thread(target=ctrl_c).start()
            next(iter(stream))
    with pytest.raises(RuntimeError, match="use `with"):
        client.list_phrases()
    virtual_mock.wait_for(sessions=0)


def test_another_thread_s_client_outlives_one_that_is_closed(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock()
    problems: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(10):
                with tingwu(mock.url) as client:
                    client.info("0" * 32)
        except (ClientError, RuntimeError) as error:
            problems.append(error)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert problems == []
