"""Answers that do not arrive as they were meant, on every service; and clocks that are wrong."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from tests.dashscope.helpers import GENERATION, body_of
from tests.realtime.helpers import TASKS, Json, create, info, pusher, stop, until

#: A call of each service that makes a task, and its fault's operation.
CALLS = {"tingwu": "CreateTask", "dashscope": "createTask", "live": "CreateRtcAsrTask"}


def call(mock: MockTingwu, service: str, **options: Any) -> httpx.Response:
    if service == "tingwu":
        body = {
            "AppKey": "app",
            "Input": {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000},
        }
        return httpx.put(f"{mock.url}{TASKS}?type=realtime", json=body, **options)
    if service == "dashscope":
        body = body_of(type="realtime", format="pcm", sampleRate=16_000, fileUrl=None)
        return httpx.post(mock.url + GENERATION, json=body, **options)
    query = {
        "Action": "CreateRtcAsrTask",
        "Version": "2016-11-01",
        "Format": "JSON",
        "Mode": "rtc",
        "SDKAppID": "app",
        "ChannelID": "room",
        "RtcUserId": "somebody",
        "Language": "cn",
        "CallbackURL": "http://127.0.0.1:9/",
    }
    return httpx.get(mock.url, params=query, **options)


def tasks(mock: MockTingwu) -> int:
    return len(httpx.get(f"{mock.url}/_mock/tasks").json()["tasks"])


def fault(mock: MockTingwu, action: Json, **rule: Any) -> None:
    mock.faults.add(action, **rule)


@pytest.mark.parametrize("service", CALLS)
def test_a_connection_is_closed_before_or_after_the_call_is_done(
    mock: MockTingwu, service: str
) -> None:
    match = {"service": service, "operation": CALLS[service]}
    fault(mock, {"type": "drop_connection"}, match=match, times=1)
    fault(mock, {"type": "drop_connection", "stage": "after"}, match=match, times=1)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        call(mock, service)
    assert tasks(mock) == 0
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        call(mock, service)
    assert tasks(mock) == 1, "it was made, though nobody was told"
    assert call(mock, service).status_code == 200
    assert [entry["action"] for entry in mock.journal if entry["kind"] == "fault"] == [
        "drop_connection",
        "drop_connection",
    ]


def test_a_connection_may_be_reset(mock: MockTingwu) -> None:
    fault(mock, {"type": "drop_connection", "reset": True})
    with pytest.raises(httpx.ReadError, match="reset by peer"):
        call(mock, "tingwu")


@pytest.mark.parametrize("service", CALLS)
def test_a_body_breaks_off(mock: MockTingwu, service: str) -> None:
    fault(mock, {"type": "truncate_body", "bytes": 7}, times=1)
    fault(mock, {"type": "truncate_body"}, times=1)
    whole = None
    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
            call(mock, service)
    whole = call(mock, service)
    assert whole.status_code == 200
    with socket.create_connection(("127.0.0.1", mock.port)) as raw:
        fault(mock, {"type": "truncate_body", "bytes": 7}, times=1)
        raw.sendall(f"GET {TASKS}/{'0' * 32} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        received = b""
        while piece := raw.recv(65_536):
            received += piece
    assert len(received.partition(b"\r\n\r\n")[2]) == 7


@pytest.mark.parametrize("service", CALLS)
def test_an_answer_is_no_json_though_its_length_is_right(mock: MockTingwu, service: str) -> None:
    fault(mock, {"type": "malformed_json"}, times=1)
    answer = call(mock, service)
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert call(mock, service).json()


@pytest.mark.parametrize("service", CALLS)
def test_a_proxy_answers_in_the_service_s_place(mock: MockTingwu, service: str) -> None:
    fault(mock, {"type": "http_error", "status": 502}, times=1)
    fault(mock, {"type": "http_error", "status": 504, "body": "<p>late</p>"}, times=1)
    answer = call(mock, service)
    assert (answer.status_code, answer.text) == (502, "<html><body><h1>502</h1></body></html>")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert call(mock, service).text == "<p>late</p>"


@pytest.mark.parametrize("service", CALLS)
def test_an_answer_comes_late(mock: MockTingwu, service: str) -> None:
    fault(mock, {"type": "latency", "ms": 60_000}, times=1)
    with pytest.raises(httpx.ReadTimeout):
        call(mock, service, timeout=0.2)
    assert tasks(mock) == 1, "it was done all the same"
    began = time.monotonic()
    fault(mock, {"type": "latency", "ms": 50}, times=1)
    assert call(mock, service).status_code == 200
    assert time.monotonic() - began >= 0.05


def test_a_late_answer_holds_nobody_up_and_does_not_keep_a_mock_from_stopping() -> None:
    with MockTingwu() as mock:
        fault(mock, {"type": "latency", "ms": 600_000}, times=1)
        with socket.create_connection(("127.0.0.1", mock.port)) as waiting:
            waiting.sendall(f"GET {TASKS}/{'0' * 32} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            until(lambda: any(e["kind"] == "fault" for e in mock.journal), "the fault")
            assert call(mock, "tingwu").status_code == 200


@pytest.mark.parametrize(
    ("marker", "error"),
    [
        ("drop_connection=after", httpx.RemoteProtocolError),
        ("drop_connection=", httpx.RemoteProtocolError),
        ("truncate_body=10", httpx.RemoteProtocolError),
        ("malformed_json=", json.JSONDecodeError),
    ],
)
def test_a_marker_spoils_the_answer_to_its_own_call(
    mock: MockTingwu, marker: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        create(mock, TaskKey=f"weekly--mock.{marker}")
    assert create(mock, TaskKey="weekly")["TaskStatus"] == "NEW"


def test_an_answer_is_changed_as_a_merge_patch_says(mock: MockTingwu) -> None:
    task_id = create(mock)["TaskId"]
    said = {"TaskStatus": "PAUSED", "TaskKey": "mine", "Result": {"Deep": {"A": 1}}}
    patch = {"Code": "Odd", "RequestId": None, "Data": {**said, "TaskId": None}}
    match = {"operation": "GetTaskInfo"}
    fault(mock, {"type": "patch_json", "patch": patch}, match=match, times=1)
    answer = httpx.get(f"{mock.url}{TASKS}/{task_id}")
    assert answer.status_code == 200
    assert answer.json() == {"Code": "Odd", "Data": said, "Message": "success"}
    assert info(mock, task_id)["TaskId"] == task_id


def test_a_patch_is_an_object_and_changes_objects_alone(mock: MockTingwu) -> None:
    wrong: Any
    for wrong in (None, {}, []):
        with pytest.raises(
            ValueError, match=r"action\.patch is .*, expected an object that changes"
        ):
            fault(mock, {"type": "patch_json", "patch": wrong})
    fault(mock, {"type": "patch_json", "patch": {"Code": "Odd"}})
    as_xml = {"Action": "QueryRtcAsrTasks", "Version": "2016-11-01", "Format": "XML"}
    assert httpx.get(mock.url, params=as_xml).text.startswith("<?xml")


# Files


def result(mock: MockTingwu) -> tuple[str, str]:
    """A finished task, and the link to its transcript."""
    task = create(mock, TaskKey="weekly")
    stop(mock, task["TaskId"])
    until(lambda: info(mock, task["TaskId"])["TaskStatus"] == "COMPLETED", "COMPLETED")
    return task["TaskId"], info(mock, task["TaskId"])["Result"]["Transcription"]


def test_a_link_has_expired_or_leads_nowhere(mock: MockTingwu) -> None:
    _, link = result(mock)
    fault(mock, {"type": "result_expired"}, match={"task_key": "weekly"}, times=1)
    fault(mock, {"type": "result_missing"}, match={"kind": "Transcription"}, times=1)
    fault(mock, {"type": "result_missing"}, match={"kind": "Summarization"})
    answer = httpx.get(link)
    assert answer.status_code == 403
    assert "<Message>Request has expired.</Message>" in answer.text
    answer = httpx.get(link)
    assert (answer.status_code, "NoSuchKey" in answer.text) == (404, True)
    assert httpx.get(link).status_code == 200


def test_a_download_breaks_off_or_is_no_json(mock: MockTingwu) -> None:
    _, link = result(mock)
    storage = {"service": "storage", "operation": "GetObject", "kind": "Transcription"}
    fault(mock, {"type": "truncate_body"}, match=storage, times=1)
    fault(mock, {"type": "malformed_json"}, match=storage, times=1)
    fault(mock, {"type": "drop_connection"}, match=storage, times=1)
    with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
        httpx.get(link)
    with pytest.raises(json.JSONDecodeError):
        httpx.get(link).json()
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(link)
    assert httpx.get(link).json()["Transcription"]


def test_a_result_file_is_changed(mock: MockTingwu) -> None:
    task_id, link = result(mock)
    storage = {"service": "storage", "kind": "Transcription"}
    patch: Json = {"Transcription": {"AudioInfo": None, "Paragraphs": []}}
    fault(mock, {"type": "patch_json", "patch": patch}, match=storage, times=1)
    changed = httpx.get(link).json()
    assert changed["TaskId"] == task_id
    assert changed["Transcription"]["Paragraphs"] == []
    assert "AudioInfo" not in changed["Transcription"]
    assert "AudioInfo" in httpx.get(link).json()["Transcription"]


def test_a_media_file_breaks_off(virtual_mock: MockTingwu) -> None:
    mock = virtual_mock
    body = {
        "AppKey": "app",
        "Input": {
            "SourceLanguage": "cn",
            "FileUrl": "https://files.example.com/a.mp3?mock.duration_ms=20000",
        },
        "Parameters": {"Transcoding": {"TargetAudioFormat": "mp3"}},
    }
    task = httpx.put(f"{mock.url}{TASKS}?type=offline", json=body).json()["Data"]
    mock.advance(60_000)
    link = info(mock, task["TaskId"])["OutputMp3Path"]
    fault(mock, {"type": "truncate_body"}, match={"service": "storage", "kind": "mp3"}, times=1)
    with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
        httpx.get(link)
    assert httpx.get(link).status_code == 200


@pytest.mark.parametrize(
    ("marker", "status"),
    [
        ("result_expired=", 403),
        ("result_missing=Transcription", 404),
        ("result_missing=Summarization", 200),
    ],
)
def test_a_marker_spoils_the_files_of_its_task(mock: MockTingwu, marker: str, status: int) -> None:
    task_id = create(mock, TaskKey=f"weekly--mock.{marker}")["TaskId"]
    stop(mock, task_id)
    until(lambda: info(mock, task_id)["TaskStatus"] == "COMPLETED", "COMPLETED")
    link = info(mock, task_id)["Result"]["Transcription"]
    assert {httpx.get(link).status_code for _ in range(2)} == {status}
    _, other = result(mock)
    assert httpx.get(other).status_code == 200


# Tasks


def test_a_task_is_forgotten(virtual_mock: MockTingwu) -> None:
    mock = virtual_mock
    fault(mock, {"type": "task_invalid", "after_ms": 5_000}, match={"task_key": "lost"})
    task = create(mock, TaskKey="lost")
    with pusher(task) as client:
        client.start()
        mock.advance(4_999)
        assert info(mock, task["TaskId"])["TaskStatus"] == "NEW"
        mock.advance(1)
        assert client.close_code() == 1000
    assert info(mock, task["TaskId"]) == {"TaskId": task["TaskId"], "TaskStatus": "INVALID"}
    assert stop(mock, task["TaskId"]) == "INVALID"


def test_a_task_that_is_lost_at_once_is_made_all_the_same(virtual_mock: MockTingwu) -> None:
    task = create(virtual_mock, TaskKey="weekly--mock.task_invalid=")
    virtual_mock.advance(0)
    assert info(virtual_mock, task["TaskId"])["TaskStatus"] == "INVALID"


@pytest.mark.parametrize(
    ("stage", "parameters", "results"),
    [
        ("audio", None, []),
        ("processing", None, []),
        ("Transcription", None, []),
        ("Summarization", {"AutoChaptersEnabled": True}, ["Transcription", "AutoChapters"]),
    ],
)
def test_a_task_fails_at_a_stage(
    virtual_mock: MockTingwu, stage: str, parameters: Json | None, results: list[str]
) -> None:
    mock = virtual_mock
    if parameters is not None:
        parameters |= {
            "SummarizationEnabled": True,
            "Summarization": {"Types": ["Paragraph"]},
        }
    failed = {"type": "task_failed", "error_code": "TSC.FileError", "stage": stage}
    fault(mock, failed | {"after_ms": 3})
    task = create(mock, parameters, TaskKey="b")
    mock.advance(60_000)
    assert info(mock, task["TaskId"])["TaskStatus"] == "NEW"
    with pusher(task) as client:
        client.start()
        client.push(b"\x00" * 3_200)
        until(lambda: info(mock, task["TaskId"])["TaskStatus"] == "ONGOING", "audio")
        mock.advance(2)
        assert info(mock, task["TaskId"])["TaskStatus"] == "ONGOING"
        if stage == "audio":
            mock.advance(1)
            assert client.failure()["status"] == 50000000
        else:
            stop(mock, task["TaskId"])
            mock.advance(60_000)
    data = info(mock, task["TaskId"])
    assert (data["TaskStatus"], data["ErrorCode"]) == ("FAILED", "TSC.FileError")
    assert list(data.get("Result", {})) == results


def test_an_offline_task_fails_when_its_recording_was_read(virtual_mock: MockTingwu) -> None:
    mock = virtual_mock
    url = "https://files.example.com/a.mp3?mock.duration_ms=20000&mock.task_failed=TSC.X@audio"
    body = {"AppKey": "app", "Input": {"SourceLanguage": "cn", "FileUrl": url}}
    task = httpx.put(f"{mock.url}{TASKS}?type=offline", json=body).json()["Data"]
    mock.advance(60_000)
    data = info(mock, task["TaskId"])
    assert (data["TaskStatus"], data["ErrorCode"]) == ("FAILED", "TSC.X")


# Clocks


def test_a_server_whose_clock_is_wrong_refuses_signatures(
    start_mock: Callable[..., MockTingwu],
) -> None:
    from mock_tingwu.client import TingwuClient, TingwuError

    mock = start_mock(auth="verify", access_keys={"LTAI": "secret-of-the-test"})
    fault(mock, {"type": "clock_skew", "ms": 20 * 60_000}, times=1)
    fault(mock, {"type": "clock_skew", "ms": -20 * 60_000}, times=1)

    async def ask() -> list[str]:
        told = []
        async with TingwuClient(
            mock.url,
            access_key_id="LTAI",
            access_key_secret="secret-of-the-test",
            app_key="app",
        ) as client:
            for _ in range(3):
                try:
                    told.append((await client.info("0" * 32)).status)
                except TingwuError as error:
                    told.append(error.code)
        return told

    assert asyncio.run(ask()) == ["InvalidTimeStamp.Expired"] * 2 + ["INVALID"]
