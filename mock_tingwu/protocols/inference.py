"""The duplex protocol of DashScope's Tingwu agents, without sockets, clocks or threads.

A `Session` is one WebSocket connection seen from the server. You feed it what arrives:

* `receive_text` for a text frame. Act on the `Request` that it returns, if any.
* `receive_audio` for a binary frame. Feed the recognizer with the audio that it returns.
* `listen`, `hear`, `end`, `meeting_ended`, `shut_down`, `fail`, `due`, `disconnected` for what
  happens on the server's side.

After any of these you must send `messages_to_send`, write `take_offences` down, and close the
socket with `close_code` when that is not None. Source: realtime-ws 8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from mock_tingwu.core.dashscope_errors import AGENT_ERRORS, PLATFORM_ERRORS
from mock_tingwu.core.errors import ApiError
from mock_tingwu.core.meeting import Word
from mock_tingwu.core.recognizer import (
    Heard,
    PassageBegan,
    SentenceBegan,
    SentenceChanged,
    SentenceEnded,
)
from mock_tingwu.core.shown import shown
from mock_tingwu.protocols.inference_table import (
    CLOSED,
    FINISHING,
    HASTY,
    IDLE,
    LISTENING,
    SESSION,
    STARTING,
    Input,
    State,
)
from mock_tingwu.protocols.stream_session import StreamSession

MEETING: Final = "tingwu-meeting-realtime"
INSTRUCTION: Final = "tingwu-industrial-instruction"
#: What header.event may be (realtime-ws 8.4).
EVENTS: Final = ("task-started", "result-generated", "task-finished", "task-failed")
#: What a result-generated may tell of (realtime-ws 8.4).
ACTIONS: Final = (
    "speech-listen",
    "recognize-result",
    "ai-result",
    "ping",
    "speech-end",
    "task-failed",
)
#: After so much time without a frame from the client it is disconnected, ms (realtime-ws 8.5, and
#: the industrial agent's page).
IDLE_MS: Final[Mapping[str, int]] = {MEETING: 10_000, INSTRUCTION: 15_000}
#: A ping follows the last event after so much time, ms (realtime-ws 8.4).
PING_MS: Final = 30_000
#: speech-listen is held back for this long, as TranscriptionStarted is: clients race with it.
LISTEN_DELAY_MS: Final = 50
#: How long speech-end takes after finish-task.
END_DELAY_MS: Final = 20
#: The documented length of a task_id. Every SDK sends another one.
TASK_ID_LENGTH: Final = 16
#: A longer task_id is refused: it is repeated in every event.
LONGEST_TASK_ID: Final = 256
#: What SDKs put for task_group, task and function (realtime-ws 8.2).
_CONSTANTS: Final = {
    "task_group": "aigc",
    "task": "multimodal-generation",
    "function": "generation",
}

_ENDED = ("close-before-completed", "the connection was closed before speech-end")
_RUNNING = ("close-without-finish", "the connection was closed without finish-task")
#: What is wrong with a connection that is closed in a state.
_UNFINISHED: Final = {
    STARTING: _RUNNING,
    LISTENING: _RUNNING,
    HASTY: _ENDED,
    FINISHING: _ENDED,
}

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class RunRequested:
    """Find the meeting, wait `LISTEN_DELAY_MS`, then call `Session.listen`, or `Session.fail`."""

    model: str
    app_id: str
    data_id: str | None
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FinishRequested:
    """Flush the recognizer into `Session.hear`, wait `END_DELAY_MS`, then call `Session.end`.

    When the session is not listening yet, do so after `Session.listen`.
    """


@dataclass(frozen=True, slots=True)
class Refused:
    """The client was answered with task-failed; ``detail`` is for the journal."""

    error: ApiError
    detail: str = ""


Request = RunRequested | FinishRequested | Refused


class Session(StreamSession[State, Input]):
    """One connection to the inference endpoint.

    ``now`` is the present time in ms. ``strict_task_id``: a task_id that has not 16 characters is
    refused, not only noted.
    """

    def __init__(self, now: int, *, strict_task_id: bool = False) -> None:
        super().__init__(SESSION, now)
        self.model = MEETING
        self._last_sent = now
        self._strict_task_id = strict_task_id
        self._targets: Sequence[str] = ()

    def time_is(self, now: int) -> None:
        super().time_is(now)
        self._last_sent = now

    # What arrives from the client

    def receive_text(self, text: str | bytes, now: int) -> Request | None:
        """Take a text frame. None: the session is over, it has no effect."""
        self.last_arrival = now
        if self.state is CLOSED:
            return None
        try:
            message = _decode(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return self._reject("InvalidParameter", "the text is not JSON", now)
        header = message.get("header") if isinstance(message, dict) else None
        if not isinstance(header, dict):
            return self._reject("InvalidParameter", "there is no header", now)
        task_id, action = header.get("task_id"), header.get("action")
        if not isinstance(task_id, str) or not 0 < len(task_id) <= LONGEST_TASK_ID:
            return self._reject("InvalidParameter", "header.task_id is missing or too long", now)
        self.task_id = self.task_id or task_id
        payload = message.get("payload")
        payload = payload if isinstance(payload, dict) else {}
        if action == "run-task":
            return self._run(task_id, payload, now)
        if action == "finish-task":
            return self._finish(task_id, payload, now)
        return self._refuse("Agent.InputActionIllegal", f"header.action is {shown(action)}", now)

    def receive_audio(self, data: bytes, now: int) -> bytes:
        """Take a binary frame; return the audio to feed to the recognizer now.

        Audio that comes before speech-listen is kept for `listen`, audio that comes too late is
        dropped; both return ``b""``.
        """
        self.last_arrival = now
        if self.state is LISTENING:
            return data
        if self.state is CLOSED:
            return b""
        if not self._advance(Input.AUDIO):
            self._refuse("Agent.FrameSequenceIllegal", "audio came before run-task", now)
        elif self.state in (STARTING, HASTY) and data:
            if not self._early_bytes:
                self._offend("audio-before-listen", "audio came before speech-listen")
            self._keep_early(data)
        return b""

    def disconnected(self) -> None:
        """The socket is gone. Nothing more will be sent.

        Whether a client that was in the midst of a task closed it the caller knows.
        """
        if self.state in _UNFINISHED:
            self._offend(*_UNFINISHED[self.state])
        self._advance(Input.DISCONNECT)
        self._messages.clear()

    # What happens on the server's side

    def listen(self, data_id: str, targets: Sequence[str], now: int) -> None:
        """Send speech-listen. Then feed what `take_early_audio` returns.

        ``targets`` are the languages that sentences are translated into.
        """
        self._require(Input.LISTEN)
        self._targets = targets
        self._result({"action": "speech-listen", "dataId": data_id}, now)

    def hear(self, heard: Heard, now: int) -> None:
        """Send what the recognizer has heard. Outside a task this does nothing."""
        if self.state not in (LISTENING, FINISHING):
            return
        if self.model == INSTRUCTION:
            self._hear_instruction(heard, now)
        else:
            self._hear_meeting(heard, now)

    def end(self, now: int, *, correction: str | None = None) -> None:
        """Send ai-result, if there is a ``correction``, and speech-end: the task is over."""
        self._require(Input.SPEECH_END)
        if correction is not None:
            self._result({"action": "ai-result", "aiResult": {"correction": correction}}, now)
        self._over(now)

    def meeting_ended(self, now: int) -> None:
        """The meeting was ended through createTask: end what is on.

        A client that has not finished is disconnected.
        """
        running = self.state is not IDLE
        if self._advance(Input.MEETING_ENDED):
            if running:
                self._over(now)
            if self.state is CLOSED:
                self.close_code = 1000

    def shut_down(self, now: int) -> None:
        """Nothing goes on: end what is on and close."""
        self.meeting_ended(now)
        if self._advance(Input.SHUTDOWN):
            self.close_code = 1000

    def fail(self, error: ApiError, now: int) -> None:
        """Send an agent's task-failed and close."""
        if self._advance(Input.ERROR):
            output = {
                "action": "task-failed",
                "errorCode": error.code,
                "errorMessage": error.message,
            }
            self._result(output, now)
            self.close_code = 1000

    @property
    def deadline(self) -> int | None:
        """When `due` is to be called (ms), or None."""
        times = []
        if (self.state, Input.TIMEOUT) in SESSION.table:
            times.append(self.last_arrival + IDLE_MS[self.model])
        if self._pings:
            times.append(self._last_sent + PING_MS)
        return min(times, default=None)

    def due(self, now: int) -> bool:
        """The deadline has passed: send a ping, or give an idle client up. True for the latter."""
        if (self.state, Input.TIMEOUT) in SESSION.table and (
            now >= self.last_arrival + IDLE_MS[self.model]
        ):
            if self.state is not IDLE:
                text = f"nothing came for {IDLE_MS[self.model]} ms"
                self._offend("idle-timeout", text)
            self._require(Input.TIMEOUT)
            self.close_code = 1000
            return True
        if self._pings and now >= self._last_sent + PING_MS:
            self._result({"action": "ping"}, now)
        return False

    def message(self, output: Mapping[str, Any]) -> bytes:
        """The result-generated with this ``output``, which is not sent."""
        return _encode(self._generated(output))

    # Inside

    @property
    def _pings(self) -> bool:
        # The page of the industrial agent knows of none.
        return self.state is LISTENING and self.model == MEETING

    def _run(self, task_id: str, payload: Mapping[str, Any], now: int) -> Request:
        if (self.state, Input.RUN_TASK) not in SESSION.table:
            return self._refuse("Agent.FrameSequenceIllegal", "a task is running already", now)
        self.task_id = task_id
        if self.state is IDLE and INSTRUCTION in (self.model, payload.get("model")):
            detail = "the industrial agent wants a new connection for every task"
            return self._refuse("Agent.FrameSequenceIllegal", detail, now)
        model, given = payload.get("model"), payload.get("input")
        if not isinstance(model, str) or not model:
            return self._reject("BadRequest.EmptyModel", "payload.model is missing", now)
        if model not in IDLE_MS:
            return self._reject("ModelNotFound", f"payload.model is {shown(model)}", now)
        if not isinstance(given, dict) or not given:
            return self._reject("BadRequest.EmptyInput", "payload.input is missing", now)
        self.model = model
        self._event("task-started", now)
        if not self._check_task_id(task_id):
            return self._refuse("Agent.CustomTaskIdInvalid", "header.task_id", now)
        for name, documented in _CONSTANTS.items():
            if payload.get(name) != documented:
                text = f"payload.{name} is {shown(payload.get(name))}, documented is {documented!r}"
                self._offend("constants", text)
        directive, app_id = given.get("directive"), given.get("appId")
        if not isinstance(directive, str) or directive.lower() != "start":
            detail = f"payload.input.directive is {shown(directive)}, expected start"
            return self._refuse("Agent.InputActionIllegal", detail, now)
        if not isinstance(app_id, str) or not app_id:
            return self._refuse("Agent.InputAppIdIllegal", "payload.input.appId is missing", now)
        self._require(Input.RUN_TASK)
        data_id, parameters = given.get("dataId"), payload.get("parameters")
        return RunRequested(
            model,
            app_id,
            data_id if isinstance(data_id, str) and data_id else None,
            parameters if isinstance(parameters, dict) else {},
        )

    def _check_task_id(self, task_id: str) -> bool:
        if len(task_id) == TASK_ID_LENGTH:
            return True
        text = f"header.task_id has {len(task_id)} characters, documented are {TASK_ID_LENGTH}"
        self._offend("task-id-length", text)
        return not self._strict_task_id

    def _finish(self, task_id: str, payload: Mapping[str, Any], now: int) -> Request:
        if (self.state, Input.FINISH_TASK) not in SESSION.table:
            return self._refuse("Agent.FrameSequenceIllegal", "no task is running", now)
        if task_id != self.task_id:
            ids = f"{shown(task_id)}, the running task is {shown(self.task_id)}"
            detail = f"finish-task is about {ids}"
            return self._refuse("Agent.FrameSequenceIllegal", detail, now)
        given = payload.get("input")
        # Java writes Stop, or sends an empty input (realtime-ws 8.2 tells of its constructors).
        directive = given.get("directive") if isinstance(given, dict) else None
        if directive is not None and (
            not isinstance(directive, str) or directive.lower() != "stop"
        ):
            detail = f"payload.input.directive is {shown(directive)}, expected stop"
            return self._refuse("Agent.InputActionIllegal", detail, now)
        self._require(Input.FINISH_TASK)
        return FinishRequested()

    def _reject(self, code: str, detail: str, now: int) -> Refused:
        """Refuse as the platform does, before any agent: in the header."""
        error = PLATFORM_ERRORS[code]
        self._require(Input.ERROR)
        self._event("task-failed", now, error_code=error.code, error_message=error.message)
        self.close_code = 1000
        return Refused(error, detail)

    def _refuse(self, code: str, detail: str, now: int) -> Refused:
        """Refuse as an agent does: in the output."""
        if code == "Agent.FrameSequenceIllegal":
            self._offend("frame-sequence", detail)
        error = AGENT_ERRORS[code]
        self.fail(error, now)
        return Refused(error, detail)

    def _over(self, now: int) -> None:
        self._result({"action": "speech-end"}, now)
        # No page tells of it, but Java's stop() returns only then.
        self._event("task-finished", now)

    def _hear_meeting(self, heard: Heard, now: int) -> None:
        match heard:
            case SentenceBegan(index, time):
                self._transcribed({"sentenceId": index, "time": time}, now)
            case SentenceChanged():
                self._transcribed(
                    {
                        "sentenceId": heard.index,
                        "sentenceEnd": False,
                        "time": heard.time,
                        "text": heard.text,
                        "words": _words(heard.words),
                    },
                    now,
                )
                for target in self._targets:
                    item = {"text": heard.translation(target), "sentenceId": heard.index}
                    self._translated(heard.line.language, target, [item], now)
            case SentenceEnded():
                self._sentence_ended(heard, now)
            case PassageBegan():
                pass

    def _sentence_ended(self, heard: SentenceEnded, now: int) -> None:
        sentence, stash, index = heard.sentence, heard.stash, heard.index
        self._transcribed(
            {
                "sentenceId": index,
                "time": sentence.end,
                "sentenceEnd": True,
                "text": sentence.text,
                "words": _words(sentence.words),
                "stashResult": {
                    "sentenceId": index + 1,
                    "words": _words(stash.words),
                    "text": stash.text,
                },
            },
            now,
        )
        for target in self._targets:
            items: list[dict[str, Any]] = [
                {
                    "text": sentence.translation(target),
                    "sentenceId": index,
                    "beginTime": sentence.begin,
                    "endTime": sentence.end,
                }
            ]
            if stash.words:
                text = stash.translation(target)
                items.append({"text": text, "sentenceId": index + 1, "partial": True})
            self._translated(sentence.language, target, items, now)

    def _hear_instruction(self, heard: Heard, now: int) -> None:
        match heard:
            case SentenceChanged():
                text, words, translated = heard.text, heard.words, heard.translation("cn")
                begin, ended = heard.begin, False
            case SentenceEnded(sentence=sentence):
                text, words, translated = sentence.text, sentence.words, sentence.translation("cn")
                begin, ended = sentence.begin, True
            case _:
                return
        if not words:
            return
        shown, end = _words(words), words[-1].end
        place = {"sentenceId": heard.index, "beginTime": begin, "endTime": end}
        whole = [{"beginTime": begin, "endTime": end, "text": translated}]
        chinese = {
            **place,
            "text": translated,
            "lang": "zh",
            "words": shown if translated == text else whole,
            "sentenceEnd": ended,
        }
        output = {
            "action": "recognize-result",
            "transcription": {**place, "sentenceEnd": ended, "text": text, "words": shown},
            "translations": {"sentenceEnd": ended, "translations": {"zh": chinese}},
        }
        self._result(output, now)

    def _transcribed(self, transcription: dict[str, Any], now: int) -> None:
        self._result({"action": "recognize-result", "transcription": transcription}, now)

    def _translated(
        self, language: str, target: str, items: list[dict[str, Any]], now: int
    ) -> None:
        translation = {"sourceLang": language, "targetLang": target, "translateResult": items}
        self._result({"action": "recognize-result", "translations": {target: translation}}, now)

    def _result(self, output: dict[str, Any], now: int) -> None:
        self._send(self._generated(output), now)

    def _generated(self, output: Mapping[str, Any]) -> dict[str, Any]:
        header = {"event": "result-generated", "task_id": self.task_id}
        return {"header": header, "payload": {"output": output}}

    def _event(self, event: str, now: int, **fields: str) -> None:
        # Java reads payload without looking whether there is one.
        header = {"event": event, "task_id": self.task_id, **fields, "attributes": {}}
        self._send({"header": header, "payload": {}}, now)

    def _send(self, message: dict[str, Any], now: int) -> None:
        self._last_sent = now
        self._messages.append(_encode(message))


def _words(words: Sequence[Word]) -> list[dict[str, Any]]:
    return [{"beginTime": word.begin, "endTime": word.end, "text": word.text} for word in words]
