"""Frames byte for byte, both ways (realtime-ws 1.4, 3, 9; RFC 6455)."""

from __future__ import annotations

import json
import random
import re
import socket
import threading
import time
from collections.abc import Callable

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.server.frames import MAX_MESSAGE_BYTES
from tests.core.test_segmentation import silence, speech
from tests.realtime.helpers import Json, until
from tests.wire.helpers import frames
from tests.wire.helpers.raw import Wire, command, message, session
from tests.wire.helpers.tasks import create, status

FULL: Json = {
    "Transcription": {"OutputLevel": 2, "RealtimeDiarizationEnabled": True},
    "TranslationEnabled": True,
    "Translation": {
        "OutputLevel": 2,
        "TargetLanguages": ["cn", "en", "ja", "ko", "de", "fr", "ru"],
    },
}
SENTENCE = speech(2_500) + silence(1_200)


def chunks(audio: bytes, size: int = 3_200) -> list[bytes]:
    return [audio[begin : begin + size] for begin in range(0, len(audio), size)]


def binary(audio: bytes) -> bytes:
    return b"".join(frames.frame(frames.BINARY, chunk) for chunk in chunks(audio))


def sentences(connection: Wire) -> int:
    """How many sentences have become final until TranscriptionCompleted."""
    count = 0
    while (name := connection.event()["header"]["name"]) != "TranscriptionCompleted":
        assert name != "TaskFailed"
        count += name == "SentenceEnd"
    return count


# What the server sends


def test_every_frame_of_a_long_meeting_is_one_small_plain_text_frame(
    mock: MockTingwu, recording: bytes
) -> None:
    # Java closes on fragments and on 64 KiB, C++ stalls on a PING for ever (realtime-ws 9).
    task = create(mock, FULL)
    with session(mock, task) as connection:
        for _ in range(3):
            connection.start()
            connection.send(binary(recording))
            connection.command("StopTranscription")
            assert sentences(connection) == 10
        connection.send(frames.close(1000))
        assert connection.until_close() == 1000
        assert connection.at_end()
    *events, last = connection.received
    assert last.opcode == frames.CLOSE
    assert len(events) > 500
    for frame in events:
        assert frame.opcode == frames.TEXT
        assert frame.fin
        assert not frame.masked
        assert frame.rsv == 0
        assert 0 < len(frame.payload) < 65_536
        header = json.loads(frame.payload)["header"]
        assert type(header["status"]) is int
        assert header["status"] == 20_000_000


def test_one_sentence_that_never_ends_stays_below_64_kib(mock: MockTingwu) -> None:
    task = create(mock, FULL)
    with session(mock, task) as connection:
        connection.start()
        connection.send(binary(speech(2_500) * 48))
        connection.command("StopTranscription")
        sentences(connection)
    assert max(len(frame.payload) for frame in connection.received) < 65_536


@pytest.mark.parametrize("attempt", range(3))
def test_transcription_started_is_held_back(mock: MockTingwu, attempt: int) -> None:
    # Java and Go lose a TranscriptionStarted that comes at once (realtime-ws 9).
    with session(mock, create(mock)) as connection:
        began = time.monotonic()
        connection.start()
        assert time.monotonic() - began >= 0.040


def test_the_status_of_a_failure_is_an_integer(virtual_mock: MockTingwu) -> None:
    with session(virtual_mock, create(virtual_mock)) as connection:
        connection.command("StopTranscription")
        header = connection.event()["header"]
        assert header["name"] == "TaskFailed"
        assert type(header["status"]) is int
        virtual_mock.advance(1_000)
        assert connection.until_close() == 1000


def test_an_idle_session_hears_taskfailed_and_a_close_and_never_a_ping(
    virtual_mock: MockTingwu,
) -> None:
    with session(virtual_mock, create(virtual_mock)) as connection:
        connection.start()
        for _ in range(99):
            virtual_mock.advance(100)
        virtual_mock.advance(200)
        assert connection.event()["header"]["status"] == 40_000_004
        assert connection.read_frame().close_code == 1000
        connection.send(frames.close(1000))
        assert connection.at_end()


