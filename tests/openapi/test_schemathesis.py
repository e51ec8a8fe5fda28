"""Schemathesis drives the mock with its own documents: right requests, wrong ones, and sequences.

``make test`` makes a few requests of each operation. With ``SCHEMATHESIS_EXAMPLES=100`` it makes so
many, and goes through all limits of all fields first; ``SCHEMATHESIS_SEED`` makes others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.core.journal import Entry
from tests.openapi.deviating import SAID, deviate, deviating
from tests.openapi.running import OF_A_GATEWAY, OF_OPEN_MODE, run

Start = Callable[..., MockTingwu]


class Seen:
    """Counts what a mock has answered, by call and status, and what its tasks went through."""

    def __init__(self, mock: MockTingwu) -> None:
        self.answers: Counter[tuple[str | None, int]] = Counter()
        self.steps: Counter[str] = Counter()
        mock.tap(self._note)

    def _note(self, entry: Entry) -> None:
        if entry["kind"] == "response":
            self.answers[entry.get("operation"), entry["status"]] += 1
        elif entry["kind"] == "transition":
            self.steps[entry["event"]] += 1


@pytest.fixture
def start(start_mock: Start) -> Start:
    """Start a mock whose recordings are imagined, whatever they are called."""

    def started(**settings: Any) -> MockTingwu:
        return start_mock(fetch="never", **settings)

    return started


def test_tingwu_does_what_its_document_says(start: Start, tmp_path: Path) -> None:
    mock = start()
    seen = Seen(mock)
    without = (*OF_A_GATEWAY, *OF_OPEN_MODE)
    outcome = run("openapi/tingwu", mock.url, tmp_path, fuzzing=4, stateful=10, without=without)
    assert outcome.code == 0, outcome.output
    assert seen.answers["CreateTask", 200] > 0 and seen.answers["CreateTask", 400] > 0
    # Links lead through the whole life of a list of hot words.
    for call in ("Create", "Get", "Update", "Delete"):
        assert seen.answers[f"{call}TranscriptionPhrases", 200] > 0, call


def test_links_lead_from_the_beginning_of_a_meeting_to_its_end(
    start: Start, tmp_path: Path
) -> None:
    mock = start()
    seen = Seen(mock)
    outcome = run(
        "openapi/tingwu",
        mock.url,
        tmp_path,
        *("--phases", "stateful", "--mode", "positive"),
        *("--include-operation-id", "CreateTask", "--include-operation-id", "GetTaskInfo"),
        fuzzing=1,
        stateful=10,
        without=(*OF_A_GATEWAY, *OF_OPEN_MODE),
    )
    assert outcome.code == 0, outcome.output
    assert seen.answers["GetTaskInfo", 200] > 0
    assert seen.steps["STOP"] + seen.steps["STOP_AND_PROCESS"] > 0


def test_dashscope_does_what_its_document_says(start: Start, tmp_path: Path) -> None:
    mock = start(auth="verify", api_keys=("sk-test",))
    seen = Seen(mock)
    outcome = run(
        "openapi/dashscope",
        mock.url,
        tmp_path,
        *("--header", "Authorization: Bearer sk-test"),
        fuzzing=6,
        stateful=12,
        without=OF_A_GATEWAY,
    )
    assert outcome.code == 0, outcome.output
    assert seen.answers["createTask", 200] > 0 and seen.answers["getTask", 200] > 0
    assert seen.answers["createTask", 400] > 0 and seen.answers["createToken", 401] > 0


def test_live_does_what_its_document_says(start: Start, tmp_path: Path) -> None:
    mock = start()
    seen = Seen(mock)
    without = (*OF_A_GATEWAY, *OF_OPEN_MODE)
    outcome = run("openapi/live", mock.url, tmp_path, fuzzing=6, stateful=10, without=without)
    assert outcome.code == 0, outcome.output
    for call in ("Create", "Stop", "Delete"):
        assert seen.answers[f"{call}RtcAsrTask", 200] > 0, call
    assert seen.answers["QueryRtcAsrTasks", 200] > 0 and seen.answers["CreateRtcAsrTask", 400] > 0


def test_the_control_api_does_what_its_document_says(start: Start, tmp_path: Path) -> None:
    mock = start()
    # A stream of events does not end.
    endless = ("--exclude-path", "/_mock/journal/stream")
    outcome = run("openapi/control", mock.url, tmp_path, *endless, fuzzing=2, stateful=6)
    assert outcome.code == 0, outcome.output


def test_a_server_that_deviates_is_told_all_of_it(start: Start, tmp_path: Path) -> None:
    mock = start()
    without = (*OF_A_GATEWAY, *OF_OPEN_MODE)
    with deviating(mock.url, deviate) as url:
        outcome = run(
            "openapi/tingwu",
            url,
            tmp_path,
            *("--exclude-operation-id", "GetResultFile"),
            *("--phases", "examples,fuzzing,stateful", "--continue-on-failure", "--no-shrink"),
            fuzzing=3,
            stateful=6,
            without=without,
        )
    assert outcome.code == 1, outcome.output
    for deviation, said in SAID.items():
        assert said in outcome.output, (deviation, outcome.output)
