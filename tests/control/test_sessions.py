"""Sessions seen and driven through the control API: looked into, sent through, closed, cut."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from mock_tingwu import MockTingwu
from tests.core.test_segmentation import silence, speech
from tests.dashscope.helpers import begin
from tests.dashscope.ws_helpers import duplex
from tests.realtime.helpers import PATIENCE, Json, Pusher, create, pusher, status

SENTENCE = speech(1_500) + silence(1_200)


def call(mock: MockTingwu, method: str, path: str = "", **request: Any) -> httpx.Response:
    return httpx.request(method, f"{mock.url}/_mock/sessions{path}", timeout=PATIENCE, **request)


@contextmanager
def working(mock: MockTingwu, **source: Any) -> Iterator[tuple[Pusher, str]]:
    """A client that streams into a task of its own, and the task's id."""
    task = create(mock, **source)
    with pusher(task) as connection:
        connection.start()
        yield connection, task["TaskId"]


# Looking


def test_a_session_is_listed_while_it_is_open(mock: MockTingwu) -> None:
    assert call(mock, "GET").json() == {"sessions": []}
    with working(mock) as (connection, task_id):
        connection.push(SENTENCE)
        connection.expect("SentenceEnd")
        (listed,) = call(mock, "GET").json()["sessions"]
        assert listed["id"] == f"{task_id}/1"
        assert listed["state"] == "WORKING"
        assert listed["streaming"] and listed["open"] and not listed["reading_paused"]
        assert listed["bytes"] == len(SENTENCE)
        assert listed["frames"] == len(SENTENCE) // 3_200 + (len(SENTENCE) % 3_200 > 0)
        assert listed["audio_ms"] == 2_700
        assert (listed["unsent_bytes"], listed["early_audio_bytes"]) == (0, 0)
        assert listed["service"] == "realtime" and listed["scope"] == "default"
    mock.wait_for(sessions=0)
    assert call(mock, "GET").json() == {"sessions": []}


def test_what_came_before_a_second_stream_is_counted_too(mock: MockTingwu) -> None:
    with working(mock) as (connection, task_id):
        connection.push(SENTENCE)
        connection.stop()
        connection.start()
        connection.push(SENTENCE)
        connection.stop()
        seen = mock.session(task_id).look()
    assert (seen["bytes"], seen["audio_ms"]) == (2 * len(SENTENCE), 5_400)
    assert seen["state"] == "IDLE"


@pytest.mark.parametrize("slash", ["/", "%2F"])
def test_one_is_looked_into_with_its_last_commands_and_events(mock: MockTingwu, slash: str) -> None:
    with working(mock) as (connection, task_id):
        for _ in range(30):
            connection.command("ControlTranscriber")
        connection.stop()
        answer = call(mock, "GET", f"/{task_id}{slash}1")
        seen = answer.json()
    assert answer.status_code == 200
    names = [json.loads(command["text"])["header"]["name"] for command in seen["commands"]]
    assert names == ["ControlTranscriber"] * 19 + ["StopTranscription"]
    sent = [event["message"]["header"]["name"] for event in seen["events"]]
    assert sent == ["TranscriptionStarted", "TranscriptionCompleted"]
    assert seen["events"][0]["seq"] < seen["events"][1]["seq"]


def test_no_secret_of_a_client_is_shown(start_mock: Any) -> None:
    mock = start_mock(api_keys=["sk-a-long-secret"])
    task = create(mock)
    with pusher(task) as connection:
        connection.command("StartTranscription", task_id="sk-a-long-secret")
        connection.expect("TranscriptionStarted")
        mock.session(task["TaskId"]).send({"token": "sk-a-long-secret"})
        text = call(mock, "GET", f"/{task['TaskId']}").text
        assert connection.receive() == {"token": "sk-a-long-secret"}
    assert "sk-a-long-secret" not in text
    assert urlsplit(task["MeetingJoinUrl"]).query.partition("=")[2] not in text


