"""The states of a task and of its connections, over the wire."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.server import websocket
from tests.conftest import Watch
from tests.core.test_segmentation import silence, speech
from tests.realtime.helpers import (
    create,
    info,
    pusher,
    results,
    status,
    stop,
    until,
)
from tests.wire.helpers.raw import handshake, wire

SENTENCES = b"".join(speech(2_500) + silence(1_200) for _ in range(3))


def test_a_task_is_new_ongoing_paused_ongoing_and_completed(mock: MockTingwu) -> None:
    task = create(mock)
    task_id = task["TaskId"]
    assert status(mock, task_id) == "NEW"
    with pusher(task) as connection:
        connection.start()
        assert status(mock, task_id) == "NEW"
        connection.push(SENTENCES)
        until(lambda: status(mock, task_id) == "ONGOING", "ONGOING")
        connection.stop()
        assert status(mock, task_id) == "PAUSED"
        connection.start()
        assert status(mock, task_id) == "PAUSED"
        connection.push(SENTENCES)
        until(lambda: status(mock, task_id) == "ONGOING", "ONGOING again")
    until(lambda: status(mock, task_id) == "PAUSED", "PAUSED after the socket closed")
    assert stop(mock, task_id) == "COMPLETED"
    assert status(mock, task_id) == "COMPLETED"


@pytest.mark.parametrize("same_socket", [True, False])
def test_a_resumed_stream_goes_on_where_it_stood(mock: MockTingwu, same_socket: bool) -> None:
    task = create(mock)
    with pusher(task) as first:
        first.start()
        first.push(SENTENCES)
        first.stop()
        if same_socket:
            second = first
            second.start()
            second.push(SENTENCES)
            second.stop()
    if not same_socket:
        with pusher(task) as second:
            second.start()
            second.push(SENTENCES)
            second.stop()
    ends = first.events if same_socket else first.events + second.events
    payloads = [e["payload"] for e in ends if e["header"]["name"] == "SentenceEnd"]
    assert [payload["index"] for payload in payloads] == [0, 1, 2, 3, 4, 5]
    times = [time for payload in payloads for time in (payload["begin_time"], payload["time"])]
    assert times == sorted(times)
    assert payloads[3]["begin_time"] >= len(SENTENCES) // 32
    stop(mock, task["TaskId"])
    words = results(mock, task["TaskId"])["Transcription"]["Paragraphs"]
    assert {word["SentenceId"] for p in words for word in p["Words"]} == {1, 2, 3, 4, 5, 6}


def test_a_lost_socket_keeps_what_was_heard_and_pauses(mock: MockTingwu) -> None:
    task = create(mock)
    with pusher(task) as connection:
        connection.start()
        connection.push(speech(2_000))
        connection.expect("SentenceBegin")
        connection.socket.socket.close()
    until(lambda: status(mock, task["TaskId"]) == "PAUSED", "PAUSED")
    stop(mock, task["TaskId"])
    paragraphs = results(mock, task["TaskId"])["Transcription"]["Paragraphs"]
    assert len(paragraphs) == 1


def test_a_client_that_resumes_with_offsets_goes_on_from_them(mock: MockTingwu) -> None:
    task = create(mock)
    with pusher(task) as connection:
        connection.start({"tw_time_offset": 100_000, "tw_index_offset": 41})
        connection.push(SENTENCES)
        connection.stop()
    payloads = [event["payload"] for event in connection.named("SentenceEnd")]
    assert [payload["index"] for payload in payloads] == [42, 43, 44]
    assert 100_000 <= payloads[0]["begin_time"] < 101_000
    assert payloads[0]["words"][0]["startTime"] == payloads[0]["begin_time"]


def test_a_second_pusher_is_told_that_there_is_one(mock: MockTingwu) -> None:
    task = create(mock)
    with pusher(task) as first, pusher(task) as second:
        first.start()
        second.command("StartTranscription")
        assert second.failure()["status"] == 43040001
        first.push(SENTENCES)
        first.stop()
        assert len(first.sentences()) == 3


def test_a_second_pusher_may_take_over_when_the_first_has_stopped(mock: MockTingwu) -> None:
    task = create(mock)
    with pusher(task) as first, pusher(task) as second:
        first.start()
        first.push(SENTENCES)
        first.stop()
        second.start()
        second.push(SENTENCES)
        second.stop()
    assert [e["payload"]["index"] for e in second.named("SentenceEnd")] == [3, 4, 5]


def test_audio_sent_right_after_start_is_not_lost(mock: MockTingwu) -> None:
    task = create(mock)
    with pusher(task) as connection:
        connection.command("StartTranscription")
        connection.push(SENTENCES)
        connection.expect("TranscriptionStarted")
        connection.stop()
    assert len(connection.sentences()) == 3


def test_ten_seconds_of_silence_on_the_wire_end_the_session(virtual_mock: MockTingwu) -> None:
    task = create(virtual_mock)
    with pusher(task) as connection:
        connection.start()
        connection.push(SENTENCES)
        until(lambda: len(virtual_mock.journal) > 0, "the audio")
        until(lambda: status(virtual_mock, task["TaskId"]) == "ONGOING", "ONGOING")
        until(lambda: _frames_of(virtual_mock) >= 3, "three sentences")
        virtual_mock.advance(9_999)
        virtual_mock.advance(1)
        header = connection.failure()
        assert header["status"] == 40000004
        assert header["status_text"].endswith("the last directive is 'StartTranscription'!")
        assert connection.close_code() == 1000
    until(lambda: status(virtual_mock, task["TaskId"]) == "PAUSED", "PAUSED")


def _frames_of(mock: MockTingwu) -> int:
    return sum(
        entry["kind"] == "ws_out" and entry["message"]["header"]["name"] == "SentenceEnd"
        for entry in mock.journal
    )


def test_a_connection_that_never_starts_is_given_up_after_ten_seconds(
    virtual_mock: MockTingwu,
) -> None:
    task = create(virtual_mock)
    with pusher(task) as connection:
        until(lambda: any(e["kind"] == "ws_open" for e in virtual_mock.journal), "the connection")
        virtual_mock.advance(10_000)
        assert connection.failure()["status"] == 40000004
        assert connection.close_code() == 1000
    assert status(virtual_mock, task["TaskId"]) == "NEW"


@pytest.mark.parametrize(
    ("before", "command", "status_code"),
    [
        ("new", "StopTranscription", 40010005),
        ("started", "StartTranscription", 40010005),
        ("started", "Dance", 40010002),
        ("stopped", "StopTranscription", 40010005),
    ],
)
def test_commands_out_of_order_are_refused_and_so_is_what_follows(
    mock: MockTingwu, before: str, command: str, status_code: int
) -> None:
    task = create(mock)
    with pusher(task) as connection:
        if before != "new":
            connection.start()
        if before == "stopped":
            connection.stop()
        connection.command(command)
        assert connection.failure()["status"] == status_code
        connection.command("StartTranscription")
        header = connection.failure()
        assert header["status"] == 40000002
        assert header["status_text"] == (
            "Gateway:MESSAGE_INVALID:Can't process message in state'FAILED'!"
        )
        assert connection.close_code() == 1000
    assert status(mock, task["TaskId"]) in ("NEW", "PAUSED")


def test_stop_twice_in_a_row_is_refused_as_documented(mock: MockTingwu) -> None:
    task = create(mock)
    with pusher(task) as connection:
        connection.start()
        connection.command("StopTranscription")
        connection.command("StopTranscription")
        header = connection.failure()
        assert header["status_text"] == (
            "Gateway:TASK_STATE_ERROR:Got stop directive while task is stopping!"
        )
        assert connection.close_code() == 1000
    assert len(connection.named("TaskFailed")) == 1
    assert connection.named("TranscriptionCompleted") == []


def test_a_task_stopped_while_its_stream_is_stopping_completes_once(mock: MockTingwu) -> None:
    task = create(mock)
    with pusher(task) as connection:
        connection.start()
        connection.push(SENTENCES)
        connection.command("StopTranscription")
        stop(mock, task["TaskId"])
        assert connection.close_code() == 1000
    assert len(connection.named("TranscriptionCompleted")) == 1
    assert connection.named("TaskFailed") == []


def test_audio_before_start_is_refused(mock: MockTingwu) -> None:
    task = create(mock)
    with pusher(task) as connection:
        connection.push(bytes(3_200))
        assert connection.failure()["status"] == 40000002
    assert status(mock, task["TaskId"]) == "NEW"


def test_text_that_is_no_json_and_control_commands_are_tolerated(mock: MockTingwu) -> None:
    task = create(mock)
    with pusher(task) as connection:
        connection.socket.send("Ping")
        connection.start()
        connection.socket.send("Ping")
        connection.command("ControlTranscriber", {"anything": 1})
        connection.push(SENTENCES)
        connection.stop()
    assert len(connection.sentences()) == 3


def test_stopping_the_task_while_it_streams_completes_the_stream(mock: MockTingwu) -> None:
    task = create(mock)
    with pusher(task) as connection:
        connection.start()
        connection.push(speech(2_500))
        connection.expect("SentenceBegin")
        assert stop(mock, task["TaskId"]) == "COMPLETED"
        assert connection.expect("SentenceEnd")["payload"]["result"]
        connection.expect("TranscriptionCompleted")
        assert connection.close_code() == 1000
    assert len(results(mock, task["TaskId"])["Transcription"]["Paragraphs"]) == 1


@pytest.mark.parametrize("parameters", [{}, {"AutoChaptersEnabled": True}])
def test_a_task_may_be_stopped_before_any_audio_and_again(
    mock: MockTingwu, parameters: dict[str, bool]
) -> None:
    task_id = create(mock, parameters)["TaskId"]
    first = stop(mock, task_id)
    assert first == ("ONGOING" if parameters else "COMPLETED")
    until(lambda: status(mock, task_id) == "COMPLETED", "COMPLETED")
    assert stop(mock, task_id) == "COMPLETED"
    assert info(mock, task_id)["Result"].keys() >= {"Transcription"}


def test_an_unknown_task_is_invalid(mock: MockTingwu) -> None:
    stranger = "0" * 32
    assert info(mock, stranger) == {"TaskId": stranger, "TaskStatus": "INVALID"}
    assert stop(mock, stranger) == "INVALID"


def test_every_transition_is_in_the_journal_with_its_reason(mock: MockTingwu) -> None:
    task = create(mock)
    with pusher(task) as connection:
        connection.start()
        connection.push(SENTENCES)
        connection.stop()
    stop(mock, task["TaskId"])
    moves = [entry for entry in mock.journal if entry["kind"] == "transition"]
    assert [(move["before"], move["after"]) for move in moves] == [
        ("NEW", "ONGOING"),
        ("ONGOING", "PAUSED"),
        ("PAUSED", "COMPLETED"),
    ]
    assert all(move["why"] and move["task_id"] == task["TaskId"] for move in moves)
    audio = next(entry for entry in mock.journal if entry["kind"] == "audio")
    assert audio["bytes"] == len(SENTENCES)
    assert audio["position"] == len(SENTENCES) // 32


@pytest.mark.parametrize("reason", ["directive", "idle", "api"])
def test_nothing_follows_a_task_failed(virtual_mock: MockTingwu, reason: str) -> None:
    task = create(virtual_mock)
    with pusher(task) as connection:
        connection.start()
        connection.push(speech(2_500))
        connection.expect("SentenceBegin")
        if reason == "directive":
            connection.command("Dance")
        elif reason == "idle":
            virtual_mock.advance(10_000)
        else:
            path = f"{virtual_mock.url}/_mock/tasks/{task['TaskId']}/transition"
            httpx.post(path, json={"to": "FAILED", "error_code": "TSC.AudioFormat"})
        connection.failure()
        assert connection.close_code() == 1000, "in real time: the clock stands still"
    assert connection.events[-1]["header"]["name"] == "TaskFailed"
    if reason != "api":
        stop(virtual_mock, task["TaskId"])
        made = results(virtual_mock, task["TaskId"])["Transcription"]
        assert len(made["Paragraphs"]) == 1, "what was heard is kept"


def test_a_stop_that_comes_during_the_handshake_counts(
    mock: MockTingwu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "HANDSHAKE_DELAY_S", 0.5)
    task = create(mock)
    with wire(mock) as connection:
        connection.send(handshake(mock, task["MeetingJoinUrl"].partition(mock.host)[2]))
        stop(mock, task["TaskId"])
        answer = connection.read_answer()
    assert answer.status == 403
    assert b"has expired" in answer.body


def test_a_failed_connection_does_not_survive_a_reset(virtual_mock: MockTingwu) -> None:
    task = create(virtual_mock)
    with pusher(task) as connection:
        connection.start()
        connection.command("Dance")
        connection.failure()
        virtual_mock.reset()
        assert connection.close_code() == 1000


def test_offsets_of_a_resuming_client_hold_for_the_rest_of_the_task(mock: MockTingwu) -> None:
    task = create(mock)
    indices: list[int] = []
    for payload in (None, {"tw_time_offset": 50_000, "tw_index_offset": 9}, None):
        with pusher(task) as connection:
            connection.start(payload)
            connection.push(SENTENCES)
            connection.stop()
        indices += [event["payload"]["index"] for event in connection.named("SentenceEnd")]
    assert indices == [0, 1, 2, 10, 11, 12, 13, 14, 15]


def test_the_contract_is_watched_across_a_reset(mock: MockTingwu, watch: Watch) -> None:
    create(mock)
    before = dict(watch.checked)
    httpx.post(f"{mock.url}/_mock/reset")
    create(mock)
    name = "tingwu/create-task-response"
    assert watch.checked[name] == before[name] + 1


@pytest.mark.parametrize("end", ["close", "stop"])
def test_audio_before_started_counts_even_if_the_stream_ends_there(
    mock: MockTingwu, end: str
) -> None:
    task = create(mock)
    with pusher(task) as connection:
        connection.command("StartTranscription")
        connection.push(SENTENCES)
        if end == "stop":
            until(lambda: bool(_texts(mock)), "the start")
            stop(mock, task["TaskId"])
    until(lambda: any(e["kind"] == "ws_close" for e in mock.journal), "the end")
    audio = next(entry for entry in mock.journal if entry["kind"] == "audio")
    assert audio["position"] == audio["bytes"] // 32
    if end == "close":
        assert audio["bytes"] == len(SENTENCES)
        assert status(mock, task["TaskId"]) == "PAUSED"


def _texts(mock: MockTingwu) -> list[str]:
    return [entry["text"] for entry in mock.journal if entry["kind"] == "ws_in"]


class Clumsy:
    """A plugged-in recognizer that breaks when a stream ends."""

    position = 0

    def feed(self, pcm: bytes) -> list[Any]:
        return []

    def imagine(self, milliseconds: int) -> list[Any]:
        return []

    def flush(self) -> list[Any]:
        raise RuntimeError("out of order")


@pytest.mark.parametrize("end", ["stop stream", "stop task", "close"])
def test_a_recognizer_that_breaks_at_the_end_blocks_nothing(
    mock: MockTingwu, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    world = mock._server.world
    monkeypatch.setattr(world.default, "_make_recognizer", lambda *args: Clumsy())
    task = create(mock)
    with pusher(task) as connection:
        connection.start()
        connection.push(bytes(32_000))
        if end == "stop stream":
            connection.stop()
        elif end == "stop task":
            assert stop(mock, task["TaskId"]) == "COMPLETED"
            connection.expect("TranscriptionCompleted")
    until(lambda: any(e["kind"] == "ws_close" for e in mock.journal), "the end")
    if end != "stop task":
        with pusher(task) as again:
            again.start()
        assert stop(mock, task["TaskId"]) == "COMPLETED"
    notes = [entry["text"] for entry in mock.journal if entry["kind"] == "note"]
    assert any("lost the end" in note for note in notes)


def test_a_stream_s_books_are_closed_when_the_api_stops_it(mock: MockTingwu) -> None:
    task = create(mock)
    with pusher(task) as connection:
        connection.start()
        connection.push(silence(4_000))
        until(lambda: status(mock, task["TaskId"]) == "ONGOING", "ONGOING")
        stop(mock, task["TaskId"])
        connection.expect("TranscriptionCompleted")
    assert sum(entry["kind"] == "audio" for entry in mock.journal) == 1
