"""Streams and callbacks that go wrong on demand."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus

from mock_tingwu import MockTingwu
from mock_tingwu.core.errors import SESSION_ERRORS
from tests.callbacks.receiver import Receiver, receiver
from tests.core.test_segmentation import silence, speech
from tests.dashscope.helpers import begin, get
from tests.dashscope.ws_helpers import action, duplex
from tests.realtime.helpers import Json, Pusher, create, info, pusher, status, stop, until

SENTENCE = speech(2_500) + silence(1_200)
EVENTS = {"Transcription": {"OutputLevel": 2}}


def two_sentences(client: Pusher) -> None:
    client.start()
    with suppress(ConnectionClosed):  # what came back can still be read
        client.push(SENTENCE * 2)


def names(client: Pusher) -> list[str]:
    return [event["header"]["name"] for event in client.events]


def until_closed(client: Pusher) -> tuple[int, str]:
    """Receive to the end; code and reason of the CLOSE, 1006 without one."""
    try:
        while True:
            client.receive()
    except ConnectionClosed as closed:
        return (1006, "") if closed.rcvd is None else (closed.rcvd.code, closed.rcvd.reason)


def test_a_socket_is_lost_in_the_midst_of_a_sentence_and_the_meeting_goes_on(
    mock: MockTingwu,
) -> None:
    match = {"task_key": "weekly", "event": "TranscriptionResultChanged", "nth": 3}
    mock.faults.add({"type": "ws_drop"}, match=match)
    task = create(mock, EVENTS, TaskKey="weekly")
    with pusher(task) as client:
        two_sentences(client)
        with pytest.raises(ConnectionClosedError):
            while True:
                client.receive()
        assert names(client).count("TranscriptionResultChanged") == 2
    until(lambda: status(mock, task["TaskId"]) == "PAUSED", "PAUSED")
    closes = [e for e in mock.journal if e["kind"] == "ws_close"]
    assert [(e["code"], e["by"]) for e in closes] == [(1006, "server")]
    with pusher(task) as client:
        client.start()
        client.push(SENTENCE)
        client.stop()
        assert len(client.sentences()) == 1
    assert stop(mock, task["TaskId"]) in ("COMPLETED", "ONGOING")


@pytest.mark.parametrize(("code", "reason"), [(1000, ""), (1011, "try again"), (4001, "own")])
def test_the_server_closes_with_a_code(mock: MockTingwu, code: int, reason: str) -> None:
    mock.faults.add(
        {"type": "ws_close", "code": code, "reason": reason}, match={"event": "SentenceEnd"}
    )
    task = create(mock)
    with pusher(task) as client:
        two_sentences(client)
        assert until_closed(client) == (code, reason)
        assert names(client) == ["TranscriptionStarted", "SentenceBegin"]
    until(lambda: status(mock, task["TaskId"]) == "PAUSED", "PAUSED")


@pytest.mark.parametrize("error", SESSION_ERRORS, ids=lambda error: str(error.status))
def test_a_stream_fails_with_any_status(mock: MockTingwu, error: Any) -> None:
    mock.faults.add(
        {"type": "ws_task_failed", "status": error.status}, match={"event": "SentenceEnd"}, times=1
    )
    task = create(mock)
    with pusher(task) as client:
        two_sentences(client)
        assert until_closed(client)[0] == 1000
        assert names(client)[-1] == "TaskFailed"
        failed = client.events[-1]["header"]
        assert failed["status"] == error.status
        assert "{" not in failed["status_text"]
    assert status(mock, task["TaskId"]) == "PAUSED"


def test_a_status_of_nobody_s_has_a_text_of_one_s_own(mock: MockTingwu) -> None:
    mock.faults.add({"type": "ws_task_failed", "status": 41234567, "text": "Realtime:OWN:No!"})
    with pusher(create(mock)) as client:
        client.command("StartTranscription")
        failed = client.failure()
        assert (failed["status"], failed["status_text"]) == (41234567, "Realtime:OWN:No!")
        assert names(client) == ["TaskFailed"]


def test_events_are_held_back_until_the_clock_has_moved(virtual_mock: MockTingwu) -> None:
    mock = virtual_mock
    mock.faults.add({"type": "ws_stall", "ms": 5_000}, match={"event": "SentenceEnd", "nth": 1})
    with pusher(create(mock)) as client:
        two_sentences(client)
        client.expect("SentenceBegin")
        until(lambda: any(e["kind"] == "fault" for e in mock.journal), "the stall")
        mock.advance(4_999)
        with pytest.raises(TimeoutError):
            client.socket.recv(0.1)
        mock.advance(1)
        client.stop()
    assert names(client) == [
        "TranscriptionStarted",
        "SentenceBegin",
        "SentenceEnd",
        "SentenceBegin",
        "SentenceEnd",
        "TranscriptionCompleted",
    ]


def test_a_stream_that_ends_during_a_stall_still_says_all_it_had_to_say(
    virtual_mock: MockTingwu,
) -> None:
    mock = virtual_mock
    mock.faults.add({"type": "ws_stall", "ms": 1_000}, match={"audio_ms": 1_000})
    task = create(mock)
    with pusher(task) as client:
        two_sentences(client)
        until(lambda: info(mock, task["TaskId"])["TaskStatus"] == "ONGOING", "audio")
        until(lambda: any(e["kind"] == "fault" for e in mock.journal), "the stall")
        stop(mock, task["TaskId"])
        mock.advance(1_000)
        assert client.close_code() == 1000
        assert names(client)[-1] == "TranscriptionCompleted"
        assert len(client.sentences()) == 2


def test_an_event_comes_twice(mock: MockTingwu) -> None:
    mock.faults.add({"type": "ws_duplicate_event"}, match={"event": "SentenceEnd", "nth": 2})
    with pusher(create(mock)) as client:
        two_sentences(client)
        client.stop()
        first, *twice = client.named("SentenceEnd")
        assert first["payload"]["index"] == 0
        assert len(twice) == 2
        assert twice[0] == twice[1]


def test_an_event_comes_behind_the_one_that_follows_it(mock: MockTingwu) -> None:
    mock.faults.add({"type": "ws_event_order"}, match={"event": "SentenceEnd", "nth": 1})
    mock.faults.add({"type": "ws_event_order"}, match={"event": "TranscriptionCompleted"})
    task = create(mock)
    with pusher(task) as client:
        two_sentences(client)
        client.command("StopTranscription")
        client.expect("SentenceBegin")
        until(lambda: status(mock, task["TaskId"]) == "PAUSED", "the end")
        stop(mock, task["TaskId"])  # nothing follows but the CLOSE
        assert client.close_code() == 1000
        heard = [(e["header"]["name"], e.get("payload", {}).get("index")) for e in client.events]
        assert heard == [
            ("TranscriptionStarted", None),
            ("SentenceBegin", 0),
            ("SentenceBegin", 1),
            ("SentenceEnd", 0),
            ("SentenceEnd", 1),
            ("TranscriptionCompleted", None),
        ]


def test_a_stream_breaks_at_a_moment_of_its_audio_once(mock: MockTingwu) -> None:
    mock.faults.add({"type": "ws_close", "code": 1001}, match={"audio_ms": 3_000})
    task = create(mock)
    with pusher(task) as client:
        two_sentences(client)
        assert until_closed(client)[0] == 1001
    assert info(mock, task["TaskId"])["TaskStatus"] == "PAUSED"
    position = httpx.get(f"{mock.url}/_mock/tasks/{task['TaskId']}").json()["audio_ms"]
    assert position == 3_000, "what comes behind is not heard"
    with pusher(task) as client:
        client.start()
        client.push(SENTENCE)
        client.stop()


def test_a_handshake_is_refused(mock: MockTingwu) -> None:
    mock.faults.add({"type": "ws_refused", "status": 503}, match={"task_key": "a"}, times=1)
    task = create(mock, TaskKey="a")
    with pusher(create(mock, TaskKey="b")) as client:
        client.start()
    with pytest.raises(InvalidStatus) as caught, pusher(task):
        pass
    assert caught.value.response.status_code == 503
    with pusher(task) as client:
        client.start()


@pytest.mark.parametrize(
    ("marker", "code"),
    [
        ("ws_drop=SentenceEnd@2", 1006),
        ("ws_close=1011:SentenceEnd@2", 1011),
        ("ws_close=SentenceEnd@2", 1000),
        ("ws_task_failed=40000004:SentenceEnd@2", 1000),
    ],
)
def test_a_marker_breaks_the_stream_of_its_task_once(
    mock: MockTingwu, marker: str, code: int
) -> None:
    task = create(mock, TaskKey=f"weekly--mock.{marker}")
    with pusher(task) as client:
        two_sentences(client)
        assert until_closed(client)[0] == code
        assert names(client).count("SentenceEnd") == 1
    with pusher(task) as client:
        two_sentences(client)
        client.stop()
        assert len(client.sentences()) == 2


@pytest.mark.parametrize(
    "marker", ["ws_drop=SentenceOver", "ws_close=999", "ws_stall=", "callback_lost=SentenceEnds"]
)
def test_a_marker_that_makes_no_sense_is_noted(mock: MockTingwu, marker: str) -> None:
    create(mock, TaskKey=f"weekly--mock.{marker}")
    (note,) = [e["text"] for e in mock.journal if e["kind"] == "note"]
    assert note.startswith(f"the marker mock.{marker} has no effect: ")


# DashScope's streams


def test_an_agent_s_stream_fails_with_a_code_of_the_table(mock: MockTingwu) -> None:
    mock.faults.add(
        {"type": "ws_task_failed", "code": "BIL.UserArrears"}, match={"event": "speech-listen"}
    )
    with duplex(mock) as client:
        client.run(begin(mock))
        assert client.refusal() == ("BIL.UserArrears", "User is in arrears.")


@pytest.mark.parametrize(
    ("action_", "code"),
    [({"type": "ws_drop"}, None), ({"type": "ws_close", "code": 1011}, 1011)],
)
def test_an_agent_s_stream_breaks_and_can_be_gone_on_with(
    mock: MockTingwu, action_: Json, code: int | None
) -> None:
    mock.faults.add(action_, match={"service": "dashscope", "event": "recognize-result", "nth": 2})
    data_id = begin(mock)
    with duplex(mock) as client:
        client.start(data_id)
        client.push(SENTENCE * 2)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                client.receive()
        assert (closed.value.rcvd.code if closed.value.rcvd else None) == code
    with duplex(mock) as client:
        client.start(data_id)
        client.push(SENTENCE)
        client.finish()
        assert client.sentences()
    assert get(mock, data_id)["status"] != 2


def test_an_agent_s_events_come_twice_or_in_another_order(mock: MockTingwu) -> None:
    mock.faults.add({"type": "ws_duplicate_event"}, match={"event": "speech-listen"})
    mock.faults.add({"type": "ws_event_order"}, match={"event": "speech-end"})
    with duplex(mock) as client:
        client.start(begin(mock))
        client.push(SENTENCE)
        client.command("finish-task", {"input": {"directive": "stop"}})
        client.expect("speech-end")
    assert client.actions().count("speech-listen") == 2
    assert client.actions()[-2:] == ["task-finished", "speech-end"]


def test_an_agent_s_handshake_is_refused(mock: MockTingwu) -> None:
    mock.faults.add({"type": "ws_refused"}, match={"service": "dashscope"}, times=1)
    with pytest.raises(InvalidStatus) as caught, duplex(mock):
        pass
    assert caught.value.response.status_code == 503
    with duplex(mock) as client:
        client.run(begin(mock))
        assert action(client.receive()) == "task-started"


# Callbacks


@pytest.fixture
def told(start_mock: Callable[..., MockTingwu]) -> Any:
    """A mock on a virtual clock whose project is told of everything, and who is told."""
    with receiver() as listener:
        mock = start_mock(clock="virtual")
        mock.callback("app", listener.url)
        listener.requests.clear()
        yield mock, listener


def finished(mock: MockTingwu, **source: Any) -> str:
    task = create(mock, {"AutoChaptersEnabled": True}, ProgressiveCallbacksEnabled=True, **source)
    stop(mock, task["TaskId"])
    mock.advance(1_000)
    return str(task["TaskId"])


def test_a_callback_is_lost_doubled_or_late(told: tuple[MockTingwu, Receiver]) -> None:
    mock, listener = told
    mock.faults.add({"type": "callback_lost"}, match={"event": "Transcription"})
    mock.faults.add({"type": "callback_duplicate", "copies": 2}, match={"event": "AutoChapters"})
    mock.faults.add({"type": "callback_slow", "ms": 60_000}, match={"event": "COMPLETED"})
    task_id = finished(mock)
    assert listener.told == ["AutoChapters"] * 3
    mock.advance(58_000)
    assert len(listener.told) == 3
    mock.advance(2_000)
    assert listener.told == ["AutoChapters"] * 3 + ["COMPLETED"]
    (lost,) = [e for e in mock.journal if e["kind"] == "callback" and e["outcome"] == "lost"]
    assert (lost["event"], lost["task_id"]) == ("Transcription", task_id)
    assert lost["error"] == "not sent: a fault says so"
    (shown,) = httpx.get(f"{mock.url}/_mock/callbacks").json()["callbacks"]
    assert (shown["delivered"], shown["waiting"], shown["lost"]) == (2, 0, 1)


def test_a_marker_spoils_the_callbacks_of_its_task(told: tuple[MockTingwu, Receiver]) -> None:
    mock, listener = told
    finished(
        mock, TaskKey="weekly--mock.callback_lost=Transcription--mock.callback_slow=5000:COMPLETED"
    )
    assert listener.told == ["AutoChapters"]
    mock.advance(5_000)
    assert listener.told == ["AutoChapters", "COMPLETED"]
    listener.requests.clear()
    finished(mock, TaskKey="weekly")
    assert listener.told == ["Transcription", "AutoChapters", "COMPLETED"]


def test_captions_of_live_tasks_are_lost_and_doubled(virtual_mock: MockTingwu) -> None:
    from tests.live.helpers import Live

    mock = virtual_mock
    with receiver() as listener:
        live = Live(mock, listener.url)
        mock.faults.add(
            {"type": "callback_lost"}, match={"service": "live", "event": "SentenceBegin"}
        )
        mock.faults.add({"type": "callback_duplicate"}, match={"event": "SentenceEnd", "nth": 1})
        live.create()
        mock.advance(20_000)
        events = [
            entry["event"]
            for entry in mock.journal
            if entry["kind"] == "callback" and entry["outcome"] == "delivered"
        ]
        assert "SentenceBegin" not in events
        assert events.count("SentenceEnd") == len(set(ends(listener))) + 1
        assert len(listener.requests) == len(events)


def ends(listener: Receiver) -> list[str]:
    return [
        request.body["content"]
        for request in listener.requests
        if "SentenceEnd" in request.body["content"]
    ]


# Rules that could never act


@pytest.mark.parametrize(
    ("match", "action_", "sentence"),
    [
        (
            {"event": "SentenceEnd"},
            {"type": "api_error", "code": "ServerError"},
            "match.event is 'SentenceEnd', but api_error is about calls; expected service, nth,",
        ),
        (
            {"operation": "CreateTask"},
            {"type": "ws_drop"},
            "match.operation is 'CreateTask', but ws_drop is about streams; expected service,",
        ),
        (
            {"service": "live"},
            {"type": "ws_drop"},
            "match.service is 'live', but ws_drop is about streams of realtime or dashscope",
        ),
        (
            {"event": "speech-end"},
            {"type": "ws_task_failed", "status": 40000004},
            "match.event is 'speech-end', expected for ws_task_failed TranscriptionStarted or",
        ),
        (
            {"service": "dashscope"},
            {"type": "ws_task_failed", "status": 40000004},
            "match.service is 'dashscope', but None is a code of realtime",
        ),
        ({"event": "Sentence"}, {"type": "ws_drop"}, "match.event is 'Sentence', expected "),
        (
            {"audio_ms": 5},
            {"type": "ws_duplicate_event"},
            "match.audio_ms is 5, but ws_duplicate_event is about an event",
        ),
        (
            {"audio_ms": 5, "event": "SentenceEnd"},
            {"type": "ws_drop"},
            "match.event is 'SentenceEnd' and match.audio_ms 5: one of the two",
        ),
        ({"audio_ms": 0}, {"type": "ws_drop"}, "match.audio_ms is 0, expected a whole number"),
        ({}, {"type": "ws_close", "code": 1005}, "action.code is 1005, expected one that a server"),
        ({}, {"type": "ws_close", "code": [1]}, "action.code is [1], expected one that a server"),
        ({}, {"type": "ws_task_failed", "code": [1]}, "action.code is [1], expected a code of Da"),
        ({}, {"type": "ws_close", "code": True}, "action.code is True, expected one that a server"),
        ({}, {"type": "ws_close", "reason": "x" * 124}, "action.reason is longer than the 123"),
        ({}, {"type": "ws_task_failed"}, "action.status is wanted, or for DashScope action.code"),
        ({}, {"type": "ws_task_failed", "status": 5}, "action.status is 5, which is none of the"),
        ({}, {"type": "ws_task_failed", "code": "X"}, "action.code is 'X', expected a code of Da"),
        ({}, {"type": "ws_stall"}, "action.ms is None, expected a whole number from 1 to"),
        (
            {"service": "dashscope", "task_key": "x"},
            {"type": "ws_refused"},
            "match.task_key is 'x', but a handshake of DashScope's names nothing",
        ),
        (
            {"kind": "Transcription"},
            {"type": "callback_lost"},
            "match.kind is 'Transcription', but callback_lost is about callbacks; expected",
        ),
        (
            {"event": "speech-end"},
            {"type": "callback_lost"},
            "match.event is 'speech-end', expected for callback_lost Transcription or",
        ),
        ({"kind": "Summary"}, {"type": "result_missing"}, "match.kind is 'Summary', expected "),
        (
            {"operation": "GetObject", "service": "tingwu"},
            {"type": "latency", "ms": 5},
            "match.operation is 'GetObject', which is one of storage",
        ),
        (
            {"operation": "CreateTask", "kind": "Translation"},
            {"type": "latency", "ms": 5},
            "match.operation is 'CreateTask', but storage has GetObject",
        ),
        ({}, {"type": "latency", "ms": 600_001}, "action.ms is 600001, expected a whole number"),
        ({}, {"type": "drop_connection", "stage": "x"}, "action.stage is 'x', expected before or"),
        ({}, {"type": "drop_connection", "reset": 1}, "action.reset is 1, expected true or false"),
        ({}, {"type": "http_error", "status": 200}, "action.status is 200, expected a whole"),
        (
            {"service": "live"},
            {"type": "task_invalid"},
            "task_invalid is about a status that Live's tasks do not have",
        ),
        (
            {},
            {"type": "task_failed", "error_code": "TSC.X", "stage": "end"},
            "action.stage is 'end', expected creation or audio or processing or",
        ),
        (
            {"service": "dashscope"},
            {"type": "clock_skew", "ms": 1},
            "match.service is 'dashscope', but clock_skew is about signatures of tingwu or live",
        ),
        ({}, {"type": "callback_duplicate", "copies": 0}, "action.copies is 0, expected a whole"),
    ],
)
def test_a_rule_that_could_never_act_is_refused(
    mock: MockTingwu, match: Json, action_: Json, sentence: str
) -> None:
    answer = httpx.post(f"{mock.url}/_mock/faults", json={"match": match, "action": action_})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(sentence)
    assert mock.faults.list() == []
