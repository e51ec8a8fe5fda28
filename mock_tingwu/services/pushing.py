"""What every connection that pushes audio into a task shares, whatever its protocol."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from mock_tingwu import media
from mock_tingwu.core.clock import Timer
from mock_tingwu.core.pace import AudioPace, frame_size
from mock_tingwu.core.recognizer import Heard
from mock_tingwu.core.scope import Task
from mock_tingwu.core.tasks import ONGOING, TaskEvent
from mock_tingwu.core.violations import Offence
from mock_tingwu.protocols import multi_audio
from mock_tingwu.protocols.multi_audio import NoFrame
from mock_tingwu.protocols.stream_session import StreamSession
from mock_tingwu.services.connection import Connection
from mock_tingwu.services.realm import Realm
from mock_tingwu.services.watching import command_offences

log = logging.getLogger("mock_tingwu")

#: So much audio (ms) without speech is worth a word in the journal.
_WORTH_A_WORD_MS = 2_000


#: The kinds of journal entries that show what a client does.
_SHOWS = frozenset({"ws_open", "ws_in", "ws_close"})


class PushingConnection(ABC):
    """One client that pushes audio into a task, behind a session of some protocol.

    It is the `Endpoint` of its connection and, while it has a task, a `Pusher` of it.
    """

    service: ClassVar[str]

    def __init__(self, scope: Realm, session: StreamSession[Any, Any], target: str) -> None:
        self._scope = scope
        self._wire = session
        self._target = target
        self._id = ""
        self._task: Task | None = None
        self._connection: Connection | None = None
        #: Whether a stream is on, from the client's start to its end.
        self._streams = False
        self._decoder: media.StreamDecoder | None = None
        self._estimated = 0
        self._frames = self._bytes = 0
        # The client's id for its task that was looked at last, and whether it is a secret.
        self._looked_at = ""
        self._secret_id = False
        self._deadline: Timer | None = None
        # The latest message that shows what the client does, and how fast its audio comes.
        self._seen: int | None = None
        self._pace: AudioPace | None = None
        # What is owed to the stream after a small delay of real time.
        self._owed: asyncio.TimerHandle | None = None

    # What a protocol says

    @abstractmethod
    def _receive_text(self, data: bytes) -> None:
        """Take a text frame."""

    @abstractmethod
    def _receive_audio(self, data: bytes) -> None:
        """Take a binary frame."""

    @abstractmethod
    def _hear(self, event: Heard) -> None:
        """Tell the client what was heard."""

    @abstractmethod
    def _refuse_audio(self, error: media.DecodeError | NoFrame) -> None:
        """End the session: the audio cannot be decoded, or is no frame of several streams."""

    @abstractmethod
    def _end_session(self) -> None:
        """The task was ended through the API: say goodbye."""

    @abstractmethod
    def _fail_session(self) -> None:
        """The task failed, or a defect of the mock ends the session: say so."""

    @abstractmethod
    def _time_passed(self, now: int) -> None:
        """The session's deadline has passed."""

    # Endpoint

    def opened(self, connection: Connection) -> None:
        self._connection = connection
        if self._task is not None:
            self._task.pushers[self] = None
        self._record("ws_open", target=self._target)
        self._scope.connections[self] = None
        self._flush()
        if self._scope.closed:
            self.world_ended()  # between the request and now

    def text(self, data: bytes) -> None:
        try:
            self._receive_text(data)
            for offence in command_offences(self.service, data):
                self._offend(offence)
        except Exception:
            self._defect()

    def binary(self, data: bytes) -> None:
        try:
            self._receive_audio(data)
            self._judge_audio(len(data))
        except Exception:
            self._defect()

    def closed(self, code: int, by_client: bool) -> None:
        self._connection = None
        self._scope.connections.pop(self, None)
        if self._deadline is not None:
            self._deadline.cancel()
        self._wire.disconnected()
        self._abandon()
        if self._task is not None:
            self._task.pushers.pop(self, None)
        self._record("ws_close", code=code, by="client" if by_client else "server")
        if by_client:
            self._report()

    def world_ended(self) -> None:
        """The mock forgets everything: nothing of this client is to go on."""
        self.task_ended()

    # Pusher

    @property
    def streaming(self) -> bool:
        return self._streams

    def task_ended(self) -> None:
        """The API's stop came while this client was connected."""
        self._cancel_owed()
        if self._streams:
            self._drain()
            self._close_books()
        self._end_session()
        self._flush()

    def task_failed(self) -> None:
        """The task failed while this client was connected."""
        if self._streams:
            self._close_books()
        self._fail_session()
        self._flush()

    # A stream

    @property
    def _occupied(self) -> bool:
        """Whether another client is streaming into the task."""
        assert self._task is not None
        return any(pusher.streaming for pusher in self._task.pushers if pusher is not self)

    def _open_stream(self) -> None:
        task = self._task
        assert task is not None
        self._streams = True
        self._frames = self._bytes = 0  # what came too late for the stream before
        self._decoder = media.open_decoder(task.format, task.sample_rate)
        self._estimated = 0
        self._pace = self._scope.watch.audio(task)
        if self._decoder.note:
            self._record("note", text=self._decoder.note)

    def _push(self, frame: bytes) -> None:
        """Take a binary frame of a stream that is on."""
        problem = self._take(frame)
        if problem is not None:
            self._offend(Offence("audio-format", f"the audio cannot be taken: {problem}"))
            self._refuse_audio(problem)

    def _take(self, frame: bytes) -> media.DecodeError | NoFrame | None:
        """Let a frame be heard. What is wrong with it is noted, and ends the decoding."""
        task, decoder = self._task, self._decoder
        assert task is not None and decoder is not None
        if task.status is not ONGOING:
            self._scope.move(task, TaskEvent.AUDIO, "audio arrived")
        note = decoder.note
        try:
            if task.options.multiple_streams:
                frame = multi_audio.parse(frame).mixed_data
            pcm = decoder.feed(frame)
        except NoFrame as error:
            self._decoder = None
            self._record("note", text=f"the frame is no MultiAudioFrame: {error}")
            return error
        except media.DecodeError as error:
            self._decoder = None
            self._record("note", text=f"the audio cannot be decoded: {error.detail or error.text}")
            return error
        if decoder.note != note:
            self._record("note", text=decoder.note)
        self._listen(pcm)
        return None

    def _listen(self, pcm: bytes) -> None:
        task = self._task
        assert task is not None
        if pcm:
            files = self._scope.media_of(task)
            if files is not None:
                files.write(pcm)
            heard = task.stream.feed(pcm)
        elif isinstance(self._decoder, media.EstimatingDecoder):
            length = self._decoder.estimated_ms
            heard = task.stream.imagine(length - self._estimated)
            self._estimated = length
        else:
            return
        for event in heard:
            self._hear(event)

    def _drain(self) -> None:
        """Take what the decoder still holds and let the recognizer finish its sentence.

        It does not raise: whatever ends a stream goes on to its end.
        """
        assert self._task is not None
        try:
            self._finish_decoding()
            for event in self._task.stream.flush():
                self._hear(event)
        except Exception:
            log.exception("a defect loses the end of a stream")
            self._record("note", text="a defect of the mock or its recognizer lost the end")
        finally:
            self._decoder = None

    def _finish_decoding(self) -> None:
        try:
            for frame in self._wire.take_early_audio():
                if self._decoder is not None:
                    self._take(frame)
            if self._decoder is not None:
                self._listen(self._decoder.flush())
        except media.DecodeError as error:
            self._record("note", text=f"the end of the audio cannot be decoded: {error}")

    def _abandon(self) -> None:
        """The stream ends without the client's word: keep what was heard."""
        self._cancel_owed()
        if self._streams:
            self._drain()
            self._end_stream("the stream broke off")

    def _end_stream(self, why: str) -> None:
        self._close_books()
        if self._task is not None and self._task.can(TaskEvent.STREAM_ENDED):
            self._scope.move(self._task, TaskEvent.STREAM_ENDED, why)

    def _close_books(self) -> None:
        """The stream is over: write down what it brought."""
        task = self._task
        assert task is not None
        self._streams = False
        self._record("audio", frames=self._frames, bytes=self._bytes, position=task.stream.position)
        if not task.meeting.sentences and task.stream.position >= _WORTH_A_WORD_MS:
            self._record(
                "note",
                text=f"{task.stream.position} ms of audio and no speech in it: silence, "
                "tones and steady noise say nothing",
            )
        self._frames = self._bytes = 0

    def _move_to(self, scope: Realm) -> None:
        """Go on in another scope: only now the client has said which project it works for."""
        if scope is self._scope:
            return
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if self._task is not None:
            self._task.pushers.pop(self, None)
            self._task = None
        self._record("note", text="the connection goes on in another scope")
        self._scope.connections.pop(self, None)
        self._scope = scope
        scope.connections[self] = None
        self._wire.time_is(scope.clock.now())
        self._record("ws_open", target=self._target)

    # Sending and waiting

    def _flush(self) -> None:
        """Send what the session has to say, keep its deadline, close when it says so."""
        connection, session = self._connection, self._wire
        if connection is None:
            return
        self._report()
        for message in session.messages_to_send():
            self._record("ws_out", message=message, masking=self._echoes_secret())
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

    def _echoes_secret(self) -> bool:
        """Whether messages may hold a secret: most are ours but for the client's id."""
        task_id = self._wire.task_id
        if task_id != self._looked_at:
            self._looked_at = task_id
            self._secret_id = self._scope.journal.masked(task_id) != task_id
        return self._secret_id or self._wire.quotes

    def _due(self) -> None:
        self._deadline = None
        session, now = self._wire, self._scope.clock.now()
        if self._connection is not None and self._connection.stalled:
            # We do not read because the client does not: that it sends nothing is our doing.
            session.last_arrival = now
        if session.deadline is not None and session.deadline <= now:
            self._time_passed(now)
        self._flush()

    def _after(self, delay: int, callback: Callable[[], None]) -> asyncio.TimerHandle:
        """Call back after a delay of real time: it only spares clients a race (design, Time)."""
        return asyncio.get_running_loop().call_later(delay / 1000, self._guarded, callback)

    def _guarded(self, callback: Callable[[], None]) -> None:
        try:
            callback()
        except Exception:
            self._defect()

    def _defect(self) -> None:
        log.exception("a defect of the mock ends a session with its protocol's server error")
        self._fail_session()
        self._flush()

    def _cancel_owed(self) -> None:
        if self._owed is not None:
            self._owed.cancel()
            self._owed = None

    def _record(self, kind: str, **fields: Any) -> None:
        task_id = None if self._task is None else self._task.id
        entry = self._scope.journal.record(kind, self.service, task_id, session=self._id, **fields)
        if kind in _SHOWS:
            self._seen = entry["seq"]

    # What is against the rules

    def _report(self) -> None:
        """Write down what the session has found wrong."""
        if self._wire.offences:
            for offence in self._wire.take_offences():
                self._offend(offence)

    def _offend(self, offence: Offence) -> None:
        self._scope.watch.stream(
            offence,
            service=self.service,
            task_id=None if self._task is None else self._task.id,
            session=self._id,
            offending=self._seen,
        )

    def _judge_audio(self, size: int) -> None:
        self._report()
        if (offence := frame_size(size)) is not None:
            self._offend(offence)
        task = self._task
        if self._pace is not None and self._streams and task is not None:
            offence = self._scope.watch.frame(self._pace, task)
            if offence is not None:
                self._offend(offence)
