"""Every failure of a stream: it ends as documented, or no word is missing or heard twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.client import (
    AgentEvent,
    AgentStream,
    Completed,
    DashScopeClient,
    Event,
    Failed,
    MeetingStream,
    RealtimeTask,
    Reconnected,
    Reconnecting,
    SentenceBegin,
    SentenceEnd,
    StreamError,
    TingwuClient,
    stream_life,
)
from mock_tingwu.core.failures import catalogue
from mock_tingwu.core.scripts import load_script
from tests.client.leftovers import run
from tests.client.spoken import hearing, spoken
from tests.conftest import SCRIPT

__all__ = ["hearing"]

Start = Callable[..., MockTingwu]

SENTENCES = 5
AUDIO, TEXTS, TIMES = spoken(SENTENCES)
INTERIM = {"Transcription": {"OutputLevel": 2}}

#: What each failure comes to: all words, or the message of a StreamError. Those that are not here
#: are the service's last word.
RECOVERS = "recovers"
EXPECTED = {
    "stream.lost": RECOVERS,
    "stream.closed": RECOVERS,
    "stream.event-twice": RECOVERS,
    "stream.event-order": RECOVERS,
    "stream.40000000": RECOVERS,
    "stream.50000000": RECOVERS,
    "stream.50000001": RECOVERS,
    "stream.50020003": RECOVERS,
    "stream.52010001": RECOVERS,
    "stream.refused": "refused with HTTP 503",
    "stream.stalled": "did not complete the stream within",
}
FAILURES = sorted(name for name in catalogue() if name.startswith("stream."))


@pytest.fixture(autouse=True)
def no_need_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is sent again is sent at once."""
    monkeypatch.setattr(stream_life, "CATCH_UP", 1_000.0)


async def create(mock: MockTingwu) -> RealtimeTask:
    keys: dict[str, Any] = {"access_key_id": "k", "access_key_secret": "s", "app_key": "a"}
    async with TingwuClient(mock.url, **keys) as client:
        return await client.create_realtime(task_key="k", parameters=INTERIM)


async def listened(stream: MeetingStream, note: Callable[[Event], None]) -> None:
    async for event in stream:
        note(event)


async def meet(
    mock: MockTingwu, audio: bytes, events: list[Event], pace: float = 0, **settings: Any
) -> None:
    task = await create(mock)
    async with MeetingStream(task.join_url, **{"patience": 5, **settings}) as stream:
        listener = asyncio.create_task(listened(stream, events.append))
        try:
            await stream.push(audio, pace=pace)
            await stream.stop()
        finally:
            await asyncio.wait_for(listener, 10)


def finals(events: list[Event]) -> list[SentenceEnd]:
    return [event for event in events if isinstance(event, SentenceEnd)]


def check_words(events: list[Event]) -> None:
    """Every word once, in order, where it was said, as if nothing had happened."""
    assert events[-1] == Completed() and events.count(Completed()) == 1
    assert [event.text for event in finals(events)] == TEXTS
    assert [event.index for event in finals(events)] == list(range(SENTENCES))
    assert [(event.begin, event.end) for event in finals(events)] == TIMES
    begins = [event for event in events if isinstance(event, SentenceBegin)]
    assert [(event.index, event.time) for event in begins] == [
        (index, begin) for index, (begin, _) in enumerate(TIMES)
    ]


@pytest.mark.parametrize(("profile", "pace"), [("plain", 0.002), ("awkward", 0)])
@pytest.mark.parametrize("name", FAILURES)
def test_every_failure_ends_as_documented_or_loses_nothing(
    hearing: Start, name: str, pace: float, profile: str
) -> None:
    mock = hearing(profile=profile)
    rule: Any = catalogue()[name].rule
    mock.faults.add(name, match=rule.get("match"), times=1)
    events: list[Event] = []
    expected = EXPECTED.get(name)
    meeting = meet(mock, AUDIO, events, pace, patience=2 if name == "stream.stalled" else 5)
    if expected == RECOVERS:
        run(meeting)
        check_words(events)
    elif expected is not None:
        with pytest.raises(StreamError, match=expected):
            run(meeting)
    else:
        status = int(name.removeprefix("stream."))
        with pytest.raises(StreamError) as failed:
            run(meeting)
        assert failed.value.status == status
        assert isinstance(events[-1], Failed) and events[-1].status == status
        assert not any(isinstance(event, Reconnecting) for event in events)
    assert mock.faults.list()[0]["fired"] == 1


