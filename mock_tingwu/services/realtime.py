"""The service behind MeetingJoinUrl: joins a connection, its NLS session and its task."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

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
from mock_tingwu.core.tasks import ONGOING, TaskEvent
from mock_tingwu.protocols import multi_audio, nls
from mock_tingwu.protocols.nls_table import FAILED
from mock_tingwu.services.connection import Connection, Endpoint, Rejection
from mock_tingwu.services.world import World

log = logging.getLogger("mock_tingwu")

PATH = "/api/ws/v1"
SERVICE = "realtime"
#: So much audio (ms) without speech is worth a word in the journal.
_WORTH_A_WORD_MS = 2_000


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
        return PusherConnection(world, *found, target)
    scope = found[0] if found else world.default
    task_id = found[1].id if found else None
    scope.journal.record("request", SERVICE, task_id, method="GET", target=target)
    scope.journal.record(
        "response", SERVICE, task_id, method="GET", target=target, status=403, body=reason
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
            task.options,
            self._new_message_id,
            scope.clock.now(),
            task.stream.shift,
        )
        self._start: nls.StartRequested | None = None
        self._decoder: media.StreamDecoder | None = None
        self._estimated = 0
        self._frames = self._bytes = 0
        self._deadline: Timer | None = None
        # Small delays of real time: what is owed to the stream, and the end of a failed session.
        self._owed: asyncio.TimerHandle | None = None
        self._linger: asyncio.TimerHandle | None = None

    # Endpoint

    def opened(self, connection: Connection) -> None:
        self._connection = connection
        self._task.pushers[self] = None
        self._record("ws_open", target=self._target)
        self._flush()

    def text(self, data: bytes) -> None:
        self._record("ws_in", text=data.decode("utf-8", "replace"))
        request = self._session.receive_text(data, self._scope.clock.now())
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

    def binary(self, data: bytes) -> None:
        self._frames += 1
        self._bytes += len(data)
        was_failed = self._session.state is FAILED
        audio = self._session.receive_audio(data, self._scope.clock.now())
        if audio:
            self._push(audio)
        elif self._session.state is FAILED and not was_failed:
            self._failed()
        if self._session.has_news:
            self._flush()

    def closed(self, code: int, by_client: bool) -> None:
        self._connection = None
        if self._deadline is not None:
            self._deadline.cancel()
        if self._linger is not None:
            self._linger.cancel()
        self._session.disconnected()
        self._abandon()
        self._task.pushers.pop(self, None)
        self._record("ws_close", code=code, by="client" if by_client else "server")

    # Pusher

    @property
    def streaming(self) -> bool:
        return self._start is not None

    def task_ended(self) -> None:
        """The API's stop came while this client was connected."""
        self._cancel_owed()
        if self._start is not None:
            self._drain()
            self._close_books()
        self._session.task_ended()
        self._flush()

    def task_failed(self) -> None:
        """The task failed while this client was connected."""
        if self._start is not None:
            self._close_books()
        self._fail(SERVER_ERROR)
        self._flush()

    # Inside

    def _begin(self, request: nls.StartRequested) -> None:
        if any(pusher.streaming for pusher in self._task.pushers if pusher is not self):
            self._fail(CONCURRENCY_EXCEED)
            return
        self._start = request
        self._decoder = media.open_decoder(self._task.format, self._task.sample_rate)
        self._estimated = 0
        if self._decoder.note:
            self._record("note", text=self._decoder.note)
        self._note_differences(request)
        self._owed = self._after(nls.START_DELAY_MS, self._started)

    def _started(self) -> None:
        stream, session = self._task.stream, self._session
        assert self._start is not None
        if session.early_audio_lost:
            lost = f"{session.early_audio_lost} bytes of audio came before TranscriptionStarted"
            self._record("note", text=f"{lost} and were too many to keep")
        early = session.confirm_start(
            next_index=stream.next_index, position=stream.position, request=self._start
        )
        for frame in early:
            if self._start is not None:
                self._push(frame)
        self._flush()

    def _push(self, frame: bytes) -> None:
        """Take a binary frame of a stream that is on."""
        task, decoder = self._task, self._decoder
        assert decoder is not None
        if task.status is not ONGOING:
            self._scope.move(task, TaskEvent.AUDIO, "audio arrived")
        note = decoder.note
        try:
            if task.options.multiple_streams:
                frame = multi_audio.parse(frame).mixed_data
            pcm = decoder.feed(frame)
        except media.DecodeError as error:
            self._decoder = None  # it must not be asked again
            self._record("note", text=f"the audio cannot be decoded: {error.detail or error.text}")
            container = error.status == CONTAINER_ERROR.status
            self._fail(CONTAINER_ERROR.about(error.text) if container else DECODE_ERROR)
        except ValueError as error:
            self._record("note", text=f"the frame is no MultiAudioFrame: {error}")
            self._fail(DECODE_ERROR)
        else:
            if decoder.note != note:
                self._record("note", text=decoder.note)
            self._listen(pcm)

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
        self._owed = self._after(nls.STOP_DELAY_MS, self._stopped)

    def _stopped(self) -> None:
        self._session.confirm_stop()
        self._end_stream("StopTranscription")
        self._flush()

    def _drain(self) -> None:
        """Take what the decoder still holds and let the recognizer finish its sentence.

        It does not raise: whatever ends a stream goes on to its end.
        """
        try:
            self._finish_decoding()
            for event in self._task.stream.flush():
                self._session.hear(event)
        except Exception:
            log.exception("a defect loses the end of a stream")
            self._record("note", text="a defect of the mock or its recognizer lost the end")
        finally:
            self._decoder = None

    def _finish_decoding(self) -> None:
        try:
            for frame in self._session.take_early_audio():
                if self._decoder is not None:
                    self._push(frame)
            if self._decoder is not None:
                self._listen(self._decoder.flush())
        except media.DecodeError as error:
            self._record("note", text=f"the end of the audio cannot be decoded: {error}")

    def _abandon(self) -> None:
        """The stream ends without StopTranscription: keep what was heard."""
        self._cancel_owed()
        if self._start is not None:
            self._drain()
            self._end_stream("the stream broke off")

    def _end_stream(self, why: str) -> None:
        self._close_books()
        if self._task.can(TaskEvent.STREAM_ENDED):
            self._scope.move(self._task, TaskEvent.STREAM_ENDED, why)

    def _close_books(self) -> None:
        """The stream is over: write down what it brought."""
        self._start = None
        self._record(
            "audio", frames=self._frames, bytes=self._bytes, position=self._task.stream.position
        )
        if not self._task.meeting.sentences and self._task.stream.position >= _WORTH_A_WORD_MS:
            self._record(
                "note",
                text=f"{self._task.stream.position} ms of audio and no speech in it: silence, "
                "tones and steady noise say nothing",
            )
        self._frames = self._bytes = 0

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

    def _flush(self) -> None:
        """Send what the session has to say, keep its deadline, close when it says so."""
        connection, session = self._connection, self._session
        if connection is None:
            return
        for message in session.messages_to_send():
            self._record("ws_out", message=message, masking=False)  # ours: no secret is in it
            connection.send_text(message)
        if session.close_code is not None:
            connection.close(session.close_code)
        elif session.deadline is None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None
        elif self._deadline is None:
            # A deadline that has moved on is looked at when its timer fires: no timer per frame.
            clock = self._scope.clock
            delay = session.deadline - clock.now()
            self._deadline = clock.call_later(delay, lambda: self._guarded(self._due))

    def _due(self) -> None:
        self._deadline = None
        session, now = self._session, self._scope.clock.now()
        if self._connection is not None and self._connection.stalled:
            # We do not read because the client does not: that it sends nothing is our doing.
            session.last_arrival = now
        if session.deadline is not None and session.deadline <= now:
            self._abandon()
            session.timed_out()
        self._flush()

    def _after(self, delay: int, callback: Callable[[], None]) -> asyncio.TimerHandle:
        """Call back after a delay of real time: it only spares clients a race (design, Time)."""
        return asyncio.get_running_loop().call_later(delay / 1000, self._guarded, callback)

    def _guarded(self, callback: Callable[[], None]) -> None:
        try:
            callback()
        except Exception:
            log.exception("a defect of the mock ends a session with SERVER_ERROR")
            self._fail(SERVER_ERROR)
            self._flush()

    def _cancel_owed(self) -> None:
        if self._owed is not None:
            self._owed.cancel()
            self._owed = None

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

    def _record(self, kind: str, **fields: Any) -> None:
        self._scope.journal.record(kind, SERVICE, self._task.id, session=self._id, **fields)
