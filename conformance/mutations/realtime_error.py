"""Mutants whose realtime failures are not as documented."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from mock_tingwu.conformance.mutants import Body, events, mutant, patched
from mock_tingwu.core import errors
from mock_tingwu.core.errors import SessionError
from mock_tingwu.core.tasks import TaskEvent
from mock_tingwu.protocols import nls
from mock_tingwu.protocols.nls_table import FAILED, SESSION, STARTING, Input
from mock_tingwu.server.websocket import WebSocketProtocol
from mock_tingwu.services.pushing import PushingConnection
from mock_tingwu.services.realtime import PusherConnection

from .realtime_event import each

AREA = "RT-ERROR"


def other_error(name: str, status: int, text: str) -> AbstractContextManager[None]:
    """Have another status or text for an error of a session."""
    return patched(errors, name, SessionError(status, text, "assumed", "a mutant"))


@mutant(
    "who is idle is disconnected without a word",
    area=AREA,
    caught_by=[
        "RT-ERROR-001",
        "RT-ERROR-002",
        "RT-ERROR-003",
        "RT-ERROR-006",
        "RT-ERROR-010",
        "RT-ERROR-015",
    ],
)
def silent_timeout() -> AbstractContextManager[None]:
    def mutated(self: nls.Session) -> None:
        self._require(Input.TIMEOUT)
        self.close_code = 1000

    return patched(nls.Session, "timed_out", mutated)


@mutant(
    "idleness is an error of the client like any other",
    area=AREA,
    caught_by=["RT-ERROR-001", "RT-ERROR-002", "RT-ERROR-003"],
)
def idle_is_client_error() -> AbstractContextManager[None]:
    return other_error("IDLE_TIMEOUT", 40000000, errors.IDLE_TIMEOUT.text)


@mutant("the text of idleness has no IDLE_TIMEOUT", area=AREA, caught_by=["RT-ERROR-006"])
def idle_without_symbol() -> AbstractContextManager[None]:
    return other_error("IDLE_TIMEOUT", 40000004, "Gateway:TIMEOUT:The session is idle{0}!")


@mutant(
    "the text of idleness does not name the last command",
    area=AREA,
    caught_by=[
        "RT-ERROR-007",
    ],
)
def idle_without_directive() -> AbstractContextManager[None]:
    text = "Gateway:IDLE_TIMEOUT:Websocket session is idle for too long time!"
    return other_error("IDLE_TIMEOUT", 40000004, text)


@mutant(
    "only speech counts as data",
    area=AREA,
    caught_by=["RT-ERROR-004"],
)
def silence_is_no_data() -> AbstractContextManager[None]:
    receive_audio = nls.Session.receive_audio

    def mutated(self: nls.Session, data: bytes, now: int) -> bytes:
        before = self.last_arrival
        audio = receive_audio(self, data, now)
        if not any(data):
            self.last_arrival = before
        return audio

    return patched(nls.Session, "receive_audio", mutated)


@mutant(
    "failed sessions are cut off without a CLOSE",
    area=AREA,
    caught_by=["RT-ERROR-008", "RT-ERROR-023"],
)
def failed_is_cut_off() -> AbstractContextManager[None]:
    def mutated(self: WebSocketProtocol, code: int, reason: str = "") -> None:
        # What was said gets through first.
        self.break_off()

    return patched(WebSocketProtocol, "close", mutated)


@mutant("failed sessions are closed with 1011", area=AREA, caught_by=["RT-ERROR-009"])
def closed_with_1011() -> AbstractContextManager[None]:
    close = WebSocketProtocol.close

    def mutated(self: WebSocketProtocol, code: int, reason: str = "") -> None:
        close(self, 1011, reason)

    return patched(WebSocketProtocol, "close", mutated)


@mutant(
    "status_text is a sentence and nothing else",
    area=AREA,
    caught_by=["RT-ERROR-011", "RT-ERROR-006", "RT-ERROR-019", "RT-STOP-006"],
)
def plain_status_text() -> AbstractContextManager[None]:
    def change(header: Body, payload: Body) -> None:
        header["status_text"] = header["status_text"].rpartition(":")[2]

    return each(change, "TaskFailed")


@mutant("TaskFailed has the usual namespace", area=AREA, caught_by=["RT-ERROR-012"])
def failure_in_usual_namespace() -> AbstractContextManager[None]:
    return each(lambda header, payload: header.update(namespace=nls.NAMESPACE), "TaskFailed")


@mutant("TaskFailed has a payload", area=AREA, caught_by=["RT-ERROR-013"])
def failure_with_payload() -> AbstractContextManager[None]:
    def change(event: Body) -> list[Body]:
        failed = event["header"]["name"] == "TaskFailed"
        return [event | {"payload": {}}] if failed else [event]

    return events(change)


@mutant(
    "TaskFailed is followed by TranscriptionCompleted",
    area=AREA,
    caught_by=["RT-ERROR-015"],
)
def completed_after_failure() -> AbstractContextManager[None]:
    def change(event: Body) -> list[Body]:
        if event["header"]["name"] != "TaskFailed":
            return [event]
        success = {"name": "TranscriptionCompleted", "status": nls.SUCCESS}
        return [event, {"header": event["header"] | success}]

    return events(change)


# Commands


@mutant("an unknown command is a bad message", area=AREA, caught_by=["RT-ERROR-016"])
def unknown_command_is_bad_message() -> AbstractContextManager[None]:
    text = "Gateway:MESSAGE_INVALID:Unknown name!"
    return other_error("DIRECTIVE_NOT_SUPPORTED", 40000002, text)


@mutant("another namespace is a bad message", area=AREA, caught_by=["RT-ERROR-017"])
def namespace_is_bad_message() -> AbstractContextManager[None]:
    text = "Gateway:MESSAGE_INVALID:Unknown namespace!"
    return other_error("NAMESPACE_NOT_FOUND", 40000002, text)


@mutant(
    "a message without a header is a bad directive",
    area=AREA,
    caught_by=["RT-ERROR-018", "RT-ERROR-019"],
)
def no_header_is_bad_directive() -> AbstractContextManager[None]:
    return other_error("MISSING_HEADER", 40010003, "Gateway:DIRECTIVE_INVALID:No header!")


@mutant("a header without name is a bad directive", area=AREA, caught_by=["RT-ERROR-020"])
def no_name_is_bad_directive() -> AbstractContextManager[None]:
    return other_error("MISSING_NAME", 40010003, "Gateway:DIRECTIVE_INVALID:No name!")


@mutant("a failed session can start again", area=AREA, caught_by=["RT-ERROR-022"])
def failed_can_start() -> AbstractContextManager[None]:
    init = nls.Session.__init__

    def mutated(self: nls.Session, *given: Any, **named: Any) -> None:
        init(self, *given, **named)
        self._table = dict(SESSION.table) | {(FAILED, Input.START): STARTING}

    return patched(nls.Session, "__init__", mutated)


@mutant(
    "what fails a stream fails its meeting",
    area=AREA,
    caught_by=["RT-ERROR-024"],
)
def failure_fails_the_meeting() -> AbstractContextManager[None]:
    abandon = PushingConnection._abandon

    def mutated(self: PushingConnection) -> None:
        abandon(self)
        task = self._task
        if task is not None and task.can(TaskEvent.FAIL):
            self._scope.move(task, TaskEvent.FAIL, "a mutant")

    return patched(PushingConnection, "_abandon", mutated)


# The meeting ends, or is joined twice


@mutant(
    "a stream whose meeting ends fails",
    area=AREA,
    caught_by=["RT-ERROR-025"],
)
def stream_fails_with_the_meeting() -> AbstractContextManager[None]:
    def mutated(self: PusherConnection) -> None:
        self._session.fail(errors.SERVER_ERROR)
        self._session.linger_over()

    return patched(PusherConnection, "_end_session", mutated)


@mutant(
    "a second stream into a meeting is an error of the client like any other",
    area=AREA,
    caught_by=["RT-ERROR-026"],
)
def second_stream_is_client_error() -> AbstractContextManager[None]:
    from mock_tingwu.services import realtime

    return patched(realtime, "CONCURRENCY_EXCEED", errors.CLIENT_ERROR)


@mutant("the latest stream into a meeting wins", area=AREA, caught_by=["RT-ERROR-027"])
def latest_stream_wins() -> AbstractContextManager[None]:
    begin = PusherConnection._begin

    def mutated(self: PusherConnection, request: Any) -> None:
        for pusher in list(self._joined.pushers):
            if pusher is not self and pusher.streaming:
                pusher.task_failed()
        begin(self, request)

    return patched(PusherConnection, "_begin", mutated)
