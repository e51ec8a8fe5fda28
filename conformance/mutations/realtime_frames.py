"""Mutants whose frames are not as the SDKs and RFC 6455 need them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol

from mock_tingwu.conformance.mutants import mutant, patched
from mock_tingwu.core import errors
from mock_tingwu.server.frames import Core
from mock_tingwu.server.websocket import WebSocketProtocol
from mock_tingwu.services.realtime import PusherConnection

AREA = "RT-CONNECT"


def sending(change: Callable[[Frame], Frame | None]) -> AbstractContextManager[None]:
    """Change the frames that are sent; None sends none."""
    send_frame = Core.send_frame

    def mutated(self: Any, frame: Frame) -> None:
        changed = change(frame)
        if changed is not None:
            send_frame(self, changed)

    return patched(Core, "send_frame", mutated)


@mutant("whoever joins is greeted", area=AREA, caught_by=["RT-CONNECT-021"])
def greeting() -> AbstractContextManager[None]:
    opened = PusherConnection.opened

    def mutated(self: PusherConnection, connection: Any) -> None:
        opened(self, connection)
        connection.send_text(self.compose({"name": "TranscriptionStarted"}))

    return patched(PusherConnection, "opened", mutated)


@mutant("no PING is answered", area=AREA, caught_by=["RT-CONNECT-022", "RT-CONNECT-023"])
def no_pong() -> AbstractContextManager[None]:
    return sending(lambda frame: None if frame.opcode is Opcode.PONG else frame)


@mutant("every PONG is empty", area=AREA, caught_by=["RT-CONNECT-022"])
def empty_pong() -> AbstractContextManager[None]:
    return sending(lambda frame: Frame(Opcode.PONG, b"") if frame.opcode is Opcode.PONG else frame)


@mutant("every PONG has a text", area=AREA, caught_by=["RT-CONNECT-022", "RT-CONNECT-023"])
def pong_with_text() -> AbstractContextManager[None]:
    return sending(
        lambda frame: Frame(Opcode.PONG, b"pong") if frame.opcode is Opcode.PONG else frame
    )


@mutant(
    "the service looks by PING whether the client is there",
    area=AREA,
    caught_by=[
        "RT-CONNECT-024",
    ],
)
def pings() -> AbstractContextManager[None]:
    send_text = WebSocketProtocol.send_text

    def mutated(self: WebSocketProtocol, data: bytes, cuts: Sequence[int] = ()) -> None:
        self._core.send_ping(b"")
        send_text(self, data, cuts)

    return patched(WebSocketProtocol, "send_text", mutated)


@mutant("long events are sent in fragments", area=AREA, caught_by=["RT-CONNECT-025"])
def events_in_fragments() -> AbstractContextManager[None]:
    send_text = WebSocketProtocol.send_text

    def mutated(self: WebSocketProtocol, data: bytes, cuts: Sequence[int] = ()) -> None:
        send_text(self, data, (400,) if len(data) > 400 else ())

    return patched(WebSocketProtocol, "send_text", mutated)


@mutant(
    "fragments are refused with 1003",
    area=AREA,
    caught_by=["RT-CONNECT-026", "RT-CONNECT-027"],
)
def fragments_refused() -> AbstractContextManager[None]:
    def change(self: WebSocketProtocol, frame: Frame) -> Frame | None:
        if frame.opcode is Opcode.CONT:
            self.close(1003)
        return frame

    return receiving(change)


@mutant("audio in fragments is dropped", area=AREA, caught_by=["RT-CONNECT-027"])
def fragments_dropped() -> AbstractContextManager[None]:
    def change(self: WebSocketProtocol, frame: Frame) -> Frame | None:
        is_part = frame.opcode is Opcode.BINARY and not frame.fin
        return None if is_part else frame

    return receiving(change)


def receiving(
    change: Callable[[WebSocketProtocol, Frame], Frame | None],
) -> AbstractContextManager[None]:
    """Change the frames that come; None drops one."""
    frame_came = WebSocketProtocol._frame

    def mutated(self: WebSocketProtocol, frame: Frame) -> None:
        changed = change(self, frame)
        if changed is not None:
            frame_came(self, changed)

    return patched(WebSocketProtocol, "_frame", mutated)


@mutant(
    "no CLOSE has a code",
    area=AREA,
    caught_by=["RT-CONNECT-028", "RT-CONNECT-029", "RT-STOP-009"],
)
def close_without_code() -> AbstractContextManager[None]:
    def mutated(self: Any, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            frame = Frame(Opcode.CLOSE, b"")
        ServerProtocol.send_frame(self, frame)

    return patched(Core, "send_frame", mutated)


@mutant(
    "a text that is no JSON fails the session",
    area=AREA,
    caught_by=["RT-CONNECT-030", "RT-CONNECT-031"],
)
def texts_have_to_be_json() -> AbstractContextManager[None]:
    receive_text = PusherConnection._receive_text

    def mutated(self: PusherConnection, data: bytes) -> None:
        if data.startswith(b'{"'):
            receive_text(self, data)
        else:
            self._fail(errors.MISSING_HEADER)
            self._flush()

    return patched(PusherConnection, "_receive_text", mutated)