def test_a_dashscope_session_is_found_by_every_id_that_it_has_had(mock: MockTingwu) -> None:
    with duplex(mock) as connection:
        (before,) = mock.sessions
        assert before.look()["task_id"] is None
        data_id = begin(mock)
        connection.start(data_id)
        (listed,) = call(mock, "GET", f"?service=dashscope&task_id={data_id}").json()["sessions"]
        assert listed["id"] == f"{data_id}/1"
        assert listed["state"] == before.state == "LISTENING"
        assert listed["client_task_id"] == "0123456789abcdef"
        commands = before.look()["commands"]
        assert json.loads(commands[0]["text"])["header"]["action"] == "run-task"
        connection.finish()


def test_scopes_have_their_own(mock: MockTingwu) -> None:
    with mock.scope("b", ["app"]) as scope, working(mock) as (_, task_id):
        assert mock.sessions == []
        assert [session.id for session in scope.sessions] == [f"{task_id}/1"]
        assert call(mock, "GET").json() == {"sessions": []}
        assert len(call(mock, "GET", "?scope=b").json()["sessions"]) == 1
        assert call(mock, "GET", f"/{task_id}").json()["scope"] == "b"
        assert call(mock, "GET", f"/{task_id}?scope=default").status_code == 404
        assert call(mock, "POST", "/close?scope=never").status_code == 404
        assert call(mock, "POST", "/close?scope=b").json() == {"closed": [f"{task_id}/1"]}
    assert mock.call(lambda: mock._server.world.get("never")) is None


def test_a_client_that_does_not_read_is_shown_to_hold_up_its_own_audio(mock: MockTingwu) -> None:
    with working(mock) as (connection, task_id):
        connection.socket.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        session = mock.session(task_id)
        for _ in range(12):
            session.send("x" * (1 << 20))
        seen = session.look()
        assert seen["reading_paused"]
        assert seen["unsent_bytes"] > 4 << 20
        session.cut()


# Sending


def test_a_whole_message_is_sent_as_it_stands(mock: MockTingwu) -> None:
    message: Json = {"header": {"name": "NewKindOfEvent", "extra": None}, "payload": [1]}
    with working(mock) as (connection, task_id):
        answer = call(mock, "POST", f"/{task_id}/1/send", json={"event": message})
        assert answer.status_code == 200
        assert connection.receive() == message
        mock.session(task_id).send("no JSON at all")
        assert connection.socket.recv(PATIENCE) == "no JSON at all"
        with pytest.raises(ValueError, match="which is no Unicode text"):
            mock.session(task_id).send("\ud800")
    entries = [entry for entry in mock.journal if entry.get("by") == "control"]
    assert [entry["message"] for entry in entries] == [message, "no JSON at all"]
    assert {entry["kind"] for entry in entries} == {"ws_out"}


def test_a_named_event_gets_the_header_that_the_session_would_give_it(mock: MockTingwu) -> None:
    payload = {"index": 7, "result": "by hand"}
    with working(mock) as (connection, task_id):
        started = connection.events[-1]["header"]
        mock.session(task_id).send(name="SentenceEnd", payload=payload)
        event = connection.receive()
        assert event["payload"] == payload
        assert event["header"] == started | {
            "name": "SentenceEnd",
            "message_id": event["header"]["message_id"],
        }
        assert event["header"]["message_id"] != started["message_id"]
        mock.session(task_id).send(name="TaskFailed", status=40000005)
        failed = connection.receive()["header"]
        assert failed["namespace"] == "Default"
        assert failed["status_text"] == "Gateway:TOO_MANY_REQUESTS:Too many requests!"
        # It was a message and nothing more.
        assert mock.session(task_id).state == "WORKING"
        connection.push(SENTENCE)
        connection.expect("SentenceEnd")


