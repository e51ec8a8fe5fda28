"""A request that matches nothing is answered as ever, and the journal says what it is near to."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from starlette.routing import Route
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from mock_tingwu import MockTingwu
from mock_tingwu.services.near_miss import CALLS, WEBSOCKET, Call, absent, nearest, no_action

CREATE = "PUT /openapi/tingwu/v2/tasks?type=realtime is CreateTask"
GET_INFO = "GET /openapi/tingwu/v2/tasks/{TaskId} is GetTaskInfo"
GENERATION = (
    "POST /api/v1/services/aigc/multimodal-generation/generation is "
    "DashScope's createTask and getTask"
)
JOIN = "WebSocket /api/ws/v1?mc=… is the MeetingJoinUrl"


@pytest.mark.parametrize(
    ("request_line", "hint"),
    [
        ("POST /openapi/tingwu/v2/tasks", CREATE),
        ("PUT /openapi/tingwu/v2/tasks/", f"{CREATE} (without the slash at its end)"),
        ("PUT //openapi//tingwu/v2/tasks", f"{CREATE} (without the slashes too many)"),
        ("GET /OpenAPI/tingwu/V2/tasks/Ab", f"{GET_INFO} (in small letters)"),
        ("PUT /v2/tasks", f"{CREATE} (with /openapi/tingwu before it)"),
        ("GET /v2/tasks/abc", f"{GET_INFO} (with /openapi/tingwu before it)"),
        ("PUT /proxy/openapi/tingwu/v2/tasks", f"{CREATE} (without /proxy before it)"),
        ("PUT /openapi/tingwu/v1/tasks", f"{CREATE} (that is the nearest)"),
        ("GET /openapi/tingwu/v2/task/abc", f"{GET_INFO} (that is the nearest)"),
        (
            "POST /services/aigc/multimodal-generation/generation",
            f"{GENERATION} (with /api/v1 before it)",
        ),
        (
            "POST /api/v1/services/aigc/text-generation/generation",
            f"{GENERATION} (that is the nearest)",
        ),
        (
            "PATCH /openapi/tingwu/v2/resources/phrases",
            "POST /openapi/tingwu/v2/resources/phrases is CreateTranscriptionPhrases and "
            "GET /openapi/tingwu/v2/resources/phrases is ListTranscriptionPhrases",
        ),
        ("GET /api/ws/v1", JOIN),
        ("WebSocket /api/ws/v2", f"{JOIN} (that is the nearest)"),
        ("WebSocket /openapi/tingwu/v2/tasks", CREATE),
        ("POST /oss/bucket/a/b.json", "GET /oss/{bucket}/{key} is a result file"),
        ("POST /compatible-mode/v1/chat/completions", "nothing here is like it"),
        ("GET /", "nothing here is like it"),
        ("GET ", "nothing here is like it"),
    ],
)
def test_a_path_is_explained_by_what_it_is_most_like(request_line: str, hint: str) -> None:
    method, _, path = request_line.partition(" ")
    assert nearest(method, f"{path}?a=b") == f"{request_line} is no API; {hint}"


def test_a_long_path_is_not_shown() -> None:
    assert nearest("GET", "/a" * 200) == "GET of a path with 400 characters is no API"


@pytest.mark.parametrize(
    ("query", "body", "more"),
    [
        ([], [], ""),
        (["Type"], [], "; Type is another name"),
        (["type"], [], ""),  # it is there and empty
        ([], ["AppKey", "type"], "; it is of no use in the body"),
    ],
)
def test_a_parameter_that_is_missing_may_be_somewhere_else(
    query: list[str], body: list[str], more: str
) -> None:
    sentence = "type is missing from the query; expected type=realtime"
    assert absent("type", "type=realtime", query, body) == sentence + more


@pytest.mark.parametrize(
    ("action", "given", "sentence"),
    [
        ("creatertcasrtasks", [], "Action is 'creatertcasrtasks', which there is not; the nearest"),
        ("Zzz", [], "Action is 'Zzz', which there is not; expected CreateRtcAsrTask or StopRtc"),
        ("CreateTask", [], f"Action CreateTask is none of Live's; {CREATE}"),
        ("", ["Format"], "Action is missing; expected CreateRtcAsrTask or StopRtcAsrTask"),
        ("", ["action"], "Action is missing; action is another name; expected CreateRtcAsrTask"),
    ],
)
def test_an_action_is_explained(action: str, given: list[str], sentence: str) -> None:
    actions = ["CreateRtcAsrTask", "StopRtcAsrTask"]
    assert no_action(action, actions, given).startswith(sentence)


def test_the_table_has_every_path_that_is_served(mock: MockTingwu) -> None:
    application: Any = mock._server.config.app
    served = {
        re.sub(r"\{(\w+)(:any)?\}", "{}", route.path)
        for route in application._http.routes
        if isinstance(route, Route) and "{rest" not in route.path and "/_mock" not in route.path
    }
    # The root is Live's; a slash at the end and the bare address are what SDKs make of DashScope's.
    served = {path.rstrip("/") for path in served} - {"", "/api/v1"}
    table = {re.sub(r"\{\w+\}", "{}", call.path) for call in CALLS if call.method != WEBSOCKET}
    assert table == served


# What comes of it


def notes(mock: MockTingwu, request_id: str | None) -> list[str]:
    return [
        entry["text"]
        for entry in mock.journal
        if entry["kind"] == "note" and entry.get("request_id") == request_id
    ]


@pytest.mark.parametrize(
    ("method", "target", "code", "note"),
    [
        ("POST", "/openapi/tingwu/v2/tasks", "InvalidApi.NotFound", CREATE),
        ("PUT", "/v2/tasks", "InvalidApi.NotFound", "with /openapi/tingwu before it"),
        ("PUT", "/openapi/tingwu/v2/tasks", "MissingType", "type is missing from the query"),
        ("PUT", "/openapi/tingwu/v2/tasks?Type=offline", "MissingType", "Type is another name"),
        ("PUT", "/openapi/tingwu/v2/tasks?type=x", "InvalidType", "type is 'x', expected type=re"),
        ("GET", "/?Action=CreateRtcAsrTaks&Format=JSON", "InvalidApi.NotFound", "the nearest is C"),
        ("GET", "/?Format=JSON&action=CreateRtcAsrTask", "MissingAction", "action is another name"),
        (
            "POST",
            "/api/v1/services/aigc/x-generation/generation",
            "InvalidURL",
            "that is the nearest",
        ),
        ("GET", "/api/v1/tokens", "InvalidURL", "POST /api/v1/tokens is DashScope's temporary key"),
    ],
)
def test_the_cloud_s_answer_stays_and_the_journal_explains_it(
    mock: MockTingwu, method: str, target: str, code: str, note: str
) -> None:
    headers = {"Accept": "application/json", "x-acs-version": "2023-09-30"}
    url = mock.url + target + ("&Version=2016-11-01" if "/?" in target else "")
    answer = httpx.request(method, url, headers=headers).json()
    assert answer.get("Code", answer.get("code")) == code
    (text,) = notes(mock, answer.get("RequestId", answer.get("request_id")))
    assert note in text


def test_an_unknown_websocket_is_refused_as_ever_and_explained(mock: MockTingwu) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(f"{mock.ws_url}/api/ws/v2?mc=secret"):
        pass
    assert (refused.value.response.status_code, refused.value.response.body) == (404, b"Not Found")
    request, note, response = mock.journal
    assert [entry["kind"] for entry in mock.journal] == ["request", "note", "response"]
    assert note["text"] == f"WebSocket /api/ws/v2 is no API; {JOIN} (that is the nearest)"
    assert request["request_id"] == note["request_id"] == response["request_id"]


@pytest.mark.parametrize(
    ("method", "path", "status", "hint"),
    [
        ("GET", "/_mock/jurnal", 404, "there is GET /_mock/journal (that is the nearest)"),
        ("GET", "/_mock/tasks/", 404, "there is GET /_mock/tasks (without the slash at its end)"),
        ("GET", "/_mock/1234567890", 404, "nothing here is like it"),
        ("GET", "/_mock", 404, "nothing here is like it"),
        ("POST", "/_mock/health", 405, "there is GET /_mock/health"),
        ("TRACE", "/_mock/health", 405, "there is GET /_mock/health"),
        ("DELETE", "/_mock/tasks/x", 405, "there is GET /_mock/tasks/{task_id}"),
    ],
)
def test_a_control_call_that_there_is_not_is_answered_with_the_nearest(
    mock: MockTingwu, method: str, path: str, status: int, hint: str
) -> None:
    answer = httpx.request(method, mock.url + path)
    assert answer.status_code == status
    assert answer.json() == {"error": f"{method} {path} is no call of the control API; {hint}"}
    assert answer.headers.get("allow") == ("GET" if status == 405 else None)
    assert notes(mock, None) == [answer.json()["error"]]


def test_a_control_call_is_named_as_the_documentation_does(mock: MockTingwu) -> None:
    answer = httpx.delete(f"{mock.url}/_mock/sessions/some-task")
    assert answer.json()["error"].endswith("there is GET /_mock/sessions/{session_id}")


def test_a_path_with_a_call_of_its_own_allows_that_call_alone(mock: MockTingwu) -> None:
    """It could be the id of something, too: there is GET /_mock/sessions/{session_id}."""
    answer = httpx.options(f"{mock.url}/_mock/sessions/close")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_control_calls_are_named_by_their_method_and_path_alone() -> None:
    assert str(Call("GET", "/_mock/health")) == "there is GET /_mock/health"