@pytest.mark.parametrize("pace", [0, 0.002], ids=["at once", "paced"])
@pytest.mark.parametrize("at", [100, 900, 1_300, 3_700])
def test_no_word_is_lost_wherever_the_connection_is(hearing: Start, at: int, pace: float) -> None:
    mock = hearing()
    mock.faults.add({"type": "ws_drop"}, match={"audio_ms": at}, times=1)
    events: list[Event] = []
    run(meet(mock, AUDIO, events, pace))
    check_words(events)
    (gone,) = [event for event in events if isinstance(event, Reconnecting)]
    assert (gone.attempt, gone.delay) == (1, 100) and "broke off" in gone.why
    (back,) = [event for event in events if isinstance(event, Reconnected)]
    assert back.attempt == 1 and back.gap >= 100 and back.lost == 0
    assert back.resent is not None and 0 < back.resent <= len(AUDIO) // 32


def test_several_losses_in_a_row_are_mended(hearing: Start) -> None:
    mock = hearing()
    lost = {"event": "SentenceEnd"}
    mock.faults.add({"type": "ws_drop"}, match=lost | {"nth": 2}, times=1)
    mock.faults.add({"type": "ws_drop"}, match=lost | {"nth": 2}, times=1)
    mock.faults.add({"type": "ws_refused"}, match={"service": "realtime"} | {"nth": 2}, times=2)
    events: list[Event] = []
    run(meet(mock, AUDIO, events, 0.002))
    check_words(events)
    attempts = [event.attempt for event in events if isinstance(event, Reconnecting)]
    assert len(attempts) >= 3 and max(attempts) >= 2


def test_a_connection_that_is_lost_again_and_again_is_given_up(hearing: Start) -> None:
    mock = hearing()
    mock.faults.add({"type": "ws_drop"}, match={"event": "SentenceEnd"})
    events: list[Event] = []
    with pytest.raises(StreamError, match=r"broke off.*attempts to go on that failed: 4"):
        run(meet(mock, AUDIO, events, reconnect_delay=0))
    attempts = [event.attempt for event in events if isinstance(event, Reconnecting)]
    assert attempts == [1, 2, 3, 4]


@pytest.mark.parametrize("pace", [0, 0.002], ids=["at once", "paced"])
def test_without_reconnects_a_loss_is_the_end(hearing: Start, pace: float) -> None:
    mock = hearing()
    mock.faults.add("stream.lost", times=1)
    events: list[Event] = []
    with pytest.raises(StreamError, match="broke off"):
        run(meet(mock, AUDIO, events, pace, reconnect=0))
    assert not any(isinstance(event, Reconnecting | Completed) for event in events)


def test_without_a_replay_captions_have_a_gap_and_go_on(hearing: Start) -> None:
    mock = hearing()
    mock.faults.add({"type": "ws_drop"}, match={"event": "SentenceEnd", "nth": 2}, times=1)
    events: list[Event] = []
    run(meet(mock, AUDIO, events, 0.002, replay=0))
    texts = [event.text for event in finals(events)]
    assert TEXTS[1] not in texts and texts[-1] == TEXTS[-1]
    indexes = [event.index for event in finals(events)]
    assert indexes == sorted(set(indexes)) and 1 not in indexes
    (back,) = [event for event in events if isinstance(event, Reconnected)]
    assert back.lost is not None and back.lost > 0 and back.resent is not None
    begin = next(event.begin for event in finals(events) if event.text == TEXTS[-1])
    assert begin == TIMES[-1][0]


