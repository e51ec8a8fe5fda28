"""Callbacks of tasks, on the wire: what is sent, when, and to whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu, contract
from tests.callbacks.receiver import HOLD, SILENCE, Receiver, nobody
from tests.offline import tasks as offline
from tests.realtime.helpers import TASKS, create, info, status, stop, until

CHAPTERS = {"AutoChaptersEnabled": True}


def create_told(
    mock: MockTingwu, parameters: Any = None, *, app_key: str = "app", host: str = "", **more: Any
) -> str:
    """Create a realtime task that wants callbacks; return its id."""
    source = {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000, **more}
    body = {
        "AppKey": app_key,
        "Input": source | {"ProgressiveCallbacksEnabled": True},
        "Parameters": parameters or {},
    }
    headers = {"Host": host} if host else {}
    answer = httpx.put(f"{mock.url}{TASKS}?type=realtime", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["Data"]["TaskId"])


def registered(mock: MockTingwu) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = httpx.get(f"{mock.url}/_mock/callbacks").json()["callbacks"]
    return rows


def callbacks(mock: MockTingwu) -> list[dict[str, Any]]:
    """The journal's entries about callbacks, without trials of an address."""
    return [e for e in mock.journal if e["kind"] == "callback" and e["event"] != "probe"]


@pytest.fixture
def receiver(start_receiver: Callable[..., Receiver]) -> Receiver:
    """It answers 200 to everything."""
    return start_receiver(200)


@pytest.fixture
def told_mock(virtual_mock: MockTingwu, receiver: Receiver) -> MockTingwu:
    """A mock on a virtual clock whose AppKey ``app`` has the receiver's address."""
    outcome = virtual_mock.callback("app", receiver.url)
    assert outcome == {"delivered": True, "status": 200}
    receiver.requests.clear()
    return virtual_mock


def test_every_finished_result_is_told_and_then_the_end(
    told_mock: MockTingwu, receiver: Receiver
) -> None:
    task_id = create_told(told_mock, CHAPTERS, TaskKey="weekly")
    assert stop(told_mock, task_id) == "ONGOING"
    told_mock.advance(60_000)
    assert receiver.told == ["Transcription", "AutoChapters", "COMPLETED"]
    for request in receiver.requests:
        assert request.path == "/callback"
        assert request.headers["Content-Type"] == "application/json"
        body = request.body
        contract.check("tingwu/callback", body)
        assert list(body) == ["Code", "Data", "Message", "RequestId"]
        assert (body["Code"], body["Message"]) == ("0", "success")
        assert (body["Data"]["TaskId"], body["Data"]["TaskKey"]) == (task_id, "weekly")
    assert [list(request.body["Data"]["Result"]) for request in receiver.requests] == [
        ["Transcription"],
        ["AutoChapters"],
        ["Transcription", "AutoChapters"],
    ]
    ids = {request.body["RequestId"] for request in receiver.requests}
    assert len(ids) == 3 and all(re.fullmatch("[0-9a-f]{32}", request_id) for request_id in ids)


def test_the_last_callback_says_what_get_task_info_says(
    told_mock: MockTingwu, receiver: Receiver
) -> None:
    task_id = create_told(told_mock, {**CHAPTERS, "Transcoding": {"SpectrumEnabled": True}})
    stop(told_mock, task_id)
    # To the moment of the end, so that the links live equally long.
    told_mock.advance(5)
    told_mock.advance(5)
    data = receiver.requests[-1].body["Data"]
    assert data == info(told_mock, task_id)
    assert list(data) == ["TaskId", "TaskStatus", "OutputSpectrumPath", "Result"]


def test_its_links_are_good_for_30_days(told_mock: MockTingwu, receiver: Receiver) -> None:
    task_id = create_told(told_mock)
    stop(told_mock, task_id)
    told_mock.advance(0)
    link = receiver.requests[0].body["Data"]["Result"]["Transcription"]
    assert httpx.get(link).json()["TaskId"] == task_id
    told_mock.advance(2_592_000_000 - 1_000)
    assert httpx.get(link).status_code == 200
    told_mock.advance(2_000)
    assert httpx.get(link).status_code == 403


def test_its_links_lead_to_where_the_client_found_us(
    told_mock: MockTingwu, receiver: Receiver
) -> None:
    stop(told_mock, create_told(told_mock, host="tingwu.test:1234"))
    told_mock.advance(0)
    link = receiver.requests[0].body["Data"]["Result"]["Transcription"]
    assert link.startswith("http://tingwu.test:1234/oss/")


