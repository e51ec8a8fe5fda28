"""Mutants whose streams end otherwise, and do something else to their meetings."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from mock_tingwu.conformance.mutants import answers, mutant, patched, with_value
from mock_tingwu.core import errors
from mock_tingwu.core.scope import Scope, Task
from mock_tingwu.core.tasks import NEW, ONGOING, PAUSED, TaskEvent
from mock_tingwu.protocols import nls
from mock_tingwu.protocols.nls_table import CONNECTED, IDLE, REFUSALS, STOPPING, Input
from mock_tingwu.services.connection import Rejection
from mock_tingwu.services.pushing import PushingConnection
from mock_tingwu.services.realtime import PusherConnection

from .realtime_connect import routing
from .realtime_start import BAD_MESSAGE, BAD_PARAMETER, refusing

STOP = "RT-STOP"
PAUSE = "RT-PAUSE"
LIFE = "TW-LIFE"

# StopTranscription


@mutant("StopTranscription needs a payload", area=STOP, caught_by=["RT-STOP-001"])
def stop_needs_payload() -> AbstractContextManager[None]:
    return refusing(
        BAD_PARAMETER, lambda header, message: "payload" not in message, "StopTranscription"
    )


@mutant("StopTranscription must not have a payload", area=STOP, caught_by=["RT-STOP-002"])
def stop_refuses_payload() -> AbstractContextManager[None]:
    return refusing(
        BAD_PARAMETER, lambda header, message: "payload" in message, "StopTranscription"
    )


@mutant("StopTranscription needs ids", area=STOP, caught_by=["RT-STOP-003"])
def stop_needs_ids() -> AbstractContextManager[None]:
    return refusing(
        BAD_MESSAGE, lambda header, message: "task_id" not in header, "StopTranscription"
    )


@mutant(
    "a second StopTranscription is a bad message",
    area=STOP,
    caught_by=["RT-STOP-004"],
)
def second_stop_is_bad_message() -> AbstractContextManager[None]:
    other = {(STOPPING, Input.STOP): BAD_MESSAGE, (IDLE, Input.STOP): BAD_MESSAGE}
    return patched(nls, "REFUSALS", dict(REFUSALS) | other)


@mutant(
    "StopTranscription before the stream is a bad message",
    area=STOP,
    caught_by=["RT-STOP-005", "RT-STOP-006"],
)
def early_stop_is_bad_message() -> AbstractContextManager[None]:
    return patched(nls, "REFUSALS", dict(REFUSALS) | {(CONNECTED, Input.STOP): BAD_MESSAGE})


@mutant(
    "the text of an error of state names no symbol",
    area=STOP,
    caught_by=["RT-STOP-006", "RT-ERROR-011"],
)
def state_error_without_symbol() -> AbstractContextManager[None]:
    blank = errors.SessionError(40010005, "State is not WORKING!", "assumed", "a mutant")
    return patched(nls, "REFUSALS", dict(REFUSALS) | {(CONNECTED, Input.STOP): blank})


@mutant(
    "StopTranscription ends the meeting",
    area=STOP,
    caught_by=["RT-STOP-011", "RT-PAUSE-004", "RT-PAUSE-007"],
)
def stop_ends_the_meeting() -> AbstractContextManager[None]:
    stopped = PusherConnection._stopped

    def mutated(self: PusherConnection) -> None:
        stopped(self)
        self._scope.stop(self._joined)

    return patched(PusherConnection, "_stopped", mutated)


@mutant(
    "a client that says no goodbye fails its meeting",
    area=STOP,
    caught_by=["RT-STOP-011", "RT-PAUSE-006", "RT-PAUSE-008"],
)
def cut_fails_the_meeting() -> AbstractContextManager[None]:
    closed = PushingConnection.closed

    def mutated(self: PushingConnection, code: int, by_client: bool) -> None:
        closed(self, code, by_client)
        if code == 1006 and self._task is not None and self._task.can(TaskEvent.FAIL):
            self._scope.move(self._task, TaskEvent.FAIL, "a mutant")

    return patched(PushingConnection, "closed", mutated)


@mutant(
    "the socket is closed behind TranscriptionCompleted",
    area=STOP,
    caught_by=["RT-STOP-007", "RT-STOP-010", "RT-PAUSE-010"],
)
def closed_behind_completed() -> AbstractContextManager[None]:
    stopped = PusherConnection._stopped

    def mutated(self: PusherConnection) -> None:
        stopped(self)
        assert self._connection is not None
        self._connection.close(1000)

    return patched(PusherConnection, "_stopped", mutated)


@mutant("audio behind StopTranscription fails the session", area=STOP, caught_by=["RT-STOP-008"])
def late_audio_fails() -> AbstractContextManager[None]:
    receive_audio = nls.Session.receive_audio

    def mutated(self: nls.Session, data: bytes, now: int) -> bytes:
        if self.state in (STOPPING, IDLE):
            self.fail(errors.NOT_WORKING)
        return receive_audio(self, data, now)

    return patched(nls.Session, "receive_audio", mutated)


# The meeting


def showing(before: str, after: str) -> AbstractContextManager[None]:
    """Have GetTaskInfo show another status for one."""

    def other(status: str) -> str:
        return after if status == before else status

    return answers("GetTaskInfo", with_value(other, "Data", "TaskStatus"))


@mutant("a meeting is ONGOING from its begin", area=PAUSE, caught_by=["RT-PAUSE-001"])
def new_shown_as_ongoing() -> AbstractContextManager[None]:
    return showing("NEW", "ONGOING")


@mutant(
    "whoever joins makes the meeting ONGOING",
    area=PAUSE,
    caught_by=["RT-PAUSE-001", "RT-PAUSE-002"],
)
def started_is_ongoing() -> AbstractContextManager[None]:
    started = PusherConnection._started

    def mutated(self: PusherConnection) -> None:
        started(self)
        if self._joined.status is not ONGOING:
            self._scope.move(self._joined, TaskEvent.AUDIO, "a mutant")

    return patched(PusherConnection, "_started", mutated)


@mutant(
    "a meeting is COMPLETED as soon as something was said in it",
    area=PAUSE,
    caught_by=["RT-PAUSE-003", "RT-PAUSE-009"],
)
def ongoing_shown_as_completed() -> AbstractContextManager[None]:
    return showing("ONGOING", "COMPLETED")


@mutant(
    "a meeting without a stream is COMPLETED",
    area=PAUSE,
    caught_by=["RT-PAUSE-004", "RT-PAUSE-005", "RT-PAUSE-006"],
)
def paused_shown_as_completed() -> AbstractContextManager[None]:
    return showing("PAUSED", "COMPLETED")


@mutant(
    "who closes without StopTranscription fails the meeting",
    area=PAUSE,
    caught_by=["RT-PAUSE-005", "RT-PAUSE-006", "RT-PAUSE-008"],
)
def close_fails_the_meeting() -> AbstractContextManager[None]:
    end_stream = PushingConnection._end_stream

    def mutated(self: PushingConnection, why: str) -> None:
        end_stream(self, why)
        task = self._task
        if why != "StopTranscription" and task is not None and task.can(TaskEvent.FAIL):
            self._scope.move(task, TaskEvent.FAIL, "a mutant")

    return patched(PushingConnection, "_end_stream", mutated)


@mutant(
    "a URL can be joined once",
    area=PAUSE,
    caught_by=[
        "RT-PAUSE-007",
        "RT-PAUSE-008",
        "RT-PAUSE-009",
        "RT-PAUSE-011",
        "RT-PAUSE-015",
        "RT-PAUSE-017",
        "RT-ERROR-024",
    ],
)
def joined_once() -> AbstractContextManager[None]:
    def change(world: Any, target: str, headers: Any, found: Any) -> Any:
        is_second = isinstance(found, PusherConnection) and found._joined.sessions > 1
        return Rejection(403, "Meta:ACCESS_DENIED:The token is used!") if is_second else found

    return routing(change)


@mutant(
    "a stream that goes on begins anew",
    area=PAUSE,
    caught_by=["RT-PAUSE-011", "RT-PAUSE-012"],
)
def every_stream_begins_anew() -> AbstractContextManager[None]:
    confirm_start = nls.Session.confirm_start

    def mutated(self: nls.Session, *, next_index: int, position: int, request: Any) -> Any:
        early = confirm_start(self, next_index=next_index, position=position, request=request)
        self._shift.index, self._shift.time = -next_index, -position
        return early

    return patched(nls.Session, "confirm_start", mutated)


@mutant(
    "the offsets of a stream that goes on are overlooked",
    area=PAUSE,
    caught_by=["RT-PAUSE-013", "RT-PAUSE-014"],
)
def offsets_overlooked() -> AbstractContextManager[None]:
    return patched(nls, "_offset", lambda value: None)


@mutant(
    "a meeting that is PAUSED cannot be ended but fails",
    area=LIFE,
    caught_by=["TW-LIFE-011"],
)
def paused_fails_at_its_end() -> AbstractContextManager[None]:
    stop = Scope.stop

    def mutated(self: Scope, task: Task, *given: Any) -> None:
        if task.status is PAUSED:
            self.move(task, TaskEvent.FAIL, "a mutant")
        else:
            stop(self, task, *given)

    return patched(Scope, "stop", mutated)


@mutant(
    "the transcript is that of the latest stream",
    area=PAUSE,
    caught_by=["RT-PAUSE-015"],
)
def latest_stream_only() -> AbstractContextManager[None]:
    open_stream = PushingConnection._open_stream

    def mutated(self: PushingConnection) -> None:
        assert self._task is not None
        self._task.meeting.sentences.clear()
        open_stream(self)

    return patched(PushingConnection, "_open_stream", mutated)


@mutant(
    "what was said is lost with the connection",
    area=PAUSE,
    caught_by=["RT-PAUSE-016"],
)
def lost_with_the_connection() -> AbstractContextManager[None]:
    abandon = PushingConnection._abandon

    def mutated(self: PushingConnection) -> None:
        abandon(self)
        if self._task is not None:
            self._task.meeting.sentences.clear()

    return patched(PushingConnection, "_abandon", mutated)


@mutant("audio goes into all meetings", area=LIFE, caught_by=["TW-LIFE-003"])
def audio_goes_everywhere() -> AbstractContextManager[None]:
    take = PushingConnection._take

    def mutated(self: PushingConnection, frame: bytes) -> Any:
        for task in self._scope.tasks.values():
            if task.status is NEW:
                self._scope.move(task, TaskEvent.AUDIO, "a mutant")
        return take(self, frame)

    return patched(PushingConnection, "_take", mutated)
