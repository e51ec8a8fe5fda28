"""What a test asks of a mock in its own process."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from mock_tingwu import MockTingwu
from tests.conftest import SCRIPT
from tests.offline import tasks as offline
from tests.realtime.helpers import create, pusher

_DAY_MS = 24 * 60 * 60 * 1000


def finished(mock: MockTingwu) -> str:
    """An offline task that has completed; its id."""
    task_id: str = offline.create(mock)["TaskId"]
    mock.wait_for_status(task_id, "COMPLETED")
    return task_id


def test_what_a_task_heard_is_a_list_of_sentences(mock: MockTingwu, recording: bytes) -> None:
    mock.script(SCRIPT, task_key="weekly")
    with pusher(create(mock, TaskKey="weekly")) as client:
        client.start()
        assert mock.heard() == []
        client.push(recording)
        client.stop()
        assert mock.heard() == client.sentences()
    assert mock.heard()[0] == "早上好，我们开始本周的例会吧。"


def test_of_several_tasks_one_has_to_be_named(mock: MockTingwu) -> None:
    with pytest.raises(ValueError, match=r"^task_id is None, expected a task's: there is none$"):
        mock.heard()
    first = finished(mock)
    alone = mock.heard()
    assert alone
    second = create(mock)["TaskId"]
    said = f"task_id is None, expected a task's: {first}, {second}"
    with pytest.raises(ValueError, match=re.escape(said)):
        mock.heard()
    assert mock.heard(first) == alone
    assert mock.heard(second) == []
    with pytest.raises(ValueError, match=r"^task_id is 'x', expected a task's: "):
        mock.heard("x")


def test_a_scope_has_the_tasks_and_the_clock_of_its_own(mock: MockTingwu) -> None:
    with mock.scope("one", ["app"], clock="virtual") as scope:
        task_id = create(mock)["TaskId"]
        assert scope.heard() == []
        scope.wait_for_status(task_id, "NEW")
        assert (scope.clock.mode, mock.clock.mode) == ("virtual", "system")
        assert [other.name for other in mock.scopes] == ["one"]
        with pytest.raises(ValueError, match="there is none"):
            mock.heard()
    assert mock.scopes == []


def test_a_task_that_has_failed_is_not_waited_for(mock: MockTingwu) -> None:
    url = "https://files.example.com/minutes.pdf"
    task_id = offline.create(mock, url)["TaskId"]
    said = f"the status of {task_id} is FAILED (TSC.FileType), which is the end; expected COMPLETED"
    with pytest.raises(TimeoutError, match=re.escape(said)):
        mock.wait_for_status(task_id, "COMPLETED", timeout=60)
    mock.wait_for_status(task_id, "FAILED")


def test_who_waits_in_vain_is_told_that_time_stands_still(virtual_mock: MockTingwu) -> None:
    task_id = offline.create(virtual_mock)["TaskId"]
    said = (
        f"the status of {task_id} is ONGOING after 20 ms, expected COMPLETED; "
        "the clock is virtual and stands still until it is advanced"
    )
    with pytest.raises(TimeoutError, match=f"^{re.escape(said)}$"):
        virtual_mock.wait_for_status(task_id, "COMPLETED", timeout=0.02)
    virtual_mock.clock.advance(minutes=1)
    virtual_mock.wait_for_status(task_id, "COMPLETED", timeout=0)


def test_the_clock_is_moved_by_a_sum_of_units(virtual_mock: MockTingwu) -> None:
    clock = virtual_mock.clock
    assert clock.mode == "virtual"
    began = clock.now()
    clock.advance(5)
    clock.advance(hours=24)
    clock.advance(1, seconds=0.5, minutes=2, hours=0.5, days=1)
    assert clock.now() - began == 5 + _DAY_MS + 1 + 500 + 120_000 + 1_800_000 + _DAY_MS
    assert virtual_mock.now() == clock.now()
    clock.advance()
    for backwards in ({"seconds": -1}, {"days": -1, "hours": 23}):
        with pytest.raises(ValueError, match="advance_ms is -"):
            clock.advance(**backwards)


def test_the_system_s_clock_cannot_be_moved(mock: MockTingwu) -> None:
    assert mock.clock.mode == "system"
    with pytest.raises(ValueError, match="the clock is the system's"):
        mock.clock.advance(days=1)


def test_a_reset_may_change_clock_and_seed(start_mock: Callable[..., MockTingwu]) -> None:
    mock = start_mock(seed=3)
    first = create(mock)["TaskId"]
    mock.reset(clock="virtual", seed=4)
    assert mock.clock.mode == "virtual"
    assert mock.journal == []
    other = create(mock)["TaskId"]
    mock.reset()
    assert (mock.clock.mode, create(mock)["TaskId"]) == ("virtual", other)
    mock.reset(clock="system", seed=3)
    assert (mock.clock.mode, create(mock)["TaskId"]) == ("system", first)
    with pytest.raises(ValueError, match="clock is 'sundial', expected system or virtual"):
        mock.reset(clock="sundial")