def test_recognition_alone_is_told_as_a_step_and_as_the_end(
    told_mock: MockTingwu, receiver: Receiver
) -> None:
    assert stop(told_mock, create_told(told_mock)) == "COMPLETED"
    told_mock.advance(0)
    assert receiver.told == ["Transcription", "COMPLETED"]
    assert [request.body["Data"]["TaskStatus"] for request in receiver.requests] == [
        "ONGOING",
        "COMPLETED",
    ]


@pytest.mark.parametrize("after", ["creation", "a result"])
def test_a_failure_is_told_with_its_code_and_without_results(
    told_mock: MockTingwu, receiver: Receiver, after: str
) -> None:
    task_id = create_told(told_mock, CHAPTERS)
    if after == "a result":
        stop(told_mock, task_id)
        told_mock.advance(5)
        assert receiver.told == ["Transcription"]
    httpx.post(
        f"{told_mock.url}/_mock/tasks/{task_id}/transition",
        json={"to": "FAILED", "error_code": "TSC.AudioFormat"},
    )
    told_mock.advance(60_000)
    assert receiver.told[-1] == "FAILED"
    assert receiver.told.count("FAILED") == 1
    assert receiver.requests[-1].body["Data"] == {
        "TaskId": task_id,
        "TaskStatus": "FAILED",
        "ErrorCode": "TSC.AudioFormat",
        "ErrorMessage": "Audio format invalid.",
    }


def test_a_second_run_is_told_like_the_first(told_mock: MockTingwu, receiver: Receiver) -> None:
    task_id = create_told(told_mock)
    stop(told_mock, task_id)
    told_mock.advance(0)
    body = {"AppKey": "app", "Input": {"TaskId": task_id}, "Parameters": CHAPTERS}
    answer = httpx.put(f"{told_mock.url}{TASKS}?type=offline", json=body)
    assert answer.status_code == 200, answer.text
    told_mock.advance(60_000)
    assert receiver.told == ["Transcription", "COMPLETED", "AutoChapters", "COMPLETED"]


def test_a_second_run_may_ask_for_callbacks_when_the_first_did_not(
    told_mock: MockTingwu, receiver: Receiver
) -> None:
    task_id = offline.create(told_mock)["TaskId"]
    told_mock.advance(60_000)
    assert (status(told_mock, task_id), receiver.told) == ("COMPLETED", [])
    source = {"TaskId": task_id, "ProgressiveCallbacksEnabled": True}
    offline.put(told_mock, {"Input": source, "Parameters": {"AutoChaptersEnabled": True}})
    told_mock.advance(60_000)
    assert receiver.told == ["AutoChapters", "COMPLETED"]


def test_an_sdk_reads_the_body_like_an_answer(told_mock: MockTingwu, receiver: Receiver) -> None:
    from alibabacloud_tingwu20230930 import models

    task_id = create_told(told_mock, CHAPTERS, TaskKey="weekly")
    stop(told_mock, task_id)
    told_mock.advance(60_000)
    parsed = models.GetTaskInfoResponseBody().from_map(receiver.requests[-1].body)
    assert (parsed.code, parsed.message) == ("0", "success")
    assert (parsed.data.task_id, parsed.data.task_status) == (task_id, "COMPLETED")
    assert parsed.data.task_key == "weekly"
    assert parsed.data.result.auto_chapters.startswith("http")
    assert parsed.to_map() == receiver.requests[-1].body


def test_only_tasks_that_ask_for_callbacks_and_have_an_address_get_any(
    told_mock: MockTingwu, receiver: Receiver
) -> None:
    quiet = create(told_mock)["TaskId"]
    stranger = create_told(told_mock, app_key="another")
    stop(told_mock, quiet)
    stop(told_mock, stranger)
    told_mock.advance(60_000)
    assert receiver.requests == []
    notes = [(e["task_id"], e["text"]) for e in told_mock.journal if e["kind"] == "note"]
    assert [text for task_id, text in notes if task_id == stranger and "callback" in text] == [
        "no callbacks were sent: AppKey 'another' has no callback address"
    ]
    assert not [text for task_id, text in notes if task_id == quiet and "callback" in text]


