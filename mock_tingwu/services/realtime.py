"""The service behind MeetingJoinUrl: joins a connection, its NLS session and its task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mock_tingwu import media
from mock_tingwu.core.errors import (
    CONCURRENCY_EXCEED,
    CONTAINER_ERROR,
    DECODE_ERROR,
    SERVER_ERROR,
    SessionError,
)
from mock_tingwu.core.faults import StreamFailure, Subject
from mock_tingwu.core.recognizer import Heard
from mock_tingwu.core.scope import Task
from mock_tingwu.core.tasks import TaskEvent
from mock_tingwu.core.violations import Offence
from mock_tingwu.protocols import nls
from mock_tingwu.protocols.multi_audio import NoFrame
from mock_tingwu.protocols.nls_table import FAILED
from mock_tingwu.services.connection import Endpoint, Rejection
from mock_tingwu.services.outside import Handle
from mock_tingwu.services.pushing import PushingConnection
from mock_tingwu.services.realm import Realm
from mock_tingwu.services.world import World

PATH = "/api/ws/v1"
SERVICE = "realtime"


def route(world: World, target: str) -> Endpoint | Rejection:
    """The endpoint for a handshake, or why there is none.

    No source says how the cloud refuses a bad ``mc``; this is how its NLS gateway refuses a bad
    token (realtime-ws 1.3).
    """
    parts = urlsplit(target)
    token = parse_qs(parts.query).get("mc", [""])[0]
    found = world.find_by_token(token) if token else None
    if found is None:
        reason = f"The token '{token[:4]}' is invalid!" if token else "The token is missing!"
    elif not found[1].can(TaskEvent.AUDIO):
        reason = f"The token '{token[:4]}' has expired!"
    else:
        refusal = found[0].faults.refusal(_subject(found[1]))
        if refusal is None:
            return PusherConnection(*found, target)
        return _rejected(*found, target, refusal.status, "a fault says so")
    scope, task = found or (world.default, None)
    return _rejected(scope, task, target, 403, f"Meta:ACCESS_DENIED:{reason}", violation=reason)


def _rejected(
    scope: Realm, task: Task | None, target: str, status: int, body: str, violation: str = ""
) -> Rejection:
    about: dict[str, Any] = {
        "task_id": None if task is None else task.id,
        "method": "GET",
        "target": target,
    }
    entry = scope.journal.record("request", SERVICE, **about)
    if violation:
        scope.watch.found("join-url", violation, entry)
    scope.journal.record("response", SERVICE, **about, status=status, body=body)
    return Rejection(status, body)


def _subject(task: Task) -> Subject:
    """A handshake for this task, for rules that are about it."""
    return Subject(SERVICE, task_key=task.key, app_key=task.app_key, task_id=task.id)


class PusherConnection(PushingConnection):
    """One client that pushes audio into a task."""

    service = SERVICE

    def __init__(self, scope: Realm, task: Task, target: str) -> None:
        task.sessions += 1
        name = f"{task.id}/{task.sessions}"
        self._session = nls.Session(
            task.options,
            _message_ids(scope, name),
            scope.clock.steady(),
            task.stream.shift,
        )
        super().__init__(scope, self._session, target)
        self._rename(name)
        self._task = self._joined = task
        self._start: nls.StartRequested | None = None
        # The end of a failed session.
        self._linger: Handle | None = None

    # Endpoint

    def _receive_text(self, data: bytes) -> None:
        self._record("ws_in", text=data.decode("utf-8", "replace"))
        request = self._session.receive_text(data, self._scope.clock.steady())
        match request:
            case nls.StartRequested():
                self._begin(request)
            case nls.StopRequested():
                self._finish()
            case nls.Ignored(reason):
                self._record("note", text=f"ignored: {reason}")
            case nls.Refused():
                self._failed()
        self._flush()

    def _receive_audio(self, data: bytes) -> None:
        self._frames += 1
        self._bytes += len(data)
        was_failed = self._session.state is FAILED
        audio = self._session.receive_audio(data, self._scope.clock.steady())
        if audio:
            self._push(audio)
        elif self._session.state is FAILED and not was_failed:
            self._failed()
        if self._session.has_news:
            self._flush()

    def closed(self, code: int, by_client: bool) -> None:
        if self._linger is not None:
            self._linger.cancel()
        super().closed(code, by_client)

    # What the protocol says

    def _hear(self, event: Heard) -> None:
        self._session.hear(event)

    def _refuse_audio(self, error: media.DecodeError | NoFrame) -> None:
        if isinstance(error, media.DecodeError) and error.status == CONTAINER_ERROR.status:
            self._fail(CONTAINER_ERROR.about(error.text))
        else:
            self._fail(DECODE_ERROR)

    def _end_session(self) -> None:
        self._session.task_ended()

    def _fail_session(self) -> None:
        self._fail(SERVER_ERROR)

    def _fail_on_demand(self, failure: StreamFailure) -> None:
        assert failure.status is not None
        self._fail(SessionError(failure.status, failure.text, "assumed", "a fault"))

    def _time_passed(self, now: int) -> None:
        self._abandon()
        self._session.timed_out()

    def compose(self, asked: Mapping[str, Any]) -> bytes:
        # Loaded with the first message of that kind.
        from mock_tingwu.services.by_hand import nls_event

        return nls_event(self._session, asked)

    # Inside

    def _begin(self, request: nls.StartRequested) -> None:
        if self._occupied:
            text = "StartTranscription came while another connection was streaming"
            self._offend(Offence("second-stream", text))
            self._fail(CONCURRENCY_EXCEED)
            return
        self._start = request
        self._open_stream()
        self._note_differences(request)
        self._owed = self._after(self._delay(nls.START_DELAY_MS), self._started)

    def _started(self) -> None:
        stream, session = self._joined.stream, self._session
        assert self._start is not None
        if session.early_audio_lost:
            lost = f"{session.early_audio_lost} bytes of audio came before TranscriptionStarted"
            self._record("note", text=f"{lost} and were too many to keep")
        early = session.confirm_start(
            next_index=stream.next_index, position=stream.position, request=self._start
        )
        for frame in early:
            if self._streams:
                self._push(frame)
        self._flush()

    def _finish(self) -> None:
        """StopTranscription: what is open becomes final, then the stream is complete."""
        self._drain()
        self._owed = self._after(nls.STOP_DELAY_MS, self._stopped)

    def _stopped(self) -> None:
        self._session.confirm_stop()
        self._end_stream("StopTranscription")
        self._flush()

    def _fail(self, error: SessionError) -> None:
        self._session.fail(error)
        self._failed()

    def _failed(self) -> None:
        """The client was told; the socket stays open for a moment."""
        self._abandon()
        if self._linger is None and self._connection is not None:
            self._linger = self._after(nls.LINGER_MS, self._lingered)

    def _lingered(self) -> None:
        if self._session.state is FAILED:
            self._session.linger_over()
            self._flush()

    def _note_differences(self, request: nls.StartRequested) -> None:
        """Say it when the client announces another format than the task has."""
        announced = {
            "format": (request.payload.get("format"), self._joined.format),
            "sample_rate": (request.payload.get("sample_rate"), self._joined.sample_rate),
        }
        for name, (said, agreed) in announced.items():
            if said is not None and str(said).lower() != str(agreed) and said != "wav":
                text = f"StartTranscription says {name} {said!r}, the task has {agreed!r}"
                self._record("note", text=f"{text}: the task's counts")
                self._offend(Offence("format-announced", text))


def _message_ids(scope: Realm, session: str) -> Callable[[], str]:
    """Gives the ids of a session's messages. It does not know the connection, which would be
    garbage that only the collector of cycles finds."""
    numbers = count(1)
    return lambda: scope.ids.derive("message", session, str(next(numbers))).hex()
