"""Waiting for something to happen instead of sleeping."""

from __future__ import annotations

import threading
import time
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from tests.callbacks.receiver import receiver
from tests.core.test_segmentation import silence, speech
from tests.realtime.helpers import create, pusher, status, stop


def wait(mock: MockTingwu, **condition: Any) -> httpx.Response:
    return httpx.post(f"{mock.url}/_mock/wait", json=condition, timeout=20)


def later(call: Any) -> None:
    threading.Timer(0.1, call).start()


def test_a_status_that_is_there_is_not_waited_for(mock: MockTingwu) -> None:
    task_id = create(mock)["TaskId"]
    answer = wait(mock, task_id=task_id, status="NEW", timeout_ms=0)
    assert (answer.status_code, answer.json()) == (200, {"met": True})


def test_a_status_that_comes_is_waited_for(mock: MockTingwu) -> None:
    task_id = create(mock, {"AutoChaptersEnabled": True})["TaskId"]
    later(lambda: stop(mock, task_id))
    mock.wait_for(task_id=task_id, status="COMPLETED")
    assert httpx.get(f"{mock.url}/_mock/tasks/{task_id}").json()["status"] == "COMPLETED"


def test_events_are_counted_also_those_of_before(mock: MockTingwu) -> None:
    task = create(mock)
    with pusher(task) as connection:
        connection.start()
        connection.push(speech(1_500) + silence(1_200))
        mock.wait_for(event="SentenceEnd")
        later(lambda: connection.push(speech(1_500) + silence(1_200)))
        mock.wait_for(task_id=task["TaskId"], event="SentenceEnd", count=2)
        assert len(connection.named("SentenceEnd")) <= 2
        connection.stop()


def test_callbacks_count_when_they_were_delivered(mock: MockTingwu) -> None:
    with receiver(500, 200) as listener:
        query = {
            "Action": "CreateRtcAsrTask",
            "Mode": "live",
            "StreamURL": "rtmp://pull.example.com/a/b",
            "Language": "cn",
            "CallbackURL": listener.url,
            "Format": "JSON",
        }
        task_id = httpx.get(mock.url, params=query).json()["TaskId"]
        mock.wait_for(task_id=task_id, callback="SentenceBegin")
        assert len(listener.requests) >= 2  # the first attempt was refused


def test_tasks_with_a_status_are_counted(mock: MockTingwu) -> None:
    tasks = [create(mock)["TaskId"] for _ in range(3)]
    mock.wait_for(status="NEW", count=3)
    later(lambda: [stop(mock, task_id) for task_id in tasks[1:]])
    assert wait(mock, status="COMPLETED", count=2).json() == {"met": True}
    mock.wait_for(status="NEW")
    with pytest.raises(TimeoutError, match=r"^1 task\(s\) are NEW after 20 ms, expected 2$"):
        mock.wait_for(status="NEW", count=2, timeout=0.02)


def test_open_sessions_are_counted(mock: MockTingwu) -> None:
    mock.wait_for(sessions=0)
    task = create(mock)
    with pusher(task), pusher(create(mock)):
        mock.wait_for(sessions=2)
        mock.wait_for(sessions=1, task_id=task["TaskId"])
        assert wait(mock, sessions=2).json() == {"met": True}
        with pytest.raises(
            TimeoutError, match=r"^2 session\(s\) are open after 20 ms, expected 0$"
        ):
            mock.wait_for(sessions=0, timeout=0.02)
        later(lambda: httpx.post(f"{mock.url}/_mock/sessions/close"))
        mock.wait_for(sessions=0)
    mock.wait_for(kind="ws_close", by="control", code=1001, count=2)