def test_each_project_has_its_own_address(
    told_mock: MockTingwu, receiver: Receiver, start_receiver: Callable[..., Receiver]
) -> None:
    other = start_receiver(200)
    told_mock.callback("other", other.url)
    other.requests.clear()
    stop(told_mock, create_told(told_mock))
    told_mock.advance(0)
    assert (len(receiver.requests), len(other.requests)) == (2, 0)


def test_a_refused_callback_is_tried_at_5_305_and_605_s_and_then_lost(
    virtual_mock: MockTingwu, start_receiver: Callable[..., Receiver]
) -> None:
    receiver = start_receiver(200, 200, 500)
    virtual_mock.callback("app", receiver.url)
    task_id = create_told(virtual_mock)
    began = virtual_mock.now()
    stop(virtual_mock, task_id)
    virtual_mock.advance(600_000)
    (row,) = registered(virtual_mock)
    assert (row["delivered"], row["waiting"], row["lost"]) == (1, 1, 0)
    virtual_mock.advance(600_000)
    (row,) = registered(virtual_mock)
    assert (row["delivered"], row["waiting"], row["lost"]) == (1, 0, 1)
    attempts = [e for e in callbacks(virtual_mock) if e["event"] == "COMPLETED"]
    assert [e["at"] - began for e in attempts] == [0, 5_000, 305_000, 605_000]
    assert [e["outcome"] for e in attempts] == ["refused", "refused", "refused", "lost"]
    assert all(e["task_id"] == task_id and e["url"] == receiver.url for e in attempts)
    assert len({request.raw for request in receiver.requests[2:]}) == 1, "the same each time"
    for entry in attempts:
        contract.check("control/journal-entry", entry)


def test_a_callback_accepted_at_the_second_attempt_is_delivered(
    virtual_mock: MockTingwu, start_receiver: Callable[..., Receiver]
) -> None:
    receiver = start_receiver(200, 503, 200)
    virtual_mock.callback("app", receiver.url)
    stop(virtual_mock, create_told(virtual_mock))
    virtual_mock.advance(60_000)
    outcomes = [(e["event"], e["attempt"], e["outcome"]) for e in callbacks(virtual_mock)]
    assert outcomes == [
        ("Transcription", 1, "refused"),
        ("COMPLETED", 1, "delivered"),
        ("Transcription", 2, "delivered"),
    ]


def test_a_later_callback_waits_for_the_first_attempt_of_an_earlier_one(
    mock: MockTingwu, start_receiver: Callable[..., Receiver]
) -> None:
    receiver = start_receiver(200, HOLD, 200)
    mock.callback("app", receiver.url)
    stop(mock, create_told(mock))
    receiver.wait(2)
    until(lambda: registered(mock)[0]["waiting"] == 2, "the second callback")
    assert len(receiver.requests) == 2
    receiver.release.set()
    receiver.wait(3)
    assert [request.told for request in receiver.requests[1:]] == ["Transcription", "COMPLETED"]


def test_a_receiver_that_does_not_answer_holds_nothing_up(
    mock: MockTingwu, start_receiver: Callable[..., Receiver]
) -> None:
    receiver = start_receiver(200, SILENCE)
    mock.callback("app", receiver.url)
    tasks = [create_told(mock, CHAPTERS) for _ in range(6)]
    for task_id in tasks:
        stop(mock, task_id)
    receiver.wait(1 + 6)
    for task_id in tasks:
        completed(mock, task_id)
    assert httpx.get(f"{mock.url}/_mock/health").status_code == 200
    mock.close()  # is not held up either


def completed(mock: MockTingwu, task_id: str) -> None:
    until(lambda: status(mock, task_id) == "COMPLETED", "COMPLETED")


def test_reset_forgets_what_waits_and_cuts_off_what_is_sent(
    virtual_mock: MockTingwu, start_receiver: Callable[..., Receiver]
) -> None:
    refusing, silent = start_receiver(200, 500), start_receiver(200, SILENCE)
    virtual_mock.callback("app", refusing.url)
    virtual_mock.callback("slow", silent.url)
    for app_key in ("app", "slow"):
        stop(virtual_mock, create_told(virtual_mock, app_key=app_key))
    refusing.wait(3)
    silent.wait(2)
    book = virtual_mock._server.world.default.callbacks
    virtual_mock.reset()
    assert registered(virtual_mock) == []
    until(lambda: not book.pending, "the end of what was sent")
    virtual_mock.advance(24 * 60 * 60 * 1000)
    assert (len(refusing.requests), len(silent.requests)) == (3, 2)
    assert callbacks(virtual_mock) == []


