"""The inference WebSocket apart from what is heard: who may, for how long, and what is written."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from mock_tingwu import MockTingwu
from tests.core.test_segmentation import silence, speech
from tests.dashscope.helpers import TOKENS, begin, end, get
from tests.dashscope.ws_helpers import (
    APP,
    INDUSTRIAL,
    PATH,
    TASK,
    action,
    duplex,
    ended,
    notes,
    of_kind,
)
from tests.realtime.helpers import until
from tests.wire.helpers import frames
from tests.wire.helpers.raw import wire

KEY = "sk-a-key-of-the-test"
SENTENCE = speech(2_500) + silence(1_200)


@pytest.fixture
def strict(start_mock: Callable[..., MockTingwu]) -> MockTingwu:
    """A mock that verifies API keys and whose clock stands still."""
    return start_mock(auth="verify", api_keys=[KEY], clock="virtual")


def rejected(mock: MockTingwu, key: str | None, **headers: str) -> Any:
    with pytest.raises(InvalidStatus) as caught, duplex(mock, key, **headers):
        pass
    return caught.value.response


# The handshake


@pytest.mark.parametrize("key", [None, "sk-another", "", "None", "st-unknown"])
def test_a_handshake_without_the_right_key_is_answered_as_a_call_is(
    strict: MockTingwu, key: str | None
) -> None:
    answer = rejected(strict, key)
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/json"
    body = json.loads(answer.body)
    assert list(body) == ["code", "message", "request_id"]
    assert (body["code"], body["message"]) == ("InvalidApiKey", "Invalid API-key provided.")
    request, violation, response = strict.journal
    assert (violation["rule"], violation["offending"]) == ("api-key", request["seq"])
    assert (request["kind"], request["target"], request["method"]) == ("request", PATH, "GET")
    assert request["signature"] in ("missing", "unknown")
    assert (response["status"], response["request_id"]) == (401, body["request_id"])


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_right_key_is_taken_however_the_scheme_is_written(
    strict: MockTingwu, scheme: str
) -> None:
    with duplex(strict, None, Authorization=f"{scheme} {KEY}") as client:
        client.run("zzzzzzzzzzzz")
        assert action(client.receive()) == "task-started"


def test_a_temporary_key_opens_connections_until_it_expires(strict: MockTingwu) -> None:
    answer = httpx.post(
        f"{strict.url}{TOKENS}?expire_in_seconds=60", headers={"Authorization": f"Bearer {KEY}"}
    )
    token = answer.json()["token"]
    with duplex(strict, token):
        strict.advance(59_999)
        with duplex(strict, token) as second:
            strict.advance(1)
            assert rejected(strict, token).status_code == 401
            second.run("zzzzzzzzzzzz")
            assert action(second.receive()) == "task-started", "what is open stays open"


@pytest.mark.parametrize("path", [PATH + "/", PATH + "?model=x&api_key=y"])
def test_the_address_may_have_a_slash_or_a_query(mock: MockTingwu, path: str) -> None:
    with wire(mock) as connection:
        answer = connection.handshake(path, extra="Authorization: Bearer x\r\n")
        assert answer.status == 101


def test_in_open_mode_no_key_is_needed(mock: MockTingwu) -> None:
    with duplex(mock, None) as client:
        client.start(begin(mock))


# Time


def test_pings_come_while_silence_is_streamed(virtual_mock: MockTingwu) -> None:
    data_id = begin(virtual_mock)
    with duplex(virtual_mock) as client:
        client.start(data_id)
        for taken in range(100, 1_400, 100):
            virtual_mock.advance(5_000)
            client.push(silence(100))
            taken_by(virtual_mock, data_id, taken)
        client.finish()
    assert client.actions() == [
        "task-started",
        "speech-listen",
        "ping",
        "ping",
        "speech-end",
        "task-finished",
    ]
    assert client.events[2]["payload"] == {"output": {"action": "ping"}}
    assert client.events[2]["header"]["task_id"] == TASK


def taken_by(mock: MockTingwu, data_id: str, milliseconds: int) -> None:
    """Wait until so much audio of the meeting has arrived."""
    stream = mock._server.world.default.tasks[data_id].stream
    until(lambda: mock.call(lambda: stream.position) == milliseconds, "the audio")


@pytest.mark.parametrize("when", ["before", "during", "after"])
def test_ten_seconds_without_a_frame_end_a_connection(virtual_mock: MockTingwu, when: str) -> None:
    data_id = begin(virtual_mock)
    with duplex(virtual_mock) as client:
        if when != "before":
            client.start(data_id)
            client.push(SENTENCE + speech(1_000))
            taken_by(virtual_mock, data_id, 4_700)
        if when == "after":
            client.finish()
        until(lambda: bool(of_kind(virtual_mock, "ws_open")), "the connection")
        virtual_mock.advance(9_999)
        client.socket.ping()  # no text and no audio
        assert of_kind(virtual_mock, "ws_close") == []
        virtual_mock.advance(1)
        assert client.close_code() == 1000
    assert "task-failed" not in client.actions(), "it is closed without a word"
    ended(virtual_mock)
    assert get(virtual_mock, data_id)["status"] == 3
    if when == "during":
        heard = virtual_mock.call(
            lambda: len(virtual_mock._server.world.default.tasks[data_id].meeting.sentences)
        )
        assert heard == 2, "what was heard is kept"


# Ids


@pytest.mark.parametrize(
    "task_id", ["f" * 32, "2bf83b9a-baeb-4fda-8d9a-1f4f3a1ab2c3", TASK, "x" * 256]
)
def test_the_ids_of_all_sdks_are_taken_and_repeated(mock: MockTingwu, task_id: str) -> None:
    with duplex(mock) as client:
        client.start(begin(mock), task_id=task_id)
        client.push(SENTENCE)
        client.finish(task_id)
    assert {event["header"]["task_id"] for event in client.events} == {task_id}
    rules = [entry["rule"] for entry in of_kind(mock, "violation")]
    assert rules == ([] if len(task_id) == 16 else ["task-id-length"])


def test_only_documented_ids_are_taken_if_that_is_wanted(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(task_ids="documented")
    data_id = begin(mock)
    with duplex(mock) as client:
        client.run(data_id, task_id="f" * 32)
        assert client.refusal() == (
            "Agent.CustomTaskIdInvalid",
            "The length of custom task id must be 16.",
        )
    with duplex(mock) as client:
        client.start(data_id)


# Frames


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Ping", "InvalidParameter"),
        ("[" * 200_000, "InvalidParameter"),
        ("{}", "InvalidParameter"),
        ('{"header":{"action":"run-task","task_id":7},"payload":{}}', "InvalidParameter"),
        ('{"header":{"action":"run-task","task_id":"\\ud800"},"payload":{}}', "InvalidParameter"),
        ('{"header":{"action":"x","task_id":"y"}}', "Agent.InputActionIllegal"),
        ('{"header":{"action":"finish-task","task_id":"y"}}', "Agent.FrameSequenceIllegal"),
        ('{"header":{"action":"run-task","task_id":"y"},"payload":null}', "BadRequest.EmptyModel"),
        (
            '{"header":{"action":"run-task","task_id":"y"},"payload":{"model":"m","input":{}}}',
            "ModelNotFound",
        ),
    ],
)
def test_what_makes_no_sense_is_answered_and_closed(mock: MockTingwu, text: str, code: str) -> None:
    with duplex(mock) as client:
        client.socket.send(text)
        assert client.refusal()[0] == code
    assert notes(mock).startswith("refused: ")


@pytest.mark.parametrize("payload", [b"\xff\xfe", b'{"header":"\xc3\x28"}', b"\xed\xa0\x80"])
def test_text_that_is_not_utf_8_is_answered_and_closed(mock: MockTingwu, payload: bytes) -> None:
    with wire(mock) as connection:
        connection.handshake(PATH)
        connection.send(frames.frame(frames.TEXT, payload))
        assert connection.event()["header"]["error_code"] == "InvalidParameter"
        assert connection.read_frame().close_code == 1000
        connection.send(frames.close(1000))
        assert connection.at_end()


def test_audio_before_run_task_is_refused(mock: MockTingwu) -> None:
    with duplex(mock) as client:
        client.push(bytes(3_200))
        assert client.refusal()[0] == "Agent.FrameSequenceIllegal"


@pytest.mark.parametrize("again", ["run", "finish", "stranger"])
def test_commands_out_of_order_end_the_task_and_keep_what_was_heard(
    mock: MockTingwu, again: str
) -> None:
    data_id = begin(mock)
    with duplex(mock) as client:
        client.start(data_id)
        client.push(SENTENCE)
        stop = {"input": {"directive": "stop"}}
        if again == "run":
            client.run(data_id, task_id=TASK[::-1])
        elif again == "finish":
            client.command("finish-task", stop)
            client.command("finish-task", stop)
        else:
            client.command("finish-task", stop, TASK[::-1])
        assert client.refusal()[0] == "Agent.FrameSequenceIllegal"
    ended(mock)
    assert "speech-end" not in client.actions()
    end(mock, data_id)
    until(lambda: get(mock, data_id)["status"] == 0, "the end")


@pytest.mark.parametrize("payload", [b"", b"8s", bytes(range(125))])
def test_pings_are_answered_before_and_in_the_midst_of_a_stream(
    mock: MockTingwu, payload: bytes
) -> None:
    with wire(mock) as connection:
        connection.handshake(PATH)
        connection.send(frames.frame(frames.PING, payload))
        pong = connection.read_frame()
        assert (pong.opcode, pong.fin, pong.masked) == (frames.PONG, True, False)
        assert pong.payload == payload
    with duplex(mock) as client:
        client.start(begin(mock))
        pongs = []
        for _ in range(5):
            client.push(SENTENCE)
            pongs.append(client.socket.ping())
        client.finish()
        assert all(pong.wait(5) for pong in pongs)


def test_every_frame_is_one_small_text_frame(mock: MockTingwu) -> None:
    parameters = {
        "transcription": {
            "model": "cn",
            "diarizationEnabled": True,
            "translationEnabled": True,
            "translationTargetLang": ["en"],
        }
    }
    data_id = begin(mock, parameters)
    header = {"action": "run-task", "task_id": TASK, "streaming": "duplex"}
    given = {"appId": APP, "dataId": data_id, "directive": "start"}
    payload: dict[str, Any] = {"model": "tingwu-meeting-realtime", "input": given}
    run = json.dumps({"header": header, "payload": payload}).encode()
    with wire(mock) as connection:
        connection.handshake(PATH)
        connection.send(frames.frame(frames.TEXT, run))
        for _ in range(2):
            connection.read_frame()
        audio = SENTENCE + speech(2_500) * 24
        for at in range(0, len(audio), 32_000):
            connection.send(frames.frame(frames.BINARY, audio[at : at + 32_000]))
        header["action"] = "finish-task"
        stop = {"header": header, "payload": {"input": {"directive": "stop"}}}
        connection.send(frames.frame(frames.TEXT, json.dumps(stop).encode()))
        while b"task-finished" not in connection.read_frame().payload:
            pass
        connection.send(frames.close(1000))
        assert connection.until_close() == 1000
    *events, last = connection.received
    assert last.opcode == frames.CLOSE
    assert len(events) > 50
    for frame in events:
        assert (frame.opcode, frame.fin, frame.masked, frame.rsv) == (frames.TEXT, True, False, 0)
        assert 0 < len(frame.payload) < 65_536


@pytest.mark.parametrize(
    ("sent", "answered"),
    [(frames.close(), 1000), (frames.close(1000), 1000), (frames.close(1001, "bye"), 1001)],
)
def test_the_client_s_close_is_answered_with_a_code(
    mock: MockTingwu, sent: bytes, answered: int
) -> None:
    with wire(mock) as connection:
        connection.handshake(PATH)
        connection.send(sent)
        assert connection.read_frame().close_code == answered
        assert connection.at_end()


def test_a_frame_that_breaks_the_protocol_is_closed_with_its_code(mock: MockTingwu) -> None:
    with wire(mock) as connection:
        connection.handshake(PATH)
        connection.send(frames.frame(frames.TEXT, b"{}", masked=False))
        assert connection.until_close() == 1002


# The world around it


@pytest.mark.parametrize("model", ["meeting", "instruction"])
def test_a_reset_ends_what_is_open(mock: MockTingwu, model: str) -> None:
    with duplex(mock) as client:
        if model == "meeting":
            client.start(begin(mock))
        else:
            client.start(model=INDUSTRIAL)
        client.push(SENTENCE)
        client.expect("recognize-result")
        mock.reset()
        assert client.close_code() == 1000
    assert client.actions()[-2:] == ["speech-end", "task-finished"]
    assert mock.journal == []


def test_a_connection_without_a_meeting_does_not_outlive_a_reset(mock: MockTingwu) -> None:
    with duplex(mock) as client:
        until(lambda: bool(of_kind(mock, "ws_open")), "the connection")
        mock.reset()
        assert client.close_code() == 1000
    assert client.events == []


def test_a_connection_between_two_meetings_outlives_the_end_of_one_and_no_reset(
    mock: MockTingwu,
) -> None:
    with duplex(mock) as client:
        first = begin(mock)
        client.start(first)
        client.finish()
        end(mock, first)
        client.start(begin(mock))
        client.finish()
        mock.reset()
        assert client.close_code() == 1000
    assert client.actions().count("task-finished") == 2


def test_stopping_the_mock_closes_with_a_code(start_mock: Callable[..., MockTingwu]) -> None:
    mock = start_mock()
    with duplex(mock) as client:
        client.start(begin(mock))
        closing = threading.Thread(target=mock.close)
        closing.start()
        assert client.close_code() in (1000, 1001, 1012)
        closing.join()


def test_a_task_that_fails_says_so(virtual_mock: MockTingwu) -> None:
    failing = {"type": "task_failed", "error_code": "TSC.AudioFormat", "after_ms": 5_000}
    virtual_mock.faults.add(failing, match={"service": "dashscope"})
    data_id = begin(virtual_mock)
    with duplex(virtual_mock) as client:
        client.start(data_id)
        client.push(SENTENCE)
        taken_by(virtual_mock, data_id, 3_700)
        virtual_mock.advance(5_000)
        assert client.refusal() == ("ServerError", "Server error.")
    assert get(virtual_mock, data_id)["status"] == 2
    with duplex(virtual_mock) as client:
        client.run(data_id)
        assert client.refusal()[0] == "Agent.InputInvalidDataId"


class Broken:
    """A plugged-in recognizer that breaks."""

    position = 0

    def __init__(self, when: str) -> None:
        self._when = when

    def feed(self, pcm: bytes) -> list[Any]:
        if self._when == "feed":
            raise RuntimeError("out of order")
        return []

    def imagine(self, milliseconds: int) -> list[Any]:
        return []

    def flush(self) -> list[Any]:
        if self._when == "flush":
            raise RuntimeError("out of order")
        return []


@pytest.mark.parametrize("when", ["feed", "flush"])
def test_a_recognizer_that_breaks_blocks_nothing(
    mock: MockTingwu, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    scope = mock._server.world.default
    monkeypatch.setattr(scope, "_make_recognizer", lambda *args: Broken(when))
    data_id = begin(mock)
    with duplex(mock) as client:
        client.start(data_id)
        client.push(SENTENCE)
        if when == "flush":
            client.finish()
            assert "lost the end" in notes(mock)
        else:
            assert client.close_code() == 1000
            assert client.actions()[-1] == "task-failed"
    ended(mock)
    assert end(mock, data_id).status_code == 200


# The journal


def test_the_journal_tells_all_and_shows_no_key(strict: MockTingwu) -> None:
    answer = httpx.post(
        f"{strict.url}/api/v1/services/aigc/multimodal-generation/generation",
        json={
            "model": "tingwu-meeting",
            "input": {
                "task": "createTask",
                "type": "realtime",
                "appId": APP,
                "format": "pcm",
                "sampleRate": 16_000,
            },
        },
        headers={"Authorization": f"Bearer {KEY}"},
    )
    data_id = answer.json()["output"]["dataId"]
    with duplex(strict, KEY) as client:
        client.start(data_id, task_id="f" * 32, parameters={"token": KEY})
        client.push(SENTENCE)
        client.finish("f" * 32)
    ended(strict)
    entries = [entry for entry in strict.journal if entry["service"] == "dashscope"]
    kinds = [entry["kind"] for entry in entries]
    assert kinds[:2] == ["request", "response"]
    assert {"ws_open", "ws_in", "ws_out", "audio", "ws_close", "violation"} <= set(kinds)
    (opened,) = of_kind(strict, "ws_open")
    assert opened["target"] == PATH
    assert [json.loads(e["text"])["header"]["action"] for e in of_kind(strict, "ws_in")] == [
        "run-task",
        "finish-task",
    ]
    assert [entry["message"] for entry in of_kind(strict, "ws_out")] == client.events
    (audio,) = of_kind(strict, "audio")
    assert audio["frames"] == -(-len(SENTENCE) // 3_200)
    assert (audio["bytes"], audio["position"]) == (len(SENTENCE), len(SENTENCE) // 32)
    (closed,) = of_kind(strict, "ws_close")
    assert (closed["code"], closed["by"]) == (1000, "client")
    streams = [e for e in entries if e["kind"] in ("ws_out", "audio", "ws_close")]
    assert {entry["task_id"] for entry in streams if entry["kind"] != "ws_out"} == {data_id}
    assert KEY not in json.dumps(entries, default=str)


def test_a_cut_connection_is_written_down_as_such(mock: MockTingwu) -> None:
    data_id = begin(mock)
    with duplex(mock) as client:
        client.start(data_id)
        client.push(SENTENCE)
        client.socket.socket.shutdown(socket.SHUT_RDWR)
    ended(mock)
    (closed,) = of_kind(mock, "ws_close")
    assert closed["code"] == 1006
    moves = [(entry["before"], entry["after"]) for entry in of_kind(mock, "transition")]
    assert moves[-1][1] == "PAUSED"
