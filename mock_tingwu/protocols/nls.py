"""The SpeechTranscriber protocol behind a MeetingJoinUrl, without sockets, clocks or threads.

A `Session` is one WebSocket connection seen from the server. You feed it what arrives:

* `receive_text` for a text frame. Act on the `Request` that it returns, if any.
* `receive_audio` for a binary frame. Feed the recognizer with the audio that it returns.
* `confirm_start`, `hear`, `confirm_stop`, `task_ended`, `fail`, `timed_out`, `disconnected` for
  what happens on the server's side.

After any of these you must send `messages_to_send`, write `take_offences` down, and close the
socket with `close_code` when that is not None. Sources: realtime-ws, chapters 1 to 4 and 7.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct, field

from mock_tingwu.core import errors
from mock_tingwu.core.errors import SessionError
from mock_tingwu.core.meeting import Word
from mock_tingwu.core.options import Options
from mock_tingwu.core.recognizer import (
    Heard,
    PassageBegan,
    SentenceBegan,
    SentenceChanged,
    SentenceEnded,
)
from mock_tingwu.core.stream import Shift
from mock_tingwu.protocols.nls_table import (
    CLOSED,
    COMMANDS,
    OFFENCES,
    REFUSALS,
    SESSION,
    STARTING,
    STOPPING,
    WORKING,
    Input,
    State,
)
from mock_tingwu.protocols.stream_session import StreamSession

NAMESPACE: Final = "SpeechTranscriber"
#: The name of the event that tells of a failure, and its namespace (realtime-ws 2.3).
TASK_FAILED: Final = "TaskFailed"
FAILED_NAMESPACE: Final = "Default"
#: The names of all events.
EVENTS: Final = (
    "TranscriptionStarted",
    "SentenceBegin",
    "TranscriptionResultChanged",
    "SentenceEnd",
    "ResultTranslated",
    "TranscriptionCompleted",
    TASK_FAILED,
)
SUCCESS: Final = 20000000
SUCCESS_TEXT: Final = "Gateway:SUCCESS:Success."

#: A connection on which nothing arrives for this long is given up (realtime-ws 1.4).
IDLE_MS: Final = 10_000
#: TranscriptionStarted is held back for this long: some SDKs lose an instant one (realtime-ws 3.2).
START_DELAY_MS: Final = 50
#: How long TranscriptionCompleted takes after StopTranscription.
STOP_DELAY_MS: Final = 20
#: A failed session stays open for this much real time: commands still in flight get their answer.
LINGER_MS: Final = 1_000
#: What a client calls things is repeated to it up to this length: events stay below 64 KiB, which
#: is all that some SDKs can read (realtime-ws 9).
ECHO_CHARACTERS: Final = 256
#: The largest offset that a resuming client may give.
MAX_OFFSET: Final = 1 << 30


class StartRequested(Struct, frozen=True):
    """Open the stream, wait `START_DELAY_MS`, then call `Session.confirm_start`.

    ``payload`` is advisory: format and rate come from the task. ``time_offset`` (ms) and
    ``index_offset`` are set by clients that resume a broken stream (realtime-ws 1.5).
    """

    payload: Mapping[str, Any] = field(default_factory=dict)
    time_offset: int | None = None
    index_offset: int | None = None


class StopRequested(Struct, frozen=True):
    """Flush the recognizer into `Session.hear`, wait `STOP_DELAY_MS`, then `confirm_stop`."""


class Ignored(Struct, frozen=True):
    """The frame was tolerated and has no effect; ``reason`` says why."""

    reason: str


class Refused(Struct, frozen=True):
    """The client was answered with a TaskFailed."""

    error: SessionError


Request = StartRequested | StopRequested | Ignored | Refused

#: A state, as violations call it.
_WHILE: Final = {
    State.CONNECTED: "before StartTranscription",
    State.STARTING: "before TranscriptionStarted",
    State.WORKING: "while the stream was on",
    State.STOPPING: "after StopTranscription, before TranscriptionCompleted",
    State.IDLE: "after the stream was complete",
    State.FAILED: "after TaskFailed",
}

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Session(StreamSession[State, Input]):
    """One connection to a MeetingJoinUrl.

    Args:
        options: output levels and translation targets of the task.
        new_id: gives a new 32-hex-digit message id at each call.
        now: the present time in ms.
        shift: what resuming clients have made of the task's indices and times so far.
    """

    def __init__(
        self,
        options: Options,
        new_id: Callable[[], str],
        now: int,
        shift: Shift | None = None,
    ) -> None:
        super().__init__(SESSION, now)
        self._options = options
        self._new_id = new_id
        self._last_directive = ""
        self._shift = shift or Shift()

    # What arrives from the client

    def receive_text(self, text: str | bytes, now: int) -> Request:
        """Take a text frame."""
        self.last_arrival = now
        if self.state is CLOSED:
            return Ignored("the session is closed")
        try:
            message = _decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return Ignored("the text is not JSON")
        if not isinstance(message, dict):
            return Ignored("the JSON is not an object")
        header = message.get("header")
        if not isinstance(header, dict):
            return self._refuse(errors.MISSING_HEADER)
        name = header.get("name")
        if not isinstance(name, str) or not name:
            return self._refuse(errors.MISSING_NAME)
        namespace = header.get("namespace", NAMESPACE)
        if namespace != NAMESPACE:
            return self._refuse(errors.NAMESPACE_NOT_FOUND.about(str(namespace)[:ECHO_CHARACTERS]))
        self._last_directive = name
        command = COMMANDS.get(name)
        if command is None:
            directive = f"{namespace}.{name}"[:ECHO_CHARACTERS]
            return self._refuse(errors.DIRECTIVE_NOT_SUPPORTED.about(directive))
        self._judge(command, f"{name} came")
        if not self._advance(command):
            return self._refuse(REFUSALS[self.state, command])
        return self._obey(command, header, message.get("payload"))

    def receive_audio(self, data: bytes, now: int) -> bytes:
        """Take a binary frame; return the audio to feed to the recognizer now.

        Audio that comes too early is kept for `confirm_start`, audio that comes too late is
        dropped; both return ``b""``.
        """
        self.last_arrival = now
        if self.state is WORKING:
            return data
        self._judge(Input.AUDIO, "audio came")
        if not self._advance(Input.AUDIO):
            if (self.state, Input.AUDIO) in REFUSALS:
                self._refuse(REFUSALS[self.state, Input.AUDIO])
        elif self.state is STARTING and data:
            self._keep_early(data)
        return b""

    def disconnected(self) -> None:
        """The socket is gone. Nothing more will be sent.

        Whether a client that was in the midst of a stream closed it the caller knows.
        """
        self._judge(Input.DISCONNECT, "the connection was closed")
        self._advance(Input.DISCONNECT)
        self._messages.clear()

    # What happens on the server's side

    def confirm_start(
        self, *, next_index: int, position: int, request: StartRequested
    ) -> list[bytes]:
        """Send TranscriptionStarted. Returns the binary frames that have arrived meanwhile.

        ``next_index`` and ``position`` (ms) say where the task's stream stands. Without offsets
        from the client indices and times simply go on from there; with them they go on from the
        offsets: the next sentence is the one after ``index_offset``.
        """
        self._require(Input.STARTED)
        if request.index_offset is not None:
            self._shift.index = request.index_offset + 1 - next_index
        if request.time_offset is not None:
            self._shift.time = request.time_offset - position
        self._send("TranscriptionStarted")
        return self.take_early_audio()

    def hear(self, heard: Heard) -> None:
        """Send what the recognizer has heard, as far as the output levels ask for it.

        Nothing follows a TaskFailed: outside a stream this does nothing.
        """
        if self.state is not WORKING and self.state is not STOPPING:
            return
        match heard:
            case SentenceBegan(index, time):
                self._send(
                    "SentenceBegin",
                    {"index": index + self._shift.index, "time": time + self._shift.time},
                )
            case SentenceChanged():
                if self._options.output_level >= 2:
                    self._sentence_changed(heard)
            case SentenceEnded():
                self._sentence_ended(heard)
            case PassageBegan():
                pass

    def confirm_stop(self) -> None:
        """Send TranscriptionCompleted. The socket may start another stream."""
        self._require(Input.COMPLETED)
        self._send("TranscriptionCompleted")

    def task_ended(self) -> None:
        """The task was stopped through the API: complete what is on and close."""
        streaming = self.state in (WORKING, STOPPING)
        if not self._advance(Input.TASK_ENDED):
            return
        if streaming:
            self._send("TranscriptionCompleted")
        self.close_code = 1000

    def fail(self, error: SessionError) -> None:
        """Send TaskFailed. The session takes nothing more; call `linger_over` `LINGER_MS` later."""
        self._refuse(error)

    def linger_over(self) -> None:
        """A failed session has been open for long enough."""
        self._require(Input.LINGERED)
        self.close_code = 1000

    @property
    def deadline(self) -> int | None:
        """When `timed_out` is due if nothing arrives before (ms), or None."""
        if (self.state, Input.TIMEOUT) in SESSION.table:
            return self.last_arrival + IDLE_MS
        return None

    def timed_out(self) -> None:
        """The deadline has passed."""
        self._judge(Input.TIMEOUT, f"nothing came for {IDLE_MS} ms")
        self._require(Input.TIMEOUT)
        last = self._last_directive
        about = f", the last directive is '{last}'" if last else ""
        self._task_failed(errors.IDLE_TIMEOUT.about(about))
        self.close_code = 1000

    def message(
        self,
        name: str,
        payload: Mapping[str, Any] | None = None,
        *,
        namespace: str = NAMESPACE,
        status: int = SUCCESS,
        status_text: str = SUCCESS_TEXT,
        source_message_id: str | None = None,
    ) -> tuple[str, bytes]:
        """A message_id and the event with it, which is not sent: the header is filled in."""
        message_id = self._new_id()
        self.task_id = self.task_id or self._new_id()
        header = {
            "namespace": namespace,
            "name": name,
            "status": status,
            "message_id": message_id,
            "task_id": self.task_id,
            "status_text": status_text,
        }
        if source_message_id is not None:
            header["source_message_id"] = source_message_id
        message = {"header": header} if payload is None else {"header": header, "payload": payload}
        return message_id, _encode(message)

    # Inside

    def _judge(self, event: Input, what: str) -> None:
        """Note it when the client does something in a state in which that is wrong."""
        rule = OFFENCES.get((self.state, event))
        if rule is not None:
            self._offend(rule, f"{what} {_WHILE[self.state]}")

    def _refuse(self, error: SessionError) -> Refused:
        if self._advance(Input.ERROR):
            self._early_audio.clear()
            self._task_failed(error)
        return Refused(error)

    def _obey(self, command: Input, header: Mapping[str, Any], payload: object) -> Request:
        task_id = header.get("task_id")
        if command is Input.START:
            usable = isinstance(task_id, str) and 0 < len(task_id) <= ECHO_CHARACTERS
            self.task_id = str(task_id) if usable else self._new_id()
            settings = payload if isinstance(payload, dict) else {}
            return StartRequested(
                settings,
                _offset(settings.get("tw_time_offset")),
                _offset(settings.get("tw_index_offset")),
            )
        if command is Input.STOP:
            return StopRequested()
        return Ignored("control commands have no effect")

    def _sentence_changed(self, heard: SentenceChanged) -> None:
        index = heard.index + self._shift.index
        payload = {
            "index": index,
            "time": heard.time + self._shift.time,
            "result": heard.text,
            "confidence": _confidence(heard.text),
            "words": self._words(heard.words),
            "status": 0,
            "begin_time": heard.begin + self._shift.time,
            "fixed_result": "",
            "unfixed_result": "",
        }
        self._add_speaker(payload, heard.speaker)
        source = self._send("TranscriptionResultChanged", payload)
        if self._options.translation_output_level >= 2:
            for target in self._options.translation_targets:
                item = {"text": heard.translation(target), "index": index}
                self._translated(source, heard.speaker, heard.line.language, target, [item])

    def _sentence_ended(self, heard: SentenceEnded) -> None:
        sentence, stash = heard.sentence, heard.stash
        index = heard.index + self._shift.index
        begin, end = sentence.begin + self._shift.time, sentence.end + self._shift.time
        payload = {
            "index": index,
            "time": end,
            "result": sentence.text,
            "confidence": _confidence(sentence.text),
            "words": self._words(sentence.words),
            "status": 0,
            "gender": "",
            "begin_time": begin,
            "fixed_result": "",
            "unfixed_result": "",
            # The Tingwu page calls the next sentence `index`, NLS `sentenceId` (realtime-ws 10.5).
            "stash_result": {
                "index": index + 1,
                "sentenceId": index + 1,
                "beginTime": stash.begin + self._shift.time,
                "currentTime": stash.time + self._shift.time,
                "text": stash.text,
                "fixedText": "",
                "unfixedText": stash.text,
                "words": self._words(stash.words),
            },
            "audio_extra_info": "",
            "sentence_id": self._new_id(),
            "gender_score": 0.0,
        }
        self._add_speaker(payload, sentence.speaker)
        source = self._send("SentenceEnd", payload)
        for target in self._options.translation_targets:
            items: list[dict[str, Any]] = [
                {
                    "text": sentence.translation(target),
                    "index": index,
                    "beginTime": begin,
                    "endTime": end,
                }
            ]
            if stash.words:
                items.append(
                    {"text": stash.translation(target), "index": index + 1, "partial": True}
                )
            self._translated(source, sentence.speaker, sentence.language, target, items)

    def _translated(
        self, source: str, speaker: int, language: str, target: str, items: list[dict[str, Any]]
    ) -> None:
        payload = {
            "speaker_id": str(speaker),
            "source_lang": language,
            "target_lang": target,
            "translate_result": items,
        }
        self._send("ResultTranslated", payload, source_message_id=source)

    def _add_speaker(self, payload: dict[str, Any], speaker: int) -> None:
        if self._options.realtime_diarization:
            payload["speaker_id"] = str(speaker)

    def _words(self, words: Sequence[Word]) -> list[dict[str, Any]]:
        shift = self._shift.time
        return [
            {"text": word.text, "startTime": word.begin + shift, "endTime": word.end + shift}
            for word in words
        ]

    def _task_failed(self, error: SessionError) -> None:
        self.quotes = True
        self._send(
            TASK_FAILED,
            namespace=FAILED_NAMESPACE,
            status=error.status,
            status_text=error.text,
        )

    def _send(self, name: str, payload: dict[str, Any] | None = None, **header: Any) -> str:
        message_id, message = self.message(name, payload, **header)
        self._messages.append(message)
        return message_id


def _offset(value: object) -> int | None:
    """``value`` if it is an offset that leaves room in the 32 bits that SDKs read it into."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_OFFSET:
        return None
    return value


def _confidence(text: str) -> float:
    """A plausible confidence that depends on the text alone."""
    return round(0.9 + sum(map(ord, text)) % 90 / 1000, 3)
