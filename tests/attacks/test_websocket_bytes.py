"""A WebSocket's bytes, cut anywhere and of every kind, on the transport without sockets."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Final

import pytest

from mock_tingwu.server import websocket
from mock_tingwu.server.frames import MAX_MESSAGE_BYTES
from mock_tingwu.server.websocket import MAX_TEXT_BYTES
from tests.attacks.pipe import Socket, handshake
from tests.attacks.stage import Stage
from tests.core.test_segmentation import speech
from tests.wire.helpers import frames
from tests.wire.helpers.frames import BINARY, CLOSE, CONT, PING, PONG, TEXT, frame

TASKS: Final = "/openapi/tingwu/v2/tasks?type=realtime"
START: Final = b'{"header":{"name":"StartTranscription"}}'
STOP: Final = b'{"header":{"name":"StopTranscription"}}'
CONTROL: Final = '{"header":{"name":"ControlTranscriber"},"x":"任务"}'.encode()
SPEECH: Final = speech(400)
#: What a client sends before, during and behind its stream. Every kind of frame and of length is
#: there, and control frames between the pieces of a message.
SESSION: Final = (
    frame(PING, b"early")
    + frame(TEXT, CONTROL[:5], fin=False)
    + frame(PING, b"between")
    + frame(CONT, b"", fin=False)
    + frame(PONG, b"!")
    + frame(CONT, CONTROL[5:])
    + frame(TEXT, START),
    frame(BINARY)
    + frame(BINARY, SPEECH[:126])
    + frame(BINARY, SPEECH[:126], fin=False)
    + frame(PING)
    + frame(CONT, SPEECH[126:127])
    + frame(TEXT, b"Ping")
    + frame(TEXT, STOP),
    frame(PING, b"last") + frames.close(1000, "bye"),
)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setattr(websocket, "HANDSHAKE_DELAY_S", 0)
    stage = Stage()
    yield stage
    stage.check()
    stage.close()


def connect(stage: Stage, target: str = "", extra: str = "", along: bytes = b"") -> Socket:
    """A connection to a new task, or to ``target``; ``along`` is sent with the handshake."""
    socket = Socket(stage.do, stage.app.websocket)
    socket.arrive(handshake(target or new_target(stage), extra))
    socket.arrive(along)
    stage.turn()
    return socket


def new_target(stage: Stage) -> str:
    source = {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000}
    answer = stage.call("PUT", TASKS, {"AppKey": "app", "Input": source})[1]
    return str(answer["Data"]["MeetingJoinUrl"].partition(":8900")[2])


def held(stage: Stage, parts: Sequence[Sequence[bytes]]) -> bytes:
    """All that the server says in a session whose parts arrive in these pieces."""
    stage.reset()
    socket = connect(stage)
    for pieces in parts:
        for piece in pieces:
            socket.arrive(piece)
        stage.wait(100)
    assert socket.pipe.ended or socket.pipe.closed
    socket.lost()
    head, _, said = bytes(socket.pipe.written).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101")
    return said


def test_a_session_cut_anywhere_has_the_same_answers(stage: Stage) -> None:
    whole = held(stage, [[part] for part in SESSION])
    assert b"TranscriptionStarted" in whole and b"TranscriptionCompleted" in whole
    assert whole.endswith(b"bye")
    assert held(stage, [[bytes([byte]) for byte in part] for part in SESSION]) == whole
    for number, part in enumerate(SESSION):
        for cut in range(1, len(part)):
            parts = [[one] for one in SESSION]
            parts[number] = [part[:cut], part[cut:]]
            assert held(stage, parts) == whole, f"part {number} cut at byte {cut}"


def test_a_session_in_pieces_of_any_size_has_the_same_answers(stage: Stage) -> None:
    whole, source = held(stage, [[part] for part in SESSION]), random.Random(1)
    for _ in range(20):
        parts = []
        for part in SESSION:
            cuts = sorted(source.choices(range(len(part)), k=source.randint(1, 9)))
            parts.append([part[a:b] for a, b in zip([0, *cuts], [*cuts, len(part)], strict=True)])
        assert held(stage, parts) == whole


def test_a_connection_that_breaks_says_no_goodbye(stage: Stage) -> None:
    rule = {"action": {"type": "ws_drop"}, "match": {"event": "SentenceEnd"}}
    assert stage.call("POST", "/_mock/faults", rule)[0] in (200, 201)
    socket = connect(stage)
    socket.arrive(frame(TEXT, START))
    stage.wait(100)
    socket.arrive(frame(BINARY, speech(1_500)))
    said = len(socket.pipe.written)
    assert b"SentenceBegin" in socket.pipe.written
    socket.arrive(frame(TEXT, STOP) + frames.close(1000))
    assert socket.pipe.ended and len(socket.pipe.written) == said


def test_what_comes_along_with_the_handshake_is_not_lost(stage: Stage) -> None:
    socket = connect(stage, along=frame(PING, b"x") + frame(TEXT, START))
    assert socket.head.startswith(b"HTTP/1.1 101")
    stage.wait(50)
    pong, started = socket.frames()
    assert (pong.opcode, pong.payload) == (PONG, b"x")
    assert b"TranscriptionStarted" in started.payload
    socket.lost()


def test_what_comes_along_with_a_handshake_that_is_refused_is_not_answered(stage: Stage) -> None:
    socket = connect(stage, "/api/ws/v1?mc=nobody", along=frame(TEXT, START) + b"\xff" * 9)
    assert socket.head.startswith(b"HTTP/1.1 403")
    assert bytes(socket.pipe.written).endswith(b"is invalid!")
    socket.lost()


@pytest.mark.parametrize(
    "offer",
    [
        "permessage-deflate",
        "permessage-deflate; client_max_window_bits; server_no_context_takeover",
        "x-webkit-deflate-frame, permessage-deflate",
        'permessage-deflate; server_max_window_bits="15"',
        "permessage-bzip2",
        ",;=,,",
    ],
)
def test_compression_is_never_negotiated_so_there_is_no_bomb(stage: Stage, offer: str) -> None:
    target = new_target(stage)
    for extra in (
        f"Sec-WebSocket-Extensions: {offer}\r\n",
        f"sec-websocket-extensions:{offer}\r\n",
    ):
        socket = connect(stage, target, extra)
        if socket.head.startswith(b"HTTP/1.1 400"):
            continue  # an offer that makes no sense may be refused
        assert socket.head.startswith(b"HTTP/1.1 101")
        assert b"extensions" not in socket.head.lower()
        # A message that says that it is compressed.
        socket.arrive(b"\xc1" + frame(TEXT, bytes(100))[1:])
        assert [one.close_code for one in socket.frames()] == [1002]
        socket.lost()


VALID_CODES: Final = [*range(1000, 1004), *range(1007, 1015), 3000, 3999, 4000, 4999]
OTHER_CODES: Final = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1999, 2000, 2999, 5000, 65535]


def test_closes_of_every_code_are_answered_with_it_or_with_1002(stage: Stage) -> None:
    target = new_target(stage)
    reasons = (b"", "会议".encode(), b"\xff", b"x" * 123)
    for code, reason in product((*VALID_CODES, *OTHER_CODES), reasons):
        socket = connect(stage, target)
        socket.arrive(frame(CLOSE, code.to_bytes(2, "big") + reason))
        (answer,) = socket.frames()
        if reason == b"\xff":
            assert answer.close_code in (1002, 1007)
        else:
            assert answer.close_code == (code if code in VALID_CODES else 1002)
        assert socket.pipe.ended or socket.pipe.closed
        socket.lost()


def test_frames_of_every_opcode_and_bit_are_taken_or_closed_with_1002(stage: Stage) -> None:
    target = new_target(stage)
    for opcode, rsv, masked, fin in product(range(16), (0, 1, 2, 4), (True, False), (True, False)):
        socket = connect(stage, target)
        data = frame(opcode, b"\x03\xe8" if opcode == CLOSE else b"{}", fin=fin, masked=masked)
        socket.arrive(bytes([data[0] | rsv << 4]) + data[1:])
        stage.wait(1_000)
        codes = [one.close_code for one in socket.frames() if one.opcode == CLOSE]
        if rsv or not masked or opcode not in (TEXT, BINARY, CLOSE, PING, PONG):
            assert codes == [1002]
        elif opcode in (TEXT, BINARY):
            # Neither is a command; of a message that is not whole yet nobody can say.
            assert codes == ([1000] if fin else [])
        elif fin:
            assert codes == ([1000] if opcode == CLOSE else [])
        else:
            assert codes == [1002]
        socket.lost()


LIES: Final = (MAX_MESSAGE_BYTES + 1, 1 << 40, (1 << 63) - 1, 1 << 63)


def test_a_length_that_is_a_lie_is_refused_before_anything_is_kept(stage: Stage) -> None:
    target = new_target(stage)
    for opcode, length in product((TEXT, BINARY, CONT, PING, CLOSE), LIES):
        socket = connect(stage, target)
        if opcode == CONT:
            socket.arrive(frame(BINARY, b"ab", fin=False))
        socket.arrive(frames.head(opcode, length) + frames.MASK)
        (answer,) = socket.frames()
        assert answer.close_code == 1009
        assert socket.pipe.ended
        socket.lost()


@pytest.mark.parametrize("pieces", [1, 3, 1_000])
def test_a_text_is_taken_up_to_its_limit_and_no_further(stage: Stage, pieces: int) -> None:
    for size in (MAX_TEXT_BYTES, MAX_TEXT_BYTES + 1):
        socket = connect(stage)
        text = b" " * size
        step = -(-size // pieces)
        for number, at in enumerate(range(0, size, step)):
            opcode, fin = CONT if number else TEXT, at + step >= size
            socket.arrive(frame(opcode, text[at : at + step], fin=fin))
        # What comes behind it is looked at only where it was taken.
        socket.arrive(frame(TEXT, START))
        stage.wait(50)
        answers = [one.close_code if one.opcode == CLOSE else 0 for one in socket.frames()]
        assert answers == ([0] if size == MAX_TEXT_BYTES else [1009])
        socket.lost()


def test_pieces_of_a_message_take_no_more_room_than_what_is_in_them(stage: Stage) -> None:
    count, socket = 15_000, connect(stage)
    socket.arrive(frame(BINARY, b"", fin=False))
    tracemalloc.start()
    try:
        for _ in range(10):
            socket.arrive(frame(CONT, b"ab", fin=False) * (count // 10))
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 10 * count, "each is kept as an object of its own"
    socket.lost()


def test_nothing_that_comes_with_a_text_that_is_too_long_is_heard(stage: Stage) -> None:
    target = new_target(stage)
    socket = connect(stage, target)
    socket.arrive(frame(TEXT, START))
    stage.wait(50)
    socket.arrive(frame(TEXT, b" " * (MAX_TEXT_BYTES + 1)) + frame(BINARY, SPEECH))
    socket.lost()
    assert not stage.entries("transition")
    assert connect(stage, target).head.startswith(b"HTTP/1.1 101")