def test_entries_of_the_journal_are_counted_by_what_they_tell(mock: MockTingwu) -> None:
    task_id = create(mock)["TaskId"]
    seen = mock.journal[-1]["seq"]
    mock.wait_for(kind="request", operation="CreateTask", method="PUT")
    for _ in range(3):
        status(mock, task_id)
    answer = wait(mock, kind="request", operation="GetTaskInfo", count=3, task_id=task_id)
    assert answer.json() == {"met": True}
    later(lambda: stop(mock, task_id))
    mock.wait_for(kind="transition", after="COMPLETED")
    mock.wait_for(kind="response", status=200, service="tingwu", count=5)
    said = (
        f"0 entries of kind request, operation GetTaskInfo, method PUT of {task_id} after 20 ms, "
        "expected 1"
    )
    with pytest.raises(TimeoutError, match=f"^{said}$"):
        mock.wait_for(
            kind="request", operation="GetTaskInfo", method="PUT", task_id=task_id, timeout=0.02
        )
    with pytest.raises(TimeoutError):
        mock.wait_for(kind="request", operation="CreateTask", since=seen, count=2, timeout=0.02)


def test_events_of_streams_are_entries_too(mock: MockTingwu) -> None:
    with pusher(create(mock)) as connection:
        connection.start()
        mock.wait_for(kind="ws_out", event="TranscriptionStarted", service="realtime")
        connection.command("StopTranscription")
        mock.wait_for(kind="ws_out", event="TranscriptionCompleted")


def test_in_vain_it_says_how_far_it_has_come(mock: MockTingwu) -> None:
    task_id = create(mock)["TaskId"]
    answer = wait(mock, task_id=task_id, status="COMPLETED", timeout_ms=50)
    assert answer.status_code == 408
    said = f"the status of {task_id} is NEW after 50 ms, expected COMPLETED"
    assert answer.json() == {"error": said}
    with pytest.raises(TimeoutError, match=r"^0 event\(s\) SentenceEnd after 20 ms, expected 3$"):
        mock.wait_for(event="SentenceEnd", count=3, timeout=0.02)
    with pytest.raises(TimeoutError, match="there is no task x after 20 ms, expected NEW"):
        mock.wait_for(task_id="x", status="NEW", timeout=0.02)


def test_nobody_is_held_up_meanwhile_and_nothing_is_left(mock: MockTingwu) -> None:
    taps = mock.call(lambda: len(mock._server.world.taps))
    threads = [
        threading.Thread(target=lambda: wait(mock, event="SentenceEnd", timeout_ms=300))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    began = time.monotonic()
    create(mock)
    assert time.monotonic() - began < 5
    for thread in threads:
        thread.join()
    assert mock.call(lambda: len(mock._server.world.taps)) == taps


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ({}, "nothing to wait for, expected status, event, callback, sessions or kind"),
        ({"status": "NEW", "event": "x"}, "status and event to wait for, expected"),
        ({"status": 5, "task_id": "x"}, "status is 5, expected a text"),
        ({"event": "x", "task_id": ""}, "task_id is '', expected a text"),
        ({"event": "x", "count": 0}, "count is 0, expected a whole number from 1"),
        ({"event": "x", "count": True}, "count is True, expected a whole number"),
        ({"status": "NEW", "task_id": "x", "count": 2}, "count is 2, but a task has"),
        ({"event": "x", "until": 5}, "until is unknown; expected task_id, count, status"),
        ({"event": "x", "since": 5}, "since is unknown; expected task_id, count, status"),
        ({"sessions": -1}, "sessions is -1, expected a whole number from 0"),
        ({"sessions": "2"}, "sessions is '2', expected a whole number from 0"),
        ({"sessions": 1, "count": 2}, "count is 2, but sessions says how many"),
        ({"kind": "requests"}, "kind is 'requests', expected request or response or"),
        ({"kind": 5}, "kind is 5, expected a text"),
        (
            {"kind": "request", "after": "NEW"},
            "after of a request is unknown; expected task_id, count, since, operation, method",
        ),
        ({"kind": "request", "operation": 1.5}, "operation is 1.5, expected a text or a whole"),
        ({"kind": "request", "since": -1}, "since is -1, expected a whole number from 0"),
        ({"event": "x", "timeout_ms": -1}, "timeout_ms is -1, expected a whole number from 0"),
        ({"event": "x", "timeout_ms": "1"}, "timeout_ms is '1', expected a whole number"),
    ],
)
def test_what_makes_no_sense_is_refused(
    mock: MockTingwu, condition: dict[str, Any], said: str
) -> None:
    answer = wait(mock, **condition)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(said)
