"""Flow control: a sliding window of one second for each caller."""

from __future__ import annotations

import pytest

from mock_tingwu.core.throttle import MAX_CALLERS, Limits, Throttle


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("off", Limits(0, 0)),
        ("documented", Limits(20, 100)),
        ("2/5", Limits(2, 5)),
        ("0/1", Limits(0, 1)),
        ("100000/100000", Limits(100_000, 100_000)),
    ],
)
def test_limits_are_off_documented_or_two_numbers(text: str, limits: Limits) -> None:
    assert Limits.parse(text) == limits


@pytest.mark.parametrize(
    "text", ["", "on", "5", "1/2/3", "-1/2", "1/x", "1 / 2", "100001/1", "²/1"]
)
def test_anything_else_is_refused_with_what_was_expected(text: str) -> None:
    with pytest.raises(ValueError, match="off, documented, or calls per second such as 20/100"):
        Limits.parse(text)


def test_only_two_operations_have_a_limit() -> None:
    limits = Limits(2, 5)
    assert [limits.of(name) for name in ("CreateTask", "GetTaskInfo")] == [2, 5]
    assert limits.of("ListTranscriptionPhrases") == limits.of("") == 0


def test_calls_beyond_the_limit_wait_until_the_oldest_is_a_second_ago() -> None:
    throttle = Throttle()

    def at(now: int) -> int:
        return throttle.admit("me", "CreateTask", 2, now)

    assert [at(0), at(300), at(300), at(999), at(1000)] == [0, 0, 700, 1, 0]
    # A call that was refused does not count: the second of the two is the one at 300.
    assert [at(1299), at(1300), at(1300)] == [1, 0, 700]


def test_callers_and_operations_do_not_disturb_each_other() -> None:
    throttle = Throttle()
    for caller in ("a", "b", ""):
        for operation in ("CreateTask", "GetTaskInfo"):
            assert throttle.admit(caller, operation, 1, 0) == 0
            assert throttle.admit(caller, operation, 1, 0) == 1000


def test_without_a_limit_nothing_is_counted() -> None:
    throttle = Throttle()
    assert {throttle.admit("a", "CreateTask", 0, 0) for _ in range(500)} == {0}
    assert throttle.admit("a", "CreateTask", 1, 0) == 0


def test_callers_that_are_too_many_are_forgotten_quietest_first() -> None:
    throttle = Throttle()
    for number in range(MAX_CALLERS + 1):
        assert throttle.admit("busy", "CreateTask", 10**6, 0) == 0
        assert throttle.admit(str(number), "CreateTask", 1, 0) == 0
    assert throttle.admit("0", "CreateTask", 1, 0) == 0  # forgotten
    assert throttle.admit(str(MAX_CALLERS), "CreateTask", 1, 0) == 1000