# PING, PONG, CLOSE


@pytest.mark.parametrize("payload", [b"", b"8s", bytes(range(125))])
def test_a_ping_is_answered_with_its_own_payload(mock: MockTingwu, payload: bytes) -> None:
    with session(mock, create(mock)) as connection:
        connection.send(frames.frame(frames.PING, payload))
        pong = connection.read_frame()
        assert (pong.opcode, pong.fin, pong.masked) == (frames.PONG, True, False)
        assert pong.payload == payload


def test_pings_are_answered_in_the_midst_of_a_stream(mock: MockTingwu) -> None:
    with session(mock, create(mock)) as connection:
        connection.start()
        for chunk in chunks(SENTENCE, 32_000):
            connection.send(frames.frame(frames.BINARY, chunk) + frames.frame(frames.PING))
        connection.command("StopTranscription")
        seen = []
        while b"TranscriptionCompleted" not in (frame := connection.read_frame()).payload:
            seen.append(frame.opcode)
        assert seen.count(frames.PONG) == len(chunks(SENTENCE, 32_000))


def test_a_pong_that_nobody_asked_for_is_ignored(mock: MockTingwu) -> None:
    with session(mock, create(mock)) as connection:
        connection.send(frames.frame(frames.PONG, b"hello"))
        connection.start()


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (frames.close(), 1000),
        (frames.close(1000), 1000),
        (frames.close(1001, "going away"), 1001),
        (frames.close(4000, "my own"), 4000),
    ],
)
@pytest.mark.parametrize("started", [False, True])
def test_the_client_s_close_is_answered_at_once_and_with_a_code(
    mock: MockTingwu, sent: bytes, answered: int, started: bool
) -> None:
    # A browser's close() sends an empty CLOSE; C++ cannot read one (realtime-ws 4, 9).
    with session(mock, create(mock)) as connection:
        if started:
            connection.start()
        began = time.monotonic()
        connection.send(sent)
        assert connection.read_frame().close_code == answered
        assert connection.at_end()
        assert time.monotonic() - began < 1


@pytest.mark.parametrize("payload", [b"\x03", b"\x03\xe8\xff\xfe", b"\x00\x00", b"\x03\xed"])
def test_a_broken_close_is_answered_with_a_code_of_its_own(
    mock: MockTingwu, payload: bytes
) -> None:
    with session(mock, create(mock)) as connection:
        connection.send(frames.frame(frames.CLOSE, payload))
        assert connection.until_close() in (1002, 1007)


def test_what_follows_the_client_s_close_is_ignored(mock: MockTingwu) -> None:
    with session(mock, create(mock)) as connection:
        connection.send(frames.close(1000) + command("StartTranscription") + b"\xff" * 100)
        assert connection.read_frame().close_code == 1000
        assert connection.at_end()


@pytest.mark.parametrize("how", ["half", "whole", "reset"])
def test_a_cut_without_close_pauses_the_task(mock: MockTingwu, how: str) -> None:
    task = create(mock)
    with session(mock, task) as connection:
        connection.start()
        connection.send(binary(speech(2_500)))
        connection.until("SentenceBegin")
        if how == "half":
            connection.socket.shutdown(socket.SHUT_WR)
        elif how == "reset":
            linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        if how != "half":
            connection.socket.close()
        until(lambda: status(mock, task["TaskId"]) == "PAUSED", "PAUSED")
    closed = [entry for entry in mock.journal if entry["kind"] == "ws_close"]
    assert [entry["code"] for entry in closed] == [1006]