def test_addresses_of_the_settings_are_not_tried_and_survive_reset(
    start_mock: Callable[..., MockTingwu], receiver: Receiver
) -> None:
    mock = start_mock(callbacks={"app": receiver.url}, clock="virtual")
    for _ in range(2):
        assert receiver.requests == []
        assert [(row["app_key"], row["url"]) for row in registered(mock)] == [("app", receiver.url)]
        stop(mock, create_told(mock))
        mock.advance(0)
        assert receiver.told == ["Transcription", "COMPLETED"]
        receiver.requests.clear()
        mock.reset()


def test_request_ids_do_not_depend_on_which_task_ends_first(
    start_mock: Callable[..., MockTingwu], start_receiver: Callable[..., Receiver]
) -> None:
    told: list[dict[tuple[str, str], str]] = []
    for turn in (1, -1):
        receiver = start_receiver(200)
        mock = start_mock(seed=7, clock="virtual", callbacks={"app": receiver.url})
        tasks = [create_told(mock), create_told(mock)]
        for task_id in tasks[::turn]:
            stop(mock, task_id)
            mock.advance(0)
        bodies = [(request.told, request.body) for request in receiver.requests]
        told.append({(body["Data"]["TaskId"], step): body["RequestId"] for step, body in bodies})
    first, second = told
    assert first == second
    assert len(set(first.values())) == 4


def test_the_same_seed_gives_the_same_request_ids(
    start_mock: Callable[..., MockTingwu], receiver: Receiver
) -> None:
    for _ in range(2):
        mock = start_mock(seed=7, clock="virtual", callbacks={"app": receiver.url})
        stop(mock, create_told(mock))
        mock.advance(0)
    ids = [request.body["RequestId"] for request in receiver.requests]
    assert ids[:2] == ids[2:] and ids[0] != ids[1]


def test_no_secret_of_an_address_or_a_link_reaches_the_journal(
    told_mock: MockTingwu, receiver: Receiver
) -> None:
    told_mock.callback("app", f"{receiver.url}?token=planted-token&a=b")
    stop(told_mock, create_told(told_mock))
    told_mock.advance(0)
    assert receiver.requests[-1].path == "/callback?token=planted-token&a=b"
    text = httpx.get(f"{told_mock.url}/_mock/journal?kind=callback").text
    signature = receiver.requests[-1].raw.partition(b"Signature=")[2].partition(b'"')[0].decode()
    assert signature and signature not in text
    assert "planted" not in text


def test_an_offline_task_is_told_of_like_a_realtime_one(
    told_mock: MockTingwu, receiver: Receiver
) -> None:
    data = offline.create(told_mock, parameters=CHAPTERS, ProgressiveCallbacksEnabled=True)
    told_mock.advance(60_000)
    assert receiver.told == ["Transcription", "AutoChapters", "COMPLETED"]
    last = receiver.requests[-1].body["Data"]
    assert last["TaskId"] == data["TaskId"]
    assert httpx.get(last["Result"]["Transcription"]).json()["TaskId"] == data["TaskId"]


def test_a_recording_that_cannot_be_fetched_is_told_of_once(
    told_mock: MockTingwu, receiver: Receiver
) -> None:
    url = nobody() + ".mp3"
    data = offline.create(told_mock, url, ProgressiveCallbacksEnabled=True)
    told_mock.advance(60_000)
    (request,) = receiver.requests
    assert request.body["Data"] == {
        "TaskId": data["TaskId"],
        "TaskStatus": "FAILED",
        "ErrorCode": "TSC.AudioFileLink",
        "ErrorMessage": "Audio file link invalid.",
    }


def test_retries_that_fall_due_together_go_out_in_order(
    start_mock: Callable[..., MockTingwu], start_receiver: Callable[..., Receiver]
) -> None:
    receiver = start_receiver(500)
    mock = start_mock(clock="virtual", callbacks={"app": receiver.url})
    offline.create(mock, ProgressiveCallbacksEnabled=True)
    mock.advance(700_000)
    tried = [(entry["event"], entry["attempt"]) for entry in callbacks(mock)]
    assert tried == [(event, n) for n in (1, 2, 3, 4) for event in ("Transcription", "COMPLETED")]
    assert receiver.busiest == 1  # in order because it is one after the other, not by luck