def test_events_by_hand_keep_their_place_among_the_sessions_own(mock: MockTingwu) -> None:
    with working(mock) as (connection, task_id):
        connection.push(SENTENCE)
        mock.wait_for(event="SentenceEnd")
        mock.session(task_id).send(name="SentenceEnd", payload={"index": 99})
        connection.stop()
    places = [event["payload"]["index"] for event in connection.named("SentenceEnd")]
    assert places == [0, 99]
    assert connection.events[-1]["header"]["name"] == "TranscriptionCompleted"


def test_dashscope_gets_its_own_kind_of_event(mock: MockTingwu) -> None:
    data_id = begin(mock)
    with duplex(mock) as connection:
        connection.start(data_id)
        output = {"transcription": {"sentenceId": 3, "text": "by hand"}}
        mock.session(data_id).send(action="recognize-result", output=output)
        event = connection.receive()
        assert event["header"] == {"event": "result-generated", "task_id": "0123456789abcdef"}
        assert event["payload"]["output"] == {"action": "recognize-result", **output}
        connection.finish()


# Closing


def test_a_session_is_closed_with_the_code_that_was_chosen(mock: MockTingwu) -> None:
    with working(mock) as (connection, task_id):
        connection.push(SENTENCE)
        connection.expect("SentenceEnd")
        body = {"code": 4321, "reason": "on purpose"}
        answer = call(mock, "POST", f"/{task_id}/1/close", json=body).json()
        assert (answer["state"], answer["open"]) == ("CLOSED", False)
        assert status(mock, task_id) == "PAUSED"
        assert connection.close_code() == 4321
        assert connection.socket.close_reason == "on purpose"
    mock.wait_for(sessions=0)
    closed = next(entry for entry in mock.journal if entry["kind"] == "ws_close")
    assert (closed["code"], closed["by"], closed["session"]) == (4321, "control", f"{task_id}/1")
    (audio,) = [entry for entry in mock.journal if entry["kind"] == "audio"]
    assert audio["position"] == 2_700


def test_without_a_body_the_code_says_going_away(mock: MockTingwu) -> None:
    with working(mock) as (connection, task_id):
        assert call(mock, "POST", f"/{task_id}/close").status_code == 200
        assert connection.close_code() == 1001


def test_a_cut_is_a_broken_line_without_a_close(mock: MockTingwu) -> None:
    with working(mock) as (connection, task_id):
        connection.push(SENTENCE)
        connection.expect("SentenceEnd")
        call(mock, "POST", f"/{task_id}/1/close", json={"cut": True}).raise_for_status()
        with pytest.raises(ConnectionClosed) as broken:
            connection.socket.recv(PATIENCE)
        assert broken.value.rcvd is None
        assert status(mock, task_id) == "PAUSED"
    mock.wait_for(kind="ws_close")
    closed = next(entry for entry in mock.journal if entry["kind"] == "ws_close")
    assert (closed["code"], closed["by"]) == (1006, "control")


def test_a_cut_resets_the_connection(mock: MockTingwu) -> None:
    task = create(mock)
    host, port = mock.host.split(":")
    target = task["MeetingJoinUrl"].partition(mock.host)[2]
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as sock:
        head = (
            f"GET {target} HTTP/1.1\r\nHost: {mock.host}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n"
        )
        sock.sendall(head.encode())
        assert sock.recv(4_096).startswith(b"HTTP/1.1 101 ")
        mock.wait_for(sessions=1)
        mock.session(task["TaskId"]).cut()
        with pytest.raises(ConnectionResetError):
            sock.recv(4_096)


def test_a_meeting_goes_on_after_a_cut(mock: MockTingwu) -> None:
    task = create(mock)
    with pusher(task) as connection:
        connection.start()
        connection.push(SENTENCE)
        connection.expect("SentenceEnd")
        mock.session(task["TaskId"]).cut()
    with pusher(task) as connection:
        connection.start()
        connection.push(SENTENCE)
        assert connection.expect("SentenceEnd")["payload"]["index"] == 1
        assert [session.id for session in mock.sessions] == [f"{task['TaskId']}/2"]
        connection.stop()