def test_a_cut_in_the_midst_of_a_frame_pauses_the_task(mock: MockTingwu) -> None:
    task = create(mock)
    with session(mock, task) as connection:
        connection.start()
        connection.send(binary(speech(2_500)))
        connection.until("SentenceBegin")
        connection.send(frames.frame(frames.BINARY, bytes(3_200))[:1_000])
        connection.socket.close()
        until(lambda: status(mock, task["TaskId"]) == "PAUSED", "PAUSED")


# How frames arrive


def test_frames_may_arrive_byte_by_byte(mock: MockTingwu) -> None:
    with session(mock, create(mock)) as connection:
        connection.send_bytewise(command("StartTranscription"))
        connection.until("TranscriptionStarted")
        for chunk in chunks(SENTENCE, 1 << 16):
            data = frames.frame(frames.BINARY, chunk)
            connection.send_bytewise(data[:16])
            connection.send(data[16:-3])
            connection.send_bytewise(data[-3:])
        connection.send_bytewise(command("StopTranscription", {"x": "é任"}))
        assert sentences(connection) == 1


def test_a_command_may_be_cut_in_two_anywhere(mock: MockTingwu) -> None:
    data = command("ControlTranscriber", {"x": "任务"})
    with session(mock, create(mock)) as connection:
        for cut in range(1, len(data)):
            connection.send(data[:cut])
            connection.send(data[cut:])
        connection.start()
    inputs = [entry for entry in mock.journal if entry["kind"] == "ws_in"]
    assert len(inputs) == len(data)
    assert {entry["text"] for entry in inputs[:-1]} == {
        message("ControlTranscriber", {"x": "任务"}).decode()
    }


def test_many_frames_may_arrive_in_one_packet(mock: MockTingwu) -> None:
    with session(mock, create(mock)) as connection:
        connection.start()
        connection.send(
            b"".join(binary(SENTENCE) + frames.frame(frames.PONG) for _ in range(3))
            + command("StopTranscription")
        )
        assert sentences(connection) == 3


def test_fragmented_messages_are_put_together(mock: MockTingwu) -> None:
    start = message("StartTranscription")
    with session(mock, create(mock)) as connection:
        connection.send(
            frames.frame(frames.TEXT, start[:7], fin=False)
            + frames.frame(frames.CONT, start[7:30], fin=False)
            + frames.frame(frames.PING, b"between")
            + frames.frame(frames.CONT, b"", fin=False)
            + frames.frame(frames.CONT, start[30:])
        )
        assert connection.read_frame().payload == b"between"
        connection.until("TranscriptionStarted")
        pieces = chunks(SENTENCE, 999)
        connection.send(frames.frame(frames.BINARY, pieces[0], fin=False))
        for piece in pieces[1:]:
            connection.send(frames.frame(frames.CONT, piece, fin=False))
        connection.send(frames.frame(frames.CONT, b""))
        connection.command("StopTranscription")
        assert sentences(connection) == 1


def test_the_cut_of_frames_does_not_change_what_is_heard(mock: MockTingwu) -> None:
    heard = []
    for size in (640, 3_201, 100_000):
        with session(mock, create(mock)) as connection:
            connection.start()
            for chunk in chunks(SENTENCE + SENTENCE, size):
                connection.send(frames.frame(frames.BINARY, chunk))
            connection.command("StopTranscription")
            connection.until("TranscriptionCompleted")
            events = [json.loads(frame.payload) for frame in connection.received]
        heard.append([event["payload"]["begin_time"] for event in events if _final(event)])
    assert heard[0] == heard[1] == heard[2]
    assert len(heard[0]) == 2


def _final(event: Json) -> bool:
    return bool(event["header"]["name"] == "SentenceEnd")


def test_empty_frames_are_tolerated(mock: MockTingwu) -> None:
    with session(mock, create(mock)) as connection:
        connection.send(frames.frame(frames.TEXT))
        connection.start()
        connection.send(frames.frame(frames.BINARY) * 5 + frames.frame(frames.TEXT))
        connection.send(binary(SENTENCE))
        connection.command("StopTranscription")
        assert sentences(connection) == 1


