"""What a stream does when, without a connection: the table and what hangs on it."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_tingwu.client import (
    Completed,
    Failed,
    Ping,
    Reconnected,
    Reconnecting,
    ResultChanged,
    ResultTranslated,
    SentenceBegin,
    SentenceEnd,
    StreamError,
    TranslatedText,
)
from mock_tingwu.client.continuity import Continuity
from mock_tingwu.client.inbox import EVENTS, Inbox
from mock_tingwu.client.replay import Replay
from mock_tingwu.client.stream_core import STABLE_MS, Loss, Offsets, Patience, StreamCore, Told
from mock_tingwu.client.stream_table import CONNECTED, TABLE, Input, State

#: 32 bytes of PCM are a ms.
RATE = 32
SECOND = bytes(1000 * RATE)
GONE = Loss(StreamError("The connection broke off."), transient=True)
REFUSED = Loss(StreamError("The meeting refused with HTTP 403", 403), transient=False)
STARTED: Told[Any] = Told(started=True)


def policy(**changed: Any) -> Patience:
    given: dict[str, Any] = {
        "step": 10_000,
        "silence": None,
        "attempts": 4,
        "delay": 100,
        "bytes_per_ms": RATE,
        "replay": 60_000 * RATE,
    }
    return Patience(**(given | changed))


def running(**changed: Any) -> StreamCore:
    core = StreamCore("The meeting", policy(**changed))
    assert core.connected(0) == Offsets()
    core.told(STARTED, 0)
    assert core.state is State.RUNNING
    assert core.take_events() == []
    return core


def pushed(core: StreamCore, *frames: bytes) -> None:
    for frame in frames:
        core.push(frame)
        core.pushed()


def state_of(core: StreamCore) -> State:
    return core.state


def told(*events: Any) -> Told[Any]:
    return Told(events)


def end(index: int, begin: int, until: int, text: str = "", **more: Any) -> SentenceEnd:
    return SentenceEnd(index, begin, until, text, "", **more)


def again(core: StreamCore, now: int) -> Offsets:
    """Make another connection after a loss, up to the start."""
    assert core.state is State.BROKEN
    core.retry()
    offsets = core.connected(now)
    core.told(STARTED, now)
    return offsets


# The table


def test_every_state_is_reached_and_left() -> None:
    assert set(TABLE.values()) == set(State)
    for state in set(State) - {State.ENDED}:
        assert any(before is state and after is not state for (before, _), after in TABLE.items())


@pytest.mark.parametrize(("state", "happened"), sorted(product(State, Input), key=str))
def test_what_the_table_does_not_have_changes_nothing(state: State, happened: Input) -> None:
    core = running()
    core.state = state
    assert core._move(happened) is ((state, happened) in TABLE)
    assert core.state is TABLE.get((state, happened), state)


def test_messages_come_where_there_is_a_connection() -> None:
    without = {State.CONNECTING, State.PAUSED, State.BROKEN, State.ENDED}
    assert set(State) - without == CONNECTED
    core = running()
    core.lost(REFUSED, 0)
    core.told(told(end(0, 0, 100)), 0)
    assert core.take_events() == []


# Going on


def test_a_loss_is_tried_to_be_mended_and_told() -> None:
    core = running()
    pushed(core, SECOND)
    core.lost(GONE, 5_000)
    assert (core.state, core.retry_at) == (State.BROKEN, 5_100)
    assert core.take_events() == [Reconnecting(1, "The connection broke off.", 100)]
    core.retry()
    core.lost(Loss(StreamError("nobody there"), transient=True), 5_110)
    assert core.take_events() == [Reconnecting(2, "nobody there", 100)]
    assert again(core, 5_210) == Offsets(time=0)
    assert core.state is State.CATCHING_UP and list(core.backlog) == [SECOND]
    assert core.take_events() == [Reconnected(2, gap=210, resent=1000, lost=0)]
    assert not core.caught_up(5_300)
    assert state_of(core) is State.RUNNING


def test_what_a_final_sentence_covers_is_not_sent_again() -> None:
    core = running()
    pushed(core, SECOND, SECOND, SECOND)
    core.told(told(SentenceBegin(0, 100), end(0, 100, 1_250), SentenceBegin(1, 1_900)), 0)
    core.lost(GONE, 0)
    assert again(core, 0) == Offsets(time=1_250, index=0)
    assert sum(map(len, core.backlog)) == 1_750 * RATE


def test_a_sentence_that_had_begun_when_another_ended_is_sent_again_whole() -> None:
    core = running()
    pushed(core, SECOND, SECOND)
    core.told(told(end(0, 0, 1_500, stash_begin=1_400)), 0)
    core.lost(GONE, 0)
    assert again(core, 0) == Offsets(time=1_400, index=0)


def test_without_a_replay_the_stream_goes_on_at_its_end_after_the_open_sentence() -> None:
    core = running(replay=0)
    pushed(core, SECOND, SECOND)
    core.told(told(end(0, 0, 500), SentenceBegin(1, 900)), 0)
    core.lost(GONE, 0)
    assert again(core, 300) == Offsets(time=2_000, index=1)
    assert core.state is State.RUNNING
    assert core.take_events()[-1] == Reconnected(1, gap=300, resent=0, lost=1_500)


def test_what_is_being_written_is_sent_again_even_without_a_replay() -> None:
    core = running(replay=0)
    pushed(core, SECOND)
    core.push(SECOND)
    core.lost(GONE, 0)
    assert again(core, 0) == Offsets(time=1_000)
    assert list(core.backlog) == [SECOND]
    core.pushed()


def test_where_it_is_not_known_how_long_audio_lasts_no_offsets_are_sent() -> None:
    core = running(bytes_per_ms=None)
    pushed(core, b"OggS")
    core.told(told(SentenceBegin(0, 0), end(0, 0, 900)), 0)
    core.lost(GONE, 0)
    assert again(core, 0) == Offsets()
    assert core.state is State.RUNNING
    assert core.take_events()[-1] == Reconnected(1, gap=0, resent=None, lost=None)


def test_audio_that_is_not_what_it_was_said_to_be_is_found_out() -> None:
    core = running()
    pushed(core, SECOND)  # in truth two seconds with half the rate
    core.told(told(end(0, 0, 1_900)), 0)
    pushed(core, SECOND)
    core.lost(GONE, 0)
    assert again(core, 0) == Offsets()
    assert core.state is State.RUNNING and not core.backlog


def test_a_final_result_may_be_a_little_ahead_of_the_audio() -> None:
    core = running()
    pushed(core, SECOND)
    core.told(told(end(0, 0, 1_400)), 0)
    core.lost(GONE, 0)
    assert again(core, 0) == Offsets(time=1_000, index=0)


def test_too_long_without_a_sentence_is_reported_as_lost() -> None:
    core = running(replay=2_000 * RATE)
    pushed(core, *[SECOND] * 5)
    core.told(told(SentenceBegin(0, 0)), 0)
    core.lost(GONE, 0)
    assert again(core, 0) == Offsets(time=3_000)
    assert core.take_events()[-1] == Reconnected(1, gap=0, resent=2_000, lost=3_000)


def test_attempts_are_counted_in_a_row() -> None:
    core = running(attempts=2)
    for _ in range(2):
        core.lost(GONE, 0)
        again(core, 0)
    core.lost(GONE, 0)
    assert core.state is State.ENDED and core.broken
    assert str(core.failure) == ("The connection broke off. (attempts to go on that failed: 2)")


@pytest.mark.parametrize("how", ["a final sentence", "a minute"])
def test_a_connection_that_held_starts_the_count_anew(how: str) -> None:
    core = running(attempts=1)
    for number in range(3):
        now = 2 * number * STABLE_MS
        core.lost(GONE, now)
        again(core, now)
        if how == "a final sentence":
            core.told(told(end(number, 0, 0, str(number))), now)
    assert core.state is State.RUNNING


def test_the_last_reason_is_told_beside_the_first() -> None:
    core = running(attempts=1)
    core.lost(GONE, 0)
    core.retry()
    core.lost(Loss(StreamError("nobody there", 503), transient=True), 0)
    assert str(core.failure) == (
        "The connection broke off. "
        "(attempts to go on that failed: 1, the last one so: nobody there)"
    )
    assert core.failure is not None and core.failure.status == 503


def test_what_another_attempt_does_not_better_ends_at_once() -> None:
    core = running()
    core.lost(GONE, 0)
    core.retry()
    core.lost(REFUSED, 0)
    assert core.state is State.ENDED and core.failure is REFUSED.error


@pytest.mark.parametrize(("attempts", "begun"), [(0, True), (4, False)])
def test_no_attempt_is_made_where_none_is_wanted_or_nothing_was_on(
    attempts: int, begun: bool
) -> None:
    core = running(attempts=attempts) if begun else StreamCore("The meeting", policy())
    core.lost(GONE, 0)
    assert core.state is State.ENDED and core.failure is GONE.error and core.broken


def test_a_failure_that_may_pass_is_an_event_only_when_it_is_the_last_word() -> None:
    core = running(attempts=1)
    failure = StreamError("failed with 50000000", 50000000)
    message: Told[Any] = Told((Failed(50000000, "x"),), failure=failure, transient=True)
    core.told(message, 0)
    assert core.take_events() == [Reconnecting(1, "failed with 50000000", 100)]
    again(core, 0)
    core.told(message, 0)
    assert core.take_events()[-1] == Failed(50000000, "x")
    assert core.state is State.ENDED and not core.broken
    assert core.failure is not None and core.failure.status == 50000000


# What the caller wants


@pytest.mark.parametrize("wish", [StreamCore.stop, StreamCore.pause])
def test_what_is_wanted_during_a_loss_is_done_after_it(wish: Any) -> None:
    core = running()
    pushed(core, SECOND)
    core.lost(GONE, 0)
    assert not wish(core, 0)
    assert core.refusal() is not None
    again(core, 0)
    assert core.state is State.CATCHING_UP
    assert core.caught_up(0)
    core.told(told(Completed()), 0)
    ended = wish is StreamCore.stop
    assert core.state is (State.ENDED if ended else State.PAUSED)
    assert core.take_events()[2:] == ([Completed()] if ended else [])


@pytest.mark.parametrize("wish", [StreamCore.stop, StreamCore.pause])
def test_what_was_asked_for_is_asked_for_again_after_a_loss(wish: Any) -> None:
    core = running()
    assert wish(core, 0)
    core.lost(GONE, 0)
    core.retry()
    core.connected(0)
    core.told(STARTED, 0)
    assert core.state is State.CATCHING_UP  # the driver has to ask
    assert core.caught_up(0)
    assert core.state in (State.STOPPING, State.PAUSING)


def test_a_pause_keeps_numbers_and_times_and_sends_nothing_again() -> None:
    core = running()
    pushed(core, SECOND, SECOND)
    core.told(told(SentenceBegin(0, 0), end(0, 0, 900)), 0)
    assert core.pause(0)
    core.told(told(Completed()), 0)
    assert core.state is State.PAUSED and Completed() not in core.take_events()
    assert "paused" in str(core.refusal())
    core.resume()
    assert core.connected(0) == Offsets(time=2_000, index=0)
    core.told(STARTED, 0)
    assert state_of(core) is State.RUNNING
    assert core.take_events() == []


def test_a_paused_stream_that_is_stopped_is_complete() -> None:
    core = running()
    core.pause(0)
    core.told(told(Completed()), 0)
    assert not core.stop(0)
    assert core.state is State.ENDED and core.take_events() == [Completed()]


def test_a_pause_that_becomes_a_stop_asks_the_service_once() -> None:
    core = running()
    assert core.pause(0)
    assert not core.stop(0)
    core.told(told(Completed()), 0)
    assert core.state is State.ENDED and core.take_events() == [Completed()]


def test_a_stop_is_not_forgotten_for_a_pause() -> None:
    core = running()
    core.lost(GONE, 0)
    core.stop(0)
    core.pause(0)
    again(core, 0)
    assert core.caught_up(0)
    assert state_of(core) is State.STOPPING


# Deadlines


def test_every_step_has_a_deadline() -> None:
    core = StreamCore("The meeting", policy())
    assert core.deadline is None
    core.connected(1_000)
    assert core.deadline == 11_000
    core.timed_out(10_999)
    assert core.state is State.STARTING
    core.timed_out(11_000)
    assert str(core.failure) == "The meeting did not start the stream within 10 s."
    core = running()
    assert core.deadline is None
    core.pause(5)
    assert core.deadline == 10_005
    core.timed_out(10_005)
    assert str(core.failure) == "The meeting did not pause the stream within 10 s."
    assert not core.broken


def test_silence_is_a_loss() -> None:
    core = running(silence=500)
    core.told(told(Ping()), 400)
    assert core.deadline == 900
    core.timed_out(900)
    assert core.take_events() == [
        Ping(),
        Reconnecting(1, "The meeting has said nothing for 0.5 s.", 100),
    ]


# Numbers and times


def test_a_service_that_counts_anew_is_understood() -> None:
    continuity = Continuity()
    continuity.resume(7, 60_000, 0)
    assert continuity.take(SentenceBegin(0, 400), 62_000) == SentenceBegin(7, 60_400)
    assert continuity.take(ResultChanged(0, 900, "a"), 62_000) == ResultChanged(7, 60_900, "a")
    final = end(0, 400, 1_500, stash_begin=1_450)
    assert continuity.take(final, 62_000) == end(7, 60_400, 61_500, stash_begin=61_450)
    item = TranslatedText(0, "b", True, False)
    moved = continuity.take(ResultTranslated("m", "cn", "en", (item,)), 62_000)
    assert moved is not None and moved.items[0].index == 7


def test_a_service_that_has_counted_on_what_is_sent_twice_is_understood() -> None:
    continuity = Continuity()
    continuity.resume(3, 10_000, 5_000)
    # It has heard 15 s before, and hears the last 5 of them again.
    assert continuity.take(SentenceBegin(4, 15_400), 15_000) == SentenceBegin(3, 10_400)


def test_a_service_that_does_as_asked_is_taken_at_its_word() -> None:
    continuity = Continuity()
    continuity.resume(3, 10_000, 5_000)
    assert continuity.take(SentenceBegin(3, 10_400), 15_000) == SentenceBegin(3, 10_400)


def test_what_says_nothing_new_is_dropped() -> None:
    continuity = Continuity()
    first = end(0, 0, 900, "one", message_id="a")
    assert continuity.take(SentenceBegin(0, 0), None) == SentenceBegin(0, 0)
    assert continuity.take(first, None) == first
    assert continuity.take(first, None) is None
    assert continuity.take(ResultChanged(0, 800, "on"), None) is None
    assert continuity.take(SentenceBegin(1, 1_000), None) == SentenceBegin(1, 1_000)
    # Another final of the same sentence is not ours to hide.
    other = end(0, 0, 950, "one!", message_id="b")
    assert continuity.take(other, None) == other


def test_a_sentence_that_is_heard_again_begins_once() -> None:
    continuity = Continuity()
    continuity.take(SentenceBegin(0, 100), None)
    continuity.resume(0, 0, 500)
    assert continuity.take(SentenceBegin(0, 120), 500) is None
    assert continuity.take(end(0, 120, 400), 500) == end(0, 120, 400)


# What is kept


@given(
    st.lists(st.binary(max_size=40), max_size=20),
    st.integers(0, 100),
    st.lists(st.integers(0, 400), max_size=4),
)
def test_a_replay_holds_the_end_of_the_audio(
    frames: list[bytes], limit: int, finals: list[int]
) -> None:
    replay = Replay(limit)
    audio = b""
    for number, frame in enumerate(frames):
        audio += frame
        replay.push(frame)
        assert len(frame) <= replay.end - replay.start
        replay.pushed()
        if number < len(finals):
            replay.acknowledge(finals[number])
        assert b"".join(replay.frames) == audio[replay.start : replay.end]
        assert replay.end == len(audio) and replay.end - replay.start <= limit + 1
        assert not limit or replay.start % 2 == 0
        assert replay.lost <= replay.start
        assert replay.start <= max([0, *finals[: number + 1], replay.end - limit]) + 1


def test_a_full_inbox_drops_what_was_replaced_and_nothing_final() -> None:
    inbox = Inbox()
    events: list[Any] = []
    for index in range(200):
        events += [SentenceBegin(index, index)]
        events += [ResultChanged(index, index, str(n)) for n in range(3)]
        said = TranslatedText(index, "so far", False, False)
        events += [ResultTranslated("", "cn", "en", (said,)), Ping()]
        events += [end(index, index, index)]
        done = TranslatedText(index, "final", True, False)
        events += [ResultTranslated("", "cn", "en", (done,))]
    for event in events:
        inbox.put(event)
        assert len(inbox) <= EVENTS + 2 * 3 * 200
    read = [inbox.take() for _ in range(len(inbox))]

    def lasting(all_events: list[Any]) -> list[Any]:
        return [
            event
            for event in all_events
            if isinstance(event, SentenceBegin | SentenceEnd)
            or (isinstance(event, ResultTranslated) and event.items[0].final)
        ]

    assert lasting(read) == lasting(events)
    assert len(read) < len(events) * 2 / 3
    positions = [events.index(event) for event in lasting(read)]
    assert positions == sorted(positions)


def test_the_newest_interim_result_stays() -> None:
    inbox = Inbox()
    for number in range(EVENTS * 4):
        inbox.put(ResultChanged(0, number, str(number)))
    assert len(inbox) < EVENTS
    read = [inbox.take() for _ in range(len(inbox))]
    assert read[-1] == ResultChanged(0, EVENTS * 4 - 1, str(EVENTS * 4 - 1))
    with pytest.raises(IndexError):
        inbox.take()


def test_two_final_results_of_a_sentence_stay_both() -> None:
    inbox = Inbox()
    inbox.put(end(0, 0, 1, "one"))
    for number in range(EVENTS):
        inbox.put(end(0, 0, 1, f"one {number}"))
    assert len(inbox) == EVENTS + 1
