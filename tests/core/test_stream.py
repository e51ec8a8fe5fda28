"""Conversations that were written down, as streams and as tasks of a scope."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from mock_tingwu.core.clock import VirtualClock
from mock_tingwu.core.meeting import Meeting
from mock_tingwu.core.options import Options
from mock_tingwu.core.recognizer import Playlist, scripted
from mock_tingwu.core.scope import Order, Scope
from mock_tingwu.core.scripts import parse_script
from mock_tingwu.core.stream import PAUSE_MS, AudioStream
from mock_tingwu.core.tasks import Status

SCRIPT = parse_script(
    {
        "language": "cn",
        "speakers": [{"name": "甲", "role": "甲"}, {"name": "乙", "role": "乙"}],
        "sentences": [
            {"speaker": 0, "text": "大家好，我们开始吧。"},
            {"speaker": 1, "text": "好。"},
            {"speaker": 0, "text": "先说进度，再说计划，最后说预算。"},
        ],
    },
    "test",
)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(0)


@pytest.fixture
def scope(clock: VirtualClock) -> Scope:
    return Scope(clock, result_interval=5)


def order(service: Any = "dashscope", **options: Any) -> Order:
    return Order(Options(diarization=True, **options), "cn", "tw_x", service=service)


def test_a_text_is_read_line_by_line_at_the_usual_pace() -> None:
    meeting = Meeting("cn", paragraph_seed=0, diarized=True, first_speaker_id=1)
    stream = AudioStream(scripted(Playlist([SCRIPT], ()), 16_000, 0), meeting)
    stream.read(SCRIPT)
    sentences = meeting.sentences
    assert [s.text for s in sentences] == [line.text for line in SCRIPT.lines]
    assert [s.id for s in sentences] == [1, 2, 3]
    assert [s.speaker for s in sentences] == [0, 1, 0]
    assert [(s.words[0].begin, s.words[-1].end) for s in sentences] == meeting.segments
    assert sentences[0].begin == PAUSE_MS
    assert all(b.begin - a.end == PAUSE_MS for a, b in pairwise(sentences))
    lengths = [s.end - s.begin for s in sentences]
    assert lengths[1] < lengths[0] < lengths[2]
    assert meeting.duration == sentences[-1].end
    assert meeting.scripts == [SCRIPT]
    # No audio was taken.
    assert stream.position == 0


def test_a_task_for_a_text_is_done_when_its_results_are(scope: Scope, clock: VirtualClock) -> None:
    task = scope.create_from_text(order(text_polish=True), SCRIPT)
    assert (task.status, task.offline, task.file_url) == (Status.ONGOING, True, None)
    clock.advance(0)
    seen = [(task.status, list(task.results))]
    for _ in range(2):
        clock.advance(5)
        seen.append((task.status, list(task.results)))
    assert seen == [
        (Status.FINISHING, []),
        (Status.FINISHING, ["Transcription"]),
        (Status.COMPLETED, ["Transcription", "TextPolish"]),
    ]
    assert scope.offline_ms_today == 0


def test_a_task_for_a_text_has_the_language_of_the_text(scope: Scope) -> None:
    script = parse_script({"language": "en", "sentences": ["Good morning."]}, "test")
    assert scope.create_from_text(order(), script).meeting.language == "en"


def test_a_text_is_what_was_said_whatever_script_is_registered(scope: Scope) -> None:
    other = parse_script({"language": "cn", "sentences": ["别的。"]}, "other")
    scope.scripts.register(other, app_key="tw_x")
    task = scope.create_from_text(order(), SCRIPT)
    assert [s.text for s in task.meeting.sentences] == [line.text for line in SCRIPT.lines]


def test_a_task_for_a_text_may_fail_before_it_is_read(scope: Scope, clock: VirtualClock) -> None:
    scope.faults.add({"action": {"type": "task_failed", "error_code": "TSC.FileError"}})
    task = scope.create_from_text(order(), SCRIPT)
    clock.advance(1_000)
    assert (task.status, task.error_code) == (Status.FAILED, "TSC.FileError")
    assert task.meeting.sentences == []


def test_a_task_that_was_made_to_fail_meanwhile_is_not_read(
    scope: Scope, clock: VirtualClock
) -> None:
    task = scope.create_from_text(order(), SCRIPT)
    scope.fail(task, "TSC.FileError", "m", "a test")
    clock.advance(1_000)
    assert (task.status, task.results) == (Status.FAILED, {})


def test_a_result_that_is_to_fail_is_not_made_and_the_task_goes_on(
    scope: Scope, clock: VirtualClock
) -> None:
    scope.faults.add({"action": {"type": "subtask_failed", "kind": "TextPolish"}})
    steps: list[str] = []
    scope.on_progress = lambda scope, task, step: steps.append(step)
    task = scope.create_from_text(order(text_polish=True, auto_chapters=True), SCRIPT)
    clock.advance(1_000)
    assert task.status is Status.COMPLETED
    assert (list(task.results), task.failed_results) == (
        ["Transcription", "AutoChapters"],
        {"TextPolish"},
    )
    assert steps == ["Transcription", "AutoChapters", "COMPLETED"]


def test_each_service_finds_the_tasks_of_its_own(scope: Scope) -> None:
    mine = scope.create_from_text(order(), SCRIPT)
    other = scope.create_from_text(order("tingwu"), SCRIPT)
    assert (len(mine.id), len(other.id)) == (12, 32)
    assert scope.find(mine.id, "dashscope") is mine
    assert scope.find(other.id, "tingwu") is other
    for task_id in (other.id, "", None, 5, [mine.id]):
        assert scope.find(task_id, "dashscope") is None
    assert scope.find(mine.id, "tingwu") is None
