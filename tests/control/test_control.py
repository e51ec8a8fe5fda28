"""The control API: health, reset, clock, journal, tasks."""

from __future__ import annotations

import email.utils
import logging
import socket
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu, __version__, contract
from mock_tingwu.services.json_api import MAX_BODY
from tests.core.test_segmentation import silence, speech
from tests.realtime.helpers import create, info, pusher, status, stop, until


def get(mock: MockTingwu, path: str, **query: Any) -> Any:
    answer = httpx.get(f"{mock.url}/_mock/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def post(mock: MockTingwu, path: str, body: object) -> httpx.Response:
    return httpx.post(f"{mock.url}/_mock/{path}", json=body)


def test_health_says_which_version_runs(mock: MockTingwu) -> None:
    health = get(mock, "health")
    assert health == {"status": "ok", "version": __version__}
    contract.check("control/health", health)


def test_the_journal_tells_the_whole_story_of_a_task(mock: MockTingwu) -> None:
    task = create(mock)
    with pusher(task) as connection:
        connection.start()
        connection.push(speech(2_500) + silence(1_200))
        connection.stop()
    stop(mock, task["TaskId"])
    until(
        lambda: bool(get(mock, "journal", kind="ws_close")["entries"]), "the end of the connection"
    )
    entries = get(mock, "journal")["entries"]
    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
    for entry in entries:
        contract.check("control/journal-entry", entry)
    kinds = [entry["kind"] for entry in entries]
    for kind in ("request", "response", "ws_open", "ws_in", "ws_out", "transition", "audio"):
        assert kind in kinds
    events = [e["message"]["header"]["name"] for e in entries if e["kind"] == "ws_out"]
    assert events == [
        "TranscriptionStarted",
        "SentenceBegin",
        "SentenceEnd",
        "TranscriptionCompleted",
    ]


def test_no_secret_reaches_the_journal(start_mock: Callable[..., MockTingwu]) -> None:
    open_mock = start_mock()
    task = create(open_mock)
    with pusher(task) as connection:
        connection.socket.send('{"header":{"name":"X"},"payload":{"token":"planted-in-text"}}')
        connection.failure()
    body = b'{"AccessKeySecret":"planted-in-json","Input":{"a":"b"},"broken'
    httpx.put(f"{open_mock.url}/openapi/tingwu/v2/tasks?type=realtime", content=body)
    text = httpx.get(f"{open_mock.url}/_mock/journal").text
    assert "planted" not in text
    assert task["MeetingJoinUrl"].partition("mc=")[2] not in text

    mock = start_mock(auth="verify", access_keys={"LTAI5tSomebody": "planted-secret"})
    token = "A" * 128
    headers = {
        "Authorization": "acs LTAI5tSomebody:c2VjcmV0c2lnbmF0dXJl",
        "x-acs-security-token": "planted-sts-token",
        "Date": email.utils.formatdate(usegmt=True),
    }
    httpx.get(f"{mock.url}/openapi/tingwu/v2/tasks/x?SecurityToken=topsecret", headers=headers)
    httpx.get(f"{mock.url}/openapi/nothing?mc={token}&signature=planted-signature", headers=headers)
    text = httpx.get(f"{mock.url}/_mock/journal").text
    assert token not in text
    assert "c2VjcmV0c2lnbmF0dXJl" not in text
    assert "topsecret" not in text
    assert "planted" not in text


def test_an_unknown_scope_is_refused(mock: MockTingwu) -> None:
    assert get(mock, "tasks", scope="default") == {"tasks": []}
    answer = httpx.get(f"{mock.url}/_mock/tasks", params={"scope": "other"})
    assert answer.status_code == 404
    assert answer.json() == {
        "error": "scope is 'other', expected one of /_mock/scopes; any POST makes one"
    }


def test_why_a_request_was_refused_stands_in_the_journal(mock: MockTingwu) -> None:
    body = {"AppKey": "a", "Input": {"SourceLanguage": "xx", "Format": "pcm", "SampleRate": 8000}}
    httpx.put(f"{mock.url}/openapi/tingwu/v2/tasks?type=realtime", json=body)
    (note,) = get(mock, "journal", kind="note")["entries"]
    assert note["text"].startswith("the request is refused at /Input/SourceLanguage: ")


def test_the_request_that_made_a_task_belongs_to_it(mock: MockTingwu) -> None:
    task = create(mock)
    kinds = [e["kind"] for e in get(mock, "journal", task_id=task["TaskId"])["entries"]]
    assert kinds == ["request", "response"]


def test_reset_forgets_everything(mock: MockTingwu) -> None:
    task = create(mock)
    with pusher(task) as connection:
        connection.start()
        assert post(mock, "reset", {}).status_code == 200
        assert connection.close_code() == 1000
    assert status(mock, task["TaskId"]) == "INVALID"
    assert get(mock, "tasks") == {"tasks": []}
    assert create(mock)["TaskId"] == task["TaskId"], "the seed starts over, too"


def test_tasks_can_be_looked_into(mock: MockTingwu) -> None:
    task = create(mock, TaskKey="k")
    with pusher(task) as connection:
        connection.start()
        connection.push(speech(2_500) + silence(1_200))
        connection.expect("SentenceEnd")
        (summary,) = get(mock, "tasks")["tasks"]
        assert summary["task_key"] == "k"
        assert summary["status"] == "ONGOING"
        assert summary["connections"] == 1
        detail = get(mock, f"tasks/{task['TaskId']}")
        assert len(detail["sentences"]) == summary["sentence_count"] == 1
    missing = httpx.get(f"{mock.url}/_mock/tasks/nobody")
    assert missing.status_code == 404
    assert "'nobody'" in missing.json()["error"]


def test_the_clock_can_be_read_and_moved(virtual_mock: MockTingwu) -> None:
    before = get(virtual_mock, "clock")
    assert before["mode"] == "virtual"
    assert get(virtual_mock, "clock") == before, "it stands still"
    after = post(virtual_mock, "clock", {"advance_ms": 1_500}).json()
    assert after["now_ms"] == before["now_ms"] + 1_500


def test_the_clock_can_be_made_virtual(mock: MockTingwu) -> None:
    assert get(mock, "clock")["mode"] == "system"
    answer = post(mock, "clock", {"mode": "virtual", "advance_ms": 60_000}).json()
    assert answer["mode"] == get(mock, "clock")["mode"] == "virtual"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"advance_ms": 5}, "the clock is the system's and cannot be advanced"),
        ({"mode": "lunar"}, "mode is 'lunar', expected system or virtual"),
        ({"mode": "virtual", "advance_ms": -1}, "advance_ms is -1, expected a whole number"),
        ({"mode": "virtual", "advance_ms": "1"}, "advance_ms is '1', expected a whole number"),
        ({"mode": "virtual", "advance_ms": 10**20}, "expected a whole number from 0 to"),
        ({"speed": 2}, "speed is unknown; expected mode or advance_ms"),
        ([], "the body is not a JSON object"),
    ],
)
def test_a_clock_that_cannot_be_is_refused_in_one_sentence(
    mock: MockTingwu, body: object, reason: str
) -> None:
    task = create(mock)
    answer = post(mock, "clock", body)
    assert answer.status_code == 400
    assert reason in answer.json()["error"]
    assert get(mock, "clock")["mode"] == "system"
    assert status(mock, task["TaskId"]) == "NEW", "a call that is refused has no effect"


