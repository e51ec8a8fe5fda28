from __future__ import annotations

from contextvars import ContextVar, copy_context
from typing import Any

import pytest

from mock_tingwu.core.clock import VirtualClock


def test_it_stands_still_until_it_is_advanced() -> None:
    clock = VirtualClock(1_000)
    assert clock.now() == clock.now() == 1_000
    clock.advance(25)
    assert clock.now() == 1_025


def test_timers_run_in_order_of_time_then_of_creation() -> None:
    clock = VirtualClock(0)
    ran: list[str] = []
    clock.call_later(20, lambda: ran.append("b"))
    clock.call_later(10, lambda: ran.append("a"))
    clock.call_later(20, lambda: ran.append("c"))
    clock.advance(19)
    assert ran == ["a"]
    clock.advance(1)
    assert ran == ["a", "b", "c"]


def test_a_timer_sees_the_time_it_was_due() -> None:
    clock = VirtualClock(0)
    seen: list[int] = []
    clock.call_later(7, lambda: seen.append(clock.now()))
    clock.advance(1_000)
    assert seen == [7]
    assert clock.now() == 1_000


def test_timers_made_by_timers_run_within_the_same_advance_if_they_fall_due() -> None:
    clock = VirtualClock(0)
    seen: list[int] = []

    def again() -> None:
        seen.append(clock.now())
        clock.call_later(10, again)

    clock.call_later(10, again)
    clock.advance(35)
    assert seen == [10, 20, 30]


def test_a_cancelled_timer_does_not_run() -> None:
    clock = VirtualClock(0)
    ran: list[int] = []
    timer = clock.call_later(5, lambda: ran.append(1))
    timer.cancel()
    clock.advance(10)
    assert ran == []


def test_time_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="advance_ms is -1, expected a whole number from 0 to"):
        VirtualClock(0).advance(-1)


@pytest.mark.parametrize("amount", [1.5, True, "5", None])
def test_time_runs_in_whole_milliseconds(amount: Any) -> None:
    clock = VirtualClock(0)
    with pytest.raises(ValueError, match="expected a whole number"):
        clock.advance(amount)
    assert clock.now() == 0


def test_a_closed_clock_calls_nobody_back() -> None:
    clock = VirtualClock(0)
    called: list[str] = []
    clock.call_later(10, lambda: called.append("before"))
    clock.close()
    clock.call_later(10, lambda: called.append("after"))
    clock.advance(1_000)
    assert (called, clock.now()) == ([], 1_000)


def test_a_step_runs_one_timer_and_no_more() -> None:
    clock = VirtualClock(0)
    called: list[int] = []
    for number in (1, 2):
        clock.call_later(10, lambda number=number: called.append(number))  # type: ignore[misc]
    assert (clock.step(9), called, clock.now()) == (False, [], 0)
    assert (clock.step(10), called, clock.now()) == (True, [1], 10)
    assert (clock.step(10), called) == (True, [1, 2])
    assert clock.step(1_000) is False


def test_a_timer_runs_in_the_context_in_which_it_was_created() -> None:
    variable: ContextVar[str] = ContextVar("variable", default="outside")
    clock, seen = VirtualClock(0), []

    def later() -> None:
        clock.call_later(5, lambda: seen.append(variable.get()))

    def inside() -> None:
        variable.set("inside")
        later()
        clock.call_later(5, later)

    copy_context().run(inside)
    later()
    clock.advance(10)
    assert seen == ["inside", "outside", "inside"]  # the last is one that a timer created
