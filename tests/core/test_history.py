from __future__ import annotations

from mock_tingwu.core.clock import VirtualClock
from mock_tingwu.core.history import MOST_STEPS, History
from mock_tingwu.core.options import Options
from mock_tingwu.core.scope import Order, Scope, Task
from mock_tingwu.core.tasks import TaskEvent

ORDER = Order(options=Options(), language="cn", app_key="a")


def make(scope: Scope) -> Task:
    return scope.create_realtime(ORDER, audio_format="pcm", sample_rate=16_000)


def test_a_history_keeps_the_newest_steps_and_says_what_is_gone() -> None:
    history = History()
    for number in range(MOST_STEPS):
        history.add({"at": number, "event": "AUDIO", "before": "A", "after": "B", "why": "x"})
    assert len(history.shown()) == MOST_STEPS
    history.add({"at": MOST_STEPS, "event": "AUDIO", "before": "A", "after": "C", "why": "x"})
    history.add({"at": 0, "event": "AUDIO", "before": "A", "after": "D", "why": "x"})
    mark, *steps = history.shown()
    assert mark == {
        "at": 1,
        "event": None,
        "before": None,
        "after": "B",
        "why": "steps that are gone: 2; a task keeps the newest 1000",
    }
    assert [steps[0]["at"], len(steps)] == [2, MOST_STEPS]


def test_history_outlives_the_journal() -> None:
    scope = Scope(VirtualClock(5))
    task = make(scope)
    for _ in range(20_000):
        scope.journal.record("note", "core", text="x")
    assert [step["event"] for step in task.history.shown()] == ["CREATE"]


def test_what_does_not_change_the_status_is_no_step() -> None:
    scope = Scope(VirtualClock(5))
    task = make(scope)
    scope.move(task, TaskEvent.STREAM_ENDED, "nothing came")
    assert len(task.history.shown()) == 1


def test_a_cause_is_what_the_scope_is_told_unless_the_step_has_its_own() -> None:
    scope = Scope(VirtualClock(5), cause=lambda: {"request_id": "R"}, secrets=["planted-secret"])
    task = make(scope)
    scope.move(task, TaskEvent.AUDIO, "with planted-secret", {"session": "planted-secret/1"})
    scope.move(task, TaskEvent.STREAM_ENDED, "x")
    steps = task.history.shown()
    assert [step["cause"] for step in steps] == [
        {"request_id": "R"},
        {"session": "…/1"},
        {"request_id": "R"},
    ]
    assert steps[1]["why"] == "with …"
    assert scope.tick() == {"request_id": "R", "tick": 5}


def test_where_no_cause_is_known_history_has_null_and_the_journal_nothing() -> None:
    scope = Scope(VirtualClock(5))
    task = make(scope)
    scope.move(task, TaskEvent.AUDIO, "x")
    assert task.history.shown()[1]["cause"] is None
    assert "cause" not in next(scope.journal.entries(kind="transition"))
