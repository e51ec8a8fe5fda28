"""What every connection that pushes audio into a task shares, whatever its protocol."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Final

from mock_tingwu import media
from mock_tingwu.core.awkward.draws import pieces
from mock_tingwu.core.clock import Timer
from mock_tingwu.core.faults import StreamClose, StreamFailure, StreamFault, StreamStall, Subject
from mock_tingwu.core.pace import FRAME_BYTES, AudioPace, frame_too_long
from mock_tingwu.core.recognizer import Heard
from mock_tingwu.core.scope import Task
from mock_tingwu.core.tasks import ONGOING, TaskEvent
from mock_tingwu.core.violations import Offence
from mock_tingwu.protocols import multi_audio
from mock_tingwu.protocols.multi_audio import NoFrame
from mock_tingwu.protocols.stream_session import ByHand, StreamSession
from mock_tingwu.services.connection import Connection
from mock_tingwu.services.outgoing import Ending, Outgoing, names_of
from mock_tingwu.services.outside import Handle
from mock_tingwu.services.realm import Realm
from mock_tingwu.services.watching import command_offences

log = logging.getLogger("mock_tingwu")

#: So much audio (ms) without speech is worth a word in the journal.
_WORTH_A_WORD_MS = 2_000
#: What the journal calls who sends or closes through the control API.
BY_HAND: Final = "control"
#: Former ids of a connection that are remembered.
_FORMER_IDS: Final = 8


#: The kinds of journal entries that show what a client does.
_SHOWS = frozenset({"ws_open", "ws_in", "ws_close"})


class PushingConnection(ABC):
    """One client that pushes audio into a task, behind a session of some protocol.

    It is the `Endpoint` of its connection and, while it has a task, a `Pusher` of it.
    """

    service: ClassVar[str]
    #: Whether every client of the protocol can take a message in several frames.
    takes_fragments: ClassVar[bool] = False
    #: Whether a text message may say that the connection is to go on in another scope.
    changes_scope: ClassVar[bool] = False

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
        # Of the stream that is on; and of all before it, with what was heard of them (ms).
        self._frames = self._bytes = 0
        self._frames_before = self._bytes_before = self._heard_before = 0
        self._began_at = 0
        self._opened_at = scope.clock.now()
        self._ids: deque[str] = deque(maxlen=_FORMER_IDS)
        # Who ends the connection, where it is neither the client nor the service.
        self._closer = ""
        # The client's id for its task that was looked at last, and whether it is a secret.
        self._looked_at = ""
        self._secret_id = False
        self._deadline: Timer | None = None
        self._outgoing = Outgoing()
        # What a fault wants to be done at the moment that the audio has got to.
        self._next_fault: StreamFault | None = None
        # Whether a fault has ended the stream: nothing is taken or said any more but goodbye.
        self._broken = False
        # The latest message that shows what the client does, and how fast its audio comes.
        self._seen: int | None = None
        self._pace: AudioPace | None = None
        # How many messages were sent.
        self._sent = 0
        # What is owed to the stream after a small delay of real time.
        self._owed: Handle | None = None

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
    def _fail_on_demand(self, failure: StreamFailure) -> None:
        """A fault ends the session: say so."""

    @abstractmethod
    def _time_passed(self, now: int) -> None:
        """The session's deadline has passed."""

    @abstractmethod
    def compose(self, asked: Mapping[str, Any]) -> bytes:
        """A message of this protocol by its name, as the session would send it now.

        Raises:
            ValueError: there is none such; the message names the field, its value and what was
                expected.
        """

    # Endpoint

    def opened(self, connection: Connection) -> None:
        self._connection = connection
        self._choose_segments()
        if self._task is not None:
            self._task.pushers[self] = None
        self._record("ws_open", target=self._target)
        self._scope.connections[self] = None
        self._scope.metrics.opened(self)
        self._flush()
        if self._scope.closed:
            self.world_ended()  # between the request and now

    def text(self, data: bytes) -> None:
        if self._broken:
            return
        try:
            self._receive_text(data)
            for offence in command_offences(self.service, data):
                self._offend(offence)
        except Exception:
            self._defect()

    def binary(self, data: bytes) -> None:
        if self._broken:
            return
        try:
            self._receive_audio(data)
            if self._next_fault is not None:
                self._flush()
            self._judge_audio(len(data))
        except Exception:
            self._defect()

    def closed(self, code: int, by_client: bool) -> None:
        self._connection = None
        self._scope.connections.pop(self, None)
        self._scope.metrics.closed(self)
        if self._deadline is not None:
            self._deadline.cancel()
        self._wire.disconnected()
        self._abandon()
        if self._task is not None:
            self._task.pushers.pop(self, None)
        by = self._closer or ("client" if by_client else "server")
        self._record("ws_close", code=code, by=by)
        if by_client and not self._closer:
            self._report()

    def world_ended(self) -> None:
        """The mock forgets everything: nothing of this client is to go on."""
        if self._connection is not None:
            # The clock that a stall waits for ends, too.
            self._send(*self._outgoing.release())
        self.task_ended()

    # Looked at and driven from outside

    @property
    def id(self) -> str:
        """What the journal calls this session now."""
        return self._id

    def is_called(self, session_id: str) -> bool:
        """Whether this is, or lately was, its id: DashScope's changes with every task."""
        return session_id == self._id or session_id in self._ids

    @property
    def task(self) -> Task | None:
        return self._task

    @property
    def state(self) -> str:
        """The name of the session's state."""
        return str(self._wire.state.name)

    @property
    def received(self) -> tuple[int, int]:
        """Frames and bytes of audio that have come since it was opened."""
        return self._frames_before + self._frames, self._bytes_before + self._bytes

    @property
    def is_open(self) -> bool:
        """Whether a message can still be sent to the client."""
        return self._connection is not None and self._connection.is_open

    def described(self) -> dict[str, Any]:
        """How it stands; times in ms."""
        frames, size = self.received
        masked, connection, task = self._scope.journal.masked, self._connection, self._task
        heard = self._heard_before
        if self._streams and task is not None:
            heard += task.stream.position - self._began_at
        return {
            "id": masked(self._id),
            "service": self.service,
            "scope": self._scope.name,
            "task_id": None if task is None else task.id,
            "client_task_id": masked(self._wire.task_id) or None,
            "state": self.state,
            "open": self.is_open,
            "streaming": self._streams,
            "opened": self._opened_at,
            "target": masked(self._target),
            "frames": frames,
            "bytes": size,
            "audio_ms": heard,
            "reading_paused": connection is not None and connection.stalled,
            "unsent_bytes": 0 if connection is None else connection.unsent,
            "early_audio_bytes": self._wire.early_audio_kept,
        }

    def push_message(self, message: bytes) -> None:
        """Send ``message`` behind what was sent before. The session stays as it is."""
        self._wire.push(message)
        self._flush()

    def hang_up(self, code: int | None, reason: str = "") -> None:
        """Close with ``code``, or cut the line without one.

        What was heard is kept and the task is PAUSED, as after any lost connection.
        """
        connection = self._connection
        if connection is None:
            return
        self._closer = BY_HAND
        self._wire.disconnected()
        self._abandon()
        self._flush()
        if code is None:
            connection.cut()
        else:
            connection.close(code, reason)

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
        self._began_at = task.stream.position
        self._count_anew()  # what came too late for the stream before
        self._outgoing = Outgoing()
        self._next_fault = None
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
            self._scope.move(task, TaskEvent.AUDIO, "audio arrived", {"session": self._id})
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
        active = self._scope.faults.active
        before = task.stream.position if active else 0
        if pcm:
            files = self._scope.media_of(task)
            if files is not None:
                files.write(pcm)
                self._scope.note_media(task)
            heard = task.stream.feed(pcm)
        elif isinstance(self._decoder, media.EstimatingDecoder):
            length = self._decoder.estimated_ms
            heard = task.stream.imagine(length - self._estimated)
            self._estimated = length
        else:
            return
        if heard:
            for event in self._retold(heard):
                self._hear(event)
        if active:
            moment = self._moment(heard=(before, task.stream.position))
            self._next_fault = self._scope.faults.stream_fault(moment) or self._next_fault

    def _drain(self) -> None:
        """Take what the decoder still holds and let the recognizer finish its sentence.

        It does not raise: whatever ends a stream goes on to its end.
        """
        assert self._task is not None
        try:
            self._finish_decoding()
            for event in self._retold(self._task.stream.flush()):
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
            self._scope.move(self._task, TaskEvent.STREAM_ENDED, why, {"session": self._id})

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
        self._heard_before += task.stream.position - self._began_at
        self._count_anew()

    def _count_anew(self) -> None:
        """The next stream's frames are counted from 0."""
        self._frames_before += self._frames
        self._bytes_before += self._bytes
        self._frames = self._bytes = 0

    def _rename(self, session_id: str) -> None:
        """The journal calls it by another name from now on."""
        if self._id:
            self._ids.append(self._id)
        self._id = session_id

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
        self._choose_segments()
        self._wire.time_is(scope.clock.steady())
        self._record("ws_open", target=self._target)

    # Sending and waiting

    def _flush(self) -> None:
        """Send what the session has to say, keep its deadline, close when it says so."""
        connection, session = self._connection, self._wire
        if connection is None:
            return
        self._report()
        for message in session.messages_to_send():
            if not self._pass_on(message):
                break
        if self._next_fault is not None:
            self._do_next()
        if self._broken:
            return
        if self._outgoing.stalled:
            pass  # whatever is to be said comes later
        elif session.close_code is not None:
            self._send(*self._outgoing.rest())
            connection.close(session.close_code)
        elif session.deadline is None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None
        elif self._deadline is None:
            # A deadline that has moved on is looked at when its timer fires: no timer per frame.
            clock = self._scope.clock
            delay = session.deadline - clock.steady()
            self._deadline = clock.call_later(delay, lambda: self._guarded(self._due))

    def _send(self, *messages: bytes) -> None:
        assert self._connection is not None
        for message in messages:
            by_hand = isinstance(message, ByHand)
            self._record(
                "ws_out",
                message=message,
                masking=by_hand or self._echoes_secret(),
                **({"by": BY_HAND} if by_hand else {}),
            )
        manners = self._scope.manners
        for message in messages:
            if manners is not None and self.takes_fragments:
                cuts = manners.fragments(message, self._id, str(self._sent))
                self._connection.send_text(message, cuts)
            else:
                self._connection.send_text(message)

    # Manners

    def _retold(self, heard: Iterable[Heard]) -> Iterable[Heard]:
        """What the client is told of what was heard."""
        manners = self._scope.manners
        if manners is None or self._task is None:
            return heard
        return manners.retold(heard, self._task.id)

    def _delay(self, usual: int) -> int:
        """How long the start of a stream takes, in ms of real time."""
        manners = self._scope.manners
        return usual if manners is None else manners.start_delay(usual, self._id)

    def _choose_segments(self) -> None:
        manners = self._scope.manners
        if manners is None or self._connection is None:
            return
        together, cut = manners.has("coalesced-frames"), manners.has("cut-segments")
        if together or cut:
            draw = manners.draw("cut-segments", self._target, self._id)
            self._connection.send_in_segments(
                lambda data: pieces(data, draw.cuts(len(data), 2) if cut else ()),
                together=together,
            )

    # Faults

    def _moment(self, **what: Any) -> Subject:
        """A moment of this stream, for rules that are about it."""
        task = self._task
        if task is None:
            return Subject(self.service, **what)
        return Subject(
            self.service, task_key=task.key, app_key=task.app_key, task_id=task.id, **what
        )

    def _pass_on(self, message: bytes) -> bool:
        """Send an event, unless a fault wants something else. False: nothing is to follow."""
        faults, fault = self._scope.faults, None
        by_hand = isinstance(message, ByHand)
        if self._scope.manners is not None and not by_hand:
            self._sent += 1
            message = self._scope.manners.event(message, self._id, str(self._sent))
        if faults.active and not by_hand:
            fault = faults.stream_fault(self._moment(events=names_of(message)))
        if isinstance(fault, StreamStall):
            self._stall(fault.ms)
        for step in self._outgoing.pass_on(message, fault):
            if isinstance(step, bytes):
                self._send(step)
            else:
                self._break(step)
                return False
        return True

    def _do_next(self) -> None:
        fault, self._next_fault = self._next_fault, None
        if isinstance(fault, StreamStall):
            self._stall(fault.ms)
        elif isinstance(fault, Ending) and not self._broken:
            self._break(fault)

    def _stall(self, ms: int) -> None:
        """Say nothing for so long on the scope's clock."""
        self._outgoing.stall()
        outgoing = self._outgoing

        def over() -> None:
            held = outgoing.release()
            if self._connection is not None and self._outgoing is outgoing:
                self._send(*held)
                self._flush()

        self._scope.clock.call_later(ms, lambda: self._guarded(over))

    def _break(self, fault: Ending) -> None:
        """End the stream as a fault wants it."""
        connection = self._connection
        assert connection is not None
        if isinstance(fault, StreamFailure):
            self._fail_on_demand(fault)
            # This is what is said, whatever else rules want.
            self._send(*self._outgoing.release(), *self._wire.messages_to_send())
            return
        self._broken = True
        self._abandon()
        if isinstance(fault, StreamClose):
            connection.close(fault.code, fault.reason)
        else:
            connection.break_off()

    def _echoes_secret(self) -> bool:
        """Whether messages may hold a secret: most are ours but for the client's id."""
        task_id = self._wire.task_id
        if task_id != self._looked_at:
            self._looked_at = task_id
            self._secret_id = self._scope.journal.masked(task_id) != task_id
        return self._secret_id or self._wire.quotes

    def _due(self) -> None:
        self._deadline = None
        session, now = self._wire, self._scope.clock.steady()
        if self._connection is not None and self._connection.stalled:
            # We do not read because the client does not: that it sends nothing is our doing.
            session.last_arrival = now
        if session.deadline is not None and session.deadline <= now:
            self._time_passed(now)
        self._flush()

    def _after(self, delay: int, callback: Callable[[], None]) -> Handle:
        """Call back after a delay of real time: it only spares clients a race (design, Time)."""
        return self._scope.outside.after(delay, lambda: self._guarded(callback))

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
        if self._wire.offences:
            self._report()
        if size > FRAME_BYTES:
            self._offend(frame_too_long(size))
        task = self._task
        if self._pace is not None and self._streams and task is not None:
            offence = self._scope.watch.frame(self._pace, task)
            if offence is not None:
                self._offend(offence)