# What breaks the protocol


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (frames.frame(frames.TEXT, b"{}", masked=False), 1002),
        (frames.frame(frames.BINARY, b"ab", masked=False), 1002),
        (frames.frame(frames.CONT, b"{}"), 1002),
        (frames.frame(0x3, b"{}"), 1002),
        (frames.frame(0xB, b""), 1002),
        (b"\xc1" + frames.frame(frames.TEXT, b"{}")[1:], 1002),
        (frames.frame(frames.PING, b"x", fin=False), 1002),
        (frames.frame(frames.PING, bytes(126)), 1002),
        (frames.frame(frames.TEXT, b"a", fin=False) + frames.frame(frames.TEXT, b"b"), 1002),
        (frames.head(frames.BINARY, MAX_MESSAGE_BYTES + 1) + frames.MASK, 1009),
        (frames.head(frames.BINARY, 1 << 62) + frames.MASK, 1009),
    ],
)
def test_a_breach_of_the_protocol_is_closed_with_its_code(
    mock: MockTingwu, data: bytes, code: int
) -> None:
    task = create(mock)
    with session(mock, task) as connection:
        connection.start()
        connection.send(data)
        assert connection.until_close() == code
        assert connection.at_end()
    until(lambda: any(entry["kind"] == "ws_close" for entry in mock.journal), "the end")
    assert status(mock, task["TaskId"]) == "NEW"


def test_fragments_that_add_up_to_too_much_are_closed_with_1009(mock: MockTingwu) -> None:
    piece = frames.frame(frames.BINARY, bytes(1 << 20), fin=False)
    more = frames.frame(frames.CONT, bytes(1 << 20), fin=False)
    with session(mock, create(mock)) as connection:
        connection.start()
        connection.send(piece)
        for _ in range(MAX_MESSAGE_BYTES >> 20):
            connection.send(more)
        assert connection.until_close() == 1009


def test_the_largest_message_goes_through(mock: MockTingwu) -> None:
    # 524 s of audio at once: slow to hear, so most of it is silence.
    audio = SENTENCE + bytes(MAX_MESSAGE_BYTES - len(SENTENCE))
    with session(mock, create(mock)) as connection:
        connection.start()
        connection.send(frames.frame(frames.BINARY, audio))
        connection.command("StopTranscription")
        assert sentences(connection) == 1


@pytest.mark.parametrize("payload", [b"\xff\xfe", b'{"header":"\xc3\x28"}', b"\xed\xa0\x80"])
def test_text_that_is_not_utf_8_is_ignored_like_any_text_that_is_not_json(
    mock: MockTingwu, payload: bytes
) -> None:
    with session(mock, create(mock)) as connection:
        connection.send(frames.frame(frames.TEXT, payload))
        connection.start()
        connection.send(frames.frame(frames.TEXT, payload))
        connection.send(binary(SENTENCE))
        connection.command("StopTranscription")
        assert sentences(connection) == 1


@pytest.mark.parametrize(
    "text",
    [
        b"Ping",
        b"[]",
        b"null",
        b'"x"',
        b"1e999",
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'{"header":',
        b"\x00",
        b'{"header":{"name":"\\ud800"}',
    ],
)
def test_text_that_means_nothing_is_ignored(mock: MockTingwu, text: bytes) -> None:
    with session(mock, create(mock)) as connection:
        connection.send(frames.frame(frames.TEXT, text))
        connection.start()