def test_all_of_a_scope_are_closed_at_once(mock: MockTingwu) -> None:
    with working(mock) as (one, first), working(mock) as (other, second):
        answer = call(mock, "POST", "/close", json={"code": 1012})
        assert answer.json() == {"closed": [f"{first}/1", f"{second}/1"]}
        assert one.close_code() == other.close_code() == 1012


def test_a_session_that_is_closing_takes_nothing_more(mock: MockTingwu) -> None:
    with working(mock) as (connection, task_id):
        # The client does not answer the CLOSE while it does not read.
        connection.socket.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        for _ in range(12):
            mock.session(task_id).send("x" * (1 << 20))
        mock.session(task_id).close(1000)
        refused: list[tuple[str, Json]] = [("send", {"event": {}}), ("close", {})]
        for verb, body in refused:
            answer = call(mock, "POST", f"/{task_id}/1/{verb}", json=body)
            assert answer.status_code == 409
            said = f"session is '{task_id}/1', which is closing already"
            assert answer.json() == {"error": said}
        assert call(mock, "POST", "/close").json() == {"closed": []}
        with pytest.raises(ValueError, match="closing already"):
            mock.session(task_id).cut()
        mock.reset()


def test_a_session_that_is_not_there_is_not_found(mock: MockTingwu) -> None:
    for method, path in (("GET", "/x/1"), ("POST", "/x/1/send"), ("POST", "/x/close")):
        answer = call(mock, method, path, json={})
        assert answer.status_code == 404
        name = path.removesuffix("/send").removesuffix("/close")[1:]
        assert answer.json() == {"error": f"session is '{name}', expected one of /_mock/sessions"}
    with pytest.raises(ValueError, match="session is 'x', expected one of"):
        mock.session("x").look()


@pytest.mark.parametrize(
    ("verb", "body", "said"),
    [
        ("send", {}, "name is missing, expected event with a whole message, or one of"),
        ("send", {"name": "SentenceEnds"}, "name is 'SentenceEnds', expected event with a whole"),
        ("send", {"name": "SentenceEnd", "payload": 5}, "payload is 5, expected an object"),
        ("send", {"name": "SentenceEnd", "status": "x"}, "status is 'x', expected a whole number"),
        ("send", {"name": "TaskFailed", "status": 4711}, "status_text is missing: no text"),
        ("send", {"name": "TaskFailed", "status_text": 5}, "status_text is 5, expected a text"),
        ("send", {"action": "ping"}, "action is unknown; expected event or name, payload"),
        ("send", {"event": 5}, "event is 5, expected a whole message: an object or a text"),
        ("send", {"event": {}, "name": "x"}, "name is unknown; expected event alone"),
        ("close", {"code": 1005}, "code is 1005, expected one that may be sent: 1000 to 1003"),
        ("close", {"code": 5000}, "code is 5000, expected"),
        ("close", {"code": True}, "code is True, expected"),
        ("close", {"reason": "x" * 124}, "reason is"),
        ("close", {"cut": 1}, "cut is 1, expected true or false"),
        ("close", {"cut": True, "code": 1000}, "code is 1000, but what is cut says nothing"),
        ("close", {"why": ""}, "why is unknown; expected code, reason or cut"),
    ],
)
def test_what_makes_no_sense_is_refused_and_has_no_effect(
    mock: MockTingwu, verb: str, body: Json, said: str
) -> None:
    with working(mock) as (connection, task_id):
        answer = call(mock, "POST", f"/{task_id}/1/{verb}", content=json.dumps(body))
        assert answer.status_code == 400
        assert answer.json()["error"].startswith(said)
        connection.stop()
        assert len(connection.events) == 2


def test_filters_that_make_no_sense_are_refused(mock: MockTingwu) -> None:
    for query, said in (("state=x", "state is unknown"), ("service=live", "service is 'live'")):
        answer = call(mock, "GET", f"?{query}")
        assert (answer.status_code, answer.json()["error"][: len(said)]) == (400, said)