def test_a_stream_that_is_stopped_meanwhile_is_still_completed(hearing: Start) -> None:
    mock = hearing()
    mock.faults.add({"type": "ws_drop"}, match={"event": "SentenceEnd", "nth": SENTENCES}, times=1)
    events: list[Event] = []
    run(meet(mock, AUDIO, events))
    check_words(events)


def test_a_task_that_is_stopped_during_a_loss_is_not_tried_for_ever(hearing: Start) -> None:
    mock = hearing()

    async def stopped() -> None:
        task = await create(mock)
        keys: dict[str, Any] = {"access_key_id": "k", "access_key_secret": "s", "app_key": "a"}
        async with MeetingStream(task.join_url) as stream, TingwuClient(mock.url, **keys) as client:
            await stream.push(AUDIO)
            while not isinstance(await anext(stream), SentenceEnd):
                pass
            mock.session(task.task_id).cut()
            while not isinstance(await anext(stream), Reconnecting):
                pass
            await client.stop(task.task_id)
            with pytest.raises(StreamError, match="has expired") as refused:
                await stream.stop()
            assert refused.value.status == 403

    run(stopped())


def test_events_that_are_held_back_come_in_the_end(hearing: Start) -> None:
    mock = hearing(clock="virtual")
    mock.faults.add({"type": "ws_stall", "ms": 5_000}, match={"event": "SentenceEnd"}, times=1)

    async def wait() -> list[Event]:
        events: list[Event] = []
        task = await create(mock)
        async with MeetingStream(task.join_url) as stream:
            listener = asyncio.create_task(listened(stream, events.append))
            await stream.push(AUDIO)
            stopping = asyncio.create_task(stream.stop())
            await asyncio.to_thread(mock.wait_for, kind="fault", timeout=5)
            await asyncio.to_thread(mock.advance, 5_000)
            await stopping
            await listener
        return events

    check_words(run(wait()))


def test_a_pause_keeps_the_words_and_the_state_of_the_task(hearing: Start) -> None:
    mock = hearing()
    half = TIMES[2][0] * 32

    async def with_a_pause() -> list[Event]:
        events: list[Event] = []
        task = await create(mock)
        async with MeetingStream(task.join_url) as stream:
            listener = asyncio.create_task(listened(stream, events.append))
            await stream.push(AUDIO[:half])
            await stream.pause()
            await stream.pause()
            assert not stream.ended
            await asyncio.to_thread(mock.wait_for, task_id=task.task_id, status="PAUSED")
            await asyncio.to_thread(mock.wait_for, sessions=0)
            for use in (stream.send(b"\0\0"), stream.push(b"\0\0")):
                with pytest.raises(StreamError, match="is paused and takes no audio"):
                    await use
            await stream.resume()
            with pytest.raises(StreamError, match="is not paused"):
                await stream.resume()
            await stream.push(AUDIO[half:])
            await asyncio.to_thread(mock.wait_for, task_id=task.task_id, status="ONGOING")
            await stream.stop()
            await listener
            for use in (stream.pause(), stream.resume()):
                with pytest.raises(StreamError, match="is over"):
                    await use
        return events

    events = run(with_a_pause())
    check_words(events)
    assert not any(isinstance(event, Reconnecting | Reconnected) for event in events)
    mock.assert_no_violations("advice", but=["audio-burst", "stop-missing"])


def test_the_words_of_a_script_are_heard_once_when_silence_is_cut(
    mock: MockTingwu, recording: bytes
) -> None:
    mock.script(SCRIPT, task_key="k")
    # The first sentence lasts to 3680 ms, the second begins after it is known to be over.
    mock.faults.add({"type": "ws_drop"}, match={"audio_ms": 4_600}, times=1)
    events: list[Event] = []
    run(meet(mock, recording, events))
    assert [event.text for event in finals(events)] == [
        line.text for line in load_script(SCRIPT).lines
    ]
    assert [event.index for event in finals(events)] == list(range(len(finals(events))))


