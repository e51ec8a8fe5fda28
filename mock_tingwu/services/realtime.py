"""The service behind MeetingJoinUrl: joins a connection, its NLS session and its task."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from websockets.datastructures import Headers

from mock_tingwu import media
from mock_tingwu.core.clock import Timer
from mock_tingwu.core.errors import (
    CONCURRENCY_EXCEED,
    CONTAINER_ERROR,
    DECODE_ERROR,
    SERVER_ERROR,
    SessionError,
)
from mock_tingwu.core.scope import Scope, Task
from mock_tingwu.core.tasks import ONGOING, REALTIME_TASK, TaskEvent
from mock_tingwu.protocols import multi_audio, nls
from mock_tingwu.services.connection import Connection, Endpoint, Rejection
from mock_tingwu.services.world import World

PATH = "/api/ws/v1"
SERVICE = "realtime"


def route(world: World, target: str, headers: Headers) -> Endpoint | Rejection:
    """The endpoint for a handshake, or why there is none.

    No source says how the cloud refuses a bad ``mc``; this is how its NLS gateway refuses a bad
    token (realtime-ws 1.3).
    """
    parts = urlsplit(target)
    token = parse_qs(parts.query).get("mc", [""])[0]
    found = world.find_by_token(token) if token else None
    if found is None:
        reason = f"The token '{token[:8]}' is invalid!" if token else "The token is missing!"
    elif (found[1].status, TaskEvent.AUDIO) not in REALTIME_TASK.table:
        reason = f"The token '{token[:8]}' has expired!"
    else:
        return PusherConnection(world, *found, target)
    scope = found[0] if found else world.default
    scope.journal.record(
        "response",
        SERVICE,
        found[1].id if found else None,
        method="GET",
        target=target,
        status=403,
        body=reason,
    )
    return Rejection(403, f"Meta:ACCESS_DENIED:{reason}")


class PusherConnection:
    """One client that pushes audio into a task."""

    def __init__(self, world: World, scope: Scope, task: Task, target: str) -> None:
        task.sessions += 1
        self._id = f"{task.id}/{task.sessions}"
        self._world = world
        self._scope = scope
        self._task = task
        self._target = target
        self._messages = 0
        self._connection: Connection | None = None
        self._session = nls.Session(
            task.options, task.language, self._new_message_id, scope.clock.now()
        )
        self._start: nls.StartRequested | None = None
        self._decoder: media.StreamDecoder | None = None
        self._estimated = 0
        self._frames = self._bytes = 0
        self._multiple = task.options.multiple_streams
        self._deadline: Timer | None = None
        self._delays: set[asyncio.TimerHandle] = set()

    # Endpoint

    def opened(self, connection: Connection) -> None:
        self._connection = connection
        self._task.pushers.add(self)
        self._record("ws_open", target=self._target)
        self._flush()

    def text(self, data: bytes) -> None:
        request = self._session.receive_text(data, self._scope.clock.now())
        shown = data.decode("utf-8", "replace")
        self._record("ws_in", size=len(data), text=shown)
        match request:
            case nls.StartRequested():
                self._begin(request)
            case nls.StopRequested():
                self._finish()
            case nls.Ignored(reason):
                self._record("note", text=f"ignored: {reason}")
            case nls.Refused():
                self._abandon()
        self._flush()

    def binary(self, data: bytes) -> None:
        self._frames += 1
        self._bytes += len(data)
        try:
            audio = multi_audio.parse(data).mixed_data if self._multiple else data
        except ValueError as error:
            self._undecodable(DECODE_ERROR, f"not a MultiAudioFrame: {error}")
        else:
            audio = self._session.receive_audio(audio, self._scope.clock.now())
            if audio:
                self._push(audio)
        if self._session.has_news:
            self._flush()

    def closed(self, code: int, by_client: bool) -> None:
        self._connection = None
        if self._deadline is not None:
            self._deadline.cancel()
        self._session.disconnected()
        self._abandon()
        self._task.pushers.discard(self)
        self._record("ws_close", code=code, by="client" if by_client else "server")

    # Pusher

    def task_ended(self) -> None:
        """The API's stop came while this client was connected."""
        self._cancel_delays()
        if self._start is not None:
            self._drain()
        self._session.task_ended()
        self._task.pushers.discard(self)
        self._start = None
        self._flush()

    def task_failed(self) -> None:
        """The task failed while this client was connected."""
        self._task.pushers.discard(self)
        self._start = None
        self._cancel_delays()
        self._fail(SERVER_ERROR)
        self._flush()

    # Inside

    def _begin(self, request: nls.StartRequested) -> None:
        busy = any(
            pusher._start is not None
            for pusher in self._task.pushers
            if isinstance(pusher, PusherConnection) and pusher is not self
        )
        if busy:
            self._fail(CONCURRENCY_EXCEED)
            return
        self._start = request
        self._decoder = media.open_decoder(self._task.format, self._task.sample_rate)
        self._estimated = 0
        if self._decoder.note:
            self._record("note", text=self._decoder.note)
        self._note_differences(request)
        self._after(nls.START_DELAY_MS, self._started)

    def _started(self) -> None:
        stream = self._task.stream
        if self._start is None:
            return
        early = self._session.confirm_start(
            next_index=stream.next_index, position=stream.position, request=self._start
        )
        if early:
            self._push(early)
        self._flush()

    def _push(self, audio: bytes) -> None:
        task = self._task
        if task.status is not ONGOING:
            self._scope.move(task, TaskEvent.AUDIO, "audio arrived")
        decoder = self._decoder
        assert decoder is not None
        note = decoder.note
        try:
            pcm = decoder.feed(audio)
        except media.DecodeError as error:
            container = error.status == CONTAINER_ERROR.status
            self._undecodable(
                CONTAINER_ERROR.about(error.text) if container else DECODE_ERROR,
                error.detail or error.text,
            )
            return
        if decoder.note != note:
            self._record("note", text=decoder.note)
        self._listen(pcm)

    def _undecodable(self, error: SessionError, detail: str) -> None:
        self._record("note", text=f"the audio cannot be decoded: {detail}")
        self._fail(error)
        self._abandon()

    def _listen(self, pcm: bytes) -> None:
        stream = self._task.stream
        if pcm:
            files = self._world.media_of(self._scope, self._task)
            if files is not None:
                files.write(pcm)
            heard = stream.feed(pcm)
        elif isinstance(self._decoder, media.EstimatingDecoder):
            length = self._decoder.estimated_ms
            heard = stream.imagine(length - self._estimated)
            self._estimated = length
        else:
            return
        for event in heard:
            self._session.hear(event)

    def _finish(self) -> None:
        """StopTranscription: what is open becomes final, then the stream is complete."""
        self._drain()
        self._after(nls.STOP_DELAY_MS, self._stopped)

    def _stopped(self) -> None:
        self._session.confirm_stop()
        self._end_stream("StopTranscription")
        self._flush()

    def _drain(self) -> None:
        """Take what the decoder still holds and let the recognizer finish its sentence."""
        try:
            if self._decoder is not None:
                self._listen(self._decoder.flush())
        except media.DecodeError as error:
            self._record("note", text=f"the end of the audio cannot be decoded: {error}")
        self._decoder = None
        for event in self._task.stream.flush():
            self._session.hear(event)

    def _abandon(self) -> None:
        """The stream ends without StopTranscription: keep what was heard."""
        self._cancel_delays()
        if self._start is not None:
            self._drain()
            self._end_stream("the stream broke off")

    def _end_stream(self, why: str) -> None:
        self._start = None
        self._record(
            "audio", frames=self._frames, bytes=self._bytes, position=self._task.stream.position
        )
        if (self._task.status, TaskEvent.STREAM_ENDED) in REALTIME_TASK.table:
            self._scope.move(self._task, TaskEvent.STREAM_ENDED, why)

    def _fail(self, error: SessionError) -> None:
        self._session.fail(error, self._scope.clock.now())

    def _flush(self) -> None:
        """Send what the session has to say, keep its deadline, close when it says so."""
        connection, session = self._connection, self._session
        if connection is None:
            return
        for message in session.messages_to_send():
            self._record("ws_out", size=len(message), message=message)
            connection.send_text(message)
        if session.close_code is not None:
            connection.close(session.close_code)
        elif session.deadline is None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None
        elif self._deadline is None or session.deadline < self._deadline.when:
            # A deadline that has moved on is looked at when its timer fires: no timer per frame.
            self._set_deadline(session.deadline)

    def _set_deadline(self, deadline: int) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        clock = self._scope.clock
        self._deadline = clock.call_later(deadline - clock.now(), self._due)

    def _due(self) -> None:
        self._deadline = None
        deadline = self._session.deadline
        if deadline is not None and deadline <= self._scope.clock.now():
            self._session.timed_out()
            self._abandon()
        self._flush()

    def _after(self, delay: int, callback: Callable[[], None]) -> None:
        """Call back after a delay of real time: it only spares clients a race (design, Time)."""

        def call() -> None:
            self._delays.discard(handle)
            try:
                callback()
            except Exception:
                self._fail(SERVER_ERROR)
                self._flush()
                raise

        handle = asyncio.get_running_loop().call_later(delay / 1000, call)
        self._delays.add(handle)

    def _cancel_delays(self) -> None:
        for delay in self._delays:
            delay.cancel()
        self._delays.clear()

    def _note_differences(self, request: nls.StartRequested) -> None:
        """Say it when the client announces another format than the task has."""
        announced = {
            "format": (request.payload.get("format"), self._task.format),
            "sample_rate": (request.payload.get("sample_rate"), self._task.sample_rate),
        }
        for name, (said, agreed) in announced.items():
            if said is not None and str(said).lower() != str(agreed) and said != "wav":
                self._record(
                    "note",
                    text=f"StartTranscription says {name} {said!r}, the task has {agreed!r}: "
                    "the task's counts",
                )

    def _new_message_id(self) -> str:
        self._messages += 1
        return self._scope.ids.derive("message", self._id, str(self._messages)).hex()

    def _record(self, kind: str, *, size: int = 0, **fields: object) -> None:
        self._scope.journal.record(
            kind, SERVICE, self._task.id, size=size, session=self._id, **fields
        )