@pytest.mark.parametrize(
    "header",
    [
        "x",
        None,
        {},
        {"name": 1},
        {"name": None},
        {"name": ""},
        {"name": "StartTranscription", "namespace": "Default"},
        {"name": "StartTranscription", "namespace": 5},
        {"name": "StartTranscription", "namespace": None},
        {"name": "x" * 100_000},
        {"name": "a\x00\r\nb"},
        {"name": "{0}"},
        {"name": "x", "namespace": "{0.__class__}"},
    ],
)
def test_a_header_that_makes_no_sense_is_a_taskfailed_and_a_close(
    virtual_mock: MockTingwu, header: object
) -> None:
    task = create(virtual_mock)
    with session(virtual_mock, task) as connection:
        connection.send(frames.frame(frames.TEXT, json.dumps({"header": header}).encode()))
        frame = connection.read_frame()
        failed = json.loads(frame.payload)["header"]
        assert failed["name"] == "TaskFailed"
        assert 40_000_000 <= failed["status"] < 50_000_000
        virtual_mock.advance(1_000)
        assert connection.until_close() == 1000
    assert all(len(frame.payload) < 65_536 for frame in connection.received)
    assert status(virtual_mock, task["TaskId"]) == "NEW"


@pytest.mark.parametrize("payload", [None, [], "x", 5, {"sample_rate": "16000", "format": 7}])
@pytest.mark.parametrize("task_id", [None, 5, "", "mine", "x" * 70_000])
def test_ids_and_payload_of_a_start_may_be_anything(
    mock: MockTingwu, payload: object, task_id: object
) -> None:
    header = {"namespace": "SpeechTranscriber", "name": "StartTranscription", "task_id": task_id}
    text = json.dumps({"header": header, "payload": payload}).encode()
    with session(mock, create(mock)) as connection:
        connection.send(frames.frame(frames.TEXT, text))
        answered = connection.until("TranscriptionStarted")["header"]["task_id"]
        assert answered == "mine" if task_id == "mine" else re.fullmatch("[0-9a-f]{32}", answered)


@pytest.mark.parametrize("offset", [-1, 10**30, 1.5, "7", True, [], {}])
def test_offsets_that_make_no_sense_do_no_harm(mock: MockTingwu, offset: object) -> None:
    payload = {"tw_time_offset": offset, "tw_index_offset": offset}
    with session(mock, create(mock)) as connection:
        connection.command("StartTranscription", payload)
        connection.until("TranscriptionStarted")
        connection.send(binary(SENTENCE))
        connection.command("StopTranscription")
        assert sentences(connection) == 1


@pytest.mark.parametrize("seed", range(20))
def test_random_bytes_end_in_a_close_and_hurt_nobody(mock: MockTingwu, seed: int) -> None:
    task = create(mock)
    source = random.Random(seed)
    with session(mock, task) as connection:
        connection.start()
        connection.send(source.randbytes(4_096))
        connection.send(frames.close(1000))
        connection.socket.shutdown(socket.SHUT_WR)
        while connection.more():
            pass
    assert status(mock, task["TaskId"]) in ("NEW", "ONGOING", "PAUSED")


# When the server ends


@pytest.mark.parametrize("started", [False, True])
def test_a_server_that_goes_down_says_so(
    start_mock: Callable[..., MockTingwu], started: bool
) -> None:
    mock = start_mock()
    with session(mock, create(mock)) as connection:
        if started:
            connection.start()
        mock.close()
        assert connection.read_frame().close_code == 1001
        assert connection.at_end()


def test_a_reset_completes_and_closes_what_is_open(mock: MockTingwu) -> None:
    task = create(mock)
    with session(mock, task) as connection:
        connection.start()
        connection.send(binary(speech(2_500)))
        connection.until("SentenceBegin")
        mock.reset()
        connection.until("TranscriptionCompleted")
        assert connection.read_frame().close_code == 1000
        assert status(mock, task["TaskId"]) == "INVALID"


def test_a_client_that_pushes_and_reads_at_once_loses_nothing(mock: MockTingwu) -> None:
    # Far faster than real time, and more than the sockets' buffers hold either way.
    with session(mock, create(mock, FULL)) as connection:
        connection.start()
        pushing = threading.Thread(
            target=lambda: connection.send(binary(SENTENCE * 100) + command("StopTranscription"))
        )
        pushing.start()
        assert sentences(connection) == 100
        pushing.join(10)
        assert not pushing.is_alive()
