"""Streams that are really pulled: recordings by the clock, live ones as they come."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from mock_tingwu import MockTingwu
from tests.callbacks.receiver import Receiver, nobody
from tests.conftest import RECORDING, SCRIPT
from tests.live.helpers import STREAM, Live, events


def hear(live: Live, url: str, milliseconds: int) -> str:
    """A task that hears the demo meeting's words at ``url`` for so long; its id."""
    live.mock.script(SCRIPT, file_url=url)
    task_id = live.create(StreamURL=url, ReportInterval=-1)
    live.mock.advance(milliseconds)
    return task_id


def test_a_recording_is_heard_at_its_own_pace_and_once(live: Live, listener: Receiver) -> None:
    url = live.mock.host_file(RECORDING)
    task_id = hear(live, url, 20_000)
    half = len(events(listener))
    times = [event.payload["time"] for event in events(listener)]
    stamps = [event.callback["callback_time_stamp"] for event in events(listener)]
    assert half > 2
    # A sentence is known to be over a moment after its last word.
    begun = live.mock.now() - 20_000
    late = [stamp - begun - time for time, stamp in zip(times, stamps, strict=True)]
    assert 0 <= min(late) <= max(late) <= 1_500
    live.mock.advance(25_000)
    whole = [event.payload["result"] for event in events(listener)]
    assert len(whole) > half
    assert whole[0].startswith("早上好")
    assert live.state(task_id) == "PAUSED"
    live.mock.advance(600_000)
    assert len(events(listener)) == len(whole)
    assert live.query()[task_id]["status"] == 1


def test_a_recording_that_ends_lets_its_task_end(live: Live) -> None:
    url = live.mock.host_file(RECORDING)
    task_id = live.create(StreamURL=url, AutoTerminateEnabled="true", AutoTerminateDelay=2)
    live.mock.advance(60_000)
    assert live.state(task_id) == "COMPLETED"


def test_the_same_recording_says_the_same_to_the_last_byte(
    start_mock: Callable[..., MockTingwu], start_receiver: Callable[..., Receiver]
) -> None:
    contents = []
    for _ in range(2):
        receiver = start_receiver(200)
        live = Live(start_mock(clock="virtual", seed=7), receiver.url)
        live.create(StreamURL=live.mock.host_file(RECORDING))
        live.mock.advance(45_000)
        texts = [event.callback["content"] for event in events(receiver)]
        # The engine's name of the task has the time of its creation in it.
        contents.append([re.sub(r"tl_\d+_\d+", "", text) for text in texts])
    assert contents[0] == contents[1]
    assert len(contents[0]) > 20


def test_a_mapped_host_stands_for_a_folder(
    start_mock: Callable[..., MockTingwu], listener: Receiver, tmp_path: Path
) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "lesson").write_bytes(RECORDING.read_bytes())
    mock = start_mock(clock="virtual", file_hosts={"pull.example.com": str(tmp_path)})
    live = Live(mock, listener.url)
    hear(live, STREAM, 20_000)
    assert events(listener)[0].payload["result"].startswith("早上好")
    assert any("stands for pull.example.com" in note for note in live.notes())


def test_what_is_elsewhere_is_imagined_and_says_so(live: Live) -> None:
    live.create()
    (note,) = live.notes()
    assert note.startswith("the stream is imagined: pull.example.com is not contacted; ")


def test_a_stream_that_is_not_there_is_tried_again(live: Live) -> None:
    url = nobody().replace("http", "rtmp")
    task_id = live.create(StreamURL=url)
    live.mock.advance(10_000)
    assert live.state(task_id) == "PAUSED"
    moves = [e for e in live.mock.journal if e["kind"] == "transition"]
    assert len(moves) == 1  # attempts in vain are noted, not moved
    assert "refused the connection" in moves[0]["why"]
    assert live.query()[task_id]["status"] == 1
    live.stop(task_id)


def test_a_stream_that_never_comes_ends_its_task(live: Live) -> None:
    task_id = live.create(StreamURL=nobody(), AutoTerminateEnabled="true", AutoTerminateDelay=3)
    live.mock.advance(2_900)
    assert live.state(task_id) == "PAUSED"
    live.mock.advance(200)
    assert live.state(task_id) == "COMPLETED"


@pytest.mark.parametrize(("policy", "contacted"), [("never", False), ("auto", True)])
def test_what_may_be_contacted_is_up_to_the_settings(
    start_mock: Callable[..., MockTingwu], policy: str, contacted: bool
) -> None:
    live = Live(start_mock(clock="virtual", fetch=policy), nobody())
    live.create(StreamURL=nobody())
    live.mock.advance(1_000)
    moves = [e["why"] for e in live.mock.journal if e["kind"] == "transition"]
    assert any("refused the connection" in why for why in moves) == contacted


def test_a_recognizer_that_breaks_fails_its_task_and_nothing_else(live: Live) -> None:
    def feed(pcm: bytes) -> None:
        raise RuntimeError("no more")

    task_id = live.create(StreamURL=live.mock.host_file(RECORDING))
    live.mock.advance(1_000)
    task = live.mock.call(lambda: live.mock._server.world.default.tasks[task_id])
    live.mock.call(lambda: setattr(task.stream, "feed", feed))
    live.mock.advance(10_000)
    assert live.query(task_id)[task_id]["status"] == 3
    assert live.create() in live.query()


@pytest.mark.parametrize("action", ["StopRtcAsrTask", "DeleteRtcAsrTask"])
def test_a_task_can_be_ended_whose_last_words_break_the_recognizer(live: Live, action: str) -> None:
    def flush() -> None:
        raise RuntimeError("no more")

    task_id = live.create()
    task = live.mock.call(lambda: live.mock._server.world.default.tasks[task_id])
    live.mock.call(lambda: setattr(task.stream, "flush", flush))
    assert live.call(action, TaskId=task_id).json()["RetCode"] == 2000
    assert (task_id in live.query(task_id)) == (action == "StopRtcAsrTask")
