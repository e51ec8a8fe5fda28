"""Every lifecycle, walked: its table and the complement of its table."""

from __future__ import annotations

from enum import Enum
from itertools import product
from typing import Any

import pytest

from mock_tingwu.cli.states import LIFECYCLES as PRINTED
from mock_tingwu.cli.states import MEETING, MeetingStatus
from mock_tingwu.core.clock import VirtualClock
from mock_tingwu.core.delivery import DELIVERY
from mock_tingwu.core.lifecycle import InvalidTransition, Lifecycle
from mock_tingwu.core.options import Options
from mock_tingwu.core.scope import Order, Scope, Task
from mock_tingwu.core.tasks import (
    LIVE_TASK,
    OFFLINE_TASK,
    REALTIME_TASK,
    Status,
    TaskEvent,
)
from mock_tingwu.protocols import inference_table
from mock_tingwu.protocols.nls_table import REFUSALS, SESSION, Input, State
from mock_tingwu.services.dashscope.task_data import status_of

LIFECYCLES: list[Lifecycle[Any, Any]] = [
    REALTIME_TASK,
    MEETING,
    OFFLINE_TASK,
    LIVE_TASK,
    SESSION,
    inference_table.SESSION,
    DELIVERY,
]


def pairs(states: type[Enum], events: type[Enum]) -> list[Any]:
    return [pytest.param(s, e, id=f"{s.name}-{e.name}") for s, e in product(states, events)]


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda lifecycle: lifecycle.name)
def test_every_state_but_what_the_api_answers_for_strangers_is_reached(
    lifecycle: Lifecycle[Any, Any],
) -> None:
    reached = {lifecycle.initial}
    while more := {
        following
        for (state, _), following in lifecycle.table.items()
        if state in reached and following not in reached
    }:
        reached |= more
    states: type[Enum] = type(lifecycle.initial)
    # A file is neither waited for nor paused; captions are all that live tasks make.
    others = {OFFLINE_TASK.name: {Status.NEW, Status.PAUSED}, LIVE_TASK.name: {Status.FINISHING}}
    assert set(states) - reached <= {Status.INVALID, *others.get(lifecycle.name, ())}


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda lifecycle: lifecycle.name)
def test_the_diagram_shows_every_transition(lifecycle: Lifecycle[Any, Any]) -> None:
    diagram = lifecycle.mermaid()
    assert diagram.startswith("stateDiagram-v2\n    [*] --> ")
    for (state, event), following in lifecycle.table.items():
        arrow = next(
            line
            for line in diagram.splitlines()
            if line.strip().startswith(f"{state.name} --> {following.name}:")
        )
        assert event.name.lower() in arrow.partition(":")[2].replace(",", "").split()


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda lifecycle: lifecycle.name)
def test_every_transition_has_a_source_or_a_reason(lifecycle: Lifecycle[Any, Any]) -> None:
    assert lifecycle.source
    assert set(lifecycle.assumed) <= set(lifecycle.table)
    assert all(lifecycle.assumed.values())


def task_in(status: Status) -> tuple[Scope, Task]:
    scope = Scope(VirtualClock(0))
    order = Order(Options(), "cn", "a")
    task = scope.create_realtime(order, audio_format="pcm", sample_rate=16000)
    task.status = status
    return scope, task


@pytest.mark.parametrize(("status", "event"), pairs(Status, TaskEvent))
def test_a_task_moves_by_its_table_and_by_nothing_else(status: Status, event: TaskEvent) -> None:
    scope, task = task_in(status)
    following = REALTIME_TASK.table.get((status, event))
    if following is None:
        with pytest.raises(InvalidTransition):
            scope.move(task, event, "a test says so")
        assert task.status is status
        assert list(scope.journal.entries(kind="transition")) == []
    else:
        scope.move(task, event, "a test says so")
        assert task.status is following


@pytest.mark.parametrize("status", Status)
def test_stopping_a_task_that_cannot_be_stopped_changes_nothing(status: Status) -> None:
    scope, task = task_in(status)
    scope.stop(task)
    if (status, TaskEvent.STOP) in REALTIME_TASK.table:
        assert task.status is Status.COMPLETED
    else:
        assert task.status is status
        assert task.results == {}


def test_the_api_shows_post_processing_as_ongoing() -> None:
    assert {status.wire for status in Status} == {
        "NEW",
        "ONGOING",
        "PAUSED",
        "COMPLETED",
        "FAILED",
        "INVALID",
    }
    assert Status.FINISHING.wire == "ONGOING"


def test_every_pair_of_the_session_is_in_the_table_or_refused_or_the_servers_own() -> None:
    client = {Input.START, Input.STOP, Input.CONTROL, Input.AUDIO}
    for state, event in product(State, Input):
        if event in client and state is not State.CLOSED:
            assert ((state, event) in SESSION.table) != ((state, event) in REFUSALS)
        else:
            assert (state, event) not in REFUSALS


def test_every_lifecycle_is_printed_once() -> None:
    assert {id(lifecycle) for lifecycle in PRINTED} == {id(lifecycle) for lifecycle in LIFECYCLES}
    assert len({lifecycle.name for lifecycle in PRINTED}) == len(PRINTED) == len(LIFECYCLES)


@pytest.mark.parametrize(("status", "event"), pairs(Status, TaskEvent))
def test_a_meeting_of_dashscope_is_seen_to_move_as_its_own_table_says(
    status: Status, event: TaskEvent
) -> None:
    scope, task = task_in(status)
    before = MeetingStatus(status_of(task))
    if not task.can(event):
        return
    scope.move(task, event, "a test says so")
    assert MEETING.table[before, event] is MeetingStatus(status_of(task))


def test_the_table_of_meetings_says_nothing_of_its_own() -> None:
    assert len(MEETING.table) == len(
        {
            (MeetingStatus(status_of(task_in(status)[1])), event)
            for status, event in REALTIME_TASK.table
        }
    )
    assert [(status.name, status.value) for status in MeetingStatus] == [
        ("TRANSCRIBING_3", 3),
        ("MAKING_MINUTES_1", 1),
        ("DONE_0", 0),
        ("FAILED_2", 2),
    ]
    transcribing = MeetingStatus.TRANSCRIBING_3
    assert MEETING.initial is transcribing
    assert MEETING.table[transcribing, TaskEvent.STREAM_ENDED] is transcribing, "pauses are unseen"
    assert "DONE_0 --> [*]" in MEETING.mermaid()


def test_a_duplex_session_says_only_what_its_table_says_of_clients_and_server() -> None:
    table, states = inference_table.SESSION.table, inference_table.State
    server = {inference_table.Input.SHUTDOWN, inference_table.Input.ERROR}
    for state, event in product(states, {*server, inference_table.Input.DISCONNECT}):
        if state is states.CLOSED:
            assert (state, event) not in table
        else:
            assert table[state, event] is states.CLOSED, "each ends every session"
