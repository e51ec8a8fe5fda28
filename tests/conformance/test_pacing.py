"""How fast a run calls."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from mock_tingwu.conformance.pacing import Pacing


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each turn waits, in seconds, in a world in which no time passes."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(round(seconds, 6))

    loop = SimpleNamespace(time=lambda: 100.0)
    monkeypatch.setattr("mock_tingwu.conformance.pacing.asyncio.sleep", sleep)
    monkeypatch.setattr("mock_tingwu.conformance.pacing.asyncio.get_running_loop", lambda: loop)
    return waited


def turns(pacing: Pacing, *operations: str) -> None:
    async def take() -> None:
        for operation in operations:
            await pacing.turn(operation)

    asyncio.run(take())


def test_a_run_takes_half_of_what_is_documented(waits: list[float]) -> None:
    turns(Pacing(), "CreateTask", "CreateTask", "CreateTask")
    assert waits == [0, 0.1, 0.2]  # 20 a second are allowed


def test_each_operation_has_a_rate_of_its_own(waits: list[float]) -> None:
    turns(Pacing(share=1), "GetTaskInfo", "CreateTask", "GetTaskInfo", "CreateTask")
    assert waits == [0, 0, 0.01, 0.05]


def test_a_mock_is_called_as_fast_as_it_answers(waits: list[float]) -> None:
    turns(Pacing(share=None), *["CreateTask"] * 50)
    assert waits == []


def test_calls_are_counted(waits: list[float]) -> None:
    pacing = Pacing(share=None)
    turns(pacing, "CreateTask", "GetTaskInfo", "CreateTask")
    assert pacing.calls == {"CreateTask": 2, "GetTaskInfo": 1}