# Agents


AGENT_FAILURES = sorted(name for name in catalogue() if name.startswith("agent-stream."))


async def with_agent(mock: MockTingwu, use: Callable[[AgentStream], Any], **settings: Any) -> None:
    async with DashScopeClient(mock.url, api_key="sk", app_id="tw") as client:
        task = await client.create_realtime()
        async with client.stream(task.data_id, **settings) as stream:
            await use(stream)


async def never(stream: AgentStream) -> None:
    raise AssertionError("it was entered")


@pytest.mark.parametrize("profile", ["plain", "awkward"])
@pytest.mark.parametrize("name", AGENT_FAILURES)
def test_every_failure_of_an_agent_is_raised_at_the_start(
    hearing: Start, name: str, profile: str
) -> None:
    mock = hearing(profile=profile)
    rule: Any = catalogue()[name].rule
    mock.faults.add(name, match=rule["match"] | {"service": "dashscope"}, times=1)
    with pytest.raises(StreamError) as failed:
        run(with_agent(mock, never))
    assert f"agent-stream.{failed.value.code}" == name


@pytest.mark.parametrize(
    ("action", "profile"),
    [
        ({"type": "ws_drop"}, "plain"),
        ({"type": "ws_drop"}, "awkward"),
        ({"type": "ws_close", "code": 1011}, "plain"),
        ({"type": "ws_close", "code": 1011}, "awkward"),
    ],
)
def test_an_agents_meeting_goes_on_after_a_loss(
    hearing: Start, action: dict[str, Any], profile: str
) -> None:
    mock = hearing(profile=profile)
    mock.faults.add(action, match={"service": "dashscope", "audio_ms": TIMES[2][0] - 100}, times=1)
    events: list[AgentEvent] = []

    async def talk(stream: AgentStream) -> None:
        await stream.push(AUDIO[: TIMES[2][0] * 32])
        # Nothing is sent again: only what is said after the loss is heard for certain.
        while not isinstance(events[-1] if events else None, Reconnected):
            events.append(await anext(stream))
        await stream.push(AUDIO[TIMES[2][0] * 32 :])
        await stream.stop()
        events.extend([event async for event in stream])

    run(with_agent(mock, talk))
    ends = [event for event in events if isinstance(event, SentenceEnd)]
    assert [event.text for event in ends] == TEXTS
    assert [event.index for event in ends] == list(range(SENTENCES))
    assert all(a.end <= b.begin for a, b in pairwise(ends))
    assert events[-1] == Completed()


def test_an_agents_meeting_ends_with_a_loss_if_that_is_wanted(hearing: Start) -> None:
    mock = hearing()
    mock.faults.add({"type": "ws_drop"}, match={"service": "dashscope", "audio_ms": 100}, times=1)
    events: list[AgentEvent] = []

    async def talk(stream: AgentStream) -> None:
        await stream.push(AUDIO)
        events.extend([event async for event in stream])

    with pytest.raises(StreamError, match="broke off"):
        run(with_agent(mock, talk, reconnect=0))
    assert not any(isinstance(event, Reconnecting | Completed) for event in events)


def test_an_agents_meeting_is_paused_and_resumed(hearing: Start) -> None:
    mock = hearing()
    half = TIMES[2][0] * 32

    async def talk(stream: AgentStream) -> None:
        await stream.push(AUDIO[:half])
        await stream.pause()
        await asyncio.to_thread(mock.wait_for, sessions=0)
        with pytest.raises(StreamError, match="is paused and takes no audio"):
            await stream.send(b"")
        await stream.resume()
        await stream.push(AUDIO[half:])
        await stream.stop()
        ends = [event async for event in stream if isinstance(event, SentenceEnd)]
        assert [event.text for event in ends] == TEXTS
        assert [(event.begin, event.end) for event in ends] == TIMES
        assert [event.index for event in ends] == list(range(SENTENCES))

    run(with_agent(mock, talk))
