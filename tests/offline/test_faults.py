"""Tasks that fail on demand."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.core.errors import TASK_ERRORS
from tests.offline import tasks
from tests.realtime import helpers
from tests.realtime.helpers import TASKS, info, status


@pytest.mark.parametrize("code", TASK_ERRORS)
def test_a_marker_in_the_task_key_fails_the_task_with_any_code(mock: MockTingwu, code: str) -> None:
    failed = tasks.failed(mock, tasks.IMAGINED, TaskKey=f"weekly--mock.task_failed={code}")
    assert failed == (code, TASK_ERRORS[code].message)


def test_a_marker_in_the_file_url_fails_the_task(mock: MockTingwu) -> None:
    url = f"{tasks.IMAGINED}?mock.task_failed=TSC.AudioFormat"
    assert tasks.failed(mock, url)[0] == "TSC.AudioFormat"


def test_a_rule_fails_the_second_task_of_an_app_key_and_no_other(mock: MockTingwu) -> None:
    mock.faults.add(
        match={"app_key": "app", "nth": 2},
        action={"type": "task_failed", "error_code": "TSC.FileError"},
    )
    ended = [tasks.finished(mock, tasks.create(mock)["TaskId"])["TaskStatus"] for _ in range(3)]
    assert ended == ["COMPLETED", "FAILED", "COMPLETED"]


def test_a_task_that_is_to_fail_later_is_ongoing_until_then(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(clock="virtual")
    task_id = tasks.create(mock, TaskKey="k--mock.task_failed=TSC.AudioFormat@60000")["TaskId"]
    mock.advance(59_999)
    assert status(mock, task_id) == "ONGOING"
    mock.advance(1)
    assert info(mock, task_id)["ErrorCode"] == "TSC.AudioFormat"


def test_a_meeting_fails_under_its_pusher(mock: MockTingwu) -> None:
    task = helpers.create(mock, TaskKey="k--mock.task_failed=TSC.AudioFormat@300")
    with helpers.pusher(task) as client:
        client.start()
        assert client.failure()["status"] == 50000000
    assert info(mock, task["TaskId"])["ErrorCode"] == "TSC.AudioFormat"


# AppKeys that belong to somebody


def test_an_app_key_that_is_not_configured_is_refused(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(app_keys="ours,theirs:their-access-key")
    caller = {"Authorization": "acs our-access-key:signature", "Accept": "application/json"}

    def code(app_key: str) -> str:
        body = tasks.body_of() | {"AppKey": app_key}
        answer = httpx.put(f"{mock.url}{TASKS}?type=offline", json=body, headers=caller)
        return str(answer.json()["Code"])

    assert code("app") == "BRK.InvalidAppKey"
    assert code("theirs") == "BRK.InvalidTenant"
    assert code("ours") == "0"
