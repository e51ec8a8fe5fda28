"""Why a task is where it is: every transition with its cause."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from tests.conftest import RECORDING
from tests.core.test_segmentation import speech
from tests.realtime.helpers import create, pusher, stop, until

Step = dict[str, Any]
LINK = "https://example.com/a.mp3"


def history(mock: MockTingwu, task_id: str) -> list[Step]:
    answer = httpx.get(f"{mock.url}/_mock/tasks/{task_id}").json()
    steps: list[Step] = answer["history"]
    return steps


def causes(mock: MockTingwu, task_id: str) -> list[tuple[str, Any]]:
    return [(step["event"], step["cause"]) for step in history(mock, task_id)]


def call(mock: MockTingwu, kind: str, body: Step, *, operation: str = "start") -> Step:
    """CreateTask; its whole answer."""
    query = {"type": kind, "operation": operation}
    answer = httpx.put(f"{mock.url}/openapi/tingwu/v2/tasks", params=query, json=body)
    assert answer.status_code == 200, answer.text
    found: Step = answer.json()
    return found


def offline(mock: MockTingwu, **source: str) -> tuple[str, str]:
    """A task on an imagined recording: its id, and the id of the request that made it."""
    source = {"SourceLanguage": "cn", "FileUrl": LINK, **source}
    answer = call(mock, "offline", {"AppKey": "a", "Input": source})
    return answer["Data"]["TaskId"], answer["RequestId"]


def test_the_history_of_a_meeting_names_requests_sessions_and_ticks(
    virtual_mock: MockTingwu,
) -> None:
    task_id = create(virtual_mock)["TaskId"]
    created = virtual_mock.journal[0]["request_id"]
    began = virtual_mock.now()
    with pusher({"MeetingJoinUrl": virtual_mock_url(virtual_mock, task_id)}) as connection:
        connection.start()
        connection.push(speech(500))
        connection.stop()
        until(lambda: len(history(virtual_mock, task_id)) == 3, "the end of the stream")
        stopped = call(virtual_mock, "realtime", {"Input": {"TaskId": task_id}}, operation="stop")[
            "RequestId"
        ]
    # Without parameters a stop completes the task at once.
    assert causes(virtual_mock, task_id) == [
        ("CREATE", {"request_id": created}),
        ("AUDIO", {"session": f"{task_id}/1"}),
        ("STREAM_ENDED", {"session": f"{task_id}/1"}),
        ("STOP", {"request_id": stopped}),
    ]
    first, *_, last = history(virtual_mock, task_id)
    assert first == {
        "at": began,
        "event": "CREATE",
        "before": None,
        "after": "NEW",
        "why": "it was asked for",
        "cause": {"request_id": created},
    }
    assert (last["before"], last["after"]) == ("PAUSED", "COMPLETED")
    moves = [entry for entry in virtual_mock.journal if entry["kind"] == "transition"]
    assert [move["cause"] for move in moves] == [
        step["cause"] for step in history(virtual_mock, task_id)[1:]
    ]


def virtual_mock_url(mock: MockTingwu, task_id: str) -> str:
    """The MeetingJoinUrl of a task."""
    task = mock.call(lambda: mock._server.world.default.tasks[task_id])
    return f"{mock.ws_url}/api/ws/v1?mc={task.join_token}"


@pytest.mark.parametrize("clock", ["virtual", "system"])
def test_what_timers_do_is_due_to_a_tick_and_to_the_request_that_began_it(
    start_mock: Callable[..., MockTingwu], clock: str
) -> None:
    mock = start_mock(clock=clock)
    task_id, created = offline(mock)

    def completed() -> bool:
        if clock == "virtual":
            mock.advance(5)
        return bool(history(mock, task_id)[-1]["event"] == "RESULTS_READY")

    until(completed, "the result")
    last = history(mock, task_id)[-1]
    tick = last["cause"]["tick"]
    assert 0 <= last["at"] - tick < 1000
    assert causes(mock, task_id) == [
        ("CREATE", {"request_id": created}),
        ("HEARD", {"request_id": created}),
        ("RESULTS_READY", {"request_id": created, "tick": tick}),
    ]


def test_a_fault_names_its_rule(virtual_mock: MockTingwu) -> None:
    action = {"type": "task_failed", "error_code": "TSC.AudioFormat", "after_ms": 50}
    rule = virtual_mock.faults.add(action, times=1)
    task_id, created = offline(virtual_mock)
    marked, also_created = offline(virtual_mock, TaskKey="a--mock.task_failed=TSC.AudioFormat")
    due = virtual_mock.now() + 50
    virtual_mock.advance(100)
    cause = {"request_id": created, "fault": rule, "tick": due}
    assert causes(virtual_mock, task_id)[-1] == ("FAIL", cause)
    cause = {"request_id": also_created, "fault": "marker", "tick": due - 50}
    assert causes(virtual_mock, marked)[-1] == ("FAIL", cause)


def test_the_control_api_names_its_call(mock: MockTingwu) -> None:
    task_id = create(mock)["TaskId"]
    path = f"/_mock/tasks/{task_id}/transition"
    httpx.post(mock.url + path, json={"to": "FAILED", "error_code": "X"})
    assert causes(mock, task_id)[-1] == ("FAIL", {"control": f"POST {path}"})


def test_calls_on_one_connection_do_not_take_the_blame_for_each_other(mock: MockTingwu) -> None:
    with httpx.Client(base_url=mock.url) as client:
        path = "/openapi/tingwu/v2/tasks?type=realtime"
        source = {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000}
        body = {"AppKey": "a", "Input": source}
        answers = [client.put(path, json=body).json() for _ in range(3)]
    for answer in answers:
        (step,) = history(mock, answer["Data"]["TaskId"])
        assert step["cause"] == {"request_id": answer["RequestId"]}


def test_live_tasks_end_by_a_request_or_by_a_tick(virtual_mock: MockTingwu) -> None:
    query = {
        "Action": "CreateRtcAsrTask",
        "Version": "2016-11-01",
        "Format": "JSON",
        "Mode": "live",
        "StreamURL": virtual_mock.host_file(RECORDING),
        "Language": "cn",
        "CallbackURL": "http://127.0.0.1:9/",
        "AutoTerminateEnabled": "true",
        "AutoTerminateDelay": "5",
    }
    created = httpx.get(virtual_mock.url, params=query).json()
    virtual_mock.advance(60_000)
    step = history(virtual_mock, created["TaskId"])[-1]
    assert step["event"] == "AUTO_TERMINATE"
    assert step["cause"] == {"request_id": created["RequestId"], "tick": step["at"]}
    created = httpx.get(virtual_mock.url, params=query).json()
    about = {"Version": "2016-11-01", "Format": "JSON", "TaskId": created["TaskId"]}
    stopped = httpx.get(virtual_mock.url, params={"Action": "StopRtcAsrTask", **about}).json()
    step = history(virtual_mock, created["TaskId"])[-1]
    assert step["cause"] == {"request_id": stopped["RequestId"]}


def test_a_stop_while_a_client_streams_is_due_to_the_request(mock: MockTingwu) -> None:
    task = create(mock)
    with pusher(task) as connection:
        connection.start()
        connection.push(speech(500))
        until(lambda: len(history(mock, task["TaskId"])) == 2, "the audio")
        stop(mock, task["TaskId"])
    request = [entry for entry in mock.journal if entry["kind"] == "request"][-1]
    event, cause = causes(mock, task["TaskId"])[-1]
    assert (event, cause) == ("STOP", {"request_id": request["request_id"]})


def test_a_fault_of_a_call_names_its_request(mock: MockTingwu) -> None:
    mock.faults.add({"type": "api_error", "code": "BRK.OverdueTenant"}, times=1)
    answer = httpx.get(f"{mock.url}/openapi/tingwu/v2/tasks/x").json()
    (fault,) = (entry for entry in mock.journal if entry["kind"] == "fault")
    assert fault["request_id"] == answer["RequestId"]
    (entry,) = mock.har()["log"]["entries"]
    assert "BRK.OverdueTenant" in entry["comment"]
