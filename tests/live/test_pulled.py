"""Live streams that are really pulled, over RTMP and HTTP-FLV, on the system clock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import cache
from itertools import count

import pytest

from mock_tingwu import MockTingwu
from tests.callbacks.receiver import Receiver
from tests.conftest import SCRIPT
from tests.live.helpers import Live, events
from tests.media_site import Site, flv_pieces, live, speech_as
from tests.realtime.helpers import until
from tests.rtmp_server import RtmpServer

FIRST_WORDS = "早上好"


@cache
def flv() -> bytes:
    """The beginning of the demo meeting as a publisher would send it."""
    return speech_as("flv", "aac", 44_100)


@pytest.fixture
def running(start_mock: Callable[..., MockTingwu], listener: Receiver) -> Live:
    """The calls of a mock on the system clock."""
    return Live(start_mock(), listener.url)


def create(running: Live, url: str, **parameters: str) -> str:
    running.mock.script(SCRIPT, file_url=url)
    return running.create(StreamURL=url, ReportInterval="-1", **parameters)


def moves(running: Live) -> list[str]:
    journal = running.mock.journal
    return [entry["after"] for entry in journal if entry["kind"] == "transition"]


def test_rtmp_is_heard_while_it_is_published(running: Live, listener: Receiver) -> None:
    with RtmpServer(flv(), ending="unpublish", speed=4) as server:
        task_id = create(running, server.url + "?auth_key=1-0-0-x")
        listener.wait(1)
        assert events(listener)[0].payload["result"].startswith(FIRST_WORDS)
        until(lambda: running.state(task_id) == "PAUSED", "the end of the stream")
        assert any("auth_key=1-0-0-x" in str(call) for call in server.calls)
        running.stop(task_id)
    assert moves(running) == ["ONGOING", "PAUSED", "COMPLETED"]
    assert "auth_key=1-0-0-x" not in str(running.mock.journal)


def test_a_publisher_that_comes_back_is_heard_on(running: Live, listener: Receiver) -> None:
    with RtmpServer(flv(), ending="cut") as server:
        task_id = create(running, server.url)
        until(lambda: moves(running).count("ONGOING") == 2, "the second publishing")
        running.stop(task_id)
    told = [event.payload for event in events(listener)]
    assert [payload["index"] for payload in told] == list(range(len(told)))
    times = [payload["time"] for payload in told]
    assert times == sorted(times)


def test_a_publisher_that_leaves_for_good_ends_the_task(
    running: Live, listener: Receiver, site: Site
) -> None:
    attempts = count()

    def once() -> Iterator[bytes]:
        return flv_pieces(flv()) if next(attempts) == 0 else iter(())

    url = site.add("/live/room.flv", live(once))
    task_id = create(running, url, AutoTerminateEnabled="true", AutoTerminateDelay="1")
    until(lambda: running.state(task_id) == "COMPLETED", "the end of the task")
    assert moves(running) == ["ONGOING", "PAUSED", "COMPLETED"]
    assert events(listener)[0].payload["result"].startswith(FIRST_WORDS)


def test_a_stop_ends_the_pulling(running: Live, listener: Receiver) -> None:
    with RtmpServer(flv(), ending="wait", speed=1) as server:
        task_id = create(running, server.url)
        until(lambda: running.state(task_id) == "ONGOING", "the stream")
        running.stop(task_id)
        until(lambda: pullers() == [], "the end of the thread")


def test_a_mapped_host_may_stand_for_an_rtmp_server(
    start_mock: Callable[..., MockTingwu], listener: Receiver
) -> None:
    with RtmpServer(flv()) as server:
        address = server.url.removesuffix("/live/meeting")
        mock = start_mock(file_hosts={"pull.example.com": address})
        running = Live(mock, listener.url)
        create(running, "rtmp://pull.example.com/live/meeting")
        listener.wait(1)
    assert events(listener)[0].payload["result"].startswith(FIRST_WORDS)


def test_a_reset_lets_go_of_the_stream(running: Live) -> None:
    with RtmpServer(flv(), ending="wait", speed=1) as server:
        task_id = create(running, server.url)
        until(lambda: running.state(task_id) == "ONGOING", "the stream")
        running.mock.reset()
        until(lambda: pullers() == [], "the end of the thread")


def pullers() -> list[str]:
    """The threads that pull."""
    return [t.name for t in threading.enumerate() if t.name.startswith("mock-tingwu-pull")]
