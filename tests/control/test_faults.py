"""Faults on demand: the control API, Python, markers; and every error of the tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import httpx
import msgspec
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.core.errors import API_ERRORS, TASK_ERRORS
from mock_tingwu.core.faults import PATTERNS, new_task
from mock_tingwu.server.thread import MockTingwu as Running
from tests.conftest import Watch

TASKS = "/openapi/tingwu/v2/tasks"
UNKNOWN = "0" * 32
OVERDUE = {"type": "api_error", "code": "BRK.OverdueTenant"}
BODY: dict[str, Any] = {
    "AppKey": "app",
    "Input": {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000},
}


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Running, Watch]]:
    watch = Watch()
    with MockTingwu() as mock:
        mock.tap(watch)
        yield mock, watch


@pytest.fixture
def mock(server: tuple[Running, Watch]) -> Iterator[Running]:
    mock, watch = server
    mock.reset()
    watch.breaches.clear()
    yield mock
    assert watch.breaches == []


def put(mock: Running, task_key: str | None = None, app_key: str = "app") -> httpx.Response:
    body = BODY | {"AppKey": app_key, "Input": BODY["Input"] | {"TaskKey": task_key}}
    return httpx.put(f"{mock.url}{TASKS}?type=realtime", json=body)


def get(mock: Running, task_id: str = UNKNOWN, **headers: str) -> httpx.Response:
    return httpx.get(f"{mock.url}{TASKS}/{task_id}", headers=headers)


def control(mock: Running, method: str, path: str = "", body: Any = None) -> httpx.Response:
    return httpx.request(method, f"{mock.url}/_mock/faults{path}", json=body)


def code(answer: httpx.Response) -> str:
    found: str = answer.json()["Code"]
    return found


# The control API


def test_rules_are_added_listed_and_dropped(mock: Running) -> None:
    rule = {"match": {"operation": "GetTaskInfo"}, "action": OVERDUE, "times": 2}
    added = control(mock, "POST", body=rule)
    assert (added.status_code, added.json()) == (200, {"id": "fault-1", **rule, "fired": 0})
    assert code(get(mock)) == "BRK.OverdueTenant"
    assert code(put(mock)) == "0"
    assert control(mock, "GET").json() == {"faults": [{"id": "fault-1", **rule, "fired": 1}]}
    assert control(mock, "GET", "/fault-1").json()["fired"] == 1
    assert control(mock, "DELETE", "/fault-1").json()["id"] == "fault-1"
    assert code(get(mock)) == "0"
    for method in ("GET", "DELETE"):
        answer = control(mock, method, "/fault-1")
        assert (answer.status_code, answer.json()) == (
            404,
            {"error": "fault_id is 'fault-1', expected one of /_mock/faults"},
        )
    control(mock, "POST", body={"action": OVERDUE})
    assert control(mock, "DELETE").json() == {"faults": []}
    assert code(get(mock)) == "0"


def test_a_rule_that_makes_no_sense_is_refused_with_a_sentence(mock: Running) -> None:
    answer = control(mock, "POST", body={"match": {"task": "x"}, "action": OVERDUE})
    assert (answer.status_code, answer.json()) == (
        400,
        {
            "error": "task is unknown in match; expected service, operation, task_key, app_key, "
            "task_id, event, audio_ms, kind, nth, probability"
        },
    )
    assert control(mock, "GET").json() == {"faults": []}
    assert control(mock, "POST", body=[]).status_code == 400


def test_a_reset_drops_all_rules(mock: Running) -> None:
    mock.faults.add(OVERDUE)
    mock.reset()
    assert mock.faults.list() == []
    assert code(get(mock)) == "0"


# Python


def test_python_has_the_same_rules(mock: Running) -> None:
    fault = mock.faults.add(OVERDUE, match={"task_key": "b"}, times=1)
    assert mock.faults.list() == [
        {"id": fault, "match": {"task_key": "b"}, "action": OVERDUE, "times": 1, "fired": 0}
    ]
    assert [code(put(mock, key)) for key in ("a", "b", "b")] == ["0", "BRK.OverdueTenant", "0"]
    mock.faults.remove(fault)
    with pytest.raises(ValueError, match=f"fault_id is '{fault}', expected one of"):
        mock.faults.remove(fault)
    mock.faults.add(OVERDUE)
    mock.faults.clear()
    assert mock.faults.list() == []
    with pytest.raises(ValueError, match=r"action.type is 'lateness', expected api_error"):
        mock.faults.add({"type": "lateness"})


# What rules are about


def test_a_call_is_matched_with_what_it_says_or_with_its_task(mock: Running) -> None:
    task_id = put(mock, "weekly", "mine").json()["Data"]["TaskId"]
    other = put(mock, "daily", "theirs").json()["Data"]["TaskId"]
    for match in ({"task_key": "weekly"}, {"app_key": "mine"}, {"task_id": task_id}):
        fault = mock.faults.add(OVERDUE, match={"operation": "GetTaskInfo", **match})
        assert [code(get(mock, each)) for each in (task_id, other, UNKNOWN)] == [
            "BRK.OverdueTenant",
            "0",
            "0",
        ]
        mock.faults.remove(fault)


def test_an_app_key_in_any_spelling_is_matched(mock: Running) -> None:
    mock.faults.add(OVERDUE, match={"app_key": "mine"})
    body = {"Appkey": "mine", "Input": BODY["Input"]}
    assert code(httpx.put(f"{mock.url}{TASKS}?type=realtime", json=body)) == "BRK.OverdueTenant"


@pytest.mark.parametrize(
    ("app_keys", "read"),
    [
        ('"appkey": "other", "AppKey": "mine"', "mine"),
        ('"AppKey": "mine", "appkey": "other"', "mine"),
        ('"AppKey": null, "Appkey": "mine"', "mine"),
        ('"AppKey": "other", "Appkey": "mine"', "other"),
    ],
)
def test_a_rule_reads_the_app_key_as_the_api_does(mock: Running, app_keys: str, read: str) -> None:
    body = f'{{{app_keys}, "Input": {msgspec.json.encode(BODY["Input"]).decode()}}}'
    assert code(httpx.put(f"{mock.url}{TASKS}?type=realtime", content=body)) == "0"
    tasks = httpx.get(f"{mock.url}/_mock/tasks").json()["tasks"]
    assert [task["app_key"] for task in tasks] == [read]
    mock.faults.add(OVERDUE, match={"app_key": "mine"})
    answer = httpx.put(f"{mock.url}{TASKS}?type=realtime", content=body)
    assert code(answer) == ("BRK.OverdueTenant" if read == "mine" else "0")


def test_a_fault_leaves_nothing_behind_but_its_entry(mock: Running) -> None:
    mock.faults.add(OVERDUE)
    put(mock, "weekly")
    assert httpx.get(f"{mock.url}/_mock/tasks").json() == {"tasks": []}
    entries = [entry for entry in mock.journal if entry["kind"] == "fault"]
    assert [(e["rule"], e["action"], e["service"], e["text"]) for e in entries] == [
        ("fault-1", "api_error", "tingwu", "the call is answered with BRK.OverdueTenant")
    ]


def test_unknown_paths_are_not_touched(mock: Running) -> None:
    mock.faults.add(OVERDUE)
    assert code(httpx.get(f"{mock.url}/openapi/nothing")) == "InvalidApi.NotFound"


def test_a_throttled_call_says_how_long_to_wait(mock: Running) -> None:
    mock.faults.add({"type": "throttle", "retry_after": 2500}, times=1)
    mock.faults.add({"type": "api_error", "code": "Throttling.User"}, times=1)
    for wait in ("2500", "1000"):
        answer = get(mock)
        assert (answer.status_code, code(answer)) == (400, "Throttling.User")
        assert answer.headers["x-acs-retry-after"] == wait
    assert "x-acs-retry-after" not in get(mock).headers


# Markers


@pytest.mark.parametrize("name", ["TaskKey", "FileUrl"])
def test_a_marker_in_the_request_makes_create_fail(mock: Running, name: str) -> None:
    text = {
        "TaskKey": "weekly--mock.api_error=BRK.InvalidService",
        "FileUrl": "https://example.com/a.mp3?mock.api_error=BRK.InvalidService",
    }[name]
    body = BODY | {"Input": BODY["Input"] | {name: text}}
    answer = httpx.put(f"{mock.url}{TASKS}?type=realtime", json=body)
    assert (answer.status_code, code(answer)) == (400, "BRK.InvalidService")


def test_a_marker_is_about_the_call_that_carries_it(mock: Running) -> None:
    task_id = put(mock, "weekly--mock.throttle=oops").json()["Data"]["TaskId"]
    assert code(get(mock, task_id)) == "0"
    notes = [entry["text"] for entry in mock.journal if entry["kind"] == "note"]
    assert notes == [
        "the marker mock.throttle=oops has no effect: retry_after is 'oops', expected milliseconds"
    ]


# Every error of the tables


def rule_for(code: str) -> dict[str, Any]:
    parameter = {"parameter": "AppKey"} if code in PATTERNS else {}
    return {"type": "api_error", "code": code, **parameter}


def expected(code: str) -> tuple[int, str, str]:
    """Status, Code and the beginning of the Message of a row."""
    row = API_ERRORS[code]
    if code in PATTERNS:
        return row.http_status, f"{code}AppKey", row.message.format("AppKey")
    if code == "SignatureDoesNotMatch":
        return row.http_status, code, "Specified signature is not matched with our calculation. "
    return row.http_status, code, row.message


@pytest.mark.parametrize("row", API_ERRORS)
def test_every_row_is_answered_in_json_and_in_xml(mock: Running, row: str) -> None:
    mock.faults.add(rule_for(row))
    status, name, message = expected(row)
    answer = get(mock)
    body = answer.json()
    assert (answer.status_code, body["Code"]) == (status, name)
    assert body["Message"].startswith(message)
    fields = ["RequestId", "HostId", "Code", "Message", "Recommend"]
    assert list(body)[:5] == fields
    assert list(body)[5:] == (
        ["AccessDeniedDetail"] if row in ("NoPermission", "Forbidden.RAM") else []
    )
    assert body["Recommend"].startswith(f"https://api.aliyun.com/troubleshoot?q={name}&")
    xml = get(mock, accept="application/xml")
    root = ElementTree.fromstring(xml.content)
    assert (xml.status_code, root.tag) == (status, "Error")
    assert [child.tag for child in root] == list(body)
    assert root.findtext("Code") == name
    assert root.findtext("Message", "").startswith(message)


def test_a_message_of_one_s_own_takes_the_place_of_the_table_s(mock: Running) -> None:
    for row in ("ServerError", "Missing", "NoPermission", "SignatureDoesNotMatch"):
        message = "What I say: this."
        mock.faults.add(rule_for(row) | {"message": message}, times=1)
        assert get(mock).json()["Message"] == message


def test_permission_errors_say_which_permission_was_missing(mock: Running) -> None:
    mock.faults.add(rule_for("NoPermission"))
    assert put(mock).json()["AccessDeniedDetail"]["AuthAction"] == "tingwu:CreateTask"
    assert get(mock).json()["AccessDeniedDetail"]["AuthAction"] == "tingwu:GetTaskInfo"


@pytest.mark.parametrize("row", TASK_ERRORS)
def test_every_reason_of_a_failed_task_is_found_by_rule_and_by_marker(
    mock: Running, row: str
) -> None:
    mock.faults.add({"type": "task_failed", "error_code": row}, match={"task_key": "b"}, times=1)

    def failures() -> list[Any]:
        faults = mock._server.world.default.faults
        keys: list[dict[str, str]] = [
            {"task_key": "b"},
            {"task_key": f"b--mock.task_failed={row}"},
            {"file_url": f"https://example.com/a.mp3?mock.task_failed={row}"},
        ]
        subjects = [new_task(app_key="app", task_id="t", **each) for each in keys]
        return [faults.task_failure(subject) for subject in subjects]

    for failure in mock.call(failures):
        assert (failure.code, failure.message) == (row, TASK_ERRORS[row].message)