@pytest.mark.parametrize(
    ("body", "why"),
    [(b"{", "the body is not JSON"), (b"[" * 100_000, "the body is nested too deeply")],
)
def test_a_body_that_is_not_json_is_refused(mock: MockTingwu, body: bytes, why: str) -> None:
    answer = httpx.post(f"{mock.url}/_mock/clock", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(why)


@pytest.mark.parametrize("streaming", [False, True])
def test_a_task_can_be_made_to_fail(mock: MockTingwu, streaming: bool) -> None:
    task = create(mock)
    path = f"tasks/{task['TaskId']}/transition"
    with pusher(task) as connection:
        if streaming:
            connection.start()
            connection.push(speech(2_500))
        answer = post(mock, path, {"to": "FAILED", "error_code": "TSC.AudioFormat"})
        assert answer.status_code == 200
        assert connection.failure()["status"] == 50000000
        assert connection.close_code() == 1000
    data = info(mock, task["TaskId"])
    assert data == {
        "TaskId": task["TaskId"],
        "TaskStatus": "FAILED",
        "ErrorCode": "TSC.AudioFormat",
        "ErrorMessage": "Audio format invalid.",
    }
    assert stop(mock, task["TaskId"]) == "FAILED"
    assert post(mock, path, {"to": "FAILED", "error_code": "X"}).status_code == 409


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"to": "HAPPY"}, "to is 'HAPPY', expected FAILED"),
        ({"to": "FAILED"}, "error_code is None, expected a code such as TSC.AudioFormat"),
        ({"to": "FAILED", "error_code": "X", "error_message": 5}, "error_message is 5"),
        ({"to": "FAILED", "why": "x"}, "why is unknown"),
    ],
)
def test_an_impossible_transition_is_refused_in_one_sentence(
    mock: MockTingwu, body: object, reason: str
) -> None:
    task = create(mock)
    answer = post(mock, f"tasks/{task['TaskId']}/transition", body)
    assert answer.status_code == 400
    assert reason in answer.json()["error"]
    assert status(mock, task["TaskId"]) == "NEW"


