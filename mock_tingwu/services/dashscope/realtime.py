"""The inference WebSocket: joins a connection, its duplex session and a meeting (realtime-ws 8)."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from mock_tingwu import media
from mock_tingwu.core.apps import App
from mock_tingwu.core.dashscope_errors import (
    AGENT_ERRORS,
    AUDIO_FORMAT,
    CALL_ERRORS,
    END_SILENCE,
    NO_TERMINOLOGY,
    OFFICIAL_DOCUMENTS,
    PLATFORM_ERRORS,
    SAMPLE_RATE,
    TERMINOLOGY,
)
from mock_tingwu.core.errors import ApiError
from mock_tingwu.core.faults import StreamFailure, Subject
from mock_tingwu.core.options import Options
from mock_tingwu.core.recognizer import Heard
from mock_tingwu.core.scope import Order, Task
from mock_tingwu.core.shown import shown
from mock_tingwu.core.tasks import TaskEvent
from mock_tingwu.core.violations import Offence
from mock_tingwu.protocols import inference
from mock_tingwu.protocols.inference_table import FINISHING
from mock_tingwu.protocols.multi_audio import NoFrame
from mock_tingwu.services.causes import caused
from mock_tingwu.services.connection import Endpoint, Rejection
from mock_tingwu.services.dashscope.gateway import SERVICE
from mock_tingwu.services.dashscope.keys import bearer, key_ring, scope_of_call
from mock_tingwu.services.dashscope.service import LIFE_MS
from mock_tingwu.services.elsewhere import Elsewhere
from mock_tingwu.services.pushing import PushingConnection
from mock_tingwu.services.realm import Realm
from mock_tingwu.services.world import World

#: What the industrial agent hears, and at which rate in Hz (the agent's page).
FORMATS: Final = ("pcm", "wav", "mp3", "opus", "speex", "aac", "amr")
RATE: Final = 16_000
#: How long a pause ends an instruction, in ms: without a word, and at most.
USUAL_SILENCE_MS, LONGEST_SILENCE_MS = 1_500, 6_000
#: How much an instruction has to be like what was heard to be taken for it.
_ALIKE: Final = 0.6
#: The rules that a run-task breaks which is refused with a code, although it is well written.
_REFUSALS: Final = {
    "Agent.InputAppIdIllegal": "app-id",
    "Agent.InputInvalidDataId": "data-id",
    "Agent.FrameSequenceIllegal": "second-stream",
}


def route(world: World, target: str, headers: Mapping[str, str]) -> Endpoint | Rejection:
    """The endpoint for a handshake; a key that is none is refused before (realtime-ws 8.1).

    The names of ``headers`` are in small letters.
    """
    key = bearer(headers.get("authorization"))
    keys = key_ring(world)
    problem = keys.problem(key)
    scope = scope_of_call(world, None, key)
    if keys.admits(problem):
        refusal = scope.faults.refusal(Subject(SERVICE))
        if refusal is None:
            return DuplexConnection(world, scope, target)
        text = f"the handshake is answered with {refusal.status}: a fault says so"
        scope.journal.record("note", SERVICE, text=text)
        return Rejection(refusal.status, text)
    request_id, error = scope.ids.lower_request_id(), PLATFORM_ERRORS["InvalidApiKey"]
    answer = {"code": error.code, "message": error.message, "request_id": request_id}
    content = msgspec.json.encode(answer)
    about: dict[str, Any] = {"method": "GET", "target": target, "request_id": request_id}
    entry = scope.journal.record("request", SERVICE, **about, signature=problem)
    scope.watch.key(str(problem), entry)
    scope.journal.record("response", SERVICE, **about, status=error.http_status, body=content)
    return Rejection(error.http_status, content.decode(), "application/json")


class _Refusal(Exception):
    """A run-task is refused with ``error``; ``detail`` is for the journal."""

    def __init__(self, error: ApiError, detail: str) -> None:
        super().__init__(detail)
        self.error = error
        self.detail = detail


class DuplexConnection(PushingConnection):
    """One client of the inference endpoint. It may push into one meeting after another."""

    service = SERVICE
    takes_fragments = True
    changes_scope = True

    def __init__(self, world: World, scope: Realm, target: str) -> None:
        self._world = world
        strict = world.settings.task_ids == "documented"
        self._session = inference.Session(scope.clock.steady(), strict_task_id=strict)
        super().__init__(scope, self._session, target)
        self._connection_id = scope.ids.hex32("connection")
        self._rename(self._connection_id)
        self._app = App()
        self._terminology: tuple[str, ...] = ()
        self._first_sentence = 0

    def _record(self, kind: str, **fields: Any) -> None:
        # The session's id changes with every task.
        super()._record(kind, connection=self._connection_id, **fields)

    # Endpoint

    def _receive_text(self, data: bytes) -> None:
        request = self._session.receive_text(data, self._now)
        if isinstance(request, inference.RunRequested):
            try:
                self._move_to(self._scope_of(request))
            except Elsewhere:
                self._record("note", text="the connection goes on in another scope")
                raise
        self._record("ws_in", text=data.decode("utf-8", "replace"))
        match request:
            case inference.RunRequested():
                self._run(request)
            case inference.FinishRequested():
                if self._session.state is FINISHING:
                    self._finish()
            case inference.Refused(detail=detail):
                self._record("note", text=f"refused: {detail}")
                self._abandon()
        self._flush()

    def _scope_of(self, request: inference.RunRequested) -> Realm:
        # Its app counts more than its key, as in every call.
        found = self._world.scope_of(request.app_id)
        if found is None and self._scope.name == World.DEFAULT:
            found = self._world.scope_for(task_id=request.data_id)
        return found or self._scope

    def _receive_audio(self, data: bytes) -> None:
        self._frames += 1
        self._bytes += len(data)
        audio = self._session.receive_audio(data, self._now)
        if audio:
            self._push(audio)
        if self._session.has_news:
            if self._session.close_code is not None:
                self._abandon()
            self._flush()

    def world_ended(self) -> None:
        super().world_ended()
        self._session.shut_down(self._now)
        self._flush()

    # What the protocol says

    def _hear(self, event: Heard) -> None:
        self._session.hear(event, self._now)

    def _refuse_audio(self, error: media.DecodeError | NoFrame) -> None:
        industrial = self._session.model == inference.INSTRUCTION
        self._fail(AUDIO_FORMAT if industrial else OFFICIAL_DOCUMENTS)

    def _end_session(self) -> None:
        self._session.meeting_ended(self._now)

    def _fail_session(self) -> None:
        self._fail(AGENT_ERRORS["ServerError"])

    def _fail_on_demand(self, failure: StreamFailure) -> None:
        assert failure.code is not None
        self._fail(replace(CALL_ERRORS[failure.code], message=failure.text))

    def _time_passed(self, now: int) -> None:
        if self._session.due(now):
            self._abandon()

    def compose(self, asked: Mapping[str, Any]) -> bytes:
        # Loaded with the first message of that kind.
        from mock_tingwu.services.by_hand import inference_event

        return inference_event(self._session, asked)

    # A task

    def _run(self, request: inference.RunRequested) -> None:
        try:
            self._app = self._app_of(request)
            if request.model == inference.INSTRUCTION:
                task = self._new_instruction(request)
            else:
                task = self._meeting_of(request)
                self._note_differences(request, task)
            self._join(task)
            if self._occupied:
                detail = "another connection is streaming into this meeting"
                raise _Refusal(AGENT_ERRORS["Agent.FrameSequenceIllegal"], detail)
        except _Refusal as refusal:
            self._record("note", text=f"refused: {refusal.detail}")
            if refusal.error.code in _REFUSALS:
                self._offend(Offence(_REFUSALS[refusal.error.code], refusal.detail))
            self._fail(refusal.error)
            return
        self._open_stream()
        self._owed = self._after(self._delay(inference.LISTEN_DELAY_MS), self._listening)

    def _app_of(self, request: inference.RunRequested) -> App:
        app = self._scope.apps.get(request.app_id)
        if app is None:
            detail = f"{shown(request.app_id)} is not one of the apps"
            raise _Refusal(AGENT_ERRORS["Agent.InputAppIdIllegal"], detail)
        if not app.published:
            detail = f"the app {shown(request.app_id)} is not published"
            raise _Refusal(AGENT_ERRORS["Agent.AppNotPublished"], detail)
        return app

    def _meeting_of(self, request: inference.RunRequested) -> Task:
        task = self._scope.find(request.data_id, SERVICE)
        if task is None or task.offline:
            detail = f"there is no meeting {shown(request.data_id)}"
        elif task.app_key != request.app_id:
            detail = f"the meeting {task.id} is one of the app {task.app_key!r}"
        elif task.created + LIFE_MS <= self._now:
            detail = f"the meeting {task.id} is older than 24 h"
        elif not task.can(TaskEvent.AUDIO):
            detail = f"the meeting {task.id} is over: it is {task.status.name}"
        else:
            return task
        raise _Refusal(AGENT_ERRORS["Agent.InputInvalidDataId"], detail)

    def _new_instruction(self, request: inference.RunRequested) -> Task:
        """A task for what a worker says (the industrial agent's page)."""
        given = request.parameters
        terminology = given.get("terminology")
        # Java sends null for what is not set.
        rate = _or(given.get("sampleRate"), RATE)
        audio_format = _or(given.get("format"), "pcm")
        silence = _or(given.get("maxEndSilence"), USUAL_SILENCE_MS)
        if rate != RATE:
            raise _Refusal(SAMPLE_RATE, f"sampleRate is {shown(rate)}, expected {RATE}")
        if audio_format not in FORMATS:
            raise _Refusal(AUDIO_FORMAT, f"format is {shown(audio_format)}, expected {FORMATS}")
        whole = isinstance(silence, int) and not isinstance(silence, bool)
        if not whole or not 0 <= silence <= LONGEST_SILENCE_MS:
            detail = f"maxEndSilence is {shown(silence)}, expected 0 to {LONGEST_SILENCE_MS}"
            raise _Refusal(END_SILENCE, detail)
        if terminology is not None and not isinstance(terminology, str):
            raise _Refusal(TERMINOLOGY, f"terminology is {shown(terminology)}, expected an id")
        known = self._app.terminologies
        if terminology and known and terminology not in known:
            detail = f"terminology {shown(terminology)} is none of the app's"
            raise _Refusal(NO_TERMINOLOGY, detail)
        self._terminology = known.get(terminology or "", ())
        order = Order(
            options=Options(output_level=2),
            language="cn",
            app_key=request.app_id,
            service=SERVICE,
            model=request.model,
        )
        with caused(session=self._id):
            return self._scope.create_realtime(
                order,
                # A header in front of PCM is skipped anyway.
                audio_format="pcm" if audio_format == "wav" else audio_format,
                sample_rate=RATE,
                end_silence=silence,
            )

    def _join(self, task: Task) -> None:
        """Push into ``task`` from now on."""
        if self._task is not None:
            self._task.pushers.pop(self, None)
        task.sessions += 1
        task.pushers[self] = None
        self._task = self._joined = task
        self._rename(f"{task.id}/{task.sessions}")
        self._first_sentence = task.stream.next_index

    def _note_differences(self, request: inference.RunRequested, task: Task) -> None:
        """Say it when the client announces another format than the meeting has."""
        announced = {
            "format": (request.parameters.get("format"), task.format),
            "sampleRate": (request.parameters.get("sampleRate"), task.sample_rate),
        }
        for name, (said, agreed) in announced.items():
            if said is not None and shown(said).strip("'").lower() != str(agreed):
                text = f"run-task says {name} {shown(said)}, the meeting has {agreed!r}"
                self._record("note", text=f"{text}: that counts")
                self._offend(Offence("format-announced", text))

    def _listening(self) -> None:
        session, task = self._session, self._joined
        if session.early_audio_lost:
            lost = f"{session.early_audio_lost} bytes of audio came before speech-listen"
            self._record("note", text=f"{lost} and were too many to keep")
        session.listen(task.id, task.options.translation_targets, self._now)
        for frame in session.take_early_audio():
            if self._streams:
                self._push(frame)
        if session.state is FINISHING:
            self._finish()
        self._flush()

    def _finish(self) -> None:
        """finish-task: what is open becomes final, then the task is over."""
        self._drain()
        self._owed = self._after(inference.END_DELAY_MS, self._finished)

    def _finished(self) -> None:
        industrial = self._session.model == inference.INSTRUCTION
        self._session.end(self._now, correction=self._correction() if industrial else None)
        self._end_stream("finish-task")
        self._flush()

    def _end_stream(self, why: str) -> None:
        super()._end_stream(why)
        if self._session.model == inference.INSTRUCTION:
            # Nothing else ends it, and nobody can go on with it.
            self._joined.pushers.pop(self, None)
            with caused(session=self._id):
                self._scope.stop(self._joined)

    def _correction(self) -> str:
        """What was heard, each sentence as the instruction that it is most like."""
        sentences = self._joined.meeting.sentences[self._first_sentence :]
        corrected = []
        for sentence in sentences:
            bare = sentence.text.rstrip("。！？!?.")
            likely = get_close_matches(bare, self._terminology, n=1, cutoff=_ALIKE)
            corrected.append(likely[0] + sentence.text[len(bare) :] if likely else sentence.text)
        return "".join(corrected)

    def _fail(self, error: ApiError) -> None:
        self._session.fail(error, self._now)
        self._abandon()

    @property
    def _now(self) -> int:
        return self._scope.clock.steady()


def _or(given: Any, usual: Any) -> Any:
    """What was given; null is nothing."""
    return usual if given is None else given