@pytest.mark.parametrize("key", ["task_key", "app_key"])
def test_a_script_can_be_registered_over_http(mock: MockTingwu, key: str) -> None:
    script = {"language": "cn", "sentences": ["我们开始吧。", "好的，请讲。"]}
    answer = post(mock, "scripts", {key: "app" if key == "app_key" else "mine", "script": script})
    assert answer.status_code == 200, answer.text
    assert answer.json()["lines"] == 2
    task = create(mock, TaskKey="mine")
    with pusher(task) as connection:
        connection.start()
        connection.push((speech(1_500) + silence(1_200)) * 2)
        connection.stop()
    assert connection.sentences() == script["sentences"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"script": {"sentences": ["a"]}}, "needs a task_key, an app_key or a file_url"),
        ({"task_key": 5, "script": {"sentences": ["a"]}}, "task_key is 5, expected a text"),
        ({"task_key": "k"}, "script is None, expected an object with sentences or text"),
        ({"task_key": "k", "script": {"sentences": 7}}, "sentences"),
        ({"task_key": "k", "words": []}, "words is unknown"),
    ],
)
def test_a_script_that_cannot_be_heard_is_refused_in_one_sentence(
    mock: MockTingwu, body: object, reason: str
) -> None:
    answer = post(mock, "scripts", body)
    assert answer.status_code == 400
    assert reason in answer.json()["error"]


def test_why_a_field_was_refused_is_found_by_the_request_id(mock: MockTingwu) -> None:
    prompts = [{"Name": "n", "Prompt": "{Transcription}"}, {"Name": "n", "Prompt": "none"}]
    body = {
        "AppKey": "a",
        "Input": {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000},
        "Parameters": {"CustomPromptEnabled": True, "CustomPrompt": {"Contents": prompts}},
    }
    answer = httpx.put(f"{mock.url}/openapi/tingwu/v2/tasks?type=realtime", json=body).json()
    entries = [e for e in mock.journal if e.get("request_id") == answer["RequestId"]]
    kinds = ["request", "note", "violation", "response"]
    assert [entry["kind"] for entry in entries] == kinds
    assert "/Parameters/CustomPrompt/Contents/1/Prompt" in entries[1]["text"]


@pytest.mark.parametrize("path", ["clock", "scripts", "faults", "callbacks"])
def test_a_body_that_is_too_long_or_breaks_off_is_no_defect(
    mock: MockTingwu, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    head = f"POST /_mock/{path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
    with socket.create_connection(("127.0.0.1", mock.port), timeout=10) as client:
        client.sendall((head % (MAX_BODY + 1)).encode())
        assert client.recv(65_536).startswith(b"HTTP/1.1 413 ")
    with socket.create_connection(("127.0.0.1", mock.port), timeout=10) as client:
        client.sendall((head % 100).encode() + b"{")
    assert get(mock, "health")["status"] == "ok"
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_what_clients_call_a_task_is_masked_and_cut(mock: MockTingwu) -> None:
    tasks = f"{mock.url}/openapi/tingwu/v2/tasks"
    httpx.get(f"{tasks}/token=planted-secret-token")
    httpx.put(f"{tasks}?type=realtime&operation=stop", json={"Input": {"TaskId": "x" * 3_000_000}})
    journal = httpx.get(f"{mock.url}/_mock/journal").text
    assert "planted" not in journal
    assert len(journal) < 10_000
    assert {len(e["task_id"]) for e in mock.journal if "xx" in (e["task_id"] or "")} == {65}
